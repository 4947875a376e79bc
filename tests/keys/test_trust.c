#include "world.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

/*
 * Certificates made here with OpenSSL's own calls, not with keys/make.c, so
 * that reading is tested against somebody else's writing.
 */
struct maker {
	EVP_PKEY *ca_key, *key;
	X509 *ca;
	char ca_pem[4096];
	uint8_t log_key[32];
};

static struct maker m;

/* What a test changes of a good body certificate. */
struct defect {
	EVP_PKEY *signer; /* NULL: the authority */
	EVP_PKEY *key;    /* NULL: a P-256 one */
	bool no_scope, plain_scope, two_scopes, bad_scope;
	bool ca, no_usage, no_signing, unknown_critical, unknown_plain;
	bool bad_name, other_issuer, version1;
	int64_t from;
	const char *bc;
	long serial;
};

static EVP_PKEY *
new_key(const char *curve)
{
	EVP_PKEY *k = EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve);

	assert_non_null(k);
	return k;
}

static void
add(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
	assert_non_null(e);
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

static void
add_raw(X509 *x, const char *oid, bool critical, struct bytes value)
{
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
	X509_EXTENSION *e;

	ASN1_OCTET_STRING_set(s, value.ptr, (int)value.len);
	e = X509_EXTENSION_create_by_OBJ(NULL, o, critical, s);
	assert_non_null(e);
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(s);
	ASN1_OBJECT_free(o);
}

static void
set_name(X509_NAME *n, const char *text)
{
	assert_int_equal(X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8,
			     (const unsigned char *)text, -1, -1, 0),
	    1);
}

static X509 *
start(const char *name, int64_t from, int64_t to, EVP_PKEY *key, long serial)
{
	X509 *x = X509_new();

	assert_non_null(x);
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), serial);
	ASN1_TIME_set(X509_getm_notBefore(x), from);
	ASN1_TIME_set(X509_getm_notAfter(x), to);
	X509_set_pubkey(x, key);
	set_name(X509_get_subject_name(x), name);
	return x;
}

static struct scope *
plain_scope(void)
{
	struct scope *s = calloc(1, sizeof *s);

	strcpy(s->body_id, BODY_ID);
	strcpy(s->prefix, PREFIX);
	strcpy(s->base, BASE);
	memcpy(s->log_key, m.log_key, 32);
	s->kinds[2].granted = s->kinds[2].all = true;
	return s;
}

static void
add_scope(X509 *x, bool critical, bool broken)
{
	uint8_t der[SCOPE_MAX_DER];
	struct outbuf out = {der, sizeof der, 0};
	struct scope *s = plain_scope();

	assert_err(scope_encode(s, &out), CRED_OK);
	free(s);
	if (broken)
		out.len--;
	add_raw(x, TAMGA_OID_BODY, critical, written(&out));
}

static X509 *
make_body_cert(const struct defect *d)
{
	EVP_PKEY *key = d->key != NULL ? d->key : m.key;
	EVP_PKEY *signer = d->signer != NULL ? d->signer : m.ca_key;
	X509 *x = start(d->bad_name ? "a\nb" : "Body",
	    d->from != 0 ? d->from : NOW - DAY, NOW + 365 * DAY, key,
	    d->serial != 0 ? d->serial : 77);

	if (d->other_issuer)
		set_name(X509_get_issuer_name(x), "Somebody");
	else
		X509_set_issuer_name(x, X509_get_subject_name(m.ca));
	if (!d->no_usage) {
		add(x, m.ca, NID_basic_constraints,
		    d->ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
		add(x, m.ca, NID_key_usage,
		    d->no_signing ? "critical,keyAgreement"
				  : "critical,digitalSignature");
	}
	if (!d->no_scope)
		add_scope(x, !d->plain_scope, d->bad_scope);
	if (d->two_scopes)
		add_scope(x, true, false);
	if (d->unknown_critical)
		add_raw(x, "2.25.1234", true, bytes_str("\x05"));
	if (d->unknown_plain)
		add_raw(x, "2.25.1234", false, bytes_str("\x05"));
	assert_true(X509_sign(x, signer, EVP_sha256()) > 0);
	return x;
}

static char *
pem_of(X509 *x)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *p, *out;
	long n;

	PEM_write_bio_X509(b, x);
	n = BIO_get_mem_data(b, &p);
	out = calloc(1, (size_t)n + 1);
	memcpy(out, p, (size_t)n);
	BIO_free(b);
	return out;
}

