#ifndef VERIFIER_MATCH_H
#define VERIFIER_MATCH_H

#include "edge/why.h"
#include "keys/verify.h"
#include "registry/registry.h"

/*
 * Does a certificate belong to this ID number? Two answers of unlike worth: the
 * register of the body that issued it knows the number itself; the certificate
 * alone knows 12 bits of a digest, which one stranger in 4096 has too.
 */
enum match_method {
	MATCH_NONE, /* nothing of the certificate counts: not compared */
	MATCH_DIGEST,
	MATCH_EXACT,
};

struct match {
	enum match_method method;
	bool same;
};

/* "exact", "digest"; NULL for MATCH_NONE. */
const char *match_method_name(enum match_method m);

/* "match-exact-yes" and so on: the page's word for it (card_word()). */
const char *match_word(const struct match *m);

/*
 * id: as typed. CRED_ERR_CLAIMS_ID when it can be no ID number. r: the register
 * of a body, or NULL; exact only where it holds these very bytes under the
 * index, whoever's register it is.
 */
enum cred_err match_id(struct registry *r, const struct verification *v,
    struct bytes id, struct match *out, struct why *why);

#endif
