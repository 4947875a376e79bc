#include "verifier/review_web.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "edge/file.h"
#include "edge/lang.h"
#include "verifier/review_page.h"
#include "web/cookie.h"

#define COOKIE "__Host-tamga-review"

/* '#' stands for a number. */
static const struct place {
	const char *method, *pattern;
	unsigned right; /* one of these; 0: nobody need be signed in */
	bool table;     /* its body is a table, not a form */
	void (*handle)(struct page *p);
} PLACES[] = {
    {"GET", "/review", 0, false, page_home},
    {"GET", "/review/", 0, false, page_home},
    {"GET", "/review/review.css", 0, false, page_asset},
    {"GET", "/review/review.js", 0, false, page_asset},
    {"POST", "/review/sign-in", 0, false, page_sign_in},
    {"POST", "/review/sign-out", 0, false, page_sign_out},
    {"POST", "/review/tables", RIGHT_UPLOAD, true, page_upload},
    {"GET", "/review/tables/#", RIGHT_LOOK, false, page_table},
    {"GET", "/api/v1/review/tables/#", RIGHT_LOOK, false, page_table_json},
    {"POST", "/review/tables/#/bulk", RIGHT_BOOK | RIGHT_APPROVE, false,
	page_bulk},
    {"POST", "/review/tables/#/again", RIGHT_BOOK, false, page_again},
    {"POST", "/review/tables/#/export", RIGHT_SHOW, false, page_export},
    {"GET", "/review/tables/#/#", RIGHT_LOOK, false, page_claim},
    {"POST", "/review/tables/#/#/show", RIGHT_SHOW, false, page_show},
    {"POST", "/review/tables/#/#/decide", RIGHT_BOOK | RIGHT_APPROVE, false,
	page_decide},
    {"GET", "/review/tables/#/#/scan", RIGHT_SHOW, false, page_scan},
    {"GET", "/review/anomalies", RIGHT_LOOK, false, page_anomalies},
    {"POST", "/review/anomalies/explain", RIGHT_APPROVE, false,
	page_anomalies_explain},
    {"GET", "/review/users", RIGHT_USERS, false, page_users},
    {"POST", "/review/users/lock", RIGHT_USERS, false, page_users_lock},
    {"GET", "/review/trail", RIGHT_TRAIL, false, page_trail_list},
};

static bool
matches(const char *pattern, const char *path, int64_t ids[static PAGE_IDS])
{
	size_t n = 0;

	for (; *pattern != '\0'; pattern++) {
		size_t digits;
		if (*pattern != '#') {
			if (*pattern != *path++)
				return false;
			continue;
		}
		digits = strspn(path, "0123456789");
		if (digits == 0 || digits > 9 || *path == '0')
			return false;
		ids[n++] = strtoll(path, NULL, 10);
		path += digits;
	}
	return *path == '\0';
}

static const struct place *
find(const struct web_request *rq, int64_t ids[static PAGE_IDS],
    enum web_problem *problem)
{
	const char *method = rq->head ? "GET" : rq->method;

	*problem = WEB_NOT_FOUND;
	for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
		if (!matches(PLACES[i].pattern, rq->path, ids))
			continue;
		if (strcmp(PLACES[i].method, method) == 0)
			return &PLACES[i];
		*problem = WEB_METHOD;
	}
	return NULL;
}

/* Hosts that browsers take for secure without TLS. */
static bool
is_loopback(const char *host)
{
	static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t n = strlen(names[i]);
		if (strncasecmp(host, names[i], n) == 0 &&
		    (host[n] == '\0' || host[n] == ':'))
			return true;
	}
	return false;
}

/* Would the browser keep a cookie that is Secure? A proxy has to say so: nobody
 * shall type a pass phrase before finding out. */
static bool
is_secure(const struct review_web *w, const struct web_request *rq)
{
	const char *host = request_header(rq, "Host");
	const char *proto = request_header(rq, "X-Forwarded-Proto");

	if (host == NULL)
		return false;
	if (w->behind_proxy && proto != NULL)
		return strcasecmp(proto, "https") == 0;
	return is_loopback(host);
}

