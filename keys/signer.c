#include "keys/signer.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "credential/verdict.h"
#include "edge/file.h"
#include "edge/lang.h"
#include "keys/make_int.h"
#include "keys/x509_int.h"

struct signer {
	struct key *key;
	struct body body; /* as its certificate says */
	uint8_t head_buf[2][64];
	struct bytes head[2]; /* protected headers, by enum cose_profile */
};

static enum cred_err
make_heads(struct signer *s)
{
	static const enum cose_profile all[] = {
	    COSE_CREDENTIAL, COSE_STATUSLIST};

	for (size_t i = 0; i < 2; i++) {
		struct outbuf out = {s->head_buf[i], sizeof s->head_buf[i], 0};
		enum cred_err e =
		    cose_protected(s->body.alg, s->body.kid, all[i], &out);

		if (e != CRED_OK)
			return e;
		s->head[i] = bytes_of(out.ptr, out.len);
	}
	return CRED_OK;
}

static enum cred_err
read_cert(struct bytes pem, struct body *out, struct why *why)
{
	BIO *in = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	uint8_t *der = NULL;
	size_t len = 0;
	enum cred_err e;

	if (in == NULL)
		return CRED_FAULT_NOMEM;
	e = pem_next(in, PEM_STRING_X509, &der, &len);
	if (e == CRED_OK && der == NULL)
		e = CRED_ERR_X509_FORM;
	if (e == CRED_OK)
		e = x509_body(bytes_of(der, len), out, NULL);
	BIO_free(in);
	free(der);
	if (e != CRED_OK)
		return why_set(why, e,
		    TR("the body certificate cannot be used: %s (%s)",
			"评价机构证书不能使用：%s（%s）"),
		    cred_strerr(e), cred_errname(e));
	return CRED_OK;
}

/* Takes key, also on failure. */
static enum cred_err
assemble(struct key *key, const struct body *body, struct signer **out,
    struct why *why)
{
	const struct pubkey *pub = key_public(key);
	struct signer *s;
	enum cred_err e;

	if (pub->alg != body->alg || pub->len != body->key_len ||
	    memcmp(pub->raw, body->key, pub->len) != 0) {
		key_free(key);
		return why_set(why, CRED_FAULT_KEY, "%s",
		    TR("the private key is not the one of the body "
		       "certificate; install the certificate that was issued "
		       "for this key (tamga-keys body install)",
			"私钥与评价机构证书不是一对；请安装为该密钥签发的证书"
			"（tamga-keys body install）"));
	}
	s = calloc(1, sizeof *s);
	if (s == NULL) {
		key_free(key);
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	}
	s->key = key;
	s->body = *body;
	e = make_heads(s);
	if (e != CRED_OK) {
		signer_free(s);
		return why_set(why, e, "%s", cred_strerr(e));
	}
	*out = s;
	return CRED_OK;
}

static enum cred_err
open_with(const char *key_uri, struct bytes cert_pem, const char *pass,
    struct signer **out, struct why *why)
{
	struct key *key;
	struct body *body = malloc(sizeof *body);
	enum cred_err e = CRED_FAULT_NOMEM;

	if (body != NULL)
		e = read_cert(cert_pem, body, why);
	if (e == CRED_OK)
		e = key_open(key_uri, pass, &key, why);
	if (e == CRED_OK)
		e = assemble(key, body, out, why);
	free(body);
	return e;
}

enum cred_err
signer_open(const char *key_uri, struct bytes cert_pem,
    const struct pass_source *src, struct signer **out, struct why *why)
{
	char pass[PASS_MAX];
	enum cred_err e = pass_read(src,
	    TR("pass phrase of the body's keys", "评价机构密钥的口令"), false,
	    pass, why);

	if (e == CRED_OK)
		e = open_with(key_uri, cert_pem, pass, out, why);
	pass_clear(pass);
	return e;
}

enum cred_err
signer_open_home(const char *home, const struct pass_source *src,
    struct signer **signer, struct logkey **log, struct why *why)
{
	char *key = file_join(home, "body.key");
	char *cert = file_join(home, "body.pem");
	char *logfile = file_join(home, "log.key");
	struct signer *s = NULL;
	struct logkey *l = NULL;
	enum cred_err e = CRED_FAULT_NOMEM;
	char pass[PASS_MAX] = "";
	uint8_t *pem = NULL;
	size_t len = 0;

