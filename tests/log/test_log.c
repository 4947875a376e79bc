#include "tests/log/fixture.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
set_up(void **state)
{
	*state = fixture_new();
	return 0;
}

static int
tear_down(void **state)
{
	fixture_free(*state);
	return 0;
}

static void
check_all(struct fixture *f, uint64_t size)
{
	struct tlog_hash root;
	uint8_t want[TLOG_ENTRY_LEN], got[TLOG_ENTRY_LEN];
	uint64_t bad;

	assert_int_equal(log_size(f->l), size);
	assert_int_equal(f->head.size, size);
	root_of(size, &root);
	assert_memory_equal(f->head.root.b, root.b, 32);
	assert_ok(f, log_verify(f->l, &bad, &f->why));
	for (uint64_t i = 0; i < size; i += 1 + size / 50) {
		entry_of(i, want);
		assert_ok(f, log_entry(f->l, i, got, &f->why));
		assert_memory_equal(got, want, sizeof got);
	}
}

static void
empty_log_signs_its_root(void **state)
{
	struct fixture *f = *state;
	uint8_t got[TLOG_ENTRY_LEN];

	assert_int_equal(log_size(f->l), 0);
	assert_false(exists(f->log_dir, "checkpoint"));
	assert_int_equal(log_entry(f->l, 0, got, &f->why), CRED_ERR_TLOG_INDEX);
	assert_int_equal(log_publish(f->l, f->pub, &f->why), CRED_FAULT_LOG);
	assert_ok(f, append_n(f, 0));
	assert_true(exists(f->log_dir, "checkpoint"));
	assert_int_equal(f->signs, 1);
	assert_ok(f, append_n(f, 0)); /* and only once */
	assert_int_equal(f->signs, 1);
	fixture_close(f);
	fixture_open(f);
	check_all(f, 0);
	assert_ok(f, append_n(f, 1));
	check_all(f, 1);
}

/* Every size up to past a full tile, one entry at a time. */
static void
one_by_one(void **state)
{
	struct fixture *f = *state;

	for (uint64_t i = 0; i < 300; i++) {
		assert_ok(f, append_n(f, 1));
		if (i % 37 == 0 || (i > 250 && i < 260)) {
			fixture_close(f);
			fixture_open(f);
			check_all(f, i + 1);
		}
	}
	check_all(f, 300);
	/* Partial tiles of a tile that is full are gone. */
	assert_true(exists(f->log_dir, "tile/0/000"));
	assert_true(exists(f->log_dir, "tile/entries/000"));
	assert_false(exists(f->log_dir, "tile/0/000.p"));
	assert_false(exists(f->log_dir, "tile/entries/000.p"));
	assert_true(exists(f->log_dir, "tile/0/001.p/44"));
	assert_true(exists(f->log_dir, "tile/1/000.p/1"));
}

static void
chunks_past_two_levels(void **state)
{
	static const size_t chunks[] = {
	    500, 12, 256, 1, 255, 65536 - 1024, 1, 500, 70000};
	struct fixture *f = *state;
	uint64_t size = 0;

	for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
		assert_ok(f, append_n(f, chunks[i]));
		size += chunks[i];
		fixture_close(f);
		fixture_open(f);
	}
	check_all(f, size);
	assert_true(exists(f->log_dir, "tile/0/x000/000") ||
		    exists(f->log_dir, "tile/0/000"));
	assert_true(exists(f->log_dir, "tile/1/000"));
	assert_true(exists(f->log_dir, "tile/2/000.p/2"));
}

static void
failed_sign_changes_nothing(void **state)
{
	struct fixture *f = *state;

	assert_ok(f, append_n(f, 5));
	f->fail_sign = CRED_FAULT_KEY;
	assert_int_equal(append_n(f, 7), CRED_FAULT_KEY);
	assert_int_equal(f->head.size, 5);
	check_all(f, 5);
	f->fail_sign = CRED_OK;
	f->wrong_sign = 99;
	assert_int_equal(append_n(f, 7), CRED_FAULT_INTERNAL);
	assert_int_equal(f->head.size, 5);
	f->wrong_sign = 0;
	/* Other entries than the staged ones: nobody was promised those. */
	assert_ok(f, append_n(f, 6));
	check_all(f, 11);
}

