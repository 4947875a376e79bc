#include <time.h>

#include "keys/cmd.h"

struct args {
	struct cli_common common;
	const char *module;
	struct authority_new n;
};

enum { KEY_NAME = 1, KEY_ALG, KEY_KEY, KEY_MODULE, KEY_DAYS, KEY_CRL_DAYS };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_NAME:
		a->n.name = arg;
		return 0;
	case KEY_ALG:
		a->n.alg = cmd_alg(arg, state);
		return 0;
	case KEY_MODULE:
		a->module = arg;
		return 0;
	case KEY_KEY:
		a->n.key_uri = arg;
		return 0;
	case KEY_DAYS:
		a->n.valid_days = cmd_days(arg, "--valid-days", state);
		return 0;
	case KEY_CRL_DAYS:
		a->n.crl_days = cmd_days(arg, "--crl-days", state);
		return 0;
	case ARGP_KEY_END:
		if (a->n.name == NULL)
			argp_error(
			    state, TR("--name is missing", "缺少 --name"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int
cmd_authority_init(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"name", KEY_NAME, "NAME", 0,
		TR("the authority's name, at most 64 characters",
		    "主管部门名称，最多 64 个字符"),
		0},
	    {"alg", KEY_ALG, "ALG", 0,
		TR("es256 (default), ed25519 or sm2",
		    "es256（默认）、ed25519 或 sm2"),
		0},
	    {"key", KEY_KEY, "FILE|pkcs11:URI", 0,
		TR("use this key instead of a new file; in a token it is made "
		   "when it is not there yet",
		    "使用该密钥，不新建文件；硬件中没有时在其中生成"),
		0},
	    {"pkcs11-module", KEY_MODULE, "FILE", 0,
		TR("the token's PKCS#11 module, if the URI has no module-path",
		    "硬件密钥的 PKCS#11 模块（地址中没有 module-path 时）"),
		0},
	    {"valid-days", KEY_DAYS, "DAYS", 0,
		TR("validity of the anchor (default 20 years)",
		    "信任锚的有效期（默认 20 年）"),
		0},
	    {"crl-days", KEY_CRL_DAYS, "DAYS", 0,
		TR("validity of a CRL (default 30)",
		    "撤销列表的有效期（默认 30 天）"),
		0},
	    {0},
	};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_PASS | CLI_QUIET), 0, NULL, 0}, {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .doc = TR("Make HOME/authority.key, HOME/anchor.pem and an empty "
		      "CRL. Prints the anchor's SHA-256 fingerprint, which "
		      "verifiers compare before they trust it.\v"
		      "Example:\n  tamga-keys authority init --home A --name "
		      "'Some Department' --pass-file pass\n\n"
		      "Exit status: 0 made; 2 not made, nothing written.",
		"建立 HOME/authority.key、HOME/anchor.pem "
		"和空的撤销列表，并打印"
		"信任锚的 SHA-256 指纹，供核验方在信任之前比对。\v"
		"例：\n  tamga-keys authority init --home A --name 某某厅 "
		"--pass-file pass\n\n退出码：0 已建立；2 "
		"未建立，没有写入任何文件。")};
	struct args a = {.n = {.alg = COSE_ES256,
			     .valid_days = ANCHOR_DAYS,
			     .crl_days = CRL_DAYS}};
	struct why why = {""};
	uint8_t fp[32];
	char hex[65];
	enum cred_err e;

	cli_common_init(&a.common);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	e = cmd_key_module(&a.n.key_uri, a.module, &why);
	if (e == CRED_OK)
		e = authority_init(
		    a.common.home, &a.n, &a.common.pass, time(NULL), fp, &why);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	cmd_hex(fp, sizeof fp, hex);
	printf("SHA256 %s\n", hex);
	cli_say(&a.common,
	    TR("made %s: authority.key, anchor.pem, "
	       "authority.crl; the line above is the anchor's "
	       "fingerprint",
		"已在 %s 建立 authority.key、anchor.pem、authority.crl；"
		"上面一行是信任锚的指纹"),
	    a.common.home);
	return EXIT_OK;
}
