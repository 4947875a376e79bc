#ifndef WEB_COOKIE_H
#define WEB_COOKIE_H

#include "web/request.h"

/*
 * The value of the cookie of that name (RFC 6265 s4.2), into out. False when
 * there is none, when it is longer than cap - 1 or not of cookie-octets, and
 * when the name stands more than once: then somebody else may have set one of
 * them.
 */
bool cookie_get(
    const struct web_request *rq, const char *name, char *out, size_t cap);

#endif
