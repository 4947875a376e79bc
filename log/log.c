#include "log/log.h"

#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"
#include "log/log_int.h"

enum cred_err
note_checkpoint(struct bytes note, struct checkpoint *out)
{
	struct note n;
	enum cred_err e = note_decode(note, &n);

	return e == CRED_OK ? checkpoint_decode(n.text, out) : e;
}

enum cred_err
note_says(struct bytes note, uint64_t size, const struct tlog_hash *root)
{
	struct checkpoint c;
	enum cred_err e = note_checkpoint(note, &c);

	if (e != CRED_OK)
		return e;
	return c.size == size && memcmp(c.root.b, root->b, 32) == 0
		   ? CRED_OK
		   : CRED_ERR_CHECKPOINT_SPLIT;
}

enum cred_err
checkpoint_precedes(struct log *l, struct bytes note, const struct place *where,
    uint64_t *size, struct why *why)
{
	struct reader r = {
	    .place = &l->place, .size = l->head.size, .why = why};
	struct checkpoint c;
	struct tlog_hash root;
	enum cred_err e;

	if (note_checkpoint(note, &c) != CRED_OK)
		return why_set(why, CRED_FAULT_LOG,
		    TR("%s/checkpoint is no checkpoint",
			"%s/checkpoint 不是检查点文件"),
		    where->name);
	if (c.size > l->head.size)
		return why_set(why, CRED_FAULT_LOG,
		    TR("%s/checkpoint is of %llu entries, the registry knows "
		       "of %llu: the registry was put back to an older state; "
		       "restore a newer backup",
			"%s/checkpoint 有 %llu 条，而登记库只有 %llu 条："
			"登记库被恢复到了旧状态，请恢复更新的备份"),
		    where->name, (unsigned long long)c.size,
		    (unsigned long long)l->head.size);
	e = tlog_root_from_tiles(
	    l->ops.sha256, c.size, reader_fetch, &r, &root);
	if (e != CRED_OK)
		return cred_is_refusal(e) ? CRED_FAULT_LOG : e;
	if (memcmp(root.b, c.root.b, 32) != 0)
		return why_set(why, CRED_FAULT_LOG,
		    TR("%s/checkpoint (%llu entries) is of another tree than "
		       "this log; nothing is written; find out which is right",
			"%s/checkpoint（%llu 条）与本日志不是同一棵树；"
			"未写入任何内容，请先查明哪一个正确"),
		    where->name, (unsigned long long)c.size);
	*size = c.size;
	return CRED_OK;
}

/* Read the right edge below the head, and the way up from the last entry. */
static enum cred_err
load_tip(
    struct log *l, const struct log_head *head, struct tip *t, struct why *why)
{
	struct reader r = {.place = &l->place, .size = head->size, .why = why};
	struct tlog_hash root;
	enum cred_err e;

	if (head->note_len == 0 && head->size != 0)
		return why_set(why, CRED_FAULT_LOG,
		    TR("log %s: its head of %llu entries has no signature",
			"日志 %s：%llu 条的日志头没有签名"),
		    l->dir, (unsigned long long)head->size);
	if (head->note_len != 0 &&
	    note_says(bytes_of(head->note, head->note_len), head->size,
		&head->root) != CRED_OK)
		return why_set(why, CRED_FAULT_LOG,
		    TR("log %s: the signed head is not of its size and root "
		       "(%llu entries)",
			"日志 %s：签名的日志头与其大小和根不符（%llu 条）"),
		    l->dir, (unsigned long long)head->size);
	if ((e = tip_load(t, &r, head->size)) != CRED_OK)
		return e;
	if ((e = tip_root(t, l->ops.sha256, &root)) != CRED_OK)
		return e;
	if (head->note_len != 0 && memcmp(root.b, head->root.b, 32) != 0) {
		char path[TLOG_PATH_MAX];
		if (r.last.level < 0)
			r.last.level = 0;
		tlog_tile_path(&r.last, path);
		return why_set(why, CRED_FAULT_LOG,
		    TR("log %s: the tiles at its end (%s and above) do not "
		       "lead to the signed root of %llu entries; restore them "
		       "from the publication or a backup",
			"日志 %s：末端瓦片（%s 及其上级）得不出 %llu 条的"
			"签名根，请从发布目录或备份恢复"),
		    l->dir, path, (unsigned long long)head->size);
	}
	return CRED_OK;
}

