#ifndef ISSUER_ROW_INT_H
#define ISSUER_ROW_INT_H

#include <openssl/evp.h>

#include "domain/idnum.h"
#include "edge/lang.h"
#include "issuer/row.h"

/* For row*.c alone: one row being checked, part by part. */
struct check {
	const struct roster_row *in;
	const struct row_rules *rules;
	struct row *out;
	struct findings *f;
	const struct kind_rules *kind;
	struct idnum id;
	bool id_good;
	bool issued_good;
	EVP_MD_CTX *md;
	enum cred_err err;
};

#define FIND(c, column, code, ...)                                             \
	do {                                                                   \
		findings_add((c)->f, (c)->out->row, column_name(column), code, \
		    __VA_ARGS__);                                              \
		if (finding_severity(code) == SEV_ERROR)                       \
			(c)->out->bad = true;                                  \
	} while (0)

typedef enum cred_err normal_fn(struct bytes in, struct outbuf *out);

/* A cell through one of normal.h, with a NUL. */
size_t row_cell(struct check *c, enum column column, normal_fn *normal,
    char out[static ROSTER_MAX_CELL + 1]);

/* What the row's key is made of. */
void row_key_add(struct check *c, const void *p, size_t len);
void row_key_day(struct check *c, bool have, int32_t day);

/* For a message: the cell, unless it could be somebody's ID number that stands
 * in the wrong column. */
const char *row_shown(const char *cell);

/* Control and direction characters; what a lost rare character leaves. */
bool row_char_forbidden(uint32_t c);
bool row_char_lost(uint32_t c);

/* Copies a text of at most max bytes; false (with a finding) if it is longer
 * or holds a character that cannot be. */
bool row_take_text(
    struct check *c, enum column column, const char *s, char *out, size_t max);

/* A number too long for a spreadsheet's numbers; says so. */
bool row_number_ruined(struct check *c, enum column column);
void row_missing(struct check *c, enum column column);
void row_ignored(struct check *c, enum column column);

/* row_person.c */
void row_check_name(struct check *c);
void row_check_id(struct check *c);
void row_check_age(struct check *c);
void row_check_photo(struct check *c);
/* row_subject.c: occupation, code, direction, level, dates */
void row_check_subject(struct check *c);

#endif
