#ifndef REGISTRY_POSTGRES_INT_H
#define REGISTRY_POSTGRES_INT_H

#include <libpq-fe.h>

#include "registry/registry_int.h"

/* Statements are prepared once a connection, at their first use. The text
 * stands in postgres_sql.c's table, in this order. */
enum pg_stmt {
	P_TURN,
	P_STATE,
	P_RECEIPT,
	P_AUDIT_ADD,
	P_BATCH_ADD,
	P_BATCH_GET,
	P_BATCH_RANGE,
	P_ROWS_GET,
	P_SERIES_GET,
	P_SERIES_SET,
	P_NUMBERS_GET,
	P_REPLACED_GET,
	P_ENTRY_ADD,
	P_STATES,
	P_CREDENTIALS_GET,
	P_CREDENTIALS_ADD,
	P_VOID,
	P_STALE,
	P_STATUS_PUT,
	P_STATUS_BITS,
	P_VERSION_RAISE,
	P_VERSION_GET,
	P_SUPERSEDE,
	P_HEAD_GET,
	P_HEAD_PUT,
	P_SETTLED,
	P_NEXT_INDEX,
	P_BY_INDEX,
	P_BY_NUMBER,
	P_FIND_SAME,
	P_NARROW,
	P_META_GET,
	P_META_SET,
	P_META_RAISE,
	P_AUDIT_PAGE,
	P_AUDIT_PAGE_OF,
	P_CLAIM_GET,
	P_CLAIMS_OF_ID,
	P_CLAIMS_OF_PERSON,
	P_CLAIMS_OF_NUMBER,
	P_CLAIM_ADD,
	P_CLAIM_MORE,
	P_CLAIM_STATE,
	P_HALF_WHO,
	P_HALF_ADD,
	P_HALF_FREE,
	P_YEAR_ADD,
	P_YEAR_WHO,
	P_YEAR_FREE,
	P_COUNT
};
extern const char *const pg_texts[P_COUNT];

/* What a failed call means for the transaction it was in. */
enum pg_again {
	PG_NO,        /* trying again would end the same */
	PG_TURN_LOST, /* roll back and try again: 40001, 40P01 */
	PG_GONE,      /* connect anew, then try again */
};

struct pg_registry {
	struct registry base;
	PGconn *conn;
	char *spec;      /* may name a password file, never holds a password */
	char where[256]; /* hosts, ports and database: all that is ever said */
	bool reads;      /* not REGISTRY_WRITE */
	bool stale_too;  /* REGISTRY_READ_STALE */
	bool prepared[P_COUNT];
	bool warned; /* a WARNING came since this was cleared */
	enum pg_again again;
	unsigned walks; /* inside one another */
	bool several;   /* hosts are named */
	bool as_it_is;  /* the address says which server is wanted */
	bool promoting; /* only standbys answered: wait for one of them */
	int64_t epoch;  /* of the connection; 0: it has none */
	int64_t behind_s; /* a standby, when connected; -1: not known */
	int64_t limit_ms; /* of one answer: the server's statement_timeout */
};
#define PG_LIMIT_MS 30000 /* where there is none */
/* So much longer has an answer to a cancelled question. */
#define PG_GRACE_MS 5000
int64_t pg_now_ms(void);

extern const struct registry_ops pg_ops;

/* Values bound to a statement: text form for numbers, binary for the rest.
 * Borrowed until the statement was asked. */
#define PG_ARGS 24
struct pg_args {
	int n;
	const char *value[PG_ARGS];
	int len[PG_ARGS], format[PG_ARGS];
	char number[PG_ARGS][24];
};
void pg_int(struct pg_args *a, int64_t v);
void pg_text(struct pg_args *a, const char *text); /* NULL: NULL */
void pg_blob(struct pg_args *a, struct bytes b);   /* len 0: empty */
void pg_null(struct pg_args *a);

/* An array of PostgreSQL in binary, made element by element. */
enum pg_type {
	PG_BYTEA = 17,
	PG_INT8 = 20,
	PG_TEXT = 25,
};
struct pg_array {
	uint8_t *ptr;
	size_t len, cap;
	uint32_t n;
	enum pg_type type;
	bool oom; /* sticks; pg_list() then fails */
};
void pg_add_int(struct pg_array *a, int64_t v);
void pg_add_text(struct pg_array *a, const char *text); /* NULL: NULL */
void pg_add_blob(struct pg_array *a, struct bytes b);
void pg_add_null(struct pg_array *a);
void pg_array_release(struct pg_array *a);
/* Bind n of them, all of the same length; NOMEM if one could not be made. */
enum cred_err pg_lists(
    struct pg_args *out, struct pg_array *arrays, size_t n, struct why *why);

