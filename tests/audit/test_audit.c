#include "../scan/fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include "edge/file.h"
#include "verifier/audit.h"

#define LOG BODY "/log"

static struct fixture *f;

/* What the last audit found. */
static struct {
	struct {
		char check[16], path[128], message[512];
		enum audit_result result;
		enum cred_err code;
		uint64_t index;
	} all[64];
	size_t n;
	struct audit_count count;
} got;

static void
collect(void *ctx, const struct audit_finding *x)
{
	(void)ctx;
	assert_true(got.n < 64);
	assert_true(x->message[0] != '\0');
	assert_true((x->code == CRED_OK) == (x->result == AUDIT_PASS));
	snprintf(got.all[got.n].check, sizeof got.all[0].check, "%s", x->check);
	snprintf(got.all[got.n].path, sizeof got.all[0].path, "%s",
	    x->path != NULL ? x->path : "");
	snprintf(got.all[got.n].message, sizeof got.all[0].message, "%s",
	    x->message);
	got.all[got.n].result = x->result;
	got.all[got.n].code = x->code;
	got.all[got.n].index = x->has_index ? x->index : UINT64_MAX;
	got.n++;
}

static char state_path[128];

/* As tamga-audit would: its exit status. */
static int
audit_at(const char *source, bool state)
{
	struct audit_opts o = {.source = source,
	    .state = state ? state_path : NULL,
	    .now = test_now,
	    .finding = collect};
	char path[128];
	uint8_t *pem;
	enum cred_err e;

	memset(&got, 0, sizeof got);
	snprintf(state_path, sizeof state_path, "%s/state.json", f->dir);
	snprintf(path, sizeof path, "%s/anchor.pem", f->authority);
	assert_int_equal(
	    file_read(path, 1 << 16, &pem, &o.anchor.len, &f->why), CRED_OK);
	o.anchor.ptr = pem;
	f->why.text[0] = '\0';
	e = audit_run(&o, &got.count, &f->why);
	free(pem);
	assert_false(cred_is_refusal(e));
	if (e != CRED_OK)
		return 2;
	return got.count.fail > 0 ? 1 : got.count.unknown > 0 ? 4 : 0;
}

static int
audit(void)
{
	return audit_at(f->pub, true);
}

static void
print_got(void)
{
	for (size_t i = 0; i < got.n; i++)
		print_message("%s %s %s %s %lld: %s\n", got.all[i].check,
		    audit_result_name(got.all[i].result),
		    cred_errname(got.all[i].code), got.all[i].path,
		    (long long)got.all[i].index, got.all[i].message);
}

/* Exactly one thing is not good, and it is this. */
static void
only(const char *check, enum audit_result r, enum cred_err code,
    const char *path, uint64_t index)
{
	size_t found = 0, bad = 0;

	for (size_t i = 0; i < got.n; i++) {
		if (got.all[i].result == AUDIT_PASS)
			continue;
		bad++;
		found += strcmp(got.all[i].check, check) == 0 &&
			 got.all[i].result == r && got.all[i].code == code &&
			 strcmp(got.all[i].path, path) == 0 &&
			 got.all[i].index == index;
	}
	if (found != 1 || bad != 1)
		print_got();
	assert_int_equal(found, 1);
	assert_int_equal(bad, 1);
}

static bool
among(const char *check, enum cred_err code)
{
	for (size_t i = 0; i < got.n; i++)
		if (strcmp(got.all[i].check, check) == 0 &&
		    got.all[i].code == code)
			return true;
	print_got();
	return false;
}

static void
start(size_t n)
{
	fixture_start(f, n);
	snprintf(state_path, sizeof state_path, "%s/state.json", f->dir);
	unlink(state_path);
}

/* Another world: the same body, other certificates. */
static void
restart(size_t n, const char *salt)
{
	uint64_t first;

	fixture_reset(f);
	fixture_publish_trust(f);
	if (n > 0)
		fixture_issue(f, n, salt);
	else
		assert_int_equal(
		    log_append(f->log, NULL, 0, &first, &f->why), CRED_OK);
	fixture_publish_log(f);
	fixture_publish_status(f, 0, SIZE_MAX, STATUS_VALID);
}

static void
start_empty(void)
{
	snprintf(state_path, sizeof state_path, "%s/state.json", f->dir);
	unlink(state_path);
	restart(0, "");
}

static void
patch(const char *name, long at, const void *data, size_t len)
{
	char path[256];
	FILE *fp;

	snprintf(path, sizeof path, "%s/%s", f->pub, name);
	fp = fopen(path, "r+b");
	assert_non_null(fp);
	assert_int_equal(fseek(fp, at, SEEK_SET), 0);
	assert_int_equal(fwrite(data, 1, len, fp), len);
	assert_int_equal(fclose(fp), 0);
}

