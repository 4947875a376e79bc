#include "registry/sqlite_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/lang.h"
#include "registry/copy_int.h"
#include "registry/ledger_int.h"
#include "registry/sqlite_cache.h"

#define APPLICATION_ID 0x54616d67 /* "Tamg" */
#define SCHEMA_VERSION 1
#define BUSY_MS        30000

#define FROM_WHOLE                                                             \
	" FROM entry e JOIN batch b ON b.id = e.batch_id"                      \
	" LEFT JOIN credential c ON c.idx = e.idx"                             \
	" LEFT JOIN status s ON s.idx = e.idx "

static const char *const texts[S_COUNT] = {
    [S_BEGIN] = "BEGIN IMMEDIATE",
    [S_BEGIN_READ] = "BEGIN",
    [S_COMMIT] = "COMMIT",
    [S_ROLLBACK] = "ROLLBACK",
    [S_BATCH_ADD] = "INSERT INTO batch (name, first_idx, end_idx, made_at)"
		    " VALUES (?1, ?2, ?2, ?3) ON CONFLICT (name) DO NOTHING",
    [S_BATCH_GET] = "SELECT id FROM batch WHERE name = ?1",
    [S_BATCH_RANGE] = "UPDATE batch SET end_idx = ?2 WHERE id = ?1",
    [S_NEXT_INDEX] = "SELECT coalesce(max(idx) + 1, 0) FROM entry",
    [S_ROW_GET] = "SELECT idx FROM entry"
		  " WHERE batch_id = ?1 AND row_key = ?2 AND void_mark = 0",
    [S_SERIES_GET] = "SELECT last FROM series WHERE name = ?1",
    [S_SERIES_SET] = "INSERT INTO series (name, last) VALUES (?1, ?2)"
		     " ON CONFLICT (name) DO UPDATE SET last = ?2",
    [S_NUMBER_GET] = "SELECT idx, generation FROM entry"
		     " WHERE number = ?1 AND void_mark = 0"
		     " ORDER BY generation DESC LIMIT 1",
    [S_REPLACE_OLD] = "SELECT coalesce(s.value, 0), e.number, e.generation,"
		      " EXISTS (SELECT 1 FROM entry n"
		      "  WHERE n.replaces = e.idx AND n.void_mark = 0)"
		      " FROM entry e JOIN credential c ON c.idx = e.idx"
		      " LEFT JOIN status s ON s.idx = e.idx WHERE e.idx = ?1",
    [S_ENTRY_ADD] =
	"INSERT INTO entry (idx, batch_id, row, row_key, kind, number,"
	" generation, name, id_type, id_number, occupation, code, direction,"
	" level, issued, payload, print, reserved_at, replaces)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
	" ?14, ?15, ?16, ?17, ?18, ?19)",
    [S_STATE_GET] =
	"SELECT e.void_mark, c.idx IS NOT NULL, s.value,"
	" (SELECT size FROM head),"
	" EXISTS (SELECT 1 FROM entry n JOIN credential d ON d.idx = n.idx"
	"  WHERE n.replaces = e.idx AND n.void_mark = 0)"
	" FROM entry e LEFT JOIN credential c ON c.idx = e.idx"
	" LEFT JOIN status s ON s.idx = e.idx WHERE e.idx = ?1",
    [S_CREDENTIAL_GET] = "SELECT bytes FROM credential WHERE idx = ?1",
    [S_CREDENTIAL_ADD] = "INSERT INTO credential (idx, bytes, signed_at)"
			 " VALUES (?1, ?2, ?3)",
    [S_VOID] = "UPDATE entry SET void_mark = idx + 1 WHERE idx = ?1",
    [S_STALE] = "SELECT e.idx FROM entry e"
		" LEFT JOIN credential c ON c.idx = e.idx"
		" WHERE e.idx >= max(?1, coalesce((SELECT size FROM head), 0))"
		" AND c.idx IS NULL AND e.void_mark = 0"
		" AND e.reserved_at < ?2 ORDER BY e.idx LIMIT 1",
    [S_STATUS_PUT] = "INSERT INTO status (idx, value) VALUES (?1, ?2)"
		     " ON CONFLICT (idx) DO UPDATE SET value = ?2",
    [S_STATUS_BITS] = "SELECT idx, value FROM status"
		      " WHERE idx >= ?1 AND idx < ?2 AND value <> 0",
    [S_VERSION_RAISE] =
	"INSERT INTO status_version (list, version) VALUES (?1, 1)"
	" ON CONFLICT (list) DO UPDATE SET version = version + 1",
    [S_VERSION_GET] = "SELECT version FROM status_version WHERE list = ?1",
    /* By the row number: those logged since the last sweep are few. */
    [S_SUPERSEDE] =
	"SELECT n.replaces, coalesce(s.value, 0), n.idx"
	" FROM entry n NOT INDEXED JOIN credential c ON c.idx = n.idx"
	" LEFT JOIN status s ON s.idx = n.replaces"
	" WHERE n.idx >= ?1 AND n.idx < ?2 AND n.replaces IS NOT NULL"
	" AND n.void_mark = 0 AND coalesce(s.value, 0) NOT IN (1, 3)"
	" ORDER BY n.idx LIMIT 1",
    [S_HEAD_GET] = "SELECT size, root, note FROM head",
    [S_HEAD_PUT] =
	"INSERT INTO head (one, size, root, note) VALUES (1, ?1, ?2, ?3)"
	" ON CONFLICT (one) DO UPDATE SET size = ?1, root = ?2, note = ?3",
    [S_SIGNED_COUNT] = "SELECT count(*) FROM credential"
		       " WHERE idx >= ?1 AND idx < ?2",
    [S_VOID_COUNT] = "SELECT count(*) FROM entry"
		     " WHERE idx >= ?1 AND idx < ?2 AND void_mark <> 0",
    [S_BY_INDEX] = "SELECT " ENTRY_COLUMNS FROM_WHOLE "WHERE e.idx = ?1",
    [S_BY_NUMBER] = "SELECT " ENTRY_COLUMNS FROM_WHOLE
		    "WHERE e.number = ?1 AND e.void_mark = 0"
		    " ORDER BY e.generation DESC LIMIT 1",
    [S_FIND_SAME] = "SELECT e.idx, e.payload FROM entry e LEFT JOIN status s "
		    "ON s.idx = e.idx"
		    " WHERE e.id_number = ?1 AND e.kind = ?2 AND e.level = ?3"
		    " AND e.id_type = ?4 AND e.void_mark = 0"
		    " AND coalesce(s.value, 0) NOT IN (1, 3)"
		    " AND CASE WHEN ?5 IS NOT NULL AND e.code IS NOT NULL"
		    "  THEN e.code = ?5 ELSE e.occupation = ?6 END"
		    " ORDER BY e.idx",
    [S_META_GET] = "SELECT value FROM meta WHERE key = ?1",
    [S_META_SET] = "INSERT INTO meta (key, value) VALUES (?1, ?2)"
		   " ON CONFLICT (key) DO UPDATE SET value = ?2",
    [S_META_RAISE] = "INSERT INTO meta (key, value) VALUES (?1, ?2)"
		     " ON CONFLICT (key) DO UPDATE SET value = max(value, ?2)",
    [S_AUDIT_LAST] = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1",
    [S_AUDIT_ADD] = "INSERT INTO audit (seq, at, actor, action, subject,"
		    " detail, prev, hash)"
		    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
};