struct pg_ask {
	enum pg_stmt stmt;
	const char *text; /* not NULL: this, unprepared, instead of stmt */
	struct pg_args *args;
};
/*
 * Ask n statements in one round trip. out gets n results, to be cleared with
 * PQclear(); NULL: they are not wanted. The first that fails ends it: nothing
 * is left in out then, and p->again says what is to be done.
 */
enum cred_err pg_ask(struct pg_registry *p, const struct pg_ask *asks, size_t n,
    PGresult **out, struct why *why);
enum cred_err pg_ask_one(struct pg_registry *p, enum pg_stmt stmt,
    struct pg_args *args, PGresult **out, struct why *why);
/* The same outside a transaction, again on a new connection when one is lost;
 * inside a walk, part of it. */
enum cred_err pg_read(struct pg_registry *p, enum pg_stmt stmt,
    struct pg_args *args, PGresult **out, struct why *why);

/* Columns of a result; they live until it is cleared. */
int64_t pg_col_int(const PGresult *r, int row, int col); /* NULL: 0 */
bool pg_col_bool(const PGresult *r, int row, int col);
char *pg_col_text(const PGresult *r, int row, int col); /* NULL: NULL */
struct bytes pg_col_blob(const PGresult *r, int row, int col);
void pg_col_hash(const PGresult *r, int row, int col, uint8_t out[static 32]);

/* postgres_conn.c */
/* Before the connection's mode is that of pg_ask(): any commands, the last
 * one's result as text. */
enum cred_err pg_simple(
    struct pg_registry *p, const char *sql, PGresult **out, struct why *why);
enum cred_err pg_connect(struct pg_registry *p, bool make, struct why *why);
void pg_disconnect(struct pg_registry *p);
/* What a failed result (NULL: the connection itself) is to us; sets p->again.
 */
enum cred_err pg_fail(
    struct pg_registry *p, const PGresult *r, struct why *why);
enum cred_err pg_nomem(struct why *why);
/* The result does not fit the schema: something else wrote there. */
enum cred_err pg_damaged(const struct pg_registry *p, struct why *why);
/* postgres_make.c: check the schema, making it if need be and make. */
enum cred_err pg_schema(struct pg_registry *p, bool make, struct why *why);

/*
 * A transaction that changes something. Writers take turns by writing the one
 * row of `writer`, so each sees all that was before it, every commit (also
 * one that finds all done already) writes and therefore waits for the
 * standbys, and a line of the audit trail has one predecessor.
 */
struct pg_tx {
	uint64_t turn;
	uint64_t next; /* one past the highest index, at the start */
	uint64_t size; /* the log's */
	uint64_t seq;  /* of the last line in the trail */
	uint8_t hash[32];
	struct pg_array lines[8]; /* to come with the commit */
	bool undo; /* set by the work: CRED_OK, but nothing is to be kept */
	bool told; /* and that is an answer, which waits for the standbys */
};
/*
 * work may be called again from the start when a transaction had to be; what
 * it puts into ctx must not depend on earlier calls. When the answer to a
 * commit is lost, the receipt in the database tells whether it happened, and
 * what the work left in ctx then stands.
 */
typedef enum cred_err pg_work(
    struct pg_registry *p, struct pg_tx *tx, void *ctx, struct why *why);
enum cred_err pg_write(
    struct pg_registry *p, pg_work *work, void *ctx, struct why *why);
/* The same for work that follows from nothing its caller has read: in whatever
 * epoch. */
enum cred_err pg_write_alone(
    struct pg_registry *p, pg_work *work, void *ctx, struct why *why);
/* A line of the trail, hashed with the one before it. */
enum cred_err pg_audit(struct pg_registry *p, struct pg_tx *tx,
    const char *actor, const char *action, const char *subject,
    const char *detail, int64_t now);

/*
 * A walk over one consistent state; walks may be inside walks. work sets *told
 * before it hands out what it read: until then a lost connection has it begin
 * again, from another state.
 */
typedef enum cred_err pg_walk_work(
    struct pg_registry *p, void *ctx, bool *told, struct why *why);
enum cred_err pg_walk(
    struct pg_registry *p, pg_walk_work *work, void *ctx, struct why *why);

/* Keys to numbers, in memory; keys are borrowed. */
struct pg_pair {
	struct bytes key;
	int64_t value, more;
	const char *text;
};
struct pg_map {
	void *root;
};
struct pg_pair *pg_map_get(struct pg_map *m, struct bytes key);
/* The pair of key, made if need be; NULL when out of memory. */
struct pg_pair *pg_map_put(struct pg_map *m, struct bytes key);
void pg_map_release(struct pg_map *m);

