#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "edge/file.h"
#include "edge/lang.h"
#include "keys/authority_int.h"

/* One list: as it stands in the publication, and as the anchor signs it. */
struct taken {
	char *path;
	struct outbuf made;
};

struct adopting {
	struct authority *a;
	const char *body_id, *dir;
	int64_t now, exp, since; /* since: the earliest invalidity date */
	uint64_t tree_size;      /* the largest that stays good */
	uint8_t head_buf[64];
	struct bytes head;
	struct taken *lists;
	size_t n_lists;
	struct adoption sum;
	struct why *why;
};

/* Is every certificate of the body withdrawn? One that is not signs the lists
 * itself. */
static enum cred_err
find_withdrawal(struct adopting *ad)
{
	const struct trust *t = ad->a->trust;
	size_t all = 0, gone = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct body *b = &t->entries[i].body;

		if (strcmp(b->scope.body_id, ad->body_id) != 0)
			continue;
		all++;
		if (!b->withdrawn)
			continue;
		gone++;
		if (b->tree_size > ad->tree_size)
			ad->tree_size = b->tree_size;
		if (b->invalid_since != 0 && b->invalid_since < ad->since)
			ad->since = b->invalid_since;
	}
	if (all == 0)
		return why_set(ad->why, CRED_ERR_X509_FORM,
		    TR("no certificate of body %s was issued here",
			"这里没有给评价机构 %s 签发过证书"),
		    ad->body_id);
	if (gone < all)
		return why_set(ad->why, CRED_ERR_NOT_DATE,
		    TR("%s has a certificate that is not withdrawn: it signs "
		       "its status lists itself",
			"%s 尚有未撤销的证书：状态列表由它自己签名"),
		    ad->body_id);
	return CRED_OK;
}

static enum cred_err
open_last(struct adopting *ad, const char *path, struct bytes token, unsigned n,
    const struct trust_entry **of, struct bytes *raw, int64_t *iat)
{
	const struct trust *t = ad->a->trust;
	enum cred_err e = CRED_ERR_STATUS_SUBJECT;
	uint8_t *data = NULL;
	size_t len = 0;

	for (size_t i = 0; i < t->n && e == CRED_ERR_STATUS_SUBJECT; i++) {
		*of = &t->entries[i];
		if (strcmp((*of)->body.scope.body_id, ad->body_id) == 0)
			e = trust_open_last_statuslist(
			    t, &(*of)->body, token, n, &data, &len, iat);
	}
	if (e != CRED_OK)
		return why_set(ad->why, e,
		    TR("%s is not a list that the body published before it was "
		       "withdrawn: %s (%s). Take the publication as it stood "
		       "then",
			"%s 不是评价机构在撤销前发布的列表：%s（%s）。请使用当"
			"时的发布目录"),
		    path, cred_strerr(e), cred_errname(e));
	*raw = bytes_of(data, len);
	return CRED_OK;
}

/* How many indexes of list n are below the tree size. */
static uint64_t
needed(const struct adopting *ad, unsigned n)
{
	uint64_t from = (uint64_t)n * STATUSLIST_ENTRIES;

	if (ad->tree_size <= from)
		return 0;
	return ad->tree_size - from < STATUSLIST_ENTRIES ? ad->tree_size - from
							 : STATUSLIST_ENTRIES;
}

static enum cred_err
take_list(struct adopting *ad, unsigned n)
{
	struct taken *t = &ad->lists[n];
	const struct trust_entry *of = NULL;
	struct list_claims claims = {.list = n};
	struct bytes raw = {0};
	uint8_t *token = NULL;
	int64_t iat = 0;
	size_t len = 0;
	enum cred_err e;

	e = file_read(t->path, STATUSLIST_TOKEN_MAX, &token, &len, ad->why);
	if (e != CRED_OK)
		return e == CRED_ERR_PIC_BYTES ? CRED_ERR_STATUS_FORM : e;
	e = open_last(ad, t->path, bytes_of(token, len), n, &of, &raw, &iat);
	if (e == CRED_OK && raw.len * 4 < needed(ad, n))
		e = why_set(ad->why, CRED_ERR_STATUS_INDEX,
		    TR("%s ends before the tree size of the withdrawal, %llu: "
		       "it is not the last one",
			"%s 没有达到撤销时的日志大小 %llu：它不是最后的列表"),
		    t->path, (unsigned long long)ad->tree_size);
	if (e == CRED_OK) {
		/* Verifiers refuse a list older than one they saw. */
		claims.iat = iat < ad->now ? ad->now : iat + 1;
		claims.exp = ad->exp;
		claims.raw = raw;
		t->made.cap = STATUSLIST_TOKEN_MAX;
		t->made.ptr = malloc(t->made.cap);
		e = t->made.ptr == NULL
			? authority_nomem(ad->why)
			: make_statuslist(ad->a->key, ad->head, &of->body.scope,
			      &claims, &t->made, ad->why);
	}
	if (e == CRED_OK) {
		if (ad->sum.n == 0 || iat < ad->sum.oldest_iat)
			ad->sum.oldest_iat = iat;
		ad->sum.late = ad->sum.late || iat > ad->since;
		ad->sum.n++;
	}
	authority_release(&raw);
	free(token);
	return e;
}

