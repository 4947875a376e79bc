#include "verifier/publication.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "edge/file.h"
#include "edge/lang.h"
#include "verifier/publication_int.h"

#define REFRESH_S  300
#define BODIES_MAX (64u << 20) /* 20 000 certificates of 3 kB */
#define CRL_MAX    (64u << 20)
#define ANCHOR_MAX (64u << 10)

/* Trust of one moment; lives until its last hold is released. */
struct snapshot {
	struct publication *p;
	struct trust *trust;
	bool listed;
	int64_t fetched_at;
	unsigned refs; /* under p->lock */
};

struct publication {
	struct pub_ctx ctx;
	struct blob anchor;
	pthread_mutex_t lock;
	struct snapshot *now; /* never NULL after opening */
	bool busy, anchor_differs, no_tables;
	int64_t next;
	char trouble[256];
	struct pub_body **bodies; /* grows only */
	size_t n_bodies;
};

void
pub_note(const struct pub_ctx *c, const char *fmt, ...)
{
	char line[1200];
	va_list ap;

	if (c->note == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	c->note(c->note_ctx, line);
}

void
pub_remember(const struct pub_ctx *c)
{
	struct why why = {{0}};

	if (memory_save(c->memory, &why) != CRED_OK)
		pub_note(c, "%s", why.text);
}

static int64_t
clock_real(void)
{
	return time(NULL);
}

static struct pub_body *
body_of(struct publication *p, const struct body *body)
{
	struct pub_body *b = NULL, **more;

	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->n_bodies && b == NULL; i++)
		if (pub_body_is(p->bodies[i], body))
			b = p->bodies[i];
	if (b == NULL && (more = realloc(p->bodies,
			      (p->n_bodies + 1) * sizeof *more)) != NULL) {
		p->bodies = more;
		b = pub_body_new(body);
		if (b != NULL)
			p->bodies[p->n_bodies++] = b;
	}
	pthread_mutex_unlock(&p->lock);
	return b;
}

static void
evidence_status(
    void *ctx, const struct body *body, uint64_t index, struct status_fact *out)
{
	struct snapshot *s = ctx;
	struct pub_body *b = body_of(s->p, body);

	*out = (struct status_fact){.why = CRED_FAULT_NOMEM};
	if (b != NULL)
		pub_lists_fact(
		    b->lists, &s->p->ctx, s->trust, body, index, out);
}

static void
evidence_log(void *ctx, const struct body *body, uint64_t index,
    const uint8_t entry[static 32], struct log_fact *out)
{
	struct snapshot *s = ctx;
	struct pub_body *b = body_of(s->p, body);

	*out = (struct log_fact){.why = CRED_FAULT_NOMEM};
	if (b != NULL)
		pub_log_fact(b->log, &s->p->ctx, body, index, entry, out);
}

/* With the lock. */
static void
snapshot_drop(struct snapshot *s)
{
	if (s == NULL || --s->refs > 0)
		return;
	trust_free(s->trust);
	free(s);
}

struct parts {
	struct blob bodies, crl;
};

static void
parts_release(struct parts *x)
{
	blob_release(&x->bodies);
	blob_release(&x->crl);
}

static uint64_t
crl_seen(void *ctx, const uint8_t anchor[static CRED_KID_LEN])
{
	return memory_crl(ctx, anchor);
}

static enum cred_err
parts_trust(struct publication *p, const struct parts *x, bool quiet,
    struct trust **out, struct why *why)
{
	const struct trust_files files = {
	    .anchor = blob_bytes(&p->anchor),
	    .bodies = blob_bytes(&x->bodies),
	    .crl = blob_bytes(&x->crl),
	    .crl_seen = crl_seen,
	    .crl_seen_ctx = p->ctx.memory,
	    .no_tables = p->no_tables,
	};

	return trust_load(&files, p->ctx.clock(), out,
	    quiet ? NULL : p->ctx.note, p->ctx.note_ctx, why);
}

