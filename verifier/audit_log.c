#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "edge/lang.h"
#include "verifier/audit_int.h"

#define LEVELS   6 /* of 256 children: TLOG_MAX_SIZE needs 0..5 */
#define TILE_LEN (TLOG_TILE_WIDTH * 32)
#define DAY_S    86400

typedef unsigned long long ull;

/*
 * The tile being filled at one level: what the entries say, and what the tiles
 * below say. They differ only where something is wrong, and then show which of
 * two files is.
 */
struct level {
	uint64_t at; /* number of the tile */
	unsigned n;  /* its hashes so far */
	uint8_t by_entries[TILE_LEN];
	uint8_t by_tiles[TILE_LEN];
	bool known[TLOG_TILE_WIDTH]; /* by_entries: nothing below is missing */
};

/* A hash in a tile that is not what lies below it. */
struct mismatch {
	int level;
	uint64_t tile;
	unsigned slot, width;
};

struct walk {
	struct audit *a;
	const struct body *body;
	uint64_t size;
	struct tlog_hash root;
	struct audit_lists lists;
	struct level levels[LEVELS];
	struct mismatch wrong[AUDIT_MAX_ALIKE];
	uint64_t n_wrong, n_missing;
	bool seen_before, old_root_known;
	struct audit_seen_log old;
	struct tlog_hash old_root; /* of the first old.size entries */
	bool give_up;              /* the source does not answer */
	uint8_t tile[TILE_LEN + 1];
	uint8_t bundle[TLOG_BUNDLE_MAX + 1];
	char path[AUDIT_PATH_MAX];
};

static size_t
tile_len(const struct tlog_tile *t)
{
	return (size_t)t->width * (t->level < 0 ? 2 + TLOG_ENTRY_LEN : 32);
}

static void
tile_path(const struct walk *w, const struct tlog_tile *t,
    char out[static AUDIT_PATH_MAX])
{
	char tail[TLOG_PATH_MAX];

	tlog_tile_path(t, tail);
	snprintf(out, AUDIT_PATH_MAX, "bodies/%s/log/%s",
	    w->body->scope.body_id, tail);
}

/*
 * A tile or bundle into buf, which has room for a full one. Where a partial one
 * is gone, the full one begins with it (tlog-tiles). w->path: the file, or the
 * one that should be there.
 */
static enum cred_err
tile_read(
    struct walk *w, const struct tlog_tile *t, uint8_t *buf, struct why *why)
{
	struct tlog_tile got = *t;
	struct blob b = {0};
	enum cred_err e;

	tile_path(w, &got, w->path);
	e = audit_get(
	    w->a, w->path, TLOG_BUNDLE_MAX, CRED_ERR_TLOG_MISSING, &b, why);
	if (e == CRED_ERR_TLOG_MISSING && t->width < TLOG_TILE_WIDTH) {
		char path[AUDIT_PATH_MAX];

		got.width = TLOG_TILE_WIDTH;
		tile_path(w, &got, path);
		if (audit_get(w->a, path, TLOG_BUNDLE_MAX,
			CRED_ERR_TLOG_MISSING, &b, why) == CRED_OK) {
			memcpy(w->path, path, sizeof path);
			e = CRED_OK;
		}
	}
	if (e == CRED_ERR_PIC_BYTES ||
	    (e == CRED_OK && b.len != tile_len(&got)))
		e = why_set(why,
		    t->level < 0 ? CRED_ERR_TLOG_BUNDLE : CRED_ERR_TLOG_TILE,
		    TR("is %zu bytes long, not %zu", "长 %zu 字节，应为 %zu"),
		    b.len, tile_len(&got));
	if (e == CRED_OK)
		memcpy(buf, b.ptr, tile_len(t));
	blob_release(&b);
	return e;
}

/* Say that it could not be read; the first AUDIT_MAX_ALIKE singly. */
static void
unread(
    struct walk *w, const char *check, enum cred_err e, const struct why *why)
{
	if (e >= CRED_FAULT_NOMEM)
		w->give_up = true;
	if (w->n_missing++ < AUDIT_MAX_ALIKE)
		audit_say(w->a, check, audit_result_of(e), e, w->path, NO_INDEX,
		    "%s", why->text);
}

