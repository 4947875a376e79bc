/* Counts of a ledger, and the page made of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/file.h"
#include "registry/memory.h"
#include "verifier/statistics.h"

#define JAN_1_2019 17897

static struct registry *reg;
static struct why why;
static unsigned n_claims;

static int
start(void **state)
{
	(void)state;
	n_claims = 0;
	return registry_open("memory:", REGISTRY_WRITE, &reg, &why) != CRED_OK;
}

static int
stop(void **state)
{
	(void)state;
	registry_close(reg);
	return 0;
}

/* n claims alike, each of another person; the first paid of them are paid. */
static void
book(struct ledger_claim c, unsigned n, unsigned paid)
{
	const struct ledger_rules rules = {.max_per_year = 3};
	struct ledger_answer a;

	c.scheme = 1;
	if (c.part == 0)
		c.part = LEDGER_FULL;
	c.subject = "occ:6-31-01-03:4";
	c.fen = 150000;
	c.number = c.institution = c.body_id = c.codes = "";
	for (unsigned i = 0; i < n; i++) {
		char id[32];
		snprintf(id, sizeof id, "A%u", n_claims);
		c.id = id;
		memset(c.person, 0, 32);
		memcpy(c.person, &n_claims, sizeof n_claims);
		n_claims++;
		assert_int_equal(
		    ledger_book(reg, &c, &rules, "li", 1, &a, &why), CRED_OK);
		assert_int_equal(a.outcome, LEDGER_DONE);
		for (int act = LEDGER_APPROVE; i < paid && act <= LEDGER_PAY;
		     act++)
			assert_int_equal(
			    ledger_do(reg, id, (enum ledger_act)act, -1, "",
				"wang", 2, &a, &why),
			    CRED_OK);
	}
}

/* A year in which every table has something to hide. */
static void
a_year(void)
{
	for (int d = 0; d < 12; d++)
		book((struct ledger_claim){.kind = 2,
			 .level = (unsigned)(3 + d % 3),
			 .department = d + 1 <= PLAN_ROWS ? d + 1 : 0,
			 .region = d % 2 == 0 ? "1502" : "1505",
			 .applied = JAN_1_2019 + 30 * d},
		    20 + (unsigned)d, 10 + (unsigned)d);
	book((struct ledger_claim){.kind = 4,
		 .department = 8,
		 .region = "1529",
		 .applied = JAN_1_2019 + 180},
	    4, 4);
	book((struct ledger_claim){.kind = 3, .applied = JAN_1_2019 + 180}, 31,
	    0);
	/* another year; an advance alone; neither counts */
	book(
	    (struct ledger_claim){
		.kind = 2, .level = 4, .applied = JAN_1_2019 + 365},
	    3, 3);
	book((struct ledger_claim){.kind = 2,
		 .level = 4,
		 .part = LEDGER_ADVANCE,
		 .applied = JAN_1_2019},
	    2, 1);
}

static void
counted(void **state)
{
	struct statistics s;

	(void)state;
	a_year();
	assert_int_equal(statistics_collect(reg, 2019, 0, &s, &why), CRED_OK);
	assert_int_equal(s.booked[ST_ALL], 306 + 4 + 31);
	assert_int_equal(s.paid[ST_ALL], 186 + 4);
	assert_int_equal(s.booked[ST_DEPARTMENT], 20);
	assert_int_equal(s.booked[ST_DEPARTMENT + 7], 27 + 4);
	assert_int_equal(s.booked[ST_DEPARTMENT + PLAN_ROWS], 30 + 31 + 31);
	assert_int_equal(s.booked[ST_KIND + 3], 4);
	assert_int_equal(
	    s.booked[ST_KIND_LEVEL + 1 * 6 + 4], 21 + 24 + 27 + 30);
	assert_int_equal(s.booked[ST_LEVEL], 35);
	assert_int_equal(s.booked[ST_LEAGUE + 11], 4);
	assert_int_equal(s.booked[ST_MONTH], 20 + 21);
	assert_int_equal(s.paid_fen, (190 + 1) * 150000);
	/* four of kind 4 and of 阿拉善盟, and what would give them away */
	assert_true(s.booked_hidden[ST_KIND + 3]);
	assert_true(s.booked_hidden[ST_KIND_LEVEL + 3 * 6]);
	assert_true(s.booked_hidden[ST_LEAGUE + 11]);
	assert_true(s.booked_hidden[ST_KIND + 2] || s.booked_hidden[ST_ALL]);
	assert_false(s.booked_hidden[ST_DEPARTMENT]);
	assert_int_equal(statistics_collect(reg, 2021, 0, &s, &why), CRED_OK);
	assert_int_equal(s.booked[ST_ALL], 0);
	assert_int_equal(statistics_n_hidden(&s), 0);
}

static char *
file(const char *dir, const char *name)
{
	char *path = file_join(dir, name);
	uint8_t *text;
	size_t len;

	assert_int_equal(file_read(path, 1 << 20, &text, &len, &why), CRED_OK);
	unlink(path);
	free(path);
	return (char *)text;
}

/* No hidden count stands in the page, the chart or the CSV. */
static void
written(void **state)
{
	char dir[] = "statistics.XXXXXX", *csv, *zh, *en;
	struct statistics s;

	(void)state;
	a_year();
	assert_non_null(mkdtemp(dir));
	assert_int_equal(
	    statistics_collect(reg, 2019, 1577836800, &s, &why), CRED_OK);
	assert_int_equal(statistics_write(&s, dir, &why), CRED_OK);
	assert_int_equal(statistics_write(&s, dir, &why), CRED_OK);
	free(file(dir, "statistics.css"));
	csv = file(dir, "statistics.csv");
	zh = file(dir, "index.html");
	en = file(dir, "en.html");
	rmdir(dir);
	assert_non_null(strstr(csv, "合计,合计,266000,341,190\r\n"));
	assert_non_null(
	    strstr(csv, "部门,自治区人力资源社会保障厅,123000,20,10\r\n"));
	assert_non_null(strstr(csv, "种类,特种作业操作证书,,*,*\r\n"));
	assert_non_null(strstr(csv, "盟市,阿拉善盟,,*,*\r\n"));
	assert_null(strstr(csv, ",4,"));
	assert_non_null(strstr(zh, "2019年职业技能培训补贴统计"));
	assert_non_null(
	    strstr(zh, "已记账 341 人次，已支付 190 人次，约 29 万元"));
	assert_non_null(strstr(en, "341 person-times booked, 190 paid, about "
				   "0.29 million yuan."));
	assert_non_null(strstr(en, "State-owned Assets"));
	assert_null(strstr(zh, ">4<"));
	assert_null(strstr(en, ">4<"));
	assert_non_null(strstr(zh, "<svg role=\"img\""));
	/* nothing that a Content-Security-Policy would have to allow */
	assert_null(strstr(zh, "style="));
	assert_null(strstr(zh, "<script"));
	free(csv);
	free(zh);
	free(en);
}

static void
the_folder_cannot_be_made(void **state)
{
	struct statistics s = {.year = 2019};

	(void)state;
	assert_int_equal(
	    statistics_write(&s, "/dev/null/statistics", &why), CRED_FAULT_IO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(counted, start, stop),
	    cmocka_unit_test_setup_teardown(written, start, stop),
	    cmocka_unit_test(the_folder_cannot_be_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
