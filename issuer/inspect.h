#ifndef ISSUER_INSPECT_H
#define ISSUER_INSPECT_H

#include "issuer/batch.h"
#include "issuer/print.h"
#include "issuer/roster.h"

/*
 * A whole roster against everything there is to check it by: its own form,
 * the rules of a row, the other rows, the registry, the fonts. Writes nothing
 * but to its caller. Memory does not grow with the roster but for 36 bytes a
 * row: its key, and whom it names.
 */

/* The findings of one row, or of the file (row NULL), in the order of rows. */
typedef enum cred_err inspect_report_fn(void *ctx,
    const struct roster_head *head, const struct roster_row *row,
    const struct finding *list, size_t n, struct why *why);

struct inspect_opts {
	int kind;                  /* --kind; 0: none */
	const char *batch;         /* --batch; NULL: from the roster's bytes */
	const char *photo_dir;     /* NULL: the roster's folder */
	const char *template_name; /* NULL: by kind */
	const char *sheet;         /* --sheet; NULL: the first visible */
	const char *errors;        /* --errors; NULL: beside the roster */
	bool must_print;           /* no template is a fault, not a remark */
	int64_t now;
	inspect_report_fn *report;
	void *report_ctx;
};

struct inspection {
	struct roster *roster;
	struct findings findings; /* of the rows in hand */
	size_t n, n_bad;          /* rows */
	size_t n_errors, n_warnings;
	bool unreadable; /* the file as a whole: no --skip-bad helps */
	char batch[BATCH_ID_MAX + 1];
	char *photo_dir;

	/* For inspection_good_rows(): what was checked, and how far it is. */
	uint8_t hash[32];
	uint8_t (*keys)[16]; /* of each row; zeros: bad */
	size_t cap, next;
	struct row_rules rules;
	struct roster_chunk chunk;
	size_t chunk_at;
};

/* The roster's file, before anything else, so that a wrong name leaves nothing
 * behind. CRED_FAULT_* alone. */
enum cred_err inspection_open(const char *path, const struct inspect_opts *opts,
    struct inspection *out, struct why *why);
void inspection_close(struct inspection *x);

/* CRED_FAULT_* alone; what is wrong in the roster goes to opts->report. */
enum cred_err inspect(struct home *h, const struct inspect_opts *opts,
    struct inspection *x, struct why *why);

/*
 * After inspect(): the good rows again, in order, at most max; *n 0 at the
 * end. CRED_FAULT_CONFLICT when the file, or a photo, is no longer the one that
 * was checked: then none of these rows was.
 */
enum cred_err inspection_good_rows(struct inspection *x, struct row *rows,
    size_t max, size_t *n, struct why *why);

/* How many rows and findings: a line on stdout, unless JSON. */
void inspection_print(const struct inspection *x, const struct cli_common *cli);

#endif
