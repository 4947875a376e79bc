/* The page cache that a registry gives SQLite, asked as SQLite asks it. */
#include "tests/registry/fixture.h"

#include <sqlite3.h>
#include <string.h>

#include "registry/sqlite_cache.h"

#define SIZE  4096
#define EXTRA 232
#define MAX   80
#define INNER 5 /* the first byte of a table's inner page, and of its leaf */
#define LEAF  13

static sqlite3_pcache_methods2 ours;
static sqlite3_pcache *cache;

/* What a registry had SQLite use, if it was the first to use it. */
static int
get_methods(void **state)
{
	struct fixture *f = fixture_new("sqlite:");

	(void)state;
	reserve_n(f->r, "B", 2, 1, NULL);
	fixture_free(f);
	assert_int_equal(sqlite3_shutdown(), SQLITE_OK);
	assert_int_equal(
	    sqlite3_config(SQLITE_CONFIG_GETPCACHE2, &ours), SQLITE_OK);
	assert_int_equal(ours.xInit(ours.pArg), SQLITE_OK);
	return 0;
}

static int
set_up(void **state)
{
	(void)state;
	cache = ours.xCreate(SIZE, EXTRA, 1);
	assert_non_null(cache);
	ours.xCachesize(cache, MAX);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	ours.xDestroy(cache);
	return 0;
}

static bool
has(unsigned key)
{
	sqlite3_pcache_page *p = ours.xFetch(cache, key, 0);

	if (p != NULL)
		ours.xUnpin(cache, p, 0);
	return p != NULL;
}

/* A new page comes without the last one's extra. */
static sqlite3_pcache_page *
take(unsigned key, int type)
{
	sqlite3_pcache_page *p = ours.xFetch(cache, key, 2);
	static const char none[EXTRA];

	assert_non_null(p);
	assert_memory_equal(p->pExtra, none, EXTRA);
	memset(p->pExtra, 0xee, EXTRA);
	memset(p->pBuf, 0xee, SIZE);
	((char *)p->pBuf)[key == 1 ? 100 : 0] = (char)type;
	memcpy((char *)p->pBuf + SIZE - sizeof key, &key, sizeof key);
	return p;
}

static void
use(unsigned key, int type)
{
	ours.xUnpin(cache, take(key, type), 0);
}

static void
inner_pages_outlive_leaves(void **state)
{
	(void)state;
	for (unsigned key = 1; key <= 40; key++)
		use(key, key % 2 ? INNER : 2);
	for (unsigned key = 1000; key < 9000; key++)
		use(key, key % 2 ? LEAF : 10);
	for (unsigned key = 1; key <= 40; key++)
		assert_true(has(key));
	assert_false(has(1000));
	assert_true(has(8999));
	assert_int_equal(ours.xPagecount(cache), MAX);
}

/* However many inner ones there are. */
static void
leaves_keep_their_part(void **state)
{
	(void)state;
	for (unsigned key = 1; key <= 1000; key++)
		use(key, INNER);
	for (unsigned key = 2001; key <= 2000 + MAX / SQ_CACHE_LEAVES; key++)
		use(key, LEAF);
	for (unsigned key = 2001; key <= 2000 + MAX / SQ_CACHE_LEAVES; key++)
		assert_true(has(key));
	assert_int_equal(ours.xPagecount(cache), MAX);
}

static void
what_is_asked_again_stays(void **state)
{
	(void)state;
	use(1, LEAF);
	for (unsigned key = 2; key < 5000; key++) {
		use(key, LEAF);
		assert_true(has(1));
	}
	assert_false(has(2));
}

static void
what_is_in_use_stays(void **state)
{
	sqlite3_pcache_page *held[MAX + 20];

	(void)state;
	for (unsigned i = 0; i < MAX + 20; i++)
		held[i] = take(i + 1, LEAF);
	assert_null(ours.xFetch(cache, 5000, 1)); /* SQLite is to write some */
	assert_null(ours.xFetch(cache, 5000, 0));
	for (unsigned i = 0; i < MAX + 20; i++)
		assert_ptr_equal(ours.xFetch(cache, i + 1, 0), held[i]);
	assert_int_equal(ours.xPagecount(cache), MAX + 20);
	for (unsigned i = 0; i < MAX + 20; i++)
		ours.xUnpin(cache, held[i], 0);
	assert_int_equal(ours.xPagecount(cache), MAX);
	assert_non_null(ours.xFetch(cache, 5000, 1));
}

