#include "authority_case.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/file.h"

static void
one_at_a_time(void **state)
{
	struct authority *a, *b = NULL;

	(void)state;
	assert_err(
	    authority_open(w->authority, &w->pass, NOW, &a, &w->why), CRED_OK);
	assert_err(authority_open(w->authority, &w->pass, NOW, &b, &w->why),
	    CRED_FAULT_CONFLICT);
	assert_err(
	    authority_open(w->authority, NULL, NOW, &b, &w->why), CRED_OK);
	authority_close(b);
	authority_close(a);
}

static void
init_overwrites_nothing(void **state)
{
	static const char *const names[] = {
	    "authority.key", "anchor.pem", "authority.crl"};
	const struct authority_new n = {
	    .name = "x", .alg = COSE_ES256, .valid_days = 1, .crl_days = 1};
	char *home = world_path(w, "A2");
	uint8_t fp[32];
	struct stat st;

	(void)state;
	assert_err(authority_init(w->authority, &n, &w->pass, NOW, fp, &w->why),
	    CRED_FAULT_EXISTS);
	for (size_t i = 0; i < 3; i++) {
		assert_err(file_mkdirs(home, 0700, &w->why), CRED_OK);
		world_write(home, names[i], bytes_str("mine"));
		assert_err(authority_init(home, &n, &w->pass, NOW, fp, &w->why),
		    CRED_FAULT_EXISTS);
		struct bytes left = world_read(home, names[i]);
		assert_true(bytes_eq(left, bytes_str("mine")));
		free((void *)(uintptr_t)left.ptr);
		for (size_t k = 0; k < 3; k++) {
			char *path = file_join(home, names[k]);

			if (k != i) {
				assert_int_equal(stat(path, &st), -1);
				assert_int_equal(errno, ENOENT);
			} else {
				unlink(path);
			}
			free(path);
		}
	}
	free(home);
}

static void
init_refuses(void **state)
{
	char long_name[200] = "";
	struct authority_new n = {.name = long_name,
	    .alg = COSE_ES256,
	    .valid_days = 1,
	    .crl_days = 1};
	struct bodyhome_new b = {.name = NAME,
	    .body_id = BODY_ID,
	    .prefix = PREFIX,
	    .alg = COSE_ES256};
	char *home = world_path(w, "A3"), *pass = world_path(w, "short");
	struct pass_source brief = {.file = pass, .fd = -1};
	uint8_t fp[32];

	(void)state;
	world_write(w->dir, "short", bytes_str("1234567\n"));
	for (int i = 0; i < 64; i++)
		strcat(long_name, "字");
	assert_err(authority_init(home, &n, &brief, NOW, fp, &w->why),
	    CRED_FAULT_PASS);
	strcat(long_name, "x");
	assert_err(authority_init(home, &n, &w->pass, NOW, fp, &w->why),
	    CRED_ERR_X509_FORM);
	n.name = "a\tb";
	assert_err(authority_init(home, &n, &w->pass, NOW, fp, &w->why),
	    CRED_ERR_X509_FORM);
	n.name = "";
	assert_err(authority_init(home, &n, &w->pass, NOW, fp, &w->why),
	    CRED_ERR_X509_FORM);
	n.name = "\xff\xfe";
	assert_err(authority_init(home, &n, &w->pass, NOW, fp, &w->why),
	    CRED_ERR_X509_FORM);
	b.body_id = "52150000MJ00000I1X"; /* no I in GB 32100 */
	assert_err(
	    bodyhome_init(home, &b, &w->pass, &w->why), CRED_ERR_SCOPE_BODY_ID);
	b.body_id = BODY_ID "X";
	assert_err(
	    bodyhome_init(home, &b, &w->pass, &w->why), CRED_ERR_SCOPE_BODY_ID);
	b.body_id = BODY_ID;
	b.prefix = "S00001500012";
	assert_err(
	    bodyhome_init(home, &b, &w->pass, &w->why), CRED_ERR_SCOPE_PREFIX);
	b.prefix = PREFIX;
	b.base = "http://jd.example.cn/";
	assert_err(
	    bodyhome_init(home, &b, &w->pass, &w->why), CRED_ERR_SCOPE_BASE);
	assert_int_equal(access(home, F_OK), -1);
	free(pass);
	free(home);
}

