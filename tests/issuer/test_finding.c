#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/finding.h"

static void
sorted_by_row_keeping_order(void **state)
{
	struct findings f;

	(void)state;
	findings_init(&f);
	findings_add(&f, 9, "姓名", FIND_MISSING, "a");
	findings_add(&f, 2, "", FIND_ID_REGION, "b");
	findings_add(&f, 9, "", FIND_ID_AGE, "c");
	findings_add(&f, 2, "", FIND_ID_AGE, "d");
	findings_sort(&f);
	assert_string_equal(f.list[0].message, "b");
	assert_string_equal(f.list[1].message, "d");
	assert_string_equal(f.list[2].message, "a");
	assert_string_equal(f.list[3].message, "c");
	assert_int_equal(f.n_errors, 1);
	assert_int_equal(f.n_warnings, 3);
	assert_true(findings_row_bad(&f, 9));
	assert_false(findings_row_bad(&f, 2));
	assert_false(findings_row_bad(&f, 3));
	assert_int_equal(findings_state(&f), CRED_OK);
	findings_release(&f);
}

static void
one_json_object_a_line(void **state)
{
	struct findings f;
	char *out;
	size_t len;
	FILE *m = open_memstream(&out, &len);

	(void)state;
	findings_init(&f);
	findings_add(&f, 7, "证件号码", FIND_ID_CHECKSUM, "a \"b\"\n");
	finding_print_json(m, &f.list[0]);
	fclose(m);
	assert_string_equal(out,
	    "{\"schema\":1,\"row\":7,\"column\":\"证件号码\","
	    "\"code\":\"id_checksum\",\"severity\":\"error\","
	    "\"message\":\"a \\\"b\\\"\\n\"}\n");
	free(out);
	findings_release(&f);
}

static void
text_names_file_row_column(void **state)
{
	struct findings f;
	char *out;
	size_t len;
	FILE *m = open_memstream(&out, &len);

	(void)state;
	findings_init(&f);
	findings_add(&f, 7, "证件号码", FIND_ID_AGE, "young\033[2J");
	finding_print(m, "r.csv", &f.list[0]);
	fclose(m);
	assert_string_equal(
	    out, "r.csv:7: 证件号码: warning [id_age]: young?[2J\n");
	free(out);
	findings_release(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sorted_by_row_keeping_order),
	    cmocka_unit_test(one_json_object_a_line),
	    cmocka_unit_test(text_names_file_row_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
