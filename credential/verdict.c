#include "credential/verdict.h"

#define CLOCK_SKEW_S    300
#define REVIEW_WINDOW_D 60 /* apply within 60 days: Order 30, art. 22 */
#define TIME_MAX        INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

enum cred_err
credential_decode(struct bytes cose, struct credential *out)
{
	struct credential c = {.raw = cose};
	enum cred_err e;

	if ((e = cose_decode(cose, COSE_CREDENTIAL, &c.sign1)) != CRED_OK ||
	    (e = claims_decode(c.sign1.payload, &c.claims)) != CRED_OK)
		return e;
	*out = c;
	return CRED_OK;
}

bool
credential_begins(struct bytes digits)
{
	uint64_t v = 0;

	/* The first chunk of seven bytes, little-endian: d2 84 in front. */
	if (digits.len < 17)
		return false;
	for (size_t i = 0; i < 17; i++)
		v = v * 10 + (digits.ptr[i] - (uint64_t)'0');
	return (v & 0xffff) == 0x84d2;
}

/* What one check found; status and reason count when result is not PASS. */
struct finding {
	enum check_result result;
	enum verdict_status status;
	enum cred_err reason;
};

static const struct finding PASS = {RESULT_PASS, VERDICT_VALID, CRED_OK};

static struct finding
fail(enum verdict_status status, enum cred_err reason)
{
	return (struct finding){RESULT_FAIL, status, reason};
}

static struct finding
unknown(enum cred_err reason)
{
	return (struct finding){RESULT_UNKNOWN, VERDICT_STATUS_UNKNOWN, reason};
}

static struct finding
check_encoding(const struct verdict_in *in)
{
	enum cred_err e =
	    in->text_err != CRED_OK ? in->text_err : in->decode_err;

	/* A fault of ours is never a word about the certificate. */
	if (e >= CRED_FAULT_NOMEM)
		return fail(VERDICT_UNREADABLE, e);
	if (e == CRED_ERR_QR_NOT_OURS || e == CRED_ERR_QR_SIZE)
		return fail(VERDICT_NOT_OURS, e);
	if (e != CRED_OK)
		return fail(in->foreign_host || in->other_number
				? VERDICT_NOT_OURS
				: VERDICT_FORGED,
		    e);
	if (in->cred == NULL)
		return fail(VERDICT_UNREADABLE, CRED_FAULT_INTERNAL);
	return PASS;
}

/* A body whose facts disagree with the message did not sign it. */
static struct finding
check_signature(const struct verdict_in *in)
{
	const struct cose_sign1 *m = &in->cred->sign1;

	if (in->body == NULL)
		return fail(VERDICT_FORGED, CRED_ERR_SIGNATURE);
	if (m->alg != in->body->alg)
		return fail(VERDICT_FORGED, CRED_ERR_COSE_ALG);
	if (!bytes_eq(m->kid, bytes_of(in->body->kid, CRED_KID_LEN)))
		return fail(VERDICT_FORGED, CRED_ERR_COSE_KID);
	return PASS;
}

static struct finding
check_scope(const struct verdict_in *in)
{
	const struct claims *c = &in->cred->claims;
	enum cred_err e = scope_check(&in->body->scope, &c->cert);

	if (e != CRED_OK)
		return fail(VERDICT_NOT_AUTHORISED, e);
	if (c->iat < in->body->not_before || c->iat > in->body->not_after)
		return fail(VERDICT_NOT_AUTHORISED, CRED_ERR_NOT_DATE);
	return PASS;
}

static struct finding
check_log(const struct verdict_in *in)
{
	switch (in->log.state) {
	case LOG_SAME:
		return PASS;
	case LOG_OTHER:
		return fail(VERDICT_NOT_LOGGED, CRED_ERR_TLOG_OTHER);
	case LOG_VOID:
		return fail(VERDICT_NOT_LOGGED, CRED_ERR_TLOG_VOID);
	case LOG_BEYOND:
		return unknown(CRED_ERR_TLOG_INDEX);
	case LOG_UNKNOWN:
		break;
	}
	return unknown(in->log.why);
}