/* DIR/checkpoint against the head; brought up to it when behind. */
static enum cred_err
settle_checkpoint(struct log *l, struct why *why)
{
	struct bytes note = bytes_of(l->head.note, l->head.note_len);
	uint8_t have[NOTE_MAX_BYTES];
	uint64_t size = 0;
	size_t len;
	enum cred_err e = place_checkpoint(&l->place, have, &len, why);

	if (e != CRED_OK || (len == 0 && note.len == 0))
		return e;
	if (len != 0 && (e = checkpoint_precedes(l, bytes_of(have, len),
			     &l->place, &size, why)) != CRED_OK)
		return e;
	if (note.len == 0 || bytes_eq(note, bytes_of(have, len)))
		return CRED_OK;
	return checkpoint_write(
	    &l->place, note, l->ops.sha256, &l->broken, why);
}

#define FOLLOW 16384 /* entries at once: whole tiles */

/* The tree that DIR/checkpoint says, whole on the disk? Then *t is its tip. */
static bool
own_tip(struct log *l, struct tip *t)
{
	uint8_t note[NOTE_MAX_BYTES];
	struct reader r = {.place = &l->place};
	struct checkpoint c = {0};
	struct tlog_hash root;
	size_t len = 0;

	*t = (struct tip){0};
	if (place_checkpoint(&l->place, note, &len, NULL) != CRED_OK)
		return false;
	if (len == 0)
		return true;
	if (note_checkpoint(bytes_of(note, len), &c) != CRED_OK)
		return false;
	r.size = c.size;
	return tip_load(t, &r, c.size) == CRED_OK &&
	       tip_root(t, l->ops.sha256, &root) == CRED_OK &&
	       memcmp(root.b, c.root.b, 32) == 0;
}

static enum cred_err
follow_some(struct log *l, struct tip *t, size_t n,
    uint8_t (*entries)[TLOG_ENTRY_LEN], struct why *why)
{
	uint64_t from = t->size;
	struct batch b;
	enum cred_err e = l->ops.entries(l->ops.ctx, from, n, entries, why);

	if (e != CRED_OK)
		return e;
	batch_init(&b, &l->place, l->ops.sha256, false);
	for (size_t i = 0; e == CRED_OK && i < n; i++)
		e = tip_append(t, l->ops.sha256, entries[i], &b, why);
	if (e == CRED_OK)
		e = tip_put_partials(t, from, &b, why);
	if (e == CRED_OK)
		e = batch_finish(&b, why);
	l->broken |= b.sync_failed;
	batch_release(&b);
	return e;
}

/* Another issuer, with a folder of its own, has appended: write the tiles that
 * are missing here. load_tip() judges what comes of it. */
static enum cred_err
follow(struct log *l, const struct log_head *head, struct why *why)
{
	uint8_t(*entries)[TLOG_ENTRY_LEN] = calloc(FOLLOW, sizeof *entries);
	struct tip *t = malloc(sizeof *t);
	enum cred_err e = CRED_OK;

	if (entries == NULL || t == NULL)
		e = why_set(
		    why, CRED_FAULT_NOMEM, TR("out of memory", "内存不足"));
	else if (!own_tip(l, t) || t->size >= head->size)
		e = CRED_FAULT_LOG; /* damaged, not behind: why says so */
	while (e == CRED_OK && t->size < head->size) {
		uint64_t left = head->size - t->size;
		e = follow_some(l, t, left < FOLLOW ? (size_t)left : FOLLOW,
		    entries, why);
	}
	free(entries);
	free(t);
	return e;
}

