/*
 * A small issue, and every single system call of it once: failing with EIO,
 * finding the disk full from there on, writing only half, or killed instead.
 * After each the store must hold all it acknowledged, and go on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "edge/file.h"
#include "tests/log/interpose.h"
#include "tests/log/witness.h"

static char base[64], dir[96];
static int told_fd = -1;

static void
tell_signed(uint64_t size, const struct tlog_hash *root)
{
	tell(told_fd, TOLD_SIGNED_HEAD, size, root->b);
}

static enum cred_err
revoke_one(struct store *s, uint64_t i)
{
	enum cred_err e = registry_status_set(s->r, i, STATUS_VALID,
	    STATUS_REVOKED, "fault", "test", STORE_NOW, &s->why);

	if (e == CRED_OK)
		tell(told_fd, TOLD_REVOKED, i, NULL);
	return e;
}

static enum cred_err
publish(struct store *s)
{
	enum cred_err e = log_publish(s->l, s->pub, &s->why);

	if (e == CRED_OK)
		tell(told_fd, TOLD_PUBLISHED, log_size(s->l), NULL);
	return e;
}

/* The work whose calls are hit one by one; from an empty folder. */
static enum cred_err
work(struct store *s)
{
	enum cred_err e = store_open(s, dir);

	if (e == CRED_OK)
		e = issue_chunk(s, told_fd, "one", 0, 3);
	if (e == CRED_OK)
		e = issue_chunk(s, told_fd, "two", 0, 260);
	if (e == CRED_OK)
		e = revoke_one(s, 2);
	if (e == CRED_OK)
		e = publish(s);
	if (e == CRED_OK)
		e = issue_chunk(s, told_fd, "three", 0, 20);
	if (e == CRED_OK)
		e = publish(s);
	return e;
}

enum { DONE = 0, REFUSED = 40, NOT_SAID = 41, AGAIN_BAD = 42 };

static int
child(enum interpose_mode mode, unsigned nth, int err)
{
	struct store s = {.signed_hook = tell_signed};
	enum cred_err e;

	interpose(mode, nth, err);
	e = work(&s);
	interpose(INTERPOSE_OFF, 0, 0);
	if (e != CRED_OK) {
		if (e < CRED_FAULT_NOMEM)
			return REFUSED;
		/* Out of memory needs no place. */
		if (s.why.text[0] == '\0' && mode != INTERPOSE_MEMORY)
			return NOT_SAID;
		/* With the disk well again the same handles may or may not
		 * go on, but must not do harm. */
		if (s.r != NULL && s.l != NULL && nth % 2 == 1) {
			e = store_recover(&s);
			if (e == CRED_OK)
				e = issue_chunk(&s, told_fd, "again", 0, 5);
			if (e != CRED_OK && e < CRED_FAULT_NOMEM)
				return AGAIN_BAD;
		}
	}
	store_close(&s);
	return DONE;
}

static unsigned
count_calls(int err)
{
	struct store s = {.signed_hook = NULL};
	unsigned n;
	int null[2];

	assert_int_equal(pipe(null), 0);
	told_fd = null[1];
	interpose_said(told_fd);
	interpose(INTERPOSE_COUNT, 0, err);
	assert_int_equal(work(&s), CRED_OK);
	n = interpose_calls();
	interpose(INTERPOSE_OFF, 0, 0);
	store_close(&s);
	close(null[0]);
	close(null[1]);
	return n;
}

static void
fresh(void)
{
	remove_tree(dir);
	assert_int_equal(mkdir(dir, 0700), 0);
}

static bool
ended_well(enum interpose_mode mode, int status)
{
	if (mode == INTERPOSE_KILL)
		return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	/* A hash without memory aborts: trust_sha256(). */
	if (mode == INTERPOSE_MEMORY && WIFSIGNALED(status))
		return WTERMSIG(status) == SIGABRT;
	return WIFEXITED(status) && WEXITSTATUS(status) == DONE;
}

