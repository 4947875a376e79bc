#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/file.h"
#include "fixture.h"

static struct fixture *f;

static int
start(void **state)
{
	(void)state;
	f = fixture_new();
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	fixture_free(f);
	return 0;
}

static char *
path_of(const char *name)
{
	static char path[2][256];
	static int which;

	which ^= 1;
	snprintf(path[which], sizeof path[which], "%s/%s", f->dir, name);
	return path[which];
}

#define expect(p, i, status)                                                   \
	assert_string_equal(                                                   \
	    verdict_name(fixture_ask(f, p, i, NULL)), verdict_name(status))

static void
expect_why(struct publication *p, size_t i, enum verdict_status status,
    enum cred_err reason)
{
	struct verdict v;

	assert_string_equal(
	    verdict_name(fixture_ask(f, p, i, &v)), verdict_name(status));
	assert_string_equal(cred_errname(v.reason), cred_errname(reason));
}

static void
folder(void **state)
{
	struct publication_state s;
	struct publication *p;
	struct verdict v;

	(void)state;
	fixture_start(f, 3);
	p = fixture_open(f, NULL, false);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(fixture_ask(f, p, i, &v), VERDICT_VALID);
		for (int c = 0; c < N_CHECKS; c++)
			assert_int_equal(v.checks[c], RESULT_PASS);
		assert_int_equal(v.status_age_s, 0);
	}
	publication_state(p, &s);
	assert_true(s.listed);
	assert_int_equal(s.n_bodies, 1);
	assert_int_equal(s.fetched_at, T0);
	assert_string_equal(s.trouble, "");
	publication_close(p);
	assert_string_equal(f->notes, "");
}

/* More than a tile, so that full and partial ones meet. */
static void
log_of_600(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 600);
	p = fixture_open(f, NULL, false);
	for (size_t i = 0; i < 600; i += 7)
		expect(p, i, VERDICT_VALID);
	expect(p, 599, VERDICT_VALID);
	publication_close(p);
}

static void
revoked_after_refresh(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 3);
	p = fixture_open(f, NULL, false);
	expect(p, 1, VERDICT_VALID);
	test_now += 10;
	fixture_publish_status(f, 0, 1, STATUS_REVOKED);
	expect(p, 1, VERDICT_VALID); /* not looked at again yet */
	test_now += 60;
	expect(p, 1, VERDICT_REVOKED);
	expect(p, 0, VERDICT_VALID);
	publication_close(p);
}

/* What was revoked stays so, whatever an old list says. */
static void
older_status(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 3);
	fixture_publish_status(f, 0, 1, STATUS_REVOKED);
	p = fixture_open(f, NULL, false);
	expect(p, 1, VERDICT_REVOKED);
	fixture_publish_status(f, -100, SIZE_MAX, STATUS_VALID);
	test_now += 100;
	expect(p, 1, VERDICT_REVOKED);
	assert_true(fixture_noted(f, "STATUS_OLDER"));
	publication_close(p);

	p = fixture_open(f, NULL, false); /* remembered across a restart */
	expect_why(p, 1, VERDICT_STATUS_UNKNOWN, CRED_ERR_STATUS_OLDER);
	fixture_publish_status(f, 0, 1, STATUS_REVOKED);
	test_now += 20;
	expect(p, 1, VERDICT_REVOKED);
	publication_close(p);
}

/* A thief's list of the year 9999, once remembered, would make every later one
 * too old. */
static void
status_from_the_future(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 1);
	fixture_publish_status(f, 301, SIZE_MAX, STATUS_VALID);
	p = fixture_open(f, NULL, false);
	expect_why(p, 0, VERDICT_STATUS_UNKNOWN, CRED_ERR_STATUS_FUTURE);
	assert_true(fixture_noted(f, "STATUS_FUTURE"));
	fixture_publish_status(f, 0, SIZE_MAX, STATUS_VALID);
	test_now += 20;
	expect(p, 0, VERDICT_VALID);
	publication_close(p);
}

