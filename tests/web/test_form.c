#include "web/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void
fields(void **state)
{
	struct form f;

	(void)state;
	assert_int_equal(
	    form_parse(bytes_str("a=1&b=%E4%B8%AD+x%0D%0A&c&d=&&e=x%3d"), &f),
	    WEB_OK);
	assert_int_equal(f.n, 5);
	assert_string_equal(form_get(&f, "a"), "1");
	assert_string_equal(form_get(&f, "b"), "中 x\r\n");
	assert_string_equal(form_get(&f, "c"), "");
	assert_string_equal(form_get(&f, "d"), "");
	assert_string_equal(form_get(&f, "e"), "x=");
	assert_null(form_get(&f, "f"));
	form_release(&f);
	assert_int_equal(form_parse(bytes_str(""), &f), WEB_OK);
	assert_int_equal(f.n, 0);
	form_release(&f);
}

static void
refused(void **state)
{
	static const char *const all[] = {"a=1&a=1", "a=1&%61=2", "=1", "a=%",
	    "a=%4", "a=%4g", "a=%00", "a=%0b", "a=%7f", "a=%ff", "a=%c0%af",
	    "%=1"};
	struct form f;

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		assert_int_equal(form_parse(bytes_str(all[i]), &f), WEB_FORM);
		form_release(&f);
	}
	assert_int_equal(form_parse(bytes_of("a=\0", 3), &f), WEB_FORM);
	form_release(&f);
}

static void
bounds(void **state)
{
	char many[FORM_MAX_FIELDS * 4 + 8] = "", *big;
	struct form f;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < FORM_MAX_FIELDS; i++)
		n += (size_t)snprintf(many + n, sizeof many - n, "f%02d&", i);
	assert_int_equal(form_parse(bytes_str(many), &f), WEB_OK);
	assert_int_equal(f.n, FORM_MAX_FIELDS);
	form_release(&f);
	snprintf(many + n, sizeof many - n, "g");
	assert_int_equal(form_parse(bytes_str(many), &f), WEB_FORM);
	form_release(&f);
	big = malloc(FORM_MAX_BYTES + 1);
	assert_non_null(big);
	memset(big, 'a', FORM_MAX_BYTES + 1);
	assert_int_equal(form_parse(bytes_of(big, FORM_MAX_BYTES), &f), WEB_OK);
	form_release(&f);
	assert_int_equal(
	    form_parse(bytes_of(big, FORM_MAX_BYTES + 1), &f), WEB_FORM);
	form_release(&f);
	free(big);
}

static void
numbers(void **state)
{
	struct form f;
	int64_t v = -1;

	(void)state;
	assert_int_equal(
	    form_parse(
		bytes_str("a=7&b=-1&c=08&d=9999999999999999999&e=&f=1x"), &f),
	    WEB_OK);
	assert_true(form_number(&f, "a", 7, &v));
	assert_int_equal(v, 7);
	assert_false(form_number(&f, "a", 6, &v));
	assert_true(form_number(&f, "c", 10, &v));
	assert_int_equal(v, 8);
	assert_false(form_number(&f, "b", 10, &v));
	assert_false(form_number(&f, "d", INT64_MAX, &v));
	assert_false(form_number(&f, "e", 10, &v));
	assert_false(form_number(&f, "f", 10, &v));
	assert_false(form_number(&f, "g", 10, &v));
	form_release(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fields),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(bounds),
	    cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
