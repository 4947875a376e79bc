#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "desk_fixture.h"
#include "verifier/decide.h"

static struct why why;
static struct office *office;
static struct registry *ledger;
static struct deskdb *db;
static struct desk desk;
static int64_t sheet;

/* Row i + 2 of the sheet: claim i as the review of the table left it. */
static void
add_line(unsigned i, enum review_verdict verdict)
{
	char id[19], claim[16];
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
	const struct claim_row *row;
	struct claimfile *f;

	cells_of(i, id, claim, l.cells);
	assert_int_equal(
	    claimfile_of_cells(l.cells, l.row, &f, &row, &why), CRED_OK);
	memcpy(l.content, row->content, 32);
	assert_int_equal(docket_line_put(db, &l, &why), CRED_OK);
	claimfile_close(f);
}

static int
begin(void **state)
{
	const uint8_t hash[32] = {1};
	bool already;

	(void)state;
	make_dir();
	load_office(&office);
	assert_int_equal(
	    registry_open("memory:", REGISTRY_WRITE, &ledger, &why), CRED_OK);
	assert_int_equal(ledger_init(ledger, &why), CRED_OK);
	assert_int_equal(deskdb_open(dir, &db, &why), CRED_OK);
	assert_int_equal(
	    docket_add(db, hash, "t", "wang", NOW, &sheet, &already, &why),
	    CRED_OK);
	office_desk(office, &desk);
	desk.now = desk.verify.now = NOW;
	desk.registry = ledger;
	add_line(0, REVIEW_PASS);
	add_line(1, REVIEW_WARN);
	add_line(2, REVIEW_FAIL);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	deskdb_close(db);
	registry_close(ledger);
	office_release(office);
	return drop_dir();
}

static struct decision
act(const char *who, unsigned i, enum decide_act a, int seen, int64_t seen_at,
    const char *reason, bool warned)
{
	const struct decide_args args = {.act = a,
	    .actor = who,
	    .reason = reason,
	    .warned = warned,
	    .seen_state = seen,
	    .seen_at = seen_at,
	    .four_eyes_fen = office_four_eyes(office, NOW)};
	struct decision x;
	struct line *l;

	assert_int_equal(docket_line_get(db, sheet, i + 2, &l, &why), CRED_OK);
	if (decide(&desk, db, l, &args, &x, &why) != CRED_OK)
		fail_msg("%s", why.text);
	docket_line_free(l);
	return x;
}

static enum cred_err
count_one(void *ctx, const struct ledger_claim *c, struct why *w)
{
	(void)c;
	(void)w;
	++*(size_t *)ctx;
	return CRED_OK;
}

static size_t
in_ledger(void)
{
	const struct ledger_filter all = {.id = NULL};
	size_t n = 0;

	assert_int_equal(
	    ledger_each(ledger, &all, count_one, &n, &why), CRED_OK);
	return n;
}

static void
the_way_to_paid(void **state)
{
	struct decision x = act("wang", 0, DECIDE_BOOK, 0, 0, "", false);

	(void)state;
	assert_int_equal(x.outcome, DECIDED);
	assert_int_equal(x.standing.state, LEDGER_BOOKED);
	assert_string_equal(x.standing.by, "wang");
	/* 900 is above 800 */
	x = act("wang", 0, DECIDE_APPROVE, LEDGER_BOOKED, NOW, "", false);
	assert_int_equal(x.outcome, DECIDE_LEDGER);
	assert_int_equal(x.ledger.outcome, LEDGER_FOUR_EYES);
	assert_int_equal(x.standing.state, LEDGER_BOOKED);
	x = act("zhao", 0, DECIDE_APPROVE, LEDGER_BOOKED, NOW, "", false);
	assert_int_equal(x.outcome, DECIDED);
	assert_string_equal(x.standing.by, "zhao");
	x = act("zhao", 0, DECIDE_PAY, LEDGER_APPROVED, NOW, "", false);
	assert_int_equal(x.outcome, DECIDED);
	x = act("zhao", 0, DECIDE_RETURN, LEDGER_PAID, NOW, "", false);
	assert_int_equal(x.outcome, DECIDE_NO_REASON);
	x = act("zhao", 0, DECIDE_RETURN, LEDGER_PAID, NOW, "wrong", false);
	assert_int_equal(x.outcome, DECIDED);
	assert_int_equal(x.standing.state, LEDGER_RETURNED);
	assert_int_equal(in_ledger(), 1);
}

