#ifndef VERIFIER_DESKDB_H
#define VERIFIER_DESKDB_H

#include <pthread.h>
#include <sqlite3.h>

#include "credential/bytes.h"
#include "edge/why.h"
#include "verifier/deskkey.h"

/*
 * HOME/desk.db: what the reviewer's page keeps besides the ledger: accounts
 * (account.h), tables and their rows (docket.h). SQLite, WAL, mode 0600. For
 * these two; nobody else speaks SQL to it. A handle may be used by several
 * threads, one at a time: between deskdb_lock() and deskdb_unlock().
 */
struct deskdb {
	sqlite3 *db;
	pthread_mutex_t lock;
	struct desk_key key; /* of the accounts' secrets */
};

/*
 * Made when it is not there, and brought to this version when it is older. Takes
 * HOME/ledger.key, which is made too unless secrets are sealed under it already:
 * then CRED_FAULT_KEY.
 */
enum cred_err deskdb_open(
    const char *home, struct deskdb **out, struct why *why);
void deskdb_close(struct deskdb *d);
/* CRED_FAULT_CONFIG when HOME has none: for all but the command that makes the
 * first user. */
enum cred_err deskdb_there(const char *home, struct why *why);
/*
 * For a handle whose writes can all be made again: they are kept in order, but
 * a power cut may take the last of them. A review begins again then, and the
 * ledger has its own word on every claim.
 */
enum cred_err deskdb_relax(struct deskdb *d, struct why *why);

void deskdb_lock(struct deskdb *d);
void deskdb_unlock(struct deskdb *d);

/* The last fault of the engine as a sentence. */
enum cred_err deskdb_fail(struct deskdb *d, struct why *why);
/* NULL, with e set, when it cannot be prepared. */
sqlite3_stmt *deskdb_prepare(
    struct deskdb *d, const char *sql, enum cred_err *e, struct why *why);
/* Run a statement that gives no row, and finalize it; *changed (may be NULL)
 * how many rows it changed. */
enum cred_err deskdb_run(
    struct deskdb *d, sqlite3_stmt *st, int *changed, struct why *why);
/* *row: it stands on a row. At the end and on a fault it is finalized. */
enum cred_err deskdb_step(
    struct deskdb *d, sqlite3_stmt *st, bool *row, struct why *why);
enum cred_err deskdb_exec(struct deskdb *d, const char *sql, struct why *why);
/* Empty the log: what was deleted stands nowhere any more. */
enum cred_err deskdb_trim(struct deskdb *d, struct why *why);
/* BEGIN IMMEDIATE; then COMMIT when e is CRED_OK, else ROLLBACK. */
enum cred_err deskdb_begin(struct deskdb *d, struct why *why);
enum cred_err deskdb_end(struct deskdb *d, enum cred_err e, struct why *why);

/* A column's text into a buffer, cut at its end; "" for NULL. */
void deskdb_text(sqlite3_stmt *st, int col, char *out, size_t cap);
/* Of 32 bytes; zeroes when it is not. */
void deskdb_hash(sqlite3_stmt *st, int col, uint8_t out[static 32]);

#endif
