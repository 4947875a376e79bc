/*
 * A small run of tamga-issuer issue and publish, and every single write, sync,
 * rename, link, unlink, truncation or creation of it once: failing with EIO,
 * failing with ENOSPC, or killed instead; in samples also a disk that is full
 * from there on, half a write, and opens, reads and closes that fail. It must
 * say so and end with 2, or not have needed it; then the commands are given
 * again. TAMGA_FAULT_STEP=N: every Nth call, in all of them.
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
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/issuer/aftermath.h"
#include "tests/log/interpose.h"

static char base[64], made[96], home[96];
static const struct plan small = {.made = made, .rows = {2}, .publish = true};
static const struct plan printed = {.made = made, .rows = {2}, .pdf = true};
static const struct plan unprinted = {.made = made, .rows = {2}};

struct fault {
	const struct plan *plan;
	enum interpose_mode mode;
	unsigned nth;
	int err;
	bool harmless;   /* calls that change nothing, too */
	unsigned *calls; /* shared */
};

static void
fresh(void)
{
	char path[160];

	snprintf(path, sizeof path, "%s/body", made);
	tree_copy(path, home);
}

static int
disturbed(void *ctx)
{
	const struct fault *f = ctx;
	int status;

	interpose_said(program_told_fd);
	interpose_changes_only(!f->harmless);
	interpose(f->mode, f->nth, f->err);
	status = plan_run(f->plan, home);
	*f->calls = interpose_calls();
	interpose(INTERPOSE_OFF, 0, 0);
	return status;
}

static void
shared_calls(unsigned **p)
{
	*p = mmap(NULL, sizeof **p, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(*p != MAP_FAILED);
}

/* How many calls an undisturbed run makes. */
static unsigned
count_calls(const struct plan *p, bool harmless)
{
	/* Reads are counted where they can fail. */
	struct fault f = {.plan = p,
	    .mode = INTERPOSE_COUNT,
	    .err = harmless ? EIO : 0,
	    .harmless = harmless};
	struct output o;

	shared_calls(&f.calls);
	fresh();
	if (program_child(disturbed, &f, &o) != 0) {
		print_error("%s\n", o.err);
		fail();
	}
	assert_true(*f.calls > 0);
	return *f.calls;
}

static bool
ended_well(const struct fault *f, int status, const struct output *o)
{
	if (f->mode == INTERPOSE_KILL)
		return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	if (!WIFEXITED(status))
		return false;
	return WEXITSTATUS(status) == 0 ||
	       (WEXITSTATUS(status) == 2 && o->err[0] != '\0');
}

static void
one(struct fault *f, struct aftermath *sum)
{
	struct aftermath a = {0};
	struct output o;
	int fds[2], status;
	char what[96];

	fresh();
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_true(fcntl(fds[1], F_SETPIPE_SZ, 1 << 18) >= 0);
	program_told_fd = fds[1];
	status = program_child(disturbed, f, &o);
	program_told_fd = -1;
	close(fds[1]);
	aftermath_listen(&a, fds[0]);
	close(fds[0]);
	snprintf(what, sizeof what, "mode %d, error %d, call %u", f->mode,
	    f->err, f->nth);
	if (!ended_well(f, status, &o)) {
		print_error(
		    "%s: ended with %x: %s\n", what, (unsigned)status, o.err);
		fail();
	}
	/* That it ended well must be true. */
	if (status == 0)
		aftermath_look(&a, f->plan, home);
	aftermath_check(&a, f->plan, home, NULL);
	if (!aftermath_good(&a, what))
		fail();
	sum->n += a.n;
	aftermath_release(&a);
}

static void
each(const struct plan *p, struct fault f, unsigned from, unsigned step)
{
	const char *env = getenv("TAMGA_FAULT_STEP");
	struct aftermath sum = {0};
	unsigned n = count_calls(p, f.harmless), tried = 0;

	f.plan = p;
	shared_calls(&f.calls);
	if (env != NULL)
		step = (unsigned)atoi(env);
	for (f.nth = from; f.nth <= n; f.nth += step, tried++)
		one(&f, &sum);
	print_message(
	    "%u of %u calls disturbed, %zu said before: " AFTERMATH_COUNTERS
	    "\n",
	    tried, n - from + 1, sum.n, AFTERMATH_VALUES(&sum));
	assert_true(tried > 0);
}

static void
each_change_fails(void **state)
{
	(void)state;
	each(&small, (struct fault){.mode = INTERPOSE_FAIL, .err = EIO}, 1, 1);
}

static void
each_change_has_no_room(void **state)
{
	(void)state;
	each(&small, (struct fault){.mode = INTERPOSE_FAIL, .err = ENOSPC}, 1,
	    1);
}

static void
killed_at_each_change(void **state)
{
	(void)state;
	each(&small, (struct fault){.mode = INTERPOSE_KILL}, 1, 1);
}

/* The rest in samples: TAMGA_FAULT_STEP=1 takes every one. */
static void
disk_full_from_a_change_on(void **state)
{
	(void)state;
	each(&small, (struct fault){.mode = INTERPOSE_FULL}, 1, 8);
}

static void
a_write_is_short(void **state)
{
	(void)state;
	each(&small, (struct fault){.mode = INTERPOSE_SHORT}, 1, 6);
}

static void
opening_reading_or_closing_fails(void **state)
{
	(void)state;
	each(&small,
	    (struct fault){
		.mode = INTERPOSE_FAIL, .err = EIO, .harmless = true},
	    1, 23);
}

/* The calls of printing come after those of issuing. */
static void
while_printing(void **state)
{
	unsigned from = count_calls(&unprinted, false);

	(void)state;
	each(&printed, (struct fault){.mode = INTERPOSE_KILL}, from - 3, 2);
	each(&printed, (struct fault){.mode = INTERPOSE_FAIL, .err = EIO},
	    from - 3, 3);
	each(&printed, (struct fault){.mode = INTERPOSE_FULL}, from - 2, 3);
}

int
main(void)
{
	static const unsigned rows[] = {2};
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_change_fails),
	    cmocka_unit_test(each_change_has_no_room),
	    cmocka_unit_test(killed_at_each_change),
	    cmocka_unit_test(disk_full_from_a_change_on),
	    cmocka_unit_test(a_write_is_short),
	    cmocka_unit_test(opening_reading_or_closing_fails),
	    cmocka_unit_test(while_printing),
	};
	int failed, null = open("/dev/null", O_WRONLY | O_CLOEXEC), out;

	snprintf(base, sizeof base, "%s/tamga-fault.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(base) == NULL)
		return 1;
	snprintf(made, sizeof made, "%s/made", base);
	snprintf(home, sizeof home, "%s/home", base);
	program_make(made, rows, 1);
	/* Once here, so that the children find fonts loaded and cut. */
	fresh();
	out = dup(STDOUT_FILENO);
	dup2(null, STDOUT_FILENO);
	failed = plan_run(&printed, home);
	dup2(out, STDOUT_FILENO);
	if (failed == 0)
		failed = cmocka_run_group_tests_name(
		    "issue fault", tests, NULL, NULL);
	tree_remove(base);
	return failed;
}
