#include "keys/x509_int.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "credential/cbor.h"
#include "keys/trust.h"

#define CERT_MAX_DER (SCOPE_MAX_DER + 4096)

ASN1_OBJECT *
x509_oid(const char *dotted)
{
	return OBJ_txt2obj(dotted, 1);
}

int64_t
x509_time(const ASN1_TIME *t)
{
	struct tm tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1) {
		ERR_clear_error();
		return INT64_MIN;
	}
	return timegm(&tm);
}

/* RFC 5758 s3.2, RFC 8410 s3, GM/T 0006. */
static const uint8_t ALG_ES256[] = {
    0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
static const uint8_t ALG_EDDSA[] = {0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70};
static const uint8_t ALG_SM2[] = {
    0x30, 0x0a, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75};

struct bytes
x509_algorithm(enum cose_alg alg)
{
	switch (alg) {
	case COSE_ES256:
		return bytes_of(ALG_ES256, sizeof ALG_ES256);
	case COSE_EDDSA:
		return bytes_of(ALG_EDDSA, sizeof ALG_EDDSA);
	case COSE_SM2:
		return bytes_of(ALG_SM2, sizeof ALG_SM2);
	}
	return (struct bytes){0};
}

/* One DER item of this tag off the front; whole: with its head. */
static bool
der_item(struct bytes *in, int want, struct bytes *content, struct bytes *whole)
{
	const unsigned char *p = in->ptr;
	long len;
	int tag, class, form;

	if (in->len == 0)
		return false;
	form = ASN1_get_object(&p, &len, &tag, &class, (long)in->len);
	if ((form & 0x80) != 0 || (form & 1) != 0 || tag != want ||
	    class != V_ASN1_UNIVERSAL) { /* an error, or indefinite */
		ERR_clear_error();
		return false;
	}
	*content = bytes_of(p, (size_t)len);
	*whole = bytes_of(in->ptr, (size_t)(p - in->ptr) + (size_t)len);
	in->ptr += whole->len;
	in->len -= whole->len;
	return true;
}

static enum cred_err
split(struct bytes der, struct bytes *tbs, struct bytes *alg, struct bytes *sig)
{
	struct bytes seq, whole, inner;

	if (der.len > INT32_MAX ||
	    !der_item(&der, V_ASN1_SEQUENCE, &seq, &whole) || der.len != 0 ||
	    !der_item(&seq, V_ASN1_SEQUENCE, &inner, tbs) ||
	    !der_item(&seq, V_ASN1_SEQUENCE, &inner, alg) ||
	    !der_item(&seq, V_ASN1_BIT_STRING, sig, &whole) || seq.len != 0 ||
	    sig->len < 1 || sig->ptr[0] != 0)
		return CRED_ERR_X509_FORM;
	sig->ptr++;
	sig->len--;
	return CRED_OK;
}

enum cred_err
x509_tbs(struct bytes der, struct bytes *tbs)
{
	struct bytes alg, sig, t;
	enum cred_err e = split(der, &t, &alg, &sig);

	if (e == CRED_OK)
		*tbs = t;
	return e;
}

enum cred_err
x509_check_signature(struct bytes der, struct sigcheck *by)
{
	struct bytes tbs, alg, sig;
	enum cred_err e = split(der, &tbs, &alg, &sig);

	if (e != CRED_OK)
		return e;
	if (!bytes_eq(alg, x509_algorithm(sigcheck_key(by)->alg)))
		return CRED_ERR_SIGNATURE;
	return sigcheck_x509(by, tbs, sig);
}

/* Control characters, C1 and bidirectional overrides have no place in a name
 * that a verdict shows. */
static bool
name_is_clean(struct bytes s)
{
	if (!utf8_valid(s))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		const uint8_t *p = s.ptr + i;

		if (*p < 0x20 || *p == 0x7f)
			return false;
		if (*p == 0xc2 && p[1] < 0xa0)
			return false;
		if (*p == 0xe2 && p[1] == 0x80 &&
		    (p[2] == 0x8e || p[2] == 0x8f ||
			(p[2] >= 0xa8 && p[2] <= 0xae)))
			return false;
		if (*p == 0xe2 && p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9)
			return false;
	}
	return true;
}