static void
lost_swap_is_a_conflict(void **state)
{
	struct fixture *f = *state;
	struct log *other = NULL;
	uint8_t e[1][TLOG_ENTRY_LEN];
	uint64_t first;

	assert_ok(f, append_n(f, 5));
	assert_ok(f, log_open(f->log_dir, &f->ops, &other, &f->why));
	entry_of(5, e[0]);
	assert_ok(f, log_append(other, (const uint8_t(*)[TLOG_ENTRY_LEN])e, 1,
			 &first, &f->why));
	assert_int_equal(first, 5);
	assert_int_equal(append_n(f, 1), CRED_FAULT_CONFLICT);
	assert_int_equal(f->head.size, 6);
	assert_ok(f, log_refresh(f->l, &f->why));
	assert_int_equal(log_size(f->l), 6);
	assert_ok(f, append_n(f, 1));
	log_close(other);
	check_all(f, 7);
	/* Refused by whoever keeps the head. */
	f->fail_swap = CRED_FAULT_CONFLICT;
	assert_int_equal(append_n(f, 1), CRED_FAULT_CONFLICT);
	f->fail_swap = CRED_OK;
	assert_int_equal(append_n(f, 1), CRED_FAULT_CONFLICT);
	assert_ok(f, log_refresh(f->l, &f->why));
	assert_ok(f, append_n(f, 1));
	check_all(f, 8);
}

/* The swap happened, but its answer was lost. */
static void
swap_of_unknown_outcome(void **state)
{
	struct fixture *f = *state;

	assert_ok(f, append_n(f, 5));
	f->fail_swap = CRED_FAULT_DB;
	f->swap_then_fail = true;
	assert_int_equal(append_n(f, 300), CRED_FAULT_DB);
	f->fail_swap = CRED_OK;
	assert_int_equal(append_n(f, 1), CRED_FAULT_CONFLICT);
	assert_ok(f, log_refresh(f->l, &f->why));
	check_all(f, 305);
	assert_ok(f, append_n(f, 1));
	check_all(f, 306);
}

/* Killed between the swap and the file: the file is brought up. */
static void
checkpoint_behind_is_repaired(void **state)
{
	struct fixture *f = *state;
	char path[256], keep[256];
	struct stat st;

	assert_ok(f, append_n(f, 5));
	snprintf(path, sizeof path, "%s/checkpoint", f->log_dir);
	snprintf(keep, sizeof keep, "%s/keep", f->dir);
	assert_int_equal(link(path, keep), 0);
	assert_ok(f, append_n(f, 300));
	assert_int_equal(rename(keep, path), 0);
	fixture_close(f);
	fixture_open(f);
	check_all(f, 305);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal((size_t)st.st_size, f->head.note_len);
	assert_int_equal(unlink(path), 0);
	fixture_close(f);
	fixture_open(f);
	assert_true(exists(f->log_dir, "checkpoint"));
}

static enum cred_err
reopen(struct fixture *f)
{
	struct log *l = NULL;
	enum cred_err e;

	fixture_close(f);
	e = log_open(f->log_dir, &f->ops, &l, &f->why);
	if (e == CRED_OK)
		f->l = l;
	return e;
}

/* The registry was restored from an old backup, the log was not. */
static void
head_put_back_is_refused(void **state)
{
	struct fixture *f = *state;
	struct log_head old;

	assert_ok(f, append_n(f, 5));
	old = f->head;
	assert_ok(f, append_n(f, 5));
	f->head = old;
	assert_int_equal(reopen(f), CRED_FAULT_LOG);
	assert_non_null(strstr(f->why.text, "checkpoint"));
	memset(&f->head, 0, sizeof f->head);
	assert_int_equal(reopen(f), CRED_FAULT_LOG);
}

