#include "verifier/tempdb.h"

#include "edge/lang.h"
#include "registry/sqlite_cache.h"

enum cred_err
tempdb_open(const char *schema, sqlite3 **out, struct why *why)
{
	sqlite3 *db = NULL;
	enum cred_err e = CRED_OK;

	sq_cache_use();
	if (sqlite3_open_v2("", &db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
		    SQLITE_OPEN_NOMUTEX,
		NULL) != SQLITE_OK ||
	    sqlite3_exec(db,
		"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
		"PRAGMA temp_store = FILE; PRAGMA cache_size = -32000;",
		NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db, schema, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db, "BEGIN;", NULL, NULL, NULL) != SQLITE_OK) {
		e = tempdb_fail(db, why);
		sqlite3_close(db);
		return e;
	}
	*out = db;
	return CRED_OK;
}

enum cred_err
tempdb_fail(sqlite3 *db, struct why *why)
{
	int rc = db != NULL ? sqlite3_errcode(db) : SQLITE_NOMEM;

	if (rc == SQLITE_NOMEM)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	return why_set(why, rc == SQLITE_FULL ? CRED_FAULT_FULL : CRED_FAULT_IO,
	    TR("temporary database: %s; is there room in the folder for "
	       "temporary files?",
		"临时数据库：%s；请检查临时文件夹的剩余空间"),
	    sqlite3_errmsg(db));
}

sqlite3_stmt *
tempdb_get(sqlite3 *db, sqlite3_stmt **slot, const char *sql)
{
	if (*slot == NULL &&
	    sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, slot,
		NULL) != SQLITE_OK)
		return NULL;
	sqlite3_reset(*slot);
	sqlite3_clear_bindings(*slot);
	return *slot;
}

void
tempdb_text(sqlite3_stmt *st, int i, const char *s)
{
	sqlite3_bind_text(st, i, s, -1, SQLITE_STATIC);
}

void
tempdb_blob(sqlite3_stmt *st, int i, const uint8_t *p, int n)
{
	if (p == NULL)
		sqlite3_bind_null(st, i);
	else
		sqlite3_bind_blob(st, i, p, n, SQLITE_STATIC);
}

enum cred_err
tempdb_run(sqlite3 *db, sqlite3_stmt *st, struct why *why)
{
	enum cred_err e =
	    sqlite3_step(st) == SQLITE_DONE ? CRED_OK : tempdb_fail(db, why);

	sqlite3_reset(st);
	return e;
}

enum cred_err
tempdb_next(sqlite3 *db, sqlite3_stmt *st, bool *row, struct why *why)
{
	int rc = sqlite3_step(st);

	*row = rc == SQLITE_ROW;
	if (*row)
		return CRED_OK;
	if (rc != SQLITE_DONE)
		return tempdb_fail(db, why);
	sqlite3_reset(st);
	return CRED_OK;
}
