#include "testing.h"

#include "credential/claims.h"

#define TEXT(s) bytes_of(s, sizeof(s) - 1)

static void
days_of_times(void **state)
{
	(void)state;
	/* Shanghai's midnight is 16:00 UTC. */
	assert_int_equal(claims_day(0), 0);
	assert_int_equal(claims_day(57599), 0);
	assert_int_equal(claims_day(57600), 1);
	assert_int_equal(claims_day(-28800), 0);
	assert_int_equal(claims_day(-28801), -1);
	assert_int_equal(claims_day(INT64_MAX), INT32_MAX);
	assert_int_equal(claims_day(INT64_MIN), INT32_MIN);
	assert_true(claims_exp(0) == 57600);
	assert_int_equal(claims_day(claims_exp(20633) - 1), 20633);
	assert_int_equal(claims_day(claims_exp(20633)), 20634);
	assert_true(claims_exp(INT32_MAX) > 0);
}

static void
civil_days(void **state)
{
	(void)state;
	int32_t d, next = -719528; /* 0000-01-01 */
	for (int y = 0; y <= 9999; y++) {
		for (int m = 1; m <= 12; m++) {
			for (int i = 1; day_from_civil(y, m, i, &d); i++) {
				int yy, mm, dd;
				assert_true(d == next++);
				day_to_civil(d, &yy, &mm, &dd);
				assert_true(yy == y && mm == m && dd == i);
			}
		}
	}
	assert_int_equal(d, CLAIMS_MAX_DAY);
	assert_false(day_from_civil(10000, 1, 1, &d));
	assert_false(day_from_civil(-1, 12, 31, &d));
	assert_false(day_from_civil(2020, 0, 1, &d));
	assert_false(day_from_civil(2020, 13, 1, &d));
	assert_false(day_from_civil(2020, 1, 0, &d));
	assert_false(day_from_civil(1900, 2, 29, &d));
	assert_true(day_from_civil(2000, 2, 29, &d));
	int y, m, i;
	day_to_civil(INT32_MAX, &y, &m, &i);
	assert_true(y == 5881580 && m == 7 && i == 11);
	day_to_civil(INT32_MIN, &y, &m, &i);
	assert_true(y == -5877641 && m == 6 && i == 23);
}

static void
day_texts(void **state)
{
	(void)state;
	char s[11];
	int32_t d;
	day_format(18443, s);
	assert_string_equal(s, "2020-06-30");
	day_format(-719528, s);
	assert_string_equal(s, "0000-01-01");
	day_format(CLAIMS_MAX_DAY, s);
	assert_string_equal(s, "9999-12-31");
	day_format(CLAIMS_MAX_DAY + 1, s);
	assert_string_equal(s, "----------");
	day_format(INT32_MIN, s);
	assert_string_equal(s, "----------");
	assert_true(day_parse(TEXT("2020-06-30"), &d));
	assert_int_equal(d, 18443);
	static const char *const BAD[] = {"", "2020-6-30", "2020-06-31",
	    "2020/06/30", "2020-06-30 ", " 2020-06-3", "20200630", "2020-06-3a",
	    "-020-06-30", "+020-06-30", "2020-00-30", "2020-13-01"};
	for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++)
		assert_false(day_parse(bytes_str(BAD[i]), &d));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(days_of_times),
	    cmocka_unit_test(civil_days),
	    cmocka_unit_test(day_texts),
	};
	return cmocka_run_group_tests_name("days", tests, NULL, NULL);
}
