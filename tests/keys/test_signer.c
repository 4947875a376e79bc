#include "world.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <sys/stat.h>

#include "credential/statuslist.h"
#include "edge/file.h"

static const enum cose_alg ALGS[] = {COSE_ES256, COSE_EDDSA, COSE_SM2};
static struct world *worlds[3];

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

static enum cred_err
try_sign(struct signer *s, const struct claims *c)
{
	uint8_t payload[CRED_MAX_BYTES], buf[CRED_MAX_BYTES];
	struct outbuf in = {payload, sizeof payload, 0};
	struct outbuf out = {buf, sizeof buf, 0};
	struct why why = {""};
	enum cred_err e;

	assert_err(claims_encode(c, &in), CRED_OK);
	e = signer_credential(s, written(&in), &out, &why);
	if (e != CRED_OK) {
		assert_int_equal(out.len, 0);
		assert_true(why.text[0] != '\0');
	}
	return e;
}

static void
facts_are_the_certificates(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct signer *s = worlds[i]->signer;
		const struct body *b = trust_body(worlds[i]->trust, 0);

		assert_int_equal(signer_alg(s), ALGS[i]);
		assert_memory_equal(signer_kid(s), b->kid, CRED_KID_LEN);
		assert_string_equal(signer_name(s), NAME);
		assert_memory_equal(
		    signer_scope(s), &b->scope, sizeof b->scope);
		assert_memory_equal(signer_scope(s)->log_key,
		    logkey_public(worlds[i]->log), 32);
	}
}

static void
signs_what_verifies(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct world *w = worlds[i];
		uint8_t buf[CRED_MAX_BYTES];

		for (uint64_t n = 0; n < 50; n++) {
			struct claims c = claims_plain(n);
			struct bytes cose = sign_claims(w->signer, &c, buf);
			struct credential d;

			/* ES256: decoding refuses a high s. */
			assert_err(credential_decode(cose, &d), CRED_OK);
			assert_int_equal(d.sign1.alg, ALGS[i]);
			assert_int_equal(d.claims.cert.index, n);
			assert_err(trust_verify_cose(w->trust,
				       trust_body(w->trust, 0), &d.sign1),
			    CRED_OK);
		}
	}
}

/* Raw r || s under identifier 1234567812345678, by a path of its own. */
static void
sm2_identifier_is_explicit(void **state)
{
	struct world *w = worlds[2];
	struct claims c = claims_plain(7);
	const char *const ids[] = {"1234567812345678", ""};
	const int want[] = {1, 0};
	uint8_t buf[CRED_MAX_BYTES], tbs_buf[CRED_MAX_TBS];
	struct outbuf tbs = {tbs_buf, sizeof tbs_buf, 0};
	struct credential d;

	(void)state;
	assert_err(
	    credential_decode(sign_claims(w->signer, &c, buf), &d), CRED_OK);
	assert_err(cose_tbs(d.sign1.protect, d.sign1.payload, &tbs), CRED_OK);
	for (size_t i = 0; i < 2; i++) {
		BIO *in = BIO_new_mem_buf(w->bodies.ptr, (int)w->bodies.len);
		X509 *x = PEM_read_bio_X509(in, NULL, NULL, NULL);
		EVP_PKEY *key = X509_get_pubkey(x);
		EVP_MD_CTX *md = EVP_MD_CTX_new();
		EVP_PKEY_CTX *ctx;
		ECDSA_SIG *sig = ECDSA_SIG_new();
		uint8_t *der = NULL;
		int len;

		assert_int_equal(
		    ECDSA_SIG_set0(sig, BN_bin2bn(d.sign1.sig.ptr, 32, NULL),
			BN_bin2bn(d.sign1.sig.ptr + 32, 32, NULL)),
		    1);
		len = i2d_ECDSA_SIG(sig, &der);
		assert_int_equal(
		    EVP_DigestVerifyInit(md, &ctx, EVP_sm3(), NULL, key), 1);
		assert_int_equal(
		    EVP_PKEY_CTX_set1_id(ctx, ids[i], (int)strlen(ids[i])), 1);
		assert_int_equal(EVP_DigestVerify(md, der, (size_t)len, tbs.ptr,
				     tbs.len) == 1,
		    want[i]);
		OPENSSL_free(der);
		ECDSA_SIG_free(sig);
		EVP_MD_CTX_free(md);
		EVP_PKEY_free(key);
		X509_free(x);
		BIO_free(in);
	}
}

