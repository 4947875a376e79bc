#ifndef KEYS_OWN_H
#define KEYS_OWN_H

#include "credential/verdict.h"
#include "edge/why.h"

/*
 * A body looking at its own certificates, without any key: what they allow
 * it, and whether they signed a message. For issuing programs alone: nobody
 * vouches for these certificates here, no anchor and no CRL is consulted. A
 * verifier's facts come from trust.h.
 */
struct own;

/*
 * pem: one certificate or more; the first is the present one, the others
 * those that it used before. CRED_ERR_X509_* or CRED_ERR_SCOPE_* with the
 * sentence in why.
 */
enum cred_err own_open(struct bytes pem, struct own **out, struct why *why);
void own_free(struct own *o);

/* The present certificate. Lives as long as o. */
const struct body *own_body(const struct own *o);

/* Was this signed by one of them? CRED_OK, CRED_ERR_X509_KID when none has its
 * kid, CRED_ERR_SIGNATURE, or a fault. */
enum cred_err own_verify_cose(
    const struct own *o, const struct cose_sign1 *msg);

#endif
