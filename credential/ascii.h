#ifndef CREDENTIAL_ASCII_H
#define CREDENTIAL_ASCII_H

#include "credential/bytes.h"

/* Of ASCII alone, in any locale. */
static inline bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static inline bool
is_capital(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static inline bool
is_small(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

static inline bool
is_alnum(uint8_t c)
{
	return is_digit(c) || is_capital(c) || is_small(c);
}

static inline uint8_t
to_capital(uint8_t c)
{
	return is_small(c) ? (uint8_t)(c - ('a' - 'A')) : c;
}

/* Are bytes from..to, without to, all digits? */
static inline bool
all_digits(struct bytes s, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		if (!is_digit(s.ptr[i]))
			return false;
	}
	return true;
}

/*
 * v in decimal, with leading zeros up to width, at most 20 digits. Returns the
 * end; writes no NUL. (snprintf would bring stdio into the page's module.)
 */
static inline char *
put_decimal(char *to, uint64_t v, unsigned width)
{
	char digits[20];
	unsigned n = 0;
	while (v > 0 || n < width || n == 0) {
		digits[n++] = (char)('0' + v % 10);
		v /= 10;
	}
	while (n > 0)
		*to++ = digits[--n];
	return to;
}

/* Two hexadecimal digits. Returns the end. */
static inline char *
put_hex(char *to, uint8_t v)
{
	static const char HEX[] = "0123456789abcdef";
	*to++ = HEX[v >> 4];
	*to++ = HEX[v & 15];
	return to;
}

#endif
