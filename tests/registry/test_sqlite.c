/* What only the SQLite engine has: its file, its schema, other processes. */
#include "tests/registry/fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char series[] = "S000015000123254";

static int
set_up(void **state)
{
	*state = fixture_new("sqlite:");
	return 0;
}

static int
tear_down(void **state)
{
	fixture_free(*state);
	return 0;
}

static const char *
db_path(const struct fixture *f)
{
	return f->spec + strlen("sqlite:");
}

/* Syncs of a write-ahead log; the engine's go through here as well. */
static unsigned n_wal_syncs;

static int
count_sync(int fd, long call)
{
	char link[64], path[4096];
	ssize_t n;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof path);
	n_wal_syncs += n > 4 && memcmp(path + n - 4, "-wal", 4) == 0;
	return (int)syscall(call, fd);
}

int
fsync(int fd)
{
	return count_sync(fd, SYS_fsync);
}

int
fdatasync(int fd)
{
	return count_sync(fd, SYS_fdatasync);
}

/* As somebody with a database tool would. */
static void
meddle(struct fixture *f, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(db_path(f), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static enum cred_err
reopen(struct fixture *f, enum registry_mode mode)
{
	struct registry *r = NULL;
	enum cred_err e;

	registry_close(f->r);
	f->r = NULL;
	memset(&f->why, 0, sizeof f->why);
	e = registry_open(f->spec, mode, &r, &f->why);
	if (e == CRED_OK)
		f->r = r;
	else
		assert_true(strlen(f->why.text) > 10);
	return e;
}

static void
file_is_private_and_durable(void **state)
{
	struct fixture *f = *state;
	const char *names[] = {"", "-wal", "-shm"};
	char path[256];
	struct stat st;

	reserve_n(f->r, "B", 2, 1, NULL);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s%s", db_path(f), names[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
}

static int64_t
pragma(const char *path, const char *sql, char *text, size_t size)
{
	sqlite3 *db;
	sqlite3_stmt *st;
	int64_t v;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	v = sqlite3_column_int64(st, 0);
	if (text != NULL)
		snprintf(
		    text, size, "%s", (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	sqlite3_close(db);
	return v;
}

static void
schema_is_marked(void **state)
{
	struct fixture *f = *state;
	char mode[16];

	assert_int_equal(pragma(db_path(f), "PRAGMA user_version", NULL, 0), 1);
	assert_int_equal(
	    pragma(db_path(f), "PRAGMA application_id", NULL, 0), 0x54616d67);
	pragma(db_path(f), "PRAGMA journal_mode", mode, sizeof mode);
	assert_string_equal(mode, "wal");
}

static void
newer_schema_is_refused(void **state)
{
	struct fixture *f = *state;

	meddle(f, "PRAGMA user_version = 99");
	assert_int_equal(reopen(f, REGISTRY_WRITE), CRED_FAULT_DB);
	assert_non_null(strstr(f->why.text, "99"));
	assert_int_equal(reopen(f, REGISTRY_READ), CRED_FAULT_DB);
}

static void
other_files_are_refused(void **state)
{
	struct fixture *f = *state;
	FILE *fp;

	meddle(f, "PRAGMA application_id = 7");
	assert_int_equal(reopen(f, REGISTRY_WRITE), CRED_FAULT_DB);
	unlink(db_path(f));
	meddle(f, "CREATE TABLE t (x)"); /* somebody's database */
	assert_int_equal(reopen(f, REGISTRY_WRITE), CRED_FAULT_DB);
	unlink(db_path(f));
	assert_non_null(fp = fopen(db_path(f), "w"));
	for (int i = 0; i < 3000; i++)
		fputs("no database ", fp);
	fclose(fp);
	assert_int_equal(reopen(f, REGISTRY_WRITE), CRED_FAULT_DB);
	unlink(db_path(f));
	assert_non_null(fp = fopen(db_path(f), "w"));
	fclose(fp); /* empty */
	assert_int_equal(reopen(f, REGISTRY_WRITE), CRED_FAULT_DB);
	unlink(db_path(f));
	assert_int_equal(mkdir(db_path(f), 0700), 0);
	assert_int_equal(reopen(f, REGISTRY_WRITE), CRED_FAULT_DB);
}

static void
reading_needs_one(void **state)
{
	struct fixture *f = *state;
	struct registry *r;
	struct reservation row;
	struct plan *p = plan_new();
	uint64_t n;

	reserve_n(f->r, "B", 2, 3, NULL);
	assert_int_equal(reopen(f, REGISTRY_READ), CRED_OK);
	assert_ok(f, registry_next_index(f->r, &n, &f->why));
	assert_int_equal(n, 3);
	row_init(&row, 9, series);
	assert_int_equal(
	    registry_reserve(f->r, "B", &row, 1, NOW, fill_plain, p, &f->why),
	    CRED_FAULT_DB);
	assert_int_equal(
	    registry_open("sqlite:/proc/none/r.db", REGISTRY_READ, &r, &f->why),
	    CRED_FAULT_DB);
	assert_int_equal(registry_open("sqlite:/proc/none/r.db", REGISTRY_WRITE,
			     &r, &f->why),
	    CRED_FAULT_IO);
	free(p);
}

static void
nothing_temporary_is_left(void **state)
{
	struct fixture *f = *state;
	char cmd[256], line[256];
	FILE *fp;

	snprintf(cmd, sizeof cmd, "ls %s", f->dir);
	assert_non_null(fp = popen(cmd, "r"));
	while (fgets(line, sizeof line, fp) != NULL)
		assert_null(strstr(line, ".new."));
	pclose(fp);
}

/* Whoever took registry.db away and left its -wal: those pages must not go
 * into a new one. */
static void
stray_wal_is_refused(void **state)
{
	struct fixture *f = *state;
	struct registry *r = NULL;
	char wal[256], cmd[600];

	reserve_n(f->r, "B", 2, 3, NULL);
	snprintf(wal, sizeof wal, "%s-wal", db_path(f));
	snprintf(cmd, sizeof cmd, "cp %s %s.kept", wal, wal);
	assert_int_equal(system(cmd), 0);
	registry_close(f->r);
	f->r = NULL;
	unlink(db_path(f));
	/* Closing removed it; a crash would not have. */
	snprintf(cmd, sizeof cmd, "mv %s.kept %s", wal, wal);
	assert_int_equal(system(cmd), 0);
	assert_int_equal(
	    registry_open(f->spec, REGISTRY_WRITE, &r, &f->why), CRED_FAULT_DB);
	assert_non_null(strstr(f->why.text, "registry.db-wal"));
	assert_int_not_equal(access(db_path(f), F_OK), 0);
	unlink(wal);
	assert_ok(f, registry_open(f->spec, REGISTRY_WRITE, &f->r, &f->why));
}

static void
damage_is_named(void **state)
{
	struct fixture *f = *state;
	struct why why = {0};
	int fd;

	reserve_n(f->r, "B", 2, 500, NULL);
	registry_close(f->r);
	f->r = NULL;
	fd = open(db_path(f), O_WRONLY);
	for (off_t at = 4096; at < 400000; at += 4096)
		assert_int_equal(
		    pwrite(fd, "rubbish rubbish rubbish", 23, at), 23);
	close(fd);
	assert_ok(f, registry_open(f->spec, REGISTRY_WRITE, &f->r, &f->why));
	assert_int_equal(
	    registry_next_index(f->r, &(uint64_t){0}, &why), CRED_FAULT_DB);
	assert_non_null(strstr(why.text, "backup"));
}

static void
trail_tampering_is_found(void **state)
{
	static const char *const tricks[] = {
	    "UPDATE audit SET actor = 'nobody' WHERE seq = 2",
	    "UPDATE audit SET at = at + 1 WHERE seq = 3",
	    "UPDATE audit SET detail = detail || ' ' WHERE seq = 3",
	    "DELETE FROM audit WHERE seq = 1",
	    "DELETE FROM audit WHERE seq = 2",
	    "UPDATE audit SET seq = 9 WHERE seq = 3",
	    "UPDATE audit SET hash = zeroblob(32) WHERE seq = 3",
	    "UPDATE audit SET prev = zeroblob(32) WHERE seq = 3",
	    "UPDATE audit SET actor = action, action = actor WHERE seq = 2",
	};
	struct fixture *f = *state;
	uint8_t last[32];
	uint64_t n;

	for (int i = 0; i < 3; i++)
		assert_ok(f, registry_audit_append(f->r, "li", "issue",
				 "batch B", "reason", NOW + i, &f->why));
	for (size_t i = 0; i < sizeof tricks / sizeof *tricks; i++) {
		char sql[512];
		sqlite3 *db;

		assert_ok(f, registry_audit_verify(f->r, &n, last, &f->why));
		meddle(f, "CREATE TABLE keep AS SELECT * FROM audit");
		snprintf(sql, sizeof sql, "%s", tricks[i]);
		meddle(f, sql);
		assert_int_equal(registry_audit_verify(f->r, &n, last, &f->why),
		    CRED_ERR_TRAIL);
		assert_int_equal(sqlite3_open(db_path(f), &db), SQLITE_OK);
		assert_int_equal(sqlite3_exec(db,
				     "DELETE FROM audit; INSERT INTO audit "
				     "SELECT * FROM keep; DROP TABLE keep",
				     NULL, NULL, NULL),
		    SQLITE_OK);
		sqlite3_close(db);
	}
	/* A trail cut at its end is consistent: the count tells. */
	meddle(f, "DELETE FROM audit WHERE seq = 3");
	assert_ok(f, registry_audit_verify(f->r, &n, last, &f->why));
	assert_int_equal(n, 2);
}

/* Each of the processes reserves, stores and counts what it was given. */
#define ROWS   25
#define ROUNDS 20

static int
reserve_in_child(const char *spec, int who, int fd)
{
	struct registry *r = NULL;
	struct why why = {0};
	char batch[16];

	if (registry_open(spec, REGISTRY_WRITE, &r, &why) != CRED_OK)
		return 2;
	snprintf(batch, sizeof batch, "C%d", who);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		struct reservation rows[ROWS];
		struct plan *p = plan_new();

		for (uint32_t i = 0; i < ROWS; i++)
			row_init(&rows[i], round * ROWS + i, series);
		if (registry_reserve(r, batch, rows, ROWS, NOW, fill_plain, p,
			&why) != CRED_OK) {
			fprintf(stderr, "%s\n", why.text);
			return 3;
		}
		for (size_t i = 0; i < ROWS; i++) {
			uint64_t got[2] = {rows[i].index, rows[i].serial};
			if (write(fd, got, sizeof got) != sizeof got)
				return 4;
		}
		free(p);
	}
	registry_close(r);
	return 0;
}

static void
processes_never_share_an_index(void **state)
{
	enum { N = 4 };
	struct fixture *f = *state;
	bool index[N * ROWS * ROUNDS] = {0}, serial[N * ROWS * ROUNDS] = {0};
	uint64_t got[2];
	size_t n = 0;
	int fds[2], status;

	/* They may even make the file at the same moment. */
	registry_close(f->r);
	f->r = NULL;
	unlink(db_path(f));
	assert_int_equal(pipe(fds), 0);
	for (int i = 0; i < N; i++)
		if (fork() == 0) {
			close(fds[0]);
			_exit(reserve_in_child(f->spec, i, fds[1]));
		}
	close(fds[1]);
	while (read(fds[0], got, sizeof got) == sizeof got) {
		assert_true(got[0] < N * ROWS * ROUNDS);
		assert_true(got[1] >= 1 && got[1] <= N * ROWS * ROUNDS);
		assert_false(index[got[0]]);
		assert_false(serial[got[1] - 1]);
		index[got[0]] = serial[got[1] - 1] = true;
		n++;
	}
	close(fds[0]);
	for (int i = 0; i < N; i++) {
		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	assert_int_equal(n, N * ROWS * ROUNDS);
	fixture_reopen(f);
}

/* One handle sees what another has committed. */
static void
handles_see_each_other(void **state)
{
	struct fixture *f = *state;
	struct registry *other;
	uint64_t index = 0;
	struct bytes one = bytes_str("one"), two = bytes_str("two");
	bool found;
	struct registry_entry e;

	assert_ok(f, registry_open(f->spec, REGISTRY_WRITE, &other, &f->why));
	reserve_n(f->r, "B", 2, 1, NULL);
	assert_ok(f, registry_store(other, &index, &one, 1, NOW, &f->why));
	assert_int_equal(registry_store(f->r, &index, &two, 1, NOW, &f->why),
	    CRED_FAULT_CONFLICT);
	assert_ok(f, swap(f->r, 0, 1, &f->why));
	assert_int_equal(swap(other, 0, 1, &f->why), CRED_FAULT_CONFLICT);
	assert_ok(f, registry_by_index(other, 0, &e, &found, &f->why));
	assert_int_equal(e.state, ENTRY_LOGGED);
	registry_entry_release(&e);
	registry_close(other);
}

struct interrupted {
	struct fixture *f;
	struct registry *other;
	size_t seen;
};

static enum cred_err
write_meanwhile(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct interrupted *x = ctx;

	(void)why;
	if (e->index == 0)
		reserve_n(x->other, "meanwhile", 2, 5, NULL);
	x->seen++;
	return CRED_OK;
}

/* A walk sees one state, and does not keep others from writing. */
static void
walk_is_a_snapshot(void **state)
{
	struct fixture *f = *state;
	struct interrupted x = {.f = f};

	assert_ok(f, registry_open(f->spec, REGISTRY_WRITE, &x.other, &f->why));
	reserve_n(f->r, "B", 2, 10, NULL);
	assert_ok(f, registry_each(f->r, NULL, write_meanwhile, &x, &f->why));
	assert_int_equal(x.seen, 10);
	registry_close(x.other);
}

static enum cred_err
any_act(void *ctx, const struct registry_act *a, struct why *why)
{
	(void)ctx, (void)a, (void)why;
	return CRED_OK;
}

/* A disk that is full before, and in the middle of, a call. */
static void
file_size_limit_is_clean(void **state)
{
	struct fixture *f = *state;
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct registry *r = NULL;
		struct why why = {0};
		struct rlimit lim = {300000, 300000};
		struct plan *p = plan_new();
		struct reservation rows[400];
		enum cred_err e = CRED_OK;
		uint64_t before = 0, n = 0;

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &lim);
		if (registry_open(f->spec, REGISTRY_WRITE, &r, &why))
			_exit(2);
		for (uint32_t k = 0; e == CRED_OK && k < 100; k++) {
			before = n;
			for (uint32_t i = 0; i < 400; i++)
				row_init(&rows[i], k * 400 + i, series);
			e = registry_reserve(
			    r, "B", rows, 400, NOW, fill_plain, p, &why);
			if (e == CRED_OK &&
			    registry_next_index(r, &n, &why) != CRED_OK)
				_exit(3);
		}
		if (e != CRED_FAULT_IO && e != CRED_FAULT_FULL)
			_exit(4);
		/* The handle is through. */
		if (registry_next_index(r, &n, &why) == CRED_OK &&
		    e == CRED_FAULT_IO)
			_exit(5);
		if (registry_audit_each(r, 0, NULL, any_act, NULL, &why) ==
			CRED_OK &&
		    e == CRED_FAULT_IO)
			_exit(8);
		registry_close(r);
		if (registry_open(f->spec, REGISTRY_READ, &r, &why))
			_exit(6);
		if (registry_next_index(r, &n, &why) || n != before)
			_exit(7);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	fixture_reopen(f);
	reserve_n(f->r, "after", 2, 10, NULL);
}

static void
assert_plan(struct fixture *f, const char *sql, const char *index)
{
	sqlite3 *db;
	sqlite3_stmt *st;
	bool used = false;

	assert_int_equal(sqlite3_open(db_path(f), &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	while (sqlite3_step(st) == SQLITE_ROW) {
		const char *line = (const char *)sqlite3_column_text(st, 3);
		used |= strstr(line, index) != NULL;
		assert_null(strstr(line, "SCAN e"));
	}
	assert_true(used);
	sqlite3_finalize(st);
	sqlite3_close(db);
}

static void
look_ups_use_indexes(void **state)
{
	struct fixture *f = *state;

	assert_plan(f,
	    "EXPLAIN QUERY PLAN SELECT * FROM entry e WHERE e.number = ?1"
	    " AND e.void_mark = 0 ORDER BY e.generation DESC LIMIT 1",
	    "sqlite_autoindex_entry");
	assert_plan(f,
	    "EXPLAIN QUERY PLAN SELECT min(e.idx) FROM entry e"
	    " WHERE e.id_number = ?1 AND e.kind = ?2 AND e.level = ?3",
	    "entry_person");
	assert_plan(f,
	    "EXPLAIN QUERY PLAN SELECT n.idx FROM entry n"
	    " WHERE n.replaces = ?1 AND n.void_mark = 0",
	    "entry_replaces");
}

/* Whoever was killed may not have come to its sync. */
static void
what_a_killed_writer_left_is_synced(void **state)
{
	struct fixture *f = *state;
	struct reservation row;
	char link[512];
	uint64_t next = 0;
	int status;
	pid_t pid;

	registry_close(f->r);
	f->r = NULL;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct plan *p = plan_new();
		row_init(&row, 2, series);
		_exit(reopen(f, REGISTRY_WRITE) != CRED_OK ||
		      registry_reserve(f->r, "B", &row, 1, NOW, fill_plain, p,
			  &f->why) != CRED_OK);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* its log lies beside the file, not beside a link to it */
	snprintf(link, sizeof link, "%s.link", f->spec);
	assert_int_equal(symlink(db_path(f), strchr(link, ':') + 1), 0);
	n_wal_syncs = 0;
	assert_ok(f, registry_open(link, REGISTRY_WRITE, &f->r, &f->why));
	assert_int_equal(n_wal_syncs, 1);
	unlink(strchr(link, ':') + 1);
	assert_int_equal(registry_next_index(f->r, &next, &f->why), CRED_OK);
	assert_int_equal(next, 1);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    T(file_is_private_and_durable),
	    T(schema_is_marked),
	    T(newer_schema_is_refused),
	    T(other_files_are_refused),
	    T(reading_needs_one),
	    T(nothing_temporary_is_left),
	    T(stray_wal_is_refused),
	    T(damage_is_named),
	    T(trail_tampering_is_found),
	    T(processes_never_share_an_index),
	    T(handles_see_each_other),
	    T(walk_is_a_snapshot),
	    T(file_size_limit_is_clean),
	    T(look_ups_use_indexes),
	    T(what_a_killed_writer_left_is_synced),
	};

	return cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);
}
