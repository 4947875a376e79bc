/* The contract of registry/ledger.h, over every engine. */
#include "claims.h"

#include <string.h>
#include <unistd.h>

#include "credential/cbor.h"
#include "registry/ledger.h"
#include "registry/memory.h"

static const struct ledger_rules ONE_SCHEME = {3, true};

static struct ledger_answer
book_by(struct fixture *f, const struct ledger_claim *c,
    const struct ledger_rules *rules, const char *actor)
{
	struct ledger_answer a;

	assert_ok(f, ledger_book(f->r, c, rules, actor, NOW, &a, &f->why));
	return a;
}

static enum ledger_outcome
book(struct fixture *f, const struct ledger_claim *c)
{
	return book_by(f, c, &THREE, "li").outcome;
}

static struct ledger_answer
act(struct fixture *f, const char *id, enum ledger_act what, const char *who)
{
	struct ledger_answer a;

	assert_ok(f, ledger_do(f->r, id, what, 100000, "因故", who, NOW + 1, &a,
			 &f->why));
	return a;
}

static void
booked_once(void **state)
{
	struct fixture *f = ledger_new(state);
	struct ledger_claim c = plain("A1", 1, "occ:6-31-01-03:4"), other = c;
	struct ledger_answer a;

	assert_int_equal(book(f, &c), LEDGER_DONE);
	fixture_reopen(f);
	a = book_by(f, &c, &THREE, "wang");
	assert_int_equal(a.outcome, LEDGER_ALREADY);
	assert_int_equal(a.state, LEDGER_BOOKED);
	other.content[0] ^= 1;
	a = book_by(f, &other, &THREE, "li");
	assert_int_equal(a.outcome, LEDGER_CLAIM_TWICE);
	assert_string_equal(a.other, "A1");
	assert_int_equal(n_of(f, &(struct ledger_filter){0}), 1);
	assert_int_equal(n_acts(f), 1);
	fixture_free(f);
}

static void
same_subject_once_for_ever(void **state)
{
	struct fixture *f = ledger_new(state);
	struct ledger_claim c = plain("A1", 1, "occ:6-31-01-03:4");
	struct ledger_claim again = plain("A2", 1, "occ:6-31-01-03:4");
	struct ledger_claim stranger = plain("A3", 2, "occ:6-31-01-03:4");
	struct ledger_claim level = plain("A4", 1, "occ:6-31-01-03:3");
	struct ledger_answer a;

	assert_int_equal(book(f, &c), LEDGER_DONE);
	again.year = 2031;
	a = book_by(f, &again, &THREE, "li");
	assert_int_equal(a.outcome, LEDGER_SAME_SUBJECT);
	assert_string_equal(a.other, "A1");
	assert_int_equal(book(f, &stranger), LEDGER_DONE);
	assert_int_equal(book(f, &level), LEDGER_DONE);
	assert_int_equal(n_of(f, &(struct ledger_filter){0}), 3);
	fixture_free(f);
}

static void
three_places_a_year(void **state)
{
	struct fixture *f = ledger_new(state);
	struct ledger_claim c[5];
	char id[5][8], subject[5][16];
	struct ledger_answer a;

	for (unsigned i = 0; i < 5; i++) {
		snprintf(id[i], sizeof id[i], "A%u", i);
		snprintf(subject[i], sizeof subject[i], "sp:%u", i);
		c[i] = plain(id[i], 1, subject[i]);
	}
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(book(f, &c[i]), LEDGER_DONE);
	a = book_by(f, &c[3], &THREE, "li");
	assert_int_equal(a.outcome, LEDGER_YEAR_FULL);
	assert_string_equal(a.other, "A0");
	c[4].year = 2021;
	assert_int_equal(book(f, &c[4]), LEDGER_DONE);
	/* The refused one left nothing: its subject and id are free. */
	c[3].year = 2022;
	assert_int_equal(book(f, &c[3]), LEDGER_DONE);
	fixture_free(f);
}