/* Does "https://HOST" (on loopback http too) name the host asked for? A proxy
 * may have left out the port. */
static bool
is_own(const char *origin, const char *host)
{
	const char *rest;
	size_t n;

	if (strncmp(origin, "https://", 8) == 0)
		rest = origin + 8;
	else if (strncmp(origin, "http://", 7) == 0 && is_loopback(host))
		rest = origin + 7;
	else
		return false;
	n = strlen(host);
	if (strncasecmp(rest, host, n) != 0)
		return false;
	return rest[n] == '\0' ||
	       (rest[n] == ':' && strchr(host, ':') == NULL &&
		   strspn(rest + n + 1, "0123456789") == strlen(rest + n + 1));
}

/* Was the request made by a page of ours? Browsers always say. */
static bool
is_ours(const struct web_request *rq)
{
	const char *origin = request_header(rq, "Origin");
	const char *site = request_header(rq, "Sec-Fetch-Site");
	const char *host = request_header(rq, "Host");

	if (site != NULL && strcmp(site, "same-origin") != 0)
		return false;
	if (origin != NULL)
		return host != NULL && is_own(origin, host);
	return site != NULL;
}

/* Who asks; false on a fault of ours. An account that was locked, or got
 * another role or pass phrase, is out. */
static bool
identify(struct page *p)
{
	struct sessions *ss = p->w->sessions;
	struct why why = {""};
	struct session s;
	bool found = false;
	enum cred_err e;
	char lang[4];

	p->en = p->rq->lang == LANG_EN;
	if (!cookie_get(p->rq, COOKIE, p->token, sizeof p->token) ||
	    !session_csrf(ss, p->token, p->csrf)) {
		p->token[0] = '\0';
		return true;
	}
	if (!session_find(ss, p->token, page_clock(), &s))
		return true;
	e = account_get(p->w->db, s.name, &p->account, &found, &why);
	if (e != CRED_OK) {
		page_fault(p, e, &why);
		return false;
	}
	if (!found || p->account.locked || p->account.epoch != s.epoch) {
		session_end(ss, p->token);
		return true;
	}
	p->in = true;
	p->rights = account_rights(p->account.role);
	if (request_query(p->rq, "lang", lang, sizeof lang))
		session_lang(ss, p->token, p->rq->lang);
	else if (s.has_lang)
		p->en = s.lang == LANG_EN;
	return true;
}

/* All that can be told by the head alone. */
static enum web_problem
may(struct page *p, const struct place *at)
{
	bool post = strcmp(at->method, "POST") == 0;

	if (post && !is_ours(p->rq))
		return WEB_ORIGIN;
	if (at->right == 0)
		return WEB_OK;
	if (!p->in)
		return WEB_SIGNED_OUT;
	return (p->rights & at->right) != 0 ? WEB_OK : WEB_FORBIDDEN;
}

static struct review_web *
web_of(void *ctx)
{
	return ((struct service *)ctx)->review;
}

enum web_problem
review_web_admit(
    void *ctx, const struct web_request *rq, struct web_admission *a)
{
	struct web_reply unused = {0};
	struct page p = {.w = web_of(ctx), .rq = rq, .rp = &unused};
	const struct place *at;
	enum web_problem problem = WEB_NOT_FOUND;

	if (p.w == NULL)
		return WEB_NOT_FOUND;
	at = find(rq, p.ids, &problem);
	if (at == NULL)
		return problem;
	if (!is_secure(p.w, rq))
		return WEB_INSECURE;
	if (!identify(&p)) {
		reply_release(&unused);
		return WEB_FAULT;
	}
	a->max =
	    at->table ? (size_t)p.w->config->max_table << 20 : FORM_MAX_BYTES;
	return may(&p, at);
}