/* With nothing but inner pages beside what is in use, one of those goes. */
static void
inner_pages_go_at_last(void **state)
{
	sqlite3_pcache_page *held[60];

	(void)state;
	for (unsigned i = 0; i < 60; i++)
		held[i] = take(i + 1, LEAF);
	for (unsigned key = 100; key < 300; key++)
		use(key, INNER);
	assert_int_equal(ours.xPagecount(cache), MAX);
	for (unsigned i = 0; i < 60; i++)
		ours.xUnpin(cache, held[i], 0);
}

static void
keys_change_and_end(void **state)
{
	sqlite3_pcache_page *p, *other;

	(void)state;
	use(7, LEAF);
	p = take(9, LEAF);
	ours.xRekey(cache, p, 9, 7); /* the one that was 7 goes */
	assert_false(has(9));
	assert_ptr_equal(ours.xFetch(cache, 7, 0), p);
	assert_int_equal(ours.xPagecount(cache), 1);
	other = take(3, INNER);
	use(12, LEAF);
	ours.xTruncate(cache, 7); /* in use or not */
	assert_int_equal(ours.xPagecount(cache), 1);
	assert_true(!has(7) && !has(12));
	ours.xUnpin(cache, other, 1);
	assert_int_equal(ours.xPagecount(cache), 0);
	use(3, LEAF);
	ours.xShrink(cache);
	assert_int_equal(ours.xPagecount(cache), 0);
	use(3, LEAF);
	assert_true(has(3));
}

static void
a_smaller_size_is_kept_to(void **state)
{
	(void)state;
	for (unsigned key = 1; key <= MAX; key++)
		use(key, LEAF);
	ours.xCachesize(cache, 10);
	assert_int_equal(ours.xPagecount(cache), 10);
	ours.xCachesize(cache, 5000); /* of several blocks */
	for (unsigned key = 1; key <= 9000; key++)
		use(key + 100, LEAF);
	assert_int_equal(ours.xPagecount(cache), 5000);
}

/* What is not SQLite's to lose: a database in memory. */
static void
what_cannot_be_read_again_stays(void **state)
{
	(void)state;
	ours.xDestroy(cache);
	cache = ours.xCreate(SIZE, EXTRA, 0);
	ours.xCachesize(cache, 10);
	for (unsigned key = 1; key <= 3000; key++)
		use(key, LEAF);
	for (unsigned key = 1; key <= 3000; key++)
		assert_true(has(key));
}

/* Whatever is asked in whatever order: a page is its own, or is not there. */
static void
pages_are_never_mixed_up(void **state)
{
	uint64_t x = 88172645463325252;
	unsigned found = 0;

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		unsigned key, is;
		sqlite3_pcache_page *p;

		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		key = 1 + (unsigned)(x >> 20) % 300;
		if ((p = ours.xFetch(cache, key, 0)) == NULL) {
			use(key, key % 5 == 0 ? INNER : LEAF);
			continue;
		}
		found++;
		memcpy(&is, (char *)p->pBuf + SIZE - sizeof is, sizeof is);
		assert_int_equal(is, key);
		if (x % 16 == 0) {
			key += 300; /* never asked for */
			memcpy((char *)p->pBuf + SIZE - sizeof key, &key,
			    sizeof key);
			ours.xRekey(cache, p, key - 300, key);
		}
		ours.xUnpin(cache, p, x % 16 == 1);
		assert_true(ours.xPagecount(cache) <= MAX);
		if (x % 5000 == 2)
			ours.xTruncate(cache, 100 + (unsigned)(x % 400));
	}
	assert_true(found > 20000);
}

#define ON_ONE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    ON_ONE(inner_pages_outlive_leaves),
	    ON_ONE(leaves_keep_their_part),
	    ON_ONE(what_is_asked_again_stays),
	    ON_ONE(what_is_in_use_stays),
	    ON_ONE(inner_pages_go_at_last),
	    ON_ONE(keys_change_and_end),
	    ON_ONE(a_smaller_size_is_kept_to),
	    ON_ONE(what_cannot_be_read_again_stays),
	    ON_ONE(pages_are_never_mixed_up),
	};

	return cmocka_run_group_tests(tests, get_methods, NULL);
}