static void
tile_root(const uint8_t *hashes, struct tlog_hash *out)
{
	struct tlog_edge e = {0};
	struct tlog_hash h;

	for (unsigned i = 0; i < TLOG_TILE_WIDTH; i++) {
		memcpy(h.b, hashes + (size_t)i * 32, 32);
		tlog_edge_append(trust_sha256, &e, &h);
	}
	*out = e.hashes[0];
}

/* tlog_fetch_fn over what the entries say. */
static enum cred_err
fetch_levels(void *ctx, const struct tlog_tile *t, struct bytes *out)
{
	const struct walk *w = ctx;
	const struct level *l = &w->levels[t->level];

	for (unsigned i = 0; i < t->width; i++)
		if (!l->known[i])
			return CRED_ERR_TLOG_MISSING;
	*out = bytes_of(l->by_entries, (size_t)t->width * 32);
	return CRED_OK;
}

/* tlog_fetch_fn over the files. */
static enum cred_err
fetch_files(void *ctx, const struct tlog_tile *t, struct bytes *out)
{
	struct walk *w = ctx;
	struct why why;
	enum cred_err e = tile_read(w, t, w->tile, &why);

	if (e == CRED_OK)
		*out = bytes_of(w->tile, tile_len(t));
	return e;
}

/*
 * Compare the tile being filled at a level with the file, as far as it is
 * filled. w->tile: the file, or what should be in it where there is none.
 */
static void
tile_check(struct walk *w, int level)
{
	struct level *l = &w->levels[level];
	const struct tlog_tile t = {level, l->at, l->n};
	struct why why;
	enum cred_err e = tile_read(w, &t, w->tile, &why);

	if (e != CRED_OK) {
		unread(w, "tiles", e, &why);
		memcpy(w->tile, l->by_entries, (size_t)l->n * 32);
		return;
	}
	for (unsigned i = 0; i < l->n; i++) {
		const uint8_t *stored = w->tile + (size_t)i * 32;
		uint8_t *mine = l->by_entries + (size_t)i * 32;

		if (!l->known[i]) {
			memcpy(mine, stored, 32); /* the best there is */
			l->known[i] = true;
			continue;
		}
		if (memcmp(stored, mine, 32) == 0 ||
		    (level > 0 &&
			memcmp(stored, l->by_tiles + (size_t)i * 32, 32) == 0))
			continue;
		if (w->n_wrong < AUDIT_MAX_ALIKE)
			w->wrong[w->n_wrong] =
			    (struct mismatch){level, l->at, i, l->n};
		w->n_wrong++;
	}
}

/* A tile is full: its hash, twice, goes to the level above. */
static void
tile_full(struct walk *w, int level)
{
	struct level *l = &w->levels[level], *up = l + 1;
	struct tlog_hash by_entries, by_tiles;
	bool known = true;

	tile_check(w, level);
	for (unsigned i = 0; i < TLOG_TILE_WIDTH; i++)
		known = known && l->known[i];
	tile_root(l->by_entries, &by_entries);
	by_tiles = by_entries;
	if (memcmp(w->tile, l->by_entries, TILE_LEN) != 0)
		tile_root(w->tile, &by_tiles);
	l->n = 0;
	l->at++;
	memcpy(up->by_entries + (size_t)up->n * 32, by_entries.b, 32);
	memcpy(up->by_tiles + (size_t)up->n * 32, by_tiles.b, 32);
	up->known[up->n++] = known;
	if (up->n == TLOG_TILE_WIDTH)
		tile_full(w, level + 1);
}

/* One bundle: its entries, and the hashes they give. */
static void
bundle(struct walk *w, uint64_t n, unsigned width)
{
	static const uint8_t none[TLOG_ENTRY_LEN];
	const struct tlog_tile t = {-1, n, width};
	const struct bytes bytes = {w->bundle, tile_len(&t)};
	struct level *l = &w->levels[0];
	struct why why;
	enum cred_err e = tile_read(w, &t, w->bundle, &why);

	for (unsigned i = 0; i < width; i++) {
		uint8_t entry[TLOG_ENTRY_LEN];
		struct tlog_hash leaf = {{0}};

		if (e == CRED_OK) {
			e = tlog_bundle_get(bytes, width, i, entry);
			if (e != CRED_OK)
				(void)why_set(&why, e, "%s", audit_words(e));
		}
		l->known[i] = e == CRED_OK;
		if (l->known[i]) {
			tlog_leaf(trust_sha256, bytes_of(entry, TLOG_ENTRY_LEN),
			    &leaf);
			w->a->count.entries++;
			if (memcmp(entry, none, sizeof none) == 0)
				audit_list_void(&w->lists,
				    n * TLOG_TILE_WIDTH + i, w->path);
		}
		memcpy(l->by_entries + (size_t)i * 32, leaf.b, 32);
	}
	l->n = width;
	if (e != CRED_OK)
		unread(w, "entries", e, &why);
}