static void
one(enum interpose_mode mode, unsigned nth, int err)
{
	struct witness w = {0};
	int fds[2], status;
	pid_t pid;

	fresh();
	assert_int_equal(pipe(fds), 0);
	if ((pid = fork()) == 0) {
		close(fds[0]);
		told_fd = fds[1];
		interpose_said(told_fd);
		_exit(child(mode, nth, err));
	}
	close(fds[1]);
	witness_listen(&w, fds[0]);
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!ended_well(mode, status)) {
		print_error("call %u: ended with %x\n", nth, status);
		fail();
	}
	witness_check(&w, dir, true);
	if (witness_content(&w) && nth % 4 == 0)
		witness_check(&w, dir, false);
	if (!witness_content(&w)) {
		print_error("call %u: %s\n", nth, w.first);
		fail();
	}
	witness_release(&w);
}

static unsigned
step(unsigned n)
{
	const char *all = getenv("TAMGA_FAULT_STEP");

	return all != NULL ? (unsigned)atoi(all) : n / 2000 + 1;
}

static void
all_of(enum interpose_mode mode, int err)
{
	unsigned n, tried = 0;

	fresh();
	n = count_calls(err);
	for (unsigned i = 1; i <= n; i += step(n), tried++)
		one(mode, i, err);
	print_message("%u of %u calls\n", tried, n);
}

static void
each_call_fails(void **state)
{
	(void)state;
	all_of(INTERPOSE_FAIL, EIO);
}

static void
disk_full_from_each_call_on(void **state)
{
	(void)state;
	all_of(INTERPOSE_FULL, 0);
}

static void
each_write_is_short(void **state)
{
	(void)state;
	all_of(INTERPOSE_SHORT, 0);
}

/* One allocation in all of the work, SQLite's and OpenSSL's, too. */
static void
each_allocation_fails(void **state)
{
	struct store s = {.signed_hook = NULL};
	const char *env = getenv("TAMGA_FAULT_STEP");
	unsigned n, step, tried = 0;
	uint8_t hash[32];
	int null[2];

	(void)state;
	store_entry(bytes_str("warm"), hash);
	fresh();
	assert_int_equal(pipe(null), 0);
	told_fd = null[1];
	interpose(INTERPOSE_COUNT_MEMORY, 0, 0);
	assert_int_equal(work(&s), CRED_OK);
	n = interpose_calls();
	interpose(INTERPOSE_OFF, 0, 0);
	store_close(&s);
	close(null[0]);
	close(null[1]);
	/* The first ones all, then a sample of what repeats itself. */
	step = env != NULL ? (unsigned)atoi(env) : n / 300 + 1;
	for (unsigned i = 1; i <= n; i += i < 300 && env == NULL ? 1 : step) {
		one(INTERPOSE_MEMORY, i, 0);
		tried++;
	}
	print_message("%u of %u allocations\n", tried, n);
}

static void
killed_at_each_call(void **state)
{
	(void)state;
	all_of(INTERPOSE_KILL, 0);
}

/* Issue until the disk is full. */
static int
fill_disk(int fd)
{
	struct store s = {.signed_hook = tell_signed};
	enum cred_err e;

	told_fd = fd;
	interpose_said(fd);
	e = store_open(&s, dir);
	for (uint32_t i = 0; e == CRED_OK && i < 10000; i++)
		e = issue_chunk(&s, fd, "full", i * 40, 40);
	if (e != CRED_FAULT_FULL && e != CRED_FAULT_IO) {
		fprintf(stderr, "%s: %s\n", cred_errname(e), s.why.text);
		return REFUSED;
	}
	return s.why.text[0] != '\0' ? DONE : NOT_SAID;
}

enum { NOT_PERMITTED = 77, NOT_CONTENT = 78 };

