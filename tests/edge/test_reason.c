#include "edge/reason.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
says(const char *reason, const char *want)
{
	const char *wrong = reason_wrong(reason);

	assert_non_null(wrong);
	assert_non_null(strstr(wrong, want));
}

static void
good(void **state)
{
	char most[REASON_MAX_BYTES + 1];

	(void)state;
	memset(most, 'x', sizeof most - 1);
	most[sizeof most - 1] = '\0';
	assert_null(reason_wrong("考试作弊"));
	assert_null(reason_wrong("12345678901234"));
	assert_null(reason_wrong("2020-06-30 to 2020-07-01"));
	assert_null(reason_wrong(most));
}

static void
bad(void **state)
{
	char most[REASON_MAX_BYTES + 2];

	(void)state;
	memset(most, 'x', sizeof most - 1);
	most[sizeof most - 1] = '\0';
	says(NULL, "needed");
	says("", "needed");
	says(most, "400 bytes");
	says("\xff", "UTF-8");
	says("\xe4\xb8", "UTF-8");
	says("a\nb", "one line");
	says("a\x7f", "one line");
	says("是150102199001010003的", "ID number");
	says("150102900101003", "ID number");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good),
	    cmocka_unit_test(bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
