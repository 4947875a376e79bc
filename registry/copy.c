#include "registry/copy.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "edge/lang.h"
#include "registry/copy_int.h"

#define I(column)                                                              \
	{                                                                      \
		column, CELL_INT, NULL                                         \
	}
#define T(column)                                                              \
	{                                                                      \
		column, CELL_TEXT, NULL                                        \
	}
#define B(column)                                                              \
	{                                                                      \
		column, CELL_BLOB, NULL                                        \
	}

const struct table registry_tables[TABLES] = {
    {"batch", "id", 5,
	{I("id"), T("name"), I("first_idx"), I("end_idx"), I("made_at")}},
    {"entry", "idx", 20,
	{I("idx"), I("batch_id"), {"row", CELL_INT, "row_no"}, B("row_key"),
	    I("void_mark"), I("kind"), T("number"), I("generation"), T("name"),
	    I("id_type"), T("id_number"), T("occupation"), T("code"),
	    T("direction"), I("level"), I("issued"), B("payload"), B("print"),
	    I("reserved_at"), I("replaces")}},
    {"credential", "idx", 3, {I("idx"), B("bytes"), I("signed_at")}},
    {"status", "idx", 2, {I("idx"), I("value")}},
    {"status_version", "list", 2, {I("list"), I("version")}},
    {"series", "name", 2, {T("name"), I("last")}, "name COLLATE \"C\""},
    {"head", "one", 4, {I("one"), I("size"), B("root"), B("note")}},
    {"meta", "key", 2, {T("key"), I("value")}, "key COLLATE \"C\""},
    {"audit", "seq", 8,
	{I("seq"), I("at"), T("actor"), T("action"), T("subject"), T("detail"),
	    B("prev"), B("hash")}},
    {"claim", "seq", 23,
	{I("seq"), T("id"), B("content"), B("person"), T("subject"),
	    I("scheme"), I("part"), I("year"), I("kind"), I("level"),
	    I("applied"), I("issued"), I("trained_from"), I("trained_to"),
	    I("fen"), T("number"), T("institution"), T("body_id"), I("idx"),
	    T("codes"), I("state"), T("booked_by"), I("changed_at")}},
    {"claim_year", "person, year, place", 4,
	{B("person"), I("year"), I("place"), I("claim")}},
    /* By its claim: texts may sort differently elsewhere. */
    {"claim_half", "claim, scheme, half", 5,
	{B("person"), T("subject"), I("scheme"), I("half"), I("claim")}},
    {"claim_more", "claim", 6,
	{I("claim"), T("region"), I("department"), B("phone"), B("account"),
	    B("photo")}},
};

bool
registry_has_table(const char *name)
{
	for (size_t i = 0; i < TABLES; i++)
		if (strcmp(registry_tables[i].name, name) == 0)
			return true;
	return false;
}

enum cred_err
say_table_unknown(struct why *why, const char *place, const char *name)
{
	return why_set(why, CRED_FAULT_DB,
	    TR("registry %s holds a table '%s' that this program does not know "
	       "and would leave behind; use the Tamga that made it",
		"登记库 %s 中有本程序不认识的表“%s”，复制会遗漏它，"
		"请使用建立它的 Tamga 版本"),
	    place, name);
}

static enum cred_err
ops_of(const struct registry *r, const struct copy_ops **out, struct why *why)
{
	*out = r->ops->copy;
	if (*out != NULL)
		return CRED_OK;
	return why_set(why, CRED_FAULT_CONFIG,
	    TR("a registry in memory is not copied", "内存中的登记库不能复制"));
}

enum cred_err
registry_about(struct registry *r, struct registry_about *out, struct why *why)
{
	const struct copy_ops *ops;
	enum cred_err e = ops_of(r, &ops, why);

	return e == CRED_OK ? ops->about(r, out, why) : e;
}

/* One hash a table, over every cell in order. */
struct digests {
	EVP_MD_CTX *md[TABLES];
	uint8_t hash[TABLES][32];
};

static void
digests_release(struct digests *d)
{
	for (size_t i = 0; i < TABLES; i++)
		EVP_MD_CTX_free(d->md[i]);
	*d = (struct digests){0};
}

static enum cred_err
crypto(struct why *why)
{
	ERR_clear_error();
	return why_set(
	    why, CRED_FAULT_CRYPTO, "%s", cred_strerr(CRED_FAULT_CRYPTO));
}

static enum cred_err
digests_init(struct digests *d, struct why *why)
{
	digests_release(d);
	for (size_t i = 0; i < TABLES; i++)
		if ((d->md[i] = EVP_MD_CTX_new()) == NULL ||
		    EVP_DigestInit_ex(d->md[i], EVP_sha256(), NULL) != 1)
			return crypto(why);
	return CRED_OK;
}

