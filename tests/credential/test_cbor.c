#include "testing.h"

#include "credential/cbor.h"

static void
check(const char *hex, enum cred_err want)
{
	uint8_t b[256];
	struct bytes in = unhex(hex, b, sizeof(b));
	uint8_t *p = boxed(in);
	assert_err(cbor_check(bytes_of(p, in.len)), want);
	free(p);
}

static void
heads(void **state)
{
	(void)state;
	check("00", CRED_OK);
	check("1817", CRED_ERR_CBOR_HEAD);
	check("1818", CRED_OK);
	check("9f00ff", CRED_ERR_CBOR_INDEFINITE);
	check("0000", CRED_ERR_CBOR_TRAILING);
	check("", CRED_ERR_CBOR_TRUNCATED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(heads)};
	return cmocka_run_group_tests_name("cbor", tests, NULL, NULL);
}
