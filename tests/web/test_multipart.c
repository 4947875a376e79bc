#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "web/multipart.h"

#define TYPE "multipart/form-data; boundary=B"
#define FILE_HEAD                                                              \
	"--B\r\nContent-Disposition: form-data; name=\"file\"; "               \
	"filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n"

static enum web_problem
parse(const char *type, const char *body, struct multipart *out)
{
	return multipart_parse(type, bytes_str(body), out);
}

static void
one_text(void **state)
{
	struct multipart m;

	(void)state;
	assert_int_equal(
	    parse(TYPE,
		"--B\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n"
		"123\r\n--B--\r\n",
		&m),
	    WEB_OK);
	assert_int_equal(m.n, 1);
	assert_true(bytes_eq(m.parts[0].name, bytes_str("text")));
	assert_null(m.parts[0].filename.ptr);
	assert_true(bytes_eq(m.parts[0].data, bytes_str("123")));
}

static void
file_and_text(void **state)
{
	struct multipart m;

	(void)state;
	assert_int_equal(parse(TYPE,
			     FILE_HEAD "\x89PNG\r\n--\r\n--A\r\n--B\r\n"
				       "content-disposition: form-data; "
				       "name=\"text\"\r\n\r\n\r\n--B--",
			     &m),
	    WEB_OK);
	assert_int_equal(m.n, 2);
	assert_true(bytes_eq(m.parts[0].filename, bytes_str("a.png")));
	assert_true(
	    bytes_eq(m.parts[0].data, bytes_str("\x89PNG\r\n--\r\n--A")));
	assert_int_equal(m.parts[1].data.len, 0);
}

static void
no_file_chosen(void **state)
{
	struct multipart m;

	(void)state;
	assert_int_equal(
	    parse(TYPE,
		"--B\r\nContent-Disposition: form-data; name=\"file\"; "
		"filename=\"\"\r\nContent-Type: "
		"application/octet-stream\r\n\r\n"
		"\r\n--B--\r\n",
		&m),
	    WEB_OK);
	assert_non_null(m.parts[0].filename.ptr);
	assert_int_equal(m.parts[0].filename.len, 0);
}

static void
data_with_nul(void **state)
{
	static const char body[] = FILE_HEAD "a\0b\r\n--B--\r\n";
	struct multipart m;

	(void)state;
	assert_int_equal(
	    multipart_parse(TYPE, bytes_of(body, sizeof body - 1), &m), WEB_OK);
	assert_int_equal(m.parts[0].data.len, 3);
}

static void
quoted_boundary(void **state)
{
	struct multipart m;

	(void)state;
	assert_int_equal(parse("multipart/form-data; boundary=\"B\"",
			     FILE_HEAD "x\r\n--B--", &m),
	    WEB_OK);
	assert_int_equal(
	    parse("Multipart/Form-Data;BOUNDARY=B", FILE_HEAD "x\r\n--B--", &m),
	    WEB_OK);
}

static void
wrong_types(void **state)
{
	struct multipart m;

	(void)state;
	assert_int_equal(parse(NULL, "", &m), WEB_TYPE);
	assert_int_equal(parse("", "", &m), WEB_TYPE);
	assert_int_equal(parse("text/plain", "", &m), WEB_TYPE);
	assert_int_equal(
	    parse("multipart/form-datax; boundary=B", "", &m), WEB_TYPE);
	assert_int_equal(
	    parse("application/x-www-form-urlencoded", "", &m), WEB_TYPE);
}

static void
wrong_boundaries(void **state)
{
	static const char *const bad[] = {"multipart/form-data",
	    "multipart/form-data;", "multipart/form-data; boundary=",
	    "multipart/form-data; boundary=\"B", "multipart/form-data; b=B",
	    "multipart/form-data; boundary=B; x=y",
	    "multipart/form-data; boundary=B C",
	    "multipart/form-data; boundary=<>",
	    "multipart/form-data; boundary="
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "a"
	    "aaaa"};
	struct multipart m;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(
		    parse(bad[i], FILE_HEAD "x\r\n--B--", &m), WEB_MULTIPART);
}

