#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "domain/idnum.h"

static int32_t today;

static enum cred_err
check(enum id_type type, const char *s, struct idnum *out)
{
	return idnum_check(type, bytes_str(s), today, out);
}

static void
published_examples_pass(void **state)
{
	static const struct {
		enum id_type type;
		const char *id;
	} good[] = {
	    {ID_RESIDENT, "11010519491231002X"},
	    {ID_RESIDENT, "440524188001010014"},
	    {ID_RESIDENT, "150102199001010019"},
	    {ID_RESIDENT, "152301197506151287"},
	    {ID_RESIDENT, "152101196012317771"},
	    {ID_RESIDENT, "150603199911090509"},
	    {ID_HMT_RESIDENCE, "810000198808080152"},
	    {ID_HMT_RESIDENCE, "820000198808080269"},
	    {ID_HMT_RESIDENCE, "830000198808080375"},
	    {ID_HMT_RESIDENCE, "810000199408230021"},
	    {ID_HMT_RESIDENCE, "830000199201300022"},
	    {ID_FOREIGN_PR, "915840198503020012"},
	    {ID_FOREIGN_PR, "USA110080010101"},
	    {ID_HM_PERMIT, "H12345678"},
	    {ID_HM_PERMIT, "M1234567801"},
	    {ID_TW_PERMIT, "12345678"},
	    {ID_PASSPORT, "E12345678"},
	};
	struct idnum id;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (check(good[i].type, good[i].id, &id) != CRED_OK)
			fail_msg("refused: %s", good[i].id);
}

static void
wrong_ones_have_their_reason(void **state)
{
	static const struct {
		enum id_type type;
		const char *id;
		enum cred_err e;
	} bad[] = {
	    {ID_RESIDENT, "110105194912310021", CRED_ERR_DOMAIN_CHECKSUM},
	    {ID_RESIDENT, "15000019970319128X", CRED_ERR_DOMAIN_CHECKSUM},
	    {ID_RESIDENT, "150102199002300018", CRED_ERR_DOMAIN_DATE},
	    {ID_RESIDENT, "150102209901010019", CRED_ERR_DOMAIN_DATE},
	    {ID_RESIDENT, "150102900101001", CRED_ERR_DOMAIN_15},
	    {ID_RESIDENT, "15010219900101001", CRED_ERR_DOMAIN_FORM},
	    {ID_RESIDENT, "1501021990010100199", CRED_ERR_DOMAIN_FORM},
	    {ID_RESIDENT, "15010219900101001x", CRED_ERR_DOMAIN_FORM},
	    {ID_RESIDENT, "1501021990010100A9", CRED_ERR_DOMAIN_FORM},
	    {ID_RESIDENT, "", CRED_ERR_DOMAIN_FORM},
	    {ID_RESIDENT, "915840198503020012", CRED_ERR_DOMAIN_FORM},
	    {ID_HMT_RESIDENCE, "150102199001010019", CRED_ERR_DOMAIN_FORM},
	    {ID_FOREIGN_PR, "150102199001010019", CRED_ERR_DOMAIN_FORM},
	    {ID_FOREIGN_PR, "US1110080010101", CRED_ERR_DOMAIN_FORM},
	    {ID_FOREIGN_PR, "915840198503020013", CRED_ERR_DOMAIN_CHECKSUM},
	    {ID_HM_PERMIT, "H123", CRED_ERR_DOMAIN_FORM},
	    {ID_HM_PERMIT, "H1234_678", CRED_ERR_DOMAIN_FORM},
	    {ID_HM_PERMIT, "", CRED_ERR_DOMAIN_FORM},
	    {ID_TW_PERMIT, "1234", CRED_ERR_DOMAIN_FORM},
	    {ID_PASSPORT, "E1_3456", CRED_ERR_DOMAIN_FORM},
	    {ID_PASSPORT, "E123", CRED_ERR_DOMAIN_FORM},
	};
	struct idnum id, was;

	(void)state;
	memset(&id, 0x5a, sizeof id);
	was = id;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		enum cred_err e = check(bad[i].type, bad[i].id, &id);
		if (e != bad[i].e)
			fail_msg("%s: %s", bad[i].id, cred_errname(e));
		if (memcmp(&id, &was, sizeof id) != 0)
			fail_msg("%s: written to although refused", bad[i].id);
	}
}