static enum cred_err
digests_final(struct digests *d, struct why *why)
{
	for (size_t i = 0; i < TABLES; i++)
		if (EVP_DigestFinal_ex(d->md[i], d->hash[i], NULL) != 1)
			return crypto(why);
	return CRED_OK;
}

static enum cred_err
digest_row(
    void *ctx, const struct table *t, const struct cell *cells, struct why *why)
{
	struct digests *d = ctx;
	EVP_MD_CTX *md = d->md[t - registry_tables];
	bool good = true;

	for (unsigned i = 0; i < t->n; i++) {
		const struct cell *c = &cells[i];
		uint8_t head[17] = {c->null};
		for (int k = 0; !c->null && k < 8; k++) {
			head[1 + k] = (uint8_t)((uint64_t)c->number >> (8 * k));
			head[9 + k] = (uint8_t)(c->bytes.len >> (8 * k));
		}
		good =
		    good && EVP_DigestUpdate(md, head, sizeof head) == 1 &&
		    (c->null || c->bytes.len == 0 ||
			EVP_DigestUpdate(md, c->bytes.ptr, c->bytes.len) == 1);
	}
	return good ? CRED_OK : crypto(why);
}

static enum cred_err
digest_all(struct registry *r, struct digests *d, struct why *why)
{
	enum cred_err e = digests_init(d, why);

	if (e == CRED_OK)
		e = r->ops->copy->dump(r, digest_row, d, why);
	return e == CRED_OK ? digests_final(d, why) : e;
}

static enum cred_err
digests_same(const struct digests *a, const struct digests *b, struct why *why)
{
	for (size_t i = 0; i < TABLES; i++)
		if (memcmp(a->hash[i], b->hash[i], 32) != 0)
			return why_set(why, CRED_FAULT_CONFLICT,
			    TR("the two registries differ in table '%s'; do "
			       "not use the copy",
				"两个登记库的表“%s”不一致，请勿使用该副本"),
			    registry_tables[i].name);
	return CRED_OK;
}

struct copying {
	struct registry *from;
	const struct copy_ops *ops;
	uint64_t rows;
	struct digests read;
	copy_row_fn *put;
	void *put_ctx;
};

static enum cred_err
pass(
    void *ctx, const struct table *t, const struct cell *cells, struct why *why)
{
	struct copying *c = ctx;

	enum cred_err e = digest_row(&c->read, t, cells, why);

	c->rows++;
	return e == CRED_OK ? c->put(c->put_ctx, t, cells, why) : e;
}

static enum cred_err
source(void *ctx, copy_row_fn *put, void *put_ctx, struct why *why)
{
	struct copying *c = ctx;
	enum cred_err e = digests_init(&c->read, why);

	if (e != CRED_OK)
		return e;
	c->rows = 0;
	c->put = put;
	c->put_ctx = put_ctx;
	if ((e = c->ops->dump(c->from, pass, c, why)) == CRED_OK)
		e = digests_final(&c->read, why);
	return e;
}

static enum cred_err
found_one(
    void *ctx, const struct table *t, const struct cell *cells, struct why *why)
{
	(void)cells;
	*(bool *)ctx = true;
	return why_set(why, CRED_FAULT_EXISTS,
	    TR("the registry to copy into is not empty: there are rows in "
	       "'%s'; give an empty one",
		"目标登记库不是空的：表“%s”中已有内容，请给出空库"),
	    t->name);
}

enum cred_err
registry_copy(
    struct registry *from, struct registry *to, uint64_t *rows, struct why *why)
{
	struct copying c = {.from = from};
	struct digests there = {0};
	const struct copy_ops *into;
	bool found = false;
	enum cred_err e = ops_of(from, &c.ops, why);

	if (e == CRED_OK)
		e = ops_of(to, &into, why);
	if (e == CRED_OK)
		e = into->dump(to, found_one, &found, why);
	if (e == CRED_OK)
		e = into->load(to, source, &c, why);
	if (e == CRED_OK)
		e = digest_all(to, &there, why);
	if (e == CRED_OK)
		e = digests_same(&c.read, &there, why);
	digests_release(&c.read);
	digests_release(&there);
	if (e == CRED_OK)
		*rows = c.rows;
	return e;
}

