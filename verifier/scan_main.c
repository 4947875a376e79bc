#include <argp.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "domain/normal.h"
#include "edge/cli.h"
#include "edge/file.h"
#include "verifier/scan.h"

#define MAX_FILE    (256u << 20)
#define MAX_PAGES   10000
#define MAX_WORKERS 16
#define AHEAD       32 /* reports kept while an earlier one is not done */

struct args {
	struct cli_common common;
	const char *pub, *host, *id_file, *from_file;
	char id[ID_CHECK_MAX];
	size_t id_len;
	enum reader_effort effort;
	int64_t at;
	bool at_given, offline, raw, nul, unjailed;
	char **inputs;
	int n_inputs;
};

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
	KEY_UNJAILED
};

/* Of the ID number nothing stays in argv, where ps(1) would show it. */
static bool
take_id(struct args *a, struct bytes in)
{
	struct outbuf out = {(uint8_t *)a->id, sizeof a->id, 0};

	if (in.len >= sizeof a->id || normal_id(in, &out) != CRED_OK ||
	    out.len == 0)
		return false;
	a->id_len = out.len;
	return true;
}

static error_t
parse_effort(struct args *a, const char *arg, struct argp_state *state)
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
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

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
		if (!take_id(a, bytes_str(arg)))
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
	case ARGP_KEY_ARGS:
		a->inputs = state->argv + state->next;
		a->n_inputs = state->argc - state->next;
		return 0;
	case ARGP_KEY_END:
		if (a->n_inputs == 0 && a->from_file == NULL)
			argp_error(state, TR("no INPUT given", "没有给出输入"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void
parse_args(int argc, char **argv, struct args *a)
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
		"  tamga-scan --id-file id.txt certificate.pdf",
		"这张证书能不能信？从图片（PNG、JPEG、WebP、HEIC、TIFF、"
		"BMP、GIF）、PDF、文件夹、"
		"文本文件和标准输入（-）读取二维码并核验。"
		"\v退出码：0 全部有效；1 有伪造、已撤销、过期等不予采信的；"
		"2 有未能核验的，或用法错误；3 没有找到证书；4 状态未知。"
		"多个结果按 2、1、4、3、0 的次序取。\n\n示例：\n"
		"  tamga-scan --pub https://skill.example/ photo.jpg\n"
		"  tamga-scan --pub /media/usb/pub --json scans/ >all.jsonl\n"
		"  tamga-scan --id-file id.txt certificate.pdf")};

	argp_parse(&argp, argc, argv, 0, NULL, a);
}

/* Reports made by several threads, printed by one, in order. */
struct pool {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	const struct scan_job *job;
	const struct scan_list *list;
	size_t taken, printed;
	struct scan_report reports[AHEAD];
	bool done[AHEAD];
};

static void *
work(void *arg)
{
	struct pool *p = arg;

	for (;;) {
		size_t i;
		pthread_mutex_lock(&p->lock);
		while (p->taken < p->list->n && p->taken - p->printed >= AHEAD)
			pthread_cond_wait(&p->changed, &p->lock);
		i = p->taken;
		if (i < p->list->n)
			p->taken++;
		pthread_mutex_unlock(&p->lock);
		if (i >= p->list->n)
			return NULL;
		scan_input(p->job, p->list->names[i], &p->reports[i % AHEAD]);
		pthread_mutex_lock(&p->lock);
		p->done[i % AHEAD] = true;
		pthread_cond_broadcast(&p->changed);
		pthread_mutex_unlock(&p->lock);
	}
}

static void
progress(size_t i, size_t n, bool end)
{
	fprintf(stderr, "\r\033[K");
	if (!end)
		fprintf(stderr, "%zu/%zu", i, n);
	fflush(stderr);
}

static int
scan_all(const struct scan_job *job, const struct scan_list *list,
    const struct scan_style *style)
{
	struct pool p = {.job = job, .list = list};
	bool show = !style->quiet && list->n > 1 && isatty(STDERR_FILENO);
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t threads[MAX_WORKERS];
	struct scan_count count = {0};
	size_t n_threads = 0, want;
	int status = EXIT_OK;
	bool any = false;

	pthread_mutex_init(&p.lock, NULL);
	pthread_cond_init(&p.changed, NULL);
	want = cpus < 1 ? 1 : cpus > MAX_WORKERS ? MAX_WORKERS : (size_t)cpus;
	while (n_threads < want && n_threads < list->n &&
	       pthread_create(&threads[n_threads], NULL, work, &p) == 0)
		n_threads++;
	if (n_threads == 0)
		return cli_fail(CRED_FAULT_NOMEM, NULL);
	for (size_t i = 0; i < list->n; i++) {
		struct scan_report *r = &p.reports[i % AHEAD];
		int s;
		pthread_mutex_lock(&p.lock);
		while (!p.done[i % AHEAD])
			pthread_cond_wait(&p.changed, &p.lock);
		pthread_mutex_unlock(&p.lock);
		if (show)
			progress(i, list->n, true);
		scan_print(stdout, r, style);
		if (show)
			progress(i + 1, list->n, false);
		s = scan_exit(r, style->raw);
		any = any || s == EXIT_OK;
		status = scan_worse(status, s);
		scan_count(&count, r);
		scan_report_release(r);
		pthread_mutex_lock(&p.lock);
		p.done[i % AHEAD] = false;
		p.printed = i + 1;
		pthread_cond_broadcast(&p.changed);
		pthread_mutex_unlock(&p.lock);
	}
	if (show)
		progress(0, 0, true);
	for (size_t i = 0; i < n_threads; i++)
		pthread_join(threads[i], NULL);
	pthread_cond_destroy(&p.changed);
	pthread_mutex_destroy(&p.lock);
	scan_print_end(stdout, &count, style);
	/* raw: 3 only when nothing at all was found */
	if (style->raw && status == EXIT_NOTHING && any)
		status = EXIT_OK;
	return status;
}

