#include "registry/memory_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"

static struct memory_registry *
self(struct registry *r)
{
	return (struct memory_registry *)r;
}

enum cred_err
memory_audit(struct memory_registry *m, const char *actor, const char *action,
    const char *subject, const char *detail, int64_t now)
{
	const char *texts[] = {
	    actor, action, subject, detail != NULL ? detail : ""};
	struct registry_act a = {.seq = m->n_acts + 1, .at = now};
	const char **fields[] = {&a.actor, &a.action, &a.subject, &a.detail};
	size_t n = m->n_acts, more = n, total = 0;
	struct memory_act *grown;
	enum cred_err e;
	char *own, *at;

	for (size_t i = 0; i < 4; i++)
		total += strlen(texts[i]) + 1;
	if ((own = at = malloc(total)) == NULL)
		return CRED_FAULT_NOMEM;
	for (size_t i = 0; i < 4; i++) {
		*fields[i] = at;
		at = stpcpy(at, texts[i]) + 1;
	}
	if (n > 0)
		memcpy(a.prev, m->acts[n - 1].act.hash, 32);
	e = audit_hash(&a, a.hash);
	if (e == CRED_OK &&
	    (grown = memory_grow(m->acts, &more, sizeof *grown, n + 1)) != NULL)
		m->acts = grown;
	else
		e = e != CRED_OK ? e : CRED_FAULT_NOMEM;
	if (e != CRED_OK) {
		free(own);
		return e;
	}
	m->n_acts = more;
	m->acts[n] = (struct memory_act){a, own};
	return CRED_OK;
}

enum cred_err
memory_status_put(struct memory_registry *m, uint64_t index,
    enum status_value from, enum status_value to, const char *reason,
    const char *actor, int64_t now)
{
	size_t list = index / STATUSLIST_ENTRIES;
	char subject[48], *detail = NULL;
	enum cred_err e = CRED_OK;
	int64_t *grown =
	    memory_grow(m->versions, &m->n_versions, sizeof *grown, list + 1);

	if (grown == NULL)
		return CRED_FAULT_NOMEM;
	m->versions = grown;
	if (actor != NULL) {
		snprintf(subject, sizeof subject, "index %llu",
		    (unsigned long long)index);
		if (asprintf(&detail, "%s: %s", status_word(from),
			reason != NULL ? reason : "") < 0)
			return CRED_FAULT_NOMEM;
		e = memory_audit(
		    m, actor, status_word(to), subject, detail, now);
		free(detail);
	}
	if (e != CRED_OK)
		return e;
	m->entries[index].status = to;
	m->versions[list]++;
	return CRED_OK;
}

static bool
may_set(struct memory_registry *m, const struct status_change *c,
    const struct status_change *before, size_t n)
{
	const struct registry_entry *e;
	enum status_value now;

	if (c->index >= m->n_entries)
		return false;
	e = &m->entries[c->index];
	now = e->status;
	for (size_t i = 0; i < n; i++)
		if (before[i].index == c->index)
			now = before[i].to;
	if (e->state != ENTRY_SIGNED || now != c->from ||
	    !status_may(c->from, c->to))
		return false;
	return c->to != STATUS_SUPERSEDED ||
	       (e->has_replaced_by &&
		   m->entries[e->replaced_by].state == ENTRY_SIGNED);
}

enum cred_err
memory_status_set_many(struct registry *r, const struct status_change *changes,
    size_t n, const char *reason, const char *actor, int64_t now, size_t *bad,
    struct why *why)
{
	struct memory_registry *m = self(r);
	enum cred_err e = memory_before(m, why);

	if (e != CRED_OK)
		return e;
	for (size_t i = 0; i < n; i++)
		if (!may_set(m, &changes[i], changes, i)) {
			*bad = i;
			return say_status(why, changes[i].index,
			    changes[i].from, changes[i].to);
		}
	for (size_t i = 0; e == CRED_OK && i < n; i++)
		e = memory_status_put(m, changes[i].index, changes[i].from,
		    changes[i].to, reason, actor, now);
	return e == CRED_OK ? memory_after(m, why) : e;
}

