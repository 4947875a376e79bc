#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "domain/catalogue.h"

static void
occupations(void **state)
{
	(void)state;
	assert_string_equal(occupation_by_code(bytes_str("6-31-01-03"))->name, "电工");
	assert_string_equal(occupation_by_name(bytes_str("焊工"))->code, "6-18-02-04");
	assert_string_equal(occupation_current(bytes_str("6-04-02-05")), "6-18-02-04");
	assert_string_equal(occupation_by_code(bytes_str("6-04-02-05"))->name, "焊工");
	assert_null(occupation_current(bytes_str("8-99-99-99")));
	assert_null(occupation_by_name(bytes_str("算命师")));
	assert_true(occupation_code_ok(bytes_str("6-31-01-03")));
	assert_false(occupation_code_ok(bytes_str("9-31-01-03")));
	assert_false(occupation_code_ok(bytes_str("6-31-1-03")));
	assert_false(occupation_code_ok(bytes_str("6-31-01-031")));
}

static void
operations(void **state)
{
	(void)state;
	assert_string_equal(operation_by_code(bytes_str("1.2"))->name, "低压电工作业");
	assert_string_equal(operation_by_name(bytes_str("低压电工"))->code, "1.2");
	assert_string_equal(operation_by_code(bytes_str("5.10"))->rule, "none");
	assert_string_equal(operation_by_code(bytes_str("5.1"))->class_name,
	    "煤矿安全作业");
	assert_string_equal(operation_by_name(
	    bytes_str("熔化焊接与热切割作业"))->rule, "3");
	assert_null(operation_by_name(bytes_str("焊工作业")));
}

static void
regions(void **state)
{
	(void)state;
	assert_string_equal(region_name("152301"), "哲里木盟（今通辽市）");
	assert_string_equal(region_league("152301"), "1505");
	assert_string_equal(region_league("150603"), "1506");
	assert_string_equal(region_name("130102"), "河北省");
	assert_null(region_league("130102"));
	assert_string_equal(region_name("159901"), "内蒙古自治区");
	assert_null(region_league("159901"));
	assert_null(region_name("990000"));
}

static void
region_words(void **state)
{
	static const struct {
		const char *word, *code;
	} CASES[] = {{"包头市", "1502"}, {"包头", "1502"}, {"1502", "1502"},
	    {"152301", "1505"}, {"兴安盟", "1522"}, {"兴安", "1522"},
	    {"15", "15"}, {"哲里木盟", ""}, {"北京市", ""}, {"11", ""},
	    {"1599", ""}, {"1", ""}, {"", ""}, {"15020102", ""}};
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
		assert_string_equal(
		    region_by_word(bytes_str(CASES[i].word)), CASES[i].code);
	while (region_nth_league(n) != NULL)
		n++;
	assert_int_equal(n, 12);
	assert_string_equal(region_nth_league(1), "1502");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(occupations),
	    cmocka_unit_test(operations),
	    cmocka_unit_test(regions),
	    cmocka_unit_test(region_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
