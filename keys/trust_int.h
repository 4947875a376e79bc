#ifndef KEYS_TRUST_INT_H
#define KEYS_TRUST_INT_H

#include "keys/crl_int.h"
#include "keys/trust.h"

#define TRUST_MAX_ANCHORS 4
#define TRUST_MAX_BODIES  20000

/* body first: a const struct body * that trust_body() gave leads back here. */
struct trust_entry {
	struct body body;
	struct sigcheck *check;
	size_t anchor; /* which one signed it */
	uint8_t serial[20];
	size_t serial_len;
	int64_t revoked_at;
};

struct trust_anchor {
	struct anchor a;
	bool retired;          /* a.not_after is then the last second before */
	enum cred_err crl_err; /* as crl_fact.why, for this anchor's CRL */
	struct crl crl;
};

struct trust {
	size_t n_anchors;
	struct trust_anchor anchors[TRUST_MAX_ANCHORS];
	size_t n;
	struct trust_entry *entries; /* sorted by kid */
	struct bytes *hosts;         /* of the bodies' bases, sorted */
	struct crl_fact crl;
	uint64_t crl_number;
};

/* Withdrawn for this reason, does what the key signed before still count? */
bool trust_key_stays_good(int reason);

const struct trust_entry *trust_entry_of(
    const struct trust *t, const struct body *body);

/*
 * trust_crl.c. Give each anchor the newest of the CRLs in a file that it
 * signed; then, with the bodies there, what they say of them and whether they
 * can be believed at now.
 */
enum cred_err trust_read_crls(struct trust *t, struct bytes file);
void trust_apply_crls(
    struct trust *t, const struct trust_files *files, int64_t now);

/*
 * As trust_open_statuslist(), but a withdrawn certificate may have signed it
 * too, for any reason, if its iat is not after the CRL entry's date. For the
 * authority that signs it anew, not for verdicts.
 */
enum cred_err trust_open_last_statuslist(const struct trust *t,
    const struct body *body, struct bytes token, unsigned list, uint8_t **raw,
    size_t *raw_len, int64_t *iat);

#endif
