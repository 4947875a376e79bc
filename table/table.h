#ifndef TABLE_TABLE_H
#define TABLE_TABLE_H

#include "credential/bytes.h"
#include "edge/why.h"

/*
 * A spreadsheet in, a row at a time: CSV or XLSX, whatever its name says.
 * Memory does not grow with the file: what must be kept (an XLSX file's shared
 * strings, standard input) goes to a temporary file without a name.
 *
 * CSV (RFC 4180): UTF-8 with or without byte order mark, UTF-16 with one,
 * GB18030 otherwise; commas, semicolons or tabs; ="0123" is 0123. XLSX
 * (ECMA-376, transitional and strict): values as stored, formulas by their last
 * result.
 */
enum cell_type {
	CELL_EMPTY,
	CELL_TEXT,   /* all cells of a CSV file */
	CELL_NUMBER, /* in full, without exponent: 150102199001010000 */
	CELL_DATE,   /* 2020-06-30, 2020-06-30 08:30:00 or 08:30:00 */
	CELL_BOOL,   /* TRUE, FALSE */
	CELL_ERROR,  /* #REF!, #N/A …; a formula that was never computed */
};

struct table_cell {
	enum cell_type type;
	size_t len;
	const char *text; /* UTF-8 without NUL, and a NUL behind it */
};

struct table_row {
	uint32_t number; /* as the spreadsheet numbers it, from 1 */
	bool hidden;     /* by a filter or by hand; XLSX only */
	size_t n;        /* cells, from the first column */
	const struct table_cell *cells;
};

#define TABLE_MAX_BYTES (1u << 30) /* the file */
#define TABLE_MAX_ROWS  1048576    /* a spreadsheet's own limit */
#define TABLE_MAX_CELLS 256        /* a row */
#define TABLE_MAX_CELL  4096       /* bytes */

struct table;

/*
 * path "-" is standard input; a pipe is read to its end first. sheet names a sheet of an XLSX file, visible or
 * not; NULL: the first that is visible. The file stays open: later changes of
 * its name do not matter, changes in place are the caller's to find
 * (table_each_bytes()).
 *
 * CRED_ERR_TABLE_*: the file is at fault, why says how to repair it.
 */
enum cred_err table_open(
    const char *path, const char *sheet, struct table **out, struct why *why);
/* file must live as long as the table. */
enum cred_err table_open_bytes(
    struct bytes file, const char *sheet, struct table **out, struct why *why);
void table_close(struct table *t);

/*
 * The next row, in *row until the next call; *row NULL at the end. Rows come in
 * ascending order; empty ones may come (n 0, or all CELL_EMPTY) or be left out.
 * After a failure table_at() says in which row, and no more can be read.
 */
enum cred_err table_next(
    struct table *t, const struct table_row **row, struct why *why);
uint32_t table_at(const struct table *t);

/* Back to before the first row. */
enum cred_err table_rewind(struct table *t, struct why *why);

/* "UTF-8", "GB18030", "UTF-16" or "XLSX". */
const char *table_encoding(const struct table *t);
/* Name of the sheet; "" for CSV. */
const char *table_sheet(const struct table *t);
/* Part of the file that was read, 0 to 1: for a progress bar. */
double table_part(const struct table *t);

/* The file's bytes as they are now, in order. Does not disturb the rows. */
typedef enum cred_err table_bytes_fn(
    void *ctx, struct bytes piece, struct why *why);
enum cred_err table_each_bytes(
    struct table *t, table_bytes_fn *fn, void *ctx, struct why *why);

#endif
