#include <time.h>

#include "issuer/cmd.h"
#include "issuer/cmd_opts.h"
#include "issuer/mistakes.h"

struct args {
	struct cli_common common;
	struct cmd_roster roster;
};

enum { KEY_TEMPLATE = 1 };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		state->child_inputs[1] = &a->roster;
		return 0;
	case KEY_TEMPLATE:
		a->roster.inspect.template_name = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int
cmd_check(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"template", KEY_TEMPLATE, "NAME", 0,
		TR("template to check the print with", "检查打印所用的模板"),
		0},
	    {0}};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_REGISTRY | CLI_JSON | CLI_QUIET), 0, NULL,
		0},
	    {cmd_roster_argp(), 0, NULL, 0}, {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .args_doc = TR("ROSTER", "名册"),
	    .children = children,
	    .doc = TR(
		"Checks every row of a roster: forms, check digits, dates, "
		"catalogues, the body's scope, other rows, the registry, the "
		"fonts. The roster is CSV or XLSX. Refused rows go to a "
		"spreadsheet beside it, with their reasons; nothing else is "
		"written, and no key is needed."
		"\vExit status: 0 all rows good (warnings may remain); 1 some "
		"row refused; 2 could not run.\n\nExample:\n  tamga-issuer "
		"check --home /var/lib/tamga --kind 2 roster.csv",
		"逐行检查名册：格式、校验位、日期、目录、备案范围、重复行、"
		"已签发记录、字体。名册可为 CSV 或 XLSX。错误行及原因另存为名册"
		"旁的表格；此外不写入任何内容，不需要密钥。"
		"\v退出码：0 全部合格（可能有提醒）；1 有不合格的行；"
		"2 无法运行。\n\n示例：\n  tamga-issuer check --home "
		"/var/lib/tamga --kind 2 roster.csv")};
	struct args a = {.roster = {.path = NULL}};
	struct inspection x = {.n = 0};
	struct mistakes *m = NULL;
	struct why why = {""};
	struct home h = {.lock = -1};
	enum cred_err e;
	int status;

	cli_common_init(&a.common);
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return EXIT_FAULT;
	a.roster.inspect.now = time(NULL);
	e = inspection_open(a.roster.path, &a.roster.inspect, &x, &why);
	if (e == CRED_OK)
		e = home_open(&a.common, HOME_CHECK, &h, &why);
	if (e == CRED_OK)
		e = mistakes_open(&a.common, a.roster.path,
		    a.roster.inspect.errors, &m, &why);
	a.roster.inspect.report = mistakes_report;
	a.roster.inspect.report_ctx = m;
	if (e == CRED_OK)
		e = inspect(&h, &a.roster.inspect, &x, &why);
	if (e == CRED_OK) {
		cmd_note_body(&h);
		inspection_print(&x, &a.common);
		e = mistakes_close(m, &why);
		m = NULL;
	}
	mistakes_abort(m);
	if (e != CRED_OK)
		status = cli_fail(e, &why);
	else
		status = x.n_errors > 0 ? EXIT_REFUSED : EXIT_OK;
	inspection_close(&x);
	home_close(&h);
	return status;
}
