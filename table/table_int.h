#ifndef TABLE_TABLE_INT_H
#define TABLE_TABLE_INT_H

#include "table/input.h"
#include "table/table.h"

/* The row being read: cells in any order, then rowbuf_done(). */
struct rowbuf {
	char *text;
	size_t len, cap;
	size_t at[TABLE_MAX_CELLS]; /* of each cell's text */
	struct table_cell cells[TABLE_MAX_CELLS];
	struct table_row row;
};
void rowbuf_begin(struct rowbuf *b, uint32_t number);
/* A cell's text; column < TABLE_MAX_CELLS, n <= TABLE_MAX_CELL. */
enum cred_err rowbuf_put(struct rowbuf *b, size_t column, enum cell_type type,
    const char *s, size_t n);
const struct table_row *rowbuf_done(struct rowbuf *b);

struct csvfile;
enum cred_err csvfile_open(
    const struct input *in, struct csvfile **out, struct why *why);
void csvfile_close(struct csvfile *c);
enum cred_err csvfile_next(
    struct csvfile *c, struct rowbuf *b, bool *end, struct why *why);
uint32_t csvfile_at(const struct csvfile *c);
const char *csvfile_encoding(const struct csvfile *c);
double csvfile_part(const struct csvfile *c);

struct xlsx;
enum cred_err xlsx_open(const struct input *in, const char *sheet,
    struct xlsx **out, struct why *why);
void xlsx_close(struct xlsx *x);
enum cred_err xlsx_next(
    struct xlsx *x, struct rowbuf *b, bool *end, struct why *why);
enum cred_err xlsx_rewind(struct xlsx *x, struct why *why);
uint32_t xlsx_at(const struct xlsx *x);
const char *xlsx_sheet(const struct xlsx *x);
double xlsx_part(const struct xlsx *x);

#endif
