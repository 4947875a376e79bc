#ifndef TABLE_SPILL_H
#define TABLE_SPILL_H

#include "edge/why.h"
#include <stddef.h>
#include <stdint.h>

/*
 * Bytes that are written once, in order, and then read anywhere: the first
 * megabyte in memory, the rest in a temporary file, read through a small cache.
 * Zeroed is empty.
 */
struct spill {
	int fd; /* valid when flushed > 0 */
	char *tail;
	size_t tail_len;
	uint64_t flushed;
	char *cache;
	uint64_t *cached; /* number of the block + 1 in each place */
};

enum cred_err spill_append(
    struct spill *s, const void *p, size_t n, struct why *why);
uint64_t spill_len(const struct spill *s);
/* at + n must not be beyond spill_len(). */
enum cred_err spill_read(
    struct spill *s, uint64_t at, void *buf, size_t n, struct why *why);
void spill_release(struct spill *s);

#endif