/* Killed, not closed: what was seen is on the disk already. */
static void
a_crash_forgets_nothing(void **state)
{
	struct publication *p, *after;

	(void)state;
	fixture_start(f, 3);
	dir_copy(f->pub, path_of("old"));
	fixture_issue(f, 2, "");
	fixture_publish_log(f);
	fixture_publish_status(f, 1, 1, STATUS_REVOKED);
	fixture_publish_trust(f);
	p = fixture_open(f, NULL, false);
	expect(p, 1, VERDICT_REVOKED);
	after = fixture_open(f, path_of("old"), false);
	expect_why(after, 1, VERDICT_STATUS_UNKNOWN, CRED_ERR_CHECKPOINT_OLDER);
	assert_true(fixture_noted(f, "CHECKPOINT_OLDER"));
	assert_true(fixture_noted(f, "STATUS_OLDER"));
	assert_true(fixture_noted(f, "CRL_OLDER"));
	publication_close(after);
	publication_close(p);
}

/* A comment in the anchor's file, or a second anchor, makes no new world. */
static void
another_anchor_file_forgets_nothing(void **state)
{
	struct publication *p;
	struct why why;
	uint8_t *pem;
	size_t len;
	char *text;

	(void)state;
	fixture_start(f, 3);
	dir_copy(f->pub, path_of("old"));
	fixture_publish_status(f, 1, 1, STATUS_REVOKED);
	fixture_publish_trust(f);
	p = fixture_open(f, NULL, false);
	expect(p, 1, VERDICT_REVOKED);
	publication_close(p);
	assert_int_equal(file_read(path_of("authority/anchor.pem"), 1 << 16,
			     &pem, &len, &why),
	    CRED_OK);
	assert_true(asprintf(&text, "# our office\n%s", (char *)pem) > 0);
	assert_int_equal(file_write(path_of("authority/anchor.pem"),
			     bytes_str(text), 0644, &why),
	    CRED_OK);
	p = fixture_open(f, path_of("old"), false);
	assert_int_equal(fixture_ask(f, p, 1, NULL), VERDICT_STATUS_UNKNOWN);
	publication_close(p);
	assert_int_equal(file_write(path_of("authority/anchor.pem"),
			     bytes_of(pem, len), 0644, &why),
	    CRED_OK);
	assert_true(fixture_noted(f, "STATUS_OLDER"));
	assert_true(fixture_noted(f, "CRL_OLDER"));
	free(text);
	free(pem);
}

static void
memory_that_cannot_be_written_is_said(void **state)
{
	struct publication *p;
	struct why why;

	(void)state;
	fixture_start(f, 1);
	p = fixture_open(f, NULL, false);
	dir_remove(f->cache);
	assert_int_equal(
	    file_write(f->cache, bytes_str("in the way"), 0600, &why), CRED_OK);
	expect(p, 0, VERDICT_VALID);
	assert_true(fixture_noted(f, "seen.lock"));
	publication_close(p);
	unlink(f->cache);
}

static void
expired_status(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 1);
	p = fixture_open(f, NULL, false);
	expect(p, 0, VERDICT_VALID);
	test_now += 8 * DAY;
	expect_why(p, 0, VERDICT_STATUS_UNKNOWN, CRED_ERR_STATUS_EXPIRED);
	publication_close(p);
}

static void
tampered_status(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 1);
	file_flip(f->pub, BODY "/status/0", -1);
	p = fixture_open(f, NULL, false);
	expect_why(p, 0, VERDICT_STATUS_UNKNOWN, CRED_ERR_SIGNATURE);
	assert_true(fixture_noted(f, "status/0"));
	publication_close(p);
}

static void
missing_status_and_log(void **state)
{
	struct publication *p;
	struct verdict v;

	(void)state;
	fixture_start(f, 1);
	file_drop(f->pub, BODY "/status/0");
	file_drop(f->pub, BODY "/log/checkpoint");
	p = fixture_open(f, NULL, false);
	assert_int_equal(fixture_ask(f, p, 0, &v), VERDICT_STATUS_UNKNOWN);
	assert_int_equal(v.checks[CHECK_STATUS], RESULT_UNKNOWN);
	assert_int_equal(v.checks[CHECK_LOG], RESULT_UNKNOWN);
	assert_int_equal(v.reason, CRED_ERR_CHECKPOINT_MISSING);
	assert_true(v.show);
	publication_close(p);
}

