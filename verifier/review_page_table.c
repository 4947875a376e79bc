#include <stdio.h>
#include <stdlib.h>

#include "subsidy/money.h"
#include "verifier/review_page.h"

#define ROWS_SHOWN 50

static void
hash_row(struct page *p, const char *label, const uint8_t hash[static 32])
{
	static const uint8_t none[32];
	char text[65];

	if (memcmp(hash, none, 32) == 0)
		return;
	for (int i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", hash[i]);
	html_element(&p->h, "dt", NULL, label);
	html_element(&p->h, "dd", "hash", text);
}

static void
progress(struct page *p, const struct sheet *s)
{
	char text[64];

	html_raw(&p->h, "<section class=\"sheet\" id=\"watch\" data-table=\"");
	page_printf(p, "%lld", (long long)s->id);
	html_raw(&p->h, "\"><h2 id=\"watch-title\">");
	html_str(&p->h, page_word(p, "Under review", "审核中"));
	html_raw(
	    &p->h, "</h2><progress aria-labelledby=\"watch-title\" max=\"");
	page_printf(p, "%u", s->total > 0 ? s->total : 1);
	html_raw(&p->h, "\" value=\"");
	page_printf(p, "%u", s->done);
	html_raw(&p->h, "\"></progress><p id=\"watch-count\">");
	snprintf(text, sizeof text, "%u / %u", s->done, s->total);
	html_str(&p->h, text);
	html_raw(&p->h, "</p><p><a href=\"");
	html_raw(&p->h, p->rq->path);
	html_raw(&p->h, "\">");
	html_str(&p->h, page_word(p, "Refresh", "刷新"));
	html_raw(&p->h, "</a></p></section>\n");
}

static void
summary(struct page *p, const struct sheet *s)
{
	char at[20], fen[MONEY_TEXT_MAX], text[80];

	html_raw(&p->h, "<ul class=\"verdicts\">");
	for (int v = 0; v <= REVIEW_FAIL; v++) {
		money_format(s->fen[v], fen);
		snprintf(text, sizeof text, "%s %zu · %s %s",
		    page_verdict(p, (enum review_verdict)v), s->verdicts[v],
		    fen, page_word(p, "yuan", "元"));
		html_element(&p->h, "li",
		    review_verdict_name((enum review_verdict)v), text);
	}
	html_raw(&p->h, "</ul><details class=\"sheet\"><summary>");
	html_str(&p->h, page_word(p, "Where it comes from, and its hashes",
			    "来源与校验值"));
	html_raw(&p->h, "</summary><dl>");
	page_row(p, page_word(p, "Uploaded by", "上传人"), s->by);
	page_time(s->at, at);
	page_row(p, page_word(p, "Uploaded at", "上传时间"), at);
	page_time(s->judged_at, at);
	page_row(p, page_word(p, "Judged as at", "判断时间"), at);
	if (s->state == SHEET_REVIEWED)
		page_row(p, page_word(p, "Rules", "规则版本"),
		    *s->rules != '\0'
			? s->rules
			: page_word(p, "clause (九) alone", "第（九）条"));
	if (s->state == SHEET_REVIEWED)
		page_row(p,
		    page_word(p, "What is odd about issuing bodies (C13)",
			"发证机构异常（C13）"),
		    desk_looked_text((enum desk_looked)s->looked, !p->en));
	hash_row(p, page_word(p, "SHA-256 of the table", "申领表 SHA-256"),
	    s->sha256);
	hash_row(p, page_word(p, "of the report, XLSX", "报告 XLSX 的 SHA-256"),
	    s->xlsx);
	hash_row(p, page_word(p, "of the report, CSV", "报告 CSV 的 SHA-256"),
	    s->csv);
	html_raw(&p->h, "</dl></details>\n");
}

/* What was asked for: verdict, code, state, beginning of the number, page. */
struct asked {
	struct docket_filter f;
	char code[4], claim[LEDGER_ID_MAX + 1];
	int64_t page;
};

static void
read_asked(const struct page *p, int64_t sheet, struct asked *a)
{
	const char *code = form_get(&p->form, "code");
	const char *claim = form_get(&p->form, "claim");
	int64_t n;

	*a = (struct asked){.f = {.sheet = sheet, .verdict = -1, .state = -1}};
	if (form_number(&p->form, "verdict", REVIEW_FAIL, &n))
		a->f.verdict = (int)n;
	if (form_number(&p->form, "state", LINE_REFUSED, &n))
		a->f.state = (int)n;
	if (code != NULL && strlen(code) == 3 && code[0] == 'C' &&
	    strspn(code + 1, "0123456789") == 2) {
		snprintf(a->code, sizeof a->code, "%s", code);
		a->f.code = a->code;
	}
	if (claim != NULL && *claim != '\0') {
		snprintf(a->claim, sizeof a->claim, "%s", claim);
		a->f.claim = a->claim;
	}
	if (form_number(&p->form, "page", 1000000, &n))
		a->page = n;
}

static void
option(struct page *p, const char *value, bool chosen, const char *text)
{
	html_raw(&p->h, "<option value=\"");
	html_raw(&p->h, value);
	html_raw(&p->h, chosen ? "\" selected>" : "\">");
	html_str(&p->h, text);
	html_raw(&p->h, "</option>");
}

static void
select_begin(struct page *p, const char *label, const char *name)
{
	html_raw(&p->h, "<label>");
	html_str(&p->h, label);
	html_raw(&p->h, " <select name=\"");
	html_raw(&p->h, name);
	html_raw(&p->h, "\">");
	option(p, "", false, page_word(p, "all", "全部"));
}

struct coding {
	struct page *p;
	const struct asked *a;
};

static enum cred_err
code_option(void *ctx, const char *code, uint32_t n, struct why *why)
{
	struct coding *c = ctx;
	char text[32];

	(void)why;
	snprintf(text, sizeof text, "%s (%u)", code, n);
	option(c->p, code, strcmp(c->a->code, code) == 0, text);
	return CRED_OK;
}

static enum cred_err
filter_form(struct page *p, const struct asked *a, struct why *why)
{
	static const int states[] = {LINE_OPEN, LEDGER_BOOKED, LEDGER_APPROVED,
	    LEDGER_PAID, LEDGER_REJECTED, LEDGER_RETURNED, LINE_REFUSED};
	struct coding c = {p, a};
	enum cred_err e;
	char n[8];

	html_raw(&p->h, "<form method=\"get\" class=\"filter\" action=\"");
	html_raw(&p->h, p->rq->path);
	html_raw(&p->h, "\">");
	select_begin(p, page_word(p, "Verdict", "结论"), "verdict");
	for (int v = REVIEW_FAIL; v >= 0; v--) {
		snprintf(n, sizeof n, "%d", v);
		option(p, n, a->f.verdict == v,
		    page_verdict(p, (enum review_verdict)v));
	}
	html_raw(&p->h, "</select></label>");
	select_begin(p, page_word(p, "Reason", "理由"), "code");
	e = docket_codes(p->w->db, a->f.sheet, code_option, &c, why);
	html_raw(&p->h, "</select></label>");
	select_begin(p, page_word(p, "State", "办理"), "state");
	for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
		snprintf(n, sizeof n, "%d", states[i]);
		option(p, n, a->f.state == states[i], page_state(p, states[i]));
	}
	html_raw(&p->h, "</select></label><label>");
	html_str(&p->h, page_word(p, "Claim", "申领编号"));
	html_raw(&p->h, " <input name=\"claim\" type=\"text\" maxlength=\"64\" "
			"value=\"");
	html_str(&p->h, a->claim);
	html_raw(&p->h, "\"></label>");
	page_submit(p, page_word(p, "Filter", "筛选"), "");
	html_raw(&p->h, "</form>\n");
	return e;
}

