#ifndef VERIFIER_MIRROR_H
#define VERIFIER_MIRROR_H

#include "edge/source.h"

/*
 * The files of a publication at a URL, handed on to those who ask this service
 * for them: fetched when first asked for, kept below dir, and given from there
 * for MIRROR_FRESH_S; tiles for ever. While the URL does not answer, what is
 * kept is given. Nothing is checked: every reader of a publication checks its
 * signatures, and remembers what it has seen. Safe from any number of threads;
 * at most MIRROR_FETCHES of them wait for the URL at once.
 */
#define MIRROR_FRESH_S 60
#define MIRROR_FETCHES 8
#define MIRROR_REST_S  10 /* after a failure, before the URL is asked again */

struct mirror;

/* dir NULL: nothing is kept. clock NULL: time(2). */
enum cred_err mirror_open(const char *url, const char *dir,
    int64_t (*clock)(void), struct mirror **out, struct why *why);
/* Nobody is in mirror_get() any more. Takes NULL. */
void mirror_close(struct mirror *m);

/*
 * CRED_OK with out->ptr NULL: the URL has no such file. CRED_FAULT_NETWORK:
 * not kept, and the URL cannot be asked now. CRED_ERR_PIC_BYTES above max.
 */
enum cred_err mirror_get(struct mirror *m, const char *path, bool for_ever,
    size_t max, struct blob *out, struct why *why);

#endif
