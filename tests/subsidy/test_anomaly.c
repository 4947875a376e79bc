#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "subsidy/anomaly.h"

static bool
odd(enum anomaly_kind kind, uint64_t n, uint64_t of, unsigned capacity,
    struct anomaly *out)
{
	struct rules r;

	rules_default(&r);
	return anomaly_judge(
	    &(struct anomaly_count){kind, n, of, capacity}, &r, out);
}

/* At the threshold nothing is odd; one above it is. */
static void
thresholds(void **state)
{
	static const struct {
		enum anomaly_kind kind;
		uint64_t good, bad, of;
	} CASES[] = {
	    {ANOMALY_PER_DAY, 100, 101, 0},
	    {ANOMALY_BURST, 50, 51, 10},
	    {ANOMALY_WEEKEND, 20, 21, 100},
	    {ANOMALY_PASS_RATE, 98, 99, 100},
	    {ANOMALY_SERIALS, 60, 61, 0},
	    {ANOMALY_PHONE, 3, 4, 0},
	    {ANOMALY_ACCOUNT, 1, 2, 0},
	    {ANOMALY_LEVELS, 5, 6, 0},
	    {ANOMALY_PHOTO, 1, 2, 0},
	    {ANOMALY_BEFORE_END, 5, 6, 100},
	};
	struct anomaly a;

	(void)state;
	assert_int_equal(sizeof CASES / sizeof *CASES, N_ANOMALIES);
	for (size_t i = 0; i < N_ANOMALIES; i++) {
		assert_false(
		    odd(CASES[i].kind, CASES[i].good, CASES[i].of, 0, &a));
		assert_true(
		    odd(CASES[i].kind, CASES[i].bad, CASES[i].of, 0, &a));
		assert_int_equal(a.n, CASES[i].bad);
		assert_true(a.excess >= 100);
	}
}

static void
few_say_nothing(void **state)
{
	struct anomaly a;

	(void)state;
	assert_false(odd(ANOMALY_PASS_RATE, 29, 29, 0, &a));
	assert_true(odd(ANOMALY_PASS_RATE, 30, 30, 0, &a));
	assert_false(odd(ANOMALY_WEEKEND, 29, 29, 0, &a));
	assert_false(odd(ANOMALY_BURST, 29, 1, 0, &a));
	assert_true(odd(ANOMALY_BURST, 30, 1, 0, &a));
	assert_false(odd(ANOMALY_BURST, 1000, 0, 0, &a));
}

static void
a_body_s_own_capacity(void **state)
{
	struct anomaly a;

	(void)state;
	assert_true(odd(ANOMALY_PER_DAY, 41, 0, 40, &a));
	assert_int_equal(a.limit, 40);
	assert_false(odd(ANOMALY_PER_DAY, 300, 0, 300, &a));
}

static void
zero_turns_it_off(void **state)
{
	struct anomaly a;
	struct rules r;

	(void)state;
	rules_default(&r);
	r.anomalies[ANOMALY_PHONE] = 0;
	assert_false(anomaly_judge(
	    &(struct anomaly_count){ANOMALY_PHONE, 999, 0, 0}, &r, &a));
}

static void
says_what_was_counted(void **state)
{
	char text[ANOMALY_TEXT_MAX];
	struct anomaly a;

	(void)state;
	assert_true(odd(ANOMALY_WEEKEND, 21, 100, 0, &a));
	anomaly_text(&a, false, text);
	assert_string_equal(text, "21 of 100 certificates are dated on a "
				  "weekend (21 %; limit 20 %)");
	anomaly_text(&a, true, text);
	assert_string_equal(
	    text, "100 张中有 21 张的发证日期在周末（21%，限 20%）");
	for (unsigned k = 0; k < N_ANOMALIES; k++)
		for (int zh = 0; zh < 2; zh++) {
			a = (struct anomaly){(enum anomaly_kind)k, UINT64_MAX,
			    UINT64_MAX, UINT32_MAX, 100};
			anomaly_text(&a, zh == 1, text);
			assert_true(strlen(text) < ANOMALY_TEXT_MAX - 1);
			assert_null(strchr(text, '{'));
		}
}

static void
runs(void **state)
{
	static const char *const NUMBERS[] = {"S00001500012320430000001",
	    "S00001500012320430000002", "S00001500012320430000002",
	    "S00001500012320430000003", "S00001500012320430000007",
	    "not a number", "S00001500012320430000008",
	    "S00001500012320440000009", ""};
	static const uint64_t ENDS[] = {0, 0, 0, 0, 3, 0, 0, 2, 1};
	struct anomaly_run r = {0};

	(void)state;
	for (size_t i = 0; i < sizeof ENDS / sizeof *ENDS; i++) {
		uint64_t n = 0;
		bool ended = anomaly_run_next(&r, bytes_str(NUMBERS[i]), &n);
		assert_int_equal(ended, ENDS[i] > 0);
		assert_int_equal(n, ENDS[i]);
	}
}

/* One number shorter than a serial, and one too long to be one. */
static void
hostile_numbers(void **state)
{
	struct anomaly_run r = {0};
	uint64_t n;
	char longer[128];

	(void)state;
	memset(longer, '7', sizeof longer);
	assert_false(anomaly_run_next(&r, bytes_str("123456"), &n));
	assert_false(anomaly_run_next(&r, bytes_of(longer, sizeof longer), &n));
	assert_int_equal(r.n, 0);
	assert_false(anomaly_run_next(&r, bytes_str(""), &n));
}

static void
scores(void **state)
{
	struct anomaly_score s = {0}, t = {0};
	struct anomaly two = {ANOMALY_PHONE, 8, 0, 4, 200},
		       five = {ANOMALY_PHONE, 99, 0, 4, 500},
		       photo = {ANOMALY_PHOTO, 2, 0, 1, 200};

	(void)state;
	anomaly_score_add(&s, &two);
	assert_int_equal(s.total, 120);
	anomaly_score_add(&s, &five);
	assert_int_equal(s.part[ANOMALY_PHONE], 306);
	anomaly_score_add(&s, &photo);
	assert_int_equal(s.total, 506);
	assert_int_equal(s.part[ANOMALY_PHOTO], 200);
	/* the order does not matter */
	anomaly_score_add(&t, &photo);
	anomaly_score_add(&t, &five);
	anomaly_score_add(&t, &two);
	assert_int_equal(t.total, s.total);
	/* many small ones never outweigh all else */
	for (int i = 0; i < 1000; i++)
		anomaly_score_add(&t, &two);
	assert_int_equal(t.part[ANOMALY_PHONE], 300 + 60);
	assert_int_equal(t.findings[ANOMALY_PHONE], 1002);
}

static void
median(void **state)
{
	uint64_t odd_many[] = {1, 5, 9}, even[] = {2, 4, 6, 8};

	(void)state;
	assert_int_equal(anomaly_median(odd_many, 3), 5);
	assert_int_equal(anomaly_median(even, 4), 4);
	assert_int_equal(anomaly_median(NULL, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(thresholds),
	    cmocka_unit_test(few_say_nothing),
	    cmocka_unit_test(a_body_s_own_capacity),
	    cmocka_unit_test(zero_turns_it_off),
	    cmocka_unit_test(says_what_was_counted),
	    cmocka_unit_test(runs),
	    cmocka_unit_test(hostile_numbers),
	    cmocka_unit_test(scores),
	    cmocka_unit_test(median),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
