#include "issuer/published.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "edge/lang.h"
#include "edge/source.h"
#include "keys/trust.h"

struct published {
	struct source *source;
	const struct own *own;
	uint8_t *raw; /* STATUSLIST_RAW_MAX */
};

enum cred_err
published_open(const char *where, const struct own *own, struct published **out,
    struct why *why)
{
	struct published *p = calloc(1, sizeof *p);
	enum cred_err e;

	if (p == NULL || (p->raw = malloc(STATUSLIST_RAW_MAX)) == NULL) {
		free(p);
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	}
	p->own = own;
	e = source_open(where, NULL, false, &p->source, why);
	if (e != CRED_OK) {
		published_close(p);
		return e;
	}
	*out = p;
	return CRED_OK;
}

void
published_close(struct published *p)
{
	if (p == NULL)
		return;
	source_close(p->source);
	free(p->raw);
	free(p);
}

enum cred_err
published_checkpoint(struct published *p, bool *found, uint64_t *size,
    struct tlog_hash *root, struct why *why)
{
	const struct body *body = own_body(p->own);
	char path[160];
	struct blob b = {0};
	enum cred_err e;

	snprintf(
	    path, sizeof path, "bodies/%s/log/checkpoint", body->scope.body_id);
	e = source_get(p->source, path, NOTE_MAX_BYTES, &b, why);
	if (e != CRED_OK)
		return e;
	*found = b.ptr != NULL;
	if (*found)
		e = trust_open_checkpoint(body, blob_bytes(&b), size, root);
	blob_release(&b);
	if (e != CRED_OK)
		return why_set(why, e,
		    TR("%s of the publication is no checkpoint of this log: "
		       "%s",
			"发布数据中的 %s 不是本日志的检查点：%s"),
		    path, cred_strerr(e));
	return CRED_OK;
}

static enum cred_err
open_list(struct published *p, unsigned n, struct bytes token, int64_t *iat,
    struct bytes *raw)
{
	const struct scope *scope = &own_body(p->own)->scope;
	char sub[SCOPE_MAX_BASE + 64];
	uLongf len = STATUSLIST_RAW_MAX;
	struct statuslist s;
	enum cred_err e = statuslist_decode(token, &s);

	snprintf(sub, sizeof sub, "%sbodies/%s/status/%u", scope->base,
	    scope->body_id, n);
	if (e == CRED_OK)
		e = own_verify_cose(p->own, &s.sign1);
	if (e == CRED_OK && !bytes_eq(s.sub, bytes_str(sub)))
		e = CRED_ERR_STATUS_SUBJECT;
	if (e == CRED_OK &&
	    uncompress(p->raw, &len, s.zlib.ptr, (uLong)s.zlib.len) != Z_OK)
		e = CRED_ERR_STATUS_INFLATE;
	if (e != CRED_OK)
		return e;
	*iat = s.iat;
	*raw = bytes_of(p->raw, len);
	return CRED_OK;
}

enum cred_err
published_list(struct published *p, unsigned n, bool *found, int64_t *iat,
    struct bytes *raw, struct why *why)
{
	char path[160];
	struct blob b = {0};
	enum cred_err e;

	snprintf(path, sizeof path, "bodies/%s/status/%u",
	    own_body(p->own)->scope.body_id, n);
	e = source_get(p->source, path, STATUSLIST_TOKEN_MAX, &b, why);
	if (e != CRED_OK)
		return e;
	*found = b.ptr != NULL;
	if (*found)
		e = open_list(p, n, blob_bytes(&b), iat, raw);
	blob_release(&b);
	if (e != CRED_OK)
		return why_set(why, e,
		    TR("%s of the publication is no status list of this body: "
		       "%s",
			"发布数据中的 %s 不是本机构的状态列表：%s"),
		    path, cred_strerr(e));
	return CRED_OK;
}
