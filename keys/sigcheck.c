#include "keys/sigcheck_int.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "keys/es256_table.h"
#include "keys/trust.h"

/*
 * The only SubjectPublicKeyInfo that we take, up to the key's own bytes: RFC
 * 5480 and RFC 8410. No explicit curve parameters, no compressed points, so
 * that one key has one form.
 */
static const uint8_t SPKI_P256[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
static const uint8_t SPKI_SM2[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf,
    0x55, 0x01, 0x82, 0x2d, 0x03, 0x42, 0x00};
static const uint8_t SPKI_ED25519[] = {
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

static const struct {
	enum cose_alg alg;
	struct bytes head;
	size_t key_len;
} FORMS[] = {
    {COSE_ES256, {SPKI_P256, sizeof SPKI_P256}, 65},
    {COSE_EDDSA, {SPKI_ED25519, sizeof SPKI_ED25519}, 32},
    {COSE_SM2, {SPKI_SM2, sizeof SPKI_SM2}, 65},
};

enum cred_err
pubkey_from_spki(struct bytes spki, struct pubkey *out)
{
	for (size_t i = 0; i < sizeof FORMS / sizeof *FORMS; i++) {
		struct bytes head = FORMS[i].head;
		const uint8_t *key = spki.ptr + head.len;

		if (spki.len != head.len + FORMS[i].key_len ||
		    memcmp(spki.ptr, head.ptr, head.len) != 0)
			continue;
		if (FORMS[i].key_len == 65 && key[0] != 0x04)
			return CRED_ERR_X509_ALG;
		*out = (struct pubkey){
		    .alg = FORMS[i].alg, .len = FORMS[i].key_len};
		memcpy(out->raw, key, out->len);
		return CRED_OK;
	}
	return CRED_ERR_X509_ALG;
}

enum cred_err
pubkey_from_evp(const EVP_PKEY *key, struct pubkey *out)
{
	uint8_t *spki = NULL;
	int len = i2d_PUBKEY(key, &spki);
	enum cred_err e;

	if (len <= 0) {
		ERR_clear_error();
		return CRED_FAULT_CRYPTO;
	}
	e = pubkey_from_spki(bytes_of(spki, (size_t)len), out);
	OPENSSL_free(spki);
	return e;
}

enum cred_err
pubkey_load(const struct pubkey *k, EVP_PKEY **out)
{
	uint8_t spki[SPKI_MAX];
	const uint8_t *p = spki;
	size_t len = 0;
	EVP_PKEY *key;

	for (size_t i = 0; i < sizeof FORMS / sizeof *FORMS; i++) {
		if (FORMS[i].alg != k->alg || FORMS[i].key_len != k->len)
			continue;
		len = FORMS[i].head.len;
		memcpy(spki, FORMS[i].head.ptr, len);
		memcpy(spki + len, k->raw, k->len);
		len += k->len;
	}
	if (len == 0)
		return CRED_ERR_X509_ALG;
	key = d2i_PUBKEY(NULL, &p, (long)len);
	if (key == NULL) { /* the point is not on the curve */
		ERR_clear_error();
		return CRED_ERR_X509_ALG;
	}
	*out = key;
	return CRED_OK;
}

static size_t
put_integer(const uint8_t n[static 32], uint8_t *out)
{
	size_t skip = 0, pad;

	while (skip < 31 && n[skip] == 0)
		skip++;
	pad = (n[skip] & 0x80) != 0;
	out[0] = 0x02;
	out[1] = (uint8_t)(32 - skip + pad);
	out[2] = 0;
	memcpy(out + 2 + pad, n + skip, 32 - skip);
	return 2 + pad + 32 - skip;
}

size_t
sig_to_der(
    const uint8_t sig[static CRED_SIG_LEN], uint8_t out[static SIG_DER_MAX])
{
	size_t len = 2;

	len += put_integer(sig, out + len);
	len += put_integer(sig + 32, out + len);
	out[0] = 0x30;
	out[1] = (uint8_t)(len - 2);
	return len;
}

/* A positive INTEGER of at most 32 bytes, in its shortest form. */
static bool
get_integer(struct bytes *in, uint8_t n[static 32])
{
	const uint8_t *p = in->ptr;
	size_t len;

	if (in->len < 3 || p[0] != 0x02 || p[1] < 1 || p[1] > 33 ||
	    in->len - 2 < p[1])
		return false;
	len = p[1];
	if ((p[2] & 0x80) != 0)
		return false;
	if (p[2] == 0 && len > 1) {
		if ((p[3] & 0x80) == 0)
			return false;
		p++;
		len--;
	}
	if (len > 32)
		return false;
	memset(n, 0, 32);
	memcpy(n + 32 - len, p + 2, len);
	p += 2 + len;
	in->len -= (size_t)(p - in->ptr);
	in->ptr = p;
	return true;
}

enum cred_err
sig_from_der(struct bytes der, uint8_t sig[static CRED_SIG_LEN])
{
	uint8_t raw[CRED_SIG_LEN];
	struct bytes in;

	if (der.len < 8 || der.len > SIG_DER_MAX || der.ptr[0] != 0x30 ||
	    der.ptr[1] != der.len - 2)
		return CRED_ERR_SIGNATURE;
	in = bytes_of(der.ptr + 2, der.len - 2);
	if (!get_integer(&in, raw) || !get_integer(&in, raw + 32) ||
	    in.len != 0)
		return CRED_ERR_SIGNATURE;
	memcpy(sig, raw, sizeof raw);
	return CRED_OK;
}

static enum cred_err
md_ctx(EVP_PKEY *key, enum cose_alg alg, bool sign, EVP_MD_CTX **out)
{
	const EVP_MD *md = alg == COSE_ES256 ? EVP_sha256()
			   : alg == COSE_SM2 ? EVP_sm3()
					     : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	int ok;

	if (ctx == NULL)
		return CRED_FAULT_NOMEM;
	ok = sign ? EVP_DigestSignInit(ctx, &pctx, md, NULL, key)
		  : EVP_DigestVerifyInit(ctx, &pctx, md, NULL, key);
	if (ok == 1 && alg == COSE_SM2)
		ok = EVP_PKEY_CTX_set1_id(pctx, SM2_ID, sizeof SM2_ID - 1);
	if (ok != 1) {
		ERR_clear_error();
		EVP_MD_CTX_free(ctx);
		return CRED_FAULT_CRYPTO;
	}
	*out = ctx;
	return CRED_OK;
}

enum cred_err
md_ctx_verify(EVP_PKEY *key, enum cose_alg alg, EVP_MD_CTX **out)
{
	return md_ctx(key, alg, false, out);
}

enum cred_err
md_ctx_sign(EVP_PKEY *key, enum cose_alg alg, EVP_MD_CTX **out)
{
	return md_ctx(key, alg, true, out);
}

/* A table costs what 700 verifications save with it. */
#define TABLE_AFTER 512

struct sigcheck {
	struct pubkey key;
	EVP_PKEY *pkey;
	EVP_MD_CTX *prepared; /* copied for each message, which only reads it */
	struct es256_table *bare;            /* ES256 */
	_Atomic(struct es256_table *) table; /* the same, once it pays */
	atomic_uint used;                    /* until then */
};

enum cred_err
sigcheck_new(const struct pubkey *key, struct sigcheck **out)
{
	struct sigcheck *c = calloc(1, sizeof *c);
	enum cred_err e;

	if (c == NULL)
		return CRED_FAULT_NOMEM;
	c->key = *key;
	e = pubkey_load(key, &c->pkey);
	if (e == CRED_OK)
		e = md_ctx_verify(c->pkey, key->alg, &c->prepared);
	if (e == CRED_OK && key->alg == COSE_ES256)
		e = es256_table_bare(key->raw, &c->bare);
	if (e != CRED_OK) {
		sigcheck_free(c);
		return e;
	}
	*out = c;
	return CRED_OK;
}

void
sigcheck_free(struct sigcheck *c)
{
	if (c == NULL)
		return;
	es256_table_free(atomic_load(&c->table));
	es256_table_free(c->bare);
	EVP_MD_CTX_free(c->prepared);
	EVP_PKEY_free(c->pkey);
	free(c);
}

const struct pubkey *
sigcheck_key(const struct sigcheck *c)
{
	return &c->key;
}

/* 1 good, 0 bad, less: a failure. */
static enum cred_err
outcome(int ok)
{
	if (ok == 1)
		return CRED_OK;
	ERR_clear_error();
	return ok == 0 ? CRED_ERR_SIGNATURE : CRED_FAULT_CRYPTO;
}

/* The thread whose turn it is makes the table; the others do not wait, and go
 * on without. */
static struct es256_table *
table_of(struct sigcheck *c)
{
	struct es256_table *t =
	    atomic_load_explicit(&c->table, memory_order_acquire);

	if (t != NULL)
		return t;
	if (atomic_load_explicit(&c->used, memory_order_relaxed) >
		TABLE_AFTER ||
	    atomic_fetch_add(&c->used, 1) != TABLE_AFTER ||
	    es256_table_new(c->key.raw, &t) != CRED_OK)
		return c->bare;
	atomic_store_explicit(&c->table, t, memory_order_release);
	return t;
}

void
sigcheck_no_table(struct sigcheck *c)
{
	atomic_store(&c->used, TABLE_AFTER + 1);
}

bool
sigcheck_has_table(const struct sigcheck *c)
{
	return atomic_load(&c->table) != NULL;
}

static enum cred_err
verify_message(struct sigcheck *c, struct bytes msg, struct bytes sig)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	enum cred_err e;

	if (ctx == NULL || EVP_MD_CTX_copy_ex(ctx, c->prepared) != 1) {
		ERR_clear_error();
		EVP_MD_CTX_free(ctx);
		return CRED_FAULT_NOMEM;
	}
	e = outcome(EVP_DigestVerify(ctx, sig.ptr, sig.len, msg.ptr, msg.len));
	EVP_MD_CTX_free(ctx);
	return e;
}

enum cred_err
sigcheck_raw(struct sigcheck *c, struct bytes msg,
    const uint8_t sig[static CRED_SIG_LEN])
{
	uint8_t hash[32], der[SIG_DER_MAX];
	enum cred_err e;

	switch (c->key.alg) {
	case COSE_ES256:
		trust_sha256(hash, msg, (struct bytes){0});
		e = es256_table_verify(table_of(c), hash, sig);
		if (e == CRED_OK || cred_is_refusal(e))
			return e;
		break; /* EVP may have the memory */
	case COSE_EDDSA:
		return verify_message(c, msg, bytes_of(sig, CRED_SIG_LEN));
	case COSE_SM2:
		break;
	}
	return verify_message(c, msg, bytes_of(der, sig_to_der(sig, der)));
}

enum cred_err
sigcheck_x509(struct sigcheck *c, struct bytes msg, struct bytes sig)
{
	uint8_t raw[CRED_SIG_LEN];
	enum cred_err e;

	if (c->key.alg == COSE_EDDSA)
		return sig.len == CRED_SIG_LEN ? verify_message(c, msg, sig)
					       : CRED_ERR_SIGNATURE;
	e = sig_from_der(sig, raw); /* the form, before OpenSSL sees it */
	return e == CRED_OK ? sigcheck_raw(c, msg, raw) : e;
}
