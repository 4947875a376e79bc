#include "issuer/readback.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "credential/digits.h"
#include "credential/verdict.h"
#include "edge/file.h"
#include "issuer/batch.h"

#define MAX_THREADS 16
#define MAX_PDF     (1u << 30)

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
	pages[r->n_pages].index = e->index;
	err = batch_entry_hash(e->credential, pages[r->n_pages].entry);
	if (err != CRED_OK)
		return err;
	r->n_pages++;
	r->files[r->n_files - 1].n++;
	return CRED_OK;
}

/* Is this QR text the credential with that hash, and signed by us? */
static bool
code_is(
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

static enum cred_err
read_file(struct reader *reader, const struct own *own,
    const struct readback_file *f, const struct readback_page *pages,
    struct why *why)
{
	struct reader_result res = {0};
	uint8_t *pdf = NULL;
	enum cred_err e;
	size_t len, found;

	e = file_read(f->path, MAX_PDF, &pdf, &len, why);
	if (e == CRED_OK)
		e = reader_read(reader, bytes_of(pdf, len), &res, why);
	free(pdf);
	if (e != CRED_OK && !cred_is_refusal(e))
		return e;
	if (e != CRED_OK) {
		res.n = 0;
		res.pages = 0;
	}
	for (size_t i = 0; i < f->n; i++) {
		found = 0;
		for (size_t k = 0; k < res.n; k++)
			found +=
			    res.codes[k].page == i + 1 &&
			    code_is(res.codes[k].text, own, pages[i].entry);
		if (found == 1)
			continue;
		if (e == CRED_OK)
			reader_result_release(&res);
		return why_set(why, CRED_FAULT_RENDER,
		    TR("%s, page %zu: its QR code does not read as the "
		       "certificate of index %llu. Do not hand it out; render "
		       "it again, and tell who maintains the template",
			"%s 第 %zu 页：二维码读出的不是序号 %llu 的证书。"
			"请勿发出；请重新生成，并告知模板维护人员"),
		    f->path, i + 1, (unsigned long long)pages[i].index);
	}
	if (e == CRED_OK)
		reader_result_release(&res);
	return e;
}

struct crew {
	struct readback *r;
	struct reader *reader;
	const struct own *own;
	atomic_size_t next, done;
	pthread_mutex_t lock;
	size_t n_bad;
	enum cred_err err;
	struct why why;
};

static void *
work(void *arg)
{
	struct crew *c = arg;
	struct why why = {""};

	for (;;) {
		size_t i = atomic_fetch_add(&c->next, 1);
		struct readback_file *f;
		enum cred_err e;

		if (i >= c->r->n_files)
			return NULL;
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
	struct crew c = {.r = r,
	    .reader = reader,
	    .own = own,
	    .lock = PTHREAD_MUTEX_INITIALIZER};
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t threads[MAX_THREADS];
	long started = 0;
	size_t done;

	if (n < 1)
		n = 1;
	if (n > MAX_THREADS)
		n = MAX_THREADS;
	if ((size_t)n > r->n_files)
		n = (long)r->n_files;
	while (started < n &&
	       pthread_create(&threads[started], NULL, work, &c) == 0)
		started++;
	if (started == 0)
		work(&c);
	while (progress != NULL && (done = atomic_load(&c.done)) < r->n_files) {
		progress(ctx, done, r->n_files);
		usleep(200000);
	}
	for (long i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	if (progress != NULL)
		progress(ctx, r->n_files, r->n_files);
	if (c.n_bad > 0)
		*why = c.why;
	return c.n_bad > 0 ? c.err : CRED_OK;
}
