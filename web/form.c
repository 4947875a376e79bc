#include "web/form.h"

#include <stdlib.h>

#include "credential/cbor.h"

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One name or value from in to *out, and a NUL; false where it is none. */
static bool
decode(struct bytes in, char **out)
{
	char *o = *out, *start = o;

	for (size_t i = 0; i < in.len; i++) {
		char c = (char)in.ptr[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			int hi, lo;
			if (in.len - i < 3)
				return false;
			hi = hex((char)in.ptr[i + 1]);
			lo = hex((char)in.ptr[i + 2]);
			if (hi < 0 || lo < 0)
				return false;
			c = (char)(hi << 4 | lo);
			i += 2;
		}
		if (((unsigned char)c < 0x20 && c != '\t' && c != '\n' &&
			c != '\r') ||
		    c == 0x7f)
			return false;
		*o++ = c;
	}
	*o = '\0';
	*out = o + 1;
	return utf8_valid(bytes_of(start, (size_t)(o - start)));
}

static bool
add(struct form *f, struct bytes pair, char **out)
{
	const uint8_t *eq = memchr(pair.ptr, '=', pair.len);
	size_t n = eq != NULL ? (size_t)(eq - pair.ptr) : pair.len;
	char *name = *out, *value;

	if (f->n == FORM_MAX_FIELDS || n == 0 ||
	    !decode(bytes_of(pair.ptr, n), out))
		return false;
	value = *out;
	if (!decode(eq != NULL ? bytes_of(eq + 1, pair.len - n - 1)
			       : bytes_of("", 0),
		out))
		return false;
	if (form_get(f, name) != NULL)
		return false;
	f->fields[f->n].name = name;
	f->fields[f->n++].value = value;
	return true;
}

enum web_problem
form_parse(struct bytes body, struct form *out)
{
	char *o;

	*out = (struct form){.n = 0};
	if (body.len > FORM_MAX_BYTES)
		return WEB_FORM;
	/* A NUL after each name and value, of which "a&b&…" has most. */
	out->text = malloc(2 * body.len + 4);
	if (out->text == NULL)
		return WEB_BUSY;
	o = out->text;
	for (size_t i = 0; i < body.len;) {
		const uint8_t *amp = memchr(body.ptr + i, '&', body.len - i);
		size_t n =
		    amp != NULL ? (size_t)(amp - body.ptr) - i : body.len - i;
		if (n > 0 && !add(out, bytes_of(body.ptr + i, n), &o))
			return WEB_FORM;
		i += n + 1;
	}
	return WEB_OK;
}

void
form_release(struct form *f)
{
	free(f->text);
	*f = (struct form){.n = 0};
}

const char *
form_get(const struct form *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->fields[i].name, name) == 0)
			return f->fields[i].value;
	return NULL;
}

bool
form_number(const struct form *f, const char *name, int64_t max, int64_t *out)
{
	const char *s = form_get(f, name);
	size_t n = s != NULL ? strspn(s, "0123456789") : 0;
	int64_t v;

	if (n == 0 || n > 18 || s[n] != '\0')
		return false;
	v = strtoll(s, NULL, 10);
	if (v > max)
		return false;
	*out = v;
	return true;
}
