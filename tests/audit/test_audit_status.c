#include "harness.h"

static void
list_length(void **s)
{
	(void)s;
	start(600);
	f->n = 200;
	fixture_publish_status(f, 0, SIZE_MAX, STATUS_VALID);
	f->n = 600;
	assert_int_equal(audit(), 1);
	only(
	    "status", AUDIT_FAIL, CRED_ERR_STATUS_INDEX, BODY "/status/0", 200);
	f->n = 768; /* rounded up to whole bundles */
	fixture_publish_status(f, 0, SIZE_MAX, STATUS_VALID);
	f->n = 600;
	assert_int_equal(audit(), 0);
	f->n = 772;
	fixture_publish_status(f, 1, SIZE_MAX, STATUS_VALID);
	f->n = 600;
	assert_int_equal(audit(), 1);
	only("status", AUDIT_FAIL, CRED_ERR_STATUS_LENGTH, BODY "/status/0",
	    600);
}

static void
list_of_another_range(void **s)
{
	static uint8_t raw[64], token[STATUSLIST_TOKEN_MAX];
	struct outbuf out = {token, sizeof token, 0};

	(void)s;
	start(100);
	assert_int_equal(signer_statuslist(f->signer, 1, bytes_of(raw, 64),
			     test_now, test_now + DAY, 0, &out, &f->why),
	    CRED_OK);
	write_file(BODY "/status/1", bytes_of(token, out.len));
	assert_int_equal(audit(), 1);
	only("status", AUDIT_FAIL, CRED_ERR_STATUS_LENGTH, BODY "/status/1",
	    UINT64_MAX);
	file_drop(f->pub, BODY "/status/1");
	write_file(BODY "/status/0", bytes_of(token, out.len));
	assert_int_equal(audit(), 1);
	only("status", AUDIT_FAIL, CRED_ERR_STATUS_SUBJECT, BODY "/status/0",
	    UINT64_MAX);
}

static void
list_changed(void **s)
{
	(void)s;
	start(100);
	file_flip(f->pub, BODY "/status/0", -3);
	assert_int_equal(audit(), 1);
	only("status", AUDIT_FAIL, CRED_ERR_SIGNATURE, BODY "/status/0",
	    UINT64_MAX);
}

static void
list_expired(void **s)
{
	(void)s;
	start(100);
	test_now += 7 * DAY - 1;
	assert_int_equal(audit(), 0);
	test_now++; /* at its exp, as a verifier has it */
	assert_int_equal(audit(), 1);
	only("status", AUDIT_FAIL, CRED_ERR_STATUS_EXPIRED, BODY "/status/0",
	    UINT64_MAX);
}

static void
list_older(void **s)
{
	(void)s;
	start(100);
	fixture_publish_status(f, 60, SIZE_MAX, STATUS_VALID);
	assert_int_equal(audit(), 0);
	fixture_publish_status(f, 59, SIZE_MAX, STATUS_VALID);
	assert_int_equal(audit(), 1);
	only("status", AUDIT_FAIL, CRED_ERR_STATUS_OLDER, BODY "/status/0",
	    UINT64_MAX);
}

static void
revocation_undone(void **s)
{
	(void)s;
	start(100);
	fixture_publish_status(f, 0, 42, STATUS_REVOKED);
	assert_int_equal(audit(), 0);
	fixture_publish_status(f, 1, 42, STATUS_SUPERSEDED);
	assert_int_equal(audit(), 0);
	fixture_publish_status(f, 2, 42, STATUS_VALID);
	assert_int_equal(audit(), 1);
	only(
	    "status", AUDIT_FAIL, CRED_ERR_STATUS_UNDONE, BODY "/status/0", 42);
	/* a suspension may end */
	start(100);
	fixture_publish_status(f, 0, 99, STATUS_SUSPENDED);
	assert_int_equal(audit(), 0);
	fixture_publish_status(f, 1, 99, STATUS_VALID);
	assert_int_equal(audit(), 0);
}

static void
void_entries(void **s)
{
	static const uint8_t none[1][TLOG_ENTRY_LEN];
	uint64_t first;

	(void)s;
	start(10);
	assert_int_equal(log_append(f->log, none, 1, &first, &f->why), CRED_OK);
	f->n++;
	fixture_publish_log(f);
	fixture_publish_status(f, 0, 10, STATUS_REVOKED);
	assert_int_equal(audit_at(f->pub, false), 0);
	fixture_publish_status(f, 0, 10, STATUS_SUSPENDED);
	assert_int_equal(audit(), 1);
	only("status", AUDIT_FAIL, CRED_ERR_TLOG_VOID,
	    LOG "/tile/entries/000.p/11", 10);
}

/* A thief's list of the year 9999, remembered, would make all others old. */
static void
list_from_the_future(void **s)
{
	(void)s;
	start(100);
	fixture_publish_status(f, 301, SIZE_MAX, STATUS_VALID);
	assert_int_equal(audit(), 1);
	only("status", AUDIT_FAIL, CRED_ERR_STATUS_FUTURE, BODY "/status/0",
	    UINT64_MAX);
	fixture_publish_status(f, 300, SIZE_MAX, STATUS_VALID);
	assert_int_equal(audit(), 0);
}

static void
range_of_a_list(void **s)
{
	(void)s;
	start(600);
	assert_int_equal(audit(), 0);
	assert_true(says("status", "entries 0 to 599"));
	assert_true(says("status", "signed 2026-11-16T08:00:00Z"));
	assert_true(says("status", "good until 2026-11-23T08:00:00Z"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(list_length),
	    cmocka_unit_test(list_of_another_range),
	    cmocka_unit_test(list_changed),
	    cmocka_unit_test(list_expired),
	    cmocka_unit_test(list_older),
	    cmocka_unit_test(revocation_undone),
	    cmocka_unit_test(void_entries),
	    cmocka_unit_test(list_from_the_future),
	    cmocka_unit_test(range_of_a_list),
	};

	return cmocka_run_group_tests(tests, audit_setup, audit_teardown);
}
