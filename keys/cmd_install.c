#include "keys/bodyhome.h"
#include "keys/cmd.h"

struct args {
	struct cli_common common;
	const char *cert;
};

enum { KEY_CERT = 1 };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_CERT:
		a->cert = arg;
		return 0;
	case ARGP_KEY_END:
		if (a->cert == NULL)
			argp_error(
			    state, TR("--cert is missing", "缺少 --cert"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int
cmd_install(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"cert", KEY_CERT, "FILE", 0,
		TR("the certificate that the authority issued",
		    "主管部门签发的证书"),
		0},
	    {0},
	};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_QUIET), 0, NULL, 0}, {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .doc = TR("Put the issued certificate into HOME/body.pem, after "
		      "checking that it answers HOME/body.csr. One installed "
		      "before is kept as body-KID.pem.\v"
		      "Example:\n  tamga-keys body install --home B --cert "
		      "B.pem\n\n"
		      "Exit status: 0 installed; 1 not a body certificate; 2 "
		      "not this home's, or a fault.",
		"核对证书确为 HOME/body.csr 所签发后，装为 HOME/body.pem。"
		"原有的证书保存为 body-KID.pem。\v"
		"例：\n  tamga-keys body install --home B --cert B.pem\n\n"
		"退出码：0 已安装；1 不是评价机构证书；2 "
		"不属于本目录，或故障。")};
	struct args a = {0};
	struct bytes pem = {0};
	struct why why = {""};
	enum cred_err e;

	cli_common_init(&a.common);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	e = cmd_read(a.cert, 1 << 16, &pem, &why);
	if (e == CRED_OK)
		e = bodyhome_install(a.common.home, pem, &why);
	cmd_release(&pem);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	cli_say(&a.common, TR("installed %s/body.pem", "已安装 %s/body.pem"),
	    a.common.home);
	return EXIT_OK;
}
