#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include "credential/claims.h"
#include "credential/statuslist.h"
#include "edge/why.h"

/*
 * What a body has issued, and what has become of it. Speaks the domain; no
 * SQL, no handle of an engine leaks out. Implementations: SQLite
 * ("sqlite:PATH", WAL, synchronous=FULL), PostgreSQL ("postgresql://…", as
 * libpq reads it, without a password; durable where the server is told to wait
 * for its standbys) and memory ("memory:", tests).
 * Every call that changes something is durable when it returns CRED_OK, and
 * changes nothing when it does not. The one exception is CRED_FAULT_IO at the
 * last moment (a failed fsync, a commit whose answer was lost or that no
 * standby confirmed): what is kept is then not known, a handle of SQLite
 * answers CRED_FAULT_IO to everything after it, and whoever opens the registry
 * again sees either all of the call or nothing of it. Asking for
 * the same rows again is always safe. One handle a thread.
 *
 * The life of an index: reserved (intent stored) -> signed (credential
 * stored) -> logged (in the published tree); or reserved -> void.
 */
struct registry;

#define REGISTRY_STALE_S 60
enum registry_mode {
	/* Must exist. Of servers a standby, unless it has followed nobody for
	 * REGISTRY_STALE_S: then the primary, or nothing. */
	REGISTRY_READ,
	REGISTRY_READ_STALE, /* the same, however old */
	REGISTRY_WRITE, /* made if need be, mode 0600 */
};

enum cred_err registry_open(const char *spec, enum registry_mode mode,
    struct registry **out, struct why *why);
void registry_close(struct registry *r);

/* An engine on a server tries again by itself when a connection is lost or a
 * transaction has to be repeated: attempt 1 has failed, and so on, and why. */
typedef void registry_retry_fn(void *ctx, unsigned attempt, const char *why);
void registry_on_retry(struct registry *r, registry_retry_fn *fn, void *ctx);
/* For how long a call goes on trying; a minute until said otherwise. */
void registry_patience(struct registry *r, int64_t ms);
/* registry_open(), with somebody told from the start: where several servers
 * are named and only standbys answer, it waits for one to be promoted. */
enum cred_err registry_open_told(const char *spec, enum registry_mode mode,
    registry_retry_fn *fn, void *ctx, struct registry **out, struct why *why);

/*
 * Whoever reads first and then writes what follows from it must do both in one
 * epoch: when a standby takes the primary's place, what was read on the old
 * one, if no standby had it, is gone, and its indexes are given to others.
 * registry_store(), _void(), _head_swap(), _status_set(), _meta_set() and a
 * replacing registry_reserve() are CRED_FAULT_CONFLICT when the epoch is not
 * that of the open or of the last registry_look(): look again. Engines without
 * servers have one epoch.
 */
void registry_look(struct registry *r);

/* Who acts, for the audit trail, where a call does not say; "-" until set.
 * A copy is kept. Not a person's ID number. */
enum cred_err registry_actor_set(struct registry *r, const char *actor);

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
	char *number; /* NULL for kind 4 */
	char *name;
	char *id_number; /* normalised; for print and exact match only */
	enum id_type id_type;
	char *occupation, *code, *direction; /* code, direction may be NULL */
	uint8_t level;
	int32_t issued;
	char *batch;
	uint32_t row; /* as the spreadsheet numbers it, header = 1 */
	uint8_t row_key[32];
	struct bytes payload;    /* encoded claims: the intent */
	struct bytes credential; /* COSE bytes; len 0 until signed */
	struct bytes print;      /* JSON: what the template prints besides */
	int64_t reserved_at, signed_at;
	/* Another certificate of the same person that this one replaces, and
	 * the one that replaces this: linked by registry_reserve(). */
	bool has_replaces, has_replaced_by;
	uint64_t replaces, replaced_by;
	void *own; /* the implementation's; NULL in what fill builds */
};
void registry_entry_release(struct registry_entry *e);

