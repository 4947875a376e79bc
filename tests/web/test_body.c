#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "web/body.h"

/* A connection that gives at most step bytes at once, and total in all. */
struct drip {
	size_t total, step, asked_most;
	int end;   /* what it answers when empty */
	bool lies; /* claims more than was asked for */
};

static int
drip_read(void *ctx, void *buf, size_t len)
{
	struct drip *d = ctx;
	size_t n = len < d->step ? len : d->step;

	if (len > d->asked_most)
		d->asked_most = len;
	if (n > d->total)
		n = d->total;
	if (n == 0)
		return d->end;
	memset(buf, 'x', n);
	d->total -= n;
	return d->lies ? (int)len + 1 : (int)n;
}

static enum web_problem
run(struct drip *d, size_t len, uint8_t **out)
{
	const struct body_source src = {d, drip_read};

	return body_read(&src, len, out);
}

static void
whole(void **state)
{
	static const size_t lens[] = {1, 7, 65535, 65536, 65537, 200000};
	uint8_t *buf;

	(void)state;
	for (size_t i = 0; i < sizeof lens / sizeof *lens; i++)
		for (size_t step = 1; step <= 100000; step *= 317) {
			struct drip d = {lens[i] + 10, step, 0, 0, false};
			buf = NULL;
			assert_int_equal(run(&d, lens[i], &buf), WEB_OK);
			assert_int_equal(d.total, 10); /* not one too many */
			assert_int_equal(buf[lens[i] - 1], 'x');
			assert_int_equal(buf[lens[i]], 0);
			free(buf);
		}
}

static void
empty(void **state)
{
	struct drip d = {5, 5, 0, 0, false};
	uint8_t *buf = NULL;

	(void)state;
	assert_int_equal(run(&d, 0, &buf), WEB_OK);
	assert_int_equal(buf[0], 0);
	assert_int_equal(d.total, 5);
	free(buf);
}

static void
cut_short(void **state)
{
	uint8_t *buf = NULL;

	(void)state;
	for (int end = -2; end <= 0; end++) {
		struct drip d = {999, 100, 0, end, false};
		assert_int_equal(run(&d, 1000, &buf), WEB_CUT_SHORT);
		assert_null(buf);
	}
}

static void
memory_follows_what_arrives(void **state)
{
	struct drip d = {1000, 100, 0, 0, false};
	uint8_t *buf = NULL;

	(void)state;
	assert_int_equal(run(&d, (size_t)1 << 40, &buf), WEB_CUT_SHORT);
	assert_true(d.asked_most <= 65536);
}

static void
liar(void **state)
{
	struct drip d = {1000, 100, 0, 0, true};
	uint8_t *buf = NULL;

	(void)state;
	assert_int_equal(run(&d, 500, &buf), WEB_CUT_SHORT);
	assert_null(buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(whole),
	    cmocka_unit_test(empty), cmocka_unit_test(cut_short),
	    cmocka_unit_test(memory_follows_what_arrives),
	    cmocka_unit_test(liar)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
