#ifndef VERIFIER_JSONBODY_H
#define VERIFIER_JSONBODY_H

#include <jansson.h>

#include "credential/bytes.h"

/*
 * A request's body: one JSON object whose members are exactly these n, each a
 * string. NULL for anything else; else the caller's, for jsonbody_free().
 */
json_t *jsonbody_parse(struct bytes body, const char *const *keys, size_t n);
struct bytes jsonbody_text(const json_t *root, const char *key);
/* Clears the strings first: an ID number may be among them. */
void jsonbody_free(json_t *root);

#endif
