#include <stdlib.h>
#include <time.h>

#include "issuer/cmd.h"
#include "issuer/restore.h"

struct args {
	struct cli_common common;
	struct restore_opts o;
	bool unpublished;
};

enum { KEY_FROM = 1, KEY_PUB, KEY_UNPUBLISHED, KEY_DRY_RUN };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_FROM:
		a->o.from = arg;
		return 0;
	case KEY_PUB:
		a->o.pub = arg;
		return 0;
	case KEY_UNPUBLISHED:
		a->unpublished = true;
		return 0;
	case KEY_DRY_RUN:
		a->o.dry_run = true;
		return 0;
	case 'f':
		a->o.force = true;
		return 0;
	case ARGP_KEY_END:
		if (a->o.from == NULL)
			argp_error(
			    state, TR("--from is needed", "需要 --from"));
		if ((a->o.pub != NULL) == a->unpublished)
			argp_error(
			    state, TR("what was published? --pub DIR|URL, or "
				      "--unpublished if nothing ever was",
				       "发布过什么？请用 --pub 目录|网址；"
				       "若从未发布过，用 --unpublished"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void
report(const struct args *a, const struct restore_result *r)
{
	char day[11];

	day_format(claims_day(r->made), day);
	if (a->common.json) {
		printf("{\"schema\":1,\"made\":%lld,\"size\":%llu,"
		       "\"staged\":%llu,\"dry_run\":%s}\n",
		    (long long)r->made, (unsigned long long)r->size,
		    (unsigned long long)r->staged,
		    a->o.dry_run ? "true" : "false");
	} else if (!a->common.quiet) {
		printf(a->o.dry_run
			   ? TR("the backup of %s is whole and not behind: "
				"log of %llu entries\n",
				 "%s 的备份完整且不落后：日志 %llu 条\n")
			   : TR("restored the backup of %s: log of %llu "
				"entries\n",
				 "已恢复 %s 的备份：日志 %llu 条\n"),
		    day, (unsigned long long)r->size);
	}
	if (r->aside[0] != '\0')
		cli_say(&a->common,
		    TR("what was there is in %s/%s", "原有内容在 %s/%s"),
		    a->common.home, r->aside);
	if (r->staged > 0)
		cli_say(&a->common,
		    TR("%llu certificates were not finished when it was made; "
		       "the next issue or publish finishes them",
			"备份时有 %llu 份证书尚未完成，"
			"下次 issue 或 publish 时补完"),
		    (unsigned long long)r->staged);
	if (!a->o.dry_run)
		cli_say(&a->common,
		    TR("next: tamga-issuer verify --pub, then publish",
			"下一步：tamga-issuer verify --pub，然后 publish"));
}

int
cmd_restore(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"from", KEY_FROM, "DIR", 0, TR("the backup", "备份"), 0},
	    {"pub", KEY_PUB, "DIR|URL", 0,
		TR("the publication, as verifiers see it: a backup that is "
		   "behind it is refused",
		    "核验方看到的发布数据：落后于它的备份会被拒绝"),
		0},
	    {"unpublished", KEY_UNPUBLISHED, NULL, 0,
		TR("nothing was ever published", "从未发布过"), 0},
	    {"force", 'f', NULL, 0,
		TR("move aside what stands in the home, if it is not newer",
		    "把数据目录中原有内容移到一旁（如不比备份新）"),
		0},
	    {"dry-run", KEY_DRY_RUN, NULL, 0,
		TR("check all, put nothing in place", "只做全部检查，不恢复"),
		0},
	    {0}};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_JSON | CLI_QUIET), 0, NULL, 0}, {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .doc = TR(
		"Puts a backup in the place of a home that was lost. Refuses "
		"one that is damaged, and one that is behind what was "
		"published or what stands in the home: going on from it would "
		"use indexes twice. The log is built anew from the registry "
		"and must have the root that was signed."
		"\vExit status: 0 restored; 1 the backup is damaged or "
		"behind, nothing was changed; 2 could not run.\n\nExample:\n"
		"  tamga-issuer restore --home /var/lib/tamga --from "
		"/mnt/backup/2026-11-23 --pub https://verify.example/",
		"用备份恢复丢失的数据目录。损坏的备份，以及落后于已发布内容或"
		"现有内容的备份，都会被拒绝：由此继续会重复使用序号。"
		"日志由登记库重建，其根必须与已签名的相同。"
		"\v退出码：0 已恢复；1 备份损坏或落后，未作任何更改；2 "
		"无法运行。\n\n示例：\n  tamga-issuer restore --home "
		"/var/lib/tamga --from /mnt/backup/2026-11-23 --pub "
		"https://verify.example/")};
	struct args a = {.unpublished = false};
	struct restore_result r;
	struct why why = {""};
	enum cred_err e;

	cli_common_init(&a.common);
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return EXIT_FAULT;
	e = restore_run(&a.common, &a.o, time(NULL), &r, &why);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	report(&a, &r);
	return EXIT_OK;
}
