#include "verifier/match.h"

#include <openssl/crypto.h>

#include "domain/normal.h"

#define TYPED_MAX 256 /* ID_MAX_LEN, and the blanks that people type */

const char *
match_method_name(enum match_method m)
{
	switch (m) {
	case MATCH_NONE:
		return NULL;
	case MATCH_DIGEST:
		return "digest";
	case MATCH_EXACT:
		return "exact";
	}
	return NULL;
}

const char *
match_word(const struct match *m)
{
	switch (m->method) {
	case MATCH_NONE:
		return "match-none";
	case MATCH_DIGEST:
		return m->same ? "match-digest-yes" : "match-digest-no";
	case MATCH_EXACT:
		return m->same ? "match-exact-yes" : "match-exact-no";
	}
	return "match-none";
}

/* Writes *out only when the register has this very certificate. */
static enum cred_err
look_up(struct registry *r, const struct verification *v, struct bytes id,
    struct match *out, struct why *why)
{
	struct registry_entry e = {0};
	size_t len;
	bool found;
	enum cred_err err =
	    registry_by_index(r, v->cred.claims.cert.index, &e, &found, why);

	if (err != CRED_OK || !found)
		return err;
	/* One encoding each: equal as far as it goes is equal. */
	if (e.credential.len > 0 && e.credential.len <= sizeof v->cose &&
	    memcmp(e.credential.ptr, v->cose, e.credential.len) == 0 &&
	    e.id_number != NULL) {
		len = strlen(e.id_number);
		out->method = MATCH_EXACT;
		out->same = len == id.len &&
			    CRYPTO_memcmp(e.id_number, id.ptr, len) == 0;
	}
	registry_entry_release(&e);
	return CRED_OK;
}

enum cred_err
match_id(struct registry *r, const struct verification *v, struct bytes id,
    struct match *out, struct why *why)
{
	uint8_t buf[TYPED_MAX], check[ID_CHECK_MAX];
	struct outbuf normal = {buf, sizeof buf, 0};
	struct outbuf input = {check, sizeof check, 0};
	struct match m = {MATCH_NONE, false};
	enum cred_err e = CRED_ERR_CLAIMS_ID;

	if (id.len <= sizeof buf && normal_id(id, &normal) == CRED_OK)
		e = id_check_input((const uint8_t[CRED_KID_LEN]){0}, 0,
		    bytes_of(buf, normal.len), &input);
	if (e == CRED_OK && v->verdict.show && v->verdict.body != NULL) {
		id = bytes_of(buf, normal.len);
		m.method = MATCH_DIGEST;
		m.same = verify_id_check(v, id);
		if (r != NULL)
			e = look_up(r, v, id, &m, why);
	}
	OPENSSL_cleanse(buf, sizeof buf);
	OPENSSL_cleanse(check, sizeof check);
	if (e == CRED_OK)
		*out = m;
	return e;
}
