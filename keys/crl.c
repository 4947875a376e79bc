#include "keys/crl_int.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

bool
crl_serial(const ASN1_INTEGER *n, uint8_t out[static 20], size_t *len)
{
	BIGNUM *bn = ASN1_INTEGER_to_BN(n, NULL);
	bool ok = bn != NULL && !BN_is_negative(bn) && BN_num_bytes(bn) <= 20;

	if (ok)
		*len = (size_t)BN_bn2bin(bn, out);
	BN_free(bn);
	ERR_clear_error();
	return ok;
}

const struct crl_entry *
crl_find(const struct crl *c, const uint8_t *serial, size_t len)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->entries[i].serial_len == len &&
		    memcmp(c->entries[i].serial, serial, len) == 0)
			return &c->entries[i];
	return NULL;
}

/* The INTEGER inside an extension's value; strict. */
static bool
extension_uint(const X509_EXTENSION *ext, uint64_t *out)
{
	const ASN1_OCTET_STRING *v =
	    X509_EXTENSION_get_data((X509_EXTENSION *)(uintptr_t)ext);
	const uint8_t *p = ASN1_STRING_get0_data(v);
	const uint8_t *end = p + ASN1_STRING_length(v);
	ASN1_INTEGER *n = d2i_ASN1_INTEGER(NULL, &p, end - p);
	bool ok = n != NULL && p == end && ASN1_INTEGER_get_uint64(out, n) == 1;

	ASN1_INTEGER_free(n);
	ERR_clear_error();
	return ok;
}

static enum cred_err
read_extensions(
    const X509_REVOKED *r, const ASN1_OBJECT *tree_size, struct crl_entry *e)
{
	const STACK_OF(X509_EXTENSION) *exts = X509_REVOKED_get0_extensions(r);

	for (int i = 0; i < X509v3_get_ext_count(exts); i++) {
		X509_EXTENSION *ext = X509v3_get_ext(exts, i);
		const ASN1_OBJECT *obj = X509_EXTENSION_get_object(ext);
		int nid = OBJ_obj2nid(obj);

		if (X509v3_get_ext_by_OBJ(exts, obj, i) >= 0)
			return CRED_ERR_CRL_FORM; /* twice */
		if (nid == NID_crl_reason) {
			ASN1_ENUMERATED *v = X509V3_EXT_d2i(ext);
			if (v == NULL)
				return CRED_ERR_CRL_FORM;
			e->reason = (int)ASN1_ENUMERATED_get(v);
			ASN1_ENUMERATED_free(v);
		} else if (nid == NID_invalidity_date) {
			ASN1_GENERALIZEDTIME *v = X509V3_EXT_d2i(ext);
			if (v == NULL)
				return CRED_ERR_CRL_FORM;
			e->invalid_since = x509_time(v);
			ASN1_GENERALIZEDTIME_free(v);
			if (e->invalid_since == INT64_MIN)
				return CRED_ERR_CRL_FORM;
		} else if (OBJ_cmp(obj, tree_size) == 0) {
			if (!extension_uint(ext, &e->tree_size))
				return CRED_ERR_CRL_FORM;
		} else if (X509_EXTENSION_get_critical(ext)) {
			return CRED_ERR_CRL_FORM;
		}
	}
	return e->reason < 0 || e->reason > 10 ? CRED_ERR_CRL_FORM : CRED_OK;
}

