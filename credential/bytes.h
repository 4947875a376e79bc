#ifndef CREDENTIAL_BYTES_H
#define CREDENTIAL_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Bytes that belong to somebody else. What is decoded points into what was
 * given and lives as long as it does. Absent is ptr == NULL; empty is len 0.
 */
struct bytes {
	const uint8_t *ptr;
	size_t len;
};

/*
 * Bytes to be written: the caller's buffer. len counts what was written, and
 * after an overflow it is not meaningful: the writer has said so.
 */
struct outbuf {
	uint8_t *ptr;
	size_t cap;
	size_t len;
};

static inline struct bytes
bytes_of(const void *ptr, size_t len)
{
	return (struct bytes){ptr, len};
}

static inline struct bytes
bytes_str(const char *s)
{
	return (struct bytes){(const uint8_t *)s, strlen(s)};
}

static inline bool
bytes_eq(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

#endif
