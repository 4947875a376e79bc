#include "table/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "edge/lang.h"

#define MAX_SHEETS  64
#define MAX_NUMBERS 10000 /* "x-10000.xlsx": then somebody should clear up */
#define N_MARKS     (TABLE_EXAMPLE + 1)
#define N_AS        (TABLE_DATE + 1)

struct table_writer {
	char *path, *tmp;
	lxw_workbook *book;
	lxw_worksheet *sheet;
	lxw_format *header, *format[N_AS][N_MARKS];
	const char *name; /* of the sheet */
	const struct table_column *columns;
	size_t n_columns;
	unsigned part, n_sheets;
	enum table_taken taken;
	lxw_row_t row;
};

static enum cred_err
failed(struct why *why, lxw_error err, const char *path)
{
	if (err == LXW_ERROR_MEMORY_MALLOC_FAILED)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	if (errno != 0)
		return why_errno(
		    why, errno, TR("cannot write", "写不了"), path);
	return why_set(why, CRED_FAULT_IO,
	    TR("cannot write %s: %s", "写不了 %s：%s"), path,
	    lxw_strerror(err));
}

static enum cred_err
exists(struct why *why, const char *path)
{
	return why_set(why, CRED_FAULT_EXISTS,
	    TR("%s exists already; it is not overwritten",
		"%s 已经存在，不会覆盖"),
	    path);
}

static bool
add_formats(struct table_writer *w)
{
	static const char *const form[N_AS] = {"@", "General", "yyyy-mm-dd"};
	static const lxw_color_t colour[N_MARKS] = {
	    [TABLE_BAD] = 0xffc7ce, [TABLE_DOUBT] = 0xffeb9c};

	w->header = workbook_add_format(w->book);
	if (w->header == NULL)
		return false;
	format_set_bold(w->header);
	format_set_num_format(w->header, "@");
	format_set_bg_color(w->header, 0xdde7f0);
	for (int as = 0; as < N_AS; as++)
		for (int mark = 0; mark < N_MARKS; mark++) {
			lxw_format *f = workbook_add_format(w->book);
			if (f == NULL)
				return false;
			w->format[as][mark] = f;
			format_set_num_format(f, form[as]);
			if (colour[mark] != 0)
				format_set_bg_color(f, colour[mark]);
			if (mark == TABLE_EXAMPLE) {
				format_set_italic(f);
				format_set_font_color(f, 0x808080);
			}
		}
	return true;
}

enum cred_err
table_writer_open(const char *path, mode_t mode, enum table_taken taken,
    struct table_writer **out, struct why *why)
{
	struct table_writer *w = NULL;
	lxw_workbook_options opts = {.constant_memory = LXW_TRUE,
	    .use_zip64 = LXW_TRUE,
	    .tmpdir = getenv("TMPDIR")};
	enum cred_err e = CRED_FAULT_NOMEM;
	struct stat st;
	int fd;

	if (taken == TABLE_TAKEN_REFUSE && lstat(path, &st) == 0)
		return exists(why, path);
	w = calloc(1, sizeof *w);
	if (w == NULL || (w->path = strdup(path)) == NULL ||
	    asprintf(&w->tmp, "%s.tmp.XXXXXX", path) < 0) {
		e = why_set(why, e, "%s", cred_strerr(e));
		goto fail;
	}
	w->taken = taken;
	/* The library opens the file by its name, when all is written; made
	 * here, it has its mode from the start. */
	fd = mkostemp(w->tmp, O_CLOEXEC);
	if (fd < 0) {
		e = why_errno(
		    why, errno, TR("cannot create", "无法创建"), path);
		free(w->tmp);
		w->tmp = NULL;
		goto fail;
	}
	if (fchmod(fd, mode) != 0 || close(fd) != 0) {
		e = why_errno(
		    why, errno, TR("cannot create", "无法创建"), path);
		goto fail;
	}
	w->book = workbook_new_opt(w->tmp, &opts);
	if (w->book == NULL || !add_formats(w)) {
		e = why_set(why, e, "%s", cred_strerr(e));
		goto fail;
	}
	*out = w;
	return CRED_OK;
fail:
	table_writer_abort(w);
	return e;
}

