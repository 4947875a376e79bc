#ifndef VERIFIER_AUDIT_H
#define VERIFIER_AUDIT_H

#include "credential/bytes.h"
#include "edge/why.h"

/*
 * tamga-audit: a whole publication (design 5) recomputed from its smallest
 * parts and compared with what was seen before. Believes the anchor and the
 * state file, nothing else; needs no key and writes nothing but the state.
 *
 * What it proves: certificates of bodies are the anchor's; each anchor's CRL is
 * its own, and no older than the last one seen; trust.json, which nobody signs,
 * says what they say; every checkpoint is signed by the log's key
 * and contains the tree seen last; every tile and every entry leads to its
 * root; every status list is signed, current, of the right length, no older
 * than seen, takes no revocation back, and revokes the void entries. It does
 * not see what is behind an entry: that is for who holds the certificates.
 */
enum audit_result { AUDIT_PASS, AUDIT_FAIL, AUDIT_UNKNOWN };
const char *audit_result_name(enum audit_result r); /* "pass" … */

struct audit_finding {
	/* "anchor", "certificate", "crl", "trust_json", "withdrawal",
	 * "checkpoint", "consistency", "entries", "tiles", "status" */
	const char *check;
	const char *body; /* its id; NULL: of no single body */
	enum audit_result result;
	enum cred_err code; /* CRED_OK with AUDIT_PASS */
	const char *path;   /* in the publication; NULL: none */
	bool has_index;     /* of the entry, in log and list */
	uint64_t index;
	const char *message; /* in the user's language */
};

struct audit_opts {
	struct bytes anchor; /* PEM */
	const char *source;  /* folder or URL */
	const char *state;   /* file; NULL: nothing was seen before */
	int64_t now;         /* Unix seconds */
	/* Each finding, in the order of the publication. Its texts live no
	 * longer than the call. */
	void (*finding)(void *ctx, const struct audit_finding *f);
	void *ctx;
};

struct audit_count {
	size_t bodies, pass, fail, unknown;
	uint64_t entries; /* that were read */
};

/*
 * Audit everything; bad findings do not stop it. Memory does not grow with
 * the size of a log. The state is replaced, whole: what was found good moves
 * on in it, each CRL, certificate, log and list by itself, so that one body's
 * fault does not keep what was seen of the others from being remembered; what
 * failed or was not known keeps its old place, and fails again until it is
 * mended. A fault: could not run, and the state is as it was. Never a refusal.
 */
enum cred_err audit_run(
    const struct audit_opts *o, struct audit_count *out, struct why *why);

#endif
