#include <stdlib.h>

#include "edge/lang.h"
#include "table/strings.h"
#include "table/styles.h"
#include "table/table_int.h"
#include "table/value.h"
#include "table/workbook.h"

enum form { NUMBER, SHARED, TEXT, INLINE, BOOLEAN, ERROR_VALUE, ISO_DATE };

struct xlsx {
	struct package *package;
	struct workbook book;
	struct strings strings;
	struct styles styles;

	struct xml xml;

	/* The row and cell that are being read. */
	struct rowbuf *row;
	uint32_t number; /* 0: before the first */
	bool in_data, in_row, row_done;
	uint32_t column, next_column;
	enum form form;
	bool in_cell, in_value, phonetic, has_value, has_formula, is_date;
	size_t len;
	char buf[TABLE_MAX_CELL + 1];
};

static void
bad_reference(struct xlsx *x, const char *what)
{
	xml_refuse(&x->xml, CRED_ERR_TABLE_REF,
	    TR("the sheet has a row or cell '%.20s' where none can be; save "
	       "the table anew as .xlsx",
		"工作表中出现了不可能的行或单元格“%.20s”；"
		"请重新另存为 .xlsx"),
	    what);
}

static void
row_start(struct xlsx *x, const char **atts)
{
	const char *r = xml_att(atts, "r");
	uint32_t number = x->number + 1;

	if (x->in_row ||
	    (r != NULL && !xml_number(r, TABLE_MAX_ROWS, &number)) ||
	    number <= x->number || number > TABLE_MAX_ROWS) {
		bad_reference(x, r != NULL ? r : "row");
		return;
	}
	x->number = number;
	x->in_row = true;
	x->next_column = 0;
	rowbuf_begin(x->row, number);
	x->row->row.hidden = xml_true(xml_att(atts, "hidden"));
}

static enum form
form_of(const char *t)
{
	if (t == NULL || strcmp(t, "n") == 0)
		return NUMBER;
	if (strcmp(t, "s") == 0)
		return SHARED;
	if (strcmp(t, "inlineStr") == 0)
		return INLINE;
	if (strcmp(t, "b") == 0)
		return BOOLEAN;
	if (strcmp(t, "e") == 0)
		return ERROR_VALUE;
	return strcmp(t, "d") == 0 ? ISO_DATE : TEXT;
}

static void
cell_start(struct xlsx *x, const char **atts)
{
	const char *r = xml_att(atts, "r"), *s = xml_att(atts, "s");
	uint32_t column = x->next_column, row = x->number, style = 0;

	if (x->in_cell || (r != NULL && !value_reference(r, &column, &row)) ||
	    row != x->number || column < x->next_column || column >= 16384) {
		bad_reference(x, r != NULL ? r : "c");
		return;
	}
	x->column = column;
	x->next_column = column + 1;
	x->form = form_of(xml_att(atts, "t"));
	x->is_date = x->form == NUMBER && s != NULL &&
		     xml_number(s, STYLES_MAX - 1, &style) &&
		     styles_is_date(&x->styles, style);
	x->in_cell = true;
	x->in_value = x->phonetic = x->has_value = x->has_formula = false;
	x->len = 0;
}

static void
on_start(struct xml *xml, const char *name, const char **atts)
{
	struct xlsx *x = xml->ctx;

	if (!x->in_data) {
		x->in_data = strcmp(name, "sheetData") == 0;
	} else if (strcmp(name, "row") == 0) {
		row_start(x, atts);
	} else if (strcmp(name, "c") == 0 && x->in_row) {
		cell_start(x, atts);
	} else if (x->in_cell) {
		if (strcmp(name, "f") == 0)
			x->has_formula = true;
		else if (strcmp(name, "rPh") == 0)
			x->phonetic = true;
		else if (strcmp(name, x->form == INLINE ? "t" : "v") == 0 &&
			 !x->phonetic)
			x->in_value = x->has_value = true;
	}
}

static void
on_text(struct xml *xml, const char *s, size_t n)
{
	struct xlsx *x = xml->ctx;

	if (!x->in_value)
		return;
	/* One byte too many is enough to see that it is too long. */
	if (n > sizeof x->buf - x->len)
		n = sizeof x->buf - x->len;
	memcpy(x->buf + x->len, s, n);
	x->len += n;
}

