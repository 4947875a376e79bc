#include "testing.h"

#include "credential/scope.h"

#define TEXT(s) bytes_of(s, sizeof(s) - 1)

static struct scope scope;
static struct certificate cert;

/* A body for electricians of levels 3 to 5 and low-voltage cards. */
static int
reset(void **state)
{
	(void)state;
	memset(&scope, 0, sizeof(scope));
	strcpy(scope.body_id, "91150100MA0N12345X");
	strcpy(scope.prefix, "S000015000123");
	strcpy(scope.base, "https://tamga.example/");
	scope.kinds[KIND_LEVEL].granted = true;
	scope.kinds[KIND_LEVEL].n = 2;
	scope.kinds[KIND_LEVEL].items[0] =
	    (struct scope_item){"6-31-01-03", 3, 5};
	scope.kinds[KIND_LEVEL].items[1] =
	    (struct scope_item){"6-18-02-04", 0, 0};
	scope.kinds[KIND_OPERATION].granted = true;
	scope.kinds[KIND_OPERATION].n = 1;
	scope.kinds[KIND_OPERATION].items[0] = (struct scope_item){"1.2", 0, 0};

	cert = (struct certificate){
	    .kind = KIND_LEVEL,
	    .name = TEXT("张三"),
	    .number = TEXT("S000015000123204000001"),
	    .occupation = TEXT("电工"),
	    .code = TEXT("6-31-01-03"),
	    .level = 4,
	    .issued = 18443, /* 2020-06-30 */
	};
	return 0;
}

static void
is(enum cred_err want)
{
	assert_err(scope_check(&scope, &cert), want);
}

static void
number_is(const char *number, enum cred_err want)
{
	struct bytes keep = cert.number;
	cert.number = bytes_str(number);
	if (scope_check(&scope, &cert) != want)
		fail_msg("%s: %s, not %s", number,
		    cred_errname(scope_check(&scope, &cert)),
		    cred_errname(want));
	cert.number = keep;
}

static void
granted(void **state)
{
	(void)state;
	is(CRED_OK);
}

static void
kind(void **state)
{
	(void)state;
	static const int BAD[] = {0, 1, 3, 5, 6, 1000, -1};
	for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++) {
		cert.kind = (enum kind)BAD[i];
		is(CRED_ERR_NOT_KIND);
	}
}

/* The empty scope grants nothing, a kind without items no item. */
static void
nothing(void **state)
{
	(void)state;
	scope.kinds[KIND_LEVEL].n = 0;
	is(CRED_ERR_NOT_OCCUPATION);
	scope.kinds[KIND_LEVEL].granted = false;
	is(CRED_ERR_NOT_KIND);
}

static void
occupation(void **state)
{
	(void)state;
	static const char *const BAD[] = {"6-31-01-04", "6-31-01-0",
	    "6-31-01-033", "6", "1.2", "0123456789abcdef", "0123456789abcdefg"};
	for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++) {
		cert.code = bytes_str(BAD[i]);
		is(CRED_ERR_NOT_OCCUPATION);
	}
	cert.code = (struct bytes){0};
	is(CRED_ERR_NOT_OCCUPATION);
	scope.kinds[KIND_LEVEL].n = 0;
	scope.kinds[KIND_LEVEL].all = true;
	is(CRED_OK);
}

static void
level(void **state)
{
	(void)state;
	cert.level = 2;
	is(CRED_ERR_NOT_LEVEL);
	cert.level = 3;
	number_is("S000015000123203000001", CRED_OK);
	cert.level = 5;
	number_is("S000015000123205000001", CRED_OK);
	cert.level = 0; /* above the coded levels: not within 3 to 5 */
	number_is("S00001500012320A000001", CRED_ERR_NOT_LEVEL);
	/* Where any level is granted. */
	cert.code = TEXT("6-18-02-04");
	number_is("S00001500012320A000001", CRED_OK);
	cert.level = 1;
	number_is("S000015000123201000001", CRED_OK);
	/* The same code twice: either grant will do. */
	scope.kinds[KIND_LEVEL].items[1] =
	    (struct scope_item){"6-31-01-03", 1, 1};
	cert.code = TEXT("6-31-01-03");
	number_is("S000015000123201000001", CRED_OK);
	cert.level = 2;
	number_is("S000015000123202000001", CRED_ERR_NOT_LEVEL);
}

static void
number_of_a_level(void **state)
{
	(void)state;
	static const char *const FORM[] = {"", "S00001500012320400000",
	    "S0000150001232040000011", "s000015000123204000001",
	    "0000015000123204000001", "SO00015000123204000001",
	    "S0000150001232A4000001", "S000015000123200000001",
	    "S000015000123206000001", "S00001500012320a000001",
	    "S00001500012320400000A", "S000015000123204000000",
	    "S00001500012320-000001"};
	for (size_t i = 0; i < sizeof(FORM) / sizeof(*FORM); i++)
		number_is(FORM[i], CRED_ERR_NOT_NUMBER);
	cert.number = (struct bytes){0};
	is(CRED_ERR_NOT_NUMBER);
	reset(NULL);
	number_is("Y000015000123204000001", CRED_ERR_NOT_PREFIX);
	number_is("S000015000124204000001", CRED_ERR_NOT_PREFIX);
	number_is("S000015000123214000001", CRED_ERR_NOT_YEAR);
	number_is("S000015000123203000001", CRED_ERR_NOT_NUMBER_LEVEL);
	number_is("S00001500012320A000001", CRED_ERR_NOT_NUMBER_LEVEL);
	number_is("S000015000123204999999", CRED_OK);
	/* A digit needs its level. */
	scope.kinds[KIND_LEVEL].all = true;
	cert.level = 0;
	is(CRED_ERR_NOT_NUMBER_LEVEL);
	number_is("S00001500012320A000001", CRED_OK);
}