/* Columns of a whole entry in P_BY_INDEX, P_BY_NUMBER and pg_each(). */
#define PG_ENTRY                                                               \
	"e.idx, e.void_mark, c.bytes IS NOT NULL, s.value, e.kind, e.number,"  \
	" e.name, e.id_type, e.id_number, e.occupation, e.code, e.direction,"  \
	" e.level, e.issued, b.name, e.row_no, e.row_key, e.payload, c.bytes," \
	" e.print, e.reserved_at, c.signed_at, e.replaces,"                    \
	" (SELECT n.idx FROM entry n WHERE n.replaces = e.idx"                 \
	"  AND n.void_mark = 0),"                                              \
	" (SELECT size FROM head)"
#define PG_FROM_ENTRY                                                          \
	" FROM entry e JOIN batch b ON b.id = e.batch_id"                      \
	" LEFT JOIN credential c ON c.idx = e.idx"                             \
	" LEFT JOIN status s ON s.idx = e.idx"
#define PG_CLAIM                                                               \
	"c.seq, c.id, c.content, c.person, c.subject, c.scheme, c.part,"       \
	" c.year, c.kind, c.level, c.applied, c.issued, c.trained_from,"       \
	" c.trained_to, c.fen, c.number, c.institution, c.body_id, c.codes,"   \
	" c.state, c.booked_by, c.changed_at, c.idx, m.region, m.department,"  \
	" m.phone, m.account, m.photo"
#define PG_FROM_CLAIM " FROM claim c LEFT JOIN claim_more m ON m.claim = c.seq"

/* Kinds of what may be selected from, in pg_class. */
#define PG_TABLES "('r', 'p', 'v', 'm', 'f')"

/* What is known of an index, in the order of P_STATES. */
struct pg_state {
	enum entry_state state;
	enum status_value status;
	bool has_replacement; /* one that is signed */
};
struct pg_state pg_state_at(const PGresult *r, int row, uint64_t size);
/* Statuses of indexes, and of each list how often one changed. No index
 * twice; n 0: nothing. */
struct pg_status {
	uint64_t index;
	enum status_value value;
	unsigned times;
};
enum cred_err pg_status_put(struct pg_registry *p, const struct pg_status *s,
    size_t n, struct why *why);

enum cred_err pg_reserve(struct registry *r, const char *batch,
    struct reservation *rows, size_t n, int64_t now, registry_fill_fn *fill,
    void *ctx, struct why *why);
enum cred_err pg_store(struct registry *r, const uint64_t *index,
    const struct bytes *credential, size_t n, int64_t now, struct why *why);
enum cred_err pg_void(struct registry *r, uint64_t index, const char *reason,
    int64_t now, struct why *why);
enum cred_err pg_void_stale(struct registry *r, int64_t before,
    const char *reason, int64_t now, size_t *n, struct why *why);
enum cred_err pg_head_get(struct registry *r, uint64_t *size,
    uint8_t root[static 32], uint8_t *note, size_t note_cap, size_t *note_len,
    struct why *why);
enum cred_err pg_head_swap(struct registry *r, uint64_t old_size,
    uint64_t new_size, const uint8_t root[static 32], struct bytes note,
    struct why *why);
enum cred_err pg_next_index(struct registry *r, uint64_t *out, struct why *why);
enum cred_err pg_by_index(struct registry *r, uint64_t index,
    struct registry_entry *out, bool *found, struct why *why);
enum cred_err pg_by_number(struct registry *r, const char *number,
    struct registry_entry *out, bool *found, struct why *why);
enum cred_err pg_find_same(struct registry *r, const struct registry_same *what,
    uint64_t *index, bool *found, struct why *why);
enum cred_err pg_each(struct registry *r, const struct registry_filter *filter,
    registry_each_fn *fn, void *ctx, struct why *why);
enum cred_err pg_status_set_many(struct registry *r,
    const struct status_change *changes, size_t n, const char *reason,
    const char *actor, int64_t now, size_t *bad, struct why *why);
enum cred_err pg_supersede(struct registry *r, const char *actor, int64_t now,
    size_t *n, struct why *why);
enum cred_err pg_status_bits(
    struct registry *r, uint64_t from, size_t n, uint8_t *raw, struct why *why);
enum cred_err pg_status_version(
    struct registry *r, uint64_t list, int64_t *out, struct why *why);
enum cred_err pg_meta_get(struct registry *r, const char *key, int64_t def,
    int64_t *out, struct why *why);
enum cred_err pg_meta_set(struct registry *r, const char *key, int64_t value,
    bool only_up, struct why *why);
enum cred_err pg_backup(struct registry *r, const char *path, struct why *why);
enum cred_err pg_audit_append(struct registry *r, const char *actor,
    const char *action, const char *subject, const char *detail, int64_t now,
    struct why *why);
enum cred_err pg_audit_each(struct registry *r, uint64_t from,
    const char *subject, registry_act_fn *fn, void *ctx, struct why *why);

#endif
