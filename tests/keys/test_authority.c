#include "authority_case.h"

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
	};

	return cmocka_run_group_tests(
	    tests, authority_setup, authority_teardown);
}