/* Root of the first size entries; size lies in the bundle read last. */
static bool
root_so_far(struct walk *w, uint64_t size, struct tlog_hash *out)
{
	return tlog_root_from_tiles(trust_sha256, size, fetch_levels, w, out) ==
	       CRED_OK;
}

static void
walk(struct walk *w)
{
	for (uint64_t n = 0; n * TLOG_TILE_WIDTH < w->size && !w->give_up;
	     n++) {
		uint64_t from = n * TLOG_TILE_WIDTH;
		unsigned width = tlog_tile_width(-1, n, w->size);

		if (from % STATUSLIST_ENTRIES == 0)
			audit_list_open(
			    &w->lists, (unsigned)(from / STATUSLIST_ENTRIES));
		bundle(w, n, width);
		if (w->seen_before && w->old.size >= from &&
		    w->old.size < from + width)
			w->old_root_known =
			    root_so_far(w, w->old.size, &w->old_root);
		if (width == TLOG_TILE_WIDTH)
			tile_full(w, 0);
	}
	for (int level = 0; level < LEVELS && !w->give_up; level++)
		if (w->levels[level].n > 0)
			tile_check(w, level);
}

/* Does a file lead, by the files above it, to the checkpoint's root? */
static bool
authentic(struct walk *w, int level, uint64_t n, unsigned width)
{
	struct tlog_tile t = {level, n, width};
	struct tlog_hash h;
	struct why why;

	while (t.width == TLOG_TILE_WIDTH) {
		uint64_t slot = t.n % TLOG_TILE_WIDTH;

		if (tile_read(w, &t, w->tile, &why) != CRED_OK)
			return false;
		tile_root(w->tile, &h);
		t.level++;
		t.n /= TLOG_TILE_WIDTH;
		t.width = tlog_tile_width(t.level, t.n, w->size);
		if (tile_read(w, &t, w->tile, &why) != CRED_OK ||
		    memcmp(w->tile + slot * 32, h.b, 32) != 0)
			return false;
	}
	return tlog_root_from_tiles(
		   trust_sha256, w->size, fetch_files, w, &h) == CRED_OK &&
	       memcmp(h.b, w->root.b, 32) == 0;
}

/* Which of two files that disagree is the wrong one? */
static void
judge(struct walk *w, const struct mismatch *m, bool entries_good)
{
	struct tlog_tile t = {m->level, m->tile, m->width};
	unsigned shift = TLOG_TILE_HEIGHT * (unsigned)m->level;
	uint64_t first = (m->tile * TLOG_TILE_WIDTH + m->slot) << shift;
	uint64_t last = first + ((UINT64_C(1) << shift) - 1);
	bool tile_good =
	    !entries_good && authentic(w, m->level, m->tile, m->width);
	char path[AUDIT_PATH_MAX];

	tile_path(w, &t, path);
	if (entries_good) {
		audit_say(w->a, "tiles", AUDIT_FAIL, CRED_ERR_TLOG_TILE, path,
		    first,
		    TR("hash %u is not that of the entries below it, which do "
		       "lead to the signed root: the tile was changed",
			"第 %u 个哈希与其下的日志项不符，而日志项与已签名的根"
			"一致：该瓦片被改动"),
		    m->slot);
	} else if (!tile_good) {
		audit_say(w->a, "tiles", AUDIT_FAIL, CRED_ERR_TLOG_TILE, path,
		    first,
		    TR("hash %u is not that of what lies below it, and the "
		       "tile does not lead to the signed root",
			"第 %u 个哈希与其下的内容不符，该瓦片也与已签名的根"
			"不一致"),
		    m->slot);
	} else if (m->level == 0) {
		t.level = -1;
		tile_path(w, &t, path);
		audit_say(w->a, "entries", AUDIT_FAIL, CRED_ERR_TLOG_OTHER,
		    path, first,
		    TR("is not the entry that was logged here: the tiles lead "
		       "to the signed root with another one",
			"不是当初写入的日志项：瓦片以另一项与已签名的根一致"));
	} else {
		audit_say(w->a, "entries", AUDIT_FAIL, CRED_ERR_TLOG_PROOF,
		    path, first,
		    TR("entries %llu to %llu and the tiles over them agree "
		       "with each other, but not with this tile, which leads "
		       "to the signed root: they were forged together",
			"第 %llu 至 %llu 项与其瓦片互相一致，却与这一通向"
			"已签名的根的瓦片不符：两者被一起伪造"),
		    (ull)first, (ull)last);
	}
}

