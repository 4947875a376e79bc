#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"
#include "registry/postgres_int.h"

/* What fill built for a new row, until all of them go in at once. */
struct fresh {
	size_t row; /* of the call */
	struct registry_entry in;
	int64_t generation;
};

struct job {
	const char *batch;
	struct reservation *rows;
	size_t n;
	int64_t now;
	registry_fill_fn *fill;
	void *ctx;
};

/* One attempt. The maps: row_key -> index; series -> last; number -> index and
 * generation; old index -> may be replaced, its number and generation. */
struct state {
	struct pg_registry *p;
	struct pg_tx *tx;
	const struct job *job;
	int64_t batch;
	uint64_t next;
	struct fresh *fresh;
	size_t n_fresh;
	struct pg_map rows, series, numbers, replaced;
	PGresult *got[5], *taken;
};

static struct bytes
index_key(const uint64_t *index)
{
	return bytes_of(index, sizeof *index);
}

static struct bytes
text_key(const char *text)
{
	return bytes_of(text, strlen(text));
}

static enum cred_err
note_rows(struct state *s, const PGresult *r, struct why *why)
{
	struct pg_pair *x;

	for (int i = 0; i < PQntuples(r); i++) {
		x = pg_map_put(&s->rows, pg_col_blob(r, i, 0));
		if (x == NULL)
			return pg_nomem(why);
		x->value = pg_col_int(r, i, 1);
	}
	return CRED_OK;
}

static enum cred_err
note_series(struct state *s, const PGresult *r, struct why *why)
{
	struct pg_pair *x;

	for (int i = 0; r != NULL && i < PQntuples(r); i++) {
		x = pg_map_put(&s->series, text_key(pg_col_text(r, i, 0)));
		if (x == NULL)
			return pg_nomem(why);
		x->value = pg_col_int(r, i, 1);
	}
	return CRED_OK;
}

/* Keys are the reservations' own pointers: those of a result would be in
 * another byte order. */
static enum cred_err
note_replaced(struct state *s, const PGresult *r, struct why *why)
{
	struct pg_pair *x;

	for (size_t i = 0; i < s->job->n; i++) {
		const uint64_t *old = s->job->rows[i].replaces;
		if (old == NULL)
			continue;
		if ((x = pg_map_put(&s->replaced, index_key(old))) == NULL)
			return pg_nomem(why);
		x->value = 0;
	}
	for (int i = 0; r != NULL && i < PQntuples(r); i++) {
		uint64_t at = (uint64_t)pg_col_int(r, i, 0);
		x = pg_map_get(&s->replaced, index_key(&at));
		if (x == NULL)
			return pg_damaged(s->p, why);
		x->value = !pg_col_bool(r, i, 4) &&
			   status_may((enum status_value)pg_col_int(r, i, 1),
			       STATUS_SUPERSEDED);
		x->text = pg_col_text(r, i, 2);
		x->more = pg_col_int(r, i, 3);
	}
	return CRED_OK;
}

