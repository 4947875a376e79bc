#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"
#include "keys/key_int.h"
#include "keys/signer.h"
#include "keys/trust.h"

struct logkey {
	struct key *key;
};

enum cred_err
logkey_open_with(
    const char *key_uri, const char *pass, struct logkey **out, struct why *why)
{
	struct logkey *k;
	struct key *key;
	enum cred_err e = key_open(key_uri, pass, &key, why);

	if (e != CRED_OK)
		return e;
	if (key_public(key)->alg != COSE_EDDSA) {
		key_free(key);
		return why_set(why, CRED_FAULT_KEY,
		    TR("%s: a log key must be Ed25519",
			"%s：日志密钥必须是 Ed25519"),
		    key_uri);
	}
	k = malloc(sizeof *k);
	if (k == NULL) {
		key_free(key);
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	}
	k->key = key;
	*out = k;
	return CRED_OK;
}

enum cred_err
logkey_open(const char *key_uri, const struct pass_source *src,
    struct logkey **out, struct why *why)
{
	char pass[PASS_MAX];
	enum cred_err e =
	    pass_read(src, TR("pass phrase of the log key", "日志密钥的口令"),
		false, pass, why);

	if (e == CRED_OK)
		e = logkey_open_with(key_uri, pass, out, why);
	pass_clear(pass);
	return e;
}

void
logkey_free(struct logkey *k)
{
	if (k == NULL)
		return;
	key_free(k->key);
	free(k);
}

const uint8_t *
logkey_public(const struct logkey *k)
{
	return key_public(k->key)->raw;
}

enum cred_err
logkey_checkpoint(struct logkey *k, struct bytes origin, uint64_t size,
    const struct tlog_hash *root, struct outbuf *out, struct why *why)
{
	struct checkpoint c = {.origin = origin, .size = size, .root = *root};
	uint8_t buf[NOTE_MAX_BYTES], sig[CRED_SIG_LEN], id[4];
	struct outbuf text = {buf, sizeof buf, 0};
	enum cred_err e = checkpoint_encode(&c, &text);

	if (e != CRED_OK)
		return why_set(why, e, "%s", cred_strerr(e));
	e = key_sign(k->key, bytes_of(text.ptr, text.len), sig, why);
	if (e != CRED_OK)
		return e;
	note_key_id(trust_sha256, origin, logkey_public(k), id);
	e = note_encode(bytes_of(text.ptr, text.len), origin, id, sig, out);
	if (e != CRED_OK)
		return why_set(why, e, "%s", cred_strerr(e));
	return CRED_OK;
}
