#include "qr/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "edge/lang.h"
#include "qr/picture.h"
#include "qr/reader_int.h"

/* Past every limit of the inmates' own: only a dead zygote gets here. */
#define PATIENCE_S 900

struct reader {
	struct reader_opts opts;
	int control;
	pid_t zygote;
};

static enum cred_err
ready_wait(int control, struct why *why)
{
	struct {
		enum cred_err e;
		struct why why;
	} ready;
	ssize_t n;

	do
		n = read(control, &ready, sizeof ready);
	while (n < 0 && errno == EINTR);
	if (n != sizeof ready)
		return why_set(why, CRED_FAULT_JAIL,
		    TR("the picture reader did not start",
			"图片读取进程未能启动"));
	if (ready.e != CRED_OK && why != NULL)
		*why = ready.why;
	return ready.e;
}

enum cred_err
reader_start_hooked(const struct reader_opts *opts, reader_hook *hook,
    struct reader **out, struct why *why)
{
	struct reader *r = calloc(1, sizeof *r);
	enum cred_err e;
	int pair[2];

	if (r == NULL)
		return why_errno(why, ENOMEM, "calloc", "reader");
	if (opts != NULL)
		r->opts = *opts;
	else
		r->opts.effort = EFFORT_NORMAL;
	if (r->opts.max_bytes == 0)
		r->opts.max_bytes = (size_t)32 << 20;
	if (r->opts.max_pixels == 0)
		r->opts.max_pixels = 100u * 1000 * 1000;
	if (r->opts.max_pages == 0)
		r->opts.max_pages = 20;
	if (r->opts.max_pages > READER_PAGES_MAX)
		r->opts.max_pages = READER_PAGES_MAX;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		e = why_errno(why, errno, "socketpair", "zygote");
		free(r);
		return e;
	}
	r->zygote = fork();
	if (r->zygote == 0)
		zygote_main(pair[1], r->opts.allow_unjailed, hook);
	close(pair[1]);
	r->control = pair[0];
	if (r->zygote < 0)
		e = why_errno(why, errno, "fork", "zygote");
	else
		e = ready_wait(r->control, why);
	if (e != CRED_OK) {
		reader_stop(r);
		return e;
	}
	*out = r;
	return CRED_OK;
}

enum cred_err
reader_start(
    const struct reader_opts *opts, struct reader **out, struct why *why)
{
	return reader_start_hooked(opts, NULL, out, why);
}

void
reader_stop(struct reader *r)
{
	if (r == NULL)
		return;
	close(r->control);
	while (
	    r->zygote > 0 && waitpid(r->zygote, NULL, 0) < 0 && errno == EINTR)
		;
	free(r);
}

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
	(void)lseek(fd, 0, SEEK_SET);
	(void)fcntl(fd, F_ADD_SEALS,
	    F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	return fd;
}

static bool
request_send(int control, const struct reader_request *q, const int fds[3])
{
	union {
		char buf[CMSG_SPACE(3 * sizeof(int))];
		struct cmsghdr align;
	} c = {{0}};
	struct iovec iov = {(void *)(uintptr_t)q, sizeof *q};
	struct msghdr m = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = c.buf,
	    .msg_controllen = sizeof c.buf};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	ssize_t n;

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(3 * sizeof(int));
	memcpy(CMSG_DATA(h), fds, 3 * sizeof(int));
	do
		n = sendmsg(control, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof *q;
}

static int64_t
monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Everything up to the end, at most cap; false when it does not end in time
 * or holds more. */
