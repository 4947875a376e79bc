#include "edge/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "credential/cbor.h"
#include "credential/claims.h"
#include "edge/file.h"

static const char *program_name = "tamga";

/* A full disk behind stdout is a fault, not a success (exit 2). */
static void
close_stdout(void)
{
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "%s: %s\n", program_name,
		    TR("cannot write the output", "无法写出结果"));
		_exit(EXIT_FAULT);
	}
}

void
cli_init(const char *program)
{
	program_name = program;
	program_invocation_name = program_invocation_short_name =
	    strdup(program);
	lang_init();
	argp_err_exit_status = EXIT_FAULT;
	signal(SIGPIPE, SIG_IGN);
	atexit(close_stdout);
}

static void
print_help(FILE *f, const struct cli_command *table, const char *about)
{
	fprintf(f, "%s %s\n\n", program_name, TAMGA_VERSION);
	fprintf(f, "%s\n\n%s\n", about, TR("Commands:", "命令："));
	for (const struct cli_command *c = table; c->name != NULL; c++)
		fprintf(f, "  %-20s %s\n", c->name, TR(c->en, c->zh));
	fprintf(f, TR("\n%s COMMAND --help tells a command's options.\n",
	    "\n%s 命令 --help 列出该命令的选项。\n"), program_name);
	fputs(TR("\nExit status: 0 all good; 1 refused; 2 a fault or wrong "
		 "usage;\n             3 nothing found; 4 status unknown.\n",
		"\n退出码：0 全部正常；1 有被拒绝的；2 故障或用法错误；\n"
		"        3 没有找到；4 状态未知。\n"), f);
}

/* Does argv begin with the words of name? How many, else 0. */
static int
words_match(const char *name, int argc, char **argv)
{
	int n = 0;

	for (const char *p = name; *p != '\0'; n++) {
		size_t len = strcspn(p, " ");
		if (n >= argc || strlen(argv[n]) != len ||
		    strncmp(argv[n], p, len) != 0)
			return 0;
		p += len;
		p += strspn(p, " ");
	}
	return n;
}

int
cli_main(int argc, char **argv, const char *program,
    const struct cli_command *table, const char *about)
{
	cli_init(program);
	if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
		printf("%s %s\n", program, TAMGA_VERSION);
		return EXIT_OK;
	}
	if (argc >= 2 && (strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "help") == 0)) {
		print_help(stdout, table, about);
		return EXIT_OK;
	}
	for (const struct cli_command *c = table; c->name != NULL; c++) {
		int n = words_match(c->name, argc - 1, argv + 1);
		char *name;
		int status;

		if (n == 0)
			continue;
		if (asprintf(&name, "%s %s", program, c->name) < 0)
			return EXIT_FAULT;
		argv[n] = name;
		status = c->run(argc - n, argv + n);
		fflush(stdout);
		free(name);
		return status;
	}
	if (argc >= 2)
		fprintf(stderr, TR("%s: no such command: %s\n",
		    "%s：没有这个命令：%s\n"), program, argv[1]);
	print_help(stderr, table, about);
	return EXIT_FAULT;
}

void
cli_common_init(struct cli_common *c)
{
	const char *home = getenv("TAMGA_HOME");

	*c = (struct cli_common){.pass.fd = -1};
	c->home = home != NULL && *home != '\0' ? home : "/var/lib/tamga";
}

enum { KEY_HOME = 0x1001, KEY_REGISTRY, KEY_ANCHOR, KEY_PASS_FILE, KEY_PASS_FD,
	KEY_JSON };