static void
cell(struct page *p, const char *cls, const char *text)
{
	html_raw(&p->h, "<td");
	if (cls != NULL) {
		html_raw(&p->h, " class=\"");
		html_raw(&p->h, cls);
		html_raw(&p->h, "\"");
	}
	html_raw(&p->h, ">");
	html_str(&p->h, text);
	html_raw(&p->h, "</td>");
}

static enum cred_err
claim_row(void *ctx, const struct line *l, struct why *why)
{
	struct page *p = ctx;
	char name[300], fen[MONEY_TEXT_MAX];

	(void)why;
	html_raw(&p->h, "<tr data-verdict=\"");
	html_raw(&p->h, review_verdict_name(l->verdict));
	html_raw(&p->h, "\"><td class=\"num\">");
	page_printf(p, "%u", l->row);
	html_raw(&p->h, "</td><th scope=\"row\"><a href=\"/review/tables/");
	page_printf(p, "%lld/%u", (long long)l->sheet, l->row);
	html_raw(&p->h, "\">");
	html_str(&p->h,
	    *l->claim != '\0' ? l->claim : page_word(p, "(none)", "（无）"));
	html_raw(&p->h, "</a></th>");
	page_mask(l->cells[CLAIM_NAME], 1, 0, name, sizeof name);
	cell(p, NULL, name);
	cell(p, NULL, l->cells[CLAIM_OCCUPATION]);
	cell(p, NULL, l->cells[CLAIM_LEVEL]);
	money_format(l->fen, fen);
	cell(p, "num", fen);
	cell(p, review_verdict_name(l->verdict), page_verdict(p, l->verdict));
	cell(p, NULL, l->codes);
	cell(p, NULL, page_state(p, l->state));
	cell(p, NULL, l->institution);
	html_raw(&p->h, "</tr>\n");
	return CRED_OK;
}

