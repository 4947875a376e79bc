#include "verifier/scan.h"

#include <errno.h>
#include <stdlib.h>

#include "credential/cbor.h"
#include "edge/cli.h"
#include "edge/file.h"
#include "edge/lang.h"

#define TEXT_MAX  (1u << 20)
#define MAX_LINES 10000

static bool
is_text(struct bytes f)
{
	return f.len > 0 && f.len <= TEXT_MAX &&
	       memchr(f.ptr, '\0', f.len) == NULL && utf8_valid(f);
}

static struct bytes
trim(struct bytes s)
{
	while (s.len > 0 && strchr(" \t\r\n", s.ptr[s.len - 1]) != NULL)
		s.len--;
	while (s.len > 0 && strchr(" \t\r\n", s.ptr[0]) != NULL)
		s = bytes_of(s.ptr + 1, s.len - 1);
	return s;
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
			s = trim(bytes_of(p, (size_t)(nl - p)));
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
	e = items_alloc(r, r->codes.n);
	if (e != CRED_OK)
		return e;
	r->paged = reader_is_pdf(file) || r->codes.pages > 1;
	for (size_t i = 0; i < r->n; i++) {
		r->items[i].text = r->codes.codes[i].text;
		r->items[i].page = r->paged ? r->codes.codes[i].page : 0;
	}
	return CRED_OK;
}

static void
judge(const struct scan_job *job, struct scan_report *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct scan_item *it = &r->items[i];
		enum cred_err e =
		    publication_verify(&r->hold, it->text, &job->opts, &it->v);
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

void
scan_input(
    const struct scan_job *job, const char *source, struct scan_report *out)
{
	struct scan_report *r = out;
	struct bytes file;
	size_t len;

	*r = (struct scan_report){.source = source};
	r->err = file_read(source, job->max_bytes, &r->file, &len, &r->why);
	if (r->err != CRED_OK)
		goto out;
	file = bytes_of(r->file, len);
	if (!reader_is_picture(file) && is_text(file))
		r->err = split_text(r, file);
	else
		r->err = read_codes(job, r, file);
	if (r->err == CRED_OK && r->n > 0 && job->pub != NULL) {
		r->err = publication_hold(job->pub, &r->hold, &r->why);
		if (r->err == CRED_OK)
			judge(job, r);
	}
out:
	if (job->pub != NULL &&
	    (cred_is_refusal(r->err) || (r->err == CRED_OK && r->n == 0)))
		unreadable(job, r);
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
		worst = scan_worse(worst, verdict_exit(it->v.verdict.status));
		if (it->id_asked && !it->id_match)
			worst = scan_worse(worst, EXIT_REFUSED);
	}
	return worst;
}
