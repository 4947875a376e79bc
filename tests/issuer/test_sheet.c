#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/file.h"
#include "issuer/sheet.h"

static char dir[32], path[64];
static const char *const names[] = {"a", "b"};

static int
setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/tamga-sheet.XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/out", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir); /* nothing temporary is left */
}

static void
cells_stay_what_they_are(void **state)
{
	static const char *const cells[][2] = {{"x", NULL}, {"", "12"},
	    {"12345678901", "123456789012"},
	    {"11010519491231002X", "6-31-01-03"}, {"=1+1", "+1"}, {"-1", "@x"},
	    {"=\"q\"", "\ttab"}, {"a,b", "a\"b"}, {"two\nlines", "a;b"}};
	static const char want[] =
	    "\xef\xbb\xbf"
	    "a,b\r\n"
	    "x,\r\n"
	    ",12\r\n"
	    "12345678901,\"=\"\"123456789012\"\"\"\r\n"
	    "\"=\"\"11010519491231002X\"\"\",6-31-01-03\r\n"
	    "\"=\"\"=1+1\"\"\",\"=\"\"+1\"\"\"\r\n"
	    "\"=\"\"-1\"\"\",\"=\"\"@x\"\"\"\r\n"
	    "\"=\"\"=\"\"\"\"q\"\"\"\"\"\"\",\"=\"\"\ttab\"\"\"\r\n"
	    "\"a,b\",\"a\"\"b\"\r\n"
	    "\"two\nlines\",\"a;b\"\r\n";
	struct sheet *s;
	struct why why = {""};
	uint8_t *got;
	size_t len;

	(void)state;
	assert_int_equal(
	    sheet_open(SHEET_CSV, path, names, 2, &s, &why), CRED_OK);
	for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
		assert_int_equal(sheet_row(s, cells[i], &why), CRED_OK);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(sheet_close(s, &why), CRED_OK);
	assert_int_equal(file_read(path, 4096, &got, &len, &why), CRED_OK);
	assert_string_equal((char *)got, want);
	free(got);
}

static void
nothing_is_overwritten(void **state)
{
	struct sheet *s;
	struct why why = {""};
	uint8_t *got;
	size_t len;

	(void)state;
	assert_int_equal(
	    sheet_open(SHEET_CSV, path, names, 2, &s, &why), CRED_OK);
	assert_int_equal(
	    file_write(path, bytes_str("mine"), 0600, &why), CRED_OK);
	assert_int_equal(sheet_close(s, &why), CRED_FAULT_EXISTS);
	assert_int_equal(
	    sheet_open(SHEET_CSV, path, names, 2, &s, &why), CRED_FAULT_EXISTS);
	assert_int_equal(sheet_open(SHEET_XLSX, path, names, 2, &s, &why),
	    CRED_FAULT_EXISTS);
	assert_int_equal(file_read(path, 4096, &got, &len, &why), CRED_OK);
	assert_string_equal((char *)got, "mine");
	free(got);
	unlink(path);
	assert_int_equal(
	    sheet_open(SHEET_CSV, path, names, 2, &s, &why), CRED_OK);
	sheet_abort(s);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(
	    sheet_open(SHEET_CSV, "/proc/none/x", names, 2, &s, &why),
	    CRED_FAULT_IO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		cells_stay_what_they_are, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		nothing_is_overwritten, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