static void
log_grows(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 250);
	p = fixture_open(f, NULL, false);
	expect(p, 249, VERDICT_VALID);
	fixture_issue(f, 50, "");
	test_now += 10;
	fixture_publish_log(f);
	fixture_publish_status(f, 0, SIZE_MAX, STATUS_VALID);
	expect(p, 299, VERDICT_VALID); /* past what is known: asked again */
	expect(p, 3, VERDICT_VALID);
	publication_close(p);

	p = fixture_open(f, NULL, false); /* and after a restart */
	fixture_issue(f, 300, "");
	fixture_publish_log(f);
	fixture_publish_status(f, 5, SIZE_MAX, STATUS_VALID);
	expect(p, 599, VERDICT_VALID);
	expect(p, 0, VERDICT_VALID);
	publication_close(p);
	assert_string_equal(f->notes, "");
}

static void
beyond_log(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 3);
	fixture_issue(f, 1, "");
	fixture_publish_status(f, 1, SIZE_MAX, STATUS_VALID);
	p = fixture_open(f, NULL, false);
	expect_why(p, 3, VERDICT_STATUS_UNKNOWN, CRED_ERR_TLOG_INDEX);
	publication_close(p);
}

static void
older_checkpoint(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 3);
	dir_copy(f->pub, path_of("old"));
	fixture_issue(f, 2, "");
	fixture_publish_log(f);
	fixture_publish_status(f, 1, SIZE_MAX, STATUS_VALID);
	p = fixture_open(f, NULL, false);
	expect(p, 4, VERDICT_VALID);
	file_drop(f->pub, BODY "/log/checkpoint");
	dir_copy(path_of("old/" BODY "/log"), path_of("pub/" BODY "/log"));
	test_now += 100;
	expect(p, 4, VERDICT_VALID); /* goes on with what it has seen */
	assert_true(fixture_noted(f, "CHECKPOINT_OLDER"));
	publication_close(p);

	p = fixture_open(f, NULL, false);
	expect_why(p, 0, VERDICT_STATUS_UNKNOWN, CRED_ERR_CHECKPOINT_OLDER);
	publication_close(p);
}

/* A second log with the same key, that shows others something else. */
static void
other_log(size_t n)
{
	log_close(f->log);
	f->log = NULL;
	dir_remove(f->log_dir);
	dir_remove(path_of("pub/" BODY "/log"));
	memset(&f->head, 0, sizeof f->head);
	f->n = 0;
	assert_int_equal(log_open(f->log_dir, &f->ops, &f->log, &f->why), 0);
	fixture_issue(f, n, "另");
	fixture_publish_log(f);
	fixture_publish_status(f, 1, SIZE_MAX, STATUS_VALID);
}

static void
split_of_equal_size(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 3);
	p = fixture_open(f, NULL, false);
	expect(p, 0, VERDICT_VALID);
	other_log(3);
	test_now += 100;
	expect_why(p, 0, VERDICT_STATUS_UNKNOWN, CRED_ERR_CHECKPOINT_SPLIT);
	publication_close(p);

	p = fixture_open(f, NULL, false);
	expect_why(p, 0, VERDICT_STATUS_UNKNOWN, CRED_ERR_CHECKPOINT_SPLIT);
	publication_close(p);
}

static void
split_of_larger_size(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 260);
	p = fixture_open(f, NULL, false);
	expect(p, 259, VERDICT_VALID);
	publication_close(p);
	other_log(530);
	p = fixture_open(f, NULL, false);
	expect_why(p, 300, VERDICT_STATUS_UNKNOWN, CRED_ERR_CHECKPOINT_SPLIT);
	publication_close(p);
}

static void
tampered_checkpoint(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 3);
	file_flip(f->pub, BODY "/log/checkpoint", -3);
	p = fixture_open(f, NULL, false);
	assert_int_equal(fixture_ask(f, p, 0, NULL), VERDICT_STATUS_UNKNOWN);
	publication_close(p);
}

static void
tampered_tile(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 300);
	file_flip(f->pub, BODY "/log/tile/0/000", 32 * 7);
	p = fixture_open(f, NULL, false);
	expect_why(p, 7, VERDICT_STATUS_UNKNOWN, CRED_ERR_TLOG_PROOF);
	expect_why(p, 8, VERDICT_STATUS_UNKNOWN, CRED_ERR_TLOG_PROOF);
	assert_true(fixture_noted(f, "TLOG_PROOF"));
	file_flip(f->pub, BODY "/log/tile/0/000", 32 * 7);
	expect(p, 7, VERDICT_VALID); /* repaired: no bad tile is remembered */
	publication_close(p);
}

