/* What only the PostgreSQL engine has: its server, its schema, its failures. */
#include "tests/registry/fixture.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "registry/ledger.h"
#include "tests/registry/cutter.h"
#include "tests/registry/server.h"

static const char series[] = "S000015000123254";

static int
set_up(void **state)
{
	*state = fixture_new("postgresql:");
	return 0;
}

static int
tear_down(void **state)
{
	fixture_free(*state);
	return 0;
}

static const char *
schema(const struct fixture *f)
{
	return strstr(f->spec, "%3D") + 3;
}

/* As somebody with psql would; %s is the schema. */
static void
meddle(const struct fixture *f, const char *sql, char *out, size_t size)
{
	char text[2048];

	snprintf(text, sizeof text, "SET search_path = %s; %s", schema(f), sql);
	server_sql(server_shared(), text, out, size);
}

static enum cred_err
open_with(struct fixture *f, const char *more, enum registry_mode mode)
{
	char spec[512];

	snprintf(spec, sizeof spec, "%s%s", f->spec, more);
	registry_close(f->r);
	f->r = NULL;
	memset(&f->why, 0, sizeof f->why);
	return registry_open(spec, mode, &f->r, &f->why);
}

static void
retried(void *ctx, unsigned attempt, const char *why)
{
	unsigned *n = ctx;

	assert_int_equal(attempt, *n + 1);
	assert_true(strlen(why) > 10);
	*n = attempt;
}

static enum cred_err
reserve_one(struct fixture *f, struct reservation *row, uint32_t n)
{
	struct plan *p = plan_new();
	enum cred_err e;

	row_init(row, n, series);
	e = registry_reserve(f->r, "B", row, 1, NOW, fill_plain, p, &f->why);
	free(p);
	return e;
}

static uint64_t
acts(struct fixture *f)
{
	uint64_t n = 0;
	uint8_t last[32];

	assert_ok(f, registry_audit_verify(f->r, &n, last, &f->why));
	return n;
}

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

	meddle(f, "DROP ROLE IF EXISTS clerk; CREATE ROLE clerk LOGIN", NULL, 0);
	snprintf(spec, sizeof spec, "postgresql://clerk%s",
	    strchr(f->spec, '@'));
	/* Not even the schema may be used: nothing is seen in it. */
	assert_int_equal(
	    registry_open(spec, REGISTRY_READ, &r, &f->why), CRED_FAULT_DB);
	assert_non_null(strstr(f->why.text, "lacks rights"));
	snprintf(more, sizeof more, "GRANT USAGE ON SCHEMA %s TO clerk",
	    schema(f));
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
	snprintf(empty, sizeof empty, "postgresql://clerk%s",
	    strchr(more, '@'));
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
server_comes_back(void **state)
{
	struct fixture *f = *state;
	struct server *s = server_shared();
	struct reservation row;
	unsigned n = 0;

	assert_ok(f, reserve_one(f, &row, 2));
	registry_on_retry(f->r, retried, &n);
	server_sql(s,
	    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
	    " WHERE application_name = 'tamga'",
	    NULL, 0);
	assert_ok(f, reserve_one(f, &row, 3));
	assert_int_equal(row.index, 1);
	assert_int_equal(n, 1);
	n = 0;
	server_stop(s, SIGKILL);
	server_start(s);
	assert_ok(f, reserve_one(f, &row, 4));
	assert_int_equal(row.index, 2);
	assert_true(n >= 1);
	assert_int_equal(acts(f), 3);
}

static void
server_stays_away(void **state)
{
	struct fixture *f = *state;
	struct server *s = server_shared();
	struct reservation row;
	uint64_t next;
	unsigned n = 0;

	registry_on_retry(f->r, retried, &n);
	registry_patience(f->r, 400);
	server_stop(s, SIGINT);
	assert_int_equal(reserve_one(f, &row, 2), CRED_FAULT_NETWORK);
	assert_true(n >= 2);
	assert_non_null(strstr(f->why.text, s->dir));
	n = 0;
	assert_int_equal(
	    registry_next_index(f->r, &next, &f->why), CRED_FAULT_NETWORK);
	assert_true(n >= 2);
	server_start(s);
	n = 0;
	assert_ok(f, reserve_one(f, &row, 2));
	assert_int_equal(row.index, 0);
}

