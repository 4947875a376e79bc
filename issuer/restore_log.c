#include <stdlib.h>

#include "issuer/batch.h"
#include "issuer/restore.h"
#include "keys/trust.h"

#define CHUNK 65536 /* entries appended at once: whole tiles */

struct build {
	struct home *h;
	struct log *log;
	struct log_head head;    /* of the log as built so far */
	struct log_head signed_; /* the registry's */
	struct restore_mark *marks;
	size_t n_marks, at_mark;
	uint8_t (*entries)[TLOG_ENTRY_LEN];
	size_t n;
};

static enum cred_err
head_get(void *ctx, struct log_head *out, struct why *why)
{
	(void)why;
	*out = ((struct build *)ctx)->head;
	return CRED_OK;
}

static enum cred_err
head_swap(
    void *ctx, uint64_t old_size, const struct log_head *head, struct why *why)
{
	struct build *b = ctx;

	(void)why;
	if (b->head.size != old_size)
		return CRED_FAULT_CONFLICT;
	b->head = *head;
	return CRED_OK;
}

static enum cred_err
wrong_root(struct why *why)
{
	return why_set(why, CRED_ERR_BACKUP_FORM,
	    TR("the registry of the backup does not lead to the root that was "
	       "signed: an entry is missing or changed; take another backup",
		"备份中的登记库得不出已签名的根：有记录缺失或被改动；"
		"请换一份备份"));
}

/* On the way a checkpoint that nobody signed and nobody sees; at the end the
 * one that was signed then. */
static enum cred_err
sign(void *ctx, uint64_t size, const struct tlog_hash *root,
    struct outbuf *note, struct why *why)
{
	static const uint8_t id[4], sig[CRED_SIG_LEN];
	struct build *b = ctx;
	uint8_t buf[512];
	struct outbuf text = {buf, sizeof buf, 0};
	struct checkpoint c = {
	    .origin = bytes_str("restoring"), .size = size, .root = *root};
	enum cred_err e;

	if (size == b->signed_.size) {
		if (memcmp(root->b, b->signed_.root.b, 32) != 0)
			return wrong_root(why);
		if (note->cap - note->len < b->signed_.note_len)
			return CRED_FAULT_SPACE;
		memcpy(note->ptr + note->len, b->signed_.note,
		    b->signed_.note_len);
		note->len += b->signed_.note_len;
		return CRED_OK;
	}
	e = checkpoint_encode(&c, &text);
	return e == CRED_OK ? note_encode(bytes_of(text.ptr, text.len),
				  bytes_str("restoring"), id, sig, note)
			    : e;
}

static enum cred_err
flush(struct build *b, struct why *why)
{
	uint64_t first;
	enum cred_err e = CRED_OK;

	if (b->n > 0)
		e = log_append(b->log,
		    (const uint8_t(*)[TLOG_ENTRY_LEN])b->entries, b->n, &first,
		    why);
	b->n = 0;
	while (e == CRED_OK && b->at_mark < b->n_marks &&
	       b->marks[b->at_mark].size == log_size(b->log))
		b->marks[b->at_mark++].root = log_head(b->log)->root;
	return e;
}

static enum cred_err
add(void *ctx, const struct registry_entry *entry, struct why *why)
{
	struct build *b = ctx;
	uint64_t next = log_size(b->log) + b->n + 1;
	enum cred_err e = CRED_OK;

	if (entry->index + 1 != next ||
	    (entry->state != ENTRY_LOGGED && entry->state != ENTRY_VOID))
		return wrong_root(why);
	memset(b->entries[b->n], 0, TLOG_ENTRY_LEN);
	if (entry->state == ENTRY_LOGGED)
		e = batch_entry_hash(entry->credential, b->entries[b->n]);
	if (e != CRED_OK)
		return why_set(why, e, "%s", cred_strerr(e));
	b->n++;
	if (b->n == CHUNK || next == b->signed_.size ||
	    (b->at_mark < b->n_marks && b->marks[b->at_mark].size == next))
		return flush(b, why);
	return CRED_OK;
}

static enum cred_err
build(struct build *b, const char *dir, struct why *why)
{
	const struct log_ops ops = {.ctx = b,
	    .head_get = head_get,
	    .head_swap = head_swap,
	    .sign = sign,
	    .sha256 = trust_sha256};
	const struct registry_filter f = {
	    .state = -1, .status = -1, .to = b->signed_.size};
	enum cred_err e = log_open(dir, &ops, &b->log, why);
	uint64_t first;

	if (e == CRED_OK && b->signed_.size == 0)
		e = log_append(b->log, NULL, 0, &first, why);
	if (e == CRED_OK)
		e = flush(b, why); /* marks of size 0 */
	if (e == CRED_OK && b->signed_.size > 0)
		e = registry_each(b->h->registry, &f, add, b, why);
	if (e == CRED_OK && log_size(b->log) != b->signed_.size)
		e = wrong_root(why);
	log_close(b->log);
	return e;
}

enum cred_err
restore_log(
    struct home *h, struct restore_mark *marks, size_t n, struct why *why)
{
	struct build *b = calloc(1, sizeof *b);
	char *dir = cli_home_path(h->cli, "log");
	struct tlog_hash root;
	uint64_t size;
	enum cred_err e = CRED_FAULT_NOMEM;

	if (b != NULL)
		b->entries = calloc(CHUNK, sizeof *b->entries);
	if (b == NULL || b->entries == NULL) {
		e = why_set(why, e, "%s", cred_strerr(e));
		goto out;
	}
	b->h = h;
	b->marks = marks;
	b->n_marks = n;
	e = registry_head_get(h->registry, &b->signed_.size, b->signed_.root.b,
	    b->signed_.note, sizeof b->signed_.note, &b->signed_.note_len, why);
	if (e != CRED_OK || b->signed_.note_len == 0)
		goto out; /* never signed: no log */
	if (trust_open_checkpoint(h->body,
		bytes_of(b->signed_.note, b->signed_.note_len), &size,
		&root) != CRED_OK ||
	    size != b->signed_.size ||
	    memcmp(root.b, b->signed_.root.b, 32) != 0) {
		e = wrong_root(why);
		goto out;
	}
	e = build(b, dir, why);
out:
	if (b != NULL)
		free(b->entries);
	free(b);
	free(dir);
	return e;
}
