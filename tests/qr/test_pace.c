#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "qr/pace.h"

/* A clock that the test turns. */
static double now;

static double
left(void *ctx)
{
	return *(const double *)ctx - now;
}

static void
no_end(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, NULL, NULL);
	assert_true(pace_begin(&p, PACE_SCAN, UINT64_MAX));
	pace_done(&p, PACE_SCAN, UINT64_MAX);
	assert_true(pace_step_begin(&p));
	pace_step_done(&p);
}

/* What took 0.2 s for four megapixels takes 0.1 for two. */
static void
learned_by_size(void **state)
{
	double until = 10;
	struct pace p;

	(void)state;
	now = 0;
	pace_init(&p, left, &until);
	assert_true(pace_begin(&p, PACE_SCAN, 4000000));
	now += 0.2;
	pace_done(&p, PACE_SCAN, 4000000);
	now = until - 0.101;
	assert_true(pace_begin(&p, PACE_SCAN, 2000000));
	now = until - 0.099;
	assert_false(pace_begin(&p, PACE_SCAN, 2000000));
	/* other work is another thing */
	assert_true(pace_begin(&p, PACE_SEARCH, 2000000));
	/* a quick one does not make it forget */
	now = 0;
	assert_true(pace_begin(&p, PACE_SCAN, 4000000));
	pace_done(&p, PACE_SCAN, 4000000);
	now = until - 0.099;
	assert_false(pace_begin(&p, PACE_SCAN, 2000000));
}

/* Nothing is learned of pictures that are next to nothing, and one standstill
 * of the machine does not end the reading. */
static void
not_misled(void **state)
{
	double until = 1000;
	struct pace p;

	(void)state;
	now = 0;
	pace_init(&p, left, &until);
	assert_true(pace_begin(&p, PACE_SCAN, 400));
	now += 1;
	pace_done(&p, PACE_SCAN, 400);
	now = until - 0.03;
	assert_true(pace_begin(&p, PACE_SCAN, 1000000));
	now = 0;
	assert_true(pace_begin(&p, PACE_SCAN, 1000000));
	now = 500;
	pace_done(&p, PACE_SCAN, 1000000);
	assert_true(pace_begin(&p, PACE_SCAN, 1000000));
	assert_true(pace_step_begin(&p));
	now = 900;
	pace_step_done(&p);
	assert_true(pace_step_begin(&p));
}

static void
steps(void **state)
{
	double until = 10;
	struct pace p;

	(void)state;
	now = 0;
	pace_init(&p, left, &until);
	assert_true(pace_step_begin(&p));
	now += 0.03;
	pace_step_done(&p);
	now = until - 0.031;
	assert_true(pace_step_begin(&p));
	now = until - 0.029;
	assert_false(pace_step_begin(&p));
	now = until + 1;
	assert_false(pace_step_begin(&p));
	assert_false(pace_begin(&p, PACE_MAKE, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_end),
	    cmocka_unit_test(learned_by_size),
	    cmocka_unit_test(not_misled),
	    cmocka_unit_test(steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
