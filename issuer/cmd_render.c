#include "issuer/cmd.h"
#include "issuer/cmd_opts.h"

struct args {
	struct cli_common common;
	struct registry_filter filter;
	struct printing_opts print;
	bool has_index;
};

enum {
	KEY_BATCH = 1,
	KEY_NUMBER,
	KEY_INDEX,
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		state->child_inputs[1] = &a->print;
		return 0;
	case KEY_BATCH:
		a->filter.batch = arg;
		return 0;
	case KEY_NUMBER:
		a->filter.number = arg;
		return 0;
	case KEY_INDEX:
		a->filter.from = cmd_index(arg, state);
		a->filter.to = a->filter.from + 1;
		a->has_index = true;
		return 0;
	case ARGP_KEY_END:
		if (a->filter.batch == NULL && a->filter.number == NULL &&
		    !a->has_index)
			argp_error(
			    state, TR("--batch, --number or --index is needed",
				       "需要 --batch、--number 或 --index"));
		if (a->print.dir == NULL && a->print.one == NULL)
			argp_error(state, TR("--pdf or --one-pdf is needed",
					      "需要 --pdf 或 --one-pdf"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int
cmd_render(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"batch", KEY_BATCH, "ID", 0, TR("a whole batch", "整个批次"), 0},
	    {"number", KEY_NUMBER, "N", 0,
		TR("the certificate with this number", "此编号的证书"), 0},
	    {"index", KEY_INDEX, "I", 0,
		TR("the certificate at this index", "此序号的证书"), 0},
	    {0}};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_REGISTRY | CLI_QUIET), 0, NULL, 0},
	    {cmd_print_argp(true), 0, NULL, 0}, {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .doc = TR(
		"Prints certificates of the registry again, and reads each "
		"PDF back. Needs no key. Revoked and superseded ones are not "
		"printed."
		"\vExit status: 0 printed; 1 there is no such certificate; 2 "
		"could not run, or a PDF does not read back.\n\nExample:\n  "
		"tamga-issuer render --home /var/lib/tamga --batch demo --pdf "
		"out",
		"重新打印登记库中的证书，并逐一回读验证。不需要密钥。"
		"已撤销或已换发的不打印。"
		"\v退出码：0 已打印；1 没有这样的证书；2 无法运行，"
		"或 PDF 回读不符。\n\n示例：\n  tamga-issuer render --home "
		"/var/lib/tamga --batch demo --pdf out")};
	const struct reader_opts reading = {.only_drawn = true,
	    .effort = EFFORT_HARD,
	    .max_bytes = 1u << 30,
	    .max_pages = 10000};
	struct args a = {.filter = {.state = -1, .status = -1},
	    .print = {.sheet = RENDER_SHEET_CARDS}};
	struct printing_result r = {0};
	struct reader *reader = NULL;
	struct why why = {""};
	struct home h = {.lock = -1};
	enum cred_err e;
	int status = EXIT_OK;

	cli_common_init(&a.common);
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return EXIT_FAULT;
	e = reader_start(&reading, &reader, &why);
	if (e == CRED_OK)
		e = home_open(&a.common, HOME_READ, &h, &why);
	if (e == CRED_OK)
		e = printing_run(&h, reader, &a.filter, &a.print, &r, &why);
	if (e != CRED_OK) {
		status = cli_fail(e, &why);
	} else if (r.made + r.there == 0) {
		cli_say(&a.common,
		    TR("there is no such certificate that may be printed; see "
		       "tamga-issuer list",
			"没有符合条件、可以打印的证书；请看 tamga-issuer "
			"list"));
		status = EXIT_REFUSED;
	} else {
		printing_say(&a.common, &a.print, &r);
	}
	home_close(&h);
	reader_stop(reader);
	return status;
}
