#include "testing.h"

#include "tlog_store.h"

static void
reference_consistency(void **state)
{
	static const struct {
		size_t from, to, n;
		const char *path[3];
	} refs[] = {
	    {1, 1, 0, {NULL}},
	    {1, 8, 3,
		{"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a0"
		 "9cfc7",
		    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f5"
		    "0de3031e",
		    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035c"
		    "a39bf6e4"}},
	    {6, 8, 3,
		{"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558e"
		 "f6a",
		    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5"
		    "975a0ae0",
		    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95"
		    "209614b7"}},
	    {2, 5, 2,
		{"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de30"
		 "31e",
		    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d"
		    "88599e6b"}},
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(refs) / sizeof(refs[0]); i++) {
		struct tlog_hash path[4] = {0}, from, to;

		from = hash_hex(REF_ROOTS[refs[i].from - 1]);
		to = hash_hex(REF_ROOTS[refs[i].to - 1]);
		for (k = 0; k < refs[i].n; k++)
			path[k] = hash_hex(refs[i].path[k]);
		assert_int_equal(
		    tlog_verify_consistency(test_sha256, refs[i].from, &from,
			refs[i].to, &to, path, refs[i].n),
		    CRED_OK);
		assert_int_equal(
		    tlog_verify_consistency(test_sha256, refs[i].from, &from,
			refs[i].to, &to, path, refs[i].n + 1),
		    CRED_ERR_TLOG_PROOF);
		for (k = 0; k < refs[i].n; k++) {
			path[k].b[31] ^= 1;
			assert_int_equal(
			    tlog_verify_consistency(test_sha256, refs[i].from,
				&from, refs[i].to, &to, path, refs[i].n),
			    CRED_ERR_TLOG_PROOF);
			path[k].b[31] ^= 1;
		}
	}
}

static void
consistency(void **state)
{
	struct store *s = store_new(70000);
	static const uint64_t sizes[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33,
	    100, 127, 128, 129, 254, 255, 256, 257, 258, 300, 511, 512, 513,
	    1000, 65535, 65536, 65537, 66048, 69999, 70000};
	const size_t n_sizes = sizeof(sizes) / sizeof(sizes[0]);
	struct tlog_hash roots[sizeof(sizes) / sizeof(sizes[0])], path[82];
	size_t i, k, n;

	(void)state;
	for (i = 0; i < n_sizes; i++)
		naive_root(s->level[0], sizes[i], &roots[i]);
	for (i = 0; i < n_sizes; i++)
		for (k = i; k < n_sizes; k++) {
			struct tlog_hash bad;

			assert_int_equal(
			    tlog_consistency_path(test_sha256, sizes[i],
				sizes[k], store_fetch, s, path, &n),
			    CRED_OK);
			assert_int_equal(
			    tlog_verify_consistency(test_sha256, sizes[i],
				&roots[i], sizes[k], &roots[k], path, n),
			    CRED_OK);
			bad = roots[i];
			bad.b[9] ^= 1;
			assert_int_equal(
			    tlog_verify_consistency(test_sha256, sizes[i], &bad,
				sizes[k], &roots[k], path, n),
			    CRED_ERR_TLOG_PROOF);
			if (sizes[i] == 0 && sizes[k] != 0)
				continue;
			bad = roots[k];
			bad.b[31] ^= 0x80;
			assert_int_equal(
			    tlog_verify_consistency(test_sha256, sizes[i],
				&roots[i], sizes[k], &bad, path, n),
			    CRED_ERR_TLOG_PROOF);
			if (n == 0)
				continue;
			assert_int_equal(
			    tlog_verify_consistency(test_sha256, sizes[i],
				&roots[i], sizes[k], &roots[k], path, n - 1),
			    CRED_ERR_TLOG_PROOF);
			path[n / 2].b[0] ^= 1;
			assert_int_equal(
			    tlog_verify_consistency(test_sha256, sizes[i],
				&roots[i], sizes[k], &roots[k], path, n),
			    CRED_ERR_TLOG_PROOF);
		}
	/* From nothing anything follows, but only with an empty proof. */
	assert_int_equal(tlog_verify_consistency(
			     test_sha256, 0, &roots[0], 5, &roots[5], path, 1),
	    CRED_ERR_TLOG_PROOF);
	/* Equal sizes admit no proof either. */
	assert_int_equal(tlog_verify_consistency(
			     test_sha256, 5, &roots[5], 5, &roots[5], path, 1),
	    CRED_ERR_TLOG_PROOF);
	assert_int_equal(tlog_verify_consistency(
			     test_sha256, 3, &roots[3], 5, &roots[5], path, 0),
	    CRED_ERR_TLOG_PROOF);
	store_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reference_consistency),
	    cmocka_unit_test(consistency),
	};
	return cmocka_run_group_tests_name("tlog_proof", tests, NULL, NULL);
}
