#include <stdio.h>
#include <stdlib.h>

#include "edge/lang.h"
#include "verifier/publication_int.h"

struct list {
	unsigned n;
	struct fresh fresh;
	uint8_t *raw;
	size_t len;
	int64_t iat, exp, ttl;
	uint64_t crl_number; /* of the trust that its signer was judged by */
};

struct pub_lists {
	pthread_mutex_t lock;
	struct list **lists;
	size_t n;
};

struct pub_lists *
pub_lists_new(void)
{
	struct pub_lists *l = calloc(1, sizeof *l);

	if (l != NULL)
		pthread_mutex_init(&l->lock, NULL);
	return l;
}

void
pub_lists_free(struct pub_lists *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->n; i++) {
		fresh_release(&l->lists[i]->fresh);
		free(l->lists[i]->raw);
		free(l->lists[i]);
	}
	pthread_mutex_destroy(&l->lock);
	free(l->lists);
	free(l);
}

/* A status list: the source's, else the copy's. */
struct token {
	uint8_t *raw;
	size_t len;
	int64_t iat, exp, ttl;
};

static enum cred_err
list_open(const struct pub_ctx *c, const struct trust *t,
    const struct body *body, unsigned n, const struct blob *blob,
    struct token *out)
{
	if (blob->ptr == NULL)
		return CRED_ERR_STATUS_MISSING;
	return trust_open_statuslist(t, body, blob_bytes(blob), n,
	    memory_status(c->memory, body->scope.body_id, n),
	    c->clock() + TRUST_SKEW_S, &out->raw, &out->len, &out->iat,
	    &out->exp, &out->ttl);
}

static enum cred_err
list_fetch(const struct pub_ctx *c, const struct trust *t,
    const struct body *body, unsigned n, struct token *out)
{
	struct blob blob = {0};
	struct why why = {{0}};
	char path[64];
	enum cred_err e;

	snprintf(
	    path, sizeof path, "bodies/%s/status/%u", body->scope.body_id, n);
	e = source_get(c->source, path, STATUSLIST_TOKEN_MAX, &blob, &why);
	if (e == CRED_OK)
		e = list_open(c, t, body, n, &blob, out);
	if (e == CRED_OK) {
		source_keep(c->source, path, blob_bytes(&blob));
	} else {
		struct blob copy = {0};
		if (e != CRED_ERR_STATUS_MISSING)
			pub_note_refused(c, path, e, &why);
		source_copy(c->source, path, STATUSLIST_TOKEN_MAX, &copy);
		if (copy.ptr != NULL &&
		    list_open(c, t, body, n, &copy, out) == CRED_OK)
			e = CRED_OK;
		blob_release(&copy);
	}
	if (e == CRED_OK) {
		memory_set_status(c->memory, body->scope.body_id, n, out->iat);
		pub_remember(c);
	}
	blob_release(&blob);
	return e;
}

/* With the lock; NULL when out of memory. */
static struct list *
list_of(struct pub_lists *all, unsigned n)
{
	struct list **more, *l;

	for (size_t i = 0; i < all->n; i++)
		if (all->lists[i]->n == n)
			return all->lists[i];
	more = realloc(all->lists, (all->n + 1) * sizeof *more);
	if (more == NULL)
		return NULL;
	all->lists = more;
	l = calloc(1, sizeof *l);
	if (l == NULL)
		return NULL;
	l->n = n;
	fresh_init(&l->fresh);
	return all->lists[all->n++] = l;
}

/* With the lock, which is let go meanwhile. */
static void
list_refresh(struct pub_lists *all, struct list *l, const struct pub_ctx *c,
    const struct trust *t, const struct body *body, int64_t now)
{
	int64_t again = c->refresh_s;
	struct token k = {0};
	enum cred_err e;

	pthread_mutex_unlock(&all->lock);
	e = list_fetch(c, t, body, l->n, &k);
	pthread_mutex_lock(&all->lock);
	if (e == CRED_OK) {
		free(l->raw);
		l->raw = k.raw;
		l->len = k.len;
		l->iat = k.iat;
		l->exp = k.exp;
		l->ttl = k.ttl;
		l->crl_number = trust_crl_version(t);
		l->fresh.have = true;
		if (k.ttl > 0 && k.ttl < again)
			again = k.ttl > FRESH_MIN_S ? k.ttl : FRESH_MIN_S;
	} else if (l->fresh.have && l->crl_number < trust_crl_version(t)) {
		l->fresh.have = false; /* its signer may be withdrawn */
	}
	fresh_give(&l->fresh, now, e, again);
}

void
pub_lists_fact(struct pub_lists *all, const struct pub_ctx *c,
    const struct trust *t, const struct body *body, uint64_t index,
    struct status_fact *out)
{
	unsigned n = (unsigned)(index / STATUSLIST_ENTRIES);
	uint64_t at = index % STATUSLIST_ENTRIES;
	struct status_fact f = {.why = CRED_FAULT_NOMEM};
	int64_t now = c->clock();
	struct list *l;
	bool stale;

	pthread_mutex_lock(&all->lock);
	l = list_of(all, n);
	if (l != NULL) {
		/* judged by an older CRL, or too short for this certificate */
		stale =
		    l->fresh.have &&
		    (l->crl_number < trust_crl_version(t) || at / 4 >= l->len);
		if (fresh_take(&l->fresh, &all->lock, stale, now))
			list_refresh(all, l, c, t, body, now);
		f.why = l->fresh.why;
	}
	if (l != NULL && l->fresh.have) {
		f.why = statuslist_get(bytes_of(l->raw, l->len), at, &f.value);
		f.iat = l->iat;
		f.exp = l->exp;
		f.ttl = l->ttl;
	}
	pthread_mutex_unlock(&all->lock);
	*out = f;
}