static void
a_refusal_leaves_no_trace(void **state)
{
	struct fixture *f = ledger_new(state);
	struct ledger_claim c = plain("A1", 1, "sp:a");
	static const struct ledger_rules none = {.max_per_year = 0};
	size_t before = n_acts(f);

	assert_int_equal(book_by(f, &c, &none, "li").outcome, LEDGER_YEAR_FULL);
	assert_int_equal(n_acts(f), before);
	assert_int_equal(n_of(f, &(struct ledger_filter){0}), 0);
	assert_int_equal(book(f, &c), LEDGER_DONE);
	fixture_free(f);
}

/* Clause (九): 60 % in advance and the balance are one subsidy. */
static void
advance_and_balance(void **state)
{
	struct fixture *f = ledger_new(state);
	struct ledger_claim adv = plain("A1", 1, "sp:a");
	struct ledger_claim bal = plain("A2", 1, "sp:a");
	struct ledger_claim full = plain("A3", 1, "sp:a");
	struct ledger_claim twice = plain("A4", 1, "sp:a");
	struct ledger_claim more = plain("A5", 1, "sp:b");
	struct ledger_claim last = plain("A6", 1, "sp:c");
	static const struct ledger_rules two = {.max_per_year = 2};

	adv.part = twice.part = LEDGER_ADVANCE;
	bal.part = LEDGER_BALANCE;
	assert_int_equal(book(f, &bal), LEDGER_NO_ADVANCE);
	assert_int_equal(book_by(f, &adv, &two, "li").outcome, LEDGER_DONE);
	assert_int_equal(book(f, &full), LEDGER_SAME_SUBJECT);
	assert_int_equal(book(f, &twice), LEDGER_SAME_SUBJECT);
	assert_int_equal(book_by(f, &more, &two, "li").outcome, LEDGER_DONE);
	/* The year is full, but the balance's place was the advance's. */
	assert_int_equal(
	    book_by(f, &last, &two, "li").outcome, LEDGER_YEAR_FULL);
	assert_int_equal(book_by(f, &bal, &two, "li").outcome, LEDGER_DONE);
	/* An advance does not go while its balance stands. */
	assert_int_equal(
	    act(f, "A1", LEDGER_REJECT, "li").outcome, LEDGER_HAS_BALANCE);
	assert_int_equal(
	    act(f, "A2", LEDGER_REJECT, "li").outcome, LEDGER_DONE);
	assert_int_equal(
	    act(f, "A1", LEDGER_REJECT, "li").outcome, LEDGER_DONE);
	assert_int_equal(book_by(f, &full, &two, "li").outcome, LEDGER_DONE);
	fixture_free(f);
}

static void
balance_after_full(void **state)
{
	struct fixture *f = ledger_new(state);
	struct ledger_claim full = plain("A1", 1, "sp:a");
	struct ledger_claim bal = plain("A2", 1, "sp:a");

	bal.part = LEDGER_BALANCE;
	assert_int_equal(book(f, &full), LEDGER_DONE);
	assert_int_equal(book(f, &bal), LEDGER_SAME_SUBJECT);
	fixture_free(f);
}

static void
schemes(void **state)
{
	struct fixture *f = ledger_new(state);
	struct ledger_claim a = plain("A1", 1, "sp:a"),
			    b = plain("A2", 1, "sp:a");
	struct ledger_claim c = plain("A3", 2, "sp:a"),
			    d = plain("A4", 2, "sp:a");

	b.scheme = d.scheme = 2;
	assert_int_equal(book(f, &a), LEDGER_DONE);
	assert_int_equal(book(f, &b), LEDGER_DONE);
	assert_int_equal(
	    book_by(f, &c, &ONE_SCHEME, "li").outcome, LEDGER_DONE);
	assert_int_equal(
	    book_by(f, &d, &ONE_SCHEME, "li").outcome, LEDGER_SAME_SUBJECT);
	fixture_free(f);
}