static void
another_tree_is_refused(void **state)
{
	struct fixture *f = *state;
	struct outbuf note = {f->head.note, sizeof f->head.note, 0};

	assert_ok(f, append_n(f, 5));
	f->head.root.b[0] ^= 1;
	assert_int_equal(reopen(f), CRED_FAULT_LOG); /* note disagrees */
	fake_note(5, &f->head.root, &note);
	f->head.note_len = note.len;
	assert_int_equal(reopen(f), CRED_FAULT_LOG); /* tiles disagree */
	assert_non_null(strstr(f->why.text, "tile/0/000.p/5"));
	f->head.note_len = 0;
	assert_int_equal(reopen(f), CRED_FAULT_LOG);
}

static void
edge_missing_or_changed_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_ok(f, append_n(f, 300));
	fixture_close(f);
	flip(f->log_dir, "tile/0/001.p/44", 40);
	assert_int_equal(reopen(f), CRED_FAULT_LOG);
	flip(f->log_dir, "tile/0/001.p/44", 40);
	flip(f->log_dir, "tile/1/000.p/1", 3);
	assert_int_equal(reopen(f), CRED_FAULT_LOG);
	flip(f->log_dir, "tile/1/000.p/1", 3);
	flip(f->log_dir, "tile/entries/001.p/44", 43 * 34 + 9);
	assert_int_equal(reopen(f), CRED_FAULT_LOG);
	flip(f->log_dir, "tile/entries/001.p/44", 43 * 34 + 9);
	assert_int_equal(reopen(f), CRED_OK);
	fixture_close(f);
	drop(f->log_dir, "tile/1/000.p/1");
	assert_int_equal(reopen(f), CRED_FAULT_LOG);
	assert_non_null(strstr(f->why.text, "tile/1/000.p/1"));
}

static void
folder_gone_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_ok(f, append_n(f, 3));
	fixture_close(f);
	remove_all(f->log_dir);
	assert_int_equal(reopen(f), CRED_FAULT_LOG);
	assert_non_null(strstr(f->why.text, "tile/0/000.p/3"));
}

static void
full_check_finds_the_place(void **state)
{
	static const struct {
		const char *name;
		long at;
		uint64_t bad;
	} damages[] = {
	    {"tile/entries/000", 5 * 34 + 2, 5},
	    {"tile/entries/000", 5 * 34, 0}, /* malformed: the whole */
	    {"tile/0/001", 7 * 32 + 31, 256 + 7},
	    {"tile/entries/002", 255 * 34 + 33, 3 * 256 - 1},
	    {"tile/1/000.p/3", 2 * 32, 512},
	    {"tile/0/003.p/10", 9 * 32, 768 + 9},
	};
	struct fixture *f = *state;
	uint8_t got[TLOG_ENTRY_LEN];
	uint64_t bad;

	assert_ok(f, append_n(f, 778));
	for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
		flip(f->log_dir, damages[i].name, damages[i].at);
		bad = 12345;
		assert_int_equal(
		    log_verify(f->l, &bad, &f->why), CRED_FAULT_LOG);
		assert_int_equal(bad, damages[i].bad);
		if (damages[i].bad != 0)
			assert_int_equal(
			    log_entry(f->l, bad, got, &f->why), CRED_FAULT_LOG);
		flip(f->log_dir, damages[i].name, damages[i].at);
	}
	check_all(f, 778);
	drop(f->log_dir, "tile/0/001");
	assert_int_equal(log_verify(f->l, &bad, &f->why), CRED_FAULT_LOG);
	assert_int_equal(bad, 256);
	assert_non_null(strstr(f->why.text, "tile/0/001"));
}

