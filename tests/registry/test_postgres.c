/* What only the PostgreSQL engine has: its addresses, roles and schemas. */
#include "tests/registry/postgres_case.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/registry/server.h"

static void
bad_addresses(void **state)
{
	static const struct {
		const char *spec;
		enum cred_err e;
		const char *says;
	} bad[] = {
	    {"postgresql://u:secret@h.example/tamga", CRED_FAULT_CONFIG,
		"PGPASSFILE"},
	    {"postgres://h.example/tamga?password=secret", CRED_FAULT_CONFIG,
		"h.example/tamga"},
	    {"postgresql://u:secret@h.example:x:y/?secret=1", CRED_FAULT_CONFIG,
		"--registry"},
	    {"postgresql://127.0.0.1:1/none", CRED_FAULT_NETWORK,
		"127.0.0.1:1/none"},
	    {"postgresql://127.0.0.1:1,127.0.0.1:2/none", CRED_FAULT_NETWORK,
		"127.0.0.1:1,127.0.0.1:2/none"},
	    {"postgresql:///x?host=/nowhere", CRED_FAULT_NETWORK, "/nowhere/x"},
	};
	struct registry *r = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct why why = {""};
		assert_int_equal(
		    registry_open(bad[i].spec, REGISTRY_WRITE, &r, &why),
		    bad[i].e);
		assert_null(r);
		assert_non_null(strstr(why.text, bad[i].says));
		assert_null(strstr(why.text, "secret"));
	}
}

static void
reading_needs_one(void **state)
{
	struct fixture *f = *state;
	char spec[256];
	struct registry *r = NULL;
	struct reservation row;

	server_new_spec(server_shared(), spec, sizeof spec);
	assert_int_equal(
	    registry_open(spec, REGISTRY_READ, &r, &f->why), CRED_FAULT_DB);
	assert_non_null(strstr(f->why.text, "no registry"));
	assert_ok(f, open_with(f, "", REGISTRY_READ));
	assert_int_equal(reserve_one(f, &row, 2), CRED_FAULT_DB);
	assert_non_null(strstr(f->why.text, "for reading"));
}

static void
other_schemas_are_refused(void **state)
{
	struct fixture *f = *state;

	meddle(f, "UPDATE tamga_schema SET version = 99", NULL, 0);
	assert_int_equal(open_with(f, "", REGISTRY_WRITE), CRED_FAULT_DB);
	assert_non_null(strstr(f->why.text, "version 99"));
	assert_int_equal(open_with(f, "", REGISTRY_READ), CRED_FAULT_DB);
	meddle(f, "UPDATE tamga_schema SET version = 0", NULL, 0);
	assert_int_equal(open_with(f, "", REGISTRY_WRITE), CRED_FAULT_DB);
	assert_non_null(strstr(f->why.text, "version 0, older"));
	meddle(f, "DROP TABLE tamga_schema", NULL, 0);
	assert_int_equal(open_with(f, "", REGISTRY_WRITE), CRED_FAULT_DB);
	assert_non_null(strstr(f->why.text, "not a registry"));
}

/* What a role may not do is said as that, not as a registry that is not there.
 */
static void
roles_without_rights(void **state)
{
	struct fixture *f = *state;
	char spec[300], empty[300], more[256];
	struct registry *r = NULL;

	meddle(
	    f, "DROP ROLE IF EXISTS clerk; CREATE ROLE clerk LOGIN", NULL, 0);
	snprintf(
	    spec, sizeof spec, "postgresql://clerk%s", strchr(f->spec, '@'));
	/* Not even the schema may be used: nothing is seen in it. */
	assert_int_equal(
	    registry_open(spec, REGISTRY_READ, &r, &f->why), CRED_FAULT_DB);
	assert_non_null(strstr(f->why.text, "lacks rights"));
	snprintf(
	    more, sizeof more, "GRANT USAGE ON SCHEMA %s TO clerk", schema(f));
	meddle(f, more, NULL, 0);
	for (int write = 0; write < 2; write++) {
		memset(&f->why, 0, sizeof f->why);
		assert_int_equal(
		    registry_open(spec, write ? REGISTRY_WRITE : REGISTRY_READ,
			&r, &f->why),
		    CRED_FAULT_DB);
		assert_non_null(strstr(f->why.text, "lacks rights"));
	}
	/* A schema in which it may make nothing. */
	server_new_spec(server_shared(), more, sizeof more);
	snprintf(
	    empty, sizeof empty, "postgresql://clerk%s", strchr(more, '@'));
	snprintf(more, sizeof more, "GRANT USAGE ON SCHEMA %s TO clerk",
	    strstr(empty, "%3D") + 3);
	meddle(f, more, NULL, 0);
	memset(&f->why, 0, sizeof f->why);
	assert_int_equal(
	    registry_open(empty, REGISTRY_WRITE, &r, &f->why), CRED_FAULT_DB);
	assert_non_null(strstr(f->why.text, "lacks rights"));
	assert_null(r);
}