/* Does the publication name another anchor? Never used, only said, once. */
static void
look_at_anchor(struct publication *p)
{
	struct blob other = {0};
	struct why why;

	if (p->anchor_differs ||
	    source_get(p->ctx.source, "trust/anchor.pem", ANCHOR_MAX, &other,
		&why) != CRED_OK ||
	    other.ptr == NULL)
		return;
	if (!bytes_eq(blob_bytes(&other), blob_bytes(&p->anchor)) &&
	    !trust_same_anchors(blob_bytes(&p->anchor), blob_bytes(&other),
		p->ctx.clock())) {
		p->anchor_differs = true;
		pub_note(&p->ctx,
		    TR("the publication's trust/anchor.pem is another than the "
		       "configured anchor; the configured one counts",
			"发布数据中的 trust/anchor.pem 与本机配置的信任锚不同；"
			"以本机配置为准"));
	}
	blob_release(&other);
}

/* A file from the source, else its copy. */
static enum cred_err
get_part(struct publication *p, const char *path, size_t max, struct blob *out,
    struct why *why)
{
	enum cred_err e = source_get(p->ctx.source, path, max, out, why);

	if (e != CRED_OK || out->ptr == NULL)
		source_copy(p->ctx.source, path, max, out);
	return e;
}

static bool
crl_good(const struct trust *t)
{
	enum cred_err e = trust_crl(t)->why;

	return e == CRED_OK || e == CRED_ERR_CRL_EXPIRED;
}

/*
 * The source's CRL is missing, broken or older than one seen: a copy may do
 * better.
 */
static void
try_crl_copy(struct publication *p, struct parts *x, struct trust **t)
{
	struct parts y = {.bodies = x->bodies};
	struct trust *other;
	struct why why;

	source_copy(p->ctx.source, "trust/authority.crl", CRL_MAX, &y.crl);
	if (y.crl.ptr == NULL)
		return;
	if (parts_trust(p, &y, true, &other, &why) == CRED_OK) {
		if (crl_good(other)) {
			struct trust *swap = *t;
			*t = other;
			other = swap;
		}
		trust_free(other);
	}
	blob_release(&y.crl);
}

/* Each anchor's by itself: one that is missing hides no other. */
static void
remember_crls(struct publication *p, const struct trust *t)
{
	for (size_t i = 0; i < trust_n_anchors(t); i++) {
		struct anchor_facts a;

		trust_anchor_facts(t, i, &a);
		if (a.crl.why == CRED_OK || a.crl.why == CRED_ERR_CRL_EXPIRED)
			memory_set_crl(p->ctx.memory, a.kid, a.crl_number);
	}
	pub_remember(&p->ctx);
}

static enum cred_err
load(struct publication *p, struct snapshot **out, struct why *why)
{
	struct snapshot *s = calloc(1, sizeof *s);
	struct parts x = {0};
	struct trust *t = NULL;
	enum cred_err e, got;
	bool crl_refused;

	if (s == NULL)
		return why_errno(why, ENOMEM, "calloc", "trust");
	got = get_part(p, "trust/bodies.pem", BODIES_MAX, &x.bodies, why);
	e = get_part(p, "trust/authority.crl", CRL_MAX, &x.crl, why);
	if (got == CRED_OK)
		got = e;
	if (got == CRED_OK)
		look_at_anchor(p);
	e = parts_trust(p, &x, false, &t, why);
	if (e != CRED_OK)
		goto out;
	crl_refused = x.crl.ptr != NULL && !crl_good(t);
	if (crl_refused)
		pub_note(&p->ctx,
		    TR("trust/authority.crl is not used: %s (%s)",
			"trust/authority.crl 不采用：%s（%s）"),
		    cred_strerr(trust_crl(t)->why),
		    cred_errname(trust_crl(t)->why));
	if (!crl_good(t))
		try_crl_copy(p, &x, &t);
	if (x.bodies.ptr != NULL && trust_n_bodies(t) > 0)
		source_keep(
		    p->ctx.source, "trust/bodies.pem", blob_bytes(&x.bodies));
	if (x.crl.ptr != NULL && !crl_refused)
		source_keep(
		    p->ctx.source, "trust/authority.crl", blob_bytes(&x.crl));
	remember_crls(p, t);
	*s = (struct snapshot){p, t, x.bodies.ptr != NULL, p->ctx.clock(), 1};
	*out = s;
	s = NULL;
	e = got; /* reached or not, there is a snapshot */
out:
	parts_release(&x);
	free(s);
	return e;
}

