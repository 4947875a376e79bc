#include <string.h>

#include "registry/postgres_int.h"

static struct pg_registry *
self(struct registry *r)
{
	return (struct pg_registry *)r;
}

struct head {
	uint64_t size;
	uint8_t root[32];
	size_t note_len;
	uint8_t note[NOTE_MAX_BYTES];
};

static enum cred_err
head_of(const struct pg_registry *p, const PGresult *r, struct head *out,
    struct why *why)
{
	struct bytes note;

	*out = (struct head){0};
	if (PQntuples(r) == 0)
		return CRED_OK;
	note = pg_col_blob(r, 0, 2);
	if (pg_col_blob(r, 0, 1).len != 32 || note.len == 0 ||
	    note.len > NOTE_MAX_BYTES)
		return pg_damaged(p, why);
	out->size = (uint64_t)pg_col_int(r, 0, 0);
	pg_col_hash(r, 0, 1, out->root);
	memcpy(out->note, note.ptr, note.len);
	out->note_len = note.len;
	return CRED_OK;
}

enum cred_err
pg_head_get(struct registry *reg, uint64_t *size, uint8_t root[static 32],
    uint8_t *note, size_t note_cap, size_t *note_len, struct why *why)
{
	struct head h;
	PGresult *r = NULL;
	enum cred_err e = pg_read(self(reg), P_HEAD_GET, NULL, &r, why);

	if (e == CRED_OK)
		e = head_of(self(reg), r, &h, why);
	PQclear(r);
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

struct swapping {
	uint64_t from, to;
	const uint8_t *root;
	struct bytes note;
};

static enum cred_err
swap_work(struct pg_registry *p, struct pg_tx *tx, void *ctx, struct why *why)
{
	const struct swapping *s = ctx;
	struct pg_args range = {0}, put = {0};
	const struct pg_ask asks[] = {
	    {.stmt = P_HEAD_GET}, {.stmt = P_SETTLED, .args = &range}};
	PGresult *r[2];
	struct head h;
	uint64_t settled;
	enum cred_err e;

	(void)tx;
	pg_int(&range, (int64_t)s->from);
	pg_int(&range, (int64_t)s->to);
	if ((e = pg_ask(p, asks, 2, r, why)) != CRED_OK)
		return e;
	e = head_of(p, r[0], &h, why);
	settled = (uint64_t)pg_col_int(r[1], 0, 0);
	PQclear(r[0]);
	PQclear(r[1]);
	if (e != CRED_OK)
		return e;
	if (h.size != s->from ||
	    (s->to == s->from && h.note_len != 0 &&
		(memcmp(h.root, s->root, 32) != 0 ||
		    !bytes_eq(s->note, bytes_of(h.note, h.note_len)))))
		return say_head_moved(why, s->from, h.size);
	/* Every index between signed or void? */
	if (settled != s->to - s->from)
		return say_head_gap(why, s->from, s->to);
	pg_int(&put, (int64_t)s->to);
	pg_blob(&put, bytes_of(s->root, 32));
	pg_blob(&put, s->note);
	return pg_ask_one(p, P_HEAD_PUT, &put, NULL, why);
}

enum cred_err
pg_head_swap(struct registry *r, uint64_t old_size, uint64_t new_size,
    const uint8_t root[static 32], struct bytes note, struct why *why)
{
	struct swapping s = {old_size, new_size, root, note};

	return pg_write(self(r), swap_work, &s, why);
}

enum cred_err
pg_next_index(struct registry *reg, uint64_t *out, struct why *why)
{
	PGresult *r = NULL;
	enum cred_err e = pg_read(self(reg), P_NEXT_INDEX, NULL, &r, why);

	if (e == CRED_OK)
		*out = (uint64_t)pg_col_int(r, 0, 0);
	PQclear(r);
	return e;
}

enum cred_err
pg_meta_get(struct registry *reg, const char *key, int64_t def, int64_t *out,
    struct why *why)
{
	struct pg_args args = {0};
	PGresult *r = NULL;
	enum cred_err e;

	pg_text(&args, key);
	e = pg_read(self(reg), P_META_GET, &args, &r, why);
	if (e == CRED_OK)
		*out = PQntuples(r) == 1 ? pg_col_int(r, 0, 0) : def;
	PQclear(r);
	return e;
}

struct fact {
	const char *key;
	int64_t value;
	bool only_up;
};

static enum cred_err
fact_work(struct pg_registry *p, struct pg_tx *tx, void *ctx, struct why *why)
{
	const struct fact *f = ctx;
	struct pg_args args = {0};

	(void)tx;
	pg_text(&args, f->key);
	pg_int(&args, f->value);
	return pg_ask_one(
	    p, f->only_up ? P_META_RAISE : P_META_SET, &args, NULL, why);
}

enum cred_err
pg_meta_set(struct registry *r, const char *key, int64_t value, bool only_up,
    struct why *why)
{
	struct fact f = {key, value, only_up};

	return pg_write(self(r), fact_work, &f, why);
}