/* An unconfirmed act that is found done already is waited for. */
static void
settling_writes(void **state)
{
	struct fixture *f = *state;
	char had[32], now[32];

	for (int i = 0; i < 2; i++) {
		meddle(f, "SELECT turn FROM writer", had, sizeof had);
		assert_ok(f, registry_settle(f->r, &f->why));
		meddle(f, "SELECT turn FROM writer", now, sizeof now);
		assert_int_equal(atoi(now), atoi(had) + 1);
	}
}

#define MAKERS 6

static void
made_once_by_many(void **state)
{
	struct fixture *f = *state;
	char spec[256];
	pid_t pid[MAKERS];

	server_new_spec(server_shared(), spec, sizeof spec);
	for (int i = 0; i < MAKERS; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] == 0) {
			struct registry *r = NULL;
			struct why why = {""};
			enum cred_err e =
			    registry_open(spec, REGISTRY_WRITE, &r, &why);
			if (e != CRED_OK)
				fprintf(stderr, "%s\n", why.text);
			_exit(e != CRED_OK);
		}
	}
	for (int i = 0; i < MAKERS; i++) {
		int status = -1;
		waitpid(pid[i], &status, 0);
		assert_int_equal(status, 0);
	}
	(void)f;
}

/* By a setting of the session; a real standby stands in tests/cluster. */
static void
only_a_standby(void **state)
{
	struct fixture *f = *state;
	static const char off[] = "%20-cdefault_transaction_read_only%3Don";

	assert_int_equal(open_with(f, off, REGISTRY_WRITE), CRED_FAULT_DB);
	assert_non_null(strstr(f->why.text, "standby"));
	assert_ok(f, open_with(f, off, REGISTRY_READ));
}

static void
no_row_in_messages(void **state)
{
	struct fixture *f = *state;
	struct reservation row;

	trip(f, "entry", "23514", 1);
	assert_int_equal(reserve_one(f, &row, 2), CRED_FAULT_DB);
	assert_non_null(strstr(f->why.text, "23514"));
	assert_null(strstr(f->why.text, "150102"));
}

static void
settings_are_made_good(void **state)
{
	struct fixture *f = *state;
	struct reservation row;
	char out[32];

	assert_ok(f, open_with(f,
			 "%20-csynchronous_commit%3Doff"
			 "%20-cclient_min_messages%3Derror",
			 REGISTRY_WRITE));
	meddle(f,
	    "CREATE TABLE seen (v text);"
	    "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN"
	    " INSERT INTO seen VALUES (current_setting("
	    "''synchronous_commit'') || '' '' ||"
	    " current_setting(''client_min_messages'')); RETURN NEW; END';"
	    "CREATE TRIGGER t BEFORE INSERT ON entry"
	    " FOR EACH ROW EXECUTE FUNCTION see()",
	    NULL, 0);
	assert_ok(f, reserve_one(f, &row, 2));
	meddle(f, "SELECT v FROM seen", out, sizeof out);
	assert_string_equal(out, "on warning");
}

struct nest {
	struct fixture *f;
	unsigned outer, inner;
};

static enum cred_err
count_inner(void *ctx, const struct registry_entry *e, struct why *why)
{
	(void)e, (void)why;
	++*(unsigned *)ctx;
	return CRED_OK;
}

static enum cred_err
look_inside(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct nest *n = ctx;
	struct registry_entry same = {0};
	bool found = false;

	n->outer++;
	assert_ok(
	    n->f, registry_by_index(n->f->r, e->index, &same, &found, why));
	assert_true(found);
	assert_string_equal(same.number, e->number);
	registry_entry_release(&same);
	if (e->index == 300)
		assert_ok(n->f,
		    registry_each(n->f->r, NULL, count_inner, &n->inner, why));
	return CRED_OK;
}

/* Pages follow one another without a gap, walks may be inside walks, and all
 * see the state of the start. */
static void
pages_of_a_walk(void **state)
{
	struct fixture *f = *state;
	struct nest n = {.f = f};

	reserve_n(f->r, "B1", 2, 700, NULL);
	assert_ok(f, registry_each(f->r, NULL, look_inside, &n, &f->why));
	assert_int_equal(n.outer, 700);
	assert_int_equal(n.inner, 700);
	reserve_n(f->r, "B2", 2, 1, NULL);
}

#define T(fn)                                                                  \
	cmocka_unit_test_setup_teardown(fn, postgres_set_up, postgres_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bad_addresses),
	    T(reading_needs_one),
	    T(other_schemas_are_refused),
	    T(roles_without_rights),
	    T(settling_writes),
	    T(made_once_by_many),
	    T(only_a_standby),
	    T(no_row_in_messages),
	    T(settings_are_made_good),
	    T(pages_of_a_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
