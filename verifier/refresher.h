#ifndef VERIFIER_REFRESHER_H
#define VERIFIER_REFRESHER_H

#include "verifier/publication.h"

/*
 * Keeps a publication fresh from a thread of its own: no visitor should wait
 * for it.
 */
struct refresher;

enum cred_err refresher_start(
    struct publication *p, struct refresher **out, struct why *why);
/* Look now rather than at the next turn. */
void refresher_wake(struct refresher *r);
void refresher_stop(struct refresher *r); /* takes NULL */

#endif
