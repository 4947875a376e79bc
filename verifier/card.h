#ifndef VERIFIER_CARD_H
#define VERIFIER_CARD_H

#include "keys/verify.h"
#include "web/html.h"
#include "web/problem.h"

/*
 * The verdict card as markup, for browsers without JavaScript: the same as
 * app.js builds (tests/web/page.mjs compares the two). words is the page in
 * the card's language, whose data-… attributes hold the labels for both. match
 * is the word on the ID number (match_word()), NULL when none was given.
 */
void card_verdict(struct html *h, struct bytes words, enum report_lang lang,
    const struct verification *v, const char *source, const char *match);

/* A fault of ours, or a request not taken: never looks like a verdict. */
void card_problem(struct html *h, struct bytes words, enum report_lang lang,
    enum web_problem p, const char *request_id);

/* The label: value of the attribute data-KEY in words, with '#' replaced by
 * n (NULL: as it stands). "" when there is none. */
void card_word(
    struct bytes words, const char *key, const char *n, char *out, size_t cap);

#endif
