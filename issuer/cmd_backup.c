#include <stdlib.h>
#include <time.h>

#include "issuer/backup.h"
#include "issuer/cmd.h"

struct args {
	struct cli_common common;
	const char *out;
};

enum { KEY_OUT = 1 };

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
	case ARGP_KEY_END:
		if (a->out == NULL)
			argp_error(state, TR("--out is needed", "需要 --out"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int
cmd_backup(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"out", KEY_OUT, "DIR", 0,
		TR("the backup: a new folder, on another disk",
		    "备份：新建的文件夹，应在另一块磁盘上"),
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
		"Copies the home into a folder: the registry as of one "
		"moment, keys as they are (encrypted), certificates, photos "
		"and settings, with a manifest of their hashes. Safe while "
		"others issue. Read again after writing. It holds personal "
		"data: keep it as the home is kept."
		"\vExit status: 0 done; 1 what was written does not read "
		"back; 2 could not run.\n\nExample:\n  tamga-issuer backup "
		"--home /var/lib/tamga --out /mnt/backup/2026-11-23",
		"把数据目录备份到一个文件夹：某一时刻的登记库、密钥（保持加密"
		"）、证书、照片和设置，附各文件哈希的清单。"
		"签发进行中也可以运行。写完后会重新读取核对。"
		"备份含个人信息，请与数据目录同样保管。"
		"\v退出码：0 已完成；1 写入后回读不符；2 无法运行。\n\n"
		"示例：\n  tamga-issuer backup --home /var/lib/tamga "
		"--out /mnt/backup/2026-11-23")};
	struct manifest m = {0};
	struct args a = {.out = NULL};
	struct why why = {""};
	struct home h;
	enum cred_err e;
	int status = EXIT_OK;

	cli_common_init(&a.common);
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return EXIT_FAULT;
	e = home_open(&a.common, HOME_READ, &h, &why);
	if (e == CRED_OK)
		e = backup_make(&h, a.out, time(NULL), &m, &why);
	if (e != CRED_OK)
		status = cli_fail(e, &why);
	else if (a.common.json)
		printf("{\"schema\":1,\"files\":%zu,\"size\":%llu}\n", m.n,
		    (unsigned long long)m.size);
	else if (!a.common.quiet)
		printf(TR("%s: %zu files, log of %llu entries; written and "
			  "read back\n",
			   "%s：%zu 个文件，日志 %llu 条；已写入并回读核对\n"),
		    a.out, m.n, (unsigned long long)m.size);
	manifest_release(&m);
	home_close(&h);
	return status;
}
