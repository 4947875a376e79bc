#ifndef TESTS_CREDENTIAL_TESTING_H
#define TESTS_CREDENTIAL_TESTING_H

/* What the tests of credential/ share. cmocka wants these first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "credential/bytes.h"
#include "credential/err.h"

/* Both by name, so that a failure reads. */
#define assert_err(got, want)                                                  \
	assert_string_equal(cred_errname(got), cred_errname(want))

#define assert_bytes(got, want)                                                \
	do {                                                                   \
		struct bytes got_ = (got), want_ = (want);                     \
		assert_int_equal(got_.len, want_.len);                         \
		assert_memory_equal(got_.ptr, want_.ptr, want_.len);           \
	} while (0)

static inline struct bytes
written(const struct outbuf *out)
{
	return bytes_of(out->ptr, out->len);
}

static inline int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Hexadecimal digits of s, blanks between them ignored. */
static inline struct bytes
unhex(const char *s, uint8_t *buf, size_t cap)
{
	size_t n = 0;
	int high = -1;
	for (; *s; s++) {
		if (*s == ' ' || *s == '\n')
			continue;
		int d = hex_digit(*s);
		assert_true(d >= 0);
		if (high < 0) {
			high = d;
			continue;
		}
		assert_true(n < cap);
		buf[n++] = (uint8_t)(high << 4 | d);
		high = -1;
	}
	assert_int_equal(high, -1);
	return bytes_of(buf, n);
}

/*
 * Exactly these bytes in a block of their own, so that a sanitizer sees a
 * read past them. Caller frees.
 */
static inline uint8_t *
boxed(struct bytes b)
{
	uint8_t *p = malloc(b.len ? b.len : 1);
	assert_non_null(p);
	if (b.len > 0)
		memcpy(p, b.ptr, b.len);
	return p;
}

/* A whole file, NUL-terminated; a missing one fails the test. */
static inline char *
slurp(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		fail_msg("cannot open %s: is the shared folder there?", path);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	long n = ftell(f);
	assert_true(n >= 0);
	rewind(f);
	char *s = malloc((size_t)n + 1);
	assert_non_null(s);
	assert_int_equal(fread(s, 1, (size_t)n, f), (size_t)n);
	s[n] = '\0';
	fclose(f);
	return s;
}

#endif
