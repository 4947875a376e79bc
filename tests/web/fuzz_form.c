#include <stdlib.h>

#include "web/cookie.h"
#include "web/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* First line: a Cookie header; all of it: a form. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *nl = memchr(data, '\n', len);
	char *line =
	    strndup((const char *)data, nl != NULL ? (size_t)(nl - data) : len);
	const struct web_header h[] = {{"Cookie", line}};
	const struct web_request rq = {.headers = h, .n_headers = 1};
	struct form f;
	char out[16];
	int64_t v;

	if (line == NULL)
		return 0;
	if (cookie_get(&rq, "a", out, sizeof out) && strlen(out) >= sizeof out)
		abort();
	if (form_parse(bytes_of(data, len), &f) == WEB_OK) {
		for (size_t i = 0; i < f.n; i++)
			if (form_get(&f, f.fields[i].name) != f.fields[i].value)
				abort();
		if (form_number(&f, "n", 99, &v) && (v < 0 || v > 99))
			abort();
	}
	form_release(&f);
	free(line);
	return 0;
}
