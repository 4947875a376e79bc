#include "keys/x509_int.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "keys/trust.h"

/*
 * Fetched once and one context a thread: a fresh one costs more than the hash
 * of a log entry.
 */
static pthread_key_t context;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_MD *sha256;

static void
free_context(void *ctx)
{
	EVP_MD_CTX_free(ctx);
}

static void
prepare(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (sha256 == NULL || pthread_key_create(&context, free_context) != 0)
		abort();
}

void
trust_sha256(uint8_t out[static 32], struct bytes a, struct bytes b)
{
	EVP_MD_CTX *ctx;

	pthread_once(&once, prepare);
	ctx = pthread_getspecific(context);
	if (ctx == NULL) {
		ctx = EVP_MD_CTX_new();
		if (ctx == NULL || pthread_setspecific(context, ctx) != 0)
			abort();
	}
	/* A hash has no answer for "could not tell": without memory there is
	 * nothing left to protect. */
	if (EVP_DigestInit_ex2(ctx, sha256, NULL) != 1 ||
	    (a.len > 0 && EVP_DigestUpdate(ctx, a.ptr, a.len) != 1) ||
	    (b.len > 0 && EVP_DigestUpdate(ctx, b.ptr, b.len) != 1) ||
	    EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		abort();
}

void
x509_kid(struct bytes der, uint8_t out[static CRED_KID_LEN])
{
	uint8_t hash[32];

	trust_sha256(hash, der, (struct bytes){0});
	memcpy(out, hash, CRED_KID_LEN);
}
