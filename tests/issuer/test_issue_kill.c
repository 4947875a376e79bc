/*
 * Kill -9 of the program tamga-issuer issue at random instants, at least 300
 * times (TAMGA_CRASH_RUNS); TAMGA_CRASH_SEED repeats one story. After each kill
 * the home is looked at as it is, or the command is given again and must finish
 * the batch; what a finished run said must hold to the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/issuer/aftermath.h"

static char base[64], made[96], home[96];
static const unsigned rows[] = {12, 3, 20, 1, 9, 25};
enum { BATCHES = sizeof rows / sizeof *rows };
static struct plan plan = {.made = made};

static struct {
	uint64_t seed;
	unsigned kills, finished, in_signing;
	double run_s; /* of an undisturbed run, as of late */
	struct aftermath a, sum;
} g;

static uint64_t
rnd(void)
{
	g.seed ^= g.seed << 13;
	g.seed ^= g.seed >> 7;
	g.seed ^= g.seed << 17;
	return g.seed;
}

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t
drain(int fd, char *text, size_t cap)
{
	size_t n = 0;
	ssize_t got;

	while (n + 1 < cap && ((got = read(fd, text + n, cap - 1 - n)) > 0 ||
				  (got < 0 && errno == EINTR)))
		n += got > 0 ? (size_t)got : 0;
	text[n] = '\0';
	close(fd);
	return n;
}

/* One run, killed after a while unless it ends before. Said it that the whole
 * batch is issued? */
static bool
run_and_kill(unsigned b)
{
	static char out[1 << 16], err[1 << 12];
	unsigned issued, already, refused;
	struct plan_command c;
	const char *line = out;
	double start = now_s(),
	       wait = g.run_s * 1.1 * (double)(rnd() % 10000) / 10000;
	struct timespec t = {(time_t)wait, (long)((wait - (long)wait) * 1e9)};
	int out_fd, err_fd, status;
	pid_t pid;

	plan_issue(&plan, home, b, &c);
	pid = program_start(c.argv, &out_fd, &err_fd);
	nanosleep(&t, NULL);
	kill(pid, SIGKILL);
	drain(out_fd, out, sizeof out);
	drain(err_fd, err, sizeof err);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status)) {
		assert_int_equal(WTERMSIG(status), SIGKILL);
		g.kills++;
	} else {
		if (status != 0)
			print_error("ended with %x: %s\n", status, err);
		assert_int_equal(status, 0);
		g.run_s = g.run_s * 0.8 + (now_s() - start) * 0.2;
		g.finished++;
	}
	if (!program_summary(&line, &issued, &already, &refused))
		return false;
	assert_int_equal(issued + already, plan.rows[b]);
	assert_int_equal(refused, 0);
	return true;
}

static void
learn(const char *batch)
{
	/* Killed before the registry was made: nothing to learn. */
	char path[160];

	snprintf(path, sizeof path, "%s/registry.db", home);
	if (access(path, F_OK) == 0)
		(void)!aftermath_learn(&g.a, home, batch);
}

/* One home: batch after batch, until all of them are said to be issued. */
static void
story(unsigned kills)
{
	struct plan so_far = {.made = made};
	char batch[16], path[160];

	snprintf(path, sizeof path, "%s/body", made);
	tree_copy(path, home);
	for (unsigned b = 0; b < BATCHES && g.kills < kills; b++) {
		bool said = false;
		snprintf(batch, sizeof batch, "b%u", b + 1);
		so_far.rows[b] = rows[b];
		so_far.from = b;
		while (!said && g.kills < kills) {
			said = run_and_kill(b);
			learn(said ? batch : NULL);
			snprintf(path, sizeof path, "%s/log/checkpoint", home);
			if (!said && rnd() % 3 != 0) {
				if (access(path, F_OK) == 0)
					aftermath_look(&g.a, NULL, home);
				continue;
			}
			aftermath_check(&g.a, &so_far, home, NULL);
			learn(batch);
			said = true;
		}
		if (!aftermath_good(&g.a, "kill"))
			fail();
	}
	g.sum.n += g.a.n;
	aftermath_release(&g.a);
}

static void
killed_at_random_instants(void **state)
{
	const char *runs = getenv("TAMGA_CRASH_RUNS");
	const char *seed = getenv("TAMGA_CRASH_SEED");
	unsigned want = runs != NULL ? (unsigned)atoi(runs) : 300;
	struct plan_command c;
	struct output o;
	char path[160];
	double start;

	(void)state;
	g.seed = seed != NULL ? strtoull(seed, NULL, 0)
			      : (uint64_t)time(NULL) * 2654435761u + 1;
	print_message("seed %llu\n", (unsigned long long)g.seed);
	/* How long does an undisturbed run take? */
	snprintf(path, sizeof path, "%s/body", made);
	tree_copy(path, home);
	plan_issue(&plan, home, 2, &c);
	start = now_s();
	assert_int_equal(program_exec(c.argv, &o), 0);
	g.run_s = now_s() - start;
	while (g.kills < want)
		story(want);
	print_message("%u kills, %u runs that ended before, %zu said: lost 0, "
		      "duplicate 0, split 0, corrupt 0, unfinished 0\n",
	    g.kills, g.finished, g.sum.n);
	assert_true(g.kills >= want);
	assert_true(g.sum.n > want);
}

/* Once here, so that what is given again in children finds fonts and templates
 * loaded. */
static bool
warmed_up(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC), status;
	int out = dup(STDOUT_FILENO);
	struct plan_command c;
	char path[160];

	snprintf(path, sizeof path, "%s/body", made);
	tree_copy(path, home);
	plan_issue(&plan, home, 3, &c);
	dup2(null, STDOUT_FILENO);
	status = program_here(c.argv);
	dup2(out, STDOUT_FILENO);
	close(out);
	close(null);
	return status == 0;
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(killed_at_random_instants),
	};
	int failed;

	/* What the page cache holds survives a kill: no real disk is needed. */
	snprintf(base, sizeof base, "%s/tamga-kill.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(base) == NULL)
		return 1;
	snprintf(made, sizeof made, "%s/made", base);
	snprintf(home, sizeof home, "%s/home", base);
	memcpy(plan.rows, rows, sizeof rows);
	program_make(made, rows, BATCHES);
	if (!warmed_up())
		return 1;
	failed = cmocka_run_group_tests_name("issue kill", tests, NULL, NULL);
	tree_remove(base);
	return failed;
}
