#include "world.h"

#include <pthread.h>

#include "credential/digits.h"

static const enum cose_alg ALGS[] = {COSE_ES256, COSE_EDDSA, COSE_SM2};
static struct world *worlds[3];

/*
 * Kids as a test wants them: two bodies with one kid cannot be made in earnest,
 * for that would take 2^32 certificates.
 */
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

struct fake {
	struct status_fact status;
	struct log_fact log;
	uint64_t index;
	uint8_t entry[32];
	int asked;
};

static void
fake_status(
    void *ctx, const struct body *body, uint64_t index, struct status_fact *out)
{
	struct fake *f = ctx;

	assert_non_null(body);
	f->index = index;
	f->asked++;
	*out = f->status;
}

static void
fake_log(void *ctx, const struct body *body, uint64_t index,
    const uint8_t entry[static 32], struct log_fact *out)
{
	struct fake *f = ctx;

	assert_non_null(body);
	assert_int_equal(index, f->index);
	memcpy(f->entry, entry, 32);
	f->asked++;
	*out = f->log;
}

static struct fake
good_evidence(void)
{
	return (struct fake){
	    .status = {.value = STATUS_VALID,
		.iat = NOW - 60,
		.exp = NOW + 10000 * DAY},
	    .log = {.state = LOG_SAME, .size = 1000},
	};
}

static struct verification v;

static enum verdict_status
ask(const struct world *w, struct fake *f, struct bytes cose, int64_t now)
{
	struct evidence ev = {f, fake_status, fake_log};
	struct verify_opts opts = {.now = now};

	memset(&v, 0xee, sizeof v);
	f->asked = 0;
	assert_err(verify_cose(w->trust, &ev, cose, &opts, &v), CRED_OK);
	return v.verdict.status;
}

#define assert_status(got, want)                                               \
	assert_string_equal(verdict_name(got), verdict_name(want))

static int
setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++)
		worlds[i] = world_new(ALGS[i]);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++)
		world_free(worlds[i]);
	return 0;
}

static void
valid_in_every_algorithm(void **state)
{
	uint8_t buf[CRED_MAX_BYTES], hash[32];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct claims c = claims_plain(17);
		struct bytes cose = sign_claims(worlds[i]->signer, &c, buf);
		struct fake f = good_evidence();

		assert_status(ask(worlds[i], &f, cose, NOW), VERDICT_VALID);
		assert_int_equal(f.asked, 2);
		assert_int_equal(f.index, 17);
		trust_sha256(hash, cose, (struct bytes){0});
		assert_memory_equal(f.entry, hash, 32);
		assert_true(v.verdict.show);
		assert_string_equal(v.verdict.body->name, NAME);
		assert_ptr_equal(v.verdict.cred, &v.cred);
		assert_true(v.cred.raw.ptr == v.cose);
		for (int n = 0; n < N_CHECKS; n++)
			assert_int_equal(v.verdict.checks[n], RESULT_PASS);
		assert_int_equal(v.verdict.warnings, 0);
		/* the lists of the other two do not know it */
		assert_status(ask(worlds[(i + 1) % 3], &f, cose, NOW),
		    VERDICT_UNKNOWN_ISSUER);
		assert_int_equal(f.asked, 0);
	}
}

static void
any_bit_flipped(void **state)
{
	uint8_t buf[CRED_MAX_BYTES];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct claims c = claims_plain(17);
		struct bytes cose = sign_claims(worlds[i]->signer, &c, buf);
		struct fake f = good_evidence();

		for (size_t bit = 0; bit < cose.len * 8; bit++) {
			enum verdict_status s;

			buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
			s = ask(worlds[i], &f, cose, NOW);
			assert_true(
			    s == VERDICT_FORGED || s == VERDICT_UNKNOWN_ISSUER);
			assert_false(v.verdict.show);
			assert_null(v.verdict.cred);
			assert_null(v.verdict.body);
			assert_int_equal(f.asked, 0);
			buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		/* and cut off anywhere, or with a byte more */
		for (size_t n = 0; n < cose.len; n++)
			assert_status(ask(worlds[i], &f, bytes_of(buf, n), NOW),
			    VERDICT_FORGED);
		if (cose.len < sizeof buf) {
			buf[cose.len] = 0;
			assert_status(ask(worlds[i], &f,
					  bytes_of(buf, cose.len + 1), NOW),
			    VERDICT_FORGED);
		}
	}
}

