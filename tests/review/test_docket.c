#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "desk_fixture.h"

static struct why why;

static int
begin(void **state)
{
	struct deskdb *d = NULL;

	make_dir();
	assert_int_equal(deskdb_open(dir, &d, &why), CRED_OK);
	*state = d;
	return 0;
}

static int
end(void **state)
{
	deskdb_close(*state);
	return drop_dir();
}

static void
once_by_its_bytes(void **state)
{
	const uint8_t one[32] = {1}, two[32] = {2};
	int64_t a, b, c;
	struct sheet s;
	bool already, found;

	assert_int_equal(
	    docket_add(*state, one, "a.csv", "wang", NOW, &a, &already, &why),
	    CRED_OK);
	assert_false(already);
	assert_int_equal(
	    docket_add(*state, one, "b.csv", "li", NOW + 9, &b, &already, &why),
	    CRED_OK);
	assert_true(already);
	assert_int_equal(a, b);
	assert_int_equal(
	    docket_add(*state, two, "a.csv", "li", NOW + 9, &c, &already, &why),
	    CRED_OK);
	assert_false(already);
	assert_int_not_equal(a, c);
	assert_int_equal(docket_sheet(*state, a, &s, &found, &why), CRED_OK);
	assert_true(found);
	assert_string_equal(s.name, "a.csv");
	assert_string_equal(s.by, "wang");
	assert_int_equal(s.at, NOW);
	assert_int_equal(s.state, SHEET_WAITING);
	assert_int_equal(docket_review_fail(*state, a, "x", &why), CRED_OK);
	assert_int_equal(
	    docket_add(*state, one, "b.csv", "li", NOW + 9, &b, &already, &why),
	    CRED_OK);
	assert_false(already);
	assert_int_equal(a, b);
	assert_int_equal(docket_sheet(*state, a, &s, &found, &why), CRED_OK);
	assert_int_equal(s.state, SHEET_WAITING);
	assert_string_equal(s.why, "");
	assert_int_equal(docket_sheet(*state, 99, &s, &found, &why), CRED_OK);
	assert_false(found);
}

static struct line
line_of(int64_t sheet, uint32_t row, enum review_verdict v, const char *codes)
{
	struct line l = {.sheet = sheet,
	    .row = row,
	    .claim = row == 2 ? "A%_" : "A1",
	    .verdict = v,
	    .codes = codes,
	    .reasons_zh = "C05 一\nC06 二",
	    .reasons_en = "C05 one",
	    .body = "",
	    .institution = "",
	    .fen = 100,
	    .certificate = "",
	    .by = "",
	    .note = ""};

	for (int c = 0; c < N_CLAIM_COLUMNS; c++)
		l.cells[c] = c == CLAIM_NAME ? "王\"明\\\n" : "";
	l.content[0] = (uint8_t)row;
	return l;
}

static int64_t
three_lines(struct deskdb *d)
{
	const uint8_t hash[32] = {7};
	const struct {
		enum review_verdict v;
		const char *codes;
	} all[] = {
	    {REVIEW_PASS, ""}, {REVIEW_WARN, "C05"}, {REVIEW_FAIL, "C05 C15"}};
	int64_t id;
	bool already;

	assert_int_equal(
	    docket_add(d, hash, "a", "wang", NOW, &id, &already, &why),
	    CRED_OK);
	assert_int_equal(docket_review_begin(d, id, &why), CRED_OK);
	for (uint32_t i = 0; i < 3; i++) {
		struct line l = line_of(id, i + 2, all[i].v, all[i].codes);
		assert_int_equal(docket_line_put(d, &l, &why), CRED_OK);
	}
	return id;
}

static uint32_t
count(struct deskdb *d, struct docket_filter f)
{
	uint32_t n = 99;

	assert_int_equal(docket_count(d, &f, &n, &why), CRED_OK);
	return n;
}

