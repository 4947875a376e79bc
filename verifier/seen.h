#ifndef VERIFIER_SEEN_H
#define VERIFIER_SEEN_H

#include "edge/why.h"
#include "subsidy/review.h"

/*
 * What one table of claims says about itself: the same number with two people,
 * one ID number with two names, a claim twice, one photo for two; and the
 * claims above a row that have not failed. In a temporary database without a
 * name, so that memory stays flat however long the table is. People are hashes
 * (person.h).
 */
struct seen;

enum cred_err seen_new(struct seen **out, struct why *why);
void seen_free(struct seen *s);

/* First walk: every row. number, name "" and photo NULL: none. */
struct seen_row {
	uint32_t row;
	const char *claim; /* its 申领编号 */
	const uint8_t *content; /* 32 bytes */
	const uint8_t *person;  /* 32 bytes */
	const char *number, *name;
	const uint8_t *photo; /* 16 bytes */
};
enum cred_err seen_note(
    struct seen *s, const struct seen_row *row, struct why *why);

/* Second walk: what other rows say against this one. Texts: "第7行 A7", as long
 * as out. */
#define SEEN_TEXT 128
struct seen_others {
	char number[SEEN_TEXT], name[SEEN_TEXT], photo[SEEN_TEXT];
	char claim[SEEN_TEXT]; /* another content, or this row once more */
};
enum cred_err seen_ask(struct seen *s, const struct seen_row *row,
    struct seen_others *out, struct why *why);

/* A claim that has not failed: a prior of the rows below it. */
enum cred_err seen_keep(struct seen *s, const uint8_t person[static 32],
    const struct prior *p, struct why *why);
/* Of this person, in order. fn's texts live until it returns. */
typedef enum cred_err seen_prior_fn(
    void *ctx, const struct prior *p, struct why *why);
enum cred_err seen_priors(struct seen *s, const uint8_t person[static 32],
    seen_prior_fn *fn, void *ctx, struct why *why);

#endif
