/* Status lists: by whom, of whom, and whole. */
#include "world.h"

#include <zlib.h>

#include "credential/statuslist.h"
#include "keys/key_int.h"

static enum cred_err
open_list(struct world *w, struct bytes token, unsigned list, int64_t min_iat)
{
	uint8_t *raw = NULL;
	int64_t iat, exp, ttl;
	size_t len;
	enum cred_err e = trust_open_statuslist(w->trust,
	    trust_body(w->trust, 0), token, list, min_iat, NOW + TRUST_SKEW_S,
	    &raw, &len, &iat, &exp, &ttl);

	assert_true((e == CRED_OK) == (raw != NULL));
	free(raw);
	return e;
}

static struct bytes
make_list(struct signer *s, unsigned list, uint8_t *buf, size_t cap)
{
	static const uint8_t raw[16] = {1, 2, 3};
	struct outbuf out = {buf, cap, 0};

	assert_err(signer_statuslist(s, list, bytes_of(raw, sizeof raw), NOW,
		       NOW + DAY, 0, &out, NULL),
	    CRED_OK);
	return written(&out);
}

static struct bytes
list_of(struct world *w, int64_t iat, uint8_t buf[static 1024])
{
	static const uint8_t raw[16] = {1, 2, 3};
	struct outbuf out = {buf, 1024, 0};

	assert_err(signer_statuslist(w->signer, 3, bytes_of(raw, sizeof raw),
		       iat, iat + DAY, 0, &out, NULL),
	    CRED_OK);
	return written(&out);
}

static void
statuslist_refused(void **state)
{
	struct world *w = world_new(COSE_ES256);
	struct world *other = world_new(COSE_ES256);
	uint8_t buf[1024];
	struct bytes token = make_list(w->signer, 3, buf, sizeof buf);
	uint8_t later[1024];

	(void)state;
	assert_err(open_list(w, token, 3, 0), CRED_OK);
	assert_err(open_list(w, token, 3, NOW), CRED_OK);
	assert_err(open_list(w, token, 3, NOW + 1), CRED_ERR_STATUS_OLDER);
	assert_err(open_list(w, token, 4, 0), CRED_ERR_STATUS_SUBJECT);
	assert_err(
	    open_list(w, list_of(w, NOW + TRUST_SKEW_S, later), 3, 0), CRED_OK);
	assert_err(
	    open_list(w, list_of(w, NOW + TRUST_SKEW_S + 1, later), 3, 0),
	    CRED_ERR_STATUS_FUTURE);
	assert_err(open_list(other, token, 3, 0), CRED_ERR_SIGNATURE);
	for (size_t i = 0; i < token.len; i++) {
		buf[i] ^= 0x10;
		assert_true(cred_is_refusal(open_list(w, token, 3, 0)));
		buf[i] ^= 0x10;
	}
	assert_true(
	    cred_is_refusal(open_list(w, bytes_of(buf, token.len - 1), 3, 0)));
	assert_true(cred_is_refusal(open_list(w, (struct bytes){0}, 3, 0)));
	world_free(other);
	world_free(w);
}

/* A token with any zlib part, well signed: what only a dishonest body makes. */
static struct bytes
sign_zlib(struct world *w, struct bytes z, uint8_t *buf, size_t cap)
{
	char *path = world_path(w, "B/body.key");
	uint8_t head[64], *pay = malloc(cap), *tbs = malloc(cap);
	struct outbuf h = {head, sizeof head, 0}, p = {pay, cap, 0};
	struct outbuf t = {tbs, cap, 0}, out = {buf, cap, 0};
	uint8_t sig[CRED_SIG_LEN];
	struct key *key;

	assert_err(key_open(path, PASS_PHRASE, &key, &w->why), CRED_OK);
	assert_err(
	    cose_protected(w->alg, signer_kid(w->signer), COSE_STATUSLIST, &h),
	    CRED_OK);
	assert_err(
	    statuslist_payload(bytes_str(BASE "bodies/" BODY_ID "/status/0"),
		NOW, NOW + DAY, 0, z, &p),
	    CRED_OK);
	assert_err(cose_tbs(written(&h), written(&p), &t), CRED_OK);
	assert_err(key_sign(key, written(&t), sig, &w->why), CRED_OK);
	assert_err(cose_encode(written(&h), written(&p), sig, &out), CRED_OK);
	key_free(key);
	free(tbs);
	free(pay);
	free(path);
	return written(&out);
}

