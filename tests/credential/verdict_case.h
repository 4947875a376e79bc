#ifndef TESTS_CREDENTIAL_VERDICT_CASE_H
#define TESTS_CREDENTIAL_VERDICT_CASE_H

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
static inline int
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

static inline void
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
static inline void
expect_checks(const char *want)
{
	char got[N_CHECKS + 1] = {0};
	for (int i = 0; i < N_CHECKS; i++)
		got[i] = "-pfu"[v.checks[i]];
	assert_string_equal(got, want);
}

#endif
