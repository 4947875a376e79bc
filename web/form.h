#ifndef WEB_FORM_H
#define WEB_FORM_H

#include "credential/bytes.h"
#include "web/problem.h"

/*
 * application/x-www-form-urlencoded (WHATWG URL s5.1) as browsers send it, and
 * queries of addresses. Strict: at most FORM_MAX_FIELDS fields, no name twice,
 * every escape two hex digits, all of it UTF-8 without control characters but
 * tab and line ends.
 */
#define FORM_MAX_FIELDS 24
#define FORM_MAX_BYTES  16384

struct form {
	size_t n;
	struct {
		const char *name, *value;
	} fields[FORM_MAX_FIELDS];
	char *text; /* what they point into */
};

/* WEB_OK, WEB_FORM, or WEB_BUSY when out of memory. out is to be released in
 * any case. */
enum web_problem form_parse(struct bytes body, struct form *out);
void form_release(struct form *f);

/* The field's value; NULL when it is not there. */
const char *form_get(const struct form *f, const char *name);
/* A decimal number from 0 to max; false when it is not there or is none. */
bool form_number(
    const struct form *f, const char *name, int64_t max, int64_t *out);

#endif