static void
statuslist_with_broken_zlib(void **state)
{
	struct world *w = world_new(COSE_ES256);
	size_t cap = 1 << 16, n;
	uint8_t *buf = malloc(cap), raw[64] = {5}, z[256];
	uint8_t *big = calloc(1, STATUSLIST_RAW_MAX + 1);
	uint8_t *zbig = malloc(cap);
	uLongf len = sizeof z;

	(void)state;
	assert_int_equal(compress(z, &len, raw, sizeof raw), Z_OK);
	n = len;
	assert_err(open_list(w, sign_zlib(w, bytes_of(z, n), buf, cap), 0, 0),
	    CRED_OK);
	/* one byte after the stream */
	z[n] = 0;
	assert_err(
	    open_list(w, sign_zlib(w, bytes_of(z, n + 1), buf, cap), 0, 0),
	    CRED_ERR_STATUS_INFLATE);
	/* cut off */
	for (size_t i = 1; i < n; i++)
		assert_err(
		    open_list(w, sign_zlib(w, bytes_of(z, i), buf, cap), 0, 0),
		    CRED_ERR_STATUS_INFLATE);
	/* Adler-32 wrong */
	z[n - 1] ^= 1;
	assert_err(open_list(w, sign_zlib(w, bytes_of(z, n), buf, cap), 0, 0),
	    CRED_ERR_STATUS_INFLATE);
	assert_err(
	    open_list(
		w, sign_zlib(w, bytes_str("no zlib at all"), buf, cap), 0, 0),
	    CRED_ERR_STATUS_INFLATE);
	/* a bomb: one byte above the limit */
	len = cap;
	assert_int_equal(compress(zbig, &len, big, STATUSLIST_RAW_MAX), Z_OK);
	assert_err(
	    open_list(w, sign_zlib(w, bytes_of(zbig, len), buf, cap), 0, 0),
	    CRED_OK);
	len = cap;
	assert_int_equal(
	    compress(zbig, &len, big, STATUSLIST_RAW_MAX + 1), Z_OK);
	assert_err(
	    open_list(w, sign_zlib(w, bytes_of(zbig, len), buf, cap), 0, 0),
	    CRED_ERR_STATUS_INFLATE);
	free(zbig);
	free(big);
	free(buf);
	world_free(w);
}

/* The list of another body of the same authority. */
static void
statuslist_of_another_body(void **state)
{
	struct world *w = world_new(COSE_EDDSA);
	char *home = world_path(w, "B2");
	struct signer *s2 = NULL;
	struct logkey *k2 = NULL;
	uint8_t buf[1024];

	(void)state;
	world_add_body(w, home, "52150000MJ00000X2X", "S000015000124",
	    COSE_EDDSA, NOW - DAY);
	world_reload(w, NOW);
	assert_err(
	    signer_open_home(home, &w->pass, &s2, &k2, &w->why), CRED_OK);
	for (size_t i = 0; i < 2; i++) {
		const struct body *b = trust_body(w->trust, i);
		bool second =
		    strcmp(b->scope.body_id, "52150000MJ00000X2X") == 0;
		struct bytes token = make_list(s2, 0, buf, sizeof buf);
		uint8_t *raw = NULL;
		int64_t iat, exp, ttl;
		size_t len;

		assert_err(trust_open_statuslist(w->trust, b, token, 0, 0,
			       INT64_MAX, &raw, &len, &iat, &exp, &ttl),
		    second ? CRED_OK : CRED_ERR_SIGNATURE);
		free(raw);
	}
	signer_free(s2);
	logkey_free(k2);
	free(home);
	world_free(w);
}

/*
 * A key that was stolen may not sign lists, whatever date it writes; one that
 * was only replaced may, before it was.
 */
static void
statuslist_of_a_withdrawn_key(void **state)
{
	static const struct {
		int reason;
		enum cred_err want;
	} cases[] = {
	    {1, CRED_ERR_SIGNATURE},
	    {9, CRED_ERR_SIGNATURE},
	    {0, CRED_ERR_SIGNATURE},
	    {5, CRED_OK},
	    {4, CRED_OK},
	};
	static const uint8_t raw[16];
	uint8_t buf[1024];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct world *w =
		    world_withdrawn(COSE_EDDSA, cases[i].reason, 10);
		struct outbuf out = {buf, sizeof buf, 0};

		assert_err(
		    signer_statuslist(w->signer, 0, bytes_of(raw, sizeof raw),
			NOW - 60, NOW + DAY, 0, &out, &w->why),
		    CRED_OK);
		assert_err(open_list(w, written(&out), 0, 0), cases[i].want);
		/* dated after the withdrawal */
		out.len = 0;
		assert_err(
		    signer_statuslist(w->signer, 0, bytes_of(raw, sizeof raw),
			NOW + 60, NOW + DAY, 0, &out, &w->why),
		    CRED_OK);
		assert_err(
		    open_list(w, written(&out), 0, 0), CRED_ERR_SIGNATURE);
		world_free(w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(statuslist_refused),
	    cmocka_unit_test(statuslist_with_broken_zlib),
	    cmocka_unit_test(statuslist_of_another_body),
	    cmocka_unit_test(statuslist_of_a_withdrawn_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
