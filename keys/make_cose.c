#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "credential/statuslist.h"
#include "edge/lang.h"
#include "keys/make_int.h"

/* Protected header, payload, signature. */
enum cred_err
make_cose(struct key *key, struct bytes head, struct bytes payload,
    struct outbuf *out, struct why *why)
{
	uint8_t small[CRED_MAX_TBS], *big = NULL;
	struct outbuf tbs = {small, sizeof small, 0};
	uint8_t sig[CRED_SIG_LEN];
	enum cred_err e;

	if (head.len + payload.len + 32 > sizeof small) {
		tbs.cap = head.len + payload.len + 64;
		tbs.ptr = big = malloc(tbs.cap);
		if (big == NULL)
			return why_set(why, CRED_FAULT_NOMEM, "%s",
			    cred_strerr(CRED_FAULT_NOMEM));
	}
	e = cose_tbs(head, payload, &tbs);
	if (e == CRED_OK)
		e = key_sign(key, bytes_of(tbs.ptr, tbs.len), sig, why);
	else
		(void)why_set(why, e, "%s", cred_strerr(e));
	if (e == CRED_OK) {
		e = cose_encode(head, payload, sig, out);
		if (e != CRED_OK)
			(void)why_set(why, e, "%s", cred_strerr(e));
	}
	free(big);
	return e;
}

static enum cred_err
compress_list(struct bytes raw, uint8_t **out, size_t *len)
{
	uLongf n = compressBound(raw.len);
	uint8_t *z = malloc(n);

	if (z == NULL)
		return CRED_FAULT_NOMEM;
	if (compress2(z, &n, raw.ptr, raw.len, 9) != Z_OK) {
		free(z);
		return CRED_FAULT_NOMEM;
	}
	*out = z;
	*len = n;
	return CRED_OK;
}

enum cred_err
make_statuslist(struct key *key, struct bytes head, const struct scope *scope,
    const struct list_claims *c, struct outbuf *out, struct why *why)
{
	char sub[SCOPE_MAX_BASE + 64];
	struct outbuf payload = {.cap = STATUSLIST_TOKEN_MAX};
	uint8_t *z = NULL;
	size_t z_len = 0;
	enum cred_err e;

	if (c->raw.len > STATUSLIST_RAW_MAX || c->raw.len == 0 ||
	    c->exp <= c->iat)
		return why_set(why, CRED_ERR_STATUS_FORM, "%s",
		    TR("a status list of this size or dates cannot be signed",
			"该状态列表的大小或日期不符合要求，不能签名"));
	snprintf(sub, sizeof sub, "%sbodies/%s/status/%u", scope->base,
	    scope->body_id, c->list);
	payload.ptr = malloc(payload.cap);
	e = payload.ptr == NULL ? CRED_FAULT_NOMEM
				: compress_list(c->raw, &z, &z_len);
	if (e == CRED_OK)
		e = statuslist_payload(bytes_str(sub), c->iat, c->exp, c->ttl,
		    bytes_of(z, z_len), &payload);
	if (e != CRED_OK)
		(void)why_set(why, e, "%s", cred_strerr(e));
	if (e == CRED_OK)
		e = make_cose(
		    key, head, bytes_of(payload.ptr, payload.len), out, why);
	free(z);
	free(payload.ptr);
	return e;
}
