#include "issuer/readback.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "credential/digits.h"
#include "credential/verdict.h"
#include "edge/file.h"
#include "issuer/batch.h"
#include "issuer/crew.h"
#include "issuer/skim.h"
#include "render/printout.h"

#define MAX_PDF (1u << 30)

void
readback_init(struct readback *r)
{
	*r = (struct readback){0};
}

void
readback_release(struct readback *r)
{
	for (size_t i = 0; i < r->n_files; i++)
		free(r->files[i].path);
	free(r->files);
	free(r->pages);
	readback_init(r);
}

static void *
grow(void *list, size_t n, size_t *cap, size_t size)
{
	size_t more = *cap == 0 ? 256 : *cap * 2;
	void *p;

	if (n < *cap)
		return list;
	p = reallocarray(list, more, size);
	if (p != NULL)
		*cap = more;
	return p;
}

enum cred_err
readback_file(struct readback *r, char *path, struct why *why)
{
	struct readback_file *files =
	    path == NULL
		? NULL
		: grow(r->files, r->n_files, &r->cap_files, sizeof *files);

	if (files == NULL) {
		free(path);
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	}
	r->files = files;
	files[r->n_files++] =
	    (struct readback_file){.path = path, .first = r->n_pages};
	return CRED_OK;
}

enum cred_err
readback_page(
    struct readback *r, const struct registry_entry *e, struct why *why)
{
	struct readback_page *pages =
	    grow(r->pages, r->n_pages, &r->cap_pages, sizeof *pages);
	enum cred_err err;

	if (pages == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	r->pages = pages;
	pages[r->n_pages] = (struct readback_page){.index = e->index,
	    .file = (uint32_t)(r->n_files - 1),
	    .kind = (uint8_t)e->kind,
	    .full = true};
	err = batch_entry_hash(e->credential, pages[r->n_pages].entry);
	if (err != CRED_OK)
		return err;
	r->n_pages++;
	r->files[r->n_files - 1].n++;
	return CRED_OK;
}

bool
readback_code_is(
    struct bytes text, const struct own *own, const uint8_t entry[static 32])
{
	uint8_t cose[CRED_MAX_BYTES], hash[32];
	struct outbuf o = {cose, sizeof cose, 0};
	struct credential c;
	struct qrtext qr;

	return qrtext_parse(text, &qr) == CRED_OK &&
	       digits_decode(qr.digits, &o) == CRED_OK &&
	       batch_entry_hash(bytes_of(o.ptr, o.len), hash) == CRED_OK &&
	       memcmp(hash, entry, sizeof hash) == 0 &&
	       credential_decode(bytes_of(o.ptr, o.len), &c) == CRED_OK &&
	       own_verify_cose(own, &c.sign1) == CRED_OK;
}

/* The pages to be read: all, or an excerpt of a file's many. which: n page
 * numbers of the file. */
static enum cred_err
read_pdf(struct reader *reader, const struct readback_file *f,
    const size_t *which, size_t n, struct reader_result *res, struct why *why)
{
	uint8_t *pdf = NULL, *more = NULL, *both;
	size_t len, extra = 0;
	struct printout p;
	enum cred_err e = file_read(f->path, MAX_PDF, &pdf, &len, why);

	if (e == CRED_OK && n < f->n) {
		/* That it is one was seen when it was skimmed. */
		e = printout_open(bytes_of(pdf, len), &p);
		if (e == CRED_OK) {
			e = printout_excerpt(&p, which, n, &more, &extra);
			printout_release(&p);
		}
		both = e == CRED_OK ? realloc(pdf, len + extra) : NULL;
		if (both != NULL) {
			pdf = both;
			memcpy(pdf + len, more, extra);
		} else if (e == CRED_OK) {
			e = CRED_FAULT_NOMEM;
		}
		free(more);
	}
	if (e == CRED_OK)
		e = reader_read(reader, bytes_of(pdf, len + extra), res, why);
	free(pdf);
	return e;
}

/* Its pages that are to be read, numbered in the file; n: how many. */
static size_t *
pages_to_read(const struct readback_file *f, const struct readback_page *pages,
    size_t *n)
{
	size_t *which = calloc(f->n + 1, sizeof *which);

	*n = 0;
	for (size_t i = 0; which != NULL && i < f->n; i++)
		if (pages[i].full)
			which[(*n)++] = i;
	return which;
}

static enum cred_err
read_file(struct reader *reader, const struct own *own,
    const struct readback_file *f, const struct readback_page *pages,
    struct why *why)
{
	struct reader_result res = {0};
	size_t n, found;
	size_t *which = pages_to_read(f, pages, &n);
	enum cred_err e;

	if (which == NULL)
		return CRED_FAULT_NOMEM;
	e = n == 0 ? CRED_OK : read_pdf(reader, f, which, n, &res, why);
	if (e != CRED_OK && !cred_is_refusal(e)) {
		free(which);
		return e;
	}
	if (e != CRED_OK)
		res = (struct reader_result){0};
	e = CRED_OK;
	for (size_t i = 0; e == CRED_OK && i < n; i++) {
		const struct readback_page *pg = &pages[which[i]];
		found = 0;
		for (size_t k = 0; k < res.n; k++)
			found +=
			    res.codes[k].page == i + 1 &&
			    readback_code_is(res.codes[k].text, own, pg->entry);
		if (found != 1)
			e = why_set(why, CRED_FAULT_RENDER,
			    TR("%s, page %zu: its QR code does not read as the "
			       "certificate of index %llu. Do not hand it "
			       "out; render it again, and tell who maintains "
			       "the template",
				"%s 第 %zu 页：二维码读出的不是序号 %llu "
				"的证书。请勿发出；请重新生成，"
				"并告知模板维护人员"),
			    f->path, which[i] + 1,
			    (unsigned long long)pg->index);
	}
	reader_result_release(&res);
	free(which);
	return e;
}

struct read {
	struct readback *r;
	struct reader *reader;
	const struct own *own;
	atomic_size_t next, done;
	pthread_mutex_t lock;
	size_t n_bad;
	enum cred_err err;
	struct why why;
};

static void
work(void *arg)
{
	struct read *c = arg;
	struct why why = {""};

	for (;;) {
		size_t i = atomic_fetch_add(&c->next, 1);
		struct readback_file *f;
		enum cred_err e;

		if (i >= c->r->n_files)
			return;
		f = &c->r->files[i];
		e = read_file(
		    c->reader, c->own, f, c->r->pages + f->first, &why);
		f->bad = e != CRED_OK;
		if (e != CRED_OK) {
			pthread_mutex_lock(&c->lock);
			if (c->n_bad++ == 0) {
				c->err = e;
				c->why = why;
			}
			pthread_mutex_unlock(&c->lock);
		}
		atomic_fetch_add(&c->done, 1);
	}
}

enum cred_err
readback_run(struct readback *r, struct reader *reader, const struct own *own,
    void (*progress)(void *ctx, size_t done, size_t total), void *ctx,
    struct why *why)
{
	struct read c = {.r = r,
	    .reader = reader,
	    .own = own,
	    .lock = PTHREAD_MUTEX_INITIALIZER};
	enum cred_err e = CRED_OK;

	if (r->quick)
		e = skim_run(r, own, progress, ctx, why);
	if (e != CRED_OK)
		return e;
	crew_run(work, &c, r->n_files, &c.done, r->n_files, progress, ctx);
	if (c.n_bad > 0)
		*why = c.why;
	return c.n_bad > 0 ? c.err : CRED_OK;
}
