#include "testing.h"

#include "credential/digits.h"
#include "evp.h"
#include "tests/vectors/corpus.h"

#define MANIFEST TAMGA_SOURCE_DIR "/tests/vectors/credentials.tsv"

static struct body bodies[CORPUS_BODIES];
static uint8_t cose[CRED_MAX_BYTES];
static struct credential cred;
static struct verdict v;

/* SM2 with SM3 and the identifier that Chinese software uses. */
static bool
sm2_verifies(const struct body *b, struct bytes tbs, const uint8_t *sig)
{
	char group[] = "SM2", id[] = "1234567812345678";
	uint8_t point[65], der[80];
	memcpy(point, b->key, sizeof(point));
	OSSL_PARAM params[] = {
	    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 3),
	    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 65),
	    OSSL_PARAM_END,
	};
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *from = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
	assert_int_equal(EVP_PKEY_fromdata_init(from), 1);
	assert_int_equal(
	    EVP_PKEY_fromdata(from, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	EVP_PKEY_CTX_free(from);
	size_t len = evp_der(sig, der);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	assert_int_equal(EVP_PKEY_CTX_set1_id(pctx, id, 16), 1);
	EVP_MD_CTX_set_pkey_ctx(ctx, pctx);
	assert_int_equal(
	    EVP_DigestVerifyInit(ctx, NULL, EVP_sm3(), NULL, key), 1);
	int ok = EVP_DigestVerify(ctx, der, len, tbs.ptr, tbs.len);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_CTX_free(pctx);
	EVP_PKEY_free(key);
	return ok == 1;
}

static bool
signed_by(const struct body *b, const struct cose_sign1 *m)
{
	uint8_t tbs[CRED_MAX_TBS];
	struct outbuf out = {tbs, sizeof(tbs), 0};
	assert_err(cose_tbs(m->protect, m->payload, &out), CRED_OK);
	if (b->alg != m->alg)
		return false;
	if (b->alg == COSE_SM2)
		return sm2_verifies(b, written(&out), m->sig.ptr);
	EVP_PKEY *key =
	    b->alg == COSE_EDDSA ? evp_ed25519(b->key) : evp_p256(b->key);
	bool ok = evp_verifies(key, written(&out), m->sig.ptr);
	EVP_PKEY_free(key);
	return ok;
}

/* From bytes on: every body with the kid is tried. */
static void
decide_bytes(struct bytes raw, const char *state, struct verdict_in *in)
{
	corpus_bodies(bodies);
	in->decode_err = credential_decode(raw, &cred);
	if (in->decode_err == CRED_OK)
		in->cred = &cred;
	for (size_t i = 0;
	     in->cred != NULL && corpus_knows_body(state) && i < CORPUS_BODIES;
	     i++) {
		if (memcmp(bodies[i].kid, cred.sign1.kid.ptr, CRED_KID_LEN))
			continue;
		in->n_candidates++;
		if (signed_by(&bodies[i], &cred.sign1))
			in->body = &bodies[i];
	}
	assert_true(corpus_state(
	    state, in, in->body != NULL ? &bodies[in->body - bodies] : NULL));
	verdict_decide(in, &v);
}

static void
decide_text(struct bytes text, const char *state)
{
	struct verdict_in in = {0};
	struct outbuf out = {cose, sizeof(cose), 0};
	struct qrtext qr;
	in.text_err = qrtext_parse(text, &qr);
	if (in.text_err == CRED_OK) {
		in.foreign_host = qr.host.ptr != NULL &&
				  !bytes_eq(qr.host, bytes_str(CORPUS_HOST));
		in.other_number =
		    qr.host.ptr == NULL && !credential_begins(qr.digits);
		in.text_err = digits_decode(qr.digits, &out);
	}
	if (in.text_err == CRED_OK) {
		decide_bytes(written(&out), state, &in);
		return;
	}
	assert_true(corpus_state(state, &in, NULL));
	verdict_decide(&in, &v);
}

struct line {
	char *name, *text, *status, *reason, *state;
};

/* The next row of the manifest; at moves on. False at the end. */
static bool
next(char **at, struct line *l)
{
	while (**at == '#')
		*at = strchr(*at, '\n') + 1;
	if (**at == '\0')
		return false;
	char *line = strsep(at, "\n");
	l->name = strsep(&line, "\t");
	l->text = strsep(&line, "\t");
	l->status = strsep(&line, "\t");
	l->reason = strsep(&line, "\t");
	l->state = line;
	assert_non_null(l->state);
	assert_null(strchr(l->state, '\t'));
	return true;
}

static void
every_row(void **state)
{
	(void)state;
	char *all = slurp(MANIFEST), *at = all;
	size_t good = 0, bad = 0, wrong = 0;
	bool seen[256] = {false};
	struct line l;
	while (next(&at, &l)) {
		struct bytes text = bytes_str(l.text);
		uint8_t *p = boxed(text);
		decide_text(bytes_of(p, text.len), l.state);
		if (strcmp(verdict_name(v.status), l.status) != 0 ||
		    strcmp(cred_errname(v.reason), l.reason) != 0) {
			wrong++;
			print_error("%s: %s %s, not %s %s\n", l.name,
			    verdict_name(v.status), cred_errname(v.reason),
			    l.status, l.reason);
		}
		seen[v.reason] = true;
		if (v.status == VERDICT_VALID)
			good++;
		else
			bad++;
		/* The name of a good one says so, and of no other. */
		assert_int_equal(strncmp(l.name, "good-", 5) == 0,
		    v.status == VERDICT_VALID);
		free(p);
	}
	free(all);
	assert_int_equal(wrong, 0);
	assert_true(bad >= 160);
	assert_true(good >= 10);
	/* No reason of a credential's own is without a row. */
	static const enum cred_err unreachable[] = {
	    CRED_ERR_CBOR_DEPTH, /* typed readers refuse by type before */
	    CRED_ERR_COSE_SIZE,  /* too many digits come before */
	    CRED_ERR_COSE_TYP,   /* status lists */
	    CRED_ERR_STATUS_UNDONE, /* an auditor's, not a certificate's */
	    CRED_ERR_STATUS_LENGTH,
	};
	for (int e = CRED_ERR_CBOR_TRUNCATED; e <= CRED_ERR_CRL_EXPIRED; e++) {
		const char *name = cred_errname((enum cred_err)e);
		bool exempt = strcmp(name, "?") == 0 ||
			      strncmp(name, "SCOPE_", 6) == 0 ||
			      strncmp(name, "X509_", 5) == 0;
		for (size_t i = 0; i < sizeof unreachable / sizeof *unreachable;
		     i++)
			exempt = exempt || (enum cred_err)e == unreachable[i];
		if (!seen[e] && !exempt)
			fail_msg("no row gives %s", name);
	}
}

/* Names are not given twice. */
static void
names_are_unique(void **state)
{
	(void)state;
	char *all = slurp(MANIFEST), *at = all;
	static char *names[2000];
	size_t n = 0;
	struct line l;
	while (next(&at, &l)) {
		for (size_t i = 0; i < n; i++)
			assert_string_not_equal(names[i], l.name);
		assert_true(n < 2000);
		names[n++] = l.name;
	}
	free(all);
}

/* The text of the row of that name. Caller frees *all. */
static struct bytes
text_of(const char *name, char **all)
{
	char *at = *all = slurp(MANIFEST);
	struct line l;
	while (next(&at, &l))
		if (strcmp(l.name, name) == 0)
			return bytes_str(l.text);
	fail_msg("no row %s", name);
	return (struct bytes){0};
}

static size_t
bytes_of_row(const char *name, uint8_t *out, size_t cap)
{
	char *all;
	struct qrtext qr;
	struct outbuf o = {out, cap, 0};
	assert_err(qrtext_parse(text_of(name, &all), &qr), CRED_OK);
	assert_err(digits_decode(qr.digits, &o), CRED_OK);
	free(all);
	return o.len;
}

/* A valid one with any single bit flipped is never valid. */
static void
flip_every_bit(const char *name)
{
	uint8_t good[CRED_MAX_BYTES];
	size_t len = bytes_of_row(name, good, sizeof(good));
	for (size_t bit = 0; bit < len * 8; bit++) {
		struct verdict_in in = {0};
		uint8_t *p = boxed(bytes_of(good, len));
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		decide_bytes(bytes_of(p, len), "ok", &in);
		if (v.status != VERDICT_FORGED &&
		    v.status != VERDICT_UNKNOWN_ISSUER)
			fail_msg("%s: bit %zu: %s", name, bit,
			    verdict_name(v.status));
		assert_false(v.show);
		free(p);
	}
}

static void
any_bit_level(void **state)
{
	(void)state;
	flip_every_bit("good-level");
}

static void
any_bit_operation(void **state)
{
	(void)state;
	flip_every_bit("good-operation");
}

static void
any_bit_es256(void **state)
{
	(void)state;
	flip_every_bit("good-es256");
}

static void
any_bit_sm2(void **state)
{
	(void)state;
	flip_every_bit("good-sm2");
}

/* Nor cut at any length, nor with any byte more. */
static void
any_length(void **state)
{
	(void)state;
	uint8_t good[CRED_MAX_BYTES];
	size_t len = bytes_of_row("good-level", good, sizeof(good));
	for (size_t n = 0; n < len; n++) {
		struct verdict_in in = {0};
		uint8_t *p = boxed(bytes_of(good, n));
		decide_bytes(bytes_of(p, n), "ok", &in);
		assert_int_equal(v.status, VERDICT_FORGED);
		free(p);
	}
	for (unsigned b = 0; b < 256; b++) {
		struct verdict_in in = {0};
		good[len] = (uint8_t)b;
		decide_bytes(bytes_of(good, len + 1), "ok", &in);
		assert_int_equal(v.status, VERDICT_FORGED);
		assert_err(v.reason, CRED_ERR_CBOR_TRAILING);
	}
}

/* Nor with any digit of its text another, or missing, or twice. */
static void
any_digit(void **state)
{
	(void)state;
	char *all, text[CRED_MAX_TEXT];
	struct bytes good = text_of("good-operation", &all);
	const size_t from = strlen("https://" CORPUS_HOST "/#");
	for (size_t i = from; i < good.len; i++) {
		for (char c = '0'; c <= '9'; c++) {
			memcpy(text, good.ptr, good.len);
			if (text[i] == c)
				continue;
			text[i] = c;
			decide_text(bytes_of(text, good.len), "ok");
			assert_true(v.status == VERDICT_FORGED ||
				    v.status == VERDICT_UNKNOWN_ISSUER);
		}
		memcpy(text, good.ptr, i);
		memcpy(text + i, good.ptr + i + 1, good.len - i - 1);
		decide_text(bytes_of(text, good.len - 1), "ok");
		assert_int_not_equal(v.status, VERDICT_VALID);
		memcpy(text, good.ptr, i + 1);
		memcpy(text + i + 1, good.ptr + i, good.len - i);
		decide_text(bytes_of(text, good.len + 1), "ok");
		assert_int_not_equal(v.status, VERDICT_VALID);
	}
	free(all);
}

/* A good one is the only encoding of its claims, and of its text. */
static void
one_encoding(void **state)
{
	(void)state;
	char *all = slurp(MANIFEST), *at = all;
	struct line l;
	while (next(&at, &l)) {
		uint8_t pay[CRED_MAX_BYTES];
		struct outbuf out = {pay, sizeof(pay), 0};
		if (strncmp(l.name, "good-", 5) != 0)
			continue;
		decide_text(bytes_str(l.text), l.state);
		assert_err(claims_encode(&cred.claims, &out), CRED_OK);
		assert_bytes(written(&out), cred.sign1.payload);
		char text[CRED_MAX_TEXT];
		struct outbuf t = {(uint8_t *)text, sizeof(text), 0};
		assert_err(digits_encode(cred.raw, &t), CRED_OK);
		assert_non_null(memmem(l.text, strlen(l.text), text, t.len));
		bool foreign = strstr(l.name, "foreign") ||
			       strstr(l.name, "user-part") ||
			       strstr(l.name, "subdomain");
		assert_int_equal(
		    (v.warnings & WARN_FOREIGN_HOST) != 0, foreign);
	}
	free(all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_row),
	    cmocka_unit_test(names_are_unique),
	    cmocka_unit_test(any_bit_level),
	    cmocka_unit_test(any_bit_operation),
	    cmocka_unit_test(any_bit_es256),
	    cmocka_unit_test(any_bit_sm2),
	    cmocka_unit_test(any_length),
	    cmocka_unit_test(any_digit),
	    cmocka_unit_test(one_encoding),
	};
	return cmocka_run_group_tests_name("corpus", tests, NULL, NULL);
}