/* In a file system of its own; once more after room was made. */
static int
in_small_file_system(unsigned kb)
{
	struct witness w = {0};
	int fds[2], status;
	char size[32];
	pid_t pid;

	snprintf(size, sizeof size, "size=%uk", kb);
	if (unshare(CLONE_NEWNS) != 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("tamga-test", dir, "tmpfs", 0, size) != 0)
		return NOT_PERMITTED;
	if (pipe(fds) != 0)
		return NOT_SAID;
	if ((pid = fork()) == 0) {
		close(fds[0]);
		_exit(fill_disk(fds[1]));
	}
	close(fds[1]);
	witness_listen(&w, fds[0]);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != DONE)
		return REFUSED;
	snprintf(size, sizeof size, "size=%uk", 3 * kb + 4000);
	if (mount("tamga-test", dir, "tmpfs", MS_REMOUNT, size) != 0)
		return NOT_PERMITTED;
	witness_check(&w, dir, true);
	fprintf(stderr, "%u kB: %zu told %s\n", kb, w.n, w.first);
	return witness_content(&w) ? DONE : NOT_CONTENT;
}

static void
file_system_full(void **state)
{
	static const unsigned kb[] = {100, 300, 700, 2000};

	(void)state;
	for (size_t i = 0; i < sizeof kb / sizeof *kb; i++) {
		int status;
		pid_t pid;

		fresh();
		if ((pid = fork()) == 0)
			_exit(in_small_file_system(kb[i]));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		if (WEXITSTATUS(status) == NOT_PERMITTED)
			skip();
		assert_int_equal(WEXITSTATUS(status), DONE);
	}
}

/*
 * A file replaced: the old or the new one, whole, whatever call fails; the
 * new one only with success, or when its folder did not reach the disk.
 */
static void
file_is_old_or_new(void **state)
{
	static const struct {
		enum interpose_mode mode;
		int err;
	} how[] = {
	    {INTERPOSE_FAIL, EIO}, {INTERPOSE_FULL, 0}, {INTERPOSE_SHORT, 0}};
	const struct bytes old = bytes_str("the old text"),
			   new = bytes_str("the new text, a longer one");
	char path[128];

	(void)state;
	fresh();
	snprintf(path, sizeof path, "%s/file", dir);
	for (size_t h = 0; h < sizeof how / sizeof *how; h++)
		for (unsigned nth = 1; nth < 12; nth++) {
			struct why why = {0};
			enum cred_err e;
			uint8_t *got;
			size_t len;
			bool is_new;

			assert_int_equal(
			    file_write(path, old, 0600, &why), CRED_OK);
			interpose(how[h].mode, nth, how[h].err);
			e = file_write(path, new, 0600, &why);
			interpose(INTERPOSE_OFF, 0, 0);
			assert_int_equal(
			    file_read(path, 100, &got, &len, &why), CRED_OK);
			is_new = bytes_eq(bytes_of(got, len), new);
			assert_true(
			    is_new || bytes_eq(bytes_of(got, len), old));
			if (e == CRED_OK)
				assert_true(is_new);
			else
				assert_true(e >= CRED_FAULT_NOMEM &&
					    why.text[0] != '\0');
			if (e != CRED_OK && is_new)
				assert_non_null(strstr(why.text, "sync"));
			free(got);
		}
	/* Nothing temporary stays behind, but what unlink could not take. */
	assert_int_equal(unlink(path), 0);
	(void)rmdir(dir);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_call_fails),
	    cmocka_unit_test(disk_full_from_each_call_on),
	    cmocka_unit_test(each_write_is_short),
	    cmocka_unit_test(killed_at_each_call),
	    cmocka_unit_test(each_allocation_fails),
	    cmocka_unit_test(file_system_full),
	    cmocka_unit_test(file_is_old_or_new),
	};
	int failed;

	snprintf(base, sizeof base, "%s/tamga-fault.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(base) == NULL)
		return 1;
	snprintf(dir, sizeof dir, "%s/d", base);
	failed = cmocka_run_group_tests_name("fault", tests, NULL, NULL);
	remove_tree(base);
	return failed;
}
