#include "harness.h"

static void
a_good_one(void **s)
{
	(void)s;
	start(600);
	assert_int_equal(audit(), 0);
	assert_int_equal(got.count.entries, 600);
	assert_int_equal(got.count.bodies, 1);
	assert_int_equal(access(state_path, F_OK), 0);
	assert_int_equal(audit(), 0);
	assert_true(among("consistency", CRED_OK));
}

static void
an_empty_log(void **s)
{
	(void)s;
	start_empty();
	assert_int_equal(audit(), 0);
	assert_int_equal(audit(), 0);
}

static void
growth(void **s)
{
	const size_t steps[] = {1, 255, 1, 43, 212, 300};

	(void)s;
	start_empty();
	assert_int_equal(audit(), 0);
	for (size_t i = 0; i < 6; i++) {
		test_now += DAY;
		fixture_issue(f, steps[i], "");
		fixture_publish_log(f);
		fixture_publish_status(f, 0, SIZE_MAX, STATUS_VALID);
		assert_int_equal(audit(), 0);
		assert_true(among("consistency", CRED_OK));
	}
	for (size_t i = 0; i < got.n; i++)
		if (strcmp(got.all[i].check, "consistency") == 0)
			assert_non_null(strstr(got.all[i].message,
			    "512 entries seen last; 300 more in 1.0 days"));
}

static void
split_view(void **s)
{
	(void)s;
	for (size_t more = 0; more < 60; more += 50) {
		start(300);
		assert_int_equal(audit(), 0);
		restart(300 + more, "x");
		assert_int_equal(audit(), 1);
		only("consistency", AUDIT_FAIL, CRED_ERR_CHECKPOINT_SPLIT,
		    LOG "/checkpoint", UINT64_MAX);
		/* and again: what failed is not remembered */
		assert_int_equal(audit(), 1);
	}
}

static void
rolled_back(void **s)
{
	char old[128];

	(void)s;
	start(300);
	snprintf(old, sizeof old, "%s/old", f->dir);
	dir_copy(f->pub, old);
	fixture_issue(f, 100, "");
	fixture_publish_log(f);
	fixture_publish_status(f, 0, SIZE_MAX, STATUS_VALID);
	assert_int_equal(audit(), 0);
	assert_int_equal(audit_at(old, true), 1);
	only("consistency", AUDIT_FAIL, CRED_ERR_CHECKPOINT_OLDER,
	    LOG "/checkpoint", 300);
	assert_int_equal(audit_at(old, false), 0);
}

static void
changed_entry(void **s)
{
	(void)s;
	start(600);
	assert_int_equal(audit(), 0);
	file_flip(f->pub, LOG "/tile/entries/001", 34 * 7 + 2);
	assert_int_equal(audit(), 1);
	only("entries", AUDIT_FAIL, CRED_ERR_TLOG_OTHER,
	    LOG "/tile/entries/001", 263);
	start(600);
	file_flip(f->pub, LOG "/tile/entries/002.p/88", 34 * 87 + 33);
	assert_int_equal(audit(), 1);
	only("entries", AUDIT_FAIL, CRED_ERR_TLOG_OTHER,
	    LOG "/tile/entries/002.p/88", 599);
}

static void
broken_bundle(void **s)
{
	(void)s;
	start(600);
	file_flip(f->pub, LOG "/tile/entries/000", 34 * 7 + 1);
	assert_int_equal(audit(), 1);
	only("entries", AUDIT_FAIL, CRED_ERR_TLOG_BUNDLE,
	    LOG "/tile/entries/000", UINT64_MAX);
}

static void
changed_tile(void **s)
{
	(void)s;
	start(600);
	assert_int_equal(audit(), 0);
	file_flip(f->pub, LOG "/tile/0/001", 32 * 9);
	assert_int_equal(audit(), 1);
	only("tiles", AUDIT_FAIL, CRED_ERR_TLOG_TILE, LOG "/tile/0/001", 265);
	start(600);
	file_flip(f->pub, LOG "/tile/1/000.p/2", 33);
	assert_int_equal(audit(), 1);
	only("tiles", AUDIT_FAIL, CRED_ERR_TLOG_TILE, LOG "/tile/1/000.p/2",
	    256);
	start(600);
	file_flip(f->pub, LOG "/tile/0/002.p/88", 1);
	assert_int_equal(audit(), 1);
	only("tiles", AUDIT_FAIL, CRED_ERR_TLOG_TILE, LOG "/tile/0/002.p/88",
	    512);
}

