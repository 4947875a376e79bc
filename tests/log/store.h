#ifndef TESTS_LOG_STORE_H
#define TESTS_LOG_STORE_H

#include "log/log.h"
#include "registry/registry.h"

/*
 * A registry and log small enough for crash tests, in one folder, and
 * the order of writes of design 5 with a signature that is a hash. Rows are
 * numbers; everything about them follows from (batch, row).
 */
struct store {
	struct registry *r;
	struct log *l;
	struct why why;
	char spec[160], log_dir[160], pub[160];
	/* Called with every checkpoint that is signed, before the swap. */
	void (*signed_hook)(uint64_t size, const struct tlog_hash *root);
};

#define STORE_NOW INT64_C(1763856000)

enum cred_err store_open(struct store *b, const char *dir);
void store_close(struct store *b);

/* Reserve, sign and store rows [first, first + n) of a batch. index has room
 * for n. */
enum cred_err store_issue(struct store *b, const char *batch, uint32_t first,
    size_t n, uint64_t *index);
/* Append what is settled, in order, until size is reached; false in *reached
 * when a reserved index is in the way. */
enum cred_err store_append(struct store *b, uint64_t size, bool *reached);
/* What an issuer does at its start: reserved ones are signed, or made void
 * (every seventh), and all is appended. */
enum cred_err store_recover(struct store *b);

/* The bytes of a credential and its log entry. */
void store_sign(struct bytes payload, uint8_t out[static 32]);
void store_entry(struct bytes credential, uint8_t out[static 32]);

#endif