/*
 * The tree size of the withdrawal decides, not a date: dates inside a
 * certificate are no evidence against its own signer.
 */
static struct finding
check_withdrawal(const struct verdict_in *in)
{
	const struct body *b = in->body;

	if (b->withdrawn && in->cred->claims.cert.index >= b->tree_size)
		return fail(VERDICT_ISSUER_WITHDRAWN, CRED_OK);
	if (in->crl.why != CRED_OK)
		return unknown(in->crl.why);
	if (in->crl.exp <= 0 || in->now >= in->crl.exp)
		return unknown(CRED_ERR_CRL_EXPIRED);
	return PASS;
}

/* What is known to be bad stays so when the list is older than its exp. */
static struct finding
check_status(const struct verdict_in *in)
{
	if (in->status.why != CRED_OK)
		return unknown(in->status.why);
	switch (in->status.value) {
	case STATUS_VALID:
		if (in->status.exp <= 0 || in->now >= in->status.exp)
			return unknown(CRED_ERR_STATUS_EXPIRED);
		return PASS;
	case STATUS_REVOKED:
		return fail(VERDICT_REVOKED, CRED_OK);
	case STATUS_SUPERSEDED:
		return fail(VERDICT_SUPERSEDED, CRED_OK);
	case STATUS_SUSPENDED:
		return fail(VERDICT_SUSPENDED, CRED_OK);
	}
	return unknown(CRED_FAULT_INTERNAL);
}

enum verdict_status
verdict_dates(const struct certificate *c, int32_t day)
{
	if (c->has_valid_to && day > c->valid_to)
		return VERDICT_EXPIRED;
	if (c->has_review_due && day > c->review_due)
		return VERDICT_REVIEW_OVERDUE;
	return day < c->issued ? VERDICT_NOT_YET_VALID : VERDICT_VALID;
}

static struct finding
check_dates(const struct verdict_in *in)
{
	const struct claims *c = &in->cred->claims;
	enum verdict_status s = verdict_dates(&c->cert, claims_day(in->now));

	if (s != VERDICT_VALID)
		return fail(s, CRED_OK);
	if (c->iat > INT64_MIN + CLOCK_SKEW_S &&
	    c->iat - CLOCK_SKEW_S > in->now)
		return fail(VERDICT_NOT_YET_VALID, CRED_OK);
	return PASS;
}

/* Age of the list, never negative; -1 when there is none. */
static int64_t
status_age(const struct verdict_in *in)
{
	int64_t age;

	if (in->status.iat == 0)
		return -1;
	if (in->now <= in->status.iat)
		return 0;
	if (__builtin_sub_overflow(in->now, in->status.iat, &age))
		return INT64_MAX;
	return age;
}

static unsigned
warnings(const struct verdict_in *in, int64_t age)
{
	const struct certificate *c = &in->cred->claims.cert;
	int64_t day = claims_day(in->now);
	unsigned w = 0;

	if (c->has_review_due && day <= c->review_due &&
	    c->review_due - day <= REVIEW_WINDOW_D)
		w |= WARN_REVIEW_WINDOW;
	if (in->now > in->body->not_after)
		w |= WARN_ISSUER_EXPIRED;
	if (in->status.why == CRED_OK && in->status.ttl > 0 &&
	    age > in->status.ttl && in->now < in->status.exp)
		w |= WARN_STATUS_OLD;
	return w;
}

/* Record a check; the most severe of all that did not pass is the verdict. */
static bool
take(struct verdict *v, enum verdict_check check, struct finding f)
{
	v->checks[check] = f.result;
	if (f.result == RESULT_PASS)
		return true;
	if (f.status < v->status) {
		v->status = f.status;
		v->reason = f.reason;
	}
	return false;
}