/* With the lock: s becomes the current snapshot, unless it knows less. */
static void
install(struct publication *p, struct snapshot *s)
{
	if (p->now != NULL && p->now->listed &&
	    (!s->listed || (crl_good(p->now->trust) && !crl_good(s->trust)))) {
		snapshot_drop(s);
		return;
	}
	snapshot_drop(p->now);
	p->now = s;
}

static void
refresh(struct publication *p)
{
	struct snapshot *s = NULL;
	struct why why = {{0}};
	enum cred_err e = load(p, &s, &why);

	if (e != CRED_OK)
		pub_note(&p->ctx, "%s", why.text);
	pthread_mutex_lock(&p->lock);
	if (s != NULL)
		install(p, s);
	p->trouble[0] = '\0';
	if (e != CRED_OK)
		snprintf(p->trouble, sizeof p->trouble, "%.255s", why.text);
	p->next = p->ctx.clock() + (e == CRED_OK ? p->ctx.refresh_s : RETRY_S);
	p->busy = false;
	pthread_mutex_unlock(&p->lock);
}

/* Copies and memory belong to an anchor: HOME/cache/<16 hex digits of it>. */
static char *
keep_dir(const char *cache, struct bytes anchor)
{
	uint8_t h[32];
	char name[17], *dir;

	trust_sha256(h, anchor, (struct bytes){0});
	for (size_t i = 0; i < 8; i++)
		snprintf(name + 2 * i, 3, "%02x", h[i]);
	dir = file_join(cache, name);
	return dir;
}

/* The anchors' file may have changed, by an authority's rotation or a comment,
 * and yet be of the same anchors. */
static enum cred_err
adopt_memory(struct publication *p, const char *dir, const struct trust *t,
    struct why *why)
{
	size_t n = trust_n_anchors(t);
	uint8_t(*kids)[CRED_KID_LEN] = calloc(n, sizeof *kids);
	struct anchor_facts a;
	enum cred_err e;

	if (kids == NULL)
		return why_errno(why, ENOMEM, "calloc", dir);
	for (size_t i = 0; i < n; i++) {
		trust_anchor_facts(t, i, &a);
		memcpy(kids[i], a.kid, CRED_KID_LEN);
	}
	e = memory_adopt(
	    p->ctx.memory, dir, (const uint8_t(*)[CRED_KID_LEN])kids, n, why);
	free(kids);
	return e;
}

static enum cred_err
open_parts(
    struct publication *p, const struct publication_opts *o, struct why *why)
{
	struct trust_files alone = {0};
	struct trust *t = NULL;
	char *dir = NULL;
	enum cred_err e;

	p->anchor.ptr = malloc(o->anchor.len + 1);
	if (p->anchor.ptr == NULL)
		return why_errno(why, ENOMEM, "malloc", "anchor");
	if (o->anchor.len > 0)
		memcpy(p->anchor.ptr, o->anchor.ptr, o->anchor.len);
	p->anchor.len = o->anchor.len;
	alone.anchor = blob_bytes(&p->anchor);
	e = trust_load(&alone, p->ctx.clock(), &t, NULL, NULL, why);
	if (e != CRED_OK)
		return e;
	if (o->cache != NULL) {
		dir = keep_dir(o->cache, alone.anchor);
		e = dir == NULL ? why_errno(why, ENOMEM, "malloc", o->cache)
				: file_mkdirs(dir, 0700, why);
	}
	if (e == CRED_OK)
		e = memory_open(dir, &p->ctx.memory, why);
	if (e == CRED_OK && dir != NULL)
		e = adopt_memory(p, dir, t, why);
	trust_free(t);
	if (e == CRED_OK)
		e = source_open(
		    o->source, dir, o->offline, &p->ctx.source, why);
	free(dir);
	return e;
}