static bool
read_to_end(int fd, uint8_t *buf, size_t cap, int64_t until_ms, size_t *len)
{
	size_t n = 0;

	for (;;) {
		struct pollfd p = {fd, POLLIN, 0};
		int64_t left = until_ms - monotonic_ms();
		uint8_t over;
		ssize_t got;
		if (left <= 0)
			return false;
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		got = n < cap ? read(fd, buf + n, cap - n) : read(fd, &over, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || (got > 0 && n == cap))
			return false;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	*len = n;
	return true;
}

static bool
died_of_time(int st)
{
	return WIFSIGNALED(st) &&
	       (WTERMSIG(st) == SIGXCPU || WTERMSIG(st) == SIGALRM ||
		   WTERMSIG(st) == SIGKILL);
}

static enum cred_err
refuse(enum cred_err e, struct why *why)
{
	switch (e) {
	case CRED_ERR_PIC_FORMAT:
		return why_set(why, e,
		    TR("neither a picture (PNG, JPEG, WebP, HEIC, TIFF, BMP, "
		       "GIF) nor a PDF",
			"不是图片（PNG、JPEG、WebP、HEIC、TIFF、BMP、GIF）或 "
			"PDF"));
	case CRED_ERR_PIC_BROKEN:
		return why_set(why, e,
		    TR("the picture or PDF is damaged", "图片或 PDF 已损坏"));
	case CRED_ERR_PIC_PIXELS:
		return why_set(why, e,
		    TR("more pixels than the limit; scale it down",
			"像素数超过上限，请缩小后再试"));
	case CRED_ERR_PIC_PAGES:
		return why_set(why, e,
		    TR("more pages than the limit; split the file",
			"页数超过上限，请拆分文件"));
	case CRED_ERR_PIC_ENCRYPTED:
		return why_set(why, e,
		    TR("the PDF asks for a pass phrase; save it without one",
			"PDF 设有口令，请另存为无口令的文件"));
	case CRED_ERR_PIC_TIME:
		return why_set(why, e,
		    TR("not decoded within its time", "未能在限定时间内解码"));
	case CRED_FAULT_CONFIG:
		return why_set(why, e,
		    TR("the library for this kind of file is missing; install "
		       "libheif1, libtiff6 and libqpdf29",
			"缺少解码该类文件的库，请安装 "
			"libheif1、libtiff6、libqpdf29"));
	default:
		return why_set(why, e, "%s", cred_strerr(e));
	}
}

/* How the inmates ended, before their answer is looked at. */
static enum cred_err
judge_ends(const struct reader_status *st, bool pdf, struct why *why)
{
	if (st->encrypted != 0)
		return refuse(CRED_ERR_PIC_ENCRYPTED, why);
	if (died_of_time(st->decoder) || (pdf && died_of_time(st->renderer)))
		return refuse(CRED_ERR_PIC_TIME, why);
	if (WIFSIGNALED(st->decoder))
		return why_set(why, CRED_ERR_PIC_CRASH,
		    TR("the picture's decoder was killed by signal %d; the "
		       "file may be an attack",
			"图片解码进程被信号 %d 终止，该文件可能带有攻击内容"),
		    WTERMSIG(st->decoder));
	if (WEXITSTATUS(st->decoder) != 0)
		return why_set(why, CRED_FAULT_JAIL,
		    TR("the picture's decoder could not be locked in (exit %d)",
			"图片解码进程无法进入隔离环境（退出码 %d）"),
		    WEXITSTATUS(st->decoder));
	if (!pdf || st->renderer == 0)
		return CRED_OK;
	if (WIFEXITED(st->renderer) && WEXITSTATUS(st->renderer) == 127)
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("%s is missing; install poppler-utils",
			"缺少 %s，请安装 poppler-utils"),
		    JAIL_PDFTOPPM);
	if (WIFEXITED(st->renderer) && WEXITSTATUS(st->renderer) == 4)
		return why_set(why, CRED_FAULT_JAIL,
		    TR("the PDF's renderer could not be locked in (exit %d)",
			"PDF 渲染进程无法进入隔离环境（退出码 %d）"),
		    4);
	return CRED_OK;
}

/* One request: pages first..last of one file. */
static enum cred_err
ask(struct reader *r, int file, const struct reader_request *q, uint8_t *buf,
    struct reader_answer *ans, struct reader_status *st, struct why *why)
{
	int64_t until = monotonic_ms() + PATIENCE_S * 1000;
	int a[2] = {-1, -1}, s[2] = {-1, -1};
	enum cred_err e = CRED_FAULT_JAIL;
	size_t len = 0, st_len = 0;
	bool sent, read_ok;

