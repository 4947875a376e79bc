#include "verifier/scan.h"

#include <errno.h>
#include <stdlib.h>

#include "edge/cli.h"
#include "edge/file.h"
#include "edge/lang.h"

#define MAX_LINES 10000

static struct bytes
trim(struct bytes s)
{
	while (s.len > 0 && strchr(" \t\r\n", s.ptr[s.len - 1]) != NULL)
		s.len--;
	while (s.len > 0 && strchr(" \t\r\n", s.ptr[0]) != NULL)
		s = bytes_of(s.ptr + 1, s.len - 1);
	return s;
}

/* From "https://" on, where words stand before it. */
static struct bytes
address(struct bytes s)
{
	const uint8_t *at = memmem(s.ptr, s.len, "https://", 8);

	if (at == NULL || at == s.ptr)
		return s;
	return bytes_of(at, s.len - (size_t)(at - s.ptr));
}

static enum cred_err
items_alloc(struct scan_report *r, size_t n)
{
	r->items = calloc(n > 0 ? n : 1, sizeof *r->items);
	if (r->items == NULL)
		return why_errno(&r->why, ENOMEM, "calloc", r->source);
	r->n = n;
	return CRED_OK;
}

/*
 * The lines that look like ours; if none does, the whole is one text of
 * another kind.
 */
static enum cred_err
split_text(struct scan_report *r, struct bytes all)
{
	for (int fill = 0; fill < 2; fill++) {
		const uint8_t *p = all.ptr, *end = p + all.len, *nl;
		unsigned line = 0;
		size_t n = 0;

		for (; p < end && n < MAX_LINES; p = nl + 1) {
			struct qrtext qr;
			struct bytes s;
			nl = memchr(p, '\n', (size_t)(end - p));
			if (nl == NULL)
				nl = end;
			s = address(trim(bytes_of(p, (size_t)(nl - p))));
			line++;
			if (qrtext_parse(s, &qr) != CRED_OK)
				continue;
			if (fill)
				r->items[n] =
				    (struct scan_item){.page = line, .text = s};
			n++;
		}
		if (fill)
			break;
		if (n == 0) {
			enum cred_err e = items_alloc(r, 1);
			if (e == CRED_OK)
				r->items[0].text = trim(all);
			return e;
		}
		if (items_alloc(r, n) != CRED_OK)
			return CRED_FAULT_NOMEM;
	}
	if (r->n == 1)
		r->items[0].page = 0;
	return CRED_OK;
}

static enum cred_err
read_codes(const struct scan_job *job, struct scan_report *r, struct bytes file)
{
	enum cred_err e = reader_read(job->reader, file, &r->codes, &r->why);

	if (e != CRED_OK)
		return e;
	r->paged = reader_is_pdf(file) || r->codes.pages > 1;
	if (!r->paged || !job->every_page || r->codes.n == 0 ||
	    r->codes.pages == 1) {
		e = items_alloc(r, r->codes.n);
		for (size_t i = 0; e == CRED_OK && i < r->n; i++)
			r->items[i] = (struct scan_item){
			    .page = r->paged ? r->codes.codes[i].page : 0,
			    .text = r->codes.codes[i].text};
		return e;
	}
	/* every page is told, those without a code too */
	e = items_alloc(r, r->codes.n + r->codes.pages);
	if (e != CRED_OK)
		return e;
	r->n = 0;
	for (unsigned page = 1, i = 0; page <= r->codes.pages; page++) {
		bool any = false;
		for (; i < r->codes.n && r->codes.codes[i].page == page; i++) {
			any = true;
			r->items[r->n++] = (struct scan_item){
			    .page = page, .text = r->codes.codes[i].text};
		}
		if (!any)
			r->items[r->n++] =
			    (struct scan_item){.page = page, .blank = true};
	}
	return CRED_OK;
}

static void
judge(const struct scan_job *job, struct scan_report *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct scan_item *it = &r->items[i];
		enum cred_err e;
		if (it->blank) {
			verdict_unreadable(job->opts.now, &it->v.verdict);
			continue;
		}
		e = publication_verify(
		    &r->hold, it->text, &job->opts, &it->v);
		if (e != CRED_OK) {
			r->err = why_set(&r->why, e, "%s", cred_strerr(e));
			r->n = i;
			return;
		}
		it->id_asked = job->id.ptr != NULL && it->v.verdict.show;
		it->id_match = it->id_asked && verify_id_check(&it->v, job->id);
	}
}

/* No code, or a file at fault: one item that says so. */
static void
unreadable(const struct scan_job *job, struct scan_report *r)
{
	if (items_alloc(r, 1) != CRED_OK) {
		r->err = CRED_FAULT_NOMEM;
		return;
	}
	verdict_unreadable(job->opts.now, &r->items[0].v.verdict);
	r->items[0].v.verdict.reason = r->err;
}

static void
look(const struct scan_job *job, struct scan_report *r, struct bytes file)
{
	size_t len = 0;

	if (!reader_is_picture(file))
		r->file = scan_paste(file, &len);
	if (r->file != NULL)
		r->err = split_text(r, bytes_of(r->file, len));
	else
		r->err = read_codes(job, r, file);
	if (r->err == CRED_OK && r->n > 0 && job->pub != NULL) {
		r->err = publication_hold(job->pub, &r->hold, &r->why);
		if (r->err == CRED_OK)
			judge(job, r);
	}
}

static void
finish(const struct scan_job *job, struct scan_report *r)
{
	if (job->pub != NULL &&
	    (cred_is_refusal(r->err) || (r->err == CRED_OK && r->n == 0)))
		unreadable(job, r);
}

void
scan_bytes(const struct scan_job *job, const char *source, struct bytes file,
    struct scan_report *out)
{
	*out = (struct scan_report){.source = source};
	look(job, out, file);
	finish(job, out);
}

void
scan_input(
    const struct scan_job *job, const char *source, struct scan_report *out)
{
	uint8_t *file = NULL;
	size_t len;

	*out = (struct scan_report){.source = source};
	out->err = file_read(source, job->max_bytes, &file, &len, &out->why);
	if (out->err == CRED_OK)
		look(job, out, bytes_of(file, len));
	/* not kept: reports wait for their turn to be printed */
	free(file);
	finish(job, out);
}

void
scan_report_release(struct scan_report *r)
{
	publication_release(&r->hold);
	reader_result_release(&r->codes);
	free(r->items);
	free(r->file);
	*r = (struct scan_report){0};
}

int
scan_worse(int a, int b)
{
	/* by exit status: 0, 3, 4, 1, 2 */
	static const int rank[] = {[EXIT_OK] = 0,
	    [EXIT_NOTHING] = 1,
	    [EXIT_UNKNOWN] = 2,
	    [EXIT_REFUSED] = 3,
	    [EXIT_FAULT] = 4};

	return rank[a] >= rank[b] ? a : b;
}

int
scan_exit(const struct scan_report *r, bool raw)
{
	int worst = EXIT_OK;

	if (r->err >= CRED_FAULT_NOMEM)
		return EXIT_FAULT;
	if (raw)
		return r->n > 0 ? EXIT_OK : EXIT_NOTHING;
	for (size_t i = 0; i < r->n; i++) {
		const struct scan_item *it = &r->items[i];
		if (it->blank) /* told, but the file has a code */
			continue;
		worst = scan_worse(worst, verdict_exit(it->v.verdict.status));
		if (it->id_asked && !it->id_match)
			worst = scan_worse(worst, EXIT_REFUSED);
	}
	return worst;
}
