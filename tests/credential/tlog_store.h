#ifndef TESTS_CREDENTIAL_TLOG_STORE_H
#define TESTS_CREDENTIAL_TLOG_STORE_H

#include "credential/tlog.h"
#include "sha256.h"

/* The eight entries and roots of RFC 6962's reference implementation. */
static const char *const REF_ENTRIES[] = {"", "00", "10", "2021", "3031",
    "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
static const char *const REF_ROOTS[] = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

static inline struct tlog_hash
hash_hex(const char *hex)
{
	struct tlog_hash h;

	assert_int_equal(unhex(hex, h.b, 32).len, 32);
	return h;
}

/*
 * A log in memory: every hash of every tile level, appended as an issuer
 * would, so that tiles of any smaller tree can be cut out of it.
 */
#define LEVELS 6
struct store {
	uint64_t size;
	uint8_t *level[LEVELS];
	struct tlog_tile asked[64];
	size_t n_asked;
	struct tlog_tile spoil; /* width 0: none */
	size_t spoil_byte;
	uint8_t spoiled[TLOG_TILE_WIDTH * 32];
	enum cred_err fail;
};

static inline void
naive_root(const uint8_t *leaves, uint64_t n, struct tlog_hash *out)
{
	struct tlog_hash l, r;
	uint64_t k = 1;

	if (n == 0) {
		test_sha256(out->b, bytes_of("", 0), bytes_of("", 0));
		return;
	}
	if (n == 1) {
		memcpy(out->b, leaves, 32);
		return;
	}
	while (k * 2 < n)
		k *= 2;
	naive_root(leaves, k, &l);
	naive_root(leaves + k * 32, n - k, &r);
	tlog_node(test_sha256, &l, &r, out);
}

static inline void
leaf_of(uint64_t i, struct tlog_hash *out)
{
	uint8_t entry[TLOG_ENTRY_LEN] = {0};

	memcpy(entry, &i, sizeof(i));
	tlog_leaf(test_sha256, bytes_of(entry, sizeof(entry)), out);
}

static inline struct store *
store_new(uint64_t size)
{
	struct store *s = calloc(1, sizeof(*s));
	uint64_t i, n = size;
	int level;

	assert_non_null(s);
	s->size = size;
	for (level = 0; level < LEVELS; level++, n /= TLOG_TILE_WIDTH) {
		s->level[level] = malloc(n * 32 + 1);
		assert_non_null(s->level[level]);
		for (i = 0; i < n; i++) {
			struct tlog_hash h;

			if (level == 0)
				leaf_of(i, &h);
			else
				naive_root(&s->level[level - 1][i * 256 * 32],
				    256, &h);
			memcpy(&s->level[level][i * 32], h.b, 32);
		}
	}
	return s;
}

static inline void
store_free(struct store *s)
{
	int level;

	for (level = 0; level < LEVELS; level++)
		free(s->level[level]);
	free(s);
}

static inline enum cred_err
store_fetch(void *ctx, const struct tlog_tile *t, struct bytes *out)
{
	struct store *s = ctx;
	uint64_t first = t->n * TLOG_TILE_WIDTH, count = s->size;
	int level;

	assert_in_range(t->level, 0, LEVELS - 1);
	assert_in_range(t->width, 1, TLOG_TILE_WIDTH);
	for (level = 0; level < t->level; level++)
		count /= TLOG_TILE_WIDTH;
	assert_true(first + t->width <= count);
	if (s->n_asked < sizeof(s->asked) / sizeof(s->asked[0]))
		s->asked[s->n_asked] = *t;
	s->n_asked++;
	if (s->fail != CRED_OK)
		return s->fail;
	*out = bytes_of(&s->level[t->level][first * 32], t->width * 32);
	if (s->spoil.width == t->width && s->spoil.level == t->level &&
	    s->spoil.n == t->n) {
		memcpy(s->spoiled, out->ptr, out->len);
		s->spoiled[s->spoil_byte] ^= 0x10;
		out->ptr = s->spoiled;
	}
	return CRED_OK;
}

#endif