static int
setup(void **state)
{
	char *pem;

	(void)state;
	m.ca_key = new_key("P-256");
	m.key = new_key("P-256");
	for (int i = 0; i < 32; i++)
		m.log_key[i] = (uint8_t)i;
	m.ca =
	    start("Authority", NOW - 30 * DAY, NOW + 3650 * DAY, m.ca_key, 1);
	X509_set_issuer_name(m.ca, X509_get_subject_name(m.ca));
	add(m.ca, m.ca, NID_basic_constraints, "critical,CA:TRUE");
	add(m.ca, m.ca, NID_key_usage, "critical,keyCertSign,cRLSign");
	assert_true(X509_sign(m.ca, m.ca_key, EVP_sha256()) > 0);
	pem = pem_of(m.ca);
	strcpy(m.ca_pem, pem);
	free(pem);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	X509_free(m.ca);
	EVP_PKEY_free(m.ca_key);
	EVP_PKEY_free(m.key);
	return 0;
}

static char notes[4096];

static void
note(void *ctx, const char *line)
{
	(void)ctx;
	snprintf(
	    notes + strlen(notes), sizeof notes - strlen(notes), "%s\n", line);
}

static struct trust *
load(struct bytes anchor, struct bytes bodies, struct bytes crl)
{
	struct trust_files f = {.anchor = anchor, .bodies = bodies, .crl = crl};
	struct trust *t = NULL;
	struct why why = {""};

	notes[0] = '\0';
	assert_err(trust_load(&f, NOW, &t, note, NULL, &why), CRED_OK);
	return t;
}

/* A body with this defect is left out, and the note says why. */
static void
left_out(const struct defect *d, enum cred_err why)
{
	X509 *x = make_body_cert(d),
	     *good = make_body_cert(&(struct defect){.serial = 78});
	char *bad_pem = pem_of(x), *good_pem = pem_of(good), all[8192];
	struct trust *t;

	snprintf(all, sizeof all, "%s%s", bad_pem, good_pem);
	t = load(bytes_str(m.ca_pem), bytes_str(all), (struct bytes){0});
	assert_int_equal(trust_n_bodies(t), 1);
	assert_non_null(strstr(notes, cred_errname(why)));
	assert_non_null(strstr(notes, "certificate 1 "));
	trust_free(t);
	free(bad_pem);
	free(good_pem);
	X509_free(x);
	X509_free(good);
}

static void
good_body_is_read(void **state)
{
	X509 *x = make_body_cert(&(struct defect){.unknown_plain = true});
	char *pem = pem_of(x);
	struct trust *t =
	    load(bytes_str(m.ca_pem), bytes_str(pem), (struct bytes){0});
	const struct body *b = trust_body(t, 0), *found[2];
	uint8_t *der = NULL, hash[32];
	int len = i2d_X509(x, &der);

	(void)state;
	assert_int_equal(trust_n_bodies(t), 1);
	assert_string_equal(notes, "");
	assert_null(trust_body(t, 1));
	assert_string_equal(b->name, "Body");
	assert_int_equal(b->alg, COSE_ES256);
	assert_int_equal(b->key_len, 65);
	assert_int_equal(b->not_before, NOW - DAY);
	assert_int_equal(b->not_after, NOW + 365 * DAY);
	assert_string_equal(b->scope.body_id, BODY_ID);
	assert_true(b->scope.kinds[2].all);
	assert_false(b->withdrawn);
	trust_sha256(hash, bytes_of(der, (size_t)len), (struct bytes){0});
	assert_memory_equal(b->kid, hash, CRED_KID_LEN);
	assert_int_equal(trust_find(t, b->kid, found, 2), 1);
	assert_ptr_equal(found[0], b);
	hash[0] ^= 1;
	assert_int_equal(trust_find(t, hash, found, 2), 0);
	assert_true(trust_knows_host(t, bytes_str("jd.example.cn")));
	assert_false(trust_knows_host(t, bytes_str("jd.example.cm")));
	assert_false(trust_knows_host(t, bytes_str("jd.example.cn.evil.cn")));
	assert_false(trust_knows_host(t, bytes_str("")));
	assert_err(trust_crl(t)->why, CRED_ERR_CRL_MISSING);
	assert_int_equal(trust_crl_number(t), 0);
	OPENSSL_free(der);
	trust_free(t);
	free(pem);
	X509_free(x);
}

