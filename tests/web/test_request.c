#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "web/request.h"

static struct web_header headers[80];

static struct web_request
request(const char *method, const char *target)
{
	headers[0] = (struct web_header){"Host", "127.0.0.1:8080"};
	return (struct web_request){.method = method,
	    .target = target,
	    .version = "1.1",
	    .headers = headers,
	    .n_headers = 1};
}

static void
add(struct web_request *rq, const char *name, const char *value)
{
	headers[rq->n_headers++] = (struct web_header){name, value};
}

static enum web_problem
with(const char *name, const char *value)
{
	struct web_request rq = request("POST", "/x");

	add(&rq, name, value);
	return request_check(&rq);
}

static void
plain_get(void **state)
{
	struct web_request rq = request("GET", "/bodies/x?lang=en&a=%E4");

	(void)state;
	assert_int_equal(request_check(&rq), WEB_OK);
	assert_string_equal(rq.path, "/bodies/x");
	assert_string_equal(rq.query, "lang=en&a=%E4");
	assert_int_equal(rq.lang, LANG_EN);
	assert_false(rq.has_length);
	assert_false(rq.head);
}

static void
head_is_known(void **state)
{
	struct web_request rq = request("HEAD", "/");

	(void)state;
	assert_int_equal(request_check(&rq), WEB_OK);
	assert_true(rq.head);
}

static void
targets_refused(void **state)
{
	static const char *const bad[] = {"", "*", "http://h/", "h:80", "x",
	    "/a b", "/a\x01", "/%2e%2e", "/a\\b", "/\xe4", "/a\"b", "/<a>",
	    "/?a b", "/?a\x7f", "/?a#b", "/a#b"};
	struct web_request rq;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		rq = request("GET", bad[i]);
		assert_int_equal(request_check(&rq), WEB_BAD_TARGET);
	}
}

static void
long_targets(void **state)
{
	char t[4000];
	struct web_request rq;

	(void)state;
	memset(t, 'a', sizeof t);
	t[0] = '/';
	t[WEB_MAX_PATH] = '\0';
	rq = request("GET", t);
	assert_int_equal(request_check(&rq), WEB_LONG_TARGET);
	t[WEB_MAX_PATH - 1] = '\0';
	rq = request("GET", t);
	assert_int_equal(request_check(&rq), WEB_OK);
	t[WEB_MAX_PATH - 1] = '?';
	t[WEB_MAX_PATH] = 'a';
	t[WEB_MAX_TARGET] = '\0';
	rq = request("GET", t);
	assert_int_equal(request_check(&rq), WEB_OK);
	t[WEB_MAX_TARGET] = 'a';
	t[WEB_MAX_TARGET + 1] = '\0';
	rq = request("GET", t);
	assert_int_equal(request_check(&rq), WEB_LONG_TARGET);
}

static void
versions(void **state)
{
	struct web_request rq = request("GET", "/");

	(void)state;
	rq.version = "1.0";
	rq.n_headers = 0;
	assert_int_equal(request_check(&rq), WEB_OK);
	rq.version = "1.1";
	assert_int_equal(request_check(&rq), WEB_BAD_HOST);
	rq.version = "2.0";
	rq.n_headers = 1;
	assert_int_equal(request_check(&rq), WEB_BAD_VERSION);
}

static void
hosts(void **state)
{
	static const char *const bad[] = {"", "a/b", "a b", "a@b", "a,b"};

	(void)state;
	assert_int_equal(with("Host", "b"), WEB_BAD_HOST);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct web_request rq = request("GET", "/");
		headers[0].value = bad[i];
		assert_int_equal(request_check(&rq), WEB_BAD_HOST);
	}
}

static void
header_names_and_values(void **state)
{
	(void)state;
	assert_int_equal(with("", "x"), WEB_BAD_HEADER);
	assert_int_equal(with("A b", "x"), WEB_BAD_HEADER);
	assert_int_equal(with("A:", "x"), WEB_BAD_HEADER);
	assert_int_equal(with("A\t", "x"), WEB_BAD_HEADER);
	assert_int_equal(with("\xe4", "x"), WEB_BAD_HEADER);
	assert_int_equal(with("A", "x\ny"), WEB_BAD_HEADER);
	assert_int_equal(with("A", "x\ry"), WEB_BAD_HEADER);
	assert_int_equal(with("A", "x\x7f"), WEB_BAD_HEADER);
	assert_int_equal(with("A", NULL), WEB_BAD_HEADER);
	assert_int_equal(with("A", ""), WEB_OK);
	assert_int_equal(with("A", "x\ty"), WEB_OK);
	assert_int_equal(with("User-Agent", "\xe5\x8d\x8e"), WEB_OK);
}

static void
header_count(void **state)
{
	struct web_request rq = request("GET", "/");

	(void)state;
	while (rq.n_headers < WEB_MAX_HEADERS)
		add(&rq, "X", "y");
	assert_int_equal(request_check(&rq), WEB_OK);
	add(&rq, "X", "y");
	assert_int_equal(request_check(&rq), WEB_MANY_HEADERS);
}

static void
lengths(void **state)
{
	static const char *const bad[] = {"", "-1", "+5", " 5", "5 ", "5,5",
	    "0x5", "5a", "1234567890123456789", "5;"};
	struct web_request rq = request("POST", "/");

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(
		    with("Content-Length", bad[i]), WEB_BAD_LENGTH);
	add(&rq, "Content-Length", "17");
	assert_int_equal(request_check(&rq), WEB_OK);
	assert_true(rq.has_length);
	assert_int_equal(rq.length, 17);
	add(&rq, "content-length", "17");
	assert_int_equal(request_check(&rq), WEB_BAD_LENGTH);
}