enum cred_err
sq_fail(struct sqlite_registry *s, int rc, struct why *why)
{
	int err = s->db != NULL ? sqlite3_system_errno(s->db) : 0;
	const char *said = sqlite3_errstr(rc);

	switch (rc & 0xff) {
	case SQLITE_NOMEM:
		return why_set(
		    why, CRED_FAULT_NOMEM, TR("out of memory", "内存不足"));
	case SQLITE_FULL:
		return why_set(why, CRED_FAULT_FULL,
		    TR("registry %s: no space left on its disk; make room and "
		       "run again",
			"登记库 %s：磁盘已满，请腾出空间后重新运行"),
		    s->path);
	case SQLITE_IOERR:
		if (rc == SQLITE_IOERR_NOMEM)
			return why_set(why, CRED_FAULT_NOMEM,
			    TR("out of memory", "内存不足"));
		s->broken = true;
		if (err == ENOSPC || err == EDQUOT)
			return why_set(why, CRED_FAULT_FULL,
			    TR("registry %s: no space left on its disk; make "
			       "room and run again",
				"登记库 %s：磁盘已满，请腾出空间后重新运行"),
			    s->path);
		return why_set(why, CRED_FAULT_IO,
		    TR("registry %s: %s (%s); check the disk, then run again",
			"登记库 %s：%s（%s），请检查磁盘后重新运行"),
		    s->path, said, err != 0 ? strerror(err) : "?");
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return why_set(why, CRED_FAULT_DB,
		    TR("registry %s: held by another program for %d s; try "
		       "again when it has finished",
			"登记库 %s：被另一程序占用超过 %d 秒，请稍后再试"),
		    s->path, BUSY_MS / 1000);
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
	case SQLITE_CANTOPEN:
		return why_set(why, CRED_FAULT_DB,
		    TR("registry %s: cannot be opened or written (%s); check "
		       "owner and rights of the file and its folder",
			"登记库 %s：打不开或不可写（%s），"
			"请检查文件及其文件夹的属主和权限"),
		    s->path, err != 0 ? strerror(err) : said);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return why_set(why, CRED_FAULT_DB,
		    TR("registry %s: damaged or no registry (%s); restore it "
		       "from a backup",
			"登记库 %s：已损坏或不是登记库（%s），请从备份恢复"),
		    s->path, said);
	default:
		return why_set(why, CRED_FAULT_DB,
		    TR("registry %s: %s", "登记库 %s：%s"), s->path,
		    s->db != NULL ? sqlite3_errmsg(s->db) : said);
	}
}

