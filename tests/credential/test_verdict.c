#include "verdict_case.h"

static void
good(void **state)
{
	(void)state;
	expect(VERDICT_VALID, CRED_OK);
	expect_checks("pppppppp");
	assert_int_equal(v.warnings, 0);
	assert_true(v.show);
	assert_int_equal(v.status_age_s, 3600);
	assert_int_equal(claims_day(NOW), TODAY);
}

static void
text_not_ours(void **state)
{
	(void)state;
	in.cred = NULL;
	in.text_err = CRED_ERR_QR_NOT_OURS;
	expect(VERDICT_NOT_OURS, CRED_ERR_QR_NOT_OURS);
	expect_checks("--------");
	assert_false(v.show);
	assert_int_equal(v.status_age_s, -1);
	in.text_err = CRED_ERR_QR_SIZE;
	expect(VERDICT_NOT_OURS, CRED_ERR_QR_SIZE);
}

static void
digits_wrong(void **state)
{
	(void)state;
	in.cred = NULL;
	in.text_err = CRED_ERR_DIGITS_CHUNK;
	expect(VERDICT_FORGED, CRED_ERR_DIGITS_CHUNK);
	expect_checks("f-------");
	in.foreign_host = true;
	expect(VERDICT_NOT_OURS, CRED_ERR_DIGITS_CHUNK);
	assert_int_equal(v.warnings, 0);
}

static void
encoding_wrong(void **state)
{
	(void)state;
	in.cred = NULL;
	in.decode_err = CRED_ERR_COSE_ALG;
	expect(VERDICT_FORGED, CRED_ERR_COSE_ALG);
	expect_checks("f-------");
	assert_false(v.show);
	in.foreign_host = true;
	expect(VERDICT_NOT_OURS, CRED_ERR_COSE_ALG);
	expect_checks("--------");
}

