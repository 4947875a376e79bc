/* The CRL that the authority's home makes, as facts. */
#include "world.h"

#include <openssl/pem.h>

static void
withdrawal_is_read(void **state)
{
	static const enum cose_alg algs[] = {COSE_ES256, COSE_EDDSA, COSE_SM2};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct world *w = world_withdrawn(algs[i], 1, 266);
		const struct body *b = trust_body(w->trust, 0);

		assert_true(b->withdrawn);
		assert_int_equal(b->reason, 1);
		assert_int_equal(b->tree_size, 266);
		assert_int_equal(b->invalid_since, NOW - 3600);
		assert_err(trust_crl(w->trust)->why, CRED_OK);
		assert_int_equal(trust_crl(w->trust)->iat, NOW);
		assert_int_equal(trust_crl(w->trust)->exp, NOW + 30 * DAY);
		/* 1 at init, one for each publication and withdrawal */
		assert_int_equal(trust_crl_number(w->trust), 4);
		world_free(w);
	}
}

static struct trust *
load_world(struct world *w, struct bytes crl, int64_t now)
{
	struct trust_files f = {
	    .anchor = w->anchor, .bodies = w->bodies, .crl = crl};
	struct trust *t = NULL;

	assert_err(trust_load(&f, now, &t, NULL, NULL, &w->why), CRED_OK);
	return t;
}

static void
crl_states(void **state)
{
	struct world *w = world_withdrawn(COSE_ES256, 9, 0);
	struct world *other = world_new(COSE_ES256);
	X509_CRL *x;
	BIO *in = BIO_new_mem_buf(w->crl.ptr, (int)w->crl.len);
	uint8_t *der = NULL;
	struct trust *t;
	int len;

	(void)state;
	x = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL);
	len = i2d_X509_CRL(x, &der);
	X509_CRL_free(x);
	BIO_free(in);
	/* DER as well */
	t = load_world(w, bytes_of(der, (size_t)len), NOW);
	assert_err(trust_crl(t)->why, CRED_OK);
	assert_true(trust_body(t, 0)->withdrawn);
	trust_free(t);
	/* past nextUpdate: what it says still counts */
	t = load_world(w, w->crl, NOW + 31 * DAY);
	assert_err(trust_crl(t)->why, CRED_ERR_CRL_EXPIRED);
	assert_true(trust_body(t, 0)->withdrawn);
	trust_free(t);
	/* none, another authority's, garbage, cut off */
	t = load_world(w, (struct bytes){0}, NOW);
	assert_err(trust_crl(t)->why, CRED_ERR_CRL_MISSING);
	assert_false(trust_body(t, 0)->withdrawn);
	trust_free(t);
	t = load_world(w, other->crl, NOW);
	assert_err(trust_crl(t)->why, CRED_ERR_CRL_SIGNATURE);
	assert_false(trust_body(t, 0)->withdrawn);
	trust_free(t);
	t = load_world(w, bytes_str("garbage"), NOW);
	assert_err(trust_crl(t)->why, CRED_ERR_CRL_FORM);
	trust_free(t);
	t = load_world(w, bytes_of(der, (size_t)len - 1), NOW);
	assert_err(trust_crl(t)->why, CRED_ERR_CRL_FORM);
	trust_free(t);
	t = load_world(w, bytes_of(w->crl.ptr, w->crl.len / 2), NOW);
	assert_true(trust_crl(t)->why != CRED_OK);
	assert_false(trust_body(t, 0)->withdrawn);
	trust_free(t);
	/* any bit changed: never read as good */
	for (int bit = 0; bit < len * 8; bit += 7) {
		der[bit / 8] ^= (uint8_t)(1 << bit % 8);
		t = load_world(w, bytes_of(der, (size_t)len), NOW);
		assert_true(trust_crl(t)->why != CRED_OK);
		assert_false(trust_body(t, 0)->withdrawn);
		trust_free(t);
		der[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	OPENSSL_free(der);
	world_free(other);
	world_free(w);
}

/* Two anchors, each with its own CRL: the fact is the worse of the two. */
static void
two_authorities(void **state)
{
	struct world *a = world_new(COSE_ES256), *b = world_new(COSE_SM2);
	char *anchors, *bodies, *crls;
	struct trust_files f = {0};
	struct trust *t = NULL;

	(void)state;
	assert_true(asprintf(&anchors, "%s%s", (const char *)a->anchor.ptr,
			(const char *)b->anchor.ptr) > 0);
	assert_true(asprintf(&bodies, "%s%s", (const char *)b->bodies.ptr,
			(const char *)a->bodies.ptr) > 0);
	assert_true(asprintf(&crls, "%s%s", (const char *)b->crl.ptr,
			(const char *)a->crl.ptr) > 0);
	f.anchor = bytes_str(anchors);
	f.bodies = bytes_str(bodies);
	f.crl = bytes_str(crls);
	assert_err(trust_load(&f, NOW, &t, NULL, NULL, NULL), CRED_OK);
	assert_int_equal(trust_n_bodies(t), 2);
	assert_err(trust_crl(t)->why, CRED_OK);
	trust_free(t);
	f.crl = a->crl;
	assert_err(trust_load(&f, NOW, &t, NULL, NULL, NULL), CRED_OK);
	assert_err(trust_crl(t)->why, CRED_ERR_CRL_MISSING);
	trust_free(t);
	/* a body of an anchor that is not configured */
	f.anchor = a->anchor;
	assert_err(trust_load(&f, NOW, &t, NULL, NULL, NULL), CRED_OK);
	assert_int_equal(trust_n_bodies(t), 1);
	trust_free(t);
	free(crls);
	free(bodies);
	free(anchors);
	world_free(b);
	world_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(withdrawal_is_read),
	    cmocka_unit_test(crl_states),
	    cmocka_unit_test(two_authorities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
