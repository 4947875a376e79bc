/*
 * Kill -9 at random moments: one or two processes issue, what they acknowledge
 * goes through a pipe, and after each kill everything is opened and checked.
 * TAMGA_CRASH_RUNS (default 120) kills, TAMGA_CRASH_SEED to repeat one story.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/log/witness.h"

static struct {
	char dir[64];
	int fd; /* in the child: where to tell */
	unsigned kills;
	uint64_t seed;
	struct witness w;
} g;

static uint64_t
rnd(void)
{
	g.seed ^= g.seed << 13;
	g.seed ^= g.seed >> 7;
	g.seed ^= g.seed << 17;
	return g.seed;
}

static void
tell_signed(uint64_t size, const struct tlog_hash *root)
{
	tell(g.fd, TOLD_SIGNED_HEAD, size, root->b);
}

static void
die(struct store *s, int code, enum cred_err e)
{
	fprintf(
	    stderr, "child: %d %s: %s\n", code, cred_errname(e), s->why.text);
	_exit(code);
}

static void
revoke_one(struct store *s)
{
	uint64_t i = rnd() % log_size(s->l);
	enum cred_err e = registry_status_set(s->r, i, STATUS_VALID,
	    STATUS_REVOKED, "crash", "test", STORE_NOW, &s->why);

	if (e == CRED_OK)
		tell(g.fd, TOLD_REVOKED, i, NULL);
	else if (e != CRED_FAULT_CONFLICT)
		die(s, 6, e);
}

static void
publish(struct store *s)
{
	enum cred_err e = log_publish(s->l, s->pub, &s->why);

	if (e != CRED_OK)
		die(s, 7, e);
	tell(g.fd, TOLD_PUBLISHED, log_size(s->l), NULL);
}

static void
child(int who, unsigned run)
{
	struct store s = {.signed_hook = tell_signed};
	char batch[32];
	uint32_t row = 0;
	enum cred_err e = store_open(&s, g.dir);

	if (e != CRED_OK)
		die(&s, 2, e);
	snprintf(batch, sizeof batch, "run %u/%d", run, who);
	for (;;) {
		size_t n = 1 + rnd() % 40;

		if ((e = issue_chunk(&s, g.fd, batch, row, n)) != CRED_OK)
			die(&s, 3, e);
		/* A row is asked for again now and then. */
		row += (uint32_t)(rnd() % 4 == 0 ? n / 2 : n);
		if (rnd() % 4 == 0)
			revoke_one(&s);
		if (rnd() % 8 == 0)
			publish(&s);
	}
}

static void
storm(unsigned run)
{
	int fds[2], n = run % 3 == 2 ? 2 : 1, status;
	struct timespec wait = {.tv_nsec = (long)(rnd() % 200000000)};
	pid_t pid[2];

	assert_int_equal(pipe(fds), 0);
	for (int i = 0; i < n; i++) {
		rnd();
		if ((pid[i] = fork()) == 0) {
			close(fds[0]);
			g.fd = fds[1];
			g.seed += (uint64_t)i * 77 + 1;
			child(i, run);
		}
		assert_true(pid[i] > 0);
	}
	close(fds[1]);
	nanosleep(&wait, NULL);
	for (int i = 0; i < n; i++)
		kill(pid[i], SIGKILL);
	witness_listen(&g.w, fds[0]);
	close(fds[0]);
	for (int i = 0; i < n; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		if (!WIFSIGNALED(status)) {
			print_error(
			    "child ended by itself: %d\n", WEXITSTATUS(status));
			fail();
		}
		g.kills++;
	}
}

static void
killed_at_any_moment(void **state)
{
	const char *runs = getenv("TAMGA_CRASH_RUNS");
	const char *seed = getenv("TAMGA_CRASH_SEED");
	unsigned n = runs != NULL ? (unsigned)atoi(runs) : 120;

	(void)state;
	g.seed = seed != NULL ? strtoull(seed, NULL, 0)
			      : (uint64_t)time(NULL) * 2654435761u + 1;
	print_message("seed %llu\n", (unsigned long long)g.seed);
	snprintf(g.dir, sizeof g.dir, "/tmp/tamga-crash.XXXXXX");
	assert_non_null(mkdtemp(g.dir));
	for (unsigned run = 0; g.kills < n && witness_content(&g.w); run++) {
		storm(run);
		/* Left as they are, every other time, for the next run. */
		witness_check(&g.w, g.dir, run % 2 == 0);
	}
	witness_check(&g.w, g.dir, true);
	print_message("%u kills, %zu told: %u lost, %u duplicate, %u split, "
		      "%u corrupt, %u unopened %s\n",
	    g.kills, g.w.n, g.w.lost, g.w.duplicate, g.w.split, g.w.corrupt,
	    g.w.unopened, g.w.first);
	assert_true(witness_content(&g.w));
	assert_true(g.w.n > n);
	remove_tree(g.dir);
	witness_release(&g.w);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(killed_at_any_moment),
	};

	return cmocka_run_group_tests_name("crash", tests, NULL, NULL);
}
