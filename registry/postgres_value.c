/* Values on their way to PostgreSQL and back. */
#include "registry/postgres_int.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
pg_int(struct pg_args *a, int64_t v)
{
	char *at = a->number[a->n];

	snprintf(at, sizeof a->number[0], "%lld", (long long)v);
	a->value[a->n] = at;
	a->format[a->n++] = 0;
}

void
pg_text(struct pg_args *a, const char *text)
{
	a->value[a->n] = text;
	a->format[a->n++] = 0;
}

void
pg_blob(struct pg_args *a, struct bytes b)
{
	a->value[a->n] = b.len > 0 ? (const char *)b.ptr : "";
	a->len[a->n] = (int)b.len;
	a->format[a->n++] = 1;
}

void
pg_null(struct pg_args *a)
{
	pg_text(a, NULL);
}

static uint8_t *
be(uint8_t *p, uint64_t v, unsigned len)
{
	for (unsigned i = len; i-- > 0;)
		*p++ = (uint8_t)(v >> (8 * i));
	return p;
}

/* ndim, has nulls, type, length, lower bound */
#define ARRAY_HEAD 20

static uint8_t *
array_room(struct pg_array *a, size_t len)
{
	size_t want = (a->len == 0 ? ARRAY_HEAD : a->len) + 4 + len, cap;
	uint8_t *p;

	if (a->oom || want > INT32_MAX) {
		a->oom = true;
		return NULL;
	}
	if (want > a->cap) {
		cap = want < 512 ? 1024 : want * 2;
		p = realloc(a->ptr, cap);
		if (p == NULL) {
			a->oom = true;
			return NULL;
		}
		a->ptr = p;
		a->cap = cap;
	}
	p = a->ptr + want - 4 - len;
	a->len = want;
	a->n++;
	return p;
}

void
pg_add_int(struct pg_array *a, int64_t v)
{
	uint8_t *p;

	a->type = PG_INT8;
	if ((p = array_room(a, 8)) != NULL)
		be(be(p, 8, 4), (uint64_t)v, 8);
}

static void
add_bytes(struct pg_array *a, const void *ptr, size_t len)
{
	uint8_t *p = array_room(a, len);

	if (p == NULL)
		return;
	p = be(p, len, 4);
	if (len > 0)
		memcpy(p, ptr, len);
}

void
pg_add_text(struct pg_array *a, const char *text)
{
	a->type = PG_TEXT;
	if (text == NULL)
		pg_add_null(a);
	else
		add_bytes(a, text, strlen(text));
}

void
pg_add_blob(struct pg_array *a, struct bytes b)
{
	a->type = PG_BYTEA;
	add_bytes(a, b.ptr, b.len);
}

void
pg_add_null(struct pg_array *a)
{
	uint8_t *p = array_room(a, 0);

	if (p != NULL)
		be(p, UINT32_MAX, 4);
}

void
pg_array_release(struct pg_array *a)
{
	free(a->ptr);
	*a = (struct pg_array){0};
}

enum cred_err
pg_lists(
    struct pg_args *out, struct pg_array *arrays, size_t n, struct why *why)
{
	for (size_t i = 0; i < n; i++) {
		struct pg_array *a = &arrays[i];
		uint8_t *p = a->ptr;
		if (a->oom || a->n == 0)
			return pg_nomem(why);
		/* "May hold NULLs" is always true enough. */
		p = be(be(be(p, 1, 4), 1, 4), (uint64_t)a->type, 4);
		be(be(p, a->n, 4), 1, 4);
		pg_blob(out, bytes_of(a->ptr, a->len));
	}
	return CRED_OK;
}

int64_t
pg_col_int(const PGresult *r, int row, int col)
{
	const uint8_t *p = (const uint8_t *)PQgetvalue(r, row, col);
	int len = PQgetlength(r, row, col);
	uint64_t v = 0;

	if (PQgetisnull(r, row, col))
		return 0;
	if (len > 0 && (p[0] & 0x80) != 0)
		v = UINT64_MAX;
	for (int i = 0; i < len; i++)
		v = v << 8 | p[i];
	return (int64_t)v;
}

bool
pg_col_bool(const PGresult *r, int row, int col)
{
	return PQgetlength(r, row, col) == 1 && PQgetvalue(r, row, col)[0] == 1;
}

char *
pg_col_text(const PGresult *r, int row, int col)
{
	return PQgetisnull(r, row, col) ? NULL : PQgetvalue(r, row, col);
}

struct bytes
pg_col_blob(const PGresult *r, int row, int col)
{
	int len = PQgetlength(r, row, col);

	return len > 0 ? bytes_of(PQgetvalue(r, row, col), (size_t)len)
		       : (struct bytes){0};
}

void
pg_col_hash(const PGresult *r, int row, int col, uint8_t out[static 32])
{
	struct bytes b = pg_col_blob(r, row, col);

	memset(out, 0, 32);
	if (b.len == 32)
		memcpy(out, b.ptr, 32);
}

static int
pair_cmp(const void *a, const void *b)
{
	const struct pg_pair *x = a, *y = b;
	size_t n = x->key.len < y->key.len ? x->key.len : y->key.len;
	int c = n > 0 ? memcmp(x->key.ptr, y->key.ptr, n) : 0;

	return c != 0 ? c
		      : (x->key.len > y->key.len) - (x->key.len < y->key.len);
}

struct pg_pair *
pg_map_get(struct pg_map *m, struct bytes key)
{
	struct pg_pair want = {.key = key};
	void *at = tfind(&want, &m->root, pair_cmp);

	return at != NULL ? *(struct pg_pair **)at : NULL;
}

struct pg_pair *
pg_map_put(struct pg_map *m, struct bytes key)
{
	struct pg_pair *p = pg_map_get(m, key);

	if (p != NULL)
		return p;
	if ((p = calloc(1, sizeof *p)) == NULL)
		return NULL;
	p->key = key;
	if (tsearch(p, &m->root, pair_cmp) == NULL) {
		free(p);
		return NULL;
	}
	return p;
}

void
pg_map_release(struct pg_map *m)
{
	tdestroy(m->root, free);
	m->root = NULL;
}