static void
life_of_a_claim(void **state)
{
	struct fixture *f = ledger_new(state);
	struct ledger_claim c = plain("A1", 1, "sp:a");
	struct ledger_claim again = plain("A2", 1, "sp:a");

	assert_int_equal(
	    act(f, "A1", LEDGER_PAY, "li").outcome, LEDGER_NO_CLAIM);
	assert_int_equal(book(f, &c), LEDGER_DONE);
	assert_int_equal(
	    act(f, "A1", LEDGER_PAY, "li").outcome, LEDGER_WRONG_STATE);
	/* Above 1000 yuan two people decide. */
	assert_int_equal(
	    act(f, "A1", LEDGER_APPROVE, "li").outcome, LEDGER_FOUR_EYES);
	assert_int_equal(
	    act(f, "A1", LEDGER_APPROVE, "wang").outcome, LEDGER_DONE);
	assert_int_equal(
	    act(f, "A1", LEDGER_APPROVE, "wang").outcome, LEDGER_ALREADY);
	assert_int_equal(act(f, "A1", LEDGER_PAY, "li").outcome, LEDGER_DONE);
	assert_int_equal(
	    act(f, "A1", LEDGER_REJECT, "li").outcome, LEDGER_WRONG_STATE);
	assert_int_equal(book(f, &again), LEDGER_SAME_SUBJECT);
	assert_int_equal(
	    act(f, "A1", LEDGER_RETURN, "li").outcome, LEDGER_DONE);
	assert_int_equal(
	    act(f, "A1", LEDGER_RETURN, "li").outcome, LEDGER_ALREADY);
	/* Its places are free again, its id is not. */
	assert_int_equal(book(f, &again), LEDGER_DONE);
	assert_int_equal(book_by(f, &c, &THREE, "li").state, LEDGER_RETURNED);
	/* booked, approved, paid, returned, booked */
	assert_int_equal(n_acts(f), 5);
	fixture_free(f);
}

static void
small_amounts_need_one(void **state)
{
	struct fixture *f = ledger_new(state);
	struct ledger_claim c = plain("A1", 1, "sp:a");

	c.fen = 100000;
	assert_int_equal(book(f, &c), LEDGER_DONE);
	assert_int_equal(
	    act(f, "A1", LEDGER_APPROVE, "li").outcome, LEDGER_DONE);
	fixture_free(f);
}

static enum cred_err
same_as(void *ctx, const struct ledger_claim *c, struct why *why)
{
	const struct ledger_claim *w = ctx;

	(void)why;
	assert_string_equal(c->id, w->id);
	assert_memory_equal(c->content, w->content, 32);
	assert_memory_equal(c->person, w->person, 32);
	assert_string_equal(c->subject, w->subject);
	assert_int_equal(c->scheme, w->scheme);
	assert_int_equal(c->part, w->part);
	assert_int_equal(c->year, w->year);
	assert_int_equal(c->kind, w->kind);
	assert_int_equal(c->level, w->level);
	assert_int_equal(c->applied, w->applied);
	assert_int_equal(c->issued, w->issued);
	assert_int_equal(c->trained_from, w->trained_from);
	assert_int_equal(c->trained_to, w->trained_to);
	assert_int_equal(c->fen, w->fen);
	assert_string_equal(c->number, w->number);
	assert_string_equal(c->institution, w->institution);
	assert_string_equal(c->body_id, w->body_id);
	assert_int_equal(c->index, w->index);
	assert_string_equal(c->codes, w->codes);
	assert_int_equal(c->state, LEDGER_BOOKED);
	assert_string_equal(c->booked_by, "li");
	assert_int_equal(c->changed_at, NOW);
	return CRED_OK;
}

static void
kept_as_given_and_found(void **state)
{
	struct fixture *f = ledger_new(state);
	struct ledger_claim c = plain("A1", 7, "sp:a"),
			    o = plain("A2", 8, "sp:b");

	c.scheme = 2;
	c.trained_from = 18400;
	c.trained_to = 18420;
	c.number = "S000015000123204000017";
	c.body_id = "52150100MJY000000J";
	c.index = 17;
	c.codes = "C05 C12";
	assert_int_equal(book(f, &c), LEDGER_DONE);
	assert_int_equal(book(f, &o), LEDGER_DONE);
	fixture_reopen(f);
	assert_ok(f, ledger_each(f->r, &(struct ledger_filter){.id = "A1"},
			 same_as, &c, &f->why));
	assert_int_equal(
	    n_of(f, &(struct ledger_filter){.person = c.person}), 1);
	assert_int_equal(
	    n_of(f, &(struct ledger_filter){.number = c.number}), 1);
	assert_int_equal(n_of(f, &(struct ledger_filter){.number = ""}), 0);
	assert_int_equal(
	    n_of(f, &(struct ledger_filter){.body_id = c.body_id}), 1);
	assert_int_equal(
	    act(f, "A2", LEDGER_REJECT, "li").outcome, LEDGER_DONE);
	assert_int_equal(n_of(f, &(struct ledger_filter){.state = -1}), 1);
	assert_int_equal(
	    n_of(f, &(struct ledger_filter){.state = LEDGER_REJECTED}), 1);
	assert_int_equal(n_of(f, &(struct ledger_filter){0}), 2);
	fixture_free(f);
}

