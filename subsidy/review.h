#ifndef SUBSIDY_REVIEW_H
#define SUBSIDY_REVIEW_H

#include "credential/verdict.h"
#include "subsidy/reason.h"
#include "subsidy/rules.h"

/*
 * May this claim be paid? One pure function over facts: what the row says, what
 * its certificate proved to be, what the person received before, what the
 * lists say. Every text is the caller's and outlives the answer.
 */

/* Where the certificate's facts come from. */
enum cert_source {
	CERT_NONE,     /* nothing to check was given, or nobody knows the number */
	CERT_VERDICT,  /* a QR text or scan, judged by verify_text() */
	CERT_REGISTRY, /* by number, in the registry at hand: our own body's */
	CERT_FAILED,   /* given, but could not be judged: fault says why */
};

enum id_outcome {
	ID_UNCHECKED,
	ID_SAME,    /* the whole number, in a registry */
	ID_SAME_12, /* the 12 bits of the credential: 1 in 4096 strangers */
	ID_OTHER,
};

struct cert_facts {
	enum cert_source source;
	const char *fault; /* CERT_FAILED: words for the person */
	/* By today's knowledge, as if on three days: design 6 at each. */
	enum verdict_status today, at_issue, at_application;
	const char *reason; /* words of the verdict of today */
	bool foreign_host;
	const struct certificate *cert; /* NULL unless it may be shown */
	const char *prefix;             /* of its body; NULL not known */
	enum id_outcome id;
};

/* An earlier claim of the same person that is booked, approved or paid, or
 * stands above in the same table and has not failed. */
struct prior {
	const char *claim; /* its 申领编号 */
	const char *subject; /* claim_subject() */
	enum claim_scheme scheme;
	enum claim_part part;
	int year; /* rules_year() of its day */
	int32_t applied;
	int64_t fen;
	int kind;
	unsigned level;
	bool has_issued, has_trained;
	int32_t issued, trained_from, trained_to;
	const char *number;
};

struct review_facts {
	const struct claim *claim;
	int32_t today;
	struct cert_facts cert;
	const struct prior *priors; /* of this person, other claim ids */
	size_t n_priors;
	unsigned lists_given, lists_hit; /* bits 1 << enum office_list */
	enum { NATIONAL_NOT_ASKED, NATIONAL_FOUND, NATIONAL_MISSING } national;
	/* Claims or certificates of others; NULL: none. */
	const char *number_of_other, *photo_of_other;
	const char *other_name_claim;  /* same ID number, another name */
	const char *claim_id_taken;    /* same 申领编号, other content */
	/* C13: what is odd about the issuing body, in plain words; NULL: it
	 * was not looked at, or nothing is. */
	const char *body_odd_zh, *body_odd_en;
	/* Cells that could not be read, by column name. */
	const char *const *unreadable;
	size_t n_unreadable;
};

#define REVIEW_MAX_REASONS 48

enum review_verdict {
	REVIEW_PASS,
	REVIEW_WARN,
	REVIEW_PENDING,
	REVIEW_FAIL,
};

struct review {
	enum review_verdict verdict;
	struct reason_found reasons[REVIEW_MAX_REASONS]; /* in code order */
	size_t n;
	bool has_subject;
	char subject[SUBJECT_MAX]; /* what is booked */
	bool has_year;
	int year;
};

/*
 * Every rule is asked, whatever the others said, so that one run names all that
 * must be repaired. A fail outweighs pending, pending outweighs warn. Total:
 * every input gives one answer.
 */
void review_claim(const struct review_facts *f, const struct rules *rules,
    struct review *out);

const char *review_verdict_name(enum review_verdict v); /* "pass" … */

#endif
