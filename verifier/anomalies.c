#include "verifier/anomalies.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"

#define ACTION "explained"

static enum cred_err
nomem(struct why *why)
{
	return why_set(
	    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

static enum cred_err
on_claim(void *ctx, const struct ledger_claim *c, struct why *why)
{
	const struct odd_fact f = {.claim = c->id,
	    .body_id = c->body_id,
	    .body_name = "",
	    .index = c->index,
	    .institution = c->institution,
	    .number = c->number,
	    .subject = c->subject,
	    .level = c->level,
	    .has_issued = c->issued != 0,
	    .issued = c->issued,
	    .has_trained = c->trained_to != 0,
	    .trained_to = c->trained_to,
	    .person = c->person,
	    .phone = c->phone,
	    .account = c->account,
	    .photo = c->photo};

	return *c->body_id != '\0' ? odd_add(ctx, &f, why) : CRED_OK;
}

enum cred_err
anomalies_add_ledger(struct odd *o, struct registry *r, struct why *why)
{
	return ledger_each(
	    r, &(struct ledger_filter){.state = -1}, on_claim, o, why);
}

struct newest {
	struct odd *odd;
	uint64_t n;
};

static enum cred_err
on_newest(void *ctx, const struct ledger_claim *c, struct why *why)
{
	struct newest *x = ctx;

	x->n++;
	return on_claim(x->odd, c, why);
}

enum cred_err
anomalies_add_newest(struct odd *o, struct registry *r, int64_t most,
    uint64_t *n, struct why *why)
{
	struct newest x = {.odd = o};
	enum cred_err e =
	    ledger_each(r, &(struct ledger_filter){.state = -1, .newest = most},
		on_newest, &x, why);

	*n = x.n;
	return e;
}

static enum cred_err
on_body(void *ctx, const char *body_id, const char *name, uint64_t n,
    struct why *why)
{
	struct anomalies *a = ctx;
	struct anomalies_body *grown =
	    reallocarray(a->bodies, a->n_bodies + 1, sizeof *grown);

	if (grown == NULL)
		return nomem(why);
	a->bodies = grown;
	grown[a->n_bodies++] = (struct anomalies_body){
	    .id = strdup(body_id), .name = strdup(name), .certificates = n};
	return grown[a->n_bodies - 1].id == NULL ||
		       grown[a->n_bodies - 1].name == NULL
		   ? nomem(why)
		   : CRED_OK;
}

/* The last one counts: "N; why". */
static enum cred_err
on_act(void *ctx, const struct registry_act *act, struct why *why)
{
	struct anomalies_found *f = ctx;
	const char *reason = strchr(act->detail, ';');
	char *end;

	if (strcmp(act->action, ACTION) != 0 || reason == NULL)
		return CRED_OK;
	free(f->by);
	free(f->reason);
	f->explained_n = strtoull(act->detail, &end, 10);
	f->by = strdup(act->actor);
	f->reason = strdup(reason + strspn(reason, "; "));
	f->at = act->at;
	return f->by == NULL || f->reason == NULL ? nomem(why) : CRED_OK;
}

static enum cred_err
look_up(struct registry *r, struct anomalies_found *f, struct why *why)
{
	char subject[ODD_KEY_MAX + 16];

	snprintf(subject, sizeof subject, "anomaly %s", f->key);
	return registry_audit_each(r, 0, subject, on_act, f, why);
}

static bool
is_open(const struct anomalies_found *f)
{
	return f->by == NULL || f->anomaly.n > f->explained_n;
}

enum cred_err
anomalies_is_open(struct registry *r, const char *key, uint64_t n, bool *open,
    struct why *why)
{
	struct anomalies_found f = {.anomaly.n = n};
	enum cred_err e = CRED_FAULT_NOMEM;

	*open = true;
	if (r == NULL)
		return CRED_OK;
	if ((f.key = strdup(key)) != NULL)
		e = look_up(r, &f, why);
	*open = is_open(&f);
	free(f.key);
	free(f.by);
	free(f.reason);
	return e;
}

struct collecting {
	struct anomalies *a;
	struct registry *r;
};

static enum cred_err
on_finding(void *ctx, const struct odd_finding *in, struct why *why)
{
	struct collecting *x = ctx;
	struct anomalies *a = x->a;
	struct anomalies_found *f, *grown;
	struct anomalies_body *b;
	enum cred_err e = CRED_OK;

	grown = reallocarray(a->found, a->n_found + 1, sizeof *grown);
	if (grown == NULL)
		return nomem(why);
	a->found = grown;
	f = &grown[a->n_found++];
	*f = (struct anomalies_found){.anomaly = in->anomaly,
	    .key = strdup(in->key),
	    .about = strdup(in->about),
	    .from = in->from,
	    .to = in->to};
	if (f->key == NULL || f->about == NULL)
		return nomem(why);
	anomaly_text(&f->anomaly, lang_is_zh(), f->text);
	while (f->body + 1 < a->n_bodies &&
	       strcmp(a->bodies[f->body].id, in->body_id) != 0)
		f->body++;
	b = &a->bodies[f->body];
	if (x->r != NULL)
		e = look_up(x->r, f, why);
	f->open = is_open(f);
	if (f->open)
		anomaly_score_add(&b->score, &f->anomaly);
	b->n_open += f->open;
	b->n_explained += !f->open;
	return e;
}

/* For qsort: bodies carry where they stood. */
struct ranked {
	struct anomalies_body body;
	size_t was;
};

static int
by_score(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->body.score.total != y->body.score.total)
		return x->body.score.total > y->body.score.total ? -1 : 1;
	return strcmp(x->body.id, y->body.id);
}

static int
by_body(const void *a, const void *b)
{
	const struct anomalies_found *x = a, *y = b;

	if (x->body != y->body)
		return x->body < y->body ? -1 : 1;
	if (x->anomaly.kind != y->anomaly.kind)
		return x->anomaly.kind < y->anomaly.kind ? -1 : 1;
	return strcmp(x->key, y->key);
}

static enum cred_err
rank(struct anomalies *a, struct why *why)
{
	size_t n = a->n_bodies, kept = 0;
	struct ranked *r = calloc(n + 1, sizeof *r);
	size_t *now_at = calloc(n + 1, sizeof *now_at);

	if (r == NULL || now_at == NULL) {
		free(r);
		free(now_at);
		return nomem(why);
	}
	for (size_t i = 0; i < n; i++)
		r[i] = (struct ranked){a->bodies[i], i};
	qsort(r, n, sizeof *r, by_score);
	for (size_t i = 0; i < n; i++) {
		if (r[i].body.n_open + r[i].body.n_explained == 0) {
			free(r[i].body.id);
			free(r[i].body.name);
			continue;
		}
		now_at[r[i].was] = kept;
		a->bodies[kept++] = r[i].body;
	}
	a->n_bodies = kept;
	for (size_t i = 0; i < a->n_found; i++)
		a->found[i].body = now_at[a->found[i].body];
	if (a->n_found > 0)
		qsort(a->found, a->n_found, sizeof *a->found, by_body);
	free(r);
	free(now_at);
	return CRED_OK;
}

enum cred_err
anomalies_collect(struct odd *o, struct registry *r,
    const struct rulebook *book, const char *region, struct anomalies *out,
    struct why *why)
{
	struct collecting x = {out, r};
	enum cred_err e;

	*out = (struct anomalies){0};
	e = odd_bodies(o, on_body, out, why);
	if (e == CRED_OK && out->n_bodies > 0)
		e = odd_find(o, book, region, on_finding, &x, why);
	return e == CRED_OK ? rank(out, why) : e;
}

void
anomalies_release(struct anomalies *a)
{
	for (size_t i = 0; i < a->n_bodies; i++) {
		free(a->bodies[i].id);
		free(a->bodies[i].name);
	}
	for (size_t i = 0; i < a->n_found; i++) {
		free(a->found[i].key);
		free(a->found[i].about);
		free(a->found[i].by);
		free(a->found[i].reason);
	}
	free(a->bodies);
	free(a->found);
	*a = (struct anomalies){0};
}

enum cred_err
anomalies_explain(struct registry *r, const struct anomalies_found *f,
    const char *reason, const char *actor, int64_t now, struct why *why)
{
	char subject[ODD_KEY_MAX + 16], *detail;
	enum cred_err e;

	snprintf(subject, sizeof subject, "anomaly %s", f->key);
	if (asprintf(&detail, "%" PRIu64 "; %s", f->anomaly.n, reason) < 0)
		return nomem(why);
	e = registry_audit_append(r, actor, ACTION, subject, detail, now, why);
	free(detail);
	return e;
}
