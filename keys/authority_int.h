#ifndef KEYS_AUTHORITY_INT_H
#define KEYS_AUTHORITY_INT_H

#include "keys/approval.h"
#include "keys/authority.h"
#include "keys/home_int.h"
#include "keys/make_int.h"
#include "keys/trust_int.h"

#define CRL_FILE_MAX (16 << 20)
#define DAY          86400

struct authority {
	char *home;
	int lock;        /* -1: opened to look at only */
	struct key *key; /* NULL: likewise */
	struct bytes anchor_pem, bodies_pem, crl_pem;
	struct trust *trust;
	struct why bad; /* of a certificate in bodies/ that cannot be used */
	struct approvers approvers;
	bool approved; /* what is being done was */
};

/* CRED_ERR_APPROVAL_FEW where k approvals are asked for and none were given. */
enum cred_err authority_may(const struct authority *a, struct why *why);

enum cred_err authority_nomem(struct why *why);
void authority_release(struct bytes *b);
/* Read the home's files again, after each change of them. */
enum cred_err authority_reload(
    struct authority *a, int64_t now, struct why *why);
/* The home's CRL with room for more entries; free() entries. */
enum cred_err authority_copy_crl(
    const struct authority *a, size_t more, struct crl *out, struct why *why);
/* Sign it under the next number and put it in place of the home's. */
enum cred_err authority_replace_crl(struct authority *a, struct crl *crl,
    int crl_days, int64_t now, struct why *why);

#endif
