#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "table/writer.h"

static char dir[64], path[96];
static struct why why;

static const char *const levels[] = {"五级/初级工", "四级/中级工", NULL};
static const struct table_column columns[] = {
    {.name = "姓名", .width = 12},
    {.name = "证件号码"},
    {.name = "金额", .as = TABLE_NUMBER},
    {.name = "日期", .as = TABLE_DATE},
    {.name = "等级", .choices = levels},
};

static int
setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/tamga-writer-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof path, "%s/a.xlsx", dir);
	return 0;
}

static int
teardown(void **state)
{
	char cmd[128];

	(void)state;
	snprintf(cmd, sizeof cmd, "rm -r %s", dir);
	return system(cmd);
}

/* How many files are in the folder. */
static int
files(void)
{
	char cmd[128], line[16] = "";
	FILE *p;

	snprintf(cmd, sizeof cmd, "ls -A %s | wc -l", dir);
	p = popen(cmd, "r");
	assert_non_null(p);
	assert_non_null(fgets(line, sizeof line, p));
	pclose(p);
	return atoi(line);
}

/* What another reader says of the file. */
static const char *
judge(const char *file)
{
	static char text[65536];
	char cmd[512];
	size_t n;
	FILE *p;

	snprintf(cmd, sizeof cmd,
	    "/usr/bin/python3 %s/tests/table/judge.py %s 100", TAMGA_SOURCE_DIR,
	    file);
	p = popen(cmd, "r");
	assert_non_null(p);
	n = fread(text, 1, sizeof text - 1, p);
	text[n] = '\0';
	assert_int_equal(pclose(p), 0);
	return text;
}

static void
has(const char *text, const char *line)
{
	if (strstr(text, line) == NULL)
		fprintf(stderr, "no '%s' in:\n%s", line, text);
	assert_non_null(strstr(text, line));
}

static struct table_writer *
begin(enum table_taken taken)
{
	struct table_writer *w = NULL;

	assert_int_equal(
	    table_writer_open(path, 0600, taken, &w, &why), CRED_OK);
	assert_int_equal(
	    table_writer_sheet(w, "名册", columns, 5, &why), CRED_OK);
	return w;
}

static void
row(struct table_writer *w, const struct table_out *cells, size_t n)
{
	assert_int_equal(table_writer_row(w, cells, n, &why), CRED_OK);
}

