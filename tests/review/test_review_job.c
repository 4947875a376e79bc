#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "desk_fixture.h"
#include "edge/file.h"
#include "verifier/review_job.h"

#define ROWS 40

static struct why why;
static char spec[128], rules[128];
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static struct publication *no_publication;
static struct review_job_opts opts;
static struct review_jobs *jobs;
static struct deskdb *db;
static int64_t sheet;

static void
upload(const char *text)
{
	uint8_t sha256[32];
	size_t len = 0;
	bool already;
	char *path;

	assert_int_equal(EVP_Q_digest(NULL, "SHA256", NULL, text, strlen(text),
			     sha256, &len),
	    1);
	path = review_table_path(dir, sha256, "");
	assert_int_equal(
	    file_write(path, bytes_str(text), 0600, &why), CRED_OK);
	free(path);
	assert_int_equal(docket_add(db, sha256, "t.csv", "wang", NOW, &sheet,
			     &already, &why),
	    CRED_OK);
}

static void
upload_rows(void)
{
	char *text = malloc(65536), id[19], claim[16];
	const char *cells[N_CLAIM_COLUMNS];
	size_t n;

	assert_non_null(text);
	n = (size_t)sprintf(text, "申领编号,姓名,证件号码,证书种类,职业名称,"
				  "职业编码,等级,申请日期,金额,款项\n");
	for (unsigned i = 0; i < ROWS; i++) {
		cells_of(i, id, claim, cells);
		n += (size_t)sprintf(text + n,
		    "%s,王某,%s,2,电工,6-31-01-03,四级,2026-07-15,%d,预付\n",
		    claim, id, i == 7 ? 901 : 900);
	}
	upload(text);
	free(text);
}

static int
begin(void **state)
{
	char tables[128];

	(void)state;
	make_dir();
	snprintf(spec, sizeof spec, "sqlite:%s/registry.db", dir);
	snprintf(rules, sizeof rules, "%s/rules.ini", dir);
	snprintf(tables, sizeof tables, "%s/tables", dir);
	assert_int_equal(file_mkdirs(tables, 0700, &why), CRED_OK);
	opts = (struct review_job_opts){.home = dir,
	    .registry = spec,
	    .office = {.home = dir, .rules = rules, .region = ""},
	    .pub_lock = &lock,
	    .pub = &no_publication};
	assert_int_equal(deskdb_open(dir, &db, &why), CRED_OK);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	deskdb_close(db);
	return drop_dir();
}

/* Starts, waits until nothing is left to do, stops. */
static void
run(void)
{
	const struct timespec step = {.tv_nsec = 10000000};
	struct docket_job job;

	if (review_jobs_start(&opts, &jobs, &why) != CRED_OK)
		fail_msg("%s", why.text);
	for (int i = 0; i < 6000; i++) {
		assert_int_equal(docket_next(db, &job, &why), CRED_OK);
		if (job.what == JOB_NONE)
			break;
		review_jobs_wake(jobs);
		nanosleep(&step, NULL);
	}
	assert_int_equal(job.what, JOB_NONE);
	review_jobs_stop(jobs);
}

static struct sheet
sheet_now(void)
{
	struct sheet s;
	bool found;

	assert_int_equal(docket_sheet(db, sheet, &s, &found, &why), CRED_OK);
	assert_true(found);
	return s;
}

static void
reviewed(void **state)
{
	struct sheet s;
	char *path;
	uint8_t *data, hash[32];
	size_t len, n = 0;

	(void)state;
	upload_rows();
	run();
	s = sheet_now();
	assert_int_equal(s.state, SHEET_REVIEWED);
	assert_int_equal(s.total, ROWS);
	assert_int_equal(s.verdicts[REVIEW_PASS], ROWS - 1);
	assert_int_equal(s.verdicts[REVIEW_FAIL], 1);
	assert_int_equal(s.fen[REVIEW_FAIL], 90100);
	assert_string_equal(s.rules, "test 1");
	path = review_table_path(dir, s.sha256, ".csv");
	assert_int_equal(file_read(path, 1 << 20, &data, &len, &why), CRED_OK);
	assert_int_equal(
	    EVP_Q_digest(NULL, "SHA256", NULL, data, len, hash, &n), 1);
	assert_memory_equal(hash, s.csv, 32);
	free(data);
	free(path);
}

