#ifndef LOG_LOG_H
#define LOG_LOG_H

#include "credential/note.h"
#include "credential/tlog.h"
#include "edge/why.h"

/*
 * One body's append-only log as C2SP tlog-tiles in a folder:
 *   DIR/checkpoint   DIR/tile/<L>/<N>[.p/<W>]   DIR/tile/entries/<N>[.p/<W>]
 * Writes in the order of design 5: tiles written, fsynced, re-read and
 * re-hashed, then the checkpoint signed and swapped in. The head (size, root,
 * signed note) is kept by whoever opened the log, by compare-and-swap, so that
 * there is one writer however many processes try.
 */
struct log;

struct log_head {
	uint64_t size;
	struct tlog_hash root;
	size_t note_len; /* 0: the empty log, nothing signed yet */
	uint8_t note[NOTE_MAX_BYTES];
};

struct log_ops {
	void *ctx;
	/* The current head; the empty one (size 0, note_len 0) at first. */
	enum cred_err (*head_get)(
	    void *ctx, struct log_head *out, struct why *why);
	/* Durable; CRED_FAULT_CONFLICT unless the head's size is old_size. */
	enum cred_err (*head_swap)(void *ctx, uint64_t old_size,
	    const struct log_head *head, struct why *why);
	/* Sign a checkpoint of this size and root. */
	enum cred_err (*sign)(void *ctx, uint64_t size,
	    const struct tlog_hash *root, struct outbuf *note, struct why *why);
	/* SHA-256 of a || b. */
	tlog_sha256_fn *sha256;
	/* Entries [from, from + n) below the head, from whoever keeps it; NULL:
	 * nobody else appends. With it a folder that is behind is brought up
	 * to a head that another process, with a folder of its own, swapped
	 * in. */
	enum cred_err (*entries)(void *ctx, uint64_t from, size_t n,
	    uint8_t (*out)[TLOG_ENTRY_LEN], struct why *why);
};

/*
 * Open, making the folder if need be. CRED_FAULT_LOG, with the file in why,
 * when the tiles on disk do not lead to the head's root (checked along the
 * right edge; log_verify() reads everything), when the head's note is not of
 * its size and root, or when DIR/checkpoint is ahead of the head or another
 * tree: then whoever keeps the head was put back to an older state. Tiles past
 * the head (a crash before the swap) are no error: they will be written again,
 * equal or not, for nobody was promised them. A DIR/checkpoint that is behind
 * (a crash after the swap) is brought up to the head. ops is copied, its ctx
 * stays the caller's.
 */
enum cred_err log_open(const char *dir, const struct log_ops *ops,
    struct log **out, struct why *why);
void log_close(struct log *l);

/* As this handle last saw it: log_open(), log_refresh() or log_append(). */
uint64_t log_size(const struct log *l);
const struct log_head *log_head(const struct log *l);

/* Look at the head again, with log_open()'s checks: after a CONFLICT, or when
 * another process may have appended. */
enum cred_err log_refresh(struct log *l, struct why *why);

/*
 * Append n entries of TLOG_ENTRY_LEN bytes; the first gets index *first, which
 * is log_size() before the call. The head was swapped and DIR/checkpoint
 * written, durably, when it returns CRED_OK. n = 0 with an empty log signs the
 * empty tree; n = 0 otherwise does nothing.
 *
 * CRED_FAULT_CONFLICT when the head is not the one this handle last saw or
 * another process stays in the middle of appending: log_refresh(), look at
 * log_size(), append what is still missing. On every failure before the swap
 * the head is what it was, whatever tiles are on disk. A failure of the swap
 * itself, or after it while DIR/checkpoint is replaced, leaves open whether
 * the head moved: the handle then wants log_refresh(). After a failed fsync it
 * refuses further appends for good: nothing may be tried again on what the
 * kernel has dropped.
 */
enum cred_err log_append(struct log *l,
    const uint8_t (*entries)[TLOG_ENTRY_LEN], size_t n, uint64_t *first,
    struct why *why);

/* Entry i as stored, hashes checked up to the root. CRED_ERR_TLOG_INDEX past
 * the end, CRED_FAULT_LOG with the file when something is missing or wrong. */
enum cred_err log_entry(struct log *l, uint64_t i,
    uint8_t out[static TLOG_ENTRY_LEN], struct why *why);

/* Read everything and recompute the root. CRED_FAULT_LOG: *bad_index is the
 * first entry that is, or hangs below, what is missing or wrong; UINT64_MAX
 * when it is the head itself. */
enum cred_err log_verify(struct log *l, uint64_t *bad_index, struct why *why);

/*
 * Copy what a publication needs into DIR (bodies/<id>/log), of the head as it
 * is now (log_refresh()): only tiles it lacks, each checked against the tree
 * first, the checkpoint last, all by temporary name and rename, and fsynced.
 * CRED_FAULT_LOG, and nothing changed, when DIR's checkpoint is ahead of ours
 * or of another tree. Partial tiles that were superseded one publication ago
 * are removed.
 */
enum cred_err log_publish(struct log *l, const char *dir, struct why *why);

#endif