/* Entry and hash changed together: the tile above tells. */
static void
consistent_forgery_is_found(void **state)
{
	struct fixture *f = *state;
	uint8_t entry[TLOG_ENTRY_LEN], got[TLOG_ENTRY_LEN];
	struct tlog_hash leaf;
	char path[256];
	uint64_t bad;
	FILE *fp;

	assert_ok(f, append_n(f, 600));
	entry_of(9999, entry);
	snprintf(path, sizeof path, "%s/tile/entries/000", f->log_dir);
	assert_non_null(fp = fopen(path, "r+"));
	fseek(fp, 100 * 34 + 2, SEEK_SET);
	assert_int_equal(fwrite(entry, 32, 1, fp), 1);
	fclose(fp);
	tlog_leaf(f->ops.sha256, bytes_of(entry, 32), &leaf);
	snprintf(path, sizeof path, "%s/tile/0/000", f->log_dir);
	assert_non_null(fp = fopen(path, "r+"));
	fseek(fp, 100 * 32, SEEK_SET);
	assert_int_equal(fwrite(leaf.b, 32, 1, fp), 1);
	fclose(fp);
	assert_int_equal(log_verify(f->l, &bad, &f->why), CRED_FAULT_LOG);
	assert_int_equal(bad, 0);
	assert_non_null(strstr(f->why.text, "tile/1/000.p/2"));
	assert_int_equal(log_entry(f->l, 100, got, &f->why), CRED_FAULT_LOG);
	assert_int_equal(log_publish(f->l, f->pub, &f->why), CRED_FAULT_LOG);
	assert_false(exists(f->pub, "checkpoint"));
}

static ino_t
inode(const char *dir, const char *name)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static void
publication_gets_only_what_it_lacks(void **state)
{
	struct fixture *f = *state;
	struct fixture copy;
	ino_t full;

	assert_ok(f, append_n(f, 200));
	assert_ok(f, log_publish(f->l, f->pub, &f->why));
	assert_true(exists(f->pub, "tile/0/000.p/200"));
	assert_ok(f, append_n(f, 200));
	assert_ok(f, log_publish(f->l, f->pub, &f->why));
	full = inode(f->pub, "tile/0/000");
	assert_true(exists(f->pub, "tile/0/000.p/200"));
	assert_ok(f, append_n(f, 200));
	assert_ok(f, log_publish(f->l, f->pub, &f->why));
	assert_int_equal(inode(f->pub, "tile/0/000"), full);
	/* Old partial tiles stay for one publication, then go. */
	assert_false(exists(f->pub, "tile/0/000.p"));
	assert_true(exists(f->pub, "tile/0/001.p/144"));
	assert_ok(f, log_publish(f->l, f->pub, &f->why)); /* nothing new */
	/* What it lacks again is brought again. */
	drop(f->pub, "tile/entries/000");
	assert_ok(f, log_publish(f->l, f->pub, &f->why));
	assert_true(exists(f->pub, "tile/entries/000"));
	/* The publication is a log that can be opened and read whole. */
	copy = *f;
	copy.ops.ctx = &copy;
	snprintf(copy.log_dir, sizeof copy.log_dir, "%s", f->pub);
	fixture_open(&copy);
	check_all(&copy, 600);
	log_close(copy.l);
}

static void
tile_drop(const struct fixture *f, int level, uint64_t n)
{
	const struct tlog_tile t = {level, n, TLOG_TILE_WIDTH};
	char path[TLOG_PATH_MAX];

	tlog_tile_path(&t, path);
	drop(f->pub, path);
}

static size_t
tiles_there(const struct fixture *f, uint64_t from, uint64_t to)
{
	char path[TLOG_PATH_MAX];
	size_t n = 0;

	for (uint64_t i = from; i < to; i++) {
		const struct tlog_tile t = {-1, i, TLOG_TILE_WIDTH};
		tlog_tile_path(&t, path);
		n += exists(f->pub, path);
	}
	return n;
}

/* However long the log: some of what is old is looked for, all of it in time,
 * and at once when the checkpoint is gone too. */