	if (pipe2(a, O_CLOEXEC) != 0 || pipe2(s, O_CLOEXEC) != 0) {
		e = why_errno(why, errno, "pipe", "reader");
		goto out;
	}
	sent = request_send(r->control, q, (int[]){file, a[1], s[1]});
	close(a[1]);
	close(s[1]);
	a[1] = s[1] = -1;
	if (!sent) {
		e = why_set(why, e,
		    TR("the picture reader has died; restart "
		       "the program",
			"图片读取进程已退出，请重新启动程序"));
		goto out;
	}
	read_ok = read_to_end(a[0], buf, READER_ANSWER_MAX, until, &len);
	close(a[0]); /* an inmate that writes on gets SIGPIPE */
	a[0] = -1;
	if (!read_to_end(s[0], (uint8_t *)st, sizeof *st, until, &st_len) ||
	    st_len != sizeof *st) {
		e = why_set(why, e,
		    TR("the picture reader has died; restart "
		       "the program",
			"图片读取进程已退出，请重新启动程序"));
		goto out;
	}
	e = judge_ends(st, q->kind == READER_PAGES, why);
	if (e != CRED_OK)
		goto out;
	e = CRED_ERR_PIC_CRASH;
	if (read_ok)
		e = reader_answer_parse(
		    bytes_of(buf, len), q->first, q->last, ans);
	if (e != CRED_OK)
		e = why_set(why, CRED_ERR_PIC_CRASH,
		    TR("the picture's decoder gave an answer "
		       "out of form; the file may be an attack",
			"图片解码进程的应答格式不对，该文件可能带有攻击内容"));
	else if (ans->err == CRED_FAULT_NOMEM)
		e = refuse(CRED_ERR_PIC_PIXELS, why);
	else if (ans->err != CRED_OK)
		e = refuse(ans->err, why);
out:
	for (int i = 0; i < 2; i++) {
		if (a[i] >= 0)
			close(a[i]);
		if (s[i] >= 0)
			close(s[i]);
	}
	return e;
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
		e = ask(j->r, j->file, &j->q, j->buf, j->ans, &st, j->why);
		if (e != CRED_OK)
			return e;
		j->res.pages += j->ans->pages;
		if (j->res.pages > max)
			return refuse(CRED_ERR_PIC_PAGES, j->why);
		e = result_add(&j->res, &j->used, j->ans);
		if (e != CRED_OK)
			return e;
		if (j->q.type != PICTURE_TIFF || j->ans->pages < want)
			break;
	}
	return j->res.pages > 0 ? CRED_OK
				: refuse(CRED_ERR_PIC_BROKEN, j->why);
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
	e = ask(j->r, j->file, &j->q, j->buf2, j->ans2, &st, j->why);
	if (e != CRED_OK)
		return e;
	/* pdftoppm: 99 when first is past the last page */
	if (WIFSIGNALED(st.renderer) ||
	    (WEXITSTATUS(st.renderer) != 0 &&
		!(WEXITSTATUS(st.renderer) == 99 && first > 1)))
		return refuse(CRED_ERR_PIC_BROKEN, j->why);
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
			return refuse(CRED_ERR_PIC_PAGES, j->why);
		if (last > max + 1)
			last = max + 1;
		j->q.kind = READER_IMAGES;
		j->q.first = first;
		j->q.last = last;
		e = CRED_FAULT_CONFIG;
		/* of a sheet only its drawing says which picture is where */
		if (!j->r->opts.only_drawn && j->q.columns * j->q.rows == 1)
			e = ask(j->r, j->file, &j->q, j->buf, j->ans, &st,
			    j->why);
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
			return refuse(CRED_ERR_PIC_PAGES, j->why);
		if (n < last - first + 1)
			break;
	}
	return j->res.pages > 0 ? CRED_OK
				: refuse(CRED_ERR_PIC_BROKEN, j->why);
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
		.wall_s = r->opts.max_wall_s},
	    .why = why};
	bool pdf = type == PICTURE_PDF;
	enum cred_err e;

	if (type == PICTURE_NONE)
		return refuse(CRED_ERR_PIC_FORMAT, why);
	if (file.len > r->opts.max_bytes)
		return why_set(why, CRED_ERR_PIC_BYTES,
		    TR("larger than the limit of %zu bytes",
			"超过 %zu 字节的上限"),
		    r->opts.max_bytes);
	j.buf = malloc(READER_ANSWER_MAX);
	j.ans = malloc(sizeof *j.ans);
	j.buf2 = pdf ? malloc(READER_ANSWER_MAX) : NULL;
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