/* The form, and its token. */
static enum web_problem
read_form(struct page *p, const struct place *at)
{
	enum web_problem problem;
	const char *csrf = NULL;
	char part[SESSION_TOKEN] = "";

	if (strcmp(at->method, "POST") != 0)
		return form_parse(bytes_str(p->rq->query), &p->form);
	if (at->table) {
		problem = multipart_parse(request_header(p->rq, "Content-Type"),
		    p->rq->body, &p->parts);
		for (size_t i = 0; problem == WEB_OK && i < p->parts.n; i++) {
			const struct part *x = &p->parts.parts[i];
			if (bytes_eq(x->name, bytes_str("csrf")) &&
			    x->data.len == SESSION_TOKEN - 1) {
				memcpy(part, x->data.ptr, x->data.len);
				csrf = part;
			}
		}
	} else {
		if (!request_has_type(
			p->rq, "application/x-www-form-urlencoded"))
			return WEB_TYPE;
		problem = form_parse(p->rq->body, &p->form);
		csrf = form_get(&p->form, "csrf");
	}
	if (problem != WEB_OK)
		return problem;
	if (csrf == NULL || p->csrf[0] == '\0' ||
	    strlen(csrf) != SESSION_TOKEN - 1 ||
	    CRYPTO_memcmp(csrf, p->csrf, SESSION_TOKEN - 1) != 0)
		return WEB_TOKEN;
	return WEB_OK;
}

static void
handle(struct page *p)
{
	enum web_problem problem = WEB_NOT_FOUND;
	const struct place *at = find(p->rq, p->ids, &problem);

	if (at == NULL) {
		page_problem(p, problem);
		return;
	}
	if (at->handle == page_asset) {
		page_asset(p);
		return;
	}
	if (!is_secure(p->w, p->rq)) {
		page_problem(p, WEB_INSECURE);
		return;
	}
	if (!identify(p))
		return;
	problem = may(p, at);
	/* Where a page was asked for, signing in is what comes next. */
	if (problem == WEB_SIGNED_OUT && strcmp(at->method, "GET") == 0 &&
	    strncmp(p->rq->path, "/api/", 5) != 0) {
		page_go(p, "/review/");
		return;
	}
	if (problem == WEB_OK)
		problem = read_form(p, at);
	if (problem != WEB_OK)
		page_problem(p, problem);
	else
		at->handle(p);
}

void
review_web_handle(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	struct page *p = calloc(1, sizeof *p); /* large for a stack */

	if (p == NULL || web_of(ctx) == NULL) {
		reply_problem(rp, rq, p == NULL ? WEB_BUSY : WEB_NOT_FOUND);
		free(p);
		return;
	}
	p->w = web_of(ctx);
	p->rq = rq;
	p->rp = rp;
	p->now = time(NULL);
	handle(p);
	free(p->h.buf);
	form_release(&p->form);
	OPENSSL_cleanse(p, sizeof *p);
	free(p);
}

void
review_web_problem(
    void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	const struct web_problem_info *info = problem_info(rp->problem);
	struct page *p = calloc(1, sizeof *p);
	enum web_problem problem = rp->problem;
	int status = rp->status;

	if (p == NULL)
		return; /* the problem, in JSON, stays */
	p->w = web_of(ctx);
	p->rq = rq;
	p->rp = rp;
	p->en = rq->lang == LANG_EN;
	/* Not even who asks is looked up: a fault may be the reason. */
	page_begin(p, page_word(p, "Not done", "没有办理"));
	html_raw(&p->h, "<div data-code=\"");
	html_raw(&p->h, info->code);
	html_raw(&p->h, "\">");
	page_notice(p, "bad", page_word(p, info->en, info->zh));
	html_raw(&p->h, "<p><a href=\"/review/\">");
	html_str(&p->h, problem == WEB_SIGNED_OUT
			    ? page_word(p, "Sign in", "登录")
			    : page_word(p, "Back to the tables", "返回申领表"));
	html_raw(&p->h, "</a></p><p class=\"hint\">");
	page_printf(p, "%s %s", page_word(p, "Request", "请求编号"), rq->id);
	html_raw(&p->h, "</p></div>");
	page_end(p, status);
	free(p->h.buf);
	free(p);
}

