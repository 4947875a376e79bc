#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#include "subsidy/rulebook.h"

static struct rulebook book;

static void
put(const char *section, const char *key, const char *value)
{
	assert_int_equal(rulebook_set(&book, section, key, value), RULEBOOK_OK);
}

static struct rules
at(const char *day, const char *region, enum claim_scheme scheme)
{
	struct rules r;
	int32_t d;

	assert_true(day_parse(bytes_str(day), &d));
	rulebook_at(&book, d, region, scheme, &r);
	return r;
}

static void
without_a_book_clause_nine(void **state)
{
	struct rules r;

	(void)state;
	rulebook_init(&book);
	r = at("2020-01-01", "1502", SCHEME_TRAINING);
	assert_int_equal(r.max_per_year, 3);
	assert_int_equal(r.advance_percent, 60);
	assert_int_equal(r.lists[LIST_PENSION], LIST_FAIL);
	assert_int_equal(r.kinds, 0x3e);
	assert_int_equal(r.n_amounts, 0);
}

/* A claim of 2019 is judged by the rules of 2019. */
static void
rules_of_their_day(void **state)
{
	(void)state;
	rulebook_init(&book);
	put("from 2021-01-01", "max_per_year", "2");
	put("from 2019-07-22", "max_per_year", "3");
	put("from 2019-07-22", "amount.2.4", "1500");
	put("from 2021-01-01", "amount.2.4", "1800");
	assert_int_equal(at("2020-12-31", "", SCHEME_TRAINING).max_per_year, 3);
	assert_int_equal(at("2021-01-01", "", SCHEME_TRAINING).max_per_year, 2);
	struct rules r = at("2020-12-31", "", SCHEME_TRAINING);
	assert_int_equal(rules_amount(&r, 2, 4), 150000);
	r = at("2021-01-01", "", SCHEME_TRAINING);
	assert_int_equal(rules_amount(&r, 2, 4), 180000);
	assert_int_equal(rules_amount(&r, 2, 5), -1);
	r = at("2019-07-21", "", SCHEME_TRAINING);
	assert_int_equal(rules_amount(&r, 2, 4), -1);
}

/* The particular outweighs the general, whichever is newer. */
static void
region_and_scheme(void **state)
{
	(void)state;
	rulebook_init(&book);
	put("from 2020-01-01", "age_min", "16");
	put("from 2019-01-01 region 1502", "age_min", "18");
	put("from 2019-01-01 scheme 技能提升补贴", "age_min", "17");
	put("from 2019-01-01 region 150203 scheme 技能提升补贴", "age_min",
	    "20");
	put("from 2019-01-01 region 150203", "age_min", "19");
	assert_int_equal(at("2020-06-01", "1501", SCHEME_TRAINING).age_min, 16);
	assert_int_equal(at("2020-06-01", "1501", SCHEME_SKILL).age_min, 17);
	assert_int_equal(at("2020-06-01", "1502", SCHEME_SKILL).age_min, 18);
	assert_int_equal(
	    at("2020-06-01", "150203", SCHEME_TRAINING).age_min, 19);
	assert_int_equal(at("2020-06-01", "150203", SCHEME_SKILL).age_min, 20);
	assert_int_equal(at("2020-06-01", "150204", SCHEME_SKILL).age_min, 18);
	assert_int_equal(at("2020-06-01", "", SCHEME_TRAINING).age_min, 16);
}

