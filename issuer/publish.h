#ifndef ISSUER_PUBLISH_H
#define ISSUER_PUBLISH_H

#include "issuer/home.h"

struct publish_result {
	unsigned lists;
	uint64_t size; /* of the log */
	int64_t exp;   /* of the lists */
};

/*
 * Publish into DIR: bodies/<id>/log, then bodies/<id>/status/<n>, signed anew
 * with an iat greater than every one before. A list n covers the indexes n *
 * 2^20 ...; its raw length is what the log needs, rounded up to 256 entries.
 * Entries past the log read 0 and prove nothing: verifiers ask the log. Needs
 * HOME_SIGN and nothing staged (batch_complete()).
 *
 * CRED_FAULT_CONFLICT or CRED_FAULT_LOG, and nothing is written, when DIR holds
 * a newer list or a longer log than this home ever made: the home is an old
 * copy, and publishing it would take back revocations.
 */
enum cred_err publish(struct home *h, const char *dir, int64_t now,
    struct publish_result *out, struct why *why);

#endif
