#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/table/said.h"
#include "tests/table/zipper.h"

/* One part changed as only an archive can be. */
static enum cred_err
archive(void change(struct zip_part *parts), size_t n)
{
	struct zip_part parts[XLSX_PARTS + 2] = {{0}};
	struct zipper z;
	uint32_t at;
	enum cred_err e;

	zipper_xlsx(&(struct xlsx_parts){0}, parts);
	if (change != NULL)
		change(parts);
	zipper_make(parts, n, &z);
	e = open_and_read(bytes_of(z.buf, z.len), NULL, &at);
	free(z.buf);
	return e;
}

#define SHEET1 6
#define EXTRA  XLSX_PARTS

static void
bad_crc(struct zip_part *p)
{
	p[SHEET1].bad_crc = true;
}

static void
bad_crc_of_strings(struct zip_part *p)
{
	p[5].bad_crc = p[5].deflate = true;
}

static void
encrypted(struct zip_part *p)
{
	p[SHEET1].flags = 1;
}

static void
bzip2(struct zip_part *p)
{
	p[SHEET1].method = 12;
}

static void
not_deflate(struct zip_part *p)
{
	p[SHEET1].method = 8;
}

static void
twice(struct zip_part *p)
{
	p[EXTRA] = p[SHEET1];
	p[EXTRA].name = "xl/worksheets/SHEET1.xml";
}

static void
outside(struct zip_part *p)
{
	p[EXTRA] = (struct zip_part){.name = "xl/../../x", .data = "x"};
}

static void
absolute(struct zip_part *p)
{
	p[EXTRA] = (struct zip_part){.name = "/etc/x", .data = "x"};
}

static void
backslash(struct zip_part *p)
{
	p[EXTRA] = (struct zip_part){.name = "..\\x", .data = "x"};
}

static char *bomb_text;

static void
bomb(struct zip_part *p)
{
	p[SHEET1].data = bomb_text;
	p[SHEET1].len = 20 << 20;
	p[SHEET1].deflate = true;
}

static void
bomb_of_strings(struct zip_part *p)
{
	p[5].data = bomb_text;
	p[5].len = 20 << 20;
	p[5].deflate = true;
}

static void
hostile_archives(void **state)
{
	static const char open[] = "<worksheet>", close[] = "</worksheet>";

	(void)state;
	assert_int_equal(archive(NULL, XLSX_PARTS), CRED_OK);
	assert_int_equal(archive(bad_crc, XLSX_PARTS), CRED_ERR_TABLE_CRC);
	assert_int_equal(
	    archive(bad_crc_of_strings, XLSX_PARTS), CRED_ERR_TABLE_CRC);
	assert_int_equal(
	    archive(encrypted, XLSX_PARTS), CRED_ERR_TABLE_PASSWORD);
	assert_int_equal(archive(bzip2, XLSX_PARTS), CRED_ERR_TABLE_ZIP);
	assert_int_equal(archive(not_deflate, XLSX_PARTS), CRED_ERR_TABLE_ZIP);
	assert_int_equal(archive(twice, XLSX_PARTS + 1), CRED_ERR_TABLE_ZIP);
	assert_int_equal(archive(outside, XLSX_PARTS + 1), CRED_ERR_TABLE_PATH);
	assert_int_equal(
	    archive(absolute, XLSX_PARTS + 1), CRED_ERR_TABLE_PATH);
	assert_int_equal(
	    archive(backslash, XLSX_PARTS + 1), CRED_ERR_TABLE_PATH);
	/* 20 MB of blanks are packed a thousand to one. */
	bomb_text = malloc(20 << 20);
	memset(bomb_text, ' ', 20 << 20);
	memcpy(bomb_text, open, sizeof open - 1);
	memcpy(bomb_text + (20 << 20) - (sizeof close - 1), close,
	    sizeof close - 1);
	assert_int_equal(archive(bomb, XLSX_PARTS), CRED_ERR_TABLE_BOMB);
	assert_int_equal(
	    archive(bomb_of_strings, XLSX_PARTS), CRED_ERR_TABLE_BOMB);
	free(bomb_text);
}

static void
cut_off_anywhere_it_is_refused(void **state)
{
	struct zip_part parts[XLSX_PARTS];
	struct zipper z;
	uint32_t at;

	(void)state;
	zipper_xlsx(&(struct xlsx_parts){0}, parts);
	zipper_make(parts, XLSX_PARTS, &z);
	for (size_t n = 8; n < z.len; n += 7) {
		enum cred_err e = open_and_read(bytes_of(z.buf, n), NULL, &at);
		if (e != CRED_ERR_TABLE_ZIP)
			fail_msg("%zu bytes: %s", n, cred_errname(e));
	}
	free(z.buf);
}

static void
too_many_entries(void **state)
{
	size_t n = 4097;
	struct zip_part *parts = calloc(n, sizeof *parts);
	char(*names)[8] = calloc(n, sizeof *names);
	struct zipper z;
	uint32_t at;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		snprintf(names[i], sizeof *names, "%zu", i);
		parts[i] = (struct zip_part){.name = names[i], .data = "x"};
	}
	zipper_make(parts, n, &z);
	assert_int_equal(open_and_read(bytes_of(z.buf, z.len), NULL, &at),
	    CRED_ERR_TABLE_LIMIT);
	free(z.buf);
	free(names);
	free(parts);
}

/* That no file can be opened any more is our trouble, not the table's. */
static void
without_descriptors(void **state)
{
	struct zip_part parts[XLSX_PARTS];
	char path[] = "/tmp/tamga-package-XXXXXX";
	struct rlimit was, now;
	struct table *t = NULL;
	struct zipper z;
	int fd = mkstemp(path);
	enum cred_err e;

	(void)state;
	assert_true(fd >= 0);
	zipper_xlsx(&(struct xlsx_parts){0}, parts);
	zipper_make(parts, XLSX_PARTS, &z);
	assert_int_equal(write(fd, z.buf, z.len), z.len);
	assert_int_equal(close(fd), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	now = was;
	now.rlim_cur = (rlim_t)fd + 1; /* the file itself can be opened */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
	e = table_open(path, NULL, &t, &why);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_int_equal(e, CRED_FAULT_IO);
	assert_non_null(strstr(why.text, strerror(EMFILE)));
	assert_int_equal(unlink(path), 0);
	free(z.buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hostile_archives),
	    cmocka_unit_test(cut_off_anywhere_it_is_refused),
	    cmocka_unit_test(too_many_entries),
	    cmocka_unit_test(without_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
