#ifndef TESTS_ISSUER_AFTERMATH_H
#define TESTS_ISSUER_AFTERMATH_H

#include "credential/err.h"
#include "tests/issuer/program.h"

/* A small office's day, each command to be given again after a crash. */
struct plan {
	const char *made;  /* of program_make(): pass phrase and rosters */
	unsigned rows[16]; /* of b1.csv, b2.csv …; 0 ends */
	unsigned from;     /* those before this one are not given again */
	bool pdf;          /* --pdf, into HOME/pdf */
	bool publish;      /* into HOME/pub, after each batch */
};

/*
 * What was told before, and whether it holds after: each counter is to be 0.
 *   lost       acknowledged, and not there, or not these bytes
 *   duplicate  a row, number or index that stands for two certificates
 *   split      two trees of one size were signed
 *   corrupt    verify finds something; a PDF that is not whole
 *   unfinished giving the commands again does not end with exactly the plan
 */
struct aftermath {
	struct told *told;
	size_t n, cap;
	unsigned lost, duplicate, split, corrupt, unfinished;
	char first[512]; /* what was found first */
};

void aftermath_hear(struct aftermath *a, const struct told *t);
/* Until the other end is closed. */
void aftermath_listen(struct aftermath *a, int fd);

/* Commands of the plan into argv: those of batch b (from 0). */
#define PLAN_ARGV 24
struct plan_command {
	char text[8][160];
	const char *argv[PLAN_ARGV];
};
void plan_issue(const struct plan *p, const char *home, unsigned b,
    struct plan_command *out);
void plan_publish(
    const struct plan *p, const char *home, struct plan_command *out);
/* All of it, here; 0 or the first exit status that is not. */
int plan_run(const struct plan *p, const char *home);

/* Give the commands again, then hold home against everything told. whole:
 * folder with the right PDFs; NULL: not compared. */
void aftermath_check(struct aftermath *a, const struct plan *p,
    const char *home, const char *whole);
/* Nothing is given again: what is there must agree with itself, and hold what
 * was told; with a plan, be all of it. */
void aftermath_look(
    struct aftermath *a, const struct plan *p, const char *home);
/* From the home as it is: the tree signed last; the certificates of a batch
 * that was acknowledged as a whole (NULL: none). */
enum cred_err aftermath_learn(
    struct aftermath *a, const char *home, const char *batch);
/* PDFs that are there are whole; before anything is given again. */
void aftermath_pdfs(struct aftermath *a, const char *home, const char *whole);

/* All counters zero? Else says so. */
bool aftermath_good(const struct aftermath *a, const char *what);
void aftermath_release(struct aftermath *a);
#define AFTERMATH_COUNTERS                                                     \
	"lost %u, duplicate %u, split %u, corrupt %u, unfinished %u"
#define AFTERMATH_VALUES(a)                                                    \
	(a)->lost, (a)->duplicate, (a)->split, (a)->corrupt, (a)->unfinished

#endif
