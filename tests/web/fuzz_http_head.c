#include <stdlib.h>
#include <string.h>

#include "web/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* s stands within the head, its end too. */
static void
inside(const char *s, const char *buf, size_t used)
{
	if (s < buf || s >= buf + used ||
	    memchr(s, '\0', used - (size_t)(s - buf)) == NULL)
		abort();
}

/* What comes on a connection, as it is: strings stay within the head, and no
 * beginning of it is taken for a head. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct web_header headers[WEB_MAX_HEADERS];
	struct web_request rq = {0};
	size_t used, less;
	char *buf = malloc(len > 0 ? len : 1);

	if (buf == NULL)
		return 0;
	memcpy(buf, data, len);
	if (head_blank(buf, len) > len)
		abort();
	if (head_parse(buf, len, &rq, headers, &used) == WEB_OK && used > 0) {
		if (used > len || used > HEAD_MAX)
			abort();
		inside(rq.method, buf, used);
		inside(rq.target, buf, used);
		inside(rq.version, buf, used);
		for (size_t i = 0; i < rq.n_headers; i++) {
			inside(headers[i].name, buf, used);
			inside(headers[i].value, buf, used);
		}
		(void)request_check(&rq);
		memcpy(buf, data, len);
		if (head_parse(buf, used - 1, &rq, headers, &less) != WEB_OK ||
		    less != 0)
			abort();
	} else if (used == 0 && memcmp(buf, data, len) != 0) {
		abort();
	}
	free(buf);
	return 0;
}
