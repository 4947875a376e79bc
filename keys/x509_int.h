#ifndef KEYS_X509_INT_H
#define KEYS_X509_INT_H

#include <openssl/x509.h>

#include "credential/verdict.h"
#include "edge/why.h"
#include "keys/sigcheck_int.h"

/* Reading X.509 into plain facts. Strict: our profile (docs/format.md) and
 * nothing else. Signatures are checked over the bytes as received. */

/* The first 8 bytes of SHA-256 of a certificate. */
void x509_kid(struct bytes der, uint8_t out[static CRED_KID_LEN]);

/* An object of ours, by its dotted text; caller frees. NULL: no memory. */
ASN1_OBJECT *x509_oid(const char *dotted);

int64_t x509_time(const ASN1_TIME *t); /* INT64_MIN: unreadable */

/*
 * SEQUENCE { tbs, algorithm, signature }, the shape of certificates, CRLs and
 * requests: is it signed by this key, with the key's own algorithm?
 * CRED_ERR_X509_FORM, CRED_ERR_SIGNATURE or a fault.
 */
enum cred_err x509_check_signature(struct bytes der, struct sigcheck *by);
/* Its first member, whole. */
enum cred_err x509_tbs(struct bytes der, struct bytes *tbs);

/* AlgorithmIdentifier that signatures of alg carry. */
struct bytes x509_algorithm(enum cose_alg alg);

/*
 * A body's certificate: form, extensions, key, scope; whoever signed it.
 * body's withdrawal is left false. CRED_ERR_X509_* or CRED_ERR_SCOPE_*.
 * *x: if not NULL, the certificate as OpenSSL sees it, caller's.
 */
enum cred_err x509_body(struct bytes der, struct body *out, X509 **x);
/* The TamgaBody extension among these: its DER value. */
enum cred_err x509_scope(
    const STACK_OF(X509_EXTENSION) * exts, struct scope *out);
/* Subject's commonName as UTF-8; the registered name. */
enum cred_err x509_name(const X509_NAME *name, char out[static 256]);

/*
 * The anchor's certificate: self-signed, a CA, one of our keys.
 */
struct anchor {
	struct pubkey key;
	uint8_t kid[CRED_KID_LEN];
	uint8_t fingerprint[32]; /* SHA-256 of the certificate */
	char name[256];
	int64_t not_before, not_after;
	struct bytes der; /* malloc'd */
	X509 *x;
	struct sigcheck *check;
};
enum cred_err x509_anchor(struct bytes der, struct anchor *out);
void anchor_release(struct anchor *a);

/*
 * The next PEM block (RFC 7468) with this label: malloc'd DER; others are
 * skipped. *der NULL at the end. CRED_ERR_X509_FORM for a broken block: asking
 * again goes on after it.
 */
enum cred_err pem_next(BIO *in, const char *label, uint8_t **der, size_t *len);

#endif
