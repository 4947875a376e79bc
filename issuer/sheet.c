#include "issuer/sheet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/lang.h"
#include "table/writer.h"

#define COLUMNS_MAX 32
#define DIGITS_KEPT 11 /* Excel shows more as 1.5E+17, and rounds above 15 */

struct sheet {
	size_t n;
	FILE *csv;
	char *path, *tmp; /* NULL: standard output, or XLSX */
	struct table_writer *xlsx;
	struct table_column columns[COLUMNS_MAX];
};

static enum cred_err
nomem(struct why *why)
{
	return why_set(
	    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

/* Would a spreadsheet make something else of it? */
static bool
is_taken_amiss(const char *s)
{
	size_t digits = strspn(s, "0123456789");

	return strchr("=+-@\t\r", *s) != NULL ||
	       (digits > DIGITS_KEPT &&
		   (s[digits] == '\0' || strcmp(s + digits, "X") == 0));
}

static void
csv_cell(FILE *f, const char *s)
{
	bool amiss = *s != '\0' && is_taken_amiss(s);

	if (!amiss && strpbrk(s, ",;\t\"\r\n") == NULL) {
		fputs(s, f);
		return;
	}
	fputs(amiss ? "\"=\"\"" : "\"", f);
	for (; *s != '\0'; s++) {
		if (*s == '"')
			fputs(amiss ? "\"\"\"" : "\"", f);
		fputc(*s, f);
	}
	fputs(amiss ? "\"\"\"" : "\"", f);
}

static void
csv_row(struct sheet *s, const char *const *cells)
{
	for (size_t i = 0; i < s->n; i++) {
		if (i > 0)
			fputc(',', s->csv);
		if (cells[i] != NULL)
			csv_cell(s->csv, cells[i]);
	}
	fputs("\r\n", s->csv);
}

static enum cred_err
csv_fault(const struct sheet *s, struct why *why)
{
	return why_errno(why, errno, TR("cannot write", "写不了"),
	    s->path != NULL ? s->path : "-");
}

static enum cred_err
csv_open(struct sheet *s, const char *path, struct why *why)
{
	int fd;

	if (strcmp(path, "-") == 0) {
		s->csv = stdout;
		return CRED_OK;
	}
	if (access(path, F_OK) == 0)
		return why_set(why, CRED_FAULT_EXISTS,
		    TR("%s exists already; it is not overwritten",
			"%s 已经存在，不会覆盖"),
		    path);
	if ((s->path = strdup(path)) == NULL ||
	    asprintf(&s->tmp, "%s.tmp.XXXXXX", path) < 0) {
		s->tmp = NULL;
		return nomem(why);
	}
	fd = mkostemp(s->tmp, O_CLOEXEC); /* 0600 */
	if (fd < 0 || (s->csv = fdopen(fd, "w")) == NULL) {
		enum cred_err e = why_errno(
		    why, errno, TR("cannot create", "无法创建"), path);
		if (fd >= 0) {
			close(fd);
			unlink(s->tmp);
		}
		free(s->tmp);
		s->tmp = NULL;
		return e;
	}
	return CRED_OK;
}

enum cred_err
sheet_open(enum sheet_form form, const char *path, const char *const *names,
    size_t n, struct sheet **out, struct why *why)
{
	struct sheet *s = calloc(1, sizeof *s);
	enum cred_err e;

	if (s == NULL || n > COLUMNS_MAX) {
		free(s);
		return nomem(why);
	}
	s->n = n;
	if (form == SHEET_CSV) {
		e = csv_open(s, path, why);
		if (e == CRED_OK) {
			fputs("\xef\xbb\xbf", s->csv);
			csv_row(s, names);
		}
	} else {
		for (size_t i = 0; i < n; i++)
			s->columns[i] = (struct table_column){
			    .name = names[i], .as = TABLE_TEXT};
		e = table_writer_open(
		    path, 0600, TABLE_TAKEN_REFUSE, &s->xlsx, why);
		if (e == CRED_OK)
			e = table_writer_sheet(
			    s->xlsx, "Tamga", s->columns, n, why);
	}
	if (e != CRED_OK) {
		sheet_abort(s);
		return e;
	}
	*out = s;
	return CRED_OK;
}

enum cred_err
sheet_row(struct sheet *s, const char *const *cells, struct why *why)
{
	struct table_out row[COLUMNS_MAX] = {0};

	if (s->csv != NULL) {
		csv_row(s, cells);
		return ferror(s->csv) ? csv_fault(s, why) : CRED_OK;
	}
	for (size_t i = 0; i < s->n; i++)
		row[i].text = cells[i];
	return table_writer_row(s->xlsx, row, s->n, why);
}

/* Whole and on the disk before it has its name. */
static enum cred_err
csv_close(struct sheet *s, struct why *why)
{
	enum cred_err e = CRED_OK;

	if (fflush(s->csv) != 0 || ferror(s->csv))
		return csv_fault(s, why);
	if (s->tmp == NULL)
		return CRED_OK;
	if (fsync(fileno(s->csv)) != 0)
		return csv_fault(s, why);
	if (link(s->tmp, s->path) != 0)
		e = errno == EEXIST
			? why_set(why, CRED_FAULT_EXISTS,
			      TR("%s exists already; it is not overwritten",
				  "%s 已经存在，不会覆盖"),
			      s->path)
			: csv_fault(s, why);
	return e;
}

enum cred_err
sheet_close(struct sheet *s, struct why *why)
{
	enum cred_err e;

	if (s->xlsx != NULL) {
		e = table_writer_close(s->xlsx, NULL, why);
		s->xlsx = NULL;
	} else {
		e = csv_close(s, why);
	}
	sheet_abort(s); /* what has its name has it */
	return e;
}

void
sheet_abort(struct sheet *s)
{
	if (s == NULL)
		return;
	table_writer_abort(s->xlsx);
	if (s->tmp != NULL) {
		if (s->csv != NULL)
			fclose(s->csv);
		unlink(s->tmp);
	}
	free(s->tmp);
	free(s->path);
	free(s);
}
