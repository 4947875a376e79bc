#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "verifier/jsonbody.h"

static json_t *
parse(const char *text)
{
	return jsonbody_parse(bytes_str(text), (const char *[]){"qr", "id"}, 2);
}

static void
two_strings(void **state)
{
	json_t *j = parse(" {\"id\":\"1\",\"qr\":\"\\u8bc1\"}\n");

	(void)state;
	assert_non_null(j);
	assert_true(bytes_eq(jsonbody_text(j, "qr"), bytes_str("\u8bc1")));
	jsonbody_free(j);
	j = parse("{\"id\":\"1{[\\\"\",\"qr\":\"2\"}");
	assert_non_null(j);
	assert_true(bytes_eq(jsonbody_text(j, "id"), bytes_str("1{[\"")));
	jsonbody_free(j);
}

static void
anything_else(void **state)
{
	static const char *const bad[] = {"", "null", "[]", "{}", "\"qr\"",
	    "{\"qr\":\"a\"}", "{\"qr\":\"a\",\"id\":1}",
	    "{\"qr\":\"a\",\"id\":null}", "{\"qr\":\"a\",\"x\":\"b\"}",
	    "{\"qr\":\"a\",\"id\":\"b\",\"x\":\"c\"}",
	    "{\"qr\":\"a\",\"id\":\"b\",\"id\":\"c\"}",
	    "{\"qr\":\"a\",\"id\":[\"b\"]}", "{\"qr\":\"a\",\"id\":[[[[]]]]}",
	    "{\"qr\":\"a\",\"id\":\"b\"} x", "{\"qr\":\"a\",\"id\":\"\xff\"}",
	    "{\"qr\":\"a\",\"id\":\"b\\u0000\"}", "{\"qr\":\"a\",\"id\":\"b\"",
	    "[[[[[[[[[[[[[[[["};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_null(parse(bad[i]));
}

/* As deep as a body may be long: refused before anything recurses. */
static void
deep(void **state)
{
	static char text[32768];

	(void)state;
	memset(text, '[', sizeof text);
	assert_null(jsonbody_parse(
	    bytes_of(text, sizeof text), (const char *[]){"qr"}, 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(two_strings),
	    cmocka_unit_test(anything_else),
	    cmocka_unit_test(deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
