#include <libpq-fe.h>
#include <sqlite3.h>

#include "bench/scale.h"

#define INDEXES 32

struct bulk {
	const struct table *table;
	sqlite3 *db;
	sqlite3_stmt *st;
	PGconn *pg;
	char *again[INDEXES]; /* what makes PostgreSQL's indexes */
	size_t n_again;
	char *line;
	size_t len, cap;
};

static void
lite(struct bulk *b, const char *text)
{
	if (sqlite3_exec(b->db, text, NULL, NULL, NULL) != SQLITE_OK)
		scale_die(text, sqlite3_errmsg(b->db));
}

static PGresult *
ask(struct bulk *b, const char *text)
{
	PGresult *r = PQexec(b->pg, text);
	ExecStatusType s = PQresultStatus(r);

	if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK &&
	    s != PGRES_COPY_IN)
		scale_die(text, PQerrorMessage(b->pg));
	return r;
}

static void
tell(struct bulk *b, const char *text)
{
	PQclear(ask(b, text));
}

static void
remember(struct bulk *b, const char *text)
{
	if (b->n_again == INDEXES ||
	    (b->again[b->n_again++] = strdup(text)) == NULL)
		scale_die("indexes", "too many");
}

/* The indexes grow row by row, as in life: made at the end their pages would
 * be full, and each of the next rows would divide one. */
static void
open_lite(struct bulk *b, const char *path)
{
	if (sqlite3_open(path, &b->db) != SQLITE_OK)
		scale_die(path, "cannot be opened");
	lite(b, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
		"PRAGMA cache_size = -1200000; PRAGMA locking_mode = EXCLUSIVE");
	lite(b, "BEGIN");
}

/* Emptied and filled in one transaction nothing of it goes through the WAL,
 * where wal_level is minimal. */
static void
open_pg(struct bulk *b, const char *spec)
{
	PGresult *r;
	char text[1024];

	b->pg = PQconnectdb(spec);
	tell(b, "SET client_min_messages = warning");
	tell(b, "SET maintenance_work_mem = '400MB'");
	tell(b, "SET statement_timeout = 0");
	tell(b, "BEGIN");
	r = ask(b,
	    "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I',"
	    " conrelid::regclass, conname),"
	    " format('ALTER TABLE %s ADD CONSTRAINT %I %s',"
	    " conrelid::regclass, conname, pg_get_constraintdef(oid))"
	    " FROM pg_constraint WHERE contype IN ('p', 'u', 'f')"
	    " AND connamespace = current_schema()::regnamespace"
	    " AND conrelid::regclass::text NOT IN"
	    " ('writer', 'receipt', 'tamga_schema')"
	    " ORDER BY contype = 'f' DESC");
	for (int i = 0; i < PQntuples(r); i++)
		tell(b, PQgetvalue(r, i, 0));
	for (int i = PQntuples(r); i-- > 0;)
		remember(b, PQgetvalue(r, i, 1));
	PQclear(r);
	r = ask(b,
	    "SELECT indexname, indexdef FROM pg_indexes"
	    " WHERE schemaname = current_schema() AND tablename NOT IN"
	    " ('writer', 'receipt', 'tamga_schema')");
	for (int i = 0; i < PQntuples(r); i++) {
		snprintf(text, sizeof text, "DROP INDEX %s",
		    PQgetvalue(r, i, 0));
		tell(b, text);
		remember(b, PQgetvalue(r, i, 1));
	}
	PQclear(r);
	for (size_t i = 0; i < TABLES; i++) {
		snprintf(text, sizeof text, "TRUNCATE %s",
		    registry_tables[i].name);
		tell(b, text);
	}
}

struct bulk *
bulk_open(const char *spec)
{
	struct bulk *b = calloc(1, sizeof *b);
	struct registry *r;
	struct why why = {""};

	scale_must(registry_open(spec, REGISTRY_WRITE, &r, &why), &why);
	scale_must(ledger_init(r, &why), &why);
	registry_close(r);
	if (b == NULL)
		scale_die("memory", "none");
	if (strncmp(spec, "sqlite:", 7) == 0)
		open_lite(b, spec + 7);
	else
		open_pg(b, spec);
	return b;
}

static void
end_table(struct bulk *b)
{
	PGresult *r;

	sqlite3_finalize(b->st);
	b->st = NULL;
	if (b->pg == NULL || b->table == NULL)
		return;
	if (PQputCopyEnd(b->pg, NULL) != 1)
		scale_die("COPY", PQerrorMessage(b->pg));
	while ((r = PQgetResult(b->pg)) != NULL) {
		if (PQresultStatus(r) != PGRES_COMMAND_OK)
			scale_die("COPY", PQerrorMessage(b->pg));
		PQclear(r);
	}
}

