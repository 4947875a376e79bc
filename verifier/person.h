#ifndef VERIFIER_PERSON_H
#define VERIFIER_PERSON_H

#include "credential/claims.h"
#include "edge/why.h"

/*
 * A person without the ID number: HMAC-SHA256 of document type and normalised
 * number under the office's ledger key. The key makes it worthless outside: ID
 * numbers are so few that a plain hash is reversed in seconds (domain.md 6).
 */
struct person_key {
	uint8_t key[32];
};

/*
 * HOME/ledger.key: 32 random bytes, 0600, made at the first use with make.
 * Lost, the ledger no longer knows anybody: it belongs in the backup.
 */
enum cred_err person_key_load(
    const char *home, bool make, struct person_key *out, struct why *why);
/* For one run without a ledger: it tells the rows of one table apart. */
enum cred_err person_key_random(struct person_key *out, struct why *why);
void person_key_clear(struct person_key *k);

enum cred_err person_hash(const struct person_key *k, enum id_type type,
    struct bytes id_number, uint8_t out[static 32]);
/* Any other text that should be comparable and not readable: an account. */
enum cred_err person_hash_text(const struct person_key *k, const char *what,
    struct bytes text, uint8_t out[static 32]);

#endif
