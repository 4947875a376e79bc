#ifndef ISSUER_KIND_H
#define ISSUER_KIND_H

#include <stdbool.h>

#include "credential/claims.h"

/* How the five kinds of clause 九 differ when they are issued (domain.md 1 to
 * 3): one row a kind, so that no rule hides in a branch. */
struct kind_rules {
	enum kind kind;
	bool level;        /* has a skill level */
	bool number;       /* has a number of its own (kind 4: the ID number) */
	char series;       /* letter in our numbers where kind 2 has the level
			      digit; '\0': by level, '-': we make none */
	bool operation;    /* named in the catalogue of special operations, and
			      limited in time */
	bool occupation;   /* named in the classification of occupations */
	const char *title; /* as printed */
	const char *template_name; /* templates/<name>.svg */
};

/* Never NULL for 1..5. */
const struct kind_rules *kind_rules(enum kind kind);

#endif