static struct bytes
to_text(const char *base, struct bytes cose, char *buf, size_t cap)
{
	struct outbuf out = {(uint8_t *)buf, cap, 0};

	assert_err(qrtext_make(bytes_str(base), cose, &out), CRED_OK);
	return written(&out);
}

static enum verdict_status
ask_text(struct bytes text, const char *host)
{
	struct fake f = good_evidence();
	struct evidence ev = {&f, fake_status, fake_log};
	struct verify_opts opts = {.now = NOW};

	if (host != NULL)
		opts.host = bytes_str(host);
	assert_err(
	    verify_text(worlds[0]->trust, &ev, text, &opts, &v), CRED_OK);
	return v.verdict.status;
}

static void
texts_and_hosts(void **state)
{
	struct claims c = claims_plain(17);
	uint8_t buf[CRED_MAX_BYTES];
	char text[CRED_MAX_TEXT];
	struct bytes cose = sign_claims(worlds[0]->signer, &c, buf), t;

	(void)state;
	assert_status(ask_text(to_text(BASE, cose, text, sizeof text), NULL),
	    VERDICT_VALID);
	assert_int_equal(v.verdict.warnings, 0);
	t = to_text("https://look-alike.cn/", cose, text, sizeof text);
	assert_status(ask_text(t, NULL), VERDICT_VALID);
	assert_int_equal(v.verdict.warnings, WARN_FOREIGN_HOST);
	assert_status(ask_text(t, "look-alike.cn"), VERDICT_VALID);
	assert_int_equal(v.verdict.warnings, 0);
	/* digits alone have no host to be foreign */
	assert_status(
	    ask_text(bytes_of(t.ptr + 23, t.len - 23), NULL), VERDICT_VALID);
	assert_int_equal(v.verdict.warnings, 0);
	/* a digit changed: forged on our host, not ours elsewhere */
	text[60] = text[60] == '1' ? '2' : '1';
	assert_status(ask_text(t, "look-alike.cn"), VERDICT_FORGED);
	assert_status(ask_text(bytes_str("https://www.example.com/"), NULL),
	    VERDICT_NOT_OURS);
	assert_status(ask_text(bytes_str(""), NULL), VERDICT_NOT_OURS);
	assert_status(
	    ask_text(bytes_str("https://x.cn/#123"), NULL), VERDICT_NOT_OURS);
}

/* More digits than 600 bytes have. */
static void
text_too_long(void **state)
{
	char text[CRED_MAX_TEXT + 100];

	(void)state;
	memset(text, '0', sizeof text);
	memcpy(text, BASE "#", sizeof BASE);
	assert_status(ask_text(bytes_of(text, sizeof BASE + 17 * 100), NULL),
	    VERDICT_NOT_OURS);
	assert_status(
	    ask_text(bytes_of(text, sizeof text), NULL), VERDICT_NOT_OURS);
	memset(&v, 0, sizeof v);
	struct fake f = good_evidence();
	assert_status(
	    ask(worlds[0], &f, bytes_of(text, 601), NOW), VERDICT_FORGED);
}

static void
without_evidence(void **state)
{
	struct claims c = claims_plain(17);
	uint8_t buf[CRED_MAX_BYTES];
	struct bytes cose = sign_claims(worlds[0]->signer, &c, buf);
	struct verify_opts opts = {.now = NOW};

	(void)state;
	assert_err(
	    verify_cose(worlds[0]->trust, NULL, cose, &opts, &v), CRED_OK);
	assert_status(v.verdict.status, VERDICT_STATUS_UNKNOWN);
	assert_true(v.verdict.show);
	/* what is known to be bad is said all the same */
	buf[cose.len - 1] ^= 1;
	assert_err(
	    verify_cose(worlds[0]->trust, NULL, cose, &opts, &v), CRED_OK);
	assert_status(v.verdict.status, VERDICT_FORGED);
}

static void
evidence_decides(void **state)
{
	struct claims c = claims_plain(17);
	uint8_t buf[CRED_MAX_BYTES];
	struct bytes cose = sign_claims(worlds[0]->signer, &c, buf);
	struct fake f = good_evidence();

	(void)state;
	f.status.value = STATUS_REVOKED;
	assert_status(ask(worlds[0], &f, cose, NOW), VERDICT_REVOKED);
	f.status.value = STATUS_SUSPENDED;
	assert_status(ask(worlds[0], &f, cose, NOW), VERDICT_SUSPENDED);
	f.status.value = STATUS_SUPERSEDED;
	assert_status(ask(worlds[0], &f, cose, NOW), VERDICT_SUPERSEDED);
	f.log.state = LOG_OTHER;
	assert_status(ask(worlds[0], &f, cose, NOW), VERDICT_NOT_LOGGED);
	f = good_evidence();
	f.log = (struct log_fact){.why = CRED_ERR_CHECKPOINT_FORM};
	assert_status(ask(worlds[0], &f, cose, NOW), VERDICT_STATUS_UNKNOWN);
}