static void
scope_refuses(void **state)
{
	struct signer *s = worlds[0]->signer;
	struct claims c;

	(void)state;
	c = claims_plain(1);
	c.cert.kind = KIND_SPECIALISED;
	assert_err(try_sign(s, &c), CRED_ERR_NOT_KIND);
	c = claims_plain(1);
	c.cert.code = bytes_str("6-18-02-04");
	assert_err(try_sign(s, &c), CRED_ERR_NOT_OCCUPATION);
	c = claims_plain(1);
	c.cert.code = (struct bytes){0};
	assert_err(try_sign(s, &c), CRED_ERR_NOT_OCCUPATION);
	c = claims_plain(1);
	c.cert.level = 2;
	c.cert.number = bytes_str(PREFIX "252000001");
	assert_err(try_sign(s, &c), CRED_ERR_NOT_LEVEL);
	c = claims_plain(1);
	c.cert.number = bytes_str("S000015000124254000001");
	assert_err(try_sign(s, &c), CRED_ERR_NOT_PREFIX);
	c = claims_plain(1);
	c.cert.number = bytes_str(PREFIX "244000001");
	assert_err(try_sign(s, &c), CRED_ERR_NOT_YEAR);
	c = claims_plain(1);
	c.cert.number = bytes_str(PREFIX "255000001");
	assert_err(try_sign(s, &c), CRED_ERR_NOT_NUMBER_LEVEL);
}

static void
time_outside_the_certificate(void **state)
{
	struct signer *s = worlds[0]->signer;
	struct claims c = claims_plain(1);

	(void)state;
	c.iat = NOW - DAY; /* notBefore itself */
	assert_err(try_sign(s, &c), CRED_OK);
	c.iat = NOW - DAY - 1;
	assert_err(try_sign(s, &c), CRED_ERR_NOT_DATE);
	c.iat = NOW + 364 * DAY;
	assert_err(try_sign(s, &c), CRED_OK);
	c.iat = NOW + 364 * DAY + 1;
	assert_err(try_sign(s, &c), CRED_ERR_NOT_DATE);
}

static void
payload_that_is_no_claims(void **state)
{
	static const char *const bad[] = {"", "\xa0", "\xff", "hello"};
	uint8_t buf[CRED_MAX_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct outbuf out = {buf, sizeof buf, 0};
		enum cred_err e = signer_credential(worlds[0]->signer,
		    bytes_str(bad[i]), &out, &worlds[0]->why);

		assert_true(cred_is_refusal(e));
		assert_int_equal(out.len, 0);
	}
}

/* A digest, or a message of another protocol, is never claims. */
static void
never_signs_a_bare_digest(void **state)
{
	uint8_t digest[32] = {0xa2}, buf[CRED_MAX_BYTES];
	struct outbuf out = {buf, sizeof buf, 0};

	(void)state;
	assert_true(cred_is_refusal(signer_credential(
	    worlds[0]->signer, bytes_of(digest, sizeof digest), &out, NULL)));
	assert_int_equal(out.len, 0);
}

static void
too_small_a_buffer(void **state)
{
	struct claims c = claims_plain(1);
	uint8_t payload[CRED_MAX_BYTES], buf[100];
	struct outbuf in = {payload, sizeof payload, 0};
	struct outbuf out = {buf, sizeof buf, 0};

	(void)state;
	assert_err(claims_encode(&c, &in), CRED_OK);
	assert_err(signer_credential(
		       worlds[0]->signer, written(&in), &out, &worlds[0]->why),
	    CRED_FAULT_SPACE);
}

static void
longest_texts_fit(void **state)
{
	struct claims c = claims_plain(1);
	char name[CLAIMS_MAX_NAME + 1], occupation[CLAIMS_MAX_OCCUPATION + 1];
	char direction[CLAIMS_MAX_DIRECTION + 1];
	uint8_t photo[CRED_PHOTO_LEN] = {1};

	(void)state;
	memset(name, 'n', sizeof name);
	memset(occupation, 'o', sizeof occupation);
	memset(direction, 'd', sizeof direction);
	c.cert.name = bytes_of(name, CLAIMS_MAX_NAME);
	c.cert.occupation = bytes_of(occupation, CLAIMS_MAX_OCCUPATION);
	c.cert.direction = bytes_of(direction, CLAIMS_MAX_DIRECTION);
	c.cert.photo = bytes_of(photo, sizeof photo);
	/* All texts at their limits still fit. */
	assert_err(try_sign(worlds[0]->signer, &c), CRED_OK);
}

