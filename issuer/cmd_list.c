#include <jansson.h>

#include "domain/idnum.h"
#include "domain/words.h"
#include "issuer/cmd.h"
#include "issuer/sheet.h"

struct args {
	struct cli_common common;
	struct registry_filter filter;
	const char *csv, *xlsx;
	struct sheet *sheet;
	bool id;
	size_t n;
};

enum {
	KEY_BATCH = 1,
	KEY_KIND,
	KEY_STATUS,
	KEY_NUMBER,
	KEY_FROM,
	KEY_TO,
	KEY_OCCUPATION,
	KEY_NAME,
	KEY_CSV,
	KEY_XLSX,
	KEY_ID,
};

static int
status_of(const char *arg, struct argp_state *state)
{
	static const char *const words[] = {
	    "valid", "revoked", "suspended", "superseded"};

	for (int i = 0; i < 4; i++)
		if (strcmp(arg, words[i]) == 0)
			return i;
	argp_error(state,
	    TR("--status: valid, revoked, suspended or "
	       "superseded, not %s",
		"--status：只能是 valid、revoked、suspended 或 superseded，"
		"不是 %s"),
	    arg);
	return -1;
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_BATCH:
		a->filter.batch = arg;
		return 0;
	case KEY_KIND:
		a->filter.kind = cmd_kind(arg, state);
		return 0;
	case KEY_STATUS:
		a->filter.status = status_of(arg, state);
		return 0;
	case KEY_NUMBER:
		a->filter.number = arg;
		return 0;
	case KEY_FROM:
		a->filter.issued_from = cmd_day("--from", arg, state);
		return 0;
	case KEY_TO:
		a->filter.issued_to = cmd_day("--to", arg, state);
		return 0;
	case KEY_OCCUPATION:
		a->filter.work = arg;
		return 0;
	case KEY_NAME:
		a->filter.name = arg;
		return 0;
	case KEY_CSV:
		a->csv = arg;
		return 0;
	case KEY_XLSX:
		a->xlsx = arg;
		return 0;
	case KEY_ID:
		a->id = true;
		return 0;
	case ARGP_KEY_END:
		if ((a->csv != NULL) + (a->xlsx != NULL) + a->common.json > 1)
			argp_error(
			    state, TR("one of --csv, --xlsx and --json",
				       "--csv、--xlsx、--json 只能用一个"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char *
state_word(enum entry_state s)
{
	static const char *const words[] = {[ENTRY_RESERVED] = "reserved",
	    [ENTRY_SIGNED] = "signed",
	    [ENTRY_LOGGED] = "logged",
	    [ENTRY_VOID] = "void"};

	return words[s & 3];
}

/* The roster's names where it has them. */
static const char *const columns[] = {"日志序号", "证书编号", "状态", "姓名",
    "证书种类", "职业名称", "职业编码", "工种", "等级", "发证日期", "有效期止",
    "应复审日期", "批次", "行", "证件类型", "证件号码"};
#define N_COLUMNS_ID (sizeof columns / sizeof *columns)
#define N_COLUMNS_NO (N_COLUMNS_ID - 2) /* without ID numbers */

static const char *
status_text(enum status_value s)
{
	static const char *const words[] = {[STATUS_VALID] = "有效",
	    [STATUS_REVOKED] = "已撤销",
	    [STATUS_SUSPENDED] = "已暂停",
	    [STATUS_SUPERSEDED] = "已换发"};

	return words[s & 3];
}

static enum cred_err
print_row(struct sheet *s, const struct registry_entry *e, struct why *why)
{
	char index[24], row[16], issued[11], valid[11] = "", review[11] = "";
	struct claims c;
	const char *cells[] = {index, e->number, status_text(e->status),
	    e->name, kind_word(e->kind), e->occupation, e->code, e->direction,
	    level_word(e->level), issued, valid, review, e->batch, row,
	    idnum_type_name(e->id_type), e->id_number};

	_Static_assert(sizeof cells == sizeof columns, "a cell a column");
	snprintf(index, sizeof index, "%llu", (unsigned long long)e->index);
	snprintf(row, sizeof row, "%u", e->row);
	day_format(e->issued, issued);
	if (claims_decode(e->payload, &c) == CRED_OK) {
		if (c.cert.has_valid_to)
			day_format(c.cert.valid_to, valid);
		if (c.cert.has_review_due)
			day_format(c.cert.review_due, review);
	}
	return sheet_row(s, cells, why);
}

static enum cred_err
print_json(const struct registry_entry *e, bool id)
{
	char day[11];
	json_t *j;

	day_format(e->issued, day);
	j = json_pack("{s:i, s:I, s:s?, s:s, s:s, s:s, s:i, s:s, s:s?, s:i, "
		      "s:s, s:s, s:I}",
	    "schema", 1, "index", (json_int_t)e->index, "number", e->number,
	    "status", cmd_status_word(e), "state", state_word(e->state), "name",
	    e->name, "kind", (int)e->kind, "occupation", e->occupation, "code",
	    e->code, "level", (int)e->level, "issued", day, "batch", e->batch,
	    "row", (json_int_t)e->row);
	if (j == NULL)
		return CRED_FAULT_NOMEM;
	if (id) {
		json_object_set_new(
		    j, "id_type", json_string(idnum_type_name(e->id_type)));
		json_object_set_new(j, "id_number", json_string(e->id_number));
	}
	json_dumpf(j, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(j);
	return CRED_OK;
}

static enum cred_err
print_one(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct args *a = ctx;
	char day[11];

	/* A void entry is no certificate: show and verify tell of it. */
	if (e->state == ENTRY_VOID)
		return CRED_OK;
	a->n++;
	if (a->sheet != NULL)
		return print_row(a->sheet, e, why);
	if (a->common.json)
		return print_json(e, a->id);
	day_format(e->issued, day);
	printf("%8llu  %-22s  %-10s  %s  ", (unsigned long long)e->index,
	    e->number != NULL ? e->number : "-", cmd_status_word(e), day);
	cli_print_safe(stdout, e->name, strlen(e->name));
	printf("  ");
	cli_print_safe(stdout, e->occupation, strlen(e->occupation));
	printf("  %s  %s:%u", level_word(e->level), e->batch, e->row);
	if (a->id)
		printf("  %s", e->id_number);
	putchar('\n');
	return CRED_OK;
}

static enum cred_err
list(struct args *a, struct home *h, struct why *why)
{
	enum cred_err e = CRED_OK;

	if (a->csv != NULL || a->xlsx != NULL)
		e = sheet_open(a->csv != NULL ? SHEET_CSV : SHEET_XLSX,
		    a->csv != NULL ? a->csv : a->xlsx, columns,
		    a->id ? N_COLUMNS_ID : N_COLUMNS_NO, &a->sheet, why);
	if (e == CRED_OK)
		e = registry_each(h->registry, &a->filter, print_one, a, why);
	if (e == CRED_OK && a->sheet != NULL)
		e = sheet_close(a->sheet, why);
	else
		sheet_abort(a->sheet);
	return e;
}

int
cmd_list(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"batch", KEY_BATCH, "ID", 0, TR("of this batch", "此批次的"), 0},
	    {"kind", KEY_KIND, "1..5", 0, TR("of this kind", "此种类的"), 0},
	    {"status", KEY_STATUS, "WORD", 0,
		TR("valid, revoked, suspended or superseded",
		    "valid（有效）、revoked（撤销）、suspended（暂停）或 "
		    "superseded（换发）"),
		0},
	    {"number", KEY_NUMBER, "N", 0, TR("with this number", "此编号的"),
		0},
	    {"from", KEY_FROM, "DATE", 0,
		TR("issued on this day or later", "此日及以后发证的"), 0},
	    {"to", KEY_TO, "DATE", 0,
		TR("issued on this day or earlier", "此日及以前发证的"), 0},
	    {"occupation", KEY_OCCUPATION, "TEXT", 0,
		TR("of this code, or with this in the occupation's name",
		    "此职业编码的，或职业名称中含此文字的"),
		0},
	    {"name", KEY_NAME, "TEXT", 0,
		TR("with this in the holder's name", "姓名中含此文字的"), 0},
	    {"csv", KEY_CSV, "FILE", 0,
		TR("write CSV that Excel opens; - is standard output",
		    "写成 Excel 能打开的 CSV；- 为标准输出"),
		0},
	    {"xlsx", KEY_XLSX, "FILE", 0,
		TR("write a spreadsheet", "写成 XLSX 表格"), 0},
	    {"id", KEY_ID, NULL, 0,
		TR("with ID numbers: personal data, keep it safe",
		    "附证件号码：属个人信息，请妥善保管"),
		0},
	    {0}};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_REGISTRY | CLI_JSON | CLI_QUIET), 0, NULL,
		0},
	    {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .doc = TR(
		"Lists what was issued: index, number, status, issue date, "
		"name, occupation, level, batch and row. No ID numbers but "
		"with --id."
		"\vExit status: 0 listed; 2 could not run; 3 none.\n\n"
		"Example:\n  tamga-issuer list --home /var/lib/tamga --status "
		"revoked --json",
		"列出已签发的证书：序号、编号、状态、发证日期、姓名、职业、等级"
		"、"
		"批次与行号。不用 --id 时不显示证件号码。"
		"\v退出码：0 已列出；2 无法运行；3 一份也没有。\n\n示例：\n  "
		"tamga-issuer list --home /var/lib/tamga --status revoked "
		"--json")};
	struct args a = {.filter = {.state = -1, .status = -1}};
	struct why why = {""};
	struct home h;
	enum cred_err e;
	int status;

	cli_common_init(&a.common);
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return EXIT_FAULT;
	e = home_open(&a.common, HOME_READ, &h, &why);
	if (e == CRED_OK)
		e = list(&a, &h, &why);
	if (e != CRED_OK)
		status = cli_fail(e, &why);
	else
		status = a.n > 0 ? EXIT_OK : EXIT_NOTHING;
	home_close(&h);
	return status;
}
