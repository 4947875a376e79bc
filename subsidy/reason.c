#include "subsidy/reason.h"

#include <inttypes.h>
#include <stdio.h>

#include "credential/claims.h"
#include "subsidy/money.h"

static const struct {
	const char *name, *clause, *en, *zh;
	unsigned code;
	enum severity severity;
} REASONS[N_REASONS] = {
#define X(id, code, severity, clause, en, zh)                                  \
	[REASON_##id] = {#id, clause, en, zh, code, SEVERITY_##severity},
    SUBSIDY_REASONS(X)
#undef X
};

unsigned
reason_code(enum reason r)
{
	return REASONS[r].code;
}

enum severity
reason_severity(enum reason r)
{
	return REASONS[r].severity;
}

const char *
reason_clause(enum reason r)
{
	return REASONS[r].clause;
}

const char *
reason_name(enum reason r)
{
	return REASONS[r].name;
}

static bool
put(struct outbuf *o, const void *s, size_t n)
{
	if (o->cap - o->len < n)
		return false;
	if (n > 0)
		memcpy(o->ptr + o->len, s, n);
	o->len += n;
	return true;
}

static bool
put_field(struct outbuf *o, const struct reason_found *f, char field)
{
	char text[MONEY_TEXT_MAX];

	switch (field) {
	case 's':
		return put(o, f->s.ptr, f->s.len);
	case 't':
		return put(o, f->t.ptr, f->t.len);
	case 'n':
		snprintf(text, sizeof text, "%" PRId64, f->n);
		break;
	case 'm':
		snprintf(text, sizeof text, "%" PRId64, f->m);
		break;
	case 'd':
		day_format(f->day, text);
		break;
	case 'y':
		money_format(f->fen, text);
		break;
	default:
		return false;
	}
	return put(o, text, strlen(text));
}

enum cred_err
reason_text(const struct reason_found *f, bool zh, struct outbuf *out)
{
	const char *s = zh ? REASONS[f->reason].zh : REASONS[f->reason].en;
	size_t start = out->len;

	for (; *s != '\0'; s++) {
		bool ok;
		if (s[0] == '{' && s[1] != '\0' && s[2] == '}') {
			ok = put_field(out, f, s[1]);
			s += 2;
		} else {
			ok = put(out, s, 1);
		}
		if (!ok) {
			out->len = start;
			return CRED_FAULT_SPACE;
		}
	}
	return CRED_OK;
}