static void
cut_tile(void **s)
{
	char path[256];

	(void)s;
	start(600);
	snprintf(path, sizeof path, "%s/" LOG "/tile/0/001", f->pub);
	assert_int_equal(truncate(path, 8000), 0);
	assert_int_equal(audit(), 1);
	only("tiles", AUDIT_FAIL, CRED_ERR_TLOG_TILE, LOG "/tile/0/001",
	    UINT64_MAX);
}

/* Entry and the hash of it in level 0, to fit each other. */
static void
forge(const char *entries, const char *tile, unsigned i)
{
	uint8_t entry[TLOG_ENTRY_LEN];
	struct tlog_hash leaf;

	memset(entry, 0xf0, sizeof entry);
	tlog_leaf(trust_sha256, bytes_of(entry, sizeof entry), &leaf);
	patch(entries, 34 * (long)i + 2, entry, sizeof entry);
	patch(tile, 32 * (long)i, leaf.b, 32);
}

static void
forged_together(void **s)
{
	struct tlog_edge edge = {0};
	struct tlog_hash h;
	uint8_t *tile;
	size_t len;

	(void)s;
	start(600);
	assert_int_equal(audit(), 0);
	forge(LOG "/tile/entries/001", LOG "/tile/0/001", 5);
	assert_int_equal(audit(), 1);
	only("entries", AUDIT_FAIL, CRED_ERR_TLOG_PROOF, LOG "/tile/1/000.p/2",
	    256);
	/* the tile above as well: then only the root is left */
	tile = read_pub(LOG "/tile/0/001", &len);
	for (size_t i = 0; i < 256; i++) {
		memcpy(h.b, tile + 32 * i, 32);
		tlog_edge_append(trust_sha256, &edge, &h);
	}
	free(tile);
	patch(LOG "/tile/1/000.p/2", 32, edge.hashes[0].b, 32);
	assert_int_equal(audit(), 1);
	assert_true(among("entries", CRED_ERR_TLOG_PROOF));
	/* on the right edge there is only the root to begin with */
	start(600);
	forge(LOG "/tile/entries/002.p/88", LOG "/tile/0/002.p/88", 5);
	assert_int_equal(audit_at(f->pub, false), 1);
	only("entries", AUDIT_FAIL, CRED_ERR_TLOG_PROOF, LOG "/checkpoint",
	    UINT64_MAX);
}

static void
several_at_once(void **s)
{
	(void)s;
	start(600);
	file_flip(f->pub, LOG "/tile/entries/000", 2);
	file_flip(f->pub, LOG "/tile/entries/001", 2);
	file_drop(f->pub, BODY "/status/0");
	assert_int_equal(audit(), 1);
	assert_int_equal(got.count.fail, 2);
	assert_int_equal(got.count.unknown, 1);
	assert_true(among("status", CRED_ERR_STATUS_MISSING));
}

static void
a_wider_tile_will_do(void **s)
{
	struct log_head head;
	char note[256];

	(void)s;
	start(200);
	head = f->head;
	fixture_issue(f, 300, "");
	fixture_publish_log(f);
	fixture_publish_log(f);
	fixture_publish_status(f, 0, SIZE_MAX, STATUS_VALID);
	/* a checkpoint somebody still holds */
	write_file(LOG "/checkpoint", bytes_of(head.note, head.note_len));
	snprintf(note, sizeof note, "%s/" LOG "/tile/0/000.p/200", f->pub);
	unlink(note);
	snprintf(
	    note, sizeof note, "%s/" LOG "/tile/entries/000.p/200", f->pub);
	unlink(note);
	assert_int_equal(audit(), 1);
	only("status", AUDIT_FAIL, CRED_ERR_STATUS_LENGTH, BODY "/status/0",
	    200);
}

