/*
 * docs/format.md "Worked example": its blocks are read from the page, and
 * everything in them is what the code says. Whoever changes the format without
 * the page, or the page without the format, stops here.
 */
#include "testing.h"
#include "evp.h"

#include "credential/claims.h"
#include "credential/cose.h"
#include "credential/digits.h"
#include "credential/scope.h"

static char *doc;

static int
open_doc(void **state)
{
	(void)state;
	doc = slurp(TAMGA_SOURCE_DIR "/docs/format.md");
	return 0;
}

static int
close_doc(void **state)
{
	(void)state;
	free(doc);
	return 0;
}

/* The text of the one block that begins with ```name. Caller frees. */
static char *
block(const char *name)
{
	char fence[64];
	snprintf(fence, sizeof(fence), "\n```%s\n", name);
	char *p = strstr(doc, fence);
	if (!p)
		fail_msg("docs/format.md has no block %s", name);
	p += strlen(fence);
	assert_null(strstr(p, fence));
	char *end = strstr(p, "\n```");
	assert_non_null(end);
	return strndup(p, (size_t)(end - p));
}

/* Annotated hexadecimal: each line up to its '#'. */
static struct bytes
hex_block(const char *name, uint8_t *buf, size_t cap)
{
	char *text = block(name), *next = text, *line;
	size_t len = 0;
	while ((line = strsep(&next, "\n")) != NULL) {
		line[strcspn(line, "#")] = '\0';
		len += unhex(line, buf + len, cap - len).len;
	}
	free(text);
	return bytes_of(buf, len);
}

/* Value of a line "name value" in a block of such lines. Caller frees. */
static char *
value_in(const char *block_name, const char *name)
{
	char *text = block(block_name), *next = text, *line;
	char *found = NULL;
	while ((line = strsep(&next, "\n")) != NULL) {
		char *value = strchr(line, ' ');
		assert_non_null(value);
		*value++ = '\0';
		if (strcmp(line, name) == 0)
			found = strdup(value);
	}
	free(text);
	if (!found)
		fail_msg("%s has no %s", block_name, name);
	return found;
}

static void
field_text(const char *name, struct bytes got)
{
	char *want = value_in("tamga-fields", name);
	assert_bytes(got, bytes_str(want));
	free(want);
}

static void
field_number(const char *name, uint64_t got)
{
	char *want = value_in("tamga-fields", name);
	if (strtoull(want, NULL, 10) != got)
		fail_msg("%s: %s on the page", name, want);
	free(want);
}

static uint8_t cose_buf[1024];
static struct bytes cose;
static struct cose_sign1 msg;
static struct claims claims;

static int
decode(void **state)
{
	(void)state;
	cose = hex_block("tamga-cose", cose_buf, sizeof(cose_buf));
	assert_err(cose_decode(cose, COSE_CREDENTIAL, &msg), CRED_OK);
	assert_err(claims_decode(msg.payload, &claims), CRED_OK);
	return 0;
}

static void
every_field(void **state)
{
	(void)state;
	const struct certificate *t = &claims.cert;
	char day[11], *text = block("tamga-fields");
	size_t lines = 1;
	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	free(text);
	assert_int_equal(lines, 13);
	field_number("kind", t->kind);
	field_number("index", t->index);
	field_number("iat", (uint64_t)claims.iat);
	field_text("name", t->name);
	field_number("id_type", t->id_type);
	field_number("id_check", t->id_check);
	field_text("number", t->number);
	field_text("occupation", t->occupation);
	field_text("code", t->code);
	field_number("level", t->level);
	day_format(t->issued, day);
	field_text("issued", bytes_str(day));
	field_text("direction", t->direction);
	assert_false(claims.has_exp || t->has_valid_to || t->has_review_due);
	char *photo = value_in("tamga-fields", "photo");
	uint8_t hash[CRED_PHOTO_LEN];
	assert_bytes(t->photo, unhex(photo, hash, sizeof(hash)));
	free(photo);
}