/* The turn is somebody else's for longer than we wait. */
static void
held_by_another(void **state)
{
	struct fixture *f = *state;
	struct reservation row;
	char info[256], sql[64];
	PGconn *c;

	snprintf(info, sizeof info,
	    "host=%s port=%u user=tamga dbname=postgres", server_shared()->dir,
	    server_shared()->port);
	c = PQconnectdb(info);
	snprintf(sql, sizeof sql,
	    "BEGIN; SELECT turn FROM %s.writer FOR UPDATE", schema(f));
	PQclear(PQexec(c, sql));
	assert_ok(
	    f, open_with(f, "%20-cstatement_timeout%3D200", REGISTRY_WRITE));
	assert_int_equal(reserve_one(f, &row, 2), CRED_FAULT_DB);
	assert_non_null(strstr(f->why.text, "statement_timeout"));
	PQfinish(c);
	assert_ok(f, reserve_one(f, &row, 2));
	assert_false(row.already);
}

/* Raises a given error at a table, a given number of times; a sequence does
 * not roll back. */
static void
trip(struct fixture *f, const char *table, const char *state, int times)
{
	char sql[1024];

	snprintf(sql, sizeof sql,
	    "CREATE SEQUENCE trips; CREATE FUNCTION trip() RETURNS trigger"
	    " LANGUAGE plpgsql AS 'BEGIN IF nextval(''trips'') <= %d THEN"
	    " RAISE EXCEPTION ''tripped'' USING ERRCODE = ''%s'',"
	    " DETAIL = ''150102199001010003''; END IF; RETURN NEW; END';"
	    "CREATE TRIGGER t BEFORE INSERT ON %s"
	    " FOR EACH STATEMENT EXECUTE FUNCTION trip()",
	    times, state, table);
	meddle(f, sql, NULL, 0);
}

static void
losers_try_again(void **state)
{
	struct fixture *f = *state;
	struct reservation row;
	unsigned n = 0;

	registry_on_retry(f->r, retried, &n);
	trip(f, "audit", "40001", 3); /* at the commit */
	assert_ok(f, reserve_one(f, &row, 2));
	assert_int_equal(n, 3);
	assert_false(row.already);
	assert_int_equal(row.index, 0);
	assert_int_equal(row.serial, 1);
	meddle(f, "DROP FUNCTION trip CASCADE; DROP SEQUENCE trips", NULL, 0);
	trip(f, "entry", "40P01", 1);
	n = 0;
	assert_ok(f, reserve_one(f, &row, 3));
	assert_int_equal(n, 1);
	assert_int_equal(row.serial, 2);
	assert_int_equal(acts(f), 2);
}

