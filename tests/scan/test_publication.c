#include "publication_case.h"

#include <pthread.h>

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
a_comment_makes_no_other_anchor(void **state)
{
	struct publication *p;
	uint8_t *pem, *longer;
	struct why why;
	size_t len;
	char *path;

	(void)state;
	fixture_start(f, 1);
	path = file_join(f->pub, "trust/anchor.pem");
	assert_int_equal(file_read(path, 1 << 16, &pem, &len, &why), CRED_OK);
	longer = malloc(len + 9);
	assert_non_null(longer);
	memcpy(longer, "# office\n", 9);
	memcpy(longer + 9, pem, len);
	assert_int_equal(
	    file_write(path, bytes_of(longer, len + 9), 0644, &why), CRED_OK);
	p = fixture_open(f, NULL, false);
	expect(p, 0, VERDICT_VALID);
	assert_false(fixture_noted(f, "trust/anchor.pem"));
	publication_close(p);
	free(longer);
	free(pem);
	free(path);
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
	o.source = "http://li:secret@127.0.0.1:1/";
	assert_int_equal(publication_open(&o, &p, &why), CRED_FAULT_CONFIG);
	assert_null(strstr(why.text, "secret"));
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
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(folder),
	    cmocka_unit_test(a_crash_forgets_nothing),
	    cmocka_unit_test(another_anchor_file_forgets_nothing),
	    cmocka_unit_test(memory_that_cannot_be_written_is_said),
	    cmocka_unit_test(older_crl),
	    cmocka_unit_test(tampered_crl),
	    cmocka_unit_test(missing_crl),
	    cmocka_unit_test(another_anchor_is_named),
	    cmocka_unit_test(a_comment_makes_no_other_anchor),
	    cmocka_unit_test(no_trust_list),
	    cmocka_unit_test(unknown_issuer),
	    cmocka_unit_test(bad_openings),
	    cmocka_unit_test(damaged_memory),
	    cmocka_unit_test(from_threads),
	    cmocka_unit_test(withdrawn),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
