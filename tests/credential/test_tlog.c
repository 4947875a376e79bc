#include "testing.h"

#include "tlog_store.h"

static void
reference_roots(void **state)
{
	struct tlog_edge edge = {0};
	struct tlog_hash leaf, root, want;
	size_t i;

	(void)state;
	tlog_empty_root(test_sha256, &root);
	want = hash_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495"
			"991b7852b855");
	assert_memory_equal(root.b, want.b, 32);
	tlog_edge_root(test_sha256, &edge, &root);
	assert_memory_equal(root.b, want.b, 32);
	for (i = 0; i < 8; i++) {
		uint8_t entry[32];

		tlog_leaf(test_sha256, unhex(REF_ENTRIES[i], entry, 32), &leaf);
		tlog_edge_append(test_sha256, &edge, &leaf);
		assert_int_equal(edge.size, i + 1);
		tlog_edge_root(test_sha256, &edge, &root);
		want = hash_hex(REF_ROOTS[i]);
		assert_memory_equal(root.b, want.b, 32);
	}
}

static void
ref_leaf(size_t i, struct tlog_hash *out)
{
	uint8_t entry[32];

	tlog_leaf(test_sha256, unhex(REF_ENTRIES[i], entry, 32), out);
}

/* Published audit paths of that tree: leaf and size count from one. */
static void
reference_inclusion(void **state)
{
	static const struct {
		size_t leaf, size, n;
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
		{"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599"
		 "e6b",
		    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5"
		    "975a0ae0",
		    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95"
		    "209614b7"}},
	    {3, 3, 1,
		{"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3"
		 "c125"}},
	    {2, 5, 3,
		{"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617af"
		 "a01d",
		    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f5"
		    "0de3031e",
		    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d"
		    "88599e6b"}},
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(refs) / sizeof(refs[0]); i++) {
		struct tlog_hash path[4] = {0}, leaf, root;

		ref_leaf(refs[i].leaf - 1, &leaf);
		root = hash_hex(REF_ROOTS[refs[i].size - 1]);
		for (k = 0; k < refs[i].n; k++)
			path[k] = hash_hex(refs[i].path[k]);
		assert_int_equal(
		    tlog_verify_inclusion(test_sha256, refs[i].leaf - 1,
			refs[i].size, &root, &leaf, path, refs[i].n),
		    CRED_OK);
		assert_int_equal(
		    tlog_verify_inclusion(test_sha256, refs[i].leaf - 1,
			refs[i].size, &root, &leaf, path, refs[i].n + 1),
		    CRED_ERR_TLOG_PROOF);
	}
}

/* Roots three ways: naively, by the growing edge, from tiles. */
static void
roots_agree(void **state)
{
	struct store *s = store_new(70000);
	static const uint64_t sizes[] = {
	    511, 512, 513, 1023, 1024, 4096, 65535, 65536, 65537, 65792, 70000};
	struct tlog_edge edge = {0};
	struct tlog_hash a, b, c, leaf;
	uint64_t size, i = 0;

	(void)state;
	for (size = 0; size <= s->size; size++) {
		bool check = size <= 520;

		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			check = check || size == sizes[i];
		if (check) {
			naive_root(s->level[0], size, &a);
			tlog_edge_root(test_sha256, &edge, &b);
			assert_memory_equal(a.b, b.b, 32);
			assert_int_equal(tlog_root_from_tiles(test_sha256, size,
					     store_fetch, s, &c),
			    CRED_OK);
			assert_memory_equal(a.b, c.b, 32);
		}
		memcpy(leaf.b, &s->level[0][size % s->size * 32], 32);
		tlog_edge_append(test_sha256, &edge, &leaf);
	}
	store_free(s);
}

/* One leaf of one tree: by tiles and by audit path, and that nothing else
 * passes for it. */
