#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "edge/file.h"
#include "edge/lang.h"
#include "verifier/review_page.h"
#include "web/static.h"

extern const struct asset review_assets[];
extern const size_t n_review_assets;

#define COOKIE                                                                 \
	"__Host-tamga-review=%s; Path=/; Secure; HttpOnly; SameSite=Strict"
#define TABLES_SHOWN 200

static void
set_cookie(struct page *p, const char *token)
{
	snprintf(p->rp->set_cookie, sizeof p->rp->set_cookie, COOKIE, token);
}

void
page_asset(struct page *p)
{
	/* "/review/review.css" is "/review.css" of the assets. */
	const struct asset *a = asset_find(
	    review_assets, n_review_assets, p->rq->path + strlen("/review"));

	if (a == NULL)
		page_problem(p, WEB_NOT_FOUND);
	else
		static_reply(a, p->rq, p->rp);
}

static void
sign_in_page(struct page *p, const char *refused, int status)
{
	/* A token for the form, tied to this browser and to nobody. */
	if (p->token[0] == '\0') {
		if (session_token(p->token) != CRED_OK ||
		    !session_csrf(p->w->sessions, p->token, p->csrf)) {
			page_problem(p, WEB_FAULT);
			return;
		}
		set_cookie(p, p->token);
	}
	page_begin(p, page_word(p, "Sign in", "登录"));
	if (refused != NULL)
		page_notice(p, "bad", refused);
	page_form(p,
	    p->en ? "/review/sign-in?lang=en" : "/review/sign-in?lang=zh",
	    "sheet narrow", false);
	page_input(p, page_word(p, "User", "用户名"), "name", "text",
	    "required maxlength=\"63\" autocomplete=\"username\" "
	    "autocapitalize=\"off\" spellcheck=\"false\"");
	page_input(p, page_word(p, "Pass phrase", "口令"), "pass", "password",
	    "required maxlength=\"1000\" autocomplete=\"current-password\"");
	page_input(p,
	    page_word(p, "Code of the authenticator app (six digits)",
		"验证器应用中的六位数字"),
	    "code", "text",
	    "required inputmode=\"numeric\" maxlength=\"7\" "
	    "autocomplete=\"one-time-code\"");
	page_submit(p, page_word(p, "Sign in", "登录"), "");
	html_raw(&p->h, "</form>");
	page_end(p, status);
}

void
page_sign_in(struct page *p)
{
	static const struct limit LIMIT = {10, 10};
	const char *name = form_get(&p->form, "name");
	const char *pass = form_get(&p->form, "pass");
	const char *code = form_get(&p->form, "code");
	char token[SESSION_TOKEN], subject[ACCOUNT_NAME + 8];
	struct why why = {""};
	bool in = false;
	enum cred_err e;

	if (name == NULL || pass == NULL || code == NULL) {
		page_problem(p, WEB_FORM);
		return;
	}
	if (!limiter_take(
		p->w->tries, &LIMIT, p->rq->client, 1, page_clock() * 1000)) {
		page_problem(p, WEB_TOO_MANY);
		return;
	}
	e = account_sign_in(
	    p->w->db, name, pass, code, p->now, &p->account, &in, &why);
	if (e != CRED_OK) {
		page_fault(p, e, &why);
		return;
	}
	if (!in) {
		/* One sentence for every cause. */
		sign_in_page(p,
		    page_word(p,
			"Not signed in: name, pass phrase or code is wrong, "
			"the "
			"code was used before, or after too many tries the "
			"name "
			"is closed for a while. Wait for the next code; after "
			"several failures, a quarter of an hour.",
			"未能登录：用户名、口令或验证码有误，验证码已用过，或因"
			"多次失败暂停登录。请等下一个验证码；多次失败后请等一刻"
			"钟。"),
		    403);
		return;
	}
	session_end(p->w->sessions, p->token);
	e = session_begin(p->w->sessions, &p->account, page_clock(), token);
	snprintf(subject, sizeof subject, "user %s", p->account.name);
	if (e == CRED_OK)
		e = page_trail(p, "user.in", subject, "", &why);
	if (e != CRED_OK) {
		page_fault(p, e, &why);
		return;
	}
	session_lang(p->w->sessions, token, p->en ? LANG_EN : LANG_ZH);
	set_cookie(p, token);
	OPENSSL_cleanse(token, sizeof token);
	page_go(p, "/review/");
}

void
page_sign_out(struct page *p)
{
	session_end(p->w->sessions, p->token);
	set_cookie(p, "; Max-Age=0");
	page_go(p, "/review/");
}

static enum cred_err
sheet_row(void *ctx, const struct sheet *s, struct why *why)
{
	struct page *p = ctx;
	char at[20];

	(void)why;
	page_time(s->at, at);
	html_raw(&p->h, "<tr><th scope=\"row\"><a href=\"/review/tables/");
	page_printf(p, "%lld", (long long)s->id);
	html_raw(&p->h, "\">");
	html_str(&p->h, s->name);
	html_raw(&p->h, "</a></th><td>");
	html_str(&p->h, s->by);
	html_raw(&p->h, "</td><td>");
	html_str(&p->h, at);
	html_raw(&p->h, "</td><td>");
	if (s->state == SHEET_FAILED)
		html_str(&p->h, page_word(p, "cannot be read", "无法读取"));
	else if (s->state != SHEET_REVIEWED)
		html_str(&p->h, page_word(p, "under review", "审核中"));
	html_raw(&p->h, "</td>");
	for (int v = 0; v <= REVIEW_FAIL; v++) {
		html_raw(&p->h, "<td class=\"num\">");
		page_printf(p, "%zu", s->verdicts[v]);
		html_raw(&p->h, "</td>");
	}
	html_raw(&p->h, "</tr>\n");
	return CRED_OK;
}

