#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry/postgres_int.h"

#define SWEPT     "superseded.below"
#define SWEEP_FAR 20000

static struct pg_registry *
self(struct registry *r)
{
	return (struct pg_registry *)r;
}

enum cred_err
pg_status_put(
    struct pg_registry *p, const struct pg_status *s, size_t n, struct why *why)
{
	struct pg_array put[2] = {0}, raise[2] = {0};
	struct pg_args puts = {0}, raises = {0};
	const struct pg_ask asks[] = {{.stmt = P_STATUS_PUT, .args = &puts},
	    {.stmt = P_VERSION_RAISE, .args = &raises}};
	uint64_t *lists = calloc(n + 1, sizeof *lists);
	struct pg_map times = {0};
	struct pg_pair *x;
	enum cred_err e = CRED_OK;

	if (n == 0 || lists == NULL) {
		free(lists);
		return n == 0 ? CRED_OK : pg_nomem(why);
	}
	for (size_t i = 0; e == CRED_OK && i < n; i++) {
		pg_add_int(&put[0], (int64_t)s[i].index);
		pg_add_int(&put[1], (int64_t)s[i].value);
		lists[i] = s[i].index / STATUSLIST_ENTRIES;
		x = pg_map_put(&times, bytes_of(&lists[i], sizeof *lists));
		if (x == NULL)
			e = pg_nomem(why);
		else
			x->value += s[i].times;
	}
	for (size_t i = 0; e == CRED_OK && i < n; i++) {
		x = pg_map_get(&times, bytes_of(&lists[i], sizeof *lists));
		if (x->value == 0)
			continue;
		pg_add_int(&raise[0], (int64_t)lists[i]);
		pg_add_int(&raise[1], x->value);
		x->value = 0;
	}
	if (e == CRED_OK)
		e = pg_lists(&puts, put, 2, why);
	if (e == CRED_OK)
		e = pg_lists(&raises, raise, 2, why);
	if (e == CRED_OK)
		e = pg_ask(p, asks, 2, NULL, why);
	for (size_t i = 0; i < 2; i++) {
		pg_array_release(&put[i]);
		pg_array_release(&raise[i]);
	}
	pg_map_release(&times);
	free(lists);
	return e;
}

struct pg_state
pg_state_at(const PGresult *r, int row, uint64_t size)
{
	struct pg_state s = {
	    .status = (enum status_value)pg_col_int(r, row, 3),
	    .has_replacement = pg_col_bool(r, row, 4),
	};

	if (pg_col_int(r, row, 1) != 0)
		s.state = ENTRY_VOID;
	else if (!pg_col_bool(r, row, 2))
		s.state = ENTRY_RESERVED;
	else
		s.state = (uint64_t)pg_col_int(r, row, 0) < size ? ENTRY_LOGGED
								 : ENTRY_SIGNED;
	return s;
}

struct changing {
	const struct status_change *changes;
	size_t n, bad;
	const char *reason, *actor;
	int64_t now;
};

static enum cred_err
note_change(struct pg_registry *p, struct pg_tx *tx, uint64_t index,
    enum status_value from, enum status_value to, const char *reason,
    const char *actor, int64_t now)
{
	char subject[48], *detail;
	enum cred_err e;

	snprintf(
	    subject, sizeof subject, "index %llu", (unsigned long long)index);
	if (asprintf(&detail, "%s: %s", status_word(from),
		reason != NULL ? reason : "") < 0)
		return CRED_FAULT_NOMEM;
	e = pg_audit(p, tx, actor, status_word(to), subject, detail, now);
	free(detail);
	return e;
}

/* One after the other, as if each were alone: an index may come twice. */
static enum cred_err
change_all(struct pg_registry *p, struct pg_tx *tx, struct changing *c,
    const PGresult *r, struct pg_status *put, size_t *n_put, struct why *why)
{
	struct pg_map at = {0};
	enum cred_err e = CRED_OK;
	struct pg_pair *x;
	int rows = PQntuples(r);

	for (int i = 0; e == CRED_OK && i < rows; i++) {
		struct pg_state s = pg_state_at(r, i, tx->size);
		put[i] = (struct pg_status){
		    (uint64_t)pg_col_int(r, i, 0), s.status, 0};
		x = pg_map_put(&at, bytes_of(&put[i].index, sizeof(uint64_t)));
		if (x == NULL)
			e = pg_nomem(why);
		else
			x->value = i;
	}
	for (size_t i = 0; e == CRED_OK && i < c->n; i++) {
		const struct status_change *k = &c->changes[i];
		struct pg_state s;
		x = pg_map_get(&at, bytes_of(&k->index, sizeof k->index));
		if (x != NULL)
			s = pg_state_at(r, (int)x->value, tx->size);
		if (x == NULL || s.state == ENTRY_RESERVED ||
		    s.state == ENTRY_VOID || put[x->value].value != k->from ||
		    !status_may(k->from, k->to) ||
		    (k->to == STATUS_SUPERSEDED && !s.has_replacement)) {
			c->bad = i;
			e = say_status(why, k->index, k->from, k->to);
			break;
		}
		put[x->value].value = k->to;
		put[x->value].times++;
		e = note_change(p, tx, k->index, k->from, k->to, c->reason,
		    c->actor, c->now);
	}
	pg_map_release(&at);
	*n_put = (size_t)rows;
	return e;
}

