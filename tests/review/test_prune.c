#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "desk_fixture.h"
#include "edge/file.h"
#include "verifier/prune.h"
#include "verifier/review_job.h"

#define DAY 86400

static struct why why;
static struct registry *ledger;
static struct deskdb *db;
static int64_t sheet;
static const uint8_t hash[32] = {7}, none[32];

static void
touch(const char *end)
{
	char *path = review_table_path(dir, hash, end);

	assert_int_equal(file_write(path, bytes_str("x"), 0600, &why), CRED_OK);
	free(path);
}

static bool
is_there(const char *end)
{
	char *path = review_table_path(dir, hash, end);
	bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}

static struct line
a_line(unsigned i, enum review_verdict verdict, char id[19], char claim[16])
{
	struct line l = {.sheet = sheet,
	    .row = i + 2,
	    .claim = claim,
	    .verdict = verdict,
	    .codes = "",
	    .reasons_zh = "",
	    .reasons_en = "",
	    .body = "",
	    .institution = "",
	    .certificate = "",
	    .by = "",
	    .note = ""};

	cells_of(i, id, claim, l.cells);
	l.content[0] = (uint8_t)i;
	return l;
}

static void
put_line(unsigned i, enum review_verdict verdict)
{
	char id[19], claim[16];
	struct line l = a_line(i, verdict, id, claim);

	assert_int_equal(docket_line_put(db, &l, &why), CRED_OK);
}

/* Claim i in the ledger, as far as `upto`. */
static void
in_ledger(unsigned i, enum ledger_state upto)
{
	char id[16];
	struct ledger_rules rules = {.max_per_year = 3};
	struct ledger_claim c = {.id = id,
	    .subject = "occ:6-31-01-03:4",
	    .scheme = 1,
	    .part = LEDGER_FULL,
	    .year = 2026,
	    .kind = 2,
	    .level = 4,
	    .fen = 90000,
	    .number = "",
	    .institution = "",
	    .body_id = "",
	    .index = -1,
	    .codes = ""};
	struct ledger_answer a;

	snprintf(id, sizeof id, "K%u", i);
	c.content[0] = (uint8_t)i;
	c.person[0] = (uint8_t)(i + 1);
	assert_int_equal(
	    ledger_book(ledger, &c, &rules, "li", NOW, &a, &why), CRED_OK);
	assert_int_equal(a.outcome, LEDGER_DONE);
	for (int act = LEDGER_APPROVE;
	     act <= LEDGER_PAY && (int)upto > (int)LEDGER_BOOKED + act; act++) {
		assert_int_equal(ledger_do(ledger, id, (enum ledger_act)act, -1,
				     NULL, "zhao", NOW, &a, &why),
		    CRED_OK);
		assert_int_equal(a.outcome, LEDGER_DONE);
	}
}

static int
begin(void **state)
{
	char tables[128];
	bool already;

	(void)state;
	make_dir();
	snprintf(tables, sizeof tables, "%s/tables", dir);
	assert_int_equal(file_mkdirs(tables, 0700, &why), CRED_OK);
	assert_int_equal(
	    registry_open("memory:", REGISTRY_WRITE, &ledger, &why), CRED_OK);
	assert_int_equal(ledger_init(ledger, &why), CRED_OK);
	assert_int_equal(deskdb_open(dir, &db, &why), CRED_OK);
	assert_int_equal(
	    docket_add(db, hash, "t.csv", "wang", NOW, &sheet, &already, &why),
	    CRED_OK);
	touch("");
	touch(".csv");
	touch(".xlsx");
	return 0;
}

static int
end(void **state)
{
	(void)state;
	deskdb_close(db);
	registry_close(ledger);
	return drop_dir();
}

static void
reviewed(void)
{
	assert_int_equal(docket_review_end(db, sheet, NOW, "v", LOOKED_LEDGER,
			     none, none, &why),
	    CRED_OK);
}

static struct pruned
run(int64_t days_later, bool undecided, bool look)
{
	const struct prune_opts o = {.home = dir,
	    .now = NOW + days_later * DAY,
	    .days = 30,
	    .undecided = undecided,
	    .look = look,
	    .actor = "root"};
	struct pruned n = {9, 9, 9};

	assert_int_equal(prune(db, ledger, &o, NULL, NULL, &n, &why), CRED_OK);
	return n;
}

static size_t
n_sheets(void)
{
	struct sheet s;
	bool found = false;

	assert_int_equal(docket_sheet(db, sheet, &s, &found, &why), CRED_OK);
	return found;
}

static enum cred_err
count_forgotten(void *ctx, const struct registry_act *a, struct why *w)
{
	(void)w;
	if (strcmp(a->action, "table.forget") == 0) {
		++*(size_t *)ctx;
		assert_string_equal(a->actor, "root");
		assert_int_equal(
		    strncmp(a->subject, "table 1 07000000", 16), 0);
		assert_non_null(strstr(a->detail, "claims"));
	}
	return CRED_OK;
}

static size_t
n_forgotten(void)
{
	size_t n = 0;

	assert_int_equal(
	    registry_audit_each(ledger, 0, NULL, count_forgotten, &n, &why),
	    CRED_OK);
	return n;
}

