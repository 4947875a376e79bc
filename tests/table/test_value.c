#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "table/value.h"

/* 75 of them */
#define ZEROS                                                                  \
	"0000000000000000000000000000000000000"                                \
	"00000000000000000000000000000000000000"

static void
numbers_in_full(void **state)
{
	static const struct {
		const char *in, *out; /* NULL: no number */
	} cases[] = {
	    {"44012", "44012"},
	    {"-3", "-3"},
	    {"4.0", "4"},
	    {"0.1", "0.1"},
	    {"0.30000000000000004", "0.3"},
	    {"1.5010219900101001E+17", "150102199001010000"},
	    {"1.5E+17", "150000000000000000"},
	    {"150102199001010019", "150102199001010019"},
	    {"-9.99999999999999999E+15", "-10000000000000000"},
	    {"1e308", "1" ZEROS ZEROS ZEROS ZEROS "00000000"},
	    {"1e2", "100"},
	    {"", NULL},
	    {"-", NULL},
	    {".", NULL},
	    {"1e", NULL},
	    {"1 ", NULL},
	    {"0x10", NULL},
	    {"inf", NULL},
	    {"nan", NULL},
	    {"1e999", NULL},
	};
	char out[VALUE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(
		    value_number(cases[i].in, out), cases[i].out != NULL);
		if (cases[i].out != NULL)
			assert_string_equal(out, cases[i].out);
	}
}

static void
dates_of_both_systems(void **state)
{
	static const struct {
		const char *in;
		bool mac;
		const char *out;
	} cases[] = {
	    {"44012", false, "2020-06-30"},
	    {"44012.0", false, "2020-06-30"},
	    {"44012.5", false, "2020-06-30 12:00:00"},
	    {"44012.99999999", false, "2020-07-01"},
	    {"1", false, "1900-01-01"},
	    {"59", false, "1900-02-28"},
	    {"60", false, NULL}, /* Excel's 29 February 1900 */
	    {"61", false, "1900-03-01"},
	    {"2958465", false, "9999-12-31"},
	    {"2958466", false, NULL},
	    {"-1", false, NULL},
	    {"0", false, NULL},
	    {"0.25", false, "06:00:00"},
	    {"0", true, "1904-01-01"},
	    {"42550", true, "2020-06-30"},
	    {"2958465", true, NULL},
	    {"x", false, NULL},
	};
	char out[VALUE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(value_date(cases[i].in, cases[i].mac, out),
		    cases[i].out != NULL);
		if (cases[i].out != NULL)
			assert_string_equal(out, cases[i].out);
	}
}

static void
formats_that_show_dates(void **state)
{
	static const char *const yes[] = {"yyyy-mm-dd", "m/d/yy h:mm",
	    "yyyy\"年\"m\"月\"d\"日\"", "[$-804]yyyy\\年m\\月", "[h]:mm:ss",
	    "mm:ss.0", "[DBNum1][$-804]yyyy\"年\"m\"月\";@", "d\\-mmm"};
	static const char *const no[] = {"General", "0", "@", "#,##0.00",
	    "0.00E+00", "\"day\"0", "[Red]0.00", "0_d", "# ?/?", "\\d0",
	    "0;yyyy", "[$¥-804]0.00", "\"d", "[", ""};

	(void)state;
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		assert_true(value_format_code_is_date(yes[i]));
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		assert_false(value_format_code_is_date(no[i]));
	assert_true(value_format_id_is_date(14));
	assert_true(value_format_id_is_date(31));
	assert_true(value_format_id_is_date(57));
	assert_false(value_format_id_is_date(0));
	assert_false(value_format_id_is_date(49));
	assert_false(value_format_id_is_date(164));
}

static void
escapes(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
	    {"a_x000A_b", "a\nb"},
	    {"_x005F_x000A_", "_x000A_"},
	    {"_x4E2D_", "中"},
	    {"_x00e9_", "é"},
	    {"_x0000_", "_x0000_"},
	    {"_xD800_", "_xD800_"},
	    {"_xFFFF_", "_xFFFF_"},
	    {"_x12_", "_x12_"},
	    {"_x000A", "_x000A"},
	    {"", ""},
	};
	char s[32];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t n = strlen(cases[i].in);
		memcpy(s, cases[i].in, n + 1);
		n = value_unescape(s, n);
		s[n] = '\0';
		assert_string_equal(s, cases[i].out);
	}
}

static void
references(void **state)
{
	static const char *const bad[] = {"", "1", "a1", "A0", "A01",
	    "A1048577", "XFE1", "AAAAAAAAAAAAAAAA1", "A1 ", "A99999999999",
	    "$A$1"};
	uint32_t column, row;

	(void)state;
	assert_true(value_reference("A1", &column, &row));
	assert_int_equal(column, 0);
	assert_int_equal(row, 1);
	assert_true(value_reference("XFD1048576", &column, &row));
	assert_int_equal(column, 16383);
	assert_int_equal(row, 1048576);
	assert_true(value_reference("AB7", &column, &row));
	assert_int_equal(column, 27);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(value_reference(bad[i], &column, &row));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_in_full),
	    cmocka_unit_test(dates_of_both_systems),
	    cmocka_unit_test(formats_that_show_dates),
	    cmocka_unit_test(escapes),
	    cmocka_unit_test(references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
