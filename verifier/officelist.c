#include "verifier/officelist.h"

#include <stdlib.h>

#include "domain/idnum.h"
#include "domain/normal.h"
#include "edge/lang.h"
#include "table/table.h"

#define HEADER_SEARCH 10

struct columns {
	size_t number, type; /* SIZE_MAX: none */
};

static bool
names(struct bytes header, const char *const *list)
{
	uint8_t buf[TABLE_MAX_CELL + 1];
	struct outbuf o = {buf, sizeof buf, 0};

	if (normal_header(header, &o) != CRED_OK)
		return false;
	for (; *list != NULL; list++)
		if (bytes_eq(bytes_of(buf, o.len), bytes_str(*list)))
			return true;
	return false;
}

static const char *const PEOPLE[] = {"证件号码", "证件号", "身份证号",
    "身份证号码", "身份证", "公民身份号码", NULL};
static const char *const TYPES[] = {"证件类型", "证件种类", NULL};
static const char *const NUMBERS[] = {"证书编号", "证书号", "证书号码", NULL};

static enum cred_err
find_columns(struct table *t, const char *path, const char *const *wanted,
    struct columns *out, struct why *why)
{
	const struct table_row *row = NULL;

	for (int i = 0; i < HEADER_SEARCH; i++) {
		enum cred_err e = table_next(t, &row, why);
		if (e != CRED_OK)
			return e;
		if (row == NULL)
			break;
		*out = (struct columns){SIZE_MAX, SIZE_MAX};
		for (size_t k = 0; k < row->n; k++) {
			struct bytes cell =
			    bytes_of(row->cells[k].text, row->cells[k].len);
			if (out->number == SIZE_MAX && names(cell, wanted))
				out->number = k;
			if (out->type == SIZE_MAX && names(cell, TYPES))
				out->type = k;
		}
		if (out->number != SIZE_MAX)
			return CRED_OK;
	}
	return why_set(why, CRED_ERR_TABLE_HEADER,
	    TR("%1$s: no header with %2$s in the first %3$d rows",
		"%1$s：前 %3$d 行中没有“%2$s”列"),
	    path, wanted[0], HEADER_SEARCH);
}

static enum cred_err
keep(struct officelist *l, const uint8_t hash[static 32], struct why *why)
{
	if (l->n == l->cap) {
		size_t more = l->cap == 0 ? 1024 : l->cap * 2;
		uint8_t(*grown)[16] =
		    reallocarray(l->hashes, more, sizeof *grown);
		if (grown == NULL)
			return why_set(why, CRED_FAULT_NOMEM, "%s",
			    cred_strerr(CRED_FAULT_NOMEM));
		l->hashes = grown;
		l->cap = more;
	}
	memcpy(l->hashes[l->n++], hash, 16);
	return CRED_OK;
}

static int
by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

/* 0: not known. */
static int
type_of(const struct table_cell *cell)
{
	uint8_t buf[TABLE_MAX_CELL + 1];
	struct outbuf o = {buf, sizeof buf, 0};

	if (normal_half(bytes_of(cell->text, cell->len), &o) != CRED_OK)
		return 0;
	return idnum_type_by_name(bytes_of(buf, o.len));
}

static enum cred_err
take_row(struct officelist *l, const struct table_row *row,
    const struct columns *at, bool people, const struct person_key *k,
    struct why *why)
{
	uint8_t buf[TABLE_MAX_CELL + 1], hash[32];
	struct outbuf o = {buf, sizeof buf, 0};
	const struct table_cell *c =
	    at->number < row->n ? &row->cells[at->number] : NULL;
	int type = ID_RESIDENT;
	enum cred_err e;

	if (c == NULL || c->len == 0)
		return CRED_OK;
	if (people && at->type < row->n)
		type = type_of(&row->cells[at->type]);
	if (normal_id(bytes_of(c->text, c->len), &o) != CRED_OK || o.len == 0 ||
	    type == 0 || (c->type == CELL_NUMBER && c->len > 15) ||
	    (people && idnum_ruined_by_excel(bytes_of(buf, o.len)))) {
		l->unreadable++;
		return CRED_OK;
	}
	e = people
		? person_hash(k, (enum id_type)type, bytes_of(buf, o.len), hash)
		: person_hash_text(
		      k, "certificate", bytes_of(buf, o.len), hash);
	explicit_bzero(buf, sizeof buf);
	if (e != CRED_OK)
		return why_set(why, e, "%s", cred_strerr(e));
	return keep(l, hash, why);
}

static enum cred_err
load(const char *path, const char *const *wanted, const struct person_key *k,
    struct officelist *out, struct why *why)
{
	struct officelist l = {0};
	const struct table_row *row;
	struct columns at;
	struct table *t = NULL;
	enum cred_err e = table_open(path, NULL, &t, why);

	if (e == CRED_OK)
		e = find_columns(t, path, wanted, &at, why);
	while (e == CRED_OK) {
		e = table_next(t, &row, why);
		if (e != CRED_OK || row == NULL)
			break;
		e = take_row(&l, row, &at, wanted == PEOPLE, k, why);
	}
	table_close(t);
	if (e != CRED_OK) {
		officelist_release(&l);
		return e;
	}
	if (l.n > 0)
		qsort(l.hashes, l.n, sizeof *l.hashes, by_bytes);
	*out = l;
	return CRED_OK;
}

enum cred_err
officelist_people(const char *path, const struct person_key *k,
    struct officelist *out, struct why *why)
{
	return load(path, PEOPLE, k, out, why);
}

enum cred_err
officelist_numbers(const char *path, const struct person_key *k,
    struct officelist *out, struct why *why)
{
	return load(path, NUMBERS, k, out, why);
}

bool
officelist_has(const struct officelist *l, const uint8_t hash[static 32])
{
	return l->n > 0 && bsearch(hash, l->hashes, l->n, sizeof *l->hashes,
			       by_bytes) != NULL;
}

void
officelist_release(struct officelist *l)
{
	free(l->hashes);
	*l = (struct officelist){0};
}
