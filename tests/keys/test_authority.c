#include "world.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/file.h"

/* All new certificates get the kid of the first, while a test wants it. */
void __real_x509_kid(struct bytes der, uint8_t out[static CRED_KID_LEN]);
void __wrap_x509_kid(struct bytes der, uint8_t out[static CRED_KID_LEN]);
static int collide;

void
__wrap_x509_kid(struct bytes der, uint8_t out[static CRED_KID_LEN])
{
	__real_x509_kid(der, out);
	if (collide > 0) {
		collide--;
		memset(out, 0x42, CRED_KID_LEN);
	}
}

static struct world *w;

static int
setup(void **state)
{
	(void)state;
	w = world_new(COSE_ES256);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	world_free(w);
	return 0;
}

static char grant_text[1024];

static const char *
grant(const char *id, const char *prefix, const char *more)
{
	snprintf(grant_text, sizeof grant_text,
	    "[body]\nid = %s\nprefix = %s\nbase = " BASE "\nkinds = 4\n%s"
	    "[kind.4]\nitems = *\n",
	    id, prefix, more);
	return grant_text;
}

static enum cred_err
admit(const char *home, const char *ini, int days)
{
	struct scopefile *g = malloc(sizeof *g);
	struct bytes csr = world_read(home, "body.csr");
	struct authority *a;
	char *pem = NULL;
	enum cred_err e;

	w->why.text[0] = '\0';
	e = scopefile_parse("scope.ini", bytes_str(ini), g, &w->why);
	if (e == CRED_OK) {
		assert_err(
		    authority_open(w->authority, &w->pass, NOW, &a, &w->why),
		    CRED_OK);
		e = authority_admit(a, csr, g, days, NOW, &pem, &w->why);
		authority_close(a);
	}
	assert_true((e == CRED_OK) == (pem != NULL));
	assert_true((e == CRED_OK) == (w->why.text[0] == '\0'));
	free(pem);
	free((void *)(uintptr_t)csr.ptr);
	free(g);
	return e;
}

static char *
new_home(const char *name, const char *id, const char *prefix)
{
	const struct bodyhome_new n = {
	    .name = NAME, .body_id = id, .prefix = prefix, .alg = COSE_EDDSA};
	char *home = world_path(w, name);

	assert_err(bodyhome_init(home, &n, &w->pass, &w->why), CRED_OK);
	return home;
}

static size_t
count(void)
{
	struct authority *a;
	size_t n;

	assert_err(
	    authority_open(w->authority, NULL, NOW, &a, &w->why), CRED_OK);
	n = trust_n_bodies(authority_trust(a));
	authority_close(a);
	return n;
}

#define ID2     "52150000MJ00000X2X"
#define PREFIX2 "S000015000124"

static void
request_and_grant_agree(void **state)
{
	char *home = new_home("B2", ID2, PREFIX2);
	size_t before = count();

	(void)state;
	assert_err(
	    admit(home, grant(BODY_ID, PREFIX2, ""), 365), CRED_ERR_X509_FORM);
	assert_err(
	    admit(home, grant(ID2, PREFIX, ""), 365), CRED_ERR_X509_FORM);
	assert_err(admit(home, grant(ID2, PREFIX2, "name = Other\n"), 365),
	    CRED_ERR_X509_FORM);
	assert_err(
	    admit(home, "[body]\nid = " ID2 "\nprefix = " PREFIX2 "\n", 365),
	    CRED_FAULT_CONFIG); /* no base anywhere */
	assert_err(admit(home, grant(ID2, PREFIX2, ""), 36500),
	    CRED_ERR_NOT_DATE); /* longer than the anchor */
	assert_int_equal(count(), before);
	assert_err(admit(home, grant(ID2, PREFIX2, "name = " NAME "\n"), 365),
	    CRED_OK);
	assert_int_equal(count(), before + 1);
	free(home);
}

static void
colliding_kid_is_refused(void **state)
{
	char *home = new_home("B3", "52150000MJ00000X3X", "S000015000125");
	char *ini = strdup(grant("52150000MJ00000X3X", "S000015000125", ""));
	struct authority *a;
	size_t before = count();
	struct bytes csr = world_read(home, "body.csr");
	struct scopefile *g = malloc(sizeof *g);
	char *pem = NULL;

	(void)state;
	assert_err(scopefile_parse("s", bytes_str(ini), g, &w->why), CRED_OK);
	/* the first body appears as 4242…, and so would every new one */
	collide = 2; /* anchor and one body */
	assert_err(
	    authority_open(w->authority, &w->pass, NOW, &a, &w->why), CRED_OK);
	collide = 100;
	assert_err(authority_admit(a, csr, g, 365, NOW, &pem, &w->why),
	    CRED_ERR_X509_KID);
	assert_null(pem);
	collide = 0;
	authority_close(a);
	assert_int_equal(count(), before);
	/* two collisions: another serial number helps */
	collide = 2;
	assert_err(
	    authority_open(w->authority, &w->pass, NOW, &a, &w->why), CRED_OK);
	collide = 2;
	assert_err(
	    authority_admit(a, csr, g, 365, NOW, &pem, &w->why), CRED_OK);
	assert_int_equal(collide, 0);
	authority_close(a);
	assert_int_equal(count(), before + 1);
	free(pem);
	free(g);
	free((void *)(uintptr_t)csr.ptr);
	free(ini);
	free(home);
}

