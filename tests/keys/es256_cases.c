#include "es256_cases.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/es256_table.h"
#include "keys/sigcheck_int.h"

#define N_KEYS 6

static void
must(bool ok)
{
	if (!ok) {
		ERR_print_errors_fp(stderr);
		abort();
	}
}

/* splitmix64: the same cases everywhere. */
static uint64_t
next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void
fill(uint64_t *state, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)next(state);
}

struct one_key {
	BIGNUM *d;
	EVP_PKEY *evp;
	EVP_PKEY_CTX *ctx;
	struct es256_table *table, *bare;
};

struct cases {
	EC_GROUP *group;
	const BIGNUM *n;
	BN_CTX *bn;
	BIGNUM *k, *e, *r, *s, *t;
	EC_POINT *point;
	struct one_key keys[N_KEYS];
	uint64_t state;
};

static void
random_scalar(struct cases *c, BIGNUM *out)
{
	uint8_t b[40];

	fill(&c->state, b, sizeof b);
	must(BN_bin2bn(b, sizeof b, c->t) != NULL &&
	     BN_nnmod(out, c->t, c->n, c->bn) == 1);
	if (BN_is_zero(out))
		must(BN_one(out) == 1);
}

/* Besides random ones: 1, 2 and n - 1, whose points are G, 2G and -G. */
static void
make_key(struct cases *c, size_t i)
{
	struct one_key *k = &c->keys[i];
	struct pubkey pub = {.alg = COSE_ES256, .len = 65};

	must((k->d = BN_new()) != NULL);
	random_scalar(c, k->d);
	if (i < 2)
		must(BN_set_word(k->d, i + 1) == 1);
	if (i == 2)
		must(BN_sub(k->d, c->n, BN_value_one()) == 1);
	must(EC_POINT_mul(c->group, c->point, k->d, NULL, NULL, c->bn) == 1 &&
	     EC_POINT_point2oct(c->group, c->point,
		 POINT_CONVERSION_UNCOMPRESSED, pub.raw, 65, c->bn) == 65);
	must(pubkey_load(&pub, &k->evp) == CRED_OK &&
	     (k->ctx = EVP_PKEY_CTX_new(k->evp, NULL)) != NULL &&
	     EVP_PKEY_verify_init(k->ctx) == 1);
	must(es256_table_new(pub.raw, &k->table) == CRED_OK &&
	     es256_table_bare(pub.raw, &k->bare) == CRED_OK);
}

/* s = (e + r d) / k for a random k, or, equal: with e = r d, so that the two
 * points to be added are the same; opposite: e = -r d, their sum is nothing. */
enum how { PLAIN, EQUAL, OPPOSITE };

static void
sign(struct cases *c, const struct one_key *key, enum how how,
    uint8_t hash[static 32], uint8_t sig[static CRED_SIG_LEN])
{
	random_scalar(c, c->k);
	must(EC_POINT_mul(c->group, c->point, c->k, NULL, NULL, c->bn) == 1 &&
	     EC_POINT_get_affine_coordinates(
		 c->group, c->point, c->r, NULL, c->bn) == 1 &&
	     BN_nnmod(c->r, c->r, c->n, c->bn) == 1);
	must(BN_mod_mul(c->t, c->r, key->d, c->n, c->bn) == 1);
	if (how == EQUAL)
		must(BN_copy(c->e, c->t) != NULL);
	else if (how == OPPOSITE)
		must(BN_sub(c->e, c->n, c->t) == 1);
	else
		must(BN_bin2bn(hash, 32, c->e) != NULL);
	if (how != PLAIN)
		must(BN_bn2binpad(c->e, hash, 32) == 32);
	must(BN_mod_add(c->s, c->e, c->t, c->n, c->bn) == 1 &&
	     BN_mod_inverse(c->k, c->k, c->n, c->bn) != NULL &&
	     BN_mod_mul(c->s, c->s, c->k, c->n, c->bn) == 1);
	if (how == OPPOSITE) /* any s gives nothing */
		random_scalar(c, c->s);
	must(BN_bn2binpad(c->r, sig, 32) == 32 &&
	     BN_bn2binpad(c->s, sig + 32, 32) == 32);
}

/* r or s out of its range or at the edge of it. */
static void
edge(struct cases *c, unsigned which, uint8_t out[static 32])
{
	must(BN_copy(c->t, c->n) != NULL);
	switch (which % 8) {
	case 0:
		BN_zero(c->t);
		break;
	case 1:
		must(BN_one(c->t) == 1);
		break;
	case 2:
		must(BN_sub_word(c->t, 1) == 1);
		break;
	case 3:
		break;
	case 4:
		must(BN_add_word(c->t, 1) == 1);
		break;
	case 5: /* 2^256 - 1 */
		memset(out, 0xff, 32);
		return;
	case 6: /* (n - 1) / 2 */
		must(BN_rshift1(c->t, c->t) == 1);
		break;
	case 7: /* p, the field's prime */
		must(
		    EC_GROUP_get_curve(c->group, c->t, NULL, NULL, c->bn) == 1);
		break;
	}
	must(BN_bn2binpad(c->t, out, 32) == 32);
}

