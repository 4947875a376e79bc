#ifndef KEYS_VERIFY_H
#define KEYS_VERIFY_H

#include "credential/verdict.h"
#include "keys/trust.h"

/*
 * Where status and log come from: a publication in a folder, at a URL, or in
 * a test's memory. Both calls write a fact in every case, a missing one as
 * not known with its reason; they must be safe to call from any thread.
 */
struct evidence {
	void *ctx;
	void (*status)(void *ctx, const struct body *body, uint64_t index,
	    struct status_fact *out);
	/* entry: SHA-256 of the credential, what the log should hold. */
	void (*log)(void *ctx, const struct body *body, uint64_t index,
	    const uint8_t entry[static 32], struct log_fact *out);
};

struct verify_opts {
	int64_t now;       /* Unix seconds */
	struct bytes host; /* our own QR host besides those of the trust list;
			      ptr NULL: none */
};

/*
 * A verdict and what it points into. Caller's; about 5 kB; must not be moved
 * or copied once filled, for verdict.cred points into cose.
 */
struct verification {
	struct verdict verdict;
	struct credential cred;
	struct qrtext qr; /* points into the caller's text */
	uint8_t cose[CRED_MAX_BYTES];
};

/*
 * The one function that every program calls: QR text in, verdict out. Decodes
 * strictly, tries every body with the kid, asks the evidence, decides. Returns
 * CRED_OK with a verdict, or a CRED_FAULT_* and no verdict: never a
 * CRED_ERR_*. evidence NULL: nothing at hand, status_unknown at best.
 */
enum cred_err verify_text(const struct trust *t, const struct evidence *ev,
    struct bytes text, const struct verify_opts *opts,
    struct verification *out);

/* The same from the COSE bytes. */
enum cred_err verify_cose(const struct trust *t, const struct evidence *ev,
    struct bytes cose, const struct verify_opts *opts,
    struct verification *out);

/*
 * Is this the holder's ID number? For a verification whose verdict.show is
 * true: compares the 12 bits. 1 in 4096 strangers passes.
 */
bool verify_id_check(const struct verification *v, struct bytes id);

#endif