/* A row asking for an index and, if number_series is not NULL, a serial. */
struct reservation {
	uint32_t row;
	uint8_t row_key[32]; /* SHA-256 of the normalised row */
	const char
	    *number_series; /* "S00001500012320" "4": prefix, year, level */
	const char *number; /* given from outside; NULL: by serial */
	const uint64_t *replaces; /* index of the one replaced; NULL: none */
	bool keeps_number;  /* replaces != NULL: number is the old one's */
	const char *reason; /* replaces != NULL: for the audit trail */
	/* Filled by registry_reserve(): */
	bool already; /* (batch, row_key) was there before */
	uint64_t index;
	uint32_t serial; /* 1.. within number_series */
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
 * its old index, already = true, and fill is not called; an entry that is void
 * does not count. A number that exists is CRED_FAULT_EXISTS with the row in
 * why. Indexes are consecutive over the new rows; serials are max + 1 of their
 * series, never reused; a number given from outside that is its series
 * followed by digits raises the series. Of what fill sets, index, state,
 * status, batch, row, row_key, times and links are not read: they are the
 * registry's.
 *
 * Leaves in the audit trail, by registry_actor_set()'s: a line "issue" for all
 * new rows of the call, and one "replace" for each that replaces another.
 *
 * replaces: that entry must be signed or logged, neither revoked nor
 * superseded, and not replaced already, else CRED_FAULT_CONFLICT. It stays
 * what it is until registry_supersede() or registry_status_set().
 */
enum cred_err registry_reserve(struct registry *r, const char *batch,
    struct reservation *rows, size_t n, int64_t now, registry_fill_fn *fill,
    void *ctx, struct why *why);

/* TX2: store credentials for n indexes that are RESERVED; CONFLICT if one is
 * not, unless it already holds exactly these bytes. */
enum cred_err registry_store(struct registry *r, const uint64_t *index,
    const struct bytes *credential, size_t n, int64_t now, struct why *why);

/* RESERVED -> VOID with status revoked: an index that will not be signed.
 * CONFLICT if it is anything but RESERVED. Leaves a line in the audit trail. */
enum cred_err registry_void(struct registry *r, uint64_t index,
    const char *reason, int64_t now, struct why *why);

/* The same for all that were reserved before a time (an issuer that died and
 * does not come back); *n how many. All or none. */
enum cred_err registry_void_stale(struct registry *r, int64_t before,
    const char *reason, int64_t now, size_t *n, struct why *why);

/*
 * The log's head, kept here so that its compare-and-swap and the state of the
 * entries are one transaction: entries below new_size become LOGGED (VOID stay
 * VOID); CONFLICT unless the size is old_size; INTERNAL if one below new_size
 * is still RESERVED or was never reserved. new_size == old_size only signs the
 * empty tree; a second, different note for a size is CONFLICT.
 */
enum cred_err registry_head_get(struct registry *r, uint64_t *size,
    uint8_t root[static 32], uint8_t *note, size_t note_cap, size_t *note_len,
    struct why *why);
enum cred_err registry_head_swap(struct registry *r, uint64_t old_size,
    uint64_t new_size, const uint8_t root[static 32], struct bytes note,
    struct why *why);

/* One past the highest index reserved. */
enum cred_err registry_next_index(
    struct registry *r, uint64_t *out, struct why *why);

/* Found: CRED_OK and *found. CRED_OK with *found false: no such. */
enum cred_err registry_by_index(struct registry *r, uint64_t index,
    struct registry_entry *out, bool *found, struct why *why);
/* Not void; the newest, where a replacement kept the number. */
enum cred_err registry_by_number(struct registry *r, const char *number,
    struct registry_entry *out, bool *found, struct why *why);
/* Same person, kind, level and occupation (by code where both have one, else
 * by name), not void, not revoked, not superseded, and not run out before day:
 * the first one's index. So an expired one never hides its renewal. */
struct registry_same {
	enum id_type type;
	const char *id_number; /* normalised */
	enum kind kind;
	const char *code; /* NULL: none */
	const char *occupation;
	uint8_t level;
	int32_t day;            /* since 1970-01-01 */
	const uint64_t *except; /* an index that does not count; or NULL */
};
enum cred_err registry_find_same(struct registry *r,
    const struct registry_same *what, uint64_t *index, bool *found,
    struct why *why);

struct registry_filter {
	const char *batch;  /* NULL: any */
	const char *number; /* NULL: any */
	int kind;           /* 0: any */
	int state;          /* -1: any */
	int status;         /* -1: any */
	uint64_t from, to;  /* indexes [from, to); to 0: no end */
	const char *name;   /* this in the holder's name; NULL: any */
	const char *work;   /* the code, or in the occupation's name */
	int32_t issued_from, issued_to; /* days, both included; to 0: no end */
};
/* In the order of the index. fn's error ends the walk and is returned. The
 * walk sees one consistent state; fn must not write to r. */
typedef enum cred_err registry_each_fn(
    void *ctx, const struct registry_entry *e, struct why *why);
enum cred_err registry_each(struct registry *r,
    const struct registry_filter *filter, registry_each_fn *fn, void *ctx,
    struct why *why);

/*
 * Change a status: compare-and-set from -> to, with the reason and who.
 * CONFLICT when it is not `from` now, or the entry is not yet signed, or there
 * is none. revoked and superseded are final: nothing leads out of them.
 * superseded needs a replacement that is at least signed. Each change leaves a
 * line in the audit trail and raises the version of its list, in the same
 * transaction. actor NULL: registry_actor_set()'s.
 */
enum cred_err registry_status_set(struct registry *r, uint64_t index,
    enum status_value from, enum status_value to, const char *reason,
    const char *actor, int64_t now, struct why *why);
/* The same for n of them, all or none; *bad says which one was in the way
 * (may be NULL). */
struct status_change {
	uint64_t index;
	enum status_value from, to;
};
enum cred_err registry_status_set_many(struct registry *r,
    const struct status_change *changes, size_t n, const char *reason,
    const char *actor, int64_t now, size_t *bad, struct why *why);
/*
 * Finish replacements: every entry whose replacement is logged and that is
 * still valid or suspended becomes superseded. Repeatable; to be called after
 * a head swap and when an issuer starts. *n how many.
 */
enum cred_err registry_supersede(struct registry *r, const char *actor,
    int64_t now, size_t *n, struct why *why);
/* Values of indexes [from, from + n) into raw (n / 4 + 1 bytes, zeroed here);
 * void ones are revoked, those past the end 0. */
enum cred_err registry_status_bits(
    struct registry *r, uint64_t from, size_t n, uint8_t *raw, struct why *why);
/* How often a status of list n (indexes n * 2^20 ...) changed; only grows. */
enum cred_err registry_status_version(
    struct registry *r, uint64_t list, int64_t *out, struct why *why);
/* Small durable facts: "status.0.iat" and the like. Missing: def. */
enum cred_err registry_meta_get(struct registry *r, const char *key,
    int64_t def, int64_t *out, struct why *why);
enum cred_err registry_meta_set(
    struct registry *r, const char *key, int64_t value, struct why *why);
/* As meta_set, but never downwards: the greater of both stays. */
enum cred_err registry_meta_raise(
    struct registry *r, const char *key, int64_t value, struct why *why);

/*
 * What was read up to now is durable: a call that ended in CRED_FAULT_IO may
 * have left it without. For whoever is about to say that something is done
 * already and writes nothing else.
 */
enum cred_err registry_settle(struct registry *r, struct why *why);

/*
 * A copy of one consistent state in a new file, mode 0600, synced and checked;
 * "sqlite:PATH" opens it, whatever engine it comes from. Others may write
 * meanwhile. CRED_FAULT_EXISTS when path is there, CRED_FAULT_CONFIG from the
 * engine of tests.
 */
enum cred_err registry_backup(
    struct registry *r, const char *path, struct why *why);

/*
 * The audit trail: a line for every act, each hashed with the one before it
 * (audit_hash()). No personal data: subjects are "index 17", "batch B1".
 */
struct registry_act {
	uint64_t seq; /* 1.. without gaps */
	int64_t at;
	const char *actor, *action, *subject, *detail;
	uint8_t prev[32]; /* zero for the first */
	uint8_t hash[32];
};
/* SHA-256("tamga-audit-1" || prev || seq || at || texts), numbers as 8 bytes
 * big-endian, each text after its length as 4. */
enum cred_err audit_hash(const struct registry_act *a, uint8_t out[static 32]);
enum cred_err registry_audit_append(struct registry *r, const char *actor,
    const char *action, const char *subject, const char *detail, int64_t now,
    struct why *why);
/* In order, from seq on; subject NULL: all. As registry_each(). */
typedef enum cred_err registry_act_fn(
    void *ctx, const struct registry_act *a, struct why *why);
enum cred_err registry_audit_each(struct registry *r, uint64_t from,
    const char *subject, registry_act_fn *fn, void *ctx, struct why *why);
/*
 * Recompute the chain. *count lines, last the hash of the newest (zero when
 * there is none): what an auditor notes to find a shortened trail next time.
 * CRED_ERR_TRAIL when a line does not fit, naming it in why.
 */
enum cred_err registry_audit_verify(struct registry *r, uint64_t *count,
    uint8_t last[static 32], struct why *why);

#endif