static void
edge_hash(struct cases *c, unsigned which, uint8_t hash[static 32])
{
	if (which % 4 == 0)
		memset(hash, 0, 32);
	else if (which % 4 == 1)
		memset(hash, 0xff, 32);
	else
		edge(c, which, hash);
}

/* One case: a signature, changed or not. Returns the key to ask. */
static const struct one_key *
make_case(struct cases *c, unsigned kind, uint8_t hash[static 32],
    uint8_t sig[static CRED_SIG_LEN])
{
	unsigned pick = (unsigned)(next(&c->state) >> 40);
	const struct one_key *key = &c->keys[pick % N_KEYS];
	uint8_t half[32];

	fill(&c->state, hash, 32);
	if (kind == 9)
		edge_hash(c, pick >> 4, hash);
	sign(c, key,
	    kind == 10   ? EQUAL
	    : kind == 11 ? OPPOSITE
			 : PLAIN,
	    hash, sig);
	switch (kind) {
	case 4: /* the twin with the other s */
		must(BN_sub(c->s, c->n, c->s) == 1 &&
		     BN_bn2binpad(c->s, sig + 32, 32) == 32);
		break;
	case 5:
		hash[pick / 8 % 32] ^= (uint8_t)(1u << pick % 8);
		break;
	case 6:
		sig[pick / 8 % 64] ^= (uint8_t)(1u << pick % 8);
		break;
	case 7:
		edge(c, pick >> 4, sig + (pick & 8 ? 32 : 0));
		if ((pick & 7) == 7)
			edge(c, pick >> 8, sig + (pick & 8 ? 0 : 32));
		break;
	case 8:
		return &c->keys[(pick + 1) % N_KEYS];
	case 12:
		memcpy(half, sig, 32);
		memcpy(sig, sig + 32, 32);
		memcpy(sig + 32, half, 32);
		break;
	case 13:
		fill(&c->state, sig, CRED_SIG_LEN);
		break;
	case 14:
		memcpy(sig + 32, sig, 32);
		break;
	default:
		break;
	}
	return key;
}

static void
print_hex(const char *name, const uint8_t *p, size_t len)
{
	fprintf(stderr, " %s ", name);
	for (size_t i = 0; i < len; i++)
		fprintf(stderr, "%02x", p[i]);
}

static bool
differ(struct cases *c, unsigned kind, long *good)
{
	uint8_t hash[32], sig[CRED_SIG_LEN], der[SIG_DER_MAX];
	const struct one_key *key = make_case(c, kind, hash, sig);
	enum cred_err ours = es256_table_verify(key->table, hash, sig),
		      bare = es256_table_verify(key->bare, hash, sig);
	bool theirs = EVP_PKEY_verify(key->ctx, der, sig_to_der(sig, der), hash,
			  sizeof hash) == 1;

	ERR_clear_error();
	*good += theirs;
	/* what it was made to be, so that both cannot be wrong together */
	if (ours == (theirs ? CRED_OK : CRED_ERR_SIGNATURE) && bare == ours &&
	    (kind < 5 || kind == 9 || kind == 10       ? theirs
		: kind == 11 || kind == 5 || kind == 6 ? !theirs
						       : true))
		return false;
	fprintf(stderr, "kind %u: table %s, bare %s, EVP %s\n", kind,
	    cred_errname(ours), cred_errname(bare), theirs ? "good" : "bad");
	print_hex("hash", hash, sizeof hash);
	print_hex("sig", sig, sizeof sig);
	fprintf(stderr, "\n");
	return true;
}

long
es256_cases_run(long n, uint64_t seed, long *good)
{
	struct cases c = {.state = seed};
	long bad = 0;

	c.group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	must(c.group != NULL && (c.bn = BN_CTX_new()) != NULL &&
	     (c.k = BN_new()) != NULL && (c.e = BN_new()) != NULL &&
	     (c.r = BN_new()) != NULL && (c.s = BN_new()) != NULL &&
	     (c.t = BN_new()) != NULL &&
	     (c.point = EC_POINT_new(c.group)) != NULL);
	c.n = EC_GROUP_get0_order(c.group);
	for (size_t i = 0; i < N_KEYS; i++)
		make_key(&c, i);
	for (long i = 0; i < n; i++)
		bad += differ(&c, (unsigned)(i % 15), good);
	for (size_t i = 0; i < N_KEYS; i++) {
		BN_free(c.keys[i].d);
		EVP_PKEY_CTX_free(c.keys[i].ctx);
		EVP_PKEY_free(c.keys[i].evp);
		es256_table_free(c.keys[i].table);
		es256_table_free(c.keys[i].bare);
	}
	EC_POINT_free(c.point);
	BN_free(c.k);
	BN_free(c.e);
	BN_free(c.r);
	BN_free(c.s);
	BN_free(c.t);
	BN_CTX_free(c.bn);
	EC_GROUP_free(c.group);
	return bad;
}
