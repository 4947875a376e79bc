#ifndef SUBSIDY_RULES_H
#define SUBSIDY_RULES_H

#include "subsidy/claim.h"

/* The rules that hold for one claim: rulebook.h picks them by day, region and
 * scheme, so that a claim of 2019 is judged by the rules of 2019. */

/* Lists that the office supplies, joined by ID number (C09). */
enum office_list {
	LIST_PENSION, /* draws a monthly pension: clause (九) */
	LIST_DEATH,
	LIST_STUDENT,
	LIST_STAFF, /* civil servants and the like */
	N_LISTS,
};
const char *office_list_name(enum office_list l); /* "pension" */

enum list_effect {
	LIST_OFF, /* not looked at */
	LIST_WARN,
	LIST_FAIL,
};

/* What open findings about a body mean for its claims (C13). */
enum body_effect {
	BODY_OFF, /* not asked */
	BODY_WARN,
	BODY_PENDING, /* until they are explained */
};

enum year_by {
	YEAR_BY_APPLIED, /* of the application */
	YEAR_BY_ISSUED,  /* of the certificate's issue date */
};

/* What may be odd about a body (anomaly.h), each with a threshold. */
enum anomaly_kind {
	ANOMALY_PER_DAY,    /* certificates on one day */
	ANOMALY_BURST,      /* times the body's usual day */
	ANOMALY_WEEKEND,    /* percent dated on a weekend */
	ANOMALY_PASS_RATE,  /* percent of those assessed */
	ANOMALY_SERIALS,    /* in a row for one training institution */
	ANOMALY_PHONE,      /* people with one number */
	ANOMALY_ACCOUNT,    /* people with one account */
	ANOMALY_LEVELS,     /* people with levels out of order or too fast */
	ANOMALY_PHOTO,      /* people with one photo */
	ANOMALY_BEFORE_END, /* percent issued before the training ended */
	N_ANOMALIES,
};

#define RULES_MAX_AMOUNTS 32

struct rules {
	enum year_by year_by;
	unsigned year_month, year_mday; /* its first day; 1, 1 */
	unsigned max_per_year;          /* 3: clause (九) */
	unsigned advance_percent;       /* 60: clause (九) */
	unsigned kinds;                 /* bit 1 << kind */
	unsigned levels;      /* bit 1 << level; 0: any, and none */
	unsigned deadline_months;       /* from the issue date; 0: none */
	enum list_effect lists[N_LISTS];
	unsigned required_lists; /* bit 1 << list: without it, pending */
	unsigned age_min;        /* below it a warning; 16 */
	unsigned age_hint;       /* from it a warning, never more; 60 */
	bool national;           /* C14: ask for the national query's list */
	bool amount_exact;       /* an amount below the table's fails too */
	unsigned level_gap_months; /* C15: 12 */
	bool one_scheme;         /* both schemes for one certificate: fail */
	int64_t four_eyes_fen;   /* above it two people decide; -1: never */
	unsigned anomalies[N_ANOMALIES]; /* odd above it; 0: not looked at */
	enum body_effect body_odd;
	unsigned anomaly_min; /* a percentage or burst of fewer says nothing */
	struct rules_amount {
		int kind;
		unsigned level; /* 0: kinds without levels */
		int64_t fen;
	} amounts[RULES_MAX_AMOUNTS];
	size_t n_amounts;
};

/* What holds where no section says anything: clause (九) itself. */
void rules_default(struct rules *r);
/* Of a kind and level; -1 where no table gives one. */
int64_t rules_amount(const struct rules *r, int kind, unsigned level);
/*
 * The year a claim counts in: the calendar year in which that year began.
 * False when the date it goes by is not known.
 */
bool rules_year(const struct rules *r, const struct claim *c, int *year);

#endif
