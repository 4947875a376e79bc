/* The status lists of a withdrawn body, signed anew by the authority. */
#include "world.h"

#include <sys/stat.h>

#include "edge/file.h"

#define LISTS "pub/bodies/" BODY_ID "/status"

static uint8_t token[STATUSLIST_TOKEN_MAX];

/* What the body publishes: index 2 revoked. n_bytes hold 4 indexes each. */
static void
put_list(struct world *w, struct signer *s, unsigned list, size_t n_bytes,
    int64_t iat)
{
	struct outbuf out = {token, sizeof token, 0};
	uint8_t *raw = calloc(1, n_bytes);
	char *dir = world_path(w, LISTS), name[16];
	struct why why;

	assert_non_null(raw);
	statuslist_set(raw, 2, STATUS_REVOKED);
	assert_err(signer_statuslist(s, list, bytes_of(raw, n_bytes), iat,
		       iat + DAY, 3600, &out, &why),
	    CRED_OK);
	assert_err(file_mkdirs(dir, 0755, &why), CRED_OK);
	snprintf(name, sizeof name, "%u", list);
	world_write(dir, name, written(&out));
	free(dir);
	free(raw);
}

static struct bytes
get_list(const struct world *w, const char *name)
{
	char *dir = world_path(w, LISTS);
	struct bytes b = world_read(dir, name);

	free(dir);
	return b;
}

static void
withdraw(struct world *w, int reason, uint64_t tree_size)
{
	const struct withdrawal wd = {.body_id = BODY_ID,
	    .reason = reason,
	    .tree_size = tree_size,
	    .at = NOW - 3600};
	struct authority *a;
	size_t n;

	assert_err(
	    authority_open(w->authority, &w->pass, NOW, &a, &w->why), CRED_OK);
	assert_err(authority_withdraw(a, &wd, 30, NOW, &n, &w->why), CRED_OK);
	authority_close(a);
	world_reload(w, NOW);
}

static enum cred_err
adopt(struct world *w, const char *id, int64_t now, struct adoption *out)
{
	char *pub = world_path(w, "pub");
	struct authority *a;
	enum cred_err e;

	assert_err(
	    authority_open(w->authority, &w->pass, now, &a, &w->why), CRED_OK);
	e = authority_adopt(a, pub, id, 30, now, out, &w->why);
	authority_close(a);
	free(pub);
	return e;
}

static enum cred_err
read_list(struct world *w, int64_t min_iat, int64_t *iat, int64_t *exp)
{
	struct bytes list = get_list(w, "0");
	enum status_value two = STATUS_VALID, three = STATUS_REVOKED;
	uint8_t *raw = NULL;
	int64_t ttl = -1;
	size_t len;
	enum cred_err e =
	    trust_open_statuslist(w->trust, trust_body(w->trust, 0), list, 0,
		min_iat, INT64_MAX, &raw, &len, iat, exp, &ttl);

	if (e == CRED_OK) {
		assert_err(
		    statuslist_get(bytes_of(raw, len), 2, &two), CRED_OK);
		assert_err(
		    statuslist_get(bytes_of(raw, len), 3, &three), CRED_OK);
		assert_int_equal(two, STATUS_REVOKED);
		assert_int_equal(three, STATUS_VALID);
	}
	free(raw);
	free((void *)(uintptr_t)list.ptr);
	return e;
}

/* Evidence that reads the list as a verifier does. */
static void
list_status(
    void *ctx, const struct body *body, uint64_t index, struct status_fact *out)
{
	struct world *w = ctx;
	struct bytes list = get_list(w, "0");
	uint8_t *raw = NULL;
	size_t len;

	*out = (struct status_fact){0};
	out->why = trust_open_statuslist(w->trust, body, list, 0, 0, INT64_MAX,
	    &raw, &len, &out->iat, &out->exp, &out->ttl);
	if (out->why == CRED_OK)
		out->why =
		    statuslist_get(bytes_of(raw, len), index, &out->value);
	free(raw);
	free((void *)(uintptr_t)list.ptr);
}

