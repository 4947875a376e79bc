#include "web/cookie.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static bool
get(const char *line, const char *second, char *out, size_t cap)
{
	const struct web_header headers[] = {{"Host", "a=b"}, {"cookie", line},
	    {"Cookie", second != NULL ? second : ""}};
	struct web_request rq = {.headers = headers, .n_headers = 3};

	return cookie_get(&rq, "__Host-x", out, cap);
}

static void
found(void **state)
{
	static const char *const all[] = {"__Host-x=abc", "a=b; __Host-x=abc",
	    "__Host-x=abc; a=b", "a=b;__Host-x=abc ;c",
	    "__Host-xy=1; __Host-x=abc", "a=__Host-x=9; __Host-x=abc"};
	char out[8];

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		assert_true(get(all[i], NULL, out, sizeof out));
		assert_string_equal(out, "abc");
	}
	assert_true(get("a=b", "__Host-x=z", out, sizeof out));
	assert_string_equal(out, "z");
}

static void
not_found(void **state)
{
	static const char *const all[] = {"", "__Host-x", "a=b", "__host-x=abc",
	    "__Host-x=abc; __Host-x=abc", "__Host-x=a\"c", "__Host-x=a c",
	    "__Host-x=a,c", "__Host-x=12345678", "x__Host-x=abc", ";;;",
	    "__Host-x=\xe4"};
	char out[8];

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		assert_false(get(all[i], NULL, out, sizeof out));
	assert_false(get("__Host-x=1", "__Host-x=2", out, sizeof out));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(found),
	    cmocka_unit_test(not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
