#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/lang.h"
#include "registry/copy_int.h"
#include "registry/postgres_int.h"

#define CHUNK 500

static struct pg_registry *
self(struct registry *r)
{
	return (struct pg_registry *)r;
}

static const char *
name_of(const struct column *c)
{
	return c->pg != NULL ? c->pg : c->name;
}

static size_t
columns(const struct table *t, char *sql, size_t size)
{
	size_t at = 0;

	for (unsigned i = 0; i < t->n; i++)
		at += (size_t)snprintf(sql + at, size - at, "%s\"%s\"",
		    i == 0 ? "" : ", ", name_of(&t->columns[i]));
	return at;
}

static enum cred_err
say(struct pg_registry *p, const char *text, PGresult **out, struct why *why)
{
	struct pg_ask ask = {.text = text};

	return pg_ask(p, &ask, 1, out, why);
}

static enum cred_err
rows(const struct table *t, const PGresult *r, copy_row_fn *fn, void *ctx,
    struct why *why)
{
	struct cell cells[TABLE_COLUMNS];
	enum cred_err e = CRED_OK;

	for (int row = 0; e == CRED_OK && row < PQntuples(r); row++) {
		for (unsigned i = 0; i < t->n; i++) {
			int k = (int)i;
			cells[i] =
			    (struct cell){.null = PQgetisnull(r, row, k) == 1};
			if (cells[i].null)
				continue;
			if (t->columns[i].type == CELL_INT)
				cells[i].number = pg_col_int(r, row, k);
			else
				cells[i].bytes = pg_col_blob(r, row, k);
		}
		e = fn(ctx, t, cells, why);
	}
	return e;
}

static enum cred_err
dump_table(struct pg_registry *p, const struct table *t, copy_row_fn *fn,
    void *ctx, struct why *why)
{
	char sql[1024], list[512];
	enum cred_err e;
	bool more = true;

	columns(t, list, sizeof list);
	snprintf(sql, sizeof sql,
	    "DECLARE rows NO SCROLL CURSOR FOR SELECT %s FROM %s ORDER BY %s",
	    list, t->name, t->pg_order != NULL ? t->pg_order : t->order);
	e = say(p, sql, NULL, why);
	while (e == CRED_OK && more) {
		PGresult *r = NULL;
		e = say(p, "FETCH 500 FROM rows", &r, why);
		more = e == CRED_OK && PQntuples(r) > 0;
		if (e == CRED_OK)
			e = rows(t, r, fn, ctx, why);
		PQclear(r);
	}
	return e == CRED_OK ? say(p, "CLOSE rows", NULL, why) : e;
}

/* writer and receipt are this database's own. Of the catalogue, which also tells
 * of tables that this role may not read. */
static enum cred_err
no_other_tables(struct pg_registry *p, struct why *why)
{
	PGresult *r = NULL;
	enum cred_err e = say(p,
	    "SELECT c.relname::text FROM pg_catalog.pg_class c"
	    " WHERE c.relkind IN " PG_TABLES " AND c.relnamespace ="
	    " (SELECT oid FROM pg_catalog.pg_namespace"
	    "  WHERE nspname = current_schema()) AND c.relname"
	    " NOT IN ('tamga_schema', 'writer', 'receipt')",
	    &r, why);

	for (int i = 0; e == CRED_OK && i < PQntuples(r); i++)
		if (!registry_has_table(PQgetvalue(r, i, 0)))
			e = say_table_unknown(
			    why, p->where, PQgetvalue(r, i, 0));
	PQclear(r);
	return e;
}

struct dump {
	copy_row_fn *fn;
	void *ctx;
};

static enum cred_err
dump(struct pg_registry *p, void *ctx, bool *told, struct why *why)
{
	const struct dump *d = ctx;
	enum cred_err e = no_other_tables(p, why);

	*told = true;
	for (size_t i = 0; e == CRED_OK && i < TABLES; i++)
		e = dump_table(p, &registry_tables[i], d->fn, d->ctx, why);
	return e;
}

static enum cred_err
pg_dump(struct registry *r, copy_row_fn *fn, void *ctx, struct why *why)
{
	struct dump d = {fn, ctx};

	return pg_walk(self(r), dump, &d, why);
}

struct loading {
	enum cred_err (*source)(
	    void *ctx, copy_row_fn *put, void *put_ctx, struct why *why);
	void *ctx;
	struct pg_registry *p;
	const struct table *table; /* of what waits in columns */
	struct pg_array columns[TABLE_COLUMNS];
};

static enum cred_err
flush(struct loading *l, struct why *why)
{
	static const char *const types[] = {"bigint", "text", "bytea"};
	const struct table *t = l->table;
	char sql[2048];
	struct pg_args args = {0};
	struct pg_ask ask = {.text = sql, .args = &args};
	enum cred_err e;
	size_t at;

	if (t == NULL || l->columns[0].n == 0)
		return CRED_OK;
	at = (size_t)snprintf(sql, sizeof sql, "INSERT INTO %s (", t->name);
	at += columns(t, sql + at, sizeof sql - at);
	at += (size_t)snprintf(
	    sql + at, sizeof sql - at, ") SELECT * FROM unnest(");
	for (unsigned i = 0; i < t->n; i++)
		at += (size_t)snprintf(sql + at, sizeof sql - at, "%s$%u::%s[]",
		    i == 0 ? "" : ", ", i + 1, types[t->columns[i].type]);
	snprintf(sql + at, sizeof sql - at, ")");
	e = pg_lists(&args, l->columns, t->n, why);
	if (e == CRED_OK)
		e = pg_ask(l->p, &ask, 1, NULL, why);
	for (unsigned i = 0; i < t->n; i++)
		pg_array_release(&l->columns[i]);
	return e;
}

