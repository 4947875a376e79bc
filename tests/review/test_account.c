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

static bool
holds(const char *name, const uint8_t *what, size_t len)
{
	char path[96];
	static char data[1 << 20];
	FILE *f;
	size_t n;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	if ((f = fopen(path, "rb")) == NULL)
		return false;
	n = fread(data, 1, sizeof data, f);
	fclose(f);
	return memmem(data, n, what, len) != NULL;
}

static void
exec_sql(struct deskdb *d, const char *sql)
{
	assert_int_equal(
	    sqlite3_exec(d->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void
put_secret(struct deskdb *d, const char *name, const uint8_t *p, int n)
{
	sqlite3_stmt *st;

	assert_int_equal(sqlite3_prepare_v2(d->db,
			     "UPDATE account SET secret = ?2 WHERE name = ?1",
			     -1, &st, NULL),
	    SQLITE_OK);
	sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_blob(st, 2, p, n, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(st), SQLITE_DONE);
	sqlite3_finalize(st);
}

static void
other_ledger_key(void)
{
	char path[96];
	FILE *f;

	snprintf(path, sizeof path, "%s/ledger.key", dir);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite("another key of thirty-two bytes!", 1, 32, f), 32);
	fclose(f);
}

static void
a_copied_database_gives_no_second_factor(void **state)
{
	uint8_t secret[TOTP_SECRET];
	char code[8];

	add(*state, "wang", secret);
	assert_false(holds("desk.db", secret, TOTP_SECRET));
	assert_false(holds("desk.db-wal", secret, TOTP_SECRET));
	code_at(secret, NOW, code);
	assert_true(sign_in(*state, "wang", PASS, code, NOW));
}

static void
an_older_database_is_sealed_when_it_is_opened(void **state)
{
	uint8_t secret[TOTP_SECRET];
	struct deskdb *d = *state;
	struct why why = {""};
	char code[8];

	add(d, "wang", secret);
	put_secret(d, "wang", secret, TOTP_SECRET);
	exec_sql(d, "PRAGMA user_version = 2");
	assert_true(holds("desk.db-wal", secret, TOTP_SECRET));
	deskdb_close(d);
	assert_int_equal(deskdb_open(dir, &d, &why), CRED_OK);
	*state = d;
	assert_false(holds("desk.db", secret, TOTP_SECRET));
	assert_false(holds("desk.db-wal", secret, TOTP_SECRET));
	assert_int_equal(account_check(d, &why), CRED_OK);
	code_at(secret, NOW, code);
	assert_true(sign_in(d, "wang", PASS, code, NOW));
	/* and once alone */
	deskdb_close(d);
	assert_int_equal(deskdb_open(dir, &d, &why), CRED_OK);
	*state = d;
	code_at(secret, NOW + 30, code);
	assert_true(sign_in(d, "wang", PASS, code, NOW + 30));
}

static void
another_ledger_key_is_named(void **state)
{
	uint8_t secret[TOTP_SECRET];
	struct deskdb *d = *state;
	struct account a;
	struct why why = {""};
	char code[8], path[96];
	bool in = true;

	add(d, "wang", secret);
	deskdb_close(d);
	other_ledger_key();
	assert_int_equal(deskdb_open(dir, &d, &why), CRED_OK);
	*state = d;
	assert_int_equal(account_check(d, &why), CRED_FAULT_KEY);
	assert_non_null(strstr(why.text, "wang"));
	assert_non_null(strstr(why.text, "ledger.key"));
	code_at(secret, NOW, code);
	assert_int_equal(
	    account_sign_in(d, "wang", PASS, code, NOW, &a, &in, &why),
	    CRED_FAULT_KEY);
	assert_false(in);
	/* the way out */
	assert_int_equal(
	    account_reset(d, "wang", PASS, secret, &why), CRED_OK);
	assert_int_equal(account_check(d, &why), CRED_OK);
	code_at(secret, NOW, code);
	assert_true(sign_in(d, "wang", PASS, code, NOW));
	/* none at all: not made anew behind anybody's back */
	deskdb_close(d);
	*state = NULL;
	snprintf(path, sizeof path, "%s/ledger.key", dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(deskdb_open(dir, &d, &why), CRED_FAULT_KEY);
	assert_non_null(strstr(why.text, "ledger.key is missing"));
	assert_int_not_equal(access(path, F_OK), 0);
}

/* Nor by a newer program, whose database the sealed one becomes. */
static void
the_first_sealed_version_wants_its_key_too(void **state)
{
	uint8_t secret[TOTP_SECRET];
	struct deskdb *d = *state;
	struct why why = {""};
	char path[96];

	add(d, "wang", secret);
	exec_sql(d, "PRAGMA user_version = 3");
	deskdb_close(d);
	*state = NULL;
	snprintf(path, sizeof path, "%s/ledger.key", dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(deskdb_open(dir, &d, &why), CRED_FAULT_KEY);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void
a_secret_is_its_users_alone(void **state)
{
	uint8_t mine[TOTP_SECRET], theirs[TOTP_SECRET];
	struct deskdb *d = *state;
	struct why why = {""};

	add(d, "wang", mine);
	add(d, "li", theirs);
	exec_sql(d, "UPDATE account SET secret = (SELECT secret FROM account"
		    " WHERE name = 'wang') WHERE name = 'li'");
	assert_int_equal(account_check(d, &why), CRED_FAULT_KEY);
	assert_non_null(strstr(why.text, "user li "));
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
	    ONE(a_copied_database_gives_no_second_factor),
	    ONE(an_older_database_is_sealed_when_it_is_opened),
	    ONE(another_ledger_key_is_named),
	    ONE(the_first_sealed_version_wants_its_key_too),
	    ONE(a_secret_is_its_users_alone),
	    cmocka_unit_test(rights),
	    ONE(the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
