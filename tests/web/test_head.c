#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "web/head.h"

static struct web_request rq;
static struct web_header headers[WEB_MAX_HEADERS];
static size_t used;
static char buf[2 * HEAD_MAX];

static enum web_problem
parse(const char *bytes, size_t len)
{
	memcpy(buf, bytes, len);
	memset(buf + len, '!', sizeof buf - len); /* no NUL behind it */
	return head_parse(buf, len, &rq, headers, &used);
}

#define HEAD                                                                   \
	"POST /a?b=c HTTP/1.1\r\n"                                             \
	"Host: h\r\n"                                                          \
	"X-Blank: \t y z \t\r\n"                                               \
	"X-Empty:\r\n"                                                         \
	"X-Colon:a:b\r\n\r\n"

static void
cut_up(void **state)
{
	static const struct web_header want[] = {{"Host", "h"},
	    {"X-Blank", "y z"}, {"X-Empty", ""}, {"X-Colon", "a:b"}};

	(void)state;
	assert_int_equal(parse(HEAD "body", sizeof HEAD + 3), WEB_OK);
	assert_int_equal(used, sizeof HEAD - 1);
	assert_string_equal(rq.method, "POST");
	assert_string_equal(rq.target, "/a?b=c");
	assert_string_equal(rq.version, "1.1");
	assert_int_equal(rq.n_headers, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(rq.headers[i].name, want[i].name);
		assert_string_equal(rq.headers[i].value, want[i].value);
	}
	assert_memory_equal(buf + used, "body", 4);
}

static void
no_header(void **state)
{
	(void)state;
	assert_int_equal(parse("GET / HTTP/1.0\r\n\r\n", 18), WEB_OK);
	assert_int_equal(used, 18);
	assert_int_equal(rq.n_headers, 0);
}

/* Nothing is changed before the end has come. */
static void
each_beginning(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof HEAD - 1; n++) {
		assert_int_equal(parse(HEAD, n), WEB_OK);
		assert_int_equal(used, 0);
		assert_memory_equal(buf, HEAD, n);
		assert_string_equal(rq.method, "");
		assert_int_equal(rq.n_headers, 0);
	}
}

static void
blank_lines(void **state)
{
	(void)state;
	assert_int_equal(head_blank("\r\n\r\nGET", 7), 4);
	assert_int_equal(head_blank("\r\n\r", 3), 2);
	assert_int_equal(head_blank("\n\r\n", 3), 0);
	assert_int_equal(head_blank("GET", 3), 0);
	assert_int_equal(head_blank("", 0), 0);
}

static void
refused(void **state)
{
	static const struct {
		enum web_problem want;
		const char *bytes;
		size_t len; /* 0: strlen() */
	} rows[] = {
	    {WEB_BAD_REQUEST, "GET /\r\n\r\n", 0},
	    {WEB_BAD_REQUEST, "GET\r\n\r\n", 0},
	    {WEB_BAD_REQUEST, " / HTTP/1.1\r\n\r\n", 0},
	    {WEB_BAD_REQUEST, "GET  HTTP/1.1\r\n\r\n", 0},
	    {WEB_BAD_REQUEST, "GET  / HTTP/1.1\r\n\r\n", 0},
	    {WEB_BAD_REQUEST, "GET / x HTTP/1.1\r\n\r\n", 0},
	    {WEB_BAD_REQUEST, "GET\t/\tHTTP/1.1\r\n\r\n", 0},
	    {WEB_BAD_REQUEST, "get / HTTP/1.1\r\n\r\n", 0},
	    {WEB_BAD_REQUEST, "BREW / HTTP/1.1\r\n\r\n", 0},
	    {WEB_BAD_REQUEST, "CONNECT a:1 HTTP/1.1\r\n\r\n", 0},
	    {WEB_BAD_REQUEST, "GET / http/1.1\r\n\r\n", 0},
	    {WEB_BAD_VERSION, "GET / HTTP/1.1 \r\n\r\n", 0},
	    {WEB_BAD_VERSION, "GET / HTTP/11\r\n\r\n", 0},
	    {WEB_BAD_VERSION, "GET / HTTP/1.10\r\n\r\n", 0},
	    {WEB_BAD_VERSION, "GET / HTTP/\r\n\r\n", 0},
	    {WEB_BAD_REQUEST, "\r\n", 0},
	    {WEB_BAD_HEADER, "\n", 0},
	    {WEB_BAD_HEADER, "GET / HTTP/1.1\n", 0},
	    {WEB_BAD_HEADER, "GET /\0 HTTP/1.1\r\n", 17},
	    {WEB_BAD_HEADER, "GET / HTTP/1.1\r\r\n", 0},
	    {WEB_BAD_HEADER, "GET / HTTP/1.1\r\nA: b\n", 0},
	    {WEB_BAD_HEADER, "GET / HTTP/1.1\r\nA: b\rC: d\r\n", 0},
	    {WEB_BAD_HEADER, "GET / HTTP/1.1\r\nA: \0\r\n", 22},
	    {WEB_BAD_HEADER, "GET / HTTP/1.1\r\nA: b\r\n\n", 0},
	    {WEB_BAD_HEADER, "GET / HTTP/1.1\r\nnonsense\r\n\r\n", 0},
	    {WEB_BAD_HEADER, "GET / HTTP/1.1\r\nA: b\r\nC\r\n\r\n", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t len =
		    rows[i].len > 0 ? rows[i].len : strlen(rows[i].bytes);

		if (parse(rows[i].bytes, len) != rows[i].want)
			fail_msg("row %zu: %s", i, rows[i].bytes);
		assert_string_equal(rq.method, "");
		assert_string_equal(rq.target, "");
		assert_int_equal(rq.n_headers, 0);
	}
}

/* A folded line and a blank before the colon are names that request_check()
 * refuses; an empty one too. */
static void
odd_names(void **state)
{
	static const char *const lines[] = {" b: c", "A : b", ": b", "X[]: y"};
	char head[64];

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		int n = snprintf(head, sizeof head,
		    "GET / HTTP/1.1\r\nHost: h\r\n%s\r\n\r\n", lines[i]);

		assert_int_equal(parse(head, (size_t)n), WEB_OK);
		assert_int_equal(used, n);
		assert_int_equal(request_check(&rq), WEB_BAD_HEADER);
	}
}

