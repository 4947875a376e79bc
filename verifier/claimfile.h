#ifndef VERIFIER_CLAIMFILE_H
#define VERIFIER_CLAIMFILE_H

#include "edge/why.h"
#include "subsidy/claim.h"
#include "table/table.h"

/* The claim columns of design 8; the first name is the canonical one. */
enum claim_column {
	CLAIM_ID,          /* 申领编号 */
	CLAIM_NAME,        /* 姓名 */
	CLAIM_ID_TYPE,     /* 证件类型 */
	CLAIM_ID_NUMBER,   /* 证件号码 */
	CLAIM_KIND,        /* 证书种类 */
	CLAIM_NUMBER,      /* 证书编号 */
	CLAIM_QR,          /* 二维码 */
	CLAIM_SCAN,        /* 扫描件 */
	CLAIM_OCCUPATION,  /* 职业名称 */
	CLAIM_CODE,        /* 职业编码 */
	CLAIM_LEVEL,       /* 等级 */
	CLAIM_ISSUED,      /* 发证日期 */
	CLAIM_INSTITUTION, /* 培训机构 */
	CLAIM_FROM,        /* 培训起 */
	CLAIM_TO,          /* 培训止 */
	CLAIM_SCHEME,      /* 补贴种类 */
	CLAIM_PART,        /* 款项 */
	CLAIM_APPLIED,     /* 申请日期 */
	CLAIM_AMOUNT,      /* 金额 */
	CLAIM_ACCOUNT,     /* 银行账户 */
	CLAIM_PHONE,       /* 手机号 */
	/* Ours beside design 8's, for statistics: */
	CLAIM_DEPARTMENT,  /* 组织部门 */
	CLAIM_REGION,      /* 地区 */
	N_CLAIM_COLUMNS,
};
const char *claim_column_name(enum claim_column c);

/* A row: the claim, and what else the row gives. Texts live until the next. */
struct claim_row {
	uint32_t row; /* as the spreadsheet numbers it */
	struct claim claim;
	const char *qr, *scan; /* "" none */
	const char *cells[N_CLAIM_COLUMNS]; /* as written */
	/* Cells that hold something that is not what the column needs. */
	const char *unreadable[N_CLAIM_COLUMNS];
	size_t n_unreadable;
	uint8_t content[32]; /* SHA-256 of the normalised row */
};

struct claimfile;

/*
 * Open a table of claims and find its header among the first ten rows.
 * CRED_ERR_TABLE_*: the table is at fault, why says which column is missing or
 * named twice; columns that are not ours are left alone.
 */
enum cred_err claimfile_open(
    const char *path, struct claimfile **out, struct why *why);
void claimfile_close(struct claimfile *f);
/*
 * One row of which the cells were kept, as if it stood in a table again: the
 * same claim, the same content. *row lives until claimfile_close().
 */
enum cred_err claimfile_of_cells(const char *const cells[static N_CLAIM_COLUMNS],
    uint32_t number, struct claimfile **out, const struct claim_row **row,
    struct why *why);
/* *row NULL at the end. Blank rows are passed over. */
enum cred_err claimfile_next(
    struct claimfile *f, const struct claim_row **row, struct why *why);
enum cred_err claimfile_rewind(struct claimfile *f, struct why *why);
double claimfile_part(const struct claimfile *f);
/* SHA-256 of the file's bytes. */
enum cred_err claimfile_sha256(
    struct claimfile *f, uint8_t out[static 32], struct why *why);

#endif
