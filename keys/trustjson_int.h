#ifndef KEYS_TRUSTJSON_INT_H
#define KEYS_TRUSTJSON_INT_H

#include <jansson.h>

#include "keys/trust_int.h"

/*
 * The trust list as JSON, for the page (docs/format.md): the same facts that
 * trust_load() reads from anchor.pem, bodies.pem and authority.crl. Times are
 * Unix seconds, days since 1970-01-01, keys and scope (DER) base64, kids hex.
 * NULL: out of memory. malloc'd, with a newline.
 */
char *trustjson_make(const struct trust *t);

/* One body, anchor, scope; new references, NULL: out of memory. */
json_t *trustjson_body(const struct body *b);
json_t *trustjson_anchor(const struct anchor *a);
json_t *trustjson_scope(const struct scope *s);

#endif
