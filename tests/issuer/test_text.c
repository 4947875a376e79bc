#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "issuer/text.h"

static void
blanks(void **state)
{
	(void)state;
	assert_true(text_empty(""));
	assert_true(text_empty(" \t\r\n　\xc2\xa0\xef\xbb\xbf"));
	assert_false(text_empty(" a "));
	assert_false(text_empty(" \xff"));
}

static void
han(void **state)
{
	(void)state;
	assert_true(text_han(0x4e2d));
	assert_true(text_han(0x20bb7));
	assert_true(text_han(0x31350));
	assert_true(text_han(0x3007));
	assert_false(text_han('a'));
	assert_false(text_han(0x1820));
}

static void
next_refuses_what_is_no_utf8(void **state)
{
	uint32_t c;

	(void)state;
	assert_int_equal(text_next("\xc0\x80", &c), 0);
	assert_int_equal(text_next("\xed\xa0\x80", &c), 0);
	assert_int_equal(text_next("\xe4\xb8", &c), 0);
	assert_int_equal(text_next("\xf5\x80\x80\x80", &c), 0);
	assert_int_equal(text_next("", &c), 0);
	assert_int_equal(text_next("中", &c), 3);
	assert_int_equal(c, 0x4e2d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(blanks),
	    cmocka_unit_test(han),
	    cmocka_unit_test(next_refuses_what_is_no_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
