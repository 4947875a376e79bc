#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "subsidy/claim.h"

static void
subject_is(int kind, const char *name, const char *code, unsigned level,
    const char *want)
{
	char got[SUBJECT_MAX];

	assert_true(
	    claim_subject(kind, bytes_str(name), bytes_str(code), level, got));
	assert_string_equal(got, want);
}

/* R3: across kinds 1 and 2, editions of the catalogue, with and without code.
 */
static void
one_occupation_one_subject(void **state)
{
	(void)state;
	subject_is(2, "焊工", "6-18-02-04", 4, "occ:6-18-02-04:4");
	subject_is(1, "焊工", "6-18-02-04", 4, "occ:6-18-02-04:4");
	subject_is(2, "焊工", "6-04-02-05", 4, "occ:6-18-02-04:4");
	subject_is(2, "焊工", "", 4, "occ:6-18-02-04:4");
	subject_is(2, "焊工", "6-18-02-04", 3, "occ:6-18-02-04:3");
	/* in no edition we know, still the same thing twice */
	subject_is(2, "某工", "6-99-99-99", 4, "occ:6-99-99-99:4");
	subject_is(2, "某工", "", 4, "name:某工:4");
}

static void
other_kinds(void **state)
{
	(void)state;
	subject_is(3, "奶茶制作", "", 0, "sp:奶茶制作");
	subject_is(4, "低压电工作业", "1.2", 0, "op:1.2");
	subject_is(4, "低压电工", "", 0, "op:1.2");
	subject_is(4, "某作业", "", 0, "op:某作业");
	subject_is(5, "SYB", "", 0, "tr:SYB");
	subject_is(5, "电工", "6-31-01-03", 0, "tr:6-31-01-03");
}

static void
no_subject(void **state)
{
	char long_name[SUBJECT_MAX + 1], out[SUBJECT_MAX];

	(void)state;
	memset(long_name, 'x', SUBJECT_MAX);
	long_name[SUBJECT_MAX] = '\0';
	assert_false(
	    claim_subject(0, bytes_str("电工"), bytes_str(""), 4, out));
	assert_false(
	    claim_subject(6, bytes_str("电工"), bytes_str(""), 4, out));
	assert_false(claim_subject(2, bytes_str(""), bytes_str(""), 4, out));
	assert_false(
	    claim_subject(3, bytes_str(long_name), bytes_str(""), 0, out));
}

static void
words(void **state)
{
	(void)state;
	assert_int_equal(claim_scheme_by_word(bytes_str("")), SCHEME_TRAINING);
	assert_int_equal(
	    claim_scheme_by_word(bytes_str("技能提升补贴")), SCHEME_SKILL);
	assert_int_equal(claim_scheme_by_word(bytes_str("补贴")), SCHEME_NONE);
	assert_int_equal(claim_part_by_word(bytes_str("")), PART_FULL);
	assert_int_equal(
	    claim_part_by_word(bytes_str("先行拨付")), PART_ADVANCE);
	assert_int_equal(claim_part_by_word(bytes_str("尾款")), PART_BALANCE);
	assert_int_equal(claim_part_by_word(bytes_str("60%")), PART_NONE);
	for (int s = SCHEME_TRAINING; s < N_SCHEMES; s++)
		assert_int_equal(claim_scheme_by_word(bytes_str(
				     claim_scheme_word((enum claim_scheme)s))),
		    s);
	for (int p = PART_FULL; p < N_PARTS; p++)
		assert_int_equal(claim_part_by_word(bytes_str(
				     claim_part_word((enum claim_part)p))),
		    p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_occupation_one_subject),
	    cmocka_unit_test(other_kinds),
	    cmocka_unit_test(no_subject),
	    cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
