#ifndef LOG_LOG_INT_H
#define LOG_LOG_INT_H

#include "log/log.h"

#define LOG_LEVELS   6 /* of 256 children: TLOG_MAX_SIZE needs 0..5 */
#define LOG_TILE_LEN (TLOG_TILE_WIDTH * 32)

/* The right edge: per level the hashes of the tile not yet full, and the
 * bundle not yet full. All that appending needs to know of the tree. */
struct tip {
	uint64_t size;
	unsigned width[LOG_LEVELS];
	uint8_t tiles[LOG_LEVELS][LOG_TILE_LEN];
	uint8_t bundle[TLOG_BUNDLE_MAX];
};

/* A growing set of folders' paths. */
struct folders {
	char (*names)[TLOG_PATH_MAX];
	size_t n, cap;
};

/* A folder that holds a log: the body's own, or its publication. */
struct place {
	int fd;                /* of the folder; also what is locked */
	const char *name;      /* for messages */
	struct folders synced; /* once, by this handle: they will last */
};

/*
 * Files on their way to the disk: written, fsynced, and, at the end, their
 * folders fsynced and every byte read back. by_rename: under a temporary name
 * until then, for a folder where others read meanwhile; a body's own tiles
 * past the head are nobody's, and are spared that commit of the journal.
 */
#define BATCH_OPEN 64
struct batch {
	struct place *place;
	tlog_sha256_fn *sha256;
	struct batch_file {
		char path[TLOG_PATH_MAX];
		size_t len;
		uint8_t hash[32];
	} * files;
	size_t n, cap;       /* all of them */
	size_t n_moved;      /* of which this many stand under their name */
	int fds[BATCH_OPEN]; /* of files[n_moved ...] */
	bool by_rename;
	bool failed;      /* what was written is to go */
	bool sync_failed; /* must not be retried */
};

/* why_errno() about a file of the place. */
enum cred_err place_fail(const struct place *p, int err, const char *doing,
    const char *path, struct why *why);
enum cred_err place_open(
    const char *dir, bool make, struct place *out, struct why *why);
void place_close(struct place *p);
/* Alone in the folder until place_unlock(); CONFLICT after half a minute. */
enum cred_err place_lock(const struct place *p, struct why *why);
void place_unlock(const struct place *p);

void batch_init(
    struct batch *b, struct place *p, tlog_sha256_fn *sha256, bool by_rename);
enum cred_err batch_put(
    struct batch *b, const char *path, struct bytes data, struct why *why);
/* All durable under their names and read back equal, or an error. */
enum cred_err batch_finish(struct batch *b, struct why *why);
void batch_release(struct batch *b);

/* DIR/checkpoint replaced, durably. *sync_failed as in struct batch. */
enum cred_err checkpoint_write(struct place *p, struct bytes note,
    tlog_sha256_fn *sha256, bool *sync_failed, struct why *why);

/* A file of exactly len bytes; CRED_FAULT_LOG if it is missing or of another
 * length. */
enum cred_err place_read(const struct place *p, const char *path, uint8_t *out,
    size_t len, struct why *why);
/* DIR/checkpoint into buf; *len 0 when there is none. */
enum cred_err place_checkpoint(const struct place *p,
    uint8_t buf[static NOTE_MAX_BYTES], size_t *len, struct why *why);
/* The folder of a tile's partial widths, removed as far as can be. */
void place_drop_partials(const struct place *p, const struct tlog_tile *full);

/* Bytes of a tile, or the bundle of level -1. */
size_t tile_len(const struct tlog_tile *t);

/* Tiles of a tree of some size, read from a place. One buffer: a tile lives
 * until the next is read. */
struct reader {
	const struct place *place;
	uint64_t size; /* of the head: a width that is gone may be in it */
	struct why *why;
	struct tlog_tile last; /* what failed last */
	uint8_t buf[TLOG_BUNDLE_MAX];
};
/* Tile or bundle; falls back to a wider one, of which it is the beginning. */
enum cred_err reader_get(
    struct reader *r, const struct tlog_tile *t, struct bytes *out);
tlog_fetch_fn reader_fetch;

/* Build on a copy, which becomes the tip when all went well. */
enum cred_err tip_load(struct tip *t, struct reader *r, uint64_t size);
enum cred_err tip_append(struct tip *t, tlog_sha256_fn *sha256,
    const uint8_t entry[static TLOG_ENTRY_LEN], struct batch *b,
    struct why *why);
/* The partial tiles that changed since the tree had old_size. */
enum cred_err tip_put_partials(
    const struct tip *t, uint64_t old_size, struct batch *b, struct why *why);
enum cred_err tip_root(
    const struct tip *t, tlog_sha256_fn *sha256, struct tlog_hash *out);

/* Root of 256 hashes. */
void tile_root(tlog_sha256_fn *sha256, const uint8_t tile[static LOG_TILE_LEN],
    struct tlog_hash *out);
/* Leaf hashes of a bundle, width * 32 bytes; TLOG_BUNDLE if malformed. */
enum cred_err bundle_leaves(
    tlog_sha256_fn *sha256, struct bytes bundle, unsigned width, uint8_t *out);

struct log {
	struct place place;
	char *dir;
	struct log_ops ops;
	struct log_head head;
	struct tip *tip;
	bool stale;  /* a swap's outcome is open: log_refresh() */
	bool broken; /* an fsync failed: no more appends */
};

/* Does the note say this size and root? */
enum cred_err note_says(
    struct bytes note, uint64_t size, const struct tlog_hash *root);
/* Size and root that a note says. */
enum cred_err note_checkpoint(struct bytes note, struct checkpoint *out);
/* Is the tree of a checkpoint a beginning of the head's tree? CRED_FAULT_LOG
 * naming where it was found, if not. */
enum cred_err checkpoint_precedes(struct log *l, struct bytes note,
    const struct place *where, uint64_t *size, struct why *why);

#endif
