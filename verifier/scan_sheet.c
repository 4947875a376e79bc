#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "credential/cbor.h"
#include "credential/report.h"
#include "edge/cli.h"
#include "edge/file.h"
#include "table/writer.h"
#include "verifier/scan.h"

enum column {
	C_FILE, C_PLACE, C_STATUS, C_WORDS, C_REASON, C_NAME, C_KIND, C_NUMBER,
	C_OCCUPATION, C_LEVEL, C_ISSUED, C_VALID_TO, C_REVIEW, C_ISSUER, C_ID,
	C_WARNINGS, N_COLUMNS,
};
#define CELL_MAX 1400

struct scan_sheet {
	const char *csv_path;
	FILE *csv; /* memory, or standard output */
	char *text;
	size_t len;
	struct table_writer *xlsx;
	struct table_column columns[N_COLUMNS];
	char cells[N_COLUMNS][CELL_MAX];
};

static void
name_columns(struct scan_sheet *s)
{
	const struct table_column c[N_COLUMNS] = {
	    [C_FILE] = {.name = TR("File", "文件"), .width = 36},
	    [C_PLACE] = {.name = TR("Page", "页"), .as = TABLE_NUMBER,
		.width = 6},
	    [C_STATUS] = {.name = TR("Status", "状态"), .width = 16},
	    [C_WORDS] = {.name = TR("Verdict", "结论"), .width = 30},
	    [C_REASON] = {.name = TR("Reason", "原因"), .width = 40},
	    [C_NAME] = {.name = TR("Holder", "持证人"), .width = 12},
	    [C_KIND] = {.name = TR("Certificate", "证书种类"), .width = 20},
	    [C_NUMBER] = {.name = TR("Number", "证书编号"), .width = 26},
	    [C_OCCUPATION] = {.name = TR("Occupation", "职业（操作项目）"),
		.width = 18},
	    [C_LEVEL] = {.name = TR("Level", "等级"), .width = 14},
	    [C_ISSUED] = {.name = TR("Issued", "发证日期"), .as = TABLE_DATE,
		.width = 12},
	    [C_VALID_TO] = {.name = TR("Valid to", "有效期至"),
		.as = TABLE_DATE, .width = 12},
	    [C_REVIEW] = {.name = TR("Review due", "应复审日期"),
		.as = TABLE_DATE, .width = 12},
	    [C_ISSUER] = {.name = TR("Issuer", "发证机构"), .width = 26},
	    [C_ID] = {.name = TR("ID number", "证件号码"), .width = 12},
	    [C_WARNINGS] = {.name = TR("Notes", "提示"), .width = 30}};

	memcpy(s->columns, c, sizeof c);
}

/* RFC 4180, each cell quoted. What Excel would take for a formula gets an
 * apostrophe: names of files come from strangers. */
static void
csv_cell(FILE *f, const char *s, bool first)
{
	fputs(first ? "\"" : ",\"", f);
	if (*s != '\0' && strchr("=+-@\t\r", *s) != NULL)
		fputc('\'', f);
	for (; *s != '\0'; s++) {
		if (*s == '"')
			fputc('"', f);
		fputc(*s, f);
	}
	fputc('"', f);
}

enum cred_err
scan_sheet_open(const char *csv, const char *xlsx, struct scan_sheet **out,
    struct why *why)
{
	struct scan_sheet *s = calloc(1, sizeof *s);
	enum cred_err e = CRED_OK;

	if (s == NULL)
		return why_errno(why, ENOMEM, "calloc", "report");
	name_columns(s);
	s->csv_path = csv;
	if (csv != NULL && strcmp(csv, "-") == 0) {
		s->csv = stdout;
	} else if (csv != NULL) {
		if (access(csv, F_OK) == 0)
			e = why_set(why, CRED_FAULT_EXISTS,
			    TR("%s is there already; give another name",
				"%s 已存在，请换一个文件名"),
			    csv);
		else if ((s->csv = open_memstream(&s->text, &s->len)) == NULL)
			e = why_errno(why, errno, "open_memstream", csv);
	}
	if (e == CRED_OK && csv != NULL) {
		fputs("\xef\xbb\xbf", s->csv); /* or Excel takes it for GBK */
		for (int i = 0; i < N_COLUMNS; i++)
			csv_cell(s->csv, s->columns[i].name, i == 0);
		fputs("\r\n", s->csv);
	}
	if (e == CRED_OK && xlsx != NULL) {
		e = table_writer_open(
		    xlsx, 0644, TABLE_TAKEN_REFUSE, &s->xlsx, why);
		if (e == CRED_OK)
			e = table_writer_sheet(s->xlsx,
			    TR("Certificates", "核验结果"), s->columns,
			    N_COLUMNS, why);
	}
	if (e != CRED_OK) {
		scan_sheet_abort(s);
		return e;
	}
	*out = s;
	return CRED_OK;
}

/* Control characters and what is not UTF-8 replaced: XML takes neither. */
static void
set(struct scan_sheet *s, enum column c, struct bytes v)
{
	FILE *f = fmemopen(s->cells[c], CELL_MAX - 4, "w");

	if (f == NULL)
		return;
	if (v.ptr != NULL)
		cli_print_safe(f, (const char *)v.ptr,
		    v.len < CELL_MAX - 8 ? v.len : CELL_MAX - 8);
	fclose(f);
}