static void
crl_of_another_time(void **state)
{
	struct claims c = claims_plain(17);
	uint8_t buf[CRED_MAX_BYTES];
	struct bytes cose = sign_claims(worlds[0]->signer, &c, buf);
	struct fake f = good_evidence();

	(void)state;
	/* loaded at NOW, asked about later and again about now */
	assert_status(
	    ask(worlds[0], &f, cose, NOW + 31 * DAY), VERDICT_STATUS_UNKNOWN);
	assert_err(v.verdict.reason, CRED_ERR_CRL_EXPIRED);
	assert_status(ask(worlds[0], &f, cose, NOW), VERDICT_VALID);
}

/* Chain model: the log vouches when the signer's X.509 has expired. */
static void
body_certificate_expired(void **state)
{
	struct world *w = world_new(COSE_ES256);
	struct claims c = claims_plain(17);
	uint8_t buf[CRED_MAX_BYTES];
	struct bytes cose = sign_claims(w->signer, &c, buf);
	struct fake f = good_evidence();
	int64_t later = NOW + 800 * DAY;

	(void)state;
	world_reload(w, later);
	assert_true(trust_body(w->trust, 0)->not_after < later);
	assert_status(ask(w, &f, cose, later), VERDICT_VALID);
	assert_int_equal(v.verdict.warnings, WARN_ISSUER_EXPIRED);
	f.log = (struct log_fact){.why = CRED_ERR_CHECKPOINT_FORM};
	assert_status(ask(w, &f, cose, later), VERDICT_STATUS_UNKNOWN);
	f.log = (struct log_fact){.state = LOG_VOID};
	assert_status(ask(w, &f, cose, later), VERDICT_NOT_LOGGED);
	world_free(w);
}

static void
withdrawn_below_and_above(void **state)
{
	struct world *w = world_new(COSE_SM2);
	const struct withdrawal wd = {
	    .body_id = BODY_ID, .reason = 1, .tree_size = 18, .at = NOW};
	uint8_t below[CRED_MAX_BYTES], above[CRED_MAX_BYTES];
	struct claims c = claims_plain(17), d = claims_plain(18);
	struct bytes good = sign_claims(w->signer, &c, below);
	struct bytes late = sign_claims(w->signer, &d, above);
	struct fake f = good_evidence();
	struct authority *a;
	size_t n;

	(void)state;
	assert_status(ask(w, &f, good, NOW), VERDICT_VALID);
	assert_status(ask(w, &f, late, NOW), VERDICT_VALID);
	assert_err(
	    authority_open(w->authority, &w->pass, NOW, &a, &w->why), CRED_OK);
	assert_err(authority_withdraw(a, &wd, 30, NOW, &n, &w->why), CRED_OK);
	authority_close(a);
	world_reload(w, NOW);
	assert_status(ask(w, &f, good, NOW), VERDICT_VALID);
	assert_status(ask(w, &f, late, NOW), VERDICT_ISSUER_WITHDRAWN);
	f.log = (struct log_fact){.why = CRED_ERR_CHECKPOINT_FORM};
	assert_status(ask(w, &f, good, NOW), VERDICT_STATUS_UNKNOWN);
	world_free(w);
}

