#ifndef VERIFIER_PAGE_PAGE_H
#define VERIFIER_PAGE_PAGE_H

#include "keys/verify.h"

/*
 * The verifier in the page: credential/ and keys/verify.c as they are, with
 * the parts around them that natively are OpenSSL, zlib and a folder. What
 * they need from outside — a file, a signature checked, a list inflated — is
 * asked of the page: the run ends, the page answers, and it is run again from
 * the start, until nothing is lacking. A run costs less than a millisecond.
 */
enum want {
	WANT_NOTHING = 0,
	WANT_BODIES,    /* bodies of a kid, and of the same body ids */
	WANT_FILE,      /* of the publication, by its path */
	WANT_SIGNATURE, /* is it good? */
	WANT_INFLATE,   /* zlib, RFC 1950; at most STATUSLIST_RAW_MAX + 1 */
	WANT_SERVER, /* a thing that the page cannot judge: ask the service */
	WANT_FAULT,  /* memory, or a state that should not be */
};

/* What is asked for; the slices live until the next run. */
struct question {
	enum want want;
	char path[128];    /* WANT_FILE */
	enum cose_alg alg; /* WANT_SIGNATURE */
	struct bytes data; /* kid; signed bytes; zlib */
	struct bytes key, sig;
};

/* ask.c: what was answered, or CRED_FAULT_NETWORK with the question noted. */
void ask_reset(void);
enum cred_err ask(const struct question *q, struct bytes *out);
const struct question *ask_open(void); /* NULL: nothing is lacking */
/* Answer the open question; bytes are copied. e: CRED_OK, or why it cannot be
 * had (CRED_ERR_SIGNATURE, CRED_FAULT_NETWORK); missing: it is not there. */
bool ask_answer(enum cred_err e, bool missing, struct bytes data);
/* Give up on verdicts of ours. */
enum cred_err ask_server(void);

/* trust.c: the facts that the page was given. */
struct facts {
	struct crl_fact crl;
	size_t n_bodies;
};
void trust_reset(void);
bool trust_add(const struct body *b);
void trust_set_crl(const struct crl_fact *crl);
bool trust_set_hosts(struct bytes lines); /* "a\nb\n" */

/* evidence.c: status lists and log. */
extern const struct evidence page_evidence;
/* Nothing older than these counts, and no log that does not contain this tree;
 * 0 for none; root NULL: only its size is known. */
void evidence_floor(int64_t status_iat, uint64_t log_size, const uint8_t *root);
/* No list of later than this counts. */
void evidence_now(int64_t now);
/* What the last run used; 0: nothing. */
int64_t evidence_seen_iat(void);
uint64_t evidence_seen_size(void);
const struct tlog_hash *evidence_seen_root(void);

#endif
