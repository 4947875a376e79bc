#include "keys/key_int.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "edge/file.h"
#include "edge/lang.h"
#include "keys/trust.h"
#include "keys/token_int.h"

#define KEY_FILE_MAX   16384
#define MAX_REFERENCES 1

struct key {
	const struct key_ops *ops;
	void *self;
	struct pubkey pub;
	struct sigcheck *check;
};

static enum cred_err
check_once(struct key *k, struct why *why)
{
	static const char text[] = "tamga: does this key sign?";
	uint8_t sig[CRED_SIG_LEN];

	return key_sign(k, bytes_of(text, sizeof text - 1), sig, why);
}

static enum cred_err
assemble(const struct key_ops *ops, void *self, const struct pubkey *pub,
    struct key **out)
{
	struct key *k = calloc(1, sizeof *k);
	enum cred_err e = CRED_FAULT_NOMEM;

	if (k != NULL) {
		k->ops = ops;
		k->self = self;
		k->pub = *pub;
		e = sigcheck_new(pub, &k->check);
	} else {
		ops->free(self);
	}
	if (e != CRED_OK) {
		key_free(k);
		return e;
	}
	*out = k;
	return CRED_OK;
}

enum cred_err
key_new(const struct key_ops *ops, void *self, const struct pubkey *pub,
    struct key **out, struct why *why)
{
	struct key *k = NULL;
	enum cred_err e = assemble(ops, self, pub, &k);

	if (e == CRED_OK)
		e = check_once(k, why);
	else
		(void)why_set(why, e, "%s", cred_strerr(e));
	if (e != CRED_OK) {
		key_free(k);
		return e;
	}
	*out = k;
	return CRED_OK;
}

enum cred_err
key_clone(const struct key *k, struct key **out, struct why *why)
{
	void *self;
	enum cred_err e = k->ops->clone(k->self, &self, why);

	if (e != CRED_OK)
		return e;
	e = assemble(k->ops, self, &k->pub, out);
	if (e != CRED_OK)
		return why_set(why, e, "%s", cred_strerr(e));
	return CRED_OK;
}

void
key_free(struct key *k)
{
	if (k == NULL)
		return;
	k->ops->free(k->self);
	sigcheck_free(k->check);
	free(k);
}

const struct pubkey *
key_public(const struct key *k)
{
	return &k->pub;
}

enum cred_err
key_sign(struct key *k, struct bytes msg, uint8_t sig[static CRED_SIG_LEN],
    struct why *why)
{
	uint8_t made[CRED_SIG_LEN];
	enum cred_err e = k->ops->sign(k->self, msg, made, why);

	if (e != CRED_OK)
		return e;
	if (k->pub.alg == COSE_ES256)
		cose_es256_low_s(made);
	/* A fault in hardware that yields a wrong signature can give the key
	 * away: none leaves unverified. */
	e = sigcheck_raw(k->check, msg, made);
	if (e != CRED_OK)
		return why_set(why,
		    e == CRED_ERR_SIGNATURE ? CRED_FAULT_KEY : e, "%s",
		    TR("the key's signature does not verify: the private key "
		       "is damaged or not the one of its public key",
			"私钥做出的签名验证不过：私钥已损坏，或与公钥不是一"
			"对"));
	memcpy(sig, made, sizeof made);
	return CRED_OK;
}

/* "file:/path" or "pkcs11:…" as the only line of a key file. */
static bool
is_reference(char *text)
{
	if (strncmp(text, "pkcs11:", 7) != 0 && strncmp(text, "file:", 5) != 0)
		return false;
	text[strcspn(text, "\r\n")] = '\0';
	return true;
}

static enum cred_err
open_by_name(const char *uri, int depth, const char *pass, struct key **out,
    struct why *why)
{
	const char *path = strncmp(uri, "file:", 5) == 0 ? uri + 5 : uri;
	enum cred_err e;
	uint8_t *data;
	size_t len;

	if (strncmp(uri, "pkcs11:", 7) == 0)
		return tokenkey_open(uri, pass, out, why);
	e = file_read(path, KEY_FILE_MAX, &data, &len, why);
	if (e == CRED_ERR_PIC_BYTES)
		e = CRED_FAULT_KEY;
	if (e != CRED_OK)
		return e == CRED_FAULT_IO ? CRED_FAULT_KEY : e;
	if (depth < MAX_REFERENCES && is_reference((char *)data))
		e = open_by_name((char *)data, depth + 1, pass, out, why);
	else
		e = keyfile_open(path, bytes_of(data, len), pass, out, why);
	OPENSSL_cleanse(data, len);
	free(data);
	return e;
}

enum cred_err
key_open(const char *uri, const char *pass, struct key **out, struct why *why)
{
	return open_by_name(uri, 0, pass, out, why);
}

enum cred_err
key_alg_parse(const char *s, enum cose_alg *out)
{
	static const enum cose_alg algs[] = {COSE_ES256, COSE_EDDSA, COSE_SM2};

	for (size_t i = 0; i < sizeof algs / sizeof *algs; i++) {
		if (strcmp(s, trust_alg_name(algs[i])) == 0) {
			*out = algs[i];
			return CRED_OK;
		}
	}
	return CRED_FAULT_CONFIG;
}
