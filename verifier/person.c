#include "verifier/person.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/file.h"
#include "edge/lang.h"

enum cred_err
person_key_random(struct person_key *out, struct why *why)
{
	if (RAND_priv_bytes(out->key, sizeof out->key) == 1)
		return CRED_OK;
	ERR_clear_error();
	return why_set(
	    why, CRED_FAULT_CRYPTO, "%s", cred_strerr(CRED_FAULT_CRYPTO));
}

static enum cred_err
make_key(const char *home, const char *path, struct why *why)
{
	struct person_key k;
	enum cred_err e = file_mkdirs(home, 0700, why);

	if (e == CRED_OK)
		e = person_key_random(&k, why);
	if (e != CRED_OK)
		return e;
	e = file_create(path, bytes_of(k.key, sizeof k.key), 0600, why);
	person_key_clear(&k);
	/* Somebody made it at the same moment: theirs is as good. */
	return e == CRED_FAULT_EXISTS ? CRED_OK : e;
}

enum cred_err
person_key_load(
    const char *home, bool make, struct person_key *out, struct why *why)
{
	char *path = file_join(home, "ledger.key");
	uint8_t *key = NULL;
	size_t len = 0;
	enum cred_err e = CRED_OK;

	if (path == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	if (make && access(path, F_OK) != 0)
		e = make_key(home, path, why);
	if (e == CRED_OK && access(path, F_OK) != 0 && errno == ENOENT)
		e = why_set(why, CRED_FAULT_KEY,
		    TR("%s is missing: without it the ledger knows nobody. Is "
		       "--home right? Else restore it from the backup",
			"缺少 %s：没有它，台账不认得任何人。--home 是否正确？"
			"否则请从备份恢复"),
		    path);
	if (e == CRED_OK)
		e = file_read(path, 1024, &key, &len, why);
	if (e == CRED_OK && len != sizeof out->key)
		e = why_set(why, CRED_FAULT_KEY,
		    TR("%s: not a ledger key (32 bytes); restore it from the "
		       "backup",
			"%s：不是台账密钥（应为 32 字节），请从备份恢复"),
		    path);
	else if (cred_is_refusal(e))
		e = CRED_FAULT_KEY;
	if (e == CRED_OK)
		memcpy(out->key, key, sizeof out->key);
	if (key != NULL)
		OPENSSL_cleanse(key, len);
	free(key);
	free(path);
	return e;
}

void
person_key_clear(struct person_key *k)
{
	OPENSSL_cleanse(k->key, sizeof k->key);
}

/* HMAC over label, a zero byte and the text. */
static enum cred_err
hmac(const struct person_key *k, const char *label, struct bytes text,
    uint8_t out[static 32])
{
	uint8_t in[512], mac[EVP_MAX_MD_SIZE];
	size_t n = strlen(label) + 1, mac_len = 0;

	if (text.len > sizeof in - n)
		return CRED_FAULT_SPACE;
	memcpy(in, label, n);
	if (text.len > 0)
		memcpy(in + n, text.ptr, text.len);
	if (EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, k->key, sizeof k->key,
		in, n + text.len, mac, sizeof mac, &mac_len) == NULL ||
	    mac_len != 32) {
		ERR_clear_error();
		return CRED_FAULT_CRYPTO;
	}
	memcpy(out, mac, 32);
	OPENSSL_cleanse(in, sizeof in);
	return CRED_OK;
}

enum cred_err
person_hash(const struct person_key *k, enum id_type type,
    struct bytes id_number, uint8_t out[static 32])
{
	const char label[] = {
	    't', 'a', 'm', 'g', 'a', '-', 'p', (char)('0' + type), '\0'};

	return hmac(k, label, id_number, out);
}

enum cred_err
person_hash_text(const struct person_key *k, const char *what,
    struct bytes text, uint8_t out[static 32])
{
	return hmac(k, what, text, out);
}
