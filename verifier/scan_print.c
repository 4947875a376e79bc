#include <stdlib.h>

#include "credential/cbor.h"
#include "credential/report.h"
#include "edge/cli.h"
#include "edge/lang.h"
#include "verifier/scan.h"

/* A shape besides the colour: nobody should have to see red from green. */
struct scan_look
scan_look_of(enum verdict_status s)
{
	switch (verdict_exit(s)) {
	case EXIT_OK:
		return (struct scan_look){"✓", "\033[1;32m"};
	case EXIT_UNKNOWN:
		return (struct scan_look){"?", "\033[1;33m"};
	case EXIT_NOTHING:
		return (struct scan_look){"-", "\033[1;36m"};
	default:
		return (struct scan_look){"✗", "\033[1;31m"};
	}
}

enum report_lang
scan_lang(void)
{
	return lang_is_zh() ? LANG_ZH : LANG_EN;
}

const char *
scan_reason(const struct scan_report *r, const struct scan_item *it)
{
	if (r->err != CRED_OK && r->why.text[0] != '\0')
		return r->why.text;
	if (it->blank)
		return TR("this page has no QR code that can be read",
		    "这一页没有可读的二维码");
	return report_reason(&it->v.verdict, scan_lang());
}

static void
safe(FILE *f, const char *s)
{
	cli_print_safe(f, s, strlen(s));
}

static void
print_source(FILE *f, const struct scan_report *r, const struct scan_item *it)
{
	safe(f, strcmp(r->source, "-") == 0 ? TR("standard input", "标准输入")
					    : r->source);
	if (it != NULL && it->page != 0)
		fprintf(f,
		    r->paged ? TR(", page %u", "，第 %u 页")
			   : TR(", line %u", "，第 %u 行"),
		    it->page);
}

static void
field(FILE *f, const char *name, struct bytes value)
{
	if (value.ptr == NULL || value.len == 0)
		return;
	fprintf(f, "  %s%s", name, TR(": ", "："));
	cli_print_safe(f, (const char *)value.ptr, value.len);
	fputc('\n', f);
}

static void
field_day(FILE *f, const char *name, bool has, int32_t day)
{
	char s[11];

	if (!has)
		return;
	day_format(day, s);
	field(f, name, bytes_str(s));
}

static void
print_certificate(FILE *f, const struct certificate *c, const struct body *body)
{
	const char *level = report_level(c->level, scan_lang());

	field(f, TR("holder", "持证人"), c->name);
	field(f, TR("certificate", "证书种类"),
	    bytes_str(report_kind(c->kind, scan_lang())));
	field(f, TR("number", "证书编号"), c->number);
	field(f,
	    c->kind == KIND_OPERATION ? TR("operation", "操作项目")
				      : TR("occupation", "职业（工种）"),
	    c->occupation);
	field(f, TR("direction", "工种方向"), c->direction);
	field(f, TR("level", "等级"), bytes_str(level));
	field_day(f, TR("issued", "发证日期"), true, c->issued);
	field_day(f, TR("valid to", "有效期至"), c->has_valid_to, c->valid_to);
	field_day(f, TR("review due", "应复审日期"), c->has_review_due,
	    c->review_due);
	field(f, TR("issuer", "发证机构"), bytes_str(body->name));
}

static void
print_checks(FILE *f, const struct verdict *v)
{
	static const char *const marks[] = {[RESULT_SKIPPED] = "·",
	    [RESULT_PASS] = "✓",
	    [RESULT_FAIL] = "✗",
	    [RESULT_UNKNOWN] = "?"};
	const char *sep = "";

	fprintf(f, "  %s%s", TR("checked", "已核验"), TR(": ", "："));
	for (int c = 0; c < N_CHECKS; c++) {
		fprintf(f, "%s%s %s", sep, marks[v->checks[c]],
		    report_check((enum verdict_check)c, scan_lang()));
		sep = TR(", ", "，");
	}
	fputc('\n', f);
}

