#ifndef ISSUER_ROSTER_H
#define ISSUER_ROSTER_H

#include "issuer/finding.h"
#include "table/table.h"

/* The columns of design 8; the first name is the canonical one. */
enum column {
	COL_NAME,       /* 姓名 */
	COL_ID_TYPE,    /* 证件类型 */
	COL_ID_NUMBER,  /* 证件号码 */
	COL_OCCUPATION, /* 职业名称; kind 4: 操作项目 */
	COL_CODE,       /* 职业编码 */
	COL_DIRECTION,  /* 工种 */
	COL_LEVEL,      /* 等级 */
	COL_ISSUED,     /* 发证日期 */
	COL_VALID_FROM, /* 有效期起 */
	COL_VALID_TO,   /* 有效期止 */
	COL_REVIEW_DUE, /* 应复审日期 */
	COL_PHOTO,      /* 照片 */
	COL_NUMBER,     /* 证书编号 */
	COL_KIND,       /* 证书种类 */
	COL_CATEGORY, /* 作业类别: kind 4; printed, checked against the item */
	COL_TRAINED_FROM, /* 培训起: kind 5 */
	COL_TRAINED_TO,   /* 培训止: kind 5 */
	N_COLUMNS,
};
const char *column_name(enum column c);
/* Which column a header cell names, N_COLUMNS if none of ours. Blanks, width,
 * a trailing '*' and remarks in brackets do not matter. */
enum column column_find(const char *header);

struct roster_row {
	uint32_t row; /* as the spreadsheet numbers it */
	/* Finding of the file about this row: it cannot be good. */
	bool bad;
	const char *cell[N_COLUMNS]; /* as written; "" when empty or absent */
	enum cell_type type[N_COLUMNS];
	struct table_row raw; /* all its cells */
};

#define ROSTER_MAX_CELL  TABLE_MAX_CELL
#define ROSTER_MAX_CELLS TABLE_MAX_CELLS

/* Rows that are in memory together; zeroed is empty. */
struct roster_chunk {
	struct roster_row *rows; /* without the blank ones */
	size_t n, cap;
	/* Own what the rows point into. */
	struct table_cell *cells;
	size_t n_cells, cap_cells;
	char *text;
	size_t text_len, cap_text;
};
void roster_chunk_release(struct roster_chunk *c);

/*
 * A roster as CSV or XLSX (table/table.h), in chunks of rows. A title above
 * the header row is skipped: the header is the first of ten rows that names
 * 姓名 and one more column.
 *
 * What is wrong with the file as a whole is a finding; CRED_FAULT_* is for
 * memory and reading alone. Nothing is checked inside cells but their size.
 */
struct roster;
struct roster_head {
	uint32_t row; /* of the header; 0: none was found */
	bool has[N_COLUMNS];
	size_t at[N_COLUMNS]; /* of a column, the cell that holds it */
	const struct table_cell *cells; /* the header as it stands */
	size_t n;
};

/* sheet: of an XLSX file; NULL: the first that is visible. */
enum cred_err roster_open(const char *path, const char *sheet,
    struct roster **out, struct findings *f, struct why *why);
/* file must live as long. */
enum cred_err roster_open_bytes(struct bytes file, struct roster **out,
    struct findings *f, struct why *why);
void roster_close(struct roster *r);

/* Up to max rows more into out; none: the end. */
enum cred_err roster_read(struct roster *r, size_t max,
    struct roster_chunk *out, struct findings *f, struct why *why);
/* From the first row again; findings of the file come again too. */
enum cred_err roster_rewind(
    struct roster *r, struct findings *f, struct why *why);

const struct roster_head *roster_head(const struct roster *r);
const char *roster_encoding(const struct roster *r); /* "" before it is known */
double roster_part(const struct roster *r);
/* NULL when the file could not be opened as a table. */
struct table *roster_table(struct roster *r);

#endif
