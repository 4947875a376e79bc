#include "issuer/seen.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define KEY 16

struct slot {
	uint8_t key[KEY];
	uint32_t row; /* 0: free */
};

struct seen {
	uint8_t secret[KEY];
	EVP_MD_CTX *md;
	struct slot *slots;
	size_t n, cap; /* cap: a power of two */
};

static enum cred_err
crypto(void)
{
	ERR_clear_error();
	return CRED_FAULT_CRYPTO;
}

enum cred_err
seen_open(struct seen **out)
{
	struct seen *s = calloc(1, sizeof *s);

	if (s == NULL || (s->md = EVP_MD_CTX_new()) == NULL) {
		seen_close(s);
		return CRED_FAULT_NOMEM;
	}
	if (RAND_bytes(s->secret, sizeof s->secret) != 1) {
		seen_close(s);
		return crypto();
	}
	*out = s;
	return CRED_OK;
}

void
seen_close(struct seen *s)
{
	if (s == NULL)
		return;
	EVP_MD_CTX_free(s->md);
	free(s->slots);
	free(s);
}

enum cred_err
seen_begin(struct seen *s)
{
	if (EVP_DigestInit_ex(s->md, EVP_sha256(), NULL) != 1 ||
	    EVP_DigestUpdate(s->md, s->secret, sizeof s->secret) != 1)
		return crypto();
	return CRED_OK;
}

enum cred_err
seen_add(struct seen *s, const void *p, size_t len)
{
	uint64_t n = len;

	/* Its length first: "ab","c" is not "a","bc". */
	if (EVP_DigestUpdate(s->md, &n, sizeof n) != 1 ||
	    EVP_DigestUpdate(s->md, p, len) != 1)
		return crypto();
	return CRED_OK;
}

/* The slot that holds key, or the free one where it belongs. */
static struct slot *
place(struct slot *slots, size_t cap, const uint8_t *key)
{
	uint64_t h;
	size_t i;

	memcpy(&h, key, sizeof h);
	for (i = (size_t)h & (cap - 1); slots[i].row != 0;
	     i = (i + 1) & (cap - 1))
		if (memcmp(slots[i].key, key, KEY) == 0)
			break;
	return &slots[i];
}

static bool
make_room(struct seen *s)
{
	size_t cap = s->cap == 0 ? 1024 : s->cap * 2;
	struct slot *more;

	if (s->n < s->cap - s->cap / 4)
		return true;
	more = calloc(cap, sizeof *more);
	if (more == NULL)
		return false;
	for (size_t i = 0; i < s->cap; i++)
		if (s->slots[i].row != 0)
			*place(more, cap, s->slots[i].key) = s->slots[i];
	free(s->slots);
	s->slots = more;
	s->cap = cap;
	return true;
}

enum cred_err
seen_row(struct seen *s, uint32_t row, uint32_t *first)
{
	uint8_t hash[32];
	struct slot *slot;

	if (EVP_DigestFinal_ex(s->md, hash, NULL) != 1)
		return crypto();
	if (!make_room(s))
		return CRED_FAULT_NOMEM;
	slot = place(s->slots, s->cap, hash);
	if (slot->row == 0) {
		memcpy(slot->key, hash, KEY);
		slot->row = row;
		s->n++;
	}
	*first = slot->row;
	return CRED_OK;
}
