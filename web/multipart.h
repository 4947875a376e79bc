#ifndef WEB_MULTIPART_H
#define WEB_MULTIPART_H

#include "credential/bytes.h"
#include "web/problem.h"

/*
 * multipart/form-data (RFC 7578) as browsers send it, and nothing else: no
 * preamble, no nesting, no Content-Transfer-Encoding, no filename*. Parts
 * point into the body.
 */
#define MULTIPART_MAX_PARTS 12

struct part {
	struct bytes name;
	struct bytes filename; /* ptr NULL: a text field */
	struct bytes data;
};

struct multipart {
	size_t n;
	struct part parts[MULTIPART_MAX_PARTS];
};

/*
 * content_type: the header's value, with its boundary. body: the whole of it.
 * WEB_TYPE when it is no multipart/form-data, WEB_MULTIPART for any other
 * deviation.
 */
enum web_problem multipart_parse(
    const char *content_type, struct bytes body, struct multipart *out);

#endif