enum cred_err
memory_supersede(struct registry *r, const char *actor, int64_t now, size_t *n,
    struct why *why)
{
	struct memory_registry *m = self(r);
	char reason[48];
	size_t done = 0;
	enum cred_err e = memory_before(m, why);

	for (size_t i = 0; e == CRED_OK && i < m->n_entries; i++) {
		const struct registry_entry *old = &m->entries[i];
		if (!old->has_replaced_by ||
		    !status_may(old->status, STATUS_SUPERSEDED) ||
		    memory_state(m, &m->entries[old->replaced_by]) !=
			ENTRY_LOGGED)
			continue;
		snprintf(reason, sizeof reason, "replaced by index %llu",
		    (unsigned long long)old->replaced_by);
		e = memory_status_put(
		    m, i, old->status, STATUS_SUPERSEDED, reason, actor, now);
		done++;
	}
	if (e == CRED_OK)
		e = memory_after(m, why);
	if (e == CRED_OK)
		*n = done;
	return e;
}

enum cred_err
memory_status_bits(
    struct registry *r, uint64_t from, size_t n, uint8_t *raw, struct why *why)
{
	struct memory_registry *m = self(r);

	(void)why;
	for (size_t i = 0; i < n && from + i < m->n_entries; i++)
		raw[i / 4] |=
		    (uint8_t)(m->entries[from + i].status << (i % 4 * 2));
	return CRED_OK;
}

enum cred_err
memory_status_version(
    struct registry *r, uint64_t list, int64_t *out, struct why *why)
{
	struct memory_registry *m = self(r);

	(void)why;
	*out = list < m->n_versions ? m->versions[list] : 0;
	return CRED_OK;
}

enum cred_err
memory_meta_get(struct registry *r, const char *key, int64_t def, int64_t *out,
    struct why *why)
{
	struct memory_registry *m = self(r);

	(void)why;
	*out = def;
	for (size_t i = 0; i < m->n_meta; i++)
		if (strcmp(m->meta[i].key, key) == 0)
			*out = m->meta[i].value;
	return CRED_OK;
}

enum cred_err
memory_meta_set(struct registry *r, const char *key, int64_t value,
    bool only_up, struct why *why)
{
	struct memory_registry *m = self(r);
	size_t i = 0, n = m->n_meta;
	enum cred_err e = memory_before(m, why);

	if (e != CRED_OK)
		return e;
	while (i < n && strcmp(m->meta[i].key, key) != 0)
		i++;
	if (i == n) {
		char *copy = strdup(key);
		size_t more = n;
		struct memory_meta *grown =
		    copy == NULL
			? NULL
			: memory_grow(m->meta, &more, sizeof *grown, n + 1);
		if (grown == NULL) {
			free(copy);
			return CRED_FAULT_NOMEM;
		}
		m->meta = grown;
		m->n_meta = more;
		m->meta[i] = (struct memory_meta){copy, value};
	}
	if (!only_up || value > m->meta[i].value)
		m->meta[i].value = value;
	return memory_after(m, why);
}

enum cred_err
memory_backup(struct registry *r, const char *path, struct why *why)
{
	(void)r;
	return why_set(why, CRED_FAULT_CONFIG,
	    TR("%s: a registry in memory has no backup",
		"%s：内存中的登记库不能备份"),
	    path);
}

enum cred_err
memory_audit_append(struct registry *r, const char *actor, const char *action,
    const char *subject, const char *detail, int64_t now, struct why *why)
{
	struct memory_registry *m = self(r);
	enum cred_err e = memory_before(m, why);

	if (e == CRED_OK)
		e = memory_audit(m, actor, action, subject, detail, now);
	return e == CRED_OK ? memory_after(m, why) : e;
}

enum cred_err
memory_audit_each(struct registry *r, uint64_t from, const char *subject,
    registry_act_fn *fn, void *ctx, struct why *why)
{
	struct memory_registry *m = self(r);
	enum cred_err e = CRED_OK;

	for (size_t i = 0; e == CRED_OK && i < m->n_acts; i++)
		if (m->acts[i].act.seq >= from &&
		    (subject == NULL ||
			strcmp(m->acts[i].act.subject, subject) == 0))
			e = fn(ctx, &m->acts[i].act, why);
	return e;
}
