#ifndef VERIFIER_CSVOUT_H
#define VERIFIER_CSVOUT_H

#include <stdbool.h>

#include "edge/why.h"

/* A CSV that Excel opens as it was meant: byte order mark, every cell quoted,
 * a tab before long digits and what only looks like a formula. Appears whole
 * under its name at the close, or not at all. */
struct csvout;

/* force: over an older file; else CRED_FAULT_EXISTS. Mode 0600. */
enum cred_err csvout_open(
    const char *path, bool force, struct csvout **out, struct why *why);
/* last: the row ends with it. s NULL: empty. */
void csvout_cell(struct csvout *c, const char *s, bool last);
/* Finish; c is gone in any case. */
enum cred_err csvout_close(struct csvout *c, struct why *why);
/* Leave nothing behind. Takes NULL. */
void csvout_abort(struct csvout *c);

#endif