/* The year is that of the printed date, on its first and last day. */
static void
year(void **state)
{
	(void)state;
	assert_true(day_from_civil(2020, 1, 1, &cert.issued));
	is(CRED_OK);
	cert.issued--;
	is(CRED_ERR_NOT_YEAR);
	assert_true(day_from_civil(2020, 12, 31, &cert.issued));
	is(CRED_OK);
	cert.issued++;
	is(CRED_ERR_NOT_YEAR);
	assert_true(day_from_civil(2000, 1, 1, &cert.issued));
	number_is("S000015000123004000001", CRED_OK);
}

/* 职业资格: another number, not this body's prefix. */
static void
number_of_a_qualification(void **state)
{
	(void)state;
	cert.kind = KIND_QUALIFICATION;
	scope.kinds[KIND_QUALIFICATION].granted = true;
	scope.kinds[KIND_QUALIFICATION].all = true;
	number_is("2005001000400001", CRED_OK);
	number_is("2005004000400001", CRED_OK);
	number_is("2005005000400001", CRED_ERR_NOT_NUMBER);
	number_is("2005001000000001", CRED_ERR_NOT_NUMBER);
	number_is("2005001000600001", CRED_ERR_NOT_NUMBER);
	number_is("200500100040000", CRED_ERR_NOT_NUMBER);
	number_is("20050010004000011", CRED_ERR_NOT_NUMBER);
	number_is("200500100040000A", CRED_ERR_NOT_NUMBER);
	number_is("1905001000400001", CRED_ERR_NOT_YEAR);
	number_is("2005001000500001", CRED_ERR_NOT_NUMBER_LEVEL);
	cert.level = 0;
	number_is("2005001000400001", CRED_ERR_NOT_NUMBER_LEVEL);
	cert.number = (struct bytes){0};
	is(CRED_ERR_NOT_NUMBER);
}

static void
number_of_other_kinds(void **state)
{
	(void)state;
	static const enum kind KINDS[] = {KIND_SPECIALISED, KIND_TRAINING};
	for (size_t i = 0; i < 2; i++) {
		reset(NULL);
		cert.kind = KINDS[i];
		cert.level = 0;
		scope.kinds[KINDS[i]].granted = true;
		scope.kinds[KINDS[i]].all = true;
		number_is("1234567", CRED_ERR_NOT_NUMBER);
		number_is("12345678", CRED_OK);
		number_is("zx-2020-ABC-000000000001", CRED_OK);
		number_is("zx-2020-ABC-0000000000012", CRED_ERR_NOT_NUMBER);
		number_is("12345 78", CRED_ERR_NOT_NUMBER);
		cert.number = (struct bytes){0};
		is(CRED_ERR_NOT_NUMBER);
	}
}

static void
operation_card(void **state)
{
	(void)state;
	cert.kind = KIND_OPERATION;
	cert.number = (struct bytes){0};
	cert.level = 0;
	cert.code = TEXT("1.2");
	is(CRED_OK);
	cert.code = TEXT("1.1");
	is(CRED_ERR_NOT_OCCUPATION);
	cert.code = (struct bytes){0};
	is(CRED_ERR_NOT_OCCUPATION);
	scope.kinds[KIND_OPERATION].all = true;
	is(CRED_OK);
	number_is("T15010219900101123X", CRED_ERR_NOT_NUMBER);
}

static void
dates(void **state)
{
	(void)state;
	scope.has_not_before = scope.has_not_after = true;
	scope.not_before = scope.not_after = 18443;
	is(CRED_OK);
	scope.not_before++;
	is(CRED_ERR_NOT_DATE);
	scope.not_before = 0;
	scope.not_after--;
	is(CRED_ERR_NOT_DATE);
	scope.has_not_after = false;
	is(CRED_OK);
}

/* Of several faults the first in scope.h's order is named. */
static void
order(void **state)
{
	(void)state;
	scope.has_not_before = true;
	scope.not_before = 20000;
	cert.level = 2;
	cert.number = TEXT("x");
	cert.code = TEXT("9");
	cert.kind = KIND_TRAINING;
	is(CRED_ERR_NOT_KIND);
	cert.kind = KIND_LEVEL;
	is(CRED_ERR_NOT_OCCUPATION);
	cert.code = TEXT("6-31-01-03");
	is(CRED_ERR_NOT_LEVEL);
	cert.level = 5;
	is(CRED_ERR_NOT_NUMBER);
	cert.number = TEXT("Y000015000123194000001");
	is(CRED_ERR_NOT_PREFIX);
	cert.number = TEXT("S000015000123194000001");
	is(CRED_ERR_NOT_YEAR);
	cert.number = TEXT("S000015000123204000001");
	is(CRED_ERR_NOT_NUMBER_LEVEL);
	cert.number = TEXT("S000015000123205000001");
	is(CRED_ERR_NOT_DATE);
	cert.issued = 20000;
	is(CRED_ERR_NOT_YEAR);
}

#define T(f) cmocka_unit_test_setup(f, reset)
int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(granted),
	    T(kind),
	    T(nothing),
	    T(occupation),
	    T(level),
	    T(number_of_a_level),
	    T(year),
	    T(number_of_a_qualification),
	    T(number_of_other_kinds),
	    T(operation_card),
	    T(dates),
	    T(order),
	};
	return cmocka_run_group_tests_name("scope_check", tests, NULL, NULL);
}