/* Lists 0, 1, …: as far as there are files, and as far as there must be. */
static enum cred_err
take_lists(struct adopting *ad)
{
	enum cred_err e = CRED_OK;
	struct stat st;

	for (unsigned n = 0; e == CRED_OK; n++) {
		struct taken *more =
		    realloc(ad->lists, (n + 1) * sizeof *ad->lists);
		char name[16];

		if (more == NULL)
			return authority_nomem(ad->why);
		ad->lists = more;
		more[n] = (struct taken){0};
		ad->n_lists = n + 1;
		snprintf(name, sizeof name, "%u", n);
		more[n].path = file_join(ad->dir, name);
		if (more[n].path == NULL)
			return authority_nomem(ad->why);
		if (stat(more[n].path, &st) == 0) {
			e = take_list(ad, n);
			continue;
		}
		if (errno != ENOENT && errno != ENOTDIR)
			e = why_errno(ad->why, errno,
			    TR("cannot read", "读不了"), more[n].path);
		else if (n == 0 || needed(ad, n) > 0)
			e = why_set(ad->why, CRED_ERR_STATUS_MISSING,
			    TR("%s is missing: the body's last publication is "
			       "needed",
				"缺少 %s：需要评价机构最后发布的内容"),
			    more[n].path);
		break;
	}
	return e;
}

static enum cred_err
adopt(struct adopting *ad)
{
	const struct anchor *anchor = &ad->a->trust->anchors[0].a;
	struct outbuf head = {ad->head_buf, sizeof ad->head_buf, 0};
	enum cred_err e = find_withdrawal(ad);

	if (e != CRED_OK)
		return e;
	e = cose_protected(
	    anchor->key.alg, anchor->kid, COSE_STATUSLIST, &head);
	if (e != CRED_OK)
		return why_set(ad->why, e, "%s", cred_strerr(e));
	ad->head = bytes_of(head.ptr, head.len);
	e = take_lists(ad);
	for (size_t i = 0; i < ad->sum.n && e == CRED_OK; i++)
		e = file_write(ad->lists[i].path,
		    bytes_of(ad->lists[i].made.ptr, ad->lists[i].made.len),
		    0644, ad->why);
	return e;
}

enum cred_err
authority_adopt(struct authority *a, const char *dir, const char *body_id,
    int list_days, int64_t now, struct adoption *out, struct why *why)
{
	struct adopting ad = {.a = a,
	    .body_id = body_id,
	    .now = now,
	    .exp = now + (int64_t)list_days * DAY,
	    .since = now,
	    .why = why};
	char *path = NULL;
	enum cred_err e;

	/* The id becomes a folder's name: it must be one that was issued. */
	if (strspn(body_id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") !=
	    strlen(body_id))
		return why_set(why, CRED_ERR_SCOPE_BODY_ID, "%s",
		    cred_strerr(CRED_ERR_SCOPE_BODY_ID));
	if (asprintf(&path, "%s/bodies/%s/status", dir, body_id) < 0)
		return authority_nomem(why);
	ad.dir = path;
	e = adopt(&ad);
	for (size_t i = 0; i < ad.n_lists; i++) {
		free(ad.lists[i].path);
		free(ad.lists[i].made.ptr);
	}
	free(ad.lists);
	free(path);
	if (e == CRED_OK)
		*out = ad.sum;
	return e;
}
