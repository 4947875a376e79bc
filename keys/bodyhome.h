#ifndef KEYS_BODYHOME_H
#define KEYS_BODYHOME_H

#include "credential/cose.h"
#include "edge/pass.h"
#include "edge/why.h"

/*
 * A body's home, the part that is keys: body.key, log.key, body.csr, and
 * body.pem once the certificate is installed. Nothing is overwritten.
 */
struct bodyhome_new {
	const char *name;    /* registered name, at most 64 characters */
	const char *body_id; /* GB 32100, 18 characters */
	const char *prefix;  /* of its certificate numbers, 13 characters */
	const char *base;    /* NULL: the authority will set it */
	enum cose_alg alg;
	const char *key_uri; /* an existing key; NULL: make HOME/body.key */
};
/* Where a request has no base of its own (RFC 2606). */
#define BODYHOME_NO_BASE "https://unset.invalid/"

enum cred_err bodyhome_init(const char *home, const struct bodyhome_new *n,
    const struct pass_source *pass, struct why *why);

/*
 * A new key for the same body, number prefix and log: HOME/next.key and
 * HOME/next.csr. The old key signs until the certificate for the new one is
 * installed. pass is the one of the home's keys, and the new key's too. alg
 * NULL: as before.
 */
enum cred_err bodyhome_rotate(const char *home, const enum cose_alg *alg,
    const char *key_uri, const struct pass_source *pass, struct why *why);

/*
 * Put the certificate that was issued for HOME/body.csr into HOME/body.pem.
 * An earlier one is kept as body-<kid>.pem. A certificate for HOME/next.csr
 * makes that key the home's: the old one is kept as body-<kid>.key. Checks that
 * key, id, prefix and log key are the request's; who signed it is checked by
 * whoever has the anchor. Interrupted, it can be done again.
 */
enum cred_err bodyhome_install(
    const char *home, struct bytes cert_pem, struct why *why);

#endif
