#include "log/log_int.h"

#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"

static enum cred_err
wrong(const struct log *l, const struct tlog_tile *t, struct why *why)
{
	char path[TLOG_PATH_MAX];

	tlog_tile_path(t, path);
	return why_set(why, CRED_FAULT_LOG,
	    TR("%s/%s does not fit the tree that was signed; restore it from "
	       "the publication or a backup",
		"%s/%s 与已签名的树不符，请从发布目录或备份恢复"),
	    l->dir, path);
}

enum cred_err
log_entry(struct log *l, uint64_t i, uint8_t out[static TLOG_ENTRY_LEN],
    struct why *why)
{
	struct reader r = {
	    .place = &l->place, .size = l->head.size, .why = why};
	uint8_t entry[TLOG_ENTRY_LEN];
	struct tlog_tile t = {-1, i / TLOG_TILE_WIDTH, 0};
	struct tlog_hash leaf;
	struct bytes bundle;
	enum cred_err e;

	if (i >= l->head.size)
		return why_set(why, CRED_ERR_TLOG_INDEX,
		    TR("log %s has no entry %llu yet, only %llu",
			"日志 %s 还没有第 %llu 条，只有 %llu 条"),
		    l->dir, (unsigned long long)i,
		    (unsigned long long)l->head.size);
	t.width = tlog_tile_width(-1, t.n, l->head.size);
	if ((e = reader_get(&r, &t, &bundle)) != CRED_OK)
		return e;
	if (tlog_bundle_get(bundle, t.width, i % TLOG_TILE_WIDTH, entry) !=
	    CRED_OK)
		return wrong(l, &t, why);
	tlog_leaf(l->ops.sha256, bytes_of(entry, sizeof entry), &leaf);
	e = tlog_check_inclusion(l->ops.sha256, i, l->head.size, &l->head.root,
	    &leaf, reader_fetch, &r);
	if (e != CRED_OK)
		return cred_is_refusal(e) ? wrong(l, &r.last, why) : e;
	memcpy(out, entry, sizeof entry);
	return CRED_OK;
}

/* Every tile of the levels above the leaves, as the leaves say it must be. */
struct rebuilt {
	struct log *l;
	struct reader r;
	struct tip up; /* level 0 is not used */
	uint64_t bad;
};

static enum cred_err
compare(struct rebuilt *v, int level, uint64_t n, struct why *why)
{
	struct tlog_tile t = {level, n, v->up.width[level]};
	const uint8_t *want = v->up.tiles[level];
	struct bytes got;
	enum cred_err e = reader_get(&v->r, &t, &got);
	size_t i = 0;

	if (e == CRED_OK && memcmp(got.ptr, want, got.len) == 0)
		return CRED_OK;
	if (e == CRED_OK) {
		while (memcmp(got.ptr + i * 32, want + i * 32, 32) == 0)
			i++;
		e = wrong(v->l, &t, why);
	}
	v->bad = (n * TLOG_TILE_WIDTH + i) << (TLOG_TILE_HEIGHT * level);
	return e;
}

/* The root of full tile n of level 0 goes into the levels above. */
static enum cred_err
push(struct rebuilt *v, struct tlog_hash h, uint64_t n, struct why *why)
{
	struct tip *up = &v->up;
	enum cred_err e;

	for (int level = 1; level < LOG_LEVELS; level++) {
		memcpy(&up->tiles[level][up->width[level]++ * 32], h.b, 32);
		n /= TLOG_TILE_WIDTH;
		if (up->width[level] < TLOG_TILE_WIDTH)
			break;
		if ((e = compare(v, level, n, why)) != CRED_OK)
			return e;
		tile_root(v->l->ops.sha256, up->tiles[level], &h);
		up->width[level] = 0;
	}
	return CRED_OK;
}

/* Bundle n against tile n of level 0. */
static enum cred_err
verify_leaves(struct rebuilt *v, uint64_t n, unsigned width, struct why *why)
{
	struct tlog_tile t = {-1, n, width};
	tlog_sha256_fn *sha256 = v->l->ops.sha256;
	uint8_t *want = v->up.tiles[0];
	struct tlog_hash h;
	struct bytes got;
	enum cred_err e;
	size_t i = 0;

	v->bad = n * TLOG_TILE_WIDTH;
	if ((e = reader_get(&v->r, &t, &got)) != CRED_OK)
		return e;
	if (bundle_leaves(sha256, got, width, want) != CRED_OK)
		return wrong(v->l, &t, why);
	t.level = 0;
	if ((e = reader_get(&v->r, &t, &got)) != CRED_OK)
		return e;
	while (i < width && memcmp(got.ptr + i * 32, want + i * 32, 32) == 0)
		i++;
	if (i < width) {
		/* Entry or hash? Whichever, the parent tile decides. */
		v->bad += i;
		return why_set(why, CRED_FAULT_LOG,
		    TR("log %s: entry %llu and its hash in the tree disagree "
		       "(tile/entries and tile/0, number %llu)",
			"日志 %s：第 %llu 条与树中的散列不符"
			"（tile/entries 与 tile/0，编号 %llu）"),
		    v->l->dir, (unsigned long long)v->bad,
		    (unsigned long long)n);
	}
	v->up.width[0] = width;
	if (width < TLOG_TILE_WIDTH)
		return CRED_OK;
	v->up.width[0] = 0;
	tile_root(sha256, want, &h);
	return push(v, h, n, why);
}

enum cred_err
log_verify(struct log *l, uint64_t *bad_index, struct why *why)
{
	struct rebuilt *v = calloc(1, sizeof *v);
	uint64_t size = l->head.size;
	struct tlog_hash root;
	enum cred_err e = CRED_OK;

	if (v == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, TR("out of memory", "内存不足"));
	v->l = l;
	v->r = (struct reader){.place = &l->place, .size = size, .why = why};
	v->up.size = size;
	for (uint64_t n = 0; e == CRED_OK && n * TLOG_TILE_WIDTH < size; n++)
		e = verify_leaves(v, n, tlog_tile_width(-1, n, size), why);
	for (int level = 1; e == CRED_OK && level < LOG_LEVELS; level++)
		if (v->up.width[level] > 0)
			e = compare(v, level,
			    size >> (TLOG_TILE_HEIGHT * (level + 1)), why);
	if (e == CRED_OK)
		e = tip_root(&v->up, l->ops.sha256, &root);
	if (e == CRED_OK && l->head.note_len != 0 &&
	    (memcmp(root.b, l->head.root.b, 32) != 0 ||
		note_says(bytes_of(l->head.note, l->head.note_len), size,
		    &root) != CRED_OK)) {
		v->bad = UINT64_MAX;
		e = why_set(why, CRED_FAULT_LOG,
		    TR("log %s: entries and tiles agree, but lead to another "
		       "root than the signed one of %llu entries",
			"日志 %s：条目与瓦片一致，但得出的根与 %llu 条的"
			"签名根不同"),
		    l->dir, (unsigned long long)size);
	}
	if (e == CRED_FAULT_LOG)
		*bad_index = v->bad;
	free(v);
	return e;
}
