#include <stdlib.h>
#include <time.h>

#include "edge/lang.h"
#include "verifier/review_cmd.h"
#include "verifier/statistics.h"

struct args {
	struct cli_common common;
	const char *out;
	int year;
	int64_t at;
};

enum { KEY_OUT = 0x3001, KEY_YEAR, KEY_AT };

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
	case KEY_YEAR:
		if (strlen(arg) != 4 || strspn(arg, "0123456789") != 4)
			argp_error(state,
			    TR("--year: four digits", "--year：四位数字"));
		a->year = atoi(arg);
		return 0;
	case KEY_AT:
		if (!cli_parse_time(arg, &a->at))
			argp_error(state,
			    TR("--at: no such time: %s",
				"--at：无法识别的时间：%s"),
			    arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int
run(const struct args *a)
{
	struct statistics s;
	struct registry *r = NULL;
	struct why why = {""};
	int year = a->year, month, day;
	enum cred_err e = review_registry(&a->common, LEDGER_LOOK, NULL, &r, &why);

	if (year == 0)
		day_to_civil(claims_day(a->at), &year, &month, &day);
	if (e == CRED_OK)
		e = statistics_collect(r, year, a->at, &s, &why);
	if (e == CRED_OK)
		e = statistics_write(&s, a->out, &why);
	registry_close(r);
	if (e != CRED_OK) {
		cli_fail(e, &why);
		return EXIT_FAULT;
	}
	cli_say(&a->common,
	    TR("%s: %d, %llu booked, %llu paid; %zu counts left out",
		"%s：%d 年，已记账 %llu，已支付 %llu；未公布 %zu 个数字"),
	    a->out, year, (unsigned long long)s.booked[ST_ALL],
	    (unsigned long long)s.paid[ST_ALL], statistics_n_hidden(&s));
	return EXIT_OK;
}

int
review_cmd_statistics(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"out", KEY_OUT, "DIR", 0,
		TR("folder for the page and the CSV; as PUB/statistics the "
		   "verifier serves it under /statistics/",
		    "网页和 CSV 所在的文件夹；放在 PUB/statistics 时，"
		    "核验服务在 /statistics/ 提供"),
		0},
	    {"year", KEY_YEAR, "YEAR", 0,
		TR("of application (default: this year)",
		    "申请年度（默认今年）"),
		0},
	    {"at", KEY_AT, "TIME", 0,
		TR("the time that the page says it was made at",
		    "网页上注明的时间"),
		0},
	    {0}};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_REGISTRY | CLI_QUIET), 0, NULL, 0}, {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .doc = TR(
		"Writes a public page of what was booked and paid in a year, "
		"by department against the annex's plan, kind, level, league "
		"or city, and month, with charts and a CSV. Counts of fewer "
		"than ten, and those that would give one away, are left out."
		"\vExit status: 0 written; 2 could not run.\n\nExample:\n"
		"  tamga-review statistics --year 2026 --out PUB/statistics",
		"写出可公开的网页：一年中已记账和已支付的人次，按部门（对照"
		"任务分解表）、证书种类、等级、盟市和月份，附图表和 CSV。"
		"不足十人的数字，以及能推算出它们的数字，不公布。"
		"\v退出码：0 已写出；2 无法运行。\n\n示例：\n"
		"  tamga-review statistics --year 2026 --out PUB/statistics")};
	struct args a = {.at = time(NULL)};

	cli_common_init(&a.common);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	if (a.out == NULL)
		return cli_usage(TR("--out is needed", "请给出 --out"));
	return run(&a);
}
