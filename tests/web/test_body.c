#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "web/body.h"

/* As a connection would: at most step bytes at once, total in all. Returns how
 * many were taken. */
static size_t
fill(struct web_body *b, size_t total, size_t step)
{
	size_t taken = 0, room;
	uint8_t *at;

	while (taken < total && (room = body_room(b, &at)) > 0) {
		size_t n = room < step ? room : step;

		if (n > total - taken)
			n = total - taken;
		memset(at, 'x', n);
		body_got(b, n);
		taken += n;
	}
	return taken;
}

static void
whole(void **state)
{
	static const size_t lens[] = {1, 7, 65535, 65536, 65537, 200000};
	struct web_body b;

	(void)state;
	for (size_t i = 0; i < sizeof lens / sizeof *lens; i++)
		for (size_t step = 1; step <= 100000; step *= 317) {
			body_begin(&b, lens[i]);
			assert_false(body_whole(&b));
			/* not one too many */
			assert_int_equal(fill(&b, lens[i] + 10, step), lens[i]);
			assert_true(body_whole(&b));
			assert_int_equal(b.ptr[0], 'x');
			assert_int_equal(b.ptr[lens[i] - 1], 'x');
			assert_int_equal(b.ptr[lens[i]], 0);
			body_release(&b);
		}
}

static void
empty(void **state)
{
	struct web_body b;
	uint8_t *at;

	(void)state;
	body_begin(&b, 0);
	assert_true(body_whole(&b));
	assert_int_equal(body_room(&b, &at), 0);
	body_release(&b);
}

static void
memory_follows_what_arrives(void **state)
{
	struct web_body b;

	(void)state;
	body_begin(&b, (size_t)1 << 40);
	assert_int_equal(fill(&b, 1000, 100), 1000);
	assert_true(b.cap <= 65536);
	assert_int_equal(fill(&b, 99000, 100), 99000);
	assert_true(b.cap <= 131072);
	assert_false(body_whole(&b));
	body_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(whole),
	    cmocka_unit_test(empty),
	    cmocka_unit_test(memory_follows_what_arrives)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