static enum cred_err
open_key(const char *key_uri, struct bytes cert, const char *pass)
{
	struct world *w = worlds[0];
	char *path = world_path(w, "try-pass");
	struct pass_source src = {.file = path, .fd = -1};
	struct signer *s = NULL;
	enum cred_err e;

	world_write(w->dir, "try-pass", bytes_str(pass));
	w->why.text[0] = '\0';
	e = signer_open(key_uri, cert, &src, &s, &w->why);
	assert_true((e == CRED_OK) == (s != NULL));
	assert_true((e == CRED_OK) == (w->why.text[0] == '\0'));
	assert_null(strstr(w->why.text, pass[0] != '\0' ? pass : "?!"));
	signer_free(s);
	free(path);
	return e;
}

static void
keys_that_do_not_open(void **state)
{
	struct world *w = worlds[0];
	char *key = file_join(w->body, "body.key");
	char *log = file_join(w->body, "log.key");
	char *other = file_join(worlds[2]->body, "body.key");
	char *bad = world_path(w, "bad.key"), *plain;
	struct bytes pem = world_read(w->body, "body.key");
	uint8_t *copy;

	(void)state;
	assert_err(open_key(key, w->bodies, PASS_PHRASE), CRED_OK);
	assert_err(open_key(key, w->bodies, PASS_PHRASE "r"), CRED_FAULT_PASS);
	assert_err(open_key(key, w->bodies, "swordfish"), CRED_FAULT_PASS);
	assert_err(
	    open_key("/dev/null/key", w->bodies, PASS_PHRASE), CRED_FAULT_KEY);
	assert_err(open_key(log, w->bodies, PASS_PHRASE), CRED_FAULT_KEY);
	assert_err(open_key(other, w->bodies, PASS_PHRASE), CRED_FAULT_KEY);
	assert_err(open_key(key, bytes_str("no PEM"), PASS_PHRASE),
	    CRED_ERR_X509_FORM);
	assert_err(
	    open_key(key, w->anchor, PASS_PHRASE), CRED_ERR_X509_NO_SCOPE);

	/* not encrypted */
	plain = world_path(w, "plain.key");
	BIO *out = BIO_new_file(plain, "w");
	EVP_PKEY *fresh = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	assert_int_equal(
	    PEM_write_bio_PrivateKey(out, fresh, NULL, NULL, 0, NULL, NULL), 1);
	BIO_free(out);
	EVP_PKEY_free(fresh);
	assert_err(open_key(plain, w->bodies, PASS_PHRASE), CRED_FAULT_KEY);

	/* cut off, and a byte changed in every tenth place */
	world_write(w->dir, "bad.key", bytes_of(pem.ptr, pem.len / 2));
	assert_err(open_key(bad, w->bodies, PASS_PHRASE), CRED_FAULT_KEY);
	copy = malloc(pem.len);
	for (size_t i = 150; i + 40 < pem.len; i += 43) {
		enum cred_err e;

		memcpy(copy, pem.ptr, pem.len);
		copy[i] = copy[i] == 'A' ? 'B' : 'A';
		world_write(w->dir, "bad.key", bytes_of(copy, pem.len));
		e = open_key(bad, w->bodies, PASS_PHRASE);
		assert_true(e == CRED_FAULT_PASS || e == CRED_FAULT_KEY ||
			    e == CRED_FAULT_CRYPTO ||
			    memcmp(copy, pem.ptr, pem.len) == 0);
	}
	free(copy);
	free((void *)(uintptr_t)pem.ptr);
	free(plain);
	free(bad);
	free(other);
	free(log);
	free(key);
}

