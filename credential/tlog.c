#include "credential/tlog.h"

#include "credential/tlog_int.h"

/* RFC 6962 s2.1; the newer words of RFC 9162 where they are clearer. */

/* Levels of tiles that a tree of TLOG_MAX_SIZE has: 0..5. */
#define MAX_LEVEL (40 / TLOG_TILE_HEIGHT)

void
tlog_leaf(tlog_sha256_fn *sha256, struct bytes entry, struct tlog_hash *out)
{
	static const uint8_t prefix = 0x00;

	sha256(out->b, bytes_of(&prefix, 1), entry);
}

void
tlog_node(tlog_sha256_fn *sha256, const struct tlog_hash *left,
    const struct tlog_hash *right, struct tlog_hash *out)
{
	uint8_t head[1 + 32];
	uint8_t tail[32];

	head[0] = 0x01;
	memcpy(&head[1], left->b, 32);
	memcpy(tail, right->b, 32);
	sha256(
	    out->b, bytes_of(head, sizeof(head)), bytes_of(tail, sizeof(tail)));
}

void
tlog_empty_root(tlog_sha256_fn *sha256, struct tlog_hash *out)
{
	sha256(out->b, bytes_of("", 0), bytes_of("", 0));
}

void
tlog_edge_append(
    tlog_sha256_fn *sha256, struct tlog_edge *e, const struct tlog_hash *leaf)
{
	uint64_t s;

	if (e->size >= TLOG_MAX_SIZE)
		return;
	e->hashes[e->n++] = *leaf;
	for (s = e->size; s & 1; s >>= 1) {
		e->n--;
		tlog_node(sha256, &e->hashes[e->n - 1], &e->hashes[e->n],
		    &e->hashes[e->n - 1]);
	}
	e->size++;
}

void
tlog_edge_root(
    tlog_sha256_fn *sha256, const struct tlog_edge *e, struct tlog_hash *out)
{
	struct tlog_hash acc;
	size_t i;

	if (e->n == 0) {
		tlog_empty_root(sha256, out);
		return;
	}
	acc = e->hashes[e->n - 1];
	for (i = e->n - 1; i-- > 0;)
		tlog_node(sha256, &e->hashes[i], &acc, &acc);
	*out = acc;
}

/* Root of the complete subtree over 1 << height hashes of a tile. */
static void
subtree(tlog_sha256_fn *sha256, const uint8_t *hashes, unsigned height,
    struct tlog_hash *out)
{
	struct tlog_hash stack[TLOG_TILE_HEIGHT + 1];
	unsigned i, s, n = 0;

	for (i = 0; i < 1u << height; i++) {
		memcpy(stack[n++].b, &hashes[i * 32], 32);
		for (s = i; s & 1; s >>= 1) {
			n--;
			tlog_node(
			    sha256, &stack[n - 1], &stack[n], &stack[n - 1]);
		}
	}
	*out = stack[0];
}

static enum cred_err
get_tile(tlog_fetch_fn *fetch, void *ctx, int level, uint64_t n, unsigned width,
    struct bytes *out)
{
	struct tlog_tile t = {level, n, width};
	struct bytes got = {0};
	enum cred_err e = fetch(ctx, &t, &got);

	if (e != CRED_OK)
		return e;
	if (got.ptr == NULL || got.len != (size_t)width * 32)
		return CRED_ERR_TLOG_TILE;
	*out = got;
	return CRED_OK;
}

/*
 * Roots are folded from the right: a partial tile of width w holds one
 * complete subtree for each set bit of w, the largest first.
 */
struct fold {
	bool any;
	struct tlog_hash acc;
};

static void
fold_left(tlog_sha256_fn *sha256, struct fold *f, const struct tlog_hash *left)
{
	if (f->any)
		tlog_node(sha256, left, &f->acc, &f->acc);
	else
		f->acc = *left;
	f->any = true;
}