static void
install_checks(void **state)
{
	struct world *other = world_new(COSE_SM2);
	struct bytes mine = world_read(w->body, "body.pem");
	char *path = file_join(w->body, "body.pem");

	(void)state;
	assert_err(bodyhome_install(w->body, mine, &w->why), CRED_OK);
	assert_err(
	    bodyhome_install(w->body, other->bodies, &w->why), CRED_FAULT_KEY);
	assert_err(bodyhome_install(w->body, w->anchor, &w->why),
	    CRED_ERR_X509_NO_SCOPE);
	assert_err(bodyhome_install(w->body, bytes_str("x"), &w->why),
	    CRED_ERR_X509_FORM);
	struct bytes left = world_read(w->body, "body.pem");
	assert_true(bytes_eq(left, mine));
	free((void *)(uintptr_t)left.ptr);
	free((void *)(uintptr_t)mine.ptr);
	free(path);
	world_free(other);
}

/*
 * A new key for the same log: certificates and lists by both verify, and
 * installing may be cut short anywhere and done again.
 */
static void
body_changes_its_key(void **state)
{
	static const uint8_t raw[16];
	enum cose_alg alg = COSE_SM2;
	struct world *v = world_new(COSE_ES256);
	struct bytes csr, old_key, cert;
	struct scopefile *g = malloc(sizeof *g);
	struct signer *s = NULL;
	struct logkey *k = NULL;
	struct authority *a;
	uint8_t token[1024], *list, before[CRED_KID_LEN], one[CRED_MAX_BYTES];
	uint8_t two[CRED_MAX_BYTES];
	struct outbuf out = {token, sizeof token, 0};
	struct claims c = claims_plain(1);
	struct credential d;
	int64_t iat, exp, ttl;
	char *pem, name[64], *path;
	size_t len;

	(void)state;
	memcpy(before, signer_kid(v->signer), CRED_KID_LEN);
	len = sign_claims(v->signer, &c, one).len;
	old_key = world_read(v->body, "body.key");
	assert_err(
	    bodyhome_rotate(v->body, &alg, NULL, &v->pass, &v->why), CRED_OK);
	assert_err(bodyhome_rotate(v->body, &alg, NULL, &v->pass, &v->why),
	    CRED_FAULT_EXISTS);
	/* the old key still signs */
	assert_err(
	    signer_open_home(v->body, &v->pass, &s, &k, &v->why), CRED_OK);
	signer_free(s);
	logkey_free(k);
	csr = world_read(v->body, "next.csr");
	assert_err(scopefile_parse("s",
		       bytes_str("[body]\nid = " BODY_ID "\n"
				 "prefix = " PREFIX "\nbase = " BASE
				 "\nkinds = 2\n[kind.2]\n"
				 "occupations = *\n"),
		       g, &v->why),
	    CRED_OK);
	assert_err(
	    authority_open(v->authority, &v->pass, NOW, &a, &v->why), CRED_OK);
	assert_err(
	    authority_admit(a, csr, g, 365, NOW, &pem, &v->why), CRED_OK);
	authority_close(a);
	assert_err(bodyhome_install(v->body, bytes_str(pem), &v->why), CRED_OK);
	assert_err(bodyhome_install(v->body, bytes_str(pem), &v->why), CRED_OK);
	for (size_t i = 0; i < CRED_KID_LEN; i++)
		snprintf(name + 2 * i, 3, "%02x", before[i]);
	path = strdup(name);
	snprintf(name, sizeof name, "body-%s.key", path);
	cert = world_read(v->body, name);
	assert_true(bytes_eq(cert, old_key));
	free(path);
	path = file_join(v->body, "next.key");
	assert_int_equal(access(path, F_OK), -1);
	assert_err(
	    signer_open_home(v->body, &v->pass, &s, &k, &v->why), CRED_OK);
	assert_int_equal(signer_alg(s), COSE_SM2);
	world_reload(v, NOW);
	assert_int_equal(trust_n_bodies(v->trust), 2);
	assert_err(credential_decode(bytes_of(one, len), &d), CRED_OK);
	for (int i = 0; i < 2; i++) {
		const struct body *b = NULL;

		assert_int_equal(
		    trust_find(v->trust, d.sign1.kid.ptr, &b, 1), 1);
		assert_err(trust_verify_cose(v->trust, b, &d.sign1), CRED_OK);
		/* the new key's list is good for the old key's certificates */
		out.len = 0;
		assert_err(signer_statuslist(s, 0, bytes_of(raw, 16), NOW,
			       NOW + DAY, 0, &out, &v->why),
		    CRED_OK);
		assert_err(trust_open_statuslist(v->trust, b, written(&out), 0,
			       0, INT64_MAX, &list, &len, &iat, &exp, &ttl),
		    CRED_OK);
		free(list);
		assert_err(
		    credential_decode(sign_claims(s, &c, two), &d), CRED_OK);
	}
	signer_free(s);
	logkey_free(k);
	free(path);
	free(pem);
	free(g);
	free((void *)(uintptr_t)cert.ptr);
	free((void *)(uintptr_t)csr.ptr);
	free((void *)(uintptr_t)old_key.ptr);
	world_free(v);
}

