#ifndef ISSUER_FINDING_H
#define ISSUER_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "credential/err.h"

/*
 * What is wrong, or odd, in one cell of a roster: which row (as the
 * spreadsheet numbers it), which column, a code for scripts, and a sentence
 * that says what, why and how to repair it, in the user's language. Never
 * holds an ID number.
 */
enum severity {
	SEV_ERROR,   /* the row is not issued */
	SEV_WARNING, /* it is; somebody should look */
};

/*
 * Every code, with its severity: the one place. domain.md's tags decide which
 * may reject ([V], [T]) and which may only warn ([V-], [I], [G]).
 */
#define FINDING_CODES(X)                                                       \
	/* the file */                                                         \
	X(ROSTER_EMPTY, "roster_empty", SEV_ERROR)                             \
	X(ROSTER_HEADER, "roster_header", SEV_ERROR)                           \
	X(ROSTER_FORMAT, "roster_format", SEV_ERROR)                           \
	X(ROSTER_ENCODING, "roster_encoding", SEV_ERROR)                       \
	X(ROSTER_QUOTE, "roster_quote", SEV_ERROR)                             \
	X(ROSTER_LIMIT, "roster_limit", SEV_ERROR)                             \
	X(ROSTER_DAMAGED, "roster_damaged", SEV_ERROR)                         \
	X(ROSTER_SHEET, "roster_sheet", SEV_ERROR)                             \
	X(COLUMN_MISSING, "column_missing", SEV_ERROR)                         \
	X(COLUMN_DUPLICATE, "column_duplicate", SEV_ERROR)                     \
	X(COLUMN_UNKNOWN, "column_unknown", SEV_WARNING)                       \
	X(ROW_CELLS, "row_cells", SEV_ERROR)                                   \
	X(ROW_HIDDEN, "row_hidden", SEV_WARNING)                               \
	X(ROW_EXAMPLE, "row_example", SEV_ERROR)                               \
	/* any cell */                                                         \
	X(CELL_ERROR, "cell_error", SEV_ERROR)                                 \
	X(MISSING, "missing", SEV_ERROR)                                       \
	X(TEXT_LONG, "text_long", SEV_ERROR)                                   \
	X(TEXT_CHARACTER, "text_character", SEV_ERROR)                         \
	X(TEXT_LOST, "text_lost", SEV_ERROR)                                   \
	X(TEXT_FONT, "text_font", SEV_ERROR)                                   \
	X(IGNORED, "ignored", SEV_WARNING)                                     \
	/* the person */                                                       \
	X(NAME_FORM, "name_form", SEV_ERROR)                                   \
	X(NAME_SHORT, "name_short", SEV_WARNING)                               \
	X(ID_TYPE, "id_type", SEV_ERROR)                                       \
	X(ID_FORM, "id_form", SEV_ERROR)                                       \
	X(ID_15, "id_15", SEV_ERROR)                                           \
	X(ID_EXCEL, "id_excel", SEV_ERROR)                                     \
	X(ID_ROUNDED, "id_rounded", SEV_WARNING)                               \
	X(ID_DATE, "id_date", SEV_ERROR)                                       \
	X(ID_CHECKSUM, "id_checksum", SEV_ERROR)                               \
	X(ID_REGION, "id_region", SEV_WARNING)                                 \
	X(ID_UNUSUAL, "id_unusual", SEV_WARNING)                               \
	X(ID_TYPE_OTHER, "id_type_other", SEV_WARNING)                         \
	X(ID_AGE, "id_age", SEV_WARNING)                                       \
	/* what is certified */                                                \
	X(KIND_FORM, "kind_form", SEV_ERROR)                                   \
	X(CODE_FORM, "code_form", SEV_ERROR)                                   \
	X(CODE_OLD, "code_old", SEV_WARNING)                                   \
	X(OCCUPATION_UNKNOWN, "occupation_unknown", SEV_WARNING)               \
	X(OCCUPATION_MISMATCH, "occupation_mismatch", SEV_WARNING)             \
	X(CATEGORY_MISMATCH, "category_mismatch", SEV_WARNING)                 \
	X(LEVEL_FORM, "level_form", SEV_ERROR)                                 \
	X(LEVEL_CONFLICT, "level_conflict", SEV_ERROR)                         \
	X(LEVEL_NOT_OFFERED, "level_not_offered", SEV_WARNING)                 \
	/* dates */                                                            \
	X(DATE_FORM, "date_form", SEV_ERROR)                                   \
	X(DATE_NONE, "date_none", SEV_ERROR)                                   \
	X(DATE_FUTURE, "date_future", SEV_ERROR)                               \
	X(DATE_ORDER, "date_order", SEV_ERROR)                                 \
	X(DATE_BIRTH, "date_birth", SEV_ERROR)                                 \
	X(TRAINING_MISSING, "training_missing", SEV_WARNING)                   \
	X(VALIDITY_UNUSUAL, "validity_unusual", SEV_WARNING)                   \
	X(REVIEW_UNUSUAL, "review_unusual", SEV_WARNING)                       \
	/* number and photo */                                                 \
	X(NUMBER_FORM, "number_form", SEV_ERROR)                               \
	X(NUMBER_PREFIX, "number_prefix", SEV_ERROR)                           \
	X(NUMBER_YEAR, "number_year", SEV_ERROR)                               \
	X(NUMBER_LEVEL, "number_level", SEV_ERROR)                             \
	X(NUMBER_TAKEN, "number_taken", SEV_ERROR)                             \
	X(NUMBER_CATEGORY, "number_category", SEV_WARNING)                     \
	X(NUMBER_PROVINCE, "number_province", SEV_WARNING)                     \
	X(NUMBER_OPERATION, "number_operation", SEV_WARNING)                   \
	X(PHOTO, "photo", SEV_ERROR)                                           \
	/* what the body may issue */                                          \
	X(SCOPE_KIND, "scope_kind", SEV_ERROR)                                 \
	X(SCOPE_OCCUPATION, "scope_occupation", SEV_ERROR)                     \
	X(SCOPE_LEVEL, "scope_level", SEV_ERROR)                               \
	X(SCOPE_DATE, "scope_date", SEV_ERROR)                                 \
	/* other rows */                                                       \
	X(DUPLICATE_ROSTER, "duplicate_roster", SEV_ERROR)                     \
	X(DUPLICATE_REGISTRY, "duplicate_registry", SEV_ERROR)                 \
	X(SIGNER, "signer", SEV_ERROR)

