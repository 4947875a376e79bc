#include "verifier/deskkey.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <string.h>

#define NONCE 12
#define TAG   16

static enum cred_err
done(bool good, enum cred_err e)
{
	if (good)
		return CRED_OK;
	ERR_clear_error();
	return e;
}

enum cred_err
deskkey_derive(const struct person_key *ledger, struct desk_key *out)
{
	char digest[] = "SHA256", info[] = "tamga desk.db totp 1";
	OSSL_PARAM params[] = {
	    OSSL_PARAM_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_octet_string(OSSL_KDF_PARAM_KEY,
		(void *)(uintptr_t)ledger->key, sizeof ledger->key),
	    OSSL_PARAM_octet_string(OSSL_KDF_PARAM_INFO, info, sizeof info - 1),
	    OSSL_PARAM_END};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	bool good = ctx != NULL &&
		    EVP_KDF_derive(ctx, out->key, sizeof out->key, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return done(good, CRED_FAULT_CRYPTO);
}

void
deskkey_clear(struct desk_key *k)
{
	OPENSSL_cleanse(k->key, sizeof k->key);
}

enum cred_err
deskkey_seal(const struct desk_key *k, const char *name,
    const uint8_t secret[static TOTP_SECRET],
    uint8_t out[static DESKKEY_SEALED])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, last = 0;
	bool good =
	    ctx != NULL && RAND_bytes(out, NONCE) == 1 &&
	    EVP_EncryptInit_ex2(ctx, EVP_aes_256_gcm(), k->key, out, NULL) ==
		1 &&
	    EVP_EncryptUpdate(
		ctx, NULL, &n, (const uint8_t *)name, (int)strlen(name)) == 1 &&
	    EVP_EncryptUpdate(ctx, out + NONCE, &n, secret, TOTP_SECRET) == 1 &&
	    n == TOTP_SECRET &&
	    EVP_EncryptFinal_ex(ctx, out + NONCE + n, &last) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG,
		out + NONCE + TOTP_SECRET) == 1;

	EVP_CIPHER_CTX_free(ctx);
	return done(good, CRED_FAULT_CRYPTO);
}

enum cred_err
deskkey_open(const struct desk_key *k, const char *name,
    const uint8_t sealed[static DESKKEY_SEALED],
    uint8_t secret[static TOTP_SECRET])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t tag[TAG];
	int n = 0, last = 0;
	bool ready, good;

	memcpy(tag, sealed + NONCE + TOTP_SECRET, TAG);
	ready = ctx != NULL &&
		EVP_DecryptInit_ex2(
		    ctx, EVP_aes_256_gcm(), k->key, sealed, NULL) == 1 &&
		EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)name,
		    (int)strlen(name)) == 1 &&
		EVP_DecryptUpdate(
		    ctx, secret, &n, sealed + NONCE, TOTP_SECRET) == 1 &&
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, tag) == 1;
	good = ready && EVP_DecryptFinal_ex(ctx, secret + n, &last) == 1;
	if (!good)
		OPENSSL_cleanse(secret, TOTP_SECRET);
	EVP_CIPHER_CTX_free(ctx);
	return done(good, ready ? CRED_FAULT_KEY : CRED_FAULT_CRYPTO);
}
