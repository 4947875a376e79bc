#include "keys/authority.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/file.h"
#include "edge/lang.h"
#include "keys/home_int.h"
#include "keys/make_int.h"
#include "keys/trust_int.h"
#include "keys/trustjson_int.h"

#define BODIES_FILE_MAX (64 << 20)
#define CRL_FILE_MAX    (16 << 20)
#define KID_TRIES       4
#define DAY             86400

struct authority {
	char *home;
	int lock;        /* -1: opened to look at only */
	struct key *key; /* NULL: likewise */
	struct bytes anchor_pem, bodies_pem, crl_pem;
	struct trust *trust;
	struct why bad; /* of a certificate in bodies/ that cannot be used */
};

static enum cred_err
nomem(struct why *why)
{
	return why_set(
	    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

static void
release(struct bytes *b)
{
	free((void *)(uintptr_t)b->ptr);
	*b = (struct bytes){0};
}

enum cred_err
authority_init(const char *home, const struct authority_new *n,
    const struct pass_source *src, int64_t now, uint8_t fingerprint[static 32],
    struct why *why)
{
	struct validity when = {now, now + (int64_t)n->valid_days * DAY};
	struct crl crl = {.number = 1,
	    .this_update = now,
	    .next_update = now + (int64_t)n->crl_days * DAY};
	struct der der = {0}, crl_der = {0};
	char *pem = NULL, *crl_pem = NULL;
	struct anchor anchor = {0};
	struct bytes key_text = {0};
	struct key *key = NULL;
	char pass[PASS_MAX];
	enum cred_err e;

	e = home_new_pass(src, pass, why);
	if (e != CRED_OK)
		return e;
	e = home_new_key(n->alg, n->key_uri, pass, &key_text, &key, why);
	pass_clear(pass);
	if (e == CRED_OK)
		e = make_anchor(key, n->name, when, &der, why);
	if (e == CRED_OK)
		e = x509_anchor(bytes_of(der.ptr, der.len), &anchor);
	if (e == CRED_OK)
		e = make_crl(key, &anchor, &crl, &crl_der, why);
	if (e == CRED_OK) {
		pem = make_pem(PEM_STRING_X509, anchor.der);
		crl_pem = make_pem(
		    PEM_STRING_X509_CRL, bytes_of(crl_der.ptr, crl_der.len));
		if (pem == NULL || crl_pem == NULL)
			e = nomem(why);
	}
	if (e == CRED_OK) {
		const struct home_file files[] = {
		    {"authority.key", key_text, 0600},
		    {"authority.crl", bytes_str(crl_pem), 0644},
		    {"anchor.pem", bytes_str(pem), 0644},
		};
		e = home_create(home, files, 3, why);
	}
	if (e == CRED_OK)
		memcpy(fingerprint, anchor.fingerprint, 32);
	free(crl_pem);
	free(pem);
	free(crl_der.ptr);
	free(der.ptr);
	anchor_release(&anchor);
	home_free_key(&key_text, key);
	return e;
}

static int
is_pem(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return d->d_name[0] != '.' && len > 4 &&
	       strcmp(d->d_name + len - 4, ".pem") == 0;
}

/* All of bodies/ one after the other; the folder may not be there yet. */
static enum cred_err
read_bodies(const char *home, struct bytes *out, struct why *why)
{
	char *dir = file_join(home, "bodies"), *all = NULL;
	struct dirent **list = NULL;
	enum cred_err e = CRED_OK;
	size_t len = 0;
	int n;

	if (dir == NULL)
		return nomem(why);
	n = scandir(dir, &list, is_pem, alphasort);
	if (n < 0 && errno != ENOENT)
		e = why_errno(why, errno, TR("cannot read", "读不了"), dir);
	all = malloc(1);
	if (all == NULL)
		e = nomem(why);
	for (int i = 0; i < n && e == CRED_OK; i++) {
		struct bytes one = {0};
		char *more;

		e = home_read(dir, list[i]->d_name, PEM_FILE_MAX, &one, why);
		if (e != CRED_OK)
			break;
		more = realloc(all, len + one.len + 2);
		if (more == NULL) {
			e = nomem(why);
		} else {
			all = more;
			memcpy(all + len, one.ptr, one.len);
			len += one.len;
			if (len > 0 && all[len - 1] != '\n')
				all[len++] = '\n';
		}
		release(&one);
	}
	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
	free(dir);
	if (e != CRED_OK) {
		free(all);
		return e;
	}
	*out = bytes_of(all, len);
	return CRED_OK;
}

static void
note_bad(void *ctx, const char *line)
{
	struct why *bad = ctx;

	if (bad->text[0] == '\0')
		(void)why_set(bad, CRED_FAULT_CONFIG, "%s", line);
}

/* Read the home's files again: after opening and after each change. */
static enum cred_err
reload(struct authority *a, int64_t now, struct why *why)
{
	struct trust *t = NULL;
	struct trust_files f;
	enum cred_err e;

	release(&a->anchor_pem);
	release(&a->bodies_pem);
	release(&a->crl_pem);
	e = home_read(a->home, "anchor.pem", PEM_FILE_MAX, &a->anchor_pem, why);
	if (e == CRED_OK)
		e = read_bodies(a->home, &a->bodies_pem, why);
	if (e == CRED_OK)
		e = home_read(
		    a->home, "authority.crl", CRL_FILE_MAX, &a->crl_pem, why);
	if (e != CRED_OK)
		return e;
	f = (struct trust_files){a->anchor_pem, a->bodies_pem, a->crl_pem};
	a->bad.text[0] = '\0';
	e = trust_load(&f, now, &t, note_bad, &a->bad, why);
	if (e != CRED_OK)
		return e;
	trust_free(a->trust);
	a->trust = t;
	/* The CRL is the only record of what was withdrawn: without it, a new
	 * one would forgive everybody. */
	if (t->crl.why != CRED_OK && t->crl.why != CRED_ERR_CRL_EXPIRED)
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("%s/authority.crl cannot be used (%s): restore it from "
		       "the publication (trust/authority.crl)",
			"%s/authority.crl 不能使用（%s）：请从已发布的 "
			"trust/authority.crl 恢复"),
		    a->home, cred_errname(t->crl.why));
	if (a->bad.text[0] != '\0' && a->key != NULL)
		return why_set(why, CRED_FAULT_CONFIG, "%s/bodies: %.900s",
		    a->home, a->bad.text);
	return CRED_OK;
}

static enum cred_err
take_lock(struct authority *a, struct why *why)
{
	char *path = file_join(a->home, "lock");
	enum cred_err e = CRED_OK;

	if (path == NULL)
		return nomem(why);
	a->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (a->lock < 0)
		e = why_errno(why, errno, TR("cannot open", "打不开"), path);
	else if (flock(a->lock, LOCK_EX | LOCK_NB) != 0)
		e = why_set(why, CRED_FAULT_CONFLICT,
		    TR("another program is changing %s; try again later",
			"另一个程序正在修改 %s，请稍后再试"),
		    a->home);
	free(path);
	return e;
}

static enum cred_err
open_key(struct authority *a, const struct pass_source *src, struct why *why)
{
	char *path = file_join(a->home, "authority.key");
	const struct pubkey *pub, *want = &a->trust->anchors[0].a.key;
	char pass[PASS_MAX];
	enum cred_err e;

	if (path == NULL)
		return nomem(why);
	e = pass_read(src,
	    TR("pass phrase of the authority's key", "主管部门密钥的口令"),
	    false, pass, why);
	if (e == CRED_OK)
		e = key_open(path, pass, &a->key, why);
	pass_clear(pass);
	if (e == CRED_OK) {
		pub = key_public(a->key);
		if (pub->alg != want->alg ||
		    memcmp(pub->raw, want->raw, want->len) != 0)
			e = why_set(why, CRED_FAULT_KEY,
			    TR("%s is not the key of the anchor",
				"%s 不是信任锚的私钥"),
			    path);
	}
	free(path);
	return e;
}

enum cred_err
authority_open(const char *home, const struct pass_source *pass, int64_t now,
    struct authority **out, struct why *why)
{
	struct authority *a = calloc(1, sizeof *a);
	enum cred_err e = CRED_OK;

	if (a == NULL)
		return nomem(why);
	a->lock = -1;
	a->home = strdup(home);
	if (a->home == NULL)
		e = nomem(why);
	if (e == CRED_OK && pass != NULL)
		e = take_lock(a, why);
	if (e == CRED_OK)
		e = reload(a, now, why);
	if (e == CRED_OK && pass != NULL)
		e = open_key(a, pass, why);
	if (e == CRED_OK && pass != NULL && a->bad.text[0] != '\0')
		e = why_set(why, CRED_FAULT_CONFIG, "%s/bodies: %.900s", home,
		    a->bad.text);
	if (e != CRED_OK) {
		authority_close(a);
		return e;
	}
	*out = a;
	return CRED_OK;
}

void
authority_close(struct authority *a)
{
	if (a == NULL)
		return;
	key_free(a->key);
	trust_free(a->trust);
	release(&a->anchor_pem);
	release(&a->bodies_pem);
	release(&a->crl_pem);
	if (a->lock >= 0)
		close(a->lock);
	free(a->home);
	free(a);
}

const struct trust *
authority_trust(const struct authority *a)
{
	return a->trust;
}

/* What the authority decides beside what the body asked for. */
static enum cred_err
merge(const struct request *req, const struct scopefile *grant,
    struct scope *scope, char name[static 256], struct why *why)
{
	const char *what = NULL;

	if (strcmp(grant->scope.body_id, req->scope.body_id) != 0)
		what = "id";
	else if (strcmp(grant->scope.prefix, req->scope.prefix) != 0)
		what = "prefix";
	else if (grant->name[0] != '\0' && strcmp(grant->name, req->name) != 0)
		what = "name";
	if (what != NULL)
		return why_set(why, CRED_ERR_X509_FORM,
		    TR("%s= in the scope file is not what the request says",
			"范围文件中的 %s= 与证书申请不一致"),
		    what);
	*scope = grant->scope;
	memcpy(scope->log_key, req->scope.log_key, 32);
	if (scope->base[0] == '\0') {
		if (strncmp(req->scope.base, "https://unset.invalid/", 22) == 0)
			return why_set(why, CRED_FAULT_CONFIG, "%s",
			    TR("neither the scope file nor the request names "
			       "the publication's base URL: write base= into "
			       "the scope file",
				"范围文件和证书申请都没有写明发布地址：请在范围"
				"文件中写 base="));
		memcpy(scope->base, req->scope.base, sizeof scope->base);
	}
	memcpy(name, req->name, 256);
	return CRED_OK;
}

/* May this request become a certificate, beside those there are? */
static enum cred_err
check_others(
    const struct authority *a, const struct request *req, struct why *why)
{
	const struct scope *s = &req->scope;

	for (size_t i = 0; i < a->trust->n; i++) {
		const struct body *b = &a->trust->entries[i].body;
		bool same_id = strcmp(b->scope.body_id, s->body_id) == 0;
		bool same_key = b->alg == req->key.alg &&
				memcmp(b->key, req->key.raw, req->key.len) == 0;

		if (same_key && b->withdrawn && b->reason == 1)
			return why_set(why, CRED_ERR_X509_FORM, "%s",
			    TR("this key was withdrawn as compromised: the "
			       "body needs a new one",
				"该密钥已因泄露被撤销：评价机构须更换密钥"));
		if (same_key && !same_id)
			return why_set(why, CRED_ERR_X509_FORM,
			    TR("this key belongs to body %s already",
				"该密钥已属于评价机构 %s"),
			    b->scope.body_id);
		if (!same_id && strcmp(b->scope.prefix, s->prefix) == 0)
			return why_set(why, CRED_ERR_X509_FORM,
			    TR("prefix %s belongs to body %s already",
				"编号前缀 %s 已属于评价机构 %s"),
			    s->prefix, b->scope.body_id);
		if (same_id && strcmp(b->scope.prefix, s->prefix) != 0)
			return why_set(why, CRED_ERR_X509_FORM,
			    TR("body %s has the prefix %s already",
				"评价机构 %s 已有编号前缀 %s"),
			    s->body_id, b->scope.prefix);
		if (same_id && memcmp(b->scope.log_key, s->log_key, 32) != 0)
			return why_set(why, CRED_ERR_X509_FORM,
			    TR("body %s has a log with another key: its new "
			       "request must name that one (tamga-keys body "
			       "rotate)",
				"评价机构 %s "
				"的日志已使用另一把密钥：新申请必须沿用"
				"它（tamga-keys body rotate）"),
			    s->body_id);
	}
	return CRED_OK;
}

static bool
kid_is_taken(const struct authority *a, const uint8_t kid[static CRED_KID_LEN])
{
	const struct body *other;

	return trust_find(a->trust, kid, &other, 1) > 0 ||
	       memcmp(kid, a->trust->anchors[0].a.kid, CRED_KID_LEN) == 0;
}

/* Serial numbers are random, so another try has another kid. */
static enum cred_err
issue(struct authority *a, const struct request *req, const struct scope *scope,
    const char *name, struct validity when, struct der *out,
    uint8_t kid[static CRED_KID_LEN], struct why *why)
{
	for (int i = 0; i < KID_TRIES; i++) {
		struct der der = {0};
		enum cred_err e = make_body(a->key, &a->trust->anchors[0].a,
		    &req->key, name, scope, when, &der, why);

		if (e != CRED_OK)
			return e;
		x509_kid(bytes_of(der.ptr, der.len), kid);
		if (!kid_is_taken(a, kid)) {
			*out = der;
			return CRED_OK;
		}
		free(der.ptr);
	}
	return why_set(why, CRED_ERR_X509_KID, "%s",
	    TR("the new certificate's kid is another's: not issued",
		"新证书的 kid 与已有证书相同：不予签发"));
}

static enum cred_err
keep_body(const struct authority *a, const uint8_t kid[static CRED_KID_LEN],
    const char *pem, struct why *why)
{
	char *dir = file_join(a->home, "bodies"), *path, name[32];
	enum cred_err e;

	if (dir == NULL)
		return nomem(why);
	for (size_t i = 0; i < CRED_KID_LEN; i++)
		snprintf(name + 2 * i, 3, "%02x", kid[i]);
	strcpy(name + 2 * CRED_KID_LEN, ".pem");
	e = file_mkdirs(dir, 0755, why);
	path = file_join(dir, name);
	if (e == CRED_OK)
		e = path == NULL ? nomem(why)
				 : file_create(path, bytes_str(pem), 0644, why);
	free(path);
	free(dir);
	return e;
}

enum cred_err
authority_admit(struct authority *a, struct bytes csr_pem,
    const struct scopefile *grant, int valid_days, int64_t now, char **pem,
    struct why *why)
{
	struct validity when = {now, now + (int64_t)valid_days * DAY};
	const struct anchor *anchor = &a->trust->anchors[0].a;
	uint8_t kid[CRED_KID_LEN], *csr = NULL;
	struct request *req = calloc(1, sizeof *req);
	struct scope *scope = calloc(1, sizeof *scope);
	struct der der = {0};
	char name[256], *text = NULL;
	size_t len = 0;
	enum cred_err e;

	if (req == NULL || scope == NULL) {
		e = nomem(why);
		goto out;
	}
	if (when.to > anchor->not_after || now < anchor->not_before) {
		e = why_set(why, CRED_ERR_NOT_DATE, "%s",
		    TR("the certificate would outlive the anchor: shorten "
		       "--valid-days, or renew the anchor",
			"证书有效期超出信任锚的有效期：请缩短 --valid-days，"
			"或更换信任锚"));
		goto out;
	}
	e = pem_first(csr_pem, PEM_STRING_X509_REQ, &csr, &len);
	if (e == CRED_ERR_X509_FORM)
		e = why_set(why, e, "%s",
		    TR("no certificate request (PEM) found",
			"没有找到证书申请（PEM）"));
	if (e == CRED_OK)
		e = request_read(bytes_of(csr, len), req, why);
	if (e == CRED_OK)
		e = merge(req, grant, scope, name, why);
	if (e == CRED_OK)
		e = check_others(a, req, why);
	if (e == CRED_OK)
		e = issue(a, req, scope, name, when, &der, kid, why);
	if (e == CRED_OK) {
		text = make_pem(PEM_STRING_X509, bytes_of(der.ptr, der.len));
		e = text == NULL ? nomem(why) : keep_body(a, kid, text, why);
	}
	if (e == CRED_OK)
		e = reload(a, now, why);
	if (e == CRED_OK) {
		*pem = text;
		text = NULL;
	}
out:
	free(text);
	free(der.ptr);
	free(csr);
	free(scope);
	free(req);
	return e;
}

static const struct {
	int code;
	const char *name;
} REASONS[] = {
    {0, "unspecified"},
    {1, "keyCompromise"},
    {3, "affiliationChanged"},
    {4, "superseded"},
    {5, "cessationOfOperation"},
    {9, "privilegeWithdrawn"},
};

int
authority_reason(const char *name)
{
	for (size_t i = 0; i < sizeof REASONS / sizeof *REASONS; i++)
		if (strcmp(name, REASONS[i].name) == 0)
			return REASONS[i].code;
	return -1;
}

const char *
authority_reason_name(int reason)
{
	for (size_t i = 0; i < sizeof REASONS / sizeof *REASONS; i++)
		if (reason == REASONS[i].code)
			return REASONS[i].name;
	return "?";
}

/* Sign this CRL and put it in place of the home's. */
static enum cred_err
replace_crl(struct authority *a, struct crl *crl, int crl_days, int64_t now,
    struct why *why)
{
	char *path = file_join(a->home, "authority.crl"), *pem = NULL;
	struct der der = {0};
	enum cred_err e;

	if (path == NULL)
		return nomem(why);
	crl->number++;
	crl->this_update = now;
	crl->next_update = now + (int64_t)crl_days * DAY;
	e = make_crl(a->key, &a->trust->anchors[0].a, crl, &der, why);
	if (e == CRED_OK) {
		pem = make_pem(PEM_STRING_X509_CRL, bytes_of(der.ptr, der.len));
		e = pem == NULL ? nomem(why)
				: file_write(path, bytes_str(pem), 0644, why);
	}
	if (e == CRED_OK)
		e = reload(a, now, why);
	free(pem);
	free(der.ptr);
	free(path);
	return e;
}

/* A copy with room for more entries. */
static enum cred_err
copy_crl(
    const struct authority *a, size_t more, struct crl *out, struct why *why)
{
	const struct crl *from = &a->trust->anchors[0].crl;
	struct crl c = *from;

	c.entries = calloc(from->n + more + 1, sizeof *c.entries);
	if (c.entries == NULL)
		return nomem(why);
	memcpy(c.entries, from->entries, from->n * sizeof *c.entries);
	*out = c;
	return CRED_OK;
}

static enum cred_err
withdraw_one(struct crl *crl, const struct trust_entry *en,
    const struct withdrawal *w, int64_t now, struct why *why)
{
	for (size_t i = 0; i < crl->n; i++) {
		struct crl_entry *c = &crl->entries[i];

		if (c->serial_len != en->serial_len ||
		    memcmp(c->serial, en->serial, c->serial_len) != 0)
			continue;
		if (w->tree_size > c->tree_size)
			return why_set(why, CRED_ERR_NOT_DATE,
			    TR("withdrawn already at tree size %llu: it can "
			       "only be lowered",
				"已在日志大小 %llu 处撤销：只能调低"),
			    (unsigned long long)c->tree_size);
		c->tree_size = w->tree_size;
		c->reason = w->reason;
		if (w->at < c->invalid_since)
			c->invalid_since = w->at;
		return CRED_OK;
	}
	struct crl_entry *c = &crl->entries[crl->n++];
	*c = (struct crl_entry){.serial_len = en->serial_len,
	    .revoked_at = now,
	    .reason = w->reason,
	    .invalid_since = w->at,
	    .tree_size = w->tree_size};
	memcpy(c->serial, en->serial, en->serial_len);
	return CRED_OK;
}

enum cred_err
authority_withdraw(struct authority *a, const struct withdrawal *w,
    int crl_days, int64_t now, size_t *n, struct why *why)
{
	size_t count = 0;
	struct crl crl;
	enum cred_err e = copy_crl(a, a->trust->n, &crl, why);

	if (e != CRED_OK)
		return e;
	for (size_t i = 0; i < a->trust->n && e == CRED_OK; i++) {
		const struct trust_entry *en = &a->trust->entries[i];

		if (strcmp(en->body.scope.body_id, w->body_id) != 0 ||
		    (w->kid != NULL &&
			memcmp(w->kid, en->body.kid, CRED_KID_LEN) != 0))
			continue;
		e = withdraw_one(&crl, en, w, now, why);
		count++;
	}
	if (e == CRED_OK && count == 0)
		e = why_set(why, CRED_ERR_X509_FORM,
		    TR("no certificate of body %s was issued here",
			"这里没有给评价机构 %s 签发过证书"),
		    w->body_id);
	if (e == CRED_OK)
		e = replace_crl(a, &crl, crl_days, now, why);
	if (e == CRED_OK)
		*n = count;
	free(crl.entries);
	return e;
}

/* The CRL that stands in the publication must not be newer than ours. */
static enum cred_err
check_published(const struct authority *a, const char *dir, struct why *why)
{
	struct trust_files f = {.anchor = a->anchor_pem};
	struct trust *t = NULL;
	struct bytes crl = {0};
	enum cred_err e =
	    home_read(dir, "authority.crl", CRL_FILE_MAX, &crl, NULL);

	if (e != CRED_OK) /* nothing published yet */
		return CRED_OK;
	f.crl = crl;
	e = trust_load(&f, 0, &t, NULL, NULL, why);
	if (e == CRED_OK && t->crl_number > a->trust->crl_number)
		e = why_set(why, CRED_FAULT_CONFLICT,
		    TR("%s/authority.crl has number %llu, the home only %llu: "
		       "the home is an old copy; copy the published file into "
		       "it first",
			"%s/authority.crl 的编号是 %llu，而数据目录只有 %llu："
			"数据目录是旧的副本；请先把已发布的文件复制回来"),
		    dir, (unsigned long long)t->crl_number,
		    (unsigned long long)a->trust->crl_number);
	trust_free(t);
	release(&crl);
	return e;
}

static enum cred_err
write_into(
    const char *dir, const char *name, struct bytes data, struct why *why)
{
	char *path = file_join(dir, name);
	enum cred_err e =
	    path == NULL ? nomem(why) : file_write(path, data, 0644, why);

	free(path);
	return e;
}

enum cred_err
authority_publish(struct authority *a, const char *dir, int crl_days,
    int64_t now, struct why *why)
{
	char *trust_dir = file_join(dir, "trust"), *json = NULL;
	struct crl crl = {0};
	enum cred_err e;

	if (trust_dir == NULL)
		return nomem(why);
	e = file_mkdirs(trust_dir, 0755, why);
	if (e == CRED_OK)
		e = check_published(a, trust_dir, why);
	if (e == CRED_OK)
		e = copy_crl(a, 0, &crl, why);
	if (e == CRED_OK)
		e = replace_crl(a, &crl, crl_days, now, why);
	if (e == CRED_OK) {
		json = trustjson_make(a->trust);
		if (json == NULL)
			e = nomem(why);
	}
	if (e == CRED_OK)
		e = write_into(trust_dir, "anchor.pem", a->anchor_pem, why);
	if (e == CRED_OK)
		e = write_into(trust_dir, "bodies.pem", a->bodies_pem, why);
	if (e == CRED_OK)
		e = write_into(trust_dir, "authority.crl", a->crl_pem, why);
	if (e == CRED_OK)
		e = write_into(trust_dir, "trust.json", bytes_str(json), why);
	free(json);
	free(crl.entries);
	free(trust_dir);
	return e;
}
