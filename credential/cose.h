#ifndef CREDENTIAL_COSE_H
#define CREDENTIAL_COSE_H

#include "credential/bytes.h"
#include "credential/err.h"
#include "credential/limits.h"

/* Algorithms by the number we write (RFC 9053 s2; SM2 is private use). */
enum cose_alg {
	COSE_ES256 = -7,   /* ESP256, -9, is accepted as the same (RFC 9864) */
	COSE_EDDSA = -8,   /* Ed25519, -19, is accepted as the same (RFC 9864) */
	COSE_SM2 = -65537, /* SM2 with SM3, identifier 1234567812345678 */
};

/* Which headers a message must have, and how large it may be. */
enum cose_profile {
	COSE_CREDENTIAL,  /* {1: alg, 4: kid}, at most CRED_MAX_BYTES */
	COSE_STATUSLIST,  /* {1: alg, 4: kid, 16: "application/statuslist+cwt"},
	                     at most STATUSLIST_TOKEN_MAX */
};

struct cose_sign1 {
	enum cose_alg alg;       /* -9 and -19 already mapped */
	struct bytes kid;        /* CRED_KID_LEN bytes */
	struct bytes protect;    /* the protected header's bytes, as received */
	struct bytes payload;    /* not empty */
	struct bytes sig;        /* CRED_SIG_LEN bytes, r || s or Ed25519's */
};

/*
 * Decode a COSE_Sign1 (RFC 9052 s4.2, tag 18 required), deterministic, with
 * an empty unprotected header. Does NOT verify the signature, nor look into
 * the payload. For ES256 an s above half the order is CRED_ERR_COSE_HIGH_S.
 */
enum cred_err cose_decode(struct bytes in, enum cose_profile profile,
    struct cose_sign1 *out);

/*
 * The bytes that the signature covers: Sig_structure of RFC 9052 s4.4,
 * context "Signature1", empty external_aad. CRED_FAULT_SPACE if out is small
 * (payload + protected + 32 is enough).
 */
enum cred_err cose_tbs(struct bytes protect, struct bytes payload,
    struct outbuf *out);

/* The protected header of a profile, encoded. */
enum cred_err cose_protected(enum cose_alg alg,
    const uint8_t kid[static CRED_KID_LEN], enum cose_profile profile,
    struct outbuf *out);

/* The whole message from its parts; sig is CRED_SIG_LEN bytes. */
enum cred_err cose_encode(struct bytes protect, struct bytes payload,
    const uint8_t sig[static CRED_SIG_LEN], struct outbuf *out);

/*
 * Make s low: replace s by n - s in r || s of P-256 if s is above n / 2.
 * For signers; verifiers refuse instead.
 */
void cose_es256_low_s(uint8_t sig[static CRED_SIG_LEN]);

#endif
