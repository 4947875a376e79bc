#include "domain/words.h"
#include "subsidy/review_int.h"

static bool
same_subject(const struct review_ctx *x, const struct prior *p)
{
	return x->out->has_subject && strcmp(p->subject, x->out->subject) == 0;
}

/* Advance and balance of one project are one subsidy: clause (九). */
static bool
complements(const struct claim *c, const struct prior *p)
{
	return p->scheme == c->scheme &&
	       ((c->part == PART_BALANCE && p->part == PART_ADVANCE) ||
		   (c->part == PART_ADVANCE && p->part == PART_BALANCE));
}

/* C06, C10 (both schemes) and C16. */
static void
check_same(struct review_ctx *x)
{
	const struct claim *c = x->c;
	bool advance = false;

	for (size_t i = 0; i < x->f->n_priors; i++) {
		const struct prior *p = &x->f->priors[i];
		struct reason_found found = {
		    .s = bytes_str(p->claim), .day = p->applied};

		if (!same_subject(x, p))
			continue;
		if (complements(c, p)) {
			advance = advance || p->part == PART_ADVANCE;
			continue;
		}
		if (p->scheme != c->scheme)
			found.reason = x->rules->one_scheme
					   ? REASON_SCHEME_TWICE
					   : REASON_SCHEME_TWICE_WARN;
		else if (p->part == c->part && c->part != PART_FULL)
			found.reason = REASON_ADVANCE_TWICE;
		else
			found.reason = REASON_SAME_SUBJECT;
		review_add(x, found);
	}
	if (c->part == PART_BALANCE && !advance)
		review_add(x, (struct reason_found){REASON_NO_ADVANCE});
}

/* C07: at most three times a person and year, over all schemes; a project's
 * advance and balance count once, in the year of the first. */
static void
check_year(struct review_ctx *x)
{
	unsigned n = 0;

	if (!x->out->has_year)
		return;
	for (size_t i = 0; i < x->f->n_priors; i++) {
		const struct prior *p = &x->f->priors[i];
		bool counted = false;
		if (same_subject(x, p) && complements(x->c, p))
			return;
		if (p->year != x->out->year)
			continue;
		for (size_t k = 0; k < i && !counted; k++)
			counted =
			    x->f->priors[k].year == p->year &&
			    x->f->priors[k].scheme == p->scheme &&
			    strcmp(x->f->priors[k].subject, p->subject) == 0;
		n += !counted;
	}
	if (n >= x->rules->max_per_year)
		review_add(x, (struct reason_found){
				  REASON_YEAR_FULL, .n = n, .m = x->out->year});
}

/* C12. 1970-01-01 was a Thursday. */
static void
check_training(struct review_ctx *x)
{
	const struct claim *c = x->c;
	int weekday = (int)((c->issued % 7 + 7 + 4) % 7);

	if (c->has_issued && (weekday == 0 || weekday == 6))
		review_add(x, (struct reason_found){
				  REASON_ISSUED_WEEKEND, .day = c->issued});
	if (!c->has_trained)
		return;
	if (c->trained_to < c->trained_from) {
		review_add(x, (struct reason_found){REASON_TRAINING_ORDER});
		return;
	}
	if (c->has_issued && c->issued < c->trained_to)
		review_add(x, (struct reason_found){
				  REASON_ISSUED_IN_TRAINING, .day = c->issued});
	for (size_t i = 0; i < x->f->n_priors; i++) {
		const struct prior *p = &x->f->priors[i];
		if (p->has_trained && !same_subject(x, p) &&
		    p->trained_from <= c->trained_to &&
		    c->trained_from <= p->trained_to)
			review_add_text(x, REASON_TRAINING_OVERLAP, p->claim);
	}
}

/* The occupation of a subject, without its level. */
static size_t
stem(const char *subject)
{
	const char *colon = strrchr(subject, ':');

	return colon == NULL ? 0 : (size_t)(colon - subject);
}

/* C15, kinds 1 and 2: the order of levels, by rank and not by code. */
static void
check_levels(struct review_ctx *x)
{
	const struct claim *c = x->c;
	int32_t gap = (int32_t)(x->rules->level_gap_months * 365 / 12);
	bool below = false;
	size_t n = stem(x->out->subject);

	if (!x->out->has_subject || c->level == 0 || n == 0)
		return;
	for (size_t i = 0; i < x->f->n_priors; i++) {
		const struct prior *p = &x->f->priors[i];
		int32_t apart;
		if (p->level == 0 || p->level == c->level ||
		    stem(p->subject) != n ||
		    memcmp(p->subject, x->out->subject, n) != 0)
			continue;
		below = below || level_rank(p->level) < level_rank(c->level);
		if (!p->has_issued || !c->has_issued)
			continue;
		if (level_rank(p->level) > level_rank(c->level) &&
		    p->issued < c->issued)
			review_add_text(x, REASON_LEVEL_BACKWARD, p->claim);
		apart = c->issued - p->issued;
		if (apart < 0)
			apart = -apart;
		if (apart < gap)
			review_add(x, (struct reason_found){REASON_LEVEL_FAST,
					  .s = bytes_str(p->claim),
					  .n = x->rules->level_gap_months});
	}
	/* The first three levels are open to beginners; above them somebody
	 * must have had the one below. */
	if (!below && (c->level == 1 || c->level == 2))
		review_add(x,
		    (struct reason_found){REASON_LEVEL_SKIPPED, .n = c->level});
}

void
review_history(struct review_ctx *x)
{
	check_same(x);
	check_year(x);
	check_training(x);
	check_levels(x);
	if (x->f->body_odd_zh != NULL && x->rules->body_odd != BODY_OFF)
		review_add(
		    x, (struct reason_found){x->rules->body_odd == BODY_PENDING
						 ? REASON_BODY_ODD_PENDING
						 : REASON_BODY_ODD,
			   .s = bytes_str(x->f->body_odd_zh),
			   .t = bytes_str(x->f->body_odd_en)});
}
