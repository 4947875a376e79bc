#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "edge/file.h"
#include "keys/cmd.h"
#include "keys/proposal.h"

struct args {
	struct cli_common common;
	const char *csr, *scope, *out, *request;
	int days;
};

enum { KEY_CSR = 1, KEY_SCOPE, KEY_OUT, KEY_DAYS, KEY_REQUEST };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_CSR:
		a->csr = arg;
		return 0;
	case KEY_SCOPE:
		a->scope = arg;
		return 0;
	case KEY_OUT:
		a->out = arg;
		return 0;
	case KEY_REQUEST:
		a->request = arg;
		return 0;
	case KEY_DAYS:
		a->days = cmd_days(arg, "--valid-days", state);
		return 0;
	case ARGP_KEY_END:
		if (a->csr == NULL || a->scope == NULL ||
		    (a->out == NULL && a->request == NULL))
			argp_error(
			    state, TR("--csr, --scope and --out are needed",
				       "需要 --csr、--scope 和 --out"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static enum cred_err
admit(const struct args *a, struct why *why)
{
	struct scopefile *grant = malloc(sizeof *grant);
	struct bytes csr = {0}, text = {0};
	struct authority *auth = NULL;
	int64_t now = time(NULL);
	char *pem = NULL;
	enum cred_err e = CRED_FAULT_NOMEM;

	if (grant == NULL)
		return e;
	/* Before the certificate exists, not after. */
	e = a->request == NULL && access(a->out, F_OK) == 0
		? why_set(why, CRED_FAULT_EXISTS,
		      TR("%s exists already; it is not overwritten",
			  "%s 已经存在，不会覆盖"),
		      a->out)
		: CRED_OK;
	if (e == CRED_OK)
		e = cmd_read(a->csr, 1 << 16, &csr, why);
	if (e == CRED_OK)
		e = cmd_read(a->scope, 1 << 16, &text, why);
	if (e == CRED_OK)
		e = scopefile_parse(a->scope, text, grant, why);
	if (e == CRED_OK && a->request != NULL) {
		struct proposal p = {.action = PROPOSAL_ADMIT,
		    .body_id = grant->scope.body_id,
		    .valid_days = a->days,
		    .scope = (const char *)text.ptr,
		    .csr = (const char *)csr.ptr};
		e = cmd_propose(a->common.home, &p, a->request, why);
		goto out;
	}
	if (e == CRED_OK)
		e = authority_open(
		    a->common.home, &a->common.pass, now, &auth, why);
	if (e == CRED_OK)
		e = authority_admit(auth, csr, grant, a->days, now, &pem, why);
	if (e == CRED_OK)
		e = file_create(a->out, bytes_str(pem), 0644, why);
out:
	free(pem);
	authority_close(auth);
	cmd_release(&text);
	cmd_release(&csr);
	free(grant);
	return e;
}

int
cmd_admit(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"csr", KEY_CSR, "FILE", 0,
		TR("the body's request", "评价机构的证书申请"), 0},
	    {"scope", KEY_SCOPE, "FILE", 0,
		TR("scope.ini: what the body may issue",
		    "scope.ini：核准的签发范围"),
		0},
	    {"out", KEY_OUT, "FILE", 0,
		TR("where the certificate goes", "证书写到哪里"), 0},
	    {"valid-days", KEY_DAYS, "DAYS", 0,
		TR("validity of the certificate (default 3 years)",
		    "证书有效期（默认 3 年）"),
		0},
	    {"request", KEY_REQUEST, "FILE", 0,
		TR("do nothing but write a request for approval to FILE",
		    "不办理，只把待批准的申请写到 FILE"),
		0},
	    {0},
	};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_PASS | CLI_QUIET), 0, NULL, 0}, {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .doc = TR("Issue a body's certificate. Its id and prefix must be "
		      "the same in request and scope file.\v"
		      "scope.ini:\n"
		      "  [body]\n  id = 52150000MJ0000000X\n  name = Some "
		      "School\n  prefix = S000015000123\n  base = "
		      "https://jd.example.cn/\n  kinds = 2,4\n"
		      "  [kind.2]\n  occupations = 6-31-01-03:3-5\n"
		      "  [kind.4]\n  items = *\n\n"
		      "Example:\n  tamga-keys authority admit --home A --csr "
		      "B/body.csr --scope scope.ini --out B.pem --pass-file "
		      "pass\n\n"
		      "Exit status: 0 issued; 1 the request was refused; 2 a "
		      "fault.",
		"为评价机构签发证书。证书申请与范围文件中的代码和编号前缀必须"
		"一致。\v"
		"scope.ini：\n"
		"  [body]\n  id = 52150000MJ0000000X\n  name = 某某学校\n  "
		"prefix = S000015000123\n  base = https://jd.example.cn/\n  "
		"kinds = 2,4\n"
		"  [kind.2]\n  occupations = 6-31-01-03:3-5\n"
		"  [kind.4]\n  items = *\n\n"
		"例：\n  tamga-keys authority admit --home A --csr B/body.csr "
		"--scope scope.ini --out B.pem --pass-file pass\n\n"
		"退出码：0 已签发；1 申请被拒绝；2 故障。")};
	struct args a = {.days = BODY_DAYS};
	struct why why = {""};
	enum cred_err e;

	cli_common_init(&a.common);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	e = admit(&a, &why);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	if (a.request != NULL) {
		cli_say(&a.common,
		    TR("wrote %s; have it approved", "已写出 %s；请送批准"),
		    a.request);
		return EXIT_OK;
	}
	cli_say(&a.common,
	    TR("issued %s; publish, so that verifiers know it",
		"已签发 %s；请发布，使核验方知道它"),
	    a.out);
	return EXIT_OK;
}
