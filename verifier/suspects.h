#ifndef VERIFIER_SUSPECTS_H
#define VERIFIER_SUSPECTS_H

#include "verifier/anomalies.h"

/*
 * Which issuing bodies stand out, in words, for the review of their claims
 * (C13): the open findings of anomalies.h. What somebody has explained does not
 * count. As large as the bodies are many, whatever the facts are.
 */
struct suspects;

/* r: where findings are explained; NULL: none is. */
enum cred_err suspects_find(struct odd *o, struct registry *r,
    const struct rulebook *book, const char *region, struct suspects **out,
    struct why *why);
void suspects_free(struct suspects *s); /* takes NULL */

/* How many bodies stand out. */
size_t suspects_n(const struct suspects *s);
/* What is odd about a body: kind, count and threshold; no claim, no person.
 * False: nothing is. */
#define SUSPECT_TEXT 440
bool suspects_of(const struct suspects *s, const char *body_id, const char **zh,
    const char **en);

#endif
