#ifndef REGISTRY_MEMORY_INT_H
#define REGISTRY_MEMORY_INT_H

#include "registry/ledger.h"
#include "registry/memory.h"
#include "registry/registry_int.h"

struct memory_series {
	char *name;
	uint32_t last;
};

struct memory_meta {
	char *key;
	int64_t value;
};

struct memory_act {
	struct registry_act act; /* its texts are own */
	char *own;
};

struct memory_claim {
	struct ledger_claim claim; /* its texts are own */
	char *own;
	bool one_scheme; /* booked as counting over all schemes */
};

/* Entries stand at their index; state LOGGED is computed when read. */
struct memory_registry {
	struct registry base;
	struct registry_entry *entries;
	size_t n_entries, cap_entries;
	struct memory_series *series;
	size_t n_series;
	struct memory_meta *meta;
	size_t n_meta;
	struct memory_act *acts;
	size_t n_acts;
	struct memory_claim *claims;
	size_t n_claims;
	int64_t *versions;
	size_t n_versions;
	uint64_t size;
	uint8_t root[32];
	size_t note_len;
	uint8_t note[NOTE_MAX_BYTES];
	enum memory_fail fail_when;
	unsigned fail_in, writes;
	enum cred_err fail_with;
};

/* Around every change: before() at its start, after() when it is made. */
enum cred_err memory_before(struct memory_registry *m, struct why *why);
enum cred_err memory_after(struct memory_registry *m, struct why *why);

/* block, or a larger one with the new elements zero; NULL when out of memory
 * (then block stays). *n is how many elements it holds. */
void *memory_grow(void *block, size_t *n, size_t size, size_t want);

enum entry_state memory_state(
    const struct memory_registry *m, const struct registry_entry *e);
enum cred_err memory_audit(struct memory_registry *m, const char *actor,
    const char *action, const char *subject, const char *detail, int64_t now);
enum cred_err memory_status_put(struct memory_registry *m, uint64_t index,
    enum status_value from, enum status_value to, const char *reason,
    const char *actor, int64_t now);

enum cred_err memory_status_set_many(struct registry *r,
    const struct status_change *changes, size_t n, const char *reason,
    const char *actor, int64_t now, size_t *bad, struct why *why);
enum cred_err memory_supersede(struct registry *r, const char *actor,
    int64_t now, size_t *n, struct why *why);
enum cred_err memory_status_bits(
    struct registry *r, uint64_t from, size_t n, uint8_t *raw, struct why *why);
enum cred_err memory_status_version(
    struct registry *r, uint64_t list, int64_t *out, struct why *why);
enum cred_err memory_meta_get(struct registry *r, const char *key, int64_t def,
    int64_t *out, struct why *why);
enum cred_err memory_meta_set(struct registry *r, const char *key,
    int64_t value, bool only_up, struct why *why);
enum cred_err memory_backup(
    struct registry *r, const char *path, struct why *why);
enum cred_err memory_audit_append(struct registry *r, const char *actor,
    const char *action, const char *subject, const char *detail, int64_t now,
    struct why *why);
enum cred_err memory_audit_each(struct registry *r, uint64_t from,
    const char *subject, registry_act_fn *fn, void *ctx, struct why *why);

#endif
