#ifndef ISSUER_PRESS_H
#define ISSUER_PRESS_H

#include "issuer/print.h"

/*
 * Prints files on all processors: each thread has templates of its own, for
 * one may be used by one thread at a time (render.h). Files appear as
 * printer_file() makes them appear.
 */
struct press;

/* files: how many there will be at most. */
enum cred_err press_start(const struct home *h, const char *chosen,
    size_t files, struct press **out, struct why *why);
/* Copies what it needs of e and path; waits while there is enough to do. What
 * went wrong with an earlier one is told by a later call. */
enum cred_err press_put(struct press *p, const struct registry_entry *e,
    const char *path, struct why *why);
/* Waits for all that was put; the first failure. Frees p. */
enum cred_err press_stop(struct press *p, struct why *why);

#endif
