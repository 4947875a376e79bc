#include "testing.h"

#include "credential/tlog.h"

static void
widths(void **state)
{
	(void)state;
	/* The example of C2SP tlog-tiles: a tree of 70,000. */
	assert_int_equal(tlog_tile_width(0, 0, 70000), 256);
	assert_int_equal(tlog_tile_width(0, 272, 70000), 256);
	assert_int_equal(tlog_tile_width(0, 273, 70000), 112);
	assert_int_equal(tlog_tile_width(0, 274, 70000), 0);
	assert_int_equal(tlog_tile_width(1, 0, 70000), 256);
	assert_int_equal(tlog_tile_width(1, 1, 70000), 17);
	assert_int_equal(tlog_tile_width(2, 0, 70000), 1);
	assert_int_equal(tlog_tile_width(2, 1, 70000), 0);
	assert_int_equal(tlog_tile_width(3, 0, 70000), 0);
	assert_int_equal(tlog_tile_width(1, 0, 256), 1);
	assert_int_equal(tlog_tile_width(-1, 273, 70000), 112);
	assert_int_equal(tlog_tile_width(-1, 0, 0), 0);
	assert_int_equal(tlog_tile_width(-2, 0, 70000), 0);
	assert_int_equal(tlog_tile_width(63, 0, UINT64_MAX), 0);
	assert_int_equal(tlog_tile_width(0, UINT64_MAX, 70000), 0);
}

static void
paths(void **state)
{
	static const struct {
		struct tlog_tile t;
		const char *path;
	} cases[] = {
	    {{0, 1234067, 8}, "tile/0/x001/x234/067.p/8"},
	    {{0, 0, 256}, "tile/0/000"},
	    {{1, 999, 255}, "tile/1/999.p/255"},
	    {{2, 1000, 256}, "tile/2/x001/000"},
	    {{-1, 0, 256}, "tile/entries/000"},
	    {{-1, 273, 112}, "tile/entries/273.p/112"},
	    {{63, 999999999999999999, 1},
		"tile/63/x999/x999/x999/x999/x999/999.p/1"},
	};
	static const char *const bad[] = {"", "tile", "tile/", "tile/0",
	    "tile/0/", "/tile/0/000", "tile/0/000/", "tile/00/000",
	    "tile/64/000", "tile/-1/000", "tile/+1/000", "tile/a/000",
	    "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/x000/000",
	    "tile/0/x000/x001/000", "tile/0/x001", "tile/0/x001/",
	    "tile/0/x01/000", "tile/0/001/000", "tile/0/x001/x000",
	    "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01",
	    "tile/0/000.p/", "tile/0/000.p", "tile/0/000.p/1/",
	    "tile/0/000.p/1 ", "tile/0/000.p/999", "tile/0/000.q/1",
	    "tile/entries", "tile/entries/", "tile/entries/0",
	    "tile/Entries/000", "tile/0/../000", "tile/0/%30000",
	    "tile/0/x001/x001/x001/x001/x001/x001/001", "tile/0/000.p/1\n",
	    "checkpoint"};
	struct tlog_tile t;
	char path[TLOG_PATH_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tlog_tile_path(&cases[i].t, path);
		assert_string_equal(path, cases[i].path);
		assert_true(tlog_tile_parse(bytes_str(path), &t));
		assert_int_equal(t.level, cases[i].t.level);
		assert_int_equal(t.n, cases[i].t.n);
		assert_int_equal(t.width, cases[i].t.width);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (tlog_tile_parse(bytes_str(bad[i]), &t))
			fail_msg("taken: %s", bad[i]);
	assert_false(tlog_tile_parse(bytes_of("tile/0/000\0", 11), &t));
	/* No number is too large to be written. */
	tlog_tile_path(&(struct tlog_tile){63, UINT64_MAX, 255}, path);
	assert_string_equal(
	    path, "tile/63/x018/x446/x744/x073/x709/x551/615.p/255");
}

static void
bundles(void **state)
{
	uint8_t bundle[3 * 34] = {0}, entry[32];
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		bundle[i * 34 + 1] = 32;
		memset(&bundle[i * 34 + 2], (int)i + 1, 32);
	}
	for (i = 0; i < 3; i++) {
		assert_int_equal(
		    tlog_bundle_get(bytes_of(bundle, sizeof(bundle)), 3,
			(unsigned)i, entry),
		    CRED_OK);
		assert_int_equal(entry[0], i + 1);
		assert_int_equal(entry[31], i + 1);
	}
	assert_int_equal(
	    tlog_bundle_get(bytes_of(bundle, sizeof(bundle)), 3, 3, entry),
	    CRED_ERR_TLOG_INDEX);
	assert_int_equal(
	    tlog_bundle_get(bytes_of(bundle, sizeof(bundle)), 2, 0, entry),
	    CRED_ERR_TLOG_BUNDLE);
	assert_int_equal(
	    tlog_bundle_get(bytes_of(bundle, sizeof(bundle) - 1), 3, 0, entry),
	    CRED_ERR_TLOG_BUNDLE);
	assert_int_equal(tlog_bundle_get(bytes_of(bundle, 0), 0, 0, entry),
	    CRED_ERR_TLOG_BUNDLE);
	assert_int_equal(
	    tlog_bundle_get(bytes_of(bundle, sizeof(bundle)), 257, 0, entry),
	    CRED_ERR_TLOG_BUNDLE);
	bundle[2 * 34 + 1] = 31;
	assert_int_equal(
	    tlog_bundle_get(bytes_of(bundle, sizeof(bundle)), 3, 0, entry),
	    CRED_ERR_TLOG_BUNDLE);
	bundle[2 * 34 + 1] = 32;
	bundle[34] = 1;
	assert_int_equal(
	    tlog_bundle_get(bytes_of(bundle, sizeof(bundle)), 3, 0, entry),
	    CRED_ERR_TLOG_BUNDLE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(widths),
	    cmocka_unit_test(paths),
	    cmocka_unit_test(bundles),
	};
	return cmocka_run_group_tests_name("tlog_tile", tests, NULL, NULL);
}
