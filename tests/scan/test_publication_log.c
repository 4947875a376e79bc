#include "publication_case.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(log_of_600),
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
	};

	return cmocka_run_group_tests(tests, start, stop);
}
