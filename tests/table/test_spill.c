#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "table/spill.h"

static struct why why;

static void
spilled_bytes_come_back(void **state)
{
	struct spill s = {0};
	size_t n = 300000; /* numbers: 2.4 MB, so two flushes and a tail */
	uint64_t v, two[2];

	(void)state;
	for (v = 0; v < n; v++)
		assert_int_equal(spill_append(&s, &v, sizeof v, &why), CRED_OK);
	assert_int_equal(spill_len(&s), n * sizeof v);
	assert_true(s.flushed > 0);
	for (uint64_t i = 0; i < n; i += 97) {
		uint64_t at = i * 7919 % (n - 1);
		assert_int_equal(
		    spill_read(&s, at * 8, two, sizeof two, &why), CRED_OK);
		assert_int_equal(two[0], at);
		assert_int_equal(two[1], at + 1);
	}
	/* Across the end of the file and the beginning of the tail. */
	assert_int_equal(
	    spill_read(&s, s.flushed - 4, &v, sizeof v, &why), CRED_OK);
	assert_int_equal(v >> 32, s.flushed / 8);
	spill_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(spilled_bytes_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
