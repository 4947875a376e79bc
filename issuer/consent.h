#ifndef ISSUER_CONSENT_H
#define ISSUER_CONSENT_H

#include "issuer/change.h"
#include "keys/approval.h"
#include "keys/proposal.h"

/*
 * A revocation of many certificates at once can need k approvals
 * (keys/approval.h): HOME/tamga.conf says of how many ([approval] many), and
 * how many approvals. It is done in three steps: a request written, approved,
 * and then revoked by the request alone.
 */
#define CONSENT_MAX 64

struct consent {
	const char *request;                /* --request; NULL: none */
	const char *approvals[CONSENT_MAX]; /* --approval */
	size_t n;
	struct bytes text, notes[CONSENT_MAX];
	struct proposal p;
};
void consent_release(struct consent *c);

/* With approvals: what the request says becomes the set, and *reason. */
enum cred_err consent_read(struct consent *c, struct change_set *set,
    const char **reason, struct why *why);

/* Without approvals: write the request for this set, resolved. */
enum cred_err consent_write(const struct consent *c,
    const struct change_set *set, const char *body_id, const char *reason,
    int64_t now, struct why *why);

/*
 * May n certificates be revoked now? CRED_ERR_APPROVAL_FEW when they are more
 * than HOME lets one person revoke. With approvals: they are checked, and kept
 * in HOME/approved; consent_undo() if nothing came of it.
 */
enum cred_err consent_check(struct consent *c, const char *home,
    const char *body_id, size_t n, int64_t now, struct why *why);
void consent_undo(const struct consent *c, const char *home);

#endif
