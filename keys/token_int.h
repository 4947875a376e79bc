#ifndef KEYS_TOKEN_INT_H
#define KEYS_TOKEN_INT_H

#include <p11-kit/pkcs11.h>

#include "keys/key_int.h"
#include "keys/pkcs11_uri_int.h"

/*
 * A token (PKCS#11 v2.40, by the module's own calls): loaded once, logged in
 * once, shared by all keys in it. A module stays loaded until the process
 * ends. The PIN is kept while a key is open, for logging in again; the token
 * sees a wrong one once: it locks after a few.
 */
struct token;

/* pin: used when the token is not open yet. */
enum cred_err token_open(const struct pkcs11_uri *uri, const char *pin,
    struct token **out, struct why *why);
void token_ref(struct token *t);
void token_close(struct token *t);

CK_FUNCTION_LIST *token_calls(const struct token *t);
CK_SLOT_ID token_slot(const struct token *t);

/*
 * A session of one's own, logged in. After a fork or when the token was taken
 * out (again), all that is needed for it is done anew.
 */
enum cred_err token_session(struct token *t, bool again, bool write,
    CK_SESSION_HANDLE *out, struct why *why);
/* Is this the answer of a session, login or object that has gone? */
bool token_lost(CK_RV rv);
/* Has the process forked since? */
bool token_forked(const struct token *t);

/* Sets why to what the module answered. CRED_FAULT_CRYPTO. */
enum cred_err token_fault(CK_RV rv, const char *call, struct why *why);

/*
 * tokenkey.c: keys in tokens. ES256 by CKM_ECDSA over SHA-256 of ours (or by
 * CKM_ECDSA_SHA256 where there is no other), Ed25519 by CKM_EDDSA. A session
 * that was lost is opened and logged in once more, then signing fails.
 */
enum cred_err tokenkey_open(
    const char *uri, const char *pin, struct key **out, struct why *why);
/* As tokenkey_open(), but made in the token when it holds no such key, so that
 * it cannot leave it. */
enum cred_err tokenkey_open_or_make(const char *uri, enum cose_alg alg,
    const char *pin, struct key **out, struct why *why);

#endif