void
table_writer_created(struct table_writer *w, int64_t unix_s)
{
	lxw_doc_properties p = {.created = (time_t)unix_s};

	workbook_set_properties(w->book, &p);
}

static lxw_error
add_choices(struct table_writer *w, lxw_col_t column)
{
	const char *const *choices = w->columns[column].choices;
	lxw_data_validation v = {
	    .validate = LXW_VALIDATION_TYPE_LIST,
	    .error_type = LXW_VALIDATION_ERROR_TYPE_WARNING,
	    .ignore_blank = LXW_VALIDATION_ON,
	    /* The library reads it only. */
	    .value_list = (char **)(uintptr_t)choices,
	};

	return worksheet_data_validation_range(
	    w->sheet, 1, column, TABLE_WRITE_ROWS - 1, column, &v);
}

static enum cred_err
begin(struct table_writer *w, struct why *why)
{
	char name[64];
	lxw_error err = LXW_NO_ERROR;

	if (w->n_sheets == MAX_SHEETS)
		return why_set(why, CRED_FAULT_SPACE,
		    TR("%s would have more than %d sheets",
			"%s 的工作表将超过 %d 个"),
		    w->path, MAX_SHEETS);
	if (w->part == 1)
		snprintf(name, sizeof name, "%s", w->name);
	else
		snprintf(name, sizeof name, "%.40s (%u)", w->name, w->part);
	errno = 0;
	w->sheet = workbook_add_worksheet(w->book, name);
	if (w->sheet == NULL)
		return failed(why, LXW_ERROR_MEMORY_MALLOC_FAILED, w->path);
	w->n_sheets++;
	for (size_t i = 0; i < w->n_columns && err == LXW_NO_ERROR; i++) {
		const struct table_column *c = &w->columns[i];
		lxw_col_t at = (lxw_col_t)i;
		err = worksheet_set_column(w->sheet, at, at,
		    c->width > 0 ? c->width : 14,
		    w->format[c->as][TABLE_PLAIN]);
		if (err == LXW_NO_ERROR && c->choices != NULL)
			err = add_choices(w, at);
	}
	for (size_t i = 0; i < w->n_columns && err == LXW_NO_ERROR; i++)
		err = worksheet_write_string(
		    w->sheet, 0, (lxw_col_t)i, w->columns[i].name, w->header);
	if (err != LXW_NO_ERROR)
		return failed(why, err, w->path);
	worksheet_freeze_panes(w->sheet, 1, 0);
	w->row = 1;
	return CRED_OK;
}

enum cred_err
table_writer_sheet(struct table_writer *w, const char *name,
    const struct table_column *columns, size_t n, struct why *why)
{
	if (n > TABLE_WRITE_COLUMNS)
		return why_set(why, CRED_FAULT_SPACE,
		    TR("more than %d columns", "超过 %d 列"),
		    TABLE_WRITE_COLUMNS);
	w->name = name;
	w->columns = columns;
	w->n_columns = n;
	w->part = 1;
	return begin(w, why);
}

static bool
to_number(const char *s, double *out)
{
	char *end;

	if (*s == '\0' || strspn(s, "+-0123456789.eE") != strlen(s))
		return false;
	*out = strtod(s, &end);
	return *end == '\0' && *out > -1e15 && *out < 1e15;
}

static bool
to_date(const char *s, lxw_datetime *out)
{
	int n = 0;

	*out = (lxw_datetime){0};
	return strlen(s) == 10 && strspn(s, "-0123456789") == 10 &&
	       sscanf(s, "%4d-%2d-%2d%n", &out->year, &out->month, &out->day,
		   &n) == 3 &&
	       n == 10 && out->year >= 1900 && out->month >= 1 &&
	       out->month <= 12 && out->day >= 1 && out->day <= 31;
}

