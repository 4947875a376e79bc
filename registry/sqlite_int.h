#ifndef REGISTRY_SQLITE_INT_H
#define REGISTRY_SQLITE_INT_H

#include <sqlite3.h>

#include "registry/registry_int.h"

/* Statements are prepared once a handle, at their first use. The text stands
 * in sqlite.c's table, in this order. */
enum stmt {
	S_BEGIN,
	S_BEGIN_READ,
	S_COMMIT,
	S_ROLLBACK,
	S_BATCH_ADD,
	S_BATCH_GET,
	S_BATCH_RANGE,
	S_NEXT_INDEX,
	S_ROW_GET,
	S_SERIES_GET,
	S_SERIES_SET,
	S_NUMBER_GET,
	S_REPLACE_OLD,
	S_ENTRY_ADD,
	S_STATE_GET,
	S_CREDENTIAL_GET,
	S_CREDENTIAL_ADD,
	S_VOID,
	S_STALE,
	S_STATUS_PUT,
	S_STATUS_BITS,
	S_VERSION_RAISE,
	S_VERSION_GET,
	S_SUPERSEDE,
	S_HEAD_GET,
	S_HEAD_PUT,
	S_SIGNED_COUNT,
	S_VOID_COUNT,
	S_BY_INDEX,
	S_BY_NUMBER,
	S_FIND_SAME,
	S_META_GET,
	S_META_SET,
	S_META_RAISE,
	S_AUDIT_LAST,
	S_AUDIT_ADD,
	S_COUNT
};

#define SQLITE_LEDGER_STMTS 12

struct sqlite_registry {
	struct registry base;
	sqlite3 *db;
	char *path;
	bool broken; /* an fsync or write failed: nothing may be tried again */
	sqlite3_stmt *stmts[S_COUNT];
	sqlite3_stmt *ledger[SQLITE_LEDGER_STMTS]; /* sqlite_ledger.c's */
	/* sqlite_ledger_read.c's: by id, person or number, of any state or of
	 * those that hold their places */
	sqlite3_stmt *ledger_each[6], *ledger_tables;
	bool has_ledger; /* its tables are known to be there */
};

extern const struct registry_ops sqlite_ops;

/* The statement, reset and without bindings; NULL, with *e and why set, when
 * the handle is broken or it cannot be prepared. */
sqlite3_stmt *sq(struct sqlite_registry *s, enum stmt which, enum cred_err *e,
    struct why *why);
/* The same for a statement kept elsewhere: prepared from text at first use. */
sqlite3_stmt *sq_get(struct sqlite_registry *s, sqlite3_stmt **slot,
    const char *text, enum cred_err *e, struct why *why);
/* Open s->db with our settings; SQL without results; the first column of the
 * first row. */
enum cred_err sq_connect(
    struct sqlite_registry *s, const char *path, int flags, struct why *why);
enum cred_err sq_script(
    struct sqlite_registry *s, const char *sql, struct why *why);
enum cred_err sq_pragma(
    struct sqlite_registry *s, const char *sql, int64_t *out, struct why *why);
/* sqlite_make.c: a new, empty registry under this name. */
enum cred_err sq_make(const char *path, struct why *why);

/* A statement of one's own, to be finalized; for walks inside walks. */
enum cred_err sq_prepare(struct sqlite_registry *s, const char *sql,
    sqlite3_stmt **out, struct why *why);
/* What a failed call of SQLite is to us. Breaks the handle on I/O errors. */
enum cred_err sq_fail(struct sqlite_registry *s, int rc, struct why *why);
/* Step a statement that yields no row, and reset it. */
enum cred_err sq_run(
    struct sqlite_registry *s, sqlite3_stmt *st, struct why *why);
/* Step to a row: *row tells. Reset by the caller with sqlite3_reset(). */
enum cred_err sq_row(
    struct sqlite_registry *s, sqlite3_stmt *st, bool *row, struct why *why);

enum cred_err sq_begin(struct sqlite_registry *s, struct why *why);
/* Commit if e is CRED_OK, else roll back and return e. */
enum cred_err sq_end(
    struct sqlite_registry *s, enum cred_err e, struct why *why);

void sq_text(sqlite3_stmt *st, int i, const char *text);
void sq_blob(sqlite3_stmt *st, int i, struct bytes b);

/* What is bound, in the order of ?1, ?2 …: SQ(SQ_INT(5), SQ_TEXT(name)). */
struct sq_value {
	enum { SQ_IS_INT, SQ_IS_TEXT, SQ_IS_BLOB } type;
	int64_t n;
	const char *text; /* NULL: null */
	struct bytes blob;
};
#define SQ_INT(v)  {.type = SQ_IS_INT, .n = (v)}
#define SQ_TEXT(v) {.type = SQ_IS_TEXT, .text = (v)}
#define SQ_BLOB(v) {.type = SQ_IS_BLOB, .blob = (v)}
#define SQ(...)                                                                \
	(const struct sq_value[]){__VA_ARGS__},                                \
	    sizeof((const struct sq_value[]){__VA_ARGS__}) /                   \
		sizeof(struct sq_value)
