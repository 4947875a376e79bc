#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "edge/file.h"
#include "keys/cmd.h"
#include "keys/home_int.h"
#include "keys/trustjson_int.h"

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key == ARGP_KEY_INIT)
		state->child_inputs[0] = state->input;
	return key == ARGP_KEY_INIT ? 0 : ARGP_ERR_UNKNOWN;
}

static void
print_line(const struct body *b)
{
	char kid[2 * CRED_KID_LEN + 1], to[32];

	cmd_hex(b->kid, CRED_KID_LEN, kid);
	cmd_time(b->not_after, to);
	printf("%s  %s  %s  %-7s  %.10s  ", kid, b->scope.body_id,
	    b->scope.prefix, trust_alg_name(b->alg), to);
	if (b->withdrawn)
		printf(TR("withdrawn at %llu (%s)  ",
			   "已撤销，前 %llu 条有效（%s）  "),
		    (unsigned long long)b->tree_size,
		    trust_reason_name(b->reason));
	cli_print_safe(stdout, b->name, strlen(b->name));
	putchar('\n');
}

static enum cred_err
list_authority(const struct cli_common *c, struct why *why)
{
	struct authority *a;
	const struct trust *t;
	enum cred_err e = authority_open(c->home, NULL, time(NULL), &a, why);

	if (e != CRED_OK)
		return e;
	t = authority_trust(a);
	for (size_t i = 0; i < t->n && e == CRED_OK; i++) {
		if (c->json)
			e = cmd_print_json(
			    trustjson_body(&t->entries[i].body), "body");
		else
			print_line(&t->entries[i].body);
	}
	if (e == CRED_OK)
		cli_say(c,
		    TR("%zu certificates, CRL number %llu%s",
			"%zu 张证书，撤销列表编号 %llu%s"),
		    t->n, (unsigned long long)t->crl_number,
		    t->crl.why == CRED_ERR_CRL_EXPIRED
			? TR(", which has expired: publish again",
			      "，已过期：请重新发布")
			: "");
	authority_close(a);
	return e;
}

static enum cred_err
list_body(const struct cli_common *c, struct why *why)
{
	struct body *body = malloc(sizeof *body);
	struct bytes pem = {0};
	uint8_t *der = NULL;
	size_t len = 0;
	enum cred_err e = CRED_FAULT_NOMEM;

	if (body != NULL)
		e = home_has(
		    c->home, "body.pem", "tamga-keys body install", why);
	if (e == CRED_OK)
		e = home_read(c->home, "body.pem", PEM_FILE_MAX, &pem, why);
	if (e == CRED_OK)
		e = pem_first(pem, PEM_STRING_X509, &der, &len);
	if (e == CRED_OK)
		e = x509_body(bytes_of(der, len), body, NULL);
	if (e == CRED_OK && c->json)
		e = cmd_print_json(trustjson_body(body), "body");
	else if (e == CRED_OK)
		print_line(body);
	free(der);
	cmd_release(&pem);
	free(body);
	return e;
}

int
cmd_list(int argc, char **argv)
{
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_JSON | CLI_QUIET), 0, NULL, 0}, {0}};
	const struct argp argp = {.parser = parse,
	    .children = children,
	    .doc = TR("List the certificates that an authority issued, or the "
		      "one a body's home holds: kid, body id, prefix, "
		      "algorithm, last day, name.\v"
		      "Exit status: 0; 2 the home cannot be read.",
		"列出主管部门签发的证书，或评价机构目录中的证书：kid、统一社会"
		"信用代码、编号前缀、算法、到期日、名称。\v"
		"退出码：0 正常；2 数据目录读不了。")};
	struct cli_common c;
	struct why why = {""};
	char *anchor, *csr;
	bool is_body;
	enum cred_err e;

	cli_common_init(&c);
	argp_parse(&argp, argc, argv, 0, NULL, &c);
	anchor = cli_home_path(&c, "authority.crl");
	csr = cli_home_path(&c, "body.csr");
	is_body = access(anchor, F_OK) != 0 && access(csr, F_OK) == 0;
	free(csr);
	free(anchor);
	e = is_body ? list_body(&c, &why) : list_authority(&c, &why);
	return e == CRED_OK ? EXIT_OK : cli_fail(e, &why);
}
