#ifndef CREDENTIAL_VERDICT_H
#define CREDENTIAL_VERDICT_H

#include "credential/claims.h"
#include "credential/cose.h"
#include "credential/digits.h"
#include "credential/scope.h"
#include "credential/statuslist.h"

/* A decoded credential; points into the bytes it was decoded from. */
struct credential {
	struct bytes raw; /* the exact COSE_Sign1: what the log's entry hashes */
	struct cose_sign1 sign1;
	struct claims claims;
};
enum cred_err credential_decode(struct bytes cose, struct credential *out);

/*
 * Do these digits begin as every credential does (tag 18, array of four)?
 * For digits without an address: a telephone number is not a bad credential.
 */
bool credential_begins(struct bytes digits);

/*
 * A body, as the anchor's signature vouches for it: plain facts, read once
 * from X.509 and CRL by keys/trust.h.
 */
struct body {
	uint8_t kid[CRED_KID_LEN];
	enum cose_alg alg;
	uint8_t key[65];   /* Ed25519: 32 bytes; EC: 0x04 || x || y */
	size_t key_len;
	char name[256];    /* registered name, UTF-8 */
	struct scope scope;
	int64_t not_before, not_after; /* of its X.509 certificate, Unix seconds */
	bool withdrawn;
	int reason;           /* RFC 5280 CRLReason */
	int64_t invalid_since; /* invalidity date, 0: none */
	uint64_t tree_size;   /* entries of its log that stay good */
};

/* What is known of one index of a body's status list. */
struct status_fact {
	enum cred_err why;  /* CRED_OK: value counts. Else why it is not known */
	enum status_value value;
	int64_t iat, exp;   /* of the list; 0 when there is none */
	int64_t ttl;        /* of the list, seconds; 0 when it names none */
};

/* What the body's log says at this index. */
enum log_state {
	LOG_UNKNOWN = 0, /* no log at hand, or one that does not verify: why */
	LOG_SAME,        /* entry is SHA-256 of this credential, proven */
	LOG_OTHER,       /* proven to be another entry */
	LOG_VOID,        /* proven to be a void entry */
	LOG_BEYOND,      /* index is past the newest known tree */
};
struct log_fact {
	enum log_state state;
	enum cred_err why;
	uint64_t size; /* of the tree it was checked against */
};

struct crl_fact {
	enum cred_err why; /* CRED_OK: read, signed, not past nextUpdate */
	int64_t iat, exp;
};

/* Everything a verdict depends on. A fact left at zero counts as missing. */
struct verdict_in {
	enum cred_err text_err;   /* of qrtext_parse() and digits_decode() */
	enum cred_err decode_err; /* of credential_decode() */
	const struct credential *cred; /* NULL unless both are CRED_OK */
	bool foreign_host;        /* its URL names a host that is not ours */
	bool other_number;        /* digits alone, not credential_begins() */
	size_t n_candidates;      /* bodies with the credential's kid */
	const struct body *body;  /* the one whose key verified it, or NULL */
	struct status_fact status;
	struct log_fact log;
	struct crl_fact crl;
	int64_t now;              /* Unix seconds */
};

/* In order of precedence, the most severe first (design 6). */
enum verdict_status {
	VERDICT_FORGED,
	VERDICT_UNKNOWN_ISSUER,
	VERDICT_NOT_AUTHORISED,
	VERDICT_NOT_LOGGED,
	VERDICT_ISSUER_WITHDRAWN,
	VERDICT_REVOKED,
	VERDICT_SUPERSEDED,
	VERDICT_SUSPENDED,
	VERDICT_EXPIRED,
	VERDICT_REVIEW_OVERDUE,
	VERDICT_NOT_YET_VALID,
	VERDICT_STATUS_UNKNOWN,
	VERDICT_VALID,
	VERDICT_NOT_OURS,
	VERDICT_UNREADABLE,
};

enum verdict_check {
	CHECK_ENCODING,
	CHECK_SIGNATURE,
	CHECK_ISSUER,     /* a body of the trust list */
	CHECK_SCOPE,
	CHECK_LOG,
	CHECK_WITHDRAWAL, /* CRL */
	CHECK_STATUS,
	CHECK_DATES,
	N_CHECKS,
};

enum check_result {
	RESULT_SKIPPED, /* not reached: an earlier one failed */
	RESULT_PASS,
	RESULT_FAIL,
	RESULT_UNKNOWN,
};

enum verdict_warning {
	WARN_FOREIGN_HOST = 1 << 0,
	WARN_REVIEW_WINDOW = 1 << 1,  /* review due within 60 days */
	WARN_ISSUER_EXPIRED = 1 << 2, /* its X.509 certificate has expired; the log vouches */
	WARN_STATUS_OLD = 1 << 3,     /* status past its ttl, before its exp */
};

struct verdict {
	enum verdict_status status;
	enum cred_err reason;     /* finer than status; CRED_OK if none */
	enum check_result checks[N_CHECKS];
	unsigned warnings;        /* of enum verdict_warning */
	bool show;                /* cred and body may be shown */
	const struct credential *cred; /* as given; NULL unless show */
	const struct body *body;       /* as given; NULL unless show */
	int64_t status_age_s;     /* age of the status list; -1 unknown */
	int64_t checked_at;       /* = now */
};

/*
 * The verdict. Pure and total: every input gives exactly one status. Follows
 * the table of design 6 from the top; the first row that applies is it.
 * `revoked` and the like are decided also when other evidence is missing:
 * status_unknown is only said when all that is known is good.
 *
 * Rules beyond the table, docs/format.md "Verdict":
 *  - host foreign, or digits alone that do not begin like a credential, and
 *    the text is no credential of ours: not_ours;
 *  - a CRED_FAULT_* in text_err or decode_err: unreadable, with it as reason
 *    (callers report faults instead of asking for a verdict);
 *  - now past the body's X.509 certificate, or the body withdrawn: the log
 *    check must pass, a missing log is status_unknown;
 *  - iat outside the body's X.509 certificate: not_authorised;
 *  - a list past its exp that says revoked, superseded or suspended still
 *    says so; one that says valid is status_unknown. Lists and CRL expire
 *    at their exp, not the second after;
 *  - not_yet_valid: today before the issue date, or iat more than 300 s ahead.
 *
 * Once the signature holds all further checks are made and recorded, whatever
 * the first of them found; before that nothing of cred is shown.
 */
void verdict_decide(const struct verdict_in *in, struct verdict *out);

/*
 * What a certificate's own dates say on a day: VALID, EXPIRED, REVIEW_OVERDUE
 * or NOT_YET_VALID. Not a verdict: neither signature nor status is looked at.
 */
enum verdict_status verdict_dates(const struct certificate *c, int32_t day);

/* A picture in which no QR code was found. */
void verdict_unreadable(int64_t now, struct verdict *out);

/* "valid", "issuer_withdrawn": the word for page, API, CLI and metrics. */
const char *verdict_name(enum verdict_status s);
const char *verdict_check_name(enum verdict_check c); /* "signature" … */
const char *verdict_result_name(enum check_result r); /* "pass" … */
/* 0, 1, 3 or 4 (design 6). */
int verdict_exit(enum verdict_status s);

#endif
