#include <stdio.h>
#include <stdlib.h>

#include "edge/lang.h"
#include "verifier/publication_int.h"

#define N_SLOTS   64 /* tiles, and verified bundles, in memory: 1 MB a body */
#define MIN_AGE_S 5  /* nothing is asked again sooner */
#define TILE_MAX  (TLOG_TILE_WIDTH * 32)

/* When a thing was last fetched, and why the last try failed. */
struct freshness {
	bool have, busy;
	int64_t next; /* ask again from then on */
	int64_t asked;
	enum cred_err why;
};

struct list {
	unsigned n;
	struct freshness f;
	uint8_t *raw;
	size_t len;
	int64_t iat, exp, ttl;
	uint64_t crl_number; /* of the trust that its signer was judged by */
};

/* A tile as it came; good only as part of a proof. */
struct tile_slot {
	int level;
	uint64_t n;
	unsigned width;
	bool fetched; /* not yet kept as a copy */
	uint8_t *ptr;
	size_t len;
};

/* Entries that were proven to be in the log, each of them. */
struct bundle_slot {
	uint64_t n;
	unsigned width; /* 0: empty */
	uint8_t (*entries)[TLOG_ENTRY_LEN];
};

struct pub_body {
	char id[19];
	uint8_t log_key[32];
	char log_id[36]; /* body id, '-', 16 hex digits of the log key */
	pthread_mutex_t lock;
	pthread_cond_t done;
	struct list **lists;
	size_t n_lists;
	struct freshness log;
	uint64_t size;
	struct tlog_hash root;
	struct tile_slot tiles[N_SLOTS];
	struct bundle_slot bundles[N_SLOTS];
};

struct pub_body *
pub_body_new(const struct body *body)
{
	struct pub_body *b = calloc(1, sizeof *b);
	size_t n;

	if (b == NULL)
		return NULL;
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->done, NULL);
	memcpy(b->id, body->scope.body_id, sizeof b->id);
	memcpy(b->log_key, body->scope.log_key, sizeof b->log_key);
	n = (size_t)snprintf(b->log_id, sizeof b->log_id, "%s-", b->id);
	for (size_t i = 0; i < 8; i++)
		n += (size_t)snprintf(
		    b->log_id + n, sizeof b->log_id - n, "%02x", b->log_key[i]);
	return b;
}

void
pub_body_free(struct pub_body *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < b->n_lists; i++) {
		free(b->lists[i]->raw);
		free(b->lists[i]);
	}
	for (size_t i = 0; i < N_SLOTS; i++) {
		free(b->tiles[i].ptr);
		free(b->bundles[i].entries);
	}
	pthread_cond_destroy(&b->done);
	pthread_mutex_destroy(&b->lock);
	free(b->lists);
	free(b);
}

bool
pub_body_is(const struct pub_body *b, const struct body *body)
{
	return strcmp(b->id, body->scope.body_id) == 0 &&
	       memcmp(b->log_key, body->scope.log_key, sizeof b->log_key) == 0;
}

/*
 * With the lock: shall the caller fetch? Waits for another thread's fetch
 * only when there is nothing to go on with meanwhile. stale: what is at hand
 * will not do, so ask unless that was done a moment ago.
 */
static bool
must_fetch(struct pub_body *b, struct freshness *f, bool stale, int64_t now)
{
	while (f->busy && !f->have)
		pthread_cond_wait(&b->done, &b->lock);
	if (f->busy)
		return false;
	if (f->asked != 0 && now < f->next &&
	    (!stale || now - f->asked < MIN_AGE_S))
		return false;
	f->busy = true;
	f->asked = now;
	return true;
}

static void
fetched(struct pub_body *b, struct freshness *f, int64_t now, enum cred_err e,
    int64_t again_s)
{
	f->busy = false;
	f->why = e;
	f->next = now + (e == CRED_OK ? again_s : RETRY_S);
	pthread_cond_broadcast(&b->done);
}

static void
note_refused(const struct pub_ctx *c, const char *path, enum cred_err e,
    const struct why *why)
{
	if (why->text[0] != '\0')
		pub_note(c, "%s", why->text);
	else
		pub_note(c,
		    TR("%s is not used: %s (%s)", "%s 不采用：%s（%s）"), path,
		    cred_strerr(e), cred_errname(e));
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
	    memory_status(c->memory, body->scope.body_id, n), &out->raw,
	    &out->len, &out->iat, &out->exp, &out->ttl);
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
			note_refused(c, path, e, &why);
		source_copy(c->source, path, STATUSLIST_TOKEN_MAX, &copy);
		if (copy.ptr != NULL &&
		    list_open(c, t, body, n, &copy, out) == CRED_OK)
			e = CRED_OK;
		blob_release(&copy);
	}
	if (e == CRED_OK)
		memory_set_status(c->memory, body->scope.body_id, n, out->iat);
	blob_release(&blob);
	return e;
}

