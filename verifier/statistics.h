#ifndef VERIFIER_STATISTICS_H
#define VERIFIER_STATISTICS_H

#include "registry/ledger.h"
#include "subsidy/plan.h"

/*
 * What was booked and paid in a calendar year of application, by department of
 * the annex, kind, level, league or city, and month: counts alone, with those
 * left out that would tell of fewer than ten people (subsidy/suppress.h). A
 * person-time is a claim that holds its place and has a certificate: full
 * payments and balances; an advance alone is none yet.
 */
#define STATISTICS_BELOW 10

#define STATISTICS_LEAGUES 12
enum {
	ST_ALL = 0,
	ST_DEPARTMENT = 1,                           /* the annex's; last: none */
	ST_KIND = ST_DEPARTMENT + PLAN_ROWS + 1,     /* 1 to 5 */
	ST_LEVEL = ST_KIND + 5,                      /* none, 1 to 5 */
	ST_KIND_LEVEL = ST_LEVEL + 6,                /* 5 kinds by 6 */
	ST_LEAGUE = ST_KIND_LEVEL + 30,              /* last: elsewhere */
	ST_MONTH = ST_LEAGUE + STATISTICS_LEAGUES + 1,
	ST_CELLS = ST_MONTH + 12,
};

struct statistics {
	int year;
	int64_t made_at;
	uint64_t booked[ST_CELLS], paid[ST_CELLS];
	bool booked_hidden[ST_CELLS], paid_hidden[ST_CELLS];
	int64_t paid_fen; /* all together; published in 万元 */
};

enum cred_err statistics_collect(struct registry *r, int year, int64_t now,
    struct statistics *out, struct why *why);
/* How many counts are left out. */
size_t statistics_n_hidden(const struct statistics *s);

/* index.html (Chinese), en.html, statistics.css and statistics.csv in dir,
 * which is made; older ones are replaced, each whole. */
enum cred_err statistics_write(
    const struct statistics *s, const char *dir, struct why *why);

#endif
