#include "keys/make_int.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"

static enum cred_err
fault(struct why *why)
{
	unsigned long code = ERR_peek_last_error();
	char text[256] = "?";

	if (code != 0)
		ERR_error_string_n(code, text, sizeof text);
	ERR_clear_error();
	return why_set(why, CRED_FAULT_CRYPTO,
	    TR("X.509 could not be made: %s", "无法生成 X.509 数据：%s"), text);
}

static size_t
put_head(uint8_t *out, uint8_t tag, size_t len)
{
	size_t n = 0, bytes = 0;

	out[n++] = tag;
	if (len < 0x80) {
		out[n++] = (uint8_t)len;
		return n;
	}
	for (size_t l = len; l != 0; l >>= 8)
		bytes++;
	out[n++] = (uint8_t)(0x80 | bytes);
	while (bytes-- > 0)
		out[n++] = (uint8_t)(len >> (8 * bytes));
	return n;
}

/* SEQUENCE { tbs, algorithm, BIT STRING signature } */
static enum cred_err
assemble(struct key *key, struct bytes tbs, struct der *out, struct why *why)
{
	struct bytes alg = x509_algorithm(key_public(key)->alg);
	uint8_t raw[CRED_SIG_LEN], sig[SIG_DER_MAX], *p;
	size_t sig_len = CRED_SIG_LEN, inner;
	enum cred_err e = key_sign(key, tbs, raw, why);

	if (e != CRED_OK)
		return e;
	if (key_public(key)->alg == COSE_EDDSA)
		memcpy(sig, raw, sizeof raw);
	else
		sig_len = sig_to_der(raw, sig);
	inner = tbs.len + alg.len + 3 + sig_len;
	p = malloc(inner + 10);
	if (p == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	out->ptr = p;
	p += put_head(p, 0x30, inner);
	memcpy(p, tbs.ptr, tbs.len);
	p += tbs.len;
	memcpy(p, alg.ptr, alg.len);
	p += alg.len;
	p += put_head(p, 0x03, sig_len + 1);
	*p++ = 0;
	memcpy(p, sig, sig_len);
	p += sig_len;
	out->len = (size_t)(p - out->ptr);
	return CRED_OK;
}

/*
 * A key to be thrown away, of the algorithm that will really sign: OpenSSL
 * writes the algorithm's identifier into the to-be-signed bytes only while it
 * signs, and a token's key is none that it could sign with.
 */
static EVP_PKEY *
stand_in(enum cose_alg alg, const EVP_MD **md)
{
	switch (alg) {
	case COSE_ES256:
		*md = EVP_sha256();
		return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	case COSE_EDDSA:
		*md = NULL;
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	case COSE_SM2:
		*md = EVP_sm3();
		return EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
	}
	return NULL;
}

/* Exactly one of the three is not NULL. */
static enum cred_err
sign_it(struct key *key, X509 *x, X509_REQ *req, X509_CRL *crl, struct der *out,
    struct why *why)
{
	const EVP_MD *md = NULL;
	EVP_PKEY *other = stand_in(key_public(key)->alg, &md);
	struct bytes tbs;
	uint8_t *der = NULL;
	int len = 0, ok = 0;
	enum cred_err e = CRED_FAULT_CRYPTO;

	if (other != NULL)
		ok = x != NULL     ? X509_sign(x, other, md)
		     : req != NULL ? X509_REQ_sign(req, other, md)
				   : X509_CRL_sign(crl, other, md);
	if (ok > 0)
		len = x != NULL     ? i2d_X509(x, &der)
		      : req != NULL ? i2d_X509_REQ(req, &der)
				    : i2d_X509_CRL(crl, &der);
	if (len > 0)
		e = x509_tbs(bytes_of(der, (size_t)len), &tbs);
	e = e == CRED_OK ? assemble(key, tbs, out, why) : fault(why);
	OPENSSL_free(der);
	EVP_PKEY_free(other);
	return e;
}

static bool
set_name(X509_NAME *name, const char *text)
{
	/* CN and O: at most 64 characters each (RFC 5280 appendix A.1). */
	return X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
		   (const unsigned char *)text, -1, -1, 0) == 1 &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		   (const unsigned char *)text, -1, -1, 0) == 1;
}

static enum cred_err
bad_name(struct why *why)
{
	ERR_clear_error();
	return why_set(why, CRED_ERR_X509_FORM, "%s",
	    TR("a name must have 1 to 64 characters of UTF-8, without control "
	       "characters",
		"名称须为 1 到 64 个字符（UTF-8），且不含控制字符"));
}

