#include "verifier/suspects.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a kind no more are asked for whether somebody explained them: the words
 * would be the same. */
#define ENOUGH 50

struct suspect_kind {
	struct anomaly worst;
	int32_t from, to;
	size_t n;
};

struct suspect {
	char id[64];
	struct suspect_kind kinds[N_ANOMALIES];
	char zh[SUSPECT_TEXT], en[SUSPECT_TEXT];
};

struct suspects {
	struct registry *registry;
	struct suspect *list; /* sorted by id when all are found */
	size_t n;
};

static enum cred_err
body_of(
    struct suspects *s, const char *id, struct suspect **out, struct why *why)
{
	struct suspect *grown;

	for (size_t i = s->n; i > 0; i--)
		if (strcmp(s->list[i - 1].id, id) == 0) {
			*out = &s->list[i - 1];
			return CRED_OK;
		}
	grown = reallocarray(s->list, s->n + 1, sizeof *grown);
	if (grown == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	s->list = grown;
	*out = &grown[s->n++];
	**out = (struct suspect){.id = ""};
	snprintf((*out)->id, sizeof(*out)->id, "%s", id);
	return CRED_OK;
}

static enum cred_err
on_finding(void *ctx, const struct odd_finding *f, struct why *why)
{
	struct suspects *s = ctx;
	struct suspect *b = NULL;
	struct suspect_kind *k;
	bool open = true;
	enum cred_err e = body_of(s, f->body_id, &b, why);

	if (e != CRED_OK)
		return e;
	k = &b->kinds[f->anomaly.kind];
	if (k->n < ENOUGH)
		e = anomalies_is_open(
		    s->registry, f->key, f->anomaly.n, &open, why);
	if (e != CRED_OK || !open)
		return e;
	if (k->n++ == 0 || f->anomaly.excess > k->worst.excess) {
		k->worst = f->anomaly;
		k->from = f->from;
		k->to = f->to;
	}
	return CRED_OK;
}

/* "300 certificates on one day; … (2020-05-10; 2 such)" */
static void
say_kind(const struct suspect_kind *k, bool zh, char *out, size_t cap)
{
	char text[ANOMALY_TEXT_MAX], day[11] = "", more[32] = "";
	size_t n = k->n <= ENOUGH ? k->n : ENOUGH;

	anomaly_text(&k->worst, zh, text);
	if (k->from == k->to && k->from != 0)
		day_format(k->from, day);
	if (k->n > 1)
		snprintf(more, sizeof more,
		    k->n <= ENOUGH ? (zh ? "共 %zu 项" : "%zu such")
				   : (zh ? "%zu 项以上" : "more than %zu such"),
		    n);
	snprintf(out, cap, "%s%s%s%s%s%s", text,
	    *day != '\0' || *more != '\0' ? (zh ? "（" : " (") : "", day,
	    *day != '\0' && *more != '\0' ? (zh ? "，" : ", ") : "", more,
	    *day != '\0' || *more != '\0' ? (zh ? "）" : ")") : "");
}

/* What does not fit is left out whole and counted. */
static void
say(const struct suspect *b, bool zh, char out[static SUSPECT_TEXT])
{
	size_t n = 0, left = 0;

	for (int i = 0; i < N_ANOMALIES; i++) {
		char part[ANOMALY_TEXT_MAX + 96];
		if (b->kinds[i].n == 0)
			continue;
		say_kind(&b->kinds[i], zh, part, sizeof part);
		if (strlen(part) + 40 > SUSPECT_TEXT - n) {
			left++;
			continue;
		}
		n += (size_t)snprintf(out + n, SUSPECT_TEXT - n, "%s%s",
		    n > 0 ? (zh ? "；" : "; ") : "", part);
	}
	if (left > 0)
		snprintf(out + n, SUSPECT_TEXT - n,
		    zh ? "；另有 %zu 类" : "; and %zu more kinds", left);
}

static bool
stands_out(const struct suspect *b)
{
	for (int i = 0; i < N_ANOMALIES; i++)
		if (b->kinds[i].n > 0)
			return true;
	return false;
}

static int
by_id(const void *a, const void *b)
{
	const struct suspect *x = a, *y = b;

	return strcmp(x->id, y->id);
}

enum cred_err
suspects_find(struct odd *o, struct registry *r, const struct rulebook *book,
    const char *region, struct suspects **out, struct why *why)
{
	struct suspects *s = calloc(1, sizeof *s);
	size_t kept = 0;
	enum cred_err e;

	if (s == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	s->registry = r;
	e = odd_find(o, book, region, on_finding, s, why);
	s->registry = NULL;
	if (e != CRED_OK) {
		suspects_free(s);
		return e;
	}
	for (size_t i = 0; i < s->n; i++) {
		if (!stands_out(&s->list[i]))
			continue;
		s->list[kept] = s->list[i];
		say(&s->list[kept], true, s->list[kept].zh);
		say(&s->list[kept], false, s->list[kept].en);
		kept++;
	}
	s->n = kept;
	if (kept > 0)
		qsort(s->list, kept, sizeof *s->list, by_id);
	*out = s;
	return CRED_OK;
}

void
suspects_free(struct suspects *s)
{
	if (s == NULL)
		return;
	free(s->list);
	free(s);
}

size_t
suspects_n(const struct suspects *s)
{
	return s->n;
}

bool
suspects_of(const struct suspects *s, const char *body_id, const char **zh,
    const char **en)
{
	struct suspect key = {.id = ""};
	const struct suspect *b;

	snprintf(key.id, sizeof key.id, "%s", body_id);
	b = s->n > 0 ? bsearch(&key, s->list, s->n, sizeof key, by_id) : NULL;
	if (b == NULL)
		return false;
	*zh = b->zh;
	*en = b->en;
	return true;
}
