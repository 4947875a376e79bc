#include "log/log_int.h"

#include <string.h>

#include "edge/lang.h"

size_t
tile_len(const struct tlog_tile *t)
{
	return (size_t)t->width * (t->level < 0 ? 2 + TLOG_ENTRY_LEN : 32);
}

enum cred_err
reader_get(struct reader *r, const struct tlog_tile *t, struct bytes *out)
{
	unsigned now = tlog_tile_width(t->level, t->n, r->size);
	unsigned widths[] = {t->width, now, TLOG_TILE_WIDTH};
	struct why first;
	enum cred_err e = CRED_FAULT_LOG;

	r->last = *t;
	for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
		struct tlog_tile wide = {t->level, t->n, widths[i]};
		char path[TLOG_PATH_MAX];
		if (widths[i] < t->width || (i > 0 && widths[i] == t->width))
			continue;
		tlog_tile_path(&wide, path);
		e = place_read(r->place, path, r->buf, tile_len(&wide),
		    i == 0 ? &first : NULL);
		if (e == CRED_OK) {
			*out = bytes_of(r->buf, tile_len(t));
			return CRED_OK;
		}
		if (e != CRED_FAULT_LOG)
			break;
	}
	if (r->why != NULL)
		*r->why = first;
	return e;
}

enum cred_err
reader_fetch(void *ctx, const struct tlog_tile *t, struct bytes *out)
{
	return reader_get(ctx, t, out);
}

enum cred_err
tip_load(struct tip *t, struct reader *r, uint64_t size)
{
	struct bytes got;
	enum cred_err e;

	t->size = size;
	for (int level = 0; level < LOG_LEVELS; level++) {
		uint64_t count = size >> (TLOG_TILE_HEIGHT * level);
		struct tlog_tile tile = {level, count / TLOG_TILE_WIDTH,
		    (unsigned)(count % TLOG_TILE_WIDTH)};
		t->width[level] = tile.width;
		if (tile.width == 0)
			continue;
		if ((e = reader_get(r, &tile, &got)) != CRED_OK)
			return e;
		memcpy(t->tiles[level], got.ptr, got.len);
	}
	if (t->width[0] > 0) {
		struct tlog_tile bundle = {
		    -1, size / TLOG_TILE_WIDTH, t->width[0]};
		if ((e = reader_get(r, &bundle, &got)) != CRED_OK)
			return e;
		memcpy(t->bundle, got.ptr, got.len);
	}
	return CRED_OK;
}

void
tile_root(tlog_sha256_fn *sha256, const uint8_t tile[static LOG_TILE_LEN],
    struct tlog_hash *out)
{
	struct tlog_edge edge = {0};
	struct tlog_hash h;

	for (size_t i = 0; i < TLOG_TILE_WIDTH; i++) {
		memcpy(h.b, &tile[i * 32], 32);
		tlog_edge_append(sha256, &edge, &h);
	}
	tlog_edge_root(sha256, &edge, out);
}

enum cred_err
bundle_leaves(
    tlog_sha256_fn *sha256, struct bytes bundle, unsigned width, uint8_t *out)
{
	uint8_t entry[TLOG_ENTRY_LEN];
	struct tlog_hash h;
	/* Checks the form of the whole. */
	enum cred_err e = tlog_bundle_get(bundle, width, 0, entry);

	if (e != CRED_OK)
		return e;
	for (unsigned i = 0; i < width; i++) {
		tlog_leaf(sha256,
		    bytes_of(bundle.ptr + i * (2 + TLOG_ENTRY_LEN) + 2,
			TLOG_ENTRY_LEN),
		    &h);
		memcpy(&out[(size_t)i * 32], h.b, 32);
	}
	return CRED_OK;
}

static enum cred_err
put_tile(struct batch *b, const struct tlog_tile *t, const uint8_t *data,
    struct why *why)
{
	char path[TLOG_PATH_MAX];

	tlog_tile_path(t, path);
	return batch_put(b, path, bytes_of(data, tile_len(t)), why);
}

enum cred_err
tip_append(struct tip *t, tlog_sha256_fn *sha256,
    const uint8_t entry[static TLOG_ENTRY_LEN], struct batch *b,
    struct why *why)
{
	uint8_t *at = &t->bundle[t->width[0] * (2 + TLOG_ENTRY_LEN)];
	struct tlog_tile full = {
	    -1, t->size / TLOG_TILE_WIDTH, TLOG_TILE_WIDTH};
	struct tlog_hash h;
	enum cred_err e;

	at[0] = 0;
	at[1] = TLOG_ENTRY_LEN;
	memcpy(at + 2, entry, TLOG_ENTRY_LEN);
	if (t->width[0] == TLOG_TILE_WIDTH - 1 &&
	    (e = put_tile(b, &full, t->bundle, why)) != CRED_OK)
		return e;
	tlog_leaf(sha256, bytes_of(entry, TLOG_ENTRY_LEN), &h);
	for (int level = 0; level < LOG_LEVELS; level++) {
		memcpy(&t->tiles[level][t->width[level]++ * 32], h.b, 32);
		if (t->width[level] < TLOG_TILE_WIDTH)
			break;
		full.level = level;
		full.n = t->size >> (TLOG_TILE_HEIGHT * (level + 1));
		if ((e = put_tile(b, &full, t->tiles[level], why)) != CRED_OK)
			return e;
		tile_root(sha256, t->tiles[level], &h);
		t->width[level] = 0;
	}
	t->size++;
	return CRED_OK;
}

enum cred_err
tip_put_partials(
    const struct tip *t, uint64_t old_size, struct batch *b, struct why *why)
{
	enum cred_err e = CRED_OK;

	for (int level = 0; e == CRED_OK && level < LOG_LEVELS; level++) {
		unsigned shift = TLOG_TILE_HEIGHT * (unsigned)level;
		struct tlog_tile tile = {level,
		    t->size >> shift >> TLOG_TILE_HEIGHT, t->width[level]};
		if (t->width[level] == 0 ||
		    t->size >> shift == old_size >> shift)
			continue;
		e = put_tile(b, &tile, t->tiles[level], why);
		tile.level = -1;
		if (e == CRED_OK && level == 0)
			e = put_tile(b, &tile, t->bundle, why);
	}
	return e;
}

static enum cred_err
tip_fetch(void *ctx, const struct tlog_tile *tile, struct bytes *out)
{
	const struct tip *t = ctx;

	if (tile->level < 0 || tile->level >= LOG_LEVELS ||
	    tile->width != t->width[tile->level])
		return CRED_FAULT_INTERNAL;
	*out = bytes_of(t->tiles[tile->level], tile_len(tile));
	return CRED_OK;
}

enum cred_err
tip_root(const struct tip *t, tlog_sha256_fn *sha256, struct tlog_hash *out)
{
	return tlog_root_from_tiles(
	    sha256, t->size, tip_fetch, (void *)(uintptr_t)t, out);
}