static void
print_age(FILE *f, int64_t s)
{
	const char *unit = TR("minutes", "分钟");
	int64_t n = s / 60;

	if (s < 0)
		return;
	if (n >= 2 * 24 * 60) {
		unit = TR("days", "天");
		n /= 24 * 60;
	} else if (n >= 120) {
		unit = TR("hours", "小时");
		n /= 60;
	}
	fprintf(f,
	    TR("  status as of %lld %s ago\n", "  状态数据为 %lld %s前\n"),
	    (long long)n, unit);
}

static void
print_id(FILE *f, const struct scan_item *it)
{
	if (!it->id_asked)
		return;
	fputs(
	    it->id_match
		? TR("  ID number: fits the certificate (1 in 4096 strangers "
		     "would fit too)\n",
		      "  证件号码：与证书相符（他人碰巧相符的机会为 1/4096）\n")
		: TR("  ID number: NOT that of the certificate's holder\n",
		      "  证件号码：不是证书持有人的\n"),
	    f);
}

static void
print_warnings(FILE *f, unsigned set)
{
	for (unsigned w = WARN_FOREIGN_HOST; w <= WARN_STATUS_OLD; w <<= 1)
		if ((set & w) != 0)
			fprintf(f, "  ! %s\n",
			    report_warning((enum verdict_warning)w, scan_lang()));
}

static void
print_item(FILE *f, const struct scan_report *r, const struct scan_item *it,
    const struct scan_style *style)
{
	const struct verdict *v = &it->v.verdict;
	struct scan_look l = scan_look_of(v->status);

	if (style->colour)
		fputs(l.colour, f);
	fprintf(f, "%s %s", l.mark, report_headline(v->status, scan_lang()));
	if (style->colour)
		fputs("\033[0m", f);
	fputs(" — ", f);
	print_source(f, r, it);
	fputc('\n', f);
	if (v->status != VERDICT_VALID)
		field(f, TR("reason", "原因"), bytes_str(scan_reason(r, it)));
	if (v->show) {
		print_certificate(f, &v->cred->claims.cert, v->body);
		print_checks(f, v);
		print_age(f, v->status_age_s);
		print_id(f, it);
	}
	print_warnings(f, v->warnings);
	if (v->status != VERDICT_VALID)
		field(f, TR("do", "建议"),
		    bytes_str(report_advice(v->status, scan_lang())));
	if (!style->many && v->show)
		fprintf(f, "  %s\n", report_caveat(scan_lang()));
}

/* A string in JSON; what is not UTF-8 becomes U+FFFD. */
static void
json_text(FILE *f, struct bytes s)
{
	fputc('"', f);
	for (size_t i = 0, n; i < s.len; i += n) {
		const uint8_t *p = s.ptr + i;
		for (n = 1; n <= 4 && i + n <= s.len; n++)
			if (utf8_valid(bytes_of(p, n)))
				break;
		if (n > 4 || i + n > s.len) {
			fputs("\\ufffd", f);
			n = 1;
		} else if (n == 1 && (*p < 0x20 || *p == 0x7f)) {
			fprintf(f, "\\u%04x", *p);
		} else {
			if (*p == '"' || *p == '\\')
				fputc('\\', f);
			fwrite(p, 1, n, f);
		}
	}
	fputc('"', f);
}

/* report_json()'s object with what only a scan knows before its last brace. */
static void
print_json(FILE *f, const struct scan_report *r, const struct scan_item *it)
{
	char buf[REPORT_JSON_MAX];
	struct outbuf out = {(uint8_t *)buf, sizeof buf, 0};

	if (report_json(&it->v.verdict, r->source, scan_lang(), &out) != CRED_OK ||
	    out.len == 0)
		return;
	fwrite(buf, 1, out.len - 1, f);
	if (it->page != 0)
		fprintf(f, ",\"%s\":%u", r->paged ? "page" : "line", it->page);
	if (it->id_asked)
		fprintf(f, ",\"id_match\":%s", it->id_match ? "true" : "false");
	if (r->err != CRED_OK) {
		fprintf(
		    f, ",\"error\":\"%s\",\"message\":", cred_errname(r->err));
		json_text(f, bytes_str(r->why.text));
	}
	fputs("}\n", f);
}