void sq_bind(sqlite3_stmt *st, const struct sq_value *v, size_t n);
/* Bind, and sq_run(); with st NULL only e, as sq() left it. */
enum cred_err sq_exec(struct sqlite_registry *s, sqlite3_stmt *st,
    enum cred_err e, const struct sq_value *v, size_t n, struct why *why);

/*
 * A text or blob of the row. SQLite may have to copy it and answers NULL when
 * it cannot: *oom is set then, for that must not pass for an absent one.
 */
const char *sq_col_text(sqlite3_stmt *st, int col, bool *oom);
struct bytes sq_col_blob(sqlite3_stmt *st, int col, bool *oom);

/* Columns of a whole entry in S_BY_INDEX, S_BY_NUMBER and registry_each(). */
#define ENTRY_COLUMNS                                                          \
	"e.idx, e.void_mark, c.bytes IS NOT NULL, s.value, e.kind, e.number,"  \
	" e.name, e.id_type, e.id_number, e.occupation, e.code, e.direction,"  \
	" e.level, e.issued, b.name, e.row, e.row_key, e.payload, c.bytes,"    \
	" e.print, e.reserved_at, c.signed_at, e.replaces,"                    \
	" (SELECT n.idx FROM entry n WHERE n.replaces = e.idx"                 \
	"  AND n.void_mark = 0),"                                              \
	" (SELECT size FROM head)"
/* Point out at the row's memory, good until the statement moves. */
enum cred_err sq_entry(struct sqlite_registry *s, sqlite3_stmt *st,
    struct registry_entry *out, struct why *why);

/* State and status of an index, inside a transaction. */
struct sq_state {
	enum entry_state state;
	enum status_value status;
	bool has_replacement; /* one that is signed */
};
enum cred_err sq_state(struct sqlite_registry *s, uint64_t index,
    struct sq_state *out, bool *found, struct why *why);

enum cred_err sq_head_size(
    struct sqlite_registry *s, uint64_t *out, struct why *why);

/* A line of the trail, inside the caller's transaction. */
enum cred_err sq_audit(struct sqlite_registry *s, const char *actor,
    const char *action, const char *subject, const char *detail, int64_t now,
    struct why *why);
/* A status, its list's version and its line, inside the transaction. */
enum cred_err sq_status_put(struct sqlite_registry *s, uint64_t index,
    enum status_value from, enum status_value to, const char *reason,
    const char *actor, int64_t now, struct why *why);

enum cred_err sqlite_reserve(struct registry *r, const char *batch,
    struct reservation *rows, size_t n, int64_t now, registry_fill_fn *fill,
    void *ctx, struct why *why);
enum cred_err sqlite_store(struct registry *r, const uint64_t *index,
    const struct bytes *credential, size_t n, int64_t now, struct why *why);
enum cred_err sqlite_void(struct registry *r, uint64_t index,
    const char *reason, int64_t now, struct why *why);
enum cred_err sqlite_void_stale(struct registry *r, int64_t before,
    const char *reason, int64_t now, size_t *n, struct why *why);
enum cred_err sqlite_head_get(struct registry *r, uint64_t *size,
    uint8_t root[static 32], uint8_t *note, size_t note_cap, size_t *note_len,
    struct why *why);
enum cred_err sqlite_head_swap(struct registry *r, uint64_t old_size,
    uint64_t new_size, const uint8_t root[static 32], struct bytes note,
    struct why *why);
enum cred_err sqlite_next_index(
    struct registry *r, uint64_t *out, struct why *why);
enum cred_err sqlite_by_index(struct registry *r, uint64_t index,
    struct registry_entry *out, bool *found, struct why *why);
enum cred_err sqlite_by_number(struct registry *r, const char *number,
    struct registry_entry *out, bool *found, struct why *why);
enum cred_err sqlite_find_same(struct registry *r,
    const struct registry_same *what, uint64_t *index, bool *found,
    struct why *why);
enum cred_err sqlite_each(struct registry *r,
    const struct registry_filter *filter, registry_each_fn *fn, void *ctx,
    struct why *why);
enum cred_err sqlite_status_set_many(struct registry *r,
    const struct status_change *changes, size_t n, const char *reason,
    const char *actor, int64_t now, size_t *bad, struct why *why);
enum cred_err sqlite_supersede(struct registry *r, const char *actor,
    int64_t now, size_t *n, struct why *why);
enum cred_err sqlite_status_bits(
    struct registry *r, uint64_t from, size_t n, uint8_t *raw, struct why *why);
enum cred_err sqlite_status_version(
    struct registry *r, uint64_t list, int64_t *out, struct why *why);
enum cred_err sqlite_meta_get(struct registry *r, const char *key, int64_t def,
    int64_t *out, struct why *why);
enum cred_err sqlite_meta_set(struct registry *r, const char *key,
    int64_t value, bool only_up, struct why *why);
enum cred_err sqlite_backup(
    struct registry *r, const char *path, struct why *why);
enum cred_err sqlite_audit_append(struct registry *r, const char *actor,
    const char *action, const char *subject, const char *detail, int64_t now,
    struct why *why);
enum cred_err sqlite_audit_each(struct registry *r, uint64_t from,
    const char *subject, registry_act_fn *fn, void *ctx, struct why *why);

#endif
