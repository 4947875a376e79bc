#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "web/html.h"
#include "web/respond.h"
#include "web/static.h"

static struct web_header headers[4];
static struct web_request rq;
static char out[4096];

static int
setup(void **state)
{
	(void)state;
	rq = (struct web_request){.method = "GET",
	    .target = "/",
	    .version = "1.1",
	    .headers = headers,
	    .lang = LANG_EN,
	    .id = "0123456789abcdef"};
	return 0;
}

static const char *
head(const struct web_reply *rp)
{
	size_t n = respond_head(rp, &rq, 784111777, true, out, sizeof out - 1);

	assert_true(n > 4);
	out[n] = '\0';
	assert_string_equal(out + n - 4, "\r\n\r\n");
	return out;
}

/* Pages of signed-in people: no inline code, no frame, one cookie, and their
 * forms name the origin they come from. */
static void
desk_headers(void **state)
{
	struct web_reply rp = {.status = 303,
	    .type = "text/html",
	    .location = "/review/",
	    .set_cookie = "__Host-a=b; Secure",
	    .disposition = "attachment; filename=\"a.csv\"",
	    .desk = true};
	const char *h = head(&rp);

	(void)state;
	assert_non_null(strstr(h, "HTTP/1.1 303 See Other\r\n"));
	assert_non_null(strstr(h, "Location: /review/\r\n"));
	assert_non_null(strstr(h, "Set-Cookie: __Host-a=b; Secure\r\n"));
	assert_non_null(strstr(h,
	    "Content-Disposition: attachment; filename=\"a.csv\"\r\n"));
	assert_non_null(strstr(h, "Referrer-Policy: same-origin\r\n"));
	assert_non_null(strstr(h, "script-src 'self'; style-src 'self'; "));
	assert_non_null(strstr(h, "trusted-types 'none'\r\n"));
	assert_non_null(strstr(h, "X-Frame-Options: DENY\r\n"));
	assert_non_null(strstr(h, "Cache-Control: no-store\r\n"));
	assert_null(strstr(h, "wasm"));
	assert_null(strstr(h, "unsafe"));
}

