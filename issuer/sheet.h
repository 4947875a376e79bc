#ifndef ISSUER_SHEET_H
#define ISSUER_SHEET_H

#include <stddef.h>

#include "edge/why.h"

/*
 * A table out for people's spreadsheets, all cells texts: CSV in UTF-8 with a
 * byte order mark, so that Excel takes it for what it is, or XLSX. An ID number
 * keeps its digits and "=1+1" its four characters: in CSV what a spreadsheet
 * would compute or round is written as ="...", which it shows as it is.
 */
struct sheet;

enum sheet_form { SHEET_CSV, SHEET_XLSX };

/* path "-" (CSV): standard output. Else a new file, mode 0600, that appears
 * whole with sheet_close(); CRED_FAULT_EXISTS if it is there. names: header
 * row, of n columns; must live until then. */
enum cred_err sheet_open(enum sheet_form form, const char *path,
    const char *const *names, size_t n, struct sheet **out, struct why *why);
/* n cells; NULL is empty. */
enum cred_err sheet_row(
    struct sheet *s, const char *const *cells, struct why *why);
enum cred_err sheet_close(struct sheet *s, struct why *why);
/* Leave nothing behind. Takes NULL. */
void sheet_abort(struct sheet *s);

#endif