static bool
set_random_serial(X509 *x)
{
	uint8_t bytes[16];
	ASN1_INTEGER *n = NULL;
	BIGNUM *bn = NULL;
	bool ok;

	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return false;
	bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40); /* positive, 16 long */
	bn = BN_bin2bn(bytes, sizeof bytes, NULL);
	n = bn == NULL ? NULL : BN_to_ASN1_INTEGER(bn, NULL);
	ok = n != NULL && X509_set_serialNumber(x, n) == 1;
	ASN1_INTEGER_free(n);
	BN_free(bn);
	return ok;
}

static bool
add_ext(X509 *x, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_nconf_nid(NULL, ctx, nid, value);
	bool ok = ext != NULL && X509_add_ext(x, ext, -1) == 1;

	X509_EXTENSION_free(ext);
	return ok;
}

static X509_EXTENSION *
scope_extension(const struct scope *scope, struct why *why, enum cred_err *e)
{
	uint8_t buf[SCOPE_MAX_DER];
	struct outbuf out = {buf, sizeof buf, 0};
	ASN1_OBJECT *oid = x509_oid(TAMGA_OID_BODY);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext = NULL;

	*e = scope_encode(scope, &out);
	if (*e != CRED_OK) {
		(void)why_set(why, *e,
		    TR("the scope cannot be written: %s (%s)",
			"无法写入核准范围：%s（%s）"),
		    cred_strerr(*e), cred_errname(*e));
	} else {
		if (oid != NULL && value != NULL &&
		    ASN1_OCTET_STRING_set(value, buf, (int)out.len) == 1)
			ext = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value);
		if (ext == NULL)
			*e = fault(why);
	}
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(oid);
	return ext;
}

static bool
set_common(X509 *x, const struct pubkey *subject, const struct validity *when)
{
	EVP_PKEY *pub = NULL;
	bool ok = pubkey_load(subject, &pub) == CRED_OK &&
		  X509_set_version(x, 2) == 1 && set_random_serial(x) &&
		  ASN1_TIME_set(X509_getm_notBefore(x), when->from) != NULL &&
		  ASN1_TIME_set(X509_getm_notAfter(x), when->to) != NULL &&
		  X509_set_pubkey(x, pub) == 1;

	EVP_PKEY_free(pub);
	return ok;
}

enum cred_err
make_anchor(struct key *key, const char *name, struct validity when,
    struct der *out, struct why *why)
{
	X509 *x = X509_new();
	X509V3_CTX ctx;
	enum cred_err e;
	char check[256];

	if (x == NULL)
		return fault(why);
	if (!set_name(X509_get_subject_name(x), name) ||
	    x509_name(X509_get_subject_name(x), check) != CRED_OK) {
		e = bad_name(why);
		goto out;
	}
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	if (!set_common(x, key_public(key), &when) ||
	    X509_set_issuer_name(x, X509_get_subject_name(x)) != 1 ||
	    !add_ext(
		x, &ctx, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
	    !add_ext(x, &ctx, NID_key_usage,
		"critical,digitalSignature,keyCertSign,cRLSign") ||
	    !add_ext(x, &ctx, NID_subject_key_identifier, "hash"))
		e = fault(why);
	else
		e = sign_it(key, x, NULL, NULL, out, why);
out:
	X509_free(x);
	return e;
}

enum cred_err
make_request(struct key *key, const char *name, const struct scope *scope,
    struct der *out, struct why *why)
{
	STACK_OF(X509_EXTENSION) *exts = NULL;
	X509_EXTENSION *ext = NULL;
	X509_REQ *req = X509_REQ_new();
	EVP_PKEY *pub = NULL;
	char check[256];
	enum cred_err e;