static void
tampered_entry(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 300);
	file_flip(f->pub, BODY "/log/tile/entries/000", 34 * 7 + 2);
	p = fixture_open(f, NULL, false);
	expect_why(p, 7, VERDICT_STATUS_UNKNOWN, CRED_ERR_TLOG_PROOF);
	expect(p, 8, VERDICT_VALID); /* its own entry is proven */
	publication_close(p);
}

static void
missing_tile(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 300);
	file_drop(f->pub, BODY "/log/tile/0/000");
	p = fixture_open(f, NULL, false);
	expect_why(p, 7, VERDICT_STATUS_UNKNOWN, CRED_ERR_TLOG_MISSING);
	publication_close(p);
}

/* Index 2 of this log is another certificate than the one shown. */
static void
not_logged(void **state)
{
	char keep[CRED_MAX_TEXT];
	struct publication *p;

	(void)state;
	fixture_start(f, 3);
	strcpy(keep, f->texts[2]);
	other_log(3);
	strcpy(f->texts[2], keep);
	p = fixture_open(f, NULL, false);
	expect_why(p, 2, VERDICT_NOT_LOGGED, CRED_ERR_TLOG_OTHER);
	expect(p, 1, VERDICT_VALID);
	expect_why(p, 2, VERDICT_NOT_LOGGED, CRED_ERR_TLOG_OTHER);
	publication_close(p);
}

static void
older_crl(void **state)
{
	struct publication *p;
	struct publication_state s;

	(void)state;
	fixture_start(f, 1);
	dir_copy(path_of("pub/trust"), path_of("oldtrust"));
	fixture_publish_trust(f);
	p = fixture_open(f, NULL, false);
	expect(p, 0, VERDICT_VALID);
	dir_copy(path_of("oldtrust"), path_of("pub/trust"));
	test_now += 100;
	expect(p, 0, VERDICT_VALID); /* the newer one is still at hand */
	assert_true(fixture_noted(f, "CRL_OLDER"));
	publication_close(p);

	p = fixture_open(f, NULL, false);
	expect_why(p, 0, VERDICT_STATUS_UNKNOWN, CRED_ERR_CRL_OLDER);
	publication_state(p, &s);
	assert_int_equal(s.crl.why, CRED_ERR_CRL_OLDER);
	publication_close(p);
}

static void
tampered_crl(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 1);
	file_flip(f->pub, "trust/authority.crl", 200);
	p = fixture_open(f, NULL, false);
	assert_int_equal(fixture_ask(f, p, 0, NULL), VERDICT_STATUS_UNKNOWN);
	assert_true(fixture_noted(f, "authority.crl"));
	publication_close(p);
}

static void
missing_crl(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 1);
	file_drop(f->pub, "trust/authority.crl");
	p = fixture_open(f, NULL, false);
	expect_why(p, 0, VERDICT_STATUS_UNKNOWN, CRED_ERR_CRL_MISSING);
	publication_close(p);
}

static void
another_anchor_is_named(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 1);
	file_flip(f->pub, "trust/anchor.pem", 100);
	p = fixture_open(f, NULL, false);
	expect(p, 0, VERDICT_VALID);
	assert_true(fixture_noted(f, "trust/anchor.pem"));
	publication_close(p);
}

static void
no_trust_list(void **state)
{
	struct publication *p;
	struct publication_state s;
	struct verdict v;

	(void)state;
	fixture_start(f, 1);
	file_drop(f->pub, "trust/bodies.pem");
	p = fixture_open(f, NULL, false);
	assert_int_equal(fixture_ask(f, p, 0, &v), VERDICT_STATUS_UNKNOWN);
	assert_int_equal(v.reason, CRED_ERR_TRUST_MISSING);
	assert_false(v.show);
	publication_state(p, &s);
	assert_false(s.listed);
	publication_close(p);
}

static void
unknown_issuer(void **state)
{
	struct publication *p;
	struct why why;

	(void)state;
	fixture_start(f, 1);
	assert_int_equal(file_write(path_of("pub/trust/bodies.pem"),
			     bytes_str("\n"), 0644, &why),
	    CRED_OK);
	p = fixture_open(f, NULL, false);
	expect(p, 0, VERDICT_UNKNOWN_ISSUER);
	publication_close(p);
}