static void
one_inclusion(struct store *s, uint64_t index, uint64_t size,
    const struct tlog_hash *root)
{
	struct tlog_tile tiles[TLOG_PROOF_TILES_MAX];
	struct tlog_hash leaf, path[41];
	size_t i, n, n_tiles;

	leaf_of(index, &leaf);
	s->n_asked = 0;
	assert_int_equal(tlog_check_inclusion(test_sha256, index, size, root,
			     &leaf, store_fetch, s),
	    CRED_OK);
	n_tiles = tlog_proof_tiles(index, size, tiles);
	assert_int_equal(s->n_asked, n_tiles);
	for (i = 0; i < n_tiles; i++) {
		assert_int_equal(tiles[i].level, s->asked[i].level);
		assert_int_equal(tiles[i].n, s->asked[i].n);
		assert_int_equal(tiles[i].width, s->asked[i].width);
		assert_int_equal(
		    tlog_tile_width(tiles[i].level, tiles[i].n, size),
		    tiles[i].width);
	}
	assert_int_equal(tlog_inclusion_path(test_sha256, index, size,
			     store_fetch, s, path, &n),
	    CRED_OK);
	assert_in_range(n, 0, 40);
	assert_int_equal(tlog_verify_inclusion(
			     test_sha256, index, size, root, &leaf, path, n),
	    CRED_OK);
	if (n > 0) {
		assert_int_equal(tlog_verify_inclusion(test_sha256, index, size,
				     root, &leaf, path, n - 1),
		    CRED_ERR_TLOG_PROOF);
		path[n / 2].b[5] ^= 4;
		assert_int_equal(tlog_verify_inclusion(test_sha256, index, size,
				     root, &leaf, path, n),
		    CRED_ERR_TLOG_PROOF);
	}
	leaf.b[0] ^= 1;
	assert_int_equal(tlog_check_inclusion(test_sha256, index, size, root,
			     &leaf, store_fetch, s),
	    CRED_ERR_TLOG_PROOF);
}

static void
inclusion_small(void **state)
{
	struct store *s = store_new(330);
	struct tlog_hash root;
	uint64_t size, index;

	(void)state;
	for (size = 1; size <= s->size; size++) {
		bool all = size <= 40 || (size >= 255 && size <= 258);

		naive_root(s->level[0], size, &root);
		for (index = 0; index < size; index += all ? 1 : 17)
			one_inclusion(s, index, size, &root);
		one_inclusion(s, size - 1, size, &root);
	}
	store_free(s);
}

static void
inclusion_large(void **state)
{
	static const uint64_t sizes[] = {
	    65535, 65536, 65537, 65800, 66047, 66048, 70000};
	static const uint64_t indexes[] = {0, 1, 255, 256, 257, 32767, 65279,
	    65280, 65534, 65535, 65536, 65791, 65792, 66047, 69999};
	struct store *s = store_new(70000);
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct tlog_hash root;

		naive_root(s->level[0], sizes[i], &root);
		for (k = 0; k < sizeof(indexes) / sizeof(indexes[0]); k++)
			if (indexes[k] < sizes[i])
				one_inclusion(s, indexes[k], sizes[i], &root);
		one_inclusion(s, sizes[i] - 1, sizes[i], &root);
	}
	store_free(s);
}

/* Any changed byte of any tile that the check reads makes it fail. */
static void
inclusion_spoiled(void **state)
{
	static const struct {
		uint64_t index, size, step;
	} cases[] = {{0, 1, 1}, {2, 5, 1}, {17, 255, 1}, {255, 256, 1},
	    {0, 257, 31}, {256, 300, 31}, {299, 300, 31}, {5, 513, 31},
	    {65000, 70000, 301}, {66000, 70000, 301}, {69999, 70000, 301},
	    {3, 65536, 301}};
	struct store *s = store_new(70000);
	size_t i, k, n;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tlog_tile tiles[TLOG_PROOF_TILES_MAX];
		struct tlog_hash leaf, root;

		leaf_of(cases[i].index, &leaf);
		naive_root(s->level[0], cases[i].size, &root);
		n = tlog_proof_tiles(cases[i].index, cases[i].size, tiles);
		assert_in_range(n, 1, TLOG_PROOF_TILES_MAX);
		for (k = 0; k < n; k++) {
			s->spoil = tiles[k];
			for (s->spoil_byte = 0;
			     s->spoil_byte < tiles[k].width * 32;
			     s->spoil_byte += cases[i].step)
				assert_int_equal(
				    tlog_check_inclusion(test_sha256,
					cases[i].index, cases[i].size, &root,
					&leaf, store_fetch, s),
				    CRED_ERR_TLOG_PROOF);
			s->spoil.width = 0;
		}
		/* The same leaf elsewhere is another statement. */
		if (cases[i].size > 1)
			assert_int_equal(
			    tlog_check_inclusion(test_sha256,
				(cases[i].index + 1) % cases[i].size,
				cases[i].size, &root, &leaf, store_fetch, s),
			    CRED_ERR_TLOG_PROOF);
	}
	store_free(s);
}

static enum cred_err
short_fetch(void *ctx, const struct tlog_tile *t, struct bytes *out)
{
	enum cred_err e = store_fetch(ctx, t, out);

	out->len -= 1;
	return e;
}