void
verdict_decide(const struct verdict_in *in, struct verdict *out)
{
	struct verdict v = {
	    .status = VERDICT_VALID,
	    .status_age_s = -1,
	    .checked_at = in->now,
	};
	struct finding f = check_encoding(in);

	if (f.status == VERDICT_NOT_OURS || f.status == VERDICT_UNREADABLE) {
		v.status = f.status;
		v.reason = f.reason;
		goto out;
	}
	if (in->foreign_host)
		v.warnings = WARN_FOREIGN_HOST;
	if (!take(&v, CHECK_ENCODING, f))
		goto out;
	if (in->body == NULL && in->n_candidates == 0) {
		take(&v, CHECK_ISSUER, fail(VERDICT_UNKNOWN_ISSUER, CRED_OK));
		goto out;
	}
	if (!take(&v, CHECK_SIGNATURE, check_signature(in)))
		goto out;
	take(&v, CHECK_ISSUER, PASS);
	take(&v, CHECK_SCOPE, check_scope(in));
	take(&v, CHECK_LOG, check_log(in));
	take(&v, CHECK_WITHDRAWAL, check_withdrawal(in));
	take(&v, CHECK_STATUS, check_status(in));
	take(&v, CHECK_DATES, check_dates(in));
	v.show = true;
	v.cred = in->cred;
	v.body = in->body;
	v.status_age_s = status_age(in);
	v.warnings |= warnings(in, v.status_age_s);
out:
	*out = v;
}

void
verdict_unreadable(int64_t now, struct verdict *out)
{
	*out = (struct verdict){
	    .status = VERDICT_UNREADABLE,
	    .status_age_s = -1,
	    .checked_at = now,
	};
}

const char *
verdict_name(enum verdict_status s)
{
	switch (s) {
	case VERDICT_FORGED:
		return "forged";
	case VERDICT_UNKNOWN_ISSUER:
		return "unknown_issuer";
	case VERDICT_NOT_AUTHORISED:
		return "not_authorised";
	case VERDICT_NOT_LOGGED:
		return "not_logged";
	case VERDICT_ISSUER_WITHDRAWN:
		return "issuer_withdrawn";
	case VERDICT_REVOKED:
		return "revoked";
	case VERDICT_SUPERSEDED:
		return "superseded";
	case VERDICT_SUSPENDED:
		return "suspended";
	case VERDICT_EXPIRED:
		return "expired";
	case VERDICT_REVIEW_OVERDUE:
		return "review_overdue";
	case VERDICT_NOT_YET_VALID:
		return "not_yet_valid";
	case VERDICT_STATUS_UNKNOWN:
		return "status_unknown";
	case VERDICT_VALID:
		return "valid";
	case VERDICT_NOT_OURS:
		return "not_ours";
	case VERDICT_UNREADABLE:
		return "unreadable";
	}
	return "?";
}

const char *
verdict_check_name(enum verdict_check c)
{
	switch (c) {
	case CHECK_ENCODING:
		return "encoding";
	case CHECK_SIGNATURE:
		return "signature";
	case CHECK_ISSUER:
		return "issuer";
	case CHECK_SCOPE:
		return "scope";
	case CHECK_LOG:
		return "log";
	case CHECK_WITHDRAWAL:
		return "withdrawal";
	case CHECK_STATUS:
		return "status";
	case CHECK_DATES:
		return "dates";
	case N_CHECKS:
		break;
	}
	return "?";
}

const char *
verdict_result_name(enum check_result r)
{
	switch (r) {
	case RESULT_SKIPPED:
		return "skipped";
	case RESULT_PASS:
		return "pass";
	case RESULT_FAIL:
		return "fail";
	case RESULT_UNKNOWN:
		return "unknown";
	}
	return "?";
}

int
verdict_exit(enum verdict_status s)
{
	switch (s) {
	case VERDICT_VALID:
		return 0;
	case VERDICT_STATUS_UNKNOWN:
		return 4;
	case VERDICT_NOT_OURS:
	case VERDICT_UNREADABLE:
		return 3;
	default:
		return 1;
	}
}
