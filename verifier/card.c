#include "verifier/card.h"

#include <stdio.h>
#include <time.h>

#define LABEL 768

void
card_word(
    struct bytes words, const char *key, const char *n, char *out, size_t cap)
{
	char attr[64];
	const char *p, *end, *hash;
	int len = snprintf(attr, sizeof attr, "data-%s=\"", key);

	out[0] = '\0';
	p = memmem(words.ptr, words.len, attr, (size_t)len);
	if (p == NULL)
		return;
	p += len;
	end = memchr(
	    p, '"', words.len - (size_t)((const uint8_t *)p - words.ptr));
	if (end == NULL)
		return;
	hash = n != NULL ? memchr(p, '#', (size_t)(end - p)) : NULL;
	if (hash == NULL)
		snprintf(out, cap, "%.*s", (int)(end - p), p);
	else
		snprintf(out, cap, "%.*s%s%.*s", (int)(hash - p), p, n,
		    (int)(end - hash - 1), hash + 1);
}

/* One border a family, one icon a state: as FAMILY in app.js. */
static const char *
family(enum verdict_status s)
{
	switch (s) {
	case VERDICT_VALID:
		return "good";
	case VERDICT_SUPERSEDED:
	case VERDICT_SUSPENDED:
	case VERDICT_EXPIRED:
	case VERDICT_REVIEW_OVERDUE:
	case VERDICT_NOT_YET_VALID:
	case VERDICT_STATUS_UNKNOWN:
		return "warn";
	case VERDICT_NOT_OURS:
	case VERDICT_UNREADABLE:
		return "dim";
	case VERDICT_FORGED:
	case VERDICT_UNKNOWN_ISSUER:
	case VERDICT_NOT_AUTHORISED:
	case VERDICT_NOT_LOGGED:
	case VERDICT_ISSUER_WITHDRAWN:
	case VERDICT_REVOKED:
		return "bad";
	}
	return "bad";
}

#define P_MAX 32

/* A paragraph of a verdict's own, whose language need not be the page's. */
static const char *
p_of(struct bytes words, char out[static P_MAX])
{
	char lang[16];

	card_word(words, "report-lang", NULL, lang, sizeof lang);
	snprintf(out, P_MAX, "p lang=\"%s\"", lang);
	return out;
}

/* The page's own headline comes before the verdict's where it has one. */
static void
open_card(struct html *h, struct bytes words, const char *fam, const char *icon,
    const char *source, const char *headline, const char *reason)
{
	char own[LABEL], key[64], p[P_MAX];

	snprintf(key, sizeof key, "h-%s", icon);
	html_raw(h, "<article class=\"card ");
	html_raw(h, fam);
	html_raw(h, "\" data-status=\"");
	html_raw(h, icon);
	html_raw(h, "\"><header><svg class=\"icon\" aria-hidden=\"true\">"
		    "<use href=\"#i-");
	html_raw(h, icon);
	html_raw(h, "\"/></svg><div>");
	html_element(h, "p", "source", source);
	card_word(words, key, NULL, own, sizeof own);
	html_element(h, "h2", NULL, *own != '\0' ? own : headline);
	if (*own != '\0')
		html_element(h, p_of(words, p), "own", headline);
	html_element(h, p_of(words, p), "reason", reason);
	html_raw(h, "</div></header>");
}

static void
row(struct html *h, struct bytes words, const char *key, struct bytes value,
    const char *cls)
{
	char label[LABEL];

	if (value.ptr == NULL || value.len == 0)
		return;
	card_word(words, key, NULL, label, sizeof label);
	html_raw(h, "<dt>");
	html_str(h, label);
	html_raw(h, cls != NULL ? "</dt><dd class=\"big\">" : "</dt><dd>");
	html_text(h, value);
	html_raw(h, "</dd>");
}

static void
day_row(
    struct html *h, struct bytes words, const char *key, bool has, int32_t day)
{
	char text[11];

	if (!has)
		return;
	day_format(day, text);
	row(h, words, key, bytes_str(text), NULL);
}

static void
fields(struct html *h, struct bytes words, const struct verification *v)
{
	const struct verdict *d = &v->verdict;
	const struct certificate *c;
	char key[16], site[64];

	html_raw(h, "<dl>");
	if (v->qr.host.ptr != NULL && ((d->warnings & WARN_FOREIGN_HOST) != 0 ||
					  d->status == VERDICT_NOT_OURS))
		row(h, words, "host", v->qr.host, NULL);
	if (d->show && d->cred != NULL) {
		c = &d->cred->claims.cert;
		row(h, words, "name", c->name, "big");
		row(h, words, "kind", bytes_str(report_kind(c->kind, LANG_ZH)),
		    NULL);
		row(h, words,
		    c->kind == KIND_OPERATION ? "operation" : "occupation",
		    c->occupation, NULL);
		row(h, words, "level",
		    bytes_str(report_level(c->level, LANG_ZH)), NULL);
		row(h, words, "number", c->number, NULL);
		day_row(h, words, "issued", true, c->issued);
		day_row(h, words, "valid_to", c->has_valid_to, c->valid_to);
		day_row(
		    h, words, "review_due", c->has_review_due, c->review_due);
	}
	if (d->show && d->body != NULL) {
		row(h, words, "issuer", bytes_str(d->body->name), NULL);
		row(h, words, "body_id", bytes_str(d->body->scope.body_id),
		    NULL);
	}
	if (d->show && d->cred != NULL) {
		snprintf(
		    key, sizeof key, "site-%d", (int)d->cred->claims.cert.kind);
		card_word(words, key, NULL, site, sizeof site);
		row(h, words, "query", bytes_str(site), NULL);
	}
	html_raw(h, "</dl>");
}