static lxw_error
put(struct table_writer *w, lxw_col_t at, const struct table_out *cell)
{
	enum table_as as = w->columns[at].as;
	const char *s = cell->text != NULL ? cell->text : "";
	char cut[TABLE_WRITE_MAX + 1];
	size_t n = strlen(s);
	lxw_datetime day;
	double number;

	if (as == TABLE_NUMBER && to_number(s, &number))
		return worksheet_write_number(
		    w->sheet, w->row, at, number, w->format[as][cell->mark]);
	if (as == TABLE_DATE && to_date(s, &day))
		return worksheet_write_datetime(
		    w->sheet, w->row, at, &day, w->format[as][cell->mark]);
	if (n == 0)
		return cell->mark == TABLE_PLAIN
			   ? LXW_NO_ERROR
			   : worksheet_write_blank(w->sheet, w->row, at,
				 w->format[as][cell->mark]);
	if (n > TABLE_WRITE_MAX) {
		n = TABLE_WRITE_MAX;
		while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
			n--;
		memcpy(cut, s, n);
		cut[n] = '\0';
		s = cut;
	}
	return worksheet_write_string(
	    w->sheet, w->row, at, s, w->format[TABLE_TEXT][cell->mark]);
}

enum cred_err
table_writer_row(struct table_writer *w, const struct table_out *cells,
    size_t n, struct why *why)
{
	lxw_error err = LXW_NO_ERROR;
	enum cred_err e;

	if (w->row == TABLE_WRITE_ROWS) {
		w->part++;
		e = begin(w, why);
		if (e != CRED_OK)
			return e;
	}
	errno = 0;
	for (size_t i = 0; i < n && i < w->n_columns && err == LXW_NO_ERROR;
	     i++)
		err = put(w, (lxw_col_t)i, &cells[i]);
	w->row++;
	return err == LXW_NO_ERROR ? CRED_OK : failed(why, err, w->path);
}

static enum cred_err
sync_file(const char *tmp, const char *path, struct why *why)
{
	int fd = open(tmp, O_RDONLY | O_CLOEXEC);
	enum cred_err e = CRED_OK;

	if (fd < 0 || fsync(fd) != 0)
		e = why_errno(why, errno, TR("cannot write", "写不了"), path);
	if (fd >= 0)
		close(fd);
	return e;
}

/* "a/x.xlsx" -> "a/x-2.xlsx" */
static char *
numbered_name(const char *path, unsigned n)
{
	const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
	int stem = (int)strlen(path);
	char *out;

	if (dot != NULL && (slash == NULL || dot > slash + 1) && dot != path)
		stem = (int)(dot - path);
	if (asprintf(&out, "%.*s-%u%s", stem, path, n, path + stem) < 0)
		return NULL;
	return out;
}

static enum cred_err
give_name(const struct table_writer *w, char **path, struct why *why)
{
	unsigned most = w->taken == TABLE_TAKEN_NUMBER ? MAX_NUMBERS : 1;
	bool replace = w->taken == TABLE_TAKEN_REPLACE;
	char *name = NULL;

	for (unsigned n = 1; n <= most; n++) {
		free(name);
		name = n == 1 ? strdup(w->path) : numbered_name(w->path, n);
		if (name == NULL)
			return why_set(why, CRED_FAULT_NOMEM, "%s",
			    cred_strerr(CRED_FAULT_NOMEM));
		if ((replace ? rename(w->tmp, name) : link(w->tmp, name)) ==
		    0) {
			*path = name;
			return CRED_OK;
		}
		if (errno != EEXIST) {
			enum cred_err e = why_errno(
			    why, errno, TR("cannot create", "无法创建"), name);
			free(name);
			return e;
		}
	}
	free(name);
	return exists(why, w->path);
}

enum cred_err
table_writer_close(struct table_writer *w, char **path, struct why *why)
{
	char *name = NULL;
	lxw_error err;
	enum cred_err e;

	errno = 0;
	err = workbook_close(w->book);
	w->book = NULL;
	e = err == LXW_NO_ERROR ? CRED_OK : failed(why, err, w->path);
	if (e == CRED_OK)
		e = sync_file(w->tmp, w->path, why);
	if (e == CRED_OK)
		e = give_name(w, &name, why);
	if (e == CRED_OK && path != NULL) {
		*path = name;
		name = NULL;
	}
	free(name);
	table_writer_abort(w);
	return e;
}

void
table_writer_abort(struct table_writer *w)
{
	if (w == NULL)
		return;
	/* Not closed: the library would assemble the file. */
	lxw_workbook_free(w->book);
	if (w->tmp != NULL)
		unlink(w->tmp);
	free(w->tmp);
	free(w->path);
	free(w);
}