static void
two_bodies_with_one_kid(void **state)
{
	struct world *w;
	struct signer *s2 = NULL;
	struct logkey *k2 = NULL;
	struct claims c = claims_plain(17);
	uint8_t buf1[CRED_MAX_BYTES], buf2[CRED_MAX_BYTES];
	struct bytes one, two;
	struct fake f = good_evidence();
	const struct body *found[4];
	struct trust_files files;
	char *home;

	(void)state;
	w = world_new(COSE_ES256);
	home = world_path(w, "B2");
	world_add_body(w, home, "52150000MJ00000X2X", "S000015000124", COSE_SM2,
	    NOW - DAY);
	world_reload(w, NOW);
	one_kid = true;
	signer_free(w->signer);
	logkey_free(w->log);
	assert_err(
	    signer_open_home(w->body, &w->pass, &w->signer, &w->log, &w->why),
	    CRED_OK);
	assert_err(
	    signer_open_home(home, &w->pass, &s2, &k2, &w->why), CRED_OK);
	files = (struct trust_files){
	    .anchor = w->anchor, .bodies = w->bodies, .crl = w->crl};
	trust_free(w->trust);
	w->trust = NULL;
	assert_err(
	    trust_load(&files, NOW, &w->trust, NULL, NULL, &w->why), CRED_OK);
	one_kid = false;

	one = sign_claims(w->signer, &c, buf1);
	c.cert.number = bytes_str("S000015000124254000001");
	two = sign_claims(s2, &c, buf2);
	assert_int_equal(trust_find(w->trust, signer_kid(s2), found, 4), 2);
	assert_int_equal(trust_find(w->trust, signer_kid(s2), found, 1), 2);
	assert_status(ask(w, &f, one, NOW), VERDICT_VALID);
	assert_string_equal(v.verdict.body->scope.body_id, BODY_ID);
	assert_status(ask(w, &f, two, NOW), VERDICT_VALID);
	assert_string_equal(
	    v.verdict.body->scope.body_id, "52150000MJ00000X2X");
	buf2[two.len - 1] ^= 1;
	assert_status(ask(w, &f, two, NOW), VERDICT_FORGED);
	signer_free(s2);
	logkey_free(k2);
	free(home);
	world_free(w);
}

static void
id_check(void **state)
{
	static const char id[] = "150102199003071234";
	struct world *w = worlds[0];
	struct claims c = claims_plain(17);
	uint8_t buf[CRED_MAX_BYTES], in[ID_CHECK_MAX], hash[32];
	struct outbuf out = {in, sizeof in, 0};
	struct fake f = good_evidence();

	(void)state;
	assert_err(
	    id_check_input(signer_kid(w->signer), 17, bytes_str(id), &out),
	    CRED_OK);
	trust_sha256(hash, written(&out), (struct bytes){0});
	c.cert.id_check = id_check_value(hash);
	assert_status(
	    ask(w, &f, sign_claims(w->signer, &c, buf), NOW), VERDICT_VALID);
	assert_true(verify_id_check(&v, bytes_str(id)));
	assert_false(verify_id_check(&v, bytes_str("150102199003071235")));
	assert_false(verify_id_check(&v, bytes_str("")));
	/* not for one whose content is not shown */
	buf[v.cred.raw.len - 1] ^= 1;
	assert_status(
	    ask(w, &f, bytes_of(buf, v.cred.raw.len), NOW), VERDICT_FORGED);
	assert_false(verify_id_check(&v, bytes_str(id)));
}

static void *
verify_many(void *arg)
{
	struct verification *mine = malloc(sizeof *mine);
	struct fake f = good_evidence();
	struct evidence ev = {&f, fake_status, fake_log};
	struct verify_opts opts = {.now = NOW};
	const struct bytes *cose = arg;

	for (int n = 0; n < 200; n++) {
		uint8_t bad[CRED_MAX_BYTES];

		for (size_t i = 0; i < 3; i++) {
			memcpy(bad, cose[i].ptr, cose[i].len);
			bad[cose[i].len - 1 - (size_t)n % 60] ^= 4;
			assert_err(verify_cose(worlds[i]->trust, &ev, cose[i],
				       &opts, mine),
			    CRED_OK);
			assert_status(mine->verdict.status, VERDICT_VALID);
			assert_err(verify_cose(worlds[i]->trust, &ev,
				       bytes_of(bad, cose[i].len), &opts, mine),
			    CRED_OK);
			assert_status(mine->verdict.status, VERDICT_FORGED);
		}
	}
	free(mine);
	return NULL;
}

static void
threads_share_a_trust_list(void **state)
{
	uint8_t buf[3][CRED_MAX_BYTES];
	struct bytes cose[3];
	pthread_t t[4];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct claims c = claims_plain(17);

		cose[i] = sign_claims(worlds[i]->signer, &c, buf[i]);
	}
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
		    pthread_create(&t[i], NULL, verify_many, cose), 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(valid_in_every_algorithm),
	    cmocka_unit_test(any_bit_flipped),
	    cmocka_unit_test(texts_and_hosts),
	    cmocka_unit_test(text_too_long),
	    cmocka_unit_test(without_evidence),
	    cmocka_unit_test(evidence_decides),
	    cmocka_unit_test(crl_of_another_time),
	    cmocka_unit_test(body_certificate_expired),
	    cmocka_unit_test(withdrawn_below_and_above),
	    cmocka_unit_test(two_bodies_with_one_kid),
	    cmocka_unit_test(id_check),
	    cmocka_unit_test(threads_share_a_trust_list),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