static enum cred_err
check_whole(const struct sqlite_registry *s, struct why *why)
{
	if (!s->broken)
		return CRED_OK;
	return why_set(why, CRED_FAULT_IO,
	    TR("registry %s: an earlier write failed; start again",
		"登记库 %s：先前写入失败，请重新启动程序"),
	    s->path);
}

enum cred_err
sq_prepare(struct sqlite_registry *s, const char *sql, sqlite3_stmt **out,
    struct why *why)
{
	enum cred_err e = check_whole(s, why);
	int rc;

	if (e != CRED_OK)
		return e;
	rc = sqlite3_prepare_v2(s->db, sql, -1, out, NULL);
	return rc == SQLITE_OK ? CRED_OK : sq_fail(s, rc, why);
}

sqlite3_stmt *
sq_get(struct sqlite_registry *s, sqlite3_stmt **slot, const char *text,
    enum cred_err *e, struct why *why)
{
	int rc;

	if (slot != &s->stmts[S_ROLLBACK] &&
	    (*e = check_whole(s, why)) != CRED_OK)
		return NULL;
	if (*slot == NULL) {
		rc = sqlite3_prepare_v3(
		    s->db, text, -1, SQLITE_PREPARE_PERSISTENT, slot, NULL);
		if (rc != SQLITE_OK) {
			*e = sq_fail(s, rc, why);
			return NULL;
		}
	}
	sqlite3_reset(*slot);
	sqlite3_clear_bindings(*slot);
	return *slot;
}

sqlite3_stmt *
sq(struct sqlite_registry *s, enum stmt which, enum cred_err *e,
    struct why *why)
{
	return sq_get(s, &s->stmts[which], texts[which], e, why);
}

enum cred_err
sq_run(struct sqlite_registry *s, sqlite3_stmt *st, struct why *why)
{
	int rc = sqlite3_step(st);
	enum cred_err e =
	    rc == SQLITE_DONE || rc == SQLITE_ROW
		? CRED_OK
		: sq_fail(s, sqlite3_extended_errcode(s->db), why);

	sqlite3_reset(st);
	return e;
}

enum cred_err
sq_row(struct sqlite_registry *s, sqlite3_stmt *st, bool *row, struct why *why)
{
	int rc = sqlite3_step(st);
	enum cred_err e;

	if (rc == SQLITE_ROW || rc == SQLITE_DONE) {
		*row = rc == SQLITE_ROW;
		return CRED_OK;
	}
	e = sq_fail(s, sqlite3_extended_errcode(s->db), why);
	sqlite3_reset(st);
	return e;
}

enum cred_err
sq_begin(struct sqlite_registry *s, struct why *why)
{
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st = sq(s, S_BEGIN, &e, why);

	return st == NULL ? e : sq_run(s, st, why);
}

