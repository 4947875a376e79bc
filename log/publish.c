#include "log/log_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/file.h"
#include "edge/lang.h"

struct copy {
	struct log *l;
	struct place to;
	struct batch batch;
	struct reader r, parent;
	uint64_t old_size; /* of the publication */
	struct why *why;
};

static bool
has(const struct copy *c, const struct tlog_tile *t)
{
	char path[TLOG_PATH_MAX];
	struct stat st;

	tlog_tile_path(t, path);
	return fstatat(c->to.fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) && (size_t)st.st_size == tile_len(t);
}

/*
 * Does the tile belong to the head's tree? Partial ones were checked by the
 * root; of a full one the tile above holds the root; a bundle's hashes are the
 * tile of level 0.
 */
static enum cred_err
belongs(struct copy *c, const struct tlog_tile *t, struct bytes data)
{
	tlog_sha256_fn *sha256 = c->l->ops.sha256;
	struct tlog_tile up = {t->level + 1, t->n / TLOG_TILE_WIDTH, 0};
	struct tlog_hash h;
	struct bytes got;
	enum cred_err e;

	if (t->level >= 0 && t->width < TLOG_TILE_WIDTH)
		return CRED_OK;
	if (t->level < 0) {
		uint8_t leaves[LOG_TILE_LEN];
		up.n = t->n;
		up.width = t->width;
		if ((e = bundle_leaves(sha256, data, t->width, leaves)) ||
		    (e = reader_get(&c->parent, &up, &got)) != CRED_OK)
			return e;
		return memcmp(got.ptr, leaves, got.len) == 0
			   ? CRED_OK
			   : CRED_ERR_TLOG_TILE;
	}
	up.width = tlog_tile_width(up.level, up.n, c->l->head.size);
	tile_root(sha256, data.ptr, &h);
	if ((e = reader_get(&c->parent, &up, &got)) != CRED_OK)
		return e;
	return memcmp(got.ptr + t->n % TLOG_TILE_WIDTH * 32, h.b, 32) == 0
		   ? CRED_OK
		   : CRED_ERR_TLOG_TILE;
}

static enum cred_err
copy_tile(struct copy *c, const struct tlog_tile *t)
{
	char path[TLOG_PATH_MAX];
	struct bytes data;
	enum cred_err e;

	if (has(c, t))
		return CRED_OK;
	tlog_tile_path(t, path);
	if ((e = reader_get(&c->r, t, &data)) != CRED_OK)
		return e;
	if ((e = belongs(c, t, data)) != CRED_OK)
		return !cred_is_refusal(e)
			   ? e
			   : why_set(c->why, CRED_FAULT_LOG,
				 TR("%s/%s does not fit the tree that was "
				    "signed; it is "
				    "not published; restore it from a backup",
				     "%s/%s "
				     "与已签名的树不符，不予发布，请从备份恢"
				     "复"),
				 c->l->dir, path);
	return batch_put(&c->batch, path, data, c->why);
}

/*
 * Full tiles below the checkpoint that stands in the publication were all there
 * when it was written. Of these the last AGAIN are looked at, and AGAIN in a
 * row from anywhere before: a publication costs what is new, and what was lost
 * from the folder comes back with one of the next.
 */
#define AGAIN 256

struct again {
	uint64_t full;     /* tiles of the level that were full */
	uint64_t from, to; /* [from, to) and all from `last` on */
	uint64_t last;
};

static struct again
again(const struct copy *c, int level)
{
	unsigned shift = TLOG_TILE_HEIGHT * (unsigned)(level < 0 ? 0 : level);
	struct again a = {
	    .full = (c->old_size >> shift) / TLOG_TILE_WIDTH};
	uint64_t at = 0;

	if (a.full <= 2 * AGAIN)
		return a;
	a.last = a.full - AGAIN;
	if (getrandom(&at, sizeof at, GRND_NONBLOCK) != sizeof at)
		at = 0;
	a.from = at % (a.last - AGAIN + 1);
	a.to = a.from + AGAIN;
	return a;
}

/* n, or the next one that is looked at. */
static uint64_t
again_next(const struct again *a, uint64_t n)
{
	return n == a->to && n < a->last ? a->last : n;
}

