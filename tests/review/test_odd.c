/* Findings over rows: verifier/odd.h and verifier/anomalies.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "registry/memory.h"
#include "verifier/anomalies.h"

#define A      "52150100MJY000000A"
#define B      "52150100MJY000000B"
#define MONDAY 18624 /* 2020-12-28 */

static struct odd *odd;
static struct rulebook book;
static struct why why;
static int64_t next_index;

static int
start(void **state)
{
	(void)state;
	rulebook_init(&book);
	next_index = 0;
	return odd_new(&odd, &why) != CRED_OK;
}

static int
stop(void **state)
{
	(void)state;
	odd_free(odd);
	odd = NULL;
	return 0;
}

static void
rule(const char *key, const char *value)
{
	assert_int_equal(
	    rulebook_set(&book, "from 2019-07-22", key, value), RULEBOOK_OK);
}

/* A certificate of body for a person of his own, on a Monday. */
static struct odd_fact
fact(const char *body)
{
	static uint8_t person[1024][32];
	static char claims[1024][16], numbers[1024][32];
	size_t i = (size_t)next_index;

	snprintf(claims[i], sizeof claims[i], "A%zu", i);
	snprintf(numbers[i], sizeof numbers[i], "S000015000123204%06zu", i * 2);
	memset(person[i], 0, 32);
	memcpy(person[i], &i, sizeof i);
	next_index++;
	return (struct odd_fact){.claim = claims[i],
	    .body_id = body,
	    .body_name = "某中心",
	    .index = (int64_t)i,
	    .institution = "甲校",
	    .number = numbers[i],
	    .subject = "occ:6-31-01-03:4",
	    .level = 4,
	    .has_issued = true,
	    .issued = MONDAY + 7 * (int32_t)i,
	    .person = person[i]};
}

static void
add(const struct odd_fact *f)
{
	assert_int_equal(odd_add(odd, f, &why), CRED_OK);
}

static struct anomalies
collect(struct registry *r)
{
	struct anomalies a;

	assert_int_equal(
	    anomalies_collect(odd, r, &book, "", &a, &why), CRED_OK);
	return a;
}

/* A name of any length that a table may hold: neither a way past the rule nor
 * cut within a character. */
static void
serials_of_a_long_name(void **state)
{
	char name[3 * 100 + 1], number[32];
	struct anomalies a;

	(void)state;
	for (size_t i = 0; i < 100; i++)
		memcpy(name + 3 * i, "学", 3);
	name[300] = '\0';
	for (unsigned i = 0; i < 300; i++) {
		struct odd_fact f = fact(A);
		snprintf(
		    number, sizeof number, "S000015000123204%06u", 700 + i);
		f.number = number;
		f.institution = name;
		add(&f);
	}
	a = collect(NULL);
	assert_true(a.n_found >= 1);
	assert_int_equal(a.found[0].anomaly.kind, ANOMALY_SERIALS);
	assert_int_equal(a.found[0].anomaly.n, 300);
	assert_string_equal(a.found[0].about, name);
	anomalies_release(&a);
}

/* The keys of all findings, one after the other. */
static void
keys(const char *want)
{
	struct anomalies a = collect(NULL);
	char got[2048] = "";
	size_t n = 0;

	for (size_t i = 0; i < a.n_found; i++)
		n += (size_t)snprintf(got + n, sizeof got - n, "%s%s",
		    n > 0 ? " " : "", a.found[i].key);
	anomalies_release(&a);
	assert_string_equal(got, want);
}

static void
nothing_odd(void **state)
{
	(void)state;
	keys("");
	for (int i = 0; i < 50; i++) {
		struct odd_fact f = fact(A);
		add(&f);
	}
	keys("");
}

static void
a_day_and_a_burst(void **state)
{
	(void)state;
	rule("anomaly.per_day", "39");
	rule("anomaly.serials", "0");
	for (int i = 0; i < 20; i++) {
		struct odd_fact f = fact(A);
		add(&f);
	}
	for (int i = 0; i < 40; i++) {
		struct odd_fact f = fact(A);
		f.issued = MONDAY + 1;
		add(&f);
	}
	keys("per_day:" A ":2020-12-29 burst:" A ":2020-12-29");
	/* The body's own capacity outweighs the rule. */
	assert_int_equal(odd_session(odd, A, MONDAY, 0, 0, 40, &why), CRED_OK);
	keys("burst:" A ":2020-12-29");
}

static void
weekends_and_pass_rates(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++) {
		struct odd_fact f = fact(A);
		f.issued -= i < 9 ? 1 : 0; /* Sundays: 22 % */
		add(&f);
	}
	assert_int_equal(odd_session(odd, B, MONDAY, 50, 50, 0, &why), CRED_OK);
	assert_int_equal(odd_session(odd, A, MONDAY, 50, 49, 0, &why), CRED_OK);
	keys("pass_rate:" B " weekend:" A);
}

static void
runs_of_one_institution(void **state)
{
	static char numbers[16][32];

	(void)state;
	rule("anomaly.serials", "4");
	for (size_t i = 0; i < 10; i++) {
		struct odd_fact f = fact(A);
		snprintf(numbers[i], 32, "S000015000123204%06zu", i + 1);
		f.number = numbers[i];
		/* 1-5 for one, 6-10 for another: two runs, not one */
		f.institution = i < 5 ? "甲校" : "乙校";
		add(&f);
	}
	keys("serials:" A ":204000001 serials:" A ":204000006");
}

