#include "testing.h"

#include "credential/verdict.h"

/* 2026-11-23 16:00:00 in Asia/Shanghai, and that day. */
#define NOW   INT64_C(1795420800)
#define TODAY 20780

static struct credential cred;
static struct body body;
static struct verdict_in in;
static struct verdict v;

/* Everything good: a skill level certificate of a body that may issue it. */
static int
all_good(void **state)
{
	(void)state;
	memset(&body, 0, sizeof(body));
	memcpy(body.kid, "kid-kid-", CRED_KID_LEN);
	body.alg = COSE_ES256;
	strcpy(body.name, "内蒙古某评价机构");
	strcpy(body.scope.body_id, "911501001000007370");
	strcpy(body.scope.prefix, "S000015000123");
	strcpy(body.scope.base, "https://tamga.example/");
	body.scope.kinds[KIND_LEVEL].granted = true;
	body.scope.kinds[KIND_LEVEL].n = 1;
	body.scope.kinds[KIND_LEVEL].items[0] =
	    (struct scope_item){"6-31-01-03", 3, 5};
	body.not_before = NOW - 400 * 86400;
	body.not_after = NOW + 400 * 86400;

	memset(&cred, 0, sizeof(cred));
	cred.sign1.alg = COSE_ES256;
	cred.sign1.kid = bytes_of("kid-kid-", CRED_KID_LEN);
	cred.claims.iat = NOW - 30 * 86400;
	cred.claims.cert = (struct certificate){
	    .index = 17,
	    .kind = KIND_LEVEL,
	    .name = bytes_str("包文"),
	    .id_type = ID_RESIDENT,
	    .number = bytes_str("S000015000123264000001"),
	    .occupation = bytes_str("电工"),
	    .code = bytes_str("6-31-01-03"),
	    .level = 4,
	    .issued = TODAY - 30,
	};

	in = (struct verdict_in){
	    .cred = &cred,
	    .n_candidates = 1,
	    .body = &body,
	    .status = {.iat = NOW - 3600, .exp = NOW + 86400, .ttl = 43200},
	    .log = {.state = LOG_SAME, .size = 100},
	    .crl = {.iat = NOW - 86400, .exp = NOW + 86400},
	    .now = NOW,
	};
	return 0;
}

static void
expect(enum verdict_status status, enum cred_err reason)
{
	verdict_decide(&in, &v);
	assert_string_equal(verdict_name(v.status), verdict_name(status));
	assert_err(v.reason, reason);
	assert_int_equal(v.checked_at, in.now);
	assert_ptr_equal(v.cred, v.show ? in.cred : NULL);
	assert_ptr_equal(v.body, v.show ? in.body : NULL);
}

/* The results in the order of enum verdict_check: p, f, u, - (skipped). */
static void
expect_checks(const char *want)
{
	char got[N_CHECKS + 1] = {0};
	for (int i = 0; i < N_CHECKS; i++)
		got[i] = "-pfu"[v.checks[i]];
	assert_string_equal(got, want);
}

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

/*
 * All defects at once, every combination. The oracle is the table of design
 * 6, read from the top: the first row that applies is the status. It shares
 * no code with the decision.
 */
enum { T_OK, T_NOT_OURS, T_SIZE, T_DIGITS, T_FAULT, N_T };
enum { D_OK, D_ALG, D_CBOR, N_D };
enum { B_SIGNED, B_OTHER_KEY, B_NONE, N_B };
enum { S_OK, S_KIND, S_YEAR, S_IAT, N_S };
enum { L_SAME, L_OTHER, L_VOID, L_BEYOND, L_NONE, N_L };
enum { W_NO, W_BELOW, W_ABOVE, N_W };
enum { C_OK, C_OLD, C_NONE, N_C };
enum {
	V_OK,
	V_REVOKED,
	V_SUPERSEDED,
	V_SUSPENDED,
	V_NONE,
	V_STALE,
	V_STALE_REVOKED,
	N_V
};
enum { E_OK, E_EXPIRED, E_OVERDUE, E_FUTURE, E_BOTH, N_E };

struct defects {
	int t, d, foreign, b, s, l, w, c, v, e;
};

static void
apply(const struct defects *x)
{
	struct certificate *c = &cred.claims.cert;
	all_good(NULL);
	in.text_err = (const enum cred_err[]){CRED_OK, CRED_ERR_QR_NOT_OURS,
	    CRED_ERR_QR_SIZE, CRED_ERR_DIGITS_LENGTH, CRED_FAULT_IO}[x->t];
	in.decode_err = (const enum cred_err[]){
	    CRED_OK, CRED_ERR_COSE_ALG, CRED_ERR_CBOR_HEAD}[x->d];
	if (x->t != T_OK || x->d != D_OK)
		in.cred = NULL;
	in.foreign_host = x->foreign;
	if (x->b != B_SIGNED)
		in.body = NULL;
	if (x->b == B_NONE)
		in.n_candidates = 0;
	if (x->s == S_KIND)
		c->kind = KIND_TRAINING;
	if (x->s == S_YEAR)
		c->number = bytes_str("S000015000123254000001");
	if (x->s == S_IAT)
		cred.claims.iat = body.not_before - 1;
	in.log.state = (const enum log_state[]){
	    LOG_SAME, LOG_OTHER, LOG_VOID, LOG_BEYOND, LOG_UNKNOWN}[x->l];
	body.withdrawn = x->w != W_NO;
	body.tree_size = x->w == W_BELOW ? 18 : 17;
	if (x->c == C_OLD)
		in.crl.exp = NOW;
	if (x->c == C_NONE)
		in.crl = (struct crl_fact){.why = CRED_FAULT_IO};
	in.status.value = (const enum status_value[]){STATUS_VALID,
	    STATUS_REVOKED, STATUS_SUPERSEDED, STATUS_SUSPENDED, STATUS_VALID,
	    STATUS_VALID, STATUS_REVOKED}[x->v];
	if (x->v == V_NONE)
		in.status = (struct status_fact){.why = CRED_FAULT_NETWORK};
	if (x->v == V_STALE || x->v == V_STALE_REVOKED)
		in.status.exp = NOW;
	if (x->e == E_EXPIRED || x->e == E_BOTH) {
		c->has_valid_to = true;
		c->valid_to = TODAY - 1;
	}
	if (x->e == E_OVERDUE || x->e == E_BOTH) {
		c->has_review_due = true;
		c->review_due = TODAY - 2;
	}
	if (x->e == E_FUTURE)
		cred.claims.iat = x->s == S_IAT ? cred.claims.iat : NOW + 999;
	if (x->e == E_FUTURE && x->s == S_IAT)
		c->issued = TODAY + 1; /* same year: the number still fits */
}