enum cred_err
log_refresh(struct log *l, struct why *why)
{
	struct log_head head = {0};
	uint8_t last[TLOG_ENTRY_LEN];
	struct tip *t;
	enum cred_err e;

	if ((e = place_lock(&l->place, why)) != CRED_OK)
		return e;
	t = calloc(1, sizeof *t);
	e = t == NULL ? why_set(why, CRED_FAULT_NOMEM,
			    TR("out of memory", "内存不足"))
		      : l->ops.head_get(l->ops.ctx, &head, why);
	if (e == CRED_OK) {
		e = load_tip(l, &head, t, why);
		if (e == CRED_FAULT_LOG && l->ops.entries != NULL &&
		    (e = follow(l, &head, why)) == CRED_OK)
			e = load_tip(l, &head, t, why);
	}
	if (e == CRED_OK) {
		struct tip *old = l->tip;
		l->head = head;
		l->tip = t;
		t = old;
		l->stale = false;
		e = settle_checkpoint(l, why);
	}
	if (e == CRED_OK && head.size > 0)
		e = log_entry(l, head.size - 1, last, why);
	place_unlock(&l->place);
	free(t);
	if (e != CRED_OK)
		l->stale = true;
	return e;
}

enum cred_err
log_open(const char *dir, const struct log_ops *ops, struct log **out,
    struct why *why)
{
	struct log *l = calloc(1, sizeof *l);
	enum cred_err e;

	if (l == NULL || (l->dir = strdup(dir)) == NULL) {
		free(l);
		return why_set(
		    why, CRED_FAULT_NOMEM, TR("out of memory", "内存不足"));
	}
	l->ops = *ops;
	l->place.fd = -1;
	e = place_open(l->dir, true, &l->place, why);
	if (e == CRED_OK)
		e = log_refresh(l, why);
	if (e != CRED_OK) {
		log_close(l);
		return e;
	}
	*out = l;
	return CRED_OK;
}

void
log_close(struct log *l)
{
	if (l == NULL)
		return;
	place_close(&l->place);
	free(l->tip);
	free(l->dir);
	free(l);
}

uint64_t
log_size(const struct log *l)
{
	return l->head.size;
}

const struct log_head *
log_head(const struct log *l)
{
	return &l->head;
}

static enum cred_err
may_append(struct log *l, size_t n, struct why *why)
{
	struct log_head now = {0};
	enum cred_err e;

	if (l->broken)
		return why_set(why, CRED_FAULT_IO,
		    TR("log %s: an earlier write did not reach the disk; "
		       "check the disk and start again",
			"日志 %s：先前的写入未能落盘，请检查磁盘后重新启动"),
		    l->dir);
	if (n > TLOG_MAX_SIZE - l->head.size)
		return why_set(why, CRED_ERR_TLOG_INDEX,
		    TR("log %s is full", "日志 %s 已满"), l->dir);
	if ((e = l->ops.head_get(l->ops.ctx, &now, why)) != CRED_OK)
		return e;
	if (l->stale || now.size != l->head.size ||
	    now.note_len != l->head.note_len ||
	    memcmp(now.note, l->head.note, now.note_len) != 0)
		return why_set(why, CRED_FAULT_CONFLICT,
		    TR("log %s has grown meanwhile: %llu entries, not %llu; "
		       "run again",
			"日志 %s 已被别处追加：现为 %llu 条而非 %llu 条，"
			"请重新运行"),
		    l->dir, (unsigned long long)now.size,
		    (unsigned long long)l->head.size);
	return CRED_OK;
}

/* Tiles of the new tree, all on the disk and read back; its root. */
static enum cred_err
write_tiles(struct log *l, struct tip *t,
    const uint8_t (*entries)[TLOG_ENTRY_LEN], size_t n, struct batch *b,
    struct tlog_hash *root, struct why *why)
{
	struct reader r = {.place = &l->place, .why = why};
	struct tlog_hash on_disk;
	enum cred_err e = CRED_OK;

