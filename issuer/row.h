#ifndef ISSUER_ROW_H
#define ISSUER_ROW_H

#include "credential/scope.h"
#include "issuer/finding.h"
#include "issuer/kind.h"
#include "issuer/roster.h"
#include "issuer/seen.h"

#define ROW_ID_MAX       18
#define ROW_CATEGORY_MAX 90
#define ROW_PHOTO_MAX    255
#define ROW_PHOTO_BYTES  (4u << 20)

/* What the example row of `tamga-issuer template` has for a name. */
#define ROW_EXAMPLE_NAME "示例（请删除本行）"

/* One row, normalised and complete: what is signed and printed. Meaningful
 * only when row_check() found no error in it. */
struct row {
	uint32_t row; /* as the spreadsheet numbers it */
	bool bad;     /* an error was found */
	enum kind kind;
	enum id_type id_type;
	uint8_t level; /* 0: none */
	int32_t issued, valid_from, valid_to, review_due;
	bool has_valid_to, has_review_due, has_trained;
	int32_t trained_from, trained_to; /* kind 5 */
	bool has_photo;
	uint8_t photo[CRED_PHOTO_LEN]; /* of SHA-256 of the file */
	uint8_t key[32]; /* SHA-256 of what the cells say, however written */
	char name[CLAIMS_MAX_NAME + 1];
	char id_number[ROW_ID_MAX + 1];
	char occupation[CLAIMS_MAX_OCCUPATION + 1];
	char code[CLAIMS_MAX_CODE + 1];           /* "" when unknown */
	char direction[CLAIMS_MAX_DIRECTION + 1]; /* "" when none */
	char category[ROW_CATEGORY_MAX + 1];      /* kind 4: 作业类别 */
	char number[CLAIMS_MAX_NUMBER + 1]; /* given from outside, or "" */
	char photo_file[ROW_PHOTO_MAX + 1]; /* as the roster names it */
};

struct row_rules {
	const struct scope *scope; /* of the body; NULL: not checked */
	int kind;      /* --kind: for rows without 证书种类; 0 none */
	int32_t today; /* in Asia/Shanghai */
	const char *photo_dir; /* where 照片 are; NULL: never read */
};

/*
 * Check one row against every rule that needs nothing but the row: forms,
 * check digits, dates, catalogues, scope. Findings go to f in the order of the
 * columns. CRED_FAULT_* only for memory or OpenSSL.
 */
enum cred_err row_check(const struct roster_row *in,
    const struct row_rules *rules, struct row *out, struct findings *f);

/*
 * Rows that are the same person, occupation and level as an earlier one of
 * the roster, or carry the same number: DUPLICATE_ROSTER, NUMBER_TAKEN.
 * Marks them bad. seen has those of earlier calls, and takes these.
 */
enum cred_err rows_check_duplicates(
    struct seen *seen, struct row *rows, size_t n, struct findings *f);

/* The certificate of a row, pointing into it; index and id_check are left 0,
 * number is as given (ptr NULL for kind 4 or when it is still to be made). */
void row_certificate(const struct row *r, struct certificate *out);

/*
 * The number we would make: prefix, year of issue, level digit or the kind's
 * letter, serial (domain.md 1.2). False when this kind's numbers come from
 * outside only. serial 1..999999.
 */
bool row_make_number(const struct row *r, const char *prefix, uint32_t serial,
    char out[static CLAIMS_MAX_NUMBER + 1]);
/* The series whose serials are unique: all of the number before the serial. */
#define ROW_SERIES_MAX 24
bool row_series(
    const struct row *r, const char *prefix, char out[static ROW_SERIES_MAX]);

#endif