static void
warnings(struct html *h, struct bytes words, unsigned set)
{
	static const struct {
		enum verdict_warning w;
		const char *key;
	} all[] = {{WARN_FOREIGN_HOST, "foreign_host"},
	    {WARN_REVIEW_WINDOW, "review_window"},
	    {WARN_ISSUER_EXPIRED, "issuer_expired"},
	    {WARN_STATUS_OLD, "status_old"}};
	char label[LABEL];

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if ((set & all[i].w) != 0) {
			card_word(words, all[i].key, NULL, label, sizeof label);
			html_element(h, "p", "warn", label);
		}
}

static void
age(struct html *h, struct bytes words, const struct verdict *d)
{
	char n[32], span[LABEL], label[LABEL], at[32];
	time_t local = (time_t)d->checked_at + 8 * 3600;
	int64_t s = d->status_age_s;
	struct tm tm;

	html_raw(h, "<p class=\"age\">");
	if (s < 0) {
		card_word(words, "age-none", NULL, label, sizeof label);
	} else {
		snprintf(n, sizeof n, "%lld",
		    (long long)(s < 3600     ? (s + 59) / 60
				: s < 172800 ? s / 3600
					     : s / 86400));
		card_word(words,
		    s < 3600     ? "minute"
		    : s < 172800 ? "hour"
				 : "day",
		    n, span, sizeof span);
		card_word(words, "age", span, label, sizeof label);
	}
	html_str(h, label);
	card_word(words, "checked", NULL, label, sizeof label);
	html_raw(h, " · ");
	html_str(h, label);
	if (gmtime_r(&local, &tm) != NULL &&
	    strftime(at, sizeof at, " %Y-%m-%d %H:%M", &tm) > 0)
		html_str(h, at);
	card_word(words, "by-server", NULL, label, sizeof label);
	html_raw(h, " · ");
	html_str(h, label);
	html_raw(h, "</p>");
}

static void
checks(struct html *h, struct bytes words, const struct verdict *d)
{
	char label[LABEL];
	const char *name;

	card_word(words, "checks", NULL, label, sizeof label);
	html_raw(h, "<details><summary>");
	html_str(h, label);
	html_raw(h, "</summary><ul class=\"checks\">");
	for (int i = 0; i < N_CHECKS; i++) {
		html_raw(h, "<li>");
		/* "issuer" is the body's name among the fields */
		card_word(words,
		    i == CHECK_ISSUER
			? "body"
			: verdict_check_name((enum verdict_check)i),
		    NULL, label, sizeof label);
		html_str(h, label);
		name = verdict_result_name(d->checks[i]);
		card_word(words, name, NULL, label, sizeof label);
		html_element(h, "span", name, label);
		html_raw(h, "</li>");
	}
	html_raw(h, "</ul>");
	age(h, words, d);
	html_raw(h, "</details>");
}

void
card_verdict(struct html *h, struct bytes words, enum report_lang lang,
    const struct verification *v, const char *source, const char *match)
{
	const struct verdict *d = &v->verdict;
	char label[LABEL], p[P_MAX];
	bool made = false;

	open_card(h, words, family(d->status), verdict_name(d->status), source,
	    report_headline(d->status, lang), report_reason(d, lang));
	warnings(h, words, d->warnings);
	html_element(
	    h, p_of(words, p), "advice", report_advice(d->status, lang));
	fields(h, words, v);
	if (match != NULL) {
		card_word(words, match, NULL, label, sizeof label);
		html_raw(h, "<p class=\"match ");
		html_raw(h, match);
		html_raw(h, "\">");
		html_str(h, label);
		html_raw(h, "</p>");
	}
	if (d->show)
		html_element(h, p_of(words, p), "caveat", report_caveat(lang));
	for (int i = 0; i < N_CHECKS; i++)
		made = made || d->checks[i] != RESULT_SKIPPED;
	if (made)
		checks(h, words, d);
	html_raw(h, "</article>");
}

void
card_problem(struct html *h, struct bytes words, enum report_lang lang,
    enum web_problem p, const char *request_id)
{
	const struct web_problem_info *info = problem_info(p);
	bool refused = info->status < 500;
	char label[LABEL];

	card_word(
	    words, refused ? "refused" : "fault", NULL, label, sizeof label);
	open_card(h, words, "fault", "fault", "", label,
	    lang == LANG_EN ? info->en : info->zh);
	if (!refused) {
		card_word(words, "fault-advice", NULL, label, sizeof label);
		html_element(h, "p", "advice", label);
	}
	card_word(words, "request", NULL, label, sizeof label);
	html_raw(h, "<p class=\"caveat\">");
	html_str(h, label);
	html_raw(h, " ");
	html_str(h, request_id);
	html_raw(h, "</p></article>");
}