static enum cred_err
same_marks(void *ctx, const struct ledger_claim *c, struct why *why)
{
	const struct ledger_claim *want = ctx;

	(void)why;
	assert_string_equal(
	    c->region, want->region != NULL ? want->region : "");
	assert_int_equal(c->department, want->department);
	if (want->phone != NULL)
		assert_memory_equal(c->phone, want->phone, 16);
	else
		assert_null(c->phone);
	if (want->account != NULL)
		assert_memory_equal(c->account, want->account, 16);
	else
		assert_null(c->account);
	assert_null(c->photo);
	return CRED_OK;
}

/* What anomalies and statistics ask; without it, all is empty. */
static void
marks(void **state)
{
	static const uint8_t phone[16] = "phone", account[16] = "account";
	struct fixture *f = ledger_new(state);
	struct ledger_claim c = plain("A1", 7, "sp:a"),
			    o = plain("A2", 8, "sp:b"),
			    d = plain("A3", 9, "sp:c");

	c.region = "1502";
	c.department = 7;
	c.phone = phone;
	c.account = account;
	d.department = 2;
	assert_int_equal(book(f, &c), LEDGER_DONE);
	assert_int_equal(book(f, &o), LEDGER_DONE);
	assert_int_equal(book(f, &d), LEDGER_DONE);
	fixture_reopen(f);
	assert_ok(f, ledger_each(f->r, &(struct ledger_filter){.id = "A1"},
			 same_marks, &c, &f->why));
	assert_ok(f, ledger_each(f->r, &(struct ledger_filter){.id = "A2"},
			 same_marks, &o, &f->why));
	assert_ok(f, ledger_each(f->r, &(struct ledger_filter){.id = "A3"},
			 same_marks, &d, &f->why));
	assert_int_equal(n_of(f, &(struct ledger_filter){.state = -1}), 3);
	fixture_free(f);
}

static enum cred_err
stop(void *ctx, const struct ledger_claim *c, struct why *why)
{
	(void)c;
	(void)why;
	++*(size_t *)ctx;
	return CRED_FAULT_IO;
}

static void
a_callback_ends_the_walk(void **state)
{
	struct fixture *f = ledger_new(state);
	struct ledger_claim a = plain("A1", 1, "sp:a"),
			    b = plain("A2", 2, "sp:a");
	size_t n = 0;

	assert_int_equal(book(f, &a), LEDGER_DONE);
	assert_int_equal(book(f, &b), LEDGER_DONE);
	assert_int_equal(
	    ledger_each(f->r, &(struct ledger_filter){0}, stop, &n, &f->why),
	    CRED_FAULT_IO);
	assert_int_equal(n, 1);
	fixture_free(f);
}

static enum cred_err
last_detail(void *ctx, const struct registry_act *a, struct why *why)
{
	(void)why;
	snprintf(ctx, 1024, "%s", a->detail);
	return CRED_OK;
}

/* Wherever the cut falls, what is left is text. */
static void
a_long_reason_is_cut_whole(void **state)
{
	struct fixture *f = ledger_new(state);
	char reason[700], id[8], detail[1024];
	struct ledger_answer a;

	for (unsigned i = 0; i < 3; i++) {
		struct ledger_claim c = plain("", 1 + i, "sp:a");
		snprintf(id, sizeof id, "A%u", i);
		c.id = id;
		memset(c.content, (int)i, 32);
		assert_int_equal(book(f, &c), LEDGER_DONE);
		memset(reason, 'x', i);
		for (size_t k = i; k < i + 600; k += 3)
			memcpy(reason + k, "由", 3);
		reason[i + 600] = '\0';
		assert_ok(f, ledger_do(f->r, id, LEDGER_REJECT, -1, reason,
				 "li", NOW, &a, &f->why));
		assert_ok(f, registry_audit_each(f->r, 2 + 2 * i, NULL,
				 last_detail, detail, &f->why));
		assert_true(utf8_valid(bytes_str(detail)));
		assert_true(strlen(detail) > 500);
	}
	fixture_free(f);
}

