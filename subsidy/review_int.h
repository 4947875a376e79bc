#ifndef SUBSIDY_REVIEW_INT_H
#define SUBSIDY_REVIEW_INT_H

#include "subsidy/review.h"

/* One rule group a file; each adds what it finds. */
struct review_ctx {
	const struct review_facts *f;
	const struct claim *c;
	const struct rules *rules;
	struct review *out;
};

/* The last are lost beyond REVIEW_MAX_REASONS; the verdict counts them. */
void review_add(struct review_ctx *x, struct reason_found found);
/* text NULL: none. */
void review_add_text(struct review_ctx *x, enum reason r, const char *text);

void review_certificate(struct review_ctx *x); /* C01-C04, C14, C19 */
void review_person(struct review_ctx *x);      /* C05, C09, C11 */
void review_money(struct review_ctx *x);       /* C08, C10, C16 */
void review_history(struct review_ctx *x);     /* C06, C07, C12, C13, C15 */

#endif