/* Killed in the middle: rows are there, the state says under review. */
static void
begun_again(void **state)
{
	struct sheet s;
	char id[19], claim[16];
	struct line l = {.row = 2,
	    .claim = claim,
	    .codes = "C99",
	    .reasons_zh = "",
	    .reasons_en = "",
	    .body = "",
	    .institution = "",
	    .certificate = "",
	    .by = "",
	    .note = ""};

	(void)state;
	upload_rows();
	assert_int_equal(docket_review_begin(db, sheet, &why), CRED_OK);
	cells_of(0, id, claim, l.cells);
	l.sheet = sheet;
	assert_int_equal(docket_line_put(db, &l, &why), CRED_OK);
	run();
	s = sheet_now();
	assert_int_equal(s.state, SHEET_REVIEWED);
	assert_int_equal(
	    s.verdicts[0] + s.verdicts[1] + s.verdicts[2] + s.verdicts[3],
	    ROWS);
}

static void
not_a_table(void **state)
{
	struct sheet s;

	(void)state;
	upload("姓名,身份证号\n王某,1\n");
	run();
	s = sheet_now();
	assert_int_equal(s.state, SHEET_FAILED);
	assert_non_null(strstr(s.why, "t.csv"));
	assert_non_null(strstr(s.why, "申领编号"));
	assert_null(strstr(s.why, dir));
}

static void
wait_for(enum sheet_state state)
{
	const struct timespec step = {.tv_nsec = 10000000};

	for (int i = 0; i < 6000 && sheet_now().state != state; i++) {
		review_jobs_wake(jobs);
		nanosleep(&step, NULL);
	}
	assert_int_equal(sheet_now().state, state);
}

/* Our own files were bad for a while: the same table, given again, is reviewed.
 */
static void
a_fault_is_not_for_ever(void **state)
{
	int64_t first;

	(void)state;
	assert_int_equal(review_jobs_start(&opts, &jobs, &why), CRED_OK);
	put_file("rules.ini", "[from 2019-07-22]\nnonsense = 1\n");
	upload_rows();
	first = sheet;
	wait_for(SHEET_FAILED);
	assert_non_null(strstr(sheet_now().why, "nonsense"));
	put_file("rules.ini", GOOD_RULES);
	upload_rows();
	assert_int_equal(sheet, first);
	wait_for(SHEET_REVIEWED);
	assert_int_equal(sheet_now().verdicts[REVIEW_PASS], ROWS - 1);
	review_jobs_stop(jobs);
}

/* While a review waits for the publication, desk.db is everybody's. */
static void
others_write_meanwhile(void **state)
{
	unsigned caught = 0;
	struct sheet s;

	(void)state;
	upload_rows();
	assert_int_equal(review_jobs_start(&opts, &jobs, &why), CRED_OK);
	sqlite3_busy_timeout(db->db, 1000);
	do {
		pthread_rwlock_wrlock(&lock);
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
		s = sheet_now();
		caught += s.state == SHEET_REVIEWING && s.total == ROWS;
		upload("x\n");
		pthread_rwlock_unlock(&lock);
		sheet = s.id;
		nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
	} while (s.state < SHEET_REVIEWED);
	assert_true(caught > 0);
	review_jobs_stop(jobs);
}

/* The stored bytes are not those that were uploaded. */
static void
tampered(void **state)
{
	struct sheet s;
	char *path;

	(void)state;
	upload_rows();
	s = sheet_now();
	path = review_table_path(dir, s.sha256, "");
	assert_int_equal(truncate(path, 3000), 0);
	free(path);
	run();
	s = sheet_now();
	assert_int_equal(s.state, SHEET_FAILED);
}

static struct bulk
bulk_now(void)
{
	struct bulk b;
	bool found;

	assert_int_equal(docket_bulk_of(db, sheet, &b, &found, &why), CRED_OK);
	assert_true(found);
	return b;
}

static void
ask(enum decide_act act, const char *who)
{
	struct bulk b = {.sheet = sheet, .act = (int)act, .at = NOW};

	snprintf(b.by, sizeof b.by, "%s", who);
	assert_int_equal(docket_bulk_add(db, &b, &why), CRED_OK);
}

static void
all_at_once(void **state)
{
	struct bulk b;

	(void)state;
	upload_rows();
	run();
	ask(DECIDE_BOOK, "wang");
	run();
	b = bulk_now();
	assert_int_equal(b.state, BULK_DONE);
	assert_int_equal(b.made, ROWS - 1);
	ask(DECIDE_APPROVE, "wang"); /* 900 is above four_eyes_above */
	run();
	b = bulk_now();
	assert_int_equal(b.made, 0);
	assert_int_equal(b.refused, ROWS - 1);
	ask(DECIDE_APPROVE, "zhao");
	run();
	b = bulk_now();
	assert_int_equal(b.made, ROWS - 1);
}