enum cred_err
x509_name(const X509_NAME *name, char out[static 256])
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	unsigned char *utf8 = NULL;
	enum cred_err e = CRED_ERR_X509_FORM;
	int len;

	if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0)
		return e;
	len = ASN1_STRING_to_UTF8(
	    &utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (len > 0 && len < 256 &&
	    name_is_clean(bytes_of(utf8, (size_t)len))) {
		memcpy(out, utf8, (size_t)len);
		out[len] = '\0';
		e = CRED_OK;
	}
	ERR_clear_error();
	OPENSSL_free(utf8);
	return e;
}

enum cred_err
x509_scope(const STACK_OF(X509_EXTENSION) * exts, struct scope *out)
{
	ASN1_OBJECT *oid = x509_oid(TAMGA_OID_BODY);
	enum cred_err e = CRED_ERR_X509_NO_SCOPE;
	const ASN1_OCTET_STRING *v;
	X509_EXTENSION *ext;
	int at;

	if (oid == NULL)
		return CRED_FAULT_NOMEM;
	at = X509v3_get_ext_by_OBJ(exts, oid, -1);
	if (at >= 0 && X509v3_get_ext_by_OBJ(exts, oid, at) >= 0) {
		e = CRED_ERR_X509_FORM;
	} else if (at >= 0) {
		ext = X509v3_get_ext(exts, at);
		v = X509_EXTENSION_get_data(ext);
		if (X509_EXTENSION_get_critical(ext))
			e = scope_decode(bytes_of(ASN1_STRING_get0_data(v),
					     (size_t)ASN1_STRING_length(v)),
			    out);
	}
	ASN1_OBJECT_free(oid);
	return e;
}

/* Every critical extension is one that is enforced here. */
static enum cred_err
check_critical(const X509 *x)
{
	ASN1_OBJECT *oid = x509_oid(TAMGA_OID_BODY);
	enum cred_err e = CRED_OK;

	if (oid == NULL)
		return CRED_FAULT_NOMEM;
	for (int i = 0; i < X509_get_ext_count(x) && e == CRED_OK; i++) {
		X509_EXTENSION *ext = X509_get_ext(x, i);
		const ASN1_OBJECT *obj = X509_EXTENSION_get_object(ext);
		int nid = OBJ_obj2nid(obj);

		if (X509_EXTENSION_get_critical(ext) &&
		    nid != NID_basic_constraints && nid != NID_key_usage &&
		    OBJ_cmp(obj, oid) != 0)
			e = CRED_ERR_X509_CRITICAL;
	}
	ASN1_OBJECT_free(oid);
	return e;
}

/* basicConstraints and keyUsage present, once, and as the profile says. */
static enum cred_err
check_usage(const X509 *x, bool ca)
{
	int crit_bc, crit_ku;
	BASIC_CONSTRAINTS *bc =
	    X509_get_ext_d2i(x, NID_basic_constraints, &crit_bc, NULL);
	ASN1_BIT_STRING *ku =
	    X509_get_ext_d2i(x, NID_key_usage, &crit_ku, NULL);
	enum cred_err e = CRED_ERR_X509_FORM;

	/* RFC 5280 s4.2.1.3: bit 0 digitalSignature, 5 keyCertSign, 6 cRLSign
	 */
	if (bc != NULL && ku != NULL && (bc->ca != 0) == ca &&
	    (ca ? ASN1_BIT_STRING_get_bit(ku, 5) &&
			ASN1_BIT_STRING_get_bit(ku, 6)
		: ASN1_BIT_STRING_get_bit(ku, 0)))
		e = CRED_OK;
	ERR_clear_error();
	BASIC_CONSTRAINTS_free(bc);
	ASN1_BIT_STRING_free(ku);
	return e;
}

/* What anchor and body have in common. */
static enum cred_err
read_common(struct bytes der, X509 **out, struct pubkey *key,
    char name[static 256], int64_t *not_before, int64_t *not_after)
{
	const uint8_t *p = der.ptr;
	const X509_ALGOR *outer;
	enum cred_err e = CRED_ERR_X509_FORM;
	uint8_t *spki = NULL;
	int len;
	X509 *x;

	if (der.len == 0 || der.len > CERT_MAX_DER)
		return e;
	x = d2i_X509(NULL, &p, (long)der.len);
	if (x == NULL || p != der.ptr + der.len || X509_get_version(x) != 2)
		goto out;
	X509_get0_signature(NULL, &outer, x);
	if (X509_ALGOR_cmp(outer, X509_get0_tbs_sigalg(x)) != 0)
		goto out;
	*not_before = x509_time(X509_get0_notBefore(x));
	*not_after = x509_time(X509_get0_notAfter(x));
	if (*not_before == INT64_MIN || *not_after < *not_before)
		goto out;
	len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki);
	if (len <= 0)
		goto out;
	e = pubkey_from_spki(bytes_of(spki, (size_t)len), key);
	if (e == CRED_OK)
		e = x509_name(X509_get_subject_name(x), name);
	if (e == CRED_OK) {
		*out = x;
		x = NULL;
	}
