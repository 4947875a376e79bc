#ifndef RENDER_SPOOL_INT_H
#define RENDER_SPOOL_INT_H

#include "credential/bytes.h"
#include "credential/err.h"

/* Bytes that are written first and read as a whole later: in memory, and from
 * SPOOL_MEMORY on in a file without a name beside path; path NULL: no more. */
#define SPOOL_MEMORY (4u << 20)
struct spool {
	const char *path; /* the caller's, or NULL */
	int err;          /* errno of what failed first */
	int fd;           /* -1: all is in memory */
	uint8_t *buf;     /* what is not in the file */
	size_t n, cap;
	uint64_t filed; /* bytes in the file */
	void *map;
};

void spool_init(struct spool *s, const char *path);
/* False, and err, when it cannot; and after that always. */
bool spool_put(struct spool *s, const void *data, size_t len);
/* All of it; nothing may be put any more. The bytes are the spool's. */
bool spool_bytes(struct spool *s, struct bytes *out);
void spool_release(struct spool *s);

#endif