/* All that is there already, in one round trip. */
static enum cred_err
look(struct state *s, struct why *why)
{
	const struct job *j = s->job;
	struct pg_array keys = {0}, series = {0}, old = {0};
	struct pg_args add = {0}, name = {0}, rows = {0}, sers = {0},
		       olds = {0};
	struct pg_ask asks[5] = {{.stmt = P_BATCH_ADD, .args = &add},
	    {.stmt = P_BATCH_GET, .args = &name},
	    {.stmt = P_ROWS_GET, .args = &rows}};
	size_t n = 3, at_series = 0, at_old = 0;
	enum cred_err e;

	for (size_t i = 0; i < j->n; i++) {
		const struct reservation *r = &j->rows[i];
		pg_add_blob(&keys, bytes_of(r->row_key, sizeof r->row_key));
		if (r->number_series != NULL &&
		    (i == 0 || j->rows[i - 1].number_series == NULL ||
			strcmp(j->rows[i - 1].number_series,
			    r->number_series) != 0))
			pg_add_text(&series, r->number_series);
		if (r->replaces != NULL)
			pg_add_int(&old, (int64_t)*r->replaces);
	}
	pg_text(&add, j->batch);
	pg_int(&add, (int64_t)s->next);
	pg_int(&add, j->now);
	pg_text(&name, j->batch);
	pg_text(&rows, j->batch);
	e = pg_lists(&rows, &keys, 1, why);
	if (e == CRED_OK && series.n > 0) {
		at_series = n;
		asks[n++] =
		    (struct pg_ask){.stmt = P_SERIES_GET, .args = &sers};
		e = pg_lists(&sers, &series, 1, why);
	}
	if (e == CRED_OK && old.n > 0) {
		at_old = n;
		asks[n++] =
		    (struct pg_ask){.stmt = P_REPLACED_GET, .args = &olds};
		e = pg_lists(&olds, &old, 1, why);
	}
	if (e == CRED_OK)
		e = pg_ask(s->p, asks, n, s->got, why);
	pg_array_release(&keys);
	pg_array_release(&series);
	pg_array_release(&old);
	if (e != CRED_OK)
		return e;
	if (PQntuples(s->got[1]) != 1)
		return pg_damaged(s->p, why);
	s->batch = pg_col_int(s->got[1], 0, 0);
	if ((e = note_rows(s, s->got[2], why)) == CRED_OK)
		e = note_series(
		    s, at_series > 0 ? s->got[at_series] : NULL, why);
	if (e == CRED_OK)
		e = note_replaced(s, at_old > 0 ? s->got[at_old] : NULL, why);
	return e;
}

/* The next serial of a series, or one given from outside taken note of. */
static enum cred_err
series_take(struct state *s, struct reservation *r, struct why *why)
{
	struct pg_pair *x = pg_map_put(&s->series, text_key(r->number_series));
	int64_t want;

	if (x == NULL)
		return pg_nomem(why);
	if (r->number != NULL) {
		want = series_serial(r->number_series, r->number);
	} else {
		if (x->value >= 999999999)
			return why_set(why, CRED_FAULT_CONFLICT,
			    TR("row %u: no serial is left in its series",
				"第 %u 行：该序列已没有可用流水号"),
			    r->row);
		want = x->value + 1;
		r->serial = (uint32_t)want;
	}
	if (want > x->value) {
		x->value = want;
		x->more = 1; /* to be written */
	}
	return CRED_OK;
}

static enum cred_err
plan_one(struct state *s, size_t i, struct why *why)
{
	struct reservation *r = &s->job->rows[i];
	struct bytes key = bytes_of(r->row_key, sizeof r->row_key);
	struct pg_pair *x = pg_map_get(&s->rows, key), *old = NULL;
	struct fresh *f = &s->fresh[s->n_fresh];
	enum cred_err e;

	*f = (struct fresh){.row = i};
	if (x != NULL) {
		r->already = true;
		r->index = (uint64_t)x->value;
		return CRED_OK;
	}
	if (s->next >= TLOG_MAX_SIZE)
		return say_index_full(why);
	if (r->replaces != NULL) {
		old = pg_map_get(&s->replaced, index_key(r->replaces));
		if (old == NULL || !old->value)
			return say_no_replace(why, r->row, *r->replaces);
		f->generation = old->more + 1;
	}
	if (r->number_series != NULL && (e = series_take(s, r, why)) != CRED_OK)
		return e;
	r->index = s->next;
	if ((e = s->job->fill(s->job->ctx, r, i, &f->in, why)) != CRED_OK ||
	    (e = entry_check(&f->in, r->row, why)) != CRED_OK)
		return e;
	if ((x = pg_map_put(&s->rows, key)) == NULL)
		return pg_nomem(why);
	x->value = (int64_t)s->next++;
	if (old != NULL)
		old->value = 0; /* once */
	s->n_fresh++;
	return CRED_OK;
}

