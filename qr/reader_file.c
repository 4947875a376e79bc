#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "edge/lang.h"
#include "qr/picture.h"
#include "qr/reader_int.h"

/* One file, in as many requests as it has chunks of pages. */

/* A sealed copy that the inmate can map but nobody can change or shrink. */
static int
file_fd(struct bytes file)
{
	int fd = memfd_create("picture", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t done = 0;

	if (fd < 0)
		return -1;
	while (done < file.len) {
		ssize_t n = write(fd, file.ptr + done, file.len - done);
		if (n <= 0 && errno != EINTR) {
			close(fd);
			return -1;
		}
		done += n > 0 ? (size_t)n : 0;
	}
	(void)fcntl(fd, F_ADD_SEALS,
	    F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	return fd;
}

/* The texts go into the result's own store, in order; when it moves, the
 * codes that point into it follow. */
static enum cred_err
result_add(
    struct reader_result *res, size_t *used, const struct reader_answer *ans)
{
	struct reader_code *codes;
	uint8_t *store;
	size_t more = 0;

	for (size_t i = 0; i < ans->n; i++)
		more += ans->codes[i].text.len;
	if (ans->n == 0)
		return CRED_OK;
	codes = realloc(res->codes, (res->n + ans->n) * sizeof *codes);
	if (codes == NULL)
		return CRED_FAULT_NOMEM;
	res->codes = codes;
	store = realloc(res->store, *used + more + 1);
	if (store == NULL)
		return CRED_FAULT_NOMEM;
	if (store != res->store)
		for (size_t i = 0, at = 0; i < res->n; i++) {
			codes[i].text.ptr = store + at;
			at += codes[i].text.len;
		}
	res->store = store;
	for (size_t i = 0; i < ans->n; i++) {
		struct bytes t = ans->codes[i].text;
		if (t.len > 0)
			memcpy(store + *used, t.ptr, t.len);
		codes[res->n++] = (struct reader_code){
		    ans->codes[i].page, {store + *used, t.len}};
		*used += t.len;
	}
	return CRED_OK;
}

/* What one file's reading goes through. */
struct reading {
	struct reader *r;
	int file;
	struct reader_request q;
	uint8_t *buf, *buf2; /* of an answer each */
	struct reader_answer *ans, *ans2;
	struct reader_result res;
	size_t used;
	struct why *why;
};

/* A picture, or a TIFF's pages. */
static enum cred_err
read_picture(struct reading *j)
{
	unsigned max = j->q.max_pages;

	for (unsigned first = 1; first <= max + 1;
	     first += READER_CHUNK_PAGES) {
		struct reader_status st = {0};
		unsigned want = 1;
		enum cred_err e;
		if (j->q.type == PICTURE_TIFF)
			want = READER_CHUNK_PAGES;
		if (first + want - 1 > max + 1)
			want = max + 2 - first;
		j->q.first = first;
		j->q.last = first + want - 1;
		e = reader_ask(j->r, j->file, &j->q, j->buf, j->ans, &st, j->why);
		if (e != CRED_OK)
			return e;
		j->res.pages += j->ans->pages;
		if (j->res.pages > max)
			return reader_refuse(CRED_ERR_PIC_PAGES, j->why);
		e = result_add(&j->res, &j->used, j->ans);
		if (e != CRED_OK)
			return e;
		if (j->q.type != PICTURE_TIFF || j->ans->pages < want)
			break;
	}
	return j->res.pages > 0 ? CRED_OK
				: reader_refuse(CRED_ERR_PIC_BROKEN, j->why);
}

/* Pages first..last, rendered; *n how many there were. */
static enum cred_err
render(struct reading *j, unsigned first, unsigned last, unsigned *n)
{
	struct reader_status st = {0};
	enum cred_err e;

	j->q.kind = READER_PAGES;
	j->q.first = first;
	j->q.last = last;
	(void)lseek(j->file, 0, SEEK_SET);
	e = reader_ask(j->r, j->file, &j->q, j->buf2, j->ans2, &st, j->why);
	if (e != CRED_OK)
		return e;
	/* pdftoppm: 99 when first is past the last page */
	if (WIFSIGNALED(st.renderer) ||
	    (WEXITSTATUS(st.renderer) != 0 &&
		!(WEXITSTATUS(st.renderer) == 99 && first > 1)))
		return reader_refuse(CRED_ERR_PIC_BROKEN, j->why);
	*n = j->ans2->pages;
	return result_add(&j->res, &j->used, j->ans2);
}

static bool
has_code(const struct reader_answer *a, unsigned page)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->codes[i].page == page)
			return true;
	return false;
}

/*
 * A chunk whose images were read: their codes, and the pages without one
 * rendered. That pdftoppm cannot render one does not take the others away.
 */
