#ifndef TESTS_CREDENTIAL_EVP_H
#define TESTS_CREDENTIAL_EVP_H

/* OpenSSL for the tests of credential/, which itself calls none. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "testing.h"

#include "credential/limits.h"

/* A P-256 public key from 0x04 || x || y. */
static inline EVP_PKEY *
evp_p256(const uint8_t point[static 65])
{
	char group[] = "prime256v1";
	uint8_t copy[65];
	memcpy(copy, point, sizeof(copy));
	OSSL_PARAM params[] = {
	    OSSL_PARAM_utf8_string(
		OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group) - 1),
	    OSSL_PARAM_octet_string(
		OSSL_PKEY_PARAM_PUB_KEY, copy, sizeof(copy)),
	    OSSL_PARAM_END,
	};
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	assert_non_null(ctx);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static inline EVP_PKEY *
evp_ed25519(const uint8_t pub[static 32])
{
	EVP_PKEY *key =
	    EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, pub, 32);
	assert_non_null(key);
	return key;
}

/* r || s as the DER that OpenSSL takes; returns its length. */
static inline size_t
evp_der(const uint8_t raw[static CRED_SIG_LEN], uint8_t der[static 80])
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	assert_non_null(sig);
	assert_int_equal(ECDSA_SIG_set0(sig, BN_bin2bn(raw, 32, NULL),
			     BN_bin2bn(raw + 32, 32, NULL)),
	    1);
	int len = i2d_ECDSA_SIG(sig, &der);
	assert_true(len > 0 && len <= 80);
	ECDSA_SIG_free(sig);
	return (size_t)len;
}

/* Is sig (64 bytes, as COSE has it) this key's over tbs? */
static inline bool
evp_verifies(
    EVP_PKEY *key, struct bytes tbs, const uint8_t sig[static CRED_SIG_LEN])
{
	bool ec = EVP_PKEY_is_a(key, "EC");
	uint8_t der[80];
	const uint8_t *s = sig;
	size_t len = CRED_SIG_LEN;
	if (ec) {
		len = evp_der(sig, der);
		s = der;
	}
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	assert_non_null(ctx);
	assert_int_equal(EVP_DigestVerifyInit(
			     ctx, NULL, ec ? EVP_sha256() : NULL, NULL, key),
	    1);
	int ok = EVP_DigestVerify(ctx, s, len, tbs.ptr, tbs.len);
	EVP_MD_CTX_free(ctx);
	return ok == 1;
}

#endif