static void
another_reader_sees_what_was_written(void **state)
{
	struct table_writer *w = begin(TABLE_TAKEN_REFUSE);
	char long_text[40000], *name = NULL;
	const char *got;
	struct stat st;

	(void)state;
	memset(long_text, 'x', sizeof long_text - 1);
	memcpy(long_text + TABLE_WRITE_MAX - 1, "中", 3);
	long_text[sizeof long_text - 1] = '\0';
	row(w,
	    (struct table_out[]){{"张三"}, {"150102199001010019"}, {"120.5"},
		{"2020-06-30"}, {"四级/中级工"}},
	    5);
	row(w,
	    (struct table_out[]){{"=1+1", TABLE_BAD}, {NULL, TABLE_BAD},
		{"abc"}, {"2020-6-30", TABLE_DOUBT}, {"a\nb<&>\x01"}},
	    5);
	row(w, (struct table_out[]){{"a", TABLE_EXAMPLE}}, 1);
	assert_int_equal(files(), 1);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(
	    table_writer_sheet(w, "说明", columns, 1, &why), CRED_OK);
	row(w, (struct table_out[]){{long_text}}, 1);
	assert_int_equal(table_writer_close(w, &name, &why), CRED_OK);
	assert_string_equal(name, path);
	free(name);
	assert_int_equal(files(), 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	got = judge(path);
	has(got, "sheet 名册 visible freeze=A2\n");
	has(got, "choices E2:E1048576 \"五级/初级工,四级/中级工\" warning\n");
	has(got, "A1 s @ FFDDE7F0 姓名\n");
	has(got, "B2 s @ - 150102199001010019\n");
	has(got, "C2 n General - 120.5\n");
	has(got, "D2 d yyyy-mm-dd - 2020-06-30 00:00:00\n");
	/* Not a formula. openpyxl's type f would be one. */
	has(got, "A3 s @ FFFFC7CE =1+1\n");
	has(got, "B3 n @ FFFFC7CE None\n");
	has(got, "C3 s @ - abc\n");
	has(got, "D3 s @ FFFFEB9C 2020-6-30\n");
	has(got, "E3 s @ - a\\nb<&>_x0001_\n");
	has(got, "sheet 说明 visible freeze=A2\n");
	/* Cut before the character that does not fit. */
	has(got, "xxx\n");
	assert_null(strstr(got, "x中"));
}

static void
nothing_is_overwritten(void **state)
{
	struct table_writer *w = NULL, *late;
	char other[128], *name = NULL;
	int fd;

	(void)state;
	late = begin(TABLE_TAKEN_REFUSE);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	assert_int_equal(
	    table_writer_open(path, 0600, TABLE_TAKEN_REFUSE, &w, &why),
	    CRED_FAULT_EXISTS);
	assert_int_equal(
	    table_writer_close(late, &name, &why), CRED_FAULT_EXISTS);
	assert_null(name);
	assert_int_equal(files(), 1);
	for (int i = 2; i <= 3; i++) {
		w = begin(TABLE_TAKEN_NUMBER);
		assert_int_equal(table_writer_close(w, &name, &why), CRED_OK);
		snprintf(other, sizeof other, "%s/a-%d.xlsx", dir, i);
		assert_string_equal(name, other);
		free(name);
	}
	fd = open(path, O_RDONLY);
	assert_int_equal(lseek(fd, 0, SEEK_END), 1);
	close(fd);
}

static off_t
size_now(void)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void
the_old_file_stays_until_the_new_is_whole(void **state)
{
	struct table_writer *w;
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	(void)state;
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	w = begin(TABLE_TAKEN_REPLACE);
	row(w, (struct table_out[]){{"a"}}, 1);
	assert_int_equal(size_now(), 1);
	table_writer_abort(w);
	assert_int_equal(size_now(), 1);
	w = begin(TABLE_TAKEN_REPLACE);
	assert_int_equal(table_writer_close(w, NULL, &why), CRED_OK);
	assert_true(size_now() > 1000);
	assert_int_equal(files(), 1);
}

static void
an_aborted_file_leaves_nothing(void **state)
{
	struct table_writer *w = begin(TABLE_TAKEN_REFUSE);

	(void)state;
	row(w, (struct table_out[]){{"a"}}, 1);
	table_writer_abort(w);
	table_writer_abort(NULL);
	assert_int_equal(files(), 0);
	snprintf(path, sizeof path, "%s/none/a.xlsx", dir);
	assert_int_equal(
	    table_writer_open(path, 0600, TABLE_TAKEN_REFUSE, &w, &why),
	    CRED_FAULT_IO);
}

static void
a_full_sheet_goes_on_in_another(void **state)
{
	static const struct table_column one[] = {{.name = "n"}};
	struct table_writer *w;
	const char *got;

	(void)state;
	assert_int_equal(
	    table_writer_open(path, 0600, TABLE_TAKEN_REFUSE, &w, &why),
	    CRED_OK);
	assert_int_equal(table_writer_sheet(w, "多", one, 1, &why), CRED_OK);
	for (int i = 0; i < TABLE_WRITE_ROWS; i++)
		row(w, (struct table_out[]){{i % 65536 == 0 ? "x" : NULL}}, 1);
	assert_int_equal(table_writer_close(w, NULL, &why), CRED_OK);
	got = judge(path);
	has(got, "sheet 多 visible freeze=A2\nrows ");
	has(got, "sheet 多 (2) visible freeze=A2\nA1 s @ FFDDE7F0 n\n");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(another_reader_sees_what_was_written),
	    T(nothing_is_overwritten),
	    T(the_old_file_stays_until_the_new_is_whole),
	    T(an_aborted_file_leaves_nothing),
	    T(a_full_sheet_goes_on_in_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
