#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "issuer/inspect.h"
#include "tests/issuer/desk.h"

#define N 2500 /* rows: more than two chunks */

static struct desk desk;
static char path[128], photo[128];
static struct why why;

static void
write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* Person i in row i + 2; row `again` is person 0 once more, row `bad` has no
 * date, and row 2 a photo. */
static void
write_roster(uint32_t n, uint32_t again, uint32_t bad)
{
	FILE *f = fopen(path, "w");
	struct row r;

	assert_non_null(f);
	fputs("姓名,证件号码,职业名称,等级,发证日期,照片\n", f);
	for (uint32_t i = 0; i < n; i++) {
		desk_row(&r, i + 2 == again ? 0 : i);
		fprintf(f, "%s,%s,电工,4,%s,%s\n", r.name, r.id_number,
		    i + 2 == bad ? "" : "2020-06-30", i == 0 ? "p.jpg" : "");
	}
	fclose(f);
}

struct told {
	size_t calls, n;
	uint32_t last;
	char codes[256];
};

static enum cred_err
on_report(void *ctx, const struct roster_head *head,
    const struct roster_row *row, const struct finding *list, size_t n,
    struct why *w)
{
	struct told *t = ctx;
	size_t used = strlen(t->codes);

	(void)w;
	assert_int_equal(head->row, 1);
	assert_non_null(row);
	assert_true(row->row > t->last);
	t->last = row->row;
	t->calls++;
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(list[i].row, row->row);
		used +=
		    (size_t)snprintf(t->codes + used, sizeof t->codes - used,
			"%u:%s ", row->row, finding_name(list[i].code));
	}
	t->n += n;
	return CRED_OK;
}

/* A template that prints nothing: the fonts are not this test's business. */
static char template_path[128];
static struct inspect_opts opts = {
    .kind = 2, .template_name = template_path, .now = 1790000000};

static void
look(struct inspection *x, struct told *t)
{
	*t = (struct told){.n = 0};
	opts.report = on_report;
	opts.report_ctx = t;
	why.text[0] = '\0';
	assert_int_equal(inspection_open(path, &opts, x, &why), CRED_OK);
	if (inspect(&desk.h, &opts, x, &why) != CRED_OK)
		fail_msg("%s", why.text);
}

static int
setup(void **state)
{
	(void)state;
	desk_make(&desk);
	desk_open(&desk, "memory:");
	snprintf(path, sizeof path, "%s/roster.csv", desk.dir);
	snprintf(template_path, sizeof template_path, "%s/none.svg", desk.dir);
	write_file(template_path,
	    "<svg xmlns='http://www.w3.org/2000/svg' width='210mm' "
	    "height='297mm' viewBox='0 0 210 297'/>");
	snprintf(photo, sizeof photo, "%s/p.jpg", desk.dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	desk_close(&desk);
	desk_remove(&desk);
	return 0;
}

static void
rows_across_chunks(void **state)
{
	struct row *rows = calloc(700, sizeof *rows);
	struct inspection x;
	struct told t;
	uint32_t want = 2;
	size_t n, sum = 0;

	(void)state;
	write_file(photo, "\xff\xd8\xff photo");
	write_roster(N, 2400, 1500);
	look(&x, &t);
	assert_string_equal(t.codes, "302:id_rounded 1102:id_rounded "
				     "1500:missing 2400:duplicate_roster ");
	assert_int_equal(x.n, N);
	assert_int_equal(x.n_bad, 2);
	assert_int_equal(x.n_errors, 2);
	assert_false(x.unreadable);
	do {
		assert_int_equal(
		    inspection_good_rows(&x, rows, 700, &n, &why), CRED_OK);
		for (size_t i = 0; i < n; i++, want++) {
			if (want == 1500 || want == 2400)
				want++;
			assert_int_equal(rows[i].row, want);
			assert_false(rows[i].bad);
			assert_true(rows[i].has_photo == (want == 2));
		}
		sum += n;
	} while (n == 700);
	assert_int_equal(sum, N - 2);
	inspection_close(&x);
	free(rows);
}

/* Between the two passes somebody saves the file, or another photo. */
static void
what_was_changed_is_not_issued(void **state)
{
	struct row *rows = calloc(N, sizeof *rows);
	struct inspection x;
	struct told t;
	size_t n;
	FILE *f;

	(void)state;
	write_file(photo, "\xff\xd8\xff photo");
	write_roster(N, 0, 0);
	look(&x, &t);
	f = fopen(path, "r+");
	assert_int_equal(fseek(f, -20, SEEK_END), 0);
	fputc('9', f);
	fclose(f);
	assert_int_equal(
	    inspection_good_rows(&x, rows, 100, &n, &why), CRED_FAULT_CONFLICT);
	inspection_close(&x);

	/* While the rows are read, so that the file's hash was still right. */
	write_roster(N, 0, 0);
	look(&x, &t);
	assert_int_equal(
	    inspection_good_rows(&x, rows, 100, &n, &why), CRED_OK);
	assert_int_equal(n, 100);
	write_roster(N, 2400, 0);
	assert_int_equal(
	    inspection_good_rows(&x, rows, N, &n, &why), CRED_FAULT_CONFLICT);
	inspection_close(&x);

	/* Rows taken away. */
	write_roster(N, 0, 0);
	look(&x, &t);
	assert_int_equal(
	    inspection_good_rows(&x, rows, 100, &n, &why), CRED_OK);
	assert_int_equal(truncate(path, 100000), 0);
	assert_int_equal(
	    inspection_good_rows(&x, rows, N, &n, &why), CRED_FAULT_CONFLICT);
	inspection_close(&x);

	write_roster(10, 0, 0);
	look(&x, &t);
	write_file(photo, "\xff\xd8\xff other");
	assert_int_equal(
	    inspection_good_rows(&x, rows, 100, &n, &why), CRED_FAULT_CONFLICT);
	inspection_close(&x);
	free(rows);
}

static void
a_file_at_fault_has_no_row(void **state)
{
	struct inspection x;
	struct row row;
	size_t n;

	(void)state;
	write_file(path, "");
	opts.report = NULL;
	assert_int_equal(inspection_open(path, &opts, &x, &why), CRED_OK);
	assert_int_equal(inspect(&desk.h, &opts, &x, &why), CRED_OK);
	assert_true(x.unreadable);
	assert_int_equal(x.n_errors, 1);
	assert_int_equal(inspection_good_rows(&x, &row, 1, &n, &why), CRED_OK);
	assert_int_equal(n, 0);
	inspection_close(&x);
	snprintf(path, sizeof path, "%s/none.csv", desk.dir);
	assert_int_equal(inspection_open(path, &opts, &x, &why), CRED_FAULT_IO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_across_chunks),
	    cmocka_unit_test(what_was_changed_is_not_issued),
	    cmocka_unit_test(a_file_at_fault_has_no_row),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
