#include "keys/bodyhome.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/file.h"
#include "edge/lang.h"
#include "keys/home_int.h"
#include "keys/make_int.h"

static enum cred_err
nomem(struct why *why)
{
	return why_set(
	    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

static enum cred_err
fill_scope(const struct bodyhome_new *n, const uint8_t log_key[static 32],
    struct scope *s, struct why *why)
{
	const char *base = n->base != NULL ? n->base : BODYHOME_NO_BASE;

	memset(s, 0, sizeof *s);
	if (strlen(n->body_id) >= sizeof s->body_id)
		return why_set(why, CRED_ERR_SCOPE_BODY_ID, "%s",
		    TR("--body-id: 18 characters of GB 32100",
			"--body-id：应为 18 位统一社会信用代码"));
	if (strlen(n->prefix) >= sizeof s->prefix)
		return why_set(why, CRED_ERR_SCOPE_PREFIX, "%s",
		    TR("--prefix: 13 characters, a letter and 12 digits",
			"--prefix：应为 13 位，一个字母加 12 个数字"));
	if (strlen(base) >= sizeof s->base)
		return why_set(why, CRED_ERR_SCOPE_BASE, "%s",
		    TR("--base: at most 200 characters",
			"--base：最多 200 个字符"));
	strcpy(s->body_id, n->body_id);
	strcpy(s->prefix, n->prefix);
	strcpy(s->base, base);
	memcpy(s->log_key, log_key, 32);
	return CRED_OK;
}

enum cred_err
bodyhome_init(const char *home, const struct bodyhome_new *n,
    const struct pass_source *src, struct why *why)
{
	struct bytes key_text = {0}, log_text = {0};
	struct key *key = NULL, *log = NULL;
	struct scope *scope = malloc(sizeof *scope);
	struct der der = {0};
	char pass[PASS_MAX], *pem = NULL;
	enum cred_err e;

	if (scope == NULL)
		return nomem(why);
	e = home_new_pass(src, pass, why);
	if (e == CRED_OK) {
		e = home_new_key(
		    n->alg, n->key_uri, pass, &key_text, &key, why);
		if (e == CRED_OK)
			e = home_new_key(
			    COSE_EDDSA, NULL, pass, &log_text, &log, why);
		pass_clear(pass);
	}
	if (e == CRED_OK)
		e = fill_scope(n, key_public(log)->raw, scope, why);
	if (e == CRED_OK)
		e = make_request(key, n->name, scope, &der, why);
	if (e == CRED_OK) {
		pem = make_pem(PEM_STRING_X509_REQ, bytes_of(der.ptr, der.len));
		if (pem == NULL)
			e = nomem(why);
	}
	if (e == CRED_OK) {
		const struct home_file files[] = {
		    {"body.key", key_text, 0600},
		    {"log.key", log_text, 0600},
		    {"body.csr", bytes_str(pem), 0644},
		};
		e = home_create(home, files, 3, why);
	}
	free(pem);
	free(der.ptr);
	home_free_key(&key_text, key);
	home_free_key(&log_text, log);
	free(scope);
	return e;
}

static enum cred_err
read_request(
    const char *home, const char *name, struct request *out, struct why *why)
{
	struct bytes pem = {0};
	uint8_t *der = NULL;
	size_t len = 0;
	enum cred_err e;

	e = home_read(home, name, PEM_FILE_MAX, &pem, why);
	if (e != CRED_OK)
		return e;
	e = pem_first(pem, PEM_STRING_X509_REQ, &der, &len);
	if (e == CRED_OK)
		e = request_read(bytes_of(der, len), out, why);
	else
		(void)why_set(why, e,
		    TR("%s/%s holds no request", "%s/%s 中没有证书申请"), home,
		    name);
	free(der);
	free((void *)(uintptr_t)pem.ptr);
	return e == CRED_ERR_X509_FORM ? CRED_FAULT_KEY : e;
}

/* The log's key stays: its file must open with this pass phrase, and be the
 * one that was registered. */
static enum cred_err
check_log_key(const char *home, const char *pass, const struct scope *scope,
    struct why *why)
{
	char *path = file_join(home, "log.key");
	struct key *log = NULL;
	enum cred_err e;

	if (path == NULL)
		return nomem(why);
	e = key_open(path, pass, &log, why);
	if (e == CRED_OK &&
	    (key_public(log)->alg != COSE_EDDSA ||
		memcmp(key_public(log)->raw, scope->log_key, 32) != 0))
		e = why_set(why, CRED_FAULT_KEY,
		    TR("%s is not the log key of the body's request",
			"%s 不是证书申请中的日志密钥"),
		    path);
	key_free(log);
	free(path);
	return e;
}

enum cred_err
bodyhome_rotate(const char *home, const enum cose_alg *alg, const char *key_uri,
    const struct pass_source *src, struct why *why)
{
	struct request *req = malloc(sizeof *req);
	struct bytes key_text = {0};
	struct key *key = NULL;
	struct der der = {0};
	char pass[PASS_MAX] = "", *pem = NULL;
	enum cred_err e;

	if (req == NULL)
		return nomem(why);
	e = home_has(home, "body.csr", "tamga-keys body init", why);
	if (e == CRED_OK)
		e = read_request(home, "body.csr", req, why);
	if (e == CRED_OK)
		e = pass_read(src,
		    TR("pass phrase of the body's keys", "评价机构密钥的口令"),
		    false, pass, why);
	if (e == CRED_OK)
		e = check_log_key(home, pass, &req->scope, why);
	if (e == CRED_OK)
		e = home_new_key(alg != NULL ? *alg : req->key.alg, key_uri,
		    pass, &key_text, &key, why);
	pass_clear(pass);
	if (e == CRED_OK)
		e = make_request(key, req->name, &req->scope, &der, why);
	if (e == CRED_OK) {
		pem = make_pem(PEM_STRING_X509_REQ, bytes_of(der.ptr, der.len));
		if (pem == NULL)
			e = nomem(why);
	}
	if (e == CRED_OK) {
		const struct home_file files[] = {
		    {"next.key", key_text, 0600},
		    {"next.csr", bytes_str(pem), 0644},
		};
		e = home_create(home, files, 2, why);
	}
	free(pem);
	free(der.ptr);
	home_free_key(&key_text, key);
	free(req);
	return e;
}

static bool
answers(const struct request *req, const struct body *body)
{
	return req->key.alg == body->alg &&
	       memcmp(req->key.raw, body->key, req->key.len) == 0;
}

static enum cred_err
agree(const struct request *req, const struct body *body, struct why *why)
{
	const char *what = NULL;

	if (!answers(req, body))
		what = TR("the key", "密钥");
	else if (strcmp(req->scope.body_id, body->scope.body_id) != 0)
		what = TR("the body id", "统一社会信用代码");
	else if (strcmp(req->scope.prefix, body->scope.prefix) != 0)
		what = TR("the prefix", "编号前缀");
	else if (memcmp(req->scope.log_key, body->scope.log_key, 32) != 0)
		what = TR("the log key", "日志密钥");
	if (what == NULL)
		return CRED_OK;
	return why_set(why, CRED_FAULT_KEY,
	    TR("the certificate was not issued for this home's request: %s "
	       "differs",
		"该证书不是为本目录的证书申请签发的：%s 不同"),
	    what);
}

/* HOME/body-<kid><suffix> from HOME/from, if there is one; kept if there. */
static enum cred_err
keep_copy(const char *home, const char *from,
    const uint8_t kid[static CRED_KID_LEN], const char *suffix, mode_t mode,
    struct why *why)
{
	char *path = file_join(home, from), *aside = NULL;
	char name[64] = "body-", *end = name + 5;
	struct bytes data = {0};
	enum cred_err e = CRED_OK;

	for (size_t i = 0; i < CRED_KID_LEN; i++)
		end += sprintf(end, "%02x", kid[i]);
	strcpy(end, suffix);
	aside = file_join(home, name);
	if (path == NULL || aside == NULL)
		e = nomem(why);
	else if (access(path, F_OK) == 0 && access(aside, F_OK) != 0) {
		e = home_read(home, from, PEM_FILE_MAX, &data, why);
		if (e == CRED_OK)
			e = file_create(aside, data, mode, why);
		if (data.ptr != NULL)
			OPENSSL_cleanse((void *)(uintptr_t)data.ptr, data.len);
	}
	free((void *)(uintptr_t)data.ptr);
	free(aside);
	free(path);
	return e;
}

/* Is there a certificate, and which? *der NULL: none. */
static enum cred_err
installed(const char *home, uint8_t **der, size_t *len, struct why *why)
{
	char *path = file_join(home, "body.pem");
	struct bytes pem = {0};
	enum cred_err e = CRED_OK;

	*der = NULL;
	if (path == NULL)
		return nomem(why);
	if (access(path, F_OK) == 0) {
		e = home_read(home, "body.pem", PEM_FILE_MAX, &pem, why);
		if (e == CRED_OK)
			e = pem_first(pem, PEM_STRING_X509, der, len);
	}
	free((void *)(uintptr_t)pem.ptr);
	free(path);
	return e;
}

/* HOME/from becomes HOME/to; gone already when an earlier try was interrupted
 * after it. */
static enum cred_err
move(const char *home, const char *from, const char *to, struct why *why)
{
	char *a = file_join(home, from), *b = file_join(home, to);
	enum cred_err e = CRED_OK;

	if (a == NULL || b == NULL)
		e = nomem(why);
	else if (rename(a, b) != 0 && errno != ENOENT)
		e = why_errno(
		    why, errno, TR("cannot rename to", "无法改名为"), b);
	free(b);
	free(a);
	return e;
}

/*
 * The request that this certificate answers, and whether it is the next key's.
 * next.csr goes last of the moves, so that a second try still finds it.
 */
static enum cred_err
find_request(const char *home, const struct body *body, struct request *req,
    bool *next, struct why *why)
{
	enum cred_err e;

	*next = read_request(home, "next.csr", req, NULL) == CRED_OK &&
		answers(req, body);
	if (*next)
		return CRED_OK;
	e = read_request(home, "body.csr", req, why);
	return e;
}

static enum cred_err
put_in_place(const char *home, struct bytes der, bool next, struct why *why)
{
	char *path = file_join(home, "body.pem"), *pem = NULL;
	uint8_t *old = NULL, kid[CRED_KID_LEN];
	bool same = false;
	size_t len = 0;
	enum cred_err e;

	if (path == NULL)
		return nomem(why);
	e = installed(home, &old, &len, why);
	if (e == CRED_OK && old != NULL) {
		same = bytes_eq(bytes_of(old, len), der);
		x509_kid(bytes_of(old, len), kid);
	}
	if (e == CRED_OK && old != NULL && !same)
		e = keep_copy(home, "body.pem", kid, ".pem", 0644, why);
	if (e == CRED_OK && old != NULL && !same && next)
		e = keep_copy(home, "body.key", kid, ".key", 0600, why);
	if (e == CRED_OK && next)
		e = move(home, "next.key", "body.key", why);
	if (e == CRED_OK && !same) {
		pem = make_pem(PEM_STRING_X509, der);
		e = pem == NULL ? nomem(why)
				: file_write(path, bytes_str(pem), 0644, why);
	}
	if (e == CRED_OK && next)
		e = move(home, "next.csr", "body.csr", why);
	free(pem);
	free(old);
	free(path);
	return e;
}

enum cred_err
bodyhome_install(const char *home, struct bytes cert_pem, struct why *why)
{
	struct request *req = malloc(sizeof *req);
	struct body *body = malloc(sizeof *body);
	uint8_t *der = NULL;
	size_t len = 0;
	bool next = false;
	enum cred_err e;

	if (req == NULL || body == NULL) {
		e = nomem(why);
		goto out;
	}
	e = home_has(home, "body.csr", "tamga-keys body init", why);
	if (e != CRED_OK)
		goto out;
	e = pem_first(cert_pem, PEM_STRING_X509, &der, &len);
	if (e == CRED_OK)
		e = x509_body(bytes_of(der, len), body, NULL);
	if (e != CRED_OK) {
		(void)why_set(why, e,
		    TR("the certificate cannot be used: %s (%s)",
			"证书不能使用：%s（%s）"),
		    cred_strerr(e), cred_errname(e));
		goto out;
	}
	e = find_request(home, body, req, &next, why);
	if (e == CRED_OK)
		e = agree(req, body, why);
	if (e == CRED_OK)
		e = put_in_place(home, bytes_of(der, len), next, why);
out:
	free(der);
	free(body);
	free(req);
	return e;
}
