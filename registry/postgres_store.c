#include <stdio.h>
#include <stdlib.h>

#include "registry/postgres_int.h"

struct storing {
	const uint64_t *index;
	const struct bytes *credential;
	size_t n;
	int64_t now;
};

/* What stands at these indexes: index -> void or not, and bytes if signed. */
struct standing {
	PGresult *r;
	struct pg_map map;
	uint64_t *keys;
};

static void
standing_release(struct standing *s)
{
	pg_map_release(&s->map);
	PQclear(s->r);
	free(s->keys);
}

static enum cred_err
standing_get(struct pg_registry *p, const struct storing *j,
    struct standing *out, struct why *why)
{
	struct pg_array list = {0};
	struct pg_args args = {0};
	struct pg_pair *x;
	enum cred_err e;

	for (size_t i = 0; i < j->n; i++)
		pg_add_int(&list, (int64_t)j->index[i]);
	e = pg_lists(&args, &list, 1, why);
	if (e == CRED_OK)
		e = pg_ask_one(p, P_CREDENTIALS_GET, &args, &out->r, why);
	pg_array_release(&list);
	if (e != CRED_OK)
		return e;
	out->keys = calloc((size_t)PQntuples(out->r) + 1, sizeof *out->keys);
	if (out->keys == NULL)
		return pg_nomem(why);
	for (int i = 0; i < PQntuples(out->r); i++) {
		out->keys[i] = (uint64_t)pg_col_int(out->r, i, 0);
		x = pg_map_put(
		    &out->map, bytes_of(&out->keys[i], sizeof *out->keys));
		if (x == NULL)
			return pg_nomem(why);
		x->value = i;
		x->more = pg_col_int(out->r, i, 1);
		x->text = pg_col_text(out->r, i, 2);
	}
	return CRED_OK;
}

static enum cred_err
store_work(struct pg_registry *p, struct pg_tx *tx, void *ctx, struct why *why)
{
	const struct storing *j = ctx;
	struct standing s = {0};
	struct pg_array add[2] = {0};
	struct pg_args args = {0};
	struct pg_map fresh = {0};
	struct pg_pair *x, *f;
	enum cred_err e = standing_get(p, j, &s, why);

	(void)tx;
	for (size_t i = 0; e == CRED_OK && i < j->n; i++) {
		struct bytes key = bytes_of(&j->index[i], sizeof *j->index);
		x = pg_map_get(&s.map, key);
		f = pg_map_get(&fresh, key);
		if (x == NULL || x->more != 0 ||
		    (x->text != NULL &&
			!bytes_eq(j->credential[i],
			    pg_col_blob(s.r, (int)x->value, 2))) ||
		    (f != NULL &&
			!bytes_eq(j->credential[i], j->credential[f->value]))) {
			e = say_not_reserved(why, j->index[i]);
			break;
		}
		if (x->text != NULL || f != NULL)
			continue;
		if ((f = pg_map_put(&fresh, key)) == NULL)
			e = pg_nomem(why);
		else
			f->value = (int64_t)i;
		pg_add_int(&add[0], (int64_t)j->index[i]);
		pg_add_blob(&add[1], j->credential[i]);
	}
	if (e == CRED_OK && add[0].n > 0) {
		e = pg_lists(&args, add, 2, why);
		pg_int(&args, j->now);
		if (e == CRED_OK)
			e = pg_ask_one(p, P_CREDENTIALS_ADD, &args, NULL, why);
	}
	pg_array_release(&add[0]);
	pg_array_release(&add[1]);
	pg_map_release(&fresh);
	standing_release(&s);
	return e;
}

enum cred_err
pg_store(struct registry *r, const uint64_t *index,
    const struct bytes *credential, size_t n, int64_t now, struct why *why)
{
	struct storing j = {index, credential, n, now};

	return pg_write((struct pg_registry *)r, store_work, &j, why);
}

/* One index, or all that wait since before a time. */
struct voiding {
	bool one;
	uint64_t index;
	int64_t before, now;
	const char *reason;
	size_t n;
};

static enum cred_err
void_all(struct pg_registry *p, struct pg_tx *tx, const struct voiding *v,
    const struct pg_status *list, size_t n, struct why *why)
{
	struct pg_array marks = {0};
	struct pg_args args = {0};
	char subject[48];
	enum cred_err e = CRED_OK;

	for (size_t i = 0; e == CRED_OK && i < n; i++) {
		pg_add_int(&marks, (int64_t)list[i].index);
		snprintf(subject, sizeof subject, "index %llu",
		    (unsigned long long)list[i].index);
		e = pg_audit(p, tx, NULL, "void", subject, v->reason, v->now);
	}
	if (e == CRED_OK && (e = pg_lists(&args, &marks, 1, why)) == CRED_OK)
		e = pg_ask_one(p, P_VOID, &args, NULL, why);
	pg_array_release(&marks);
	return e == CRED_OK ? pg_status_put(p, list, n, why) : e;
}

static enum cred_err
void_one(struct pg_registry *p, struct pg_tx *tx, const struct voiding *v,
    struct why *why)
{
	const struct storing j = {.index = &v->index, .n = 1};
	const struct pg_status put = {v->index, STATUS_REVOKED, 1};
	struct standing s = {0};
	struct pg_pair *x;
	enum cred_err e = standing_get(p, &j, &s, why);

	x = pg_map_get(&s.map, bytes_of(&v->index, sizeof v->index));
	if (e == CRED_OK && (x == NULL || x->more != 0 || x->text != NULL))
		e = say_not_reserved(why, v->index);
	if (e == CRED_OK)
		e = void_all(p, tx, v, &put, 1, why);
	standing_release(&s);
	return e;
}

static enum cred_err
void_work(struct pg_registry *p, struct pg_tx *tx, void *ctx, struct why *why)
{
	struct voiding *v = ctx;
	struct pg_args args = {0};
	/* Unprepared: planned for this size, past which there are few. */
	const struct pg_ask stale = {.text = pg_texts[P_STALE], .args = &args};
	struct pg_status *list;
	PGresult *r = NULL;
	enum cred_err e;

	if (v->one)
		return void_one(p, tx, v, why);
	pg_int(&args, (int64_t)tx->size);
	pg_int(&args, v->before);
	if ((e = pg_ask(p, &stale, 1, &r, why)) != CRED_OK)
		return e;
	v->n = (size_t)PQntuples(r);
	list = calloc(v->n + 1, sizeof *list);
	for (size_t i = 0; list != NULL && i < v->n; i++)
		list[i] = (struct pg_status){
		    (uint64_t)pg_col_int(r, (int)i, 0), STATUS_REVOKED, 1};
	PQclear(r);
	if (list == NULL)
		return pg_nomem(why);
	tx->undo = v->n == 0; /* nothing to be kept */
	if (v->n > 0)
		e = void_all(p, tx, v, list, v->n, why);
	free(list);
	return e;
}

enum cred_err
pg_void(struct registry *r, uint64_t index, const char *reason, int64_t now,
    struct why *why)
{
	struct voiding v = {
	    .one = true, .index = index, .now = now, .reason = reason};

	return pg_write((struct pg_registry *)r, void_work, &v, why);
}

enum cred_err
pg_void_stale(struct registry *r, int64_t before, const char *reason,
    int64_t now, size_t *n, struct why *why)
{
	struct voiding v = {.before = before, .now = now, .reason = reason};
	enum cred_err e =
	    pg_write_alone((struct pg_registry *)r, void_work, &v, why);

	if (e == CRED_OK)
		*n = v.n;
	return e;
}
