#include <stdio.h>

#include "verifier/review_view.h"

static void
standing(struct page *p, const struct view *v)
{
	const struct standing *s = &v->standing;
	char at[20];

	html_raw(&p->h, "<p id=\"standing\" data-state=\"");
	html_raw(&p->h, page_state_name(s->state));
	html_raw(&p->h, "\">");
	page_time(s->at, at);
	page_printf(p, "%s%s", page_word(p, "State: ", "现为："),
	    page_state(p, s->state));
	if (*s->by != '\0')
		page_printf(
		    p, page_word(p, " — %s, %s", "——%s，%s"), s->by, at);
	if (*s->note != '\0')
		page_printf(p, " — %s", s->note);
	html_raw(&p->h, "</p>");
	if (s->other)
		page_notice(p, "bad",
		    page_word(p,
			"The ledger has another claim under this number (C17).",
			"台账中同一申领编号记有另一笔申领（C17）。"));
}

void
view_decide_form(struct page *p, const struct view *v)
{
	char text[96];
	bool any = false, warned = v->line->verdict == REVIEW_WARN ||
				   v->answer.review.verdict == REVIEW_WARN;

	html_raw(&p->h, "<section class=\"sheet\" id=\"decide\"><h2>");
	html_str(&p->h, page_word(p, "Decide", "办理"));
	html_raw(&p->h, "</h2>");
	standing(p, v);
	for (int a = DECIDE_BOOK; a < N_DECIDE; a++)
		any = any ||
		      ((p->rights & decide_right((enum decide_act)a)) &&
			  decide_fits((enum decide_act)a, v->standing.state));
	if (!any) {
		html_raw(&p->h, "</section>\n");
		return;
	}
	snprintf(text, sizeof text, "/review/tables/%lld/%u/decide",
	    (long long)v->line->sheet, v->line->row);
	page_form(p, text, "acts", false);
	html_raw(&p->h, "<input type=\"hidden\" name=\"seen\" value=\"");
	page_printf(p, "%d", v->standing.state);
	html_raw(&p->h, "\"><input type=\"hidden\" name=\"seen_at\" value=\"");
	page_printf(p, "%lld", (long long)v->standing.at);
	html_raw(&p->h, "\">");
	page_input(p,
	    page_word(p,
		"Reason (to refuse, reject, take back); no numbers of persons",
		"理由（不予支付、驳回、追回时必填；不要写个人号码）"),
	    "reason", "text", "maxlength=\"60\"");
	if (warned && v->standing.state == LINE_OPEN)
		page_input(p,
		    page_word(p, "I have looked at the warning",
			"提示的内容我已看过"),
		    "warned", "checkbox", "value=\"1\"");
	for (int a = DECIDE_BOOK; a < N_DECIDE; a++) {
		enum decide_act act = (enum decide_act)a;
		if (!(p->rights & decide_right(act)) ||
		    !decide_fits(act, v->standing.state))
			continue;
		snprintf(text, sizeof text, "name=\"act\" value=\"%s\"%s",
		    decide_act_name(act),
		    decide_needs_reason(act) ? " class=\"second\"" : "");
		page_submit(p, page_act(p, act), text);
	}
	html_raw(&p->h, "</form></section>\n");
}

static const char *
ledger_word(const struct page *p, enum ledger_outcome o)
{
	switch (o) {
	case LEDGER_CLAIM_TWICE:
		return page_word(p,
		    "Not booked: the number stands for another claim",
		    "未记账：申领编号已用于另一笔申领");
	case LEDGER_SAME_SUBJECT:
		return page_word(p,
		    "Not booked: same occupation and level in claim",
		    "未记账：同一职业同一等级已有申领");
	case LEDGER_YEAR_FULL:
		return page_word(p,
		    "Not booked: the year's limit is reached; one is claim",
		    "未记账：本年度次数已满，其中一笔为");
	case LEDGER_NO_ADVANCE:
		return page_word(p, "Not booked: a balance without an advance",
		    "未记账：没有预付记录");
	case LEDGER_FOUR_EYES:
		return page_word(p,
		    "Not approved: above the limit another person than the one "
		    "who booked it must approve",
		    "未批准：超过限额，须由记账人以外的人批准");
	case LEDGER_HAS_BALANCE:
		return page_word(p,
		    "Its balance stands; undo that first, claim",
		    "余款仍在账上，请先处理余款，申领编号");
	default:
		return page_word(p, "The ledger does not allow it now",
		    "台账目前不允许这样办理");
	}
}