static void
checkpoint_path(struct walk *w)
{
	snprintf(w->path, sizeof w->path, "bodies/%s/log/checkpoint",
	    w->body->scope.body_id);
}

/* Do the entries lead to the checkpoint's root? */
static bool
check_root(struct walk *w)
{
	struct tlog_hash root;
	bool known, good;

	if (w->give_up)
		return false;
	known = root_so_far(w, w->size, &root);
	good = known && memcmp(root.b, w->root.b, 32) == 0;
	for (size_t i = 0; i < w->n_wrong && i < AUDIT_MAX_ALIKE; i++)
		judge(w, &w->wrong[i], good);
	checkpoint_path(w);
	if (w->n_wrong > AUDIT_MAX_ALIKE)
		audit_say(w->a, "tiles", AUDIT_FAIL, CRED_ERR_TLOG_TILE, NULL,
		    NO_INDEX,
		    TR("and %llu more hashes that differ",
			"另有 %llu 个哈希不符"),
		    (ull)(w->n_wrong - AUDIT_MAX_ALIKE));
	if (w->n_missing > AUDIT_MAX_ALIKE)
		audit_say(w->a, "tiles", AUDIT_UNKNOWN, CRED_ERR_TLOG_MISSING,
		    NULL, NO_INDEX,
		    TR("and %llu more files that are missing or broken",
			"另有 %llu 个文件缺失或损坏"),
		    (ull)(w->n_missing - AUDIT_MAX_ALIKE));
	if (!known)
		audit_say(w->a, "entries", AUDIT_UNKNOWN, CRED_ERR_TLOG_MISSING,
		    w->path, NO_INDEX,
		    TR("with what is missing, the root cannot be computed",
			"由于有缺失，无法计算根"));
	else if (!good && w->n_wrong == 0)
		audit_say(w->a, "entries", AUDIT_FAIL, CRED_ERR_TLOG_PROOF,
		    w->path, NO_INDEX,
		    TR("%llu entries and their tiles agree with each other and "
		       "lead to another root than the signed one",
			"%llu 项日志与瓦片互相一致，得到的根却与已签名的不同"),
		    (ull)w->size);
	else if (good && w->n_wrong == 0 && w->n_missing == 0)
		audit_say(w->a, "entries", AUDIT_PASS, CRED_OK, w->path,
		    NO_INDEX,
		    TR("%llu entries and all tiles lead to the signed root",
			"%llu 项日志和全部瓦片与已签名的根一致"),
		    (ull)w->size);
	return good;
}

/*
 * CRED_OK: the tree seen last is the beginning of this one. By the entries,
 * where they lead to the signed root; else by the tiles, which then prove only
 * in favour: wrong ones prove nothing.
 */
static enum cred_err
follows(struct walk *w, bool entries_good)
{
	struct tlog_hash path[82];
	enum cred_err e;
	size_t n;

	if (w->size == w->old.size)
		return memcmp(w->root.b, w->old.root.b, 32) == 0
			   ? CRED_OK
			   : CRED_ERR_CHECKPOINT_SPLIT;
	if (w->old.size == 0)
		return CRED_OK;
	if (entries_good && w->old_root_known)
		return memcmp(w->old_root.b, w->old.root.b, 32) == 0
			   ? CRED_OK
			   : CRED_ERR_CHECKPOINT_SPLIT;
	e = tlog_consistency_path(
	    trust_sha256, w->old.size, w->size, fetch_files, w, path, &n);
	if (e == CRED_OK)
		e = tlog_verify_consistency(trust_sha256, w->old.size,
		    &w->old.root, w->size, &w->root, path, n);
	return cred_is_refusal(e) ? CRED_ERR_TLOG_MISSING : e;
}

