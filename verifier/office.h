#ifndef VERIFIER_OFFICE_H
#define VERIFIER_OFFICE_H

#include "verifier/desk.h"

/*
 * What an office lays on its desk from files: rules, lists, the ledger's key.
 * Read once and shared: a list of a million people is not read again for each
 * claim. Never changes; newer files are a new office.
 */
struct office_opts {
	const char *home;   /* with ledger.key, which is made if need be */
	const char *rules;  /* NULL: clause (九) alone */
	const char *region; /* "" none */
	const char *lists[N_LISTS]; /* NULL: not given */
	const char *national;       /* NULL: not given */
};

struct office;

enum cred_err office_load(
    const struct office_opts *o, struct office **out, struct why *why);
/* Counted: each hold needs its release. Thread-safe. */
struct office *office_hold(struct office *o);
void office_release(struct office *o); /* takes NULL */

/* Lay it out: all of *out but what is not from files (now, pub, registry,
 * reader, scans, seen) is set, the rest zero. For as long as o is held. */
void office_desk(const struct office *o, struct desk *out);
/* SHA-256 of the rules file; NULL without one. */
const uint8_t *office_rules_sha256(const struct office *o);
const char *office_rules_version(const struct office *o);
/* Above it two people decide, by the rules of a day; -1: never. */
int64_t office_four_eyes(const struct office *o, int64_t now);

#endif
