#include "testing.h"

#include "credential/cose.h"

static void
there_and_back(void **state)
{
	(void)state;
	static const uint8_t KID[CRED_KID_LEN] = {1, 2, 3, 4, 5, 6, 7, 8};
	static const uint8_t SIG[CRED_SIG_LEN] = {9};
	uint8_t p[64], b[256];
	struct outbuf prot = {p, sizeof(p), 0}, out = {b, sizeof(b), 0};
	assert_err(
	    cose_protected(COSE_ES256, KID, COSE_CREDENTIAL, &prot), CRED_OK);
	assert_err(
	    cose_encode(written(&prot), bytes_str("x"), SIG, &out), CRED_OK);
	struct cose_sign1 m;
	assert_err(cose_decode(written(&out), COSE_CREDENTIAL, &m), CRED_OK);
	assert_int_equal(m.alg, COSE_ES256);
	assert_bytes(m.kid, bytes_of(KID, sizeof(KID)));
	assert_bytes(m.payload, bytes_str("x"));
	assert_bytes(m.sig, bytes_of(SIG, sizeof(SIG)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back)};
	return cmocka_run_group_tests_name("cose", tests, NULL, NULL);
}
