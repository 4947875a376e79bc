#include <stdio.h>
#include <stdlib.h>

#include "edge/file.h"
#include "verifier/review_page.h"

#define REPORT_MAX (512u << 20)

void
page_bulk_told(struct page *p, const struct bulk *b)
{
	char text[512], at[20];

	page_time(b->at, at);
	snprintf(text, sizeof text,
	    page_word(p,
		"%s, asked for by %s at %s: %u done, %u were so already, %u "
		"not possible. %s",
		"%s，%s 于 %s 提出：办理 %u 笔，此前已办 %u 笔，不能办理 %u "
		"笔。%s"),
	    page_act(p, (enum decide_act)b->act), b->by, at, b->made,
	    b->already, b->refused,
	    b->state == BULK_DONE ? page_word(p, "Finished.", "已完成。")
	    : b->state == BULK_FAILED
		? b->why
		: page_word(p, "Still running.", "办理中。"));
	page_notice(p, b->state == BULK_FAILED ? "bad" : "good", text);
	if (b->state < BULK_DONE) {
		html_raw(&p->h, "<p id=\"watch\" data-table=\"");
		page_printf(p, "%lld", (long long)b->sheet);
		html_raw(&p->h, "\"><a href=\"");
		html_raw(&p->h, p->rq->path);
		html_raw(&p->h, "\">");
		html_str(&p->h, page_word(p, "Refresh", "刷新"));
		html_raw(&p->h, "</a></p>");
	}
}

static void
bulk_button(struct page *p, enum decide_act act, const char *label)
{
	char attrs[64];

	snprintf(attrs, sizeof attrs, "name=\"act\" value=\"%s\"",
	    decide_act_name(act));
	page_submit(p, label, attrs);
}

void
page_bulk_form(struct page *p, const struct sheet *s)
{
	char action[64];

	snprintf(action, sizeof action, "/review/tables/%lld/bulk",
	    (long long)s->id);
	html_raw(&p->h, "<section class=\"sheet\"><h2>");
	html_str(&p->h, page_word(p, "The whole table at once", "整表办理"));
	html_raw(&p->h, "</h2>");
	page_form(p, action, "acts", false);
	if (p->rights & RIGHT_BOOK) {
		page_input(p,
		    page_word(p, "those with a warning too; I have looked",
			"含有提示的；我已看过"),
		    "warned", "checkbox", "value=\"1\"");
		bulk_button(p, DECIDE_BOOK,
		    page_word(p, "Book all that pass", "通过的全部记账"));
	}
	if (p->rights & RIGHT_APPROVE) {
		bulk_button(p, DECIDE_APPROVE,
		    page_word(
			p, "Approve all that are booked", "已记账的全部批准"));
		bulk_button(p, DECIDE_PAY,
		    page_word(p, "Mark all approved as paid",
			"已批准的全部记为已支付"));
	}
	html_raw(&p->h, "</form></section>\n");
}

void
page_again_form(struct page *p, const struct sheet *s)
{
	char action[64], text[400], at[20];
	size_t n = s->verdicts[REVIEW_PENDING];

	snprintf(action, sizeof action, "/review/tables/%lld/again",
	    (long long)s->id);
	page_time(s->judged_at, at);
	if (s->state == SHEET_FAILED)
		snprintf(text, sizeof text, "%s",
		    page_word(p,
			"The review came to no end. Where the cause was not "
			"the table and is mended, review it again.",
			"审核没有完成。原因不在这张表而已经排除的，"
			"可以重新审核。"));
	else if (n > 0)
		snprintf(text, sizeof text,
		    page_word(p,
			"%zu claims could not be told as at %s; review the "
			"table again with what is known now.",
			"有 %zu 笔截至 %s "
			"不能判断；按现在掌握的资料重新审核整张表。"),
		    n, at);
	else
		snprintf(text, sizeof text,
		    page_word(p,
			"Judged as at %s; review the table again when "
			"certificates, lists or rules have changed.",
			"按 %s 的情况判断；证书、名单或规则有变动的，"
			"可以重新审核。"),
		    at);
	html_raw(&p->h, "<section class=\"sheet\" id=\"again\"><h2>");
	html_str(&p->h, page_word(p, "Review again", "重新审核"));
	html_raw(&p->h, "</h2>");
	html_element(&p->h, "p", NULL, text);
	html_element(&p->h, "p", "hint",
	    page_word(p, "What was decided on claims stays as it is.",
		"已经办理的各笔保持原状。"));
	page_form(p, action, "acts", false);
	page_submit(
	    p, page_word(p, "Review again", "重新审核"), "class=\"second\"");
	html_raw(&p->h, "</form></section>\n");
}

