/*
 * EC_GROUP_precompute_mult() is deprecated in OpenSSL 3.0, public, and has no
 * successor. For this file alone.
 */
#undef OPENSSL_NO_DEPRECATED
#undef OPENSSL_API_COMPAT
#define OPENSSL_API_COMPAT 10100

#include "keys/es256_table.h"

#include <gmp.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <stdatomic.h>
#include <stdlib.h>

#define ORDER_LEN  32
#define ORDER_BITS 256

/* What one verification needs, for one thread at a time. */
struct scratch {
	BN_CTX *ctx;
	BIGNUM *r, *s, *e, *w, *u1, *u2, *x, *y, *z;
	EC_POINT *p, *q;
	mpz_t divisor, inverse;
};

#define SLOTS 16

struct es256_table {
	EC_GROUP *std;  /* P-256, whose own generator has tables built in */
	EC_GROUP *key;  /* P-256 with the public key for a generator */
	EC_POINT *bare; /* or that key, where there is no such group */
	mpz_t order;
	BN_MONT_CTX *mont;  /* modulo the order */
	BN_MONT_CTX *field; /* modulo the prime */
	_Atomic(struct scratch *) slots[SLOTS];
	bool counted; /* among n_tables */
};

static atomic_size_t n_tables;

static void
scratch_free(struct scratch *c)
{
	if (c == NULL)
		return;
	BN_free(c->r);
	BN_free(c->s);
	BN_free(c->e);
	BN_free(c->w);
	BN_free(c->u1);
	BN_free(c->u2);
	BN_free(c->x);
	BN_free(c->y);
	BN_free(c->z);
	EC_POINT_free(c->p);
	EC_POINT_free(c->q);
	BN_CTX_free(c->ctx);
	mpz_clears(c->divisor, c->inverse, NULL);
	free(c);
}

static struct scratch *
scratch_new(const EC_GROUP *group)
{
	struct scratch *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	mpz_init2(c->divisor, 2 * ORDER_BITS);
	mpz_init2(c->inverse, 2 * ORDER_BITS);
	c->ctx = BN_CTX_new();
	c->r = BN_new();
	c->s = BN_new();
	c->e = BN_new();
	c->w = BN_new();
	c->u1 = BN_new();
	c->u2 = BN_new();
	c->x = BN_new();
	c->y = BN_new();
	c->z = BN_new();
	c->p = EC_POINT_new(group);
	c->q = EC_POINT_new(group);
	if (c->ctx == NULL || c->r == NULL || c->s == NULL || c->e == NULL ||
	    c->w == NULL || c->u1 == NULL || c->u2 == NULL || c->x == NULL ||
	    c->y == NULL || c->z == NULL || c->p == NULL || c->q == NULL) {
		scratch_free(c);
		return NULL;
	}
	return c;
}

static struct scratch *
take(struct es256_table *t)
{
	for (size_t i = 0; i < SLOTS; i++) {
		struct scratch *c;

		if (atomic_load_explicit(&t->slots[i], memory_order_relaxed) ==
		    NULL)
			continue;
		c = atomic_exchange(&t->slots[i], NULL);
		if (c != NULL)
			return c;
	}
	return scratch_new(t->std);
}

static void
put_back(struct es256_table *t, struct scratch *c)
{
	for (size_t i = 0; i < SLOTS && c != NULL; i++) {
		struct scratch *none = NULL;

		if (atomic_compare_exchange_strong(&t->slots[i], &none, c))
			c = NULL;
	}
	scratch_free(c);
}