/* What became of it, where it was not done. */
static void
told(struct page *p, struct view *v, const struct decision *x)
{
	char text[600], at[20];

	page_time(x->standing.at, at);
	switch (x->outcome) {
	case DECIDE_STALE:
		snprintf(text, sizeof text,
		    page_word(p,
			"Already decided by %s at %s: %s. Nothing was done "
			"twice; what is shown now is the newest.",
			"已由 %s 于 %s "
			"办理：%s。没有重复办理；以下为最新情况。"),
		    *x->standing.by != '\0' ? x->standing.by : "-", at,
		    page_state(p, x->standing.state));
		break;
	case DECIDE_NOT_GOOD:
		snprintf(text, sizeof text, "%s %s",
		    page_word(p,
			"Not booked: by the review it may not be paid, or "
			"cannot be told.",
			"未记账：审核结论为不通过或待定。"),
		    x->codes);
		break;
	case DECIDE_WARNED:
		snprintf(text, sizeof text, "%s",
		    page_word(p,
			"Not booked: look at the warning, and tick that you "
			"have.",
			"未记账：请先看提示的内容，并勾选已看过。"));
		break;
	case DECIDE_NO_REASON:
		snprintf(text, sizeof text, "%s",
		    page_word(p,
			"Not done: give a reason, in four characters or more, "
			"without numbers of persons.",
			"没有办理：请写明理由，至少四个字，不要写个人号码。"));
		break;
	default:
		snprintf(text, sizeof text, "%s %s",
		    ledger_word(p, x->ledger.outcome), x->ledger.other);
	}
	view_page(p, v, "bad", text, 409);
}

/* Row, review and ledger under one lock: nobody comes between. */
static enum cred_err
decide_now(struct page *p, const struct decide_args *args, struct decision *x,
    bool *there, struct why *why)
{
	struct service *s = p->w->service;
	struct decide_args a = *args;
	struct view *v = NULL;
	enum cred_err e;

	review_jobs_lock(p->w->jobs);
	e = view_load(p, &v, why);
	*there = v != NULL;
	if (e == CRED_OK && v != NULL) {
		view_lay_out(p, v);
		a.four_eyes_fen = office_four_eyes(v->office, p->now);
		pthread_rwlock_rdlock(&s->lock);
		v->desk.pub = s->pub;
		e = decide(&v->desk, p->w->db, v->line, &a, x, why);
		pthread_rwlock_unlock(&s->lock);
	}
	review_jobs_unlock(p->w->jobs);
	view_free(v);
	return e;
}

void
page_decide(struct page *p)
{
	const char *name = form_get(&p->form, "act");
	const char *reason = form_get(&p->form, "reason");
	struct decide_args a = {.actor = p->account.name,
	    .reason = "",
	    .warned = form_get(&p->form, "warned") != NULL};
	struct decision x;
	struct why why = {""};
	struct view *v;
	int64_t seen;
	bool there = false;
	enum cred_err e;

	if (name == NULL || !decide_act_by_name(name, &a.act) ||
	    !form_number(&p->form, "seen", LINE_REFUSED, &seen) ||
	    !form_number(&p->form, "seen_at", INT64_MAX, &a.seen_at)) {
		page_problem(p, WEB_FORM);
		return;
	}
	if (!(p->rights & decide_right(a.act))) {
		page_problem(p, WEB_FORBIDDEN);
		return;
	}
	a.seen_state = (int)seen;
	if (reason != NULL && page_reason_ok(reason))
		a.reason = reason;
	e = decide_now(p, &a, &x, &there, &why);
	if (e != CRED_OK) {
		page_fault(p, e, &why);
		return;
	}
	if (!there) {
		page_problem(p, WEB_NOT_FOUND);
		return;
	}
	if (x.outcome == DECIDED) {
		view_go(p, "?n=done");
		return;
	}
	v = view_of(p);
	if (v != NULL)
		told(p, v, &x);
	view_free(v);
}