	if (req == NULL)
		return fault(why);
	if (!set_name(X509_REQ_get_subject_name(req), name) ||
	    x509_name(X509_REQ_get_subject_name(req), check) != CRED_OK) {
		e = bad_name(why);
		goto out;
	}
	ext = scope_extension(scope, why, &e);
	if (ext == NULL)
		goto out;
	if (X509v3_add_ext(&exts, ext, -1) == NULL ||
	    pubkey_load(key_public(key), &pub) != CRED_OK ||
	    X509_REQ_set_version(req, 0) != 1 ||
	    X509_REQ_set_pubkey(req, pub) != 1 ||
	    X509_REQ_add_extensions(req, exts) != 1)
		e = fault(why);
	else
		e = sign_it(key, NULL, req, NULL, out, why);
out:
	EVP_PKEY_free(pub);
	X509_EXTENSION_free(ext);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	X509_REQ_free(req);
	return e;
}

enum cred_err
request_read(struct bytes der, struct request *out, struct why *why)
{
	STACK_OF(X509_EXTENSION) *exts = NULL;
	const uint8_t *p = der.ptr;
	struct request r = {0};
	struct sigcheck *check = NULL;
	uint8_t *spki = NULL;
	X509_REQ *req = NULL;
	enum cred_err e = CRED_ERR_X509_FORM;
	int len;

	if (der.len > 0 && der.len <= 2 * SCOPE_MAX_DER)
		req = d2i_X509_REQ(NULL, &p, (long)der.len);
	if (req == NULL || p != der.ptr + der.len)
		goto out;
	len = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(req), &spki);
	if (len <= 0)
		goto out;
	e = pubkey_from_spki(bytes_of(spki, (size_t)len), &r.key);
	if (e == CRED_OK)
		e = sigcheck_new(&r.key, &check);
	if (e == CRED_OK)
		e = x509_check_signature(der, check);
	if (e == CRED_OK)
		e = x509_name(X509_REQ_get_subject_name(req), r.name);
	if (e == CRED_OK) {
		exts = X509_REQ_get_extensions(req);
		e = x509_scope(exts, &r.scope);
	}
	if (e == CRED_OK)
		*out = r;
out:
	ERR_clear_error();
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	sigcheck_free(check);
	OPENSSL_free(spki);
	X509_REQ_free(req);
	if (e != CRED_OK)
		return why_set(why, e,
		    TR("the request cannot be used: %s (%s)",
			"证书申请不能使用：%s（%s）"),
		    cred_strerr(e), cred_errname(e));
	return CRED_OK;
}

enum cred_err
make_body(struct key *key, const struct anchor *by,
    const struct pubkey *subject, const char *name, const struct scope *scope,
    struct validity when, struct der *out, struct why *why)
{
	X509 *x = X509_new();
	X509_EXTENSION *ext = NULL;
	X509V3_CTX ctx;
	char check[256];
	enum cred_err e;

	if (x == NULL)
		return fault(why);
	if (!set_name(X509_get_subject_name(x), name) ||
	    x509_name(X509_get_subject_name(x), check) != CRED_OK) {
		e = bad_name(why);
		goto out;
	}
	ext = scope_extension(scope, why, &e);
	if (ext == NULL)
		goto out;
	X509V3_set_ctx(&ctx, by->x, x, NULL, NULL, 0);
	if (!set_common(x, subject, &when) ||
	    X509_set_issuer_name(x, X509_get_subject_name(by->x)) != 1 ||
	    !add_ext(x, &ctx, NID_basic_constraints, "critical,CA:FALSE") ||
	    !add_ext(x, &ctx, NID_key_usage, "critical,digitalSignature") ||
	    !add_ext(x, &ctx, NID_subject_key_identifier, "hash") ||
	    !add_ext(x, &ctx, NID_authority_key_identifier, "keyid:always") ||
	    X509_add_ext(x, ext, -1) != 1)
		e = fault(why);
	else
		e = sign_it(key, x, NULL, NULL, out, why);
out:
	X509_EXTENSION_free(ext);
	X509_free(x);
	return e;
}

/* INTEGER of a uint64 as an extension of ours. */
static bool
add_tree_size(X509_REVOKED *r, uint64_t size)
{
	ASN1_OBJECT *oid = x509_oid(TAMGA_OID_TREE_SIZE);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	ASN1_INTEGER *n = ASN1_INTEGER_new();
	X509_EXTENSION *ext = NULL;
	uint8_t *der = NULL;
	bool ok = false;
	int len;

	if (oid == NULL || value == NULL || n == NULL ||
	    ASN1_INTEGER_set_uint64(n, size) != 1)
		goto out;
	len = i2d_ASN1_INTEGER(n, &der);
	if (len <= 0 || ASN1_OCTET_STRING_set(value, der, len) != 1)
		goto out;
	ext = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, value);
	ok = ext != NULL && X509_REVOKED_add_ext(r, ext, -1) == 1;
out:
	X509_EXTENSION_free(ext);
	OPENSSL_free(der);
	ASN1_INTEGER_free(n);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(oid);
	return ok;
}

