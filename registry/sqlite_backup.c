#include "registry/sqlite_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/lang.h"

static enum cred_err
copy(struct sqlite_registry *from, struct sqlite_registry *to, struct why *why)
{
	sqlite3_backup *b =
	    sqlite3_backup_init(to->db, "main", from->db, "main");
	int rc;

	if (b == NULL)
		return sq_fail(to, sqlite3_extended_errcode(to->db), why);
	/* All in one step: one reading transaction, one state; in WAL mode it
	 * keeps nobody from writing. */
	rc = sqlite3_backup_step(b, -1);
	for (int i = 0; i < 300 && (rc == SQLITE_BUSY || rc == SQLITE_LOCKED);
	     i++) {
		sqlite3_sleep(100);
		rc = sqlite3_backup_step(b, -1);
	}
	sqlite3_backup_finish(b);
	return rc == SQLITE_DONE ? CRED_OK : sq_fail(to, rc, why);
}

/* Whole, by SQLite's own judgement? */
static enum cred_err
check(struct sqlite_registry *s, struct why *why)
{
	int64_t good = 0;
	enum cred_err e = sq_pragma(s,
	    "SELECT count(*) = 1 AND max(integrity_check) = 'ok'"
	    " FROM pragma_integrity_check",
	    &good, why);

	if (e == CRED_OK && !good)
		e = sq_fail(s, SQLITE_CORRUPT, why);
	return e;
}

static enum cred_err
sync_file(const char *path, struct why *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum cred_err e = CRED_OK;

	if (fd < 0 || fsync(fd) != 0)
		e = why_errno(why, errno, TR("cannot sync", "无法落盘"), path);
	if (fd >= 0)
		close(fd);
	return e;
}

enum cred_err
sqlite_backup(struct registry *r, const char *path, struct why *why)
{
	struct sqlite_registry *from = (struct sqlite_registry *)r;
	struct sqlite_registry to = {.path = unconst(path)};
	enum cred_err e;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno == EEXIST)
		return why_set(why, CRED_FAULT_EXISTS,
		    TR("%s exists already; it is not overwritten",
			"%s 已经存在，不会覆盖"),
		    path);
	if (fd < 0)
		return why_errno(
		    why, errno, TR("cannot create", "无法创建"), path);
	close(fd);
	e = sq_connect(&to, path, SQLITE_OPEN_READWRITE, why);
	if (e == CRED_OK)
		e = copy(from, &to, why);
	sqlite3_close(to.db);
	/* Through a new handle: as whoever restores it will see it. */
	to = (struct sqlite_registry){.path = unconst(path)};
	if (e == CRED_OK)
		e = sq_connect(&to, path, SQLITE_OPEN_READWRITE, why);
	if (e == CRED_OK)
		e = check(&to, why);
	sqlite3_close(to.db);
	if (e == CRED_OK)
		e = sync_file(path, why);
	if (e != CRED_OK)
		unlink(path);
	return e;
}