static void
same_log(void *ctx, const struct body *body, uint64_t index,
    const uint8_t entry[static 32], struct log_fact *out)
{
	(void)ctx;
	(void)body;
	(void)index;
	(void)entry;
	*out = (struct log_fact){.state = LOG_SAME, .size = 10};
}

static const char *
status_of(struct world *w, uint64_t index, const char *number)
{
	static struct verification v;
	const struct evidence ev = {w, list_status, same_log};
	const struct verify_opts opts = {.now = NOW + 60};
	struct claims c = claims_plain(index);
	uint8_t buf[CRED_MAX_BYTES];
	struct bytes cose;

	c.cert.number = bytes_str(number);
	cose = sign_claims(w->signer, &c, buf);
	assert_err(verify_cose(w->trust, &ev, cose, &opts, &v), CRED_OK);
	return verdict_name(v.verdict.status);
}

static void
earlier_certificates_are_valid_again(void **state)
{
	static const enum cose_alg algs[] = {COSE_ES256, COSE_EDDSA, COSE_SM2};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct world *w = world_new(algs[i]);
		struct adoption done = {0};
		int64_t iat = 0, exp = 0;

		put_list(w, w->signer, 0, 4, NOW - 60);
		assert_string_equal(
		    status_of(w, 1, PREFIX "254000001"), "valid");
		withdraw(w, 1, 10);
		assert_string_equal(
		    status_of(w, 1, PREFIX "254000001"), "status_unknown");
		assert_err(adopt(w, BODY_ID, NOW + 5, &done), CRED_OK);
		assert_int_equal(done.n, 1);
		assert_int_equal(done.oldest_iat, NOW - 60);
		assert_true(done.late); /* the key was bad from NOW - 3600 on */
		assert_string_equal(
		    status_of(w, 1, PREFIX "254000001"), "valid");
		assert_string_equal(
		    status_of(w, 2, PREFIX "254000001"), "revoked");
		assert_string_equal(
		    status_of(w, 10, PREFIX "254000001"), "issuer_withdrawn");
		assert_err(read_list(w, 0, &iat, &exp), CRED_OK);
		assert_int_equal(iat, NOW + 5);
		assert_int_equal(exp, NOW + 5 + 30 * DAY);
		/* renewed, also within one second: newer each time */
		assert_err(adopt(w, BODY_ID, NOW + 5, &done), CRED_OK);
		assert_err(read_list(w, iat + 1, &iat, &exp), CRED_OK);
		assert_int_equal(iat, NOW + 6);
		assert_err(adopt(w, BODY_ID, NOW + DAY, &done), CRED_OK);
		assert_err(read_list(w, iat + 1, &iat, &exp), CRED_OK);
		assert_int_equal(iat, NOW + DAY);
		world_free(w);
	}
}

static void
only_for_a_withdrawn_body(void **state)
{
	struct world *w = world_new(COSE_EDDSA);
	struct adoption done = {.n = 77};

	(void)state;
	put_list(w, w->signer, 0, 4, NOW - 60);
	assert_err(adopt(w, BODY_ID, NOW, &done), CRED_ERR_NOT_DATE);
	assert_err(
	    adopt(w, "52150000MJ00000X2X", NOW, &done), CRED_ERR_X509_FORM);
	assert_err(adopt(w, "../" BODY_ID, NOW, &done), CRED_ERR_SCOPE_BODY_ID);
	assert_int_equal(done.n, 77);
	world_free(w);
}

