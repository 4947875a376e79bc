#ifndef VERIFIER_ODD_H
#define VERIFIER_ODD_H

#include "subsidy/anomaly.h"
#include "subsidy/rulebook.h"
#include "verifier/tempdb.h"

/*
 * The rows behind subsidy/anomaly.h: certificates that were claimed for, of any
 * number, counted by body, day, telephone and so on. On disk (tempdb.h), so
 * that memory stays flat. People, telephones and accounts are hashes.
 */
struct odd;

enum cred_err odd_new(struct odd **out, struct why *why);
void odd_free(struct odd *o);

/* A certificate that is there already is passed over: two claims with it are
 * one certificate. */
struct odd_fact {
	const char *claim, *body_id, *body_name; /* name "": not known */
	int64_t index; /* in the body's log; -1: not known, the claim stands in */
	const char *institution, *number, *subject;
	unsigned level; /* 0: none */
	bool has_issued, has_trained;
	int32_t issued, trained_to;
	const uint8_t *person;                  /* 32 bytes */
	const uint8_t *phone, *account, *photo; /* 16 bytes; NULL none */
};
enum cred_err odd_add(
    struct odd *o, const struct odd_fact *f, struct why *why);

/* The name of a body that facts did not give. A body without facts stays out. */
enum cred_err odd_name(
    struct odd *o, const char *body_id, const char *name, struct why *why);

/* A day's assessment as the body reported it. capacity 0: not said. */
enum cred_err odd_session(struct odd *o, const char *body_id, int32_t day,
    uint64_t assessed, uint64_t passed, unsigned capacity, struct why *why);

struct odd_finding {
	struct anomaly anomaly;
	/* Names it in the audit trail, the same in every run: "per_day:BODY:DAY".
	 * Holds no personal data. */
	const char *key;
	const char *body_id;
	int32_t from, to;  /* days; the same for one day */
	const char *about; /* an institution, or claims: "A1, A7"; "" none */
};
#define ODD_KEY_MAX 128
typedef enum cred_err odd_fn(
    void *ctx, const struct odd_finding *f, struct why *why);
/* Everything odd by the rules of its last day. fn's texts live until it
 * returns. */
enum cred_err odd_find(struct odd *o, const struct rulebook *book,
    const char *region, odd_fn *fn, void *ctx, struct why *why);

/* Every body, by id; n certificates. */
typedef enum cred_err odd_body_fn(void *ctx, const char *body_id,
    const char *name, uint64_t n, struct why *why);
enum cred_err odd_bodies(
    struct odd *o, odd_body_fn *fn, void *ctx, struct why *why);

#endif
