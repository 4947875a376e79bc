#include "verifier/review_page.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "credential/cbor.h"
#include "web/static.h"

extern const struct asset verifier_assets[];
extern const size_t n_verifier_assets;

int64_t
page_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec;
}

/* The icons of the verdict card, from the page for everybody. */
static void
sprite(struct page *p)
{
	static const char open[] = "<svg class=\"sprite\"", close[] = "</svg>";
	const struct asset *a =
	    asset_find(verifier_assets, n_verifier_assets, "/index.zh.html");
	const uint8_t *at = memmem(a->ptr, a->len, open, sizeof open - 1), *end;

	if (at == NULL)
		return;
	end =
	    memmem(at, a->len - (size_t)(at - a->ptr), close, sizeof close - 1);
	if (end != NULL)
		html_raw_bytes(
		    &p->h, bytes_of(at, (size_t)(end - at) + sizeof close - 1));
}

static void
link_to(struct page *p, const char *href, const char *text)
{
	html_raw(&p->h, "<li><a href=\"");
	html_raw(&p->h, href);
	html_raw(&p->h, "\"");
	if (strcmp(p->rq->path, href) == 0)
		html_raw(&p->h, " aria-current=\"page\"");
	html_raw(&p->h, ">");
	html_str(&p->h, text);
	html_raw(&p->h, "</a></li>");
}

static void
navigation(struct page *p)
{
	html_raw(&p->h, "<nav aria-label=\"");
	html_str(&p->h, page_word(p, "Desk", "审核"));
	html_raw(&p->h, "\"><ul>");
	if (p->rights & RIGHT_LOOK)
		link_to(p, "/review/", page_word(p, "Tables", "申领表"));
	if (p->rights & RIGHT_LOOK)
		link_to(p, "/review/anomalies",
		    page_word(p, "Anomalies", "异常"));
	if (p->rights & RIGHT_USERS)
		link_to(p, "/review/users", page_word(p, "Users", "用户"));
	if (p->rights & RIGHT_TRAIL)
		link_to(p, "/review/trail", page_word(p, "Trail", "操作记录"));
	html_raw(&p->h, "</ul></nav>");
	page_form(p, "/review/sign-out", "who", false);
	html_raw(&p->h, "<span>");
	html_str(&p->h, p->account.name);
	html_raw(&p->h, "</span>");
	page_submit(p, page_word(p, "Sign out", "退出"), "");
	html_raw(&p->h, "</form>");
}

/* Where this page can be had by GET: what answers a form has an address of its
 * own below it ("/decide"). */
static struct bytes
page_here(const struct page *p)
{
	const char *path = p->rq->path;
	size_t n = strlen(path);

	if (strcmp(p->rq->method, "POST") == 0) {
		n = (size_t)(strrchr(path, '/') - path);
		if (n <= strlen("/review"))
			return bytes_str("/review/");
	}
	return bytes_of(path, n);
}

