#ifndef VERIFIER_REVIEW_PAGE_H
#define VERIFIER_REVIEW_PAGE_H

#include "verifier/review_job.h"
#include "verifier/review_web.h"
#include "verifier/session.h"
#include "web/form.h"
#include "web/html.h"
#include "web/multipart.h"

/*
 * What the handlers of the reviewer's page have in common: who asks, the frame
 * of a page, its small parts. Every text goes through html_str(): markup is
 * only what stands in these files.
 */
struct review_web {
	const struct config_review *config;
	bool behind_proxy;
	struct service *service;
	struct deskdb *db;
	struct sessions *sessions;
	struct limiter *tries; /* of signing in */
	struct review_jobs *jobs;
	struct registry
	    *registry; /* between review_jobs_lock() and _unlock() */
	char *registry_spec;
	char *rules, *scans; /* found in the home, when not configured */
	struct review_job_opts job_opts;
};

#define PAGE_IDS 2 /* numbers in an address */

struct page {
	struct review_web *w;
	const struct web_request *rq;
	struct web_reply *rp;
	struct html h;
	bool en;
	int64_t now;                                    /* Unix seconds */
	char token[SESSION_TOKEN], csrf[SESSION_TOKEN]; /* "" without cookie */
	bool in; /* somebody is signed in: */
	struct account account;
	unsigned rights;
	int64_t ids[PAGE_IDS]; /* of the address, in its order */
	struct form form;      /* of a POST, else of the query */
	struct multipart parts;
};

/* Seconds that do not go back, for sessions. */
int64_t page_clock(void);
/* The one in the page's language; a macro, so that formats are checked. */
#define page_word(page, english, chinese) ((page)->en ? (english) : (chinese))

/* Frame: everything up to and in <main>; title is the first heading. */
void page_begin(struct page *p, const char *title);
/* The rest, and the page is the reply. */
void page_end(struct page *p, int status);
/* 303; what comes after the last '/' is ours and needs no escapes. */
void page_go(struct page *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void page_problem(struct page *p, enum web_problem problem);
/* A fault of ours: said on stderr, 500 to the browser. */
void page_fault(struct page *p, enum cred_err e, const struct why *why);

/* <p class="notice KIND" role=…>: "good", "bad", "warn". */
void page_notice(struct page *p, const char *kind, const char *text);
/* <form method=post action=…> with its token; closed by the caller. */
void page_form(
    struct page *p, const char *action, const char *cls, bool multipart);
/* Label and input; attrs: markup of ours. */
void page_input(struct page *p, const char *label, const char *name,
    const char *type, const char *attrs);
void page_submit(struct page *p, const char *label, const char *attrs);
/* <dt>, <dd>; nothing when value is empty. */
void page_row(struct page *p, const char *label, const char *value);
void page_number(struct page *p, const char *label, uint64_t n);
/* "2026-11-30 08:15" in Asia/Shanghai. */
void page_time(int64_t t, char out[static 20]);
void page_printf(struct page *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3))); /* text, escaped */

const char *page_verdict(const struct page *p, enum review_verdict v);
const char *page_state(const struct page *p, int state);
const char *page_state_name(int state); /* "open", "booked" … */
const char *page_act(const struct page *p, enum decide_act a);

/* "150*************38": all but the first head and last tail characters. */
void page_mask(const char *s, size_t head, size_t tail, char *out, size_t cap);
/* May this stand in the audit trail? Four characters at least, no row of
 * digits that could be somebody's number. */
bool page_reason_ok(const char *s);
/* A line in the audit trail, by who asks. */
enum cred_err page_trail(struct page *p, const char *action,
    const char *subject, const char *detail, struct why *why);

/* The table of the address; false: the reply already is what to answer. */
bool page_sheet(struct page *p, struct sheet *s);
/* review_page_bulk.c: parts of the table's page. */
void page_bulk_told(struct page *p, const struct bulk *b);
void page_bulk_form(struct page *p, const struct sheet *s);
void page_again_form(struct page *p, const struct sheet *s);
void page_export_form(struct page *p, const struct sheet *s);

/* The handlers: review_page_home.c, _table.c, _bulk.c,
 * _claim.c, _decide.c, _odd.c, _admin.c. */
void page_home(struct page *p);
void page_sign_in(struct page *p);
void page_sign_out(struct page *p);
void page_upload(struct page *p);
void page_table(struct page *p);
void page_table_json(struct page *p);
void page_bulk(struct page *p);
void page_again(struct page *p);
void page_export(struct page *p);
void page_claim(struct page *p);
void page_show(struct page *p);
void page_decide(struct page *p);
void page_scan(struct page *p);
void page_anomalies(struct page *p);
void page_anomalies_explain(struct page *p);
void page_users(struct page *p);
void page_users_lock(struct page *p);
void page_trail_list(struct page *p);
void page_asset(struct page *p);

#endif
