#ifndef VERIFIER_REVIEW_REPORT_H
#define VERIFIER_REVIEW_REPORT_H

#include "verifier/desk.h"

/*
 * What a review leaves for the file: the same rows with verdict, codes and
 * reasons, a sheet for each training institution and issuing body, and a sheet
 * that says what it was made from. The same table, rules, lists and --at give
 * the same bytes. Holds ID numbers as the table did: mode 0600.
 */
struct review_report;

struct review_source {
	const char *what, *value; /* "规则版本", "…" */
};

/* xlsx, csv: paths, NULL: not wanted. force: over an older one. */
enum cred_err review_report_open(const char *xlsx, const char *csv, bool force,
    int64_t now, struct review_report **out, struct why *why);
enum cred_err review_report_row(struct review_report *r,
    const struct claim_row *row, const struct desk_answer *a, struct why *why);
/* Finish; r is gone in any case. */
enum cred_err review_report_close(struct review_report *r,
    const struct review_source *sources, size_t n, struct why *why);
/* The same with the sources that a desk has; rules_sha256 NULL: no rules
 * file. table: a name, or a path of which the name is told. */
enum cred_err review_report_finish(struct review_report *r,
    const struct desk *d, const char *table,
    const uint8_t table_sha256[static 32], const uint8_t *rules_sha256,
    struct why *why);
void review_report_abort(struct review_report *r);

/* One JSON line of design 7 on stdout. */
void review_print_json(
    const struct claim_row *row, const struct desk_answer *a);
/* "claims.xlsx:7: A3: fail [C06] …", a line a reason. */
void review_print_text(const char *file, const struct claim_row *row,
    const struct desk_answer *a);

#endif
