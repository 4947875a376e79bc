#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "keys/cmd.h"
#include "keys/home_int.h"
#include "keys/make_int.h"
#include "keys/trustjson_int.h"

struct args {
	struct cli_common common;
	const char *file;
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case ARGP_KEY_ARG:
		if (a->file != NULL)
			argp_error(state,
			    TR("one file at a time", "一次只能给一个文件"));
		a->file = arg;
		return 0;
	case ARGP_KEY_END:
		if (a->file == NULL)
			argp_error(
			    state, TR("which file?", "要显示哪个文件？"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static enum cred_err
show_request(const struct args *a, struct bytes der, struct why *why)
{
	struct request *r = malloc(sizeof *r);
	enum cred_err e = CRED_FAULT_NOMEM;

	if (r != NULL)
		e = request_read(der, r, why);
	if (e == CRED_OK && a->common.json) {
		e = cmd_print_json(
		    json_pack("{s:s, s:s, s:o}", "name", r->name, "alg_name",
			trust_alg_name(r->key.alg), "scope",
			trustjson_scope(&r->scope)),
		    "request");
	} else if (e == CRED_OK) {
		puts(TR("certificate request, signed by its own key",
		    "证书申请，由申请的密钥自签"));
		printf("  %s: ", TR("name", "名称"));
		cli_print_safe(stdout, r->name, strlen(r->name));
		printf("\n  %s: %s\n", TR("algorithm", "算法"),
		    trust_alg_name(r->key.alg));
		cmd_print_scope(stdout, "  ", &r->scope);
	}
	free(r);
	return e;
}

static enum cred_err
show_anchor(const struct args *a, const struct anchor *anchor)
{
	char hex[65], from[32], to[32];

	if (a->common.json)
		return cmd_print_json(trustjson_anchor(anchor), "anchor");
	puts(TR("anchor certificate of an authority, self-signed: compare the "
		"fingerprint before trusting it",
	    "主管部门的信任锚证书（自签）：信任之前请比对指纹"));
	printf("  %s: ", TR("name", "名称"));
	cli_print_safe(stdout, anchor->name, strlen(anchor->name));
	cmd_hex(anchor->fingerprint, 32, hex);
	cmd_time(anchor->not_before, from);
	cmd_time(anchor->not_after, to);
	printf("\n  SHA256: %s\n  %s: %s\n  %s: %s .. %s\n", hex,
	    TR("algorithm", "算法"), trust_alg_name(anchor->key.alg),
	    TR("valid", "有效期"), from, to);
	return CRED_OK;
}

static enum cred_err
show_certificate(const struct args *a, struct bytes der, struct why *why)
{
	struct body *body = malloc(sizeof *body);
	struct anchor anchor;
	enum cred_err e = CRED_FAULT_NOMEM;

	if (body == NULL)
		return e;
	e = x509_body(der, body, NULL);
	if (e == CRED_OK && a->common.json) {
		e = cmd_print_json(trustjson_body(body), "body");
	} else if (e == CRED_OK) {
		puts(TR("certificate of a body (who signed it was not checked)",
		    "评价机构证书（未核对由谁签发）"));
		cmd_print_body(stdout, body);
	} else if (x509_anchor(der, &anchor) == CRED_OK) {
		e = show_anchor(a, &anchor);
		anchor_release(&anchor);
	} else {
		(void)why_set(why, e,
		    TR("%s: neither a body's certificate (%s) nor an anchor",
			"%s：既不是评价机构证书（%s），也不是信任锚"),
		    a->file, cred_errname(e));
	}
	free(body);
	return e;
}

static enum cred_err
show_crl(const struct args *a, struct bytes der, struct why *why)
{
	struct crl crl;
	char from[32], to[32];
	json_t *list;
	enum cred_err e = crl_decode(der, &crl);

	if (e != CRED_OK)
		return why_set(why, e, "%s: %s (%s)", a->file, cred_strerr(e),
		    cred_errname(e));
	cmd_time(crl.this_update, from);
	cmd_time(crl.next_update, to);
	list = json_array();
	if (!a->common.json)
		printf(TR("CRL number %llu (who signed it was not checked)\n"
			  "  issued %s, next %s, %zu withdrawn\n",
			   "撤销列表，编号 %llu（未核对由谁签发）\n"
			   "  签发 %s，下次更新 %s，共 %zu 项\n"),
		    (unsigned long long)crl.number, from, to, crl.n);
	for (size_t i = 0; i < crl.n; i++) {
		const struct crl_entry *c = &crl.entries[i];
		char serial[41], at[32];

		cmd_hex(c->serial, c->serial_len, serial);
		serial[2 * c->serial_len] = '\0';
		cmd_time(c->revoked_at, at);
		json_array_append_new(
		    list, json_pack("{s:s, s:s, s:s, s:I}", "serial", serial,
			      "revoked_at", at, "reason_name",
			      trust_reason_name(c->reason), "tree_size",
			      (json_int_t)c->tree_size));
		if (!a->common.json)
			printf("  %s  %s  %s  %s %llu\n", serial, at,
			    trust_reason_name(c->reason),
			    TR("tree size", "日志大小"),
			    (unsigned long long)c->tree_size);
	}
	if (a->common.json)
		e = cmd_print_json(
		    json_pack("{s:I, s:s, s:s, s:O}", "number",
			(json_int_t)crl.number, "this_update", from,
			"next_update", to, "withdrawn", list),
		    "crl");
	json_decref(list);
	crl_release(&crl);
	return e;
}

int
cmd_show(int argc, char **argv)
{
	const struct argp_child children[] = {
	    {cli_argp(CLI_JSON | CLI_QUIET), 0, NULL, 0}, {0}};
	const struct argp argp = {.parser = parse,
	    .children = children,
	    .args_doc = "FILE",
	    .doc = TR("Print what a PEM file holds: the certificate of a body "
		      "or an authority, a request, a CRL. Checks form and the "
		      "signatures that an object makes over itself, nothing "
		      "else: this is no verification.\v"
		      "Exit status: 0 printed; 1 not one of ours; 2 a fault.",
		"显示 PEM 文件的内容：评价机构或主管部门的证书、证书申请、"
		"撤销列表。只检查格式和自签名，不是核验。\v"
		"退出码：0 已显示；1 不是本系统的文件；2 故障。")};
	static const struct {
		const char *label;
		enum cred_err (*show)(
		    const struct args *a, struct bytes der, struct why *why);
	} kinds[] = {
	    {PEM_STRING_X509, show_certificate},
	    {PEM_STRING_X509_REQ, show_request},
	    {PEM_STRING_X509_CRL, show_crl},
	};
	struct args a = {0};
	struct bytes pem = {0};
	struct why why = {""};
	enum cred_err e;

	cli_common_init(&a.common);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	e = cmd_read(a.file, 16 << 20, &pem, &why);
	for (size_t i = 0; e == CRED_OK; i++) {
		uint8_t *der = NULL;
		size_t len = 0;

		if (i == sizeof kinds / sizeof *kinds) {
			e = why_set(&why, CRED_ERR_X509_FORM,
			    TR("%s holds no certificate, request or CRL (PEM)",
				"%s 中没有证书、证书申请或撤销列表（PEM）"),
			    a.file);
			break;
		}
		if (pem_first(pem, kinds[i].label, &der, &len) != CRED_OK)
			continue;
		e = kinds[i].show(&a, bytes_of(der, len), &why);
		free(der);
		break;
	}
	cmd_release(&pem);
	return e == CRED_OK ? EXIT_OK : cli_fail(e, &why);
}
