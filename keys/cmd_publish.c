#include <time.h>

#include "keys/cmd.h"

struct args {
	struct cli_common common;
	const char *out;
	int crl_days;
};

enum { KEY_OUT = 1, KEY_CRL_DAYS };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_OUT:
		a->out = arg;
		return 0;
	case KEY_CRL_DAYS:
		a->crl_days = cmd_days(arg, "--crl-days", state);
		return 0;
	case ARGP_KEY_END:
		if (a->out == NULL)
			argp_error(state, TR("--out is missing", "缺少 --out"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int
cmd_publish(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"out", KEY_OUT, "DIR", 0,
		TR("the publication; files go into DIR/trust",
		    "发布目录；文件写入 DIR/trust"),
		0},
	    {"crl-days", KEY_CRL_DAYS, "DAYS", 0,
		TR("validity of the CRL (default 30): publish again before",
		    "撤销列表的有效期（默认 30 天）：到期前须再次发布"),
		0},
	    {0},
	};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_PASS | CLI_QUIET), 0, NULL, 0}, {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .doc = TR("Issue a new CRL and write DIR/trust/anchor.pem, "
		      "bodies.pem, authority.crl and trust.json.\v"
		      "Example:\n  tamga-keys authority publish --home A --out "
		      "PUB --pass-file pass\n\n"
		      "Exit status: 0 published; 2 a fault, or PUB holds a "
		      "newer CRL than the home.",
		"签发新的撤销列表，并写入 DIR/trust/anchor.pem、bodies.pem、"
		"authority.crl 和 trust.json。\v"
		"例：\n  tamga-keys authority publish --home A --out PUB "
		"--pass-file pass\n\n"
		"退出码：0 已发布；2 故障，或 PUB "
		"中的撤销列表比数据目录的新。")};
	struct args a = {.crl_days = CRL_DAYS};
	struct authority *auth = NULL;
	int64_t now = time(NULL);
	struct why why = {""};
	enum cred_err e;

	cli_common_init(&a.common);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	e = authority_open(a.common.home, &a.common.pass, now, &auth, &why);
	if (e == CRED_OK)
		e = authority_publish(auth, a.out, a.crl_days, now, &why);
	if (e == CRED_OK)
		cli_say(&a.common,
		    TR("published %zu bodies' certificates, CRL number %llu",
			"已发布 %zu 张机构证书，撤销列表编号 %llu"),
		    trust_n_bodies(authority_trust(auth)),
		    (unsigned long long)trust_crl_number(
			authority_trust(auth)));
	authority_close(auth);
	return e == CRED_OK ? EXIT_OK : cli_fail(e, &why);
}