static void
note(void *ctx, const char *line)
{
	const struct args *a = ctx;

	if (!a->common.quiet) {
		fputs("tamga-scan: ", stderr);
		cli_print_safe(stderr, line, strlen(line));
		fputc('\n', stderr);
	}
}

static enum cred_err
open_publication(struct args *a, struct publication **out, struct why *why)
{
	struct publication_opts o = {.source = a->pub,
	    .offline = a->offline,
	    .note = note,
	    .note_ctx = a};
	char *path = cli_anchor_path(&a->common), *cache, *home_pub;
	uint8_t *pem = NULL;
	enum cred_err e;

	if (path == NULL)
		return why_set(why, CRED_FAULT_ANCHOR,
		    TR("no anchor: give the authority's certificate with "
		       "--anchor PEM, or put it at %s/anchor.pem",
			"没有信任锚：请用 --anchor 给出主管部门证书，或放在 "
			"%s/anchor.pem"),
		    a->common.home);
	e = file_read(path, 1 << 16, &pem, &o.anchor.len, why);
	if (cred_is_refusal(e))
		e = CRED_FAULT_ANCHOR;
	free(path);
	if (e != CRED_OK)
		return e;
	o.anchor.ptr = pem;
	home_pub = cli_home_path(&a->common, "pub");
	if (o.source == NULL && access(home_pub, R_OK | X_OK) == 0)
		o.source = home_pub;
	cache = publication_cache_dir(a->common.home);
	if (cache == NULL)
		note(a, TR("no folder for the cache can be written: what was "
			   "seen before is not remembered",
			    "没有可写的缓存文件夹，无法记住以前见过的版本"));
	o.cache = cache;
	e = publication_open(&o, out, why);
	free(cache);
	free(home_pub);
	free(pem);
	return e;
}

static enum cred_err
read_id(struct args *a, struct why *why)
{
	uint8_t *buf = NULL;
	size_t len = 0;
	enum cred_err e;
	bool ok;

	if (a->id_file == NULL)
		return CRED_OK;
	e = file_read(a->id_file, 4096, &buf, &len, why);
	if (e != CRED_OK)
		return cred_is_refusal(e) ? CRED_FAULT_CONFIG : e;
	ok = take_id(a, bytes_of(buf, strcspn((char *)buf, "\r\n")));
	explicit_bzero(buf, len);
	free(buf);
	if (!ok)
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("%s: its first line is not an ID number",
			"%s：第一行不是证件号码"),
		    a->id_file);
	return CRED_OK;
}

static enum cred_err
list_inputs(const struct args *a, struct scan_list *list, struct why *why)
{
	enum cred_err e = CRED_OK;

	if (a->from_file != NULL)
		e = scan_list_add_from(list, a->from_file, a->nul, why);
	for (int i = 0; e == CRED_OK && i < a->n_inputs; i++)
		e = scan_list_add(list, a->inputs[i], why);
	return e;
}

int
main(int argc, char **argv)
{
	struct args a = {.effort = EFFORT_NORMAL};
	struct scan_job job = {.max_bytes = MAX_FILE};
	struct scan_list list = {0};
	struct scan_style style;
	struct reader_opts ro;
	struct why why = {{0}};
	enum cred_err e;
	int status;

	cli_init("tamga-scan");
	argp_program_version = "tamga-scan " TAMGA_VERSION;
	cli_common_init(&a.common);
	parse_args(argc, argv, &a);
	ro = (struct reader_opts){.max_bytes = MAX_FILE,
	    .max_pages = MAX_PAGES,
	    .effort = a.effort,
	    .allow_unjailed = a.unjailed};
	/* before the first thread */
	e = reader_start(&ro, &job.reader, &why);
	if (e == CRED_OK)
		e = read_id(&a, &why);
	if (e == CRED_OK && !a.raw)
		e = open_publication(&a, &job.pub, &why);
	if (e == CRED_OK)
		e = list_inputs(&a, &list, &why);
	if (e != CRED_OK) {
		status = cli_fail(e, &why);
		goto out;
	}
	job.opts.now = a.at_given ? a.at : time(NULL);
	if (a.host != NULL)
		job.opts.host = bytes_str(a.host);
	if (a.id_len > 0)
		job.id = bytes_of(a.id, a.id_len);
	style = (struct scan_style){.json = a.common.json,
	    .raw = a.raw,
	    .quiet = a.common.quiet,
	    .many = list.n > 1,
	    .safe = isatty(STDOUT_FILENO)};
	style.colour = style.safe && getenv("NO_COLOR") == NULL;
	if (list.n == 0) {
		cli_say(&a.common, "tamga-scan: %s",
		    TR("no files there", "没有文件"));
		status = EXIT_NOTHING;
	} else {
		status = scan_all(&job, &list, &style);
	}
out:
	scan_list_release(&list);
	publication_close(job.pub);
	reader_stop(job.reader);
	explicit_bzero(a.id, sizeof a.id);
	return status;
}