void
page_begin(struct page *p, const char *title)
{
	html_raw(&p->h, "<!DOCTYPE html>\n<html lang=\"");
	html_raw(&p->h, page_word(p, "en", "zh-CN"));
	html_raw(&p->h,
	    "\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, "
	    "initial-scale=1\">\n"
	    "<meta name=\"color-scheme\" content=\"light dark\">\n"
	    "<meta name=\"format-detection\" content=\"telephone=no\">\n"
	    "<title>");
	html_str(&p->h, title);
	html_raw(&p->h, " · ");
	html_str(&p->h, page_word(p, "Subsidy review", "补贴审核"));
	html_raw(&p->h,
	    "</title>\n<link rel=\"icon\" href=\"/icon.svg\" "
	    "type=\"image/svg+xml\">\n"
	    "<link rel=\"stylesheet\" href=\"/style.css\">\n"
	    "<link rel=\"stylesheet\" href=\"/review/review.css\">\n"
	    "<script src=\"/review/review.js\" defer></script>\n"
	    "</head>\n<body class=\"desk\">\n");
	sprite(p);
	html_raw(&p->h, "\n<a class=\"skip\" href=\"#main\">");
	html_str(&p->h, page_word(p, "Skip to the content", "跳到正文"));
	html_raw(&p->h, "</a>\n<header><p class=\"brand\"><svg class=\"mark\" "
			"aria-hidden=\"true\"><use href=\"#i-mark\"/></svg>");
	html_str(&p->h, page_word(p, "Subsidy review", "补贴审核"));
	html_raw(&p->h, "</p>");
	if (p->in)
		navigation(p);
	html_raw(&p->h, "<a class=\"lang\" href=\"");
	html_text(&p->h, page_here(p));
	html_raw(&p->h, "?lang=");
	html_raw(
	    &p->h, page_word(p, "zh\" lang=\"zh-CN\" hreflang=\"zh-CN\">中文",
		       "en\" lang=\"en\" hreflang=\"en\">English"));
	html_raw(&p->h, "</a></header>\n<main id=\"main\">\n");
	html_element(&p->h, "h1", NULL, title);
}

void
page_end(struct page *p, int status)
{
	html_raw(&p->h, "\n</main>\n</body>\n</html>\n");
	if (p->h.failed) {
		free(p->h.buf);
		p->h = (struct html){0};
		reply_problem(p->rp, p->rq, WEB_BUSY);
		return;
	}
	p->rp->status = status;
	p->rp->desk = true;
	p->rp->page = false;
	p->rp->cache = NULL;
	reply_owned(p->rp, "text/html; charset=utf-8", p->h.buf, p->h.len);
	p->h = (struct html){0};
}

void
page_go(struct page *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->rp->location, sizeof p->rp->location, fmt, ap);
	va_end(ap);
	p->rp->status = 303;
	p->rp->desk = true;
}

void
page_problem(struct page *p, enum web_problem problem)
{
	free(p->h.buf);
	p->h = (struct html){0};
	reply_problem(p->rp, p->rq, problem);
}

void
page_fault(struct page *p, enum cred_err e, const struct why *why)
{
	fprintf(stderr, "tamga-verifier: %s\n",
	    *why->text != '\0' ? why->text : cred_strerr(e));
	page_problem(p, e == CRED_FAULT_NOMEM ? WEB_BUSY : WEB_FAULT);
}

void
page_notice(struct page *p, const char *kind, const char *text)
{
	html_raw(&p->h, "<p class=\"notice ");
	html_raw(&p->h, kind);
	html_raw(&p->h, strcmp(kind, "good") == 0 ? "\" role=\"status\">"
						  : "\" role=\"alert\">");
	html_str(&p->h, text);
	html_raw(&p->h, "</p>\n");
}

void
page_form(struct page *p, const char *action, const char *cls, bool multipart)
{
	html_raw(&p->h, "<form method=\"post\" action=\"");
	html_raw(&p->h, action);
	html_raw(&p->h, "\" class=\"");
	html_raw(&p->h, cls);
	html_raw(
	    &p->h, multipart ? "\" enctype=\"multipart/form-data\">" : "\">");
	html_raw(&p->h, "<input type=\"hidden\" name=\"csrf\" value=\"");
	html_raw(&p->h, p->csrf);
	html_raw(&p->h, "\">");
}

void
page_input(struct page *p, const char *label, const char *name,
    const char *type, const char *attrs)
{
	html_raw(&p->h, "<label>");
	html_str(&p->h, label);
	html_raw(&p->h, " <input name=\"");
	html_raw(&p->h, name);
	html_raw(&p->h, "\" type=\"");
	html_raw(&p->h, type);
	html_raw(&p->h, "\" ");
	html_raw(&p->h, attrs);
	html_raw(&p->h, "></label>");
}

void
page_submit(struct page *p, const char *label, const char *attrs)
{
	html_raw(&p->h, "<button type=\"submit\" ");
	html_raw(&p->h, attrs);
	html_raw(&p->h, ">");
	html_str(&p->h, label);
	html_raw(&p->h, "</button>");
}

