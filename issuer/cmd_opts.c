#include "issuer/cmd_opts.h"

#include <string.h>

#include "edge/lang.h"
#include "issuer/cmd.h"

enum {
	KEY_NUMBER = 1,
	KEY_INDEX,
	KEY_FILE,
	KEY_DRY_RUN,
	KEY_YES,
	KEY_REQUEST,
	KEY_APPROVAL
};

static void
note(struct cmd_change *c, enum cred_err e)
{
	if (c->err == CRED_OK)
		c->err = e;
}

static error_t
parse_change(int key, char *arg, struct argp_state *state)
{
	struct cmd_change *c = state->input;

	switch (key) {
	case KEY_NUMBER:
		note(c, change_add(&c->set, arg, &c->why));
		return 0;
	case KEY_INDEX:
		(void)cmd_index(arg, state);
		note(c, change_add(&c->set, arg, &c->why));
		return 0;
	case KEY_FILE:
		note(c, change_add_file(&c->set, arg, &c->why));
		return 0;
	case KEY_DRY_RUN:
		c->dry_run = true;
		return 0;
	case KEY_YES:
		c->yes = true;
		return 0;
	case KEY_REQUEST:
		c->consent.request = arg;
		return 0;
	case KEY_APPROVAL:
		if (c->consent.n == CONSENT_MAX)
			argp_error(state,
			    TR("at most %d approvals", "最多 %d 份批准"),
			    CONSENT_MAX);
		c->consent.approvals[c->consent.n++] = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp *
cmd_change_argp(bool many)
{
	static struct argp_option options[8];
	static const struct argp argp = {
	    .options = options, .parser = parse_change};
	const struct argp_option all[] = {
	    {"number", KEY_NUMBER, "N", 0,
		TR("the certificate with this number", "此编号的证书"), 0},
	    {"index", KEY_INDEX, "I", 0,
		TR("the certificate at this index", "此序号的证书"), 0},
	    {"file", KEY_FILE, "LIST", 0,
		TR("one number or index on each line",
		    "文件，每行一个编号或序号"),
		0},
	    {"dry-run", KEY_DRY_RUN, NULL, 0,
		TR("only say what would be done", "只预演，不更改"), 0},
	    {"yes", KEY_YES, NULL, 0,
		TR("do it; without, what would happen is printed, and a "
		   "terminal asked",
		    "直接执行；不用时先显示将会发生什么，在终端上再询问"),
		0},
	    {"request", KEY_REQUEST, "FILE", 0,
		TR("write a request for approval to FILE, or, with --approval, "
		   "do what it says",
		    "把待批准的申请写到 FILE；与 --approval "
		    "同用时，按申请办理"),
		0},
	    {"approval", KEY_APPROVAL, "FILE", 0,
		TR("an approval of the request; give one option for each",
		    "对申请的批准；每份给一次本选项"),
		0},
	    {0}};

	memcpy(options, all, sizeof all);
	if (!many)
		options[5] = (struct argp_option){0};
	return &argp;
}

void
cmd_change_needed(const struct cmd_change *c, struct argp_state *state)
{
	if (c->err == CRED_OK && c->set.n == 0)
		argp_error(
		    state, TR("which ones? --number, --index or --file",
			       "请用 --number、--index 或 --file 指定证书"));
}

bool
cmd_change_asks(const struct cmd_change *c)
{
	return c->consent.request != NULL && c->consent.n == 0;
}

void
cmd_change_release(struct cmd_change *c)
{
	consent_release(&c->consent);
	change_release(&c->set);
}

enum { KEY_KIND = 1, KEY_BATCH, KEY_PHOTOS, KEY_SHEET, KEY_ERRORS };

static error_t
parse_roster(int key, char *arg, struct argp_state *state)
{
	struct cmd_roster *r = state->input;

	switch (key) {
	case KEY_KIND:
		r->inspect.kind = cmd_kind(arg, state);
		return 0;
	case KEY_BATCH:
		if (!batch_id_ok(arg))
			argp_error(state,
			    TR("--batch: letters, digits, - _ . "
			       "alone, at most %d",
				"--batch：只能用字母、数字、- _ .，最多 %d 个"),
			    BATCH_ID_MAX);
		r->inspect.batch = arg;
		return 0;
	case KEY_PHOTOS:
		r->inspect.photo_dir = arg;
		return 0;
	case KEY_SHEET:
		r->inspect.sheet = arg;
		return 0;
	case KEY_ERRORS:
		r->inspect.errors = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (r->path != NULL)
			argp_error(state,
			    TR("one roster at a time", "一次只能处理一份名册"));
		r->path = arg;
		return 0;
	case ARGP_KEY_END:
		if (r->path == NULL)
			argp_error(state, TR("which roster?", "请给出名册"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp *
cmd_roster_argp(void)
{
	static struct argp_option options[6];
	static const struct argp argp = {
	    .options = options, .parser = parse_roster};
	const struct argp_option all[] = {
	    {"kind", KEY_KIND, "1..5", 0,
		TR("kind of certificate for rows that do not say",
		    "未写证书种类的行按此种类"),
		0},
	    {"batch", KEY_BATCH, "ID", 0,
		TR("name of the batch (default: from the roster's content)",
		    "批次名称（默认由名册内容得出）"),
		0},
	    {"photos", KEY_PHOTOS, "DIR", 0,
		TR("folder of the photos (default: the roster's)",
		    "照片所在文件夹（默认与名册相同）"),
		0},
	    {"sheet", KEY_SHEET, "NAME", 0,
		TR("sheet of an XLSX roster (default: the first visible)",
		    "XLSX 名册的工作表（默认第一个可见的）"),
		0},
	    {"errors", KEY_ERRORS, "FILE", 0,
		TR("spreadsheet of the refused rows (default: "
		   "ROSTER-errors.xlsx, under a free name; none: none)",
		    "错误行表格（默认 名册-errors.xlsx，不覆盖；none：不写）"),
		0},
	    {0}};

	memcpy(options, all, sizeof all);
	return &argp;
}

enum {
	KEY_PDF = 1,
	KEY_TEMPLATE,
	KEY_ONE_PDF,
	KEY_READ_BACK,
	KEY_NUP,
	KEY_MARKS
};

static error_t
parse_print(int key, char *arg, struct argp_state *state)
{
	struct printing_opts *p = state->input;

	switch (key) {
	case KEY_PDF:
		p->dir = arg;
		return 0;
	case KEY_TEMPLATE:
		p->template_name = arg;
		return 0;
	case KEY_ONE_PDF:
		p->one = arg;
		return 0;
	case KEY_READ_BACK:
		p->full = cmd_read_back(arg, state);
		return 0;
	case KEY_NUP:
		cmd_nup(arg, state, &p->sheet);
		return 0;
	case KEY_MARKS:
		cmd_marks(arg, state, &p->sheet);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp *
cmd_print_argp(bool all)
{
	static struct argp_option options[7];
	static const struct argp argp = {
	    .options = options, .parser = parse_print};
	const struct argp_option every[] = {
	    {"pdf", KEY_PDF, "DIR", 0,
		TR("print each certificate into DIR",
		    "每份证书一个 PDF，写入此文件夹"),
		0},
	    {"template", KEY_TEMPLATE, "NAME", 0,
		TR("template: a name or a path; * stands for the kind's own, "
		   "'*-mn' is each one's Mongolian",
		    "模板名称或路径；* 代表该类自己的模板名，'*-mn' 为各类的"
		    "蒙汉双语模板"),
		0},
	    {"one-pdf", KEY_ONE_PDF, "FILE", 0,
		TR("print all of them into one file", "全部写入一个 PDF"), 0},
	    {"read-back", KEY_READ_BACK, "HOW", 0,
		TR("quick (default) or full: draw every page to read its code",
		    "quick（默认）或 full：每页都绘出再读二维码"),
		0},
	    {"nup", KEY_NUP, "CxR", 0,
		TR("on a page of the one file, C columns and R rows of what "
		   "is smaller than A4 (default: 2x5, ten cards)",
		    "合并的 PDF 中，小于 A4 的每页排 C 列 R 行"
		    "（默认 2x5，十张卡片）"),
		0},
	    {"marks", KEY_MARKS, "yes|no", 0,
		TR("crop marks around them (default: yes)",
		    "是否加裁切线（默认 yes）"),
		0},
	    {0}};

	memcpy(options, every, sizeof every);
	if (!all)
		options[2] = (struct argp_option){0};
	return &argp;
}
