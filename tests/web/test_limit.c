#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "web/limit.h"

static const uint8_t SEED[16] = "0123456789abcdef";
static const struct limit LIMIT = {.per_minute = 60, .burst = 5};
static struct limiter *l;

static int
setup(void **state)
{
	(void)state;
	l = limiter_new(SEED);
	return l == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	limiter_free(l);
	return 0;
}

static unsigned
taken(const char *client, unsigned tries, int64_t now)
{
	unsigned n = 0;

	for (unsigned i = 0; i < tries; i++)
		n += limiter_take(l, &LIMIT, client, 1, now);
	return n;
}

static void
burst_then_rate(void **state)
{
	(void)state;
	assert_int_equal(taken("192.0.2.1", 20, 1000), 5);
	assert_int_equal(taken("192.0.2.1", 20, 1999), 0);
	assert_int_equal(taken("192.0.2.1", 20, 2000), 1);
	assert_int_equal(taken("192.0.2.1", 20, 5000), 3);
	assert_int_equal(taken("192.0.2.1", 20, 1000000000), 5);
}

static void
clients_are_apart(void **state)
{
	(void)state;
	assert_int_equal(taken("192.0.2.1", 9, 0), 5);
	assert_int_equal(taken("192.0.2.2", 9, 0), 5);
	assert_int_equal(taken("2001:db8::1", 9, 0), 5);
	assert_int_equal(taken("2001:db8::2", 9, 0), 0); /* the same /64 */
	assert_int_equal(taken("2001:db8:0:1::1", 9, 0), 5);
	assert_int_equal(taken("odd", 9, 0), 5);
}

static void
loopback_is_free(void **state)
{
	(void)state;
	assert_int_equal(taken("127.0.0.1", 1000, 0), 1000);
	assert_int_equal(taken("::1", 1000, 0), 1000);
}

static void
no_limit(void **state)
{
	static const struct limit none = {0};

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_true(limiter_take(l, &none, "192.0.2.1", 1, 0));
}

static void
costs(void **state)
{
	(void)state;
	assert_true(limiter_take(l, &LIMIT, "192.0.2.1", 4, 0));
	assert_false(limiter_take(l, &LIMIT, "192.0.2.1", 2, 0));
	assert_true(limiter_take(l, &LIMIT, "192.0.2.1", 1, 0));
	/* dearer than a full bucket: with a full one */
	assert_false(limiter_take(l, &LIMIT, "192.0.2.1", 50, 4000));
	assert_true(limiter_take(l, &LIMIT, "192.0.2.1", 50, 6000));
	assert_false(limiter_take(l, &LIMIT, "192.0.2.1", 1, 6000));
}

static void
many_clients_do_not_grow_it(void **state)
{
	char client[32];

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		snprintf(client, sizeof client, "10.%u.%u.%u", i >> 16,
		    i >> 8 & 255, i & 255);
		assert_true(limiter_take(l, &LIMIT, client, 5, i));
	}
	assert_false(limiter_take(l, &LIMIT, client, 5, 100000));
}

static void
clock_backwards(void **state)
{
	(void)state;
	assert_int_equal(taken("192.0.2.1", 9, 100000), 5);
	assert_int_equal(taken("192.0.2.1", 9, 1000), 0);
}

static void
one_inside(void **state)
{
	(void)state;
	assert_true(limiter_enter(l, "192.0.2.1"));
	assert_false(limiter_enter(l, "192.0.2.1"));
	assert_true(limiter_enter(l, "192.0.2.2"));
	limiter_leave(l, "192.0.2.1");
	assert_true(limiter_enter(l, "192.0.2.1"));
	assert_true(limiter_enter(l, "127.0.0.1"));
	assert_true(limiter_enter(l, "127.0.0.1"));
	limiter_leave(l, "127.0.0.1");
	limiter_leave(l, "192.0.2.9"); /* never entered */
	assert_false(limiter_enter(l, "192.0.2.2"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(burst_then_rate, setup, teardown),
	    cmocka_unit_test_setup_teardown(clients_are_apart, setup, teardown),
	    cmocka_unit_test_setup_teardown(loopback_is_free, setup, teardown),
	    cmocka_unit_test_setup_teardown(no_limit, setup, teardown),
	    cmocka_unit_test_setup_teardown(costs, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		many_clients_do_not_grow_it, setup, teardown),
	    cmocka_unit_test_setup_teardown(clock_backwards, setup, teardown),
	    cmocka_unit_test_setup_teardown(one_inside, setup, teardown)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
