#include "registry/memory_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"
#include "registry/ledger_int.h"

/*
 * Plain arrays and linear searches: for tests of a few thousand entries. Calls
 * check everything first and change nothing before that, or undo by cutting
 * the arrays off at their old length.
 */
static struct memory_registry *
self(struct registry *r)
{
	return (struct memory_registry *)r;
}

void
registry_memory_fail(
    struct registry *r, enum memory_fail when, unsigned nth, enum cred_err e)
{
	struct memory_registry *m = self(r);

	m->fail_when = when;
	m->fail_in = nth;
	m->fail_with = e;
}

unsigned
registry_memory_writes(const struct registry *r)
{
	return ((const struct memory_registry *)r)->writes;
}

static enum cred_err
fail_now(struct memory_registry *m, struct why *why)
{
	m->fail_when = MEMORY_FAIL_NEVER;
	return why_set(why, m->fail_with,
	    TR("registry: failure on request", "登记库：按要求出错"));
}

enum cred_err
memory_before(struct memory_registry *m, struct why *why)
{
	m->writes++;
	if (m->fail_when == MEMORY_FAIL_NEVER)
		return CRED_OK;
	if (m->fail_in > 1) {
		m->fail_in--;
		return CRED_OK;
	}
	m->fail_in = 0;
	return m->fail_when == MEMORY_FAIL_BEFORE ? fail_now(m, why) : CRED_OK;
}

enum cred_err
memory_after(struct memory_registry *m, struct why *why)
{
	if (m->fail_when == MEMORY_FAIL_AFTER && m->fail_in == 0)
		return fail_now(m, why);
	return CRED_OK;
}

void *
memory_grow(void *block, size_t *n, size_t size, size_t want)
{
	char *more;

	if (want <= *n)
		return block;
	more = realloc(block, want * size);
	if (more == NULL)
		return NULL;
	memset(more + *n * size, 0, (want - *n) * size);
	*n = want;
	return more;
}

enum entry_state
memory_state(const struct memory_registry *m, const struct registry_entry *e)
{
	if (e->state == ENTRY_SIGNED && e->index < m->size)
		return ENTRY_LOGGED;
	return e->state;
}

static void
memory_close(struct registry *r)
{
	struct memory_registry *m = self(r);

	for (size_t i = 0; i < m->n_entries; i++)
		free(m->entries[i].own);
	for (size_t i = 0; i < m->n_series; i++)
		free(m->series[i].name);
	for (size_t i = 0; i < m->n_meta; i++)
		free(m->meta[i].key);
	for (size_t i = 0; i < m->n_acts; i++)
		free(m->acts[i].own);
	for (size_t i = 0; i < m->n_claims; i++)
		free(m->claims[i].own);
	free(m->entries);
	free(m->series);
	free(m->meta);
	free(m->acts);
	free(m->claims);
	free(m->versions);
	free(m);
}

static struct registry_entry *
newest_of(struct memory_registry *m, const char *number)
{
	for (size_t i = m->n_entries; i-- > 0;)
		if (m->entries[i].state != ENTRY_VOID &&
		    m->entries[i].number != NULL &&
		    strcmp(m->entries[i].number, number) == 0)
			return &m->entries[i];
	return NULL;
}

static bool
row_get(struct memory_registry *m, const char *batch, struct reservation *r)
{
	for (size_t i = 0; i < m->n_entries; i++) {
		const struct registry_entry *e = &m->entries[i];
		if (e->state != ENTRY_VOID && strcmp(e->batch, batch) == 0 &&
		    memcmp(e->row_key, r->row_key, 32) == 0) {
			r->already = true;
			r->index = e->index;
			return true;
		}
	}
	return false;
}

static struct memory_series *
series_get(struct memory_registry *m, const char *name)
{
	size_t n = m->n_series, more = n;
	struct memory_series *grown;

	for (size_t i = 0; i < n; i++)
		if (strcmp(m->series[i].name, name) == 0)
			return &m->series[i];
	grown = memory_grow(m->series, &more, sizeof *m->series, n + 1);
	if (grown == NULL)
		return NULL;
	m->series = grown;
	if ((grown[n].name = strdup(name)) == NULL)
		return NULL;
	m->n_series = more;
	return &grown[n];
}

static enum cred_err
series_take(struct memory_registry *m, struct reservation *r)
{
	struct memory_series *s = series_get(m, r->number_series);
	uint32_t given;

	if (s == NULL)
		return CRED_FAULT_NOMEM;
	if (r->number == NULL) {
		r->serial = ++s->last;
		return CRED_OK;
	}
	given = series_serial(r->number_series, r->number);
	if (given > s->last)
		s->last = given;
	return CRED_OK;
}

