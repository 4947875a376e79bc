#include "keys/own.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"
#include "keys/sigcheck_int.h"
#include "keys/x509_int.h"

#define OWN_MAX 64

struct own {
	size_t n;
	struct {
		struct body body;
		struct sigcheck *check;
	} certs[];
};

static enum cred_err
add(struct own **o, struct bytes der)
{
	size_t n = *o == NULL ? 0 : (*o)->n;
	struct own *more;
	struct pubkey key;
	enum cred_err e;

	if (n == OWN_MAX)
		return CRED_ERR_SCOPE_LIMIT;
	more = realloc(*o, sizeof *more + (n + 1) * sizeof *more->certs);
	if (more == NULL)
		return CRED_FAULT_NOMEM;
	more->n = n;
	*o = more;
	e = x509_body(der, &more->certs[n].body, NULL);
	if (e != CRED_OK)
		return e;
	key.alg = more->certs[n].body.alg;
	key.len = more->certs[n].body.key_len;
	memcpy(key.raw, more->certs[n].body.key, key.len);
	e = sigcheck_new(&key, &more->certs[n].check);
	if (e == CRED_OK)
		more->n++;
	return e;
}

enum cred_err
own_open(struct bytes pem, struct own **out, struct why *why)
{
	BIO *in = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	enum cred_err e = in == NULL ? CRED_FAULT_NOMEM : CRED_OK;
	struct own *o = NULL;

	while (e == CRED_OK) {
		uint8_t *der = NULL;
		size_t len = 0;

		e = pem_next(in, PEM_STRING_X509, &der, &len);
		if (e == CRED_OK && der == NULL)
			break;
		if (e == CRED_OK)
			e = add(&o, bytes_of(der, len));
		free(der);
	}
	BIO_free(in);
	if (e == CRED_OK && (o == NULL || o->n == 0))
		e = CRED_ERR_X509_FORM;
	if (e != CRED_OK) {
		own_free(o);
		return why_set(why, e,
		    TR("the body certificate cannot be used: %s (%s)",
			"评价机构证书不能使用：%s（%s）"),
		    cred_strerr(e), cred_errname(e));
	}
	*out = o;
	return CRED_OK;
}

void
own_free(struct own *o)
{
	if (o == NULL)
		return;
	for (size_t i = 0; i < o->n; i++)
		sigcheck_free(o->certs[i].check);
	free(o);
}

const struct body *
own_body(const struct own *o)
{
	return &o->certs[0].body;
}

enum cred_err
own_verify_cose(const struct own *o, const struct cose_sign1 *msg)
{
	struct outbuf tbs = {.cap = msg->protect.len + msg->payload.len + 64};
	enum cred_err e = CRED_ERR_X509_KID;
	uint8_t small[CRED_MAX_TBS], *big = NULL;

	tbs.ptr = small;
	if (tbs.cap > sizeof small) /* a status list */
		tbs.ptr = big = malloc(tbs.cap);
	if (tbs.ptr == NULL)
		return CRED_FAULT_NOMEM;
	for (size_t i = 0; i < o->n; i++) {
		const struct body *b = &o->certs[i].body;

		if (memcmp(msg->kid.ptr, b->kid, CRED_KID_LEN) != 0)
			continue;
		e = CRED_ERR_SIGNATURE;
		if (msg->alg != b->alg || msg->sig.len != CRED_SIG_LEN)
			continue;
		tbs.len = 0;
		e = cose_tbs(msg->protect, msg->payload, &tbs);
		if (e == CRED_OK)
			e = sigcheck_raw(o->certs[i].check,
			    bytes_of(tbs.ptr, tbs.len), msg->sig.ptr);
		if (e != CRED_ERR_SIGNATURE)
			break;
	}
	free(big);
	return e;
}
