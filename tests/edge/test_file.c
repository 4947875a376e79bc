#include "edge/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64], path[80];

static int
start(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/tamga-file-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/f", dir);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir); /* fails when a temporary file was left */
}

static void
expect(const char *text)
{
	struct why why;
	uint8_t *buf;
	size_t len;

	assert_int_equal(file_read(path, 100, &buf, &len, &why), CRED_OK);
	assert_true(bytes_eq(bytes_of(buf, len), bytes_str(text)));
	free(buf);
}

static enum cred_err
put(const char *text)
{
	struct why why;

	return file_write(path, bytes_str(text), 0640, &why);
}

static time_t
second_of(void)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	return st.st_mtim.tv_sec;
}

/* Lists of one size, published twice in a second, are two versions to whoever
 * goes by size and second. */
static void
a_second_apart(void **state)
{
	time_t was, is;

	(void)state;
	assert_int_equal(put("one"), CRED_OK);
	was = second_of();
	for (int i = 0; i < 5; i++, was = is) {
		assert_int_equal(put(i % 2 == 0 ? "two" : "one"), CRED_OK);
		is = second_of();
		assert_true(is > was);
	}
	expect("two");
	/* one that is older already keeps its own time */
	const struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	assert_int_equal(put("now"), CRED_OK);
	assert_true(second_of() >= time(NULL) - 60);
}

static void
never_over_another(void **state)
{
	struct why why = {{0}};

	(void)state;
	assert_int_equal(
	    file_create(path, bytes_str("one"), 0640, &why), CRED_OK);
	assert_int_equal(
	    file_create(path, bytes_str("two"), 0640, &why), CRED_FAULT_EXISTS);
	assert_non_null(strstr(why.text, path));
	expect("one");
}

static void
limits(void **state)
{
	struct why why;
	uint8_t *buf;
	size_t len;

	(void)state;
	assert_int_equal(put("12345"), CRED_OK);
	assert_int_equal(
	    file_read(path, 4, &buf, &len, &why), CRED_ERR_PIC_BYTES);
	assert_int_equal(file_read(path, 5, &buf, &len, &why), CRED_OK);
	free(buf);
	assert_int_not_equal(
	    file_write("/no/such/folder/f", bytes_str("x"), 0600, &why),
	    CRED_OK);
}

static void
folders(void **state)
{
	struct why why = {""};
	char deep[96];

	(void)state;
	assert_int_equal(file_mkdirs("", 0700, &why), CRED_FAULT_IO);
	assert_string_not_equal(why.text, "");
	snprintf(deep, sizeof deep, "%s/a/b/", dir);
	assert_int_equal(file_mkdirs(deep, 0700, &why), CRED_OK);
	assert_int_equal(file_mkdirs(deep, 0700, &why), CRED_OK);
	assert_int_equal(rmdir(deep), 0);
	snprintf(deep, sizeof deep, "%s/a", dir);
	assert_int_equal(rmdir(deep), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_second_apart, start, stop),
	    cmocka_unit_test_setup_teardown(never_over_another, start, stop),
	    cmocka_unit_test_setup_teardown(limits, start, stop),
	    cmocka_unit_test_setup_teardown(folders, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
