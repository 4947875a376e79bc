#ifndef VERIFIER_DESKKEY_H
#define VERIFIER_DESKKEY_H

#include "verifier/person.h"
#include "verifier/totp.h"

/*
 * Secrets of authenticator apps as desk.db keeps them: AES-256-GCM under a key
 * derived (HKDF-SHA256) from HOME/ledger.key, which no copy of the database
 * holds. Bound to the user's name: a row moved to another user opens nothing.
 */
#define DESKKEY_SEALED (12 + TOTP_SECRET + 16) /* nonce, secret, tag */

struct desk_key {
	uint8_t key[32];
};

enum cred_err deskkey_derive(
    const struct person_key *ledger, struct desk_key *out);
void deskkey_clear(struct desk_key *k);

enum cred_err deskkey_seal(const struct desk_key *k, const char *name,
    const uint8_t secret[static TOTP_SECRET],
    uint8_t out[static DESKKEY_SEALED]);
/* CRED_FAULT_KEY: it was sealed under another key, or for another name. */
enum cred_err deskkey_open(const struct desk_key *k, const char *name,
    const uint8_t sealed[static DESKKEY_SEALED],
    uint8_t secret[static TOTP_SECRET]);

#endif