static void
filtered(void **state)
{
	struct deskdb *d = *state;
	int64_t id = three_lines(d);
	struct docket_filter any = {.sheet = id, .verdict = -1, .state = -1},
			     f = any;

	assert_int_equal(count(d, any), 3);
	f.verdict = REVIEW_FAIL;
	assert_int_equal(count(d, f), 1);
	f = any;
	f.code = "C05";
	assert_int_equal(count(d, f), 2);
	f.code = "C1"; /* no beginning of a code */
	assert_int_equal(count(d, f), 0);
	f = any;
	f.claim = "A%"; /* itself, no pattern */
	assert_int_equal(count(d, f), 1);
	f.claim = "a";
	assert_int_equal(count(d, f), 0);
	f = any;
	f.after = 3;
	assert_int_equal(count(d, f), 1);
	f = any;
	f.sheet = id + 1;
	assert_int_equal(count(d, f), 0);
}

static void
copied_whole(void **state)
{
	struct deskdb *d = *state;
	int64_t id = three_lines(d);
	struct line *l = NULL;

	assert_int_equal(docket_line_get(d, id, 2, &l, &why), CRED_OK);
	assert_non_null(l);
	assert_string_equal(l->claim, "A%_");
	assert_string_equal(l->reasons_zh, "C05 一\nC06 二");
	assert_string_equal(l->cells[CLAIM_NAME], "王\"明\\\n");
	assert_string_equal(l->cells[CLAIM_PHONE], "");
	assert_int_equal(l->content[0], 2);
	docket_line_free(l);
	assert_int_equal(docket_line_get(d, id, 9, &l, &why), CRED_OK);
	assert_null(l);
	docket_line_free(l);
}

/* Of two who swap, one does. */
static void
swapped_once(void **state)
{
	struct deskdb *d = *state;
	int64_t id = three_lines(d);
	bool done;

	assert_int_equal(docket_line_swap(d, id, 2, LINE_OPEN, LINE_REFUSED,
			     "wang", NOW, "no", &done, &why),
	    CRED_OK);
	assert_true(done);
	assert_int_equal(docket_line_swap(d, id, 2, LINE_OPEN, LINE_REFUSED,
			     "li", NOW, "no", &done, &why),
	    CRED_OK);
	assert_false(done);
}

/* What was interrupted comes first, and begins without rows. */
static void
jobs_in_order(void **state)
{
	struct deskdb *d = *state;
	int64_t id = three_lines(d), other;
	const uint8_t hash[32] = {9};
	struct docket_filter f = {.sheet = id, .verdict = -1, .state = -1};
	struct bulk b = {.sheet = id, .act = 1, .by = "wang", .at = NOW};
	struct docket_job job;
	uint8_t none[32] = {0};
	bool already;

	assert_int_equal(
	    docket_add(d, hash, "b", "li", NOW, &other, &already, &why),
	    CRED_OK);
	assert_int_equal(docket_bulk_add(d, &b, &why), CRED_OK);
	assert_int_equal(docket_bulk_add(d, &b, &why), CRED_FAULT_CONFLICT);
	assert_int_equal(docket_next(d, &job, &why), CRED_OK);
	assert_int_equal(job.what, JOB_REVIEW);
	assert_int_equal(job.sheet, id); /* it had begun */
	assert_int_equal(docket_review_begin(d, id, &why), CRED_OK);
	assert_int_equal(count(d, f), 0);
	assert_int_equal(
	    docket_review_end(d, id, NOW, "v", LOOKED_LEDGER, none, none, &why), CRED_OK);
	assert_int_equal(docket_next(d, &job, &why), CRED_OK);
	assert_int_equal(job.sheet, other);
	assert_int_equal(
	    docket_review_fail(d, other, "not a table", &why), CRED_OK);
	assert_int_equal(docket_next(d, &job, &why), CRED_OK);
	assert_int_equal(job.what, JOB_BULK);
	job.bulk.state = BULK_DONE;
	assert_int_equal(docket_bulk_put(d, &job.bulk, &why), CRED_OK);
	assert_int_equal(docket_next(d, &job, &why), CRED_OK);
	assert_int_equal(job.what, JOB_NONE);
	assert_int_equal(docket_bulk_add(d, &b, &why), CRED_OK);
}

