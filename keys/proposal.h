#ifndef KEYS_PROPOSAL_H
#define KEYS_PROPOSAL_H

#include "keys/authority.h"

/*
 * A request file: what is to be done, in words that its approvers can read,
 * and whole, so that nothing else decides what will happen. One proposal has
 * one text; its SHA-256 is what is approved.
 *
 *   tamga-request 1
 *   made 2026-11-23T08:00:00Z
 *   action withdraw                     action admit          action revoke
 *   authority <SHA-256 of its anchor>   authority <…>         body-id <USCC>
 *   body-id <USCC>                      valid-days 1098       count 2
 *   kid all                             body-id <USCC>        list
 *   reason keyCompromise                scope                  | 17
 *   tree-size 266                        | [body]              | 18
 *   at 2026-11-20T00:00:00Z              | …                  reason 考核作弊
 *   crl-days 30                         csr
 *                                        | -----BEGIN …
 * A replacement is as a revocation, with "valid-to" and "review-due" before
 * the reason: a date, or "unchanged". Certificates are named by their index: a
 * number can come to mean a newer one between approval and deed.
 */
enum proposal_action {
	PROPOSAL_ADMIT,
	PROPOSAL_WITHDRAW,
	PROPOSAL_REVOKE,  /* many certificates at once */
	PROPOSAL_REPLACE, /* the same */
};

#define PROPOSAL_MAX  (16 << 20)
#define PROPOSAL_DAYS 30 /* from when it was made to when it is done */

/* Texts belong to the caller of proposal_print(); of what was parsed, to
 * memory, for free(). */
struct proposal {
	enum proposal_action action;
	int64_t made;          /* Unix seconds */
	uint8_t authority[32]; /* admit, withdraw */
	const char *body_id;
	bool has_kid; /* withdraw: one certificate alone */
	uint8_t kid[CRED_KID_LEN];
	int reason; /* RFC 5280 CRLReason */
	uint64_t tree_size;
	int64_t at;
	int crl_days;
	int valid_days;    /* admit */
	const char *scope; /* text of scope.ini */
	const char *csr;   /* PEM */
	const char *list;  /* revoke, replace: indexes, a line each */
	const char *why;   /* one line */
	const char *valid_to, *review_due; /* replace; NULL: unchanged */
	char *memory;
};

/* The text: malloc'd. CRED_FAULT_CONFIG for what cannot stand in it: control
 * and hidden characters, line ends but in blocks, a list of other things than
 * indexes. */
enum cred_err proposal_print(
    const struct proposal *p, char **text, struct why *why);
/* Refuses what proposal_print() would not write exactly so. */
enum cred_err proposal_parse(
    struct bytes text, struct proposal *out, struct why *why);
void proposal_release(struct proposal *p);

#endif
