#ifndef VERIFIER_TEMPDB_H
#define VERIFIER_TEMPDB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/why.h"

/* A database without a name, on disk, gone when closed, nobody else's: for what
 * must not grow in memory. One long transaction. */
enum cred_err tempdb_open(const char *schema, sqlite3 **out, struct why *why);
/* What the last call that failed is to us. */
enum cred_err tempdb_fail(sqlite3 *db, struct why *why);
/* The statement of a slot, prepared at first use, reset, without bindings; NULL
 * when it cannot be: tempdb_fail(). */
sqlite3_stmt *tempdb_get(sqlite3 *db, sqlite3_stmt **slot, const char *sql);
/* s and p stay the caller's until the statement ran; p NULL: null. */
void tempdb_text(sqlite3_stmt *st, int i, const char *s);
void tempdb_blob(sqlite3_stmt *st, int i, const uint8_t *p, int n);
/* Step a statement that yields no row, and reset it. */
enum cred_err tempdb_run(sqlite3 *db, sqlite3_stmt *st, struct why *why);
/* To the next row; at the end *row is false and the statement reset. */
enum cred_err tempdb_next(
    sqlite3 *db, sqlite3_stmt *st, bool *row, struct why *why);

#endif
