#ifndef ISSUER_COMPARE_H
#define ISSUER_COMPARE_H

#include "issuer/home.h"
#include "qr/reader.h"

/*
 * What is outside the home against the registry and log inside it. Nothing is
 * changed. Each difference is told to say: wrong, or merely behind, which the
 * next publish or render mends. index is COMPARE_NONE where no certificate is
 * meant.
 */
#define COMPARE_NONE UINT64_MAX
typedef void compare_say_fn(
    void *ctx, bool wrong, uint64_t index, const char *check, const char *text);

/*
 * PUB/bodies/<id>: the log, every tile, signed by our log key and the
 * beginning of ours; each status list signed by us, not older than its exp,
 * not newer than we made, taking nothing back. Behind: a shorter log, changes
 * of status that are not in the lists. Needs h->log (home_open_log()).
 */
enum cred_err compare_publication(struct home *h, const char *pub, int64_t now,
    compare_say_fn *say, void *ctx, struct why *why);

/*
 * DIR/<name>.pdf: each QR code is exactly the registry's bytes. Behind: one
 * that is not there. Wrong: one that reads as something else, one of a
 * certificate that is no longer good, one that is none of ours. batch NULL:
 * all certificates.
 */
enum cred_err compare_pdfs(struct home *h, struct reader *reader,
    const char *dir, const char *batch, compare_say_fn *say, void *ctx,
    struct why *why);

#endif
