#include "registry/registry.h"

#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"
#include "registry/registry_int.h"

enum cred_err
registry_open(const char *spec, enum registry_mode mode, struct registry **out,
    struct why *why)
{
	return registry_open_told(spec, mode, NULL, NULL, out, why);
}

enum cred_err
registry_open_told(const char *spec, enum registry_mode mode,
    registry_retry_fn *fn, void *ctx, struct registry **out, struct why *why)
{
	if (strncmp(spec, "sqlite:", 7) == 0 && spec[7] != '\0')
		return sqlite_registry_open(spec + 7,
		    mode == REGISTRY_WRITE ? mode : REGISTRY_READ, out, why);
	if (strncmp(spec, "postgresql://", 13) == 0 ||
	    strncmp(spec, "postgres://", 11) == 0)
		return postgres_registry_open(spec, mode, fn, ctx, out, why);
	if (strcmp(spec, "memory:") == 0)
		return memory_registry_open(out, why);
	/* Never the whole of it: a connection string may hold a password. */
	return why_set(why, CRED_FAULT_CONFIG,
	    TR("--registry: '%.*s…' names no registry; give sqlite:PATH "
	       "or postgresql://…",
		"--registry：“%.*s…”不是登记库，"
		"请给出 sqlite:路径 或 postgresql://…"),
	    (int)strcspn(spec, ":/@"), spec);
}

void
registry_close(struct registry *r)
{
	if (r == NULL)
		return;
	free(r->actor);
	r->ops->close(r);
}

void
registry_on_retry(struct registry *r, registry_retry_fn *fn, void *ctx)
{
	r->on_retry = fn;
	r->on_retry_ctx = ctx;
}

void
registry_patience(struct registry *r, int64_t ms)
{
	r->patience_ms = ms;
}

void
registry_look(struct registry *r)
{
	r->fence = 0;
}

enum cred_err
registry_actor_set(struct registry *r, const char *actor)
{
	char *copy = strdup(actor);

	if (copy == NULL)
		return CRED_FAULT_NOMEM;
	free(r->actor);
	r->actor = copy;
	return CRED_OK;
}

const char *
registry_actor_or(const struct registry *r, const char *actor)
{
	if (actor != NULL)
		return actor;
	return r->actor != NULL ? r->actor : "-";
}

enum cred_err
registry_reserve(struct registry *r, const char *batch,
    struct reservation *rows, size_t n, int64_t now, registry_fill_fn *fill,
    void *ctx, struct why *why)
{
	enum cred_err e;

	for (size_t i = 0; i < n; i++) {
		rows[i].already = false;
		rows[i].index = 0;
		rows[i].serial = 0;
	}
	if (n == 0)
		return CRED_OK;
	e = r->ops->reserve(r, batch, rows, n, now, fill, ctx, why);
	for (size_t i = 0; e != CRED_OK && i < n; i++) {
		rows[i].already = false;
		rows[i].index = 0;
		rows[i].serial = 0;
	}
	return e;
}

enum cred_err
registry_store(struct registry *r, const uint64_t *index,
    const struct bytes *credential, size_t n, int64_t now, struct why *why)
{
	for (size_t i = 0; i < n; i++)
		if (credential[i].len == 0 ||
		    credential[i].len > CRED_MAX_BYTES)
			return why_set(why, CRED_FAULT_INTERNAL,
			    TR("credential %llu has %zu bytes; 1 to %d are "
			       "possible",
				"序号 %llu 的凭证有 %zu 字节，只能是 1 到 %d"),
			    (unsigned long long)index[i], credential[i].len,
			    CRED_MAX_BYTES);
	if (n == 0)
		return CRED_OK;
	return r->ops->store(r, index, credential, n, now, why);
}

enum cred_err
registry_void(struct registry *r, uint64_t index, const char *reason,
    int64_t now, struct why *why)
{
	return r->ops->void_(r, index, reason, now, why);
}

enum cred_err
registry_void_stale(struct registry *r, int64_t before, const char *reason,
    int64_t now, size_t *n, struct why *why)
{
	return r->ops->void_stale(r, before, reason, now, n, why);
}

enum cred_err
registry_head_get(struct registry *r, uint64_t *size, uint8_t root[static 32],
    uint8_t *note, size_t note_cap, size_t *note_len, struct why *why)
{
	return r->ops->head_get(r, size, root, note, note_cap, note_len, why);
}