/* With the lock; NULL when out of memory. */
static struct list *
list_of(struct pub_body *b, unsigned n)
{
	struct list **more, *l;

	for (size_t i = 0; i < b->n_lists; i++)
		if (b->lists[i]->n == n)
			return b->lists[i];
	more = realloc(b->lists, (b->n_lists + 1) * sizeof *more);
	if (more == NULL)
		return NULL;
	b->lists = more;
	l = calloc(1, sizeof *l);
	if (l == NULL)
		return NULL;
	l->n = n;
	return b->lists[b->n_lists++] = l;
}

void
pub_body_status(struct pub_body *b, const struct pub_ctx *c,
    const struct trust *t, const struct body *body, uint64_t index,
    struct status_fact *out)
{
	unsigned n = (unsigned)(index / STATUSLIST_ENTRIES);
	uint64_t at = index % STATUSLIST_ENTRIES;
	struct status_fact f = {.why = CRED_ERR_STATUS_MISSING};
	int64_t now = c->clock();
	struct list *l;
	bool stale;

	pthread_mutex_lock(&b->lock);
	l = list_of(b, n);
	if (l == NULL) {
		f.why = CRED_FAULT_NOMEM;
		goto out;
	}
	/* judged by an older CRL, or too short for this certificate */
	stale = l->f.have &&
		(l->crl_number < trust_crl_version(t) || at / 4 >= l->len);
	if (must_fetch(b, &l->f, stale, now)) {
		struct token k = {0};
		int64_t again = c->refresh_s;
		enum cred_err e;

		pthread_mutex_unlock(&b->lock);
		e = list_fetch(c, t, body, n, &k);
		pthread_mutex_lock(&b->lock);
		if (e == CRED_OK) {
			free(l->raw);
			l->raw = k.raw;
			l->len = k.len;
			l->iat = k.iat;
			l->exp = k.exp;
			l->ttl = k.ttl;
			l->crl_number = trust_crl_version(t);
			l->f.have = true;
			if (k.ttl > 0 && k.ttl < again)
				again = k.ttl > MIN_AGE_S ? k.ttl : MIN_AGE_S;
		} else if (l->f.have && l->crl_number < trust_crl_version(t)) {
			l->f.have = false; /* its signer may be withdrawn */
		}
		fetched(b, &l->f, now, e, again);
	}
	if (l->f.have) {
		f.why = statuslist_get(bytes_of(l->raw, l->len), at, &f.value);
		f.iat = l->iat;
		f.exp = l->exp;
		f.ttl = l->ttl;
	} else {
		f.why = l->f.why;
	}
out:
	pthread_mutex_unlock(&b->lock);
	*out = f;
}

/* What tlog_fetch_fn needs: the bytes live in buf until the next call. */
struct fetch {
	struct pub_body *b;
	const struct pub_ctx *c;
	bool fresh; /* past the copies and what is in memory */
	uint8_t buf[TLOG_BUNDLE_MAX > TILE_MAX ? TLOG_BUNDLE_MAX : TILE_MAX];
};

static size_t
tile_len(const struct tlog_tile *t)
{
	return (size_t)t->width * (t->level < 0 ? 2 + TLOG_ENTRY_LEN : 32);
}

static struct tile_slot *
tile_slot(struct pub_body *b, const struct tlog_tile *t)
{
	return &b->tiles[(t->n * 7 + (uint64_t)(t->level + 1) * 13) % N_SLOTS];
}

static bool
tile_remembered(struct fetch *f, const struct tlog_tile *t)
{
	struct pub_body *b = f->b;
	bool hit;

	pthread_mutex_lock(&b->lock);
	struct tile_slot *s = tile_slot(b, t);
	hit = !f->fresh && s->ptr != NULL && s->level == t->level &&
	      s->n == t->n && s->width >= t->width;
	if (hit)
		memcpy(f->buf, s->ptr, tile_len(t));
	pthread_mutex_unlock(&b->lock);
	return hit;
}

