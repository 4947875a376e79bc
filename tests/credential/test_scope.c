#include "testing.h"

#include "credential/scope.h"

static void
there_and_back(void **state)
{
	(void)state;
	static struct scope s = {.body_id = "91150100MA0N12345X",
	    .prefix = "S000015000123",
	    .base = "https://tamga.example/"};
	static struct scope back;
	static uint8_t b[SCOPE_MAX_DER], b2[SCOPE_MAX_DER];
	s.kinds[2].granted = true;
	s.kinds[2].n = 1;
	s.kinds[2].items[0] = (struct scope_item){"6-31-01-03", 3, 5};
	struct outbuf out = {b, sizeof(b), 0}, out2 = {b2, sizeof(b2), 0};
	assert_err(scope_encode(&s, &out), CRED_OK);
	assert_err(scope_decode(written(&out), &back), CRED_OK);
	assert_err(scope_encode(&back, &out2), CRED_OK);
	assert_bytes(written(&out2), written(&out));
	assert_bytes(scope_host(&back), bytes_str("tamga.example"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back)};
	return cmocka_run_group_tests_name("scope", tests, NULL, NULL);
}
