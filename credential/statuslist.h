#ifndef CREDENTIAL_STATUSLIST_H
#define CREDENTIAL_STATUSLIST_H

#include "credential/bytes.h"
#include "credential/cose.h"
#include "credential/err.h"

/* Status values of design 5, as IETF Token Status List registers the first
 * three; 3 is application specific there. */
enum status_value {
	STATUS_VALID = 0,
	STATUS_REVOKED = 1,
	STATUS_SUSPENDED = 2,
	STATUS_SUPERSEDED = 3,
};

/* A Status List Token in CWT form, s5.2. Points into the token. */
struct statuslist {
	struct cose_sign1 sign1;
	struct bytes sub; /* its URL: <base>bodies/<body id>/status/<n> */
	int64_t iat, exp; /* Unix seconds; both required by our profile */
	int64_t ttl;      /* seconds; 0 when absent */
	struct bytes zlib; /* the list, compressed (RFC 1950) */
};

/*
 * Decode a token: COSE_STATUSLIST profile, claims {2: sub, 4: exp, 6: iat,
 * 65533: {"bits": 2, "lst": bstr}, ? 65534: ttl} in deterministic order, no
 * other keys. Verifies no signature and inflates nothing.
 */
enum cred_err statuslist_decode(struct bytes token, struct statuslist *out);

/* The payload for a token of ours. */
enum cred_err statuslist_payload(struct bytes sub, int64_t iat, int64_t exp,
    int64_t ttl, struct bytes zlib, struct outbuf *out);

/* Entry i of an inflated list of 2-bit values: the first in the lowest bits
 * of byte 0. CRED_ERR_STATUS_INDEX when the list is shorter. */
enum cred_err statuslist_get(struct bytes raw, uint64_t i,
    enum status_value *out);
/* raw must hold at least i / 4 + 1 bytes. */
void statuslist_set(uint8_t *raw, uint64_t i, enum status_value v);

#endif