enum finding_code {
#define X(id, name, severity) FIND_##id,
	FINDING_CODES(X)
#undef X
	    N_FINDING_CODES,
};

struct finding {
	uint32_t row;
	const char *column; /* canonical name; static; "" for the whole row */
	enum finding_code code;
	char *message;
	size_t seq; /* order of finding */
};

/* In the order they were found; sorted by row with findings_sort(). */
struct findings {
	struct finding *list;
	size_t n, cap;
	size_t n_errors, n_warnings;
	bool nomem; /* one was lost for want of memory: the run must fail */
};

void findings_init(struct findings *f);
void findings_release(struct findings *f);

/* Adds one; the severity is the code's. Cannot fail but by memory, which
 * findings_state() reports. */
void findings_add(struct findings *f, uint32_t row, const char *column,
    enum finding_code code, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* CRED_OK, or CRED_FAULT_NOMEM when one was lost. */
enum cred_err findings_state(const struct findings *f);

/* Takes out all of a code: where it is no mistake. */
void findings_drop(struct findings *f, enum finding_code code);

/* By row, keeping the order inside a row. */
void findings_sort(struct findings *f);

/* Has this row an error? For sorted findings: O(log n). */
bool findings_row_bad(const struct findings *f, uint32_t row);

const char *finding_name(enum finding_code c); /* "id_checksum" */
enum severity finding_severity(enum finding_code c);

/* "roster.csv:7: 证件号码: error [id_checksum]: …" and the JSON of design 8. */
void finding_print(FILE *out, const char *file, const struct finding *f);
void finding_print_json(FILE *out, const struct finding *f);

#endif