static void
fold_tile(
    tlog_sha256_fn *sha256, struct fold *f, struct bytes tile, unsigned width)
{
	struct tlog_hash h;
	unsigned bit, end = width;

	for (bit = 0; bit < TLOG_TILE_HEIGHT; bit++) {
		if ((width >> bit & 1) == 0)
			continue;
		end -= 1u << bit;
		subtree(sha256, &tile.ptr[(size_t)end * 32], bit, &h);
		fold_left(sha256, f, &h);
	}
}

enum cred_err
tlog_root_from_tiles(tlog_sha256_fn *sha256, uint64_t size,
    tlog_fetch_fn *fetch, void *ctx, struct tlog_hash *out)
{
	struct fold f = {0};
	struct bytes tile;
	enum cred_err e;
	int level;

	if (size > TLOG_MAX_SIZE)
		return CRED_ERR_TLOG_INDEX;
	for (level = 0; level <= MAX_LEVEL; level++) {
		uint64_t count = tlog_level_count(level, size);
		unsigned width = (unsigned)(count % TLOG_TILE_WIDTH);

		if (width == 0)
			continue;
		e = get_tile(
		    fetch, ctx, level, count / TLOG_TILE_WIDTH, width, &tile);
		if (e != CRED_OK)
			return e;
		fold_tile(sha256, &f, tile, width);
	}
	if (!f.any)
		tlog_empty_root(sha256, &f.acc);
	*out = f.acc;
	return CRED_OK;
}

size_t
tlog_proof_tiles(uint64_t index, uint64_t size,
    struct tlog_tile out[static TLOG_PROOF_TILES_MAX])
{
	bool below = true; /* the full tile over index is still to come */
	size_t n = 0;
	int level;

	if (size > TLOG_MAX_SIZE || index >= size)
		return 0;
	for (level = 0; level <= MAX_LEVEL; level++) {
		uint64_t count = tlog_level_count(level, size);
		uint64_t edge = count / TLOG_TILE_WIDTH;
		uint64_t at = tlog_level_count(level, index) / TLOG_TILE_WIDTH;

		if (below && at < edge)
			out[n++] =
			    (struct tlog_tile){level, at, TLOG_TILE_WIDTH};
		else
			below = false;
		if (count % TLOG_TILE_WIDTH != 0)
			out[n++] = (struct tlog_tile){
			    level, edge, (unsigned)(count % TLOG_TILE_WIDTH)};
	}
	return n;
}

/*
 * From the leaves up: each full tile over the index must hold what was
 * computed below it, until the right edge is reached, all of which goes into
 * the root. So every byte of every tile that is read is checked.
 */
enum cred_err
tlog_check_inclusion(tlog_sha256_fn *sha256, uint64_t index, uint64_t size,
    const struct tlog_hash *root, const struct tlog_hash *leaf,
    tlog_fetch_fn *fetch, void *ctx)
{
	struct tlog_tile tiles[TLOG_PROOF_TILES_MAX];
	struct tlog_hash want = *leaf;
	struct fold f = {0};
	bool found = false;
	size_t i, n;

	if (size > TLOG_MAX_SIZE || index >= size)
		return CRED_ERR_TLOG_INDEX;
	n = tlog_proof_tiles(index, size, tiles);
	for (i = 0; i < n; i++) {
		const struct tlog_tile *t = &tiles[i];
		uint64_t at = tlog_level_count(t->level, index);
		struct bytes tile;
		enum cred_err e =
		    get_tile(fetch, ctx, t->level, t->n, t->width, &tile);

		if (e != CRED_OK)
			return e;
		if (!found && at / TLOG_TILE_WIDTH == t->n) {
			if (memcmp(&tile.ptr[at % TLOG_TILE_WIDTH * 32], want.b,
				32) != 0)
				return CRED_ERR_TLOG_PROOF;
			if (t->width == TLOG_TILE_WIDTH)
				subtree(
				    sha256, tile.ptr, TLOG_TILE_HEIGHT, &want);
			else
				found = true;
		}
		if (t->width != TLOG_TILE_WIDTH)
			fold_tile(sha256, &f, tile, t->width);
	}
	if (!found || memcmp(f.acc.b, root->b, 32) != 0)
		return CRED_ERR_TLOG_PROOF;
	return CRED_OK;
}

