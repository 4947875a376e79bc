#ifndef TESTS_CREDENTIAL_SHA256_H
#define TESTS_CREDENTIAL_SHA256_H

#include "credential/bytes.h"

#include <openssl/evp.h>
#include <stdlib.h>

/* OpenSSL's SHA-256 of a || b, in the shape the core wants. */
static inline void
test_sha256(uint8_t out[static 32], struct bytes a, struct bytes b)
{
	static EVP_MD_CTX *start, *ctx;

	if (start == NULL &&
	    ((start = EVP_MD_CTX_new()) == NULL ||
		(ctx = EVP_MD_CTX_new()) == NULL ||
		EVP_DigestInit_ex(start, EVP_sha256(), NULL) != 1))
		abort();
	if (EVP_MD_CTX_copy_ex(ctx, start) != 1 ||
	    EVP_DigestUpdate(ctx, a.ptr, a.len) != 1 ||
	    EVP_DigestUpdate(ctx, b.ptr, b.len) != 1 ||
	    EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		abort();
}

#endif
