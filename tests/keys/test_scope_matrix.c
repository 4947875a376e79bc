/*
 * scope.tsv (docs/vectors.md): what a grant lets a body issue, asked where it
 * is granted (scope.ini to extension and back), where it is signed, and where
 * it is verified.
 */
#include "world.h"

#include <unistd.h>

#include "credential/verdict.h"
#include "edge/file.h"

struct row {
	char *name, *grant, *kind, *code, *level, *number, *issued, *expected;
};

struct matrix {
	char *text;
	size_t n;
	struct row rows[1000];
};

static struct matrix matrix;

static void
row_split(char *line, struct row *r)
{
	char **fields[] = {&r->name, &r->grant, &r->kind, &r->code, &r->level,
	    &r->number, &r->issued, &r->expected};
	for (size_t i = 0; i < 8; i++) {
		*fields[i] = strsep(&line, "\t");
		assert_non_null(*fields[i]);
	}
	assert_null(line);
}

static int
matrix_read(void **state)
{
	(void)state;
	struct bytes file =
	    world_read(TAMGA_SOURCE_DIR "/tests/vectors", "scope.tsv");
	char *next = matrix.text = malloc(file.len + 1), *line;
	assert_non_null(next);
	memcpy(next, file.ptr, file.len);
	next[file.len] = '\0';
	free((void *)(uintptr_t)file.ptr);
	while ((line = strsep(&next, "\n")) != NULL) {
		if (*line == '\0' || *line == '#')
			continue;
		assert_true(matrix.n < 1000);
		row_split(line, &matrix.rows[matrix.n++]);
	}
	return 0;
}

static int
matrix_free(void **state)
{
	(void)state;
	free(matrix.text);
	return 0;
}

static bool
is_admission(const struct row *r)
{
	return strcmp(r->kind, "-") == 0;
}

/* scope.ini of a grant: "| " begins a line; what it does not say of the body
 * is that of the world. */
static void
grant_ini(const char *grant, char *out, size_t cap)
{
	static const char *const DEFAULTS[][2] = {
	    {"id=", BODY_ID}, {"prefix=", PREFIX}, {"base=", BASE}};
	size_t n = (size_t)snprintf(out, cap, "[body]\n");

	for (size_t i = 0; i < 3; i++)
		if (strncmp(grant, DEFAULTS[i][0], strlen(DEFAULTS[i][0])) != 0)
			n += (size_t)snprintf(out + n, cap - n, "%s%s\n",
			    DEFAULTS[i][0], DEFAULTS[i][1]);
	for (const char *p = grant; *p != '\0' && n + 2 < cap;) {
		if (strncmp(p, " | ", 3) == 0) {
			out[n++] = '\n';
			p += 3;
		} else {
			out[n++] = *p++;
		}
	}
	out[n++] = '\n';
	out[n] = '\0';
}

static enum cred_err
grant_parse(const char *grant, struct scopefile *out)
{
	static char ini[4096];
	struct why why = {0};

	grant_ini(grant, ini, sizeof(ini));
	return scopefile_parse("scope.ini", bytes_str(ini), out, &why);
}

/* The scope as a certificate carries it. */
static enum cred_err
grant_carry(const char *grant, struct scope *out)
{
	static struct scopefile file;
	uint8_t der[SCOPE_MAX_DER];
	struct outbuf o = {der, sizeof(der), 0};
	enum cred_err e = grant_parse(grant, &file);

	if (e == CRED_OK)
		e = scope_encode(&file.scope, &o);
	if (e == CRED_OK)
		e = scope_decode(written(&o), out);
	return e;
}

static struct bytes
field(const char *s)
{
	return strcmp(s, "-") == 0 ? (struct bytes){0} : bytes_str(s);
}

