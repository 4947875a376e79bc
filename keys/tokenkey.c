#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"
#include "keys/token_int.h"
#include "keys/trust.h"

/* CKA_EC_PARAMS: the named curve's OID; for Ed25519 an OID or, in PKCS#11
 * v3.0's first form, its name. */
static CK_BYTE P256[] = {
    0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
static CK_BYTE ED25519_OID[] = {0x06, 0x03, 0x2b, 0x65, 0x70};
static CK_BYTE ED25519_NAME[] = {
    0x13, 0x0c, 'e', 'd', 'w', 'a', 'r', 'd', 's', '2', '5', '5', '1', '9'};

struct tokenkey {
	struct token *token;
	struct pkcs11_uri uri;
	enum cose_alg alg;
	bool hashes; /* the token has only CKM_ECDSA_SHA256 */
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE object;
};

static enum cred_err
find_object(const struct tokenkey *k, CK_OBJECT_CLASS class,
    CK_OBJECT_HANDLE *out, size_t *count, struct why *why)
{
	CK_FUNCTION_LIST *f = token_calls(k->token);
	const struct pkcs11_uri *u = &k->uri;
	CK_ATTRIBUTE want[3] = {{CKA_CLASS, &class, sizeof class}};
	CK_OBJECT_HANDLE found[2];
	CK_ULONG n = 1, got = 0;
	CK_RV rv;

	if (u->object[0] != '\0')
		want[n++] = (CK_ATTRIBUTE){
		    CKA_LABEL, (void *)(uintptr_t)u->object, strlen(u->object)};
	if (u->id_len > 0)
		want[n++] =
		    (CK_ATTRIBUTE){CKA_ID, (void *)(uintptr_t)u->id, u->id_len};
	rv = f->C_FindObjectsInit(k->session, want, n);
	if (rv == CKR_OK) {
		rv = f->C_FindObjects(k->session, found, 2, &got);
		(void)f->C_FindObjectsFinal(k->session);
	}
	if (rv != CKR_OK)
		return token_fault(rv, "C_FindObjects", why);
	if (got > 1)
		return why_set(why, CRED_FAULT_KEY,
		    TR("token %s holds several keys named %s; give the id",
			"硬件密钥 %s 中有多个名为 %s 的密钥；请写明 id"),
		    u->token, u->object);
	if (got == 1)
		*out = found[0];
	*count = got;
	return CRED_OK;
}

static bool
attribute(const struct tokenkey *k, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, CK_BYTE *buf, CK_ULONG *len)
{
	CK_ATTRIBUTE a = {type, buf, *len};

	if (token_calls(k->token)->C_GetAttributeValue(
		k->session, object, &a, 1) != CKR_OK ||
	    a.ulValueLen > *len)
		return false;
	*len = a.ulValueLen;
	return true;
}

/* CKA_EC_POINT: an OCTET STRING around the point, or the point. */
static bool
take_point(const CK_BYTE *p, CK_ULONG len, struct pubkey *pub)
{
	size_t want = pub->alg == COSE_ES256 ? 65 : 32;

	if (len == want + 2 && p[0] == 0x04 && p[1] == want) {
		p += 2;
		len -= 2;
	}
	if (len != want || (want == 65 && p[0] != 0x04))
		return false;
	memcpy(pub->raw, p, len);
	pub->len = len;
	return true;
}

static enum cred_err
read_public(struct tokenkey *k, struct pubkey *pub, struct why *why)
{
	CK_OBJECT_HANDLE object = 0;
	CK_BYTE buf[256];
	CK_ULONG len = sizeof buf;
	size_t count = 0;
	enum cred_err e;

	if (!attribute(k, k->object, CKA_EC_PARAMS, buf, &len))
		len = 0;
	if (len == sizeof P256 && memcmp(buf, P256, len) == 0)
		pub->alg = COSE_ES256;
	else if ((len == sizeof ED25519_OID &&
		     memcmp(buf, ED25519_OID, len) == 0) ||
		 (len == sizeof ED25519_NAME &&
		     memcmp(buf, ED25519_NAME, len) == 0))
		pub->alg = COSE_EDDSA;
	else
		return why_set(why, CRED_FAULT_KEY,
		    TR("the key %s in token %s is neither P-256 nor Ed25519",
			"密钥 %s（硬件密钥 %s）既不是 P-256 也不是 Ed25519"),
		    k->uri.object, k->uri.token);
	e = find_object(k, CKO_PUBLIC_KEY, &object, &count, why);
	if (e != CRED_OK)
		return e;
	len = sizeof buf;
	if (count == 1 && attribute(k, object, CKA_EC_POINT, buf, &len) &&
	    take_point(buf, len, pub))
		return CRED_OK;
	len = sizeof buf; /* some keep it beside the private key alone */
	if (attribute(k, k->object, CKA_EC_POINT, buf, &len) &&
	    take_point(buf, len, pub))
		return CRED_OK;
	return why_set(why, CRED_FAULT_KEY,
	    TR("token %s holds no public key for %s",
		"硬件密钥 %s 中没有 %s 的公钥"),
	    k->uri.token, k->uri.object);
}

static void
close_session(struct tokenkey *k)
{
	if (k->session != CK_INVALID_HANDLE && !token_forked(k->token))
		(void)token_calls(k->token)->C_CloseSession(k->session);
	k->session = CK_INVALID_HANDLE;
}

/* Session, login, object: at first, and again when one was lost. */
static enum cred_err
reach(
    struct tokenkey *k, bool again, bool write, size_t *count, struct why *why)
{
	enum cred_err e;

	close_session(k);
	e = token_session(k->token, again, write, &k->session, why);
	return e == CRED_OK
		   ? find_object(k, CKO_PRIVATE_KEY, &k->object, count, why)
		   : e;
}

static enum cred_err
no_such_key(const struct tokenkey *k, struct why *why)
{
	return why_set(why, CRED_FAULT_KEY,
	    TR("token %s holds no private key %s", "硬件密钥 %s 中没有私钥 %s"),
	    k->uri.token, k->uri.object);
}

static CK_RV
sign_once(struct tokenkey *k, const CK_BYTE *data, size_t len,
    uint8_t sig[static CRED_SIG_LEN])
{
	CK_FUNCTION_LIST *f = token_calls(k->token);
	CK_MECHANISM m = {k->alg == COSE_EDDSA ? CKM_EDDSA
			  : k->hashes          ? CKM_ECDSA_SHA256
					       : CKM_ECDSA,
	    NULL, 0};
	CK_ULONG sig_len = CRED_SIG_LEN;
	CK_RV rv = f->C_SignInit(k->session, &m, k->object);

	if (rv == CKR_OK)
		rv = f->C_Sign(
		    k->session, (CK_BYTE *)(uintptr_t)data, len, sig, &sig_len);
	return rv == CKR_OK && sig_len != CRED_SIG_LEN ? CKR_SIGNATURE_LEN_RANGE
						       : rv;
}

static enum cred_err
tokenkey_sign(void *self, struct bytes msg, uint8_t sig[static CRED_SIG_LEN],
    struct why *why)
{
	struct tokenkey *k = self;
	bool forked = token_forked(k->token);
	const uint8_t *data = msg.ptr;
	size_t len = msg.len, count = 0;
	uint8_t hash[32];
	enum cred_err e;
	CK_RV rv = CKR_SESSION_HANDLE_INVALID;

	if (k->alg == COSE_ES256 && !k->hashes) {
		trust_sha256(hash, msg, (struct bytes){0});
		data = hash;
		len = sizeof hash;
	}
	if (!forked)
		rv = sign_once(k, data, len, sig);
	if (token_lost(rv)) {
		e = reach(k, true, false, &count, why);
		if (e == CRED_OK && count == 0)
			e = no_such_key(k, why);
		if (e != CRED_OK)
			return e;
		rv = sign_once(k, data, len, sig);
	}
	return rv == CKR_OK ? CRED_OK : token_fault(rv, "C_Sign", why);
}

static void
tokenkey_free(void *self)
{
	struct tokenkey *k = self;

	if (k == NULL)
		return;
	close_session(k);
	token_close(k->token);
	free(k);
}

static enum cred_err
tokenkey_clone(const void *self, void **out, struct why *why)
{
	const struct tokenkey *k = self;
	struct tokenkey *twin = malloc(sizeof *twin);
	enum cred_err e;
	size_t count = 0;

	if (twin == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	*twin = *k;
	twin->session = CK_INVALID_HANDLE;
	token_ref(twin->token);
	e = reach(twin, false, false, &count, why);
	if (e == CRED_OK && count == 0)
		e = no_such_key(twin, why);
	if (e != CRED_OK) {
		tokenkey_free(twin);
		return e;
	}
	*out = twin;
	return CRED_OK;
}

static const struct key_ops TOKENKEY_OPS = {
    .sign = tokenkey_sign,
    .clone = tokenkey_clone,
    .free = tokenkey_free,
};

static CK_RV
generate(struct tokenkey *k, enum cose_alg alg, CK_BYTE *params, size_t len)
{
	CK_MECHANISM m = {alg == COSE_ES256 ? CKM_EC_KEY_PAIR_GEN
					    : CKM_EC_EDWARDS_KEY_PAIR_GEN,
	    NULL, 0};
	struct pkcs11_uri *u = &k->uri;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE pub[] = {{CKA_TOKEN, &yes, sizeof yes},
	    {CKA_VERIFY, &yes, sizeof yes}, {CKA_EC_PARAMS, params, len},
	    {CKA_ID, u->id, u->id_len},
	    {CKA_LABEL, u->object, strlen(u->object)}};
	CK_ATTRIBUTE priv[] = {{CKA_TOKEN, &yes, sizeof yes},
	    {CKA_PRIVATE, &yes, sizeof yes}, {CKA_SENSITIVE, &yes, sizeof yes},
	    {CKA_EXTRACTABLE, &no, sizeof no}, {CKA_SIGN, &yes, sizeof yes},
	    {CKA_ID, u->id, u->id_len},
	    {CKA_LABEL, u->object, strlen(u->object)}};
	CK_OBJECT_HANDLE public;

	return token_calls(k->token)->C_GenerateKeyPair(k->session, &m, pub,
	    sizeof pub / sizeof *pub, priv, sizeof priv / sizeof *priv, &public,
	    &k->object);
}

static enum cred_err
make(struct tokenkey *k, enum cose_alg alg, struct why *why)
{
	bool by_id = k->uri.id_len > 0;
	CK_RV rv;

	if (alg == COSE_SM2)
		return why_set(why, CRED_FAULT_KEY, "%s",
		    TR("PKCS#11 tokens make no SM2 keys: es256 or ed25519",
			"PKCS#11 硬件密钥不能生成 SM2 密钥：请用 es256 或 "
			"ed25519"));
	if (!by_id) {
		if (RAND_bytes(k->uri.id, 8) != 1)
			return CRED_FAULT_CRYPTO;
		k->uri.id_len = 8;
	}
	if (alg == COSE_ES256) {
		rv = generate(k, alg, P256, sizeof P256);
	} else {
		rv = generate(k, alg, ED25519_NAME, sizeof ED25519_NAME);
		if (rv != CKR_OK)
			rv = generate(k, alg, ED25519_OID, sizeof ED25519_OID);
	}
	return rv == CKR_OK ? CRED_OK
			    : token_fault(rv, "C_GenerateKeyPair", why);
}

static bool
has_mechanism(const struct tokenkey *k, CK_MECHANISM_TYPE type)
{
	CK_MECHANISM_INFO info;

	return token_calls(k->token)->C_GetMechanismInfo(
		   token_slot(k->token), type, &info) == CKR_OK &&
	       (info.flags & CKF_SIGN) != 0;
}

/* alg NULL: the key must be there. */
static enum cred_err
tokenkey_new(const char *uri, const enum cose_alg *alg, const char *pin,
    struct key **out, struct why *why)
{
	struct tokenkey *k = calloc(1, sizeof *k);
	struct pubkey pub = {0};
	enum cred_err e;
	size_t count = 0;

	if (k == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	e = pkcs11_uri_parse(uri, &k->uri, why);
	if (e == CRED_OK)
		e = token_open(&k->uri, pin, &k->token, why);
	if (e != CRED_OK) {
		free(k);
		return e;
	}
	e = reach(k, false, alg != NULL, &count, why);
	if (e == CRED_OK && count == 0)
		e = alg != NULL ? make(k, *alg, why) : no_such_key(k, why);
	if (e == CRED_OK)
		e = read_public(k, &pub, why);
	if (e != CRED_OK) {
		tokenkey_free(k);
		return e;
	}
	k->alg = pub.alg;
	k->hashes =
	    !has_mechanism(k, CKM_ECDSA) && has_mechanism(k, CKM_ECDSA_SHA256);
	return key_new(&TOKENKEY_OPS, k, &pub, out, why);
}

enum cred_err
tokenkey_open(
    const char *uri, const char *pin, struct key **out, struct why *why)
{
	return tokenkey_new(uri, NULL, pin, out, why);
}

enum cred_err
tokenkey_open_or_make(const char *uri, enum cose_alg alg, const char *pin,
    struct key **out, struct why *why)
{
	return tokenkey_new(uri, &alg, pin, out, why);
}
