#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "domain/certnum.h"

static void
good(void **state)
{
	struct certnum n;

	(void)state;
	assert_int_equal(certnum_parse(KIND_LEVEL,
	    bytes_str("Y000015000123195000001"), &n), CRED_OK);
	assert_string_equal(n.prefix, "Y000015000123");
	assert_int_equal(n.year, 19);
	assert_int_equal(n.level, '5');
	assert_int_equal(n.serial, 1);
	assert_true(n.category_known);
	assert_int_equal(certnum_parse(KIND_LEVEL,
	    bytes_str("S000015000045204000123"), &n), CRED_OK);
	assert_int_equal(n.serial, 123);
	assert_int_equal(certnum_parse(KIND_LEVEL,
	    bytes_str("J00001500004520A000123"), &n), CRED_OK);
	assert_int_equal(n.level, 'A');
	assert_false(n.category_known);
	assert_int_equal(certnum_parse(KIND_QUALIFICATION,
	    bytes_str("1905012003500001"), &n), CRED_OK);
	assert_int_equal(n.year, 19);
	assert_int_equal(n.level, '5');
	assert_int_equal(certnum_parse(KIND_SPECIALISED,
	    bytes_str("NMZX-2020-0001"), &n), CRED_OK);
	assert_int_equal(n.year, -1);
}

static void
bad(void **state)
{
	static const struct {
		enum kind kind;
		const char *s;
	} rows[] = {
	    {KIND_LEVEL, "S00001500004520400012"},
	    {KIND_LEVEL, "S000015000045206000123"},
	    {KIND_LEVEL, "S000015000045204000000"},
	    {KIND_LEVEL, "s000015000045204000123"},
	    {KIND_LEVEL, "SO00015000045204000123"},
	    {KIND_LEVEL, ""},
	    {KIND_QUALIFICATION, "1905017003500001"},
	    {KIND_QUALIFICATION, "1905012003600001"},
	    {KIND_QUALIFICATION, "1905012003500000"},
	    {KIND_SPECIALISED, "short"},
	    {KIND_SPECIALISED, "1234567890123456789012345"},
	    {KIND_TRAINING, "with blank 1"},
	    {KIND_OPERATION, "T150102199001010019"},
	};
	struct certnum n;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (certnum_parse(rows[i].kind, bytes_str(rows[i].s), &n) !=
		    CRED_ERR_DOMAIN_FORM)
			fail_msg("not refused: %s", rows[i].s);
	assert_true(certnum_has_letter_digits(bytes_str("SO0001")));
	assert_false(certnum_has_letter_digits(bytes_str("S00001")));
}

static void
format_and_parse_agree(void **state)
{
	char s[23];
	struct certnum n;

	(void)state;
	assert_int_equal(certnum_format("S000015000123", 2020, 4, 77, s), CRED_OK);
	assert_string_equal(s, "S000015000123204000077");
	assert_int_equal(certnum_parse(KIND_LEVEL, bytes_str(s), &n), CRED_OK);
	assert_int_equal(n.serial, 77);
	assert_int_equal(certnum_format("S00001500012", 2020, 4, 1, s),
	    CRED_ERR_DOMAIN_FORM);
	assert_int_equal(certnum_format("S000015000123", 2020, 6, 1, s),
	    CRED_ERR_DOMAIN_FORM);
	assert_int_equal(certnum_format("S000015000123", 2020, 4, 1000000, s),
	    CRED_ERR_DOMAIN_FORM);
	assert_int_equal(certnum_format("S000015000123", 2020, 4, 0, s),
	    CRED_ERR_DOMAIN_FORM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good),
	    cmocka_unit_test(bad),
	    cmocka_unit_test(format_and_parse_agree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