static void
bad_openings(void **state)
{
	struct publication_opts o = {.clock = test_clock};
	struct publication *p;
	struct why why = {{0}};
	uint8_t *pem;

	(void)state;
	fixture_start(f, 1);
	o.source = f->pub;
	assert_int_equal(publication_open(&o, &p, &why), CRED_FAULT_ANCHOR);
	o.anchor = bytes_str("nonsense");
	assert_int_equal(publication_open(&o, &p, &why), CRED_FAULT_ANCHOR);
	assert_int_equal(file_read(path_of("authority/anchor.pem"), 1 << 16,
			     &pem, &o.anchor.len, &why),
	    CRED_OK);
	o.anchor.ptr = pem;
	o.source = "ftp://a.example/";
	assert_int_equal(publication_open(&o, &p, &why), CRED_FAULT_CONFIG);
	o.source = "/dev/null/pub";
	assert_int_equal(publication_open(&o, &p, &why), CRED_FAULT_IO);
	o.source = path_of("authority/anchor.pem");
	assert_int_equal(publication_open(&o, &p, &why), CRED_FAULT_CONFIG);
	o.source = f->pub;
	assert_int_equal(publication_open(&o, &p, &why), CRED_OK);
	publication_close(p);
	free(pem);
}

static void
damaged_memory(void **state)
{
	struct publication_opts o = {
	    .source = f->pub, .cache = f->cache, .clock = test_clock};
	struct publication *p;
	struct why why = {{0}};
	uint8_t *pem;

	(void)state;
	fixture_start(f, 1);
	publication_close(fixture_open(f, NULL, false));
	assert_int_equal(file_read(path_of("authority/anchor.pem"), 1 << 16,
			     &pem, &o.anchor.len, &why),
	    CRED_OK);
	o.anchor.ptr = pem;
	uint8_t h[32];
	char name[64];
	trust_sha256(h, o.anchor, (struct bytes){0});
	snprintf(name, sizeof name,
	    "cache/%02x%02x%02x%02x%02x%02x%02x%02x/seen.json", h[0], h[1],
	    h[2], h[3], h[4], h[5], h[6], h[7]);
	assert_int_equal(
	    file_write(path_of(name), bytes_str("{\"crl\":"), 0600, &why),
	    CRED_OK);
	assert_int_equal(publication_open(&o, &p, &why), CRED_FAULT_IO);
	assert_non_null(strstr(why.text, "seen.json"));
	free(pem);
}

static void
withdrawn(void **state)
{
	struct publication *p;

	(void)state;
	fixture_start(f, 5);
	p = fixture_open(f, NULL, false);
	expect(p, 4, VERDICT_VALID);
	test_now += 100;
	fixture_withdraw(f, 3);
	expect(p, 2, VERDICT_VALID);
	expect(p, 3, VERDICT_ISSUER_WITHDRAWN);
	expect(p, 4, VERDICT_ISSUER_WITHDRAWN);
	publication_close(p);
}

static void
over_http(void **state)
{
	struct publication *p;
	struct httpd *h;
	unsigned asked;
	char url[64];

	(void)state;
	fixture_start(f, 300);
	h = httpd_start(f->pub, url);
	p = fixture_open(f, url, false);
	expect(p, 7, VERDICT_VALID);
	asked = httpd_requests(h);
	for (size_t i = 0; i < 256; i++)
		expect(p, i, VERDICT_VALID);
	/* the whole bundle was proven at once */
	assert_int_equal(httpd_requests(h), asked);
	expect(p, 299, VERDICT_VALID);
	httpd_mode(h, HTTPD_500);
	test_now += 100;
	expect(p, 299, VERDICT_VALID); /* with what is at hand */
	assert_true(fixture_noted(f, "500"));
	publication_close(p);

	p = fixture_open(f, url, false); /* with the copies */
	expect(p, 7, VERDICT_VALID);
	expect(p, 299, VERDICT_VALID);
	publication_close(p);
	asked = httpd_requests(h);
	p = fixture_open(f, url, true);
	expect(p, 7, VERDICT_VALID);
	assert_int_equal(httpd_requests(h), asked);
	publication_close(p);
	httpd_stop(h);

	p = fixture_open(f, url, false); /* nobody there */
	expect(p, 299, VERDICT_VALID);
	publication_close(p);
}