static void
page_link(struct page *p, const struct asked *a, int64_t page, const char *text)
{
	html_raw(&p->h, "<a href=\"?page=");
	page_printf(p, "%lld", (long long)page);
	if (a->f.verdict >= 0)
		page_printf(p, "&verdict=%d", a->f.verdict);
	if (a->f.state >= 0)
		page_printf(p, "&state=%d", a->f.state);
	if (a->f.code != NULL)
		page_printf(p, "&code=%s", a->code);
	if (a->f.claim != NULL) {
		html_raw(&p->h, "&amp;claim=");
		for (const char *c = a->claim; *c != '\0'; c++)
			page_printf(p, "%%%02X", (unsigned char)*c);
	}
	html_raw(&p->h, "\">");
	html_str(&p->h, text);
	html_raw(&p->h, "</a> ");
}

static enum cred_err
rows(struct page *p, const struct asked *asked, struct why *why)
{
	static const char *const en[] = {"Row", "Claim", "Name", "Occupation",
	    "Level", "Amount", "Verdict", "Reasons", "State", "Institution"};
	static const char *const zh[] = {"行", "申领编号", "姓名", "职业",
	    "等级", "金额", "结论", "理由", "办理", "培训机构"};
	struct docket_filter f = asked->f;
	uint32_t all = 0;
	enum cred_err e = docket_count(p->w->db, &f, &all, why);

	f.limit = ROWS_SHOWN;
	f.skip = (uint32_t)asked->page * ROWS_SHOWN;
	html_raw(&p->h, "<p class=\"count\" id=\"count\">");
	page_printf(p, page_word(p, "%u claims", "共 %u 笔"), all);
	html_raw(&p->h,
	    "</p><div class=\"wide\" tabindex=\"0\" role=\"region\" "
	    "aria-label=\"");
	html_str(&p->h, page_word(p, "Claims", "申领"));
	html_raw(&p->h, "\"><table><thead><tr>");
	for (size_t i = 0; i < sizeof en / sizeof *en; i++) {
		html_raw(&p->h, "<th scope=\"col\">");
		html_str(&p->h, page_word(p, en[i], zh[i]));
		html_raw(&p->h, "</th>");
	}
	html_raw(&p->h, "</tr></thead><tbody>\n");
	if (e == CRED_OK)
		e = docket_lines(p->w->db, &f, claim_row, p, why);
	html_raw(&p->h, "</tbody></table></div><p class=\"pages\">");
	if (asked->page > 0)
		page_link(p, asked, asked->page - 1,
		    page_word(p, "Previous", "上一页"));
	if (f.skip + ROWS_SHOWN < all)
		page_link(
		    p, asked, asked->page + 1, page_word(p, "Next", "下一页"));
	html_raw(&p->h, "</p>\n");
	return e;
}

