#ifndef TABLE_WRITER_H
#define TABLE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "edge/why.h"

/*
 * A spreadsheet (XLSX) out, row by row, in memory that does not grow with it.
 *
 *     static const struct table_column columns[] = {
 *         {.name = "姓名", .width = 12},
 *         {.name = "金额", .as = TABLE_NUMBER},
 *     };
 *     table_writer_open("list.xlsx", 0600, TABLE_TAKEN_REFUSE, &w, &why);
 *     table_writer_sheet(w, "名单", columns, 2, &why);
 *     table_writer_row(w, (struct table_out[]){{"张三"}, {"120.5"}}, 2, &why);
 *     table_writer_close(w, NULL, &why);
 *
 * Cells are given as UTF-8 text whatever they become. A text never becomes a
 * formula or a number: an ID number keeps its digits, "=1+1" stays four
 * characters.
 */
enum table_as {
	TABLE_TEXT,   /* the column is of format "@": what is typed stays */
	TABLE_NUMBER, /* a decimal number; what is none is written as text */
	TABLE_DATE,   /* YYYY-MM-DD; what is none is written as text */
};

struct table_column {
	const char *name; /* in the header row, frozen and bold */
	enum table_as as;
	double width;               /* characters; 0: 14 */
	const char *const *choices; /* NULL-terminated: a drop-down list that
				       lets other values pass after a question;
				       together at most 255 characters */
};

enum table_mark {
	TABLE_PLAIN,
	TABLE_BAD,     /* red */
	TABLE_DOUBT,   /* yellow */
	TABLE_EXAMPLE, /* grey, slanted */
};

struct table_out {
	const char *text; /* NULL: empty. Cut off after TABLE_WRITE_MAX bytes */
	enum table_mark mark;
};

#define TABLE_WRITE_MAX     32000   /* bytes; Excel holds 32767 characters */
#define TABLE_WRITE_ROWS    1048576 /* a sheet, with its header */
#define TABLE_WRITE_COLUMNS 300

struct table_writer;

/* When path is there already. */
enum table_taken {
	TABLE_TAKEN_REFUSE, /* CRED_FAULT_EXISTS */
	TABLE_TAKEN_NUMBER, /* the first free one of "x-2.xlsx", "x-3.xlsx" … */
	TABLE_TAKEN_REPLACE, /* the old file, by the whole new one */
};

/* Begin a file; nothing appears at path, and nothing there goes, before
 * table_writer_close(). */
enum cred_err table_writer_open(const char *path, mode_t mode,
    enum table_taken taken, struct table_writer **out, struct why *why);

/* The time that the file says it was made at, Unix seconds; without it the
 * clock's, so that no two files are alike. */
void table_writer_created(struct table_writer *w, int64_t unix_s);

/* Begin a sheet with its header row. name at most 31 characters, none of
 * []:*?/\. columns, and what they point to, must live until close. A sheet that
 * is full goes on in another, "name (2)", by itself. */
enum cred_err table_writer_sheet(struct table_writer *w, const char *name,
    const struct table_column *columns, size_t n, struct why *why);

/* The next row; n at most the sheet's columns. */
enum cred_err table_writer_row(struct table_writer *w,
    const struct table_out *cells, size_t n, struct why *why);

/* Finish, sync, and give the file its name: *path (malloc), if not NULL. w is
 * gone in any case. */
enum cred_err table_writer_close(
    struct table_writer *w, char **path, struct why *why);

/* Leave nothing behind. Takes NULL. */
void table_writer_abort(struct table_writer *w);

#endif