static const char *
or_null(const char *s)
{
	return *s != '\0' ? s : NULL;
}

/* A file of the home that is taken without being named; NULL: not there. */
static char *
found_in(const char *home, const char *name)
{
	char *path = file_join(home, name);

	if (path != NULL && access(path, F_OK) != 0) {
		free(path);
		return NULL;
	}
	return path;
}

static enum cred_err
set_opts(struct review_web *w, struct why *why)
{
	const struct config_review *c = w->config;
	const char *const lists[N_LISTS] = {[LIST_PENSION] = c->pension,
	    [LIST_DEATH] = c->death,
	    [LIST_STUDENT] = c->student,
	    [LIST_STAFF] = c->staff};
	struct review_job_opts *o = &w->job_opts;
	int n =
	    *c->registry != '\0'
		? asprintf(&w->registry_spec, "%s", c->registry)
		: asprintf(&w->registry_spec, "sqlite:%s/registry.db", c->home);

	if (n < 0) {
		w->registry_spec = NULL;
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	}
	w->rules = found_in(c->home, "rules.ini");
	w->scans = found_in(c->home, "scans");
	*o = (struct review_job_opts){.home = c->home,
	    .registry = w->registry_spec,
	    .office = {.home = c->home,
		.rules = *c->rules != '\0' ? c->rules : w->rules,
		.region = c->region,
		.national = or_null(c->national)},
	    .keep_days = c->keep_days,
	    .scans = *c->scans != '\0' ? c->scans : w->scans,
	    .pub_lock = &w->service->lock,
	    .pub = &w->service->pub,
	    .reader = w->service->reader,
	    .retry = service_retry,
	    .retry_ctx = w->service};
	for (unsigned l = 0; l < N_LISTS; l++)
		o->office.lists[l] = or_null(lists[l]);
	return CRED_OK;
}

enum cred_err
review_web_start(const struct config_review *c, bool behind_proxy,
    struct service *service, struct review_web **out, struct why *why)
{
	const struct session_limits limits = {
	    (int64_t)c->idle_min * 60, (int64_t)c->hours * 3600};
	struct review_web *w = calloc(1, sizeof *w);
	uint8_t seed[16];
	enum cred_err e = CRED_FAULT_NOMEM;

	if (w == NULL || getrandom(seed, sizeof seed, 0) != sizeof seed)
		goto out;
	w->config = c;
	w->behind_proxy = behind_proxy;
	w->service = service;
	w->sessions = sessions_new(&limits);
	w->tries = limiter_new(seed);
	if (w->sessions == NULL || w->tries == NULL)
		goto out;
	e = deskdb_there(c->home, why);
	if (e == CRED_OK)
		e = set_opts(w, why);
	if (e == CRED_OK)
		e = deskdb_open(c->home, &w->db, why);
	if (e == CRED_OK)
		e = account_check(w->db, why);
	if (e == CRED_OK)
		e = registry_open_told(w->registry_spec, REGISTRY_WRITE,
		    service_retry, service, &w->registry, why);
	if (e == CRED_OK)
		e = ledger_init(w->registry, why);
	if (e == CRED_OK)
		e = review_jobs_start(&w->job_opts, &w->jobs, why);
out:
	if (e != CRED_OK) {
		review_web_stop(w);
		return *why->text != '\0'
			   ? e
			   : why_set(why, e, "%s", cred_strerr(e));
	}
	*out = w;
	return CRED_OK;
}

void
review_web_stop(struct review_web *w)
{
	if (w == NULL)
		return;
	review_jobs_stop(w->jobs);
	registry_close(w->registry);
	deskdb_close(w->db);
	sessions_free(w->sessions);
	limiter_free(w->tries);
	free(w->registry_spec);
	free(w->rules);
	free(w->scans);
	free(w);
}
