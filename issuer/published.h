#ifndef ISSUER_PUBLISHED_H
#define ISSUER_PUBLISHED_H

#include "credential/statuslist.h"
#include "credential/tlog.h"
#include "edge/why.h"
#include "keys/own.h"

/*
 * What a body has published, in a folder or at an http(s) URL: only what its
 * own keys have signed counts, the rest says nothing.
 */
struct published;

/* own must outlive it. */
enum cred_err published_open(const char *where, const struct own *own,
    struct published **out, struct why *why);
void published_close(struct published *p);

/* The log's checkpoint. CRED_ERR_* when there is one that is not signed by
 * this log's key. */
enum cred_err published_checkpoint(struct published *p, bool *found,
    uint64_t *size, struct tlog_hash *root, struct why *why);

/* Status list n, inflated; *raw lives until the next call. */
enum cred_err published_list(struct published *p, unsigned n, bool *found,
    int64_t *iat, struct bytes *raw, struct why *why);

#endif
