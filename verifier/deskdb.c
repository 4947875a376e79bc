#include "verifier/deskdb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/file.h"
#include "edge/lang.h"
#include "registry/sqlite_cache.h"

#define VERSION 4
#define SEALED  3 /* accounts' secrets are, since this one */
#define WAIT_MS 10000

static const char pragmas[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
    "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
    "PRAGMA secure_delete = ON;";

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS account ("
    " name TEXT PRIMARY KEY, role INTEGER NOT NULL CHECK (role BETWEEN 1 AND "
    "4),"
    " salt BLOB NOT NULL, hash BLOB NOT NULL, secret BLOB NOT NULL,"
    " last_step INTEGER NOT NULL, locked INTEGER NOT NULL,"
    " epoch INTEGER NOT NULL, made_at INTEGER NOT NULL,"
    " seen_at INTEGER NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS attempt ("
    " name BLOB PRIMARY KEY, failed INTEGER NOT NULL,"
    " barred_until INTEGER NOT NULL, last INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS attempt_last ON attempt (last);"
    "CREATE TABLE IF NOT EXISTS sheet ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, sha256 BLOB NOT NULL UNIQUE,"
    " name TEXT NOT NULL, by TEXT NOT NULL, at INTEGER NOT NULL,"
    " state INTEGER NOT NULL, why TEXT NOT NULL DEFAULT '',"
    " done INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0,"
    " judged_at INTEGER NOT NULL DEFAULT 0,"
    " rules TEXT NOT NULL DEFAULT '', xlsx BLOB, csv BLOB,"
    " looked INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE TABLE IF NOT EXISTS line ("
    " sheet INTEGER NOT NULL REFERENCES sheet (id) ON DELETE CASCADE,"
    " row INTEGER NOT NULL, claim TEXT NOT NULL, verdict INTEGER NOT NULL,"
    " codes TEXT NOT NULL, reasons_zh TEXT NOT NULL, reasons_en TEXT NOT NULL,"
    " body TEXT NOT NULL, institution TEXT NOT NULL, fen INTEGER NOT NULL,"
    " certificate TEXT NOT NULL, cells TEXT NOT NULL, content BLOB NOT NULL,"
    " state INTEGER NOT NULL DEFAULT 0, by TEXT NOT NULL DEFAULT '',"
    " at INTEGER NOT NULL DEFAULT 0, note TEXT NOT NULL DEFAULT '',"
    " PRIMARY KEY (sheet, row)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS line_verdict ON line (sheet, verdict, row);"
    "CREATE TABLE IF NOT EXISTS bulk ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " sheet INTEGER NOT NULL REFERENCES sheet (id) ON DELETE CASCADE,"
    " act INTEGER NOT NULL, by TEXT NOT NULL, at INTEGER NOT NULL,"
    " warned INTEGER NOT NULL, state INTEGER NOT NULL,"
    " why TEXT NOT NULL DEFAULT '', done INTEGER NOT NULL DEFAULT 0,"
    " made INTEGER NOT NULL DEFAULT 0, already INTEGER NOT NULL DEFAULT 0,"
    " refused INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE TABLE IF NOT EXISTS kept ("
    " sheet INTEGER NOT NULL REFERENCES sheet (id) ON DELETE CASCADE,"
    " row INTEGER NOT NULL, state INTEGER NOT NULL, by TEXT NOT NULL,"
    " at INTEGER NOT NULL, note TEXT NOT NULL,"
    " PRIMARY KEY (sheet, row)) STRICT, WITHOUT ROWID;";

/* What a database of an older version lacks, by that version. */
static const char *const upgrades[VERSION] = {
    [1] = "ALTER TABLE sheet ADD COLUMN looked INTEGER NOT NULL DEFAULT 0;",
    [2] = "UPDATE account SET secret = totp_seal(name, secret);",
    [3] = "" /* kept: an older program would not give back what it holds */};

enum cred_err
deskdb_fail(struct deskdb *d, struct why *why)
{
	int rc = sqlite3_errcode(d->db);

	if (rc == SQLITE_NOMEM)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	return why_set(why, rc == SQLITE_FULL ? CRED_FAULT_FULL : CRED_FAULT_IO,
	    TR("desk.db: %s; is the disk full, or the file another user's?",
		"desk.db：%s；请检查磁盘空间和文件属主"),
	    sqlite3_errmsg(d->db));
}

static enum cred_err
one_number(struct deskdb *d, const char *sql, int *out, struct why *why)
{
	enum cred_err e = CRED_OK;
	bool row;
	sqlite3_stmt *st = deskdb_prepare(d, sql, &e, why);

	if (st == NULL || (e = deskdb_step(d, st, &row, why)) != CRED_OK)
		return e;
	*out = row ? sqlite3_column_int(st, 0) : 0;
	if (row)
		sqlite3_finalize(st);
	return CRED_OK;
}

/* totp_seal(name, secret): what version 2 kept in the clear. */
static void
seal(sqlite3_context *ctx, int n, sqlite3_value **argv)
{
	const struct deskdb *d = sqlite3_user_data(ctx);
	const char *name = (const char *)sqlite3_value_text(argv[0]);
	const uint8_t *secret = sqlite3_value_blob(argv[1]);
	uint8_t out[DESKKEY_SEALED];

	if (n != 2 || name == NULL || secret == NULL ||
	    sqlite3_value_bytes(argv[1]) != TOTP_SECRET ||
	    deskkey_seal(&d->key, name, secret, out) != CRED_OK)
		sqlite3_result_error(ctx, "no secret of a user", -1);
	else
		sqlite3_result_blob(ctx, out, sizeof out, SQLITE_TRANSIENT);
}

static enum cred_err
load_key(struct deskdb *d, const char *home, int version, struct why *why)
{
	struct person_key ledger;
	char *path = file_join(home, "ledger.key");
	int users = 0;
	enum cred_err e =
	    path == NULL ? CRED_FAULT_NOMEM
			 : one_number(d, "SELECT count(*) FROM account",
			       &users, why);

	if (e == CRED_OK && users > 0 && version >= SEALED &&
	    access(path, F_OK) != 0)
		e = why_set(why, CRED_FAULT_KEY,
		    TR("%s is missing: the second factors of %d users are "
		       "sealed under it; restore it from the backup",
			"缺少 %s：%d 个用户的验证器密钥由它加密，请从备份恢复"),
		    path, users);
	free(path);
	if (e != CRED_OK)
		return e;
	e = person_key_load(home, true, &ledger, why);
	if (e != CRED_OK)
		return e;
	e = deskkey_derive(&ledger, &d->key);
	person_key_clear(&ledger);
	return e == CRED_OK ? e : why_set(why, e, "%s", cred_strerr(e));
}

static enum cred_err
upgrade(struct deskdb *d, const char *home, int *from, struct why *why)
{
	char set[48];
	enum cred_err e = one_number(d, "PRAGMA user_version", from, why);

	if (e == CRED_OK && *from > VERSION)
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("desk.db is of a newer Tamga (%d); upgrade this one",
			"desk.db 由更新的版本（%d）建立，请升级本程序"),
		    *from);
	if (e == CRED_OK)
		e = deskdb_exec(d, schema, why);
	if (e == CRED_OK)
		e = load_key(d, home, *from, why);
	for (int v = *from; v > 0 && v < VERSION && e == CRED_OK; v++)
		e = deskdb_exec(d, upgrades[v], why);
	if (*from == VERSION || e != CRED_OK)
		return e;
	snprintf(set, sizeof set, "PRAGMA user_version = %d", VERSION);
	return deskdb_exec(d, set, why);
}

/* Nobody else may read it, not even for the moment between two calls. One that
 * is there is not opened: closing it would take this process's locks from it,
 * and the next program to leave would remove the log that is written to. */
static enum cred_err
make_file(const char *path, struct why *why)
{
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0 && errno == EEXIST)
		return CRED_OK;
	if (fd < 0)
		return why_errno(
		    why, errno, TR("cannot open", "无法打开"), path);
	close(fd);
	return CRED_OK;
}