static enum cred_err
change_work(struct pg_registry *p, struct pg_tx *tx, void *ctx, struct why *why)
{
	struct changing *c = ctx;
	struct pg_array list = {0};
	struct pg_args args = {0};
	struct pg_status *put;
	PGresult *r = NULL;
	size_t n = 0;
	enum cred_err e;

	for (size_t i = 0; i < c->n; i++)
		pg_add_int(&list, (int64_t)c->changes[i].index);
	e = pg_lists(&args, &list, 1, why);
	if (e == CRED_OK)
		e = pg_ask_one(p, P_STATES, &args, &r, why);
	pg_array_release(&list);
	if (e != CRED_OK)
		return e;
	put = calloc((size_t)PQntuples(r) + 1, sizeof *put);
	if (put == NULL)
		e = pg_nomem(why);
	if (e == CRED_OK)
		e = change_all(p, tx, c, r, put, &n, why);
	if (e == CRED_OK)
		e = pg_status_put(p, put, n, why);
	free(put);
	PQclear(r);
	return e;
}

enum cred_err
pg_status_set_many(struct registry *r, const struct status_change *changes,
    size_t n, const char *reason, const char *actor, int64_t now, size_t *bad,
    struct why *why)
{
	struct changing c = {changes, n, 0, reason, actor, now};
	enum cred_err e = pg_write(self(r), change_work, &c, why);

	if (e == CRED_FAULT_CONFLICT)
		*bad = c.bad;
	return e;
}

struct sweeping {
	const char *actor;
	int64_t now;
	size_t n;
};

/* As in sqlite_status.c: below the size of the last sweep nothing is left. */
static enum cred_err
sweep_work(struct pg_registry *p, struct pg_tx *tx, void *ctx, struct why *why)
{
	struct sweeping *s = ctx;
	struct pg_args range = {0}, key = {0}, swept = {0};
	const struct pg_ask asks[] = {{.stmt = P_SUPERSEDE, .args = &range},
	    {.stmt = P_META_GET, .args = &key}};
	struct pg_status *put;
	PGresult *r[2];
	char reason[48];
	uint64_t below = 0;
	enum cred_err e;

	pg_text(&range, SWEPT);
	pg_int(&range, (int64_t)tx->size);
	pg_text(&key, SWEPT);
	if ((e = pg_ask(p, asks, 2, r, why)) != CRED_OK)
		return e;
	s->n = (size_t)PQntuples(r[0]);
	if (PQntuples(r[1]) == 1)
		below = (uint64_t)pg_col_int(r[1], 0, 0);
	if ((put = calloc(s->n + 1, sizeof *put)) == NULL)
		e = pg_nomem(why);
	for (size_t i = 0; e == CRED_OK && i < s->n; i++) {
		put[i] =
		    (struct pg_status){(uint64_t)pg_col_int(r[0], (int)i, 0),
			STATUS_SUPERSEDED, 1};
		snprintf(reason, sizeof reason, "replaced by index %llu",
		    (unsigned long long)pg_col_int(r[0], (int)i, 2));
		e = note_change(p, tx, put[i].index,
		    (enum status_value)pg_col_int(r[0], (int)i, 1),
		    STATUS_SUPERSEDED, reason, s->actor, s->now);
	}
	if (e == CRED_OK)
		e = pg_status_put(p, put, s->n, why);
	tx->undo = s->n == 0 && tx->size - below <= SWEEP_FAR;
	if (e == CRED_OK && !tx->undo) {
		pg_text(&swept, SWEPT);
		pg_int(&swept, (int64_t)tx->size);
		e = pg_ask_one(p, P_META_SET, &swept, NULL, why);
	}
	free(put);
	PQclear(r[0]);
	PQclear(r[1]);
	return e;
}

enum cred_err
pg_supersede(struct registry *r, const char *actor, int64_t now, size_t *n,
    struct why *why)
{
	struct sweeping s = {.actor = actor, .now = now};
	enum cred_err e = pg_write_alone(self(r), sweep_work, &s, why);

	if (e == CRED_OK)
		*n = s.n;
	return e;
}

enum cred_err
pg_status_bits(struct registry *reg, uint64_t from, size_t n, uint8_t *raw,
    struct why *why)
{
	struct pg_args range = {0};
	PGresult *r = NULL;
	enum cred_err e;

	pg_int(&range, (int64_t)from);
	pg_int(&range, (int64_t)(from + n));
	e = pg_read(self(reg), P_STATUS_BITS, &range, &r, why);
	for (int k = 0; e == CRED_OK && k < PQntuples(r); k++) {
		uint64_t i = (uint64_t)pg_col_int(r, k, 0) - from;
		int v = (int)pg_col_int(r, k, 1);
		raw[i / 4] |= (uint8_t)(v << (i % 4 * 2));
	}
	PQclear(r);
	return e;
}

enum cred_err
pg_status_version(
    struct registry *reg, uint64_t list, int64_t *out, struct why *why)
{
	struct pg_args args = {0};
	PGresult *r = NULL;
	enum cred_err e;

	pg_int(&args, (int64_t)list);
	e = pg_read(self(reg), P_VERSION_GET, &args, &r, why);
	if (e == CRED_OK)
		*out = PQntuples(r) == 1 ? pg_col_int(r, 0, 0) : 0;
	PQclear(r);
	return e;
}
