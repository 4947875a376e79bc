#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "issuer/batch.h"
#include "issuer/cmd.h"
#include "issuer/sheet.h"

struct args {
	struct cli_common common;
	const char *csv, *xlsx, *seen;
	char subject[BATCH_ID_MAX + 8];
	int32_t from, to; /* days; to 0: no end */
	struct sheet *sheet;
	uint64_t seen_seq;
	uint8_t seen_hash[32];
	bool seen_found;
	size_t n;
};

enum {
	KEY_INDEX = 1,
	KEY_BATCH,
	KEY_FROM,
	KEY_TO,
	KEY_CSV,
	KEY_XLSX,
	KEY_SEEN,
};

/* "12:<64 hex digits>", as this command says it at its end. */
static bool
read_seen(struct args *a, const char *arg)
{
	char *end;
	size_t n = strspn(arg, "0123456789");

	if (n == 0 || n > 18 || arg[n] != ':' || strlen(arg + n + 1) != 64 ||
	    strspn(arg + n + 1, "0123456789abcdef") != 64)
		return false;
	a->seen_seq = strtoull(arg, &end, 10);
	for (size_t i = 0; i < 32; i++) {
		char two[3] = {end[1 + 2 * i], end[2 + 2 * i], '\0'};
		a->seen_hash[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	a->seen = arg;
	return true;
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_INDEX:
		snprintf(a->subject, sizeof a->subject, "index %llu",
		    (unsigned long long)cmd_index(arg, state));
		return 0;
	case KEY_BATCH:
		snprintf(a->subject, sizeof a->subject, "batch %s", arg);
		return 0;
	case KEY_FROM:
		a->from = cmd_day("--from", arg, state);
		return 0;
	case KEY_TO:
		a->to = cmd_day("--to", arg, state);
		return 0;
	case KEY_CSV:
		a->csv = arg;
		return 0;
	case KEY_XLSX:
		a->xlsx = arg;
		return 0;
	case KEY_SEEN:
		if (!read_seen(a, arg))
			argp_error(state,
			    TR("--seen: a number, a colon, and 64 hex digits: "
			       "the last line of an earlier run",
				"--seen：应为序号、冒号和 64 位十六进制数，"
				"即以前运行的最后一行"));
		return 0;
	case ARGP_KEY_END:
		if ((a->csv != NULL) + (a->xlsx != NULL) + a->common.json > 1)
			argp_error(
			    state, TR("one of --csv, --xlsx and --json",
				       "--csv、--xlsx、--json 只能用一个"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char *const columns[] = {
    "序号", "时间", "经办人", "事项", "对象", "内容", "哈希"};

static void
hex(const uint8_t h[static 32], char out[static 65])
{
	for (size_t i = 0; i < 32; i++)
		snprintf(out + 2 * i, 3, "%02x", h[i]);
}

/* In the time of the certificates' dates. */
static void
when(int64_t at, char out[static 32])
{
	time_t t = at + 8 * 3600;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		strcpy(out, "?");
}

static enum cred_err
print_json(const struct registry_act *a, const char *hash)
{
	json_t *j = json_pack("{s:i, s:I, s:I, s:s, s:s, s:s, s:s, s:s}",
	    "schema", 1, "seq", (json_int_t)a->seq, "at", (json_int_t)a->at,
	    "actor", a->actor, "action", a->action, "subject", a->subject,
	    "detail", a->detail, "hash", hash);

	if (j == NULL)
		return CRED_FAULT_NOMEM;
	json_dumpf(j, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(j);
	return CRED_OK;
}

static enum cred_err
print_one(void *ctx, const struct registry_act *act, struct why *why)
{
	struct args *a = ctx;
	int32_t day = claims_day(act->at);
	char seq[24], at[32], hash[65];
	const char *cells[] = {
	    seq, at, act->actor, act->action, act->subject, act->detail, hash};

	if (act->seq == a->seen_seq && memcmp(act->hash, a->seen_hash, 32) == 0)
		a->seen_found = true;
	if ((*a->subject != '\0' && strcmp(a->subject, act->subject) != 0) ||
	    day < a->from || (a->to != 0 && day > a->to))
		return CRED_OK;
	a->n++;
	snprintf(seq, sizeof seq, "%llu", (unsigned long long)act->seq);
	when(act->at, at);
	hex(act->hash, hash);
	if (a->sheet != NULL)
		return sheet_row(a->sheet, cells, why);
	if (a->common.json)
		return print_json(act, hash);
	printf("%6s  %s  %s  %s  %s  ", seq, at, act->actor, act->action,
	    act->subject);
	cli_print_safe(stdout, act->detail, strlen(act->detail));
	putchar('\n');
	return CRED_OK;
}

static enum cred_err
list(struct args *a, struct home *h, struct why *why)
{
	enum cred_err e = CRED_OK;

	if (a->csv != NULL || a->xlsx != NULL)
		e = sheet_open(a->csv != NULL ? SHEET_CSV : SHEET_XLSX,
		    a->csv != NULL ? a->csv : a->xlsx, columns,
		    sizeof columns / sizeof *columns, &a->sheet, why);
	if (e == CRED_OK)
		e = registry_audit_each(
		    h->registry, 0, NULL, print_one, a, why);
	if (e == CRED_OK && a->sheet != NULL)
		e = sheet_close(a->sheet, why);
	else
		sheet_abort(a->sheet);
	return e;
}

/* The chain, and that what was noted earlier is still in it. */
static int
check(const struct args *a, struct home *h)
{
	struct why why = {""};
	uint8_t last[32];
	char hash[65];
	uint64_t count;
	enum cred_err e =
	    registry_audit_verify(h->registry, &count, last, &why);

	if (e != CRED_OK)
		return cli_fail(e, &why);
	if (a->seen != NULL && !a->seen_found) {
		e = why_set(&why, CRED_ERR_TRAIL,
		    TR("line %llu is not what it was when --seen was noted: "
		       "the trail was cut or written anew; the registry may "
		       "have been restored from a backup",
			"第 %llu 条与 --seen 记下时不同：审计记录被截断或"
			"重写；登记库可能由备份恢复"),
		    (unsigned long long)a->seen_seq);
		return cli_fail(e, &why);
	}
	hex(last, hash);
	cli_say(&a->common,
	    TR("%llu lines, unbroken; note this for --seen next time:\n"
	       "%llu:%s",
		"共 %llu 条，未中断；请记下此行，下次用于 --seen：\n%llu:%s"),
	    (unsigned long long)count, (unsigned long long)count, hash);
	return a->n > 0 ? EXIT_OK : EXIT_NOTHING;
}

int
cmd_audit(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"index", KEY_INDEX, "I", 0,
		TR("of the certificate at this index", "此序号的证书的"), 0},
	    {"batch", KEY_BATCH, "ID", 0, TR("of this batch", "此批次的"), 0},
	    {"from", KEY_FROM, "DATE", 0,
		TR("of this day or later", "此日及以后的"), 0},
	    {"to", KEY_TO, "DATE", 0,
		TR("of this day or earlier", "此日及以前的"), 0},
	    {"csv", KEY_CSV, "FILE", 0,
		TR("write CSV that Excel opens; - is standard output",
		    "写成 Excel 能打开的 CSV；- 为标准输出"),
		0},
	    {"xlsx", KEY_XLSX, "FILE", 0,
		TR("write a spreadsheet", "写成 XLSX 表格"), 0},
	    {"seen", KEY_SEEN, "N:HASH", 0,
		TR("check that the trail still holds what an earlier run "
		   "ended with",
		    "检查以前运行时的最后一行是否仍在记录中"),
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
		"Lists the audit trail: when, who, what, to which certificate "
		"or batch, and why; and checks that each line follows from "
		"the one before. A trail cut at its end cannot be told from "
		"inside: note what this says at its end, elsewhere."
		"\vExit status: 0 listed and unbroken; 1 broken, or not what "
		"--seen says; 2 could not run; 3 no such line.\n\nExample:\n"
		"  tamga-issuer audit --home /var/lib/tamga --index 17",
		"列出审计记录：何时、何人、何事、哪份证书或批次、何故，"
		"并检查各条前后相接。末尾被截断的记录从内部看不出来："
		"请把本命令最后所说的那行另行记下。"
		"\v退出码：0 已列出且未中断；1 中断，或与 --seen 不符；2 "
		"无法运行；3 没有这样的记录。\n\n示例：\n"
		"  tamga-issuer audit --home /var/lib/tamga --index 17")};
	struct args a = {.csv = NULL};
	struct why why = {""};
	struct home h;
	enum cred_err e;
	int status;

	cli_common_init(&a.common);
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return EXIT_FAULT;
	e = home_open(&a.common, HOME_READ, &h, &why);
	if (e == CRED_OK)
		e = list(&a, &h, &why);
	status = e == CRED_OK ? check(&a, &h) : cli_fail(e, &why);
	home_close(&h);
	return status;
}