static void
only_lists_from_before(void **state)
{
	struct world *w = world_new(COSE_EDDSA);
	struct adoption done;
	struct bytes before, after;
	char *dir = world_path(w, LISTS), *home = world_path(w, "B2");
	struct signer *other;
	struct logkey *log;

	(void)state;
	world_add_body(w, home, "52150000MJ00000X2X", "S000015000124",
	    COSE_EDDSA, NOW - DAY);
	withdraw(w, 1, 10);
	assert_err(adopt(w, BODY_ID, NOW, &done), CRED_ERR_STATUS_MISSING);
	/* the thief's, after the withdrawal */
	put_list(w, w->signer, 0, 4, NOW + 60);
	before = get_list(w, "0");
	assert_err(adopt(w, BODY_ID, NOW + 90, &done), CRED_ERR_SIGNATURE);
	after = get_list(w, "0");
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.ptr, after.ptr, after.len);
	/* another body's */
	assert_err(
	    signer_open_home(home, &w->pass, &other, &log, &w->why), CRED_OK);
	put_list(w, other, 0, 4, NOW - 60);
	assert_err(adopt(w, BODY_ID, NOW, &done), CRED_ERR_SIGNATURE);
	/* another number */
	put_list(w, w->signer, 1, 4, NOW - 60);
	{
		struct bytes one = get_list(w, "1");

		world_write(dir, "0", one);
		free((void *)(uintptr_t)one.ptr);
	}
	assert_err(adopt(w, BODY_ID, NOW, &done), CRED_ERR_STATUS_SUBJECT);
	/* too short for what stays good */
	put_list(w, w->signer, 0, 1, NOW - 60);
	assert_err(adopt(w, BODY_ID, NOW, &done), CRED_ERR_STATUS_INDEX);
	world_write(dir, "0", bytes_str("nonsense"));
	assert_true(cred_is_refusal(adopt(w, BODY_ID, NOW, &done)));
	signer_free(other);
	logkey_free(log);
	free((void *)(uintptr_t)before.ptr);
	free((void *)(uintptr_t)after.ptr);
	free(home);
	free(dir);
	world_free(w);
}

/* All or none: a second list that is missing or bad leaves the first. */
static void
every_list_or_none(void **state)
{
	struct world *w = world_new(COSE_EDDSA);
	struct adoption done;
	int64_t iat, exp;

	(void)state;
	put_list(w, w->signer, 0, STATUSLIST_RAW_MAX, NOW - 60);
	withdraw(w, 1, STATUSLIST_ENTRIES + 5);
	assert_err(adopt(w, BODY_ID, NOW, &done), CRED_ERR_STATUS_MISSING);
	assert_err(read_list(w, 0, &iat, &exp), CRED_ERR_SIGNATURE);
	put_list(w, w->signer, 1, 1, NOW - 60);
	assert_err(adopt(w, BODY_ID, NOW, &done), CRED_ERR_STATUS_INDEX);
	assert_err(read_list(w, 0, &iat, &exp), CRED_ERR_SIGNATURE);
	put_list(w, w->signer, 1, 2, NOW - 70);
	assert_err(adopt(w, BODY_ID, NOW, &done), CRED_OK);
	assert_int_equal(done.n, 2);
	assert_int_equal(done.oldest_iat, NOW - 70);
	assert_err(read_list(w, 0, &iat, &exp), CRED_OK);
	world_free(w);
}

/* An anchor signs lists only while it is one: retired, its key may be stolen.
 */
static void
by_an_anchor_before_its_day(void **state)
{
	static const struct {
		const char *day;
		enum cred_err want;
	} t[] = {{"2025-11-25", CRED_OK}, {"2025-11-23", CRED_ERR_SIGNATURE}};
	struct world *w = world_new(COSE_EDDSA);
	struct adoption done;
	int64_t iat, exp;

	(void)state;
	put_list(w, w->signer, 0, 4, NOW - 60);
	withdraw(w, 1, 10);
	assert_err(adopt(w, BODY_ID, NOW, &done), CRED_OK);
	for (size_t i = 0; i < 2; i++) {
		struct trust_files f = {.bodies = w->bodies, .crl = w->crl};
		char *anchor;

		assert_true(asprintf(&anchor, "# retired: %s\n%s", t[i].day,
				(const char *)w->anchor.ptr) > 0);
		f.anchor = bytes_str(anchor);
		trust_free(w->trust);
		assert_err(trust_load(&f, NOW, &w->trust, NULL, NULL, &w->why),
		    CRED_OK);
		assert_err(read_list(w, 0, &iat, &exp), t[i].want);
		free(anchor);
	}
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(earlier_certificates_are_valid_again),
	    cmocka_unit_test(only_for_a_withdrawn_body),
	    cmocka_unit_test(only_lists_from_before),
	    cmocka_unit_test(every_list_or_none),
	    cmocka_unit_test(by_an_anchor_before_its_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