static bool
add_entry(X509_CRL *crl, const struct crl_entry *entry)
{
	X509_REVOKED *r = X509_REVOKED_new();
	BIGNUM *bn = BN_bin2bn(entry->serial, (int)entry->serial_len, NULL);
	ASN1_INTEGER *serial = bn == NULL ? NULL : BN_to_ASN1_INTEGER(bn, NULL);
	ASN1_TIME *at = ASN1_TIME_set(NULL, entry->revoked_at);
	ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();
	ASN1_GENERALIZEDTIME *since = NULL;
	bool ok;

	ok = r != NULL && serial != NULL && at != NULL && reason != NULL &&
	     X509_REVOKED_set_serialNumber(r, serial) == 1 &&
	     X509_REVOKED_set_revocationDate(r, at) == 1;
	if (ok && entry->reason != 0) /* RFC 5280 s5.3.1: 0 should be absent */
		ok = ASN1_ENUMERATED_set(reason, entry->reason) == 1 &&
		     X509_REVOKED_add1_ext_i2d(
			 r, NID_crl_reason, reason, 0, 0) == 1;
	if (ok && entry->invalid_since != 0) {
		since = ASN1_GENERALIZEDTIME_set(NULL, entry->invalid_since);
		ok =
		    since != NULL && X509_REVOKED_add1_ext_i2d(r,
					 NID_invalidity_date, since, 0, 0) == 1;
	}
	ok = ok && add_tree_size(r, entry->tree_size) &&
	     X509_CRL_add0_revoked(crl, r) == 1;
	if (ok)
		r = NULL;
	ASN1_GENERALIZEDTIME_free(since);
	ASN1_ENUMERATED_free(reason);
	ASN1_TIME_free(at);
	ASN1_INTEGER_free(serial);
	BN_free(bn);
	X509_REVOKED_free(r);
	return ok;
}

enum cred_err
make_crl(struct key *key, const struct anchor *by, const struct crl *crl,
    struct der *out, struct why *why)
{
	X509_CRL *x = X509_CRL_new();
	ASN1_TIME *this_update = ASN1_TIME_set(NULL, crl->this_update);
	ASN1_TIME *next_update = ASN1_TIME_set(NULL, crl->next_update);
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	X509_EXTENSION *akid = NULL;
	X509V3_CTX ctx;
	enum cred_err e;
	bool ok;

	ok = x != NULL && this_update != NULL && next_update != NULL &&
	     number != NULL && X509_CRL_set_version(x, 1) == 1 &&
	     X509_CRL_set_issuer_name(x, X509_get_subject_name(by->x)) == 1 &&
	     X509_CRL_set1_lastUpdate(x, this_update) == 1 &&
	     X509_CRL_set1_nextUpdate(x, next_update) == 1 &&
	     ASN1_INTEGER_set_uint64(number, crl->number) == 1 &&
	     X509_CRL_add1_ext_i2d(x, NID_crl_number, number, 0, 0) == 1;
	if (ok) {
		X509V3_set_ctx(&ctx, by->x, NULL, NULL, x, 0);
		akid = X509V3_EXT_nconf_nid(
		    NULL, &ctx, NID_authority_key_identifier, "keyid:always");
		ok = akid != NULL && X509_CRL_add_ext(x, akid, -1) == 1;
	}
	for (size_t i = 0; i < crl->n && ok; i++)
		ok = add_entry(x, &crl->entries[i]);
	if (ok)
		ok = X509_CRL_sort(x) == 1;
	e = ok ? sign_it(key, NULL, NULL, x, out, why) : fault(why);
	X509_EXTENSION_free(akid);
	ASN1_INTEGER_free(number);
	ASN1_TIME_free(next_update);
	ASN1_TIME_free(this_update);
	X509_CRL_free(x);
	return e;
}

char *
make_pem(const char *label, struct bytes der)
{
	BIO *mem = BIO_new(BIO_s_mem());
	char *data, *out = NULL;
	long n;

	if (mem != NULL &&
	    PEM_write_bio(mem, label, "", der.ptr, (long)der.len) > 0) {
		n = BIO_get_mem_data(mem, &data);
		out = malloc((size_t)n + 1);
		if (out != NULL) {
			memcpy(out, data, (size_t)n);
			out[n] = '\0';
		}
	}
	ERR_clear_error();
	BIO_free(mem);
	return out;
}