static void
others_have_their_own(void **state)
{
	char *home = new_home("B4", "52150000MJ00000X4X", PREFIX);
	char *same_id = new_home("B5", BODY_ID, PREFIX);

	(void)state;
	/* a prefix that another body has */
	assert_err(admit(home, grant("52150000MJ00000X4X", PREFIX, ""), 365),
	    CRED_ERR_X509_FORM);
	assert_non_null(strstr(w->why.text, BODY_ID));
	/* the same body with another log */
	assert_err(admit(same_id, grant(BODY_ID, PREFIX, ""), 365),
	    CRED_ERR_X509_FORM);
	assert_non_null(strstr(w->why.text, "log"));
	/* the same request again: a renewal */
	assert_err(admit(w->body, grant(BODY_ID, PREFIX, ""), 365), CRED_OK);
	free(same_id);
	free(home);
}

static void
request_that_is_changed(void **state)
{
	struct bytes csr = world_read(w->body, "body.csr");
	char *copy = strdup((const char *)csr.ptr);
	char *home = world_path(w, "X");
	size_t before = count();

	(void)state;
	assert_err(file_mkdirs(home, 0700, &w->why), CRED_OK);
	for (size_t i = 40; i + 40 < csr.len; i += 5) {
		if (copy[i] == '\n')
			continue;
		copy[i] = copy[i] == 'A' ? 'B' : 'A';
		if (memcmp(copy, csr.ptr, csr.len) != 0) {
			world_write(home, "body.csr", bytes_str(copy));
			assert_true(cred_is_refusal(
			    admit(home, grant(BODY_ID, PREFIX, ""), 365)));
		}
		copy[i] = (char)csr.ptr[i];
	}
	world_write(home, "body.csr", w->anchor);
	assert_err(
	    admit(home, grant(BODY_ID, PREFIX, ""), 365), CRED_ERR_X509_FORM);
	assert_int_equal(count(), before);
	free(home);
	free(copy);
	free((void *)(uintptr_t)csr.ptr);
}

static enum cred_err
withdraw(const char *id, int reason, uint64_t size, size_t *n)
{
	const struct withdrawal wd = {
	    .body_id = id, .reason = reason, .tree_size = size, .at = NOW};
	struct authority *a;
	enum cred_err e;

	assert_err(
	    authority_open(w->authority, &w->pass, NOW, &a, &w->why), CRED_OK);
	e = authority_withdraw(a, &wd, 30, NOW, n, &w->why);
	authority_close(a);
	return e;
}

static void
withdrawal_only_grows(void **state)
{
	static const char id[] = "52150000MJ00000X6X";
	char *home = new_home("B6", id, "S000015000126");
	size_t n = 0;

	(void)state;
	assert_err(admit(home, grant(id, "S000015000126", ""), 365), CRED_OK);
	assert_err(admit(home, grant(id, "S000015000126", ""), 365), CRED_OK);
	assert_err(
	    withdraw("52150000MJ00000X9X", 1, 0, &n), CRED_ERR_X509_FORM);
	assert_err(withdraw(id, 1, 100, &n), CRED_OK);
	assert_int_equal(n, 2);
	assert_err(withdraw(id, 1, 101, &n), CRED_ERR_NOT_DATE);
	assert_err(withdraw(id, 1, 90, &n), CRED_OK);
	world_reload(w, NOW);
	n = 0;
	for (size_t i = 0; i < trust_n_bodies(w->trust); i++) {
		const struct body *b = trust_body(w->trust, i);

		if (strcmp(b->scope.body_id, id) != 0)
			continue;
		assert_true(b->withdrawn);
		assert_int_equal(b->tree_size, 90);
		n++;
	}
	assert_int_equal(n, 2);
	/* a stolen key does not come back */
	assert_err(admit(home, grant(id, "S000015000126", ""), 365),
	    CRED_ERR_X509_FORM);
	assert_non_null(strstr(w->why.text, "compromised"));
	free(home);
}

