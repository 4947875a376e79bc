#ifndef TESTS_SCAN_FIXTURE_H
#define TESTS_SCAN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keys/authority.h"
#include "keys/bodyhome.h"
#include "keys/signer.h"
#include "log/log.h"
#include "verifier/publication.h"

#define T0      INT64_C(1794816000) /* 2026-11-16T08:00:00Z */
#define DAY     86400
#define BODY_ID "52150100MJY000000J"
#define BODY    "bodies/" BODY_ID

/*
 * A whole issuing side in a temporary folder: authority, one body, its log
 * and its publication. Made once for all tests (scrypt is slow); each test
 * starts from the publication of fixture_reset().
 */
struct fixture {
	char dir[64];
	char pub[80], cache[80], log_dir[80], authority[80], body[80];
	struct pass_source pass;
	struct signer *signer;
	struct logkey *logkey;
	struct log_head head;
	struct log_ops ops;
	struct log *log;
	size_t n; /* certificates in the log */
	char (*texts)[CRED_MAX_TEXT];
	struct why why;
	char notes[8192]; /* what publications said, a line each */
};

extern int64_t test_now; /* the clock of all publications */
int64_t test_clock(void);

struct fixture *fixture_new(void);
void fixture_free(struct fixture *f);
/* An empty log, no certificates, no cache, a fresh CRL, time T0. */
void fixture_reset(struct fixture *f);

/* Issue n certificates and append them. salt: other names, other bytes. */
void fixture_issue(struct fixture *f, size_t n, const char *salt);
/* Publish the log, and a status list of iat test_now + age, all valid but
 * one (index bad; SIZE_MAX: none). */
void fixture_publish_log(struct fixture *f);
void fixture_publish_status(
    struct fixture *f, int64_t age, size_t bad, enum status_value v);
/* A new CRL and trust/. */
void fixture_publish_trust(struct fixture *f);
void fixture_withdraw(struct fixture *f, uint64_t tree_size);
/* All of it: n certificates, valid. */
void fixture_start(struct fixture *f, size_t n);

/* A publication over source (NULL: f->pub) with f->cache. */
struct publication *fixture_open(
    struct fixture *f, const char *source, bool offline);
/* The verdict on certificate i; *v: of it, without what it points to. */
enum verdict_status fixture_ask(
    struct fixture *f, struct publication *p, size_t i, struct verdict *v);
bool fixture_noted(struct fixture *f, const char *words);

/* Files of the publication. */
void file_flip(const char *dir, const char *name, long at);
void file_drop(const char *dir, const char *name);
void dir_copy(const char *from, const char *to); /* both without '/' at end */
void dir_remove(const char *dir);

/* A folder over HTTP on loopback, in a thread. */
struct httpd;
enum httpd_mode { HTTPD_OK, HTTPD_500, HTTPD_REDIRECT, HTTPD_HUGE, HTTPD_CUT };
struct httpd *httpd_start(const char *dir, char url[static 64]);
void httpd_mode(struct httpd *h, enum httpd_mode mode);
/* Serve path.1, path.2 … instead, as often as it is asked for; before use. */
void httpd_watch(struct httpd *h, const char *path);
unsigned httpd_requests(struct httpd *h);
unsigned httpd_unchanged(struct httpd *h); /* answered 304 */
void httpd_stop(struct httpd *h);

#endif
