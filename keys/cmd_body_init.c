#include "keys/bodyhome.h"
#include "keys/cmd.h"

struct args {
	struct cli_common common;
	const char *module;
	struct bodyhome_new n;
};

enum {
	KEY_NAME = 1,
	KEY_ID,
	KEY_PREFIX,
	KEY_BASE,
	KEY_ALG,
	KEY_KEY,
	KEY_MODULE
};

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
	case KEY_ID:
		a->n.body_id = arg;
		return 0;
	case KEY_PREFIX:
		a->n.prefix = arg;
		return 0;
	case KEY_BASE:
		a->n.base = arg;
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
	case ARGP_KEY_END:
		if (a->n.name == NULL || a->n.body_id == NULL ||
		    a->n.prefix == NULL)
			argp_error(state,
			    TR("--name, --body-id and --prefix are needed",
				"需要 --name、--body-id 和 --prefix"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int
cmd_body_init(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"name", KEY_NAME, "NAME", 0,
		TR("registered name, at most 64 characters",
		    "登记名称，最多 64 个字符"),
		0},
	    {"body-id", KEY_ID, "USCC", 0,
		TR("unified social credit code, 18 characters",
		    "统一社会信用代码，18 位"),
		0},
	    {"prefix", KEY_PREFIX, "PREFIX", 0,
		TR("first 13 characters of its certificate numbers",
		    "证书编号的前 13 位"),
		0},
	    {"base", KEY_BASE, "URL", 0,
		TR("wished publication address; the authority decides",
		    "希望使用的发布地址；由主管部门决定"),
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
	    {0},
	};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_PASS | CLI_QUIET), 0, NULL, 0}, {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .doc = TR("Make HOME/body.key, HOME/log.key and the request "
		      "HOME/body.csr, which goes to the authority.\v"
		      "Example:\n  tamga-keys body init --home B --name 'Some "
		      "School' --body-id 52150000MJ0000000X --prefix "
		      "S000015000123 --pass-file pass\n\n"
		      "Exit status: 0 made; 1 an argument was refused; 2 not "
		      "made. Nothing is written unless all is.",
		"建立 HOME/body.key、HOME/log.key 和证书申请 HOME/body.csr；"
		"把证书申请交给主管部门。\v"
		"例：\n  tamga-keys body init --home B --name 某某学校 "
		"--body-id "
		"52150000MJ0000000X --prefix S000015000123 --pass-file pass\n\n"
		"退出码：0 已建立；1 参数不符合要求；2 未建立。要么全部写入，"
		"要么什么都不写。")};
	struct args a = {.n = {.alg = COSE_ES256}};
	struct why why = {""};
	enum cred_err e;

	cli_common_init(&a.common);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	e = cmd_key_module(&a.n.key_uri, a.module, &why);
	if (e == CRED_OK)
		e = bodyhome_init(a.common.home, &a.n, &a.common.pass, &why);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	cli_say(&a.common,
	    TR("made %s: body.key, log.key, body.csr; send body.csr to the "
	       "authority",
		"已在 %s 建立 body.key、log.key、body.csr；请把 body.csr "
		"交给主管部门"),
	    a.common.home);
	return EXIT_OK;
}