/* No fault of ours, which would end the act for all rows behind it. */
static void
an_id_too_long_fails_alone(void **state)
{
	char text[1024], id[2][19], claim[16];
	const char *cells[N_CLAIM_COLUMNS];
	struct bulk b;

	(void)state;
	cells_of(0, id[0], claim, cells);
	cells_of(1, id[1], claim, cells);
	snprintf(text, sizeof text,
	    "申领编号,姓名,证件号码,证书种类,职业名称,职业编码,等级,申请日期,"
	    "金额,款项\n"
	    "%065d,王某,%s,2,电工,6-31-01-03,四级,2026-07-15,900,预付\n"
	    "%064d,王某,%s,2,电工,6-31-01-03,四级,2026-07-15,900,预付\n",
	    1, id[0], 1, id[1]);
	upload(text);
	run();
	assert_int_equal(sheet_now().verdicts[REVIEW_FAIL], 1);
	ask(DECIDE_BOOK, "wang");
	run();
	b = bulk_now();
	assert_string_equal(b.why, "");
	assert_int_equal(b.state, BULK_DONE);
	assert_int_equal(b.made, 1);
}

/* Two trainings of one person that overlap: the second row has a warning. */
static void
upload_two_of_one(void)
{
	char text[1024], id[19], claim[16];
	const char *cells[N_CLAIM_COLUMNS];

	cells_of(0, id, claim, cells);
	snprintf(text, sizeof text,
	    "申领编号,姓名,证件号码,证书种类,职业名称,职业编码,等级,申请日期,"
	    "金额,款项,培训起,培训止\n"
	    "M1,王某,%s,2,电工,6-31-01-03,四级,2026-07-15,900,预付,2026-06-01,"
	    "2026-07-01\n"
	    "M2,王某,%s,2,焊工,6-18-02-04,四级,2026-07-15,900,预付,2026-06-20,"
	    "2026-07-10\n",
	    id, id);
	upload(text);
}

static void
is_row(uint32_t row, enum review_verdict v, int state)
{
	struct line *l = NULL;

	assert_int_equal(docket_line_get(db, sheet, row, &l, &why), CRED_OK);
	assert_non_null(l);
	assert_int_equal(l->verdict, v);
	assert_int_equal(l->state, state);
	docket_line_free(l);
}

static void
review_again(void)
{
	bool done = false;

	assert_int_equal(docket_review_again(db, sheet, &done, &why), CRED_OK);
	assert_true(done);
	run();
	assert_int_equal(sheet_now().state, SHEET_REVIEWED);
}

/* What was booked from this very table says nothing against it, now or when
 * the review is interrupted. */
static void
booked_is_not_claimed_twice(void **state)
{
	struct bulk b = {
	    .act = DECIDE_BOOK, .by = "wang", .at = NOW, .warned = true};
	char text[1024], id[19], claim[16];
	const char *cells[N_CLAIM_COLUMNS];
	bool done;

	(void)state;
	upload_two_of_one();
	run();
	is_row(2, REVIEW_PASS, LINE_OPEN);
	is_row(3, REVIEW_WARN, LINE_OPEN);
	b.sheet = sheet;
	assert_int_equal(docket_bulk_add(db, &b, &why), CRED_OK);
	run();
	is_row(2, REVIEW_PASS, LEDGER_BOOKED);
	is_row(3, REVIEW_WARN, LEDGER_BOOKED);
	review_again();
	is_row(2, REVIEW_PASS, LEDGER_BOOKED);
	is_row(3, REVIEW_WARN, LEDGER_BOOKED);
	assert_int_equal(docket_review_again(db, sheet, &done, &why), CRED_OK);
	assert_int_equal(docket_review_begin(db, sheet, &why), CRED_OK);
	run();
	is_row(2, REVIEW_PASS, LEDGER_BOOKED);
	is_row(3, REVIEW_WARN, LEDGER_BOOKED);
	/* the same project under another number is claimed twice, as ever */
	cells_of(0, id, claim, cells);
	snprintf(text, sizeof text,
	    "申领编号,姓名,证件号码,证书种类,职业名称,职业编码,等级,申请日期,"
	    "金额,款项\n"
	    "N1,王某,%s,2,电工,6-31-01-03,四级,2026-07-15,900,预付\n",
	    id);
	upload(text);
	run();
	is_row(2, REVIEW_FAIL, LINE_OPEN);
}

