#ifndef DOMAIN_CERTNUM_H
#define DOMAIN_CERTNUM_H

#include "credential/claims.h"

/*
 * Certificate numbers: domain.md 1.2 (skill level, 22 characters), 3.1 (old
 * qualification, 16 digits), 3.2 and 3.3 (8 to 24 letters and digits). They
 * have no check digit: a good form proves nothing.
 */
struct certnum {
	char prefix[14];  /* positions 1-13 of kind 2; "" for others */
	int year;         /* 0..99, -1 when the kind has none */
	char level;       /* '1'..'5', a letter (特级), or '\0' */
	uint32_t serial;  /* 0 when the kind has none */
	bool category_known; /* kind 2: first letter Y or S; others may come */
};

/* CRED_ERR_DOMAIN_FORM unless it has its kind's form. Kind 4 has no number of
 * its own here: "T" and the ID number is personal data; certnum_is_operation()
 * compares one that is given. */
enum cred_err certnum_parse(enum kind kind, struct bytes s,
    struct certnum *out);

/* 证号 of kind 4 (domain.md 2.1): T and the holder's ID number? */
bool certnum_is_operation(struct bytes s, struct bytes id_number);

/* Kind 1 (domain.md 3.1): is the province that of Inner Mongolia in the labour
 * ministry's table? Inferred, and industries have codes too: warn at most. */
bool certnum_is_inner_mongolia(struct bytes s);

/* prefix 13 characters, year any, level 1..5, serial 1..999999. */
enum cred_err certnum_format(const char *prefix, int year, unsigned level,
    uint32_t serial, char out[static 23]);

/* A prefix: letter, four digits, two of province, six of the site. */
bool certnum_prefix_ok(const char *prefix);

/* Letters O and I where digits belong: the usual typing error. */
bool certnum_has_letter_digits(struct bytes s);

#endif
