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

#endif
