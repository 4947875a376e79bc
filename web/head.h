#ifndef WEB_HEAD_H
#define WEB_HEAD_H

#include "web/request.h"

/*
 * The head of a request: its line, its field lines and the empty line (RFC
 * 9112 s2 to s5). Pure. Lines end with CRLF; a bare LF or CR, a NUL or a folded
 * line is refused, for software differs in what it makes of them. What stands
 * in target, names and values is request_check()'s.
 */
#define HEAD_MAX 16384 /* bytes, the empty line among them */

/* Bytes of empty lines before a request, which are to be passed over (s2.2). */
size_t head_blank(const char *buf, size_t len);

/*
 * Cuts the head at buf up in place: method, target, version and headers of rq
 * then point into it. *used is its length; 0, and nothing is changed, while
 * its end has not come. WEB_BAD_REQUEST, WEB_BAD_VERSION, WEB_LONG_TARGET,
 * WEB_BAD_HEADER, WEB_MANY_HEADERS: the connection is done with after the
 * answer, and rq has empty strings.
 */
enum web_problem head_parse(char *buf, size_t len, struct web_request *rq,
    struct web_header headers[static WEB_MAX_HEADERS], size_t *used);

#endif