static void
encoded_again(void **state)
{
	(void)state;
	uint8_t p[32], c[CRED_MAX_BYTES], m[CRED_MAX_BYTES];
	struct outbuf prot = {p, sizeof(p), 0}, pay = {c, sizeof(c), 0};
	struct outbuf whole = {m, sizeof(m), 0};
	assert_err(
	    cose_protected(COSE_ES256, msg.kid.ptr, COSE_CREDENTIAL, &prot),
	    CRED_OK);
	assert_bytes(written(&prot), msg.protect);
	assert_err(claims_encode(&claims, &pay), CRED_OK);
	assert_bytes(written(&pay), msg.payload);
	assert_err(
	    cose_encode(written(&prot), written(&pay), msg.sig.ptr, &whole),
	    CRED_OK);
	assert_bytes(written(&whole), cose);
}

static void
signed_by_the_key(void **state)
{
	(void)state;
	uint8_t t[CRED_MAX_TBS], want[1024], point[65] = {4};
	struct outbuf tbs = {t, sizeof(t), 0};
	assert_err(cose_tbs(msg.protect, msg.payload, &tbs), CRED_OK);
	assert_bytes(written(&tbs), hex_block("tamga-tbs", want, sizeof(want)));
	char *x = value_in("tamga-key", "x"), *y = value_in("tamga-key", "y");
	unhex(x, point + 1, 32);
	unhex(y, point + 33, 32);
	free(x);
	free(y);
	EVP_PKEY *key = evp_p256(point);
	assert_true(evp_verifies(key, written(&tbs), msg.sig.ptr));
	for (size_t i = 0; i < tbs.len; i += 7) {
		t[i] ^= 0x10;
		assert_false(evp_verifies(key, written(&tbs), msg.sig.ptr));
		t[i] ^= 0x10;
	}
	EVP_PKEY_free(key);
}

/* (x, y) is the point of the scalar d. */
static void
key_pair(void **state)
{
	(void)state;
	uint8_t d[32], want[65] = {4}, got[65];
	char *s = value_in("tamga-key", "d");
	unhex(s, d, sizeof(d));
	free(s);
	s = value_in("tamga-key", "x");
	unhex(s, want + 1, 32);
	free(s);
	s = value_in("tamga-key", "y");
	unhex(s, want + 33, 32);
	free(s);
	EC_GROUP *g = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	BIGNUM *k = BN_bin2bn(d, sizeof(d), NULL);
	assert_non_null(g);
	assert_non_null(k);
	EC_POINT *p = EC_POINT_new(g);
	assert_non_null(p);
	assert_int_equal(EC_POINT_mul(g, p, k, NULL, NULL, NULL), 1);
	assert_int_equal(EC_POINT_point2oct(g, p, POINT_CONVERSION_UNCOMPRESSED,
			     got, sizeof(got), NULL),
	    sizeof(got));
	assert_memory_equal(got, want, sizeof(want));
	EC_POINT_free(p);
	EC_GROUP_free(g);
	BN_free(k);
}

static void
its_digits(void **state)
{
	(void)state;
	char *text = block("tamga-digits"), *to = text;
	for (const char *p = text; *p; p++) {
		if (*p != '\n')
			*to++ = *p;
	}
	*to = '\0';
	uint8_t d[CRED_MAX_DIGITS], back[CRED_MAX_BYTES], url[2048];
	struct outbuf digits = {d, sizeof(d), 0},
		      bytes = {back, sizeof(back), 0};
	struct outbuf whole = {url, sizeof(url), 0};
	struct qrtext q;
	assert_err(digits_encode(cose, &digits), CRED_OK);
	assert_bytes(written(&digits), bytes_str(text));
	assert_err(
	    qrtext_make(bytes_str("https://tamga.example/"), cose, &whole),
	    CRED_OK);
	assert_err(qrtext_parse(written(&whole), &q), CRED_OK);
	assert_bytes(q.host, bytes_str("tamga.example"));
	assert_bytes(q.digits, bytes_str(text));
	assert_err(digits_decode(q.digits, &bytes), CRED_OK);
	assert_bytes(written(&bytes), cose);
	free(text);
}