enum cred_err
sq_end(struct sqlite_registry *s, enum cred_err e, struct why *why)
{
	enum cred_err ignored = CRED_OK;
	sqlite3_stmt *st;

	if (e == CRED_OK && (st = sq(s, S_COMMIT, &e, why)) != NULL)
		e = sq_run(s, st, why);
	/* A failed statement may have rolled back by itself. */
	if (e != CRED_OK && sqlite3_get_autocommit(s->db) == 0 &&
	    (st = sq(s, S_ROLLBACK, &ignored, NULL)) != NULL)
		ignored = sq_run(s, st, NULL);
	return e;
}

void
sq_text(sqlite3_stmt *st, int i, const char *text)
{
	if (text == NULL)
		sqlite3_bind_null(st, i);
	else
		sqlite3_bind_text(st, i, text, -1, SQLITE_STATIC);
}

void
sq_blob(sqlite3_stmt *st, int i, struct bytes b)
{
	if (b.len == 0)
		sqlite3_bind_zeroblob(st, i, 0);
	else
		sqlite3_bind_blob64(st, i, b.ptr, b.len, SQLITE_STATIC);
}

void
sq_bind(sqlite3_stmt *st, const struct sq_value *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int at = (int)i + 1;
		switch (v[i].type) {
		case SQ_IS_INT:
			sqlite3_bind_int64(st, at, v[i].n);
			break;
		case SQ_IS_TEXT:
			sq_text(st, at, v[i].text);
			break;
		case SQ_IS_BLOB:
			sq_blob(st, at, v[i].blob);
			break;
		}
	}
}

enum cred_err
sq_exec(struct sqlite_registry *s, sqlite3_stmt *st, enum cred_err e,
    const struct sq_value *v, size_t n, struct why *why)
{
	if (st == NULL)
		return e;
	sq_bind(st, v, n);
	return sq_run(s, st, why);
}

const char *
sq_col_text(sqlite3_stmt *st, int col, bool *oom)
{
	bool null = sqlite3_column_type(st, col) == SQLITE_NULL;
	const unsigned char *p = sqlite3_column_text(st, col);

	*oom |= p == NULL && !null;
	return (const char *)p;
}

struct bytes
sq_col_blob(sqlite3_stmt *st, int col, bool *oom)
{
	const void *p = sqlite3_column_blob(st, col);
	int n = sqlite3_column_bytes(st, col);

	*oom |= p == NULL && n > 0;
	return p != NULL && n > 0 ? bytes_of(p, (size_t)n) : (struct bytes){0};
}

enum cred_err
sq_pragma(
    struct sqlite_registry *s, const char *sql, int64_t *out, struct why *why)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);

	if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		*out = sqlite3_column_int64(st, 0);
		rc = SQLITE_OK;
	}
	if (rc != SQLITE_OK)
		rc = sqlite3_extended_errcode(s->db);
	sqlite3_finalize(st);
	return rc == SQLITE_OK ? CRED_OK : sq_fail(s, rc, why);
}

enum cred_err
sq_script(struct sqlite_registry *s, const char *sql, struct why *why)
{
	int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK
		   ? CRED_OK
		   : sq_fail(s, sqlite3_extended_errcode(s->db), why);
}

static enum cred_err
schema_check(
    struct sqlite_registry *s, int64_t id, int64_t version, struct why *why)
{
	if (id != APPLICATION_ID || version < 1)
		return why_set(why, CRED_FAULT_DB,
		    TR("%s is a database, but not a registry of Tamga",
			"%s 是数据库，但不是 Tamga 的登记库"),
		    s->path);
	if (version > SCHEMA_VERSION)
		return why_set(why, CRED_FAULT_DB,
		    TR("registry %s has schema version %lld, this program "
		       "knows up to %d: it was written by a newer Tamga; "
		       "update this one",
			"登记库 %s 的结构版本为 %lld，本程序只认识到 %d："
			"它由更新的 Tamga 写成，请升级本程序"),
		    s->path, (long long)version, SCHEMA_VERSION);
	return CRED_OK;
}

enum cred_err
sq_connect(
    struct sqlite_registry *s, const char *path, int flags, struct why *why)
{
	int rc;

	sq_cache_use();
	rc = sqlite3_open_v2(path, &s->db, SQLITE_OPEN_NOMUTEX | flags, NULL);
	if (rc != SQLITE_OK)
		return sq_fail(s,
		    s->db != NULL ? sqlite3_extended_errcode(s->db) : rc, why);
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, BUSY_MS);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
	return sq_script(s,
	    "PRAGMA synchronous = FULL;"
	    "PRAGMA temp_store = MEMORY;"
	    "PRAGMA cell_size_check = ON;"
	    "PRAGMA cache_size = -40000;",
	    why);
}

