#include "publication_case.h"

/* Where copies are kept: below the cache, by the anchor. */
static void
cache_dir(char out[static 64])
{
	uint8_t *pem, sha[32];
	struct why why;
	size_t len;

	assert_int_equal(file_read(path_of("authority/anchor.pem"), 1 << 16,
			     &pem, &len, &why),
	    CRED_OK);
	trust_sha256(sha, bytes_of(pem, len), (struct bytes){0});
	free(pem);
	snprintf(out, 64, "cache/%02x%02x%02x%02x%02x%02x%02x%02x", sha[0],
	    sha[1], sha[2], sha[3], sha[4], sha[5], sha[6], sha[7]);
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

/* Of files that are kept, only what has changed is fetched again. */
static void
unchanged(void **state)
{
	struct publication *p;
	unsigned before, asked;
	struct httpd *h;
	char url[64], dir[64];

	(void)state;
	fixture_start(f, 300);
	h = httpd_start(f->pub, url);
	p = fixture_open(f, url, false);
	expect(p, 7, VERDICT_VALID);
	assert_int_equal(httpd_unchanged(h), 0);
	test_now += 400;
	asked = httpd_requests(h);
	expect(p, 7, VERDICT_VALID);
	/* bodies, CRL, list, checkpoint; of the anchor no copy is kept */
	assert_int_equal(httpd_requests(h) - asked, 5);
	assert_int_equal(httpd_unchanged(h), 4);

	before = httpd_unchanged(h);
	fixture_publish_status(f, 0, 7, STATUS_REVOKED);
	test_now += 400;
	expect(p, 7, VERDICT_REVOKED);
	assert_int_equal(httpd_unchanged(h) - before, 3);

	/* a copy that is not what came under its ETag is fetched anew */
	before = httpd_unchanged(h);
	cache_dir(dir);
	file_flip(path_of(dir), BODY "/status/0", 40);
	test_now += 400;
	expect(p, 7, VERDICT_REVOKED);
	assert_int_equal(httpd_unchanged(h) - before, 3);
	publication_close(p);
	httpd_stop(h);
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

	(void)state;
	fixture_start(f, 300);
	h = httpd_start(f->pub, url);
	p = fixture_open(f, url, false);
	expect(p, 7, VERDICT_VALID);
	publication_close(p);
	cache_dir(dir);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(over_http),
	    cmocka_unit_test(unchanged),
	    cmocka_unit_test(bad_answers),
	    cmocka_unit_test(tampered_copies),
	    cmocka_unit_test(a_mirror_that_changes_its_mind),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
