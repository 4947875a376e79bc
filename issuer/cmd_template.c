#include <stdlib.h>

#include "domain/catalogue.h"
#include "domain/idnum.h"
#include "domain/words.h"
#include "issuer/cmd.h"
#include "issuer/kind.h"
#include "issuer/roster.h"
#include "issuer/row.h"
#include "table/writer.h"

struct args {
	struct cli_common common;
	int kind;
	const char *file;
};

enum { KEY_KIND = 1 };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_KIND:
		a->kind = cmd_kind(arg, state);
		return 0;
	case ARGP_KEY_ARG:
		if (a->file != NULL)
			argp_error(state,
			    TR("one file at a time", "一次只能写一个文件"));
		a->file = arg;
		return 0;
	case ARGP_KEY_END:
		if (a->file == NULL)
			argp_error(
			    state, TR("which file?", "请给出要写的文件"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

enum { OPERATION = 1, LEVEL = 2, NUMBER = 4, OCCUPATION = 8, TRAINING = 16 };

/* Which kinds have a column, and what the second sheet says of it. The example
 * of 证件号码 is that of GB 11643 itself: nobody's. */
static const struct {
	enum column column;
	int kinds; /* one of these: 0: all */
	double width;
	const char *needed, *what, *example;
} columns[] = {
    {COL_NAME, 0, 14, "必填", "与证件一致。少数民族姓名中的间隔点写“·”",
	ROW_EXAMPLE_NAME},
    {COL_ID_TYPE, 0, 18, "选填，默认居民身份证", "从下拉列表选择",
	"居民身份证"},
    {COL_ID_NUMBER, 0, 22, "必填",
	"18 位。本列为文本格式，请勿改为数字：改为数字会丢失末几位",
	"11010519491231002X"},
    {COL_KIND, 0, 20, "必填（或签发时用 --kind）", "从下拉列表选择", NULL},
    {COL_OCCUPATION, 0, 24, "必填",
	"职业名称；特种作业填操作项目；专项能力、培训填项目名称", NULL},
    {COL_CODE, OCCUPATION | OPERATION, 14, "选填，按名称查目录",
	"职业编码，如 6-31-01-03；特种作业如 1.2", NULL},
    {COL_CATEGORY, OPERATION, 14, "选填，按目录", "作业类别，仅特种作业", NULL},
    {COL_DIRECTION, OCCUPATION, 14, "选填", "没有工种（职业方向）时留空", NULL},
    {COL_LEVEL, LEVEL, 16, "必填", "从下拉列表选择，也可填 4、四级、中级工",
	NULL},
    {COL_ISSUED, 0, 14, "必填", "如 2020-06-30、2020年6月30日", "2020-06-30"},
    {COL_VALID_FROM, OPERATION, 14, "选填，默认发证日期", "仅特种作业", NULL},
    {COL_VALID_TO, OPERATION, 14, "选填，默认 6 年", "仅特种作业", NULL},
    {COL_REVIEW_DUE, OPERATION, 14, "选填，默认 3 年", "仅特种作业；煤矿可留空",
	NULL},
    {COL_TRAINED_FROM, TRAINING, 14, "应填", "仅培训合格证书", NULL},
    {COL_TRAINED_TO, TRAINING, 14, "应填", "仅培训合格证书；不晚于发证日期",
	NULL},
    {COL_PHOTO, 0, 18, "选填",
	"照片的文件名（JPEG 或 PNG），放在名册所在文件夹或 --photos 文件夹",
	NULL},
    {COL_NUMBER, NUMBER, 28, "选填；职业资格证书必填", "留空则自动编号", NULL},
};
#define N (sizeof columns / sizeof *columns)

static bool
has(int kinds, int kind)
{
	const struct kind_rules *k;

	if (kinds == 0 || kind == 0)
		return true;
	k = kind_rules((enum kind)kind);
	return ((kinds & OPERATION) != 0 && k->operation) ||
	       ((kinds & LEVEL) != 0 && k->level) ||
	       ((kinds & TRAINING) != 0 && k->kind == KIND_TRAINING) ||
	       ((kinds & NUMBER) != 0 && k->number) ||
	       ((kinds & OCCUPATION) != 0 && k->occupation);
}

/* What the example row says of the columns that differ by kind. */
static const char *
example(size_t i, int kind)
{
	const struct kind_rules *k =
	    kind_rules(kind == 0 ? KIND_LEVEL : (enum kind)kind);

	switch (columns[i].column) {
	case COL_KIND:
		return kind_word(k->kind);
	case COL_OCCUPATION:
		return k->operation    ? "低压电工作业"
		       : k->occupation ? "电工"
				       : "电工基础技能";
	case COL_CODE:
		return k->operation    ? "1.2"
		       : k->occupation ? "6-31-01-03"
				       : NULL;
	case COL_LEVEL:
		return k->level ? level_word(4) : NULL;
	case COL_TRAINED_FROM:
		return k->kind == KIND_TRAINING ? "2020-06-01" : NULL;
	case COL_TRAINED_TO:
		return k->kind == KIND_TRAINING ? "2020-06-20" : NULL;
	case COL_VALID_FROM:
		return k->operation ? "2020-06-30" : NULL;
	default:
		return columns[i].example;
	}
}

static const char *
heading(size_t i, int kind)
{
	/* As the certificate of special operations calls it. */
	if (columns[i].column == COL_OCCUPATION && kind == KIND_OPERATION)
		return "操作项目";
	return column_name(columns[i].column);
}

struct choices {
	const char *types[8], *kinds[6], *levels[6];
};

static void
fill_choices(struct choices *c)
{
	for (int i = 0; i < 6; i++)
		c->types[i] = idnum_type_name((enum id_type)(i + 1));
	for (int i = 0; i < 5; i++)
		c->kinds[i] = kind_word((enum kind)(i + 1));
	for (int i = 0; i < 5; i++)
		c->levels[i] = level_word((unsigned)(5 - i));
}

static enum cred_err
write_roster(struct table_writer *w, int kind, const struct choices *c,
    struct table_column *out, struct why *why)
{
	struct table_out row[N];
	enum cred_err e;
	size_t n = 0;

	for (size_t i = 0; i < N; i++) {
		enum column col = columns[i].column;
		if (!has(columns[i].kinds, kind))
			continue;
		row[n] = (struct table_out){example(i, kind), TABLE_EXAMPLE};
		out[n++] = (struct table_column){.name = heading(i, kind),
		    .width = columns[i].width,
		    .choices = col == COL_ID_TYPE ? c->types
			       : col == COL_KIND  ? c->kinds
			       : col == COL_LEVEL ? c->levels
						  : NULL};
	}
	e = table_writer_sheet(w, "名册", out, n, why);
	return e == CRED_OK ? table_writer_row(w, row, n, why) : e;
}

static enum cred_err
write_notes(struct table_writer *w, int kind, struct why *why)
{
	static const struct table_column notes[] = {
	    {.name = "列名", .width = 14}, {.name = "是否必填", .width = 26},
	    {.name = "说明", .width = 70}, {.name = "示例", .width = 26}};
	enum cred_err e = table_writer_sheet(w, "填写说明", notes, 4, why);

	for (size_t i = 0; e == CRED_OK && i < N; i++) {
		const struct table_out row[] = {{heading(i, kind), TABLE_PLAIN},
		    {columns[i].needed, TABLE_PLAIN},
		    {columns[i].what, TABLE_PLAIN},
		    {columns[i].column == COL_NAME ? "乌云·其木格"
						   : example(i, kind),
			TABLE_PLAIN}};
		if (has(columns[i].kinds, kind))
			e = table_writer_row(w, row, 4, why);
	}
	return e;
}

int
cmd_template(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"kind", KEY_KIND, "1..5", 0,
		TR("only the columns of this kind of certificate",
		    "只列出此种证书的列"),
		0},
	    {0}};
	const struct argp_child children[] = {
	    {cli_argp(CLI_QUIET), 0, NULL, 0}, {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .args_doc = TR("OUT.xlsx", "文件.xlsx"),
	    .children = children,
	    .doc = TR(
		"Writes an empty roster as a spreadsheet: columns of text, so "
		"that ID numbers keep their digits, drop-down lists, one "
		"example row to be deleted, and a sheet that explains each "
		"column. Overwrites nothing."
		"\vExit status: 0 written; 2 could not.\n\nExample:\n  "
		"tamga-issuer template --kind 2 roster.xlsx",
		"写出空白名册表格：各列为文本格式（证件号码不会丢位），"
		"带下拉列表、一行示例（须删除）和逐列说明。不覆盖已有文件。"
		"\v退出码：0 已写出；2 无法写出。\n\n示例：\n  "
		"tamga-issuer template --kind 2 名册.xlsx")};
	struct args a = {.kind = 0};
	struct table_writer *w = NULL;
	struct table_column sheet[N];
	struct choices choices = {.types = {NULL}};
	struct why why = {""};
	enum cred_err e;

	cli_common_init(&a.common);
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return EXIT_FAULT;
	fill_choices(&choices);
	e = table_writer_open(a.file, 0644, TABLE_TAKEN_REFUSE, &w, &why);
	if (e == CRED_OK)
		e = write_roster(w, a.kind, &choices, sheet, &why);
	if (e == CRED_OK)
		e = write_notes(w, a.kind, &why);
	if (e == CRED_OK) {
		e = table_writer_close(w, NULL, &why);
		w = NULL;
	}
	table_writer_abort(w);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	cli_say(&a.common,
	    TR("%s written; delete its example row when you have filled it in",
		"已写出 %s；填好后请删除示例行"),
	    a.file);
	return EXIT_OK;
}
