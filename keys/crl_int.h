#ifndef KEYS_CRL_INT_H
#define KEYS_CRL_INT_H

#include "keys/x509_int.h"

/* The authority's CRL (RFC 5280 s5, docs/format.md) as facts. */
struct crl_entry {
	uint8_t serial[20]; /* big-endian, without leading zeros */
	size_t serial_len;
	int64_t revoked_at;    /* revocationDate */
	int reason;            /* CRLReason; 0 when absent */
	int64_t invalid_since; /* invalidityDate; 0: none */
	uint64_t tree_size;    /* TAMGA_OID_TREE_SIZE; 0 when absent */
};

struct crl {
	uint64_t number;
	int64_t this_update, next_update;
	size_t n;
	struct crl_entry *entries; /* malloc'd */
};

/*
 * Read a CRL and check its signature by the anchor, whose name must be its
 * issuer. Unknown critical extensions, of the CRL or of an entry, refuse it
 * whole. Does not look at the clock.
 */
enum cred_err crl_read(
    struct bytes der, const struct anchor *by, struct crl *out);
/* The same without looking at the signature: for printing. */
enum cred_err crl_decode(struct bytes der, struct crl *out);
void crl_release(struct crl *c);

/* A positive serial number as its bytes; false: longer than RFC 5280 allows. */
bool crl_serial(const ASN1_INTEGER *n, uint8_t out[static 20], size_t *len);
const struct crl_entry *crl_find(
    const struct crl *c, const uint8_t *serial, size_t len);

#endif
