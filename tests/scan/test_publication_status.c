#include "publication_case.h"

static void
revoked_after_refresh(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 3);
	p = fixture_open(f, NULL, false);
	expect(p, 1, VERDICT_VALID);
	test_now += 10;
	fixture_publish_status(f, 0, 1, STATUS_REVOKED);
	expect(p, 1, VERDICT_VALID); /* not looked at again yet */
	test_now += 60;
	expect(p, 1, VERDICT_REVOKED);
	expect(p, 0, VERDICT_VALID);
	publication_close(p);
}

/* What was revoked stays so, whatever an old list says. */
static void
older_status(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 3);
	fixture_publish_status(f, 0, 1, STATUS_REVOKED);
	p = fixture_open(f, NULL, false);
	expect(p, 1, VERDICT_REVOKED);
	fixture_publish_status(f, -100, SIZE_MAX, STATUS_VALID);
	test_now += 100;
	expect(p, 1, VERDICT_REVOKED);
	assert_true(fixture_noted(f, "STATUS_OLDER"));
	publication_close(p);

	p = fixture_open(f, NULL, false); /* remembered across a restart */
	expect_why(p, 1, VERDICT_STATUS_UNKNOWN, CRED_ERR_STATUS_OLDER);
	fixture_publish_status(f, 0, 1, STATUS_REVOKED);
	test_now += 20;
	expect(p, 1, VERDICT_REVOKED);
	publication_close(p);
}

/* A thief's list of the year 9999, once remembered, would make every later one
 * too old. */
static void
status_from_the_future(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 1);
	fixture_publish_status(f, 301, SIZE_MAX, STATUS_VALID);
	p = fixture_open(f, NULL, false);
	expect_why(p, 0, VERDICT_STATUS_UNKNOWN, CRED_ERR_STATUS_FUTURE);
	assert_true(fixture_noted(f, "STATUS_FUTURE"));
	fixture_publish_status(f, 0, SIZE_MAX, STATUS_VALID);
	test_now += 20;
	expect(p, 0, VERDICT_VALID);
	publication_close(p);
}

static void
expired_status(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 1);
	p = fixture_open(f, NULL, false);
	expect(p, 0, VERDICT_VALID);
	test_now += 8 * DAY;
	expect_why(p, 0, VERDICT_STATUS_UNKNOWN, CRED_ERR_STATUS_EXPIRED);
	publication_close(p);
}

static void
tampered_status(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 1);
	file_flip(f->pub, BODY "/status/0", -1);
	p = fixture_open(f, NULL, false);
	expect_why(p, 0, VERDICT_STATUS_UNKNOWN, CRED_ERR_SIGNATURE);
	assert_true(fixture_noted(f, "status/0"));
	publication_close(p);
}

static void
missing_status_and_log(void **state)
{
	struct publication *p;
	struct verdict v;

	(void)state;
	fixture_start(f, 1);
	file_drop(f->pub, BODY "/status/0");
	file_drop(f->pub, BODY "/log/checkpoint");
	p = fixture_open(f, NULL, false);
	assert_int_equal(fixture_ask(f, p, 0, &v), VERDICT_STATUS_UNKNOWN);
	assert_int_equal(v.checks[CHECK_STATUS], RESULT_UNKNOWN);
	assert_int_equal(v.checks[CHECK_LOG], RESULT_UNKNOWN);
	assert_int_equal(v.reason, CRED_ERR_CHECKPOINT_MISSING);
	assert_true(v.show);
	publication_close(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(revoked_after_refresh),
	    cmocka_unit_test(older_status),
	    cmocka_unit_test(status_from_the_future),
	    cmocka_unit_test(expired_status),
	    cmocka_unit_test(tampered_status),
	    cmocka_unit_test(missing_status_and_log),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