static enum verdict_status
oracle(const struct defects *x)
{
	bool broken = x->t != T_OK || x->d != D_OK;
	if (x->t == T_FAULT)
		return VERDICT_UNREADABLE;
	if (x->t == T_NOT_OURS || x->t == T_SIZE || (broken && x->foreign))
		return VERDICT_NOT_OURS;
	const struct {
		bool applies;
		enum verdict_status status;
	} table[] = {
	    {broken || x->b == B_OTHER_KEY, VERDICT_FORGED},
	    {x->b == B_NONE, VERDICT_UNKNOWN_ISSUER},
	    {x->s != S_OK, VERDICT_NOT_AUTHORISED},
	    {x->l == L_OTHER || x->l == L_VOID, VERDICT_NOT_LOGGED},
	    {x->w == W_ABOVE, VERDICT_ISSUER_WITHDRAWN},
	    {x->v == V_REVOKED || x->v == V_STALE_REVOKED, VERDICT_REVOKED},
	    {x->v == V_SUPERSEDED, VERDICT_SUPERSEDED},
	    {x->v == V_SUSPENDED, VERDICT_SUSPENDED},
	    {x->e == E_EXPIRED || x->e == E_BOTH, VERDICT_EXPIRED},
	    {x->e == E_OVERDUE, VERDICT_REVIEW_OVERDUE},
	    {x->e == E_FUTURE, VERDICT_NOT_YET_VALID},
	    {x->l != L_SAME || x->c != C_OK || x->v == V_NONE ||
		    x->v == V_STALE,
		VERDICT_STATUS_UNKNOWN},
	    {true, VERDICT_VALID},
	};
	size_t i = 0;
	while (!table[i].applies)
		i++;
	return table[i].status;
}

static void
one_combination(const struct defects *x)
{
	enum verdict_status want = oracle(x);
	apply(x);
	verdict_decide(&in, &v);
	if (v.status != want)
		fail_msg("t%d d%d f%d b%d s%d l%d w%d c%d v%d e%d: %s not %s",
		    x->t, x->d, x->foreign, x->b, x->s, x->l, x->w, x->c, x->v,
		    x->e, verdict_name(v.status), verdict_name(want));
	/* Nothing of a credential is shown before its signature holds. */
	bool signed_ = want != VERDICT_FORGED &&
		       want != VERDICT_UNKNOWN_ISSUER &&
		       want != VERDICT_NOT_OURS && want != VERDICT_UNREADABLE;
	assert_int_equal(v.show, signed_);
	assert_int_equal(v.cred != NULL, signed_);
	assert_int_equal(v.body != NULL, signed_);
	assert_int_equal((v.warnings & WARN_FOREIGN_HOST) != 0,
	    x->foreign && want != VERDICT_NOT_OURS &&
		want != VERDICT_UNREADABLE);
	if (want == VERDICT_VALID)
		expect_checks("pppppppp");
	if (signed_) {
		assert_int_equal(
		    v.checks[CHECK_SCOPE] == RESULT_PASS, x->s == S_OK);
		assert_int_equal(
		    v.checks[CHECK_LOG] == RESULT_PASS, x->l == L_SAME);
		assert_int_equal(
		    v.checks[CHECK_DATES] == RESULT_PASS, x->e == E_OK);
	}
}

static void
precedence(void **state)
{
	(void)state;
	struct defects x;
	size_t n = 0;
	for (x.t = 0; x.t < N_T; x.t++)
		for (x.d = 0; x.d < N_D; x.d++)
			for (x.foreign = 0; x.foreign < 2; x.foreign++)
				for (x.b = 0; x.b < N_B; x.b++)
					for (x.s = 0; x.s < N_S; x.s++)
						for (x.l = 0; x.l < N_L; x.l++)
							for (x.w = 0; x.w < N_W;
							     x.w++)
								for (x.c = 0;
								     x.c < N_C;
								     x.c++)
									for (
									    x.v =
										0;
									    x.v <
									    N_V;
									    x.v++)
										for (
										    x.e =
											0;
										    x.e <
										    N_E;
										    x.e++,
										   n++)
											one_combination(
											    &x);
	assert_int_equal(n, 567000);
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
	    T(clock_skew), T(foreign_host), T(extremes), T(precedence),
	    T(unreadable), T(names)};
	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
