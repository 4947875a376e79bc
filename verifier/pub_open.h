#ifndef VERIFIER_PUB_OPEN_H
#define VERIFIER_PUB_OPEN_H

#include "edge/cli.h"
#include "verifier/publication.h"

/*
 * The publication that a program's common options name: the anchor of
 * cli_anchor_path(), source as given or HOME/pub, the cache of
 * publication_cache_dir(). Notes go to stderr under the program's name, unless
 * -q. common must live until the publication is closed.
 */
enum cred_err pub_open(const struct cli_common *common, const char *source,
    bool offline, struct publication **out, struct why *why);

/*
 * The anchor of cli_anchor_path(), at most 64 kB of PEM, to be freed.
 * CRED_FAULT_ANCHOR where there is none or it is too large.
 */
enum cred_err pub_anchor(const struct cli_common *common, uint8_t **pem,
    size_t *len, struct why *why);

#endif