/* Hashes of a tree of size, read from its tiles. */
struct source {
	tlog_sha256_fn *sha256;
	uint64_t size;
	tlog_fetch_fn *fetch;
	void *ctx;
};

/* Hash of the complete subtree i of 1 << height leaves. */
static enum cred_err
read_subtree(
    const struct source *s, unsigned height, uint64_t i, struct tlog_hash *out)
{
	int level = (int)(height / TLOG_TILE_HEIGHT);
	unsigned inner = height % TLOG_TILE_HEIGHT;
	uint64_t first = i << inner, n = first / TLOG_TILE_WIDTH;
	struct bytes tile;
	enum cred_err e = get_tile(s->fetch, s->ctx, level, n,
	    tlog_tile_width(level, n, s->size), &tile);

	if (e == CRED_OK)
		subtree(s->sha256, &tile.ptr[first % TLOG_TILE_WIDTH * 32],
		    inner, out);
	return e;
}

/* MTH(D[lo:hi]) where lo is a multiple of a power of two >= hi - lo. */
static enum cred_err
read_range(
    const struct source *s, uint64_t lo, uint64_t hi, struct tlog_hash *out)
{
	struct fold f = {0};
	struct tlog_hash h;
	uint64_t end = hi;
	unsigned bit;

	for (bit = 0; end > lo; bit++) {
		enum cred_err e;

		if (((hi - lo) >> bit & 1) == 0)
			continue;
		end -= UINT64_C(1) << bit;
		e = read_subtree(s, bit, end >> bit, &h);
		if (e != CRED_OK)
			return e;
		fold_left(s->sha256, &f, &h);
	}
	*out = f.acc;
	return CRED_OK;
}

/* The largest power of two below n, which is at least 2. */
static uint64_t
split(uint64_t n)
{
	uint64_t k = 1;

	while (k < n - k)
		k <<= 1;
	return k;
}

static void
reverse(struct tlog_hash *path, size_t n)
{
	size_t i;

	for (i = 0; i < n / 2; i++) {
		struct tlog_hash h = path[i];

		path[i] = path[n - 1 - i];
		path[n - 1 - i] = h;
	}
}

/* RFC 6962 s2.1.1, from the root down and then turned round. */
enum cred_err
tlog_inclusion_path(tlog_sha256_fn *sha256, uint64_t index, uint64_t size,
    tlog_fetch_fn *fetch, void *ctx, struct tlog_hash path[static 41],
    size_t *n)
{
	const struct source s = {sha256, size, fetch, ctx};
	uint64_t lo = 0, hi = size;
	size_t len = 0;

	if (size > TLOG_MAX_SIZE || index >= size)
		return CRED_ERR_TLOG_INDEX;
	while (hi - lo > 1) {
		uint64_t mid = lo + split(hi - lo);
		enum cred_err e;

		if (index < mid) {
			e = read_range(&s, mid, hi, &path[len++]);
			hi = mid;
		} else {
			e = read_range(&s, lo, mid, &path[len++]);
			lo = mid;
		}
		if (e != CRED_OK)
			return e;
	}
	reverse(path, len);
	*n = len;
	return CRED_OK;
}