static void
identity_check(void **state)
{
	(void)state;
	uint8_t b[ID_CHECK_MAX], want[64], hash[32];
	struct outbuf in = {b, sizeof(b), 0};
	assert_err(id_check_input(msg.kid.ptr, claims.cert.index,
		       bytes_str("11010519491231002x"), &in),
	    CRED_OK);
	assert_bytes(written(&in), hex_block("tamga-id", want, sizeof(want)));
	assert_int_equal(
	    EVP_Digest(b, in.len, hash, NULL, EVP_sha256(), NULL), 1);
	assert_int_equal(id_check_value(hash), claims.cert.id_check);
}

static void
its_scope(void **state)
{
	(void)state;
	static struct scope s;
	uint8_t b[1024], again[1024];
	struct outbuf out = {again, sizeof(again), 0};
	struct bytes der = hex_block("tamga-scope", b, sizeof(b));
	assert_err(scope_decode(der, &s), CRED_OK);
	assert_err(scope_encode(&s, &out), CRED_OK);
	assert_bytes(written(&out), der);
	assert_err(scope_check(&s, &claims.cert), CRED_OK);
	assert_true(s.has_not_before && !s.has_not_after);
	assert_true(s.kinds[KIND_OPERATION].all);
	assert_bytes(scope_host(&s), bytes_str("tamga.example"));
	struct certificate other = claims.cert;
	other.level = 2;
	assert_err(scope_check(&s, &other), CRED_ERR_NOT_LEVEL);
}

/* Numbers that the page repeats from the headers. */
static void
constants(void **state)
{
	(void)state;
	static const char *const SAID[] = {TAMGA_OID_ARC, "more than 600 bytes",
	    "deeper than\n  8;", "0..1099511627775,",
	    "name = tstr .size (1..120)", "occupation = tstr .size (1..150)",
	    "direction = tstr .size (1..90)", "{1,16}\"", "{8,24}\"",
	    "day = 0..2932896", "at most 8192 bytes", "SIZE (0..128)",
	    "SIZE (1..200)", "262 144"};
	const size_t n = sizeof(SAID) / sizeof(*SAID);
	for (size_t i = 0; i < n; i++) {
		if (!strstr(doc, SAID[i]))
			fail_msg("docs/format.md does not say %s", SAID[i]);
	}
	assert_int_equal(CRED_MAX_BYTES, 600);
	assert_int_equal(CBOR_MAX_DEPTH, 8);
	assert_true(TLOG_MAX_SIZE - 1 == 1099511627775);
	assert_int_equal(CLAIMS_MAX_NAME, 120);
	assert_int_equal(CLAIMS_MAX_OCCUPATION, 150);
	assert_int_equal(CLAIMS_MAX_DIRECTION, 90);
	assert_int_equal(CLAIMS_MAX_CODE, 16);
	assert_int_equal(CLAIMS_MIN_NUMBER, 8);
	assert_int_equal(CLAIMS_MAX_NUMBER, 24);
	assert_int_equal(CLAIMS_MAX_DAY, 2932896);
	assert_int_equal(SCOPE_MAX_DER, 8192);
	assert_int_equal(SCOPE_MAX_ITEMS, 128);
	assert_int_equal(SCOPE_MAX_BASE, 200);
	assert_int_equal(STATUSLIST_RAW_MAX, 262144);
}

#define T(f) cmocka_unit_test_setup(f, decode)
int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(every_field),
	    T(encoded_again),
	    T(signed_by_the_key),
	    T(key_pair),
	    T(its_digits),
	    T(identity_check),
	    T(its_scope),
	    T(constants),
	};
	return cmocka_run_group_tests_name(
	    "format.md", tests, open_doc, close_doc);
}
