#ifndef KEYS_ES256_TABLE_H
#define KEYS_ES256_TABLE_H

#include "credential/bytes.h"
#include "credential/err.h"
#include "credential/limits.h"

/*
 * ES256 verification with multiples of one public key computed beforehand
 * (FIPS 186-5 s6.4.2), about twice as fast as EVP: an issuer's key verifies
 * thousands of certificates. Public data only, so that timing tells nothing.
 * OpenSSL does the curve's arithmetic.
 *
 * A table costs about 150 kB and 20 ms, once, and is immutable afterwards: any
 * number of threads may share it. A bare one has no multiples and costs next to
 * nothing; it is about an eighth faster than EVP, by how it divides.
 */
struct es256_table;

/*
 * point: 0x04 || x || y. CRED_ERR_X509_ALG when it is not on P-256;
 * CRED_FAULT_CONFIG where this OpenSSL precomputes nothing, or when the
 * process has ES256_TABLES_MAX tables already: use a bare one.
 */
#define ES256_TABLES_MAX 256
enum cred_err es256_table_new(
    const uint8_t point[static 65], struct es256_table **out);
/* Any number of these. CRED_ERR_X509_ALG as above. */
enum cred_err es256_table_bare(
    const uint8_t point[static 65], struct es256_table **out);
void es256_table_free(struct es256_table *t);

/* sig: r || s, any s (low or high). CRED_OK, CRED_ERR_SIGNATURE, or
 * CRED_FAULT_NOMEM. */
enum cred_err es256_table_verify(struct es256_table *t,
    const uint8_t hash[static 32], const uint8_t sig[static CRED_SIG_LEN]);

#endif