static void
one_phone_account_photo(void **state)
{
	static const uint8_t phone[16] = {0xab, 0xcd}, account[16] = {1},
			     photo[16] = {2};

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct odd_fact f = fact(i < 3 ? A : B);
		f.phone = phone;
		f.account = i < 2 ? account : NULL;
		f.photo = i == 3 || i == 0 ? photo : NULL;
		add(&f);
	}
	struct anomalies a = collect(NULL);
	assert_int_equal(a.n_found, 3);
	assert_string_equal(a.found[0].key, "phone:" A ":abcd00000000");
	assert_int_equal(a.found[0].anomaly.n, 4);
	assert_string_equal(a.found[0].about, "A0, A1, A2, A3");
	assert_string_equal(a.found[1].key, "account:" A ":010000000000");
	assert_string_equal(a.found[2].key, "photo:" A ":020000000000");
	anomalies_release(&a);
}

/* Two claims with one certificate, and one person twice: no second person. */
static void
the_same_twice_is_one(void **state)
{
	static const uint8_t phone[16] = {7};
	struct odd_fact f, g;

	(void)state;
	rule("anomaly.phone", "1");
	f = fact(A);
	f.phone = phone;
	add(&f);
	g = f;
	g.claim = "other";
	add(&g);
	g = fact(A);
	g.person = f.person;
	g.phone = phone;
	add(&g);
	keys("");
	f = fact(A);
	f.phone = phone;
	add(&f);
	keys("phone:" A ":070000000000");
}

static void
levels_and_trainings(void **state)
{
	(void)state;
	rule("anomaly.levels", "1");
	for (int i = 0; i < 40; i++) {
		struct odd_fact f = fact(A), g;
		f.has_trained = true;
		f.trained_to = f.issued + (i < 3 ? 1 : 0);
		add(&f);
		if (i > 2)
			continue;
		g = f;
		g.index += 500;
		g.subject = "occ:6-31-01-03:3";
		g.level = 3;
		/* too fast, backward, and in good order after two years */
		g.issued = f.issued + (i == 0 ? 100 : i == 1 ? -900 : 900);
		g.trained_to = g.issued;
		add(&g);
	}
	keys("levels:" A " before_end:" A);
}

static void
explained_until_it_grows(void **state)
{
	static const uint8_t phone[16] = {9};
	struct registry *r = NULL;
	struct anomalies a;
	struct odd_fact f;

	(void)state;
	rule("anomaly.phone", "1");
	assert_int_equal(
	    registry_open("memory:", REGISTRY_WRITE, &r, &why), CRED_OK);
	for (int i = 0; i < 2; i++) {
		f = fact(A);
		f.phone = phone;
		add(&f);
	}
	a = collect(r);
	assert_true(a.found[0].open);
	assert_int_equal(a.bodies[0].score.total, 120);
	assert_int_equal(
	    anomalies_explain(r, &a.found[0], "夫妻; 同住", "li", 1000, &why),
	    CRED_OK);
	anomalies_release(&a);
	a = collect(r);
	assert_int_equal(a.n_found, 1);
	assert_false(a.found[0].open);
	assert_string_equal(a.found[0].by, "li");
	assert_string_equal(a.found[0].reason, "夫妻; 同住");
	assert_int_equal(a.found[0].at, 1000);
	assert_int_equal(a.bodies[0].score.total, 0);
	assert_int_equal(a.bodies[0].n_explained, 1);
	anomalies_release(&a);
	f = fact(A);
	f.phone = phone;
	add(&f);
	a = collect(r);
	assert_true(a.found[0].open);
	assert_string_equal(a.found[0].by, "li");
	assert_int_equal(a.found[0].explained_n, 2);
	anomalies_release(&a);
	registry_close(r);
}

/* The strangest first; a body without findings is not on the list. */
static void
ranked(void **state)
{
	static const uint8_t one[16] = {1}, two[16] = {2};

	(void)state;
	for (int i = 0; i < 9; i++) {
		struct odd_fact f = fact(i < 4 ? A : B);
		f.phone = i < 4 ? one : two;
		add(&f);
	}
	struct odd_fact f = fact("52150100MJY000000C");
	add(&f);
	struct anomalies a = collect(NULL);
	assert_int_equal(a.n_bodies, 2);
	assert_string_equal(a.bodies[0].id, B);
	assert_int_equal(a.bodies[0].certificates, 5);
	assert_string_equal(a.bodies[0].name, "某中心");
	assert_string_equal(a.bodies[1].id, A);
	assert_int_equal(a.found[0].body, 0);
	anomalies_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(nothing_odd, start, stop),
	    cmocka_unit_test_setup_teardown(a_day_and_a_burst, start, stop),
	    cmocka_unit_test_setup_teardown(
		weekends_and_pass_rates, start, stop),
	    cmocka_unit_test_setup_teardown(
		runs_of_one_institution, start, stop),
	    cmocka_unit_test_setup_teardown(
		one_phone_account_photo, start, stop),
	    cmocka_unit_test_setup_teardown(the_same_twice_is_one, start, stop),
	    cmocka_unit_test_setup_teardown(levels_and_trainings, start, stop),
	    cmocka_unit_test_setup_teardown(
		explained_until_it_grows, start, stop),
	    cmocka_unit_test_setup_teardown(
		serials_of_a_long_name, start, stop),
	    cmocka_unit_test_setup_teardown(ranked, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
