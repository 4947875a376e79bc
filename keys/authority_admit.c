#include "keys/authority_int.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/file.h"
#include "edge/lang.h"

#define KID_TRIES 4

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
check_others(const struct authority *a, const struct request *req,
    const struct scope *s, struct why *why)
{

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
		if (same_id && strcmp(b->scope.base, s->base) != 0)
			return why_set(why, CRED_ERR_X509_FORM,
			    TR("body %s publishes at %s, which its log and "
			       "its certificates name: base= must stay that",
				"评价机构 %s 的发布地址是 %s，其日志和证书均"
				"以此为名：base= 不能改变"),
			    s->body_id, b->scope.base);
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
		return authority_nomem(why);
	for (size_t i = 0; i < CRED_KID_LEN; i++)
		snprintf(name + 2 * i, 3, "%02x", kid[i]);
	strcpy(name + 2 * CRED_KID_LEN, ".pem");
	e = file_mkdirs(dir, 0755, why);
	path = file_join(dir, name);
	if (e == CRED_OK)
		e = path == NULL ? authority_nomem(why)
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
		e = authority_nomem(why);
		goto out;
	}
	e = authority_may(a, why);
	if (e != CRED_OK)
		goto out;
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
		e = check_others(a, req, scope, why);
	if (e == CRED_OK)
		e = issue(a, req, scope, name, when, &der, kid, why);
	if (e == CRED_OK) {
		text = make_pem(PEM_STRING_X509, bytes_of(der.ptr, der.len));
		e = text == NULL ? authority_nomem(why)
				 : keep_body(a, kid, text, why);
	}
	if (e == CRED_OK)
		e = authority_reload(a, now, why);
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