/* A key file that only says where the key is. */
static void
key_by_reference(void **state)
{
	struct world *w = worlds[0];
	char *ref = world_path(w, "ref.key"), line[160];

	(void)state;
	snprintf(line, sizeof line, "file:%s/body.key\n", w->body);
	world_write(w->dir, "ref.key", bytes_str(line));
	assert_err(open_key(ref, w->bodies, PASS_PHRASE), CRED_OK);
	/* but not one that leads to another */
	snprintf(line, sizeof line, "file:%s\n", ref);
	world_write(w->dir, "ref2.key", bytes_str(line));
	free(ref);
	ref = world_path(w, "ref2.key");
	assert_err(open_key(ref, w->bodies, PASS_PHRASE), CRED_FAULT_KEY);
	free(ref);
}

static void
key_files_are_private(void **state)
{
	static const char *const names[] = {"body.key", "log.key"};
	struct stat st;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char *path = file_join(worlds[0]->body, names[i]);

		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		free(path);
	}
}

static void *
sign_many(void *arg)
{
	struct signer *s = arg;
	uint8_t buf[CRED_MAX_BYTES];

	for (uint64_t n = 0; n < 100; n++) {
		struct claims c = claims_plain(n);

		sign_claims(s, &c, buf);
	}
	signer_free(s);
	return NULL;
}

static void
clones_sign_in_threads(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		pthread_t t[2];
		struct signer *s;

		for (size_t n = 0; n < 2; n++) {
			assert_err(signer_clone(
				       worlds[i]->signer, &s, &worlds[i]->why),
			    CRED_OK);
			assert_int_equal(
			    pthread_create(&t[n], NULL, sign_many, s), 0);
		}
		for (size_t n = 0; n < 2; n++)
			pthread_join(t[n], NULL);
	}
}

static void
statuslist_opens(void **state)
{
	uint8_t raw[64] = {0};

	(void)state;
	statuslist_set(raw, 5, STATUS_REVOKED);
	statuslist_set(raw, 255, STATUS_SUPERSEDED);
	for (size_t i = 0; i < 3; i++) {
		struct world *w = worlds[i];
		uint8_t *buf = malloc(STATUSLIST_TOKEN_MAX), *got;
		struct outbuf out = {buf, STATUSLIST_TOKEN_MAX, 0};
		int64_t iat, exp, ttl;
		size_t len;

		assert_err(
		    signer_statuslist(w->signer, 3, bytes_of(raw, sizeof raw),
			NOW, NOW + DAY, 600, &out, &w->why),
		    CRED_OK);
		assert_err(trust_open_statuslist(w->trust,
			       trust_body(w->trust, 0), written(&out), 3, 0,
			       INT64_MAX, &got, &len, &iat, &exp, &ttl),
		    CRED_OK);
		assert_int_equal(len, sizeof raw);
		assert_memory_equal(got, raw, len);
		assert_int_equal(iat, NOW);
		assert_int_equal(exp, NOW + DAY);
		assert_int_equal(ttl, 600);
		free(got);
		free(buf);
	}
}

static void
statuslist_of_full_size(void **state)
{
	struct world *w = worlds[0];
	uint8_t *raw = malloc(STATUSLIST_RAW_MAX + 1), *got;
	uint8_t *buf = malloc(STATUSLIST_TOKEN_MAX);
	struct outbuf out = {buf, STATUSLIST_TOKEN_MAX, 0};
	int64_t iat, exp, ttl;
	uint32_t x = 1;
	size_t len;

	(void)state;
	for (size_t i = 0; i <= STATUSLIST_RAW_MAX; i++) {
		x = x * 1664525 + 1013904223; /* nothing to compress */
		raw[i] = (uint8_t)(x >> 24);
	}
	assert_err(
	    signer_statuslist(w->signer, 0, bytes_of(raw, STATUSLIST_RAW_MAX),
		NOW, NOW + DAY, 0, &out, &w->why),
	    CRED_OK);
	assert_err(
	    trust_open_statuslist(w->trust, trust_body(w->trust, 0),
		written(&out), 0, 0, INT64_MAX, &got, &len, &iat, &exp, &ttl),
	    CRED_OK);
	assert_int_equal(len, STATUSLIST_RAW_MAX);
	assert_memory_equal(got, raw, len);
	free(got);
	out.len = 0;
	assert_err(signer_statuslist(w->signer, 0,
		       bytes_of(raw, STATUSLIST_RAW_MAX + 1), NOW, NOW + DAY, 0,
		       &out, &w->why),
	    CRED_ERR_STATUS_FORM);
	assert_err(signer_statuslist(w->signer, 0, bytes_of(raw, 4), NOW, NOW,
		       0, &out, &w->why),
	    CRED_ERR_STATUS_FORM);
	assert_err(signer_statuslist(w->signer, 0, bytes_of(raw, 4),
		       NOW - 10 * DAY, NOW, 0, &out, &w->why),
	    CRED_ERR_NOT_DATE);
	free(buf);
	free(raw);
}

