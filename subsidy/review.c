#include "subsidy/review_int.h"

void
review_add(struct review_ctx *x, struct reason_found found)
{
	static const enum review_verdict WEIGHT[] = {
	    [SEVERITY_FAIL] = REVIEW_FAIL,
	    [SEVERITY_PENDING] = REVIEW_PENDING,
	    [SEVERITY_WARN] = REVIEW_WARN,
	};
	enum review_verdict v = WEIGHT[reason_severity(found.reason)];

	if (v > x->out->verdict)
		x->out->verdict = v;
	if (x->out->n < REVIEW_MAX_REASONS)
		x->out->reasons[x->out->n++] = found;
}

void
review_add_text(struct review_ctx *x, enum reason r, const char *text)
{
	struct reason_found found = {r};

	if (text != NULL)
		found.s = bytes_str(text);
	review_add(x, found);
}

/* What no rule can do without (C18), and a number that means two claims. */
static void
review_row(struct review_ctx *x)
{
	const struct claim *c = x->c;
	const struct {
		bool missing;
		const char *column;
	} needed[] = {
	    {*c->id == '\0', "申领编号"},
	    {*c->name == '\0', "姓名"},
	    {*c->id_number == '\0', "证件号码"},
	    {c->kind == 0, "证书种类"},
	    {*c->occupation == '\0', "职业名称"},
	    {c->level == 0 &&
		    (c->kind == KIND_QUALIFICATION || c->kind == KIND_LEVEL),
		"等级"},
	    {!c->has_issued && c->part != PART_ADVANCE, "发证日期"},
	    {!c->has_applied, "申请日期"},
	    {!c->has_amount, "金额"},
	    {c->scheme == SCHEME_NONE, "补贴种类"},
	    {c->part == PART_NONE, "款项"},
	};

	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		if (needed[i].missing)
			review_add_text(
			    x, REASON_ROW_INCOMPLETE, needed[i].column);
	for (size_t i = 0; i < x->f->n_unreadable; i++)
		review_add_text(x, REASON_ROW_INCOMPLETE, x->f->unreadable[i]);
	if (x->f->claim_id_taken != NULL)
		review_add_text(x, REASON_CLAIM_TWICE, x->f->claim_id_taken);
}

static void
sort_by_code(struct review *r)
{
	for (size_t i = 1; i < r->n; i++) {
		struct reason_found v = r->reasons[i];
		size_t k = i;
		for (; k > 0 && reason_code(r->reasons[k - 1].reason) >
				    reason_code(v.reason);
		     k--)
			r->reasons[k] = r->reasons[k - 1];
		r->reasons[k] = v;
	}
}

void
review_claim(
    const struct review_facts *f, const struct rules *rules, struct review *out)
{
	struct review_ctx x = {f, f->claim, rules, out};
	const struct claim *c = f->claim;

	*out = (struct review){.verdict = REVIEW_PASS};
	out->has_subject = claim_subject(c->kind, bytes_str(c->occupation),
	    bytes_str(c->code), c->level, out->subject);
	out->has_year = rules_year(rules, c, &out->year);
	review_row(&x);
	review_certificate(&x);
	review_person(&x);
	review_money(&x);
	review_history(&x);
	sort_by_code(out);
}

const char *
review_verdict_name(enum review_verdict v)
{
	switch (v) {
	case REVIEW_PASS:
		return "pass";
	case REVIEW_WARN:
		return "warn";
	case REVIEW_PENDING:
		return "pending";
	case REVIEW_FAIL:
		return "fail";
	}
	return "?";
}
