#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/file.h"
#include "credential/claims.h"
#include "issuer/conf.h"

static char path[] = "/tmp/tamga-conf-XXXXXX";

static enum cred_err
load(const char *text, struct conf *c)
{
	struct why why = {""};
	enum cred_err e;

	assert_int_equal(
	    file_write(path, bytes_str(text), 0600, &why), CRED_OK);
	e = conf_load(path, c, &why);
	assert_true(e == CRED_OK || why.text[0] != '\0');
	return e;
}

static void
defaults(void **state)
{
	struct why why;
	struct conf c;
	char *t;

	(void)state;
	assert_int_equal(conf_load("/proc/none/tamga.conf", &c, &why), CRED_OK);
	assert_int_equal(c.exp_days, 7);
	assert_int_equal(c.ttl_hours, 24);
	assert_string_equal(c.template_name[2], "level");
	assert_string_equal(c.template_name[4], "operation");
	t = conf_template_path(&c, "level");
	assert_int_equal(access(t, R_OK), 0);
	free(t);
	t = conf_template_path(&c, "./my.svg");
	assert_string_equal(t, "./my.svg");
	free(t);
}

static void
set_by_the_file(void **state)
{
	struct conf c;

	(void)state;
	assert_int_equal(load("[status]\nexp_days = 3\nttl_hours = 2\n"
			      "[print]\ntemplates = /t\ntemplate.2 = mine\n"
			      "notice.4 = 提示\n[verifier]\nother = 1\n",
			     &c),
	    CRED_OK);
	assert_int_equal(c.exp_days, 3);
	assert_int_equal(c.ttl_hours, 2);
	assert_string_equal(c.templates, "/t");
	assert_string_equal(c.template_name[2], "mine");
	assert_string_equal(c.notice[4], "提示");
}

static void
order_by_date(void **state)
{
	struct conf c;
	int32_t day;

	(void)state;
	assert_int_equal(load("", &c), CRED_OK);
	assert_string_equal(conf_order(&c, 0), "mn-first");
	assert_int_equal(load("[print]\norder = zh-first\n", &c), CRED_OK);
	assert_string_equal(conf_order(&c, -1000000), "zh-first");
	assert_int_equal(load("[print]\norder = mn-first, 2022-01-01 zh-first,"
			      "2030-02-28 mn-first\n",
			     &c),
	    CRED_OK);
	assert_true(day_from_civil(2022, 1, 1, &day));
	assert_string_equal(conf_order(&c, day - 1), "mn-first");
	assert_string_equal(conf_order(&c, day), "zh-first");
	assert_true(day_from_civil(2030, 2, 28, &day));
	assert_string_equal(conf_order(&c, day - 1), "zh-first");
	assert_string_equal(conf_order(&c, day), "mn-first");
}

static void
refused(void **state)
{
	static const char *const bad[] = {"[status]\nexp_days = 0\n",
	    "[status]\nexp_days = 31\n", "[status]\nexp_days = 7x\n",
	    "[status]\nexp = 7\n", "[print]\ntemplate.6 = x\n",
	    "[print]\norder = first\n", "[print]\norder = mn-firstly\n",
	    "[print]\norder = mn-first,\n",
	    "[print]\norder = mn-first, zh-first\n",
	    "[print]\norder = 2022-01-01 mn-first\n",
	    "[print]\norder = mn-first, 2022-02-30 zh-first\n",
	    ("[print]\norder = mn-first, 2022-01-01 zh-first, "
	     "2021-01-01 mn-first\n"),
	    "[print]\nprice = 1\n", "[print\n", "no sense\n"};
	struct conf c;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(load(bad[i], &c), CRED_FAULT_CONFIG);
}

static void
default_file_changes_nothing(void **state)
{
	struct conf a, b;
	struct why why;

	(void)state;
	unlink(path);
	assert_int_equal(conf_load(path, &a, &why), CRED_OK);
	assert_int_equal(conf_write_default(path, &why), CRED_OK);
	assert_int_equal(conf_load(path, &b, &why), CRED_OK);
	assert_memory_equal(&a, &b, sizeof a);
	/* A second time leaves it alone. */
	assert_int_equal(load("[status]\nexp_days = 3\n", &a), CRED_OK);
	assert_int_equal(conf_write_default(path, &why), CRED_OK);
	assert_int_equal(conf_load(path, &b, &why), CRED_OK);
	assert_int_equal(b.exp_days, 3);
}

static int
make(void **state)
{
	(void)state;
	close(mkstemp(path));
	return 0;
}

static int
clean(void **state)
{
	(void)state;
	return unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(defaults),
	    cmocka_unit_test(set_by_the_file),
	    cmocka_unit_test(order_by_date),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(default_file_changes_nothing),
	};

	return cmocka_run_group_tests(tests, make, clean);
}
