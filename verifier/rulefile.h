#ifndef VERIFIER_RULEFILE_H
#define VERIFIER_RULEFILE_H

#include "edge/why.h"
#include "subsidy/rulebook.h"

/*
 * A rules file (docs/rules.md) into a rulebook. sha256 is of its bytes: what a
 * report names, so that it can be told which rules it was made by. The first
 * line that is wrong is named with what it should be: CRED_FAULT_CONFIG.
 */
#define RULEFILE_MAX (1u << 20)
enum cred_err rulefile_load(const char *path, struct rulebook *out,
    uint8_t sha256[static 32], struct why *why);

#endif
