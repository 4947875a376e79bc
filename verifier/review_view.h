#ifndef VERIFIER_REVIEW_VIEW_H
#define VERIFIER_REVIEW_VIEW_H

#include "verifier/review_page.h"

/* A claim as it is looked at: its row, and the review of this moment. */
struct view {
	struct line *line;
	struct claimfile *file;
	const struct claim_row *row;
	struct office *office;
	struct desk desk;
	struct desk_answer answer;
	struct standing standing;
	bool shown; /* personal data may be */
};

/* The line of the address, and its row again. *out NULL: there is none. */
enum cred_err view_load(struct page *p, struct view **out, struct why *why);
void view_free(struct view *v); /* takes NULL */
/* The same; where it is NULL the reply already is what to answer. */
struct view *view_of(struct page *p);
/* The desk of this moment, with the ledger; the caller holds the jobs' lock. */
void view_lay_out(struct page *p, struct view *v);
/* The claim's page; kind NULL: without a notice. */
void view_page(struct page *p, struct view *v, const char *kind,
    const char *text, int status);
/* Its last part: review_page_decide.c. */
void view_decide_form(struct page *p, const struct view *v);
/* 303 to the claim of the address. */
void view_go(struct page *p, const char *note);

#endif