static bool
db_holds(const char *text)
{
	static char data[1 << 20];
	static const char *const names[] = {"desk.db", "desk.db-wal"};
	bool there = false;

	for (int i = 0; i < 2; i++) {
		char path[128];
		FILE *f;
		size_t n = 0;
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		if ((f = fopen(path, "rb")) == NULL)
			continue;
		n = fread(data, 1, sizeof data, f);
		fclose(f);
		there = there || memmem(data, n, text, strlen(text)) != NULL;
	}
	return there;
}

static void
an_old_table_goes_with_all_that_is_personal(void **state)
{
	char id[19];
	struct pruned n;

	(void)state;
	put_line(0, REVIEW_FAIL);
	reviewed();
	id_number(0, id);
	assert_true(db_holds(id));
	n = run(29, false, false);
	assert_int_equal(n.tables + n.kept, 0);
	n = run(31, false, true); /* looking changes nothing */
	assert_int_equal(n.tables, 1);
	assert_true(is_there("") && n_sheets() == 1 && n_forgotten() == 0);
	n = run(31, false, false);
	assert_int_equal(n.tables, 1);
	assert_int_equal(n_sheets(), 0);
	assert_false(is_there("") || is_there(".csv") || is_there(".xlsx"));
	assert_false(db_holds(id));
	assert_int_equal(n_forgotten(), 1);
	n = run(32, false, false);
	assert_int_equal(n.tables + n.kept, 0);
	assert_int_equal(n_forgotten(), 1);
}

static void
undecided_claims_keep_their_table(void **state)
{
	struct pruned n;

	(void)state;
	put_line(0, REVIEW_PASS); /* open */
	reviewed();
	n = run(99, false, false);
	assert_int_equal(n.kept, 1);
	in_ledger(0, LEDGER_BOOKED); /* by the command line, say */
	assert_int_equal(run(99, false, false).kept, 1);
	assert_int_equal(n_sheets(), 1);
	assert_int_equal(run(99, true, true).tables, 1);
	assert_true(is_there(""));
	assert_int_equal(run(99, true, false).tables, 1);
	assert_int_equal(n_sheets(), 0);
}

static void
paid_ones_do_not_and_the_ledger_stays(void **state)
{
	struct ledger_answer a;

	(void)state;
	put_line(0, REVIEW_PASS);
	put_line(1, REVIEW_WARN);
	reviewed();
	in_ledger(0, LEDGER_PAID);
	in_ledger(1, LEDGER_APPROVED);
	assert_int_equal(run(99, false, false).kept, 1);
	assert_int_equal(ledger_do(ledger, "K1", LEDGER_PAY, -1, NULL, "zhao",
			     NOW, &a, &why),
	    CRED_OK);
	assert_int_equal(run(99, false, false).tables, 1);
	/* still there, and still in the way of a second payment */
	assert_int_equal(ledger_do(ledger, "K0", LEDGER_RETURN, -1, "x", "zhao",
			     NOW, &a, &why),
	    CRED_OK);
	assert_int_equal(a.outcome, LEDGER_DONE);
}

static void
what_was_done_lately_or_is_in_hand_stays(void **state)
{
	struct bulk b = {.sheet = sheet, .act = 1, .by = "wang", .at = NOW};
	bool done = false;

	(void)state;
	assert_int_equal(run(99, true, false).tables, 0); /* waits */
	put_line(0, REVIEW_PASS);
	reviewed();
	assert_int_equal(docket_line_swap(db, sheet, 2, LINE_OPEN, LINE_REFUSED,
			     "wang", NOW + 90 * DAY, "no", &done, &why),
	    CRED_OK);
	assert_true(done);
	assert_int_equal(run(99, false, false).tables, 0);
	assert_int_equal(docket_bulk_add(db, &b, &why), CRED_OK);
	assert_int_equal(run(199, true, false).tables, 0);
	b.id = 1;
	b.state = BULK_DONE;
	assert_int_equal(docket_bulk_put(db, &b, &why), CRED_OK);
	assert_int_equal(run(199, false, false).tables, 1);
}

static void
interrupted_it_goes_on(void **state)
{
	const struct prune_opts o = {
	    .home = dir, .now = NOW + 99 * DAY, .days = 30, .actor = "root"};
	char *path = review_table_path(dir, hash, "");
	struct pruned n;

	(void)state;
	put_line(0, REVIEW_FAIL);
	reviewed();
	/* the upload cannot be removed: two of three files are gone then */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_not_equal(
	    prune(db, ledger, &o, NULL, NULL, &n, &why), CRED_OK);
	assert_non_null(strstr(why.text, path));
	assert_true(!is_there(".csv") && n_sheets() == 1);
	assert_int_equal(n_forgotten(), 1);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(prune(db, ledger, &o, NULL, NULL, &n, &why), CRED_OK);
	assert_int_equal(n.tables, 1);
	assert_int_equal(n_sheets(), 0);
	assert_int_equal(n_forgotten(), 1);
	free(path);
}

#define ONE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    ONE(an_old_table_goes_with_all_that_is_personal),
	    ONE(undecided_claims_keep_their_table),
	    ONE(paid_ones_do_not_and_the_ledger_stays),
	    ONE(what_was_done_lately_or_is_in_hand_stays),
	    ONE(interrupted_it_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
