#include "verifier/totp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t SECRET[20] = "12345678901234567890";

/* RFC 6238 appendix B, SHA-1. */
static void
published(void **state)
{
	static const struct {
		int64_t at;
		uint32_t code;
	} all[] = {{59, 94287082}, {1111111109, 7081804},
	    {1111111111, 14050471}, {1234567890, 89005924},
	    {2000000000, 69279037}, {20000000000, 65353130}};
	uint32_t code;

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		assert_int_equal(totp_code(bytes_of(SECRET, 20),
				     all[i].at / TOTP_STEP_S, 8, &code),
		    CRED_OK);
		assert_int_equal(code, all[i].code);
	}
}

/* RFC 4226 appendix D: the first counts, six digits. */
static void
six_digits(void **state)
{
	static const uint32_t want[] = {755224, 287082, 359152, 969429, 338314,
	    254676, 287922, 162583, 399871, 520489};
	uint32_t code;

	(void)state;
	for (int64_t i = 0; i < 10; i++) {
		assert_int_equal(
		    totp_code(bytes_of(SECRET, 20), i, 6, &code), CRED_OK);
		assert_int_equal(code, want[i]);
	}
}

static bool
good(const char *code, int64_t now, int64_t last, int64_t *step)
{
	bool is;

	*step = -1;
	assert_int_equal(
	    totp_check(bytes_of(SECRET, 20), code, now, last, &is, step),
	    CRED_OK);
	return is;
}

static void
window(void **state)
{
	int64_t step;

	(void)state;
	/* step 1 is 287082: from 0 to 89 s */
	assert_true(good("287082", 0, 0, &step));
	assert_int_equal(step, 1);
	assert_true(good("287082", 89, 0, &step));
	assert_false(good("287082", 90, 0, &step));
	assert_true(good("287 082", 45, 0, &step));
	assert_false(good("287083", 45, 0, &step));
}

static void
used_before(void **state)
{
	int64_t step;

	(void)state;
	assert_false(good("287082", 45, 1, &step));
	assert_int_equal(step, -1);
	/* the next one still is good, the one before never again */
	assert_true(good("359152", 45, 1, &step));
	assert_int_equal(step, 2);
	assert_false(good("287082", 60, 2, &step));
}

static void
no_codes(void **state)
{
	static const char *const all[] = {"", "28708", "2870820", "28708a",
	    "+287082", "２８７０８２", "0x4616a", "287082\n", "      "};
	int64_t step;

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		assert_false(good(all[i], 45, 0, &step));
}

/* RFC 4648 base 32 of the same bytes, as other programs write them. */
static void
texts(void **state)
{
	char text[TOTP_TEXT], uri[256];

	(void)state;
	totp_text(SECRET, text);
	assert_string_equal(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
	assert_true(totp_uri(SECRET, "wang", uri, sizeof uri));
	assert_string_equal(uri,
	    "otpauth://totp/Tamga:%77%61%6E%67?secret="
	    "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Tamga&digits=6&period=30");
	assert_false(totp_uri(SECRET, "wang", uri, 40));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(published),
	    cmocka_unit_test(six_digits),
	    cmocka_unit_test(window),
	    cmocka_unit_test(used_before),
	    cmocka_unit_test(no_codes),
	    cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