void
page_export_form(struct page *p, const struct sheet *s)
{
	char action[64];

	snprintf(action, sizeof action, "/review/tables/%lld/export",
	    (long long)s->id);
	html_raw(&p->h, "<section class=\"sheet\"><h2>");
	html_str(&p->h, page_word(p, "Export", "导出"));
	html_raw(&p->h, "</h2>");
	page_form(p, action, "acts", false);
	page_input(p,
	    page_word(p,
		"What for? The report holds ID numbers; who, when and what "
		"for stays in the trail.",
		"用途（报告含证件号码；何人、何时、作何用途都会留下记录）"),
	    "purpose", "text", "required minlength=\"4\" maxlength=\"60\"");
	page_submit(p, page_word(p, "Report, XLSX", "审核报告（XLSX）"),
	    "name=\"as\" value=\"xlsx\"");
	page_submit(p, page_word(p, "Report, CSV", "审核报告（CSV）"),
	    "name=\"as\" value=\"csv\"");
	html_raw(&p->h, "</form></section>\n");
}

void
page_bulk(struct page *p)
{
	const char *name = form_get(&p->form, "act");
	struct bulk b = {.sheet = p->ids[0],
	    .at = p->now,
	    .warned = form_get(&p->form, "warned") != NULL};
	enum decide_act act;
	struct why why = {""};
	struct sheet s;
	enum cred_err e;

	if (name == NULL || !decide_act_by_name(name, &act) ||
	    act > DECIDE_PAY) {
		page_problem(p, WEB_FORM);
		return;
	}
	if (!(p->rights & decide_right(act))) {
		page_problem(p, WEB_FORBIDDEN);
		return;
	}
	if (!page_sheet(p, &s))
		return;
	if (s.state != SHEET_REVIEWED) {
		page_problem(p, WEB_FORM);
		return;
	}
	b.act = act;
	snprintf(b.by, sizeof b.by, "%s", p->account.name);
	e = docket_bulk_add(p->w->db, &b, &why);
	if (e != CRED_OK && e != CRED_FAULT_CONFLICT) {
		page_fault(p, e, &why);
		return;
	}
	review_jobs_wake(p->w->jobs);
	page_go(p, "/review/tables/%lld%s", (long long)s.id,
	    e == CRED_OK ? "" : "?n=busy");
}

/* In the trail before anything is done: a line too many there is better than
 * none. */
void
page_again(struct page *p)
{
	char subject[32], detail[48];
	struct why why = {""};
	struct sheet s;
	bool busy = false, done = false;
	int64_t last;
	enum cred_err e;

	if (!page_sheet(p, &s))
		return;
	if (s.state < SHEET_REVIEWED) { /* it is about to be, or is being */
		page_go(p, "/review/tables/%lld", (long long)s.id);
		return;
	}
	e = docket_last(p->w->db, s.id, &last, &busy, &why);
	if (e == CRED_OK && (!busy || s.state == SHEET_FAILED)) {
		snprintf(
		    subject, sizeof subject, "table %lld", (long long)s.id);
		snprintf(detail, sizeof detail, "%zu pending",
		    s.verdicts[REVIEW_PENDING]);
		e = page_trail(p, "reviewed again", subject, detail, &why);
		if (e == CRED_OK)
			e = docket_review_again(p->w->db, s.id, &done, &why);
	}
	if (e != CRED_OK) {
		page_fault(p, e, &why);
		return;
	}
	review_jobs_wake(p->w->jobs);
	page_go(
	    p, "/review/tables/%lld%s", (long long)s.id, done ? "" : "?n=busy");
}

void
page_export(struct page *p)
{
	const char *as = form_get(&p->form, "as");
	const char *purpose = form_get(&p->form, "purpose");
	bool xlsx = as != NULL && strcmp(as, "xlsx") == 0;
	char *path, subject[80] = "table ";
	struct why why = {""};
	uint8_t *data = NULL;
	struct sheet s;
	enum cred_err e;
	size_t len;

	if (purpose == NULL || as == NULL ||
	    (!xlsx && strcmp(as, "csv") != 0)) {
		page_problem(p, WEB_FORM);
		return;
	}
	if (!page_sheet(p, &s))
		return;
	if (!page_reason_ok(purpose)) {
		page_go(p, "/review/tables/%lld?n=purpose", (long long)s.id);
		return;
	}
	if (s.state != SHEET_REVIEWED) {
		page_problem(p, WEB_NOT_FOUND);
		return;
	}
	for (int i = 0; i < 16; i++)
		snprintf(subject + 6 + 2 * i, 3, "%02x", s.sha256[i]);
	path = review_table_path(
	    p->w->config->home, s.sha256, xlsx ? ".xlsx" : ".csv");
	if (path == NULL) {
		page_problem(p, WEB_BUSY);
		return;
	}
	/* In the trail before a byte of it leaves. */
	e = page_trail(p, "export", subject, purpose, &why);
	if (e == CRED_OK)
		e = file_read(path, REPORT_MAX, &data, &len, &why);
	free(path);
	if (e != CRED_OK) {
		page_fault(p, e, &why);
		return;
	}
	snprintf(p->rp->disposition, sizeof p->rp->disposition,
	    "attachment; filename=\"review-%lld.%s\"", (long long)s.id,
	    xlsx ? "xlsx" : "csv");
	reply_owned(p->rp,
	    xlsx ? "application/vnd.openxmlformats-officedocument."
		   "spreadsheetml.sheet"
		 : "text/csv; charset=utf-8",
	    data, len);
}
