#ifndef REGISTRY_REGISTRY_INT_H
#define REGISTRY_REGISTRY_INT_H

#include "registry/registry.h"

/* What an implementation provides; each embeds struct registry as its first
 * member. Arguments are checked in registry.c, once for all of them. */
struct registry_ops {
	void (*close)(struct registry *r);
	enum cred_err (*reserve)(struct registry *r, const char *batch,
	    struct reservation *rows, size_t n, int64_t now,
	    registry_fill_fn *fill, void *ctx, struct why *why);
	enum cred_err (*store)(struct registry *r, const uint64_t *index,
	    const struct bytes *credential, size_t n, int64_t now,
	    struct why *why);
	enum cred_err (*void_)(struct registry *r, uint64_t index,
	    const char *reason, int64_t now, struct why *why);
	enum cred_err (*void_stale)(struct registry *r, int64_t before,
	    const char *reason, int64_t now, size_t *n, struct why *why);
	enum cred_err (*head_get)(struct registry *r, uint64_t *size,
	    uint8_t root[static 32], uint8_t *note, size_t note_cap,
	    size_t *note_len, struct why *why);
	enum cred_err (*head_swap)(struct registry *r, uint64_t old_size,
	    uint64_t new_size, const uint8_t root[static 32], struct bytes note,
	    struct why *why);
	enum cred_err (*next_index)(
	    struct registry *r, uint64_t *out, struct why *why);
	enum cred_err (*by_index)(struct registry *r, uint64_t index,
	    struct registry_entry *out, bool *found, struct why *why);
	enum cred_err (*by_number)(struct registry *r, const char *number,
	    struct registry_entry *out, bool *found, struct why *why);
	enum cred_err (*find_same)(struct registry *r,
	    const struct registry_same *what, uint64_t *index, bool *found,
	    struct why *why);
	enum cred_err (*each)(struct registry *r,
	    const struct registry_filter *filter, registry_each_fn *fn,
	    void *ctx, struct why *why);
	enum cred_err (*status_set_many)(struct registry *r,
	    const struct status_change *changes, size_t n, const char *reason,
	    const char *actor, int64_t now, size_t *bad, struct why *why);
	enum cred_err (*supersede)(struct registry *r, const char *actor,
	    int64_t now, size_t *n, struct why *why);
	enum cred_err (*status_bits)(struct registry *r, uint64_t from,
	    size_t n, uint8_t *raw, struct why *why);
	enum cred_err (*status_version)(
	    struct registry *r, uint64_t list, int64_t *out, struct why *why);
	enum cred_err (*meta_get)(struct registry *r, const char *key,
	    int64_t def, int64_t *out, struct why *why);
	enum cred_err (*meta_set)(struct registry *r, const char *key,
	    int64_t value, bool only_up, struct why *why);
	enum cred_err (*backup)(
	    struct registry *r, const char *path, struct why *why);
	enum cred_err (*audit_append)(struct registry *r, const char *actor,
	    const char *action, const char *subject, const char *detail,
	    int64_t now, struct why *why);
	enum cred_err (*audit_each)(struct registry *r, uint64_t from,
	    const char *subject, registry_act_fn *fn, void *ctx,
	    struct why *why);
	const struct ledger_ops *ledger; /* ledger_int.h */
	const struct copy_ops *copy;     /* copy_int.h; NULL: none */
};

struct registry {
	const struct registry_ops *ops;
	char *actor;
	registry_retry_fn *on_retry; /* NULL: nobody is told */
	void *on_retry_ctx;
	int64_t patience_ms;
	int64_t fence; /* the epoch that was looked at; 0: the next one */
};

/* actor, or who registry_actor_set() named, or "-". */
const char *registry_actor_or(const struct registry *r, const char *actor);

enum cred_err sqlite_registry_open(const char *path, enum registry_mode mode,
    struct registry **out, struct why *why);
/* spec is the whole address, "postgresql://…". */
enum cred_err postgres_registry_open(const char *spec, enum registry_mode mode,
    registry_retry_fn *fn, void *ctx, struct registry **out, struct why *why);
enum cred_err memory_registry_open(struct registry **out, struct why *why);

/* Is what fill built whole? INTERNAL, naming the row, if not. */
enum cred_err entry_check(
    const struct registry_entry *e, uint32_t row, struct why *why);

/* Is index, with these claims, one that registry_find_same() counts? Claims
 * that do not decode count: better asked about than overlooked. */
bool entry_is_same(
    const struct registry_same *what, uint64_t index, struct bytes payload);

/* Give e, whose texts and bytes are somebody else's, copies of them in one
 * block that e->own then holds. */
enum cred_err entry_own(struct registry_entry *e, struct why *why);

/* The serial of number when it is series followed by 1..9 digits, else 0. */
uint32_t series_serial(const char *series, const char *number);

/* May a status go from -> to? The rules of registry_status_set(). */
bool status_may(enum status_value from, enum status_value to);
const char *status_word(enum status_value s);

/* Lines of the trail for registry_reserve(): subject and detail, the latter
 * cut where a character ends. */
#define TRAIL_TEXT 512
/* text was cut after some byte: now where a character ends. */
void trail_cut(char *text);
void trail_issue(const char *batch, size_t n, uint64_t first,
    char subject[static TRAIL_TEXT], char detail[static TRAIL_TEXT]);
void trail_replace(const struct reservation *r, char subject[static TRAIL_TEXT],
    char detail[static TRAIL_TEXT]);

/* The same sentences whichever engine. */
enum cred_err say_number_exists(struct why *why, uint32_t row, uint64_t index);
enum cred_err say_no_replace(struct why *why, uint32_t row, uint64_t index);
enum cred_err say_not_reserved(struct why *why, uint64_t index);
enum cred_err say_head_moved(struct why *why, uint64_t old_size, uint64_t size);
enum cred_err say_head_gap(
    struct why *why, uint64_t old_size, uint64_t new_size);
enum cred_err say_status(struct why *why, uint64_t index,
    enum status_value from, enum status_value to);
enum cred_err say_index_full(struct why *why);

/* Entries lent to a callback point into the engine's memory. */
static inline char *
unconst(const void *p)
{
	return (char *)(uintptr_t)p;
}

#endif
