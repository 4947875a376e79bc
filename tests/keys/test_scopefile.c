#include "world.h"

#include "keys/scopefile.h"

static struct scopefile f;
static struct why why;

static enum cred_err
parse(const char *text)
{
	enum cred_err e;

	why.text[0] = '\0';
	e = scopefile_parse("s.ini", bytes_str(text), &f, &why);
	assert_true((e == CRED_OK) == (why.text[0] == '\0'));
	if (e != CRED_OK)
		assert_non_null(strstr(why.text, "s.ini"));
	return e;
}

#define HEAD "[body]\nid = " BODY_ID "\nprefix = " PREFIX "\n"

static void
everything(void **state)
{
	(void)state;
	assert_err(parse("; a comment\n[body]\nid = " BODY_ID "\n"
			 "name = 某某学校\nprefix=" PREFIX "\nbase = " BASE
			 "\nkinds = 2, 4,5\nnot_before = 2026-01-01\n"
			 "not_after = 2028-12-31\n[kind.2]\n"
			 "occupations = 6-31-01-03:3-5,6-18-02-04:4, "
			 "4-03-02-01\n[kind.4]\nitems = *\n"
			 "[kind.5]\noccupations =\n"),
	    CRED_OK);
	assert_string_equal(f.scope.body_id, BODY_ID);
	assert_string_equal(f.scope.prefix, PREFIX);
	assert_string_equal(f.scope.base, BASE);
	assert_string_equal(f.name, "某某学校");
	assert_true(f.scope.has_not_before && f.scope.has_not_after);
	assert_int_equal(f.scope.not_before, 20454);
	assert_false(f.scope.kinds[1].granted || f.scope.kinds[3].granted);
	assert_true(f.scope.kinds[2].granted);
	assert_false(f.scope.kinds[2].all);
	assert_int_equal(f.scope.kinds[2].n, 3);
	assert_string_equal(f.scope.kinds[2].items[0].code, "6-31-01-03");
	assert_int_equal(f.scope.kinds[2].items[0].level_high, 3);
	assert_int_equal(f.scope.kinds[2].items[0].level_low, 5);
	assert_int_equal(f.scope.kinds[2].items[1].level_high, 4);
	assert_int_equal(f.scope.kinds[2].items[1].level_low, 4);
	assert_int_equal(f.scope.kinds[2].items[2].level_high, 0);
	assert_true(f.scope.kinds[4].all);
	assert_true(f.scope.kinds[5].granted);
	assert_int_equal(f.scope.kinds[5].n, 0);
}

/* inih reads 200 bytes of a line: more must not be lost in silence. */
static void
long_lists(void **state)
{
	char text[8192] = HEAD "kinds = 2\n[kind.2]\noccupations = ";
	size_t n = strlen(text);

	(void)state;
	for (int i = 0; i < SCOPE_MAX_ITEMS; i++)
		n += (size_t)snprintf(text + n, sizeof text - n,
		    "6-31-%02d-%02d:3-5,", i / 100, i % 100);
	assert_err(parse(text), CRED_OK);
	assert_int_equal(f.scope.kinds[2].n, SCOPE_MAX_ITEMS);
	assert_string_equal(
	    f.scope.kinds[2].items[SCOPE_MAX_ITEMS - 1].code, "6-31-01-27");
	assert_int_equal(
	    f.scope.kinds[2].items[SCOPE_MAX_ITEMS - 1].level_low, 5);
	strcat(text, "6-31-09-99");
	assert_err(parse(text), CRED_FAULT_CONFIG);
	/* by hand, over several lines */
	assert_err(parse(HEAD "kinds = 4\n[kind.4]\nitems = 1.1,\n  1.2\n  "
			      "2.1,2.2\n"),
	    CRED_OK);
	assert_int_equal(f.scope.kinds[4].n, 4);
}

static void
refused(void **state)
{
	static const char *const bad[] = {
	    "",
	    "[body]\nid = " BODY_ID "\n",
	    "[body]\nprefix = " PREFIX "\n",
	    HEAD "id = " BODY_ID "\n",
	    HEAD "colour = red\n",
	    HEAD "[other]\nx = 1\n",
	    HEAD "[kind.6]\noccupations = *\n",
	    HEAD "[kind.0]\noccupations = *\n",
	    HEAD "[kind.22]\noccupations = *\n",
	    HEAD "kinds = 2\n",
	    HEAD "[kind.2]\noccupations = *\n",
	    HEAD "kinds = 2,2\n[kind.2]\noccupations = *\n",
	    HEAD "kinds = 6\n",
	    HEAD "kinds = two\n",
	    HEAD "kinds = 2\n[kind.2]\nitems = *\n",
	    HEAD "kinds = 4\n[kind.4]\noccupations = *\n",
	    HEAD "kinds = 2\n[kind.2]\noccupations = *, 6-31-01-03\n",
	    HEAD "kinds = 2\n[kind.2]\noccupations = 6-31-01-03, *\n",
	    HEAD "kinds = 2\n[kind.2]\noccupations = 6-31-01-03:5-3\n",
	    HEAD "kinds = 2\n[kind.2]\noccupations = 6-31-01-03:0-3\n",
	    HEAD "kinds = 2\n[kind.2]\noccupations = 6-31-01-03:3-6\n",
	    HEAD "kinds = 2\n[kind.2]\noccupations = 6-31-01-03:\n",
	    HEAD "kinds = 2\n[kind.2]\noccupations = 6-31-01-03:3-\n",
	    HEAD "kinds = 2\n[kind.2]\noccupations = 6-31-01-03:3-45\n",
	    HEAD "kinds = 2\n[kind.2]\noccupations = :3-4\n",
	    HEAD "kinds = 2\n[kind.2]\noccupations = 6-31, 6-31\n",
	    HEAD "kinds = 2\n[kind.2]\noccupations = 6-31-01-03-04-05-06\n",
	    HEAD "not_before = 2026-13-01\n",
	    HEAD "not_before = yesterday\n",
	    HEAD "not_after = 2026-01-01\nnot_after = 2026-01-01\n",
	    HEAD "garbage\n",
	    "[body\nid = 1\n",
	    "[body]\nid = 52150000MJ00000X1XY\nprefix = " PREFIX "\n",
	};
	char line[600];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (parse(bad[i]) != CRED_FAULT_CONFIG)
			fail_msg("taken: %s", bad[i]);
	memset(line, 'x', sizeof line);
	memcpy(line, "[body]\nname = ", 14);
	line[sizeof line - 1] = '\0';
	assert_err(parse(line), CRED_FAULT_CONFIG);
	assert_err(scopefile_parse("s.ini",
		       bytes_of(HEAD "\0x", sizeof HEAD + 1), &f, &why),
	    CRED_FAULT_CONFIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(everything),
	    cmocka_unit_test(long_lists),
	    cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
