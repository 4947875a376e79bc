#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <string.h>

#include "verifier/scan.h"

static void
expect_bytes(const char *in, size_t n, const char *want)
{
	size_t len = 0;
	uint8_t *out = scan_paste(bytes_of(in, n), &len);

	if (want == NULL) {
		assert_null(out);
		return;
	}
	assert_non_null(out);
	if (len != strlen(want) || memcmp(out, want, len) != 0)
		fail_msg("%.*s\nnot %s", (int)len, (char *)out, want);
	free(out);
}

static void
expect(const char *in, const char *want)
{
	expect_bytes(in, strlen(in), want);
}

static void
as_it_is(void **state)
{
	(void)state;
	expect("https://a.example/#123\n456", "https://a.example/#123456");
	expect("one\ntwo\n", "one\ntwo\n");
	expect("证书", "证书");
	expect("", NULL);
	expect("\xff\xfe", NULL);
	expect_bytes("a\0b", 3, NULL);
	expect("caf\xe9", NULL);
}

/* Lines later on keep their numbers. */
static void
broken_lines(void **state)
{
	(void)state;
	expect("see https://a.example/#12\r\n34\r\n56\r\nbye\n",
	    "see https://a.example/#123456\r\n\n\nbye\n");
	expect("> https://a.example/#12\n> 34\n> bye",
	    "> https://a.example/#1234\n\n> bye");
	/* another address, words, an empty line: nothing to join */
	expect("https://a.example/#12\nhttps://a.example/#34",
	    "https://a.example/#12\nhttps://a.example/#34");
	expect("https://a.example/#12\n34 pieces",
	    "https://a.example/#12\n34 pieces");
	expect("https://a.example/#12\n\n34", "https://a.example/#12\n\n34");
	expect("https://a.example/#12,\n34", "https://a.example/#12,\n34");
	expect("#12\n34", "#12\n34");
}

/* Digits alone, a certificate a line: never joined. */
static void
lists_of_digits(void **state)
{
	char in[1400] = "https://a.example/#", *p = in + strlen(in);

	(void)state;
	memset(p, '1', 400);
	p[400] = '\n';
	memset(p + 401, '2', 400);
	p[801] = '\0';
	expect(in, in);
}

static void
utf16(void **state)
{
	(void)state;
	expect_bytes("\xff\xfe" "a\0\xc1\x8b\n\0", 8, "a证\n");
	expect_bytes("\xfe\xff" "\0a\x8b\xc1", 6, "a证");
	expect("\xef\xbb\xbf" "a", "a");
}

static void
widths(void **state)
{
	(void)state;
	assert_int_equal(scan_width("abc"), 3);
	assert_int_equal(scan_width("证书.png"), 8);
	assert_int_equal(scan_width("caf\xc3\xa9"), 4);
	assert_int_equal(scan_width("\xe8\xaf"), 2); /* cut off */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(as_it_is),
	    cmocka_unit_test(broken_lines),
	    cmocka_unit_test(lists_of_digits),
	    cmocka_unit_test(utf16),
	    cmocka_unit_test(widths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