static void
bodies_with_a_defect(void **state)
{
	EVP_PKEY *other = new_key("P-256"), *p384 = new_key("P-384");
	EVP_PKEY *k256 = new_key("secp256k1");
	EVP_PKEY *rsa = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);

	(void)state;
	left_out(&(struct defect){.signer = other}, CRED_ERR_X509_SIGNATURE);
	left_out(&(struct defect){.signer = p384}, CRED_ERR_X509_SIGNATURE);
	left_out(&(struct defect){.signer = rsa}, CRED_ERR_X509_SIGNATURE);
	left_out(
	    &(struct defect){.other_issuer = true}, CRED_ERR_X509_SIGNATURE);
	left_out(&(struct defect){.key = rsa}, CRED_ERR_X509_ALG);
	left_out(&(struct defect){.key = p384}, CRED_ERR_X509_ALG);
	left_out(&(struct defect){.key = k256}, CRED_ERR_X509_ALG);
	left_out(&(struct defect){.no_scope = true}, CRED_ERR_X509_NO_SCOPE);
	left_out(&(struct defect){.plain_scope = true}, CRED_ERR_X509_NO_SCOPE);
	left_out(&(struct defect){.two_scopes = true}, CRED_ERR_X509_FORM);
	left_out(&(struct defect){.bad_scope = true}, CRED_ERR_SCOPE_DER);
	left_out(
	    &(struct defect){.unknown_critical = true}, CRED_ERR_X509_CRITICAL);
	left_out(&(struct defect){.ca = true}, CRED_ERR_X509_FORM);
	left_out(&(struct defect){.no_usage = true}, CRED_ERR_X509_FORM);
	left_out(&(struct defect){.no_signing = true}, CRED_ERR_X509_FORM);
	left_out(&(struct defect){.bad_name = true}, CRED_ERR_X509_FORM);
	left_out(&(struct defect){.from = NOW - 31 * DAY}, CRED_ERR_NOT_DATE);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(k256);
	EVP_PKEY_free(p384);
	EVP_PKEY_free(other);
}

/* Explicit curve parameters name P-256 and are not it. */
static void
explicit_parameters(void **state)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM p[3];
	EVP_PKEY *k = NULL;
	char curve[] = "P-256", enc[] = "explicit";

	(void)state;
	p[0] = OSSL_PARAM_construct_utf8_string("group", curve, 0);
	p[1] = OSSL_PARAM_construct_utf8_string("encoding", enc, 0);
	p[2] = OSSL_PARAM_construct_end();
	assert_int_equal(EVP_PKEY_keygen_init(c), 1);
	assert_int_equal(EVP_PKEY_CTX_set_params(c, p), 1);
	assert_int_equal(EVP_PKEY_generate(c, &k), 1);
	left_out(&(struct defect){.key = k}, CRED_ERR_X509_ALG);
	EVP_PKEY_free(k);
	EVP_PKEY_CTX_free(c);
}

static void
same_serial_twice(void **state)
{
	X509 *a = make_body_cert(&(struct defect){.serial = 5});
	X509 *b = make_body_cert(
	    &(struct defect){.serial = 5, .unknown_plain = true});
	char *pa = pem_of(a), *pb = pem_of(b), all[8192];
	struct trust *t;

	(void)state;
	snprintf(all, sizeof all, "%s%s%s", pa, pb, pa);
	t = load(bytes_str(m.ca_pem), bytes_str(all), (struct bytes){0});
	assert_int_equal(trust_n_bodies(t), 1);
	assert_non_null(strstr(notes, "certificate 2 "));
	assert_non_null(strstr(notes, "certificate 3 "));
	trust_free(t);
	free(pa);
	free(pb);
	X509_free(a);
	X509_free(b);
}

