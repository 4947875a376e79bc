#ifndef VERIFIER_PAGE_SHA256_H
#define VERIFIER_PAGE_SHA256_H

#include "credential/bytes.h"

/* SHA-256 (FIPS 180-4) of a || b: WebCrypto's is asynchronous, and the log's
 * proofs need it in the middle of a function. Public data only. */
void sha256(uint8_t out[static 32], struct bytes a, struct bytes b);

#endif
