#ifndef VERIFIER_DOCKET_H
#define VERIFIER_DOCKET_H

#include "registry/ledger.h"
#include "subsidy/review.h"
#include "verifier/account.h"
#include "verifier/claimfile.h"
#include "verifier/desk.h"

/*
 * The tables that were uploaded, their rows after review, and what is asked to
 * be done to many rows at once. In desk.db: a crash loses nothing that was
 * answered for. A table is known by the SHA-256 of its bytes, and there once.
 */
enum sheet_state {
	SHEET_WAITING = 1, /* for its review */
	SHEET_REVIEWING,
	SHEET_REVIEWED,
	SHEET_FAILED, /* it cannot be read; why says it */
};

struct sheet {
	int64_t id;
	uint8_t sha256[32];
	char name[256]; /* of the file, as uploaded */
	char by[ACCOUNT_NAME];
	int64_t at;
	enum sheet_state state;
	char why[1024];
	uint32_t done, total; /* rows */
	int64_t judged_at;
	char rules[96];            /* version of the rules file */
	int looked;                /* enum desk_looked */
	uint8_t xlsx[32], csv[32]; /* SHA-256 of the reports; zero: none */
	size_t verdicts[REVIEW_FAIL + 1];
	int64_t fen[REVIEW_FAIL + 1];
};

/* What became of a row: of the ledger, as last seen, or refused here. */
enum line_state {
	LINE_OPEN = 0,
	/* 1..5: enum ledger_state */
	LINE_REFUSED = 9, /* will not be paid; never was in the ledger */
};

struct line {
	int64_t sheet;
	uint32_t row;
	const char *claim;
	enum review_verdict verdict;
	const char *codes;                   /* "C05 C12" */
	const char *reasons_zh, *reasons_en; /* a line each, "C05 …" */
	const char *body, *institution;
	int64_t fen;
	const char *certificate;            /* its verdict: "valid" … */
	const char *cells[N_CLAIM_COLUMNS]; /* personal data */
	uint8_t content[32];
	int state; /* enum line_state */
	const char *by, *note;
	int64_t at;
};

/* Add a table, or find the one there is: *already. One whose review failed
 * waits again, and is not *already: what failed may have been our own. */
enum cred_err docket_add(struct deskdb *d, const uint8_t sha256[static 32],
    const char *name, const char *by, int64_t now, int64_t *id, bool *already,
    struct why *why);
enum cred_err docket_sheet(struct deskdb *d, int64_t id, struct sheet *out,
    bool *found, struct why *why);
/* The newest first, at most n. */
typedef enum cred_err docket_sheet_fn(
    void *ctx, const struct sheet *s, struct why *why);
enum cred_err docket_sheets(struct deskdb *d, size_t n, docket_sheet_fn *fn,
    void *ctx, struct why *why);

/* When something was last done with a table, by a person or the review; *busy:
 * a bulk act of it waits or runs, or decisions wait for their rows. */
enum cred_err docket_last(struct deskdb *d, int64_t sheet, int64_t *at,
    bool *busy, struct why *why);
/* The table, its rows and acts go. */
enum cred_err docket_drop(struct deskdb *d, int64_t sheet, struct why *why);

/* A table that was reviewed, or whose review failed, waits for its review once
 * more. *done false: it is not one of these, or a bulk act of it waits or runs.
 */
enum cred_err docket_review_again(
    struct deskdb *d, int64_t sheet, bool *done, struct why *why);
/* Begin (or begin again) a review: rows of an earlier one go. What people
 * decided on them is kept until docket_review_end(), and docket_line_put()
 * gives it back to the row, however often a review begins. */
enum cred_err docket_review_begin(
    struct deskdb *d, int64_t sheet, struct why *why);
enum cred_err docket_progress(struct deskdb *d, int64_t sheet, uint32_t done,
    uint32_t total, struct why *why);
/* Between deskdb_begin() and deskdb_end(), for many at a time. */
enum cred_err docket_line_put(
    struct deskdb *d, const struct line *l, struct why *why);
