#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/catalogue.h"
#include "edge/file.h"
#include "edge/lang.h"
#include "verifier/statistics.h"
#include "web/html.h"

/* A page in one language. */
struct page {
	const struct statistics *s;
	struct html h;
	bool zh;
};

#define SAY(p, en, zh_) ((p)->zh ? (zh_) : (en))
#define CELL            32

static void
cell_text(uint64_t n, bool hidden, char out[static CELL])
{
	if (hidden)
		memcpy(out, "*", 2);
	else
		snprintf(out, CELL, "%" PRIu64, n);
}

/* One line of a table and its bars. */
struct row {
	const char *label;
	size_t cell;
	uint64_t plan; /* 0: none */
};

static const char *const KINDS[2][5] = {
    {"Vocational qualification", "Skill level", "Specialised ability",
	"Special operation", "Training completed"},
    {"职业资格证书", "职业技能等级证书", "专项职业能力证书", "特种作业操作证书",
	"培训合格证书"}};
static const char *const LEVELS[2][6] = {
    {"none", "1, senior technician", "2, technician", "3, advanced",
	"4, intermediate", "5, elementary"},
    {"不分等级", "一级／高级技师", "二级／技师", "三级／高级工", "四级／中级工",
	"五级／初级工"}};
static const char *const MONTHS[2][12] = {
    {"January", "February", "March", "April", "May", "June", "July", "August",
	"September", "October", "November", "December"},
    {"1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月",
	"11月", "12月"}};

static size_t
departments(const struct page *p, struct row *out)
{
	for (int i = 0; i < PLAN_ROWS; i++) {
		const struct plan_row *r = plan_row(i + 1);
		out[i] = (struct row){
		    SAY(p, r->en, r->zh), ST_DEPARTMENT + (size_t)i, r->people};
	}
	out[PLAN_ROWS] = (struct row){
	    SAY(p, "not stated", "未注明"), ST_DEPARTMENT + PLAN_ROWS, 0};
	return PLAN_ROWS + 1;
}

static size_t
leagues(const struct page *p, struct row *out)
{
	for (size_t i = 0; i < STATISTICS_LEAGUES; i++)
		out[i] = (struct row){
		    region_name(region_nth_league(i)), ST_LEAGUE + i, 0};
	out[STATISTICS_LEAGUES] =
	    (struct row){SAY(p, "not stated", "自治区本级或未注明"),
		ST_LEAGUE + STATISTICS_LEAGUES, 0};
	return STATISTICS_LEAGUES + 1;
}

static size_t
named(const char *const *names, size_t first, size_t n, struct row *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (struct row){names[i], first + i, 0};
	return n;
}

#define LABEL_PX 260
#define BAR_PX   400
#define BAR_H    11

