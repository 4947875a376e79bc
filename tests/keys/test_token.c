/* Keys in a token: SoftHSM, behind a module that fails on request. */
#include "world.h"

#include <dlfcn.h>
#include <ftw.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keys/key_int.h"
#include "keys/pkcs11_uri_int.h"
#include "keys/token_int.h"
#include "p11_shim.h"

#define PIN "12345678"
#define URI "pkcs11:token=tamga;object=%s;type=private?module-path=" P11_SHIM

static char dir[] = "/tmp/tamga-token.XXXXXX";
static struct p11_shim *shim;
static const struct bytes *const message =
    &(const struct bytes){(const uint8_t *)"message", 7};

/* A token "tamga" and one more, in a folder of their own. */
static int
setup(void **state)
{
	static const char *const labels[] = {"tamga", "other"};
	char path[128], text[256];
	CK_FUNCTION_LIST *f;
	union {
		void *object;
		CK_C_GetFunctionList call;
	} entry;
	void *lib;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/tokens", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(text, sizeof text,
	    "directories.tokendir = %s/tokens\nlog.level = ERROR\n", dir);
	world_write(dir, "softhsm2.conf", bytes_str(text));
	snprintf(path, sizeof path, "%s/softhsm2.conf", dir);
	setenv("SOFTHSM2_CONF", path, 1);
	lib = dlopen(P11_SHIM, RTLD_NOW);
	assert_non_null(lib);
	shim = dlsym(lib, "p11_shim");
	entry.object = dlsym(lib, "C_GetFunctionList");
	assert_int_equal(entry.call(&f), CKR_OK);
	assert_int_equal(f->C_Initialize(NULL), CKR_OK);
	for (size_t i = 0; i < 2; i++) {
		CK_SLOT_ID slots[8];
		CK_ULONG n = 8;
		CK_UTF8CHAR so[] = "so-pin-1", pin[] = PIN, label[32];
		CK_SESSION_HANDLE s;

		memset(label, ' ', sizeof label);
		memcpy(label, labels[i], strlen(labels[i]));
		assert_int_equal(f->C_GetSlotList(CK_TRUE, slots, &n), CKR_OK);
		assert_int_equal(
		    f->C_InitToken(slots[n - 1], so, 8, label), CKR_OK);
		assert_int_equal(
		    f->C_OpenSession(slots[n - 1],
			CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s),
		    CKR_OK);
		assert_int_equal(f->C_Login(s, CKU_SO, so, 8), CKR_OK);
		assert_int_equal(f->C_InitPIN(s, pin, 8), CKR_OK);
		assert_int_equal(f->C_CloseSession(s), CKR_OK);
		n = 8; /* a new free slot appears */
		assert_int_equal(f->C_GetSlotList(CK_TRUE, NULL, &n), CKR_OK);
	}
	assert_int_equal(f->C_Finalize(NULL), CKR_OK);
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st;
	(void)flag;
	(void)f;
	return remove(path);
}

