#include <stdlib.h>

#include "web/multipart.h"
#include "web/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/*
 * First line: what stands in Content-Type and, again, in the target and other
 * headers; the rest is the body.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *nl = memchr(data, '\n', len);
	size_t n = nl != NULL ? (size_t)(nl - data) : len;
	char *line = strndup((const char *)data, n);
	struct web_header h[] = {{"Host", "h"}, {"Content-Type", line},
	    {"Accept-Language", line}, {"If-None-Match", line},
	    {"Content-Length", line}};
	struct web_request rq = {.method = "POST",
	    .target = line,
	    .version = "1.1",
	    .headers = h,
	    .n_headers = 5};
	struct multipart m;
	char out[16];

	if (line == NULL)
		return 0;
	(void)request_check(&rq);
	rq.target = "/";
	rq.n_headers = 4;
	if (request_check(&rq) == WEB_OK) {
		(void)request_has_type(&rq, "image/");
		(void)request_matches_etag(&rq, "\"x\"");
		rq.query = line;
		(void)request_query(&rq, "lang", out, sizeof out);
	}
	if (nl != NULL &&
	    multipart_parse(line, bytes_of(nl + 1, len - n - 1), &m) == WEB_OK)
		for (size_t i = 0; i < m.n; i++)
			if (m.parts[i].data.ptr < nl ||
			    m.parts[i].data.ptr + m.parts[i].data.len >
				data + len)
				abort();
	free(line);
	return 0;
}
