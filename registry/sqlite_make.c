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

/*
 * entry holds what is fixed at the reservation, credential the signed bytes,
 * status only what is not valid: a status list is read without touching the
 * entries, and signing rewrites none. An entry is logged when it is signed and
 * below the head's size, so a head swap changes one row.
 *
 * void_mark is 0, or index + 1 for a void entry, which thereby leaves its
 * number and its (batch, row_key) to others. generation counts the
 * certificates before this one that had the same number (replacements).
 */
static const char schema_1[] =
    "CREATE TABLE batch ("
    " id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " first_idx INTEGER NOT NULL, end_idx INTEGER NOT NULL,"
    " made_at INTEGER NOT NULL) STRICT;"
    "CREATE TABLE entry ("
    " idx INTEGER PRIMARY KEY,"
    " batch_id INTEGER NOT NULL REFERENCES batch (id),"
    " row INTEGER NOT NULL, row_key BLOB NOT NULL CHECK (length(row_key) = 32),"
    " void_mark INTEGER NOT NULL DEFAULT 0,"
    " kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 5),"
    " number TEXT, generation INTEGER NOT NULL DEFAULT 0,"
    " name TEXT NOT NULL, id_type INTEGER NOT NULL, id_number TEXT NOT NULL,"
    " occupation TEXT NOT NULL, code TEXT, direction TEXT,"
    " level INTEGER NOT NULL, issued INTEGER NOT NULL,"
    " payload BLOB NOT NULL, print BLOB, reserved_at INTEGER NOT NULL,"
    " replaces INTEGER REFERENCES entry (idx),"
    " CHECK (void_mark = 0 OR void_mark = idx + 1),"
    " UNIQUE (batch_id, row_key, void_mark),"
    " UNIQUE (number, generation, void_mark)) STRICT;"
    "CREATE INDEX entry_person ON entry (id_number, kind, level);"
    "CREATE UNIQUE INDEX entry_replaces ON entry (replaces, void_mark)"
    " WHERE replaces IS NOT NULL;"
    "CREATE TABLE credential ("
    " idx INTEGER PRIMARY KEY REFERENCES entry (idx),"
    " bytes BLOB NOT NULL, signed_at INTEGER NOT NULL) STRICT;"
    "CREATE TABLE status ("
    " idx INTEGER PRIMARY KEY REFERENCES entry (idx),"
    " value INTEGER NOT NULL CHECK (value BETWEEN 0 AND 3)) STRICT;"
    "CREATE TABLE status_version ("
    " list INTEGER PRIMARY KEY, version INTEGER NOT NULL) STRICT;"
    "CREATE TABLE series ("
    " name TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE head ("
    " one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL,"
    " root BLOB NOT NULL, note BLOB NOT NULL) STRICT;"
    "CREATE TABLE meta ("
    " key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE audit ("
    " seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL,"
    " action TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL,"
    " prev BLOB NOT NULL, hash BLOB NOT NULL) STRICT;"
    "CREATE INDEX audit_subject ON audit (subject);";

static enum cred_err
sync_path(const char *path, int flags, struct why *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
	enum cred_err e = CRED_OK;

	if (fd < 0 || fsync(fd) != 0)
		e = why_errno(why, errno, TR("cannot sync", "无法落盘"), path);
	if (fd >= 0)
		close(fd);
	return e;
}

enum cred_err
sq_sync_folder_of(const char *path, struct why *why)
{
	char *dir = strdup(path), *slash;
	enum cred_err e;

	if (dir == NULL)
		return CRED_FAULT_NOMEM;
	slash = strrchr(dir, '/');
	if (slash != NULL)
		slash[slash == dir ? 1 : 0] = '\0';
	e = sync_path(slash != NULL ? dir : ".", O_DIRECTORY, why);
	free(dir);
	return e;
}

/* WAL comes last: until then every page is in the file itself, and closing
 * has nothing to copy that could fail unheard. */
static enum cred_err
fill_new(const char *tmp, struct why *why)
{
	struct sqlite_registry s = {.path = unconst(tmp)};
	int64_t wal = 0;
	enum cred_err e = sq_connect(&s, tmp, SQLITE_OPEN_READWRITE, why);

	if (e == CRED_OK)
		e = sq_script(&s, "BEGIN;", why);
	if (e == CRED_OK)
		e = sq_script(&s, schema_1, why);
	if (e == CRED_OK)
		e = sq_script(&s,
		    "PRAGMA application_id = 0x54616d67;"
		    "PRAGMA user_version = 1; COMMIT;"
		    "PRAGMA journal_mode = WAL;",
		    why);
	if (e == CRED_OK)
		e = sq_pragma(&s,
		    "SELECT journal_mode = 'wal' FROM pragma_journal_mode",
		    &wal, why);
	if (e == CRED_OK && wal == 0)
		e = why_set(why, CRED_FAULT_DB,
		    TR("the file system of %s cannot hold a registry (no "
		       "shared memory for its log); use a local disk",
			"%s 所在的文件系统不能存放登记库（不支持共享内存），"
			"请改用本地磁盘"),
		    tmp);
	sqlite3_close(s.db);
	return e == CRED_OK ? sync_path(tmp, 0, why) : e;
}

/* What is left in it would be taken for pages of whatever file comes to stand
 * beside it. */
static enum cred_err
check_no_wal(const char *path, struct why *why)
{
	struct stat st;
	char *wal = NULL;
	enum cred_err e = CRED_OK;

	if (asprintf(&wal, "%s-wal", path) < 0)
		return CRED_FAULT_NOMEM;
	if (stat(wal, &st) == 0 && st.st_size > 0)
		e = why_set(why, CRED_FAULT_DB,
		    TR("%s is gone, but what was written last is still in %s: "
		       "put the registry back beside it, or, to restore a "
		       "backup, move that file away",
			"%s 不在了，而最后写入的内容还在 %s 中："
			"请把登记库放回原处；若要恢复备份，请先移走该文件"),
		    path, wal);
	free(wal);
	return e;
}

/* A new registry appears whole, 0600, under its name, or not at all. Whoever
 * makes one at the same moment is let win. */
enum cred_err
sq_make(const char *path, struct why *why)
{
	static const char *const also[] = {"", "-wal", "-shm"};
	enum cred_err e;
	char *tmp = NULL, *name;
	int fd;

	if ((e = check_no_wal(path, why)) != CRED_OK)
		return e;
	if (asprintf(&tmp, "%s.new.XXXXXX", path) < 0)
		return CRED_FAULT_NOMEM;
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0) {
		e = why_errno(why, errno,
		    TR("cannot create the registry", "无法创建登记库"), path);
		free(tmp);
		return e;
	}
	close(fd);
	e = fill_new(tmp, why);
	if (e == CRED_OK && link(tmp, path) != 0 && errno != EEXIST)
		e = why_errno(why, errno,
		    TR("cannot create the registry", "无法创建登记库"), path);
	for (size_t i = 0; i < sizeof also / sizeof *also; i++)
		if (asprintf(&name, "%s%s", tmp, also[i]) >= 0) {
			unlink(name);
			free(name);
		}
	free(tmp);
	return e == CRED_OK ? sq_sync_folder_of(path, why) : e;
}