static void
sqlite_close(struct registry *r)
{
	struct sqlite_registry *s = (struct sqlite_registry *)r;

	for (size_t i = 0; i < S_COUNT; i++)
		sqlite3_finalize(s->stmts[i]);
	for (size_t i = 0; i < SQLITE_LEDGER_STMTS; i++)
		sqlite3_finalize(s->ledger[i]);
	for (size_t i = 0; i < 6; i++)
		sqlite3_finalize(s->ledger_each[i]);
	sqlite3_finalize(s->ledger_tables);
	sqlite3_close(s->db);
	free(s->path);
	free(s);
}

/*
 * A writer killed between its commit and the sync of it leaves a transaction
 * that the next one to open the file takes for done: "issued already" it says,
 * so it has to be as durable as what is done. Seen by processes that run on it
 * is only after its sync.
 */
static enum cred_err
sync_what_was_found(const struct sqlite_registry *s, struct why *why)
{
	/* beside the file itself, where path is a link to it */
	const char *wal =
	    sqlite3_filename_wal(sqlite3_db_filename(s->db, "main"));
	int fd = open(wal, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), e = 0;

	if (fd < 0 && errno == ENOENT)
		return CRED_OK;
	if (fd < 0 || fsync(fd) != 0)
		e = errno;
	if (fd >= 0)
		close(fd);
	return e == 0 ? CRED_OK : why_errno(why, e, "registry", s->path);
}

enum cred_err
sqlite_registry_open(const char *path, enum registry_mode mode,
    struct registry **out, struct why *why)
{
	struct sqlite_registry *s;
	int64_t version = 0, id = 0;
	struct stat st;
	enum cred_err e;

	if (stat(path, &st) != 0) {
		if (mode == REGISTRY_READ || errno != ENOENT)
			return why_set(why, CRED_FAULT_DB,
			    TR("there is no registry at %s (%s)",
				"%s 处没有登记库（%s）"),
			    path, strerror(errno));
		if ((e = sq_make(path, why)) != CRED_OK)
			return e;
	}
	s = calloc(1, sizeof *s);
	if (s == NULL || (s->path = strdup(path)) == NULL) {
		free(s);
		return why_set(
		    why, CRED_FAULT_NOMEM, TR("out of memory", "内存不足"));
	}
	s->base.ops = &sqlite_ops;
	e = sq_connect(s, path,
	    mode == REGISTRY_READ ? SQLITE_OPEN_READONLY
				  : SQLITE_OPEN_READWRITE,
	    why);
	if (e == CRED_OK)
		e = sq_pragma(s, "PRAGMA user_version", &version, why);
	if (e == CRED_OK)
		e = sq_pragma(s, "PRAGMA application_id", &id, why);
	if (e == CRED_OK)
		e = schema_check(s, id, version, why);
	if (e == CRED_OK && mode == REGISTRY_WRITE)
		e = sync_what_was_found(s, why);
	if (e != CRED_OK) {
		sqlite_close(&s->base);
		return e;
	}
	*out = &s->base;
	return CRED_OK;
}

const struct registry_ops sqlite_ops = {
    .close = sqlite_close,
    .reserve = sqlite_reserve,
    .store = sqlite_store,
    .void_ = sqlite_void,
    .void_stale = sqlite_void_stale,
    .head_get = sqlite_head_get,
    .head_swap = sqlite_head_swap,
    .next_index = sqlite_next_index,
    .by_index = sqlite_by_index,
    .by_number = sqlite_by_number,
    .find_same = sqlite_find_same,
    .each = sqlite_each,
    .status_set_many = sqlite_status_set_many,
    .supersede = sqlite_supersede,
    .status_bits = sqlite_status_bits,
    .status_version = sqlite_status_version,
    .meta_get = sqlite_meta_get,
    .meta_set = sqlite_meta_set,
    .backup = sqlite_backup,
    .audit_append = sqlite_audit_append,
    .audit_each = sqlite_audit_each,
    .ledger = &sqlite_ledger_ops,
    .copy = &sqlite_copy_ops,
};