static void
the_newest_alone(void **state)
{
	struct fixture *f = ledger_new(state);
	struct ledger_claim c[] = {plain("A1", 1, "sp:a"),
	    plain("A2", 2, "sp:a"), plain("A3", 3, "sp:a")};

	assert_int_equal(n_of(f, &(struct ledger_filter){.newest = 2}), 0);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(book(f, &c[i]), LEDGER_DONE);
	assert_int_equal(n_of(f, &(struct ledger_filter){.newest = 2}), 2);
	assert_int_equal(n_of(f, &(struct ledger_filter){.newest = 9}), 3);
	assert_int_equal(
	    n_of(f, &(struct ledger_filter){.newest = 1, .id = "A3"}), 1);
	assert_int_equal(
	    n_of(f, &(struct ledger_filter){.newest = 2, .id = "A1"}), 0);
	fixture_free(f);
}

static void
a_claim_that_is_not_whole(void **state)
{
	struct fixture *f = ledger_new(state);
	struct ledger_claim c = plain("A1", 1, "sp:a");
	struct ledger_answer a;
	char id[LEDGER_ID_MAX + 2];

	memset(id, 'x', sizeof id - 1);
	id[sizeof id - 1] = '\0';
	c.id = id;
	assert_int_equal(ledger_book(f->r, &c, &THREE, "li", NOW, &a, &f->why),
	    CRED_FAULT_INTERNAL);
	c = plain("A1", 1, "");
	assert_int_equal(ledger_book(f->r, &c, &THREE, "li", NOW, &a, &f->why),
	    CRED_FAULT_INTERNAL);
	c = plain("A1", 1, "sp:a");
	c.fen = -1;
	assert_int_equal(ledger_book(f->r, &c, &THREE, "li", NOW, &a, &f->why),
	    CRED_FAULT_INTERNAL);
	assert_int_equal(n_of(f, &(struct ledger_filter){0}), 0);
	fixture_free(f);
}

/* The connection is lost after the commit: asked again, it is there. */
static void
lost_answer(void **state)
{
	struct fixture *f = ledger_new(state);
	struct ledger_claim c = plain("A1", 1, "sp:a");
	struct ledger_answer a;

	if (!fixture_is_memory(f)) {
		fixture_free(f);
		skip();
	}
	registry_memory_fail(f->r, MEMORY_FAIL_BEFORE, 1, CRED_FAULT_NETWORK);
	assert_int_equal(ledger_book(f->r, &c, &THREE, "li", NOW, &a, &f->why),
	    CRED_FAULT_NETWORK);
	assert_int_equal(n_of(f, &(struct ledger_filter){0}), 0);
	registry_memory_fail(f->r, MEMORY_FAIL_AFTER, 1, CRED_FAULT_NETWORK);
	assert_int_equal(ledger_book(f->r, &c, &THREE, "li", NOW, &a, &f->why),
	    CRED_FAULT_NETWORK);
	assert_int_equal(book(f, &c), LEDGER_ALREADY);
	assert_int_equal(n_of(f, &(struct ledger_filter){0}), 1);
	fixture_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    EACH(booked_once),
	    EACH(same_subject_once_for_ever),
	    EACH(three_places_a_year),
	    EACH(a_refusal_leaves_no_trace),
	    EACH(advance_and_balance),
	    EACH(balance_after_full),
	    EACH(schemes),
	    EACH(life_of_a_claim),
	    EACH(small_amounts_need_one),
	    EACH(kept_as_given_and_found),
	    EACH(marks),
	    EACH(a_callback_ends_the_walk),
	    EACH(a_long_reason_is_cut_whole),
	    EACH(the_newest_alone),
	    EACH(a_claim_that_is_not_whole),
	    EACH(lost_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
