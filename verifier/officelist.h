#ifndef VERIFIER_OFFICELIST_H
#define VERIFIER_OFFICELIST_H

#include "subsidy/rules.h"
#include "verifier/person.h"

/*
 * Lists that the office supplies (C09): people who draw a pension, have died,
 * are students or staff; and certificate numbers that the national query knows
 * (C14). CSV or XLSX with a header that names 证件号码 (证件类型 too, if not all
 * are 居民身份证) or 证书编号; other columns are not looked at. Kept as sorted
 * hashes of 16 bytes: two million people are 32 MB.
 */
struct officelist {
	uint8_t (*hashes)[16];
	size_t n, cap;
	size_t unreadable; /* rows without a number: said, not hidden */
};

enum cred_err officelist_people(const char *path, const struct person_key *k,
    struct officelist *out, struct why *why);
enum cred_err officelist_numbers(const char *path, const struct person_key *k,
    struct officelist *out, struct why *why);
bool officelist_has(const struct officelist *l, const uint8_t hash[static 32]);
void officelist_release(struct officelist *l);

#endif