static void
edited_size(void **s)
{
	uint8_t *note;
	size_t len;

	(void)s;
	start(600);
	note = read_pub(LOG "/checkpoint", &len);
	*(char *)strstr((char *)note, "\n600\n") = '\n';
	strstr((char *)note, "\n600\n")[3] = '1';
	write_file(LOG "/checkpoint", bytes_of(note, len));
	free(note);
	assert_int_equal(audit(), 1);
	only("checkpoint", AUDIT_FAIL, CRED_ERR_NOTE_KEY, LOG "/checkpoint",
	    UINT64_MAX);
}

static void
a_dishonest_checkpoint(void **s)
{
	(void)s;
	start(600);
	sign_checkpoint(512, &f->head.root);
	assert_int_equal(audit(), 1);
	assert_true(among("entries", CRED_ERR_TLOG_PROOF));
	sign_checkpoint(700, &f->head.root);
	assert_int_equal(audit(), 1);
	assert_true(among("status", CRED_ERR_STATUS_INDEX));
	assert_true(among("entries", CRED_ERR_TLOG_MISSING));
}

static void
wrong_checkpoint_key(void **s)
{
	char dir[128], key[160];
	struct bodyhome_new n = {.name = "别的机构",
	    .body_id = "52150000MJ00000X1X",
	    .prefix = "S000015000999",
	    .alg = COSE_ES256};
	const char *origin = "verify.tamga.example/" BODY "/log";
	uint8_t note[NOTE_MAX_BYTES];
	struct outbuf out = {note, sizeof note, 0};
	struct logkey *k;

	(void)s;
	start(300);
	snprintf(dir, sizeof dir, "%s/other", f->dir);
	dir_remove(dir);
	assert_int_equal(bodyhome_init(dir, &n, &f->pass, &f->why), CRED_OK);
	snprintf(key, sizeof key, "%s/log.key", dir);
	assert_int_equal(logkey_open(key, &f->pass, &k, &f->why), CRED_OK);
	assert_int_equal(logkey_checkpoint(k, bytes_str(origin), 300,
			     &f->head.root, &out, &f->why),
	    CRED_OK);
	logkey_free(k);
	write_file(LOG "/checkpoint", bytes_of(note, out.len));
	assert_int_equal(audit(), 1);
	only("checkpoint", AUDIT_FAIL, CRED_ERR_NOTE_KEY, LOG "/checkpoint",
	    UINT64_MAX);
}

static void
another_origin(void **s)
{
	uint8_t note[NOTE_MAX_BYTES];
	struct outbuf out = {note, sizeof note, 0};

	(void)s;
	start(300);
	assert_int_equal(
	    logkey_checkpoint(f->logkey, bytes_str("elsewhere.example/log"),
		300, &f->head.root, &out, &f->why),
	    CRED_OK);
	write_file(LOG "/checkpoint", bytes_of(note, out.len));
	assert_int_equal(audit(), 1);
	only("checkpoint", AUDIT_FAIL, CRED_ERR_NOTE_KEY, LOG "/checkpoint",
	    UINT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_good_one),
	    cmocka_unit_test(an_empty_log),
	    cmocka_unit_test(growth),
	    cmocka_unit_test(split_view),
	    cmocka_unit_test(rolled_back),
	    cmocka_unit_test(changed_entry),
	    cmocka_unit_test(broken_bundle),
	    cmocka_unit_test(changed_tile),
	    cmocka_unit_test(cut_tile),
	    cmocka_unit_test(forged_together),
	    cmocka_unit_test(several_at_once),
	    cmocka_unit_test(a_wider_tile_will_do),
	    cmocka_unit_test(edited_size),
	    cmocka_unit_test(a_dishonest_checkpoint),
	    cmocka_unit_test(wrong_checkpoint_key),
	    cmocka_unit_test(another_origin),
	};

	return cmocka_run_group_tests(tests, audit_setup, audit_teardown);
}
