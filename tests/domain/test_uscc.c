#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "domain/uscc.h"

static void
published_and_trap(void **state)
{
	(void)state;
	assert_int_equal(uscc_check(bytes_str("9135052155323005XL")), CRED_OK);
	assert_int_equal(uscc_check(bytes_str("11100000000013338W")), CRED_OK);
	/* sum % 31 = 0 */
	assert_int_equal(uscc_check(bytes_str("911501001000007370")), CRED_OK);
}

static void
wrong(void **state)
{
	(void)state;
	/* A real code whose check character is wrong: callers warn. */
	assert_int_equal(uscc_check(bytes_str("91350203M0001QAY9B")),
	    CRED_ERR_DOMAIN_CHECKSUM);
	assert_int_equal(uscc_check(bytes_str("9135052155323005XM")),
	    CRED_ERR_DOMAIN_CHECKSUM);
	assert_int_equal(uscc_check(bytes_str("9135052155323005X")),
	    CRED_ERR_DOMAIN_FORM);
	assert_int_equal(uscc_check(bytes_str("9135052155323005XI")),
	    CRED_ERR_DOMAIN_FORM);
	assert_int_equal(uscc_check(bytes_str("91A505215532300500")),
	    CRED_ERR_DOMAIN_FORM);
	assert_int_equal(uscc_check(bytes_of("91350521\00055323005X", 18)),
	    CRED_ERR_DOMAIN_FORM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(published_and_trap),
	    cmocka_unit_test(wrong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