enum cred_err
registry_head_swap(struct registry *r, uint64_t old_size, uint64_t new_size,
    const uint8_t root[static 32], struct bytes note, struct why *why)
{
	if (new_size < old_size || new_size > TLOG_MAX_SIZE || note.len == 0 ||
	    note.len > NOTE_MAX_BYTES)
		return why_set(why, CRED_FAULT_INTERNAL,
		    TR("a log head of size %llu after %llu, note of %zu bytes",
			"日志头大小 %llu（原 %llu），签名文本 %zu 字节"),
		    (unsigned long long)new_size, (unsigned long long)old_size,
		    note.len);
	return r->ops->head_swap(r, old_size, new_size, root, note, why);
}

enum cred_err
registry_next_index(struct registry *r, uint64_t *out, struct why *why)
{
	return r->ops->next_index(r, out, why);
}

enum cred_err
registry_by_index(struct registry *r, uint64_t index,
    struct registry_entry *out, bool *found, struct why *why)
{
	return r->ops->by_index(r, index, out, found, why);
}

enum cred_err
registry_by_number(struct registry *r, const char *number,
    struct registry_entry *out, bool *found, struct why *why)
{
	return r->ops->by_number(r, number, out, found, why);
}

enum cred_err
registry_find_same(struct registry *r, const struct registry_same *what,
    uint64_t *index, bool *found, struct why *why)
{
	return r->ops->find_same(r, what, index, found, why);
}

enum cred_err
registry_each(struct registry *r, const struct registry_filter *filter,
    registry_each_fn *fn, void *ctx, struct why *why)
{
	static const struct registry_filter all = {.state = -1, .status = -1};

	return r->ops->each(r, filter != NULL ? filter : &all, fn, ctx, why);
}

enum cred_err
registry_status_set(struct registry *r, uint64_t index, enum status_value from,
    enum status_value to, const char *reason, const char *actor, int64_t now,
    struct why *why)
{
	struct status_change one = {index, from, to};

	return registry_status_set_many(
	    r, &one, 1, reason, actor, now, NULL, why);
}

enum cred_err
registry_status_set_many(struct registry *r,
    const struct status_change *changes, size_t n, const char *reason,
    const char *actor, int64_t now, size_t *bad, struct why *why)
{
	size_t dummy;

	if (n == 0)
		return CRED_OK;
	return r->ops->status_set_many(r, changes, n, reason,
	    registry_actor_or(r, actor), now, bad != NULL ? bad : &dummy, why);
}

enum cred_err
registry_supersede(struct registry *r, const char *actor, int64_t now,
    size_t *n, struct why *why)
{
	return r->ops->supersede(r, registry_actor_or(r, actor), now, n, why);
}

enum cred_err
registry_status_bits(
    struct registry *r, uint64_t from, size_t n, uint8_t *raw, struct why *why)
{
	memset(raw, 0, n / 4 + 1);
	return r->ops->status_bits(r, from, n, raw, why);
}

enum cred_err
registry_status_version(
    struct registry *r, uint64_t list, int64_t *out, struct why *why)
{
	return r->ops->status_version(r, list, out, why);
}

enum cred_err
registry_meta_get(struct registry *r, const char *key, int64_t def,
    int64_t *out, struct why *why)
{
	return r->ops->meta_get(r, key, def, out, why);
}

enum cred_err
registry_meta_set(
    struct registry *r, const char *key, int64_t value, struct why *why)
{
	return r->ops->meta_set(r, key, value, false, why);
}

enum cred_err
registry_meta_raise(
    struct registry *r, const char *key, int64_t value, struct why *why)
{
	return r->ops->meta_set(r, key, value, true, why);
}

/* A fact that is there already is written once more, and waits for standbys. */
enum cred_err
registry_settle(struct registry *r, struct why *why)
{
	return r->ops->meta_set(r, "settled", 0, true, why);
}

enum cred_err
registry_backup(struct registry *r, const char *path, struct why *why)
{
	return r->ops->backup(r, path, why);
}

enum cred_err
registry_audit_append(struct registry *r, const char *actor, const char *action,
    const char *subject, const char *detail, int64_t now, struct why *why)
{
	return r->ops->audit_append(r, registry_actor_or(r, actor), action, subject,
	    detail != NULL ? detail : "", now, why);
}

enum cred_err
registry_audit_each(struct registry *r, uint64_t from, const char *subject,
    registry_act_fn *fn, void *ctx, struct why *why)
{
	return r->ops->audit_each(r, from, subject, fn, ctx, why);
}
