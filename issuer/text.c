#include "issuer/text.h"

size_t
text_next(const char *s, uint32_t *c)
{
	const unsigned char *u = (const unsigned char *)s;
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n;
	uint32_t v;

	if (*u < 0x80) {
		*c = *u;
		return *u != 0;
	}
	n = *u >= 0xf0 ? 4 : *u >= 0xe0 ? 3 : 2;
	if (*u < 0xc2 || *u > 0xf4)
		return 0;
	v = *u & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (u[i] & 0x3f);
	}
	if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return 0;
	*c = v;
	return n;
}

bool
text_blank(uint32_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0 ||
	       (c >= 0x2000 && c <= 0x200b) || c == 0x202f || c == 0x205f ||
	       c == 0x3000 || c == 0xfeff;
}

bool
text_han(uint32_t c)
{
	return (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x4e00 && c <= 0x9fff) ||
	       (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x323af) ||
	       c == 0x3007 || c == 0x3005;
}

bool
text_empty(const char *s)
{
	uint32_t c;
	size_t n;

	while ((n = text_next(s, &c)) > 0 && text_blank(c))
		s += n;
	return *s == '\0';
}
