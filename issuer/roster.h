#ifndef ISSUER_ROSTER_H
#define ISSUER_ROSTER_H

#include "credential/bytes.h"
#include "edge/why.h"
#include "issuer/finding.h"

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
	N_COLUMNS,
};
const char *column_name(enum column c);
/* Which column a header cell names, N_COLUMNS if none of ours. Blanks, width,
 * a trailing '*' and remarks in brackets do not matter. */
enum column column_find(const char *header);

struct roster_row {
	uint32_t row;                /* as the spreadsheet numbers it */
	const char *cell[N_COLUMNS]; /* as written; "" when empty or absent */
};

struct roster {
	bool has[N_COLUMNS];
	uint32_t header_row;
	struct roster_row *rows; /* without the blank ones */
	size_t n;
	char *text;           /* owns what the cells point into */
	const char *encoding; /* "UTF-8", "GB18030", "UTF-16" */
};

#define ROSTER_MAX_BYTES (256u << 20)
#define ROSTER_MAX_ROWS  1048576 /* a spreadsheet's own limit */
#define ROSTER_MAX_CELLS 256     /* a row */
#define ROSTER_MAX_CELL  4096    /* bytes */

/*
 * Read a CSV roster (RFC 4180): UTF-8 with or without byte order mark,
 * UTF-16 with one, GB18030 otherwise; separated by commas, semicolons or tabs.
 * A title above the header row is skipped: the header is the first of ten
 * rows that names 姓名 and one more column.
 *
 * What is wrong with the file as a whole is a finding in f (then out is empty
 * but valid); CRED_FAULT_* only for memory. Nothing is checked inside cells
 * but their size.
 */
enum cred_err roster_parse(
    struct bytes file, struct roster *out, struct findings *f, struct why *why);
void roster_release(struct roster *r);

#endif
