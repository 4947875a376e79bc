#include "verifier/scan_args.h"

#include <stdlib.h>
#include <string.h>

#include "domain/normal.h"

enum {
	KEY_PUB = 0x3001,
	KEY_HOST,
	KEY_ID,
	KEY_ID_FILE,
	KEY_AT,
	KEY_OFFLINE,
	KEY_RAW,
	KEY_FROM_FILE,
	KEY_EFFORT,
	KEY_UNJAILED,
	KEY_CSV,
	KEY_XLSX,
	KEY_DETAILS,
	KEY_CAMERA,
	KEY_CONTINUOUS,
	KEY_WAIT
};

/* Of the ID number nothing stays in argv, where ps(1) would show it. */
bool
scan_args_id(struct scan_args *a, struct bytes in)
{
	struct outbuf out = {(uint8_t *)a->id, sizeof a->id, 0};

	if (in.len >= sizeof a->id || normal_id(in, &out) != CRED_OK ||
	    out.len == 0)
		return false;
	a->id_len = out.len;
	return true;
}

static error_t
parse_effort(struct scan_args *a, const char *arg, struct argp_state *state)
{
	if (strcmp(arg, "quick") == 0)
		a->effort = EFFORT_QUICK;
	else if (strcmp(arg, "normal") == 0)
		a->effort = EFFORT_NORMAL;
	else if (strcmp(arg, "hard") == 0)
		a->effort = EFFORT_HARD;
	else
		argp_error(state, TR("--effort: quick, normal or hard",
				      "--effort：quick、normal 或 hard"));
	return 0;
}

static error_t
parse_wait(struct scan_args *a, const char *arg, struct argp_state *state)
{
	char *end;
	unsigned long n = strtoul(arg, &end, 10);

	if (*arg < '0' || *arg > '9' || *end != '\0' || n > 86400)
		argp_error(state, TR("--wait: seconds, 0 to 86400",
				      "--wait：0 到 86400 秒"));
	a->camera_wait_s = (unsigned)n;
	a->wait_given = true;
	return 0;
}