static enum cred_err
read_key(struct es256_table *t, const uint8_t point[static 65])
{
	BN_CTX *ctx = BN_CTX_new();
	enum cred_err e = CRED_FAULT_NOMEM;
	uint8_t order[ORDER_LEN];

	t->std = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	t->mont = BN_MONT_CTX_new();
	t->field = BN_MONT_CTX_new();
	t->bare = t->std == NULL ? NULL : EC_POINT_new(t->std);
	if (ctx == NULL || t->mont == NULL || t->field == NULL ||
	    t->bare == NULL ||
	    BN_MONT_CTX_set(t->mont, EC_GROUP_get0_order(t->std), ctx) != 1 ||
	    BN_MONT_CTX_set(t->field, EC_GROUP_get0_field(t->std), ctx) != 1)
		goto out;
	BN_bn2binpad(EC_GROUP_get0_order(t->std), order, ORDER_LEN);
	mpz_import(t->order, ORDER_LEN, 1, 1, 1, 0, order);
	e = CRED_ERR_X509_ALG; /* not on the curve: checked by oct2point */
	if (EC_POINT_oct2point(t->std, t->bare, point, 65, ctx) == 1 &&
	    EC_POINT_is_at_infinity(t->std, t->bare) == 0)
		e = CRED_OK;
out:
	ERR_clear_error();
	BN_CTX_free(ctx);
	return e;
}

/* The key's multiples, in the place of the key. */
static enum cred_err
precompute(struct es256_table *t)
{
	BN_CTX *ctx = BN_CTX_new();
	enum cred_err e = CRED_FAULT_NOMEM;

	t->key = EC_GROUP_dup(t->std);
	if (ctx == NULL || t->key == NULL)
		goto out;
	e = CRED_FAULT_CONFIG;
	if (EC_GROUP_set_generator(t->key, t->bare, EC_GROUP_get0_order(t->std),
		EC_GROUP_get0_cofactor(t->std)) == 1 &&
	    EC_GROUP_precompute_mult(t->key, ctx) == 1 &&
	    EC_GROUP_have_precompute_mult(t->key) == 1)
		e = CRED_OK;
	EC_POINT_free(t->bare);
	t->bare = NULL;
out:
	ERR_clear_error();
	BN_CTX_free(ctx);
	return e;
}

enum cred_err
es256_table_bare(const uint8_t point[static 65], struct es256_table **out)
{
	struct es256_table *t = calloc(1, sizeof *t);
	enum cred_err e;

	if (t == NULL)
		return CRED_FAULT_NOMEM;
	mpz_init2(t->order, ORDER_BITS);
	e = read_key(t, point);
	if (e != CRED_OK) {
		es256_table_free(t);
		return e;
	}
	*out = t;
	return CRED_OK;
}

enum cred_err
es256_table_new(const uint8_t point[static 65], struct es256_table **out)
{
	struct es256_table *t;
	enum cred_err e;

	if (atomic_fetch_add(&n_tables, 1) >= ES256_TABLES_MAX) {
		atomic_fetch_sub(&n_tables, 1);
		return CRED_FAULT_CONFIG;
	}
	e = es256_table_bare(point, &t);
	if (e != CRED_OK) {
		atomic_fetch_sub(&n_tables, 1);
		return e;
	}
	t->counted = true;
	e = precompute(t);
	if (e != CRED_OK) {
		es256_table_free(t);
		return e;
	}
	*out = t;
	return CRED_OK;
}

void
es256_table_free(struct es256_table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		scratch_free(atomic_load(&t->slots[i]));
	mpz_clear(t->order);
	BN_MONT_CTX_free(t->mont);
	BN_MONT_CTX_free(t->field);
	EC_POINT_free(t->bare);
	EC_GROUP_free(t->key);
	EC_GROUP_free(t->std);
	if (t->counted)
		atomic_fetch_sub(&n_tables, 1);
	free(t);
}

/*
 * Is the point's x modulo n equal to r? x is X / Z^2, so that r Z^2 = X is
 * asked instead, which spares a division; x < p < 2n, so that it may be r + n
 * as well. Writes to r.
 */
