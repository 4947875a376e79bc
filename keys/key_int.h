#ifndef KEYS_KEY_INT_H
#define KEYS_KEY_INT_H

#include "credential/note.h"
#include "edge/pass.h"
#include "keys/sigcheck_int.h"

/*
 * A private key, wherever it lives: a file today, a token by the same table.
 * For keys/ alone: outside, only signer.h and authority.h sign, and what they
 * sign they build themselves.
 */
struct key;

struct key_ops {
	/* The raw 64 bytes; ES256's s need not be low yet. */
	enum cred_err (*sign)(void *self, struct bytes msg,
	    uint8_t sig[static CRED_SIG_LEN], struct why *why);
	/* The same key for another thread. */
	enum cred_err (*clone)(const void *self, void **out, struct why *why);
	void (*free)(void *self);
};

/* self becomes the key's, also on failure. Signs and verifies once: a damaged
 * key must not be found out by its first certificate. */
enum cred_err key_new(const struct key_ops *ops, void *self,
    const struct pubkey *pub, struct key **out, struct why *why);
enum cred_err key_clone(const struct key *k, struct key **out, struct why *why);
void key_free(struct key *k);

const struct pubkey *key_public(const struct key *k);
/* Signs, makes s low, verifies. */
enum cred_err key_sign(struct key *k, struct bytes msg,
    uint8_t sig[static CRED_SIG_LEN], struct why *why);

/*
 * Open by name: a PKCS#8 PEM file with a pass phrase, a file that names
 * another place in one line ("file:/path", "pkcs11:…"), or "pkcs11:…" itself.
 * pass: already read.
 */
enum cred_err key_open(
    const char *uri, const char *pass, struct key **out, struct why *why);

/* keyfile.c: keys in files. */
enum cred_err keyfile_open(const char *path, struct bytes pem, const char *pass,
    struct key **out, struct why *why);
/* A new key as encrypted PKCS#8 PEM: PBES2 with scrypt, AES-256-CBC. *pem:
 * malloc'd. */
enum cred_err keyfile_generate(enum cose_alg alg, const char *pass, char **pem,
    size_t *len, struct key **out, struct why *why);

/* "es256", "ed25519", "sm2": what --alg takes. */
enum cred_err key_alg_parse(const char *s, enum cose_alg *out);

#endif
