#include "harness.h"

#include "keys/authority.h"

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
	    {"trust/trust.json", "trust_json", CRED_ERR_TRUST_MISSING},
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
	assert_true(among("certificate", CRED_ERR_TRUST_MISSING));
	assert_true(says("trust_json", "which no certificate"));
	assert_int_equal(got.count.fail, 2);
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
	(void)s;
	start(100);
	assert_int_equal(audit(), 0);
	assert_int_equal(
	    file_write(state_path, bytes_str("{}"), 0600, &f->why), CRED_OK);
	assert_int_equal(audit(), 2);
	assert_non_null(strstr(f->why.text, "state file"));
	unlink(state_path);
	assert_int_equal(audit_at("/dev/null/none", false), 2);
}

/* One body's list that is wrong keeps nothing else from being remembered. */
static void
what_is_good_is_remembered_beside_what_is_not(void **s)
{
	char old[128];
	uint8_t *crl;
	size_t len;

	(void)s;
	start(100);
	crl = read_pub("trust/authority.crl", &len);
	assert_int_equal(audit(), 0);
	snprintf(old, sizeof old, "%s/old", f->dir);
	dir_copy(f->pub, old);
	fixture_issue(f, 100, "");
	fixture_publish_log(f);
	fixture_publish_trust(f); /* and the list stays too short */
	assert_int_equal(audit(), 1);
	only(
	    "status", AUDIT_FAIL, CRED_ERR_STATUS_INDEX, BODY "/status/0", 100);
	assert_int_equal(audit_at(old, true), 1);
	assert_true(among("consistency", CRED_ERR_CHECKPOINT_OLDER));
	assert_true(among("crl", CRED_ERR_CRL_OLDER));
	free(crl);
}

/* What failed keeps its place: it fails again until it is mended. */
static void
what_failed_fails_again(void **s)
{
	(void)s;
	start(100);
	fixture_publish_status(f, 0, 42, STATUS_REVOKED);
	assert_int_equal(audit(), 0);
	fixture_publish_status(f, 1, SIZE_MAX, STATUS_VALID);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(audit(), 1);
		only("status", AUDIT_FAIL, CRED_ERR_STATUS_UNDONE,
		    BODY "/status/0", 42);
	}
	fixture_publish_status(f, 2, 42, STATUS_REVOKED);
	assert_int_equal(audit(), 0);
}

/* What is missing keeps its old place in the state. */
static void
missing_is_not_forgotten(void **s)
{
	(void)s;
	start(600);
	assert_int_equal(audit(), 0);
	file_drop(f->pub, LOG "/checkpoint");
	file_drop(f->pub, BODY "/status/0");
	assert_int_equal(audit(), 4);
	restart(300, "x");
	assert_int_equal(audit(), 1);
	only("consistency", AUDIT_FAIL, CRED_ERR_CHECKPOINT_OLDER,
	    LOG "/checkpoint", 300);
}

/* The body signed a tree: parts of it that are missing do not unsign it. */
static void
a_tree_with_gaps_was_signed(void **s)
{
	(void)s;
	start(600);
	file_drop(f->pub, LOG "/tile/0/001");
	file_drop(f->pub, LOG "/tile/entries/001");
	assert_int_equal(audit(), 4);
	restart(300, "x");
	assert_int_equal(audit(), 1);
	only("consistency", AUDIT_FAIL, CRED_ERR_CHECKPOINT_OLDER,
	    LOG "/checkpoint", 300);
}

void __real_x509_kid(struct bytes der, uint8_t out[static CRED_KID_LEN]);
void __wrap_x509_kid(struct bytes der, uint8_t out[static CRED_KID_LEN]);
static bool one_kid;

void
__wrap_x509_kid(struct bytes der, uint8_t out[static CRED_KID_LEN])
{
	__real_x509_kid(der, out);
	if (one_kid)
		memset(out, 0x42, CRED_KID_LEN);
}