static void
what_is_wrong_with_a_line(void **state)
{
	static const struct {
		const char *section, *key, *value;
		enum rulebook_err want;
	} bad[] = {
	    {"", "age_min", "16", RULEBOOK_SECTION},
	    {"from 2019-13-01", "age_min", "16", RULEBOOK_SECTION},
	    {"from 2019-01-01 ", "age_min", "16", RULEBOOK_SECTION},
	    {"from 2019-01-01 region 150", "age_min", "16", RULEBOOK_SECTION},
	    {"from 2019-01-01 region", "age_min", "16", RULEBOOK_SECTION},
	    {"from 2019-01-01 scheme 补贴", "age_min", "16", RULEBOOK_SECTION},
	    {"from 2019-01-01 scheme ", "age_min", "16", RULEBOOK_SECTION},
	    {"from 2019-01-01", "age", "16", RULEBOOK_KEY},
	    {"from 2019-01-01", "amount", "16", RULEBOOK_KEY},
	    {"from 2019-01-01", "amount.6.1", "16", RULEBOOK_KEY},
	    {"from 2019-01-01", "amount.2.6", "16", RULEBOOK_KEY},
	    {"from 2019-01-01", "amount.2.", "16", RULEBOOK_KEY},
	    {"rules", "age_min", "16", RULEBOOK_KEY},
	    {"rules", "version", "", RULEBOOK_VALUE},
	    {"from 2019-01-01", "age_min", "", RULEBOOK_VALUE},
	    {"from 2019-01-01", "age_min", "-1", RULEBOOK_VALUE},
	    {"from 2019-01-01", "age_min", "16 ", RULEBOOK_VALUE},
	    {"from 2019-01-01", "age_min", "10000", RULEBOOK_VALUE},
	    {"from 2019-01-01", "advance_percent", "101", RULEBOOK_VALUE},
	    {"from 2019-01-01", "year_by", "granted", RULEBOOK_VALUE},
	    {"from 2019-01-01", "year_starts", "02-29", RULEBOOK_VALUE},
	    {"from 2019-01-01", "kinds", "", RULEBOOK_VALUE},
	    {"from 2019-01-01", "kinds", "1,6", RULEBOOK_VALUE},
	    {"from 2019-01-01", "levels", "54", RULEBOOK_VALUE},
	    {"from 2019-01-01", "list.pension", "yes", RULEBOOK_VALUE},
	    {"from 2019-01-01", "required_lists", "pensions", RULEBOOK_VALUE},
	    {"from 2019-01-01", "national_query", "1", RULEBOOK_VALUE},
	    {"from 2019-01-01", "amount.2.5", "never", RULEBOOK_VALUE},
	    {"from 2019-01-01", "four_eyes_above", "", RULEBOOK_VALUE},
	};

	(void)state;
	rulebook_init(&book);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		enum rulebook_err e = rulebook_set(
		    &book, bad[i].section, bad[i].key, bad[i].value);
		if (e != bad[i].want)
			fail_msg("[%s] %s = %s: %d", bad[i].section, bad[i].key,
			    bad[i].value, (int)e);
		assert_true(*rulebook_hint(bad[i].key, i % 2 == 0) != '\0');
	}
	assert_int_equal(book.n_settings, 0);
}

static void
twice_in_one_section(void **state)
{
	(void)state;
	rulebook_init(&book);
	put("from 2019-01-01", "amount.2.4", "1500");
	put("from 2019-01-01", "amount.2.5", "1000");
	assert_int_equal(
	    rulebook_set(&book, "from 2019-01-01", "amount.2.4", "1600"),
	    RULEBOOK_TWICE);
	put("from 2019-01-01 region 1502", "amount.2.4", "1600");
	put("rules", "version", "1");
	assert_int_equal(
	    rulebook_set(&book, "rules", "version", "2"), RULEBOOK_TWICE);
}

static void
full(void **state)
{
	char section[64];

	(void)state;
	rulebook_init(&book);
	for (int i = 0; i < RULEBOOK_MAX_SECTIONS; i++) {
		snprintf(section, sizeof section, "from 2019-01-01 region %06d",
		    150000 + i);
		put(section, "age_min", "16");
	}
	assert_int_equal(
	    rulebook_set(&book, "from 2020-01-01", "age_min", "16"),
	    RULEBOOK_FULL);
}

/* Thresholds of anomalies are rules like any other: dated and regional. */
static void
anomaly_thresholds(void **state)
{
	struct rules r;

	(void)state;
	rulebook_init(&book);
	put("from 2019-07-22", "anomaly.per_day", "80");
	put("from 2019-07-22", "anomaly_min", "10");
	put("from 2020-01-01 region 1502", "anomaly.before_end", "0");
	r = at("2019-07-21", "", SCHEME_NONE);
	assert_int_equal(r.anomalies[ANOMALY_PER_DAY], 100);
	r = at("2020-01-01", "1502", SCHEME_NONE);
	assert_int_equal(r.anomalies[ANOMALY_PER_DAY], 80);
	assert_int_equal(r.anomalies[ANOMALY_BEFORE_END], 0);
	assert_int_equal(r.anomaly_min, 10);
	r = at("2020-01-01", "1504", SCHEME_NONE);
	assert_int_equal(r.anomalies[ANOMALY_BEFORE_END], 5);
	assert_int_equal(rulebook_set(&book, "from 2019-07-22",
			     "anomaly.weekend", "101"),
	    RULEBOOK_VALUE);
	assert_int_equal(
	    rulebook_set(&book, "from 2019-07-22", "anomaly.moon", "1"),
	    RULEBOOK_KEY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_a_book_clause_nine),
	    cmocka_unit_test(rules_of_their_day),
	    cmocka_unit_test(anomaly_thresholds),
	    cmocka_unit_test(region_and_scheme),
	    cmocka_unit_test(what_is_wrong_with_a_line),
	    cmocka_unit_test(twice_in_one_section),
	    cmocka_unit_test(full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