/* A line for the program that reads the table, a sentence for the person. */
static void
print_fault(
    FILE *f, const struct scan_report *r, const struct scan_style *style)
{
	if (style->json && !style->raw && !style->silent) {
		fputs("{\"schema\":1,\"status\":\"fault\",\"error\":\"", f);
		fprintf(f, "%s\",\"message\":", cred_errname(r->err));
		json_text(f, bytes_str(r->why.text));
		fputs(",\"source\":", f);
		json_text(f, bytes_str(r->source));
		fputs("}\n", f);
	}
	fflush(f);
	fputs("tamga-scan: ", stderr);
	print_source(stderr, r, NULL);
	fputs(TR(": ", "："), stderr);
	safe(stderr, r->why.text);
	fputc('\n', stderr);
}

static void
print_raw(FILE *f, const struct scan_report *r, const struct scan_style *style)
{
	if (r->err != CRED_OK)
		print_fault(f, r, style);
	for (size_t i = 0; i < r->n; i++) {
		const struct scan_item *it = &r->items[i];
		size_t len = 0;
		char *text = scan_text_utf8(it->text, &len);
		if (style->json) {
			fputs("{\"schema\":1,\"text\":", f);
			json_text(f, bytes_of(text, len));
			fputs(",\"source\":", f);
			json_text(f, bytes_str(r->source));
			if (r->paged)
				fprintf(f, ",\"page\":%u", it->page);
			fputc('}', f);
		} else if (style->safe) {
			cli_print_safe(f, text, len);
		} else {
			fwrite(text, 1, len, f);
		}
		fputc('\n', f);
		free(text);
	}
}

void
scan_print(FILE *f, const struct scan_report *r, const struct scan_style *style)
{
	if (style->raw) {
		print_raw(f, r, style);
		return;
	}
	if (style->silent) {
		if (r->err >= CRED_FAULT_NOMEM)
			print_fault(f, r, style);
		return;
	}
	if (style->table && !style->json) {
		scan_print_line(f, r, style);
		return;
	}
	for (size_t i = 0; i < r->n; i++) {
		const struct scan_item *it = &r->items[i];
		bool good = it->blank ||
			    (it->v.verdict.status == VERDICT_VALID &&
				(!it->id_asked || it->id_match));
		if (style->quiet && good)
			continue;
		if (style->json)
			print_json(f, r, it);
		else
			print_item(f, r, it, style);
	}
	if (r->err >= CRED_FAULT_NOMEM)
		print_fault(f, r, style);
}

void
scan_count(struct scan_count *c, const struct scan_report *r)
{
	c->inputs++;
	if (r->err >= CRED_FAULT_NOMEM)
		c->faults++;
	for (size_t i = 0; i < r->n; i++)
		if (!r->items[i].blank)
			c->status[r->items[i].v.verdict.status]++;
}

void
scan_print_end(
    FILE *f, const struct scan_count *c, const struct scan_style *style)
{
	const char *sep = TR(": ", "：");

	if (style->raw || style->json || !style->many)
		return;
	if (!style->silent)
		fprintf(f, "%s\n", report_caveat(scan_lang()));
	if (style->quiet)
		return;
	fflush(f);
	fprintf(stderr, TR("%zu files", "共 %zu 个文件"), c->inputs);
	for (int s = 0; s <= VERDICT_UNREADABLE; s++) {
		if (c->status[s] == 0)
			continue;
		fprintf(stderr, "%s%zu %s", sep, c->status[s],
		    report_headline((enum verdict_status)s, scan_lang()));
		sep = TR(", ", "，");
	}
	if (c->faults > 0)
		fprintf(stderr,
		    TR("%s%zu could not be checked", "%s%zu 个未能核验"), sep,
		    c->faults);
	fputc('\n', stderr);
}