static void
full_disk(void **state)
{
	struct fixture *f = *state;
	struct reservation row;

	trip(f, "entry", "53100", 1);
	assert_int_equal(reserve_one(f, &row, 2), CRED_FAULT_FULL);
	assert_non_null(strstr(f->why.text, "space"));
	assert_ok(f, reserve_one(f, &row, 2));
	assert_int_equal(row.index, 0);
	assert_false(row.already);
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

/* The server waits for a standby that there is not. */
static void
no_standby(struct fixture *f, unsigned *n)
{
	struct server *s = server_shared();

	assert_ok(
	    f, open_with(f, "%20-cstatement_timeout%3D250", REGISTRY_WRITE));
	registry_on_retry(f->r, retried, n);
	registry_patience(f->r, 1000);
	snprintf(s->settings, sizeof s->settings,
	    "-c synchronous_standby_names=ghost");
	server_stop(s, SIGINT);
	server_start(s);
	*n = 0;
}

static void
none_is_asked_for(unsigned *n)
{
	struct server *s = server_shared();

	*s->settings = '\0';
	server_stop(s, SIGINT);
	server_start(s);
	*n = 0;
}

/* No standby confirms: the server has it, and says INSERT 0 1, COMMIT and a
 * warning. That is no acknowledgement; asking again writes and waits. */
static void
not_confirmed_is_not_done(void **state)
{
	struct fixture *f = *state;
	struct reservation row;
	struct plan *p = plan_new();
	unsigned n = 0;
	char had[32], now[32];

	no_standby(f, &n);
	assert_int_equal(reserve_one(f, &row, 2), CRED_FAULT_IO);
	assert_non_null(strstr(f->why.text, "standby"));
	assert_true(n >= 2);
	/* The very same, asked again, waits again. */
	n = 0;
	assert_int_equal(reserve_one(f, &row, 2), CRED_FAULT_IO);
	assert_non_null(strstr(f->why.text, "standby"));
	none_is_asked_for(&n);
	meddle(f, "SELECT turn FROM writer", had, sizeof had);
	assert_ok(f, reserve_one(f, &row, 2));
	meddle(f, "SELECT turn FROM writer", now, sizeof now);
	assert_true(row.already);
	assert_int_equal(row.index, 0);
	assert_int_equal(acts(f), 1);
	assert_int_equal(atoi(now), atoi(had) + 1); /* it wrote */
	free(p);
}

/* A primary that was replaced while it was away lacks what was written since:
 * its refusal would be believed. */
static void
not_confirmed_is_not_refused(void **state)
{
	struct fixture *f = *state;
	struct ledger_answer a;
	unsigned n = 0;

	no_standby(f, &n);
	assert_int_equal(ledger_do(f->r, "A1", LEDGER_PAY, -1, "", "li", 1, &a,
			     &f->why),
	    CRED_FAULT_IO);
	assert_non_null(strstr(f->why.text, "standby"));
	assert_true(n >= 2);
	none_is_asked_for(&n);
	assert_ok(f, ledger_do(f->r, "A1", LEDGER_PAY, -1, "", "li", 1, &a,
			 &f->why));
	assert_int_equal(a.outcome, LEDGER_NO_CLAIM);
}

static struct cutter *
through(struct fixture *f)
{
	char spec[256];
	struct cutter *c =
	    cutter_new(server_shared(), schema(f), spec, sizeof spec);

	registry_close(f->r);
	f->r = NULL;
	assert_ok(f, registry_open(spec, REGISTRY_WRITE, &f->r, &f->why));
	return c;
}

/* Whichever side of the commit the line is cut: once, and as if nothing had
 * been. */
static void
a_lost_answer(void **state)
{
	struct fixture *f = *state;
	struct cutter *c = through(f);
	struct reservation row;
	unsigned n = 0;
	size_t stale = 0;

	registry_on_retry(f->r, retried, &n);
	for (uint32_t i = 0; i < 4; i++) {
		n = 0;
		cutter_set(c, i % 2 == 0 ? CUT_AFTER : CUT_BEFORE);
		assert_ok(f, reserve_one(f, &row, 2 + i));
		assert_int_equal(n, 1);
		assert_false(row.already);
		assert_int_equal(row.index, i);
		assert_int_equal(row.serial, i + 1);
		assert_int_equal(acts(f), i + 1);
	}
	/* Done twice, these would be conflicts. */
	n = 0;
	cutter_set(c, CUT_AFTER);
	assert_ok(f, registry_void(f->r, 0, "x", NOW, &f->why));
	assert_int_equal(n, 1);
	n = 0;
	cutter_set(c, CUT_AFTER);
	assert_ok(f,
	    registry_void_stale(f->r, NOW + 1, "gone", NOW, &stale, &f->why));
	assert_int_equal(stale, 3);
	n = 0;
	cutter_set(c, CUT_AFTER);
	assert_ok(f, swap(f->r, 0, 4, &f->why));
	assert_int_equal(n, 1);
	assert_int_equal(acts(f), 8);
	cutter_free(c);
}

/* After so much was written by others, a receipt may be gone. */
static void
an_answer_lost_too_long_ago(void **state)
{
	struct fixture *f = *state;
	struct cutter *c = through(f);
	struct reservation row;
	unsigned n = 0;

	registry_on_retry(f->r, retried, &n);
	meddle(f,
	    "CREATE FUNCTION leap() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN"
	    " NEW.token = ''gone''; UPDATE writer SET turn = turn + 5000;"
	    " RETURN NEW; END';"
	    "CREATE TRIGGER t BEFORE INSERT ON receipt"
	    " FOR EACH ROW EXECUTE FUNCTION leap()",
	    NULL, 0);
	cutter_set(c, CUT_AFTER);
	assert_int_equal(reserve_one(f, &row, 2), CRED_FAULT_IO);
	assert_non_null(strstr(f->why.text, "not known"));
	meddle(f, "DROP FUNCTION leap CASCADE", NULL, 0);
	assert_ok(f, reserve_one(f, &row, 2));
	assert_true(row.already);
	assert_int_equal(acts(f), 1);
	cutter_free(c);
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

#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

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
	    T(server_comes_back),
	    T(server_stays_away),
	    T(held_by_another),
	    T(losers_try_again),
	    T(full_disk),
	    T(no_row_in_messages),
	    T(not_confirmed_is_not_done),
	    T(not_confirmed_is_not_refused),
	    T(a_lost_answer),
	    T(an_answer_lost_too_long_ago),
	    T(settings_are_made_good),
	    T(pages_of_a_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
