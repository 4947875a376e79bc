#include "world.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <zlib.h>

#include "credential/statuslist.h"
#include "keys/key_int.h"

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

/* ---- CRL: what the authority's home makes ---- */

static struct world *
withdrawn_world(enum cose_alg alg, int reason, uint64_t tree_size)
{
	struct world *w = world_new(alg);
	struct withdrawal wd = {.body_id = BODY_ID,
	    .reason = reason,
	    .tree_size = tree_size,
	    .at = NOW - 3600};
	struct authority *a;
	size_t n;

	assert_err(
	    authority_open(w->authority, &w->pass, NOW, &a, &w->why), CRED_OK);
	assert_err(authority_withdraw(a, &wd, 30, NOW, &n, &w->why), CRED_OK);
	assert_int_equal(n, 1);
	authority_close(a);
	world_reload(w, NOW);
	return w;
}

static void
withdrawal_is_read(void **state)
{
	static const enum cose_alg algs[] = {COSE_ES256, COSE_EDDSA, COSE_SM2};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct world *w = withdrawn_world(algs[i], 1, 266);
		const struct body *b = trust_body(w->trust, 0);

		assert_true(b->withdrawn);
		assert_int_equal(b->reason, 1);
		assert_int_equal(b->tree_size, 266);
		assert_int_equal(b->invalid_since, NOW - 3600);
		assert_err(trust_crl(w->trust)->why, CRED_OK);
		assert_int_equal(trust_crl(w->trust)->iat, NOW);
		assert_int_equal(trust_crl(w->trust)->exp, NOW + 30 * DAY);
		/* 1 at init, one for each publication and withdrawal */
		assert_int_equal(trust_crl_number(w->trust), 4);
		world_free(w);
	}
}

static struct trust *
load_world(struct world *w, struct bytes crl, int64_t now)
{
	struct trust_files f = {
	    .anchor = w->anchor, .bodies = w->bodies, .crl = crl};
	struct trust *t = NULL;

	assert_err(trust_load(&f, now, &t, NULL, NULL, &w->why), CRED_OK);
	return t;
}