enum cred_err
deskdb_there(const char *home, struct why *why)
{
	char *path = file_join(home, "desk.db");
	enum cred_err e = CRED_OK;

	if (path == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	if (access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
		e = why_set(why, CRED_FAULT_CONFIG,
		    TR("%s is not there: the reviewer's page has no user in "
		       "this home. Is the home right? Else make one with: "
		       "tamga-review user add",
			"%s 不存在：此目录中没有审核网页的用户。目录是否正确？"
			"否则先用 tamga-review user add 添加"),
		    path);
	free(path);
	return e;
}

enum cred_err
deskdb_open(const char *home, struct deskdb **out, struct why *why)
{
	struct deskdb *d = calloc(1, sizeof *d);
	char *path = file_join(home, "desk.db");
	enum cred_err e = CRED_OK;
	int from = VERSION;

	if (d == NULL || path == NULL) {
		free(d);
		free(path);
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	}
	sq_cache_use();
	pthread_mutex_init(&d->lock, NULL);
	e = file_mkdirs(home, 0700, why);
	if (e == CRED_OK)
		e = make_file(path, why);
	if (e == CRED_OK &&
	    sqlite3_open_v2(path, &d->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		e = deskdb_fail(d, why);
	if (e == CRED_OK) {
		sqlite3_busy_timeout(d->db, WAIT_MS);
		e = deskdb_exec(d, pragmas, why);
	}
	if (e == CRED_OK &&
	    sqlite3_create_function(d->db, "totp_seal", 2,
		SQLITE_UTF8 | SQLITE_DIRECTONLY, d, seal, NULL,
		NULL) != SQLITE_OK)
		e = deskdb_fail(d, why);
	if (e == CRED_OK)
		e = deskdb_begin(d, why);
	if (e == CRED_OK) {
		e = upgrade(d, home, &from, why);
		e = deskdb_end(d, e, why);
	}
	/* Nor may the log hold what stood there in the clear. */
	if (e == CRED_OK && from < VERSION)
		e = deskdb_trim(d, why);
	free(path);
	if (e != CRED_OK) {
		deskdb_close(d);
		return e;
	}
	*out = d;
	return CRED_OK;
}

void
deskdb_close(struct deskdb *d)
{
	if (d == NULL)
		return;
	sqlite3_close(d->db);
	deskkey_clear(&d->key);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

enum cred_err
deskdb_relax(struct deskdb *d, struct why *why)
{
	return deskdb_exec(d, "PRAGMA synchronous = NORMAL", why);
}

void
deskdb_lock(struct deskdb *d)
{
	pthread_mutex_lock(&d->lock);
}

void
deskdb_unlock(struct deskdb *d)
{
	pthread_mutex_unlock(&d->lock);
}

sqlite3_stmt *
deskdb_prepare(
    struct deskdb *d, const char *sql, enum cred_err *e, struct why *why)
{
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(d->db, sql, -1, &st, NULL) != SQLITE_OK) {
		*e = deskdb_fail(d, why);
		return NULL;
	}
	return st;
}

enum cred_err
deskdb_run(struct deskdb *d, sqlite3_stmt *st, int *changed, struct why *why)
{
	enum cred_err e = CRED_OK;

	if (sqlite3_step(st) != SQLITE_DONE)
		e = deskdb_fail(d, why);
	else if (changed != NULL)
		*changed = sqlite3_changes(d->db);
	sqlite3_finalize(st);
	return e;
}

enum cred_err
deskdb_step(struct deskdb *d, sqlite3_stmt *st, bool *row, struct why *why)
{
	int rc = sqlite3_step(st);
	enum cred_err e = CRED_OK;

	*row = rc == SQLITE_ROW;
	if (rc == SQLITE_ROW)
		return CRED_OK;
	if (rc != SQLITE_DONE)
		e = deskdb_fail(d, why);
	sqlite3_finalize(st);
	return e;
}

enum cred_err
deskdb_exec(struct deskdb *d, const char *sql, struct why *why)
{
	return sqlite3_exec(d->db, sql, NULL, NULL, NULL) == SQLITE_OK
		   ? CRED_OK
		   : deskdb_fail(d, why);
}

enum cred_err
deskdb_trim(struct deskdb *d, struct why *why)
{
	return deskdb_exec(d, "PRAGMA wal_checkpoint(TRUNCATE)", why);
}

enum cred_err
deskdb_begin(struct deskdb *d, struct why *why)
{
	return deskdb_exec(d, "BEGIN IMMEDIATE", why);
}

enum cred_err
deskdb_end(struct deskdb *d, enum cred_err e, struct why *why)
{
	if (e == CRED_OK)
		e = deskdb_exec(d, "COMMIT", why);
	if (e != CRED_OK)
		sqlite3_exec(d->db, "ROLLBACK", NULL, NULL, NULL);
	return e;
}

void
deskdb_text(sqlite3_stmt *st, int col, char *out, size_t cap)
{
	const unsigned char *s = sqlite3_column_text(st, col);

	snprintf(out, cap, "%s", s != NULL ? (const char *)s : "");
}

void
deskdb_hash(sqlite3_stmt *st, int col, uint8_t out[static 32])
{
	const void *p = sqlite3_column_blob(st, col);

	if (p != NULL && sqlite3_column_bytes(st, col) == 32)
		memcpy(out, p, 32);
	else
		memset(out, 0, 32);
}