static enum cred_err
copy_level(struct copy *c, int level)
{
	unsigned shift = TLOG_TILE_HEIGHT * (unsigned)(level < 0 ? 0 : level);
	uint64_t count = c->l->head.size >> shift;
	struct again a = again(c, level);
	enum cred_err e = CRED_OK;

	for (uint64_t n = again_next(&a, a.from);
	     e == CRED_OK && n * TLOG_TILE_WIDTH < count;
	     n = again_next(&a, n + 1)) {
		struct tlog_tile t = {
		    level, n, tlog_tile_width(level, n, c->l->head.size)};
		e = copy_tile(c, &t);
	}
	return e;
}

/* Readers of the checkpoint before the one replaced now have had their time:
 * partial tiles that were full in the one replaced may go. */
static void
drop_old_partials(struct copy *c, int level)
{
	struct again a = again(c, level);

	for (uint64_t n = again_next(&a, a.from); n < a.full;
	     n = again_next(&a, n + 1)) {
		struct tlog_tile t = {level, n, TLOG_TILE_WIDTH};
		place_drop_partials(&c->to, &t);
	}
}

static enum cred_err
publish(struct copy *c)
{
	struct log *l = c->l;
	struct bytes note;
	uint8_t have[NOTE_MAX_BYTES];
	struct tlog_hash root;
	bool dummy = false;
	size_t len;
	enum cred_err e = log_refresh(l, c->why);

	if (e != CRED_OK)
		return e;
	if (l->head.note_len == 0)
		return why_set(c->why, CRED_FAULT_LOG,
		    TR("log %s: nothing is signed yet, so there is nothing to "
		       "publish",
			"日志 %s：还没有签名，没有可发布的内容"),
		    l->dir);
	note = bytes_of(l->head.note, l->head.note_len);
	c->r.size = c->parent.size = l->head.size;
	e = place_checkpoint(&c->to, have, &len, c->why);
	if (e != CRED_OK ||
	    (len != 0 && (e = checkpoint_precedes(l, bytes_of(have, len),
			      &c->to, &c->old_size, c->why)) != CRED_OK))
		return e;
	e = tlog_root_from_tiles(
	    l->ops.sha256, l->head.size, reader_fetch, &c->r, &root);
	if (e == CRED_OK && memcmp(root.b, l->head.root.b, 32) != 0)
		e = CRED_ERR_TLOG_PROOF;
	if (e != CRED_OK)
		return !cred_is_refusal(e) ? e
					   : why_set(c->why, CRED_FAULT_LOG,
						 TR("log %s: its tiles do not "
						    "lead to the signed root; "
						    "nothing is published",
						     "日志 "
						     "%s：瓦片得不出已签名的根"
						     "，未发布任何内容"),
						 l->dir);
	for (int level = -1; e == CRED_OK && level < LOG_LEVELS; level++)
		e = copy_level(c, level);
	if (e == CRED_OK && c->batch.n > 0)
		e = batch_finish(&c->batch, c->why);
	if (e == CRED_OK && !bytes_eq(note, bytes_of(have, len)))
		e = checkpoint_write(
		    &c->to, note, l->ops.sha256, &dummy, c->why);
	for (int level = -1; e == CRED_OK && level < LOG_LEVELS; level++)
		drop_old_partials(c, level);
	return e;
}

enum cred_err
log_publish(struct log *l, const char *dir, struct why *why)
{
	struct copy *c;
	enum cred_err e;

	if ((c = calloc(1, sizeof *c)) == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, TR("out of memory", "内存不足"));
	c->l = l;
	c->why = why;
	c->r = c->parent = (struct reader){.place = &l->place, .why = why};
	if ((e = place_open(dir, true, &c->to, why)) != CRED_OK) {
		free(c);
		return e;
	}
	batch_init(&c->batch, &c->to, l->ops.sha256, true);
	if ((e = place_lock(&c->to, why)) == CRED_OK) {
		e = publish(c);
		place_unlock(&c->to);
	}
	batch_release(&c->batch);
	place_close(&c->to);
	free(c);
	return e;
}
