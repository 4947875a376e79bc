#ifndef VERIFIER_DESK_H
#define VERIFIER_DESK_H

#include "registry/ledger.h"
#include "subsidy/review.h"
#include "subsidy/rulebook.h"
#include "verifier/claimfile.h"
#include "verifier/odd.h"
#include "verifier/officelist.h"
#include "verifier/scan.h"
#include "verifier/seen.h"

/*
 * A reviewer's desk: everything that a claim is held against, and the one
 * function that gathers a claim's facts and asks subsidy/review.h. Command line
 * and page use it alike. One thread a desk.
 */
struct suspects;

/* How far what is odd about issuing bodies was looked at (C13). */
enum desk_looked {
	LOOKED_NOT,
	LOOKED_TABLE,  /* at the table alone: there is no ledger */
	LOOKED_NEWEST, /* and at the ledger's newest claims */
	LOOKED_LEDGER, /* and at the whole ledger */
};
/* So many: a ledger of ten million is not read again for every table. */
#define DESK_ODD_LEDGER 100000
const char *desk_looked_text(enum desk_looked l, bool zh);

struct desk {
	const struct rulebook *book;
	const char *region;      /* of the office: "1502"; "" none */
	int64_t now;             /* Unix seconds */
	struct publication *pub; /* NULL: certificates cannot be checked */
	struct verify_opts verify;
	struct registry *registry; /* ledger, issued certificates; NULL: none */
	struct person_key key;
	struct officelist lists[N_LISTS];
	unsigned lists_given;
	struct officelist national;
	bool national_given;
	struct reader *reader; /* for scans; NULL: none can be read */
	const char *scans;     /* folder of the 扫描件 column; NULL: none */
	struct seen *seen;     /* of the table at hand; NULL: a claim alone */
	const char *sessions;  /* what bodies reported; NULL: nothing */
	struct odd *odd;       /* between desk_odd_begin() and _end() */
	struct suspects *suspects; /* after it; NULL: not looked at */
	enum desk_looked looked;
	size_t odd_rows, odd_known; /* of the table; whose body is known */
};

/* A claim's answer. Reasons' texts point into it and into the row. */
#define DESK_MAX_PRIORS 64
struct desk_answer {
	struct review review;
	struct rules rules;
	uint8_t person[32];
	/* Of the certificate, "" or 0 until its signature holds. */
	const char *verdict; /* "valid" …; "" when none was given */
	char cert_number[64], body_id[32], body_name[256];
	int64_t index; /* in the body's log; -1 not known */
	/* Does the body stand out? */
	enum { ODD_NOT_LOOKED, ODD_NO, ODD_YES } odd;
	uint8_t photo[16];
	bool has_photo;
	/* For the ledger: hashes of what the row says, and its region or the
	 * office's. */
	bool has_phone, has_account;
	uint8_t phone[16], account[16];
	char region[8];
	/* What the reasons point into. */
	struct verification v;
	struct publication_hold hold;
	struct scan_report scan;
	struct registry_entry entry;
	struct seen_others others;
	struct prior priors[DESK_MAX_PRIORS];
	char *prior_texts[DESK_MAX_PRIORS];
	size_t n_priors;
	char fault[1024], ledger_claim[SEEN_TEXT];
};

/* First walk over a table, with desk.seen: note what a row says. */
enum cred_err desk_note(
    struct desk *d, const struct claim_row *row, struct why *why);
/*
 * What is odd about issuing bodies: begin before the first walk, end after it;
 * desk_note() collects in between, and desk_review() says it afterwards.
 */
enum cred_err desk_odd_begin(struct desk *d, struct why *why);
enum cred_err desk_odd_note(
    struct desk *d, const struct claim_row *row, struct why *why);
enum cred_err desk_odd_end(struct desk *d, struct why *why);
void desk_odd_release(struct desk *d);
/* A reviewed row as a fact about its body. */
enum cred_err desk_odd_add(struct odd *o, const struct claim_row *row,
    const struct desk_answer *a, struct why *why);
/*
 * Review one claim. With desk.seen, desk_note() must have seen every row of the
 * table; a claim that has not failed becomes a prior of those below it. Faults
 * of a single certificate (a broken scan) are pending, not errors; errors are
 * memory, the registry, the disk. out is to be released in any case.
 */
enum cred_err desk_review(struct desk *d, const struct claim_row *row,
    struct desk_answer *out, struct why *why);
void desk_answer_release(struct desk_answer *a);

/* What would be booked; texts point into row and answer. */
void desk_ledger_claim(const struct claim_row *row,
    const struct desk_answer *a, char codes[static 128],
    struct ledger_claim *out);
/* "C05 C12": each code once. */
void desk_codes(const struct review *r, char out[static 128]);

#endif