static void
set_day(struct scan_sheet *s, enum column c, bool has, int32_t day)
{
	if (has)
		day_format(day, s->cells[c]);
}

static void
set_warnings(struct scan_sheet *s, unsigned set_of)
{
	char *p = s->cells[C_WARNINGS];
	size_t n = 0;

	for (unsigned w = WARN_FOREIGN_HOST; w <= WARN_STATUS_OLD; w <<= 1)
		if ((set_of & w) != 0 && n < CELL_MAX)
			n += (size_t)snprintf(p + n, CELL_MAX - n, "%s%s",
			    n > 0 ? "; " : "",
			    report_warning(
				(enum verdict_warning)w, scan_lang()));
}

static void
fill(struct scan_sheet *s, const struct scan_report *r,
    const struct scan_item *it)
{
	const struct verdict *v = &it->v.verdict;

	if (it->page != 0)
		snprintf(s->cells[C_PLACE], CELL_MAX, "%u", it->page);
	set(s, C_STATUS, bytes_str(verdict_name(v->status)));
	set(s, C_WORDS, bytes_str(report_headline(v->status, scan_lang())));
	if (v->status != VERDICT_VALID)
		set(s, C_REASON, bytes_str(scan_reason(r, it)));
	set_warnings(s, v->warnings);
	if (it->id_asked)
		set(s, C_ID,
		    bytes_str(it->id_match ? TR("fits", "相符")
					   : TR("does not fit", "不符")));
	if (v->show) {
		const struct certificate *c = &v->cred->claims.cert;
		set(s, C_NAME, c->name);
		set(s, C_KIND, bytes_str(report_kind(c->kind, scan_lang())));
		set(s, C_NUMBER, c->number);
		set(s, C_OCCUPATION, c->occupation);
		set(s, C_LEVEL, bytes_str(report_level(c->level, scan_lang())));
		set_day(s, C_ISSUED, true, c->issued);
		set_day(s, C_VALID_TO, c->has_valid_to, c->valid_to);
		set_day(s, C_REVIEW, c->has_review_due, c->review_due);
		set(s, C_ISSUER, bytes_str(v->body->name));
	}
}

static enum cred_err
put_row(struct scan_sheet *s, const struct verdict *v, struct why *why)
{
	struct table_out out[N_COLUMNS] = {{0}};
	enum table_mark mark = TABLE_DOUBT;

	if (v == NULL || verdict_exit(v->status) == EXIT_REFUSED)
		mark = TABLE_BAD;
	else if (v->status == VERDICT_VALID)
		mark = TABLE_PLAIN;
	for (int i = 0; i < N_COLUMNS; i++)
		out[i].text = s->cells[i];
	out[C_STATUS].mark = out[C_WORDS].mark = mark;
	if (s->cells[C_ID][0] != '\0')
		out[C_ID].mark = mark;
	if (s->csv != NULL) {
		for (int i = 0; i < N_COLUMNS; i++)
			csv_cell(s->csv, s->cells[i], i == 0);
		fputs("\r\n", s->csv);
		if (ferror(s->csv))
			return why_errno(why, ENOSPC,
			    TR("cannot write", "无法写入"), s->csv_path);
	}
	if (s->xlsx == NULL)
		return CRED_OK;
	return table_writer_row(s->xlsx, out, N_COLUMNS, why);
}

enum cred_err
scan_sheet_add(
    struct scan_sheet *s, const struct scan_report *r, struct why *why)
{
	enum cred_err e = CRED_OK;

	for (size_t i = 0; e == CRED_OK && i < r->n; i++) {
		for (int c = 0; c < N_COLUMNS; c++)
			memset(s->cells[c], 0, 8);
		set(s, C_FILE, bytes_str(r->source));
		fill(s, r, &r->items[i]);
		e = put_row(s, &r->items[i].v.verdict, why);
	}
	if (e == CRED_OK && r->err >= CRED_FAULT_NOMEM) {
		for (int c = 0; c < N_COLUMNS; c++)
			memset(s->cells[c], 0, 8);
		set(s, C_FILE, bytes_str(r->source));
		set(s, C_STATUS, bytes_str("fault"));
		set(s, C_WORDS,
		    bytes_str(TR("Could not be checked", "未能核验")));
		set(s, C_REASON, bytes_str(r->why.text));
		e = put_row(s, NULL, why);
	}
	return e;
}

enum cred_err
scan_sheet_close(struct scan_sheet *s, struct why *why)
{
	enum cred_err e = CRED_OK;

	if (s == NULL)
		return CRED_OK;
	if (s->xlsx != NULL) {
		e = table_writer_close(s->xlsx, NULL, why);
		s->xlsx = NULL;
	}
	if (s->csv != NULL && s->csv != stdout) {
		bool ok = fclose(s->csv) == 0;
		s->csv = NULL;
		if (e == CRED_OK && !ok)
			e = why_errno(why, ENOMEM, "fclose", s->csv_path);
		if (e == CRED_OK)
			e = file_create(s->csv_path,
			    bytes_of(s->text, s->len), 0644, why);
	}
	scan_sheet_abort(s);
	return e;
}

void
scan_sheet_abort(struct scan_sheet *s)
{
	if (s == NULL)
		return;
	table_writer_abort(s->xlsx);
	if (s->csv != NULL && s->csv != stdout)
		fclose(s->csv);
	free(s->text);
	free(s);
}
