#include "verifier/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct session_limits LIMITS = {600, 3600};
static const struct account WANG = {.name = "wang", .epoch = 7};

static int
make(void **state)
{
	*state = sessions_new(&LIMITS);
	return *state == NULL;
}

static int
drop(void **state)
{
	sessions_free(*state);
	return 0;
}

static void
found_until_idle(void **state)
{
	char token[SESSION_TOKEN];
	struct session x;

	assert_int_equal(session_begin(*state, &WANG, 0, token), CRED_OK);
	assert_true(session_find(*state, token, 599, &x));
	assert_string_equal(x.name, "wang");
	assert_int_equal(x.epoch, 7);
	assert_true(session_find(*state, token, 599 + 599, &x));
	assert_false(session_find(*state, token, 599 + 599 + 600, &x));
	/* run out is run out, whatever the clock says then */
	assert_false(session_find(*state, token, 599 + 599, &x));
}

static void
found_until_its_end(void **state)
{
	char token[SESSION_TOKEN];
	struct session x;

	assert_int_equal(session_begin(*state, &WANG, 0, token), CRED_OK);
	for (int64_t t = 0; t < 3600; t += 500)
		assert_true(session_find(*state, token, t, &x));
	assert_false(session_find(*state, token, 3600, &x));
}

static void
forged(void **state)
{
	char token[SESSION_TOKEN], other[SESSION_TOKEN];
	struct session x;

	assert_int_equal(session_begin(*state, &WANG, 0, token), CRED_OK);
	memcpy(other, token, sizeof other);
	other[10] = other[10] == 'A' ? 'B' : 'A';
	assert_false(session_find(*state, other, 1, &x));
	assert_false(session_find(*state, "", 1, &x));
	assert_false(session_find(*state, NULL, 1, &x));
	assert_int_equal(session_token(other), CRED_OK);
	assert_false(session_find(*state, other, 1, &x));
	token[42] = '\0';
	assert_false(session_find(*state, token, 1, &x));
}

static void
ended(void **state)
{
	char token[SESSION_TOKEN];
	struct session x;

	assert_int_equal(session_begin(*state, &WANG, 0, token), CRED_OK);
	session_end(*state, token);
	assert_false(session_find(*state, token, 1, &x));
}

static void
csrf(void **state)
{
	char a[SESSION_TOKEN], b[SESSION_TOKEN], x[SESSION_TOKEN],
	    y[SESSION_TOKEN], z[SESSION_TOKEN];
	struct sessions *other = sessions_new(&LIMITS);

	assert_int_equal(session_token(a), CRED_OK);
	assert_int_equal(session_token(b), CRED_OK);
	assert_string_not_equal(a, b);
	assert_true(session_csrf(*state, a, x));
	assert_true(session_csrf(*state, a, y));
	assert_string_equal(x, y);
	assert_string_not_equal(x, a);
	assert_true(session_csrf(*state, b, y));
	assert_string_not_equal(x, y);
	/* of another process: another key */
	assert_true(session_csrf(other, a, z));
	assert_string_not_equal(x, z);
	assert_false(session_csrf(*state, "short", x));
	sessions_free(other);
}

static void
places_are_bounded(void **state)
{
	char first[SESSION_TOKEN], second[SESSION_TOKEN], token[SESSION_TOKEN];
	struct session x;

	assert_int_equal(session_begin(*state, &WANG, 0, first), CRED_OK);
	assert_int_equal(session_begin(*state, &WANG, 1, second), CRED_OK);
	for (int i = 2; i < SESSION_MAX; i++)
		assert_int_equal(
		    session_begin(*state, &WANG, 2, token), CRED_OK);
	assert_true(session_find(*state, first, 3, &x));
	assert_int_equal(session_begin(*state, &WANG, 4, token), CRED_OK);
	assert_false(session_find(*state, second, 5, &x));
	assert_true(session_find(*state, first, 5, &x));
	assert_true(session_find(*state, token, 5, &x));
}

static void
grants(void **state)
{
	char token[SESSION_TOKEN], other[SESSION_TOKEN];

	assert_int_equal(session_begin(*state, &WANG, 0, token), CRED_OK);
	assert_int_equal(session_begin(*state, &WANG, 0, other), CRED_OK);
	session_grant(*state, token, 3, 7, 100);
	assert_true(session_granted(*state, token, 3, 7, 99));
	assert_false(session_granted(*state, token, 3, 7, 100));
	assert_false(session_granted(*state, token, 3, 8, 99));
	assert_false(session_granted(*state, token, 4, 7, 99));
	assert_false(session_granted(*state, other, 3, 7, 99));
	for (uint32_t i = 0; i < SESSION_GRANTS; i++)
		session_grant(*state, token, 9, i, 100);
	assert_false(session_granted(*state, token, 3, 7, 99));
	assert_false(session_granted(*state, token, 0, 0, 0));
}

static void
language(void **state)
{
	char token[SESSION_TOKEN];
	struct session x;

	assert_int_equal(session_begin(*state, &WANG, 0, token), CRED_OK);
	assert_true(session_find(*state, token, 1, &x));
	assert_false(x.has_lang);
	session_lang(*state, token, LANG_EN);
	assert_true(session_find(*state, token, 1, &x));
	assert_true(x.has_lang && x.lang == LANG_EN);
}

int
main(void)
{
#define ONE(f) cmocka_unit_test_setup_teardown(f, make, drop)
	const struct CMUnitTest tests[] = {
	    ONE(found_until_idle),
	    ONE(found_until_its_end),
	    ONE(forged),
	    ONE(ended),
	    ONE(csrf),
	    ONE(places_are_bounded),
	    ONE(grants),
	    ONE(language),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