static void
is_report(const char *end, const uint8_t want[static 32])
{
	uint8_t *data, hash[32];
	size_t len, n = 0;
	char *path = review_table_path(dir, sheet_now().sha256, end);

	assert_int_equal(file_read(path, 1 << 20, &data, &len, &why), CRED_OK);
	assert_int_equal(
	    EVP_Q_digest(NULL, "SHA256", NULL, data, len, hash, &n), 1);
	assert_memory_equal(hash, want, 32);
	free(data);
	free(path);
}

/* A second review that fails at its last row takes nothing away; nor does it
 * keep what was decided from the third. */
static void
a_second_that_fails(void **state)
{
	struct sheet s;
	uint8_t *table;
	char *path;
	size_t len;
	bool done;

	(void)state;
	upload_rows();
	run();
	s = sheet_now();
	assert_int_equal(docket_line_swap(db, sheet, 3, LINE_OPEN, LINE_REFUSED,
			     "wang", NOW, "not his", &done, &why),
	    CRED_OK);
	path = review_table_path(dir, s.sha256, "");
	assert_int_equal(file_read(path, 1 << 20, &table, &len, &why), CRED_OK);
	assert_int_equal(truncate(path, (off_t)len - 1), 0);
	assert_int_equal(docket_review_again(db, sheet, &done, &why), CRED_OK);
	run();
	assert_int_equal(sheet_now().state, SHEET_FAILED);
	is_report(".csv", s.csv);
	is_report(".xlsx", s.xlsx);
	assert_int_equal(
	    file_write(path, bytes_of(table, len), 0600, &why), CRED_OK);
	free(table);
	free(path);
	review_again();
	is_row(3, REVIEW_PASS, LINE_REFUSED);
	is_row(4, REVIEW_PASS, LINE_OPEN);
	assert_int_equal(sheet_now().verdicts[REVIEW_PASS], ROWS - 1);
	is_report(".csv", sheet_now().csv);
}

/* Ended in the middle and asked again from the first row: nothing twice. */
static void
gone_on_with(void **state)
{
	struct registry *r;
	uint64_t count = 0;
	uint8_t last[32];
	struct bulk b;
	int changed;
	sqlite3_stmt *st;
	enum cred_err e = CRED_OK;

	(void)state;
	upload_rows();
	run();
	ask(DECIDE_BOOK, "wang");
	run();
	/* as a power cut leaves it: the ledger has all, desk.db nothing */
	st = deskdb_prepare(db, "UPDATE line SET state = 0", &e, &why);
	assert_int_equal(deskdb_run(db, st, &changed, &why), CRED_OK);
	assert_int_equal(changed, ROWS);
	b = bulk_now();
	b.state = BULK_RUNNING;
	b.done = b.made = 0;
	assert_int_equal(docket_bulk_put(db, &b, &why), CRED_OK);
	run();
	b = bulk_now();
	assert_int_equal(b.state, BULK_DONE);
	assert_int_equal(b.made, 0);
	assert_int_equal(b.already, ROWS - 1);
	assert_int_equal(registry_open(spec, REGISTRY_READ, &r, &why), CRED_OK);
	assert_int_equal(registry_audit_verify(r, &count, last, &why), CRED_OK);
	assert_int_equal(count, ROWS - 1);
	registry_close(r);
}

static void
bad_rules_are_told_at_the_start(void **state)
{
	(void)state;
	put_file("rules.ini", "[from 2019-07-22]\nnonsense = 1\n");
	assert_int_not_equal(review_jobs_start(&opts, &jobs, &why), CRED_OK);
	assert_non_null(strstr(why.text, "nonsense"));
}

int
main(void)
{
#define ONE(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
	    ONE(reviewed),
	    ONE(begun_again),
	    ONE(not_a_table),
	    ONE(a_fault_is_not_for_ever),
	    ONE(others_write_meanwhile),
	    ONE(tampered),
	    ONE(all_at_once),
	    ONE(an_id_too_long_fails_alone),
	    ONE(booked_is_not_claimed_twice),
	    ONE(a_second_that_fails),
	    ONE(gone_on_with),
	    ONE(bad_rules_are_told_at_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