/* n headers after the request line, then the empty line. */
static size_t
with_headers(char *out, size_t n)
{
	char *p = stpcpy(out, "GET / HTTP/1.1\r\n");

	while (n-- > 0)
		p = stpcpy(p, "A: b\r\n");
	return (size_t)(stpcpy(p, "\r\n") - out);
}

static void
as_many_as_may_be(void **state)
{
	char head[1024];

	(void)state;
	assert_int_equal(
	    parse(head, with_headers(head, WEB_MAX_HEADERS)), WEB_OK);
	assert_int_equal(rq.n_headers, WEB_MAX_HEADERS);
	assert_int_equal(parse(head, with_headers(head, WEB_MAX_HEADERS + 1)),
	    WEB_MANY_HEADERS);
	/* its end is not waited for */
	assert_int_equal(
	    parse(head, with_headers(head, WEB_MAX_HEADERS + 1) - 2),
	    WEB_MANY_HEADERS);
	assert_int_equal(
	    parse(head, with_headers(head, WEB_MAX_HEADERS) - 2), WEB_OK);
}

/* A head of len bytes in all: a field's value fills it. */
static void
of_length(char *out, size_t len)
{
	char *p = stpcpy(out, "GET / HTTP/1.1\r\nA: ");

	memset(p, 'b', len);
	memcpy(out + len - 4, "\r\n\r\n", 4);
}

static void
as_long_as_may_be(void **state)
{
	static char head[2 * HEAD_MAX];

	(void)state;
	of_length(head, HEAD_MAX);
	assert_int_equal(parse(head, HEAD_MAX - 1), WEB_OK);
	assert_int_equal(used, 0);
	assert_int_equal(parse(head, HEAD_MAX), WEB_OK);
	assert_int_equal(used, HEAD_MAX);
	of_length(head, HEAD_MAX + 1);
	assert_int_equal(parse(head, HEAD_MAX), WEB_MANY_HEADERS);
	assert_int_equal(parse(head, HEAD_MAX + 1), WEB_MANY_HEADERS);
	memset(head, 'a', HEAD_MAX); /* the request line alone */
	assert_int_equal(parse(head, HEAD_MAX - 1), WEB_OK);
	assert_int_equal(parse(head, HEAD_MAX), WEB_LONG_TARGET);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cut_up),
	    cmocka_unit_test(no_header),
	    cmocka_unit_test(each_beginning),
	    cmocka_unit_test(blank_lines),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(odd_names),
	    cmocka_unit_test(as_many_as_may_be),
	    cmocka_unit_test(as_long_as_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