static int
teardown(void **state)
{
	(void)state;
	return nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int
fresh(void **state)
{
	(void)state;
	memset(shim, 0, sizeof *shim);
	return 0;
}

static enum cred_err
open_key(const char *object, const enum cose_alg *make, struct key **out)
{
	char uri[512];
	struct why why = {""};
	enum cred_err e;

	snprintf(uri, sizeof uri, URI, object);
	e = make != NULL ? tokenkey_open_or_make(uri, *make, PIN, out, &why)
			 : key_open(uri, PIN, out, &why);
	assert_true((e == CRED_OK) == (why.text[0] == '\0'));
	assert_null(strstr(why.text, PIN));
	return e;
}

static void
made_and_found_again(void **state)
{
	static const enum cose_alg algs[] = {COSE_ES256, COSE_EDDSA};
	static const char *const names[] = {"es", "ed"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct key *k, *again, *twin;
		uint8_t sig[CRED_SIG_LEN];
		struct why why;

		assert_err(open_key(names[i], NULL, &k), CRED_FAULT_KEY);
		assert_err(open_key(names[i], &algs[i], &k), CRED_OK);
		assert_int_equal(key_public(k)->alg, algs[i]);
		shim->logins = 0;
		assert_err(open_key(names[i], &algs[i], &again), CRED_OK);
		assert_memory_equal(
		    key_public(k)->raw, key_public(again)->raw, 65);
		assert_err(key_clone(k, &twin, &why), CRED_OK);
		assert_int_equal(shim->logins, 0); /* logged in once */
		for (int n = 0; n < 20; n++)
			assert_err(
			    key_sign(twin, *message, sig, &why), CRED_OK);
		key_free(twin);
		key_free(k);
		assert_err(key_sign(again, *message, sig, &why), CRED_OK);
		key_free(again);
	}
}

static void
sm2_is_not_made(void **state)
{
	const enum cose_alg sm2 = COSE_SM2;
	struct key *k;

	(void)state;
	assert_err(open_key("sm", &sm2, &k), CRED_FAULT_KEY);
}

/* The key's private value stays where it is. */
static void
key_does_not_leave(void **state)
{
	char uri[512];
	struct pkcs11_uri u;
	struct token *t;
	struct why why;
	CK_SESSION_HANDLE s;
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_BBOOL extractable = CK_TRUE, sensitive = CK_FALSE;
	CK_ATTRIBUTE want = {CKA_CLASS, &class, sizeof class};
	CK_ATTRIBUTE get[] = {
	    {CKA_EXTRACTABLE, &extractable, 1}, {CKA_SENSITIVE, &sensitive, 1}};
	CK_BYTE value[64];
	CK_ATTRIBUTE secret = {CKA_VALUE, value, sizeof value};
	CK_OBJECT_HANDLE found[4];
	CK_ULONG n = 0;
	CK_FUNCTION_LIST *f;

	(void)state;
	snprintf(uri, sizeof uri, URI, "es");
	assert_err(pkcs11_uri_parse(uri, &u, &why), CRED_OK);
	assert_err(token_open(&u, PIN, &t, &why), CRED_OK);
	assert_err(token_session(t, false, false, &s, &why), CRED_OK);
	f = token_calls(t);
	assert_int_equal(f->C_FindObjectsInit(s, &want, 1), CKR_OK);
	assert_int_equal(f->C_FindObjects(s, found, 4, &n), CKR_OK);
	f->C_FindObjectsFinal(s);
	assert_int_equal(n, 2); /* es and ed */
	for (CK_ULONG i = 0; i < n; i++) {
		assert_int_equal(
		    f->C_GetAttributeValue(s, found[i], get, 2), CKR_OK);
		assert_int_equal(extractable, CK_FALSE);
		assert_int_equal(sensitive, CK_TRUE);
		assert_int_equal(
		    f->C_GetAttributeValue(s, found[i], &secret, 1),
		    CKR_ATTRIBUTE_SENSITIVE);
	}
	token_close(t);
}

static void
lost_session_is_opened_again(void **state)
{
	static const CK_RV losses[] = {CKR_SESSION_HANDLE_INVALID,
	    CKR_DEVICE_REMOVED, CKR_USER_NOT_LOGGED_IN, CKR_SESSION_CLOSED};
	uint8_t sig[CRED_SIG_LEN];
	struct key *k;
	struct why why;

	(void)state;
	assert_err(open_key("es", NULL, &k), CRED_OK);
	for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
		memset(shim, 0, sizeof *shim);
		shim->sign_fails = losses[i];
		shim->sign_times = 1;
		shim->really = true;
		assert_err(key_sign(k, *message, sig, &why), CRED_OK);
		assert_int_equal(shim->logins, 1);
		assert_int_equal(shim->signs, 2);
	}
	/* once, not for ever */
	shim->signs = 0;
	shim->sign_times = 5;
	assert_err(key_sign(k, *message, sig, &why), CRED_FAULT_CRYPTO);
	assert_int_equal(shim->signs, 2);
	/* another failure: not at all */
	memset(shim, 0, sizeof *shim);
	shim->sign_fails = CKR_DEVICE_MEMORY;
	shim->sign_times = 1;
	assert_err(key_sign(k, *message, sig, &why), CRED_FAULT_CRYPTO);
	assert_int_equal(shim->signs, 1);
	assert_err(key_sign(k, *message, sig, &why), CRED_OK);
	key_free(k);
}