static void
the_second_hears_of_the_first(void **state)
{
	struct decision x = act("wang", 0, DECIDE_BOOK, 0, 0, "", false);

	(void)state;
	x = act("li", 0, DECIDE_BOOK, 0, 0, "", false);
	assert_int_equal(x.outcome, DECIDE_STALE);
	assert_string_equal(x.standing.by, "wang");
	assert_int_equal(x.standing.at, NOW);
	x = act("li", 0, DECIDE_REFUSE, 0, 0, "not convinced", false);
	assert_int_equal(x.outcome, DECIDE_STALE);
	/* the state is as seen, but another change of it */
	x = act("li", 0, DECIDE_REJECT, LEDGER_BOOKED, NOW - 1, "late", false);
	assert_int_equal(x.outcome, DECIDE_STALE);
	assert_int_equal(in_ledger(), 1);
}

static void
the_review_stands_in_the_way(void **state)
{
	struct decision x = act("wang", 2, DECIDE_BOOK, 0, 0, "", true);

	(void)state;
	assert_int_equal(x.outcome, DECIDE_NOT_GOOD);
	x = act("wang", 1, DECIDE_BOOK, 0, 0, "", false);
	assert_int_equal(x.outcome, DECIDE_WARNED);
	assert_int_equal(in_ledger(), 0);
	x = act("wang", 1, DECIDE_BOOK, 0, 0, "", true);
	assert_int_equal(x.outcome, DECIDED);
	assert_int_equal(in_ledger(), 1);
}

/* Good when the table was reviewed, not any more: the rules pay less now. */
static void
reviewed_anew(void **state)
{
	struct decision x;

	(void)state;
	put_file("rules.ini", "[rules]\nversion = 2\n[from 2019-07-22]\n"
			      "amount.2.4 = 1000\n");
	office_release(office);
	load_office(&office);
	office_desk(office, &desk);
	desk.now = desk.verify.now = NOW;
	desk.registry = ledger;
	x = act("wang", 0, DECIDE_BOOK, 0, 0, "", false);
	assert_int_equal(x.outcome, DECIDE_NOT_GOOD);
	assert_string_equal(x.codes, "C16");
	assert_int_equal(in_ledger(), 0);
}

static void
refused_and_reopened(void **state)
{
	struct decision x = act("wang", 0, DECIDE_REFUSE, 0, 0, "", false);

	(void)state;
	assert_int_equal(x.outcome, DECIDE_NO_REASON);
	x = act("wang", 0, DECIDE_REFUSE, 0, 0, "papers missing", false);
	assert_int_equal(x.outcome, DECIDED);
	assert_int_equal(x.standing.state, LINE_REFUSED);
	x = act("li", 0, DECIDE_BOOK, 0, 0, "", false);
	assert_int_equal(x.outcome, DECIDE_STALE);
	assert_string_equal(x.standing.by, "wang");
	assert_string_equal(x.standing.note, "papers missing");
	assert_int_equal(in_ledger(), 0);
	x = act(
	    "zhao", 0, DECIDE_REOPEN, LINE_REFUSED, NOW, "they came", false);
	assert_int_equal(x.outcome, DECIDED);
	x = act("li", 0, DECIDE_BOOK, 0, 0, "", false);
	assert_int_equal(x.outcome, DECIDED);
}

/* Another claim of the same number, in the ledger since before. */
static void
number_of_another(void **state)
{
	struct decision x;
	struct line *l;

	(void)state;
	act("wang", 0, DECIDE_BOOK, 0, 0, "", false);
	assert_int_equal(docket_line_get(db, sheet, 2, &l, &why), CRED_OK);
	l->content[0] ^= 1;
	assert_int_equal(
	    decide_standing(ledger, l, &x.standing, &why), CRED_OK);
	assert_true(x.standing.other);
	assert_int_equal(x.standing.state, LINE_OPEN);
	docket_line_free(l);
}

static void
who_may(void **state)
{
	enum decide_act a;

	(void)state;
	assert_int_equal(decide_right(DECIDE_BOOK), RIGHT_BOOK);
	assert_int_equal(decide_right(DECIDE_APPROVE), RIGHT_APPROVE);
	assert_int_equal(decide_right(DECIDE_PAY), RIGHT_APPROVE);
	assert_int_equal(decide_right(DECIDE_RETURN), RIGHT_APPROVE);
	assert_true(decide_act_by_name("reopen", &a) && a == DECIDE_REOPEN);
	assert_false(decide_act_by_name("", &a));
	assert_false(decide_act_by_name("Book", &a));
	for (int s = 0; s <= LINE_REFUSED; s++)
		assert_false(
		    decide_fits(DECIDE_BOOK, s) && decide_fits(DECIDE_PAY, s));
}

int
main(void)
{
#define ONE(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
	    ONE(the_way_to_paid),
	    ONE(the_second_hears_of_the_first),
	    ONE(the_review_stands_in_the_way),
	    ONE(reviewed_anew),
	    ONE(refused_and_reopened),
	    ONE(number_of_another),
	    cmocka_unit_test(who_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
