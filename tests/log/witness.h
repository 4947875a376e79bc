#ifndef TESTS_LOG_WITNESS_H
#define TESTS_LOG_WITNESS_H

#include "tests/log/store.h"

/* What a process said before it died, and whether it holds afterwards. */
struct told {
	enum {
		TOLD_ISSUED,      /* acknowledged: index, entry */
		TOLD_REVOKED,     /* acknowledged: index */
		TOLD_PUBLISHED,   /* acknowledged: size */
		TOLD_SIGNED_HEAD, /* was signed: size, root */
		TOLD_FAILED,      /* a call failed: error, first bytes of why */
	} what;
	uint64_t at;
	uint8_t hash[32];
};

struct witness {
	struct told *told;
	size_t n, cap;
	unsigned lost, duplicate, split, corrupt, unopened;
	char first[256]; /* what was found first */
};

void witness_hear(struct witness *w, const struct told *t);
/* Until the other end is closed. */
void witness_listen(struct witness *w, int fd);
/* Open what is in dir and hold it against everything told; recover: then go
 * on as an issuer would, and publish. */
void witness_check(struct witness *w, const char *dir, bool recover);
/* All counters zero? */
bool witness_content(const struct witness *w);
void witness_release(struct witness *w);

/* The other side. */
void tell(int fd, int what, uint64_t at, const uint8_t *hash);

/* One chunk from reservation to acknowledgement. */
enum cred_err issue_chunk(
    struct store *s, int fd, const char *batch, uint32_t first, size_t n);

void remove_tree(const char *dir);

#endif
