#include <stdio.h>
#include <stdlib.h>

#include "edge/lang.h"
#include "verifier/publication_int.h"

#define N_SLOTS  64 /* tiles, and verified bundles, in memory: 1 MB a body */
#define TILE_MAX (TLOG_TILE_WIDTH * 32)

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

struct pub_log {
	const struct pub_body *body;
	pthread_mutex_t lock;
	struct fresh fresh; /* of the checkpoint */
	uint64_t size;
	struct tlog_hash root;
	struct tile_slot tiles[N_SLOTS];
	struct bundle_slot bundles[N_SLOTS];
};

struct pub_log *
pub_log_new(const struct pub_body *body)
{
	struct pub_log *l = calloc(1, sizeof *l);

	if (l == NULL)
		return NULL;
	l->body = body;
	pthread_mutex_init(&l->lock, NULL);
	fresh_init(&l->fresh);
	return l;
}

void
pub_log_free(struct pub_log *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < N_SLOTS; i++) {
		free(l->tiles[i].ptr);
		free(l->bundles[i].entries);
	}
	fresh_release(&l->fresh);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

/* What tlog_fetch_fn needs: the bytes live in buf until the next call. */
struct fetch {
	struct pub_log *l;
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
tile_slot(struct pub_log *l, const struct tlog_tile *t)
{
	return &l->tiles[(t->n * 7 + (uint64_t)(t->level + 1) * 13) % N_SLOTS];
}

static bool
tile_remembered(struct fetch *f, const struct tlog_tile *t)
{
	struct pub_log *l = f->l;
	bool hit;

	pthread_mutex_lock(&l->lock);
	struct tile_slot *s = tile_slot(l, t);
	hit = !f->fresh && s->ptr != NULL && s->level == t->level &&
	      s->n == t->n && s->width >= t->width;
	if (hit)
		memcpy(f->buf, s->ptr, tile_len(t));
	pthread_mutex_unlock(&l->lock);
	return hit;
}

static void
tile_remember(struct fetch *f, const struct tlog_tile *t, struct blob *blob,
    bool from_source)
{
	struct pub_log *l = f->l;

	pthread_mutex_lock(&l->lock);
	struct tile_slot *s = tile_slot(l, t);
	free(s->ptr);
	*s = (struct tile_slot){
	    t->level, t->n, t->width, from_source, blob->ptr, blob->len};
	*blob = (struct blob){0};
	pthread_mutex_unlock(&l->lock);
}

static void
tile_path(
    const struct pub_log *l, const struct tlog_tile *t, char out[static 128])
{
	char tail[TLOG_PATH_MAX];

	tlog_tile_path(t, tail);
	snprintf(out, 128, "bodies/%s/log/%s", l->body->id, tail);
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
		tile_path(f->l, got, path);
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
	tile_path(f->l, t, path);
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
keep_tiles(struct pub_log *l, const struct pub_ctx *c)
{
	if (!source_has_copies(c->source))
		return;
	for (size_t i = 0; i < N_SLOTS; i++) {
		struct tile_slot *s = &l->tiles[i];
		struct blob blob = {0};
		char path[128];

		pthread_mutex_lock(&l->lock);
		if (s->fetched && (blob.ptr = malloc(s->len)) != NULL) {
			memcpy(blob.ptr, s->ptr, blob.len = s->len);
			s->fetched = false;
			tile_path(l,
			    &(struct tlog_tile){s->level, s->n, s->width},
			    path);
		}
		pthread_mutex_unlock(&l->lock);
		if (blob.ptr != NULL)
			source_keep(c->source, path, blob_bytes(&blob));
		blob_release(&blob);
	}
}

/* May the tree (size, root) follow what was seen before? */
static enum cred_err
follows(struct pub_log *l, const struct pub_ctx *c, uint64_t size,
    const struct tlog_hash *root, bool fresh)
{
	struct tlog_hash path[82], seen_root;
	uint64_t seen;
	struct fetch *f;
	enum cred_err e;
	size_t n;

	if (!memory_log(c->memory, l->body->log_id, &seen, &seen_root))
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
	f->l = l;
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
		     : follows(l, c, size, root, true);
}

static enum cred_err
checkpoint_open(struct pub_log *l, const struct pub_ctx *c,
    const struct body *body, const struct blob *blob, uint64_t *size,
    struct tlog_hash *root)
{
	enum cred_err e;

	if (blob->ptr == NULL)
		return CRED_ERR_CHECKPOINT_MISSING;
	e = trust_open_checkpoint(body, blob_bytes(blob), size, root);
	return e != CRED_OK ? e : follows(l, c, *size, root, false);
}

static enum cred_err
checkpoint_fetch(struct pub_log *l, const struct pub_ctx *c,
    const struct body *body, uint64_t *size, struct tlog_hash *root)
{
	struct blob blob = {0}, copy = {0};
	struct why why = {{0}};
	char path[64];
	enum cred_err e;

	snprintf(path, sizeof path, "bodies/%s/log/checkpoint", l->body->id);
	e = source_get(c->source, path, NOTE_MAX_BYTES, &blob, &why);
	if (e == CRED_OK)
		e = checkpoint_open(l, c, body, &blob, size, root);
	if (e == CRED_OK)
		source_keep(c->source, path, blob_bytes(&blob));
	else if (e != CRED_ERR_CHECKPOINT_MISSING)
		pub_note_refused(c, path, e, &why);
	/* a log that contradicts itself is not to be helped by a copy */
	if (e != CRED_OK && e != CRED_ERR_CHECKPOINT_SPLIT) {
		source_copy(c->source, path, NOTE_MAX_BYTES, &copy);
		if (copy.ptr != NULL &&
		    checkpoint_open(l, c, body, &copy, size, root) == CRED_OK)
			e = CRED_OK;
	}
	if (e == CRED_OK) {
		memory_set_log(c->memory, l->body->log_id, *size, root);
		pub_remember(c);
	}
	blob_release(&blob);
	blob_release(&copy);
	return e;
}

/* With the lock. */
static void
checkpoint_refresh(struct pub_log *l, const struct pub_ctx *c,
    const struct body *body, uint64_t index)
{
	int64_t now = c->clock();
	struct tlog_hash root;
	uint64_t size;
	enum cred_err e;

	if (!fresh_take(
		&l->fresh, &l->lock, l->fresh.have && index >= l->size, now))
		return;
	pthread_mutex_unlock(&l->lock);
	e = checkpoint_fetch(l, c, body, &size, &root);
	pthread_mutex_lock(&l->lock);
	if (e == CRED_OK && (!l->fresh.have || size >= l->size)) {
		l->size = size;
		l->root = root;
		l->fresh.have = true;
	} else if (e == CRED_ERR_CHECKPOINT_SPLIT) {
		l->fresh.have = false;
	}
	fresh_give(&l->fresh, now, e, c->refresh_s);
}

/* With the lock: the proven entry at index, or NULL. */
static const uint8_t *
proven(const struct pub_log *l, uint64_t index)
{
	uint64_t n = index / TLOG_TILE_WIDTH;
	const struct bundle_slot *s = &l->bundles[n % N_SLOTS];

	return s->width > index % TLOG_TILE_WIDTH && s->n == n
		   ? s->entries[index % TLOG_TILE_WIDTH]
		   : NULL;
}

/* Fetching for a proof, with a copy of the one tile of hashes as it was given
 * to the proof: asked for again, a source might give another. */
struct proof {
	struct fetch *f;
	struct tlog_tile leaves;
	bool have;
	uint8_t hashes[TILE_MAX];
};

static enum cred_err
proof_fetch(void *ctx, const struct tlog_tile *tile, struct bytes *out)
{
	struct proof *p = ctx;
	enum cred_err e = tile_fetch(p->f, tile, out);

	if (e == CRED_OK && tile->level == 0 && tile->n == p->leaves.n &&
	    tile->width == p->leaves.width) {
		memcpy(p->hashes, out->ptr, out->len);
		p->have = true;
	}
	return e;
}

/*
 * The proof of one entry has authenticated its whole tile of hashes, so all
 * entries of the bundle can be checked at once and need no proof again: a
 * later tree contains this one.
 */
static void
prove_bundle(struct pub_log *l, const struct proof *p, const uint8_t *bundle)
{
	unsigned width = p->leaves.width;
	uint8_t(*entries)[TLOG_ENTRY_LEN] = malloc(width * sizeof *entries);
	bool good = p->have && entries != NULL;
	struct bundle_slot *s;

	for (unsigned i = 0; good && i < width; i++) {
		struct tlog_hash leaf;

		good = tlog_bundle_get(
			   bytes_of(bundle, width * (2 + TLOG_ENTRY_LEN)),
			   width, i, entries[i]) == CRED_OK;
		if (!good)
			break;
		tlog_leaf(
		    trust_sha256, bytes_of(entries[i], TLOG_ENTRY_LEN), &leaf);
		good = memcmp(leaf.b, p->hashes + (size_t)32 * i, 32) == 0;
	}
	if (good) {
		pthread_mutex_lock(&l->lock);
		s = &l->bundles[p->leaves.n % N_SLOTS];
		free(s->entries);
		*s = (struct bundle_slot){p->leaves.n, width, entries};
		entries = NULL;
		pthread_mutex_unlock(&l->lock);
	}
	free(entries);
}

static enum cred_err
prove(struct fetch *f, uint64_t index, uint64_t size,
    const struct tlog_hash *root, uint8_t entry[static TLOG_ENTRY_LEN])
{
	uint64_t n = index / TLOG_TILE_WIDTH;
	struct tlog_tile t = {-1, n, tlog_tile_width(-1, n, size)};
	struct proof p = {.f = f, .leaves = {0, n, t.width}};
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
	    trust_sha256, index, size, root, &leaf, proof_fetch, &p);
	if (e == CRED_OK)
		prove_bundle(f->l, &p, bundle);
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
pub_log_fact(struct pub_log *l, const struct pub_ctx *c,
    const struct body *body, uint64_t index, const uint8_t entry[static 32],
    struct log_fact *out)
{
	struct log_fact fact = {.why = CRED_OK};
	uint8_t logged[TLOG_ENTRY_LEN];
	const uint8_t *known = NULL;
	struct tlog_hash root;
	struct fetch *f;
	uint64_t size;

	pthread_mutex_lock(&l->lock);
	checkpoint_refresh(l, c, body, index);
	size = fact.size = l->size;
	root = l->root;
	if (!l->fresh.have) {
		fact.why = l->fresh.why;
		fact.size = 0;
	} else if (index >= size) {
		fact.state = LOG_BEYOND;
		fact.why = CRED_ERR_TLOG_INDEX;
	} else if ((known = proven(l, index)) != NULL) {
		fact.state = compare(known, entry);
	}
	pthread_mutex_unlock(&l->lock);
	*out = fact;
	if (fact.why != CRED_OK || known != NULL)
		return;
	f = malloc(sizeof *f);
	if (f == NULL) {
		out->why = CRED_FAULT_NOMEM;
		return;
	}
	*f = (struct fetch){.l = l, .c = c};
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
		    l->body->id, (unsigned long long)index,
		    cred_strerr(out->why), cred_errname(out->why));
		return;
	}
	keep_tiles(l, c);
	out->state = compare(logged, entry);
}
