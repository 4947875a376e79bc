#ifndef KEYS_SIGCHECK_INT_H
#define KEYS_SIGCHECK_INT_H

#include <openssl/evp.h>

#include "credential/bytes.h"
#include "credential/cose.h"
#include "credential/err.h"

/* GB/T 35276: OpenSSL 3.0 would take the empty identifier. */
#define SM2_ID      "1234567812345678"
#define PUBKEY_MAX  65
#define SPKI_MAX    96
#define SIG_DER_MAX 72

/* A public key as plain bytes: Ed25519 32, EC 0x04 || x || y. */
struct pubkey {
	enum cose_alg alg;
	uint8_t raw[PUBKEY_MAX];
	size_t len;
};

/* SubjectPublicKeyInfo (RFC 5280 s4.1) of one of the three algorithms, named
 * curve and uncompressed point, and no other: CRED_ERR_X509_ALG. Whether the
 * point is on its curve is pubkey_load()'s question. */
enum cred_err pubkey_from_spki(struct bytes spki, struct pubkey *out);
enum cred_err pubkey_from_evp(const EVP_PKEY *key, struct pubkey *out);
enum cred_err pubkey_load(const struct pubkey *k, EVP_PKEY **out);

/* r || s, 32 bytes each, to SEQUENCE { r, s } and back. */
size_t sig_to_der(
    const uint8_t sig[static CRED_SIG_LEN], uint8_t out[static SIG_DER_MAX]);
enum cred_err sig_from_der(struct bytes der, uint8_t sig[static CRED_SIG_LEN]);

/* A context for signing or verifying whole messages with this key, the hash
 * and SM2's identifier set. */
enum cred_err md_ctx_verify(EVP_PKEY *key, enum cose_alg alg, EVP_MD_CTX **out);
enum cred_err md_ctx_sign(EVP_PKEY *key, enum cose_alg alg, EVP_MD_CTX **out);

/*
 * One public key, parsed once, for any number of verifications by any number
 * of threads: contexts are kept and handed out, none is shared.
 */
struct sigcheck;
enum cred_err sigcheck_new(const struct pubkey *key, struct sigcheck **out);
void sigcheck_free(struct sigcheck *c);
/* ES256 keys that are used often get an es256_table.h; this one never. */
void sigcheck_no_table(struct sigcheck *c);
bool sigcheck_has_table(const struct sigcheck *c);
const struct pubkey *sigcheck_key(const struct sigcheck *c);
/* CRED_OK, CRED_ERR_SIGNATURE or a fault; sig is raw. */
enum cred_err sigcheck_raw(struct sigcheck *c, struct bytes msg,
    const uint8_t sig[static CRED_SIG_LEN]);
/* The same with a signature as X.509 carries it. */
enum cred_err sigcheck_x509(
    struct sigcheck *c, struct bytes msg, struct bytes sig);

#endif
