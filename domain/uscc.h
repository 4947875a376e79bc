#ifndef DOMAIN_USCC_H
#define DOMAIN_USCC_H

#include "credential/bytes.h"
#include "credential/err.h"

/*
 * Unified social credit codes, GB 32100-2015: 18 characters without I, O, S,
 * V, Z. CRED_ERR_DOMAIN_FORM; CRED_ERR_DOMAIN_CHECKSUM when only the check
 * character is wrong: real codes with a wrong one exist, so warn and let the
 * user go on (domain.md 4.4).
 */
enum cred_err uscc_check(struct bytes s);

#endif