static enum cred_err
silent_fetch(void *ctx, const struct tlog_tile *t, struct bytes *out)
{
	(void)ctx;
	(void)t;
	(void)out;
	return CRED_OK;
}

static void
fetch_failures(void **state)
{
	struct store *s = store_new(300);
	struct tlog_hash leaf, root, path[82], got;
	size_t n;

	(void)state;
	leaf_of(1, &leaf);
	naive_root(s->level[0], 300, &root);
	assert_int_equal(tlog_check_inclusion(
			     test_sha256, 1, 300, &root, &leaf, short_fetch, s),
	    CRED_ERR_TLOG_TILE);
	assert_int_equal(tlog_check_inclusion(test_sha256, 1, 300, &root, &leaf,
			     silent_fetch, s),
	    CRED_ERR_TLOG_TILE);
	assert_int_equal(
	    tlog_root_from_tiles(test_sha256, 300, short_fetch, s, &got),
	    CRED_ERR_TLOG_TILE);
	s->fail = CRED_FAULT_IO;
	assert_int_equal(tlog_check_inclusion(
			     test_sha256, 1, 300, &root, &leaf, store_fetch, s),
	    CRED_FAULT_IO);
	assert_int_equal(
	    tlog_root_from_tiles(test_sha256, 300, store_fetch, s, &got),
	    CRED_FAULT_IO);
	assert_int_equal(
	    tlog_inclusion_path(test_sha256, 1, 300, store_fetch, s, path, &n),
	    CRED_FAULT_IO);
	assert_int_equal(tlog_consistency_path(
			     test_sha256, 3, 300, store_fetch, s, path, &n),
	    CRED_FAULT_IO);
	store_free(s);
}

static void
index_beyond(void **state)
{
	struct tlog_tile tiles[TLOG_PROOF_TILES_MAX];
	struct tlog_hash h = {{0}}, path[82];
	const uint64_t big = TLOG_MAX_SIZE + 1;
	size_t n;

	(void)state;
	assert_int_equal(
	    tlog_check_inclusion(test_sha256, 5, 5, &h, &h, store_fetch, NULL),
	    CRED_ERR_TLOG_INDEX);
	assert_int_equal(
	    tlog_check_inclusion(test_sha256, 0, 0, &h, &h, store_fetch, NULL),
	    CRED_ERR_TLOG_INDEX);
	assert_int_equal(tlog_check_inclusion(
			     test_sha256, 0, big, &h, &h, store_fetch, NULL),
	    CRED_ERR_TLOG_INDEX);
	assert_int_equal(
	    tlog_root_from_tiles(test_sha256, big, store_fetch, NULL, &h),
	    CRED_ERR_TLOG_INDEX);
	assert_int_equal(
	    tlog_inclusion_path(test_sha256, 7, 7, store_fetch, NULL, path, &n),
	    CRED_ERR_TLOG_INDEX);
	assert_int_equal(
	    tlog_verify_inclusion(test_sha256, 7, 7, &h, &h, path, 0),
	    CRED_ERR_TLOG_INDEX);
	assert_int_equal(tlog_consistency_path(
			     test_sha256, 8, 7, store_fetch, NULL, path, &n),
	    CRED_ERR_TLOG_INDEX);
	assert_int_equal(
	    tlog_verify_consistency(test_sha256, 8, &h, 7, &h, path, 0),
	    CRED_ERR_TLOG_INDEX);
	assert_int_equal(tlog_proof_tiles(7, 7, tiles), 0);
	assert_int_equal(tlog_proof_tiles(0, big, tiles), 0);
	assert_int_equal(tlog_proof_tiles(0, TLOG_MAX_SIZE, tiles), 6);
	assert_int_equal(
	    tlog_proof_tiles(TLOG_MAX_SIZE - 2, TLOG_MAX_SIZE - 1, tiles), 5);
	assert_int_equal(tlog_proof_tiles(0, TLOG_MAX_SIZE - 1, tiles), 9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reference_roots),
	    cmocka_unit_test(reference_inclusion),
	    cmocka_unit_test(roots_agree),
	    cmocka_unit_test(inclusion_small),
	    cmocka_unit_test(inclusion_large),
	    cmocka_unit_test(inclusion_spoiled),
	    cmocka_unit_test(fetch_failures),
	    cmocka_unit_test(index_beyond),
	};
	return cmocka_run_group_tests_name("tlog", tests, NULL, NULL);
}