static void
put_three(struct deskdb *d, int64_t id, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct line l = line_of(id, i + 2, REVIEW_PASS, "");
		assert_int_equal(docket_line_put(d, &l, &why), CRED_OK);
	}
}

static void
is_decided(struct deskdb *d, int64_t id, uint32_t row, int state,
    const char *by, int64_t at, const char *note)
{
	struct line *l = NULL;

	assert_int_equal(docket_line_get(d, id, row, &l, &why), CRED_OK);
	assert_non_null(l);
	assert_int_equal(l->state, state);
	assert_string_equal(l->by, by);
	assert_int_equal(l->at, at);
	assert_string_equal(l->note, note);
	docket_line_free(l);
}

static void
end_review(struct deskdb *d, int64_t id)
{
	const uint8_t none[32] = {0};

	assert_int_equal(
	    docket_review_end(d, id, NOW, "v", LOOKED_LEDGER, none, none, &why),
	    CRED_OK);
}

/* Row 2 booked, row 3 refused, row 4 open. */
static int64_t
three_decided(struct deskdb *d)
{
	int64_t id = three_lines(d);
	bool done;

	end_review(d, id);
	assert_int_equal(
	    docket_line_state(d, id, 2, LEDGER_BOOKED, "li", NOW + 1, "", &why),
	    CRED_OK);
	assert_int_equal(docket_line_swap(d, id, 3, LINE_OPEN, LINE_REFUSED,
			     "wang", NOW + 2, "not his", &done, &why),
	    CRED_OK);
	assert_true(done);
	return id;
}

static bool
again(struct deskdb *d, int64_t id)
{
	bool done = false;

	assert_int_equal(docket_review_again(d, id, &done, &why), CRED_OK);
	return done;
}

static void
decided_stays_decided(void **state)
{
	struct deskdb *d = *state;
	int64_t id = three_decided(d);
	struct docket_job job;
	struct line *l = NULL;

	assert_true(again(d, id));
	assert_false(again(d, id)); /* it waits already */
	assert_int_equal(docket_next(d, &job, &why), CRED_OK);
	assert_int_equal(job.what, JOB_REVIEW);
	assert_int_equal(job.sheet, id);
	assert_int_equal(docket_review_begin(d, id, &why), CRED_OK);
	assert_int_equal(docket_line_get(d, id, 2, &l, &why), CRED_OK);
	assert_null(l);
	put_three(d, id, 3);
	end_review(d, id);
	is_decided(d, id, 2, LEDGER_BOOKED, "li", NOW + 1, "");
	is_decided(d, id, 3, LINE_REFUSED, "wang", NOW + 2, "not his");
	is_decided(d, id, 4, LINE_OPEN, "", 0, "");
}

/* Killed twice, between no rows and one; what was decided on a row that had
 * come back is what counts, and nothing is kept for a third review. */
static void
decided_through_interruptions(void **state)
{
	struct deskdb *d = *state;
	int64_t id = three_decided(d), last;
	bool done, busy;

	assert_true(again(d, id));
	assert_int_equal(docket_review_begin(d, id, &why), CRED_OK);
	deskdb_close(d);
	assert_int_equal(deskdb_open(dir, &d, &why), CRED_OK);
	*state = d;
	assert_int_equal(docket_review_begin(d, id, &why), CRED_OK);
	put_three(d, id, 2);
	assert_int_equal(docket_line_swap(d, id, 3, LINE_REFUSED, LINE_OPEN,
			     "zhao", NOW + 3, "it is", &done, &why),
	    CRED_OK);
	assert_true(done);
	assert_int_equal(docket_review_begin(d, id, &why), CRED_OK);
	put_three(d, id, 3);
	/* a fault of ours is no end: what waits for its rows is not pruned */
	assert_int_equal(docket_review_fail(d, id, "x", &why), CRED_OK);
	assert_int_equal(docket_last(d, id, &last, &busy, &why), CRED_OK);
	assert_true(busy);
	assert_true(again(d, id));
	assert_int_equal(docket_review_begin(d, id, &why), CRED_OK);
	put_three(d, id, 3);
	end_review(d, id);
	is_decided(d, id, 2, LEDGER_BOOKED, "li", NOW + 1, "");
	is_decided(d, id, 3, LINE_OPEN, "zhao", NOW + 3, "it is");
	assert_int_equal(docket_last(d, id, &last, &busy, &why), CRED_OK);
	assert_false(busy);
	assert_int_equal(docket_line_swap(d, id, 2, LEDGER_BOOKED, LINE_OPEN,
			     "", 0, "", &done, &why),
	    CRED_OK);
	assert_true(again(d, id));
	assert_int_equal(docket_review_begin(d, id, &why), CRED_OK);
	put_three(d, id, 3);
	is_decided(d, id, 2, LINE_OPEN, "", 0, "");
}

