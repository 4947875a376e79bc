#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "edge/file.h"
#include "keys/approval.h"
#include "keys/cmd.h"
#include "keys/proposal.h"

#define MAX_APPROVALS 64

struct args {
	struct cli_common common;
	const char *key, *name, *out, *request;
	const char *approvals[MAX_APPROVALS];
	size_t n;
};

enum { KEY_KEY = 1, KEY_NAME, KEY_OUT, KEY_REQUEST, KEY_APPROVAL };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_KEY:
		a->key = arg;
		return 0;
	case KEY_NAME:
		a->name = arg;
		return 0;
	case KEY_OUT:
		a->out = arg;
		return 0;
	case KEY_REQUEST:
		a->request = arg;
		return 0;
	case KEY_APPROVAL:
		if (a->n == MAX_APPROVALS)
			argp_error(state,
			    TR("at most %d approvals", "最多 %d 份批准"),
			    MAX_APPROVALS);
		a->approvals[a->n++] = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option *
options_of(bool key, bool name, bool out, bool request, bool approvals)
{
	static struct argp_option o[6];
	size_t n = 0;

	if (key)
		o[n++] = (struct argp_option){"key", KEY_KEY, "FILE", 0,
		    TR("the approver's key", "批准人的密钥"), 0};
	if (name)
		o[n++] = (struct argp_option){"name", KEY_NAME, "NAME", 0,
		    TR("the approver's name, without blanks",
			"批准人名称，不含空格"),
		    0};
	if (out)
		o[n++] = (struct argp_option){"out", KEY_OUT, "FILE", 0,
		    TR("where the result goes", "结果写到哪里"), 0};
	if (request)
		o[n++] = (struct argp_option){"request", KEY_REQUEST, "FILE", 0,
		    TR("the request file", "申请文件"), 0};
	if (approvals)
		o[n++] =
		    (struct argp_option){"approval", KEY_APPROVAL, "FILE", 0,
			TR("an approval of it; give one option for each",
			    "对它的批准；每份给一次本选项"),
			0};
	o[n] = (struct argp_option){0};
	return o;
}

int
cmd_approver_init(int argc, char **argv)
{
	const struct argp_child children[] = {
	    {cli_argp(CLI_PASS | CLI_QUIET), 0, NULL, 0}, {0}};
	const struct argp argp = {
	    .options = options_of(true, true, false, false, false),
	    .parser = parse,
	    .children = children,
	    .doc = TR(
		"Make a key that approves requests, and print the line "
		"for HOME/approvers.\v"
		"Example:\n  tamga-keys approver init --key li.key --name "
		"li --pass-file pass >>A/approvers\n\n"
		"Exit status: 0 made; 2 not made.",
		"建立批准申请用的密钥，并输出应写入 HOME/approvers 的一行。\v"
		"例：\n  tamga-keys approver init --key li.key --name li "
		"--pass-file pass >>A/approvers\n\n"
		"退出码：0 已建立；2 未建立。")};
	struct args a = {0};
	struct why why = {""};
	char *line = NULL;
	enum cred_err e;

	cli_common_init(&a.common);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	if (a.key == NULL || a.name == NULL)
		return cli_usage("%s",
		    TR("--key and --name are needed", "需要 --key 和 --name"));
	e = approver_init(a.key, a.name, &a.common.pass, &line, &why);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	fputs(line, stdout);
	free(line);
	return EXIT_OK;
}

/* Line by line: what stands in a line cannot look like another. */
static void
print_request(struct bytes text)
{
	while (text.len > 0) {
		const uint8_t *end = memchr(text.ptr, '\n', text.len);
		size_t n = end != NULL ? (size_t)(end - text.ptr) : text.len;

		cli_print_safe(stdout, (const char *)text.ptr, n);
		putchar('\n');
		n += end != NULL;
		text = bytes_of(text.ptr + n, text.len - n);
	}
}

int
cmd_approve(int argc, char **argv)
{
	const struct argp_child children[] = {
	    {cli_argp(CLI_PASS | CLI_QUIET), 0, NULL, 0}, {0}};
	const struct argp argp = {
	    .options = options_of(true, true, true, true, false),
	    .parser = parse,
	    .children = children,
	    .doc = TR("Approve a request file: prints what it asks for, then "
		      "signs its SHA-256. Read it first: it is text.\v"
		      "Example:\n  tamga-keys approve --request withdraw.txt "
		      "--key li.key --name li --out withdraw.li --pass-file "
		      "pass\n\n"
		      "Exit status: 0 approved; 1 not a request file; 2 a "
		      "fault.",
		"批准一份申请：先显示其内容，再签署其 SHA-256。"
		"申请是文本，请先阅读。\v"
		"例：\n  tamga-keys approve --request withdraw.txt --key "
		"li.key "
		"--name li --out withdraw.li --pass-file pass\n\n"
		"退出码：0 已批准；1 不是申请文件；2 故障。")};
	struct args a = {0};
	struct bytes text = {0};
	struct proposal p;
	struct why why = {""};
	char *note = NULL;
	enum cred_err e;

	cli_common_init(&a.common);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	if (a.key == NULL || a.name == NULL || a.out == NULL ||
	    a.request == NULL)
		return cli_usage(
		    "%s", TR("--request, --key, --name and --out are needed",
			      "需要 --request、--key、--name 和 --out"));
	e = cmd_read(a.request, PROPOSAL_MAX, &text, &why);
	if (e == CRED_OK)
		e = proposal_parse(text, &p, &why);
	if (e == CRED_OK) {
		proposal_release(&p);
		if (!a.common.quiet)
			print_request(text);
		e = approval_make(
		    a.key, a.name, &a.common.pass, text, &note, &why);
	}
	if (e == CRED_OK)
		e = file_create(a.out, bytes_str(note), 0644, &why);
	free(note);
	cmd_release(&text);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	cli_say(&a.common, TR("approved: %s", "已批准：%s"), a.out);
	return EXIT_OK;
}