static struct claims
row_claims(const struct row *r)
{
	struct claims c = claims_plain(17);
	int32_t issued;

	assert_true(day_parse(bytes_str(r->issued), &issued));
	c.iat = NOW;
	c.has_exp = c.cert.has_valid_to = c.cert.has_review_due = false;
	c.cert.kind = (enum kind)atoi(r->kind);
	c.cert.code = field(r->code);
	c.cert.level = (uint8_t)(*r->level == '-' ? 0 : atoi(r->level));
	c.cert.number = field(r->number);
	c.cert.issued = issued;
	return c;
}

static void
is(const struct row *r, enum cred_err got)
{
	if (strcmp(cred_errname(got), r->expected) != 0)
		fail_msg(
		    "%s: %s, not %s", r->name, cred_errname(got), r->expected);
}

/* From the authority's file to the certificate's extension and back. */
static void
admission(void **state)
{
	(void)state;
	static struct scope scope;
	size_t refused = 0;

	for (size_t i = 0; i < matrix.n; i++) {
		const struct row *r = &matrix.rows[i];
		if (is_admission(r)) {
			is(r, grant_carry(r->grant, &scope));
			refused++;
		} else {
			assert_err(grant_carry(r->grant, &scope), CRED_OK);
			struct claims c = row_claims(r);
			is(r, scope_check(&scope, &c.cert));
		}
	}
	assert_true(refused >= 40);
	assert_true(matrix.n - refused >= 200);
}

/* The verdict on this message, its signature good and all facts good. */
static void
verdict_is(const struct row *r, struct bytes message, const struct scope *scope)
{
	static struct body body;
	struct credential cred;
	struct verdict v;

	assert_err(credential_decode(message, &cred), CRED_OK);
	memset(&body, 0, sizeof(body));
	memcpy(body.kid, cred.sign1.kid.ptr, CRED_KID_LEN);
	body.alg = cred.sign1.alg;
	body.scope = *scope;
	body.not_after = INT64_MAX;
	int64_t now = claims_exp(CLAIMS_MAX_DAY) - 1;
	struct verdict_in in = {
	    .cred = &cred,
	    .n_candidates = 1,
	    .body = &body,
	    .status = {.iat = now, .exp = now + 1},
	    .log = {.state = LOG_SAME, .size = 18},
	    .crl = {.iat = now, .exp = now + 1},
	    .now = now,
	};
	verdict_decide(&in, &v);
	is(r, v.reason);
	assert_string_equal(verdict_name(v.status),
	    strcmp(r->expected, "OK") == 0 ? "valid" : "not_authorised");
	assert_int_equal(v.checks[CHECK_SCOPE],
	    v.status == VERDICT_VALID ? RESULT_PASS : RESULT_FAIL);
}

static void
verification(void **state)
{
	(void)state;
	static struct scope scope;
	const uint8_t sig[CRED_SIG_LEN] = {0};

	for (size_t i = 0; i < matrix.n; i++) {
		const struct row *r = &matrix.rows[i];
		if (is_admission(r))
			continue;
		struct claims c = row_claims(r);
		uint8_t head[32], pay[CRED_MAX_BYTES], msg[CRED_MAX_BYTES];
		struct outbuf h = {head, sizeof(head), 0};
		struct outbuf p = {pay, sizeof(pay), 0};
		struct outbuf m = {msg, sizeof(msg), 0};
		assert_err(claims_encode(&c, &p), CRED_OK);
		assert_err(
		    cose_protected(COSE_EDDSA, (const uint8_t *)"kid-kid-",
			COSE_CREDENTIAL, &h),
		    CRED_OK);
		assert_err(
		    cose_encode(written(&h), written(&p), sig, &m), CRED_OK);
		assert_err(grant_carry(r->grant, &scope), CRED_OK);
		verdict_is(r, written(&m), &scope);
	}
}

