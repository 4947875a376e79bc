#include <time.h>

#include "issuer/cmd.h"
#include "issuer/inspect.h"

struct args {
	struct cli_common common;
	struct inspect_opts inspect;
	const char *roster;
};

enum { KEY_KIND = 1, KEY_BATCH, KEY_PHOTOS, KEY_TEMPLATE };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_KIND:
		a->inspect.kind = cmd_kind(arg, state);
		return 0;
	case KEY_BATCH:
		if (!batch_id_ok(arg))
			argp_error(state,
			    TR("--batch: letters, digits, - _ . "
			       "alone, at most %d",
				"--batch：只能用字母、数字、- _ .，最多 %d 个"),
			    BATCH_ID_MAX);
		a->inspect.batch = arg;
		return 0;
	case KEY_PHOTOS:
		a->inspect.photo_dir = arg;
		return 0;
	case KEY_TEMPLATE:
		a->inspect.template_name = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (a->roster != NULL)
			argp_error(state,
			    TR("one roster at a time", "一次只能处理一份名册"));
		a->roster = arg;
		return 0;
	case ARGP_KEY_END:
		if (a->roster == NULL)
			argp_error(state, TR("which roster?", "请给出名册"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int
cmd_check(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"kind", KEY_KIND, "1..5", 0,
		TR("kind of certificate for rows that do not say",
		    "未写证书种类的行按此种类"),
		0},
	    {"batch", KEY_BATCH, "ID", 0,
		TR("batch that this roster belongs to", "名册所属批次"), 0},
	    {"photos", KEY_PHOTOS, "DIR", 0,
		TR("folder of the photos (default: the roster's)",
		    "照片所在文件夹（默认与名册相同）"),
		0},
	    {"template", KEY_TEMPLATE, "NAME", 0,
		TR("template to check the print with", "检查打印所用的模板"),
		0},
	    {0}};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_REGISTRY | CLI_JSON | CLI_QUIET), 0, NULL,
		0},
	    {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .args_doc = TR("ROSTER.csv", "名册.csv"),
	    .children = children,
	    .doc = TR(
		"Checks every row of a roster: forms, check digits, dates, "
		"catalogues, the body's scope, other rows, the registry, the "
		"fonts. Needs no key and writes nothing."
		"\vExit status: 0 all rows good (warnings may remain); 1 some "
		"row refused; 2 could not run.\n\nExample:\n  tamga-issuer "
		"check --home /var/lib/tamga --kind 2 roster.csv",
		"逐行检查名册：格式、校验位、日期、目录、备案范围、重复行、"
		"已签发记录、字体。不需要密钥，不写入任何内容。"
		"\v退出码：0 全部合格（可能有提醒）；1 有不合格的行；"
		"2 无法运行。\n\n示例：\n  tamga-issuer check --home "
		"/var/lib/tamga --kind 2 roster.csv")};
	struct args a = {.roster = NULL};
	struct inspection x;
	struct why why = {""};
	struct home h = {.lock = -1};
	struct bytes file = {0};
	enum cred_err e;
	int status;

	cli_common_init(&a.common);
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return EXIT_FAULT;
	a.inspect.now = time(NULL);
	e = inspect_read(a.roster, &file, &why);
	if (e == CRED_OK)
		e = home_open(&a.common, HOME_CHECK, &h, &why);
	if (e == CRED_OK)
		e = inspect(&h, a.roster, file, &a.inspect, &x, &why);
	if (e == CRED_OK)
		cmd_note_body(&h);
	if (e != CRED_OK) {
		status = cli_fail(e, &why);
	} else {
		inspection_print(&x, a.roster, &a.common);
		status = x.findings.n_errors > 0 ? EXIT_REFUSED : EXIT_OK;
		inspection_release(&x);
	}
	home_close(&h);
	cmd_free(&file);
	return status;
}
