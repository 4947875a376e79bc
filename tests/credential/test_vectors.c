/* Published vectors: the COSE working group's examples (../shared/vectors),
 * RFC 8392 appendix A. Signatures are OpenSSL's to judge. */
#include "vectors.h"
#include "evp.h"
#include "tests/shared.h"

#include <jansson.h>

#include "credential/cbor.h"
#include "credential/claims.h"
#include "credential/cose.h"

static const char *
text_at(json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/* A field as hexadecimal KEY_hex or base64url KEY. */
static size_t
key_bytes(json_t *key, const char *name, uint8_t *to, size_t cap)
{
	char hex[16], b64[256];
	snprintf(hex, sizeof(hex), "%s_hex", name);
	const char *s = text_at(key, hex);
	if (s)
		return unhex(s, to, cap).len;
	s = text_at(key, name);
	assert_non_null(s);
	size_t n = strlen(s), pad = (4 - n % 4) % 4;
	assert_true(n + pad < sizeof(b64));
	for (size_t i = 0; i < n; i++)
		b64[i] = s[i] == '-' ? '+' : s[i] == '_' ? '/' : s[i];
	memset(b64 + n, '=', pad);
	uint8_t raw[192];
	int len = EVP_DecodeBlock(raw, (uint8_t *)b64, (int)(n + pad));
	assert_true(len > 0);
	size_t out = (size_t)len - pad;
	assert_true(out <= cap);
	memcpy(to, raw, out);
	return out;
}

/* The verification key of an example; NULL if it is of no algorithm of ours. */
static EVP_PKEY *
key_of(json_t *key)
{
	uint8_t point[65] = {4};
	const char *crv = text_at(key, "crv");
	if (strcmp(crv, "Ed25519") == 0) {
		assert_int_equal(key_bytes(key, "x", point, 32), 32);
		return evp_ed25519(point);
	}
	if (strcmp(crv, "P-256") != 0)
		return NULL;
	assert_int_equal(key_bytes(key, "x", point + 1, 32), 32);
	assert_int_equal(key_bytes(key, "y", point + 33, 32), 32);
	return evp_p256(point);
}

/* RFC 9052 without our profile: any tag or none, any headers. */
struct loose {
	struct bytes protect, payload, sig;
};

static void
loose_decode(struct bytes in, struct loose *m)
{
	struct cbor r = cbor_reader(in);
	uint64_t tag;
	size_t n;
	if (cbor_peek(&r) == 6)
		assert_err(cbor_get_tag(&r, &tag), CRED_OK);
	assert_err(cbor_get_array(&r, &n), CRED_OK);
	assert_int_equal(n, 4);
	assert_err(cbor_get_bstr(&r, &m->protect), CRED_OK);
	assert_err(cbor_get_map(&r, &n), CRED_OK);
	while (n-- > 0) {
		int64_t v;
		struct bytes s;
		assert_err(cbor_get_int(&r, &v), CRED_OK);
		if (cbor_peek(&r) == 2)
			assert_err(cbor_get_bstr(&r, &s), CRED_OK);
		else
			assert_err(cbor_get_int(&r, &v), CRED_OK);
	}
	assert_err(cbor_get_bstr(&r, &m->payload), CRED_OK);
	assert_err(cbor_get_bstr(&r, &m->sig), CRED_OK);
	assert_err(cbor_end(&r), CRED_OK);
}

static const char *
judge(json_t *sign0, const struct loose *m, struct bytes tbs)
{
	json_t *key = json_object_get(sign0, "key");
	const char *alg = text_at(sign0, "alg");
	if (strcmp(alg, "ES256") != 0 && strcmp(alg, "EdDSA") != 0)
		return "other";
	EVP_PKEY *pkey = key_of(key);
	if (!pkey)
		return "other";
	assert_int_equal(m->sig.len, CRED_SIG_LEN);
	bool good = evp_verifies(pkey, tbs, m->sig.ptr);
	EVP_PKEY_free(pkey);
	return good ? "good" : "bad";
}

static void
tbs_and_signature(json_t *doc, struct bytes in, char **f)
{
	struct loose m;
	uint8_t b[1024], want_buf[1024];
	struct outbuf tbs = {b, sizeof(b), 0};
	loose_decode(in, &m);
	assert_err(cose_tbs(m.protect, m.payload, &tbs), CRED_OK);
	const char *hex =
	    text_at(json_object_get(doc, "intermediates"), "ToBeSign_hex");
	struct bytes want = unhex(hex, want_buf, sizeof(want_buf));
	const char *same = bytes_eq(written(&tbs), want) ? "same" : "differs";
	if (strcmp(same, f[2]) != 0)
		fail_msg("%s: to be signed %s", f[0], same);
	json_t *sign0 = json_object_get(json_object_get(doc, "input"), "sign0");
	const char *sig = judge(sign0, &m, written(&tbs));
	if (strcmp(sig, f[3]) != 0)
		fail_msg("%s: signature %s", f[0], sig);
}

static void
cose_wg_row(char **f)
{
	char path[512];
	snprintf(path, sizeof(path), "%s/vectors/cose-wg/%s", TAMGA_SHARED_DIR,
	    f[0]);
	char *text = slurp(path);
	json_error_t je;
	json_t *doc = json_loads(text, 0, &je);
	if (!doc)
		fail_msg("%s: %s", f[0], je.text);
	uint8_t b[1024];
	struct bytes in = unhex(
	    text_at(json_object_get(doc, "output"), "cbor"), b, sizeof(b));
	uint8_t *p = boxed(in);
	in.ptr = p;
	struct cose_sign1 m;
	enum cred_err e = cose_decode(in, COSE_CREDENTIAL, &m);
	if (e != err_named(f[1]))
		fail_msg("%s: %s, not %s", f[0], cred_errname(e), f[1]);
	if (strcmp(f[2], "-") != 0)
		tbs_and_signature(doc, in, f);
	free(p);
	json_decref(doc);
	free(text);
}

static void
cose_wg(void **state)
{
	need_vectors();
	(void)state;
	assert_int_equal(each_row("cose-wg.tsv", 4, cose_wg_row), 19);
}

static void
rfc8392_row(char **f)
{
	uint8_t b[1024];
	struct bytes in = unhex(f[3], b, sizeof(b));
	struct cose_sign1 m;
	struct claims c;
	enum cred_err e = CRED_OK;
	if (strcmp(f[1], "cose") == 0)
		e = cose_decode(in, COSE_CREDENTIAL, &m);
	else if (strcmp(f[1], "claims") == 0)
		e = claims_decode(in, &c);
	else if (strcmp(f[1], "cbor") == 0)
		e = cbor_check(in);
	else
		fail_msg("no decoder %s", f[1]);
	if (e != err_named(f[2]))
		fail_msg("%s: %s, not %s", f[0], cred_errname(e), f[2]);
	if (strncmp(f[0], "A.3", 3) != 0)
		return;
	/* x and y of the key in A.2.3 */
	uint8_t point[65] = {4}, t[1024];
	unhex(
	    "143329cce7868e416927599cf65a34f3ce2ffda55a7eca69ed8919a394d42f0f"
	    "60f7f1a780d8a783bfb7a2dd6b2796e8128dbbcef9d3d168db9529971a36e7b9",
	    point + 1, 64);
	struct loose l;
	loose_decode(in, &l);
	struct outbuf tbs = {t, sizeof(t), 0};
	assert_err(cose_tbs(l.protect, l.payload, &tbs), CRED_OK);
	EVP_PKEY *key = evp_p256(point);
	assert_true(evp_verifies(key, written(&tbs), l.sig.ptr));
	t[tbs.len - 1] ^= 1;
	assert_false(evp_verifies(key, written(&tbs), l.sig.ptr));
	EVP_PKEY_free(key);
}

static void
rfc8392_appendix_a(void **state)
{
	(void)state;
	assert_int_equal(
	    each_row("rfc8392-appendix-a.tsv", 4, rfc8392_row), 11);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cose_wg),
	    cmocka_unit_test(rfc8392_appendix_a),
	};
	return cmocka_run_group_tests_name("vectors", tests, NULL, NULL);
}
