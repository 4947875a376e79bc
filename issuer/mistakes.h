#ifndef ISSUER_MISTAKES_H
#define ISSUER_MISTAKES_H

#include "issuer/inspect.h"

/*
 * What is wrong with a roster, said: on stdout as text or JSON lines, and in a
 * spreadsheet of the refused rows as they stood, each with its reasons and the
 * cells at fault in red. Repaired, that spreadsheet is a roster.
 *
 * The spreadsheet is ROSTER-errors.xlsx beside the roster, or --errors FILE
 * ("none": not written). It has ID numbers, so its mode is 0600; it appears
 * only when a row is refused, and takes no name that is taken: -2, -3 …
 */
struct mistakes;

/* path: of the roster, "-" has no folder to write to. */
enum cred_err mistakes_open(const struct cli_common *cli, const char *path,
    const char *errors, struct mistakes **out, struct why *why);

/* An inspect_report_fn; ctx is a struct mistakes. */
enum cred_err mistakes_report(void *ctx, const struct roster_head *head,
    const struct roster_row *row, const struct finding *list, size_t n,
    struct why *why);

/* Gives the spreadsheet its name and says it on stderr. m is gone in any case.
 * Beside the roster it is a courtesy: that it cannot be written is a note. */
enum cred_err mistakes_close(struct mistakes *m, struct why *why);
void mistakes_abort(struct mistakes *m);

#endif
