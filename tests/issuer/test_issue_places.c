/*
 * tamga-issuer in places and at times that do not suit it: a disk that fills
 * up, one that is read-only, a clock that steps back, a second issuer, one
 * that was stopped. The first two need root (a mount of their own).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/issuer/aftermath.h"

static char base[64], made[96], place[96], home[128];
static const struct plan plan = {
    .made = made, .rows = {30, 20, 40}, .publish = true};
static int64_t clock_off;

/* The program's clock: in this process and its children. */
time_t
time(time_t *out)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += clock_off;
	if (out != NULL)
		*out = t.tv_sec;
	return t.tv_sec;
}

static void
fresh(void)
{
	char path[160];

	snprintf(path, sizeof path, "%s/body", made);
	tree_copy(path, home);
}

static int
run_plan(void *ctx)
{
	return plan_run(ctx, home);
}

static int
run_command(void *ctx)
{
	return program_here(((struct plan_command *)ctx)->argv);
}

enum { DONE = 10, NOT_PERMITTED, NOT_SAID, NOT_CONTENT };

static int
small_place(const char *options)
{
	if (unshare(CLONE_NEWNS) != 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("tamga-test", place, "tmpfs", 0, options) != 0)
		return NOT_PERMITTED;
	fresh();
	return DONE;
}

/* A file that leaves so much room. */
static bool
leave_room(size_t kb)
{
	struct statvfs st;
	char path[160], *zero;
	size_t n;
	FILE *fp;
	bool ok;

	snprintf(path, sizeof path, "%s/other", place);
	fp = fopen(path, "w");
	if (fp == NULL || statvfs(place, &st) != 0)
		return false;
	n = st.f_bavail * st.f_bsize - (kb << 10);
	zero = calloc(1, n);
	ok = zero != NULL && fwrite(zero, 1, n, fp) == n;
	free(zero);
	return fclose(fp) == 0 && ok;
}

static int
full(size_t kb)
{
	struct aftermath a = {0};
	struct output o;
	char path[160];
	int fds[2], status, r = small_place("size=2m");

	if (r != DONE)
		return r;
	if (!leave_room(kb) || pipe2(fds, O_CLOEXEC) != 0 ||
	    fcntl(fds[1], F_SETPIPE_SZ, 1 << 18) < 0)
		return NOT_PERMITTED;
	program_told_fd = fds[1];
	status = program_child(run_plan, (void *)(uintptr_t)&plan, &o);
	program_told_fd = -1;
	close(fds[1]);
	aftermath_listen(&a, fds[0]);
	fprintf(stderr, "%zu kB: status %x, %zu said, %s", kb, (unsigned)status,
	    a.n, o.err);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 2 || o.err[0] == '\0')
		return NOT_SAID;
	snprintf(path, sizeof path, "%s/other", place);
	unlink(path);
	aftermath_check(&a, &plan, home, NULL);
	return aftermath_good(&a, "full disk") ? DONE : NOT_CONTENT;
}

static void
disk_fills_up(void **state)
{
	/* While the registry is made; in the first batch; in the second. */
	static const size_t kb[] = {40, 150, 230};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0)
			_exit(full(kb[i]));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		if (WEXITSTATUS(status) == NOT_PERMITTED)
			skip();
		assert_int_equal(WEXITSTATUS(status), DONE);
	}
}

static int
read_only(void)
{
	const char *list[] = {"verify", "-q", "--home", home, NULL};
	struct plan_command c = {.argv = {NULL}};
	struct aftermath a = {0};
	struct output o;
	int status, r = small_place("size=4m");

	if (r != DONE)
		return r;
	plan_issue(&plan, home, 0, &c);
	if (program_child(run_command, &c, &o) != 0 ||
	    aftermath_learn(&a, home, "b1") != CRED_OK || a.n < 31)
		return NOT_CONTENT;
	if (mount("tamga-test", place, "tmpfs", MS_REMOUNT | MS_RDONLY, "") !=
	    0)
		return NOT_PERMITTED;
	plan_issue(&plan, home, 1, &c);
	status = program_child(run_command, &c, &o);
	fprintf(stderr, "read-only: status %x: %s", (unsigned)status, o.err);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 2 ||
	    strstr(o.err, "Read-only") == NULL)
		return NOT_SAID;
	/* What only reads does not need to write. */
	memcpy(c.argv, list, sizeof list);
	status = program_child(run_command, &c, &o);
	if (status != 0) {
		fprintf(stderr, "verify, read-only: %x: %s%s", (unsigned)status,
		    o.out, o.err);
		return NOT_SAID;
	}
	if (mount("tamga-test", place, "tmpfs", MS_REMOUNT, "") != 0)
		return NOT_PERMITTED;
	aftermath_check(&a, &plan, home, NULL);
	return aftermath_good(&a, "read-only") ? DONE : NOT_CONTENT;
}

static void
disk_is_read_only(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0)
		_exit(read_only());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NOT_PERMITTED)
		skip();
	assert_int_equal(WEXITSTATUS(status), DONE);
}

static int
run_stepping_back(void *ctx)
{
	/* The certificate is of today: an hour is the most that is in it. */
	struct plan_command c;
	int status = 0;

	for (unsigned b = 0; status == 0 && plan.rows[b] != 0; b++) {
		plan_issue(ctx, home, b, &c);
		status = program_here(c.argv);
		clock_off -= 600;
		plan_publish(ctx, home, &c);
		if (status == 0)
			status = program_here(c.argv);
		clock_off -= 600;
	}
	return status;
}