static void
tile_remember(struct fetch *f, const struct tlog_tile *t, struct blob *blob,
    bool from_source)
{
	struct pub_body *b = f->b;

	pthread_mutex_lock(&b->lock);
	struct tile_slot *s = tile_slot(b, t);
	free(s->ptr);
	*s = (struct tile_slot){
	    t->level, t->n, t->width, from_source, blob->ptr, blob->len};
	*blob = (struct blob){0};
	pthread_mutex_unlock(&b->lock);
}

static void
tile_path(
    const struct pub_body *b, const struct tlog_tile *t, char out[static 128])
{
	char tail[TLOG_PATH_MAX];

	tlog_tile_path(t, tail);
	snprintf(out, 128, "bodies/%s/log/%s", b->id, tail);
}

/* Partial tiles may be gone once the full one is there (tlog-tiles). */
static enum cred_err
tile_get(struct fetch *f, const struct tlog_tile *t, struct tlog_tile *got,
    struct blob *out, bool *from_source)
{
	struct why why = {{0}};
	enum cred_err e = CRED_OK;
	char path[128];

	for (int full = 0; full < 2; full++) {
		*got = *t;
		if (full)
			got->width = TLOG_TILE_WIDTH;
		tile_path(f->b, got, path);
		/* a full tile never changes: the nearest copy will do */
		if (!f->fresh && got->width == TLOG_TILE_WIDTH) {
			source_copy(f->c->source, path, tile_len(got), out);
			*from_source = false;
			if (out->ptr != NULL && out->len == tile_len(got))
				return CRED_OK;
			blob_release(out);
		}
		e = source_get(f->c->source, path, tile_len(got), out, &why);
		*from_source = true;
		if (e == CRED_OK && out->ptr != NULL)
			return CRED_OK;
		if (t->width == TLOG_TILE_WIDTH)
			break;
	}
	tile_path(f->b, t, path);
	*got = *t;
	*from_source = false;
	source_copy(f->c->source, path, tile_len(t), out);
	if (out->ptr != NULL)
		return CRED_OK;
	if (e != CRED_OK && why.text[0] != '\0')
		pub_note(f->c, "%s", why.text);
	return e != CRED_OK ? e : CRED_ERR_TLOG_MISSING;
}

static enum cred_err
tile_fetch(void *ctx, const struct tlog_tile *tile, struct bytes *out)
{
	struct fetch *f = ctx;
	struct blob blob = {0};
	struct tlog_tile got;
	bool from_source;
	enum cred_err e;

	if (!tile_remembered(f, tile)) {
		e = tile_get(f, tile, &got, &blob, &from_source);
		if (e != CRED_OK)
			return e == CRED_ERR_PIC_BYTES ? CRED_ERR_TLOG_TILE : e;
		if (blob.len != tile_len(&got)) {
			blob_release(&blob);
			return CRED_ERR_TLOG_TILE;
		}
		memcpy(f->buf, blob.ptr, tile_len(tile));
		tile_remember(f, &got, &blob, from_source);
	}
	*out = bytes_of(f->buf, tile_len(tile));
	return CRED_OK;
}

/* After a proof held: what it was made of is worth keeping. */
static void
keep_tiles(struct pub_body *b, const struct pub_ctx *c)
{
	if (!source_has_copies(c->source))
		return;
	for (size_t i = 0; i < N_SLOTS; i++) {
		struct tile_slot *s = &b->tiles[i];
		struct blob blob = {0};
		char path[128];

		pthread_mutex_lock(&b->lock);
		if (s->fetched && (blob.ptr = malloc(s->len)) != NULL) {
			memcpy(blob.ptr, s->ptr, blob.len = s->len);
			s->fetched = false;
			tile_path(b,
			    &(struct tlog_tile){s->level, s->n, s->width},
			    path);
		}
		pthread_mutex_unlock(&b->lock);
		if (blob.ptr != NULL)
			source_keep(c->source, path, blob_bytes(&blob));
		blob_release(&blob);
	}
}