/* RFC 6962 s2.1.2 */
enum cred_err
tlog_consistency_path(tlog_sha256_fn *sha256, uint64_t old_size, uint64_t size,
    tlog_fetch_fn *fetch, void *ctx, struct tlog_hash path[static 82],
    size_t *n)
{
	const struct source s = {sha256, size, fetch, ctx};
	uint64_t lo = 0, hi = size;
	enum cred_err e;
	size_t len = 0;

	if (size > TLOG_MAX_SIZE || old_size > size)
		return CRED_ERR_TLOG_INDEX;
	if (old_size == 0 || old_size == size) {
		*n = 0;
		return CRED_OK;
	}
	while (old_size != hi) {
		uint64_t mid = lo + split(hi - lo);

		if (old_size <= mid) {
			e = read_range(&s, mid, hi, &path[len++]);
			hi = mid;
		} else {
			e = read_range(&s, lo, mid, &path[len++]);
			lo = mid;
		}
		if (e != CRED_OK)
			return e;
	}
	if (lo != 0) {
		e = read_range(&s, lo, hi, &path[len++]);
		if (e != CRED_OK)
			return e;
	}
	reverse(path, len);
	*n = len;
	return CRED_OK;
}

static bool
hash_eq(const struct tlog_hash *a, const struct tlog_hash *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

/* RFC 9162 s2.1.3.2 */
enum cred_err
tlog_verify_inclusion(tlog_sha256_fn *sha256, uint64_t index, uint64_t size,
    const struct tlog_hash *root, const struct tlog_hash *leaf,
    const struct tlog_hash *path, size_t n)
{
	struct tlog_hash r = *leaf;
	uint64_t fn, sn;
	size_t i;

	if (size > TLOG_MAX_SIZE || index >= size)
		return CRED_ERR_TLOG_INDEX;
	fn = index;
	sn = size - 1;
	for (i = 0; i < n; i++) {
		if (sn == 0)
			return CRED_ERR_TLOG_PROOF;
		if ((fn & 1) != 0 || fn == sn) {
			tlog_node(sha256, &path[i], &r, &r);
			for (; (fn & 1) == 0 && fn != 0; fn >>= 1)
				sn >>= 1;
		} else {
			tlog_node(sha256, &r, &path[i], &r);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && hash_eq(&r, root) ? CRED_OK : CRED_ERR_TLOG_PROOF;
}

/* RFC 9162 s2.1.4.2 */
enum cred_err
tlog_verify_consistency(tlog_sha256_fn *sha256, uint64_t old_size,
    const struct tlog_hash *old_root, uint64_t size,
    const struct tlog_hash *root, const struct tlog_hash *path, size_t n)
{
	struct tlog_hash fr, sr;
	uint64_t fn, sn;
	size_t i = 0;

	if (size > TLOG_MAX_SIZE || old_size > size)
		return CRED_ERR_TLOG_INDEX;
	if (old_size == 0) {
		tlog_empty_root(sha256, &fr);
		if (n != 0 || !hash_eq(&fr, old_root) ||
		    (size == 0 && !hash_eq(root, old_root)))
			return CRED_ERR_TLOG_PROOF;
		return CRED_OK;
	}
	if (old_size == size)
		return n == 0 && hash_eq(old_root, root) ? CRED_OK
							 : CRED_ERR_TLOG_PROOF;

	fn = old_size - 1;
	sn = size - 1;
	for (; (fn & 1) != 0; fn >>= 1)
		sn >>= 1;
	/* The old tree is itself a subtree of the new: it starts the proof. */
	if (fn == 0)
		fr = *old_root;
	else if (n > 0)
		fr = path[i++];
	else
		return CRED_ERR_TLOG_PROOF;
	sr = fr;
	for (; i < n; i++) {
		if (sn == 0)
			return CRED_ERR_TLOG_PROOF;
		if ((fn & 1) != 0 || fn == sn) {
			tlog_node(sha256, &path[i], &fr, &fr);
			tlog_node(sha256, &path[i], &sr, &sr);
			for (; (fn & 1) == 0 && fn != 0; fn >>= 1)
				sn >>= 1;
		} else {
			tlog_node(sha256, &sr, &path[i], &sr);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && hash_eq(&fr, old_root) && hash_eq(&sr, root)
		   ? CRED_OK
		   : CRED_ERR_TLOG_PROOF;
}
