#include "table/table.h"

#include <stdlib.h>

#include "edge/lang.h"
#include "table/table_int.h"

struct table {
	struct input in;
	struct csvfile *csv;
	struct xlsx *xlsx;
	struct rowbuf row;
	bool failed;
};

void
rowbuf_begin(struct rowbuf *b, uint32_t number)
{
	b->len = 0;
	b->row = (struct table_row){.number = number, .cells = b->cells};
}

enum cred_err
rowbuf_put(struct rowbuf *b, size_t column, enum cell_type type, const char *s,
    size_t n)
{
	if (b->cap - b->len < n + 1) {
		size_t cap = b->cap * 2 + n + 4096;
		char *more = realloc(b->text, cap);
		if (more == NULL)
			return CRED_FAULT_NOMEM;
		b->text = more;
		b->cap = cap;
	}
	for (; b->row.n <= column; b->row.n++) {
		b->cells[b->row.n] = (struct table_cell){CELL_EMPTY, 0, NULL};
		b->at[b->row.n] = SIZE_MAX;
	}
	memcpy(b->text + b->len, s, n);
	b->text[b->len + n] = '\0';
	b->cells[column].type = n == 0 && type == CELL_TEXT ? CELL_EMPTY : type;
	b->cells[column].len = n;
	b->at[column] = b->len;
	b->len += n + 1;
	return CRED_OK;
}

const struct table_row *
rowbuf_done(struct rowbuf *b)
{
	for (size_t i = 0; i < b->row.n; i++)
		b->cells[i].text =
		    b->at[i] == SIZE_MAX ? "" : b->text + b->at[i];
	return &b->row;
}

/* A password makes an XLSX file one of the old kind of container, with a
 * stream of this name. */
static enum cred_err
old_container(const struct input *in, struct why *why)
{
	static const char name[] =
	    "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g";
	uint8_t buf[65536 + sizeof name];
	uint64_t at = 0;
	size_t got;

	do {
		enum cred_err e =
		    input_read(in, at, buf, sizeof buf, &got, why);
		if (e != CRED_OK)
			return e;
		if (memmem(buf, got, name, sizeof name - 1) != NULL)
			return why_set(why, CRED_ERR_TABLE_PASSWORD,
			    TR("the spreadsheet has a password; open it, take "
			       "the password off, and save it as .xlsx",
				"此电子表格设有密码；请打开后取消密码，"
				"另存为 .xlsx"));
		at += 65536;
	} while (got == sizeof buf);
	return why_set(why, CRED_ERR_TABLE_OLD,
	    TR("this is an old spreadsheet file (.xls); open it and save it "
	       "as .xlsx",
		"这是旧版电子表格文件（.xls）；请打开后另存为 .xlsx"));
}

static enum cred_err
open_reader(struct table *t, const char *sheet, struct why *why)
{
	uint8_t head[8];
	size_t got;
	enum cred_err e = input_read(&t->in, 0, head, sizeof head, &got, why);

	if (e != CRED_OK)
		return e;
	if (got == 8 &&
	    memcmp(head, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8) == 0)
		return old_container(&t->in, why);
	if (got >= 4 && memcmp(head, "PK\3\4", 4) == 0)
		return xlsx_open(&t->in, sheet, &t->xlsx, why);
	if (sheet != NULL)
		return why_set(why, CRED_ERR_TABLE_SHEET,
		    TR("a CSV file has no sheets: leave --sheet out",
			"CSV 文件没有工作表：请去掉 --sheet"));
	return csvfile_open(&t->in, &t->csv, why);
}

static enum cred_err
finish_open(
    struct table *t, const char *sheet, struct table **out, struct why *why)
{
	enum cred_err e = open_reader(t, sheet, why);

	if (e != CRED_OK) {
		table_close(t);
		return e;
	}
	*out = t;
	return CRED_OK;
}

static enum cred_err
nomem(struct why *why)
{
	return why_set(
	    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

enum cred_err
table_open(
    const char *path, const char *sheet, struct table **out, struct why *why)
{
	struct table *t = calloc(1, sizeof *t);
	enum cred_err e;

	if (t == NULL)
		return nomem(why);
	e = input_open(path, &t->in, why);
	if (e != CRED_OK) {
		free(t);
		return e;
	}
	return finish_open(t, sheet, out, why);
}

enum cred_err
table_open_bytes(
    struct bytes file, const char *sheet, struct table **out, struct why *why)
{
	struct table *t = calloc(1, sizeof *t);

	if (t == NULL)
		return nomem(why);
	input_of_bytes(file, &t->in);
	return finish_open(t, sheet, out, why);
}

void
table_close(struct table *t)
{
	if (t == NULL)
		return;
	csvfile_close(t->csv);
	xlsx_close(t->xlsx);
	input_close(&t->in);
	free(t->row.text);
	free(t);
}

enum cred_err
table_next(struct table *t, const struct table_row **row, struct why *why)
{
	bool end = false;
	enum cred_err e;

	if (t->failed)
		return why_set(why, CRED_FAULT_INTERNAL, "%s",
		    cred_strerr(CRED_FAULT_INTERNAL));
	if (t->csv != NULL)
		e = csvfile_next(t->csv, &t->row, &end, why);
	else
		e = xlsx_next(t->xlsx, &t->row, &end, why);
	if (e == CRED_FAULT_NOMEM)
		e = nomem(why);
	t->failed = e != CRED_OK;
	if (e == CRED_OK)
		*row = end ? NULL : rowbuf_done(&t->row);
	return e;
}

uint32_t
table_at(const struct table *t)
{
	return t->csv != NULL ? csvfile_at(t->csv) : xlsx_at(t->xlsx);
}

enum cred_err
table_rewind(struct table *t, struct why *why)
{
	struct csvfile *again = NULL;
	enum cred_err e;

	if (t->csv == NULL) {
		e = xlsx_rewind(t->xlsx, why);
	} else {
		e = csvfile_open(&t->in, &again, why);
		if (e == CRED_OK) {
			csvfile_close(t->csv);
			t->csv = again;
		}
	}
	t->failed = e != CRED_OK;
	return e;
}

const char *
table_encoding(const struct table *t)
{
	return t->csv != NULL ? csvfile_encoding(t->csv) : "XLSX";
}

const char *
table_sheet(const struct table *t)
{
	return t->csv != NULL ? "" : xlsx_sheet(t->xlsx);
}

double
table_part(const struct table *t)
{
	return t->csv != NULL ? csvfile_part(t->csv) : xlsx_part(t->xlsx);
}

enum cred_err
table_each_bytes(
    struct table *t, table_bytes_fn *fn, void *ctx, struct why *why)
{
	uint8_t buf[65536];
	uint64_t at = 0;
	enum cred_err e;
	size_t got;

	do {
		e = input_read(&t->in, at, buf, sizeof buf, &got, why);
		if (e == CRED_OK && got > 0)
			e = fn(ctx, bytes_of(buf, got), why);
		at += got;
	} while (e == CRED_OK && got == sizeof buf);
	return e;
}
