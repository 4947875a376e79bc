#ifndef KEYS_AUTHORITY_H
#define KEYS_AUTHORITY_H

#include "credential/cose.h"
#include "edge/pass.h"
#include "keys/scopefile.h"
#include "keys/trust.h"

/*
 * The authority's home: authority.key, anchor.pem, authority.crl (PEM) and
 * bodies/<kid>.pem, every certificate it ever issued. One process at a time
 * may change it (flock on HOME/lock). Files are created, never overwritten,
 * but for the CRL, which each change replaces by one with a higher number.
 */
struct authority;

struct authority_new {
	const char *name; /* registered name, at most 64 characters */
	enum cose_alg alg;
	const char *key_uri; /* "file:…": an existing key; "pkcs11:…": one in
				a token, made there unless it is there; NULL:
				make one in HOME/authority.key */
	int valid_days, crl_days;
};
/* Make a home: key, anchor, an empty CRL. fingerprint: of the anchor. */
enum cred_err authority_init(const char *home, const struct authority_new *n,
    const struct pass_source *pass, int64_t now, uint8_t fingerprint[static 32],
    struct why *why);

/* pass NULL: to look at only. */
enum cred_err authority_open(const char *home, const struct pass_source *pass,
    int64_t now, struct authority **out, struct why *why);
void authority_close(struct authority *a);
/* Its anchor, all bodies, its CRL; changes with each call below. */
const struct trust *authority_trust(const struct authority *a);
/* SHA-256 of its anchor. */
void authority_fingerprint(const struct authority *a, uint8_t out[static 32]);

/*
 * Issue a certificate for a request within a granted scope. The request's id
 * and prefix must be the scope file's; base is the scope file's, else the
 * request's; name likewise. *pem: malloc'd. Refused, CRED_ERR_X509_*: a kid
 * that another certificate has, a key that another body has or that was
 * withdrawn as stolen; another body's prefix; another log key or base than the
 * body's, under which its log and lists could not be verified any more.
 */
enum cred_err authority_admit(struct authority *a, struct bytes csr_pem,
    const struct scopefile *grant, int valid_days, int64_t now, char **pem,
    struct why *why);

/*
 * Withdraw every certificate of a body, or the one with this kid. Entries of
 * its log below tree_size stay good. Again with a smaller tree_size: lowered;
 * CRED_ERR_NOT_DATE with a greater one, or with a reason under which the key
 * would count again.
 * at: since when the key was not to be trusted. *n: how many.
 */
struct withdrawal {
	const char *body_id;
	const uint8_t *kid; /* NULL: all of the body */
	int reason;         /* RFC 5280 CRLReason */
	uint64_t tree_size;
	int64_t at;
};
enum cred_err authority_withdraw(struct authority *a,
    const struct withdrawal *w, int crl_days, int64_t now, size_t *n,
    struct why *why);
/* "keyCompromise" and the like; -1: none that a withdrawal may have. */
int authority_reason(const char *name);

/*
 * Issue a new CRL and write DIR/trust/anchor.pem, bodies.pem, authority.crl,
 * trust.json. HOME/retired/ may hold the same three files of the authority
 * before this one, as it published them last: they are published beside ours.
 * CRED_FAULT_CONFLICT if DIR holds a CRL, of ours or of that one, with
 * a higher number than the home: the home is an old copy.
 */
enum cred_err authority_publish(struct authority *a, const char *dir,
    int crl_days, int64_t now, struct why *why);

/*
 * Take over the status lists of a body that is withdrawn, every certificate of
 * it: the lists in DIR/bodies/<body id>/status, whose signatures must be the
 * body's from before the withdrawal, or the anchor's from an earlier taking
 * over, are signed anew by the anchor for list_days and replaced. All or none
 * is signed. Refused with CRED_ERR_NOT_DATE when the body is not withdrawn,
 * CRED_ERR_STATUS_INDEX when the lists do not reach as far as the withdrawal's
 * tree size.
 */
struct adoption {
	size_t n;           /* how many lists */
	int64_t oldest_iat; /* when the oldest of them had been signed */
	bool late;          /* one was signed after the key was not to be
			       trusted: worth a look at an earlier copy */
};
enum cred_err authority_adopt(struct authority *a, const char *dir,
    const char *body_id, int list_days, int64_t now, struct adoption *out,
    struct why *why);

/*
 * Do what a request file (proposal.h) says, which k approvers must have
 * approved (approval.h): what authority_admit() and authority_withdraw() refuse
 * with CRED_ERR_APPROVAL_FEW where HOME/tamga.conf asks for approvals.
 * CRED_ERR_REQUEST_DONE: done before, or made more than PROPOSAL_DAYS ago.
 */
struct applied {
	char *pem; /* of an admission: the certificate; malloc'd */
	size_t n;  /* of a withdrawal: how many */
};
enum cred_err authority_apply(struct authority *a, struct bytes request,
    const struct bytes *approvals, size_t n_approvals, int64_t now,
    struct applied *out, struct why *why);

#endif