/* The numbers of the new rows that somebody has already. */
static enum cred_err
numbers_look(struct state *s, struct why *why)
{
	struct pg_array list = {0};
	struct pg_args args = {0};
	struct pg_pair *x;
	enum cred_err e;

	for (size_t i = 0; i < s->n_fresh; i++)
		if (s->fresh[i].in.number != NULL)
			pg_add_text(&list, s->fresh[i].in.number);
	if (list.n == 0)
		return CRED_OK;
	e = pg_lists(&args, &list, 1, why);
	if (e == CRED_OK)
		e = pg_ask_one(s->p, P_NUMBERS_GET, &args, &s->taken, why);
	pg_array_release(&list);
	if (e != CRED_OK)
		return e;
	for (int i = 0; i < PQntuples(s->taken); i++) {
		x = pg_map_put(
		    &s->numbers, text_key(pg_col_text(s->taken, i, 0)));
		if (x == NULL)
			return pg_nomem(why);
		x->value = pg_col_int(s->taken, i, 1);
		x->more = pg_col_int(s->taken, i, 2);
	}
	return CRED_OK;
}

/* 0 for a new number, one more where a replacement may keep it. */
static enum cred_err
number_check(struct state *s, struct fresh *f, struct why *why)
{
	const struct reservation *r = &s->job->rows[f->row];
	struct pg_pair *x, *old;
	int64_t generation = 0;

	if (f->in.number == NULL) {
		f->generation = 0;
		return CRED_OK;
	}
	x = pg_map_get(&s->numbers, text_key(f->in.number));
	if (x != NULL) {
		if (r->replaces == NULL || !r->keeps_number ||
		    (uint64_t)x->value != *r->replaces)
			return say_number_exists(
			    why, r->row, (uint64_t)x->value);
		old = pg_map_get(&s->replaced, index_key(r->replaces));
		if (old == NULL || old->text == NULL ||
		    strcmp(old->text, f->in.number) != 0)
			return say_number_exists(
			    why, r->row, (uint64_t)x->value);
		generation = f->generation;
	}
	f->generation = generation;
	if ((x = pg_map_put(&s->numbers, text_key(f->in.number))) == NULL)
		return pg_nomem(why);
	x->value = (int64_t)r->index;
	x->more = generation;
	return CRED_OK;
}

static void
put_entry(struct pg_array a[static 17], const struct reservation *r,
    const struct fresh *f)
{
	const struct registry_entry *in = &f->in;

	pg_add_int(&a[0], (int64_t)r->index);
	pg_add_int(&a[1], r->row);
	pg_add_blob(&a[2], bytes_of(r->row_key, sizeof r->row_key));
	pg_add_int(&a[3], (int64_t)in->kind);
	pg_add_text(&a[4], in->number);
	pg_add_int(&a[5], f->generation);
	pg_add_text(&a[6], in->name);
	pg_add_int(&a[7], (int64_t)in->id_type);
	pg_add_text(&a[8], in->id_number);
	pg_add_text(&a[9], in->occupation);
	pg_add_text(&a[10], in->code);
	pg_add_text(&a[11], in->direction);
	pg_add_int(&a[12], in->level);
	pg_add_int(&a[13], in->issued);
	pg_add_blob(&a[14], in->payload);
	pg_add_blob(&a[15], in->print);
	a[16].type = PG_INT8;
	if (r->replaces != NULL)
		pg_add_int(&a[16], (int64_t)*r->replaces);
	else
		pg_add_null(&a[16]);
}

/* Series changed by this call, of the rows that took from them. */
static void
put_series(struct state *s, struct pg_array a[static 2])
{
	for (size_t i = 0; i < s->n_fresh; i++) {
		const struct reservation *r = &s->job->rows[s->fresh[i].row];
		struct pg_pair *x = NULL;
		if (r->number_series != NULL)
			x = pg_map_get(&s->series, text_key(r->number_series));
		if (x == NULL || x->more == 0)
			continue;
		pg_add_text(&a[0], r->number_series);
		pg_add_int(&a[1], x->value);
		x->more = 0;
	}
}

