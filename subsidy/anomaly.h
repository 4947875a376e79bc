#ifndef SUBSIDY_ANOMALY_H
#define SUBSIDY_ANOMALY_H

#include "subsidy/rules.h"

/*
 * What is odd about issuing bodies (C13; domain.md 7.3: 334 bodies issued
 * 140 000 real-looking certificates). Counts come in, made by whoever holds the
 * rows; a finding with its threshold goes out. A finding is a reason to look,
 * never a refusal.
 */
struct anomaly_count {
	enum anomaly_kind kind;
	uint64_t n;
	uint64_t of; /* what n is a part of, or is held against: the body's
			certificates, the people assessed, its usual day */
	unsigned capacity; /* PER_DAY: the body's own, when known; 0 */
};

struct anomaly {
	enum anomaly_kind kind;
	uint64_t n, of;
	unsigned limit;
	/* How far above the limit, in hundredths: 100 is just at it. At most
	 * ANOMALY_EXCESS_MAX, so that one monstrous day does not hide all. */
	unsigned excess;
};
#define ANOMALY_EXCESS_MAX 500

/* Is it odd by these rules? */
bool anomaly_judge(const struct anomaly_count *c, const struct rules *r,
    struct anomaly *out);

const char *anomaly_name(enum anomaly_kind k); /* "per_day", as in the key */
/* The sentence: what was counted, against what. */
#define ANOMALY_TEXT_MAX 256
void anomaly_text(
    const struct anomaly *a, bool zh, char out[static ANOMALY_TEXT_MAX]);

/* Serial numbers of one body and one institution, sorted: how long is each run
 * without a gap? */
struct anomaly_run {
	uint64_t n, last;
	char head[32]; /* the number before its serial */
};
/*
 * The next certificate number, in order. True when it ends the run before it,
 * whose length goes to *n. A number without six digits at its end is passed
 * over. At the end of the list: number of length 0.
 */
bool anomaly_run_next(
    struct anomaly_run *r, struct bytes number, uint64_t *n);

/* Higher is stranger. part: what each kind of finding adds. */
struct anomaly_score {
	unsigned total, part[N_ANOMALIES];
	unsigned findings[N_ANOMALIES];
};
/* Only what is not explained. The worst finding of a kind counts in full,
 * every further one a tenth of the kind's weight, up to ten. */
void anomaly_score_add(struct anomaly_score *s, const struct anomaly *a);

/* The middle of n sorted counts, the lower of two; 0 for none. */
uint64_t anomaly_median(const uint64_t *counts, size_t n);

#endif
