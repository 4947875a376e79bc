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
	pages[r->n_pages - 1].page = ++r->files[r->n_files - 1].n;
	return CRED_OK;
}

void
readback_place(
    struct readback *r, size_t page, unsigned columns, unsigned rows)
{
	r->pages[r->n_pages - 1].page = page;
	if (page == r->files[r->n_files - 1].n)
		return;
	r->files[r->n_files - 1].columns = columns;
	r->files[r->n_files - 1].rows = rows;
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

/* Pages of a file, from 0, ascending, and how each is read. */
struct excerpt {
	size_t *which;
	size_t n, of; /* of: pages of the file */
	unsigned columns, rows;
};

static enum cred_err
read_pdf(struct reader *reader, const struct readback_file *f,
    const struct excerpt *x, struct reader_result *res, struct why *why)
{
	uint8_t *pdf = NULL, *more = NULL, *both;
	size_t len, extra = 0;
	struct printout p;
	enum cred_err e = file_read(f->path, MAX_PDF, &pdf, &len, why);

	if (e == CRED_OK && x->n < x->of) {
		/* That it is one was seen when it was skimmed. */
		e = printout_open(bytes_of(pdf, len), &p);
		if (e == CRED_OK) {
			e = printout_excerpt(&p, x->which, x->n, &more, &extra);
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
		e = reader_read_sheets(reader, bytes_of(pdf, len + extra),
		    x->columns, x->rows, res, why);
	free(pdf);
	return e;
}

/* Its pages that are to be read: those with one certificate, or those with
 * several. False: out of memory. */
static bool
pages_to_read(const struct readback_file *f, const struct readback_page *pages,
    bool several, struct excerpt *x)
{
	*x = (struct excerpt){.which = calloc(f->n + 1, sizeof *x->which),
	    .of = f->n == 0 ? 0 : pages[f->n - 1].page,
	    .columns = several ? f->columns : 1,
	    .rows = several ? f->rows : 1};
	if (x->which == NULL)
		return false;
	for (size_t i = 0, end; i < f->n; i = end) {
		bool full = false;
		for (end = i; end < f->n && pages[end].page == pages[i].page;
		     end++)
			full = full || pages[end].full;
		if (full && (end - i > 1) == several)
			x->which[x->n++] = pages[i].page - 1;
	}
	return true;
}

static enum cred_err
check_codes(const struct reader_result *res, const struct excerpt *x,
    const struct own *own, const struct readback_file *f,
    const struct readback_page *pages, struct why *why)
{
	size_t at = 0, found;

	for (size_t i = 0; i < f->n; i++) {
		while (at < x->n && x->which[at] + 1 < pages[i].page)
			at++;
		if (at == x->n || x->which[at] + 1 != pages[i].page)
			continue;
		found = 0;
		for (size_t k = 0; k < res->n; k++)
			found += res->codes[k].page == at + 1 &&
				 readback_code_is(res->codes[k].text, own,
				     pages[i].entry);
		if (found != 1)
			return why_set(why, CRED_FAULT_RENDER,
			    TR("%s, page %zu: its QR code does not read as the "
			       "certificate of index %llu. Do not hand it "
			       "out; render it again, and tell who maintains "
			       "the template",
				"%s 第 %zu 页：二维码读出的不是序号 %llu "
				"的证书。请勿发出；请重新生成，"
				"并告知模板维护人员"),
			    f->path, pages[i].page,
			    (unsigned long long)pages[i].index);
	}
	return CRED_OK;
}

static enum cred_err
read_file(struct reader *reader, const struct own *own,
    const struct readback_file *f, const struct readback_page *pages,
    struct why *why)
{
	enum cred_err e = CRED_OK;

	/* a page with several is taken apart, which takes ten times as long */
	for (int several = 0; e == CRED_OK && several < 2; several++) {
		struct reader_result res = {0};
		struct excerpt x;
		if (!pages_to_read(f, pages, several, &x))
			return CRED_FAULT_NOMEM;
		if (x.n > 0)
			e = read_pdf(reader, f, &x, &res, why);
		if (cred_is_refusal(e)) {
			res = (struct reader_result){0};
			e = CRED_OK;
		}
		if (e == CRED_OK) {
			e = check_codes(&res, &x, own, f, pages, why);
			reader_result_release(&res);
		}
		free(x.which);
	}
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