/* What the cell holds, in full, into x->buf. */
static enum cell_type
cell_value(struct xlsx *x)
{
	char out[VALUE_MAX], in[TABLE_MAX_CELL + 1];
	uint32_t i;
	enum cred_err e;

	if (x->form == INLINE || x->form == TEXT) {
		x->len = value_unescape(x->buf, x->len);
		return CELL_TEXT;
	}
	if (x->form == ERROR_VALUE)
		return CELL_ERROR;
	if (x->form == ISO_DATE)
		return CELL_DATE;
	if (x->len > 64)
		return CELL_TEXT;
	memcpy(in, x->buf, x->len);
	in[x->len] = '\0';
	if (x->form == SHARED) {
		if (!xml_number(in, UINT32_MAX, &i))
			i = UINT32_MAX;
		e = strings_get(&x->strings, i, x->buf, sizeof x->buf, &x->len,
		    &x->xml.why);
		if (e != CRED_OK) {
			struct why why = x->xml.why;
			xml_refuse(&x->xml, e, "%s", why.text);
		}
		return CELL_TEXT;
	}
	if (x->form == BOOLEAN) {
		x->len = strcmp(in, "1") == 0 ? 4 : 5;
		memcpy(x->buf, x->len == 4 ? "TRUE" : "FALSE", x->len);
		return CELL_BOOL;
	}
	if (x->is_date && value_date(in, x->book.date1904, out)) {
		x->len = strlen(out);
		memcpy(x->buf, out, x->len);
		return CELL_DATE;
	}
	if (!value_number(in, out))
		return CELL_ERROR;
	x->len = strlen(out);
	memcpy(x->buf, out, x->len);
	return CELL_NUMBER;
}

static void
cell_end(struct xlsx *x)
{
	enum cell_type type = CELL_EMPTY;
	enum cred_err e;

	x->in_cell = false;
	if (x->has_value) {
		type = cell_value(x);
	} else if (x->has_formula) {
		/* A program that does not compute has written it. */
		type = CELL_ERROR;
		x->len = 0;
	}
	if (x->xml.err != CRED_OK || type == CELL_EMPTY ||
	    (x->len == 0 && type != CELL_ERROR))
		return;
	if (x->column >= TABLE_MAX_CELLS || x->len > TABLE_MAX_CELL) {
		xml_refuse(&x->xml, CRED_ERR_TABLE_LIMIT,
		    TR("a cell longer than %d bytes, or more than %d cells in "
		       "the row; shorten it, or delete the columns to the "
		       "right of the table",
			"单元格超过 %d 字节，或一行超过 %d 格；"
			"请缩短，或删除表格右侧多余的列"),
		    TABLE_MAX_CELL, TABLE_MAX_CELLS);
		return;
	}
	e = rowbuf_put(x->row, x->column, type, x->buf, x->len);
	if (e != CRED_OK)
		xml_refuse(&x->xml, e, "%s", cred_strerr(e));
}

static void
on_end(struct xml *xml, const char *name)
{
	struct xlsx *x = xml->ctx;

	if (!x->in_data)
		return;
	if (strcmp(name, "v") == 0 || strcmp(name, "t") == 0) {
		x->in_value = false;
	} else if (strcmp(name, "rPh") == 0) {
		x->phonetic = false;
	} else if (strcmp(name, "c") == 0 && x->in_cell) {
		cell_end(x);
	} else if (strcmp(name, "row") == 0 && x->in_row) {
		x->in_row = false;
		x->row_done = true;
		xml_pause(xml);
	} else if (strcmp(name, "sheetData") == 0) {
		x->in_data = false;
	}
}

static enum cred_err
begin(struct xlsx *x, struct why *why)
{
	static const struct xml_calls calls = {on_start, on_end, on_text};

	xml_close(&x->xml);
	x->number = 0;
	x->in_data = x->in_row = x->in_cell = x->in_value = false;
	return package_part(x->package, x->book.sheet, PACKAGE_MAX_DATA, &calls,
	    x, &x->xml, why);
}

enum cred_err
xlsx_open(const struct input *in, const char *sheet, struct xlsx **out,
    struct why *why)
{
	struct xlsx *x = calloc(1, sizeof *x);
	enum cred_err e;

	if (x == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	e = package_open(in, &x->package, why);
	if (e == CRED_OK)
		e = workbook_read(x->package, sheet, &x->book, why);
	if (e == CRED_OK && x->book.styles != NULL)
		e = styles_read(x->package, x->book.styles, &x->styles, why);
	if (e == CRED_OK && x->book.strings != NULL)
		e = strings_read(x->package, x->book.strings, &x->strings, why);
	if (e == CRED_OK)
		e = begin(x, why);
	if (e != CRED_OK)
		xlsx_close(x);
	else
		*out = x;
	return e;
}

void
xlsx_close(struct xlsx *x)
{
	if (x == NULL)
		return;
	xml_close(&x->xml);
	strings_release(&x->strings);
	workbook_release(&x->book);
	package_close(x->package);
	free(x);
}

enum cred_err
xlsx_next(struct xlsx *x, struct rowbuf *b, bool *end, struct why *why)
{
	enum cred_err e = CRED_OK;

	x->row = b;
	x->row_done = false;
	while (e == CRED_OK && !x->row_done && !x->xml.finished)
		e = xml_run(&x->xml, why);
	*end = !x->row_done;
	return e;
}

enum cred_err
xlsx_rewind(struct xlsx *x, struct why *why)
{
	return begin(x, why);
}

uint32_t
xlsx_at(const struct xlsx *x)
{
	return x->number > 0 ? x->number : 1;
}

const char *
xlsx_sheet(const struct xlsx *x)
{
	return x->book.sheet_name;
}

double
xlsx_part(const struct xlsx *x)
{
	return x->xml.out >= x->xml.size
		   ? 1
		   : (double)x->xml.out / (double)x->xml.size;
}