static error_t
check_together(struct scan_args *a, struct argp_state *state)
{
	bool inputs = a->n_inputs > 0 || a->from_file != NULL;

	/* --camera /dev/video2, as people write it */
	if (a->camera && a->camera_dev == NULL && a->n_inputs == 1 &&
	    strncmp(a->inputs[0], "/dev/", 5) == 0) {
		a->camera_dev = a->inputs[0];
		a->n_inputs = 0;
		inputs = a->from_file != NULL;
	}
	if (a->camera && inputs)
		argp_error(state, TR("--camera takes no INPUT",
				      "--camera 不能与输入文件同用"));
	else if (!a->camera && !inputs)
		argp_error(state, TR("no INPUT given", "没有给出输入"));
	else if (a->continuous && !a->camera)
		argp_error(state, TR("--continuous belongs to --camera",
				      "--continuous 只能与 --camera 同用"));
	else if (a->raw && (a->csv != NULL || a->xlsx != NULL))
		argp_error(state, TR("--raw makes no report",
				      "--raw 不能生成报告"));
	return 0;
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct scan_args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_PUB:
		a->pub = arg;
		return 0;
	case KEY_HOST:
		a->host = arg;
		return 0;
	case KEY_ID:
		if (!scan_args_id(a, bytes_str(arg)))
			argp_error(state,
			    TR("--id: not an ID number", "--id：不是证件号码"));
		explicit_bzero(arg, strlen(arg));
		return 0;
	case KEY_ID_FILE:
		a->id_file = arg;
		return 0;
	case KEY_AT:
		a->at_given = cli_parse_time(arg, &a->at);
		if (!a->at_given)
			argp_error(state,
			    TR("--at: no such time: %s",
				"--at：无法识别的时间：%s"),
			    arg);
		return 0;
	case KEY_OFFLINE:
		a->offline = true;
		return 0;
	case KEY_RAW:
		a->raw = true;
		return 0;
	case KEY_FROM_FILE:
		a->from_file = arg;
		return 0;
	case KEY_EFFORT:
		return parse_effort(a, arg, state);
	case KEY_UNJAILED:
		a->unjailed = true;
		return 0;
	case '0':
		a->nul = true;
		return 0;
	case KEY_CSV:
		a->csv = arg;
		return 0;
	case KEY_XLSX:
		a->xlsx = arg;
		return 0;
	case KEY_DETAILS:
		a->details = true;
		return 0;
	case KEY_CAMERA:
		a->camera = true;
		a->camera_dev = arg;
		return 0;
	case KEY_CONTINUOUS:
		a->continuous = true;
		if (!a->wait_given)
			a->camera_wait_s = 0;
		return 0;
	case KEY_WAIT:
		return parse_wait(a, arg, state);
	case ARGP_KEY_ARGS:
		a->inputs = state->argv + state->next;
		a->n_inputs = state->argc - state->next;
		return 0;
	case ARGP_KEY_END:
		return check_together(a, state);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void
scan_args_parse(int argc, char **argv, struct scan_args *a)
{
	const struct argp_option options[] = {
	    {"pub", KEY_PUB, "DIR|URL", 0,
		TR("the publication: trust, status lists and logs (default "
		   "HOME/pub, else what the cache holds)",
		    "发布数据：信任名单、状态列表和日志（默认 "
		    "HOME/pub，否则用缓存）"),
		0},
	    {"host", KEY_HOST, "HOST", 0,
		TR("a host in QR codes that is ours besides the bodies' own",
		    "除各机构外，也视为本系统的二维码主机名"),
		0},
	    {"id", KEY_ID, "ID", 0,
		TR("does the certificate belong to this ID number? (1 in 4096 "
		   "strangers fits)",
		    "核对证件号码是否属于持证人（他人碰巧相符的机会为 "
		    "1/4096）"),
		0},
	    {"id-file", KEY_ID_FILE, "FILE", 0,
		TR("the same, the number being FILE's first line",
		    "同上，号码取自文件的第一行"),
		0},
	    {"at", KEY_AT, "TIME", 0,
		TR("judge as at TIME: 2026-11-23, 2026-11-23T08:00:00Z or Unix "
		   "seconds",
		    "按此时间判断：2026-11-23、2026-11-23T08:00:00Z "
		    "或 Unix 秒数"),
		0},
	    {"offline", KEY_OFFLINE, NULL, 0,
		TR("ask no network, use the cache", "不访问网络，使用缓存"), 0},
	    {"raw", KEY_RAW, NULL, 0,
		TR("print the text of every QR code found, of any kind, "
		   "without a verdict",
		    "只输出找到的每个二维码的文字（不限种类），不作核验"),
		0},
	    {"from-file", KEY_FROM_FILE, "LIST", 0,
		TR("names of inputs, a line each; '-' is standard input",
		    "输入文件名清单，每行一个；- 为标准输入"),
		0},
	    {"null", '0', NULL, 0,
		TR("names in LIST end with a NUL, as find -print0 writes them",
		    "清单中的文件名以 NUL 结尾（如 find -print0）"),
		0},
	    {"effort", KEY_EFFORT, "LEVEL", 0,
		TR("quick, normal (default) or hard: 0.3, 1 or 3 s for a "
		   "picture",
		    "quick、normal（默认）或 hard：每张图片 0.3、1 或 3 秒"),
		0},
	    {"csv", KEY_CSV, "FILE", 0,
		TR("a report besides, a row a code; '-': on standard output, "
		   "and nothing else there",
		    "另存 CSV 报告，每个二维码一行；- 表示只在标准输出写 CSV"),
		0},
	    {"xlsx", KEY_XLSX, "FILE", 0,
		TR("the same for Excel", "另存 Excel 报告"), 0},
	    {"details", KEY_DETAILS, NULL, 0,
		TR("say everything of each certificate, not a line a file",
		    "逐张列出全部内容，而不是每个文件一行"),
		0},
	    {"camera", KEY_CAMERA, "DEV", OPTION_ARG_OPTIONAL,
		TR("read from a camera (default /dev/video0) until a code is "
		   "found",
		    "用摄像头（默认 /dev/video0）扫描，直到读出二维码"),
		0},
	    {"continuous", KEY_CONTINUOUS, NULL, 0,
		TR("with --camera: go on, until Ctrl+C",
		    "与 --camera 同用：连续扫描，按 Ctrl+C 结束"),
		0},
	    {"wait", KEY_WAIT, "SECONDS", 0,
		TR("with --camera: give up after so long without a code "
		   "(default 60, with --continuous never; 0: never)",
		    "与 --camera 同用：多少秒没有二维码就放弃（默认 "
		    "60，连续扫描时不放弃；0 为不放弃）"),
		0},
	    {"allow-unjailed", KEY_UNJAILED, NULL, 0,
		TR("decode pictures even where the kernel cannot jail the "
		   "decoder",
		    "即使内核无法隔离解码进程，也解码图片"),
		0},
	    {0}};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_ANCHOR | CLI_JSON | CLI_QUIET), 0, NULL,
		0},
	    {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .args_doc = TR("INPUT...", "输入..."),
	    .doc = TR(
		"Is this certificate good? Reads QR codes from pictures "
		"(PNG, JPEG, WebP, HEIC, TIFF, BMP, GIF), PDFs, folders, "
		"text files and standard "
		"input ('-')."
		"\vExit status: 0 all valid; 1 some forged, revoked, "
		"expired or otherwise refused; 2 some could not be "
		"checked, or wrong usage; 3 no certificate found; 4 "
		"status unknown. Of several: 2, 1, 4, 3, 0.\n\n"
		"Examples:\n"
		"  tamga-scan --pub https://skill.example/ photo.jpg\n"
		"  tamga-scan --pub /media/usb/pub --json scans/ >all.jsonl\n"
		"  tamga-scan --id-file id.txt certificate.pdf\n"
		"  tamga-scan --xlsx report.xlsx scans/\n"
		"  tamga-scan --camera",
		"这张证书能不能信？从图片（PNG、JPEG、WebP、HEIC、TIFF、"
		"BMP、GIF）、PDF、文件夹、"
		"文本文件和标准输入（-）读取二维码并核验。"
		"\v退出码：0 全部有效；1 有伪造、已撤销、过期等不予采信的；"
		"2 有未能核验的，或用法错误；3 没有找到证书；4 状态未知。"
		"多个结果按 2、1、4、3、0 的次序取。\n\n示例：\n"
		"  tamga-scan --pub https://skill.example/ photo.jpg\n"
		"  tamga-scan --pub /media/usb/pub --json scans/ >all.jsonl\n"
		"  tamga-scan --id-file id.txt certificate.pdf\n"
		"  tamga-scan --xlsx report.xlsx scans/\n"
		"  tamga-scan --camera")};

	argp_parse(&argp, argc, argv, 0, NULL, a);
}