static enum cred_err
merge(struct reading *j, unsigned first)
{
	unsigned end = first + j->ans->pages, last, n;
	enum cred_err e = CRED_OK, worst = CRED_OK;
	struct reader_answer one;

	for (unsigned at = first; at < end; at = last + 1) {
		last = at;
		if (has_code(j->ans, at)) {
			one.n = 0;
			for (size_t i = 0; i < j->ans->n; i++)
				if (j->ans->codes[i].page == at)
					one.codes[one.n++] = j->ans->codes[i];
			e = result_add(&j->res, &j->used, &one);
		} else {
			while (last + 1 < end && !has_code(j->ans, last + 1))
				last++;
			e = render(j, at, last, &n);
			if (e == CRED_ERR_PIC_BROKEN ||
			    e == CRED_ERR_PIC_TIME || e == CRED_ERR_PIC_CRASH) {
				worst = e;
				e = CRED_OK;
			}
		}
		if (e != CRED_OK)
			return e;
	}
	return j->res.n == 0 ? worst : CRED_OK;
}

static enum cred_err
read_pdf(struct reading *j)
{
	unsigned max = j->q.max_pages;

	for (unsigned first = 1, n = 0;; first += READER_CHUNK_PAGES) {
		struct reader_status st = {0};
		unsigned last = first + READER_CHUNK_PAGES - 1;
		enum cred_err e;

		/* one page past the limit, to see whether there is one */
		if (first > max + 1)
			return reader_refuse(CRED_ERR_PIC_PAGES, j->why);
		if (last > max + 1)
			last = max + 1;
		j->q.kind = READER_IMAGES;
		j->q.first = first;
		j->q.last = last;
		e = CRED_FAULT_CONFIG;
		/* of a sheet only its drawing says which picture is where */
		if (!j->r->opts.only_drawn && j->q.columns * j->q.rows == 1)
			e = reader_ask(j->r, j->file, &j->q, j->buf, j->ans,
			    &st, j->why);
		if (e == CRED_OK) {
			n = j->ans->pages;
			e = merge(j, first);
		} else if (e == CRED_ERR_PIC_BROKEN ||
			   e == CRED_ERR_PIC_CRASH || e == CRED_FAULT_CONFIG) {
			/* what qpdf cannot open, poppler may */
			e = render(j, first, last, &n);
		}
		if (e != CRED_OK)
			return e;
		j->res.pages += n;
		if (j->res.pages > max)
			return reader_refuse(CRED_ERR_PIC_PAGES, j->why);
		if (n < last - first + 1)
			break;
	}
	return j->res.pages > 0 ? CRED_OK
				: reader_refuse(CRED_ERR_PIC_BROKEN, j->why);
}

bool
reader_is_picture(struct bytes file)
{
	return picture_sniff(file) != PICTURE_NONE;
}

bool
reader_is_pdf(struct bytes file)
{
	return picture_sniff(file) == PICTURE_PDF;
}

static uint32_t
within(unsigned n, unsigned max)
{
	return n == 0 ? 1 : n > max ? max : n;
}

enum cred_err
reader_read(struct reader *r, struct bytes file, struct reader_result *out,
    struct why *why)
{
	return reader_read_sheets(r, file, 1, 1, out, why);
}

enum cred_err
reader_read_sheets(struct reader *r, struct bytes file, unsigned columns,
    unsigned rows, struct reader_result *out, struct why *why)
{
	enum picture_type type = picture_sniff(file);
	struct reading j = {.r = r,
	    .q = {.type = (uint32_t)type,
		.max_pixels = r->opts.max_pixels,
		.max_pages = r->opts.max_pages,
		.effort = (uint32_t)r->opts.effort,
		.columns = within(columns, READER_COLUMNS_MAX),
		.rows = within(rows, READER_ROWS_MAX),
		.hard_edges = r->opts.only_drawn,
		.wall_s = r->opts.max_wall_s},
	    .why = why};
	bool pdf = type == PICTURE_PDF;
	enum cred_err e;

	if (type == PICTURE_NONE)
		return reader_refuse(CRED_ERR_PIC_FORMAT, why);
	if (file.len > r->opts.max_bytes)
		return why_set(why, CRED_ERR_PIC_BYTES,
		    TR("larger than the limit of %zu bytes",
			"超过 %zu 字节的上限"),
		    r->opts.max_bytes);
	j.buf = malloc(READER_BYTES_MAX);
	j.ans = malloc(sizeof *j.ans);
	j.buf2 = pdf ? malloc(READER_BYTES_MAX) : NULL;
	j.ans2 = pdf ? malloc(sizeof *j.ans2) : NULL;
	j.file = file_fd(file);
	if (j.buf == NULL || j.ans == NULL || j.file < 0 ||
	    (pdf && (j.buf2 == NULL || j.ans2 == NULL)))
		e = why_errno(
		    why, j.file < 0 ? errno : ENOMEM, "memfd", "reader");
	else
		e = pdf ? read_pdf(&j) : read_picture(&j);
	if (e == CRED_FAULT_NOMEM)
		e = why_errno(why, ENOMEM, "realloc", "reader");
	if (e == CRED_OK)
		*out = j.res;
	else
		reader_result_release(&j.res);
	if (j.file >= 0)
		close(j.file);
	free(j.buf);
	free(j.buf2);
	free(j.ans);
	free(j.ans2);
	return e;
}

void
reader_result_release(struct reader_result *res)
{
	free(res->codes);
	free(res->store);
	*res = (struct reader_result){0};
}