static enum cred_err
differ(struct why *why, const char *what, unsigned long long at)
{
	return why_set(why, CRED_FAULT_CONFLICT,
	    TR("the two registries differ: %s %llu; do not use the copy",
		"两个登记库不一致：%s %llu，请勿使用该副本"),
	    what, at);
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

struct beside {
	struct registry *other;
	uint64_t n;
};

static enum cred_err
same_entry(void *ctx, const struct registry_entry *x, struct why *why)
{
	struct beside *b = ctx;
	struct registry_entry y = {0};
	bool found = false, same;
	enum cred_err e =
	    registry_by_index(b->other, x->index, &y, &found, why);

	if (e != CRED_OK)
		return e;
	same = found && x->state == y.state && x->status == y.status &&
	       x->kind == y.kind && same_text(x->number, y.number) &&
	       same_text(x->name, y.name) && x->id_type == y.id_type &&
	       same_text(x->id_number, y.id_number) &&
	       same_text(x->occupation, y.occupation) &&
	       same_text(x->code, y.code) &&
	       same_text(x->direction, y.direction) && x->level == y.level &&
	       x->issued == y.issued && same_text(x->batch, y.batch) &&
	       x->row == y.row && memcmp(x->row_key, y.row_key, 32) == 0 &&
	       bytes_eq(x->payload, y.payload) &&
	       bytes_eq(x->credential, y.credential) &&
	       bytes_eq(x->print, y.print) && x->reserved_at == y.reserved_at &&
	       x->signed_at == y.signed_at &&
	       x->has_replaces == y.has_replaces && x->replaces == y.replaces &&
	       x->has_replaced_by == y.has_replaced_by &&
	       x->replaced_by == y.replaced_by;
	registry_entry_release(&y);
	b->n++;
	return same ? CRED_OK : differ(why, TR("index", "序号"), x->index);
}

static enum cred_err
same_head(struct registry *a, struct registry *b, struct why *why)
{
	uint8_t root[2][32], note[2][NOTE_MAX_BYTES];
	uint64_t size[2], next[2];
	size_t len[2];
	struct registry *r[2] = {a, b};
	enum cred_err e = CRED_OK;

	for (size_t i = 0; e == CRED_OK && i < 2; i++) {
		e = registry_head_get(r[i], &size[i], root[i], note[i],
		    NOTE_MAX_BYTES, &len[i], why);
		if (e == CRED_OK)
			e = registry_next_index(r[i], &next[i], why);
	}
	if (e != CRED_OK)
		return e;
	if (next[0] != next[1])
		return differ(why, TR("next index", "下一序号"), next[1]);
	if (size[0] != size[1] || memcmp(root[0], root[1], 32) != 0 ||
	    !bytes_eq(bytes_of(note[0], len[0]), bytes_of(note[1], len[1])))
		return differ(why, TR("log head", "日志头"), size[1]);
	for (uint64_t list = 0; list * STATUSLIST_ENTRIES < next[0]; list++) {
		int64_t v[2] = {0};
		for (size_t i = 0; e == CRED_OK && i < 2; i++)
			e = registry_status_version(r[i], list, &v[i], why);
		if (e != CRED_OK)
			return e;
		if (v[0] != v[1])
			return differ(why, TR("status list", "状态列表"), list);
	}
	return CRED_OK;
}

enum cred_err
registry_compare(struct registry *a, struct registry *b, uint64_t *entries,
    uint64_t *acts, struct why *why)
{
	struct beside side = {.other = b};
	uint64_t count[2] = {0};
	uint8_t last[2][32];
	struct digests d[2] = {0};
	const struct copy_ops *ops;
	enum cred_err e = ops_of(a, &ops, why);

	if (e == CRED_OK)
		e = ops_of(b, &ops, why);
	if (e == CRED_OK)
		e = registry_each(a, NULL, same_entry, &side, why);
	if (e == CRED_OK)
		e = same_head(a, b, why);
	if (e == CRED_OK)
		e = registry_audit_verify(a, &count[0], last[0], why);
	if (e == CRED_OK)
		e = registry_audit_verify(b, &count[1], last[1], why);
	if (e == CRED_OK &&
	    (count[0] != count[1] || memcmp(last[0], last[1], 32) != 0))
		e = differ(
		    why, TR("audit trail, lines", "审计记录条数"), count[1]);
	if (e == CRED_OK)
		e = digest_all(a, &d[0], why);
	if (e == CRED_OK)
		e = digest_all(b, &d[1], why);
	if (e == CRED_OK)
		e = digests_same(&d[0], &d[1], why);
	digests_release(&d[0]);
	digests_release(&d[1]);
	if (e != CRED_OK)
		return e;
	*entries = side.n;
	*acts = count[0];
	return CRED_OK;
}
