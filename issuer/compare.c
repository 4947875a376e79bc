#include "issuer/compare.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "edge/file.h"
#include "keys/trust.h"

struct compare {
	struct home *h;
	char *base; /* PUB/bodies/<id> */
	int64_t now;
	compare_say_fn *say;
	void *ctx;
	/* of the list at hand */
	unsigned list;
	uint8_t *raw;
	size_t raw_len;
	size_t n_behind;
	uint64_t first_behind;
};

static void tell(struct compare *c, bool wrong, uint64_t index,
    const char *check, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
static void
tell(struct compare *c, bool wrong, uint64_t index, const char *check,
    const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	c->say(c->ctx, wrong, index, check, text);
}

/* The published log as a log of its own, whose head is its checkpoint. */
struct published {
	struct log_head head;
};

static enum cred_err
head_get(void *ctx, struct log_head *out, struct why *why)
{
	const struct published *p = ctx;

	(void)why;
	*out = p->head;
	return CRED_OK;
}

static enum cred_err
head_swap(
    void *ctx, uint64_t old_size, const struct log_head *head, struct why *why)
{
	(void)ctx;
	(void)old_size;
	(void)head;
	return why_set(
	    why, CRED_FAULT_INTERNAL, "%s", cred_strerr(CRED_FAULT_INTERNAL));
}

static enum cred_err
sign(void *ctx, uint64_t size, const struct tlog_hash *root,
    struct outbuf *note, struct why *why)
{
	(void)ctx;
	(void)size;
	(void)root;
	(void)note;
	return why_set(
	    why, CRED_FAULT_INTERNAL, "%s", cred_strerr(CRED_FAULT_INTERNAL));
}

/* Is e about what was read, and not about us? */
static bool
is_about_file(enum cred_err e)
{
	return cred_is_refusal(e) || e == CRED_FAULT_LOG;
}

static enum cred_err
read_checkpoint(
    struct compare *c, struct published *p, bool *good, struct why *why)
{
	char *path = NULL;
	uint8_t *note;
	enum cred_err e;
	size_t len;

	*good = false;
	if (asprintf(&path, "%s/log/checkpoint", c->base) < 0)
		return CRED_FAULT_NOMEM;
	if (access(path, F_OK) != 0 && errno == ENOENT) {
		tell(c, true, COMPARE_NONE, "published",
		    TR("%s is not there: run publish",
			"%s 不存在：请运行 publish"),
		    path);
		free(path);
		return CRED_OK;
	}
	e = file_read(path, NOTE_MAX_BYTES, &note, &len, why);
	if (e == CRED_OK) {
		e = trust_open_checkpoint(c->h->body, bytes_of(note, len),
		    &p->head.size, &p->head.root);
		memcpy(p->head.note, note, len);
		p->head.note_len = len;
		free(note);
	}
	*good = e == CRED_OK;
	if (cred_is_refusal(e)) {
		tell(c, true, COMPARE_NONE, "published",
		    TR("%s is no checkpoint of this log: %s",
			"%s 不是本日志的检查点：%s"),
		    path, cred_strerr(e));
		e = CRED_OK;
	}
	free(path);
	return e;
}

/* The tiles are checked up to the checkpoint's root first; then, entry by
 * entry, they are ours. */
static enum cred_err
compare_entries(struct compare *c, struct log *theirs, struct why *why)
{
	uint8_t a[TLOG_ENTRY_LEN], b[TLOG_ENTRY_LEN];
	enum cred_err e = CRED_OK;

	for (uint64_t i = 0; e == CRED_OK && i < log_size(theirs); i++) {
		e = log_entry(theirs, i, a, why);
		if (e == CRED_OK)
			e = log_entry(c->h->log, i, b, why);
		if (e != CRED_OK || memcmp(a, b, sizeof a) == 0)
			continue;
		tell(c, true, i, "published",
		    TR("the published log holds another entry than ours: two "
		       "logs are signed with one key",
			"已发布的日志与本机日志的记录不同：同一密钥签了两份日"
			"志"));
		return CRED_OK;
	}
	return e;
}

static enum cred_err
compare_log(struct compare *c, uint64_t *size, struct why *why)
{
	struct published p = {.head = {.size = 0}};
	const struct log_ops ops = {.ctx = &p,
	    .head_get = head_get,
	    .head_swap = head_swap,
	    .sign = sign,
	    .sha256 = trust_sha256};
	uint64_t ours = log_size(c->h->log), bad = COMPARE_NONE;
	struct log *theirs = NULL;
	char *dir = NULL;
	enum cred_err e;
	bool good;

	*size = 0;
	e = read_checkpoint(c, &p, &good, why);
	if (e != CRED_OK || !good)
		return e;
	*size = p.head.size;
	if (p.head.size > ours) {
		tell(c, true, COMPARE_NONE, "published",
		    TR("the published log has %llu entries, ours %llu: this "
		       "home is an old copy; restore the newest backup",
			"已发布的日志有 %llu 条，本机只有 %llu 条："
			"本机是旧副本，请恢复最新备份"),
		    (unsigned long long)p.head.size, (unsigned long long)ours);
		return CRED_OK;
	}
	if (asprintf(&dir, "%s/log", c->base) < 0)
		return CRED_FAULT_NOMEM;
	e = log_open(dir, &ops, &theirs, why);
	if (e == CRED_OK)
		e = log_verify(theirs, &bad, why);
	if (e == CRED_OK)
		e = compare_entries(c, theirs, why);
	log_close(theirs);
	free(dir);
	if (is_about_file(e)) {
		tell(c, true, bad, "published", "%s", why->text);
		e = CRED_OK;
	} else if (e == CRED_OK && p.head.size < ours) {
		tell(c, false, COMPARE_NONE, "published",
		    TR("%llu certificates are not published: run publish",
			"有 %llu 份证书尚未发布：请运行 publish"),
		    (unsigned long long)(ours - p.head.size));
	}
	return e;
}

/* One entry against the published list. What is final is never taken back;
 * the rest is behind. */
static enum cred_err
compare_bit(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct compare *c = ctx;
	uint64_t at = e->index - (uint64_t)c->list * STATUSLIST_ENTRIES;
	enum status_value s,
	    want = e->state == ENTRY_VOID ? STATUS_REVOKED : e->status;

	(void)why;
	if (statuslist_get(bytes_of(c->raw, c->raw_len), at, &s) != CRED_OK)
		s = STATUS_VALID; /* past its end: issued since */
	if (s == want)
		return CRED_OK;
	if (s == STATUS_REVOKED || s == STATUS_SUPERSEDED) {
		tell(c, true, e->index, "published",
		    TR("published as revoked or superseded, which is final, "
		       "but the registry says otherwise: was it restored from "
		       "a backup?",
			"已发布为撤销或已换发（不可更改），登记库却不同："
			"登记库是否由备份恢复？"));
		return CRED_OK;
	}
	if (c->n_behind++ == 0)
		c->first_behind = e->index;
	return CRED_OK;
}

static enum cred_err
open_list(struct compare *c, const char *path, bool *good, struct why *why)
{
	char key[64], sub[SCOPE_MAX_BASE + 64];
	const struct scope *scope = &c->h->body->scope;
	uLongf len = STATUSLIST_RAW_MAX;
	struct statuslist s;
	uint8_t *token;
	enum cred_err e;
	int64_t last;
	size_t n;

	*good = false;
	e = file_read(path, STATUSLIST_TOKEN_MAX, &token, &n, why);
	if (e != CRED_OK)
		return e;
	snprintf(sub, sizeof sub, "%sbodies/%s/status/%u", scope->base,
	    scope->body_id, c->list);
	e = statuslist_decode(bytes_of(token, n), &s);
	if (e == CRED_OK)
		e = own_verify_cose(c->h->own, &s.sign1);
	if (e == CRED_OK && !bytes_eq(s.sub, bytes_str(sub)))
		e = CRED_ERR_STATUS_SUBJECT;
	if (e == CRED_OK &&
	    uncompress(c->raw, &len, s.zlib.ptr, (uLong)s.zlib.len) != Z_OK)
		e = CRED_ERR_STATUS_INFLATE;
	if (e != CRED_OK)
		goto out;
	c->raw_len = len;
	snprintf(key, sizeof key, "status.%u.iat", c->list);
	e = registry_meta_get(c->h->registry, key, 0, &last, why);
	if (e != CRED_OK)
		goto out;
	*good = true;
	if (s.iat > last)
		tell(c, true, COMPARE_NONE, "published",
		    TR("%s is newer than anything this registry published: it "
		       "is an old copy; restore the newest backup",
			"%s 比本登记库发布过的都新：登记库是旧副本，"
			"请恢复最新备份"),
		    path);
	if (s.exp <= c->now)
		tell(c, true, COMPARE_NONE, "published",
		    TR("%s has expired, verifiers do not believe it any "
		       "more: run publish",
			"%s 已过期，核验方不再采信：请运行 publish"),
		    path);
out:
	free(token);
	return e;
}

static enum cred_err
compare_list(struct compare *c, uint64_t size, struct why *why)
{
	struct registry_filter f = {.state = -1,
	    .status = -1,
	    .from = (uint64_t)c->list * STATUSLIST_ENTRIES};
	char *path = NULL;
	enum cred_err e;
	bool good;

	f.to = f.from + STATUSLIST_ENTRIES;
	if (f.to > log_size(c->h->log))
		f.to = log_size(c->h->log);
	if (asprintf(&path, "%s/status/%u", c->base, c->list) < 0)
		return CRED_FAULT_NOMEM;
	if (access(path, F_OK) != 0 && errno == ENOENT) {
		tell(c, f.from < size || c->list == 0, COMPARE_NONE,
		    "published",
		    TR("%s is not there: run publish",
			"%s 不存在：请运行 publish"),
		    path);
		e = CRED_OK;
		goto out;
	}
	e = open_list(c, path, &good, why);
	if (cred_is_refusal(e)) {
		tell(c, true, COMPARE_NONE, "published", "%s: %s", path,
		    cred_strerr(e));
		e = CRED_OK;
	}
	c->n_behind = 0;
	if (e == CRED_OK && good && f.from < f.to)
		e = registry_each(c->h->registry, &f, compare_bit, c, why);
	if (e == CRED_OK && c->n_behind > 0)
		tell(c, false, c->first_behind, "published",
		    TR("%zu changes of status are not published, this is the "
		       "first: run publish",
			"有 %zu 处状态变更尚未发布，这是第一处："
			"请运行 publish"),
		    c->n_behind);
out:
	free(path);
	return e;
}

enum cred_err
compare_publication(struct home *h, const char *pub, int64_t now,
    compare_say_fn *say, void *ctx, struct why *why)
{
	struct compare c = {.h = h, .now = now, .say = say, .ctx = ctx};
	uint64_t size = 0, ours = log_size(h->log);
	unsigned lists = 1;
	enum cred_err e = CRED_FAULT_NOMEM;

	if (ours > 0)
		lists = (unsigned)((ours - 1) / STATUSLIST_ENTRIES) + 1;
	c.raw = malloc(STATUSLIST_RAW_MAX);
	if (asprintf(&c.base, "%s/bodies/%s", pub, h->body->scope.body_id) < 0)
		c.base = NULL;
	if (c.raw != NULL && c.base != NULL)
		e = compare_log(&c, &size, why);
	for (c.list = 0; e == CRED_OK && c.list < lists; c.list++)
		e = compare_list(&c, size, why);
	free(c.raw);
	free(c.base);
	if (e != CRED_OK && why->text[0] == '\0')
		return why_set(why, e, "%s", cred_strerr(e));
	return cred_is_refusal(e) ? CRED_FAULT_IO : e;
}