/* May the tree (size, root) follow what was seen before? */
static enum cred_err
follows(struct pub_body *b, const struct pub_ctx *c, uint64_t size,
    const struct tlog_hash *root, bool fresh)
{
	struct tlog_hash path[82], seen_root;
	uint64_t seen;
	struct fetch *f;
	enum cred_err e;
	size_t n;

	if (!memory_log(c->memory, b->log_id, &seen, &seen_root))
		return CRED_OK;
	if (size < seen)
		return CRED_ERR_CHECKPOINT_OLDER;
	if (size == seen)
		return memcmp(root->b, seen_root.b, 32) == 0
			   ? CRED_OK
			   : CRED_ERR_CHECKPOINT_SPLIT;
	if (seen == 0)
		return CRED_OK;
	f = malloc(sizeof *f);
	if (f == NULL)
		return CRED_FAULT_NOMEM;
	f->b = b;
	f->c = c;
	f->fresh = fresh;
	e = tlog_consistency_path(
	    trust_sha256, seen, size, tile_fetch, f, path, &n);
	free(f);
	if (e != CRED_OK)
		return e;
	e = tlog_verify_consistency(
	    trust_sha256, seen, &seen_root, size, root, path, n);
	if (e == CRED_OK || e >= CRED_FAULT_NOMEM)
		return e;
	return fresh ? CRED_ERR_CHECKPOINT_SPLIT
		     : follows(b, c, size, root, true);
}

static enum cred_err
checkpoint_open(struct pub_body *b, const struct pub_ctx *c,
    const struct body *body, const struct blob *blob, uint64_t *size,
    struct tlog_hash *root)
{
	enum cred_err e;

	if (blob->ptr == NULL)
		return CRED_ERR_CHECKPOINT_MISSING;
	e = trust_open_checkpoint(body, blob_bytes(blob), size, root);
	return e != CRED_OK ? e : follows(b, c, *size, root, false);
}

static enum cred_err
checkpoint_fetch(struct pub_body *b, const struct pub_ctx *c,
    const struct body *body, uint64_t *size, struct tlog_hash *root)
{
	struct blob blob = {0}, copy = {0};
	struct why why = {{0}};
	char path[64];
	enum cred_err e;

	snprintf(path, sizeof path, "bodies/%s/log/checkpoint", b->id);
	e = source_get(c->source, path, NOTE_MAX_BYTES, &blob, &why);
	if (e == CRED_OK)
		e = checkpoint_open(b, c, body, &blob, size, root);
	if (e == CRED_OK)
		source_keep(c->source, path, blob_bytes(&blob));
	else if (e != CRED_ERR_CHECKPOINT_MISSING)
		note_refused(c, path, e, &why);
	/* a log that contradicts itself is not to be helped by a copy */
	if (e != CRED_OK && e != CRED_ERR_CHECKPOINT_SPLIT) {
		source_copy(c->source, path, NOTE_MAX_BYTES, &copy);
		if (copy.ptr != NULL &&
		    checkpoint_open(b, c, body, &copy, size, root) == CRED_OK)
			e = CRED_OK;
	}
	if (e == CRED_OK)
		memory_set_log(c->memory, b->log_id, *size, root);
	blob_release(&blob);
	blob_release(&copy);
	return e;
}

/* With the lock. */
static void
checkpoint_refresh(struct pub_body *b, const struct pub_ctx *c,
    const struct body *body, uint64_t index)
{
	int64_t now = c->clock();
	struct tlog_hash root;
	uint64_t size;
	enum cred_err e;

	if (!must_fetch(b, &b->log, b->log.have && index >= b->size, now))
		return;
	pthread_mutex_unlock(&b->lock);
	e = checkpoint_fetch(b, c, body, &size, &root);
	pthread_mutex_lock(&b->lock);
	if (e == CRED_OK && (!b->log.have || size >= b->size)) {
		b->size = size;
		b->root = root;
		b->log.have = true;
	} else if (e == CRED_ERR_CHECKPOINT_SPLIT) {
		b->log.have = false;
	}
	fetched(b, &b->log, now, e, c->refresh_s);
}

/* With the lock: the proven entry at index, or NULL. */
static const uint8_t *
proven(const struct pub_body *b, uint64_t index)
{
	uint64_t n = index / TLOG_TILE_WIDTH;
	const struct bundle_slot *s = &b->bundles[n % N_SLOTS];

	return s->width > index % TLOG_TILE_WIDTH && s->n == n
		   ? s->entries[index % TLOG_TILE_WIDTH]
		   : NULL;
}

/*
 * The proof of one entry has authenticated its whole tile of hashes, so all
 * entries of the bundle can be checked at once and need no proof again: a
 * later tree contains this one.
 */