static const char *
actor_of(const struct memory_registry *m)
{
	return m->base.actor != NULL ? m->base.actor : "-";
}

static enum cred_err
reserve_one(struct memory_registry *m, const char *batch,
    struct reservation *rows, size_t i, int64_t now, registry_fill_fn *fill,
    void *ctx, struct why *why)
{
	struct reservation *r = &rows[i];
	struct registry_entry in = {0}, *old = NULL, *same, *grown;
	char subject[TRAIL_TEXT], detail[TRAIL_TEXT];
	enum cred_err e;

	if (row_get(m, batch, r))
		return CRED_OK;
	if (r->replaces != NULL) {
		if (*r->replaces < m->n_entries)
			old = &m->entries[*r->replaces];
		if (old == NULL || old->state != ENTRY_SIGNED ||
		    old->has_replaced_by ||
		    !status_may(old->status, STATUS_SUPERSEDED))
			return say_no_replace(why, r->row, *r->replaces);
	}
	if (r->number_series != NULL && (e = series_take(m, r)) != CRED_OK)
		return e;
	r->index = m->n_entries;
	if ((e = fill(ctx, r, i, &in, why)) != CRED_OK ||
	    (e = entry_check(&in, r->row, why)) != CRED_OK)
		return e;
	same = in.number != NULL ? newest_of(m, in.number) : NULL;
	if (same != NULL && !(r->keeps_number && same == old))
		return say_number_exists(why, r->row, same->index);
	in.index = r->index;
	in.state = ENTRY_RESERVED;
	in.status = STATUS_VALID;
	in.batch = unconst(batch);
	in.row = r->row;
	memcpy(in.row_key, r->row_key, 32);
	in.credential = (struct bytes){0};
	in.reserved_at = now;
	in.signed_at = 0;
	in.has_replaces = r->replaces != NULL;
	in.replaces = r->replaces != NULL ? *r->replaces : 0;
	in.has_replaced_by = false;
	grown = memory_grow(m->entries, &m->cap_entries, sizeof *grown,
	    m->n_entries == m->cap_entries ? 2 * m->n_entries + 16 : 0);
	if (grown == NULL)
		return CRED_FAULT_NOMEM;
	m->entries = grown;
	if ((e = entry_own(&in, why)) != CRED_OK)
		return e;
	m->entries[m->n_entries++] = in;
	if (!in.has_replaces)
		return CRED_OK;
	m->entries[in.replaces].has_replaced_by = true;
	m->entries[in.replaces].replaced_by = in.index;
	trail_replace(r, subject, detail);
	return memory_audit(m, actor_of(m), "replace", subject, detail, now);
}

static enum cred_err
note_issue(struct memory_registry *m, const char *batch,
    const struct reservation *rows, size_t n, int64_t now)
{
	char subject[TRAIL_TEXT], detail[TRAIL_TEXT];
	size_t count = 0;
	uint64_t first = 0;

	for (size_t i = n; i-- > 0;)
		if (!rows[i].already && rows[i].replaces == NULL) {
			count++;
			first = rows[i].index;
		}
	if (count == 0)
		return CRED_OK;
	trail_issue(batch, count, first, subject, detail);
	return memory_audit(m, actor_of(m), "issue", subject, detail, now);
}

static void
unlink_replaced(struct memory_registry *m, const struct registry_entry *e)
{
	if (e->has_replaces)
		m->entries[e->replaces].has_replaced_by = false;
}

static enum cred_err
memory_reserve(struct registry *r, const char *batch, struct reservation *rows,
    size_t n, int64_t now, registry_fill_fn *fill, void *ctx, struct why *why)
{
	struct memory_registry *m = self(r);
	size_t old_n = m->n_entries, old_series = m->n_series;
	size_t old_acts = m->n_acts;
	uint32_t *last = calloc(old_series + 1, sizeof *last);
	enum cred_err e = memory_before(m, why);

	if (last == NULL)
		return CRED_FAULT_NOMEM;
	for (size_t i = 0; i < old_series; i++)
		last[i] = m->series[i].last;
	for (size_t i = 0; e == CRED_OK && i < n; i++)
		e = reserve_one(m, batch, rows, i, now, fill, ctx, why);
	if (e == CRED_OK)
		e = note_issue(m, batch, rows, n, now);
	if (e != CRED_OK) {
		while (m->n_acts > old_acts)
			free(m->acts[--m->n_acts].own);
		while (m->n_entries > old_n) {
			unlink_replaced(m, &m->entries[--m->n_entries]);
			registry_entry_release(&m->entries[m->n_entries]);
		}
		for (size_t i = 0; i < m->n_series; i++)
			m->series[i].last = i < old_series ? last[i] : 0;
	}
	free(last);
	return e == CRED_OK ? memory_after(m, why) : e;
}

