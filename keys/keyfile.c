#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"
#include "keys/key_int.h"
#include "keys/trust.h"

/*
 * scrypt (RFC 7914): 16 MB each, the most that the provider's cap lets in, so
 * more cost comes by p. About 0.3 s a guess.
 */
#define SCRYPT_N    16384
#define SCRYPT_R    8
#define SCRYPT_P    5
#define SECURE_HEAP (1 << 17)

struct keyfile {
	EVP_PKEY *pkey;
	enum cose_alg alg;
	EVP_MD_CTX *prepared; /* Ed25519, SM2: copied for each message */
	EVP_PKEY_CTX *ctx;    /* ES256: used again and again */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Private keys in locked memory, where the machine allows it. */
static void
prepare(void)
{
	if (!CRYPTO_secure_malloc_initialized())
		(void)!CRYPTO_secure_malloc_init(SECURE_HEAP, 16);
	ERR_clear_error();
}

static enum cred_err
crypto_fault(struct why *why)
{
	unsigned long code = ERR_peek_last_error();
	char text[256] = "?";

	if (code != 0)
		ERR_error_string_n(code, text, sizeof text);
	ERR_clear_error();
	return why_set(why, CRED_FAULT_CRYPTO,
	    TR("OpenSSL failed: %s", "OpenSSL 出错：%s"), text);
}

static void
keyfile_free(void *self)
{
	struct keyfile *f = self;

	if (f == NULL)
		return;
	EVP_MD_CTX_free(f->prepared);
	EVP_PKEY_CTX_free(f->ctx);
	EVP_PKEY_free(f->pkey);
	free(f);
}

/* Takes its own reference of pkey. */
static enum cred_err
keyfile_new(
    EVP_PKEY *pkey, enum cose_alg alg, struct keyfile **out, struct why *why)
{
	struct keyfile *f = calloc(1, sizeof *f);
	enum cred_err e = CRED_OK;

	if (f == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	f->alg = alg;
	if (EVP_PKEY_up_ref(pkey) == 1)
		f->pkey = pkey;
	if (f->pkey == NULL) {
		e = crypto_fault(why);
	} else if (alg == COSE_ES256) {
		f->ctx = EVP_PKEY_CTX_new(pkey, NULL);
		if (f->ctx == NULL || EVP_PKEY_sign_init(f->ctx) != 1)
			e = crypto_fault(why);
	} else {
		e = md_ctx_sign(pkey, alg, &f->prepared);
		if (e != CRED_OK)
			e = crypto_fault(why);
	}
	if (e != CRED_OK) {
		keyfile_free(f);
		return e;
	}
	*out = f;
	return CRED_OK;
}

static enum cred_err
keyfile_clone(const void *self, void **out, struct why *why)
{
	const struct keyfile *f = self;
	struct keyfile *twin;
	enum cred_err e = keyfile_new(f->pkey, f->alg, &twin, why);

	if (e == CRED_OK)
		*out = twin;
	return e;
}

static enum cred_err
keyfile_sign(void *self, struct bytes msg, uint8_t sig[static CRED_SIG_LEN],
    struct why *why)
{
	struct keyfile *f = self;
	uint8_t der[128], hash[32];
	size_t len = sizeof der;
	EVP_MD_CTX *ctx;
	int ok;

	if (f->alg == COSE_ES256) {
		trust_sha256(hash, msg, (struct bytes){0});
		ok = EVP_PKEY_sign(f->ctx, der, &len, hash, sizeof hash);
	} else {
		ctx = EVP_MD_CTX_new();
		ok = ctx != NULL && EVP_MD_CTX_copy_ex(ctx, f->prepared) == 1 &&
		     EVP_DigestSign(ctx, der, &len, msg.ptr, msg.len) == 1;
		EVP_MD_CTX_free(ctx);
	}
	if (ok == 1 && f->alg == COSE_EDDSA && len == CRED_SIG_LEN)
		memcpy(sig, der, len);
	else if (ok != 1 || f->alg == COSE_EDDSA ||
		 sig_from_der(bytes_of(der, len), sig) != CRED_OK)
		return crypto_fault(why);
	return CRED_OK;
}

static const struct key_ops KEYFILE_OPS = {
    .sign = keyfile_sign,
    .clone = keyfile_clone,
    .free = keyfile_free,
};

static enum cred_err
wrap(EVP_PKEY *pkey, const char *path, struct key **out, struct why *why)
{
	struct pubkey pub;
	struct keyfile *f;
	enum cred_err e = pubkey_from_evp(pkey, &pub);

	if (e == CRED_ERR_X509_ALG)
		return why_set(why, CRED_FAULT_KEY,
		    TR("%s: the key is not ES256 (P-256), Ed25519 or SM2",
			"%s：密钥不是 ES256（P-256）、Ed25519 或 SM2"),
		    path);
	if (e != CRED_OK)
		return crypto_fault(why);
	e = keyfile_new(pkey, pub.alg, &f, why);
	if (e == CRED_OK)
		e = key_new(&KEYFILE_OPS, f, &pub, out, why);
	return e;
}

enum cred_err
keyfile_open(const char *path, struct bytes pem, const char *pass,
    struct key **out, struct why *why)
{
	BIO *in = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	PKCS8_PRIV_KEY_INFO *info = NULL;
	X509_SIG *sealed = NULL;
	EVP_PKEY *pkey = NULL;
	enum cred_err e;

	pthread_once(&once, prepare);
	if (in == NULL)
		return crypto_fault(why);
	sealed = PEM_read_bio_PKCS8(in, NULL, NULL, NULL);
	if (sealed == NULL) {
		e = why_set(why, CRED_FAULT_KEY,
		    TR("%s holds no encrypted private key (PKCS#8 PEM, "
		       "\"BEGIN ENCRYPTED PRIVATE KEY\")",
			"%s 不是加密的私钥文件（PKCS#8 PEM，以 \"BEGIN "
			"ENCRYPTED PRIVATE KEY\" 开头）"),
		    path);
		goto out;
	}
	info = PKCS8_decrypt(sealed, pass, (int)strlen(pass));
	pkey = info == NULL ? NULL : EVP_PKCS82PKEY(info);
	if (pkey == NULL) {
		e = why_set(why, CRED_FAULT_PASS,
		    TR("%s: wrong pass phrase, or the file is damaged",
			"%s：口令错误，或文件已损坏"),
		    path);
		goto out;
	}
	e = wrap(pkey, path, out, why);
out:
	ERR_clear_error();
	EVP_PKEY_free(pkey);
	PKCS8_PRIV_KEY_INFO_free(info);
	X509_SIG_free(sealed);
	BIO_free(in);
	return e;
}

static enum cred_err
seal(EVP_PKEY *pkey, const char *pass, char **pem, size_t *len, struct why *why)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
	BIO *mem = BIO_new(BIO_s_mem());
	enum cred_err e = CRED_OK;
	X509_SIG *sealed = NULL;
	X509_ALGOR *pbe;
	uint8_t salt[16];
	char *data;
	long n;

	pbe = RAND_bytes(salt, sizeof salt) != 1
		  ? NULL
		  : PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, sizeof salt,
			NULL, SCRYPT_N, SCRYPT_R, SCRYPT_P);
	if (info != NULL && pbe != NULL)
		sealed = PKCS8_set0_pbe(pass, (int)strlen(pass), info, pbe);
	if (sealed == NULL)
		X509_ALGOR_free(pbe);
	if (sealed == NULL || mem == NULL ||
	    PEM_write_bio_PKCS8(mem, sealed) != 1) {
		e = crypto_fault(why);
		goto out;
	}
	n = BIO_get_mem_data(mem, &data);
	*pem = malloc((size_t)n);
	*len = (size_t)n;
	if (*pem == NULL)
		e = crypto_fault(why);
	else
		memcpy(*pem, data, (size_t)n);
out:
	PKCS8_PRIV_KEY_INFO_free(info);
	X509_SIG_free(sealed);
	BIO_free(mem);
	return e;
}

enum cred_err
keyfile_generate(enum cose_alg alg, const char *pass, char **pem, size_t *len,
    struct key **out, struct why *why)
{
	EVP_PKEY *pkey = NULL;
	struct key *key = NULL;
	enum cred_err e;

	pthread_once(&once, prepare);
	switch (alg) {
	case COSE_ES256:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
		break;
	case COSE_EDDSA:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		break;
	case COSE_SM2:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
		break;
	}
	if (pkey == NULL)
		return crypto_fault(why);
	e = wrap(pkey, "?", &key, why);
	if (e == CRED_OK)
		e = seal(pkey, pass, pem, len, why);
	EVP_PKEY_free(pkey);
	if (e != CRED_OK) {
		key_free(key);
		return e;
	}
	*out = key;
	return CRED_OK;
}