/* Between the runs of a day, and by so much that the body's certificate is
 * not valid yet: nothing is done then, and it is said. */
static void
clock_steps_back(void **state)
{
	struct aftermath a = {0};
	struct plan_command c;
	struct output o;
	int status;

	(void)state;
	fresh();
	clock_off = 3 * 3600;
	status = program_child(run_stepping_back, (void *)(uintptr_t)&plan, &o);
	if (status != 0)
		print_error("%s%s\n", o.out, o.err);
	assert_int_equal(status, 0);
	for (unsigned b = 1; b <= 3; b++) {
		char batch[16];
		snprintf(batch, sizeof batch, "b%u", b);
		assert_int_equal(aftermath_learn(&a, home, batch), CRED_OK);
	}
	assert_int_equal(a.n, 30 + 20 + 40 + 3);
	clock_off = -10 * 365 * 86400;
	plan_issue(&plan, home, 0, &c);
	status = program_child(run_command, &c, &o);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 2);
	assert_non_null(strstr(o.err, "set the clock"));
	clock_off = 0;
	aftermath_check(&a, &plan, home, NULL);
	assert_true(aftermath_good(&a, "clock"));
	aftermath_release(&a);
}

static size_t
drain(int fd, char *text, size_t cap)
{
	size_t n = 0;
	ssize_t got;

	while (n + 1 < cap && (got = read(fd, text + n, cap - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	close(fd);
	return n;
}

static bool
exists(const char *name)
{
	char path[192];

	snprintf(path, sizeof path, "%s/%s", home, name);
	return access(path, F_OK) == 0;
}

/* Waits until it holds the lock. */
static void
until_busy(void)
{
	while (!exists("registry.db"))
		usleep(1000);
}

struct running {
	pid_t pid;
	int out, err;
};

static struct running
issue(unsigned b)
{
	struct plan_command c;
	struct running r;

	plan_issue(&plan, home, b, &c);
	r.pid = program_start(c.argv, &r.out, &r.err);
	return r;
}

/* How it ended, and what it said. */
static int
end(struct running r, char *out, char *err, size_t cap)
{
	int status;

	drain(r.out, out, cap);
	drain(r.err, err, cap);
	assert_int_equal(waitpid(r.pid, &status, 0), r.pid);
	return status;
}

static char out1[1 << 14], err1[1 << 14], out2[1 << 14], err2[1 << 14];

static void
is_content(void)
{
	struct aftermath a = {0};

	aftermath_check(&a, &plan, home, NULL);
	assert_true(aftermath_good(&a, "two issuers"));
	aftermath_release(&a);
}

static void
two_at_once(void **state)
{
	struct running one, two;

	(void)state;
	/* Different rosters, and both the same one. */
	for (unsigned second = 0; second < 2; second++) {
		fresh();
		one = issue(0);
		two = issue(second);
		assert_int_equal(end(one, out1, err1, sizeof out1), 0);
		assert_int_equal(end(two, out2, err2, sizeof out2), 0);
		is_content();
	}
}

/* Stopped with the lock in its hands: the second one says whom it waits for,
 * touches nothing, and goes on when the first one does or is dead. */
static void
one_is_stopped(void **state)
{
	(void)state;
	for (int kills = 0; kills < 2; kills++) {
		struct running one, two;
		char pid[32], line[512] = "";
		size_t n = 0;
		int status;

		fresh();
		one = issue(0);
		until_busy();
		assert_int_equal(kill(one.pid, SIGSTOP), 0);
		two = issue(1);
		while (strchr(line, '\n') == NULL && n + 1 < sizeof line) {
			ssize_t got = read(two.err, line + n, 1);
			assert_int_equal(got, 1);
			n += (size_t)got;
		}
		snprintf(pid, sizeof pid, "process %d", (int)one.pid);
		assert_non_null(strstr(line, "waiting"));
		assert_non_null(strstr(line, pid));
		assert_int_equal(waitpid(two.pid, &status, WNOHANG), 0);
		assert_int_equal(
		    kill(one.pid, kills == 1 ? SIGKILL : SIGCONT), 0);
		status = end(one, out1, err1, sizeof out1);
		if (kills == 1)
			assert_true(WIFSIGNALED(status));
		else
			assert_int_equal(status, 0);
		assert_int_equal(end(two, out2, err2, sizeof out2), 0);
		is_content();
	}
}

int
main(void)
{
	static const unsigned rows[] = {30, 20, 40};
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(disk_fills_up),
	    cmocka_unit_test(disk_is_read_only),
	    cmocka_unit_test(clock_steps_back),
	    cmocka_unit_test(two_at_once),
	    cmocka_unit_test(one_is_stopped),
	};
	int failed;

	snprintf(base, sizeof base, "/tmp/tamga-places.XXXXXX");
	if (mkdtemp(base) == NULL)
		return 1;
	snprintf(made, sizeof made, "%s/made", base);
	snprintf(place, sizeof place, "%s/place", base);
	snprintf(home, sizeof home, "%s/home", place);
	if (mkdir(place, 0700) != 0)
		return 1;
	program_make(made, rows, 3);
	failed = cmocka_run_group_tests_name("issue places", tests, NULL, NULL);
	tree_remove(base);
	return failed;
}