static void
two_certificates_with_one_kid(void **s)
{
	static const char ini[] =
	    "[body]\nid=52150000MJ00000X1X\nprefix=S000015000999\n"
	    "base=https://verify.tamga.example/\nkinds=4\n"
	    "[kind.4]\nitems=*\n";
	const struct bodyhome_new n = {.name = "别的机构",
	    .body_id = "52150000MJ00000X1X",
	    .prefix = "S000015000999",
	    .alg = COSE_ES256};
	char dir[128], path[160], kept[128], *pem;
	struct scopefile grant;
	struct authority *a;
	uint8_t *csr;
	size_t len;

	(void)s;
	start(10);
	snprintf(kept, sizeof kept, "%s/before", f->dir);
	dir_copy(f->authority, kept);
	snprintf(dir, sizeof dir, "%s/other", f->dir);
	dir_remove(dir);
	snprintf(path, sizeof path, "%s/body.csr", dir);
	assert_int_equal(bodyhome_init(dir, &n, &f->pass, &f->why), CRED_OK);
	assert_int_equal(
	    file_read(path, 1 << 16, &csr, &len, &f->why), CRED_OK);
	assert_int_equal(
	    scopefile_parse("scope.ini", bytes_str(ini), &grant, &f->why),
	    CRED_OK);
	assert_int_equal(
	    authority_open(f->authority, &f->pass, T0, &a, &f->why), CRED_OK);
	assert_int_equal(authority_admit(a, bytes_of(csr, len), &grant, 100, T0,
			     &pem, &f->why),
	    CRED_OK);
	authority_close(a);
	fixture_publish_trust(f);
	one_kid = true;
	assert_int_equal(audit_at(f->pub, false), 1);
	one_kid = false;
	assert_true(among("certificate", CRED_ERR_X509_KID));
	free(pem);
	free(csr);
	dir_remove(f->authority);
	dir_copy(kept, f->authority);
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

/* Replace one word of trust.json by another of the same length. */
static void
edit_json(const char *from, const char *to)
{
	size_t len;
	uint8_t *json = read_pub("trust/trust.json", &len);
	char *at = strstr((char *)json, from);

	assert_non_null(at);
	assert_int_equal(strlen(from), strlen(to));
	memcpy(at, to, strlen(to));
	write_file("trust/trust.json", bytes_of(json, len));
	free(json);
}

static void
trust_json_says_otherwise(void **s)
{
	static const struct {
		const char *from, *to, *words;
	} edits[] = {
	    {"\"prefix\": \"S000015000123\"", "\"prefix\": \"S000015000124\"",
		"].scope.prefix is \"S000015000124\", but by the certificates "
		"and the CRL it is \"S000015000123\""},
	    {"\"withdrawn\": null", "\"withdrawn\": true",
		"].withdrawn is true"},
	    {"\"alg_name\": \"es256\"", "\"alg_naMe\": \"es256\"", "lacks "},
	    {"\"schema\": 1", "\"schema\": 2", "schema is 2"},
	    {"\"all\": true", "\"all\": null", "kinds[0].all is null"},
	};

	(void)s;
	for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
		start(1);
		edit_json(edits[i].from, edits[i].to);
		assert_int_equal(audit(), 1);
		assert_true(among("trust_json", CRED_ERR_TRUST_DIFFERS));
		assert_true(says("trust_json", edits[i].words));
	}
	start(1);
	write_file("trust/trust.json", bytes_str("nonsense"));
	assert_int_equal(audit(), 1);
	only("trust_json", AUDIT_FAIL, CRED_ERR_TRUST_DIFFERS,
	    "trust/trust.json", UINT64_MAX);
	/* with another anchor.pem it proves nothing */
	start(1);
	edit_json("\"schema\": 1", "\"schema\": 2");
	write_file("trust/anchor.pem", bytes_str("something else"));
	assert_int_equal(audit(), 4);
}

/* The authority before hands over to another: two anchors, two CRLs. */
static void
two_anchors(void **s)
{
	const struct authority_new n = {.name = "新的主管部门",
	    .alg = COSE_ES256,
	    .valid_days = 3650,
	    .crl_days = 30};
	const char *const files[] = {
	    "anchor.pem", "bodies.pem", "authority.crl"};
	char home[128], path[256], anchors[128];
	uint8_t print[32], *data, *old;
	struct authority *a;
	size_t len, old_len;

	(void)s;
	start(10);
	snprintf(home, sizeof home, "%s/second", f->dir);
	snprintf(anchors, sizeof anchors, "%s/anchors.pem", f->dir);
	assert_int_equal(
	    authority_init(home, &n, &f->pass, T0, print, &f->why), CRED_OK);
	for (int i = 0; i < 5; i++)
		fixture_publish_trust(f); /* the old one's number is high */
	snprintf(path, sizeof path, "%s/retired", home);
	assert_int_equal(file_mkdirs(path, 0755, &f->why), CRED_OK);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "trust/%s", files[i]);
		data = read_pub(path, &len);
		snprintf(path, sizeof path, "%s/retired/%s", home, files[i]);
		assert_int_equal(
		    file_write(path, bytes_of(data, len), 0644, &f->why),
		    CRED_OK);
		free(data);
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
		    authority_open(home, &f->pass, test_now, &a, &f->why),
		    CRED_OK);
		assert_int_equal(
		    authority_publish(a, f->pub, 30, test_now, &f->why),
		    CRED_OK);
		authority_close(a);
		data = read_pub("trust/anchor.pem", &len);
		assert_int_equal(
		    file_write(anchors, bytes_of(data, len), 0644, &f->why),
		    CRED_OK);
		free(data);
		anchor_path = anchors;
		assert_int_equal(audit(), 0);
		assert_true(says("crl", i == 0 ? "新的主管部门: number 2"
					       : "新的主管部门: number 3"));
		if (i == 0)
			old = read_pub("trust/authority.crl", &old_len);
	}
	/* the new one's number fell behind the old one's higher number */
	write_file("trust/authority.crl", bytes_of(old, old_len));
	free(old);
	assert_int_equal(audit(), 1);
	assert_true(among("crl", CRED_ERR_CRL_OLDER));
	assert_true(says("crl", "新的主管部门: number 2, but number 3"));
	/* a comment, or another order, makes no other anchor */
	snprintf(path, sizeof path, "trust/anchor.pem");
	data = read_pub(path, &len);
	data = realloc(data, len + 16);
	assert_non_null(data);
	memmove(data + 10, data, len);
	memcpy(data, "# office\n\n", 10);
	write_file(path, bytes_of(data, len + 10));
	free(data);
	(void)audit();
	assert_true(says("anchor", "is the anchor given"));
	anchor_path = NULL;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(by_url),
	    cmocka_unit_test(missing_files),
	    cmocka_unit_test(crl_states),
	    cmocka_unit_test(certificates),
	    cmocka_unit_test(another_anchor),
	    cmocka_unit_test(the_state_file),
	    cmocka_unit_test(what_is_good_is_remembered_beside_what_is_not),
	    cmocka_unit_test(what_failed_fails_again),
	    cmocka_unit_test(missing_is_not_forgotten),
	    cmocka_unit_test(a_tree_with_gaps_was_signed),
	    cmocka_unit_test(two_certificates_with_one_kid),
	    cmocka_unit_test(trust_json_says_otherwise),
	    cmocka_unit_test(two_anchors),
	    cmocka_unit_test(withdrawal),
	};

	return cmocka_run_group_tests(tests, audit_setup, audit_teardown);
}
