#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "web/route.h"

static const struct web_route routes[] = {{"GET", "/", 0, NULL, 0, NULL},
    {"GET", "/files/*", 0, NULL, 0, NULL}, {"POST", "/x", 9, NULL, 0, NULL},
    {"GET", "/x", 0, NULL, 0, NULL}, {0}};

/* The index of the route, or -1. */
static int
of(const char *method, const char *path, bool head, char *allow, size_t cap)
{
	struct web_request rq = {.method = method, .head = head};
	const struct web_route *r;

	snprintf(rq.path, sizeof rq.path, "%s", path);
	r = route_find(routes, &rq, allow, cap);
	return r == NULL ? -1 : (int)(r - routes);
}

static void
paths(void **state)
{
	char allow[64];

	(void)state;
	assert_int_equal(of("GET", "/", false, allow, sizeof allow), 0);
	assert_int_equal(of("HEAD", "/", true, allow, sizeof allow), 0);
	assert_int_equal(of("GET", "/files/", false, allow, sizeof allow), 1);
	assert_int_equal(
	    of("GET", "/files/a/b", false, allow, sizeof allow), 1);
	assert_int_equal(of("POST", "/x", false, allow, sizeof allow), 2);
	assert_int_equal(of("GET", "/x", false, allow, sizeof allow), 3);
	for (size_t i = 0; i < 6; i++) {
		static const char *const none[] = {
		    "", "/y", "/xx", "/x/", "/files", "/file"};
		assert_int_equal(
		    of("GET", none[i], false, allow, sizeof allow), -1);
		assert_string_equal(allow, "");
	}
}

static void
what_is_allowed(void **state)
{
	char allow[64], small[12];

	(void)state;
	assert_int_equal(of("PUT", "/x", false, allow, sizeof allow), -1);
	assert_string_equal(allow, "POST, GET, HEAD");
	assert_int_equal(
	    of("POST", "/files/a", false, allow, sizeof allow), -1);
	assert_string_equal(allow, "GET, HEAD");
	assert_int_equal(of("PUT", "/x", false, small, sizeof small), -1);
	assert_memory_equal(small, "POST", 4); /* no further than it has room */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(paths),
	    cmocka_unit_test(what_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
