#ifndef ISSUER_CONSENT_H
#define ISSUER_CONSENT_H

#include "issuer/change.h"
#include "keys/approval.h"
#include "keys/proposal.h"

/*
 * Revoking or replacing many certificates at once can need k approvals
 * (keys/approval.h): HOME/tamga.conf says of how many ([approval] many), and
 * how many approvals. It is done in three steps: a request written, approved,
 * and then carried out by the request alone.
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

/* With approvals: read request and approvals into c. What the request lists
 * becomes the set; the rest is in c->p. */
enum cred_err consent_read(struct consent *c, enum proposal_action action,
    struct change_set *set, struct why *why);

/* Without approvals: write the request for these. Of what, all but list and
 * made is set. */
enum cred_err consent_write(const struct consent *c, struct proposal what,
    const uint64_t *index, size_t n, int64_t now, struct why *why);

/*
 * May n certificates be changed now, of those that are not so already?
 * CRED_ERR_APPROVAL_FEW when they are more than HOME lets one person change.
 * With approvals: they are checked, and kept in HOME/approved; consent_undo()
 * if nothing came of it. CRED_ERR_REQUEST_DONE when they are there already and
 * nothing is left to do; what a crash interrupted may go on.
 */
enum cred_err consent_check(struct consent *c, const char *home,
    const char *body_id, size_t n, int64_t now, struct why *why);
void consent_undo(const struct consent *c, const char *home);

#endif
