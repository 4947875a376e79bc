#include "tests/log/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/trust.h"

#define CHUNK 512

static enum cred_err
head_get(void *ctx, struct log_head *out, struct why *why)
{
	struct store *b = ctx;

	return registry_head_get(b->r, &out->size, out->root.b, out->note,
	    sizeof out->note, &out->note_len, why);
}

static enum cred_err
head_swap(
    void *ctx, uint64_t old_size, const struct log_head *head, struct why *why)
{
	struct store *b = ctx;

	return registry_head_swap(b->r, old_size, head->size, head->root.b,
	    bytes_of(head->note, head->note_len), why);
}

static enum cred_err
sign(void *ctx, uint64_t size, const struct tlog_hash *root,
    struct outbuf *note, struct why *why)
{
	static const uint8_t key_id[4] = {1, 2, 3, 4}, sig[64];
	struct checkpoint c = {bytes_str("example.org/log"), size, *root};
	struct store *b = ctx;
	uint8_t text[1024];
	struct outbuf t = {text, sizeof text, 0};
	enum cred_err e = checkpoint_encode(&c, &t);

	(void)why;
	if (e == CRED_OK && b->signed_hook != NULL)
		b->signed_hook(size, root);
	return e != CRED_OK ? e
			    : note_encode(bytes_of(text, t.len), c.origin,
				  key_id, sig, note);
}

enum cred_err
store_open(struct store *b, const char *dir)
{
	struct log_ops ops = {b, head_get, head_swap, sign, trust_sha256};
	enum cred_err e;

	b->r = NULL;
	b->l = NULL;
	snprintf(b->spec, sizeof b->spec, "sqlite:%s/registry.db", dir);
	snprintf(b->log_dir, sizeof b->log_dir, "%s/log", dir);
	snprintf(b->pub, sizeof b->pub, "%s/pub", dir);
	e = registry_open(b->spec, REGISTRY_WRITE, &b->r, &b->why);
	if (e == CRED_OK)
		e = log_open(b->log_dir, &ops, &b->l, &b->why);
	if (e != CRED_OK)
		store_close(b);
	return e;
}

void
store_close(struct store *b)
{
	log_close(b->l);
	registry_close(b->r);
	b->l = NULL;
	b->r = NULL;
}

void
store_sign(struct bytes payload, uint8_t out[static 32])
{
	trust_sha256(out, bytes_str("signature"), payload);
}

void
store_entry(struct bytes credential, uint8_t out[static 32])
{
	trust_sha256(out, credential, bytes_of("", 0));
}

struct rows {
	const char *batch;
	char (*number)[32];
	char (*payload)[64];
};

static enum cred_err
fill(void *ctx, struct reservation *r, size_t i, struct registry_entry *out,
    struct why *why)
{
	static char name[] = "张三", id[] = "150102199001010010",
		    occupation[] = "电工";
	struct rows *x = ctx;

	(void)why;
	snprintf(x->number[i], sizeof x->number[i], "%s%06u", r->number_series,
	    r->serial);
	snprintf(x->payload[i], sizeof x->payload[i], "%s/%u at %llu", x->batch,
	    r->row, (unsigned long long)r->index);
	*out = (struct registry_entry){.kind = KIND_LEVEL,
	    .number = x->number[i],
	    .name = name,
	    .id_number = id,
	    .id_type = ID_RESIDENT,
	    .occupation = occupation,
	    .level = 4,
	    .issued = 20000,
	    .payload = bytes_str(x->payload[i])};
	return CRED_OK;
}

static enum cred_err
put_one(struct store *b, uint64_t index, const uint8_t cred[static 32])
{
	struct bytes c = bytes_of(cred, 32);

	return registry_store(b->r, &index, &c, 1, STORE_NOW, &b->why);
}

static enum cred_err
store_rows(struct store *b, const struct reservation *rows, size_t n)
{
	uint8_t(*creds)[32] = calloc(n, sizeof *creds);
	struct bytes *c = calloc(n, sizeof *c);
	uint64_t *index = calloc(n, sizeof *index);
	enum cred_err e = CRED_FAULT_NOMEM;

	if (creds == NULL || c == NULL || index == NULL)
		goto out;
	for (size_t i = 0; i < n; i++) {
		struct registry_entry entry;
		bool found;
		e = registry_by_index(
		    b->r, rows[i].index, &entry, &found, &b->why);
		if (e != CRED_OK)
			goto out;
		store_sign(entry.payload, creds[i]);
		registry_entry_release(&entry);
		c[i] = bytes_of(creds[i], 32);
		index[i] = rows[i].index;
	}
	e = registry_store(b->r, index, c, n, STORE_NOW, &b->why);
out:
	free(creds);
	free(c);
	free(index);
	return e;
}