static enum cred_err
put(void *ctx, const struct table *t, const struct cell *cells, struct why *why)
{
	static const enum pg_type types[] = {PG_INT8, PG_TEXT, PG_BYTEA};
	struct loading *l = ctx;
	enum cred_err e;

	if (l->table != t || l->columns[0].n == CHUNK) {
		if ((e = flush(l, why)) != CRED_OK)
			return e;
		l->table = t;
	}
	for (unsigned i = 0; i < t->n; i++) {
		struct pg_array *a = &l->columns[i];
		if (cells[i].null)
			pg_add_null(a);
		else if (t->columns[i].type == CELL_INT)
			pg_add_int(a, cells[i].number);
		else
			pg_add_blob(a, cells[i].bytes);
		a->type = types[t->columns[i].type];
	}
	return CRED_OK;
}

static enum cred_err
load_work(struct pg_registry *p, struct pg_tx *tx, void *ctx, struct why *why)
{
	struct loading *l = ctx;
	enum cred_err e;

	(void)tx;
	l->p = p;
	l->table = NULL;
	e = l->source(l->ctx, put, l, why);
	if (e == CRED_OK)
		e = flush(l, why);
	for (unsigned i = 0; i < TABLE_COLUMNS; i++)
		pg_array_release(&l->columns[i]);
	return e;
}

static enum cred_err
pg_load(struct registry *r,
    enum cred_err (*source)(
	void *ctx, copy_row_fn *put, void *put_ctx, struct why *why),
    void *ctx, struct why *why)
{
	struct loading l = {.source = source, .ctx = ctx};

	return pg_write(self(r), load_work, &l, why);
}

static enum cred_err
about(struct pg_registry *p, void *ctx, bool *told, struct why *why)
{
	struct registry_about *out = ctx;
	PGresult *got = NULL;
	/* Who waits for whom, only the server's own role may see. */
	enum cred_err e = say(p,
	    "SELECT current_setting('server_version')::text,"
	    " (SELECT max(version) FROM tamga_schema), pg_is_in_recovery(),"
	    " CASE WHEN current_setting('synchronous_standby_names') = ''"
	    "  THEN 0 WHEN EXISTS (SELECT 1 FROM pg_stat_replication"
	    "  WHERE sync_state IS NULL) THEN -1 ELSE (SELECT count(*) FROM pg_stat_replication"
	    "  WHERE sync_state IN ('sync', 'quorum')) END",
	    &got, why);
	(void)told;
	if (e == CRED_OK) {
		*out = (struct registry_about){.engine = "postgresql",
		    .schema = (int)pg_col_int(got, 0, 1),
		    .standby = pg_col_bool(got, 0, 2),
		    .behind_s = p->behind_s,
		    .epoch = p->epoch,
		    .standbys = (int)pg_col_int(got, 0, 3)};
		snprintf(out->place, sizeof out->place, "%s", p->where);
		snprintf(out->server, sizeof out->server, "%s",
		    PQgetvalue(got, 0, 0));
	}
	PQclear(got);
	return e;
}

static enum cred_err
pg_about(struct registry *r, struct registry_about *out, struct why *why)
{
	return pg_walk(self(r), about, out, why);
}

/* A name beside path that nobody has. */
static enum cred_err
name_beside(const char *path, char **out, struct why *why)
{
	char *name = NULL;
	enum cred_err e;
	int fd;

	if (asprintf(&name, "%s.new.XXXXXX", path) < 0)
		return pg_nomem(why);
	if ((fd = mkostemp(name, O_CLOEXEC)) < 0) {
		e = why_errno(
		    why, errno, TR("cannot create", "无法创建"), path);
		free(name);
		return e;
	}
	close(fd);
	unlink(name);
	*out = name;
	return CRED_OK;
}

static enum cred_err
copy_into(struct registry *r, const char *path, struct why *why)
{
	struct registry *to = NULL;
	uint64_t n;
	char *spec = NULL;
	enum cred_err e;

	if (asprintf(&spec, "sqlite:%s", path) < 0)
		return pg_nomem(why);
	e = registry_open(spec, REGISTRY_WRITE, &to, why);
	free(spec);
	if (e != CRED_OK)
		return e;
	e = registry_copy(r, to, &n, why);
	registry_close(to);
	return e;
}

/* The file is a registry of SQLite with the same content. It has its name when
 * it is whole. */
enum cred_err
pg_backup(struct registry *r, const char *path, struct why *why)
{
	char *tmp = NULL;
	bool there = access(path, F_OK) == 0;
	enum cred_err e = there ? CRED_OK : name_beside(path, &tmp, why);

	if (e == CRED_OK && !there)
		e = copy_into(r, tmp, why);
	if (e == CRED_OK && !there && link(tmp, path) != 0) {
		there = errno == EEXIST;
		if (!there)
			e = why_errno(
			    why, errno, TR("cannot create", "无法创建"), path);
	}
	if (tmp != NULL)
		unlink(tmp);
	free(tmp);
	if (there)
		return why_set(why, CRED_FAULT_EXISTS,
		    TR("%s exists already; it is not overwritten",
			"%s 已经存在，不会覆盖"),
		    path);
	return e == CRED_OK ? sq_sync_folder_of(path, why) : e;
}

const struct copy_ops pg_copy_ops = {
    .dump = pg_dump,
    .load = pg_load,
    .about = pg_about,
};
