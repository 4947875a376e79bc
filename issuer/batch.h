#ifndef ISSUER_BATCH_H
#define ISSUER_BATCH_H

#include "issuer/home.h"
#include "issuer/row.h"

/*
 * The two-phase write (design 5), in chunks: reserve number and index and
 * store the intents, sign, verify, store the credentials, append to the log,
 * acknowledge. What a crash leaves behind at any point is what batch_complete()
 * goes on with: the same function that does it the first time.
 */
#define BATCH_CHUNK  500
#define BATCH_ID_MAX 64

struct batch_result {
	size_t issued;  /* in the log now, not before */
	size_t already; /* were there before */
	size_t refused; /* became void entries: the signer refused, or another
			 * issuer gave them up */
};

struct batch_job {
	const char *id;
	struct row *rows; /* those to issue, good ones only */
	size_t n;
	int64_t now;           /* becomes iat */
	const char *photo_dir; /* of the roster */
	/* After every chunk; may be NULL. */
	void (*progress)(void *ctx, size_t done, size_t total);
	void *progress_ctx;
	/* A row that became void; may be NULL. CRED_FAULT_CONFLICT: by another
	 * issuer's hand, whose reason stands in the audit trail. */
	void (*refused)(
	    void *ctx, const char *batch, uint32_t row, enum cred_err why);
	void *refused_ctx;
};

/*
 * Everything that is reserved or signed and not in the log yet: RESERVED
 * entries are signed from their stored payloads (those the signer refuses
 * become void), all are appended in the order of the index. *n (may be NULL):
 * how many entries were appended. Needs HOME_SIGN.
 */
enum cred_err batch_complete(
    struct home *h, const struct batch_job *job, size_t *n, struct why *why);

/*
 * Issue: batch_complete() first, then chunk by chunk. Idempotent by (batch id,
 * row key). On a fault out says what was done before it.
 */
enum cred_err batch_issue(struct home *h, const struct batch_job *job,
    struct batch_result *out, struct why *why);

/* First 12 hex digits of a hash: SHA-256 of the roster's bytes and the kind. */
void batch_default_id(const uint8_t hash[static 32], char out[static 13]);
/* Letters, digits, '-', '_', '.'; not empty; no more than BATCH_ID_MAX. */
bool batch_id_ok(const char *id);

/* SHA-256 of a credential: its entry in the log. */
enum cred_err batch_entry_hash(struct bytes credential, uint8_t out[static 32]);

#endif
