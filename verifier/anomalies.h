#ifndef VERIFIER_ANOMALIES_H
#define VERIFIER_ANOMALIES_H

#include "registry/ledger.h"
#include "verifier/odd.h"

/*
 * What stands out about issuing bodies, the strangest first, with what somebody
 * has explained: a list for a table, a page or JSON. Explanations stand in the
 * registry's audit trail, action "explained", subject "anomaly KEY": who, when
 * and why, for ever.
 */
struct anomalies_found {
	char *key;
	size_t body; /* in bodies */
	struct anomaly anomaly;
	char text[ANOMALY_TEXT_MAX]; /* the sentence, in the user's language */
	char *about;
	int32_t from, to;
	/* By whom, when and why; NULL: by nobody. It holds for what was seen:
	 * when the count has grown since, the finding is open again. */
	char *by, *reason;
	int64_t at;
	uint64_t explained_n;
	bool open;
};

struct anomalies_body {
	char *id, *name; /* name "": not known */
	uint64_t certificates;
	struct anomaly_score score; /* of its open findings */
	size_t n_open, n_explained;
};

struct anomalies {
	struct anomalies_body *bodies; /* by score, then id; odd ones alone */
	size_t n_bodies;
	struct anomalies_found *found; /* by body, then kind, then key */
	size_t n_found;
};

/* The ledger's claims that hold their places, into o. */
enum cred_err anomalies_add_ledger(
    struct odd *o, struct registry *r, struct why *why);
/* Of its last `most` bookings alone; *n: how many these were. */
enum cred_err anomalies_add_newest(struct odd *o, struct registry *r,
    int64_t most, uint64_t *n, struct why *why);
/* Is a finding of n open: not explained, or grown since? r NULL: it is. */
enum cred_err anomalies_is_open(struct registry *r, const char *key,
    uint64_t n, bool *open, struct why *why);
/* r NULL: nothing is explained. out is to be released in any case. */
enum cred_err anomalies_collect(struct odd *o, struct registry *r,
    const struct rulebook *book, const char *region, struct anomalies *out,
    struct why *why);
void anomalies_release(struct anomalies *a);

/* Mark a finding explained, as it stands now. reason: no ID numbers. */
enum cred_err anomalies_explain(struct registry *r,
    const struct anomalies_found *f, const char *reason, const char *actor,
    int64_t now, struct why *why);

#endif