enum cred_err
publication_open(
    const struct publication_opts *o, struct publication **out, struct why *why)
{
	struct publication *p = calloc(1, sizeof *p);
	struct snapshot *s = NULL;
	enum cred_err e;

	if (p == NULL)
		return why_errno(why, ENOMEM, "calloc", "publication");
	pthread_mutex_init(&p->lock, NULL);
	p->ctx.refresh_s = o->refresh_s > 0 ? o->refresh_s : REFRESH_S;
	p->no_tables = o->no_tables;
	p->ctx.clock = o->clock != NULL ? o->clock : clock_real;
	p->ctx.note = o->note;
	p->ctx.note_ctx = o->note_ctx;
	e = open_parts(p, o, why);
	if (e == CRED_OK) {
		e = load(p, &s, why);
		if (e != CRED_OK && s != NULL) {
			pub_note(&p->ctx, "%s", why->text);
			snprintf(
			    p->trouble, sizeof p->trouble, "%.255s", why->text);
			p->next = p->ctx.clock() + RETRY_S;
			e = CRED_OK;
		} else if (e == CRED_OK) {
			p->next = p->ctx.clock() + p->ctx.refresh_s;
		}
		p->now = s;
	}
	if (e != CRED_OK) {
		publication_close(p);
		return e;
	}
	*out = p;
	return CRED_OK;
}

void
publication_close(struct publication *p)
{
	if (p == NULL)
		return;
	if (p->ctx.memory != NULL)
		pub_remember(&p->ctx);
	snapshot_drop(p->now);
	for (size_t i = 0; i < p->n_bodies; i++)
		pub_body_free(p->bodies[i]);
	source_close(p->ctx.source);
	memory_close(p->ctx.memory);
	pthread_mutex_destroy(&p->lock);
	blob_release(&p->anchor);
	free(p->bodies);
	free(p);
}

enum cred_err
publication_hold(
    struct publication *p, struct publication_hold *out, struct why *why)
{
	struct snapshot *s;

	(void)why;
	pthread_mutex_lock(&p->lock);
	if (!p->busy && p->ctx.clock() >= p->next) {
		p->busy = true;
		pthread_mutex_unlock(&p->lock);
		refresh(p);
		pthread_mutex_lock(&p->lock);
	}
	s = p->now;
	s->refs++;
	pthread_mutex_unlock(&p->lock);
	*out = (struct publication_hold){
	    .trust = s->trust,
	    .evidence = {s, evidence_status, evidence_log},
	    .listed = s->listed,
	    .snapshot = s,
	};
	return CRED_OK;
}

void
publication_release(struct publication_hold *h)
{
	struct snapshot *s = h->snapshot;
	struct publication *p;

	if (s == NULL)
		return;
	p = s->p;
	pthread_mutex_lock(&p->lock);
	snapshot_drop(s);
	pthread_mutex_unlock(&p->lock);
	*h = (struct publication_hold){0};
}

enum cred_err
publication_verify(const struct publication_hold *h, struct bytes text,
    const struct verify_opts *opts, struct verification *out)
{
	enum cred_err e = verify_text(h->trust, &h->evidence, text, opts, out);
	struct verdict *v = &out->verdict;

	if (e == CRED_OK && !h->listed && v->status == VERDICT_UNKNOWN_ISSUER) {
		v->status = VERDICT_STATUS_UNKNOWN;
		v->reason = CRED_ERR_TRUST_MISSING;
		v->checks[CHECK_ISSUER] = RESULT_UNKNOWN;
	}
	return e;
}

void
publication_state(struct publication *p, struct publication_state *out)
{
	pthread_mutex_lock(&p->lock);
	*out = (struct publication_state){
	    .n_bodies = trust_n_bodies(p->now->trust),
	    .listed = p->now->listed,
	    .fetched_at = p->now->fetched_at,
	    .crl = *trust_crl(p->now->trust),
	    .crl_number = trust_crl_number(p->now->trust),
	};
	memcpy(out->trouble, p->trouble, sizeof out->trouble);
	pthread_mutex_unlock(&p->lock);
}

static bool
usable(const char *dir)
{
	struct why why;

	return file_mkdirs(dir, 0700, &why) == CRED_OK &&
	       access(dir, W_OK | X_OK) == 0;
}

char *
publication_cache_dir(const char *home)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *user = getenv("HOME");
	char *dir = home != NULL ? file_join(home, "cache") : NULL;

	if (dir != NULL && usable(dir))
		return dir;
	free(dir);
	dir = NULL;
	if (xdg != NULL && *xdg == '/')
		dir = file_join(xdg, "tamga");
	else if (user != NULL && *user == '/')
		dir = file_join(user, ".cache/tamga");
	if (dir != NULL && usable(dir))
		return dir;
	free(dir);
	return NULL;
}
