#include "keys/bodyhome.h"
#include "keys/cmd.h"

struct args {
	struct cli_common common;
	const char *module;
	const char *key_uri;
	enum cose_alg alg;
	bool has_alg;
};

enum { KEY_ALG = 1, KEY_KEY, KEY_MODULE };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_ALG:
		a->alg = cmd_alg(arg, state);
		a->has_alg = true;
		return 0;
	case KEY_MODULE:
		a->module = arg;
		return 0;
	case KEY_KEY:
		a->key_uri = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int
cmd_rotate(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"alg", KEY_ALG, "ALG", 0,
		TR("es256, ed25519 or sm2 (default: as before)",
		    "es256、ed25519 或 sm2（默认与原来相同）"),
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
	    .doc = TR(
		"Make HOME/next.key and the request HOME/next.csr for "
		"the same body, number prefix and log. The old key signs "
		"until the new certificate is installed; then it is kept "
		"as body-KID.key, to be destroyed by you.\v"
		"Example:\n  tamga-keys body rotate --home B --pass-file "
		"pass\n  tamga-keys authority admit --home A --csr "
		"B/next.csr --scope scope.ini --out B2.pem --pass-file "
		"pass\n  tamga-keys body install --home B --cert B2.pem\n\n"
		"Exit status: 0 made; 2 not made, nothing written.",
		"为同一机构、编号前缀和日志建立 HOME/next.key 和证书申请 "
		"HOME/"
		"next.csr。新证书装入之前仍用旧密钥签名；装入之后旧密钥保存为 "
		"body-KID.key，请自行销毁。\v"
		"例：\n  tamga-keys body rotate --home B --pass-file pass\n  "
		"tamga-keys authority admit --home A --csr B/next.csr --scope "
		"scope.ini --out B2.pem --pass-file pass\n  tamga-keys body "
		"install --home B --cert B2.pem\n\n"
		"退出码：0 已建立；2 未建立，没有写入任何文件。")};
	struct args a = {0};
	struct why why = {""};
	enum cred_err e;

	cli_common_init(&a.common);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	e = cmd_key_module(&a.key_uri, a.module, &why);
	if (e == CRED_OK)
		e = bodyhome_rotate(a.common.home, a.has_alg ? &a.alg : NULL,
		    a.key_uri, &a.common.pass, &why);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	cli_say(&a.common,
	    TR("made %s: next.key, next.csr; send next.csr to the authority",
		"已在 %s 建立 next.key、next.csr；请把 next.csr 交给主管部门"),
	    a.common.home);
	return EXIT_OK;
}