/* Else what a thief's key signed before would count again. */
static void
a_bad_reason_is_not_made_good(void **state)
{
	static const char id[] = "52150000MJ00000X7X";
	char *home = new_home("B7", id, "S000015000127");
	size_t n = 0;

	(void)state;
	assert_err(admit(home, grant(id, "S000015000127", ""), 365), CRED_OK);
	assert_err(withdraw(id, 4, 100, &n), CRED_OK);
	assert_err(withdraw(id, 1, 100, &n), CRED_OK); /* it came out later */
	for (int reason = 3; reason <= 5; reason++) {
		assert_err(withdraw(id, reason, 90, &n), CRED_ERR_NOT_DATE);
		assert_non_null(strstr(w->why.text, "keyCompromise"));
	}
	assert_err(withdraw(id, 9, 100, &n), CRED_OK);
	assert_err(withdraw(id, 5, 100, &n), CRED_ERR_NOT_DATE);
	free(home);
}

/* Its log and the subject of its lists are named by it. */
static void
base_stays(void **state)
{
	static const char id[] = "52150000MJ00000X8X";
	char *home = new_home("B8", id, "S000015000128");
	char other[1024];
	char *at;

	(void)state;
	assert_err(admit(home, grant(id, "S000015000128", ""), 365), CRED_OK);
	strcpy(other, grant(id, "S000015000128", ""));
	at = strstr(other, "jd.example");
	assert_non_null(at);
	at[0] = 'z';
	assert_err(admit(home, other, 365), CRED_ERR_X509_FORM);
	assert_non_null(strstr(w->why.text, BASE));
	free(home);
}

/* "Cannot be read" is not "is not there": it might be newer than ours. */
static void
unreadable_publication_is_not_replaced(void **state)
{
	char *pub = world_path(w, "pub2"), *crl;
	struct authority *a;
	struct stat st;

	(void)state;
	assert_err(
	    authority_open(w->authority, &w->pass, NOW, &a, &w->why), CRED_OK);
	assert_err(authority_publish(a, pub, 30, NOW, &w->why), CRED_OK);
	crl = world_path(w, "pub2/trust/authority.crl");
	assert_int_equal(truncate(crl, 17 << 20), 0);
	assert_int_not_equal(
	    authority_publish(a, pub, 30, NOW, &w->why), CRED_OK);
	assert_int_equal(stat(crl, &st), 0);
	assert_int_equal(st.st_size, 17 << 20);
	authority_close(a);
	free(crl);
	free(pub);
}

static void
old_copy_does_not_publish(void **state)
{
	struct bytes old = world_read(w->authority, "authority.crl"), kept;
	char *pub = world_path(w, "pub"), *trust = world_path(w, "pub/trust");
	struct authority *a;
	struct bytes published;

	(void)state;
	world_reload(w, NOW);
	world_reload(w, NOW);
	kept = world_read(w->authority, "authority.crl");
	world_write(w->authority, "authority.crl", old);
	published = world_read(trust, "authority.crl");
	assert_err(
	    authority_open(w->authority, &w->pass, NOW, &a, &w->why), CRED_OK);
	assert_err(
	    authority_publish(a, pub, 30, NOW, &w->why), CRED_FAULT_CONFLICT);
	authority_close(a);
	assert_true(bytes_eq(published, w->crl));
	/* without its CRL the home does nothing: a new one would forgive all */
	char *path = file_join(w->authority, "authority.crl");
	unlink(path);
	assert_err(authority_open(w->authority, &w->pass, NOW, &a, &w->why),
	    CRED_FAULT_IO);
	world_write(w->authority, "authority.crl", bytes_str("garbage"));
	assert_err(authority_open(w->authority, &w->pass, NOW, &a, &w->why),
	    CRED_FAULT_CONFIG);
	world_write(w->authority, "authority.crl", kept);
	free(path);
	free((void *)(uintptr_t)published.ptr);
	free((void *)(uintptr_t)kept.ptr);
	free((void *)(uintptr_t)old.ptr);
	free(trust);
	free(pub);
}

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
	    cmocka_unit_test(request_and_grant_agree),
	    cmocka_unit_test(colliding_kid_is_refused),
	    cmocka_unit_test(others_have_their_own),
	    cmocka_unit_test(request_that_is_changed),
	    cmocka_unit_test(withdrawal_only_grows),
	    cmocka_unit_test(a_bad_reason_is_not_made_good),
	    cmocka_unit_test(base_stays),
	    cmocka_unit_test(unreadable_publication_is_not_replaced),
	    cmocka_unit_test(old_copy_does_not_publish),
	    cmocka_unit_test(one_at_a_time),
	    cmocka_unit_test(init_overwrites_nothing),
	    cmocka_unit_test(init_refuses),
	    cmocka_unit_test(install_checks),
	    cmocka_unit_test(body_changes_its_key),
	    cmocka_unit_test(install_again_after_a_cut),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