static void
upload_form(struct page *p)
{
	html_raw(&p->h, "<section class=\"sheet\"><h2>");
	html_str(&p->h, page_word(p, "Upload a table", "上传申领表"));
	html_raw(&p->h, "</h2>");
	page_form(p, "/review/tables", "", true);
	page_input(p,
	    page_word(p, "Claims, CSV or XLSX", "申领表（CSV 或 XLSX）"),
	    "table", "file", "required accept=\".csv,.xlsx,.txt\"");
	html_raw(&p->h, "<p class=\"hint\">");
	page_printf(p,
	    page_word(p,
		"Up to %u MB. Nothing is booked by uploading; a table that is "
		"there already is not taken twice.",
		"不超过 %u MB。上传不会记账；已有的表不会重复收入。"),
	    p->w->config->max_table);
	html_raw(&p->h, "</p>");
	page_submit(p, page_word(p, "Upload and review", "上传并审核"), "");
	html_raw(&p->h, "</form></section>\n");
}

static void
home_tables(struct page *p)
{
	static const char *const en[] = {
	    "Table", "By", "At", "", "Pass", "Warning", "Pending", "Fail"};
	static const char *const zh[] = {"申领表", "上传人", "上传时间", "",
	    "通过", "提示", "待定", "不通过"};
	struct why why = {""};
	enum cred_err e;

	page_begin(p, page_word(p, "Tables of claims", "申领表"));
	if (p->rights & RIGHT_UPLOAD)
		upload_form(p);
	html_raw(&p->h, "<div class=\"wide\" tabindex=\"0\" role=\"region\" "
			"aria-label=\"");
	html_str(&p->h, page_word(p, "Tables", "申领表"));
	html_raw(&p->h, "\"><table><thead><tr>");
	for (size_t i = 0; i < sizeof en / sizeof *en; i++) {
		html_raw(&p->h, *en[i] != '\0' ? "<th scope=\"col\">" : "<td>");
		html_str(&p->h, page_word(p, en[i], zh[i]));
		html_raw(&p->h, *en[i] != '\0' ? "</th>" : "</td>");
	}
	html_raw(&p->h, "</tr></thead><tbody>\n");
	e = docket_sheets(p->w->db, TABLES_SHOWN, sheet_row, p, &why);
	html_raw(&p->h, "</tbody></table></div>");
	if (e != CRED_OK)
		page_fault(p, e, &why);
	else
		page_end(p, 200);
}

void
page_home(struct page *p)
{
	if (strcmp(p->rq->path, "/review") == 0)
		page_go(p, "/review/");
	else if (!p->in)
		sign_in_page(p, NULL, 200);
	else if (p->rights & RIGHT_LOOK)
		home_tables(p);
	else
		page_go(p, "/review/users");
}

/* The last part of a name that may be a path, without what could turn a line
 * round; it is only ever shown. */
static void
file_name(struct bytes given, char out[static 256])
{
	size_t from = 0, n = 0;

	for (size_t i = 0; i < given.len; i++)
		if (given.ptr[i] == '/' || given.ptr[i] == '\\')
			from = i + 1;
	for (size_t i = from; i < given.len && n < 200; i++)
		if (given.ptr[i] >= 0x20 && given.ptr[i] != 0x7f)
			out[n++] = (char)given.ptr[i];
	while (n > 0 && ((unsigned char)out[n - 1] & 0xc0) == 0x80 && n >= 200)
		n--;
	out[n] = '\0';
	if (n == 0)
		snprintf(out, 256, "-");
}

/* Kept before it is known: what the docket names is there to be read. */
static enum cred_err
keep_table(struct page *p, struct bytes data, const char *name, int64_t *id,
    bool *already, struct why *why)
{
	uint8_t sha256[32];
	char *path, subject[80] = "table ";
	size_t len = 0;
	enum cred_err e;

	if (EVP_Q_digest(
		NULL, "SHA256", NULL, data.ptr, data.len, sha256, &len) != 1)
		return CRED_FAULT_CRYPTO;
	path = review_table_path(p->w->config->home, sha256, "");
	if (path == NULL)
		return CRED_FAULT_NOMEM;
	e = file_write(path, data, 0600, why);
	free(path);
	if (e == CRED_OK)
		e = docket_add(p->w->db, sha256, name, p->account.name, p->now,
		    id, already, why);
	for (int i = 0; i < 16; i++)
		snprintf(subject + 6 + 2 * i, 3, "%02x", sha256[i]);
	if (e == CRED_OK && !*already)
		e = page_trail(p, "upload", subject, "", why);
	return e;
}

void
page_upload(struct page *p)
{
	const struct part *table = NULL;
	struct why why = {""};
	char name[256];
	bool already = false;
	int64_t id = 0;
	enum cred_err e;

	for (size_t i = 0; i < p->parts.n; i++)
		if (bytes_eq(p->parts.parts[i].name, bytes_str("table")))
			table = &p->parts.parts[i];
	if (table == NULL || table->filename.ptr == NULL ||
	    table->data.len == 0) {
		page_problem(p, WEB_MULTIPART);
		return;
	}
	file_name(table->filename, name);
	e = keep_table(p, table->data, name, &id, &already, &why);
	if (e != CRED_OK) {
		page_fault(p, e, &why);
		return;
	}
	review_jobs_wake(p->w->jobs);
	page_go(p, "/review/tables/%lld%s", (long long)id,
	    already ? "?n=already" : "");
}