static void putf(struct html *h, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static void
putf(struct html *h, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	html_raw(h, text);
}

static void
bar(struct html *h, const char *cls, int y, uint64_t n, bool hidden,
    uint64_t most)
{
	uint64_t px = hidden || most == 0 ? 0 : n * BAR_PX / most;
	char text[CELL];

	cell_text(n, hidden, text);
	if (px == 0 && n > 0 && !hidden)
		px = 1;
	putf(h,
	    "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%" PRIu64
	    "\" height=\"%d\"/><text class=\"n\" x=\"%" PRIu64
	    "\" y=\"%d\">%s</text>",
	    cls, LABEL_PX, y, px, BAR_H, LABEL_PX + px + 4, y + BAR_H - 2,
	    text);
}

/* The longest bar: hidden counts must not show in the scale either. */
static uint64_t
most_of(const struct page *p, const struct row *rows, size_t n)
{
	uint64_t most = 0;

	for (size_t i = 0; i < n; i++) {
		size_t c = rows[i].cell;
		if (rows[i].plan > most)
			most = rows[i].plan;
		if (!p->s->booked_hidden[c] && p->s->booked[c] > most)
			most = p->s->booked[c];
		if (!p->s->paid_hidden[c] && p->s->paid[c] > most)
			most = p->s->paid[c];
	}
	return most;
}

static void
chart(struct page *p, const char *id, const char *title, const struct row *rows,
    size_t n, bool plan)
{
	struct html *h = &p->h;
	uint64_t most = most_of(p, rows, n);
	int step = (plan ? 3 : 2) * (BAR_H + 1) + 10;

	putf(h,
	    "<svg role=\"img\" aria-labelledby=\"%s-t\" viewBox=\"0 0 %d %d\">"
	    "<title id=\"%s-t\">",
	    id, LABEL_PX + BAR_PX + 80, (int)n * step + 4, id);
	html_str(h, title);
	html_raw(h, "</title>");
	for (size_t i = 0; i < n; i++) {
		size_t c = rows[i].cell;
		int y = (int)i * step + 4;
		putf(h, "<text class=\"l\" x=\"%d\" y=\"%d\">", LABEL_PX - 8,
		    y + step / 2);
		html_str(h, rows[i].label);
		html_raw(h, "</text>");
		if (plan) {
			if (rows[i].plan > 0)
				bar(h, "p", y, rows[i].plan, false, most);
			y += BAR_H + 1;
		}
		bar(h, "b", y, p->s->booked[c], p->s->booked_hidden[c], most);
		bar(h, "a", y + BAR_H + 1, p->s->paid[c], p->s->paid_hidden[c],
		    most);
	}
	html_raw(h, "</svg>");
}

static void
table_row(struct page *p, const struct row *r, bool plan)
{
	const struct statistics *s = p->s;
	char b[CELL], a[CELL], share[CELL] = "";

	cell_text(s->booked[r->cell], s->booked_hidden[r->cell], b);
	cell_text(s->paid[r->cell], s->paid_hidden[r->cell], a);
	html_raw(&p->h, "<tr><th scope=\"row\">");
	html_str(&p->h, r->label);
	html_raw(&p->h, "</th>");
	if (plan) {
		if (r->plan > 0 && !s->booked_hidden[r->cell])
			snprintf(share, sizeof share, "%.1f %%",
			    (double)s->booked[r->cell] * 100 / (double)r->plan);
		putf(&p->h, "<td>%s%.0" PRIu64 "</td>", r->plan > 0 ? "" : "–",
		    r->plan);
	}
	putf(&p->h, "<td>%s</td><td>%s</td>", b, a);
	if (plan)
		putf(&p->h, "<td>%s</td>", share);
	html_raw(&p->h, "</tr>");
}

static void
head_cell(struct page *p, const char *text)
{
	html_raw(&p->h, "<th scope=\"col\">");
	html_str(&p->h, text);
	html_raw(&p->h, "</th>");
}

static void
section(struct page *p, const char *id, const char *title, const char *first,
    const struct row *rows, size_t n, bool plan)
{
	const struct row all = {
	    SAY(p, "together", "合计"), ST_ALL, plan ? PLAN_TOTAL : 0};

	putf(&p->h, "<section id=\"%s\"><h2>", id);
	html_str(&p->h, title);
	html_raw(&p->h, "</h2><figure>");
	chart(p, id, title, rows, n, plan);
	html_raw(&p->h, "</figure><div class=\"t\"><table><caption>");
	html_str(&p->h, title);
	html_raw(&p->h, "</caption><thead><tr>");
	head_cell(p, first);
	if (plan)
		head_cell(p, SAY(p, "plan of 2019", "2019年计划"));
	head_cell(p, SAY(p, "booked", "已记账"));
	head_cell(p, SAY(p, "paid", "已支付"));
	if (plan)
		head_cell(p, SAY(p, "booked, of the plan", "完成计划"));
	html_raw(&p->h, "</tr></thead><tbody>");
	for (size_t i = 0; i < n; i++)
		table_row(p, &rows[i], plan);
	html_raw(&p->h, "</tbody><tfoot>");
	table_row(p, &all, plan);
	html_raw(&p->h, "</tfoot></table></div></section>");
}

/* Kinds down, levels across: booked, and paid behind it. */
static void
cross(struct page *p)
{
	const struct statistics *s = p->s;

	html_raw(&p->h, "<section id=\"kind-level\"><h2>");
	html_str(&p->h, SAY(p, "By kind and level", "按证书种类和等级"));
	html_raw(&p->h, "</h2><div class=\"t\"><table><caption>");
	html_str(&p->h, SAY(p, "booked / paid", "已记账／已支付"));
	html_raw(&p->h, "</caption><thead><tr>");
	head_cell(p, SAY(p, "kind", "种类"));
	for (int l = 0; l < 6; l++)
		head_cell(p, LEVELS[p->zh][l]);
	html_raw(&p->h, "</tr></thead><tbody>");
	for (size_t k = 0; k < 5; k++) {
		html_raw(&p->h, "<tr><th scope=\"row\">");
		html_str(&p->h, KINDS[p->zh][k]);
		html_raw(&p->h, "</th>");
		for (size_t l = 0; l < 6; l++) {
			size_t c = ST_KIND_LEVEL + k * 6 + l;
			char b[CELL], a[CELL];
			cell_text(s->booked[c], s->booked_hidden[c], b);
			cell_text(s->paid[c], s->paid_hidden[c], a);
			putf(&p->h, "<td>%s / %s</td>", b, a);
		}
		html_raw(&p->h, "</tr>");
	}
	html_raw(&p->h, "</tbody></table></div></section>");
}

static void
head(struct page *p)
{
	char title[128], date[11];
	const struct statistics *s = p->s;
	const char *file = SAY(p, "index.html", "en.html");

	snprintf(title, sizeof title,
	    SAY(p, "Training subsidies, %d", "%d年职业技能培训补贴统计"),
	    s->year);
	day_format(claims_day(s->made_at), date);
	putf(&p->h,
	    "<!doctype html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
	    "<meta name=\"viewport\" content=\"width=device-width\">"
	    "<link rel=\"stylesheet\" href=\"statistics.css\"><title>",
	    SAY(p, "en", "zh-CN"));
	html_str(&p->h, title);
	html_raw(&p->h, "</title></head><body><header><h1>");
	html_str(&p->h, title);
	putf(&p->h,
	    "</h1><p><a href=\"%s\" hreflang=\"%s\" lang=\"%s\">%s</a> · "
	    "<a href=\"statistics.csv\">CSV</a> · %s %s</p>",
	    file, SAY(p, "zh-CN", "en"), SAY(p, "zh-CN", "en"),
	    SAY(p, "中文", "English"), SAY(p, "as at", "截至"), date);
	html_raw(&p->h, "</header><main><p class=\"sum\">");
}

static void
summary(struct page *p)
{
	const struct statistics *s = p->s;
	int64_t wan = (s->paid_fen + 500000) / 1000000; /* 10,000 yuan each */
	char b[CELL], a[CELL];

	cell_text(s->booked[ST_ALL], s->booked_hidden[ST_ALL], b);
	cell_text(s->paid[ST_ALL], s->paid_hidden[ST_ALL], a);
	putf(&p->h,
	    SAY(p, "%s person-times booked, %s paid",
		"已记账 %s 人次，已支付 %s 人次"),
	    b, a);
	if (!s->paid_hidden[ST_ALL] && p->zh)
		putf(&p->h, "，约 %" PRId64 " 万元。", wan);
	else if (!s->paid_hidden[ST_ALL])
		putf(&p->h, ", about %.2f million yuan.", (double)wan / 100);
	html_raw(&p->h, "</p><p class=\"key\"><span class=\"k b\"></span>");
	html_str(&p->h, SAY(p, "booked", "已记账"));
	html_raw(&p->h, " <span class=\"k a\"></span>");
	html_str(&p->h, SAY(p, "paid", "已支付"));
	html_raw(&p->h, " <span class=\"k p\"></span>");
	html_str(&p->h, SAY(p, "plan of 2019", "2019年计划"));
	html_raw(&p->h, "</p><p>");
	html_str(&p->h,
	    SAY(p,
		"A person-time is a claim with a certificate that was checked, "
		"counted in the month of application. * : fewer than ten "
		"people, or left out so that such a count cannot be computed "
		"from the totals. Clause (XI) of document No. 2 of 2019.",
		"一人次是一笔凭已核验证书的申领，按申请日期计入各月。"
		"* 表示不足十人，或为避免由合计推算出不足十人的数字而不公布。"
		"依据内就服工办发〔2019〕2号第（十一）条向社会公开。"));
	html_raw(&p->h, "</p>");
}

static void
draw(struct page *p)
{
	struct row rows[16];

	head(p);
	summary(p);
	section(p, "department",
	    SAY(p, "By department, against the plan of the annex",
		"按部门，对照任务分解表（26.6万人次）"),
	    SAY(p, "department", "部门"), rows, departments(p, rows), true);
	section(p, "kind", SAY(p, "By kind of certificate", "按证书种类"),
	    SAY(p, "kind", "种类"), rows, named(KINDS[p->zh], ST_KIND, 5, rows),
	    false);
	section(p, "level", SAY(p, "By level", "按等级"),
	    SAY(p, "level", "等级"), rows,
	    named(LEVELS[p->zh], ST_LEVEL, 6, rows), false);
	cross(p);
	section(p, "league", SAY(p, "By league and city", "按盟市"),
	    SAY(p, "league or city", "盟市"), rows, leagues(p, rows), false);
	section(p, "month", SAY(p, "By month of application", "按申请月份"),
	    SAY(p, "month", "月份"), rows,
	    named(MONTHS[p->zh], ST_MONTH, 12, rows), false);
	html_raw(&p->h, "</main></body></html>\n");
}

static const char STYLE[] =
    ":root{color-scheme:light dark;--b:#1a5fb4;--a:#26a269;--p:#77767b}\n"
    "@media(prefers-color-scheme:dark){:root{--b:#78aeed;--a:#57e389}}\n"
    "body{font:16px/1.6 system-ui,sans-serif;max-width:60rem;margin:0 auto;"
    "padding:1rem}\n"
    "h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}\n"
    ".sum{font-size:1.2rem}\n"
    "figure{margin:0;overflow-x:auto}\n"
    "svg{width:100%;min-width:40rem;height:auto;font-size:13px}\n"
    "svg text{fill:currentColor}svg .l{text-anchor:end}\n"
    "svg .n{font-size:11px}\n"
    ".b{fill:var(--b)}.a{fill:var(--a)}\n"
    "rect.p{fill:none;stroke:var(--p);stroke-dasharray:3 2}\n"
    ".k{display:inline-block;width:1em;height:.7em;margin-left:1em}\n"
    ".k.b{background:var(--b)}.k.a{background:var(--a)}\n"
    ".k.p{border:1px dashed var(--p)}\n"
    ".t{overflow-x:auto}table{border-collapse:collapse;width:100%}\n"
    "caption{text-align:left;position:absolute;left:-100vw}\n"
    "th,td{padding:.25rem .6rem;border-bottom:1px solid #8884;"
    "text-align:right;font-variant-numeric:tabular-nums}\n"
    "th:first-child{text-align:left}tfoot{font-weight:bold}\n";

static void
csv_rows(struct page *p, const char *table, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char b[CELL], a[CELL], plan[CELL] = "";
		size_t c = rows[i].cell;
		cell_text(p->s->booked[c], p->s->booked_hidden[c], b);
		cell_text(p->s->paid[c], p->s->paid_hidden[c], a);
		if (rows[i].plan > 0)
			cell_text(rows[i].plan, false, plan);
		putf(&p->h, "%s,%s,%s,%s,%s\r\n", table, rows[i].label, plan, b,
		    a);
	}
}