static enum cred_err
memory_store(struct registry *r, const uint64_t *index,
    const struct bytes *credential, size_t n, int64_t now, struct why *why)
{
	struct memory_registry *m = self(r);
	enum cred_err e = memory_before(m, why);

	for (size_t i = 0; e == CRED_OK && i < n; i++) {
		const struct registry_entry *old =
		    index[i] < m->n_entries ? &m->entries[index[i]] : NULL;
		if (old == NULL || old->state == ENTRY_VOID ||
		    (old->state == ENTRY_SIGNED &&
			!bytes_eq(old->credential, credential[i])))
			e = say_not_reserved(why, index[i]);
		for (size_t k = 0; e == CRED_OK && k < i; k++)
			if (index[k] == index[i] &&
			    !bytes_eq(credential[k], credential[i]))
				e = say_not_reserved(why, index[i]);
	}
	for (size_t i = 0; e == CRED_OK && i < n; i++) {
		struct registry_entry *old = &m->entries[index[i]];
		struct registry_entry with = *old;
		if (old->state == ENTRY_SIGNED)
			continue;
		with.credential = credential[i];
		with.state = ENTRY_SIGNED;
		with.signed_at = now;
		if ((e = entry_own(&with, why)) != CRED_OK)
			return e;
		free(old->own);
		*old = with;
	}
	return e == CRED_OK ? memory_after(m, why) : e;
}

static enum cred_err
void_one(
    struct memory_registry *m, uint64_t index, const char *reason, int64_t now)
{
	enum cred_err e;
	char subject[48];

	snprintf(
	    subject, sizeof subject, "index %llu", (unsigned long long)index);
	e = memory_audit(m, actor_of(m), "void", subject, reason, now);
	if (e == CRED_OK)
		e = memory_status_put(
		    m, index, STATUS_VALID, STATUS_REVOKED, NULL, NULL, now);
	if (e != CRED_OK)
		return e;
	m->entries[index].state = ENTRY_VOID;
	unlink_replaced(m, &m->entries[index]);
	return CRED_OK;
}

static enum cred_err
memory_void(struct registry *r, uint64_t index, const char *reason, int64_t now,
    struct why *why)
{
	struct memory_registry *m = self(r);
	enum cred_err e = memory_before(m, why);

	if (e != CRED_OK)
		return e;
	if (index >= m->n_entries || m->entries[index].state != ENTRY_RESERVED)
		return say_not_reserved(why, index);
	e = void_one(m, index, reason, now);
	return e == CRED_OK ? memory_after(m, why) : e;
}

static enum cred_err
memory_void_stale(struct registry *r, int64_t before, const char *reason,
    int64_t now, size_t *n, struct why *why)
{
	struct memory_registry *m = self(r);
	size_t done = 0;
	enum cred_err e = memory_before(m, why);

	for (size_t i = 0; e == CRED_OK && i < m->n_entries; i++) {
		if (m->entries[i].state != ENTRY_RESERVED ||
		    m->entries[i].reserved_at >= before)
			continue;
		e = void_one(m, i, reason, now);
		done++;
	}
	if (e == CRED_OK)
		e = memory_after(m, why);
	if (e == CRED_OK)
		*n = done;
	return e;
}

static enum cred_err
memory_head_get(struct registry *r, uint64_t *size, uint8_t root[static 32],
    uint8_t *note, size_t note_cap, size_t *note_len, struct why *why)
{
	struct memory_registry *m = self(r);

	(void)why;
	if (m->note_len > note_cap)
		return CRED_FAULT_SPACE;
	*size = m->size;
	memcpy(root, m->root, 32);
	if (m->note_len > 0)
		memcpy(note, m->note, m->note_len);
	*note_len = m->note_len;
	return CRED_OK;
}

static enum cred_err
memory_head_swap(struct registry *r, uint64_t old_size, uint64_t new_size,
    const uint8_t root[static 32], struct bytes note, struct why *why)
{
	struct memory_registry *m = self(r);
	enum cred_err e = memory_before(m, why);

	if (e != CRED_OK)
		return e;
	if (m->size != old_size ||
	    (new_size == old_size && m->note_len != 0 &&
		(memcmp(m->root, root, 32) != 0 ||
		    !bytes_eq(note, bytes_of(m->note, m->note_len)))))
		return say_head_moved(why, old_size, m->size);
	for (uint64_t i = old_size; i < new_size; i++)
		if (i >= m->n_entries || m->entries[i].state == ENTRY_RESERVED)
			return say_head_gap(why, old_size, new_size);
	m->size = new_size;
	memcpy(m->root, root, 32);
	memcpy(m->note, note.ptr, note.len);
	m->note_len = note.len;
	return memory_after(m, why);
}