static void
wrong_bodies(void **state)
{
	static const char *const bad[] = {"", "--", "--B", "--B--", "--B\r\n",
	    "\r\n--B--\r\n", "preamble\r\n" FILE_HEAD "x\r\n--B--", FILE_HEAD,
	    FILE_HEAD "x", FILE_HEAD "x\r\n--", FILE_HEAD "x\r\n--B",
	    FILE_HEAD "x\r\n--B-", FILE_HEAD "x\n--B--",
	    FILE_HEAD "x\r\n--B--\r\n\r\n", FILE_HEAD "x\r\n--B--y",
	    FILE_HEAD "x\r\n--B \r\n",
	    /* headers */
	    "--B\r\n\r\nx\r\n--B--",
	    "--B\nContent-Disposition: form-data; "
	    "name=\"a\"\n\nx\n--B--",
	    "--B\r\nContent-Type: a/b\r\n\r\nx\r\n--B--",
	    "--B\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n"
	    "--B--",
	    "--B\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--B--",
	    "--B\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n"
	    "--B--",
	    "--B\r\nContent-Disposition: form-data; name=\"\"\r\n\r\nx\r\n"
	    "--B--",
	    "--B\r\nContent-Disposition: form-data; name=\"a\"; "
	    "filename*=UTF-8''x\r\n\r\nx\r\n--B--",
	    "--B\r\nContent-Disposition: form-data; name=\"a\"; name=\"b\""
	    "\r\n\r\nx\r\n--B--",
	    "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n"
	    "Content-Disposition: form-data; name=\"b\"\r\n\r\nx\r\n--B--",
	    "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\nx\r\n--B--",
	    "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n"
	    " folded\r\n\r\nx\r\n--B--",
	    "--B\r\nContent-Disposition: form-data; name=\"a\x01\"\r\n\r\nx"
	    "\r\n--B--"};
	struct multipart m;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(parse(TYPE, bad[i], &m), WEB_MULTIPART);
}

static void
too_many_parts(void **state)
{
	char body[4096] = "";
	size_t n = 0;
	struct multipart m;

	(void)state;
	for (int i = 0; i < MULTIPART_MAX_PARTS; i++)
		n += (size_t)snprintf(body + n, sizeof body - n,
		    "--B\r\nContent-Disposition: form-data; name=\"f%d\"\r\n"
		    "\r\nx\r\n",
		    i);
	snprintf(body + n, sizeof body - n, "--B--");
	assert_int_equal(parse(TYPE, body, &m), WEB_OK);
	assert_int_equal(m.n, MULTIPART_MAX_PARTS);
	snprintf(body + n, sizeof body - n,
	    "--B\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n"
	    "x\r\n--B--");
	assert_int_equal(parse(TYPE, body, &m), WEB_MULTIPART);
}

/* Every prefix of a good body is refused, and read within its bounds. */
static void
truncated(void **state)
{
	static const char whole[] = FILE_HEAD "data\r\n--B--";
	struct multipart m;
	char copy[sizeof whole];

	(void)state;
	for (size_t n = 0; n < sizeof whole - 1; n++) {
		memcpy(copy, whole, n);
		assert_int_equal(multipart_parse(TYPE, bytes_of(copy, n), &m),
		    WEB_MULTIPART);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(one_text),
	    cmocka_unit_test(file_and_text), cmocka_unit_test(no_file_chosen),
	    cmocka_unit_test(data_with_nul), cmocka_unit_test(quoted_boundary),
	    cmocka_unit_test(wrong_types), cmocka_unit_test(wrong_boundaries),
	    cmocka_unit_test(wrong_bodies), cmocka_unit_test(too_many_parts),
	    cmocka_unit_test(truncated)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
