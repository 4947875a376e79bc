#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "edge/lang.h"
#include "verifier/audit_int.h"

#define ROUND 256 /* entries by which a list may be longer than its part */

typedef unsigned long long ull;

static void
list_path(const struct audit_lists *l, unsigned n, char out[static 128])
{
	snprintf(out, AUDIT_PATH_MAX, "bodies/%s/status/%u",
	    l->body->scope.body_id, n);
}

/* How many entries of the log fall into list n. */
static uint64_t
entries_of(const struct audit_lists *l, unsigned n)
{
	uint64_t from = (uint64_t)n * STATUSLIST_ENTRIES;
	uint64_t left = l->size > from ? l->size - from : 0;

	return left < STATUSLIST_ENTRIES ? left : STATUSLIST_ENTRIES;
}

static uint64_t
rounded(uint64_t n)
{
	n = (n + ROUND - 1) / ROUND * ROUND;
	return n > 0 ? n : ROUND;
}

/* revoked and superseded are for ever (design 5). False: one is not. */
static bool
compare_with_seen(struct audit_lists *l, unsigned n, const char *path)
{
	const char *id = l->body->scope.body_id;
	uint8_t *old = NULL;
	uint64_t found = 0;
	int64_t iat;
	size_t len;

	if (!audit_state_list(l->a->state, id, n, &iat, &old, &len))
		return true;
	for (uint64_t i = 0; i < (uint64_t)len * 4; i++) {
		enum status_value was, is = STATUS_VALID;

		if (old[i / 4] == 0) { /* four at once */
			i |= 3;
			continue;
		}
		if (statuslist_get(bytes_of(old, len), i, &was) != CRED_OK ||
		    (was != STATUS_REVOKED && was != STATUS_SUPERSEDED))
			continue;
		if (i / 4 < l->len &&
		    statuslist_get(bytes_of(l->raw, l->len), i, &is) != CRED_OK)
			continue;
		if (is == STATUS_REVOKED || is == STATUS_SUPERSEDED)
			continue;
		if (found++ < AUDIT_MAX_ALIKE)
			audit_say(l->a, "status", AUDIT_FAIL,
			    CRED_ERR_STATUS_UNDONE, path,
			    (uint64_t)n * STATUSLIST_ENTRIES + i,
			    TR("was revoked or replaced at the last audit and "
			       "now is not",
				"上次审计时已撤销或已换发，现在却不是"));
	}
	if (found > AUDIT_MAX_ALIKE)
		audit_say(l->a, "status", AUDIT_FAIL, CRED_ERR_STATUS_UNDONE,
		    path, NO_INDEX,
		    TR("and %llu more like these", "另有 %llu 处同样的问题"),
		    (ull)(found - AUDIT_MAX_ALIKE));
	free(old);
	return found == 0;
}

static void
check_length(struct audit_lists *l, unsigned n, const char *path)
{
	uint64_t want = entries_of(l, n), have = (uint64_t)l->len * 4;

	if (!l->sized)
		return;
	if (have < want)
		audit_say(l->a, "status", AUDIT_FAIL, CRED_ERR_STATUS_INDEX,
		    path, (uint64_t)n * STATUSLIST_ENTRIES + have,
		    TR("has %llu statuses for %llu entries of the log",
			"只有 %llu 个状态，而日志有 %llu 项"),
		    (ull)have, (ull)want);
	else if (have > rounded(want))
		audit_say(l->a, "status", AUDIT_FAIL, CRED_ERR_STATUS_LENGTH,
		    path, (uint64_t)n * STATUSLIST_ENTRIES + want,
		    TR("has %llu statuses for only %llu entries of the log",
			"有 %llu 个状态，而日志只有 %llu 项"),
		    (ull)have, (ull)want);
}

static void
count(struct audit_lists *l, unsigned n)
{
	uint64_t want = entries_of(l, n), have = (uint64_t)l->len * 4;

	if (have < want)
		want = have;
	for (uint64_t i = 0; i < want; i++)
		l->n_status[l->raw[i / 4] >> (i % 4 * 2) & 3]++;
}

static void
say_range(struct audit_lists *l, unsigned n, const char *path, int64_t iat,
    int64_t exp)
{
	uint64_t from = (uint64_t)n * STATUSLIST_ENTRIES;
	uint64_t have = entries_of(l, n);
	char signed_at[32], until[32];

	if (have > (uint64_t)l->len * 4)
		have = (uint64_t)l->len * 4;
	audit_day(iat, signed_at);
	audit_day(exp, until);
	if (have == 0)
		audit_say(l->a, "status", AUDIT_PASS, CRED_OK, path, NO_INDEX,
		    TR("no entries yet; signed %s, good until %s",
			"尚无日志项；签于 %s，有效至 %s"),
		    signed_at, until);
	else
		audit_say(l->a, "status", AUDIT_PASS, CRED_OK, path, NO_INDEX,
		    TR("entries %llu to %llu, signed %s, good until %s",
			"第 %llu 至 %llu 项，签于 %s，有效至 %s"),
		    (ull)from, (ull)(from + have - 1), signed_at, until);
}

