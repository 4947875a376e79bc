#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "subsidy/money.h"

static void
read_as_written(void **state)
{
	static const struct {
		const char *text;
		int64_t fen;
	} good[] = {
	    {"0", 0},
	    {"1500", 150000},
	    {"1500.5", 150050},
	    {"1500.05", 150005},
	    {"1,500.00", 150000},
	    {"1,234,567", 123456700},
	    {"￥1500", 150000},
	    {"¥1500元", 150000},
	    {"1500 元", 150000},
	    {"CNY 1500", 150000},
	    {"100000000", MONEY_MAX_FEN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		int64_t fen = -1;
		assert_true(money_parse(bytes_str(good[i].text), &fen));
		assert_int_equal(fen, good[i].fen);
	}
}

static void
refused(void **state)
{
	static const char *const bad[] = {"", "-1", "+1", "1.", ".5", "1.005",
	    "1,50", "15,00.00", ",500", "1500,", "1 500", "1e3", "一千五",
	    "100000000.01", "99999999999999999999", "1500美元", "0x10",
	    "1.5.5"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int64_t fen = 7;
		if (money_parse(bytes_str(bad[i]), &fen))
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(fen, 7);
	}
	assert_false(money_parse(bytes_of(NULL, 0), &(int64_t){0}));
}

static void
written(void **state)
{
	char out[MONEY_TEXT_MAX];

	(void)state;
	money_format(0, out);
	assert_string_equal(out, "0.00");
	money_format(150005, out);
	assert_string_equal(out, "1500.05");
	money_format(-105, out);
	assert_string_equal(out, "-1.05");
	money_format(INT64_MIN, out);
	assert_string_equal(out, "-92233720368547758.08");
}

static void
percent_rounds_half_up(void **state)
{
	(void)state;
	assert_int_equal(money_percent(150000, 60), 90000);
	assert_int_equal(money_percent(1, 50), 1);
	assert_int_equal(money_percent(1, 49), 0);
	assert_int_equal(money_percent(99, 60), 59);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(read_as_written),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(written),
	    cmocka_unit_test(percent_rounds_half_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