enum cred_err docket_review_end(struct deskdb *d, int64_t sheet,
    int64_t judged_at, const char *rules, int looked,
    const uint8_t xlsx[static 32],
    const uint8_t csv[static 32], struct why *why);
enum cred_err docket_review_fail(
    struct deskdb *d, int64_t sheet, const char *text, struct why *why);

/* A row of desk_review() as a line; texts point into what is given and into
 * reasons (malloc'd, the caller's). */
enum cred_err docket_line_of(int64_t sheet, const struct claim_row *row,
    const struct desk_answer *a, char codes[static 128], struct line *out,
    char **reasons, struct why *why);

struct docket_filter {
	int64_t sheet;
	int verdict;       /* -1: any */
	const char *code;  /* "C06"; NULL: any */
	int state;         /* -1: any */
	const char *claim; /* begins so; NULL: any */
	uint32_t row;      /* 0: any */
	uint32_t after;    /* rows above this one alone */
	uint32_t limit;    /* 0: all */
	uint32_t skip;
};
/* In the order of the table; texts live until fn returns. fn must not use d. */
typedef enum cred_err docket_line_fn(
    void *ctx, const struct line *l, struct why *why);
enum cred_err docket_lines(struct deskdb *d, const struct docket_filter *f,
    docket_line_fn *fn, void *ctx, struct why *why);
/* One row, copied; *out NULL when there is none. */
enum cred_err docket_line_get(struct deskdb *d, int64_t sheet, uint32_t row,
    struct line **out, struct why *why);
void docket_line_free(struct line *l);
enum cred_err docket_count(struct deskdb *d, const struct docket_filter *f,
    uint32_t *out, struct why *why);
/* How many rows have each code, in the order of the codes. */
typedef enum cred_err docket_code_fn(
    void *ctx, const char *code, uint32_t n, struct why *why);
enum cred_err docket_codes(struct deskdb *d, int64_t sheet, docket_code_fn *fn,
    void *ctx, struct why *why);

/* What the ledger says of a row now. */
enum cred_err docket_line_state(struct deskdb *d, int64_t sheet, uint32_t row,
    int state, const char *by, int64_t at, const char *note, struct why *why);
/* Compare-and-set: *done false when it is not `from` any more. */
enum cred_err docket_line_swap(struct deskdb *d, int64_t sheet, uint32_t row,
    int from, int to, const char *by, int64_t at, const char *note, bool *done,
    struct why *why);

/* One act for all rows of a table that it fits. Interrupted, it goes on. */
enum bulk_state {
	BULK_WAITING = 1,
	BULK_RUNNING,
	BULK_DONE,
	BULK_FAILED,
};
struct bulk {
	int64_t id, sheet;
	int act; /* enum decide_act */
	char by[ACCOUNT_NAME];
	int64_t at;
	bool warned; /* book those with a warning too */
	enum bulk_state state;
	char why[1024];
	uint32_t done; /* the last row that was dealt with */
	uint32_t made, already, refused;
};
/* CRED_FAULT_CONFLICT: one of this table still runs. */
enum cred_err docket_bulk_add(
    struct deskdb *d, const struct bulk *b, struct why *why);
enum cred_err docket_bulk_put(
    struct deskdb *d, const struct bulk *b, struct why *why);
/* The newest of a table. */
enum cred_err docket_bulk_of(struct deskdb *d, int64_t sheet, struct bulk *out,
    bool *found, struct why *why);

/* What is to be done next: an interrupted job before one that waits. */
struct docket_job {
	enum { JOB_NONE, JOB_REVIEW, JOB_BULK } what;
	int64_t sheet;
	struct bulk bulk;
};
enum cred_err docket_next(
    struct deskdb *d, struct docket_job *out, struct why *why);

/* HOME/tables/SHA256 + ending ("", ".xlsx", ".csv"); malloc, NULL: memory. */
char *review_table_path(
    const char *home, const uint8_t sha256[static 32], const char *ending);

#endif
