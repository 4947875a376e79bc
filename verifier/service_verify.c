#include "verifier/service.h"

#include <stdio.h>
#include <time.h>

#define WAIT_FOR_PLACE_S 3

static enum web_problem
hold(struct service *s, struct publication_hold *out)
{
	struct why why = {0};

	pthread_rwlock_rdlock(&s->lock);
	if (s->pub != NULL && publication_hold(s->pub, out, &why) == CRED_OK)
		return WEB_OK;
	if (s->pub != NULL)
		fprintf(stderr, "tamga-verifier: %s\n", why.text);
	pthread_rwlock_unlock(&s->lock);
	return s->pub != NULL ? WEB_FAULT : WEB_NOT_READY;
}

static void
let_go(struct service *s, struct publication_hold *h)
{
	publication_release(h);
	pthread_rwlock_unlock(&s->lock);
}

/* The host of any URL, so that a code that is not ours can be named. */
static struct bytes
host_of(struct bytes text)
{
	const uint8_t *p = memmem(text.ptr, text.len, "://", 3), *at;
	size_t n = 0, left;

	if (p == NULL || p - text.ptr > 8)
		return (struct bytes){0};
	p += 3;
	left = text.len - (size_t)(p - text.ptr);
	while (n < left && memchr("/?#\\", p[n], 4) == NULL)
		n++;
	at = memrchr(p, '@', n); /* what stands before it is no host */
	if (at != NULL) {
		n -= (size_t)(at + 1 - p);
		p = at + 1;
	}
	return n > 0 && n <= 253 ? bytes_of(p, n) : (struct bytes){0};
}

static enum web_problem
verify_one(struct service *s, const struct publication_hold *h,
    struct bytes text, struct verification *out)
{
	const struct verify_opts opts = {.now = time(NULL),
	    .host = s->host != NULL ? bytes_str(s->host) : (struct bytes){0}};
	enum cred_err e = publication_verify(h, text, &opts, out);

	if (e != CRED_OK) {
		fprintf(stderr, "tamga-verifier: %s\n", cred_strerr(e));
		return WEB_FAULT;
	}
	if (out->verdict.status == VERDICT_NOT_OURS && out->qr.host.ptr == NULL)
		out->qr.host = host_of(text);
	return WEB_OK;
}

static void
give(struct service *s, const struct verification *v, unsigned page,
    service_each *each, void *ctx)
{
	atomic_fetch_add_explicit(
	    &s->verdicts[v->verdict.status], 1, memory_order_relaxed);
	each(ctx, v, page);
}

enum web_problem
service_text(
    struct service *s, struct bytes text, service_each *each, void *ctx)
{
	struct verification v = {0};
	struct publication_hold h;
	enum web_problem p;

	if (text.len == 0)
		return WEB_EMPTY;
	if (text.len > CRED_MAX_TEXT)
		return WEB_TEXT;
	p = hold(s, &h);
	if (p != WEB_OK)
		return p;
	p = verify_one(s, &h, text, &v);
	if (p == WEB_OK)
		give(s, &v, 0, each, ctx);
	let_go(s, &h);
	return p;
}

/* A picture or PDF at fault, as against one in which nothing was found. */
static enum web_problem
picture_problem(enum cred_err e)
{
	switch (e) {
	case CRED_ERR_PIC_BYTES:
	case CRED_ERR_PIC_PIXELS:
	case CRED_ERR_PIC_PAGES:
		return WEB_PICTURE_LARGE;
	case CRED_ERR_PIC_ENCRYPTED:
		return WEB_PICTURE_LOCKED;
	case CRED_ERR_PIC_FORMAT:
		return WEB_PICTURE;
	case CRED_FAULT_NOMEM:
		return WEB_BUSY;
	default:
		return cred_is_refusal(e) ? WEB_PICTURE : WEB_FAULT;
	}
}

/* All codes: first those with a verdict on a certificate, then the others. */
static enum web_problem
each_code(struct service *s, const struct reader_result *res,
    service_each *each, void *ctx)
{
	struct publication_hold h;
	struct verification v;
	enum web_problem p = hold(s, &h);

	if (p != WEB_OK)
		return p;
	for (int foreign = 0; foreign < 2; foreign++)
		for (size_t i = 0; i < res->n; i++) {
			v = (struct verification){0};
			p = verify_one(s, &h, res->codes[i].text, &v);
			if (p != WEB_OK)
				goto out;
			if ((v.verdict.status == VERDICT_NOT_OURS) == foreign)
				give(s, &v, res->codes[i].page, each, ctx);
		}
out:
	let_go(s, &h);
	return p;
}

/* One place of few, and one a client. */
static enum web_problem
enter(struct service *s, const char *client)
{
	struct timespec until;

	if (s->limiter != NULL && !limiter_enter(s->limiter, client))
		return WEB_TOO_MANY;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_FOR_PLACE_S;
	if (sem_timedwait(&s->decodes, &until) == 0)
		return WEB_OK;
	if (s->limiter != NULL)
		limiter_leave(s->limiter, client);
	return WEB_BUSY;
}

static void
leave(struct service *s, const char *client)
{
	sem_post(&s->decodes);
	if (s->limiter != NULL)
		limiter_leave(s->limiter, client);
}

enum web_problem
service_file(struct service *s, const char *client, struct bytes file,
    service_each *each, void *ctx)
{
	struct reader_result res = {0};
	struct verification v = {0};
	struct why why = {0};
	enum web_problem p;
	enum cred_err e;

	if (file.len == 0)
		return WEB_EMPTY;
	if (s->reader == NULL)
		return WEB_NOT_READY;
	p = enter(s, client);
	if (p != WEB_OK)
		return p;
	e = reader_read(s->reader, file, &res, &why);
	leave(s, client);
	atomic_fetch_add_explicit(&s->pictures, 1, memory_order_relaxed);
	if (e == CRED_ERR_PIC_CRASH) /* worth a look: an attack, or a bug */
		fprintf(stderr, "tamga-verifier: %s\n", why.text);
	if (e == CRED_ERR_PIC_BROKEN || e == CRED_ERR_PIC_TIME ||
	    e == CRED_ERR_PIC_CRASH || (e == CRED_OK && res.n == 0)) {
		verdict_unreadable(time(NULL), &v.verdict);
		give(s, &v, 1, each, ctx);
		reader_result_release(&res);
		return WEB_OK;
	}
	if (e != CRED_OK) {
		p = picture_problem(e);
		if (p == WEB_FAULT)
			fprintf(stderr, "tamga-verifier: %s\n", why.text);
		return p;
	}
	p = each_code(s, &res, each, ctx);
	reader_result_release(&res);
	return p;
}
