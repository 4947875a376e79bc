#include <jansson.h>

#include "domain/words.h"
#include "issuer/cmd.h"

struct args {
	struct cli_common common;
	struct registry_filter filter;
	size_t n;
};

enum { KEY_BATCH = 1, KEY_KIND, KEY_STATUS, KEY_NUMBER };

static int
status_of(const char *arg, struct argp_state *state)
{
	static const char *const words[] = {
	    "valid", "revoked", "suspended", "superseded"};

	for (int i = 0; i < 4; i++)
		if (strcmp(arg, words[i]) == 0)
			return i;
	argp_error(state,
	    TR("--status: valid, revoked, suspended or "
	       "superseded, not %s",
		"--status：只能是 valid、revoked、suspended 或 superseded，"
		"不是 %s"),
	    arg);
	return -1;
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_BATCH:
		a->filter.batch = arg;
		return 0;
	case KEY_KIND:
		a->filter.kind = cmd_kind(arg, state);
		return 0;
	case KEY_STATUS:
		a->filter.status = status_of(arg, state);
		return 0;
	case KEY_NUMBER:
		a->filter.number = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char *
state_word(enum entry_state s)
{
	static const char *const words[] = {[ENTRY_RESERVED] = "reserved",
	    [ENTRY_SIGNED] = "signed",
	    [ENTRY_LOGGED] = "logged",
	    [ENTRY_VOID] = "void"};

	return words[s & 3];
}

static enum cred_err
print_json(const struct registry_entry *e)
{
	char day[11];
	json_t *j;

	day_format(e->issued, day);
	j = json_pack("{s:i, s:I, s:s?, s:s, s:s, s:s, s:i, s:s, s:s?, s:i, "
		      "s:s, s:s, s:I}",
	    "schema", 1, "index", (json_int_t)e->index, "number", e->number,
	    "status", cmd_status_word(e), "state", state_word(e->state), "name",
	    e->name, "kind", (int)e->kind, "occupation", e->occupation, "code",
	    e->code, "level", (int)e->level, "issued", day, "batch", e->batch,
	    "row", (json_int_t)e->row);
	if (j == NULL)
		return CRED_FAULT_NOMEM;
	json_dumpf(j, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(j);
	return CRED_OK;
}

static enum cred_err
print_one(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct args *a = ctx;
	char day[11];

	(void)why;
	/* A void entry is no certificate: show and verify tell of it. */
	if (e->state == ENTRY_VOID)
		return CRED_OK;
	a->n++;
	if (a->common.json)
		return print_json(e);
	day_format(e->issued, day);
	printf("%8llu  %-22s  %-10s  %s  ", (unsigned long long)e->index,
	    e->number != NULL ? e->number : "-", cmd_status_word(e), day);
	cli_print_safe(stdout, e->name, strlen(e->name));
	printf("  ");
	cli_print_safe(stdout, e->occupation, strlen(e->occupation));
	printf("  %s  %s:%u\n", level_word(e->level), e->batch, e->row);
	return CRED_OK;
}

int
cmd_list(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"batch", KEY_BATCH, "ID", 0, TR("of this batch", "此批次的"), 0},
	    {"kind", KEY_KIND, "1..5", 0, TR("of this kind", "此种类的"), 0},
	    {"status", KEY_STATUS, "WORD", 0,
		TR("valid, revoked, suspended or superseded",
		    "valid（有效）、revoked（撤销）、suspended（暂停）或 "
		    "superseded（换发）"),
		0},
	    {"number", KEY_NUMBER, "N", 0, TR("with this number", "此编号的"),
		0},
	    {0}};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_REGISTRY | CLI_JSON | CLI_QUIET), 0, NULL,
		0},
	    {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .doc = TR(
		"Lists what was issued: index, number, status, issue date, "
		"name, occupation, level, batch and row. Never ID numbers."
		"\vExit status: 0 listed; 2 could not run; 3 none.\n\n"
		"Example:\n  tamga-issuer list --home /var/lib/tamga --status "
		"revoked --json",
		"列出已签发的证书：序号、编号、状态、发证日期、姓名、职业、等级"
		"、"
		"批次与行号。不显示证件号码。"
		"\v退出码：0 已列出；2 无法运行；3 一份也没有。\n\n示例：\n  "
		"tamga-issuer list --home /var/lib/tamga --status revoked "
		"--json")};
	struct args a = {.filter = {.state = -1, .status = -1}};
	struct why why = {""};
	struct home h;
	enum cred_err e;
	int status;

	cli_common_init(&a.common);
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return EXIT_FAULT;
	e = home_open(&a.common, HOME_READ, &h, &why);
	if (e == CRED_OK)
		e = registry_each(h.registry, &a.filter, print_one, &a, &why);
	if (e != CRED_OK)
		status = cli_fail(e, &why);
	else
		status = a.n > 0 ? EXIT_OK : EXIT_NOTHING;
	home_close(&h);
	return status;
}
