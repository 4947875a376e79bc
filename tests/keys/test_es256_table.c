#include "world.h"

#include <openssl/ec.h>
#include <pthread.h>

#include "es256_cases.h"
#include "keys/es256_table.h"
#include "keys/key_int.h"

static void
same_as_evp(void **state)
{
	long good = 0;

	(void)state;
	assert_int_equal(es256_cases_run(20000, 1, &good), 0);
	assert_true(good > 7000 && good < 11000);
}

static void
point_not_on_the_curve(void **state)
{
	struct es256_table *t = NULL;
	struct pubkey pub;
	EVP_PKEY *k = EVP_EC_gen("P-256");

	(void)state;
	assert_err(pubkey_from_evp(k, &pub), CRED_OK);
	pub.raw[64] ^= 1;
	assert_err(es256_table_new(pub.raw, &t), CRED_ERR_X509_ALG);
	pub.raw[64] ^= 1;
	pub.raw[0] = 0;
	assert_err(es256_table_new(pub.raw, &t), CRED_ERR_X509_ALG);
	memset(pub.raw, 0xff, 65);
	pub.raw[0] = 4;
	assert_err(es256_table_new(pub.raw, &t), CRED_ERR_X509_ALG);
	assert_null(t);
	EVP_PKEY_free(k);
}

struct job {
	struct sigcheck *check;
	struct bytes msg;
	uint8_t sig[CRED_SIG_LEN];
	int wrong;
};

static void *
verify_many(void *arg)
{
	struct job *j = arg;
	uint8_t bad[CRED_SIG_LEN];

	memcpy(bad, j->sig, sizeof bad);
	bad[40] ^= 4;
	for (int i = 0; i < 300; i++) {
		j->wrong += sigcheck_raw(j->check, j->msg, j->sig) != CRED_OK;
		j->wrong +=
		    sigcheck_raw(j->check, j->msg, bad) != CRED_ERR_SIGNATURE;
	}
	return NULL;
}

/* The table comes while four threads verify: no answer changes. */
static void
threads_get_a_table(void **state)
{
	struct job jobs[4] = {0};
	pthread_t threads[4];
	struct sigcheck *check;
	struct key *key;
	struct why why;
	char *pem;
	size_t len;
	const struct bytes msg = bytes_str("message");
	uint8_t sig[CRED_SIG_LEN];

	(void)state;
	assert_err(
	    keyfile_generate(COSE_ES256, PASS_PHRASE, &pem, &len, &key, &why),
	    CRED_OK);
	assert_err(key_sign(key, msg, sig, &why), CRED_OK);
	assert_err(sigcheck_new(key_public(key), &check), CRED_OK);
	for (int i = 0; i < 4; i++) {
		jobs[i] = (struct job){.check = check, .msg = msg};
		memcpy(jobs[i].sig, sig, sizeof sig);
		assert_int_equal(
		    pthread_create(&threads[i], NULL, verify_many, &jobs[i]),
		    0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(jobs[i].wrong, 0);
	}
	assert_true(sigcheck_has_table(check));
	sigcheck_free(check);

	assert_err(sigcheck_new(key_public(key), &check), CRED_OK);
	sigcheck_no_table(check);
	jobs[0].check = check;
	verify_many(&jobs[0]);
	assert_int_equal(jobs[0].wrong, 0);
	assert_false(sigcheck_has_table(check));
	sigcheck_free(check);
	key_free(key);
	free(pem);
}

/* More keys than tables: the others do without. */
static void
tables_run_out(void **state)
{
	enum { N = ES256_TABLES_MAX };
	struct es256_table **all = calloc(N, sizeof *all), *one = NULL;
	struct pubkey pub;
	EVP_PKEY *k = EVP_EC_gen("P-256");
	int n = 0;

	(void)state;
	assert_non_null(all);
	assert_err(pubkey_from_evp(k, &pub), CRED_OK);
	/* G itself needs no table of its own: quick to make 256 of */
	{
		struct pubkey g = {0};
		static const uint8_t G[65] = {0x04, 0x6b, 0x17, 0xd1, 0xf2,
		    0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4,
		    0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0,
		    0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3,
		    0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a,
		    0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31,
		    0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};

		memcpy(g.raw, G, 65);
		while (n < N && es256_table_new(g.raw, &all[n]) == CRED_OK)
			n++;
	}
	assert_int_equal(n, N);
	assert_err(es256_table_new(pub.raw, &one), CRED_FAULT_CONFIG);
	es256_table_free(all[--n]);
	assert_err(es256_table_new(pub.raw, &one), CRED_OK);
	es256_table_free(one);
	while (n > 0)
		es256_table_free(all[--n]);
	free(all);
	EVP_PKEY_free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(same_as_evp),
	    cmocka_unit_test(point_not_on_the_curve),
	    cmocka_unit_test(threads_get_a_table),
	    cmocka_unit_test(tables_run_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