static void
bad_answers(void **state)
{
	static const enum httpd_mode modes[] = {
	    HTTPD_500, HTTPD_REDIRECT, HTTPD_HUGE, HTTPD_CUT};
	char url[64];
	struct httpd *h;

	(void)state;
	fixture_start(f, 3);
	h = httpd_start(f->pub, url);
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		struct publication *p;
		struct publication_state s;
		httpd_mode(h, modes[i]);
		p = fixture_open(f, url, false);
		expect_why(
		    p, 0, VERDICT_STATUS_UNKNOWN, CRED_ERR_TRUST_MISSING);
		publication_state(p, &s);
		assert_true(s.trouble[0] != '\0');
		httpd_mode(h, HTTPD_OK);
		test_now += 20;
		expect(p, 0, VERDICT_VALID); /* asked again later */
		publication_close(p);
		dir_remove(f->cache);
	}
	assert_true(fixture_noted(f, "redirect"));
	httpd_stop(h);
}

/* A copy that somebody changed is as little believed as the source. */
static void
tampered_copies(void **state)
{
	static const char *const files[] = {"trust/authority.crl",
	    BODY "/status/0", BODY "/log/checkpoint", BODY "/log/tile/0/000",
	    BODY "/log/tile/entries/000"};
	struct publication *p;
	struct httpd *h;
	char url[64], dir[64];
	uint8_t *pem, sha[32];
	size_t len;
	struct why why;

	(void)state;
	fixture_start(f, 300);
	h = httpd_start(f->pub, url);
	p = fixture_open(f, url, false);
	expect(p, 7, VERDICT_VALID);
	publication_close(p);
	assert_int_equal(file_read(path_of("authority/anchor.pem"), 1 << 16,
			     &pem, &len, &why),
	    CRED_OK);
	trust_sha256(sha, bytes_of(pem, len), (struct bytes){0});
	free(pem);
	snprintf(dir, sizeof dir, "cache/%02x%02x%02x%02x%02x%02x%02x%02x",
	    sha[0], sha[1], sha[2], sha[3], sha[4], sha[5], sha[6], sha[7]);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		file_flip(path_of(dir), files[i], 40);
		p = fixture_open(f, url, true);
		assert_int_equal(
		    fixture_ask(f, p, 1, NULL), VERDICT_STATUS_UNKNOWN);
		publication_close(p);
		p = fixture_open(f, url, false); /* the source heals it */
		expect(p, 1, VERDICT_VALID);
		publication_close(p);
		p = fixture_open(f, url, true);
		expect(p, 1, VERDICT_VALID);
		publication_close(p);
	}
	httpd_stop(h);
}

static void
put(const char *name, const void *data, size_t len)
{
	struct why why;

	assert_int_equal(
	    file_write(path_of(name), bytes_of(data, len), 0644, &why),
	    CRED_OK);
}

/*
 * A mirror that gives the proof one tile, and another when asked again: what
 * was not part of the proof is not proven. The mirror has a forged credential,
 * by a stolen key, in its bundle of entries.
 */
static void
a_mirror_that_changes_its_mind(void **state)
{
	static const char tile[] = "pub/" BODY "/log/tile/0/000";
	static const char bundle[] = "pub/" BODY "/log/tile/entries/000";
	uint8_t cose[CRED_MAX_BYTES], *good, *entries, entry[TLOG_ENTRY_LEN];
	struct outbuf out = {cose, sizeof cose, 0};
	char forged[CRED_MAX_TEXT], url[64], name[128];
	struct tlog_hash leaf;
	struct qrtext qr;
	struct publication *p;
	struct httpd *h;
	struct why why;
	size_t n, m;

	(void)state;
	fixture_start(f, 300);
	strcpy(forged, f->texts[9]);
	other_log(300); /* where another stands at index 9 */
	strcpy(f->texts[9], forged);
	assert_int_equal(qrtext_parse(bytes_str(forged), &qr), CRED_OK);
	assert_int_equal(digits_decode(qr.digits, &out), CRED_OK);
	trust_sha256(entry, bytes_of(cose, out.len), (struct bytes){0});
	assert_int_equal(
	    file_read(path_of(bundle), 1 << 16, &entries, &n, &why), CRED_OK);
	memcpy(entries + 34 * 9 + 2, entry, sizeof entry);
	put(bundle, entries, n);
	assert_int_equal(
	    file_read(path_of(tile), 1 << 16, &good, &m, &why), CRED_OK);
	tlog_leaf(trust_sha256, bytes_of(entry, sizeof entry), &leaf);
	memcpy(entries, good, m);
	snprintf(name, sizeof name, "%s.1", tile);
	entries[0] ^= 1; /* refused: past the copies it is asked again */
	put(name, entries, m);
	entries[0] ^= 1;
	memcpy(entries + 32 * 9, leaf.b, 32);
	for (int i = 3; i < 12; i++) {
		snprintf(name, sizeof name, "%s.%d", tile, i);
		put(name, entries, m);
	}
	h = httpd_start(f->pub, url);
	httpd_watch(h, "/" BODY "/log/tile/0/000");
	p = fixture_open(f, url, false);
	expect(p, 7, VERDICT_VALID);
	expect_why(p, 9, VERDICT_STATUS_UNKNOWN, CRED_ERR_TLOG_PROOF);
	publication_close(p);
	httpd_stop(h);
	free(entries);
	free(good);
}

