#ifndef VERIFIER_REVIEW_JOB_H
#define VERIFIER_REVIEW_JOB_H

#include <pthread.h>

#include "verifier/decide.h"
#include "verifier/office.h"

/*
 * The thread that reviews uploaded tables, and does to many rows what somebody
 * asked for, one job after the other. What it had begun when the program ended
 * it begins (a review) or goes on with (an act) at the next start: a review
 * changes nothing but the table's own rows, and the ledger knows what it has.
 */
struct review_job_opts {
	const char *home;     /* desk.db, tables/ */
	const char *registry; /* "sqlite:…" */
	struct office_opts office;
	const char *scans; /* NULL: none */
	unsigned keep_days; /* prune() once a day; 0: never */
	/* The publication there is at the moment, and the lock over it. */
	pthread_rwlock_t *pub_lock;
	struct publication **pub;
	struct reader *reader; /* NULL: no scans can be read */
	registry_retry_fn *retry; /* told of lost connections; or NULL */
	void *retry_ctx;
};

struct review_jobs;

/* Reads the office's files once, so that what is wrong with them is told now.
 * opts and what it points to must live until review_jobs_stop(). */
enum cred_err review_jobs_start(const struct review_job_opts *opts,
    struct review_jobs **out, struct why *why);
/* Lets the row in hand come to its end. Takes NULL. */
void review_jobs_stop(struct review_jobs *j);
/* There is something to do. */
void review_jobs_wake(struct review_jobs *j);
/* The office as read last; to be released. */
struct office *review_jobs_office(struct review_jobs *j);
/* Over every decide(), here and elsewhere in the program. */
void review_jobs_lock(struct review_jobs *j);
void review_jobs_unlock(struct review_jobs *j);

#endif
