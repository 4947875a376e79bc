#ifndef WEB_HTML_H
#define WEB_HTML_H

#include "credential/bytes.h"

/*
 * A page being written: markup of ours goes in as it is, all else escaped.
 * On lack of memory failed is set and the rest ignored.
 */
struct html {
	char *buf; /* malloc'd; the owner frees it */
	size_t len, cap;
	bool failed;
};

/* Markup, literally. */
void html_raw(struct html *h, const char *markup);
void html_raw_bytes(struct html *h, struct bytes markup);
/* Text or attribute value: & < > " ' escaped, control characters and invalid
 * UTF-8 replaced by U+FFFD. */
void html_text(struct html *h, struct bytes text);
void html_str(struct html *h, const char *text);
/* <tag class="cls">text</tag>; nothing at all when text is empty. tag may hold
 * attributes after the name. */
void html_element(
    struct html *h, const char *tag, const char *cls, const char *text);

#endif