/* Junk between blocks, other blocks and a broken one do not hide the rest. */
static void
pem_with_junk(void **state)
{
	X509 *x = make_body_cert(&(struct defect){0});
	char *pem = pem_of(x), all[8192];
	struct trust *t;

	(void)state;
	snprintf(all, sizeof all,
	    "hello\n-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC "
	    "KEY-----\n"
	    "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n"
	    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
	    "%s\n-----BEGIN CERTIFICATE-----\nMIIB",
	    pem);
	t = load(bytes_str(m.ca_pem), bytes_str(all), (struct bytes){0});
	assert_int_equal(trust_n_bodies(t), 1);
	assert_non_null(strstr(notes, "X509_FORM"));
	trust_free(t);
	free(pem);
	X509_free(x);
}

static enum cred_err
load_anchor(const char *pem)
{
	struct trust_files f = {.anchor = bytes_str(pem)};
	struct trust *t = NULL;
	struct why why = {""};
	enum cred_err e = trust_load(&f, NOW, &t, NULL, NULL, &why);

	assert_true((e == CRED_OK) == (t != NULL));
	assert_true((e == CRED_OK) == (why.text[0] == '\0'));
	trust_free(t);
	return e;
}

static void
anchors_that_are_none(void **state)
{
	X509 *body = make_body_cert(&(struct defect){0});
	X509 *weak = start("Authority", NOW, NOW + DAY, m.ca_key, 1);
	EVP_PKEY *other = new_key("P-256");
	char *pem = pem_of(body), two[8192];
	struct trust_files none = {0};
	struct trust *t = NULL;
	struct why why;

	(void)state;
	assert_err(load_anchor(m.ca_pem), CRED_OK);
	assert_err(load_anchor(""), CRED_FAULT_ANCHOR);
	assert_err(load_anchor("hello"), CRED_FAULT_ANCHOR);
	assert_err(
	    trust_load(&none, NOW, &t, NULL, NULL, &why), CRED_FAULT_ANCHOR);
	assert_err(load_anchor(pem), CRED_FAULT_ANCHOR);
	/* one good, one not: a configuration error, not half a trust */
	snprintf(two, sizeof two, "%s%s", m.ca_pem, pem);
	assert_err(load_anchor(two), CRED_FAULT_ANCHOR);
	free(pem);
	/* no CA */
	X509_set_issuer_name(weak, X509_get_subject_name(weak));
	assert_true(X509_sign(weak, m.ca_key, EVP_sha256()) > 0);
	pem = pem_of(weak);
	assert_err(load_anchor(pem), CRED_FAULT_ANCHOR);
	free(pem);
	/* not signed by itself */
	add(weak, weak, NID_basic_constraints, "critical,CA:TRUE");
	add(weak, weak, NID_key_usage, "critical,keyCertSign,cRLSign");
	assert_true(X509_sign(weak, m.ca_key, EVP_sha256()) > 0);
	pem = pem_of(weak);
	assert_err(load_anchor(pem), CRED_OK);
	free(pem);
	assert_true(X509_sign(weak, other, EVP_sha256()) > 0);
	pem = pem_of(weak);
	assert_err(load_anchor(pem), CRED_FAULT_ANCHOR);
	free(pem);
	EVP_PKEY_free(other);
	X509_free(weak);
	X509_free(body);
}

/* Every single bit of a body's certificate: left out, or the same facts. */
static void
flipped_certificate(void **state)
{
	X509 *x = make_body_cert(&(struct defect){0});
	uint8_t *der = NULL;
	int len = i2d_X509(x, &der);

	(void)state;
	for (int bit = 0; bit < len * 8; bit += 3) {
		BIO *out = BIO_new(BIO_s_mem());
		struct trust *t;
		char *pem;
		long n;

		der[bit / 8] ^= (uint8_t)(1 << bit % 8);
		PEM_write_bio(out, PEM_STRING_X509, "", der, len);
		der[bit / 8] ^= (uint8_t)(1 << bit % 8);
		n = BIO_get_mem_data(out, &pem);
		t = load(bytes_str(m.ca_pem), bytes_of(pem, (size_t)n),
		    (struct bytes){0});
		assert_int_equal(trust_n_bodies(t), 0);
		trust_free(t);
		BIO_free(out);
	}
	OPENSSL_free(der);
	X509_free(x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good_body_is_read),
	    cmocka_unit_test(bodies_with_a_defect),
	    cmocka_unit_test(explicit_parameters),
	    cmocka_unit_test(same_serial_twice),
	    cmocka_unit_test(pem_with_junk),
	    cmocka_unit_test(anchors_that_are_none),
	    cmocka_unit_test(flipped_certificate),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
