#include "issuer/cmd.h"

#include <errno.h>
#include <stdlib.h>

#include "domain/words.h"

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

const char *
cmd_status_word(const struct registry_entry *e)
{
	static const char *const words[] = {[STATUS_VALID] = "valid",
	    [STATUS_REVOKED] = "revoked",
	    [STATUS_SUSPENDED] = "suspended",
	    [STATUS_SUPERSEDED] = "superseded"};

	return e->state == ENTRY_VOID ? "void" : words[e->status & 3];
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
cmd_free(struct bytes *b)
{
	free((void *)(uintptr_t)b->ptr);
	*b = (struct bytes){0};
}
