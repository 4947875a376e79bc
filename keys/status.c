#include "keys/trust_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/*
 * RFC 5280 s5.3.1: reasons under which the key stayed in honest hands, so
 * that what it signed before the withdrawal still counts.
 */
bool
trust_key_stays_good(int reason)
{
	return reason == 3 || reason == 4 || reason == 5;
}

/*
 * May this certificate sign status lists of its body? One that was withdrawn
 * for a stolen key or a dishonest body may not, whatever date it writes: else
 * the thief would un-revoke. The authority signs them then.
 */
static bool
may_sign(const struct trust_entry *en, int64_t iat)
{
	return !en->body.withdrawn ||
	       (trust_key_stays_good(en->body.reason) && iat < en->revoked_at);
}

static enum cred_err
check_by(struct sigcheck *check, const struct cose_sign1 *msg)
{
	struct outbuf tbs = {.cap = msg->protect.len + msg->payload.len + 64};
	enum cred_err e;

	if (msg->alg != sigcheck_key(check)->alg)
		return CRED_ERR_SIGNATURE;
	tbs.ptr = malloc(tbs.cap);
	if (tbs.ptr == NULL)
		return CRED_FAULT_NOMEM;
	e = cose_tbs(msg->protect, msg->payload, &tbs);
	if (e == CRED_OK)
		e = sigcheck_raw(
		    check, bytes_of(tbs.ptr, tbs.len), msg->sig.ptr);
	free(tbs.ptr);
	return e;
}

/*
 * What a withdrawn body published last, for the authority that takes its lists
 * over: the file lies in a publication that the authority itself vouches for,
 * and was written before the withdrawal was.
 */
static bool
could_sign(const struct trust_entry *en, int64_t iat)
{
	return !en->body.withdrawn || iat <= en->revoked_at;
}

static enum cred_err
check_signer(const struct trust *t, const struct trust_entry *of,
    const struct statuslist *list,
    bool (*may)(const struct trust_entry *en, int64_t iat))
{
	const struct cose_sign1 *msg = &list->sign1;
	const char *id = of->body.scope.body_id;
	enum cred_err e = CRED_ERR_SIGNATURE;
	bool withdrawn = false;

	for (size_t i = 0; i < t->n && e == CRED_ERR_SIGNATURE; i++) {
		const struct trust_entry *en = &t->entries[i];

		if (strcmp(en->body.scope.body_id, id) != 0)
			continue;
		withdrawn = withdrawn || en->body.withdrawn;
		if (memcmp(en->body.kid, msg->kid.ptr, CRED_KID_LEN) == 0 &&
		    may(en, list->iat))
			e = check_by(en->check, msg);
	}
	for (size_t i = 0; i < t->n_anchors && e == CRED_ERR_SIGNATURE; i++) {
		const struct anchor *a = &t->anchors[i].a;

		if (withdrawn && list->iat <= a->not_after &&
		    memcmp(a->kid, msg->kid.ptr, CRED_KID_LEN) == 0)
			e = check_by(a->check, msg);
	}
	return e;
}

/* One zlib stream (RFC 1950), all of it, of at most STATUSLIST_RAW_MAX. */
static enum cred_err
inflate_list(struct bytes in, uint8_t **raw, size_t *raw_len)
{
	z_stream z = {0};
	uint8_t *buf, *fit;
	enum cred_err e = CRED_ERR_STATUS_INFLATE;
	int r;

	buf = malloc(STATUSLIST_RAW_MAX + 1);
	if (buf == NULL)
		return CRED_FAULT_NOMEM;
	if (inflateInit(&z) != Z_OK) {
		free(buf);
		return CRED_FAULT_NOMEM;
	}
	z.next_in = (z_const Bytef *)(uintptr_t)in.ptr;
	z.avail_in = (uInt)in.len; /* at most STATUSLIST_TOKEN_MAX */
	z.next_out = buf;
	z.avail_out = STATUSLIST_RAW_MAX + 1;
	r = inflate(&z, Z_FINISH);
	if (r == Z_STREAM_END && z.avail_in == 0 &&
	    z.total_out <= STATUSLIST_RAW_MAX)
		e = CRED_OK;
	else if (r == Z_MEM_ERROR)
		e = CRED_FAULT_NOMEM;
	if (e == CRED_OK) {
		fit = realloc(buf, z.total_out > 0 ? z.total_out : 1);
		*raw = fit != NULL ? fit : buf;
		*raw_len = z.total_out;
		buf = NULL;
	}
	inflateEnd(&z);
	free(buf);
	return e;
}