struct job {
	struct key *key;
	int wrong;
};

static void *
sign_many(void *arg)
{
	struct job *j = arg;
	uint8_t sig[CRED_SIG_LEN];
	struct why why;

	for (int i = 0; i < 200; i++)
		j->wrong += key_sign(j->key, *message, sig, &why) != CRED_OK;
	return NULL;
}

static void
threads_sign(void **state)
{
	struct job jobs[4] = {0};
	pthread_t threads[4];
	struct why why;

	(void)state;
	assert_err(open_key("es", NULL, &jobs[0].key), CRED_OK);
	for (int i = 1; i < 4; i++)
		assert_err(key_clone(jobs[0].key, &jobs[i].key, &why), CRED_OK);
	for (int i = 0; i < 4; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, sign_many, &jobs[i]), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(jobs[i].wrong, 0);
		key_free(jobs[i].key);
	}
}

/* Sessions die on fork: the child signs all the same, and so does the parent.
 */
static void
child_signs(void **state)
{
	uint8_t sig[CRED_SIG_LEN];
	struct key *k;
	struct why why = {""};
	int status;
	pid_t pid;

	(void)state;
	assert_err(open_key("es", NULL, &k), CRED_OK);
	pid = fork();
	if (pid == 0) {
		if (key_sign(k, *message, sig, &why) != CRED_OK) {
			fprintf(stderr, "%s\n", why.text);
			_exit(1);
		}
		_exit(key_sign(k, *message, sig, &why) != CRED_OK);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_err(key_sign(k, *message, sig, &why), CRED_OK);
	key_free(k);
}

/* In a child each, for a refused PIN is remembered for the whole process. */
static void
in_child(void (*check)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		check();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define must(x)                                                                \
	do {                                                                   \
		if (!(x)) {                                                    \
			fprintf(stderr, "%d: %s\n", __LINE__, #x);             \
			_exit(1);                                              \
		}                                                              \
	} while (0)

static void
wrong_pin(void)
{
	char uri[512];
	struct key *k;
	struct why why;

	snprintf(uri, sizeof uri, URI, "es");
	must(key_open(uri, "87654321", &k, &why) == CRED_FAULT_PASS);
	must(shim->logins == 1);
	must(key_open(uri, "87654321", &k, &why) == CRED_FAULT_PASS);
	must(key_open(uri, PIN, &k, &why) == CRED_FAULT_PASS);
	must(shim->logins == 1);
	must(strstr(why.text, "4321") == NULL);
}

static void
nearly_locked(void)
{
	char uri[512];
	struct key *k;
	struct why why;

	snprintf(uri, sizeof uri, URI, "es");
	shim->add_flags = CKF_USER_PIN_FINAL_TRY;
	must(key_open(uri, PIN, &k, &why) == CRED_FAULT_PASS);
	shim->add_flags = CKF_USER_PIN_LOCKED;
	must(key_open(uri, PIN, &k, &why) == CRED_FAULT_PASS);
	must(shim->logins == 0);
	shim->add_flags = 0;
	must(key_open(uri, PIN, &k, &why) == CRED_OK);
	/* another PIN while it is open */
	must(key_open(uri, "87654321", &k, &why) == CRED_FAULT_PASS);
	must(shim->logins == 1);
}

/* The PIN was changed meanwhile: found out once, by the lost session. */
static void
pin_changed(void)
{
	uint8_t sig[CRED_SIG_LEN];
	char uri[512];
	struct key *k;
	struct why why;

	snprintf(uri, sizeof uri, URI, "es");
	must(key_open(uri, PIN, &k, &why) == CRED_OK);
	shim->logins = 0;
	shim->sign_fails = CKR_DEVICE_REMOVED;
	shim->sign_times = 99;
	shim->really = true;
	shim->login_fails = CKR_PIN_INCORRECT;
	must(key_sign(k, *message, sig, &why) == CRED_FAULT_PASS);
	must(key_sign(k, *message, sig, &why) == CRED_FAULT_PASS);
	must(shim->logins == 1);
}

static void
pin_is_tried_once(void **state)
{
	(void)state;
	in_child(wrong_pin);
	in_child(nearly_locked);
	in_child(pin_changed);
}

static void
uri_strict(void **state)
{
	static const char *const bad[] = {
	    "pkcs11:",
	    "pkcs11:token=t;object=o",
	    "pkcs11:token=t?module-path=/m",
	    "pkcs11:object=o?module-path=/m",
	    "pkcs11:token=t;object=o?module-path=m.so",
	    "pkcs11:token=t;token=t;object=o?module-path=/m",
	    "pkcs11:token=t;object=o;type=public?module-path=/m",
	    "pkcs11:token=t;object=o;type=private;type=private?module-path=/m",
	    "pkcs11:token=t;object=o;slot-id=1?module-path=/m",
	    "pkcs11:token=t;object=o?module-path=/m&module-path=/n",
	    "pkcs11:token=t;object=o?module-path=/m&pin-value=1234",
	    "pkcs11:token=t;object=o?pin-source=/f&module-path=/m",
	    "pkcs11:token=t;object=o;pin-value=1?module-path=/m",
	    "pkcs11:token=t;object=o%2?module-path=/m",
	    "pkcs11:token=t;object=o%zz?module-path=/m",
	    "pkcs11:token=t;object=o%00?module-path=/m",
	    "pkcs11:token=t;object=a b?module-path=/m",
	    "pkcs11:token=t;object=令?module-path=/m",
	    "pkcs11:token=;object=o?module-path=/m",
	    "pkcs11:token=t;object=o;?module-path=/m",
	    "pkcs11:token=t;;object=o?module-path=/m",
	    "pkcs11:token=t;object=o?module-path=/m&",
	    "pkcs11:token=t;object=o?module-path=/m#x",
	    "PKCS11:token=t;object=o?module-path=/m",
	};
	char *text = NULL;
	struct pkcs11_uri u;
	struct why why;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_err(
		    pkcs11_uri_parse(bad[i], &u, &why), CRED_FAULT_CONFIG);
	assert_null(strstr(why.text, "1234"));
	assert_err(pkcs11_uri_parse("pkcs11:serial=0%31;id=%00%ff;object=%E4%BB"
				    "%A4?module-path=/a%20b/c.so",
		       &u, &why),
	    CRED_OK);
	assert_string_equal(u.serial, "01");
	assert_string_equal(u.object, "令");
	assert_string_equal(u.module, "/a b/c.so");
	assert_int_equal(u.id_len, 2);
	assert_memory_equal(u.id, "\0\377", 2);
	assert_err(pkcs11_uri_with_module(
		       "pkcs11:token=t;object=o", "/a b/m.so", &text, &why),
	    CRED_OK);
	assert_string_equal(
	    text, "pkcs11:token=t;object=o?module-path=/a%20b/m.so");
	free(text);
	assert_err(pkcs11_uri_with_module(
		       "pkcs11:object=o?module-path=/x", "/m.so", &text, &why),
	    CRED_FAULT_CONFIG);
}

static void
module_that_is_none(void **state)
{
	struct key *k;
	struct why why;

	(void)state;
	assert_err(
	    key_open("pkcs11:token=t;object=o?module-path=/nonexistent/m.so",
		PIN, &k, &why),
	    CRED_FAULT_KEY);
	assert_err(key_open("pkcs11:token=none;object=o?module-path=" P11_SHIM,
		       PIN, &k, &why),
	    CRED_FAULT_KEY);
	assert_int_equal(shim->logins, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(uri_strict),
	    cmocka_unit_test_setup(module_that_is_none, fresh),
	    cmocka_unit_test_setup(made_and_found_again, fresh),
	    cmocka_unit_test_setup(sm2_is_not_made, fresh),
	    cmocka_unit_test_setup(key_does_not_leave, fresh),
	    cmocka_unit_test_setup(lost_session_is_opened_again, fresh),
	    cmocka_unit_test_setup(threads_sign, fresh),
	    cmocka_unit_test_setup(child_signs, fresh),
	    cmocka_unit_test_setup(pin_is_tried_once, fresh),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
