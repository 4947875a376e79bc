#include "registry/sqlite_int.h"

#include <string.h>

#include "edge/lang.h"

static struct sqlite_registry *
self(struct registry *r)
{
	return (struct sqlite_registry *)r;
}

struct head {
	uint64_t size;
	uint8_t root[32];
	size_t note_len;
	uint8_t note[NOTE_MAX_BYTES];
};

static enum cred_err
head_read(struct sqlite_registry *s, struct head *out, struct why *why)
{
	enum cred_err e = CRED_OK;
	bool row;
	sqlite3_stmt *st = sq(s, S_HEAD_GET, &e, why);

	if (st == NULL)
		return e;
	if ((e = sq_row(s, st, &row, why)) != CRED_OK)
		return e;
	out->size = 0;
	out->note_len = 0;
	memset(out->root, 0, sizeof out->root);
	if (row) {
		bool oom = false;
		struct bytes root = sq_col_blob(st, 1, &oom);
		struct bytes note = sq_col_blob(st, 2, &oom);

		out->size = (uint64_t)sqlite3_column_int64(st, 0);
		if (oom || root.len != 32 || note.len == 0 ||
		    note.len > NOTE_MAX_BYTES) {
			sqlite3_reset(st);
			return sq_fail(
			    s, oom ? SQLITE_NOMEM : SQLITE_CORRUPT, why);
		}
		memcpy(out->root, root.ptr, 32);
		memcpy(out->note, note.ptr, note.len);
		out->note_len = note.len;
	}
	sqlite3_reset(st);
	return CRED_OK;
}

enum cred_err
sqlite_head_get(struct registry *r, uint64_t *size, uint8_t root[static 32],
    uint8_t *note, size_t note_cap, size_t *note_len, struct why *why)
{
	struct head h;
	enum cred_err e = head_read(self(r), &h, why);

	if (e != CRED_OK)
		return e;
	if (h.note_len > note_cap)
		return CRED_FAULT_SPACE;
	*size = h.size;
	memcpy(root, h.root, 32);
	if (h.note_len > 0)
		memcpy(note, h.note, h.note_len);
	*note_len = h.note_len;
	return CRED_OK;
}

enum cred_err
sq_head_size(struct sqlite_registry *s, uint64_t *out, struct why *why)
{
	struct head h;
	enum cred_err e = head_read(s, &h, why);

	if (e == CRED_OK)
		*out = h.size;
	return e;
}

static enum cred_err
count(struct sqlite_registry *s, enum stmt which, uint64_t from, uint64_t to,
    uint64_t *out, struct why *why)
{
	enum cred_err e = CRED_OK;
	bool row;
	sqlite3_stmt *st = sq(s, which, &e, why);

	if (st == NULL)
		return e;
	sqlite3_bind_int64(st, 1, (int64_t)from);
	sqlite3_bind_int64(st, 2, (int64_t)to);
	if ((e = sq_row(s, st, &row, why)) != CRED_OK)
		return e;
	*out = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return CRED_OK;
}

/* Every index of [from, to) signed or void? */
static enum cred_err
all_settled(
    struct sqlite_registry *s, uint64_t from, uint64_t to, struct why *why)
{
	uint64_t is_signed = 0, is_void = 0;
	enum cred_err e;

	if ((e = count(s, S_SIGNED_COUNT, from, to, &is_signed, why)))
		return e;
	if (is_signed < to - from &&
	    (e = count(s, S_VOID_COUNT, from, to, &is_void, why)) != CRED_OK)
		return e;
	return is_signed + is_void == to - from ? CRED_OK
						: say_head_gap(why, from, to);
}

enum cred_err
sqlite_head_swap(struct registry *r, uint64_t old_size, uint64_t new_size,
    const uint8_t root[static 32], struct bytes note, struct why *why)
{
	struct sqlite_registry *s = self(r);
	struct head h;
	sqlite3_stmt *st;
	enum cred_err e = sq_begin(s, why);

	if (e != CRED_OK)
		return e;
	if ((e = head_read(s, &h, why)) != CRED_OK)
		goto out;
	if (h.size != old_size ||
	    (new_size == old_size && h.note_len != 0 &&
		(memcmp(h.root, root, 32) != 0 ||
		    !bytes_eq(note, bytes_of(h.note, h.note_len))))) {
		e = say_head_moved(why, old_size, h.size);
		goto out;
	}
	if ((e = all_settled(s, old_size, new_size, why)) != CRED_OK)
		goto out;
	if ((st = sq(s, S_HEAD_PUT, &e, why)) == NULL)
		goto out;
	sqlite3_bind_int64(st, 1, (int64_t)new_size);
	sq_blob(st, 2, bytes_of(root, 32));
	sq_blob(st, 3, note);
	e = sq_run(s, st, why);
out:
	return sq_end(s, e, why);
}

enum cred_err
sqlite_next_index(struct registry *r, uint64_t *out, struct why *why)
{
	struct sqlite_registry *s = self(r);
	enum cred_err e = CRED_OK;
	bool row;
	sqlite3_stmt *st = sq(s, S_NEXT_INDEX, &e, why);

	if (st == NULL)
		return e;
	if ((e = sq_row(s, st, &row, why)) != CRED_OK)
		return e;
	*out = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return CRED_OK;
}

enum cred_err
sqlite_meta_get(struct registry *r, const char *key, int64_t def, int64_t *out,
    struct why *why)
{
	struct sqlite_registry *s = self(r);
	enum cred_err e = CRED_OK;
	bool row;
	sqlite3_stmt *st = sq(s, S_META_GET, &e, why);

	if (st == NULL)
		return e;
	sq_text(st, 1, key);
	if ((e = sq_row(s, st, &row, why)) != CRED_OK)
		return e;
	*out = row ? sqlite3_column_int64(st, 0) : def;
	sqlite3_reset(st);
	return CRED_OK;
}

enum cred_err
sqlite_meta_set(struct registry *r, const char *key, int64_t value,
    bool only_up, struct why *why)
{
	struct sqlite_registry *s = self(r);
	sqlite3_stmt *st;
	enum cred_err e = sq_begin(s, why);

	if (e != CRED_OK)
		return e;
	if ((st = sq(s, only_up ? S_META_RAISE : S_META_SET, &e, why)) !=
	    NULL) {
		sq_text(st, 1, key);
		sqlite3_bind_int64(st, 2, value);
		e = sq_run(s, st, why);
	}
	return sq_end(s, e, why);
}