	for (size_t i = 0; e == CRED_OK && i < n; i++)
		e = tip_append(t, l->ops.sha256, entries[i], b, why);
	if (e != CRED_OK ||
	    (e = tip_put_partials(t, l->head.size, b, why)) != CRED_OK ||
	    (e = batch_finish(b, why)) != CRED_OK ||
	    (e = tip_root(t, l->ops.sha256, root)) != CRED_OK)
		return e;
	r.size = t->size;
	e = tlog_root_from_tiles(
	    l->ops.sha256, t->size, reader_fetch, &r, &on_disk);
	if (e == CRED_OK && memcmp(on_disk.b, root->b, 32) != 0)
		e = why_set(why, CRED_FAULT_LOG,
		    TR("log %s: the tiles just written do not lead to their "
		       "root; check the disk and the memory",
			"日志 %s：刚写入的瓦片得不出其根，请检查磁盘和内存"),
		    l->dir);
	return e;
}

static enum cred_err
sign_and_swap(
    struct log *l, uint64_t size, const struct tlog_hash *root, struct why *why)
{
	struct log_head next = {.size = size, .root = *root};
	struct outbuf note = {next.note, sizeof next.note, 0};
	enum cred_err e;

	if ((e = l->ops.sign(l->ops.ctx, size, root, &note, why)) != CRED_OK)
		return e;
	next.note_len = note.len;
	if (note_says(bytes_of(next.note, note.len), size, root) != CRED_OK)
		return why_set(why, CRED_FAULT_INTERNAL,
		    TR("log %s: what was signed is not its checkpoint",
			"日志 %s：所签内容不是它的检查点"),
		    l->dir);
	e = l->ops.head_swap(l->ops.ctx, l->head.size, &next, why);
	if (e != CRED_OK) {
		l->stale = true;
		return e;
	}
	l->head = next;
	return CRED_OK;
}

static void
drop_partials(struct log *l, const struct batch *b)
{
	struct tlog_tile t;

	for (size_t i = 0; i < b->n; i++)
		if (tlog_tile_parse(bytes_str(b->files[i].path), &t) &&
		    t.width == TLOG_TILE_WIDTH)
			place_drop_partials(&l->place, &t);
}

enum cred_err
log_append(struct log *l, const uint8_t (*entries)[TLOG_ENTRY_LEN], size_t n,
    uint64_t *first, struct why *why)
{
	struct batch b;
	struct tlog_hash root;
	struct tip *t = NULL;
	uint64_t at = l->head.size;
	enum cred_err e;

	if (n == 0 && l->head.note_len != 0) {
		*first = at;
		return CRED_OK;
	}
	if ((e = place_lock(&l->place, why)) != CRED_OK)
		return e;
	batch_init(&b, &l->place, l->ops.sha256, false);
	if ((e = may_append(l, n, why)) != CRED_OK)
		goto out;
	if ((t = malloc(sizeof *t)) == NULL) {
		e = why_set(
		    why, CRED_FAULT_NOMEM, TR("out of memory", "内存不足"));
		goto out;
	}
	*t = *l->tip;
	if ((e = write_tiles(l, t, entries, n, &b, &root, why)) != CRED_OK ||
	    (e = sign_and_swap(l, at + n, &root, why)) != CRED_OK)
		goto out;
	free(l->tip);
	l->tip = t;
	t = NULL;
	e = checkpoint_write(&l->place,
	    bytes_of(l->head.note, l->head.note_len), l->ops.sha256, &l->broken,
	    why);
	if (e != CRED_OK) {
		l->stale = true;
		goto out;
	}
	drop_partials(l, &b);
	*first = at;
out:
	l->broken |= b.sync_failed;
	batch_release(&b);
	free(t);
	place_unlock(&l->place);
	return e;
}