static void
csv(struct page *p)
{
	struct row rows[16];
	char labels[30][64];

	html_raw(&p->h, "\xef\xbb\xbf分类,项目,2019年计划,已记账,已支付\r\n");
	rows[0] = (struct row){"合计", ST_ALL, PLAN_TOTAL};
	csv_rows(p, "合计", rows, 1);
	csv_rows(p, "部门", rows, departments(p, rows));
	csv_rows(p, "种类", rows, named(KINDS[1], ST_KIND, 5, rows));
	csv_rows(p, "等级", rows, named(LEVELS[1], ST_LEVEL, 6, rows));
	for (size_t i = 0; i < 30; i++) {
		snprintf(labels[i], sizeof labels[i], "%s %s", KINDS[1][i / 6],
		    LEVELS[1][i % 6]);
		rows[0] = (struct row){labels[i], ST_KIND_LEVEL + i, 0};
		csv_rows(p, "种类和等级", rows, 1);
	}
	csv_rows(p, "盟市", rows, leagues(p, rows));
	csv_rows(p, "月份", rows, named(MONTHS[1], ST_MONTH, 12, rows));
}

static enum cred_err
put_file(const char *dir, const char *name, struct bytes data, struct why *why)
{
	char *path = file_join(dir, name);
	enum cred_err e;

	if (path == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	e = file_write(path, data, 0644, why);
	free(path);
	return e;
}

static enum cred_err
put_page(const struct statistics *s, const char *dir, const char *name, bool zh,
    void (*fill)(struct page *p), struct why *why)
{
	struct page p = {.s = s, .zh = zh};
	enum cred_err e;

	fill(&p);
	e = p.h.failed ? why_set(why, CRED_FAULT_NOMEM, "%s",
			     cred_strerr(CRED_FAULT_NOMEM))
		       : put_file(dir, name, bytes_of(p.h.buf, p.h.len), why);
	free(p.h.buf);
	return e;
}

enum cred_err
statistics_write(const struct statistics *s, const char *dir, struct why *why)
{
	enum cred_err e = file_mkdirs(dir, 0755, why);

	if (e == CRED_OK)
		e = put_file(dir, "statistics.css", bytes_str(STYLE), why);
	if (e == CRED_OK)
		e = put_page(s, dir, "statistics.csv", true, csv, why);
	if (e == CRED_OK)
		e = put_page(s, dir, "en.html", false, draw, why);
	return e != CRED_OK ? e
			    : put_page(s, dir, "index.html", true, draw, why);
}
