#ifndef ISSUER_SKIM_H
#define ISSUER_SKIM_H

#include "issuer/readback.h"

/*
 * Read back what was printed without drawing its pages: the code's picture is
 * taken out of the file's bytes, decoded by qr/modules.h and verified, half a
 * millisecond a page instead of 250. pages[].full says which ones must be drawn and read like any
 * PDF's all the same:
 *   - those that do not give their certificate so, whatever the reason;
 *   - the first one of each kind and place of the code on the page, so that
 *     a code that the template covers or cuts is found;
 *   - every SKIM_SAMPLE-th.
 */
#define SKIM_SAMPLE 1000
enum cred_err skim_run(struct readback *r, const struct own *own,
    void (*progress)(void *ctx, size_t done, size_t total), void *ctx,
    struct why *why);

#endif
