#include "issuer/replace.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "domain/idnum.h"
#include "issuer/intent.h"
#include "issuer/photo.h"

void
replace_release(struct replace_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->items[i].photo_dir);
	free(s->items);
	*s = (struct replace_set){0};
}

static enum cred_err
nomem(struct why *why)
{
	return why_set(
	    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

/* An entry as a roster would have it. */
struct cells {
	struct roster_row row;
	char kind[2], level[2];
	char issued[11], valid_from[11], valid_to[11], review_due[11];
	char trained_from[11], trained_to[11];
	char photo[2 * CRED_PHOTO_LEN + 1];
	uint8_t photo_hash[CRED_PHOTO_LEN];
	struct intent_print print;
};

static enum cred_err
cells_of(const struct registry_entry *e, struct cells *x, struct why *why)
{
	const char **cell = x->row.cell;
	struct claims c;

	*x = (struct cells){.row = {.row = (uint32_t)e->index}};
	if (claims_decode(e->payload, &c) != CRED_OK ||
	    intent_read_print(e->print, &x->print) != CRED_OK)
		return why_set(why, CRED_FAULT_DB,
		    TR("the entry at index %llu is damaged in the registry; "
		       "restore it from a backup",
			"登记库中序号 %llu 的记录已损坏；请从备份恢复"),
		    (unsigned long long)e->index);
	for (size_t i = 0; i < N_COLUMNS; i++)
		cell[i] = "";
	x->kind[0] = (char)('0' + (int)e->kind);
	cell[COL_KIND] = x->kind;
	cell[COL_NAME] = e->name;
	cell[COL_ID_TYPE] = idnum_type_name(e->id_type);
	cell[COL_ID_NUMBER] = e->id_number;
	cell[COL_OCCUPATION] = e->occupation;
	if (e->code != NULL)
		cell[COL_CODE] = e->code;
	if (e->direction != NULL)
		cell[COL_DIRECTION] = e->direction;
	if (e->level != 0) {
		x->level[0] = (char)('0' + e->level);
		cell[COL_LEVEL] = x->level;
	}
	day_format(e->issued, x->issued);
	cell[COL_ISSUED] = x->issued;
	if (x->print.has_valid_from) {
		day_format(x->print.valid_from, x->valid_from);
		cell[COL_VALID_FROM] = x->valid_from;
	}
	if (x->print.has_trained) {
		day_format(x->print.trained_from, x->trained_from);
		day_format(x->print.trained_to, x->trained_to);
		cell[COL_TRAINED_FROM] = x->trained_from;
		cell[COL_TRAINED_TO] = x->trained_to;
	}
	cell[COL_CATEGORY] = x->print.category;
	if (c.cert.has_valid_to) {
		day_format(c.cert.valid_to, x->valid_to);
		cell[COL_VALID_TO] = x->valid_to;
	}
	if (c.cert.has_review_due) {
		day_format(c.cert.review_due, x->review_due);
		cell[COL_REVIEW_DUE] = x->review_due;
	}
	if (c.cert.photo.len == CRED_PHOTO_LEN)
		memcpy(x->photo_hash, c.cert.photo.ptr, CRED_PHOTO_LEN);
	for (size_t i = 0; i < c.cert.photo.len; i++)
		snprintf(x->photo + 2 * i, 3, "%02x", c.cert.photo.ptr[i]);
	cell[COL_PHOTO] = x->photo;
	/* Kind 2: whether it can stay is seen when the row is known. */
	if (e->number != NULL && e->kind != KIND_LEVEL)
		cell[COL_NUMBER] = e->number;
	return CRED_OK;
}

static enum cred_err
wish_key(uint64_t old, const char *reason, uint8_t key[static 32])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t at[8], out[32];
	bool good;

	for (int i = 0; i < 8; i++)
		at[i] = (uint8_t)(old >> (56 - 8 * i));
	good = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
	       EVP_DigestUpdate(md, "tamga-replace-1", 15) == 1 &&
	       EVP_DigestUpdate(md, at, sizeof at) == 1 &&
	       EVP_DigestUpdate(md, key, 32) == 1 &&
	       EVP_DigestUpdate(md, reason, strlen(reason)) == 1 &&
	       EVP_DigestFinal_ex(md, out, NULL) == 1;
	EVP_MD_CTX_free(md);
	if (!good) {
		ERR_clear_error();
		return CRED_FAULT_CRYPTO;
	}
	memcpy(key, out, sizeof out);
	return CRED_OK;
}

/* Kind 2: prefix, year and level in the old number must be the new row's. */
static void
settle_number(struct home *h, const struct registry_entry *old,
    struct replace_item *it, bool given)
{
	struct row *r = &it->row;
	struct certificate cert;

	if (old->number == NULL)
		return;
	snprintf(it->number, sizeof it->number, "%s", old->number);
	if (!given && r->kind == KIND_LEVEL) {
		memcpy(r->number, it->number, sizeof r->number);
		row_certificate(r, &cert);
		if (scope_check(&h->body->scope, &cert) != CRED_OK)
			r->number[0] = '\0';
	}
	it->keeps_number = strcmp(r->number, it->number) == 0;
}

static enum cred_err
make_row(struct home *h, const struct registry_entry *old,
    const struct replace_wish *wish, int64_t now, struct replace_item *it,
    struct findings *f, struct why *why)
{
	struct row_rules rules = {
	    .scope = &h->body->scope, .today = claims_day(now)};
	bool photo =
	    wish->cell[COL_PHOTO] != NULL && *wish->cell[COL_PHOTO] != '\0';
	bool number =
	    wish->cell[COL_NUMBER] != NULL && *wish->cell[COL_NUMBER] != '\0';
	struct cells x;
	enum cred_err e = cells_of(old, &x, why);

	if (e != CRED_OK)
		return e;
	for (size_t i = 0; i < N_COLUMNS; i++)
		if (wish->cell[i] != NULL && *wish->cell[i] != '\0') {
			x.row.cell[i] = wish->cell[i];
			x.row.type[i] = wish->type[i];
		}
	/* A changed occupation has another code, a changed code another name,
	 * and both another category: those come from the catalogue. */
	if (x.row.cell[COL_OCCUPATION] == wish->cell[COL_OCCUPATION] &&
	    x.row.cell[COL_CODE] != wish->cell[COL_CODE])
		x.row.cell[COL_CODE] = "";
	if (x.row.cell[COL_OCCUPATION] == wish->cell[COL_OCCUPATION] &&
	    x.row.cell[COL_CATEGORY] != wish->cell[COL_CATEGORY])
		x.row.cell[COL_CATEGORY] = "";
	it->old = old->index;
	free(it->photo_dir);
	it->photo_dir =
	    photo ? strdup(wish->photo_dir) : cli_home_path(h->cli, "photos");
	if (it->photo_dir == NULL)
		return nomem(why);
	rules.photo_dir = it->photo_dir;
	e = row_check(&x.row, &rules, &it->row, f);
	if (e == CRED_OK)
		e = wish_key(old->index, wish->reason, it->row.key);
	if (e != CRED_OK)
		return why_set(why, e, "%s", cred_strerr(e));
	/* It is kept by its hash; another under that name is no photo of
	 * theirs. */
	if (!photo && it->row.has_photo &&
	    memcmp(it->row.photo, x.photo_hash, CRED_PHOTO_LEN) != 0)
		return why_set(why, CRED_FAULT_IO,
		    TR("the photo kept of index %llu is damaged; restore it "
		       "from a backup, or give another",
			"序号 %llu 留存的照片已损坏；请从备份恢复或另给照片"),
		    (unsigned long long)old->index);
	if (!it->row.bad)
		settle_number(h, old, it, number);
	return CRED_OK;
}

/* Was by made from old by this wish? */
static enum cred_err
is_same_wish(struct home *h, const struct registry_entry *old,
    const struct registry_entry *by, const struct replace_wish *wish,
    int64_t now, bool *same, struct why *why)
{
	struct replace_item it = {.photo_dir = NULL};
	struct findings ignored;
	enum cred_err e;

	findings_init(&ignored);
	e = make_row(h, old, wish, now, &it, &ignored, why);
	findings_release(&ignored);
	free(it.photo_dir);
	if (e == CRED_OK)
		*same = memcmp(it.row.key, by->row_key, 32) == 0;
	return e;
}

/* The certificate meant; out->already when it was replaced by this wish. */
static enum cred_err
find_old(struct home *h, const char *asked, const struct replace_wish *wish,
    int64_t now, struct registry_entry *out, bool *found,
    struct replace_item *it, struct why *why)
{
	struct registry_entry other;
	bool by_index, forward, known = false, same = false;
	enum cred_err e;
	uint64_t index;

	by_index = change_as_index(asked, &index);
	if (by_index)
		e = registry_by_index(h->registry, index, out, found, why);
	else
		e = registry_by_number(h->registry, asked, out, found, why);
	if (e != CRED_OK || !*found)
		return e;
	forward = out->has_replaced_by;
	if (forward || (!by_index && out->has_replaces &&
			   now - out->signed_at < REPLACE_AGAIN))
		e = registry_by_index(h->registry,
		    forward ? out->replaced_by : out->replaces, &other, &known,
		    why);
	if (e == CRED_OK && known) {
		e = forward
			? is_same_wish(h, out, &other, wish, now, &same, why)
			: is_same_wish(h, &other, out, wish, now, &same, why);
		if (e == CRED_OK && same) {
			const struct registry_entry *by =
			    forward ? &other : out;
			it->already = by->state == ENTRY_LOGGED;
			it->old = forward ? out->index : other.index;
			it->by = by->index;
			if (by->number != NULL)
				snprintf(it->number, sizeof it->number, "%s",
				    by->number);
		}
		registry_entry_release(&other);
	}
	if (e != CRED_OK)
		registry_entry_release(out);
	return e;
}

/* NULL, or why it cannot be replaced. */
static const char *
objection(const struct registry_entry *e)
{
	if (e->state == ENTRY_VOID)
		return TR("it is void: it was never signed",
		    "该序号已作废，从未签发");
	if (e->state != ENTRY_LOGGED)
		return TR("it is not in the log yet; finish the batch first",
		    "尚未写入日志；请先完成该批次");
	if (e->status == STATUS_REVOKED)
		return TR("it is revoked, for good; issue another from a "
			  "roster if one is due",
		    "已撤销，不可换发；确有需要时请按名册另行签发");
	if (e->status == STATUS_SUSPENDED)
		return TR(
		    "it is suspended; reinstate it first", "已暂停；请先恢复");
	if (e->status == STATUS_SUPERSEDED || e->has_replaced_by)
		return TR("it was replaced already; name the newer one (see "
			  "tamga-issuer show)",
		    "已换发过；请指定新证（见 tamga-issuer show）");
	return NULL;
}

static const char *
objection_row(const struct registry_entry *e, const struct row *r)
{
	if (r->bad)
		return NULL;
	if (r->kind != e->kind)
		return TR("a replacement is of the same kind; revoke this one "
			  "and issue another",
		    "换发不能改变证书种类；请撤销旧证后另行签发");
	if (strcmp(r->name, e->name) != 0 &&
	    strcmp(r->id_number, e->id_number) != 0)
		return TR("name and ID number both change: that is another "
			  "person's certificate. Revoke this one and issue "
			  "another",
		    "姓名和证件号码同时改变，应是另一个人的证书；"
		    "请撤销旧证后另行签发");
	return NULL;
}

static enum cred_err
check_others(struct home *h, struct replace_item *it, struct findings *f,
    struct why *why)
{
	struct row *r = &it->row;
	const struct registry_same what = {r->id_type, r->id_number, r->kind,
	    *r->code != '\0' ? r->code : NULL, r->occupation, r->level,
	    r->issued, &it->old};
	struct registry_entry other;
	bool found = false;
	uint64_t index;
	enum cred_err e;

	e = registry_find_same(h->registry, &what, &index, &found, why);
	if (e == CRED_OK && found) {
		r->bad = true;
		findings_add(f, r->row, column_name(COL_ID_NUMBER),
		    FIND_DUPLICATE_REGISTRY,
		    TR("the same person has this occupation and level already "
		       "at index %llu; revoke the wrong one of the two instead",
			"此人已有同一职业、同一等级的证书（序号 %llu）；"
			"请改为撤销其中有误的一份"),
		    (unsigned long long)index);
	}
	if (e != CRED_OK || it->keeps_number || *r->number == '\0')
		return e;
	e = registry_by_number(h->registry, r->number, &other, &found, why);
	if (e == CRED_OK && found) {
		r->bad = true;
		findings_add(f, r->row, column_name(COL_NUMBER),
		    FIND_NUMBER_TAKEN,
		    TR("the number was issued already, at index %llu",
			"该编号已签发过，序号 %llu"),
		    (unsigned long long)other.index);
		registry_entry_release(&other);
	}
	return e;
}

static enum cred_err
find_one(struct home *h, const char *asked, const struct replace_wish *wish,
    int64_t now, struct replace_set *s, struct findings *f,
    void (*say)(void *ctx, const char *line), void *ctx, struct why *why)
{
	struct replace_item *it = &s->items[s->n];
	struct registry_entry old;
	const char *no = NULL;
	bool found = false;
	char line[400];
	enum cred_err e;

	*it = (struct replace_item){.photo_dir = NULL};
	e = find_old(h, asked, wish, now, &old, &found, it, why);
	if (e != CRED_OK)
		return e;
	if (!found)
		no = TR("there is no such certificate", "没有这份证书");
	else if (!it->already)
		no = objection(&old);
	if (no == NULL && !it->already) {
		for (size_t i = 0; i < s->n; i++)
			if (s->items[i].old == old.index)
				goto out; /* asked for twice */
		e = make_row(h, &old, wish, now, it, f, why);
		if (e == CRED_OK)
			no = objection_row(&old, &it->row);
		if (e == CRED_OK && no == NULL && !it->row.bad)
			e = check_others(h, it, f, why);
	}
	if (no != NULL) {
		s->n_bad++;
		/* An ID number is not one of ours: unsaid. */
		snprintf(line, sizeof line, "%.*s: %s",
		    strlen(asked) > 16 && !found ? 0 : 40, asked, no);
		say(ctx, line);
		free(it->photo_dir);
	} else if (e == CRED_OK) {
		s->n++;
	} else {
		free(it->photo_dir);
	}
out:
	if (found)
		registry_entry_release(&old);
	return e;
}

enum cred_err
replace_find(struct home *h, const struct change_set *asked,
    const struct replace_wish *wish, int64_t now, struct replace_set *out,
    struct findings *f, void (*say)(void *ctx, const char *line), void *ctx,
    struct why *why)
{
	enum cred_err e = CRED_OK;

	*out = (struct replace_set){
	    .items = calloc(asked->n + 1, sizeof *out->items)};
	if (out->items == NULL)
		return nomem(why);
	for (size_t i = 0; e == CRED_OK && i < asked->n; i++)
		e = find_one(
		    h, asked->items[i].asked, wish, now, out, f, say, ctx, why);
	if (e == CRED_OK && findings_state(f) != CRED_OK)
		e = nomem(why);
	return e;
}

struct filling {
	struct home *h;
	struct replace_item **items;
	struct intent *intents;
	const char *reason;
	int64_t now;
};

static enum cred_err
fill(void *ctx, struct reservation *r, size_t i, struct registry_entry *out,
    struct why *why)
{
	struct filling *f = ctx;

	intent_release(&f->intents[i]);
	f->intents[i].reason = f->reason;
	return intent_make(&f->items[i]->row, f->h->body, r->index, r->serial,
	    f->now, &f->intents[i], out, why);
}

static enum cred_err
reserve(struct filling *f, struct reservation *rs, size_t n, struct why *why)
{
	char(*series)[ROW_SERIES_MAX] = calloc(n, sizeof *series);
	enum cred_err e = CRED_OK;

	if (series == NULL)
		return nomem(why);
	for (size_t i = 0; i < n; i++) {
		struct replace_item *it = f->items[i];
		memcpy(rs[i].row_key, it->row.key, sizeof rs[i].row_key);
		rs[i].replaces = &it->old;
		rs[i].keeps_number = it->keeps_number;
		rs[i].reason = f->reason;
		if (*it->row.number != '\0')
			rs[i].number = it->row.number;
		if (!it->keeps_number &&
		    row_series(&it->row, f->h->body->scope.prefix, series[i]))
			rs[i].number_series = series[i];
	}
	/* Photos first: nothing may name one that is not kept. */
	for (size_t i = 0; e == CRED_OK && i < n; i++)
		e = photo_keep(
		    f->h, f->items[i]->photo_dir, &f->items[i]->row, why);
	if (e == CRED_OK)
		e = registry_reserve(
		    f->h->registry, REPLACE_BATCH, rs, n, f->now, fill, f, why);
	free(series);
	return e;
}

static enum cred_err
settle(struct filling *f, struct replace_item *it, struct why *why)
{
	struct registry_entry e;
	bool found = false;
	enum cred_err err =
	    registry_by_index(f->h->registry, it->by, &e, &found, why);

	if (err != CRED_OK || !found)
		return err;
	it->refused = e.state == ENTRY_VOID;
	if (e.number != NULL)
		snprintf(it->number, sizeof it->number, "%s", e.number);
	registry_entry_release(&e);
	return CRED_OK;
}

enum cred_err
replace_issue(struct home *h, struct replace_set *s, const char *reason,
    int64_t now, struct why *why)
{
	const struct batch_job job = {.id = REPLACE_BATCH, .now = now};
	struct reservation *rs = calloc(s->n + 1, sizeof *rs);
	struct filling f = {.h = h,
	    .items = calloc(s->n + 1, sizeof(struct replace_item *)),
	    .intents = calloc(s->n + 1, sizeof(struct intent)),
	    .reason = reason,
	    .now = now};
	enum cred_err e = CRED_OK;
	size_t n = 0;

	if (rs == NULL || f.items == NULL || f.intents == NULL) {
		e = nomem(why);
		goto out;
	}
	for (size_t i = 0; i < s->n; i++)
		if (!s->items[i].already)
			f.items[n++] = &s->items[i];
	if (n == 0)
		goto out;
	e = reserve(&f, rs, n, why);
	for (size_t i = 0; e == CRED_OK && i < n; i++)
		f.items[i]->by = rs[i].index;
	if (e == CRED_OK)
		e = batch_complete(h, &job, NULL, why);
	for (size_t i = 0; e == CRED_OK && i < n; i++)
		e = settle(&f, f.items[i], why);
out:
	for (size_t i = 0; f.intents != NULL && i < n; i++)
		intent_release(&f.intents[i]);
	free(f.intents);
	free(f.items);
	free(rs);
	return e;
}