static enum cred_err
apply(const struct args *a, struct applied *done, struct why *why)
{
	struct bytes text = {0}, notes[MAX_APPROVALS] = {0};
	struct authority *auth = NULL;
	int64_t now = time(NULL);
	enum cred_err e = CRED_OK;

	if (a->out != NULL && access(a->out, F_OK) == 0)
		return why_set(why, CRED_FAULT_EXISTS,
		    TR("%s exists already; it is not overwritten",
			"%s 已经存在，不会覆盖"),
		    a->out);
	e = cmd_read(a->request, PROPOSAL_MAX, &text, why);
	for (size_t i = 0; e == CRED_OK && i < a->n; i++)
		e = cmd_read(a->approvals[i], NOTE_MAX_BYTES, &notes[i], why);
	if (e == CRED_OK)
		e = authority_open(
		    a->common.home, &a->common.pass, now, &auth, why);
	if (e == CRED_OK)
		e = authority_apply(auth, text, notes, a->n, now, done, why);
	if (e == CRED_OK && done->pem != NULL && a->out != NULL)
		e = file_create(a->out, bytes_str(done->pem), 0644, why);
	else if (e == CRED_OK && done->pem != NULL)
		fputs(done->pem, stdout);
	authority_close(auth);
	for (size_t i = 0; i < a->n; i++)
		cmd_release(&notes[i]);
	cmd_release(&text);
	return e;
}

int
cmd_apply(int argc, char **argv)
{
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_PASS | CLI_QUIET), 0, NULL, 0}, {0}};
	const struct argp argp = {
	    .options = options_of(false, false, true, true, true),
	    .parser = parse,
	    .children = children,
	    .doc = TR("Do what an approved request says. k and who may approve "
		      "stand in HOME/tamga.conf ([approval] k = 2) and "
		      "HOME/approvers.\v"
		      "Example:\n  tamga-keys authority apply --home A "
		      "--request withdraw.txt --approval withdraw.li "
		      "--approval withdraw.wang --pass-file pass\n\n"
		      "Exit status: 0 done; 1 refused: too few approvals, done "
		      "before, changed; 2 a fault.",
		"办理一份已获批准的申请。需要几个批准、谁可以批准，见 "
		"HOME/tamga.conf（[approval] k = 2）和 HOME/approvers。\v"
		"例：\n  tamga-keys authority apply --home A --request "
		"withdraw.txt --approval withdraw.li --approval withdraw.wang "
		"--pass-file pass\n\n"
		"退出码：0 已办理；1 被拒绝：批准不足、已办理过或被改动；2 "
		"故障。")};
	struct applied done = {0};
	struct args a = {0};
	struct why why = {""};
	enum cred_err e;

	cli_common_init(&a.common);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	if (a.request == NULL)
		return cli_usage(
		    "%s", TR("--request is needed", "需要 --request"));
	e = apply(&a, &done, &why);
	if (e != CRED_OK) {
		free(done.pem);
		return cli_fail(e, &why);
	}
	if (done.pem != NULL)
		cli_say(&a.common, "%s",
		    TR("admitted; publish, so that verifiers know it",
			"已核准；请发布，使核验方知道"));
	else
		cli_say(&a.common,
		    TR("withdrew %zu certificates; publish, so that verifiers "
		       "know it",
			"已撤销 %zu 张证书；请发布，使核验方知道"),
		    done.n);
	free(done.pem);
	return EXIT_OK;
}

enum cred_err
cmd_propose(
    const char *home, struct proposal *p, const char *path, struct why *why)
{
	struct authority *a;
	char *text = NULL;
	enum cred_err e;

	p->made = time(NULL);
	e = authority_open(home, NULL, p->made, &a, why);
	if (e != CRED_OK)
		return e;
	authority_fingerprint(a, p->authority);
	authority_close(a);
	e = proposal_print(p, &text, why);
	if (e == CRED_OK)
		e = file_create(path, bytes_str(text), 0644, why);
	free(text);
	return e;
}
