#include "registry/registry.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"
#include "registry/registry_int.h"

static bool
hash_number(EVP_MD_CTX *c, uint64_t v, int len)
{
	uint8_t b[8];

	for (int i = 0; i < len; i++)
		b[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
	return EVP_DigestUpdate(c, b, (size_t)len) == 1;
}

enum cred_err
audit_hash(const struct registry_act *a, uint8_t out[static 32])
{
	const char *texts[] = {a->actor, a->action, a->subject, a->detail};
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	enum cred_err e = CRED_FAULT_CRYPTO;
	uint8_t h[32];

	if (c == NULL || EVP_DigestInit_ex(c, EVP_sha256(), NULL) != 1 ||
	    EVP_DigestUpdate(c, "tamga-audit-1", 13) != 1 ||
	    EVP_DigestUpdate(c, a->prev, 32) != 1 ||
	    !hash_number(c, a->seq, 8) || !hash_number(c, (uint64_t)a->at, 8))
		goto out;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (!hash_number(c, strlen(texts[i]), 4) ||
		    EVP_DigestUpdate(c, texts[i], strlen(texts[i])) != 1)
			goto out;
	if (EVP_DigestFinal_ex(c, h, NULL) != 1)
		goto out;
	memcpy(out, h, sizeof h);
	e = CRED_OK;
out:
	if (e != CRED_OK)
		ERR_clear_error();
	EVP_MD_CTX_free(c);
	return e;
}

struct chain {
	uint64_t count;
	uint8_t last[32];
};

static enum cred_err
chain_step(void *ctx, const struct registry_act *a, struct why *why)
{
	struct chain *c = ctx;
	uint8_t h[32];
	enum cred_err e = audit_hash(a, h);

	if (e != CRED_OK)
		return e;
	if (a->seq != c->count + 1 || memcmp(a->prev, c->last, 32) != 0 ||
	    memcmp(a->hash, h, 32) != 0)
		return why_set(why, CRED_ERR_TRAIL,
		    TR("audit trail: line %llu does not follow from line "
		       "%llu: a line was changed, added or taken out",
			"审计记录：第 %llu 条与第 %llu 条不相接："
			"有记录被改动、插入或删除"),
		    (unsigned long long)a->seq, (unsigned long long)c->count);
	c->count++;
	memcpy(c->last, h, 32);
	return CRED_OK;
}

enum cred_err
registry_audit_verify(struct registry *r, uint64_t *count,
    uint8_t last[static 32], struct why *why)
{
	struct chain c = {0};
	enum cred_err e = registry_audit_each(r, 0, NULL, chain_step, &c, why);

	if (e != CRED_OK)
		return e;
	*count = c.count;
	memcpy(last, c.last, 32);
	return CRED_OK;
}
