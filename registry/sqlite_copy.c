#include <stdio.h>
#include <string.h>

#include "registry/copy_int.h"
#include "registry/ledger.h"
#include "registry/sqlite_int.h"

static struct sqlite_registry *
self(struct registry *r)
{
	return (struct sqlite_registry *)r;
}

static void
columns(const struct table *t, char *sql, size_t size)
{
	size_t at = 0;

	for (unsigned i = 0; i < t->n; i++)
		at += (size_t)snprintf(sql + at, size - at, "%s\"%s\"",
		    i == 0 ? "" : ", ", t->columns[i].name);
}

static enum cred_err
read_row(struct sqlite_registry *s, sqlite3_stmt *st, const struct table *t,
    struct cell *out, struct why *why)
{
	bool oom = false;

	for (unsigned i = 0; i < t->n; i++) {
		int k = (int)i;
		out[i] = (struct cell){0};
		if (sqlite3_column_type(st, k) == SQLITE_NULL)
			out[i].null = true;
		else if (t->columns[i].type == CELL_INT)
			out[i].number = sqlite3_column_int64(st, k);
		else if (t->columns[i].type == CELL_BLOB)
			out[i].bytes = sq_col_blob(st, k, &oom);
		else
			out[i].bytes = bytes_of(sq_col_text(st, k, &oom),
			    (size_t)sqlite3_column_bytes(st, k));
	}
	return oom ? sq_fail(s, SQLITE_NOMEM, why) : CRED_OK;
}

static enum cred_err
dump_table(struct sqlite_registry *s, const struct table *t, copy_row_fn *fn,
    void *ctx, struct why *why)
{
	char sql[1024], list[512];
	struct cell cells[TABLE_COLUMNS];
	sqlite3_stmt *st = NULL;
	enum cred_err e;
	bool row;

	columns(t, list, sizeof list);
	snprintf(sql, sizeof sql, "SELECT %s FROM %s ORDER BY %s", list,
	    t->name, t->order);
	if ((e = sq_prepare(s, sql, &st, why)) != CRED_OK)
		return e;
	while ((e = sq_row(s, st, &row, why)) == CRED_OK && row)
		if ((e = read_row(s, st, t, cells, why)) != CRED_OK ||
		    (e = fn(ctx, t, cells, why)) != CRED_OK)
			break;
	sqlite3_finalize(st);
	return e;
}

/* Which of our tables are there: the ledger's come with the first claim. None
 * may be there that we would leave behind. */
static enum cred_err
have(struct sqlite_registry *s, bool has[static TABLES], struct why *why)
{
	sqlite3_stmt *st = NULL;
	enum cred_err e = sq_prepare(s,
	    "SELECT name FROM sqlite_schema WHERE type = 'table'"
	    " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
	    &st, why);
	bool row, oom = false;

	if (e != CRED_OK)
		return e;
	while ((e = sq_row(s, st, &row, why)) == CRED_OK && row) {
		const char *name = sq_col_text(st, 0, &oom);
		if (oom)
			e = sq_fail(s, SQLITE_NOMEM, why);
		else if (!registry_has_table(name))
			e = say_table_unknown(why, s->path, name);
		if (e != CRED_OK)
			break;
		for (size_t i = 0; i < TABLES; i++)
			has[i] |= strcmp(registry_tables[i].name, name) == 0;
	}
	sqlite3_finalize(st);
	return e;
}

static enum cred_err
sqlite_dump(struct registry *r, copy_row_fn *fn, void *ctx, struct why *why)
{
	struct sqlite_registry *s = self(r);
	bool has[TABLES] = {false};
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st = sq(s, S_BEGIN_READ, &e, why);

	if (st == NULL || (e = sq_run(s, st, why)) != CRED_OK)
		return e;
	e = have(s, has, why);
	for (size_t i = 0; e == CRED_OK && i < TABLES; i++)
		if (has[i])
			e = dump_table(s, &registry_tables[i], fn, ctx, why);
	return sq_end(s, e, why);
}

struct putting {
	struct sqlite_registry *s;
	const struct table *table; /* of the statement */
	sqlite3_stmt *st;
};

static enum cred_err
put_table(struct putting *p, const struct table *t, struct why *why)
{
	char sql[1024], list[512];
	int at;

	sqlite3_finalize(p->st);
	p->st = NULL;
	p->table = t;
	columns(t, list, sizeof list);
	at = snprintf(
	    sql, sizeof sql, "INSERT INTO %s (%s) VALUES (?", t->name, list);
	for (unsigned i = 1; i < t->n; i++)
		at += snprintf(sql + at, sizeof sql - (size_t)at, ", ?");
	snprintf(sql + at, sizeof sql - (size_t)at, ")");
	return sq_prepare(p->s, sql, &p->st, why);
}

static enum cred_err
put(void *ctx, const struct table *t, const struct cell *cells, struct why *why)
{
	struct putting *p = ctx;
	enum cred_err e;

	if (p->table != t && (e = put_table(p, t, why)) != CRED_OK)
		return e;
	for (unsigned i = 0; i < t->n; i++) {
		const struct cell *c = &cells[i];
		int k = (int)i + 1;
		if (c->null)
			sqlite3_bind_null(p->st, k);
		else if (t->columns[i].type == CELL_INT)
			sqlite3_bind_int64(p->st, k, c->number);
		else if (t->columns[i].type == CELL_BLOB)
			sq_blob(p->st, k, c->bytes);
		else
			sqlite3_bind_text(p->st, k,
			    c->bytes.len > 0 ? (const char *)c->bytes.ptr : "",
			    (int)c->bytes.len, SQLITE_STATIC);
	}
	return sq_run(p->s, p->st, why);
}

static enum cred_err
sqlite_load(struct registry *r,
    enum cred_err (*source)(
	void *ctx, copy_row_fn *put, void *put_ctx, struct why *why),
    void *ctx, struct why *why)
{
	struct putting p = {.s = self(r)};
	enum cred_err e = ledger_init(r, why);

	if (e == CRED_OK)
		e = sq_begin(p.s, why);
	if (e != CRED_OK)
		return e;
	e = source(ctx, put, &p, why);
	sqlite3_finalize(p.st);
	return sq_end(p.s, e, why);
}

static enum cred_err
sqlite_about(struct registry *r, struct registry_about *out, struct why *why)
{
	struct sqlite_registry *s = self(r);
	int64_t version = 0;
	enum cred_err e = sq_pragma(s, "PRAGMA user_version", &version, why);

	if (e != CRED_OK)
		return e;
	*out =
	    (struct registry_about){.engine = "sqlite", .schema = (int)version};
	snprintf(out->place, sizeof out->place, "%s", s->path);
	snprintf(out->server, sizeof out->server, "%s", sqlite3_libversion());
	return CRED_OK;
}

const struct copy_ops sqlite_copy_ops = {
    .dump = sqlite_dump,
    .load = sqlite_load,
    .about = sqlite_about,
};
