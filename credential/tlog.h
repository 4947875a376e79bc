#ifndef CREDENTIAL_TLOG_H
#define CREDENTIAL_TLOG_H

#include "credential/bytes.h"
#include "credential/err.h"
#include "credential/limits.h"

/*
 * Merkle trees and tiles: RFC 6962 s2.1 and C2SP tlog-tiles. SHA-256 is the
 * caller's: OpenSSL natively, the page's own in WebAssembly.
 */
typedef void tlog_sha256_fn(uint8_t out[static 32], struct bytes a,
    struct bytes b); /* hash of a || b */

struct tlog_hash {
	uint8_t b[32];
};

/* SHA-256(0x00 || entry) and SHA-256(0x01 || left || right). */
void tlog_leaf(
    tlog_sha256_fn *sha256, struct bytes entry, struct tlog_hash *out);
void tlog_node(tlog_sha256_fn *sha256, const struct tlog_hash *left,
    const struct tlog_hash *right, struct tlog_hash *out);

/* Root of the empty tree: SHA-256 of nothing. */
void tlog_empty_root(tlog_sha256_fn *sha256, struct tlog_hash *out);

/*
 * A growing tree kept as its right edge: one hash per set bit of size, the
 * largest subtree first. Zero-initialised it is the empty tree. Cost per
 * append: amortised two hashes. A tree of TLOG_MAX_SIZE takes no more.
 */
struct tlog_edge {
	uint64_t size;
	size_t n;
	struct tlog_hash hashes[41];
};
void tlog_edge_append(
    tlog_sha256_fn *sha256, struct tlog_edge *e, const struct tlog_hash *leaf);
void tlog_edge_root(
    tlog_sha256_fn *sha256, const struct tlog_edge *e, struct tlog_hash *out);

/* A tile: level and number in hashes of that level; width 1..256. Level -1
 * is the entry bundle. */
struct tlog_tile {
	int level;
	uint64_t n;
	unsigned width;
};
/* "tile/0/x001/x234/067.p/8", "tile/entries/000": C2SP tlog-tiles. */
#define TLOG_PATH_MAX 64
void tlog_tile_path(const struct tlog_tile *t, char out[static TLOG_PATH_MAX]);
/* The reverse, for a request's path; strict. */
bool tlog_tile_parse(struct bytes path, struct tlog_tile *out);
/* Width that tile n of a level has in a tree of size; 0: not in it. */
unsigned tlog_tile_width(int level, uint64_t n, uint64_t size);

/* An entry bundle of width entries of TLOG_ENTRY_LEN bytes, each with its
 * 16-bit big-endian length. Entry i of it. */
#define TLOG_BUNDLE_MAX (TLOG_TILE_WIDTH * (2 + TLOG_ENTRY_LEN))
enum cred_err tlog_bundle_get(struct bytes bundle, unsigned width, unsigned i,
    uint8_t entry[static TLOG_ENTRY_LEN]);

/*
 * Which tiles tlog_check_inclusion() asks for, in its order: for those who
 * must have them at hand before they begin. 0 if index >= size.
 */
#define TLOG_PROOF_TILES_MAX 11
size_t tlog_proof_tiles(uint64_t index, uint64_t size,
    struct tlog_tile out[static TLOG_PROOF_TILES_MAX]);

/*
 * The inclusion of leaf index in the tree (size, root), from the tiles that
 * tlog_proof_tiles() names. fetch gives a tile's bytes (width * 32) or an
 * error, which is passed on; the bytes must live until it is called again.
 * CRED_ERR_TLOG_INDEX if index >= size, CRED_ERR_TLOG_PROOF if the tiles do
 * not lead to root. Reads O(log size) tiles and checks every one of them.
 */
typedef enum cred_err tlog_fetch_fn(
    void *ctx, const struct tlog_tile *tile, struct bytes *out);
enum cred_err tlog_check_inclusion(tlog_sha256_fn *sha256, uint64_t index,
    uint64_t size, const struct tlog_hash *root, const struct tlog_hash *leaf,
    tlog_fetch_fn *fetch, void *ctx);

/* Root of the tree of size from tiles alone (the right edge). */
enum cred_err tlog_root_from_tiles(tlog_sha256_fn *sha256, uint64_t size,
    tlog_fetch_fn *fetch, void *ctx, struct tlog_hash *out);

/* RFC 6962 audit paths, for proofs as bytes (other people's verifiers). */
enum cred_err tlog_inclusion_path(tlog_sha256_fn *sha256, uint64_t index,
    uint64_t size, tlog_fetch_fn *fetch, void *ctx,
    struct tlog_hash path[static 41], size_t *n);
enum cred_err tlog_verify_inclusion(tlog_sha256_fn *sha256, uint64_t index,
    uint64_t size, const struct tlog_hash *root, const struct tlog_hash *leaf,
    const struct tlog_hash *path, size_t n);
/* Of size 0, and of equal sizes, the path is empty. */
enum cred_err tlog_consistency_path(tlog_sha256_fn *sha256, uint64_t old_size,
    uint64_t size, tlog_fetch_fn *fetch, void *ctx,
    struct tlog_hash path[static 82], size_t *n);
enum cred_err tlog_verify_consistency(tlog_sha256_fn *sha256, uint64_t old_size,
    const struct tlog_hash *old_root, uint64_t size,
    const struct tlog_hash *root, const struct tlog_hash *path, size_t n);

#endif
