#include "subsidy/money.h"
#include "subsidy/review_int.h"

/* The same day n months on, the last of the month where there is none. */
static int32_t
months_later(int32_t day, unsigned n)
{
	int y, m, d;
	int32_t out = day;

	day_to_civil(day, &y, &m, &d);
	m += (int)n - 1;
	y += m / 12;
	m = m % 12 + 1;
	while (!day_from_civil(y, m, d, &out) && d > 28)
		d--;
	return out;
}

/* C08: 核发之日起12个月内. The day itself, twelve months on, is in time. */
static void
check_deadline(struct review_ctx *x)
{
	const struct claim *c = x->c;
	unsigned months = x->rules->deadline_months;

	if (months > 0 && c->has_issued && c->has_applied &&
	    c->applied > months_later(c->issued, months))
		review_add(x, (struct reason_found){
				  REASON_LATE, .n = months, .day = c->issued});
}

static void
check_eligible(struct review_ctx *x)
{
	const struct claim *c = x->c;
	const struct rules *r = x->rules;

	if (c->kind != 0 && !(r->kinds & 1u << c->kind)) {
		review_add(
		    x, (struct reason_found){REASON_KIND_NOT_SUBSIDISED});
		return;
	}
	if (r->levels != 0 && c->level != 0 && !(r->levels & 1u << c->level))
		review_add(x, (struct reason_found){
				  REASON_LEVEL_NOT_SUBSIDISED, .n = c->level});
}

/* What was claimed before of the same thing under the same scheme. */
static int64_t
paid_in_advance(const struct review_ctx *x)
{
	int64_t sum = 0;

	for (size_t i = 0; x->out->has_subject && i < x->f->n_priors; i++) {
		const struct prior *p = &x->f->priors[i];
		if (p->part == PART_ADVANCE && p->scheme == x->c->scheme &&
		    strcmp(p->subject, x->out->subject) == 0)
			sum += p->fen;
	}
	return sum;
}

/* C10 and C16: the table's amount, of which an advance is at most a part. */
static void
check_amount(struct review_ctx *x)
{
	const struct claim *c = x->c;
	const struct rules *r = x->rules;
	int64_t full = rules_amount(r, c->kind, c->level), most;

	if (c->kind == 0 || !c->has_amount)
		return;
	if (full < 0) {
		review_add(x, (struct reason_found){REASON_AMOUNT_NO_TABLE});
		return;
	}
	if (c->part == PART_ADVANCE) {
		most = money_percent(full, r->advance_percent);
		if (c->amount_fen > most)
			review_add(
			    x, (struct reason_found){REASON_ADVANCE_OVER,
				   .n = r->advance_percent, .fen = most});
	} else if (c->part == PART_BALANCE) {
		if (paid_in_advance(x) + c->amount_fen > full)
			review_add(x, (struct reason_found){
					  REASON_BALANCE_OVER, .fen = full});
	} else if (c->amount_fen > full) {
		review_add(
		    x, (struct reason_found){REASON_AMOUNT_OVER, .fen = full});
	} else if (c->amount_fen < full) {
		review_add(x, (struct reason_found){
				  r->amount_exact ? REASON_AMOUNT_UNDER
						  : REASON_AMOUNT_UNDER_WARN,
				  .fen = full});
	}
}

void
review_money(struct review_ctx *x)
{
	check_deadline(x);
	check_eligible(x);
	check_amount(x);
}
