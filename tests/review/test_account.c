#include "verifier/account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PASS "correct horse battery"
#define NOW  1790000000

static char dir[64];

static int
open_db(void **state)
{
	struct deskdb *d = NULL;
	struct why why = {""};

	snprintf(dir, sizeof dir, "/tmp/tamga-account-XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(deskdb_open(dir, &d, &why), CRED_OK);
	*state = d;
	return 0;
}

static int
close_db(void **state)
{
	char cmd[128];

	deskdb_close(*state);
	snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
	return system(cmd);
}

static void
code_at(const uint8_t secret[TOTP_SECRET], int64_t at, char out[8])
{
	uint32_t code;

	assert_int_equal(totp_code(bytes_of(secret, TOTP_SECRET),
			     at / TOTP_STEP_S, TOTP_DIGITS, &code),
	    CRED_OK);
	snprintf(out, 8, "%06u", code);
}

static bool
sign_in(struct deskdb *d, const char *name, const char *pass, const char *code,
    int64_t now)
{
	struct account a = {.name = ""};
	struct why why = {""};
	bool in;

	assert_int_equal(
	    account_sign_in(d, name, pass, code, now, &a, &in, &why), CRED_OK);
	if (in)
		assert_string_equal(a.name, name);
	else
		assert_string_equal(a.name, "");
	return in;
}

static void
add(struct deskdb *d, const char *name, uint8_t secret[TOTP_SECRET])
{
	struct why why = {""};

	assert_int_equal(
	    account_add(d, name, ROLE_REVIEWER, PASS, NOW, secret, &why),
	    CRED_OK);
}

static void
both_are_needed(void **state)
{
	uint8_t secret[TOTP_SECRET];
	char code[8];

	add(*state, "wang", secret);
	code_at(secret, NOW, code);
	assert_false(sign_in(*state, "wang", "wrong horse battery", code, NOW));
	assert_false(sign_in(*state, "wang", PASS, "000000", NOW));
	assert_false(sign_in(*state, "Wang", PASS, code, NOW));
	assert_true(sign_in(*state, "wang", PASS, code, NOW));
}

static void
a_code_serves_once(void **state)
{
	uint8_t secret[TOTP_SECRET];
	char code[8], next[8];

	add(*state, "wang", secret);
	code_at(secret, NOW, code);
	code_at(secret, NOW + 30, next);
	assert_true(sign_in(*state, "wang", PASS, code, NOW));
	assert_false(sign_in(*state, "wang", PASS, code, NOW + 1));
	assert_true(sign_in(*state, "wang", PASS, next, NOW + 30));
	assert_false(sign_in(*state, "wang", PASS, code, NOW + 31));
}

struct try {
	struct deskdb *d;
	const char *code;
	bool in;
};

static void *
try_it(void *ctx)
{
	struct try *t = ctx;
	struct account a;
	struct why why = {""};

	if (account_sign_in(
		t->d, "wang", PASS, t->code, NOW, &a, &t->in, &why) != CRED_OK)
		t->in = false;
	return NULL;
}

/* Both have read that the code is unused before either uses it. */
static void
a_code_serves_one_of_two(void **state)
{
	uint8_t secret[TOTP_SECRET];
	pthread_t threads[4];
	struct try tries[4];
	char code[8];
	int in = 0;

	add(*state, "wang", secret);
	code_at(secret, NOW, code);
	for (int i = 0; i < 4; i++) {
		tries[i] = (struct try){*state, code, false};
		assert_int_equal(
		    pthread_create(&threads[i], NULL, try_it, &tries[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		in += tries[i].in;
	}
	assert_int_equal(in, 1);
}

static void
five_tries(void **state)
{
	uint8_t secret[TOTP_SECRET];
	char code[8];

	add(*state, "wang", secret);
	for (int i = 0; i < ACCOUNT_TRIES; i++)
		assert_false(sign_in(*state, "wang", "x", "000000", NOW));
	code_at(secret, NOW + ACCOUNT_BAR_S - 1, code);
	assert_false(
	    sign_in(*state, "wang", PASS, code, NOW + ACCOUNT_BAR_S - 1));
	code_at(secret, NOW + ACCOUNT_BAR_S + 30, code);
	assert_true(
	    sign_in(*state, "wang", PASS, code, NOW + ACCOUNT_BAR_S + 30));
}

/* The second five bar for twice as long; success starts anew. */
static void
five_more(void **state)
{
	uint8_t secret[TOTP_SECRET];
	char code[8];
	int64_t later = NOW + ACCOUNT_BAR_S;

	add(*state, "wang", secret);
	for (int i = 0; i < ACCOUNT_TRIES; i++)
		assert_false(sign_in(*state, "wang", "x", "000000", NOW));
	for (int i = 0; i < ACCOUNT_TRIES; i++)
		assert_false(sign_in(*state, "wang", "x", "000000", later));
	later += 2 * ACCOUNT_BAR_S;
	code_at(secret, later - 1, code);
	assert_false(sign_in(*state, "wang", PASS, code, later - 1));
	code_at(secret, later + 60, code);
	assert_true(sign_in(*state, "wang", PASS, code, later + 60));
	assert_false(sign_in(*state, "wang", "x", "000000", later + 90));
	code_at(secret, later + 120, code);
	assert_true(sign_in(*state, "wang", PASS, code, later + 120));
}

/* A name nobody has is counted and answered like one that somebody has. */
static void
unknown_name(void **state)
{
	struct deskdb *d = *state;
	struct why why = {""};
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st;
	bool row;

	for (int i = 0; i < ACCOUNT_TRIES; i++)
		assert_false(sign_in(d, "nobody", PASS, "000000", NOW));
	st = deskdb_prepare(
	    d, "SELECT failed, barred_until FROM attempt", &e, &why);
	assert_non_null(st);
	assert_int_equal(deskdb_step(d, st, &row, &why), CRED_OK);
	assert_true(row);
	assert_int_equal(sqlite3_column_int(st, 0), ACCOUNT_TRIES);
	assert_int_equal(sqlite3_column_int64(st, 1), NOW + ACCOUNT_BAR_S);
	sqlite3_finalize(st);
}

static void
locked_and_reset(void **state)
{
	uint8_t secret[TOTP_SECRET], other[TOTP_SECRET];
	struct account a;
	struct why why = {""};
	char code[8];
	bool found;

	add(*state, "wang", secret);
	assert_int_equal(account_lock(*state, "wang", true, &why), CRED_OK);
	code_at(secret, NOW, code);
	assert_false(sign_in(*state, "wang", PASS, code, NOW));
	assert_int_equal(account_lock(*state, "wang", false, &why), CRED_OK);
	assert_true(sign_in(*state, "wang", PASS, code, NOW));
	assert_int_equal(
	    account_reset(*state, "wang", "another pass phrase", other, &why),
	    CRED_OK);
	assert_memory_not_equal(secret, other, TOTP_SECRET);
	code_at(other, NOW + 60, code);
	assert_false(sign_in(*state, "wang", PASS, code, NOW + 60));
	assert_true(
	    sign_in(*state, "wang", "another pass phrase", code, NOW + 60));
	/* lock, unlock, reset: sessions of before are of another epoch */
	assert_int_equal(
	    account_get(*state, "wang", &a, &found, &why), CRED_OK);
	assert_true(found);
	assert_int_equal(a.epoch, 4);
	assert_int_equal(a.seen_at, NOW + 60);
}

static void
refused(void **state)
{
	static const char *const names[] = {"", "a", "a b", "a\tb", "a/b",
	    "150102199001010038", "w12345678", "\xff\xfe", "王　芳",
	    "a\xe2\x80\xae\x62",
	    "0123456789012345678901234567890123456789012345678901234567890123"};
	uint8_t secret[TOTP_SECRET];
	struct why why = {""};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_int_equal(account_add(*state, names[i], ROLE_AUDITOR,
				     PASS, NOW, secret, &why),
		    CRED_FAULT_CONFIG);
	assert_int_equal(account_add(*state, "王芳", ROLE_AUDITOR,
			     "eleven char", NOW, secret, &why),
	    CRED_FAULT_PASS);
	assert_int_equal(account_add(*state, "王芳", ROLE_AUDITOR,
			     "口令要有十二个字才行的呀", NOW, secret, &why),
	    CRED_OK);
	assert_int_equal(
	    account_add(*state, "王芳", ROLE_AUDITOR, PASS, NOW, secret, &why),
	    CRED_FAULT_EXISTS);
	assert_int_equal(
	    account_lock(*state, "none", true, &why), CRED_FAULT_CONFLICT);
	assert_int_equal(account_reset(*state, "none", PASS, secret, &why),
	    CRED_FAULT_CONFLICT);
	assert_int_equal(account_role_set(*state, "none", ROLE_AUDITOR, &why),
	    CRED_FAULT_CONFLICT);
}

static void
rights(void **state)
{
	(void)state;
	assert_true(account_rights(ROLE_REVIEWER) & RIGHT_BOOK);
	assert_false(account_rights(ROLE_REVIEWER) & RIGHT_APPROVE);
	assert_true(account_rights(ROLE_APPROVER) & RIGHT_APPROVE);
	assert_int_equal(account_rights(ROLE_ADMINISTRATOR), RIGHT_USERS);
	assert_int_equal(
	    account_rights(ROLE_AUDITOR) &
		(RIGHT_UPLOAD | RIGHT_BOOK | RIGHT_APPROVE | RIGHT_USERS),
	    0);
}

/* The file is nobody else's; no pass phrase stands in it. */
static void
the_file(void **state)
{
	uint8_t secret[TOTP_SECRET];
	char path[128], cmd[256];
	struct stat st;

	add(*state, "wang", secret);
	snprintf(path, sizeof path, "%s/desk.db", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	snprintf(cmd, sizeof cmd, "grep -qa 'horse' %s/desk.db*", dir);
	assert_int_not_equal(system(cmd), 0);
}

int
main(void)
{
#define ONE(f) cmocka_unit_test_setup_teardown(f, open_db, close_db)
	const struct CMUnitTest tests[] = {
	    ONE(both_are_needed),
	    ONE(a_code_serves_once),
	    ONE(a_code_serves_one_of_two),
	    ONE(five_tries),
	    ONE(five_more),
	    ONE(unknown_name),
	    ONE(locked_and_reset),
	    ONE(refused),
	    cmocka_unit_test(rights),
	    ONE(the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