static enum cred_err
memory_next_index(struct registry *r, uint64_t *out, struct why *why)
{
	(void)why;
	*out = self(r)->n_entries;
	return CRED_OK;
}

static enum cred_err
lend(struct memory_registry *m, const struct registry_entry *e,
    struct registry_entry *out, bool *found, struct why *why)
{
	struct registry_entry copy;
	enum cred_err err;

	if (e != NULL) {
		copy = *e;
		copy.state = memory_state(m, e);
		if ((err = entry_own(&copy, why)) != CRED_OK)
			return err;
		*out = copy;
	}
	*found = e != NULL;
	return CRED_OK;
}

static enum cred_err
memory_by_index(struct registry *r, uint64_t index, struct registry_entry *out,
    bool *found, struct why *why)
{
	struct memory_registry *m = self(r);

	return lend(m, index < m->n_entries ? &m->entries[index] : NULL, out,
	    found, why);
}

static enum cred_err
memory_by_number(struct registry *r, const char *number,
    struct registry_entry *out, bool *found, struct why *why)
{
	struct memory_registry *m = self(r);

	return lend(m, newest_of(m, number), out, found, why);
}

static bool
same_work(
    const struct registry_entry *e, const char *code, const char *occupation)
{
	if (code != NULL && e->code != NULL)
		return strcmp(code, e->code) == 0;
	return occupation != NULL && strcmp(occupation, e->occupation) == 0;
}

static enum cred_err
memory_find_same(struct registry *r, const struct registry_same *what,
    uint64_t *index, bool *found, struct why *why)
{
	struct memory_registry *m = self(r);

	(void)why;
	*found = false;
	for (size_t i = 0; i < m->n_entries && !*found; i++) {
		const struct registry_entry *e = &m->entries[i];
		if (e->state == ENTRY_VOID || e->status == STATUS_REVOKED ||
		    e->status == STATUS_SUPERSEDED || e->kind != what->kind ||
		    e->level != what->level || e->id_type != what->type ||
		    strcmp(e->id_number, what->id_number) != 0 ||
		    !same_work(e, what->code, what->occupation) ||
		    !entry_is_same(what, e->index, e->payload))
			continue;
		*found = true;
		*index = e->index;
	}
	return CRED_OK;
}

static bool
is_work(const struct registry_entry *e, const char *work)
{
	return strstr(e->occupation, work) != NULL ||
	       (e->code != NULL && strcmp(e->code, work) == 0);
}

static enum cred_err
memory_each(struct registry *r, const struct registry_filter *f,
    registry_each_fn *fn, void *ctx, struct why *why)
{
	struct memory_registry *m = self(r);
	enum cred_err err;

	for (size_t i = 0; i < m->n_entries; i++) {
		struct registry_entry e = m->entries[i];

		e.state = memory_state(m, &e);
		e.own = NULL;
		if (i < f->from || (f->to != 0 && i >= f->to) ||
		    (f->batch != NULL && strcmp(f->batch, e.batch) != 0) ||
		    (f->number != NULL &&
			(e.number == NULL ||
			    strcmp(f->number, e.number) != 0)) ||
		    (f->kind != 0 && f->kind != (int)e.kind) ||
		    (f->state >= 0 && f->state != (int)e.state) ||
		    (f->status >= 0 && f->status != (int)e.status) ||
		    (f->name != NULL && strstr(e.name, f->name) == NULL) ||
		    (f->work != NULL && !is_work(&e, f->work)) ||
		    e.issued < f->issued_from ||
		    (f->issued_to != 0 && e.issued > f->issued_to))
			continue;
		if ((err = fn(ctx, &e, why)) != CRED_OK)
			return err;
	}
	return CRED_OK;
}

static const struct registry_ops memory_ops = {
    .close = memory_close,
    .reserve = memory_reserve,
    .store = memory_store,
    .void_ = memory_void,
    .void_stale = memory_void_stale,
    .head_get = memory_head_get,
    .head_swap = memory_head_swap,
    .next_index = memory_next_index,
    .by_index = memory_by_index,
    .by_number = memory_by_number,
    .find_same = memory_find_same,
    .each = memory_each,
    .status_set_many = memory_status_set_many,
    .supersede = memory_supersede,
    .status_bits = memory_status_bits,
    .status_version = memory_status_version,
    .meta_get = memory_meta_get,
    .meta_set = memory_meta_set,
    .backup = memory_backup,
    .audit_append = memory_audit_append,
    .audit_each = memory_audit_each,
    .ledger = &memory_ledger_ops,
};

enum cred_err
memory_registry_open(struct registry **out, struct why *why)
{
	struct memory_registry *m = calloc(1, sizeof *m);

	if (m == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, TR("out of memory", "内存不足"));
	m->base.ops = &memory_ops;
	*out = &m->base;
	return CRED_OK;
}