static void
security_headers_always(void **state)
{
	struct web_reply rp = {.type = "text/plain"};
	const char *h = head(&rp);

	(void)state;
	assert_non_null(strstr(h, "HTTP/1.1 200 OK\r\n"));
	assert_non_null(strstr(h, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
	assert_non_null(strstr(h, "X-Content-Type-Options: nosniff\r\n"));
	assert_non_null(strstr(h, "Referrer-Policy: no-referrer\r\n"));
	assert_non_null(strstr(h, "frame-ancestors 'none'"));
	assert_non_null(strstr(h, "Cache-Control: no-store\r\n"));
	assert_non_null(strstr(h, "Content-Length: 0\r\n"));
	assert_non_null(strstr(h, "X-Request-Id: 0123456789abcdef\r\n"));
	assert_null(strstr(h, "Access-Control"));
	rp.page = true;
	h = head(&rp);
	assert_non_null(strstr(h, "script-src 'self'"));
	assert_non_null(strstr(h, "Permissions-Policy: camera=(self)"));
	assert_null(strstr(h, "unsafe-inline"));
	rp.cors = true;
	assert_non_null(strstr(head(&rp), "Access-Control-Allow-Origin: *"));
}

static void
too_small_a_buffer(void **state)
{
	struct web_reply rp = {0};

	(void)state;
	for (size_t cap = 1; cap < 200; cap += 13)
		assert_int_equal(respond_head(&rp, &rq, 0, true, out, cap), 0);
}

static void
not_modified(void **state)
{
	static const struct asset a = {
	    "/x", "text/css", "\"abc\"", (const uint8_t *)"body", 4};
	struct web_reply rp = {0};
	const char *h;

	(void)state;
	static_reply(&a, &rq, &rp);
	assert_int_equal(rp.body.len, 4);
	headers[0] = (struct web_header){"If-None-Match", "\"abc\""};
	rq.n_headers = 1;
	rp = (struct web_reply){0};
	static_reply(&a, &rq, &rp);
	assert_int_equal(rp.status, 304);
	h = head(&rp);
	assert_null(strstr(h, "Content-Length"));
	assert_null(strstr(h, "Content-Type:"));
	assert_non_null(strstr(h, "ETag: \"abc\"\r\n"));
	assert_ptr_equal(asset_find(&a, 1, "/x"), &a);
	assert_null(asset_find(&a, 1, "/"));
}

static void
packed_where_taken(void **state)
{
	static const struct asset a = {"/x", "text/css", "\"abc\"",
	    (const uint8_t *)"a long body", 11, (const uint8_t *)"zip", 3};
	static const char *const no[] = {
	    "", "br", "gzip;q=0", "xgzip", "gzipped", "deflate, gzip;q=0.0"};
	struct web_reply rp = {0};

	(void)state;
	static_reply(&a, &rq, &rp);
	assert_int_equal(rp.body.len, 11);
	assert_null(strstr(head(&rp), "Content-Encoding"));
	assert_non_null(strstr(head(&rp), "Accept-Encoding\r\n"));
	rq.n_headers = 1;
	headers[0] = (struct web_header){"Accept-Encoding", "br, gzip;q=0.5"};
	rp = (struct web_reply){0};
	static_reply(&a, &rq, &rp);
	assert_int_equal(rp.body.len, 3);
	assert_non_null(strstr(head(&rp), "Content-Encoding: gzip\r\n"));
	for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
		headers[0].value = no[i];
		rp = (struct web_reply){0};
		static_reply(&a, &rq, &rp);
		assert_int_equal(rp.body.len, 11);
	}
}

static void
problems_are_rfc9457(void **state)
{
	struct web_reply rp = {0};
	char body[1024];

	(void)state;
	for (int p = 1; p < N_WEB_PROBLEMS; p++)
		for (int lang = 0; lang < 2; lang++) {
			const struct web_problem_info *info =
			    problem_info((enum web_problem)p);
			rq.lang = (enum report_lang)lang;
			rp = (struct web_reply){0};
			reply_problem(&rp, &rq, (enum web_problem)p);
			assert_true(info->status >= 400 && info->status < 600);
			assert_int_equal(rp.status, info->status);
			assert_string_equal(
			    rp.type, "application/problem+json");
			assert_true(rp.body.len < sizeof body);
			memcpy(body, rp.body.ptr, rp.body.len);
			body[rp.body.len] = '\0';
			assert_non_null(strstr(body, info->code));
			assert_non_null(strstr(body, rq.id));
			assert_string_not_equal(
			    problem_phrase(info->status), "Error");
			assert_null(strstr(body, "\"\","));
			reply_release(&rp);
		}
}

static void
retry_after_when_busy(void **state)
{
	struct web_reply rp = {0};

	(void)state;
	reply_problem(&rp, &rq, WEB_BUSY);
	assert_non_null(strstr(head(&rp), "Retry-After: "));
	reply_release(&rp);
}

static void
html_escapes(void **state)
{
	struct html h = {0};

	(void)state;
	html_raw(&h, "<p>");
	html_text(&h, bytes_str("<script>&\"'\x01\xff\xe4\xba\xac"));
	html_element(&h, "a href=\"/\"", "c", "x<y");
	html_element(&h, "p", NULL, "");
	html_raw(&h, "");
	html_raw_bytes(&h, bytes_of("", 1));
	assert_false(h.failed);
	assert_string_equal(h.buf,
	    "<p>&lt;script&gt;&amp;&quot;&#39;\xef\xbf\xbd\xef\xbf\xbd"
	    "\xe4\xba\xac<a href=\"/\" class=\"c\">x&lt;y</a>");
	free(h.buf);
}

static void
html_grows(void **state)
{
	struct html h = {0};

	(void)state;
	for (int i = 0; i < 100000; i++)
		html_raw(&h, "abc");
	assert_int_equal(h.len, 300000);
	free(h.buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(desk_headers, setup),
	    cmocka_unit_test_setup(security_headers_always, setup),
	    cmocka_unit_test_setup(too_small_a_buffer, setup),
	    cmocka_unit_test_setup(not_modified, setup),
	    cmocka_unit_test_setup(packed_where_taken, setup),
	    cmocka_unit_test_setup(problems_are_rfc9457, setup),
	    cmocka_unit_test_setup(retry_after_when_busy, setup),
	    cmocka_unit_test_setup(html_escapes, setup),
	    cmocka_unit_test_setup(html_grows, setup)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