static enum cred_err
write_all(struct state *s, struct why *why)
{
	struct pg_array entries[17] = {0}, series[2] = {0};
	struct pg_args add = {0}, last = {0}, range = {0};
	struct pg_ask asks[3] = {{.stmt = P_ENTRY_ADD, .args = &add},
	    {.stmt = P_BATCH_RANGE, .args = &range}};
	size_t n = 2;
	enum cred_err e;

	for (size_t i = 0; i < s->n_fresh; i++)
		put_entry(
		    entries, &s->job->rows[s->fresh[i].row], &s->fresh[i]);
	e = pg_lists(&add, entries, 17, why);
	pg_int(&add, s->batch);
	pg_int(&add, s->job->now);
	pg_int(&range, s->batch);
	pg_int(&range, (int64_t)s->next);
	put_series(s, series);
	if (e == CRED_OK && series[0].n > 0) {
		asks[n++] =
		    (struct pg_ask){.stmt = P_SERIES_SET, .args = &last};
		e = pg_lists(&last, series, 2, why);
	}
	if (e == CRED_OK)
		e = pg_ask(s->p, asks, n, NULL, why);
	for (size_t i = 0; i < 17; i++)
		pg_array_release(&entries[i]);
	for (size_t i = 0; i < 2; i++)
		pg_array_release(&series[i]);
	return e;
}

static enum cred_err
note_trail(struct state *s, struct why *why)
{
	char subject[TRAIL_TEXT], detail[TRAIL_TEXT];
	size_t count = 0;
	uint64_t first = 0;
	enum cred_err e = CRED_OK;

	for (size_t i = 0; e == CRED_OK && i < s->n_fresh; i++) {
		const struct reservation *r = &s->job->rows[s->fresh[i].row];
		if (r->replaces == NULL) {
			first = count++ == 0 ? r->index : first;
			continue;
		}
		trail_replace(r, subject, detail);
		e = pg_audit(
		    s->p, s->tx, NULL, "replace", subject, detail, s->job->now);
	}
	if (e == CRED_OK && count > 0) {
		trail_issue(s->job->batch, count, first, subject, detail);
		e = pg_audit(
		    s->p, s->tx, NULL, "issue", subject, detail, s->job->now);
	}
	return e == CRED_OK ? e : why_set(why, e, "%s", cred_strerr(e));
}

static enum cred_err
reserve_rows(struct state *s, struct why *why)
{
	enum cred_err e, planned = CRED_OK;
	struct why said = {""};

	if ((e = look(s, why)) != CRED_OK)
		return e;
	for (size_t i = 0; planned == CRED_OK && i < s->job->n; i++)
		planned = plan_one(s, i, &said);
	/* The first row in the way is named, whatever is in its way. */
	if ((e = numbers_look(s, why)) != CRED_OK)
		return e;
	for (size_t i = 0; i < s->n_fresh; i++)
		if ((e = number_check(s, &s->fresh[i], why)) != CRED_OK)
			return e;
	if (planned != CRED_OK) {
		if (why != NULL)
			*why = said;
		return planned;
	}
	if (s->n_fresh > 0)
		e = write_all(s, why);
	return e == CRED_OK ? note_trail(s, why) : e;
}

static enum cred_err
work(struct pg_registry *p, struct pg_tx *tx, void *ctx, struct why *why)
{
	const struct job *j = ctx;
	struct state s = {.p = p, .tx = tx, .job = j, .next = tx->next};
	enum cred_err e;

	for (size_t i = 0; i < j->n; i++) {
		j->rows[i].already = false;
		j->rows[i].index = 0;
		j->rows[i].serial = 0;
	}
	if ((s.fresh = calloc(j->n + 1, sizeof *s.fresh)) == NULL)
		return pg_nomem(why);
	e = reserve_rows(&s, why);
	pg_map_release(&s.rows);
	pg_map_release(&s.series);
	pg_map_release(&s.numbers);
	pg_map_release(&s.replaced);
	for (size_t i = 0; i < 5; i++)
		PQclear(s.got[i]);
	PQclear(s.taken);
	free(s.fresh);
	return e;
}

enum cred_err
pg_reserve(struct registry *r, const char *batch, struct reservation *rows,
    size_t n, int64_t now, registry_fill_fn *fill, void *ctx, struct why *why)
{
	struct pg_registry *p = (struct pg_registry *)r;
	struct job j = {batch, rows, n, now, fill, ctx};

	for (size_t i = 0; i < n; i++)
		if (rows[i].replaces != NULL)
			return pg_write(p, work, &j, why);
	return pg_write_alone(p, work, &j, why);
}