static void
publication_costs_what_is_new(void **state)
{
	struct fixture *f = *state;

	assert_ok(f, append_n(f, 1000 * TLOG_TILE_WIDTH + 10));
	assert_ok(f, log_publish(f->l, f->pub, &f->why));
	for (uint64_t i = 0; i < 700; i++)
		tile_drop(f, -1, i);
	assert_ok(f, append_n(f, 10));
	assert_ok(f, log_publish(f->l, f->pub, &f->why));
	assert_true(tiles_there(f, 0, 700) <= TLOG_TILE_WIDTH);
	for (int i = 0; i < 200 && tiles_there(f, 300, 301) == 0; i++)
		assert_ok(f, log_publish(f->l, f->pub, &f->why));
	assert_int_equal(tiles_there(f, 300, 301), 1);
	drop(f->pub, "checkpoint");
	assert_ok(f, log_publish(f->l, f->pub, &f->why));
	assert_int_equal(tiles_there(f, 0, 1000), 1000);
}

static void
publication_never_goes_back(void **state)
{
	struct fixture *f = *state;
	struct log_head head;
	struct outbuf note;

	assert_ok(f, append_n(f, 10));
	assert_ok(f, log_publish(f->l, f->pub, &f->why));
	/* A registry and log restored together, behind the publication. */
	fixture_close(f);
	remove_all(f->log_dir);
	memset(&f->head, 0, sizeof f->head);
	fixture_open(f);
	assert_ok(f, append_n(f, 4));
	assert_int_equal(log_publish(f->l, f->pub, &f->why), CRED_FAULT_LOG);
	assert_ok(f, append_n(f, 6));
	assert_ok(f, log_publish(f->l, f->pub, &f->why));
	/* The same size, another tree. */
	head = f->head;
	head.root.b[3] ^= 1;
	note = (struct outbuf){head.note, sizeof head.note, 0};
	fake_note(10, &head.root, &note);
	{
		char path[256];
		FILE *fp;
		snprintf(path, sizeof path, "%s/checkpoint", f->pub);
		assert_non_null(fp = fopen(path, "w"));
		fwrite(head.note, note.len, 1, fp);
		fclose(fp);
	}
	assert_ok(f, append_n(f, 1));
	assert_int_equal(log_publish(f->l, f->pub, &f->why), CRED_FAULT_LOG);
	assert_non_null(strstr(f->why.text, "another tree"));
}

static void
full_tiles_are_not_rewritten(void **state)
{
	struct fixture *f = *state;
	ino_t tile, bundle;

	assert_ok(f, append_n(f, 256));
	tile = inode(f->log_dir, "tile/0/000");
	bundle = inode(f->log_dir, "tile/entries/000");
	for (int i = 0; i < 20; i++)
		assert_ok(f, append_n(f, 30));
	assert_int_equal(inode(f->log_dir, "tile/0/000"), tile);
	assert_int_equal(inode(f->log_dir, "tile/entries/000"), bundle);
}

static void
not_a_folder(void **state)
{
	struct fixture *f = *state;
	struct log *l;
	char path[256];
	FILE *fp;

	snprintf(path, sizeof path, "%s/file", f->dir);
	assert_non_null(fp = fopen(path, "w"));
	fclose(fp);
	assert_int_equal(log_open(path, &f->ops, &l, &f->why), CRED_FAULT_IO);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    T(empty_log_signs_its_root),
	    T(one_by_one),
	    T(chunks_past_two_levels),
	    T(failed_sign_changes_nothing),
	    T(lost_swap_is_a_conflict),
	    T(swap_of_unknown_outcome),
	    T(checkpoint_behind_is_repaired),
	    T(head_put_back_is_refused),
	    T(another_tree_is_refused),
	    T(edge_missing_or_changed_is_refused),
	    T(folder_gone_is_refused),
	    T(full_check_finds_the_place),
	    T(consistent_forgery_is_found),
	    T(publication_gets_only_what_it_lacks),
	    T(publication_costs_what_is_new),
	    T(publication_never_goes_back),
	    T(full_tiles_are_not_rewritten),
	    T(not_a_folder),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
