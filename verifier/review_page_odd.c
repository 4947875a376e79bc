#include <pthread.h>
#include <stdio.h>

#include "verifier/anomalies.h"
#include "verifier/review_page.h"

#define SHOWN 500

/* The whole ledger is read for it, beside who books: one reader at a time. */
static pthread_mutex_t reading = PTHREAD_MUTEX_INITIALIZER;

static enum cred_err
name_bodies(struct page *p, struct odd *o, struct why *why)
{
	struct service *s = p->w->service;
	struct publication_hold hold = {0};
	enum cred_err e = CRED_OK;

	pthread_rwlock_rdlock(&s->lock);
	if (s->pub != NULL) {
		e = publication_hold(s->pub, &hold, why);
		for (size_t i = 0;
		     e == CRED_OK && i < trust_n_bodies(hold.trust); i++) {
			const struct body *b = trust_body(hold.trust, i);
			e = odd_name(o, b->scope.body_id, b->name, why);
		}
		publication_release(&hold);
	}
	pthread_rwlock_unlock(&s->lock);
	return e;
}

static enum cred_err
collect(struct page *p, struct anomalies *out, struct why *why)
{
	struct office *office = review_jobs_office(p->w->jobs);
	struct registry *r = NULL;
	struct odd *o = NULL;
	struct desk desk = {0};
	enum cred_err e = odd_new(&o, why);

	if (e == CRED_OK)
		e = registry_open_told(p->w->registry_spec, REGISTRY_READ,
		    service_retry, p->w->service, &r, why);
	if (e == CRED_OK)
		e = anomalies_add_ledger(o, r, why);
	if (e == CRED_OK)
		e = name_bodies(p, o, why);
	if (e == CRED_OK) {
		office_desk(office, &desk);
		e = anomalies_collect(o, r, desk.book, desk.region, out, why);
	}
	registry_close(r);
	odd_free(o);
	office_release(office);
	return e;
}

static void
explain_form(struct page *p, const struct anomalies_found *f)
{
	page_form(p, "/review/anomalies/explain", "", false);
	html_raw(&p->h, "<input type=\"hidden\" name=\"key\" value=\"");
	html_str(&p->h, f->key);
	html_raw(&p->h, "\">");
	page_input(p, page_word(p, "What explains it", "解释"), "reason",
	    "text", "required minlength=\"4\" maxlength=\"200\"");
	page_submit(p, page_word(p, "Mark as explained", "标为已解释"), "");
	html_raw(&p->h, "</form>");
}

static void
finding(struct page *p, const struct anomalies_found *f)
{
	char text[ANOMALY_TEXT_MAX], at[20];

	anomaly_text(&f->anomaly, !p->en, text);
	html_raw(&p->h, f->open ? "<li class=\"open\"><p>" : "<li><p>");
	html_str(&p->h, text);
	if (f->about != NULL && *f->about != '\0') {
		html_raw(&p->h, " <span class=\"hint\">");
		html_str(&p->h, f->about);
		html_raw(&p->h, "</span>");
	}
	html_raw(&p->h, "</p>");
	if (f->by != NULL) {
		page_time(f->at, at);
		html_raw(&p->h, "<p class=\"hint\">");
		page_printf(p, "%s %s, %s: %s",
		    f->open
			? page_word(p, "It has grown since it was explained by",
			      "解释之后又有增加；解释人")
			: page_word(p, "Explained by", "已解释，解释人"),
		    f->by, at, f->reason);
		html_raw(&p->h, "</p>");
	}
	if (f->open && (p->rights & RIGHT_APPROVE) != 0)
		explain_form(p, f);
	html_raw(&p->h, "</li>\n");
}

static void
body(struct page *p, const struct anomalies *a, size_t i, size_t *shown)
{
	const struct anomalies_body *b = &a->bodies[i];

	html_raw(&p->h, "<section><h2>");
	html_str(&p->h, *b->name != '\0' ? b->name : b->id);
	html_raw(&p->h, "</h2><dl>");
	page_row(p, page_word(p, "Body", "机构代码"), b->id);
	page_number(p, page_word(p, "Score", "得分"), b->score.total);
	page_number(p, page_word(p, "Certificates", "证书数"), b->certificates);
	page_number(p, page_word(p, "Open", "待查"), b->n_open);
	page_number(p, page_word(p, "Explained", "已解释"), b->n_explained);
	html_raw(&p->h, "</dl><ul>");
	for (size_t k = 0; k < a->n_found && *shown < SHOWN; k++)
		if (a->found[k].body == i) {
			finding(p, &a->found[k]);
			++*shown;
		}
	html_raw(&p->h, "</ul></section>\n");
}

void
page_anomalies(struct page *p)
{
	struct anomalies a = {0};
	struct why why = {""};
	size_t shown = 0;
	enum cred_err e;

	if (pthread_mutex_trylock(&reading) != 0) {
		page_problem(p, WEB_BUSY);
		return;
	}
	e = collect(p, &a, &why);
	pthread_mutex_unlock(&reading);
	page_begin(p, page_word(p, "What is odd", "异常"));
	html_raw(&p->h, "<p class=\"hint\">");
	html_str(&p->h,
	    page_word(p,
		"Of the claims in the ledger, the strangest body first. A "
		"reason to look, never to refuse.",
		"按台账统计，最可疑的机构在前。只是再看一眼的理由，"
		"不是拒付的理由。"));
	html_raw(&p->h, "</p>");
	if (e == CRED_OK && a.n_bodies == 0)
		page_notice(
		    p, "good", page_word(p, "Nothing is odd.", "没有异常。"));
	for (size_t i = 0; e == CRED_OK && i < a.n_bodies && shown < SHOWN; i++)
		body(p, &a, i, &shown);
	if (shown == SHOWN)
		page_notice(p, "warn",
		    page_word(p,
			"There are more; tamga-review anomalies lists all.",
			"还有更多；全部见 tamga-review anomalies。"));
	anomalies_release(&a);
	if (e != CRED_OK)
		page_fault(p, e, &why);
	else
		page_end(p, 200);
}

void
page_anomalies_explain(struct page *p)
{
	const char *key = form_get(&p->form, "key");
	const char *reason = form_get(&p->form, "reason");
	struct anomalies a = {0};
	struct why why = {""};
	enum cred_err e;
	size_t i = 0;

	if (key == NULL || reason == NULL || !page_reason_ok(reason)) {
		page_problem(p, WEB_FORM);
		return;
	}
	if (pthread_mutex_trylock(&reading) != 0) {
		page_problem(p, WEB_BUSY);
		return;
	}
	e = collect(p, &a, &why);
	pthread_mutex_unlock(&reading);
	while (i < a.n_found && strcmp(a.found[i].key, key) != 0)
		i++;
	if (e == CRED_OK && i < a.n_found) {
		review_jobs_lock(p->w->jobs);
		e = anomalies_explain(p->w->registry, &a.found[i], reason,
		    p->account.name, p->now, &why);
		review_jobs_unlock(p->w->jobs);
	}
	if (e != CRED_OK)
		page_fault(p, e, &why);
	else if (i == a.n_found)
		page_problem(p, WEB_NOT_FOUND);
	else
		page_go(p, "/review/anomalies");
	anomalies_release(&a);
}