static enum cred_err
check_x(const struct es256_table *t, struct scratch *c)
{
	const BIGNUM *n = EC_GROUP_get0_order(t->std);

	/* Montgomery's product takes away two factors R, which come back. */
	if (EC_POINT_get_Jprojective_coordinates_GFp(
		t->std, c->p, c->x, c->y, c->z, c->ctx) != 1 ||
	    BN_mod_mul_montgomery(c->z, c->z, c->z, t->field, c->ctx) != 1 ||
	    BN_to_montgomery(c->z, c->z, t->field, c->ctx) != 1 ||
	    BN_to_montgomery(c->z, c->z, t->field, c->ctx) != 1)
		return CRED_FAULT_NOMEM;
	while (BN_cmp(c->r, EC_GROUP_get0_field(t->std)) < 0) {
		if (BN_mod_mul_montgomery(c->y, c->r, c->z, t->field, c->ctx) !=
		    1)
			return CRED_FAULT_NOMEM;
		if (BN_cmp(c->y, c->x) == 0)
			return CRED_OK;
		if (BN_add(c->r, c->r, n) != 1)
			return CRED_FAULT_NOMEM;
	}
	return CRED_ERR_SIGNATURE;
}

/*
 * w = 1 / s modulo the order. Public numbers, so time may tell; by GMP, whose
 * extended Euclid needs 1 us where BN_mod_inverse() needs 21, half of all.
 */
static bool
invert(const struct es256_table *t, struct scratch *c,
    const uint8_t s[static ORDER_LEN])
{
	uint8_t w[ORDER_LEN];
	size_t len = 0;

	mpz_import(c->divisor, ORDER_LEN, 1, 1, 1, 0, s);
	if (mpz_invert(c->inverse, c->divisor, t->order) == 0)
		return false;
	mpz_export(w, &len, 1, 1, 1, 0, c->inverse);
	return BN_bin2bn(w, (int)len, c->w) != NULL;
}

/* p = u1 G + u2 Q. */
static bool
multiply(const struct es256_table *t, struct scratch *c)
{
	if (t->key == NULL)
		return EC_POINT_mul(
			   t->std, c->p, c->u1, t->bare, c->u2, c->ctx) == 1;
	return EC_POINT_mul(t->std, c->p, c->u1, NULL, NULL, c->ctx) == 1 &&
	       EC_POINT_mul(t->key, c->q, c->u2, NULL, NULL, c->ctx) == 1 &&
	       EC_POINT_add(t->std, c->p, c->p, c->q, c->ctx) == 1;
}

/* FIPS 186-5 s6.4.2, ECDSA signature verification. */
static enum cred_err
verify(const struct es256_table *t, struct scratch *c,
    const uint8_t hash[static 32], const uint8_t sig[static CRED_SIG_LEN])
{
	const BIGNUM *n = EC_GROUP_get0_order(t->std);

	if (BN_bin2bn(sig, 32, c->r) == NULL ||
	    BN_bin2bn(sig + 32, 32, c->s) == NULL ||
	    BN_bin2bn(hash, 32, c->e) == NULL)
		return CRED_FAULT_NOMEM;
	/* 1. r and s in [1, n - 1] */
	if (BN_is_zero(c->r) || BN_is_zero(c->s) || BN_cmp(c->r, n) >= 0 ||
	    BN_cmp(c->s, n) >= 0)
		return CRED_ERR_SIGNATURE;
	/* 2.-5. w = 1 / s, u1 = e w, u2 = r w; with w in Montgomery form both
	 * products come out of it. */
	if (!invert(t, c, sig + 32) ||
	    BN_to_montgomery(c->w, c->w, t->mont, c->ctx) != 1 ||
	    BN_mod_mul_montgomery(c->u1, c->e, c->w, t->mont, c->ctx) != 1 ||
	    BN_mod_mul_montgomery(c->u2, c->r, c->w, t->mont, c->ctx) != 1)
		return CRED_FAULT_NOMEM;
	/* 6.-8. */
	if (!multiply(t, c))
		return CRED_FAULT_NOMEM;
	if (EC_POINT_is_at_infinity(t->std, c->p) == 1)
		return CRED_ERR_SIGNATURE;
	return check_x(t, c);
}

enum cred_err
es256_table_verify(struct es256_table *t, const uint8_t hash[static 32],
    const uint8_t sig[static CRED_SIG_LEN])
{
	struct scratch *c = take(t);
	enum cred_err e = CRED_FAULT_NOMEM;

	if (c != NULL) {
		e = verify(t, c, hash, sig);
		put_back(t, c);
	}
	if (e == CRED_FAULT_NOMEM)
		ERR_clear_error();
	return e;
}