void
page_row(struct page *p, const char *label, const char *value)
{
	if (*value == '\0')
		return;
	html_element(&p->h, "dt", NULL, label);
	html_element(&p->h, "dd", NULL, value);
}

void
page_number(struct page *p, const char *label, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof text, "%llu", (unsigned long long)n);
	page_row(p, label, text);
}

void
page_time(int64_t t, char out[static 20])
{
	time_t local = (time_t)t + 8 * 3600;
	struct tm tm;

	if (t == 0 || gmtime_r(&local, &tm) == NULL ||
	    strftime(out, 20, "%Y-%m-%d %H:%M", &tm) == 0)
		out[0] = '\0';
}

void
page_printf(struct page *p, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	html_str(&p->h, text);
}

const char *
page_verdict(const struct page *p, enum review_verdict v)
{
	static const char *const en[] = {"pass", "warning", "pending", "fail"};
	static const char *const zh[] = {"通过", "提示", "待定", "不通过"};

	return p->en ? en[v] : zh[v];
}

const char *
page_state_name(int state)
{
	if (state == LINE_OPEN)
		return "open";
	return state == LINE_REFUSED
		   ? "refused"
		   : ledger_state_name((enum ledger_state)state);
}

const char *
page_state(const struct page *p, int state)
{
	static const char *const zh[] = {
	    "未处理", "已记账", "已批准", "已支付", "已驳回", "已追回"};

	if (p->en)
		return page_state_name(state);
	return state >= 0 && state <= LEDGER_RETURNED ? zh[state] : "不予支付";
}

const char *
page_act(const struct page *p, enum decide_act a)
{
	static const char *const en[N_DECIDE] = {"", "Book", "Approve",
	    "Mark as paid", "Reject", "Mark as taken back", "Refuse", "Reopen"};
	static const char *const zh[N_DECIDE] = {"", "记账", "批准",
	    "记为已支付", "驳回", "记为已追回", "不予支付", "重新受理"};

	return p->en ? en[a] : zh[a];
}

/* Length of the first n characters, or of all there are. */
static size_t
bytes_of_characters(const char *s, size_t n)
{
	size_t i = 0;

	while (s[i] != '\0' && n > 0) {
		for (i++; ((unsigned char)s[i] & 0xc0) == 0x80; i++)
			;
		n--;
	}
	return i;
}

void
page_mask(const char *s, size_t head, size_t tail, char *out, size_t cap)
{
	size_t all = 0, n = 0;

	for (const char *c = s; *c != '\0'; c++)
		all += ((unsigned char)*c & 0xc0) != 0x80;
	if (all <= head + tail)
		head = tail = 0;
	n = (size_t)snprintf(
	    out, cap, "%.*s", (int)bytes_of_characters(s, head), s);
	for (size_t i = head; i + tail < all && n + 1 < cap; i++)
		out[n++] = '*';
	snprintf(
	    out + n, cap - n, "%s", s + bytes_of_characters(s, all - tail));
}

bool
page_reason_ok(const char *s)
{
	size_t n = 0, digits = 0;

	for (const char *c = s; *c != '\0'; c++) {
		n += ((unsigned char)*c & 0xc0) != 0x80 && *c != ' ';
		if (*c >= '0' && *c <= '9') {
			if (++digits >= 11)
				return false;
		} else if (*c != ' ' && *c != '-') {
			digits = 0;
		}
		if ((unsigned char)*c < 0x20)
			return false;
	}
	return n >= 4 && strlen(s) <= 200;
}

enum cred_err
page_trail(struct page *p, const char *action, const char *subject,
    const char *detail, struct why *why)
{
	enum cred_err e;

	review_jobs_lock(p->w->jobs);
	e = registry_audit_append(p->w->registry, p->account.name, action,
	    subject, detail, p->now, why);
	review_jobs_unlock(p->w->jobs);
	return e;
}