static void
smuggling(void **state)
{
	struct web_request rq = request("POST", "/");

	(void)state;
	assert_int_equal(with("Transfer-Encoding", "chunked"), WEB_CODING);
	assert_int_equal(with("transfer-encoding", "identity"), WEB_CODING);
	assert_int_equal(with("Transfer-Encoding", "xchunked"), WEB_CODING);
	assert_int_equal(with("Transfer-Encoding", ""), WEB_CODING);
	add(&rq, "Content-Length", "5");
	add(&rq, "Transfer-Encoding", "chunked");
	assert_int_equal(request_check(&rq), WEB_AMBIGUOUS);
	rq = request("POST", "/");
	add(&rq, "Transfer-Encoding", "chunked");
	add(&rq, "Transfer-Encoding", "identity");
	assert_int_equal(request_check(&rq), WEB_BAD_HEADER);
	/* a name only almost like it is another header */
	assert_int_equal(with("Transfer_Encoding", "chunked"), WEB_OK);
	assert_int_equal(with("Transfer-Encoding ", "chunked"), WEB_BAD_HEADER);
}

static void
expectations(void **state)
{
	struct web_request rq = request("POST", "/");

	(void)state;
	assert_int_equal(with("Expect", "200-ok"), WEB_EXPECTATION);
	add(&rq, "Expect", "100-Continue");
	assert_int_equal(request_check(&rq), WEB_OK);
	assert_true(rq.expects);
	rq.version = "1.0";
	assert_int_equal(request_check(&rq), WEB_OK);
	assert_false(rq.expects);
}

static void
singletons(void **state)
{
	struct web_request rq = request("POST", "/");

	(void)state;
	add(&rq, "Content-Type", "text/plain");
	add(&rq, "CONTENT-TYPE", "text/plain");
	assert_int_equal(request_check(&rq), WEB_BAD_HEADER);
	rq = request("GET", "/");
	add(&rq, "Accept", "a/b");
	add(&rq, "Accept", "a/c");
	assert_int_equal(request_check(&rq), WEB_OK);
}

static void
types(void **state)
{
	struct web_request rq = request("POST", "/");

	(void)state;
	assert_false(request_has_type(&rq, "text/plain"));
	add(&rq, "Content-Type", "Text/Plain; charset=utf-8");
	assert_true(request_has_type(&rq, "text/plain"));
	assert_false(request_has_type(&rq, "image/"));
	headers[1].value = "text/plainer";
	assert_false(request_has_type(&rq, "text/plain"));
	headers[1].value = "image/png";
	assert_true(request_has_type(&rq, "image/"));
	headers[1].value = "image/";
	assert_false(request_has_type(&rq, "image/"));
	headers[1].value = "imagex/png";
	assert_false(request_has_type(&rq, "image/"));
}

static void
etags(void **state)
{
	struct web_request rq = request("GET", "/");

	(void)state;
	assert_false(request_matches_etag(&rq, "\"a\""));
	add(&rq, "If-None-Match", "\"b\", W/\"a\"");
	assert_true(request_matches_etag(&rq, "\"a\""));
	assert_false(request_matches_etag(&rq, "\"c\""));
	headers[1].value = "*";
	assert_true(request_matches_etag(&rq, "\"c\""));
	headers[1].value = ",,,";
	assert_false(request_matches_etag(&rq, "\"c\""));
}

static void
queries(void **state)
{
	struct web_request rq = request("GET", "/?ab=1&b=&a=23&c");
	char out[3];

	(void)state;
	assert_int_equal(request_check(&rq), WEB_OK);
	assert_true(request_query(&rq, "a", out, sizeof out));
	assert_string_equal(out, "23");
	assert_true(request_query(&rq, "b", out, sizeof out));
	assert_string_equal(out, "");
	assert_false(request_query(&rq, "c", out, sizeof out));
	assert_false(request_query(&rq, "a", out, 2));
	assert_false(request_query(&rq, "", out, sizeof out));
}

static void
languages(void **state)
{
	static const struct {
		const char *value;
		enum report_lang want;
	} all[] = {{NULL, LANG_ZH}, {"", LANG_ZH}, {"fr", LANG_ZH},
	    {"en", LANG_EN}, {"zh-CN,zh;q=0.9,en;q=0.8", LANG_ZH},
	    {"en-US,en;q=0.9,zh;q=0.8", LANG_EN}, {"mn, en;q=0.5", LANG_EN},
	    {"zh;q=0, en;q=0.1", LANG_EN}, {"en;q=0", LANG_ZH},
	    {"en;q=0.3,zh;q=0.2", LANG_EN}, {"en;q=x,zh;q=0.001", LANG_ZH},
	    {"en ; q=0.9 , zh ; q=1.0", LANG_ZH}, {";;;,,q=", LANG_ZH}};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		assert_int_equal(request_accept_language(all[i].value, LANG_ZH),
		    all[i].want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(plain_get),
	    cmocka_unit_test(head_is_known), cmocka_unit_test(targets_refused),
	    cmocka_unit_test(long_targets), cmocka_unit_test(versions),
	    cmocka_unit_test(hosts), cmocka_unit_test(header_names_and_values),
	    cmocka_unit_test(header_count), cmocka_unit_test(lengths),
	    cmocka_unit_test(smuggling), cmocka_unit_test(expectations),
	    cmocka_unit_test(singletons), cmocka_unit_test(types),
	    cmocka_unit_test(etags), cmocka_unit_test(queries),
	    cmocka_unit_test(languages)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