/* A telephone number, a barcode's number: not ours, and not called false. */
static void
other_numbers(void **state)
{
	(void)state;
	in.cred = NULL;
	in.other_number = true;
	in.text_err = CRED_ERR_DIGITS_LENGTH;
	expect(VERDICT_NOT_OURS, CRED_ERR_DIGITS_LENGTH);
	in.text_err = CRED_OK;
	in.decode_err = CRED_ERR_COSE_TAG;
	expect(VERDICT_NOT_OURS, CRED_ERR_COSE_TAG);
	static const struct {
		const char *digits;
		bool begins;
	} rows[] = {{"", false}, {"13800138000", false},
	    {"6901234567892", false}, {"0000000000003400", false},
	    {"00000000000034002", true}, {"00000000000034003", false},
	    {"0000000000003400299", true}, {"00000000000099538", true},
	    {"72057594037961938", true}, {"99999999999999999", false}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (credential_begins(bytes_str(rows[i].digits)) !=
		    rows[i].begins)
			fail_msg("%s", rows[i].digits);
}

/* Our own trouble is never a word about the certificate. */
static void
faults(void **state)
{
	(void)state;
	in.cred = NULL;
	expect(VERDICT_UNREADABLE, CRED_FAULT_INTERNAL);
	in.decode_err = CRED_FAULT_SPACE;
	expect(VERDICT_UNREADABLE, CRED_FAULT_SPACE);
	in.text_err = CRED_FAULT_NOMEM;
	expect(VERDICT_UNREADABLE, CRED_FAULT_NOMEM);
	expect_checks("--------");
}

static void
issuer_unknown(void **state)
{
	(void)state;
	in.body = NULL;
	in.n_candidates = 0;
	expect(VERDICT_UNKNOWN_ISSUER, CRED_OK);
	expect_checks("p-f-----");
	assert_false(v.show);
	assert_int_equal(v.status_age_s, -1);
}

static void
signature_wrong(void **state)
{
	(void)state;
	in.body = NULL;
	expect(VERDICT_FORGED, CRED_ERR_SIGNATURE);
	expect_checks("pf------");
	in.body = &body;
	body.alg = COSE_EDDSA;
	expect(VERDICT_FORGED, CRED_ERR_COSE_ALG);
	body.alg = COSE_ES256;
	body.kid[7] ^= 1;
	expect(VERDICT_FORGED, CRED_ERR_COSE_KID);
	assert_false(v.show);
}

static void
scope_wrong(void **state)
{
	(void)state;
	cred.claims.cert.level = 2;
	cred.claims.cert.number = bytes_str("S000015000123262000001");
	expect(VERDICT_NOT_AUTHORISED, CRED_ERR_NOT_LEVEL);
	expect_checks("pppfpppp");
	assert_true(v.show);
}

static void
signed_outside_x509(void **state)
{
	(void)state;
	cred.claims.iat = body.not_before;
	expect(VERDICT_VALID, CRED_OK);
	cred.claims.iat = body.not_before - 1;
	expect(VERDICT_NOT_AUTHORISED, CRED_ERR_NOT_DATE);
	in.now = body.not_after + 1;
	in.status.exp = in.crl.exp = in.now + 1;
	cred.claims.iat = body.not_after;
	expect(VERDICT_VALID, CRED_OK);
	assert_int_equal(v.warnings & WARN_ISSUER_EXPIRED, WARN_ISSUER_EXPIRED);
	cred.claims.iat = body.not_after + 1;
	expect(VERDICT_NOT_AUTHORISED, CRED_ERR_NOT_DATE);
}

static void
log_says(void **state)
{
	(void)state;
	in.log.state = LOG_OTHER;
	expect(VERDICT_NOT_LOGGED, CRED_ERR_TLOG_OTHER);
	expect_checks("ppppfppp");
	in.log.state = LOG_VOID;
	expect(VERDICT_NOT_LOGGED, CRED_ERR_TLOG_VOID);
	in.log.state = LOG_BEYOND;
	expect(VERDICT_STATUS_UNKNOWN, CRED_ERR_TLOG_INDEX);
	expect_checks("ppppuppp");
	in.log.state = LOG_UNKNOWN;
	in.log.why = CRED_ERR_NOTE_KEY;
	expect(VERDICT_STATUS_UNKNOWN, CRED_ERR_NOTE_KEY);
	in.log.why = CRED_OK;
	expect(VERDICT_STATUS_UNKNOWN, CRED_OK);
	in.log.state = (enum log_state)99;
	expect(VERDICT_STATUS_UNKNOWN, CRED_OK);
}

static void
withdrawal(void **state)
{
	(void)state;
	body.withdrawn = true;
	body.tree_size = 18;
	expect(VERDICT_VALID, CRED_OK);
	body.tree_size = 17;
	expect(VERDICT_ISSUER_WITHDRAWN, CRED_OK);
	expect_checks("pppppfpp");
	body.tree_size = 0;
	expect(VERDICT_ISSUER_WITHDRAWN, CRED_OK);
	/* What the withdrawal covers must be in the log. */
	body.tree_size = 18;
	in.log.state = LOG_UNKNOWN;
	expect(VERDICT_STATUS_UNKNOWN, CRED_OK);
	/* Known before, and the list has expired since: withdrawn it stays. */
	body.tree_size = 17;
	in.crl.why = CRED_ERR_CRL_EXPIRED;
	expect(VERDICT_ISSUER_WITHDRAWN, CRED_OK);
}

static void
crl(void **state)
{
	(void)state;
	in.now = in.crl.exp - 1;
	in.status.exp = in.crl.exp + 10;
	expect(VERDICT_VALID, CRED_OK);
	in.now = in.crl.exp;
	expect(VERDICT_STATUS_UNKNOWN, CRED_ERR_CRL_EXPIRED);
	expect_checks("pppppupp");
	in.crl.why = CRED_ERR_CRL_OLDER;
	expect(VERDICT_STATUS_UNKNOWN, CRED_ERR_CRL_OLDER);
	in.crl = (struct crl_fact){0};
	expect(VERDICT_STATUS_UNKNOWN, CRED_ERR_CRL_EXPIRED);
}

static void
status_says(void **state)
{
	(void)state;
	static const struct {
		enum status_value value;
		enum verdict_status want;
	} rows[] = {{STATUS_REVOKED, VERDICT_REVOKED},
	    {STATUS_SUSPENDED, VERDICT_SUSPENDED},
	    {STATUS_SUPERSEDED, VERDICT_SUPERSEDED}};
	for (size_t i = 0; i < 3; i++) {
		in.now = NOW;
		in.status.value = rows[i].value;
		expect(rows[i].want, CRED_OK);
		expect_checks("ppppppfp");
		/* An old list that says so still says so. */
		in.now = in.status.exp;
		expect(rows[i].want, CRED_OK);
	}
	in.now = NOW;
	in.status.value = (enum status_value)4;
	expect(VERDICT_STATUS_UNKNOWN, CRED_FAULT_INTERNAL);
	in.status.value = STATUS_REVOKED;
	in.status.why = CRED_FAULT_NETWORK; /* then value does not count */
	expect(VERDICT_STATUS_UNKNOWN, CRED_FAULT_NETWORK);
	expect_checks("ppppppup");
}

static void
status_expires(void **state)
{
	(void)state;
	in.crl.exp = NOW + 1000000;
	in.now = in.status.exp - 1;
	expect(VERDICT_VALID, CRED_OK);
	assert_int_equal(v.warnings, WARN_STATUS_OLD);
	assert_int_equal(v.status_age_s, 90000 - 1);
	in.now = in.status.exp;
	expect(VERDICT_STATUS_UNKNOWN, CRED_ERR_STATUS_EXPIRED);
	assert_int_equal(v.warnings, 0);
	assert_int_equal(v.status_age_s, 90000);
	in.status = (struct status_fact){0};
	in.now = -5;
	expect(VERDICT_NOT_YET_VALID, CRED_OK);
	assert_int_equal(v.checks[CHECK_STATUS], RESULT_UNKNOWN);
	assert_int_equal(v.status_age_s, -1);
}

static void
ttl(void **state)
{
	(void)state;
	in.status.ttl = 3600;
	expect(VERDICT_VALID, CRED_OK);
	assert_int_equal(v.warnings, 0);
	in.status.ttl = 3599;
	expect(VERDICT_VALID, CRED_OK);
	assert_int_equal(v.warnings, WARN_STATUS_OLD);
	in.status.ttl = 0;
	expect(VERDICT_VALID, CRED_OK);
	assert_int_equal(v.warnings, 0);
	/* Verified at a time before the list was made. */
	in.status.iat = NOW + 5;
	expect(VERDICT_VALID, CRED_OK);
	assert_int_equal(v.status_age_s, 0);
}

static void
dates(void **state)
{
	(void)state;
	struct certificate *c = &cred.claims.cert;
	c->has_valid_to = true;
	c->valid_to = TODAY;
	expect(VERDICT_VALID, CRED_OK);
	c->valid_to = TODAY - 1;
	expect(VERDICT_EXPIRED, CRED_OK);
	expect_checks("pppppppf");
	c->valid_to = TODAY;
	c->has_review_due = true;
	c->review_due = TODAY;
	expect(VERDICT_VALID, CRED_OK);
	assert_int_equal(v.warnings, WARN_REVIEW_WINDOW);
	c->review_due = TODAY + 60;
	expect(VERDICT_VALID, CRED_OK);
	assert_int_equal(v.warnings, WARN_REVIEW_WINDOW);
	c->review_due = TODAY + 61;
	expect(VERDICT_VALID, CRED_OK);
	assert_int_equal(v.warnings, 0);
	c->review_due = TODAY - 1;
	expect(VERDICT_REVIEW_OVERDUE, CRED_OK);
	assert_int_equal(v.warnings, 0);
	c->has_review_due = false;
	c->issued = TODAY;
	expect(VERDICT_VALID, CRED_OK);
	c->issued = TODAY + 1;
	expect(VERDICT_NOT_YET_VALID, CRED_OK);
}

/* Days change at midnight in Asia/Shanghai, 16:00 UTC. */
static void
midnight(void **state)
{
	(void)state;
	cred.claims.cert.has_valid_to = true;
	cred.claims.cert.valid_to = TODAY;
	in.now = claims_exp(TODAY) - 1;
	expect(VERDICT_VALID, CRED_OK);
	in.now = claims_exp(TODAY);
	expect(VERDICT_EXPIRED, CRED_OK);
}

static void
clock_skew(void **state)
{
	(void)state;
	cred.claims.iat = NOW + 300;
	expect(VERDICT_VALID, CRED_OK);
	cred.claims.iat = NOW + 301;
	expect(VERDICT_NOT_YET_VALID, CRED_OK);
}

static void
foreign_host(void **state)
{
	(void)state;
	in.foreign_host = true;
	expect(VERDICT_VALID, CRED_OK);
	assert_int_equal(v.warnings, WARN_FOREIGN_HOST);
	in.body = NULL;
	expect(VERDICT_FORGED, CRED_ERR_SIGNATURE);
	assert_int_equal(v.warnings, WARN_FOREIGN_HOST);
	in.n_candidates = 0;
	expect(VERDICT_UNKNOWN_ISSUER, CRED_OK);
	assert_int_equal(v.warnings, WARN_FOREIGN_HOST);
}

/* Nothing overflows at the ends of the number range. */
static void
extremes(void **state)
{
	(void)state;
	static const int64_t ends[] = {
	    INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX};
	cred.claims.cert.has_review_due = true;
	for (size_t a = 0; a < 7; a++) {
		for (size_t b = 0; b < 7; b++) {
			in.now = ends[a];
			in.status.iat = in.status.exp = in.status.ttl = ends[b];
			in.crl.iat = in.crl.exp = ends[b];
			cred.claims.iat = ends[6 - b];
			body.not_before = ends[b];
			body.not_after = ends[6 - a];
			cred.claims.cert.issued = (int32_t)ends[b];
			cred.claims.cert.review_due = (int32_t)ends[a];
			verdict_decide(&in, &v);
			assert_in_range(
			    v.status, VERDICT_FORGED, VERDICT_UNREADABLE);
			assert_true(v.status_age_s >= -1);
		}
	}
}

static void
unreadable(void **state)
{
	(void)state;
	verdict_unreadable(NOW, &v);
	assert_int_equal(v.status, VERDICT_UNREADABLE);
	assert_err(v.reason, CRED_OK);
	assert_int_equal(v.checked_at, NOW);
	assert_int_equal(v.status_age_s, -1);
	assert_false(v.show);
	assert_null(v.cred);
	expect_checks("--------");
}

static void
names(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int exit;
	} want[] = {{"forged", 1}, {"unknown_issuer", 1}, {"not_authorised", 1},
	    {"not_logged", 1}, {"issuer_withdrawn", 1}, {"revoked", 1},
	    {"superseded", 1}, {"suspended", 1}, {"expired", 1},
	    {"review_overdue", 1}, {"not_yet_valid", 1}, {"status_unknown", 4},
	    {"valid", 0}, {"not_ours", 3}, {"unreadable", 3}};
	for (size_t i = 0; i <= VERDICT_UNREADABLE; i++) {
		assert_string_equal(
		    verdict_name((enum verdict_status)i), want[i].name);
		assert_int_equal(
		    verdict_exit((enum verdict_status)i), want[i].exit);
	}
	assert_string_equal(verdict_name((enum verdict_status)99), "?");
	static const char *const checks[] = {"encoding", "signature", "issuer",
	    "scope", "log", "withdrawal", "status", "dates", "?"};
	for (size_t i = 0; i <= N_CHECKS; i++)
		assert_string_equal(
		    verdict_check_name((enum verdict_check)i), checks[i]);
	static const char *const results[] = {
	    "skipped", "pass", "fail", "unknown", "?"};
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(
		    verdict_result_name((enum check_result)i), results[i]);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup(f, all_good)
	const struct CMUnitTest tests[] = {T(good), T(text_not_ours),
	    T(digits_wrong), T(encoding_wrong), T(other_numbers), T(faults),
	    T(issuer_unknown), T(signature_wrong), T(scope_wrong),
	    T(signed_outside_x509), T(log_says), T(withdrawal), T(crl),
	    T(status_says), T(status_expires), T(ttl), T(dates), T(midnight),
	    T(clock_skew), T(foreign_host), T(extremes), T(unreadable),
	    T(names)};
	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
