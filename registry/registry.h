#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include "credential/claims.h"
#include "credential/statuslist.h"
#include "edge/why.h"

/*
 * What a body has issued, and what has become of it. Speaks the domain; no
 * SQL, no handle of an engine leaks out. Implementations: SQLite
 * ("sqlite:PATH", WAL, synchronous=FULL) and memory ("memory:", tests).
 * Every call that changes something is durable when it returns CRED_OK, and
 * changes nothing when it does not. One handle a thread.
 *
 * The life of an index: reserved (intent stored) -> signed (credential
 * stored) -> logged (in the published tree); or reserved -> void.
 */
struct registry;

enum registry_mode {
	REGISTRY_READ,   /* must exist */
	REGISTRY_WRITE,  /* made if need be, mode 0600 */
};

enum cred_err registry_open(const char *spec, enum registry_mode mode,
    struct registry **out, struct why *why);
void registry_close(struct registry *r);

enum entry_state {
	ENTRY_RESERVED = 0,
	ENTRY_SIGNED = 1,
	ENTRY_LOGGED = 2,
	ENTRY_VOID = 3, /* logged, as 32 zero bytes */
};

/* One certificate, whole. Strings are the callee's and live until the callback
 * returns (iteration) or until registry_entry_release(). */
struct registry_entry {
	uint64_t index;
	enum entry_state state;
	enum status_value status;
	enum kind kind;
	char *number;      /* NULL for kind 4 */
	char *name;
	char *id_number;   /* normalised; for print and exact match only */
	enum id_type id_type;
	char *occupation, *code, *direction; /* code, direction may be NULL */
	uint8_t level;
	int32_t issued;
	char *batch;
	uint32_t row;      /* as the spreadsheet numbers it, header = 1 */
	uint8_t row_key[32];
	struct bytes payload;    /* encoded claims: the intent */
	struct bytes credential; /* COSE bytes; len 0 until signed */
	struct bytes print;      /* JSON: what the template prints besides */
	int64_t reserved_at, signed_at;
};
void registry_entry_release(struct registry_entry *e);

/* A row asking for an index and, if number_series is not NULL, a serial. */
struct reservation {
	uint32_t row;
	uint8_t row_key[32];       /* SHA-256 of the normalised row */
	const char *number_series; /* "S00001500012320" "4": prefix, year, level */
	const char *number;        /* given from outside; NULL: by serial */
	/* Filled by registry_reserve(): */
	bool already;              /* (batch, row_key) was there before */
	uint64_t index;
	uint32_t serial;           /* 1.. within number_series */
};

/*
 * Build the entry of a reservation once its index and serial are known:
 * called inside the transaction, must not touch the registry. Strings and
 * bytes it sets must live until registry_reserve() returns. It may refuse,
 * which undoes the whole call.
 */
typedef enum cred_err registry_fill_fn(void *ctx, struct reservation *r,
    size_t i, struct registry_entry *out, struct why *why);

/*
 * TX1 of design 5: reserve indexes and numbers for n rows and store their
 * intents, all or none. A row whose (batch, row_key) is already there gets
 * its old index, already = true, and fill is not called. A number that exists
 * is CRED_FAULT_EXISTS with the row in why. Indexes are consecutive over the
 * new rows; serials are max + 1 of their series, never reused.
 */
enum cred_err registry_reserve(struct registry *r, const char *batch,
    struct reservation *rows, size_t n, int64_t now,
    registry_fill_fn *fill, void *ctx, struct why *why);

/* TX2: store credentials for n indexes that are RESERVED; CONFLICT if one is
 * not, unless it already holds exactly these bytes. */
enum cred_err registry_store(struct registry *r, const uint64_t *index,
    const struct bytes *credential, size_t n, int64_t now, struct why *why);

/* RESERVED -> VOID with status revoked: an index that will not be signed. */
enum cred_err registry_void(struct registry *r, uint64_t index,
    const char *reason, int64_t now, struct why *why);

/*
 * The log's head, kept here so that its compare-and-swap and the state of the
 * entries are one transaction: entries below new_size become LOGGED (VOID stay
 * VOID); CONFLICT unless the size is old_size; INTERNAL if one below new_size
 * is still RESERVED.
 */
enum cred_err registry_head_get(struct registry *r, uint64_t *size,
    uint8_t root[static 32], uint8_t *note, size_t note_cap,
    size_t *note_len, struct why *why);
enum cred_err registry_head_swap(struct registry *r, uint64_t old_size,
    uint64_t new_size, const uint8_t root[static 32], struct bytes note,
    struct why *why);

/* One past the highest index reserved. */
enum cred_err registry_next_index(struct registry *r, uint64_t *out,
    struct why *why);

/* Found: CRED_OK and *found. CRED_OK with *found false: no such. */
enum cred_err registry_by_index(struct registry *r, uint64_t index,
    struct registry_entry *out, bool *found, struct why *why);
enum cred_err registry_by_number(struct registry *r, const char *number,
    struct registry_entry *out, bool *found, struct why *why);
/* Same person, kind, occupation code (or name) and level, not void, not
 * revoked and not superseded: the first one's index. */
enum cred_err registry_find_same(struct registry *r, enum id_type type,
    const char *id_number, enum kind kind, const char *code,
    const char *occupation, uint8_t level, uint64_t *index, bool *found,
    struct why *why);

struct registry_filter {
	const char *batch;  /* NULL: any */
	const char *number; /* NULL: any */
	int kind;           /* 0: any */
	int state;          /* -1: any */
	int status;         /* -1: any */
	uint64_t from, to;  /* indexes [from, to); to 0: no end */
};
/* In the order of the index. fn's error ends the walk and is returned. The
 * walk sees one consistent state; fn must not write to r. */
typedef enum cred_err registry_each_fn(void *ctx,
    const struct registry_entry *e, struct why *why);
enum cred_err registry_each(struct registry *r,
    const struct registry_filter *filter, registry_each_fn *fn, void *ctx,
    struct why *why);

/*
 * Change a status: compare-and-set from -> to, with the reason and who.
 * CONFLICT when it is not `from` now. revoked and superseded are final:
 * nothing leads out of them.
 */
enum cred_err registry_status_set(struct registry *r, uint64_t index,
    enum status_value from, enum status_value to, const char *reason,
    const char *actor, int64_t now, struct why *why);
/* Values of indexes [from, from + n) into raw (n / 4 + 1 bytes, zeroed here);
 * void ones are revoked, those past the end 0. */
enum cred_err registry_status_bits(struct registry *r, uint64_t from,
    size_t n, uint8_t *raw, struct why *why);
/* Small durable facts: "status.0.iat" and the like. Missing: def. */
enum cred_err registry_meta_get(struct registry *r, const char *key,
    int64_t def, int64_t *out, struct why *why);
enum cred_err registry_meta_set(struct registry *r, const char *key,
    int64_t value, struct why *why);

#endif