static void
crl_states(void **state)
{
	struct world *w = withdrawn_world(COSE_ES256, 9, 0);
	struct world *other = world_new(COSE_ES256);
	X509_CRL *x;
	BIO *in = BIO_new_mem_buf(w->crl.ptr, (int)w->crl.len);
	uint8_t *der = NULL;
	struct trust *t;
	int len;

	(void)state;
	x = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL);
	len = i2d_X509_CRL(x, &der);
	X509_CRL_free(x);
	BIO_free(in);
	/* DER as well */
	t = load_world(w, bytes_of(der, (size_t)len), NOW);
	assert_err(trust_crl(t)->why, CRED_OK);
	assert_true(trust_body(t, 0)->withdrawn);
	trust_free(t);
	/* past nextUpdate: what it says still counts */
	t = load_world(w, w->crl, NOW + 31 * DAY);
	assert_err(trust_crl(t)->why, CRED_ERR_CRL_EXPIRED);
	assert_true(trust_body(t, 0)->withdrawn);
	trust_free(t);
	/* none, another authority's, garbage, cut off */
	t = load_world(w, (struct bytes){0}, NOW);
	assert_err(trust_crl(t)->why, CRED_ERR_CRL_MISSING);
	assert_false(trust_body(t, 0)->withdrawn);
	trust_free(t);
	t = load_world(w, other->crl, NOW);
	assert_err(trust_crl(t)->why, CRED_ERR_CRL_SIGNATURE);
	assert_false(trust_body(t, 0)->withdrawn);
	trust_free(t);
	t = load_world(w, bytes_str("garbage"), NOW);
	assert_err(trust_crl(t)->why, CRED_ERR_CRL_FORM);
	trust_free(t);
	t = load_world(w, bytes_of(der, (size_t)len - 1), NOW);
	assert_err(trust_crl(t)->why, CRED_ERR_CRL_FORM);
	trust_free(t);
	t = load_world(w, bytes_of(w->crl.ptr, w->crl.len / 2), NOW);
	assert_true(trust_crl(t)->why != CRED_OK);
	assert_false(trust_body(t, 0)->withdrawn);
	trust_free(t);
	/* any bit changed: never read as good */
	for (int bit = 0; bit < len * 8; bit += 7) {
		der[bit / 8] ^= (uint8_t)(1 << bit % 8);
		t = load_world(w, bytes_of(der, (size_t)len), NOW);
		assert_true(trust_crl(t)->why != CRED_OK);
		assert_false(trust_body(t, 0)->withdrawn);
		trust_free(t);
		der[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	OPENSSL_free(der);
	world_free(other);
	world_free(w);
}

/* Two anchors, each with its own CRL: the fact is the worse of the two. */
static void
two_authorities(void **state)
{
	struct world *a = world_new(COSE_ES256), *b = world_new(COSE_SM2);
	char *anchors, *bodies, *crls;
	struct trust_files f = {0};
	struct trust *t = NULL;

	(void)state;
	assert_true(asprintf(&anchors, "%s%s", (const char *)a->anchor.ptr,
			(const char *)b->anchor.ptr) > 0);
	assert_true(asprintf(&bodies, "%s%s", (const char *)b->bodies.ptr,
			(const char *)a->bodies.ptr) > 0);
	assert_true(asprintf(&crls, "%s%s", (const char *)b->crl.ptr,
			(const char *)a->crl.ptr) > 0);
	f.anchor = bytes_str(anchors);
	f.bodies = bytes_str(bodies);
	f.crl = bytes_str(crls);
	assert_err(trust_load(&f, NOW, &t, NULL, NULL, NULL), CRED_OK);
	assert_int_equal(trust_n_bodies(t), 2);
	assert_err(trust_crl(t)->why, CRED_OK);
	trust_free(t);
	f.crl = a->crl;
	assert_err(trust_load(&f, NOW, &t, NULL, NULL, NULL), CRED_OK);
	assert_err(trust_crl(t)->why, CRED_ERR_CRL_MISSING);
	trust_free(t);
	/* a body of an anchor that is not configured */
	f.anchor = a->anchor;
	assert_err(trust_load(&f, NOW, &t, NULL, NULL, NULL), CRED_OK);
	assert_int_equal(trust_n_bodies(t), 1);
	trust_free(t);
	free(crls);
	free(bodies);
	free(anchors);
	world_free(b);
	world_free(a);
}

/* ---- status lists ---- */

static enum cred_err
open_list(struct world *w, struct bytes token, unsigned list, int64_t min_iat)
{
	uint8_t *raw = NULL;
	int64_t iat, exp, ttl;
	size_t len;
	enum cred_err e = trust_open_statuslist(w->trust,
	    trust_body(w->trust, 0), token, list, min_iat, NOW + TRUST_SKEW_S,
	    &raw, &len, &iat, &exp, &ttl);

	assert_true((e == CRED_OK) == (raw != NULL));
	free(raw);
	return e;
}

static struct bytes
make_list(struct signer *s, unsigned list, uint8_t *buf, size_t cap)
{
	static const uint8_t raw[16] = {1, 2, 3};
	struct outbuf out = {buf, cap, 0};

	assert_err(signer_statuslist(s, list, bytes_of(raw, sizeof raw), NOW,
		       NOW + DAY, 0, &out, NULL),
	    CRED_OK);
	return written(&out);
}

static struct bytes
list_of(struct world *w, int64_t iat, uint8_t buf[static 1024])
{
	static const uint8_t raw[16] = {1, 2, 3};
	struct outbuf out = {buf, 1024, 0};

	assert_err(signer_statuslist(w->signer, 3, bytes_of(raw, sizeof raw),
		       iat, iat + DAY, 0, &out, NULL),
	    CRED_OK);
	return written(&out);
}

static void
statuslist_refused(void **state)
{
	struct world *w = world_new(COSE_ES256);
	struct world *other = world_new(COSE_ES256);
	uint8_t buf[1024];
	struct bytes token = make_list(w->signer, 3, buf, sizeof buf);
	uint8_t later[1024];

	(void)state;
	assert_err(open_list(w, token, 3, 0), CRED_OK);
	assert_err(open_list(w, token, 3, NOW), CRED_OK);
	assert_err(open_list(w, token, 3, NOW + 1), CRED_ERR_STATUS_OLDER);
	assert_err(open_list(w, token, 4, 0), CRED_ERR_STATUS_SUBJECT);
	assert_err(
	    open_list(w, list_of(w, NOW + TRUST_SKEW_S, later), 3, 0), CRED_OK);
	assert_err(
	    open_list(w, list_of(w, NOW + TRUST_SKEW_S + 1, later), 3, 0),
	    CRED_ERR_STATUS_FUTURE);
	assert_err(open_list(other, token, 3, 0), CRED_ERR_SIGNATURE);
	for (size_t i = 0; i < token.len; i++) {
		buf[i] ^= 0x10;
		assert_true(cred_is_refusal(open_list(w, token, 3, 0)));
		buf[i] ^= 0x10;
	}
	assert_true(
	    cred_is_refusal(open_list(w, bytes_of(buf, token.len - 1), 3, 0)));
	assert_true(cred_is_refusal(open_list(w, (struct bytes){0}, 3, 0)));
	world_free(other);
	world_free(w);
}

/* A token with any zlib part, well signed: what only a dishonest body makes. */
static struct bytes
sign_zlib(struct world *w, struct bytes z, uint8_t *buf, size_t cap)
{
	char *path = world_path(w, "B/body.key");
	uint8_t head[64], *pay = malloc(cap), *tbs = malloc(cap);
	struct outbuf h = {head, sizeof head, 0}, p = {pay, cap, 0};
	struct outbuf t = {tbs, cap, 0}, out = {buf, cap, 0};
	uint8_t sig[CRED_SIG_LEN];
	struct key *key;

	assert_err(key_open(path, PASS_PHRASE, &key, &w->why), CRED_OK);
	assert_err(
	    cose_protected(w->alg, signer_kid(w->signer), COSE_STATUSLIST, &h),
	    CRED_OK);
	assert_err(
	    statuslist_payload(bytes_str(BASE "bodies/" BODY_ID "/status/0"),
		NOW, NOW + DAY, 0, z, &p),
	    CRED_OK);
	assert_err(cose_tbs(written(&h), written(&p), &t), CRED_OK);
	assert_err(key_sign(key, written(&t), sig, &w->why), CRED_OK);
	assert_err(cose_encode(written(&h), written(&p), sig, &out), CRED_OK);
	key_free(key);
	free(tbs);
	free(pay);
	free(path);
	return written(&out);
}

static void
statuslist_with_broken_zlib(void **state)
{
	struct world *w = world_new(COSE_ES256);
	size_t cap = 1 << 16, n;
	uint8_t *buf = malloc(cap), raw[64] = {5}, z[256];
	uint8_t *big = calloc(1, STATUSLIST_RAW_MAX + 1);
	uint8_t *zbig = malloc(cap);
	uLongf len = sizeof z;

	(void)state;
	assert_int_equal(compress(z, &len, raw, sizeof raw), Z_OK);
	n = len;
	assert_err(open_list(w, sign_zlib(w, bytes_of(z, n), buf, cap), 0, 0),
	    CRED_OK);
	/* one byte after the stream */
	z[n] = 0;
	assert_err(
	    open_list(w, sign_zlib(w, bytes_of(z, n + 1), buf, cap), 0, 0),
	    CRED_ERR_STATUS_INFLATE);
	/* cut off */
	for (size_t i = 1; i < n; i++)
		assert_err(
		    open_list(w, sign_zlib(w, bytes_of(z, i), buf, cap), 0, 0),
		    CRED_ERR_STATUS_INFLATE);
	/* Adler-32 wrong */
	z[n - 1] ^= 1;
	assert_err(open_list(w, sign_zlib(w, bytes_of(z, n), buf, cap), 0, 0),
	    CRED_ERR_STATUS_INFLATE);
	assert_err(
	    open_list(
		w, sign_zlib(w, bytes_str("no zlib at all"), buf, cap), 0, 0),
	    CRED_ERR_STATUS_INFLATE);
	/* a bomb: one byte above the limit */
	len = cap;
	assert_int_equal(compress(zbig, &len, big, STATUSLIST_RAW_MAX), Z_OK);
	assert_err(
	    open_list(w, sign_zlib(w, bytes_of(zbig, len), buf, cap), 0, 0),
	    CRED_OK);
	len = cap;
	assert_int_equal(
	    compress(zbig, &len, big, STATUSLIST_RAW_MAX + 1), Z_OK);
	assert_err(
	    open_list(w, sign_zlib(w, bytes_of(zbig, len), buf, cap), 0, 0),
	    CRED_ERR_STATUS_INFLATE);
	free(zbig);
	free(big);
	free(buf);
	world_free(w);
}

/* The list of another body of the same authority. */
static void
statuslist_of_another_body(void **state)
{
	struct world *w = world_new(COSE_EDDSA);
	char *home = world_path(w, "B2");
	struct signer *s2 = NULL;
	struct logkey *k2 = NULL;
	uint8_t buf[1024];

	(void)state;
	world_add_body(w, home, "52150000MJ00000X2X", "S000015000124",
	    COSE_EDDSA, NOW - DAY);
	world_reload(w, NOW);
	assert_err(
	    signer_open_home(home, &w->pass, &s2, &k2, &w->why), CRED_OK);
	for (size_t i = 0; i < 2; i++) {
		const struct body *b = trust_body(w->trust, i);
		bool second =
		    strcmp(b->scope.body_id, "52150000MJ00000X2X") == 0;
		struct bytes token = make_list(s2, 0, buf, sizeof buf);
		uint8_t *raw = NULL;
		int64_t iat, exp, ttl;
		size_t len;

		assert_err(trust_open_statuslist(w->trust, b, token, 0, 0,
			       INT64_MAX, &raw, &len, &iat, &exp, &ttl),
		    second ? CRED_OK : CRED_ERR_SIGNATURE);
		free(raw);
	}
	signer_free(s2);
	logkey_free(k2);
	free(home);
	world_free(w);
}

/*
 * A key that was stolen may not sign lists, whatever date it writes; one that
 * was only replaced may, before it was.
 */
static void
statuslist_of_a_withdrawn_key(void **state)
{
	static const struct {
		int reason;
		enum cred_err want;
	} cases[] = {
	    {1, CRED_ERR_SIGNATURE},
	    {9, CRED_ERR_SIGNATURE},
	    {0, CRED_ERR_SIGNATURE},
	    {5, CRED_OK},
	    {4, CRED_OK},
	};
	static const uint8_t raw[16];
	uint8_t buf[1024];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct world *w =
		    withdrawn_world(COSE_EDDSA, cases[i].reason, 10);
		struct outbuf out = {buf, sizeof buf, 0};

		assert_err(
		    signer_statuslist(w->signer, 0, bytes_of(raw, sizeof raw),
			NOW - 60, NOW + DAY, 0, &out, &w->why),
		    CRED_OK);
		assert_err(open_list(w, written(&out), 0, 0), cases[i].want);
		/* dated after the withdrawal */
		out.len = 0;
		assert_err(
		    signer_statuslist(w->signer, 0, bytes_of(raw, sizeof raw),
			NOW + 60, NOW + DAY, 0, &out, &w->why),
		    CRED_OK);
		assert_err(
		    open_list(w, written(&out), 0, 0), CRED_ERR_SIGNATURE);
		world_free(w);
	}
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
	    cmocka_unit_test(withdrawal_is_read),
	    cmocka_unit_test(crl_states),
	    cmocka_unit_test(two_authorities),
	    cmocka_unit_test(statuslist_refused),
	    cmocka_unit_test(statuslist_with_broken_zlib),
	    cmocka_unit_test(statuslist_of_another_body),
	    cmocka_unit_test(statuslist_of_a_withdrawn_key),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