/* As it is left by a power cut after each of the steps of an installation. */
static void
install_again_after_a_cut(void **state)
{
	static const char *const files[] = {
	    "body.key", "body.csr", "body.pem", "next.key", "next.csr"};

	(void)state;
	for (size_t step = 0; step < 3; step++) {
		struct world *v = world_new(COSE_EDDSA);
		struct scopefile *g = malloc(sizeof *g);
		struct bytes csr, data[5];
		struct signer *s = NULL;
		struct logkey *k = NULL;
		struct authority *a;
		char *pem;

		assert_err(
		    bodyhome_rotate(v->body, NULL, NULL, &v->pass, &v->why),
		    CRED_OK);
		csr = world_read(v->body, "next.csr");
		assert_err(
		    scopefile_parse("s",
			bytes_str("[body]\nid = " BODY_ID "\nprefix = " PREFIX
				  "\nbase = " BASE "\n"),
			g, &v->why),
		    CRED_OK);
		assert_err(
		    authority_open(v->authority, &v->pass, NOW, &a, &v->why),
		    CRED_OK);
		assert_err(authority_admit(a, csr, g, 365, NOW, &pem, &v->why),
		    CRED_OK);
		authority_close(a);
		for (size_t i = 0; i < 5; i++)
			data[i] = world_read(v->body, files[i]);
		if (step == 0) { /* only the key was moved */
			world_write(v->body, "body.key", data[3]);
		} else if (step == 1) { /* and the certificate written */
			world_write(v->body, "body.key", data[3]);
			world_write(v->body, "body.pem", bytes_str(pem));
		}
		if (step < 2) {
			char *path = file_join(v->body, "next.key");

			unlink(path);
			free(path);
		}
		assert_err(bodyhome_install(v->body, bytes_str(pem), &v->why),
		    CRED_OK);
		assert_err(signer_open_home(v->body, &v->pass, &s, &k, &v->why),
		    CRED_OK);
		struct bytes now = world_read(v->body, "body.csr");
		assert_true(bytes_eq(now, csr));
		free((void *)(uintptr_t)now.ptr);
		signer_free(s);
		logkey_free(k);
		for (size_t i = 0; i < 5; i++)
			free((void *)(uintptr_t)data[i].ptr);
		free((void *)(uintptr_t)csr.ptr);
		free(pem);
		free(g);
		world_free(v);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_at_a_time),
	    cmocka_unit_test(init_overwrites_nothing),
	    cmocka_unit_test(init_refuses),
	    cmocka_unit_test(install_checks),
	    cmocka_unit_test(body_changes_its_key),
	    cmocka_unit_test(install_again_after_a_cut),
	};

	return cmocka_run_group_tests(
	    tests, authority_setup, authority_teardown);
}
