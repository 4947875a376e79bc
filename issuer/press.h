#ifndef ISSUER_PRESS_H
#define ISSUER_PRESS_H

#include "issuer/print.h"

/*
 * Prints on all processors: each thread has templates of its own, for one may
 * be used by one thread at a time (render.h). Files appear as printer_file()
 * makes them appear.
 */
struct press;

/* n: how many there will be at most. whole: where pages go, each thread's in a
 * part of its own; NULL: files are printed. */
enum cred_err press_start(const struct home *h, const char *chosen, size_t n,
    struct render_pdf *whole, struct press **out, struct why *why);
/* Copies what it needs of e and path; waits while there is enough to do. What
 * went wrong with an earlier one is told by a later call. */
enum cred_err press_put(struct press *p, const struct registry_entry *e,
    const char *path, struct why *why);
/* The next page of the whole. full: the page has no place for another. */
enum cred_err press_put_page(struct press *p, const struct registry_entry *e,
    bool full, struct why *why);
/* Waits for all that was put; the first failure. Frees p. */
enum cred_err press_stop(struct press *p, struct why *why);

#endif