static void
not_again_beside_a_bulk_act(void **state)
{
	struct deskdb *d = *state;
	int64_t id = three_lines(d);
	struct bulk b = {.sheet = id, .act = 1, .by = "wang", .at = NOW};
	struct sheet s;
	bool found;

	assert_false(again(d, id)); /* it is under review */
	assert_false(again(d, id + 1));
	end_review(d, id);
	assert_int_equal(docket_bulk_add(d, &b, &why), CRED_OK);
	assert_false(again(d, id));
	assert_int_equal(docket_bulk_of(d, id, &b, &found, &why), CRED_OK);
	b.state = BULK_RUNNING;
	assert_int_equal(docket_bulk_put(d, &b, &why), CRED_OK);
	assert_false(again(d, id));
	assert_int_equal(docket_sheet(d, id, &s, &found, &why), CRED_OK);
	assert_int_equal(s.state, SHEET_REVIEWED);
	b.state = BULK_DONE;
	assert_int_equal(docket_bulk_put(d, &b, &why), CRED_OK);
	assert_true(again(d, id));
	assert_int_equal(docket_sheet(d, id, &s, &found, &why), CRED_OK);
	assert_int_equal(s.state, SHEET_WAITING);
}

/* Cells that were kept make the very row again. */
static void
row_again(void **state)
{
	char id[19], claim[16], path[128], text[2048];
	const char *cells[N_CLAIM_COLUMNS];
	struct claimfile *f = NULL, *g = NULL;
	const struct claim_row *row, *again;

	(void)state;
	cells_of(3, id, claim, cells);
	snprintf(text, sizeof text,
	    "申领编号,姓名,证件号码,证书种类,职业名称,职业编码,等级,申请日期,"
	    "金额,款项\n%s, 王某 "
	    ",%s,2,电工,6-31-01-03,四级,2026/7/15,900,预付\n",
	    claim, id);
	put_file("t.csv", text);
	snprintf(path, sizeof path, "%s/t.csv", dir);
	assert_int_equal(claimfile_open(path, &f, &why), CRED_OK);
	assert_int_equal(claimfile_next(f, &row, &why), CRED_OK);
	assert_int_equal(
	    claimfile_of_cells(row->cells, row->row, &g, &again, &why),
	    CRED_OK);
	assert_memory_equal(row->content, again->content, 32);
	assert_int_equal(again->row, 2);
	assert_string_equal(again->claim.name, "王某");
	assert_int_equal(again->claim.applied, row->claim.applied);
	assert_int_equal(again->claim.amount_fen, 90000);
	assert_int_equal(again->claim.part, PART_ADVANCE);
	claimfile_close(f);
	claimfile_close(g);
}

int
main(void)
{
#define ONE(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
	    ONE(once_by_its_bytes),
	    ONE(filtered),
	    ONE(copied_whole),
	    ONE(swapped_once),
	    ONE(jobs_in_order),
	    ONE(decided_stays_decided),
	    ONE(decided_through_interruptions),
	    ONE(not_again_beside_a_bulk_act),
	    ONE(row_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
