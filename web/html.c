#include "web/html.h"

#include <stdlib.h>

#include "credential/cbor.h"

void
html_raw_bytes(struct html *h, struct bytes markup)
{
	if (h->failed || markup.len == 0)
		return;
	if (h->cap - h->len < markup.len) {
		size_t cap = h->cap < 8192 ? 8192 : h->cap;
		char *p;

		while (cap - h->len < markup.len) {
			if (cap > SIZE_MAX / 2) {
				h->failed = true;
				return;
			}
			cap *= 2;
		}
		p = realloc(h->buf, cap);
		if (p == NULL) {
			h->failed = true;
			return;
		}
		h->buf = p;
		h->cap = cap;
	}
	memcpy(h->buf + h->len, markup.ptr, markup.len);
	h->len += markup.len;
}

void
html_raw(struct html *h, const char *markup)
{
	html_raw_bytes(h, bytes_str(markup));
}

/* Length of the UTF-8 character at p, 0 if there is none. */
static size_t
utf8_len(const uint8_t *p, size_t left)
{
	size_t n = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;

	return n <= left && utf8_valid(bytes_of(p, n)) ? n : 0;
}

void
html_text(struct html *h, struct bytes text)
{
	const uint8_t *p = text.ptr, *end = text.ptr + text.len;

	while (p < end) {
		size_t n = utf8_len(p, (size_t)(end - p));

		if (*p == '&')
			html_raw(h, "&amp;");
		else if (*p == '<')
			html_raw(h, "&lt;");
		else if (*p == '>')
			html_raw(h, "&gt;");
		else if (*p == '"')
			html_raw(h, "&quot;");
		else if (*p == '\'')
			html_raw(h, "&#39;");
		else if (n == 0 || (*p < 0x20 && *p != '\n') || *p == 0x7f)
			html_raw(h, "\xef\xbf\xbd");
		else
			html_raw_bytes(h, bytes_of(p, n));
		p += n > 0 ? n : 1;
	}
}

void
html_str(struct html *h, const char *text)
{
	html_text(h, bytes_str(text));
}

void
html_element(struct html *h, const char *tag, const char *cls, const char *text)
{
	size_t name = strcspn(tag, " ");

	if (text == NULL || *text == '\0')
		return;
	html_raw(h, "<");
	html_raw(h, tag);
	if (cls != NULL) {
		html_raw(h, " class=\"");
		html_raw(h, cls);
		html_raw(h, "\"");
	}
	html_raw(h, ">");
	html_str(h, text);
	html_raw(h, "</");
	html_raw_bytes(h, bytes_of(tag, name));
	html_raw(h, ">");
}
