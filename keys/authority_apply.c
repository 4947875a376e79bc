#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"
#include "keys/authority_int.h"
#include "keys/proposal.h"

#define EARLY_S 3600 /* clocks that differ */

enum cred_err
authority_may(const struct authority *a, struct why *why)
{
	if (a->approvers.k == 0 || a->approved)
		return CRED_OK;
	return why_set(why, CRED_ERR_APPROVAL_FEW,
	    TR("%s asks for %u approvals: write a request with --request FILE, "
	       "have it approved (tamga-keys approve), then tamga-keys "
	       "authority apply",
		"%s 规定须有 %u 个批准：请用 --request FILE 写出申请，"
		"经批准（tamga-keys approve）后用 tamga-keys authority apply "
		"办理"),
	    a->home, a->approvers.k);
}

void
authority_fingerprint(const struct authority *a, uint8_t out[static 32])
{
	trust_sha256(out, a->trust->anchors[0].a.der, (struct bytes){0});
}

static enum cred_err
check_proposal(const struct authority *a, const struct proposal *p, int64_t now,
    struct why *why)
{
	uint8_t h[32];

	authority_fingerprint(a, h);
	if (p->action >= PROPOSAL_REVOKE)
		return why_set(why, CRED_ERR_REQUEST_FORM, "%s",
		    TR("this request is for tamga-issuer revoke or replace",
			"这份申请应由 tamga-issuer revoke 或 replace 办理"));
	if (memcmp(h, p->authority, sizeof h) != 0)
		return why_set(why, CRED_ERR_REQUEST_FORM, "%s",
		    TR("this request is for another authority",
			"这份申请是提给另一个主管部门的"));
	if (now < p->made - EARLY_S ||
	    now > p->made + (int64_t)PROPOSAL_DAYS * DAY)
		return why_set(why, CRED_ERR_REQUEST_DONE,
		    TR("this request was not made within the last %d days",
			"这份申请不是最近 %d 天内提出的"),
		    PROPOSAL_DAYS);
	return CRED_OK;
}

static enum cred_err
carry_out(struct authority *a, const struct proposal *p, int64_t now,
    struct applied *out, struct why *why)
{
	const struct withdrawal w = {.body_id = p->body_id,
	    .kid = p->has_kid ? p->kid : NULL,
	    .reason = p->reason,
	    .tree_size = p->tree_size,
	    .at = p->at};
	struct scopefile *grant;
	enum cred_err e;

	if (p->action == PROPOSAL_WITHDRAW)
		return authority_withdraw(
		    a, &w, p->crl_days, now, &out->n, why);
	grant = malloc(sizeof *grant);
	if (grant == NULL)
		return authority_nomem(why);
	e = scopefile_parse("scope.ini", bytes_str(p->scope), grant, why);
	if (e == CRED_OK && strcmp(grant->scope.body_id, p->body_id) != 0)
		e = why_set(why, CRED_ERR_REQUEST_FORM, "%s",
		    TR("the request names another body than its scope",
			"申请与其范围所列的机构不一致"));
	if (e == CRED_OK)
		e = authority_admit(a, bytes_str(p->csr), grant, p->valid_days,
		    now, &out->pem, why);
	free(grant);
	return e;
}

enum cred_err
authority_apply(struct authority *a, struct bytes request,
    const struct bytes *approvals, size_t n_approvals, int64_t now,
    struct applied *out, struct why *why)
{
	struct applied done = {0};
	struct proposal p;
	enum cred_err e;

	e = proposal_parse(request, &p, why);
	if (e != CRED_OK)
		return e;
	e = check_proposal(a, &p, now, why);
	if (e == CRED_OK)
		e = approval_check(
		    &a->approvers, request, approvals, n_approvals, why);
	/* Recorded before: a crash in between must not let it be done twice. */
	if (e == CRED_OK)
		e = approval_record(
		    a->home, request, approvals, n_approvals, why);
	if (e == CRED_OK) {
		a->approved = true;
		e = carry_out(a, &p, now, &done, why);
		a->approved = false;
		if (e != CRED_OK)
			approval_forget(a->home, request);
	}
	if (e == CRED_OK)
		*out = done;
	proposal_release(&p);
	return e;
}