static enum cred_err
read_entries(X509_CRL *crl, struct crl *out)
{
	STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(crl);
	int n = list == NULL ? 0 : sk_X509_REVOKED_num(list);
	ASN1_OBJECT *tree_size = x509_oid(TAMGA_OID_TREE_SIZE);
	enum cred_err e = CRED_OK;

	out->entries = calloc((size_t)n + 1, sizeof *out->entries);
	if (out->entries == NULL || tree_size == NULL)
		e = CRED_FAULT_NOMEM;
	for (int i = 0; i < n && e == CRED_OK; i++) {
		const X509_REVOKED *r = sk_X509_REVOKED_value(list, i);
		struct crl_entry *entry = &out->entries[i];

		entry->revoked_at =
		    x509_time(X509_REVOKED_get0_revocationDate(r));
		if (entry->revoked_at == INT64_MIN ||
		    !crl_serial(X509_REVOKED_get0_serialNumber(r),
			entry->serial, &entry->serial_len))
			e = CRED_ERR_CRL_FORM;
		if (e == CRED_OK &&
		    crl_find(out, entry->serial, entry->serial_len) != NULL)
			e = CRED_ERR_CRL_FORM; /* twice: which would count? */
		if (e == CRED_OK)
			e = read_extensions(r, tree_size, entry);
		out->n++;
	}
	ASN1_OBJECT_free(tree_size);
	return e;
}

/* crlNumber is required (RFC 5280 s5.2.3); what is critical is unknown, delta
 * and indirect CRLs included. */
static enum cred_err
read_number(const X509_CRL *crl, uint64_t *number)
{
	const STACK_OF(X509_EXTENSION) *exts = X509_CRL_get0_extensions(crl);
	int at = X509v3_get_ext_by_NID(exts, NID_crl_number, -1);

	for (int i = 0; i < X509v3_get_ext_count(exts); i++)
		if (X509_EXTENSION_get_critical(X509v3_get_ext(exts, i)))
			return CRED_ERR_CRL_FORM;
	if (at < 0 || X509v3_get_ext_by_NID(exts, NID_crl_number, at) >= 0 ||
	    X509v3_get_ext_by_NID(exts, NID_delta_crl, -1) >= 0 ||
	    !extension_uint(X509v3_get_ext(exts, at), number))
		return CRED_ERR_CRL_FORM;
	return CRED_OK;
}

static enum cred_err
check_signer(X509_CRL *crl, struct bytes der, const struct anchor *by)
{
	enum cred_err e = CRED_ERR_CRL_SIGNATURE;

	if (X509_NAME_cmp(
		X509_CRL_get_issuer(crl), X509_get_subject_name(by->x)) != 0)
		return e;
	e = x509_check_signature(der, by->check);
	if (e == CRED_ERR_SIGNATURE)
		return CRED_ERR_CRL_SIGNATURE;
	return e == CRED_ERR_X509_FORM ? CRED_ERR_CRL_FORM : e;
}

static enum cred_err
read_crl(struct bytes der, const struct anchor *by, struct crl *out)
{
	const uint8_t *p = der.ptr;
	enum cred_err e = CRED_ERR_CRL_FORM;
	struct crl c = {0};
	X509_CRL *crl = NULL;

	if (der.len == 0 || der.len > INT32_MAX)
		return e;
	crl = d2i_X509_CRL(NULL, &p, (long)der.len);
	if (crl == NULL || p != der.ptr + der.len ||
	    X509_CRL_get_version(crl) != 1)
		goto out;
	e = by != NULL ? check_signer(crl, der, by) : CRED_OK;
	if (e != CRED_OK)
		goto out;
	c.this_update = x509_time(X509_CRL_get0_lastUpdate(crl));
	c.next_update = x509_time(X509_CRL_get0_nextUpdate(crl));
	if (c.this_update == INT64_MIN || c.next_update < c.this_update)
		e = CRED_ERR_CRL_FORM; /* nextUpdate is required too */
	if (e == CRED_OK)
		e = read_number(crl, &c.number);
	if (e == CRED_OK)
		e = read_entries(crl, &c);
	if (e == CRED_OK) {
		*out = c;
		c = (struct crl){0};
	}
out:
	ERR_clear_error();
	crl_release(&c);
	X509_CRL_free(crl);
	return e;
}

enum cred_err
crl_read(struct bytes der, const struct anchor *by, struct crl *out)
{
	return read_crl(der, by, out);
}

enum cred_err
crl_decode(struct bytes der, struct crl *out)
{
	return read_crl(der, NULL, out);
}

void
crl_release(struct crl *c)
{
	free(c->entries);
	*c = (struct crl){0};
}
