#ifndef VERIFIER_REVIEW_WEB_H
#define VERIFIER_REVIEW_WEB_H

#include "verifier/config.h"
#include "verifier/service.h"

/*
 * The reviewer's page of tamga-verifier, under /review/: the desk of the
 * command line for people who sign in. Not there unless configured.
 */
struct review_web;

/* After the reader was started, before the first request. The service is where
 * the publication of the moment is found. CRED_FAULT_*: what is wrong with the
 * configuration, its files or the database. */
enum cred_err review_web_start(const struct config_review *c, bool behind_proxy,
    struct service *service, struct review_web **out, struct why *why);
void review_web_stop(struct review_web *w); /* takes NULL */

/* The routes of service_routes[] that are the page's; ctx is the struct
 * service. 404 without service.review. */
web_handler review_web_handle;
enum web_problem review_web_admit(
    void *ctx, const struct web_request *rq, struct web_admission *a);
/* A problem under /review/ as a page of its own. */
web_handler review_web_problem;

#endif