static enum cred_err
reviewed(struct page *p, const struct sheet *s, struct why *why)
{
	struct asked *a = calloc(1, sizeof *a);
	struct bulk *b = calloc(1, sizeof *b);
	bool found = false;
	enum cred_err e = CRED_FAULT_NOMEM;

	if (a != NULL && b != NULL)
		e = docket_bulk_of(p->w->db, s->id, b, &found, why);
	if (e == CRED_OK) {
		if (found)
			page_bulk_told(p, b);
		read_asked(p, s->id, a);
		summary(p, s);
		html_raw(&p->h, "<h2>");
		html_str(&p->h, page_word(p, "Claims", "申领"));
		html_raw(&p->h, "</h2>");
		e = filter_form(p, a, why);
	}
	if (e == CRED_OK)
		e = rows(p, a, why);
	if (p->rights & (RIGHT_BOOK | RIGHT_APPROVE))
		page_bulk_form(p, s);
	if (p->rights & RIGHT_BOOK)
		page_again_form(p, s);
	if (p->rights & RIGHT_SHOW)
		page_export_form(p, s);
	free(a);
	free(b);
	return e;
}

bool
page_sheet(struct page *p, struct sheet *s)
{
	struct why why = {""};
	bool found = false;
	enum cred_err e = docket_sheet(p->w->db, p->ids[0], s, &found, &why);

	if (e != CRED_OK)
		page_fault(p, e, &why);
	else if (!found)
		page_problem(p, WEB_NOT_FOUND);
	return e == CRED_OK && found;
}

void
page_table(struct page *p)
{
	const char *note = form_get(&p->form, "n");
	struct why why = {""};
	enum cred_err e = CRED_OK;
	struct sheet s;
	char at[20];

	if (!page_sheet(p, &s))
		return;
	page_begin(p, s.name);
	if (note != NULL && strcmp(note, "already") == 0) {
		char text[400];
		page_time(s.at, at);
		snprintf(text, sizeof text,
		    page_word(p,
			"This very table was uploaded before, by %s at %s. It "
			"was not taken again, and nothing is booked twice.",
			"这张表此前已由 %s 于 %s "
			"上传，没有重复收入，也不会重复记账。"),
		    s.by, at);
		page_notice(p, "warn", text);
	}
	if (note != NULL && strcmp(note, "busy") == 0)
		page_notice(p, "warn",
		    page_word(p,
			"Another act on this table is still running; wait for "
			"its end.",
			"这张表还有一项批量办理没有结束，请等它完成。"));
	if (note != NULL && strcmp(note, "purpose") == 0)
		page_notice(p, "bad",
		    page_word(p,
			"Say what for, in four characters or more, without "
			"numbers of persons.",
			"请写明用途，至少四个字，不要写个人号码。"));
	if (s.state == SHEET_FAILED) {
		html_raw(&p->h, "<div data-code=\"table\">");
		page_notice(p, "bad", s.why);
		html_raw(&p->h, "</div>");
		summary(p, &s);
		if (p->rights & RIGHT_BOOK)
			page_again_form(p, &s);
	} else if (s.state == SHEET_REVIEWED) {
		e = reviewed(p, &s, &why);
	} else {
		progress(p, &s);
	}
	if (e != CRED_OK)
		page_fault(p, e, &why);
	else
		page_end(p, 200);
}

void
page_table_json(struct page *p)
{
	static const char *const STATES[] = {
	    "", "waiting", "reviewing", "reviewed", "failed"};
	struct why why = {""};
	struct sheet s;
	struct bulk b;
	bool bulk = false;
	char *json;
	int len;
	enum cred_err e;

	if (!page_sheet(p, &s))
		return;
	e = docket_bulk_of(p->w->db, s.id, &b, &bulk, &why);
	if (e != CRED_OK) {
		page_fault(p, e, &why);
		return;
	}
	len = asprintf(&json,
	    "{\"schema\":1,\"state\":\"%s\",\"done\":%u,\"total\":%u,"
	    "\"pass\":%zu,\"warn\":%zu,\"pending\":%zu,\"fail\":%zu,"
	    "\"busy\":%s}\n",
	    STATES[s.state], s.done, s.total, s.verdicts[REVIEW_PASS],
	    s.verdicts[REVIEW_WARN], s.verdicts[REVIEW_PENDING],
	    s.verdicts[REVIEW_FAIL],
	    s.state < SHEET_REVIEWED || (bulk && b.state < BULK_DONE)
		? "true"
		: "false");
	if (len < 0)
		page_problem(p, WEB_BUSY);
	else
		reply_owned(p->rp, "application/json", json, (size_t)len);
}