enum cred_err
store_issue(struct store *b, const char *batch, uint32_t first, size_t n,
    uint64_t *index)
{
	struct reservation *rows = calloc(n, sizeof *rows);
	struct rows x = {batch, calloc(n, 32), calloc(n, 64)};
	enum cred_err e = CRED_FAULT_NOMEM;

	if (rows == NULL || x.number == NULL || x.payload == NULL)
		goto out;
	for (size_t i = 0; i < n; i++) {
		rows[i].row = first + (uint32_t)i;
		rows[i].number_series = "S000015000123254";
		memcpy(rows[i].row_key, &rows[i].row, sizeof rows[i].row);
	}
	e = registry_reserve(
	    b->r, batch, rows, n, STORE_NOW, fill, &x, &b->why);
	if (e == CRED_OK)
		e = store_rows(b, rows, n);
	for (size_t i = 0; e == CRED_OK && i < n; i++)
		index[i] = rows[i].index;
out:
	free(rows);
	free(x.number);
	free(x.payload);
	return e;
}

struct settled {
	uint8_t entries[CHUNK][TLOG_ENTRY_LEN];
	size_t n;
	bool blocked;
};

static enum cred_err
collect(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct settled *s = ctx;

	(void)why;
	if (e->state == ENTRY_RESERVED) {
		s->blocked = true;
		return CRED_FAULT_CONFIG;
	}
	if (e->state == ENTRY_VOID)
		memset(s->entries[s->n], 0, TLOG_ENTRY_LEN);
	else
		store_entry(e->credential, s->entries[s->n]);
	s->n++;
	return CRED_OK;
}

enum cred_err
store_append(struct store *b, uint64_t size, bool *reached)
{
	struct settled *s = malloc(sizeof *s);
	enum cred_err e = CRED_OK;
	uint64_t first;

	if (s == NULL)
		return CRED_FAULT_NOMEM;
	*reached = false;
	while (e == CRED_OK && !(*reached = log_size(b->l) >= size)) {
		struct registry_filter f = {.state = -1,
		    .status = -1,
		    .from = log_size(b->l),
		    .to = log_size(b->l) + CHUNK};
		s->n = 0;
		s->blocked = false;
		e = registry_each(b->r, &f, collect, s, &b->why);
		if (e == CRED_FAULT_CONFIG && s->blocked)
			e = CRED_OK;
		if (e != CRED_OK)
			break;
		if (s->n > 0)
			e = log_append(b->l,
			    (const uint8_t(*)[TLOG_ENTRY_LEN])s->entries, s->n,
			    &first, &b->why);
		else
			e = log_refresh(b->l, &b->why);
		if (e == CRED_FAULT_CONFLICT)
			e = log_refresh(b->l, &b->why);
		else if (e == CRED_OK && s->n == 0 && log_size(b->l) == f.from)
			break; /* something reserved is in the way */
	}
	free(s);
	return e;
}

struct reserved {
	uint64_t index[4096];
	uint8_t cred[4096][32];
	size_t n;
};

static enum cred_err
collect_reserved(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct reserved *x = ctx;

	(void)why;
	if (x->n == 4096)
		return CRED_FAULT_CONFIG;
	x->index[x->n] = e->index;
	store_sign(e->payload, x->cred[x->n++]);
	return CRED_OK;
}

enum cred_err
store_recover(struct store *b)
{
	struct registry_filter f = {.state = ENTRY_RESERVED, .status = -1};
	struct reserved *x = calloc(1, sizeof *x);
	uint64_t next;
	bool reached;
	enum cred_err e;

	if (x == NULL)
		return CRED_FAULT_NOMEM;
	e = registry_each(b->r, &f, collect_reserved, x, &b->why);
	for (size_t i = 0; e == CRED_OK && i < x->n; i++)
		e = x->index[i] % 7 == 0 ? registry_void(b->r, x->index[i],
					       "stale", STORE_NOW, &b->why)
					 : put_one(b, x->index[i], x->cred[i]);
	free(x);
	if (e == CRED_OK)
		e = registry_next_index(b->r, &next, &b->why);
	if (e == CRED_OK)
		e = store_append(b, next, &reached);
	return e == CRED_OK && !reached ? CRED_FAULT_INTERNAL : e;
}