static void
write_file(const char *name, struct bytes data)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", f->pub, name);
	assert_int_equal(file_write(path, data, 0644, &f->why), CRED_OK);
}

static uint8_t *
read_pub(const char *name, size_t *len)
{
	char path[256];
	uint8_t *buf;

	snprintf(path, sizeof path, "%s/%s", f->pub, name);
	assert_int_equal(file_read(path, 1 << 24, &buf, len, &f->why), CRED_OK);
	return buf;
}

/* A checkpoint of our choosing by the log's own key. */
static void
sign_checkpoint(uint64_t size, const struct tlog_hash *root)
{
	uint8_t note[NOTE_MAX_BYTES];
	struct outbuf out = {note, sizeof note, 0};

	assert_int_equal(f->ops.sign(f, size, root, &out, &f->why), CRED_OK);
	write_file(LOG "/checkpoint", bytes_of(note, out.len));
}

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
by_url(void **s)
{
	struct httpd *h;
	char url[64];

	(void)s;
	start(300);
	h = httpd_start(f->pub, url);
	assert_int_equal(audit_at(url, true), 0);
	assert_int_equal(audit_at(url, true), 0);
	httpd_mode(h, HTTPD_500);
	assert_int_equal(audit_at(url, true), 2);
	httpd_stop(h);
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
missing_files(void **s)
{
	const struct {
		const char *path, *check;
		enum cred_err code;
	} t[] = {
	    {LOG "/tile/0/001", "tiles", CRED_ERR_TLOG_MISSING},
	    {LOG "/tile/0/002.p/88", "tiles", CRED_ERR_TLOG_MISSING},
	    {LOG "/tile/1/000.p/2", "tiles", CRED_ERR_TLOG_MISSING},
	    {LOG "/tile/entries/000", "entries", CRED_ERR_TLOG_MISSING},
	    {LOG "/checkpoint", "checkpoint", CRED_ERR_CHECKPOINT_MISSING},
	    {BODY "/status/0", "status", CRED_ERR_STATUS_MISSING},
	    {"trust/authority.crl", "crl", CRED_ERR_CRL_MISSING},
	    {"trust/bodies.pem", "certificate", CRED_ERR_TRUST_MISSING},
	    {"trust/anchor.pem", "anchor", CRED_ERR_TRUST_MISSING},
	};

	(void)s;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		start(600);
		file_drop(f->pub, t[i].path);
		assert_int_equal(audit(), 4);
		if (strcmp(t[i].check, "crl") == 0)
			assert_true(among(t[i].check, t[i].code));
		else
			only(t[i].check, AUDIT_UNKNOWN, t[i].code, t[i].path,
			    UINT64_MAX);
	}
	/* both of what could tell the entries */
	start(600);
	file_drop(f->pub, LOG "/tile/entries/000");
	file_drop(f->pub, LOG "/tile/0/000");
	assert_int_equal(audit(), 4);
	start(600);
	file_drop(f->pub, LOG "/tile/entries/002.p/88");
	file_drop(f->pub, LOG "/tile/0/002.p/88");
	assert_int_equal(audit(), 4);
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

static void
list_length(void **s)
{
	(void)s;
	start(600);
	f->n = 200;
	fixture_publish_status(f, 0, SIZE_MAX, STATUS_VALID);
	f->n = 600;
	assert_int_equal(audit(), 1);
	only(
	    "status", AUDIT_FAIL, CRED_ERR_STATUS_INDEX, BODY "/status/0", 200);
	f->n = 768; /* rounded up to whole bundles */
	fixture_publish_status(f, 0, SIZE_MAX, STATUS_VALID);
	f->n = 600;
	assert_int_equal(audit(), 0);
	f->n = 772;
	fixture_publish_status(f, 1, SIZE_MAX, STATUS_VALID);
	f->n = 600;
	assert_int_equal(audit(), 1);
	only("status", AUDIT_FAIL, CRED_ERR_STATUS_LENGTH, BODY "/status/0",
	    600);
}

static void
list_of_another_range(void **s)
{
	static uint8_t raw[64], token[STATUSLIST_TOKEN_MAX];
	struct outbuf out = {token, sizeof token, 0};

	(void)s;
	start(100);
	assert_int_equal(signer_statuslist(f->signer, 1, bytes_of(raw, 64),
			     test_now, test_now + DAY, 0, &out, &f->why),
	    CRED_OK);
	write_file(BODY "/status/1", bytes_of(token, out.len));
	assert_int_equal(audit(), 1);
	only("status", AUDIT_FAIL, CRED_ERR_STATUS_LENGTH, BODY "/status/1",
	    UINT64_MAX);
	file_drop(f->pub, BODY "/status/1");
	write_file(BODY "/status/0", bytes_of(token, out.len));
	assert_int_equal(audit(), 1);
	only("status", AUDIT_FAIL, CRED_ERR_STATUS_SUBJECT, BODY "/status/0",
	    UINT64_MAX);
}

static void
list_changed(void **s)
{
	(void)s;
	start(100);
	file_flip(f->pub, BODY "/status/0", -3);
	assert_int_equal(audit(), 1);
	only("status", AUDIT_FAIL, CRED_ERR_SIGNATURE, BODY "/status/0",
	    UINT64_MAX);
}

static void
list_expired(void **s)
{
	(void)s;
	start(100);
	test_now += 7 * DAY;
	assert_int_equal(audit(), 0);
	test_now++;
	assert_int_equal(audit(), 1);
	only("status", AUDIT_FAIL, CRED_ERR_STATUS_EXPIRED, BODY "/status/0",
	    UINT64_MAX);
}

static void
list_older(void **s)
{
	(void)s;
	start(100);
	fixture_publish_status(f, 60, SIZE_MAX, STATUS_VALID);
	assert_int_equal(audit(), 0);
	fixture_publish_status(f, 59, SIZE_MAX, STATUS_VALID);
	assert_int_equal(audit(), 1);
	only("status", AUDIT_FAIL, CRED_ERR_STATUS_OLDER, BODY "/status/0",
	    UINT64_MAX);
}

static void
revocation_undone(void **s)
{
	(void)s;
	start(100);
	fixture_publish_status(f, 0, 42, STATUS_REVOKED);
	assert_int_equal(audit(), 0);
	fixture_publish_status(f, 1, 42, STATUS_SUPERSEDED);
	assert_int_equal(audit(), 0);
	fixture_publish_status(f, 2, 42, STATUS_VALID);
	assert_int_equal(audit(), 1);
	only(
	    "status", AUDIT_FAIL, CRED_ERR_STATUS_UNDONE, BODY "/status/0", 42);
	/* a suspension may end */
	start(100);
	fixture_publish_status(f, 0, 99, STATUS_SUSPENDED);
	assert_int_equal(audit(), 0);
	fixture_publish_status(f, 1, 99, STATUS_VALID);
	assert_int_equal(audit(), 0);
}

static void
void_entries(void **s)
{
	static const uint8_t none[1][TLOG_ENTRY_LEN];
	uint64_t first;

	(void)s;
	start(10);
	assert_int_equal(log_append(f->log, none, 1, &first, &f->why), CRED_OK);
	f->n++;
	fixture_publish_log(f);
	fixture_publish_status(f, 0, 10, STATUS_REVOKED);
	assert_int_equal(audit_at(f->pub, false), 0);
	fixture_publish_status(f, 0, 10, STATUS_SUSPENDED);
	assert_int_equal(audit(), 1);
	only("status", AUDIT_FAIL, CRED_ERR_TLOG_VOID,
	    LOG "/tile/entries/000.p/11", 10);
}

static void
crl_states(void **s)
{
	uint8_t *old;
	size_t len;

	(void)s;
	start(10);
	old = read_pub("trust/authority.crl", &len);
	fixture_publish_trust(f);
	assert_int_equal(audit(), 0);
	write_file("trust/authority.crl", bytes_of(old, len));
	free(old);
	assert_int_equal(audit(), 1);
	only("crl", AUDIT_FAIL, CRED_ERR_CRL_OLDER, "trust/authority.crl",
	    UINT64_MAX);
	fixture_publish_trust(f);
	test_now += 31 * DAY;
	fixture_publish_status(f, 0, SIZE_MAX, STATUS_VALID);
	assert_int_equal(audit(), 1);
	only("crl", AUDIT_FAIL, CRED_ERR_CRL_EXPIRED, "trust/authority.crl",
	    UINT64_MAX);
	write_file("trust/authority.crl", bytes_str("nonsense"));
	assert_int_equal(audit(), 1);
	only("crl", AUDIT_FAIL, CRED_ERR_CRL_FORM, "trust/authority.crl",
	    UINT64_MAX);
}

static void
certificates(void **s)
{
	char path[128];
	uint8_t *pem, *anchor, *both;
	size_t len, n;

	(void)s;
	start(10);
	assert_int_equal(audit(), 0);
	/* the anchor is no body, wherever it stands */
	pem = read_pub("trust/bodies.pem", &len);
	snprintf(path, sizeof path, "%s/anchor.pem", f->authority);
	assert_int_equal(
	    file_read(path, 1 << 16, &anchor, &n, &f->why), CRED_OK);
	both = malloc(len + n);
	assert_non_null(both);
	memcpy(both, pem, len);
	memcpy(both + len, anchor, n);
	write_file("trust/bodies.pem", bytes_of(both, len + n));
	assert_int_equal(audit(), 1);
	only("certificate", AUDIT_FAIL, CRED_ERR_X509_NO_SCOPE,
	    "trust/bodies.pem", UINT64_MAX);
	/* one that was there is gone */
	write_file("trust/bodies.pem", bytes_str("\n"));
	assert_int_equal(audit(), 1);
	only("certificate", AUDIT_FAIL, CRED_ERR_TRUST_MISSING,
	    "trust/bodies.pem", UINT64_MAX);
	free(both);
	free(pem);
	free(anchor);
}

static void
another_anchor(void **s)
{
	(void)s;
	start(10);
	write_file("trust/anchor.pem", bytes_str("something else"));
	assert_int_equal(audit(), 4);
	only("anchor", AUDIT_UNKNOWN, CRED_FAULT_ANCHOR, "trust/anchor.pem",
	    UINT64_MAX);
}

static void
the_state_file(void **s)
{
	uint8_t *before, *after;
	size_t n, m;

	(void)s;
	start(100);
	assert_int_equal(audit(), 0);
	assert_int_equal(
	    file_read(state_path, 1 << 20, &before, &n, &f->why), CRED_OK);
	fixture_issue(f, 100, "");
	fixture_publish_log(f);
	assert_int_equal(audit(), 1);
	only(
	    "status", AUDIT_FAIL, CRED_ERR_STATUS_INDEX, BODY "/status/0", 100);
	assert_int_equal(
	    file_read(state_path, 1 << 20, &after, &m, &f->why), CRED_OK);
	assert_int_equal(n, m);
	assert_memory_equal(before, after, n);
	free(before);
	free(after);
	assert_int_equal(
	    file_write(state_path, bytes_str("{}"), 0600, &f->why), CRED_OK);
	assert_int_equal(audit(), 2);
	assert_non_null(strstr(f->why.text, "state file"));
	unlink(state_path);
	assert_int_equal(audit_at("/dev/null/none", false), 2);
}

/* Without what is missing the log keeps its place in the state. */
static void
unknown_is_not_remembered(void **s)
{
	(void)s;
	start(600);
	file_drop(f->pub, LOG "/tile/0/001");
	assert_int_equal(audit(), 4);
	restart(300, "x");
	assert_int_equal(audit(), 0);
}

/* Last: nothing after it is as it was. */
static void
withdrawal(void **s)
{
	char kept[128], was[128];

	(void)s;
	start(10);
	assert_int_equal(audit(), 0);
	snprintf(kept, sizeof kept, "%s/kept", f->dir);
	snprintf(was, sizeof was, "%s", f->authority);
	dir_copy(f->authority, kept);
	test_now += DAY;
	fixture_withdraw(f, 7);
	assert_int_equal(audit(), 0);
	assert_true(among("withdrawal", CRED_OK));
	/* an authority put back to an old copy, which then goes on */
	dir_remove(was);
	dir_copy(kept, was);
	file_drop(f->pub, "trust/authority.crl");
	for (size_t i = 0; i < 12; i++)
		fixture_publish_trust(f);
	assert_int_equal(audit(), 1);
	only("withdrawal", AUDIT_FAIL, CRED_ERR_CRL_OLDER,
	    "trust/authority.crl", 7);
}

static int
setup(void **s)
{
	(void)s;
	f = fixture_new();
	return 0;
}

static int
teardown(void **s)
{
	(void)s;
	fixture_free(f);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_good_one),
	    cmocka_unit_test(an_empty_log),
	    cmocka_unit_test(growth),
	    cmocka_unit_test(by_url),
	    cmocka_unit_test(split_view),
	    cmocka_unit_test(rolled_back),
	    cmocka_unit_test(changed_entry),
	    cmocka_unit_test(broken_bundle),
	    cmocka_unit_test(changed_tile),
	    cmocka_unit_test(cut_tile),
	    cmocka_unit_test(forged_together),
	    cmocka_unit_test(several_at_once),
	    cmocka_unit_test(missing_files),
	    cmocka_unit_test(a_wider_tile_will_do),
	    cmocka_unit_test(edited_size),
	    cmocka_unit_test(a_dishonest_checkpoint),
	    cmocka_unit_test(wrong_checkpoint_key),
	    cmocka_unit_test(another_origin),
	    cmocka_unit_test(list_length),
	    cmocka_unit_test(list_of_another_range),
	    cmocka_unit_test(list_changed),
	    cmocka_unit_test(list_expired),
	    cmocka_unit_test(list_older),
	    cmocka_unit_test(revocation_undone),
	    cmocka_unit_test(void_entries),
	    cmocka_unit_test(crl_states),
	    cmocka_unit_test(certificates),
	    cmocka_unit_test(another_anchor),
	    cmocka_unit_test(the_state_file),
	    cmocka_unit_test(unknown_is_not_remembered),
	    cmocka_unit_test(withdrawal),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