	if (key == NULL || cert == NULL || logfile == NULL)
		goto out;
	e = file_read(cert, 1 << 16, &pem, &len, why);
	if (e == CRED_OK)
		e = pass_read(src,
		    TR("pass phrase of the body's keys", "评价机构密钥的口令"),
		    false, pass, why);
	if (e == CRED_OK)
		e = open_with(key, bytes_of(pem, len), pass, &s, why);
	if (e == CRED_OK)
		e = logkey_open_with(logfile, pass, &l, why);
	if (e == CRED_OK &&
	    memcmp(logkey_public(l), s->body.scope.log_key, 32) != 0)
		e = why_set(why, CRED_FAULT_KEY,
		    TR("%s is not the log key named in the body certificate",
			"%s 不是评价机构证书中登记的日志密钥"),
		    logfile);
	if (e == CRED_OK) {
		*signer = s;
		*log = l;
		s = NULL;
		l = NULL;
	}
out:
	pass_clear(pass);
	signer_free(s);
	logkey_free(l);
	free(pem);
	free(logfile);
	free(cert);
	free(key);
	return e;
}

enum cred_err
signer_clone(const struct signer *s, struct signer **out, struct why *why)
{
	struct key *key;
	enum cred_err e = key_clone(s->key, &key, why);

	return e == CRED_OK ? assemble(key, &s->body, out, why) : e;
}

void
signer_free(struct signer *s)
{
	if (s == NULL)
		return;
	key_free(s->key);
	free(s);
}

enum cose_alg
signer_alg(const struct signer *s)
{
	return s->body.alg;
}

const uint8_t *
signer_kid(const struct signer *s)
{
	return s->body.kid;
}

const struct scope *
signer_scope(const struct signer *s)
{
	return &s->body.scope;
}

const char *
signer_name(const struct signer *s)
{
	return s->body.name;
}

static enum cred_err
in_validity(const struct signer *s, int64_t iat, struct why *why)
{
	if (iat >= s->body.not_before && iat <= s->body.not_after)
		return CRED_OK;
	return why_set(why, CRED_ERR_NOT_DATE, "%s",
	    TR("the time of signing lies outside the validity of the body "
	       "certificate: check the clock, or have it renewed",
		"签发时间不在评价机构证书的有效期内：请检查时钟，或申请换发证"
		"书"));
}

enum cred_err
signer_credential(
    struct signer *s, struct bytes payload, struct outbuf *out, struct why *why)
{
	uint8_t buf[CRED_MAX_BYTES];
	struct outbuf cose = {buf, sizeof buf, 0};
	struct credential check;
	struct claims claims;
	enum cred_err e;

	e = claims_decode(payload, &claims);
	if (e != CRED_OK)
		return why_set(why, e,
		    TR("these claims cannot be signed: %s (%s)",
			"这些内容不能签发：%s（%s）"),
		    cred_strerr(e), cred_errname(e));
	e = scope_check(&s->body.scope, &claims.cert);
	if (e != CRED_OK)
		return why_set(why, e,
		    TR("the body's scope does not allow it: %s (%s)",
			"超出评价机构的核准范围：%s（%s）"),
		    cred_strerr(e), cred_errname(e));
	e = in_validity(s, claims.iat, why);
	if (e != CRED_OK)
		return e;
	e = make_cose(s->key, s->head[COSE_CREDENTIAL], payload, &cose, why);
	if (e == CRED_FAULT_SPACE)
		return why_set(why, CRED_ERR_COSE_SIZE,
		    TR("the certificate would be larger than %d bytes: "
		       "shorten its texts",
			"证书数据超过 %d 字节：请缩短其中的文字"),
		    CRED_MAX_BYTES);
	if (e != CRED_OK)
		return e;
	e = credential_decode(bytes_of(cose.ptr, cose.len), &check);
	if (e != CRED_OK)
		return why_set(
		    why, e, "%s (%s)", cred_strerr(e), cred_errname(e));
	if (out->cap - out->len < cose.len)
		return why_set(
		    why, CRED_FAULT_SPACE, "%s", cred_strerr(CRED_FAULT_SPACE));
	memcpy(out->ptr + out->len, cose.ptr, cose.len);
	out->len += cose.len;
	return CRED_OK;
}

enum cred_err
signer_statuslist(struct signer *s, unsigned list, struct bytes raw,
    int64_t iat, int64_t exp, int64_t ttl, struct outbuf *out, struct why *why)
{
	const struct list_claims claims = {
	    .list = list, .raw = raw, .iat = iat, .exp = exp, .ttl = ttl};
	enum cred_err e = in_validity(s, iat, why);

	return e == CRED_OK ? make_statuslist(s->key, s->head[COSE_STATUSLIST],
				  &s->body.scope, &claims, out, why)
			    : e;
}
