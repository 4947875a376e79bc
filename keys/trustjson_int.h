#ifndef KEYS_TRUSTJSON_INT_H
#define KEYS_TRUSTJSON_INT_H

#include <jansson.h>

#include "keys/trust_int.h"

/* One body, anchor, scope; new references, NULL: out of memory. */
json_t *trustjson_body(const struct body *b);
json_t *trustjson_anchor(const struct anchor *a);
json_t *trustjson_scope(const struct scope *s);

#endif
