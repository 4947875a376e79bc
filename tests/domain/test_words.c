#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "domain/words.h"

static void
levels(void **state)
{
	static const struct {
		const char *s;
		unsigned v;
	} rows[] = {
	    {"4", 4}, {"四级", 4}, {"中级工", 4}, {"四级/中级工", 4}, {"一级/高级技师", 1},
	    {"高级技师", 1}, {"技师", 2}, {"高级工", 3}, {"五级", 5}, {"", 0}, {"0", 0},
	    {"6", 0}, {"六级", 0}, {"四级/高级工", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(level_by_word(bytes_str(rows[i].s)), rows[i].v);
	assert_string_equal(level_word(4), "四级/中级工");
	assert_string_equal(level_word(0), "");
	assert_string_equal(level_word(6), "");
	for (unsigned l = 1; l <= 5; l++)
		assert_int_equal(level_by_word(bytes_str(level_word(l))), l);
	assert_true(level_rank(1) > level_rank(2));
}

static void
dates(void **state)
{
	static const char *const same[] = {
	    "2020-06-30", "2020/6/30", "2020.6.30", "20200630", "2020年6月30日",
	    "2020年06月30", "2020-06-30 00:00:00", "44012",
	};
	static const char *const wrong[] = {
	    "", "2020-02-30", "2020-13-01", "20200631", "30/6/2020", "2020-6",
	    "2020-6/30", "2020-06-30 12:00", "abc", "12345", "2020年",
	};
	int32_t want, got;

	(void)state;
	assert_true(day_from_civil(2020, 6, 30, &want));
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		if (!date_by_word(bytes_str(same[i]), &got) || got != want)
			fail_msg("%s", same[i]);
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (date_by_word(bytes_str(wrong[i]), &got))
			fail_msg("taken: %s", wrong[i]);
}

static void
kinds(void **state)
{
	(void)state;
	assert_int_equal(kind_by_word(bytes_str("特种作业操作证")), KIND_OPERATION);
	assert_int_equal(kind_by_word(bytes_str("2")), KIND_LEVEL);
	assert_int_equal(kind_by_word(bytes_str("6")), 0);
	for (int k = 1; k <= 5; k++)
		assert_int_equal(kind_by_word(bytes_str(kind_word((enum kind)k))), k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(levels),
	    cmocka_unit_test(dates),
	    cmocka_unit_test(kinds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