static void *
ask_often(void *arg)
{
	struct publication *p = arg;

	for (size_t i = 0; i < 300; i++) {
		struct verify_opts o = {.now = test_now};
		struct publication_hold h;
		struct verification x;
		struct why why;
		enum cred_err e = publication_hold(p, &h, &why);
		if (e == CRED_OK)
			e = publication_verify(
			    &h, bytes_str(f->texts[i * 7 % 300]), &o, &x);
		if (e != CRED_OK || x.verdict.status != VERDICT_VALID)
			return p;
		publication_release(&h);
	}
	return NULL;
}

static int64_t
running_clock(void)
{
	static _Atomic int64_t n;

	return T0 + n++ / 4; /* refreshes come often */
}

static void
from_threads(void **state)
{
	struct publication_opts o = {.source = f->pub,
	    .cache = f->cache,
	    .refresh_s = 5,
	    .clock = running_clock};
	struct publication *p;
	pthread_t t[4];
	uint8_t *pem;
	struct why why;

	(void)state;
	fixture_start(f, 300);
	assert_int_equal(file_read(path_of("authority/anchor.pem"), 1 << 16,
			     &pem, &o.anchor.len, &why),
	    CRED_OK);
	o.anchor.ptr = pem;
	assert_int_equal(publication_open(&o, &p, &why), CRED_OK);
	free(pem);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, ask_often, p), 0);
	for (size_t i = 0; i < 4; i++) {
		void *bad;
		pthread_join(t[i], &bad);
		assert_null(bad);
	}
	publication_close(p);
}

int
main(void)
{
	/* last: it withdraws the body for good */
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(folder),
	    cmocka_unit_test(log_of_600),
	    cmocka_unit_test(revoked_after_refresh),
	    cmocka_unit_test(older_status),
	    cmocka_unit_test(status_from_the_future),
	    cmocka_unit_test(a_crash_forgets_nothing),
	    cmocka_unit_test(another_anchor_file_forgets_nothing),
	    cmocka_unit_test(memory_that_cannot_be_written_is_said),
	    cmocka_unit_test(expired_status),
	    cmocka_unit_test(tampered_status),
	    cmocka_unit_test(missing_status_and_log),
	    cmocka_unit_test(log_grows),
	    cmocka_unit_test(beyond_log),
	    cmocka_unit_test(older_checkpoint),
	    cmocka_unit_test(split_of_equal_size),
	    cmocka_unit_test(split_of_larger_size),
	    cmocka_unit_test(tampered_checkpoint),
	    cmocka_unit_test(tampered_tile),
	    cmocka_unit_test(tampered_entry),
	    cmocka_unit_test(missing_tile),
	    cmocka_unit_test(not_logged),
	    cmocka_unit_test(older_crl),
	    cmocka_unit_test(tampered_crl),
	    cmocka_unit_test(missing_crl),
	    cmocka_unit_test(another_anchor_is_named),
	    cmocka_unit_test(no_trust_list),
	    cmocka_unit_test(unknown_issuer),
	    cmocka_unit_test(bad_openings),
	    cmocka_unit_test(damaged_memory),
	    cmocka_unit_test(over_http),
	    cmocka_unit_test(bad_answers),
	    cmocka_unit_test(tampered_copies),
	    cmocka_unit_test(a_mirror_that_changes_its_mind),
	    cmocka_unit_test(from_threads),
	    cmocka_unit_test(withdrawn),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