/* May the tree be remembered in the place of the one before? */
static bool
check_consistency(struct walk *w, bool entries_good)
{
	int64_t s = w->a->o->now > w->old.at ? w->a->o->now - w->old.at : 0;
	enum cred_err e;

	if (!w->seen_before)
		return entries_good;
	e = w->size < w->old.size ? CRED_ERR_CHECKPOINT_OLDER
				  : follows(w, entries_good);
	checkpoint_path(w);
	if (e == CRED_OK) {
		uint64_t more = w->size - w->old.size;
		audit_say(w->a, "consistency", AUDIT_PASS, CRED_OK, w->path,
		    NO_INDEX,
		    TR("contains the %llu entries seen last; %llu more in %.1f "
		       "days, %.1f a day",
			"包含上次审计时的 %llu 项；新增 %llu 项，历时 %.1f "
			"天，平均每天 %.1f 项"),
		    (ull)w->old.size, (ull)more, (double)s / DAY_S,
		    (double)more * DAY_S / (double)(s > DAY_S ? s : DAY_S));
	} else if (e == CRED_ERR_CHECKPOINT_OLDER) {
		audit_say(w->a, "consistency", AUDIT_FAIL, e, w->path, w->size,
		    TR("has %llu entries, but %llu have been seen: the log was "
		       "rolled back",
			"有 %llu 项，而以前见过 %llu 项：日志被回退"),
		    (ull)w->size, (ull)w->old.size);
	} else if (e == CRED_ERR_CHECKPOINT_SPLIT) {
		audit_say(w->a, "consistency", AUDIT_FAIL, e, w->path, NO_INDEX,
		    TR("the first %llu entries are not those seen at the last "
		       "audit: the log was rewritten, or shows different "
		       "people different trees",
			"前 %llu 项与上次审计时不同：日志被改写，或对不同的人"
			"出示不同的内容"),
		    (ull)w->old.size);
	} else {
		audit_say(w->a, "consistency", AUDIT_UNKNOWN, e, w->path,
		    NO_INDEX,
		    TR("whether it contains the %llu entries seen last cannot "
		       "be told",
			"无法判断是否包含上次审计时的 %llu 项"),
		    (ull)w->old.size);
	}
	return e == CRED_OK && entries_good;
}

static enum cred_err
checkpoint(struct walk *w)
{
	struct blob b = {0};
	struct why why;
	enum cred_err e;

	checkpoint_path(w);
	e = audit_get(w->a, w->path, NOTE_MAX_BYTES,
	    CRED_ERR_CHECKPOINT_MISSING, &b, &why);
	if (e == CRED_OK) {
		e = trust_open_checkpoint(
		    w->body, blob_bytes(&b), &w->size, &w->root);
		if (e != CRED_OK)
			(void)why_set(&why, e, "%s", audit_words(e));
	}
	blob_release(&b);
	if (e == CRED_OK)
		audit_say(w->a, "checkpoint", AUDIT_PASS, CRED_OK, w->path,
		    NO_INDEX,
		    TR("size %llu, signed by the log's key",
			"大小 %llu，由日志密钥签名"),
		    (ull)w->size);
	else
		audit_say(w->a, "checkpoint", audit_result_of(e), e, w->path,
		    NO_INDEX, "%s", why.text);
	return e;
}

void
audit_log(struct audit *a, const struct body *body)
{
	struct walk *w = calloc(1, sizeof *w);

	if (w == NULL) {
		a->nomem = true;
		return;
	}
	w->a = a;
	w->body = body;
	w->lists = (struct audit_lists){.a = a, .body = body};
	w->seen_before =
	    audit_state_log(a->state, body->scope.body_id, &w->old);
	if (checkpoint(w) == CRED_OK) {
		w->lists.sized = true;
		w->lists.size = w->size;
		walk(w);
		if (check_consistency(w, check_root(w)))
			audit_state_set_log(a->state, body->scope.body_id,
			    &(struct audit_seen_log){
				w->size, w->root, a->o->now});
	}
	if (!w->give_up)
		audit_lists_end(&w->lists);
	free(w->lists.raw);
	free(w);
}