static void
checkpoint_opens(void **state)
{
	struct world *w = worlds[0];
	uint8_t origin_buf[256], note[NOTE_MAX_BYTES];
	struct outbuf origin = {origin_buf, sizeof origin_buf, 0};
	struct outbuf out = {note, sizeof note, 0};
	struct tlog_hash root = {{1, 2, 3}}, got;
	uint64_t size;

	(void)state;
	assert_err(
	    checkpoint_origin(bytes_str(BASE), bytes_str(BODY_ID), &origin),
	    CRED_OK);
	assert_err(logkey_checkpoint(
		       w->log, written(&origin), 266, &root, &out, &w->why),
	    CRED_OK);
	assert_err(trust_open_checkpoint(
		       trust_body(w->trust, 0), written(&out), &size, &got),
	    CRED_OK);
	assert_int_equal(size, 266);
	assert_memory_equal(got.b, root.b, 32);
	/* signed by another log's key */
	assert_err(trust_open_checkpoint(trust_body(worlds[1]->trust, 0),
		       written(&out), &size, &got),
	    CRED_ERR_NOTE_KEY);
	/* a digit of the size changed */
	char *digit = memmem(note, out.len, "\n266\n", 5);
	assert_non_null(digit);
	digit[1] = '3';
	assert_err(trust_open_checkpoint(
		       trust_body(w->trust, 0), written(&out), &size, &got),
	    CRED_ERR_NOTE_KEY);
	/* another origin under the same key */
	out.len = 0;
	assert_err(logkey_checkpoint(w->log, bytes_str("elsewhere/log"), 266,
		       &root, &out, &w->why),
	    CRED_OK);
	assert_err(trust_open_checkpoint(
		       trust_body(w->trust, 0), written(&out), &size, &got),
	    CRED_ERR_NOTE_KEY);
}

static void
log_key_must_be_the_registered_one(void **state)
{
	struct world *w = worlds[0];
	struct bytes mine = world_read(w->body, "log.key");
	struct bytes other = world_read(worlds[1]->body, "log.key");
	struct bytes es256 = world_read(w->body, "body.key");
	struct signer *s = NULL;
	struct logkey *k = NULL;

	(void)state;
	world_write(w->body, "log.key", other);
	assert_err(signer_open_home(w->body, &w->pass, &s, &k, &w->why),
	    CRED_FAULT_KEY);
	world_write(w->body, "log.key", es256);
	assert_err(signer_open_home(w->body, &w->pass, &s, &k, &w->why),
	    CRED_FAULT_KEY);
	world_write(w->body, "log.key", mine);
	assert_err(
	    signer_open_home(w->body, &w->pass, &s, &k, &w->why), CRED_OK);
	signer_free(s);
	logkey_free(k);
	free((void *)(uintptr_t)mine.ptr);
	free((void *)(uintptr_t)other.ptr);
	free((void *)(uintptr_t)es256.ptr);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(facts_are_the_certificates),
	    cmocka_unit_test(signs_what_verifies),
	    cmocka_unit_test(sm2_identifier_is_explicit),
	    cmocka_unit_test(scope_refuses),
	    cmocka_unit_test(time_outside_the_certificate),
	    cmocka_unit_test(payload_that_is_no_claims),
	    cmocka_unit_test(never_signs_a_bare_digest),
	    cmocka_unit_test(too_small_a_buffer),
	    cmocka_unit_test(longest_texts_fit),
	    cmocka_unit_test(keys_that_do_not_open),
	    cmocka_unit_test(key_by_reference),
	    cmocka_unit_test(key_files_are_private),
	    cmocka_unit_test(clones_sign_in_threads),
	    cmocka_unit_test(statuslist_opens),
	    cmocka_unit_test(statuslist_of_full_size),
	    cmocka_unit_test(checkpoint_opens),
	    cmocka_unit_test(log_key_must_be_the_registered_one),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
