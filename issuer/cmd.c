#include "issuer/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "domain/uscc.h"
#include "domain/words.h"
#include "edge/reason.h"
#include "issuer/intent.h"

int
cmd_kind(const char *arg, struct argp_state *state)
{
	int kind = kind_by_word(bytes_str(arg));

	if (kind == 0)
		argp_error(state,
		    TR("--kind: not 1 to 5 nor a name: %s",
			"--kind：不是 1–5，也不是证书种类名称：%s"),
		    arg);
	return kind;
}

uint64_t
cmd_index(const char *arg, struct argp_state *state)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(arg, &end, 10);
	if (errno != 0 || end == arg || *end != '\0' || *arg == '-' ||
	    n >= TLOG_MAX_SIZE)
		argp_error(state,
		    TR("--index: not a number: %s", "--index：不是数字：%s"),
		    arg);
	return n;
}

int32_t
cmd_day(const char *name, const char *arg, struct argp_state *state)
{
	int32_t day = 0;

	if (!date_by_word(bytes_str(arg), &day))
		argp_error(state,
		    TR("%s: not a date like 2026-06-30: %s",
			"%s：不是日期（如 2026-06-30）：%s"),
		    name, arg);
	return day;
}

const char *
cmd_status_word(const struct registry_entry *e)
{
	static const char *const words[] = {[STATUS_VALID] = "valid",
	    [STATUS_REVOKED] = "revoked",
	    [STATUS_SUSPENDED] = "suspended",
	    [STATUS_SUPERSEDED] = "superseded"};

	return e->state == ENTRY_VOID ? "void" : words[e->status & 3];
}

void
cmd_note_body(const struct home *h)
{
	if (uscc_check(bytes_str(h->body->scope.body_id)) != CRED_OK)
		cli_say(h->cli,
		    TR("note: %s is no unified social credit code by its check "
		       "character; compare it with the body's licence",
			"注意：按校验码，%s 不是有效的统一社会信用代码；"
			"请与登记证书核对"),
		    h->body->scope.body_id);
}

enum cred_err
cmd_may_sign(const struct home *h, int64_t now, struct why *why)
{
	char from[11], to[11];

	if (now >= h->body->not_before && now <= h->body->not_after)
		return CRED_OK;
	day_format(claims_day(h->body->not_before), from);
	day_format(claims_day(h->body->not_after), to);
	return why_set(why, CRED_FAULT_KEY,
	    TR("this body's certificate is valid from %s to %s, not now; ask "
	       "the authority for a new one, or set the clock",
		"本机构证书的有效期为 %s 至 %s，现在不能签发；"
		"请向主管部门换证，或校准时钟"),
	    from, to);
}

void
cmd_check_reason(const char *reason, struct argp_state *state)
{
	const char *wrong = reason_wrong(reason);

	if (wrong != NULL)
		argp_error(state, "%s", wrong);
}

void
cmd_say_line(void *ctx, const char *line)
{
	(void)ctx;
	fflush(stdout);
	cli_print_safe(stderr, line, strlen(line));
	fputc('\n', stderr);
}

static bool
typed(const char *want)
{
	char answer[32] = "";

	if (fgets(answer, sizeof answer, stdin) == NULL)
		return false;
	answer[strcspn(answer, "\n")] = '\0';
	return strcmp(answer, want) == 0;
}

bool
cmd_confirm(bool yes, const char *verb, size_t n, int mass)
{
	bool terminal = isatty(STDIN_FILENO), many = n > (size_t)mass;
	char count[32];

	fflush(stdout);
	if (yes && (!many || !terminal))
		return true;
	if (!terminal) {
		fprintf(stderr, "%s\n",
		    TR("nothing was changed: not a terminal; give --yes to go "
		       "ahead",
			"未作任何更改：不是终端；请用 --yes 确认执行"));
		return false;
	}
	if (!many) {
		fprintf(stderr,
		    TR("%s %zu certificate(s)? Type yes: ",
			"%s %zu 份证书？请输入 yes："),
		    verb, n);
		return typed("yes");
	}
	if (!yes) {
		fprintf(stderr,
		    TR("%s %zu certificates: more than %d at once take --yes "
		       "and their count (tamga.conf: [status] mass)\n",
			"%s %zu 份证书：一次超过 %d 份需要 --yes 并输入份数"
			"（tamga.conf：[status] mass）\n"),
		    verb, n, mass);
		return false;
	}
	snprintf(count, sizeof count, "%zu", n);
	fprintf(stderr,
	    TR("%s how many certificates? Type the number (%s): ",
		"%s多少份证书？请输入份数（%s）："),
	    verb, count);
	return typed(count);
}

bool
cmd_read_back(const char *arg, const struct argp_state *state)
{
	if (strcmp(arg, "quick") != 0 && strcmp(arg, "full") != 0)
		argp_error(state, TR("--read-back: quick or full",
				      "--read-back：quick 或 full"));
	return strcmp(arg, "full") == 0;
}

void
cmd_nup(const char *arg, struct argp_state *state, struct render_sheet *sheet)
{
	unsigned columns, rows;
	int end = 0;

	if (sscanf(arg, "%1ux%2u%n", &columns, &rows, &end) != 2 ||
	    arg[end] != '\0' || columns < 1 || columns > 8 || rows < 1 ||
	    rows > 16)
		argp_error(state,
		    TR("--nup: columns x rows, as 2x5; at most 8x16",
			"--nup：列x行，例如 2x5，最多 8x16"));
	sheet->columns = columns * rows == 1 ? 0 : columns;
	sheet->rows = rows;
}

void
cmd_marks(const char *arg, struct argp_state *state, struct render_sheet *sheet)
{
	if (strcmp(arg, "yes") != 0 && strcmp(arg, "no") != 0)
		argp_error(
		    state, TR("--marks: yes or no", "--marks：yes 或 no"));
	sheet->marks = *arg == 'y';
}