void
audit_list_open(struct audit_lists *l, unsigned n)
{
	const char *id = l->body->scope.body_id;
	int64_t iat, exp, ttl, seen_iat = 0;
	char path[AUDIT_PATH_MAX], day[32];
	uint8_t *seen = NULL;
	struct blob b = {0};
	struct why why;
	enum cred_err e;
	size_t len;

	free(l->raw);
	l->raw = NULL;
	l->have = false;
	l->next = n + 1;
	list_path(l, n, path);
	if (audit_state_list(l->a->state, id, n, &seen_iat, &seen, &len))
		free(seen);
	e = audit_get(l->a, path, STATUSLIST_TOKEN_MAX, CRED_ERR_STATUS_MISSING,
	    &b, &why);
	if (e == CRED_OK) {
		e = trust_open_statuslist(l->a->trust, l->body, blob_bytes(&b),
		    n, seen_iat, l->a->o->now + TRUST_SKEW_S, &l->raw, &l->len,
		    &iat, &exp, &ttl);
		if (e == CRED_ERR_STATUS_OLDER) {
			audit_day(seen_iat, day);
			(void)why_set(&why, e,
			    TR("one signed at %s has been seen: an old list "
			       "was put back",
				"以前见过签于 %s 的列表：被换成了旧列表"),
			    day);
		} else if (e != CRED_OK) {
			(void)why_set(&why, e, "%s", audit_words(e));
		}
	}
	blob_release(&b);
	if (e != CRED_OK) {
		audit_say(l->a, "status", audit_result_of(e), e, path, NO_INDEX,
		    "%s", why.text);
		return;
	}
	l->have = true;
	if (l->a->o->now >= exp)
		audit_say(l->a, "status", AUDIT_FAIL, CRED_ERR_STATUS_EXPIRED,
		    path, NO_INDEX,
		    TR("expired %lld s ago; the body must publish",
			"已过期 %lld 秒；评价机构需要重新发布"),
		    (long long)(l->a->o->now - exp));
	check_length(l, n, path);
	say_range(l, n, path, iat, exp);
	if (compare_with_seen(l, n, path))
		audit_state_set_list(
		    l->a->state, id, n, iat, bytes_of(l->raw, l->len));
	count(l, n);
}

void
audit_list_void(struct audit_lists *l, uint64_t index, const char *path)
{
	enum status_value v;

	l->n_void++;
	if (!l->have ||
	    statuslist_get(bytes_of(l->raw, l->len), index % STATUSLIST_ENTRIES,
		&v) != CRED_OK ||
	    v == STATUS_REVOKED)
		return;
	if (l->n_bad_void++ < AUDIT_MAX_ALIKE)
		audit_say(l->a, "status", AUDIT_FAIL, CRED_ERR_TLOG_VOID, path,
		    index,
		    TR("a void entry whose status is not revoked",
			"空项，其状态却不是已撤销"));
}

void
audit_lists_end(struct audit_lists *l)
{
	unsigned need =
	    l->size == 0 ? 1
			 : (unsigned)((l->size - 1) / STATUSLIST_ENTRIES) + 1;
	char path[AUDIT_PATH_MAX];
	struct blob b = {0};
	struct why why;
	size_t kept = 0;

	while (l->next < need)
		audit_list_open(l, l->next);
	list_path(l, need, path);
	if (l->sized && audit_get(l->a, path, STATUSLIST_TOKEN_MAX,
			    CRED_ERR_STATUS_MISSING, &b, &why) == CRED_OK)
		audit_say(l->a, "status", AUDIT_FAIL, CRED_ERR_STATUS_LENGTH,
		    path, NO_INDEX,
		    TR("a list for entries that the log does not have",
			"日志中没有这一段，却有其状态列表"));
	blob_release(&b);
	if (l->n_bad_void > AUDIT_MAX_ALIKE)
		audit_say(l->a, "status", AUDIT_FAIL, CRED_ERR_TLOG_VOID, NULL,
		    NO_INDEX,
		    TR("and %llu more void entries that are not "
		       "revoked",
			"另有 %llu 个空项不是已撤销"),
		    (ull)(l->n_bad_void - AUDIT_MAX_ALIKE));
	for (size_t i = 0; i < l->a->n_kept; i++)
		kept += l->a->kept[i].f.result != AUDIT_PASS &&
			strcmp(l->a->kept[i].f.check, "status") == 0;
	if (kept == 0)
		audit_say(l->a, "status", AUDIT_PASS, CRED_OK, NULL, NO_INDEX,
		    TR("%llu valid, %llu revoked, %llu suspended, %llu "
		       "superseded; of the revoked %llu are void",
			"有效 %llu，已撤销 %llu，暂停 %llu，已换发 "
			"%llu；已撤销中有空项 %llu"),
		    (ull)l->n_status[STATUS_VALID],
		    (ull)l->n_status[STATUS_REVOKED],
		    (ull)l->n_status[STATUS_SUSPENDED],
		    (ull)l->n_status[STATUS_SUPERSEDED], (ull)l->n_void);
	free(l->raw);
	l->raw = NULL;
}