out:
	ERR_clear_error();
	OPENSSL_free(spki);
	X509_free(x);
	return e;
}

enum cred_err
x509_body(struct bytes der, struct body *out, X509 **x)
{
	struct body body = {0};
	struct pubkey key;
	X509 *cert = NULL;
	EVP_PKEY *pkey = NULL;
	enum cred_err e;

	e = read_common(
	    der, &cert, &key, body.name, &body.not_before, &body.not_after);
	if (e == CRED_OK)
		e = check_critical(cert);
	if (e == CRED_OK)
		e = x509_scope(X509_get0_extensions(cert), &body.scope);
	if (e == CRED_OK)
		e = check_usage(cert, false);
	if (e == CRED_OK)
		e = pubkey_load(&key, &pkey);
	if (e == CRED_OK) {
		x509_kid(der, body.kid);
		body.alg = key.alg;
		memcpy(body.key, key.raw, key.len);
		body.key_len = key.len;
		*out = body;
		if (x != NULL) {
			*x = cert;
			cert = NULL;
		}
	}
	EVP_PKEY_free(pkey);
	X509_free(cert);
	return e;
}

enum cred_err
x509_anchor(struct bytes der, struct anchor *out)
{
	struct anchor a = {0};
	uint8_t *copy;
	enum cred_err e;

	e = read_common(der, &a.x, &a.key, a.name, &a.not_before, &a.not_after);
	if (e == CRED_OK)
		e = check_critical(a.x);
	if (e == CRED_OK)
		e = check_usage(a.x, true);
	if (e == CRED_OK && X509_NAME_cmp(X509_get_subject_name(a.x),
				X509_get_issuer_name(a.x)) != 0)
		e = CRED_ERR_X509_FORM;
	if (e == CRED_OK)
		e = sigcheck_new(&a.key, &a.check);
	if (e == CRED_OK)
		e = x509_check_signature(der, a.check);
	if (e == CRED_OK && (copy = malloc(der.len)) == NULL)
		e = CRED_FAULT_NOMEM;
	if (e != CRED_OK) {
		anchor_release(&a);
		return e;
	}
	memcpy(copy, der.ptr, der.len);
	a.der = bytes_of(copy, der.len);
	x509_kid(der, a.kid);
	trust_sha256(a.fingerprint, der, (struct bytes){0});
	*out = a;
	return CRED_OK;
}

void
anchor_release(struct anchor *a)
{
	free((void *)(uintptr_t)a->der.ptr);
	X509_free(a->x);
	sigcheck_free(a->check);
	*a = (struct anchor){0};
}

enum cred_err
pem_next(BIO *in, const char *label, uint8_t **der, size_t *len)
{
	char *name, *header;
	unsigned char *data;
	long n;

	for (;;) {
		size_t left = BIO_ctrl_pending(in);
		uint8_t *copy;

		if (left == 0)
			break;
		if (PEM_read_bio(in, &name, &header, &data, &n) != 1) {
			int reason = ERR_GET_REASON(ERR_peek_last_error());

			ERR_clear_error();
			if (reason == PEM_R_NO_START_LINE ||
			    BIO_ctrl_pending(in) >= left)
				break;
			return CRED_ERR_X509_FORM;
		}
		copy = strcmp(name, label) == 0 ? malloc((size_t)n + 1) : NULL;
		if (copy != NULL)
			memcpy(copy, data, (size_t)n);
		left = strcmp(name, label) == 0; /* wanted */
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(data, (size_t)n);
		if (left && copy == NULL)
			return CRED_FAULT_NOMEM;
		if (copy != NULL) {
			*der = copy;
			*len = (size_t)n;
			return CRED_OK;
		}
	}
	*der = NULL;
	*len = 0;
	return CRED_OK;
}
