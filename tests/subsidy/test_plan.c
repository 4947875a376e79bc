#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "subsidy/plan.h"

/* The annex adds its ten rows up to 26.6 万人次. */
static void
adds_up_as_printed(void **state)
{
	unsigned sum = 0;

	(void)state;
	for (int i = 1; i <= PLAN_ROWS; i++)
		sum += plan_row(i)->people;
	assert_int_equal(sum, 266000);
	assert_int_equal(PLAN_TOTAL, sum);
	assert_int_equal(plan_row(4)->people, 1000);
	assert_string_equal(plan_row(10)->zh, "自治区住建厅");
}

static void
by_word(void **state)
{
	(void)state;
	assert_int_equal(plan_by_word(bytes_str("自治区教育厅")), 2);
	assert_int_equal(plan_by_word(bytes_str("教育厅")), 2);
	assert_int_equal(plan_by_word(bytes_str("人社厅")), 1);
	assert_int_equal(plan_by_word(bytes_str("10")), 10);
	assert_int_equal(plan_by_word(bytes_str("1")), 1);
	assert_int_equal(plan_by_word(bytes_str("11")), 0);
	assert_int_equal(plan_by_word(bytes_str("0")), 0);
	assert_int_equal(plan_by_word(bytes_str("01")), 0);
	assert_int_equal(plan_by_word(bytes_str("自治区")), 0);
	assert_int_equal(plan_by_word(bytes_str("")), 0);
	assert_int_equal(plan_by_word(bytes_str("外交部")), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(adds_up_as_printed),
	    cmocka_unit_test(by_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