/* domain.md 4.3, tags V-, G: accepted, and said. */
static void
uncertain_forms_only_warn(void **state)
{
	static const struct {
		enum id_type type;
		const char *id;
		bool unusual;
	} rows[] = {
	    {ID_HM_PERMIT, "H12345678", false},
	    {ID_HM_PERMIT, "M1234567801", false},
	    {ID_HM_PERMIT, "X12345678", true},
	    {ID_HM_PERMIT, "H1234567", true},
	    {ID_TW_PERMIT, "12345678", false},
	    {ID_TW_PERMIT, "1234567", true},
	    {ID_TW_PERMIT, "0123456701B", true},
	    {ID_PASSPORT, "E12345678", false},
	    {ID_PASSPORT, "E1234567890", true},
	    {ID_FOREIGN_PR, "915840198503020012", false},
	    /* no date where the birth is supposed to be */
	    {ID_FOREIGN_PR, "915840198599020014", true},
	};
	struct idnum id;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char s[24];
		snprintf(s, sizeof s, "%s", rows[i].id);
		if (i + 1 == sizeof rows / sizeof *rows)
			s[17] = idnum_check_digit(s);
		assert_int_equal(check(rows[i].type, s, &id), CRED_OK);
		if (id.unusual != rows[i].unusual)
			fail_msg("%s", rows[i].id);
	}
	assert_false(id.has_birth);
	assert_true(idnum_is_hmt(bytes_str("810000198808080152")));
	assert_false(idnum_is_hmt(bytes_str("150102199001010019")));
}

static void
every_single_digit_error_is_caught(void **state)
{
	struct idnum id;

	(void)state;
	for (size_t i = 0; i < 18; i++)
		for (char c = '0'; c <= '9'; c++) {
			char s[] = "150102199001010019";
			if (s[i] == c)
				continue;
			s[i] = c;
			assert_int_not_equal(check(ID_RESIDENT, s, &id), CRED_OK);
		}
}

static void
facts_come_out(void **state)
{
	struct idnum id;
	int32_t day;

	(void)state;
	assert_int_equal(check(ID_RESIDENT, "152301197506151287", &id), CRED_OK);
	assert_true(id.has_birth);
	assert_false(id.male);
	assert_string_equal(id.region, "152301");
	assert_true(day_from_civil(1991, 6, 14, &day));
	assert_int_equal(idnum_age(&id, day), 15);
	assert_int_equal(idnum_age(&id, day + 1), 16);
}

static void
excel_ruins_are_seen(void **state)
{
	(void)state;
	assert_true(idnum_ruined_by_excel(bytes_str("1.50102E+17")));
	assert_true(idnum_ruined_by_excel(bytes_str("1.50102199001010E+17")));
	assert_true(idnum_ruined_by_excel(bytes_str("152301197506151000")));
	assert_false(idnum_ruined_by_excel(bytes_str("150102199001010019")));
	assert_false(idnum_ruined_by_excel(bytes_str("")));
	assert_false(idnum_ruined_by_excel(bytes_str("E12345678")));
}

static void
types_have_names(void **state)
{
	(void)state;
	assert_int_equal(idnum_type_by_name(bytes_str("")), ID_RESIDENT);
	assert_int_equal(idnum_type_by_name(bytes_str("台胞证")), ID_TW_PERMIT);
	assert_int_equal(idnum_type_by_name(bytes_str("驾驶证")), 0);
	for (int t = ID_RESIDENT; t <= ID_PASSPORT; t++)
		assert_int_equal(idnum_type_by_name(bytes_str(
		    idnum_type_name((enum id_type)t))), t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(published_examples_pass),
	    cmocka_unit_test(wrong_ones_have_their_reason),
	    cmocka_unit_test(uncertain_forms_only_warn),
	    cmocka_unit_test(every_single_digit_error_is_caught),
	    cmocka_unit_test(facts_come_out),
	    cmocka_unit_test(excel_ruins_are_seen),
	    cmocka_unit_test(types_have_names),
	};

	if (!day_from_civil(2026, 11, 23, &today))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