static void
next_table(struct bulk *b, const char *name)
{
	char text[1024], values[128] = "";
	size_t at;

	end_table(b);
	b->table = NULL;
	for (size_t i = 0; i < TABLES; i++)
		if (strcmp(registry_tables[i].name, name) == 0)
			b->table = &registry_tables[i];
	if (b->table == NULL)
		scale_die(name, "no such table");
	fprintf(stderr, "  %s\n", name);
	at = (size_t)snprintf(text, sizeof text, "%s %s (",
	    b->pg != NULL ? "COPY" : "INSERT INTO", name);
	for (unsigned i = 0; i < b->table->n; i++) {
		const struct column *c = &b->table->columns[i];
		at += (size_t)snprintf(text + at, sizeof text - at, "%s\"%s\"",
		    i == 0 ? "" : ", ",
		    b->pg != NULL && c->pg != NULL ? c->pg : c->name);
		strcat(values, i == 0 ? "?" : ", ?");
	}
	if (b->pg != NULL) {
		snprintf(text + at, sizeof text - at, ") FROM STDIN");
		tell(b, text);
		return;
	}
	snprintf(text + at, sizeof text - at, ") VALUES (%s)", values);
	if (sqlite3_prepare_v2(b->db, text, -1, &b->st, NULL) != SQLITE_OK)
		scale_die(text, sqlite3_errmsg(b->db));
}

static void
put_lite(struct bulk *b, const struct cell *cells)
{
	for (unsigned i = 0; i < b->table->n; i++) {
		const struct cell *c = &cells[i];
		int k = (int)i + 1, n = (int)c->bytes.len;
		if (c->null)
			sqlite3_bind_null(b->st, k);
		else if (b->table->columns[i].type == CELL_INT)
			sqlite3_bind_int64(b->st, k, c->number);
		else if (b->table->columns[i].type == CELL_BLOB)
			sqlite3_bind_blob(b->st, k, c->bytes.ptr, n, NULL);
		else
			sqlite3_bind_text(
			    b->st, k, (const char *)c->bytes.ptr, n, NULL);
	}
	if (sqlite3_step(b->st) != SQLITE_DONE)
		scale_die(b->table->name, sqlite3_errmsg(b->db));
	sqlite3_reset(b->st);
}

static void
put_cell(struct bulk *b, const struct cell *c, enum cell_type type)
{
	static const char hex[] = "0123456789abcdef";
	char *to = b->line + b->len;

	if (c->null) {
		b->len += (size_t)sprintf(to, "\\N");
	} else if (type == CELL_INT) {
		b->len += (size_t)sprintf(to, "%" PRId64, c->number);
	} else if (type == CELL_TEXT) {
		for (size_t i = 0; i < c->bytes.len; i++) {
			if (c->bytes.ptr[i] == '\\')
				*to++ = '\\';
			*to++ = (char)c->bytes.ptr[i];
		}
		b->len = (size_t)(to - b->line);
	} else {
		to += sprintf(to, "\\\\x");
		for (size_t i = 0; i < c->bytes.len; i++) {
			*to++ = hex[c->bytes.ptr[i] >> 4];
			*to++ = hex[c->bytes.ptr[i] & 15];
		}
		b->len = (size_t)(to - b->line);
	}
}

static void
put_pg(struct bulk *b, const struct cell *cells)
{
	size_t most = 64;

	for (unsigned i = 0; i < b->table->n; i++)
		most += 2 * cells[i].bytes.len + 32;
	if (most > b->cap) {
		b->cap = 2 * most;
		if ((b->line = realloc(b->line, b->cap)) == NULL)
			scale_die("memory", "none");
	}
	b->len = 0;
	for (unsigned i = 0; i < b->table->n; i++) {
		put_cell(b, &cells[i], b->table->columns[i].type);
		b->line[b->len++] = i + 1 == b->table->n ? '\n' : '\t';
	}
	if (PQputCopyData(b->pg, b->line, (int)b->len) != 1)
		scale_die("COPY", PQerrorMessage(b->pg));
}

void
bulk_put(struct bulk *b, const char *table, const struct cell *cells)
{
	if (b->table == NULL || strcmp(b->table->name, table) != 0)
		next_table(b, table);
	if (b->pg != NULL)
		put_pg(b, cells);
	else
		put_lite(b, cells);
}

void
bulk_close(struct bulk *b)
{
	end_table(b);
	for (size_t i = 0; i < b->n_again; i++) {
		fprintf(stderr, "  %.60s\n", b->again[i]);
		tell(b, b->again[i]);
		free(b->again[i]);
	}
	if (b->pg != NULL) {
		tell(b, "COMMIT");
		tell(b, "VACUUM ANALYZE"); /* as autovacuum would have */
		tell(b, "CHECKPOINT");
		PQfinish(b->pg);
	} else {
		lite(b, "COMMIT");
		lite(b, "PRAGMA locking_mode = NORMAL;"
			"PRAGMA journal_mode = WAL");
		sqlite3_close(b->db);
	}
	free(b->line);
	free(b);
}