/* A signer whose certificate carries this grant, by the authority's hand. */
static struct signer *
admitted(struct world *w, struct authority *a, const char *grant)
{
	static struct scopefile file;
	struct signer *s = NULL;
	char *pem = NULL, *key = file_join(w->body, "body.key");
	struct bytes csr = world_read(w->body, "body.csr");

	assert_non_null(key);
	assert_err(grant_parse(grant, &file), CRED_OK);
	if (authority_admit(a, csr, &file, 300, NOW, &pem, &w->why) != CRED_OK)
		fail_msg("%s: %s", grant, w->why.text);
	if (signer_open(key, bytes_str(pem), &w->pass, &s, &w->why) != CRED_OK)
		fail_msg("%s: %s", grant, w->why.text);
	free((void *)(uintptr_t)csr.ptr);
	free(pem);
	free(key);
	return s;
}

/* A body publishes at one address for ever: another is not admitted. */
static void
refused_elsewhere(struct world *w, struct authority *a, const char *grant)
{
	static struct scopefile file;
	struct bytes csr = world_read(w->body, "body.csr");
	char *pem = NULL;

	assert_err(grant_parse(grant, &file), CRED_OK);
	assert_err(authority_admit(a, csr, &file, 300, NOW, &pem, &w->why),
	    CRED_ERR_X509_FORM);
	assert_non_null(strstr(w->why.text, "base="));
	free((void *)(uintptr_t)csr.ptr);
}

/* What the scope refuses is not signed; what it grants verifies. */
static void
signing(void **state)
{
	(void)state;
	static struct signer *signers[1000]; /* of each row's grant */
	struct world *w = world_new(COSE_EDDSA);
	struct authority *a = NULL;

	assert_err(
	    authority_open(w->authority, &w->pass, NOW, &a, &w->why), CRED_OK);
	for (size_t i = 0; i < matrix.n; i++) {
		const struct row *r = &matrix.rows[i];
		uint8_t pay[CRED_MAX_BYTES], msg[CRED_MAX_BYTES];
		struct outbuf p = {pay, sizeof(pay), 0};
		struct outbuf m = {msg, sizeof(msg), 0};
		size_t first = 0;
		if (is_admission(r))
			continue;
		if (strstr(r->grant, "base=") != NULL) {
			refused_elsewhere(w, a, r->grant);
			continue;
		}
		while (strcmp(matrix.rows[first].grant, r->grant) != 0)
			first++;
		if (signers[first] == NULL)
			signers[first] = admitted(w, a, r->grant);
		struct claims c = row_claims(r);
		assert_err(claims_encode(&c, &p), CRED_OK);
		is(r, signer_credential(
			  signers[first], written(&p), &m, &w->why));
		if (strcmp(r->expected, "OK") == 0)
			verdict_is(
			    r, written(&m), signer_scope(signers[first]));
		else
			assert_int_equal(m.len, 0);
	}
	for (size_t i = 0; i < matrix.n; i++)
		signer_free(signers[i]);
	authority_close(a);
	world_free(w);
}

/* What no extension can carry is not admitted either. */
static void
admission_refused(void **state)
{
	(void)state;
	struct world *w = world_new(COSE_EDDSA);
	struct authority *a = NULL;
	struct bytes csr = world_read(w->body, "body.csr");

	assert_err(
	    authority_open(w->authority, &w->pass, NOW, &a, &w->why), CRED_OK);
	for (size_t i = 0; i < matrix.n; i++) {
		const struct row *r = &matrix.rows[i];
		static struct scopefile file;
		char *pem = NULL;
		if (!is_admission(r) || strncmp(r->expected, "SCOPE_", 6) != 0)
			continue;
		assert_err(grant_parse(r->grant, &file), CRED_OK);
		if (authority_admit(a, csr, &file, 300, NOW, &pem, &w->why) ==
		    CRED_OK)
			fail_msg("%s: admitted", r->name);
		assert_null(pem);
	}
	free((void *)(uintptr_t)csr.ptr);
	authority_close(a);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(admission),
	    cmocka_unit_test(verification),
	    cmocka_unit_test(signing),
	    cmocka_unit_test(admission_refused),
	};
	return cmocka_run_group_tests_name(
	    "scope_matrix", tests, matrix_read, matrix_free);
}