static enum cred_err
open_statuslist(const struct trust *t, const struct trust_entry *of,
    struct bytes token, unsigned list,
    bool (*may)(const struct trust_entry *en, int64_t iat),
    struct statuslist *out)
{
	const struct scope *scope;
	char sub[SCOPE_MAX_BASE + 64];
	struct statuslist s;
	enum cred_err e;

	if (of == NULL)
		return CRED_FAULT_INTERNAL;
	scope = &of->body.scope;
	e = statuslist_decode(token, &s);
	if (e == CRED_OK)
		e = check_signer(t, of, &s, may);
	if (e != CRED_OK)
		return e;
	snprintf(sub, sizeof sub, "%sbodies/%s/status/%u", scope->base,
	    scope->body_id, list);
	if (!bytes_eq(s.sub, bytes_str(sub)))
		return CRED_ERR_STATUS_SUBJECT;
	*out = s;
	return CRED_OK;
}

enum cred_err
trust_open_statuslist(const struct trust *t, const struct body *body,
    struct bytes token, unsigned list, int64_t min_iat, int64_t max_iat,
    uint8_t **raw, size_t *raw_len, int64_t *iat, int64_t *exp, int64_t *ttl)
{
	struct statuslist s;
	enum cred_err e = open_statuslist(
	    t, trust_entry_of(t, body), token, list, may_sign, &s);

	if (e == CRED_OK && s.iat < min_iat)
		e = CRED_ERR_STATUS_OLDER;
	if (e == CRED_OK && s.iat > max_iat)
		e = CRED_ERR_STATUS_FUTURE;
	if (e == CRED_OK)
		e = inflate_list(s.zlib, raw, raw_len);
	if (e == CRED_OK) {
		*iat = s.iat;
		*exp = s.exp;
		*ttl = s.ttl;
	}
	return e;
}

enum cred_err
trust_open_last_statuslist(const struct trust *t, const struct body *body,
    struct bytes token, unsigned list, uint8_t **raw, size_t *raw_len,
    int64_t *iat)
{
	struct statuslist s;
	enum cred_err e = open_statuslist(
	    t, trust_entry_of(t, body), token, list, could_sign, &s);

	if (e == CRED_OK)
		e = inflate_list(s.zlib, raw, raw_len);
	if (e == CRED_OK)
		*iat = s.iat;
	return e;
}

/* C2SP signed-note: the signature by the log's own key, under the log's own
 * name; lines of others (witnesses) do not matter. */
static enum cred_err
check_note(
    const struct body *body, const struct note *note, struct bytes origin)
{
	struct pubkey key = {.alg = COSE_EDDSA, .len = 32};
	enum cred_err e = CRED_ERR_NOTE_KEY;
	struct sigcheck *check = NULL;
	uint8_t id[4];

	note_key_id(trust_sha256, origin, body->scope.log_key, id);
	for (size_t i = 0; i < note->n_sigs && e == CRED_ERR_NOTE_KEY; i++) {
		const struct note_sig *s = &note->sigs[i];

		if (!bytes_eq(s->name, origin) ||
		    memcmp(s->key_id, id, sizeof id) != 0)
			continue;
		if (check == NULL) {
			memcpy(key.raw, body->scope.log_key, key.len);
			e = sigcheck_new(&key, &check);
			if (e != CRED_OK)
				break;
		}
		e = sigcheck_raw(check, note->text, s->sig);
		if (e == CRED_ERR_SIGNATURE)
			e = CRED_ERR_NOTE_KEY;
	}
	sigcheck_free(check);
	return e;
}

enum cred_err
trust_open_checkpoint(const struct body *body, struct bytes note,
    uint64_t *size, struct tlog_hash *root)
{
	uint8_t buf[SCOPE_MAX_BASE + 64];
	struct outbuf origin = {buf, sizeof buf, 0};
	struct checkpoint c;
	struct note n;
	enum cred_err e;

	e = checkpoint_origin(bytes_str(body->scope.base),
	    bytes_str(body->scope.body_id), &origin);
	if (e == CRED_OK)
		e = note_decode(note, &n);
	if (e == CRED_OK)
		e = check_note(body, &n, bytes_of(origin.ptr, origin.len));
	if (e == CRED_OK)
		e = checkpoint_decode(n.text, &c);
	if (e != CRED_OK)
		return e;
	if (!bytes_eq(c.origin, bytes_of(origin.ptr, origin.len)))
		return CRED_ERR_CHECKPOINT_ORIGIN;
	*size = c.size;
	*root = c.root;
	return CRED_OK;
}