static void
prove_bundle(struct fetch *f, const uint8_t *bundle, unsigned width, uint64_t n)
{
	struct tlog_tile t = {0, n, width};
	uint8_t(*entries)[TLOG_ENTRY_LEN];
	struct pub_body *b = f->b;
	struct bytes hashes;
	bool good = tile_fetch(f, &t, &hashes) == CRED_OK;
	struct bundle_slot *s;

	entries = malloc(width * sizeof *entries);
	for (unsigned i = 0; good && entries != NULL && i < width; i++) {
		struct tlog_hash leaf;
		good = tlog_bundle_get(
			   bytes_of(bundle, width * (2 + TLOG_ENTRY_LEN)),
			   width, i, entries[i]) == CRED_OK;
		if (!good)
			break;
		tlog_leaf(
		    trust_sha256, bytes_of(entries[i], TLOG_ENTRY_LEN), &leaf);
		good = memcmp(leaf.b, hashes.ptr + (size_t)32 * i, 32) == 0;
	}
	if (good && entries != NULL) {
		pthread_mutex_lock(&b->lock);
		s = &b->bundles[n % N_SLOTS];
		free(s->entries);
		*s = (struct bundle_slot){n, width, entries};
		entries = NULL;
		pthread_mutex_unlock(&b->lock);
	}
	free(entries);
}

static enum cred_err
prove(struct fetch *f, uint64_t index, uint64_t size,
    const struct tlog_hash *root, uint8_t entry[static TLOG_ENTRY_LEN])
{
	uint64_t n = index / TLOG_TILE_WIDTH;
	struct tlog_tile t = {-1, n, tlog_tile_width(-1, n, size)};
	uint8_t bundle[TLOG_BUNDLE_MAX];
	struct tlog_hash leaf;
	struct bytes got;
	enum cred_err e;

	e = tile_fetch(f, &t, &got);
	if (e != CRED_OK)
		return e;
	memcpy(bundle, got.ptr, got.len);
	e = tlog_bundle_get(bytes_of(bundle, got.len), t.width,
	    (unsigned)(index % TLOG_TILE_WIDTH), entry);
	if (e != CRED_OK)
		return e;
	tlog_leaf(trust_sha256, bytes_of(entry, TLOG_ENTRY_LEN), &leaf);
	e = tlog_check_inclusion(
	    trust_sha256, index, size, root, &leaf, tile_fetch, f);
	if (e == CRED_OK)
		prove_bundle(f, bundle, t.width, n);
	return e;
}

static enum log_state
compare(const uint8_t *logged, const uint8_t *entry)
{
	static const uint8_t none[TLOG_ENTRY_LEN];

	if (memcmp(logged, entry, TLOG_ENTRY_LEN) == 0)
		return LOG_SAME;
	return memcmp(logged, none, TLOG_ENTRY_LEN) == 0 ? LOG_VOID : LOG_OTHER;
}

void
pub_body_log(struct pub_body *b, const struct pub_ctx *c,
    const struct body *body, uint64_t index, const uint8_t entry[static 32],
    struct log_fact *out)
{
	struct log_fact fact = {.why = CRED_OK};
	uint8_t logged[TLOG_ENTRY_LEN];
	const uint8_t *known = NULL;
	struct tlog_hash root;
	struct fetch *f;
	uint64_t size;

	pthread_mutex_lock(&b->lock);
	checkpoint_refresh(b, c, body, index);
	size = fact.size = b->size;
	root = b->root;
	if (!b->log.have) {
		fact.why = b->log.why;
		fact.size = 0;
	} else if (index >= size) {
		fact.state = LOG_BEYOND;
		fact.why = CRED_ERR_TLOG_INDEX;
	} else if ((known = proven(b, index)) != NULL) {
		fact.state = compare(known, entry);
	}
	pthread_mutex_unlock(&b->lock);
	*out = fact;
	if (fact.why != CRED_OK || known != NULL)
		return;
	f = malloc(sizeof *f);
	if (f == NULL) {
		out->why = CRED_FAULT_NOMEM;
		return;
	}
	*f = (struct fetch){.b = b, .c = c};
	out->why = prove(f, index, size, &root, logged);
	if (cred_is_refusal(out->why)) { /* perhaps a copy is at fault */
		f->fresh = true;
		out->why = prove(f, index, size, &root, logged);
	}
	free(f);
	if (out->why != CRED_OK) {
		pub_note(c,
		    TR("%s: log entry %llu cannot be proven: %s (%s)",
			"%s：日志第 %llu 项无法证明：%s（%s）"),
		    b->id, (unsigned long long)index, cred_strerr(out->why),
		    cred_errname(out->why));
		return;
	}
	keep_tiles(b, c);
	out->state = compare(logged, entry);
}