static error_t
parse_common(int key, char *arg, struct argp_state *state)
{
	struct cli_common *c = state->input;
	char *end;

	switch (key) {
	case KEY_HOME:
		c->home = arg;
		return 0;
	case KEY_REGISTRY:
		c->registry = arg;
		return 0;
	case KEY_ANCHOR:
		c->anchor = arg;
		return 0;
	case KEY_PASS_FILE:
		c->pass.file = arg;
		return 0;
	case KEY_PASS_FD:
		errno = 0;
		c->pass.fd = (int)strtol(arg, &end, 10);
		if (errno != 0 || *end != '\0' || end == arg || c->pass.fd < 0)
			argp_error(state, TR("--pass-fd: not a number: %s",
			    "--pass-fd：不是数字：%s"), arg);
		return 0;
	case KEY_JSON:
		c->json = true;
		return 0;
	case 'q':
		c->quiet = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp *
cli_argp(unsigned which)
{
	/* One argp a process: a program parses one command line. */
	static struct argp_option options[8];
	static struct argp argp = {.options = options, .parser = parse_common};
	const struct {
		unsigned bit;
		struct argp_option o;
	} all[] = {
	    {CLI_HOME, {"home", KEY_HOME, "DIR", 0,
		TR("state of the program (default $TAMGA_HOME, else "
		   "/var/lib/tamga)",
		    "程序的数据目录（默认 $TAMGA_HOME，否则 /var/lib/tamga）"), 0}},
	    {CLI_REGISTRY, {"registry", KEY_REGISTRY, "SPEC", 0,
		TR("sqlite:PATH or postgresql://USER@HOST[,HOST…]/DATABASE "
		   "(default sqlite:HOME/registry.db)",
		    "sqlite:路径 或 postgresql://用户@主机[,主机…]/数据库"
		    "（默认 sqlite:HOME/registry.db）"), 0}},
	    {CLI_ANCHOR, {"anchor", KEY_ANCHOR, "PEM", 0,
		TR("the authority's certificate (default HOME/anchor.pem, else "
		   "/etc/tamga/anchor.pem)",
		    "主管部门证书（默认 HOME/anchor.pem，否则 "
		    "/etc/tamga/anchor.pem）"), 0}},
	    {CLI_PASS, {"pass-file", KEY_PASS_FILE, "FILE", 0,
		TR("pass phrase or PIN: the first line of FILE",
		    "口令或 PIN：文件的第一行"), 0}},
	    {CLI_PASS, {"pass-fd", KEY_PASS_FD, "N", 0,
		TR("pass phrase or PIN: the first line read from descriptor N",
		    "口令或 PIN：从描述符 N 读到的第一行"), 0}},
	    {CLI_JSON, {"json", KEY_JSON, NULL, 0,
		TR("one JSON object a line", "每行输出一个 JSON 对象"), 0}},
	    {CLI_QUIET, {"quiet", 'q', NULL, 0,
		TR("say only what is wrong", "只说出错的地方"), 0}},
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if ((which & all[i].bit) != 0)
			options[n++] = all[i].o;
	options[n] = (struct argp_option){0};
	return &argp;
}

char *
cli_home_path(const struct cli_common *c, const char *name)
{
	char *p = file_join(c->home, name);

	if (p == NULL) {
		fprintf(stderr, "%s: out of memory\n", program_name);
		exit(EXIT_FAULT);
	}
	return p;
}

char *
cli_anchor_path(const struct cli_common *c)
{
	char *p;

	if (c->anchor != NULL)
		return strdup(c->anchor);
	p = cli_home_path(c, "anchor.pem");
	if (access(p, F_OK) == 0)
		return p;
	free(p);
	if (access("/etc/tamga/anchor.pem", F_OK) == 0)
		return strdup("/etc/tamga/anchor.pem");
	return NULL;
}

int
cli_fail(enum cred_err e, const struct why *why)
{
	fflush(stdout);
	fprintf(stderr, "%s: ", program_name);
	if (why != NULL && why->text[0] != '\0')
		cli_print_safe(stderr, why->text, strlen(why->text));
	else
		fputs(cred_strerr(e), stderr);
	fputc('\n', stderr);
	return cred_is_refusal(e) ? EXIT_REFUSED : EXIT_FAULT;
}

void
cli_retry(void *cli, unsigned attempt, const char *why)
{
	cli_say(cli, TR("attempt %u: %s; trying again", "第 %u 次：%s；正在重试"),
	    attempt, why);
}

void
cli_say(const struct cli_common *c, const char *fmt, ...)
{
	va_list ap;

	if (c->quiet)
		return;
	fflush(stdout);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

int
cli_usage(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fprintf(stderr, "%s: ", program_name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, TR("\nTry '%s --help'.\n", "\n请看 '%s --help'。\n"),
	    program_name);
	return EXIT_FAULT;
}

/* Length of the UTF-8 character at s, 0 if it is none. */
static size_t
utf8_char(const char *s, size_t len)
{
	unsigned char c = (unsigned char)*s;
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	return n <= len && utf8_valid(bytes_of(s, n)) ? n : 0;
}

void
cli_print_safe(FILE *out, const char *s, size_t len)
{
	while (len > 0) {
		size_t n = utf8_char(s, len);
		bool bad = n == 0 || (unsigned char)*s < 0x20 || *s == 0x7f;

		if (n == 2 && (unsigned char)s[0] == 0xc2 &&
		    (unsigned char)s[1] < 0xa0)
			bad = true; /* C1 */
		if (n == 3 && memcmp(s, "\xe2\x80", 2) == 0 &&
		    (unsigned char)s[2] >= 0xaa && (unsigned char)s[2] <= 0xae)
			bad = true; /* U+202A..E: bidirectional overrides */
		if (n == 3 && memcmp(s, "\xe2\x81", 2) == 0 &&
		    (unsigned char)s[2] >= 0xa6 && (unsigned char)s[2] <= 0xa9)
			bad = true; /* U+2066..9 */
		if (bad)
			fputc('?', out);
		else
			fwrite(s, 1, n, out);
		n = n == 0 ? 1 : n;
		s += n;
		len -= n;
	}
}

bool
cli_parse_time(const char *s, int64_t *out)
{
	struct tm tm = {0};
	const char *rest;
	char *end;
	int32_t day;
	long long n;

	if (day_parse(bytes_str(s), &day)) {
		*out = (int64_t)day * 86400 - 8 * 3600;
		return true;
	}
	rest = strptime(s, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (rest != NULL && *rest == '\0') {
		*out = timegm(&tm);
		return true;
	}
	errno = 0;
	n = strtoll(s, &end, 10);
	if (errno != 0 || end == s || *end != '\0')
		return false;
	*out = n;
	return true;
}
