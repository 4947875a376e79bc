#include "verifier/prune.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "edge/lang.h"

#define ACTION  "table.forget"
#define SUBJECT 96
#define DAY_S   86400

static enum cred_err
nomem(struct why *why)
{
	return why_set(
	    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

struct ids {
	int64_t *list;
	size_t n;
};

/* Tables that a job has in hand are not asked about. */
static enum cred_err
on_sheet(void *ctx, const struct sheet *s, struct why *why)
{
	struct ids *ids = ctx;
	int64_t *grown;

	if (s->state != SHEET_REVIEWED && s->state != SHEET_FAILED)
		return CRED_OK;
	grown = reallocarray(ids->list, ids->n + 1, sizeof *grown);
	if (grown == NULL)
		return nomem(why);
	ids->list = grown;
	grown[ids->n++] = s->id;
	return CRED_OK;
}

struct counting {
	struct registry *r;
	size_t undecided;
};

static enum cred_err
on_line(void *ctx, const struct line *l, struct why *why)
{
	struct counting *c = ctx;
	struct standing s;
	enum cred_err e;

	if (l->state == LINE_OPEN && l->verdict == REVIEW_FAIL)
		return CRED_OK;
	if ((e = decide_standing(c->r, l, &s, why)) != CRED_OK)
		return e;
	c->undecided += s.state == LINE_OPEN || s.state == LEDGER_BOOKED ||
			s.state == LEDGER_APPROVED;
	return CRED_OK;
}

static enum cred_err
remove_file(
    const char *home, const struct sheet *s, const char *end, struct why *why)
{
	char *path = review_table_path(home, s->sha256, end);
	enum cred_err e = CRED_OK;

	if (path == NULL)
		return nomem(why);
	if (unlink(path) != 0 && errno != ENOENT)
		e = why_errno(
		    why, errno, TR("cannot remove", "无法删除"), path);
	free(path);
	return e;
}

static enum cred_err
on_act(void *ctx, const struct registry_act *a, struct why *why)
{
	bool *there = ctx;

	(void)why;
	*there = *there || strcmp(a->action, ACTION) == 0;
	return CRED_OK;
}

static enum cred_err
trail(struct registry *r, const struct prune_opts *o, const struct sheet *s,
    size_t undecided, struct why *why)
{
	char subject[SUBJECT], detail[128];
	bool there = false;
	size_t n;
	enum cred_err e;

	/* Numbers of tables are never used again. */
	n = (size_t)snprintf(
	    subject, sizeof subject, "table %lld ", (long long)s->id);
	for (int i = 0; i < 32; i++)
		n += (size_t)snprintf(
		    subject + n, sizeof subject - n, "%02x", s->sha256[i]);
	e = registry_audit_each(r, 0, subject, on_act, &there, why);
	if (e != CRED_OK || there)
		return e;
	snprintf(detail, sizeof detail, "%u claims; %zu undecided; %u days",
	    s->total, undecided, o->days);
	return registry_audit_append(
	    r, o->actor, ACTION, subject, detail, o->now, why);
}

static enum cred_err
forget(struct deskdb *d, struct registry *r, const struct prune_opts *o,
    const struct sheet *s, size_t undecided, struct why *why)
{
	static const char *const ENDS[] = {".xlsx", ".csv", ""};
	enum cred_err e = trail(r, o, s, undecided, why);

	for (size_t i = 0; e == CRED_OK && i < 3; i++)
		e = remove_file(o->home, s, ENDS[i], why);
	return e == CRED_OK ? docket_drop(d, s->id, why) : e;
}

static enum cred_err
one(struct deskdb *d, struct registry *r, const struct prune_opts *o,
    int64_t id, prune_fn *fn, void *ctx, struct pruned *out, struct why *why)
{
	const struct docket_filter all = {
	    .sheet = id, .verdict = -1, .state = -1};
	struct counting c = {.r = r};
	struct sheet s;
	bool found = false, busy = true;
	int64_t last = 0;
	enum cred_err e = docket_sheet(d, id, &s, &found, why);

	if (e == CRED_OK && found)
		e = docket_last(d, id, &last, &busy, why);
	if (e != CRED_OK || !found || busy ||
	    last > o->now - (int64_t)o->days * DAY_S)
		return e;
	e = docket_lines(d, &all, on_line, &c, why);
	if (e != CRED_OK)
		return e;
	if (fn != NULL)
		fn(ctx, &s, c.undecided);
	if (c.undecided > 0 && !o->undecided) {
		out->kept++;
		return CRED_OK;
	}
	out->tables++;
	out->claims += s.total;
	return o->look ? CRED_OK : forget(d, r, o, &s, c.undecided, why);
}

enum cred_err
prune(struct deskdb *d, struct registry *r, const struct prune_opts *o,
    prune_fn *fn, void *ctx, struct pruned *out, struct why *why)
{
	struct ids ids = {0};
	enum cred_err e = docket_sheets(d, INT32_MAX, on_sheet, &ids, why);

	*out = (struct pruned){0};
	for (size_t i = ids.n; e == CRED_OK && i > 0; i--)
		e = one(d, r, o, ids.list[i - 1], fn, ctx, out, why);
	free(ids.list);
	if (e == CRED_OK && out->tables > 0 && !o->look)
		e = deskdb_trim(d, why);
	return e;
}

enum cred_err
prune_daily(struct deskdb *d, struct registry *r, const char *home,
    unsigned days, int64_t *last, struct why *why)
{
	const struct prune_opts o = {
	    .home = home, .now = time(NULL), .days = days, .actor = "service"};
	struct pruned n;
	enum cred_err e;

	if (days == 0 || o.now - *last < DAY_S)
		return CRED_OK;
	*last = o.now;
	e = prune(d, r, &o, NULL, NULL, &n, why);
	if (e == CRED_OK && n.tables > 0)
		fprintf(stderr,
		    TR("removed %zu old tables\n",
			"已删除 %zu 张过期的申领表\n"),
		    n.tables);
	return e;
}
