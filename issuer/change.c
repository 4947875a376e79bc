#include "issuer/change.h"

#include <stdlib.h>
#include <string.h>

#include "domain/certnum.h"
#include "edge/lang.h"

void
change_init(struct change_set *s, enum change_verb verb)
{
	*s = (struct change_set){.verb = verb};
}

void
change_release(struct change_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->items[i].asked);
	free(s->items);
	*s = (struct change_set){0};
}

enum cred_err
change_add(struct change_set *s, const char *asked, struct why *why)
{
	char *copy = strdup(asked);

	if (s->n == s->cap) {
		size_t cap = s->cap == 0 ? 64 : s->cap * 2;
		struct change_item *more =
		    reallocarray(s->items, cap, sizeof *more);
		if (more != NULL) {
			s->items = more;
			s->cap = cap;
		}
	}
	if (copy == NULL || s->n == s->cap) {
		free(copy);
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	}
	s->items[s->n++] = (struct change_item){.asked = copy};
	return CRED_OK;
}

bool
change_as_index(const char *s, uint64_t *out)
{
	size_t n = strspn(s, "0123456789");

	if (n == 0 || n > 12 || s[n] != '\0')
		return false;
	*out = strtoull(s, NULL, 10);
	return true;
}

static enum status_value
target(enum change_verb verb)
{
	return verb == CHANGE_REVOKE    ? STATUS_REVOKED
	       : verb == CHANGE_SUSPEND ? STATUS_SUSPENDED
					: STATUS_VALID;
}

static bool
allowed(enum change_verb verb, enum status_value from)
{
	switch (verb) {
	case CHANGE_REVOKE:
		return from == STATUS_VALID || from == STATUS_SUSPENDED;
	case CHANGE_SUSPEND:
		return from == STATUS_VALID;
	case CHANGE_REINSTATE:
		return from == STATUS_SUSPENDED;
	}
	return false;
}

/* NULL, or why it cannot be changed. */
static const char *
objection(const struct change_set *s, const struct change_item *it,
    const struct registry_entry *e, bool found)
{
	if (!found)
		return TR("there is no such certificate", "没有这份证书");
	if (e->state == ENTRY_VOID)
		return TR("it is void: it was never signed",
		    "该序号已作废，从未签发");
	if (e->state == ENTRY_RESERVED)
		return TR("it is not signed yet; finish the batch first",
		    "尚未签发；请先完成该批次");
	/* Else its replacement, half made, would come without it. */
	if (e->has_replaced_by && e->status != STATUS_SUPERSEDED &&
	    e->status != STATUS_REVOKED)
		return TR("its replacement is half made; run tamga-issuer "
			  "publish, which finishes it, and name the new one",
		    "换发尚未完成；请先运行 tamga-issuer publish 补完，"
		    "再指定新证");
	if (!it->done && !allowed(s->verb, e->status))
		return e->status == STATUS_REVOKED
			   ? TR("it is revoked, for good", "已撤销，不可更改")
		       : e->status == STATUS_SUPERSEDED
			   ? TR("it was superseded by another",
				 "已换发新证，不可更改")
			   : TR("it is not suspended", "并未暂停");
	return NULL;
}

static int
by_index(const void *a, const void *b)
{
	const struct change_item *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

/* An index, or the form of a certificate's number and of no ID number. */
static bool
sayable(const char *asked)
{
	struct certnum n;
	uint64_t index;

	return change_as_index(asked, &index) ||
	       certnum_parse(KIND_LEVEL, bytes_str(asked), &n) == CRED_OK;
}

enum cred_err
change_resolve(struct change_set *s, struct registry *r,
    void (*say)(void *ctx, const char *line), void *ctx, struct why *why)
{
	size_t m = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct change_item *it = &s->items[i];
		struct registry_entry entry;
		const char *no;
		char line[256];
		bool found = false;
		enum cred_err e;

		if (change_as_index(it->asked, &it->index))
			e = registry_by_index(
			    r, it->index, &entry, &found, why);
		else
			e = registry_by_number(
			    r, it->asked, &entry, &found, why);
		if (e != CRED_OK)
			return e;
		if (found) {
			it->index = entry.index;
			it->from = entry.status;
			it->done = entry.status == target(s->verb);
		}
		no = objection(s, it, &entry, found);
		if (found)
			registry_entry_release(&entry);
		if (no == NULL) {
			/* Keep it, in its place among the good ones. */
			struct change_item keep = *it;
			s->items[i] = s->items[m];
			s->items[m++] = keep;
			continue;
		}
		s->n_bad++;
		/* What may be an ID number is unsaid: only its place. */
		if (found || sayable(it->asked))
			snprintf(line, sizeof line, "%.40s: %s", it->asked, no);
		else
			snprintf(line, sizeof line,
			    TR("number %zu of those given: %s",
				"所给的第 %zu 个：%s"),
			    i + 1, no);
		say(ctx, line);
	}
	if (s->n_bad > 0)
		return CRED_OK;
	qsort(s->items, s->n, sizeof *s->items, by_index);
	m = 0;
	for (size_t i = 0; i < s->n; i++) {
		if (m > 0 && s->items[m - 1].index == s->items[i].index) {
			free(s->items[i].asked);
			continue;
		}
		s->items[m++] = s->items[i];
	}
	s->n = m;
	return CRED_OK;
}

enum cred_err
change_apply(const struct change_set *s, struct registry *r, const char *reason,
    int64_t now, struct why *why)
{
	struct status_change *c = calloc(s->n + 1, sizeof *c);
	enum cred_err e = CRED_OK;
	size_t n = 0;

	if (c == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	for (size_t i = 0; i < s->n; i++)
		if (!s->items[i].done)
			c[n++] = (struct status_change){s->items[i].index,
			    s->items[i].from, target(s->verb)};
	if (n > 0)
		e = registry_status_set_many(
		    r, c, n, reason, NULL, now, NULL, why);
	else if (s->n > 0)
		e = registry_settle(r, why);
	free(c);
	return e;
}
