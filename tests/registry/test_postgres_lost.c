/* PostgreSQL: what is lost, waited for and tried again. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "registry/ledger.h"
#include "tests/registry/cutter.h"
#include "tests/registry/postgres_case.h"
#include "tests/registry/server.h"

struct tries {
	struct registry *r;
	unsigned n, enough; /* 0: patience is the program's */
};

static void
retried(void *ctx, unsigned attempt, const char *why)
{
	struct tries *t = ctx;

	assert_int_equal(attempt, t->n + 1);
	assert_true(strlen(why) > 10);
	t->n = attempt;
	if (attempt == t->enough)
		registry_patience(t->r, 0);
}

static void
told_of(struct fixture *f, struct tries *t, unsigned enough)
{
	*t = (struct tries){f->r, 0, enough};
	registry_on_retry(f->r, retried, t);
	registry_patience(f->r, 60000);
}

static void
server_comes_back(void **state)
{
	struct fixture *f = *state;
	struct server *s = server_shared();
	struct reservation row;
	struct tries t = {0};

	assert_ok(f, reserve_one(f, &row, 2));
	told_of(f, &t, 0);
	server_sql(s,
	    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
	    " WHERE application_name = 'tamga'",
	    NULL, 0);
	assert_ok(f, reserve_one(f, &row, 3));
	assert_int_equal(row.index, 1);
	assert_int_equal(t.n, 1);
	t.n = 0;
	server_stop(s, SIGKILL);
	server_start(s);
	assert_ok(f, reserve_one(f, &row, 4));
	assert_int_equal(row.index, 2);
	assert_true(t.n >= 1);
	assert_int_equal(acts(f), 3);
}

static void
server_stays_away(void **state)
{
	struct fixture *f = *state;
	struct server *s = server_shared();
	struct reservation row;
	uint64_t next;
	struct tries t = {0};

	told_of(f, &t, 2);
	server_stop(s, SIGINT);
	assert_int_equal(reserve_one(f, &row, 2), CRED_FAULT_NETWORK);
	assert_int_equal(t.n, 2);
	assert_non_null(strstr(f->why.text, s->dir));
	told_of(f, &t, 2);
	assert_int_equal(
	    registry_next_index(f->r, &next, &f->why), CRED_FAULT_NETWORK);
	assert_int_equal(t.n, 2);
	server_start(s);
	told_of(f, &t, 0);
	assert_ok(f, reserve_one(f, &row, 2));
	assert_int_equal(row.index, 0);
}

/* Until the server has nobody of this name left. */
static void
none_called(const char *application)
{
	char sql[128], out[32];

	snprintf(sql, sizeof sql,
	    "SELECT count(*) FROM pg_stat_activity"
	    " WHERE application_name = '%s'",
	    application);
	for (int i = 0; i < 1500; i++) {
		server_sql(server_shared(), sql, out, sizeof out);
		if (atoi(out) == 0)
			return;
		usleep(20000);
	}
	fail_msg("%s %s still there", out, application);
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
	    "host=%s port=%u user=tamga dbname=postgres"
	    " application_name=holder",
	    server_shared()->dir, server_shared()->port);
	c = PQconnectdb(info);
	snprintf(sql, sizeof sql,
	    "BEGIN; SELECT turn FROM %s.writer FOR UPDATE", schema(f));
	PQclear(PQexec(c, sql));
	assert_ok(
	    f, open_with(f, "%20-cstatement_timeout%3D1500", REGISTRY_WRITE));
	assert_int_equal(reserve_one(f, &row, 2), CRED_FAULT_DB);
	assert_non_null(strstr(f->why.text, "statement_timeout"));
	PQfinish(c);
	none_called("holder");
	assert_ok(f, reserve_one(f, &row, 2));
	assert_false(row.already);
}

static void
losers_try_again(void **state)
{
	struct fixture *f = *state;
	struct reservation row;
	struct tries t = {0};

	told_of(f, &t, 0);
	trip(f, "audit", "40001", 3); /* at the commit */
	assert_ok(f, reserve_one(f, &row, 2));
	assert_int_equal(t.n, 3);
	assert_false(row.already);
	assert_int_equal(row.index, 0);
	assert_int_equal(row.serial, 1);
	meddle(f, "DROP FUNCTION trip CASCADE; DROP SEQUENCE trips", NULL, 0);
	trip(f, "entry", "40P01", 1);
	t.n = 0;
	assert_ok(f, reserve_one(f, &row, 3));
	assert_int_equal(t.n, 1);
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

/* The server waits for a standby that there is not. */
static void
no_standby(struct fixture *f, struct tries *t)
{
	struct server *s = server_shared();

	assert_ok(
	    f, open_with(f, "%20-cstatement_timeout%3D800", REGISTRY_WRITE));
	told_of(f, t, 2);
	snprintf(s->settings, sizeof s->settings,
	    "-c synchronous_standby_names=ghost");
	server_stop(s, SIGINT);
	server_start(s);
}

static void
none_is_asked_for(struct fixture *f, struct tries *t)
{
	struct server *s = server_shared();

	*s->settings = '\0';
	server_stop(s, SIGINT);
	server_start(s);
	told_of(f, t, 0);
}

/* No standby confirms: the server has it, and says INSERT 0 1, COMMIT and a
 * warning. That is no acknowledgement; asking again writes and waits. */
static void
not_confirmed_is_not_done(void **state)
{
	struct fixture *f = *state;
	struct reservation row;
	struct plan *p = plan_new();
	struct tries t = {0};
	char had[32], now[32];

	no_standby(f, &t);
	assert_int_equal(reserve_one(f, &row, 2), CRED_FAULT_IO);
	assert_non_null(strstr(f->why.text, "standby"));
	assert_int_equal(t.n, 2);
	/* A cancelled one is asked nothing more: the cancel may come late. */
	none_called("tamga");
	/* The very same, asked again, waits again. */
	told_of(f, &t, 2);
	assert_int_equal(reserve_one(f, &row, 2), CRED_FAULT_IO);
	assert_non_null(strstr(f->why.text, "standby"));
	none_is_asked_for(f, &t);
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
	struct tries t = {0};

	no_standby(f, &t);
	assert_int_equal(
	    ledger_do(f->r, "A1", LEDGER_PAY, -1, "", "li", 1, &a, &f->why),
	    CRED_FAULT_IO);
	assert_non_null(strstr(f->why.text, "standby"));
	assert_int_equal(t.n, 2);
	none_is_asked_for(f, &t);
	assert_ok(
	    f, ledger_do(f->r, "A1", LEDGER_PAY, -1, "", "li", 1, &a, &f->why));
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
	struct tries t = {0};
	size_t stale = 0;

	told_of(f, &t, 0);
	for (uint32_t i = 0; i < 4; i++) {
		t.n = 0;
		cutter_set(c, i % 2 == 0 ? CUT_AFTER : CUT_BEFORE);
		assert_ok(f, reserve_one(f, &row, 2 + i));
		assert_int_equal(t.n, 1);
		assert_false(row.already);
		assert_int_equal(row.index, i);
		assert_int_equal(row.serial, i + 1);
		assert_int_equal(acts(f), i + 1);
	}
	/* Done twice, these would be conflicts. */
	t.n = 0;
	cutter_set(c, CUT_AFTER);
	assert_ok(f, registry_void(f->r, 0, "x", NOW, &f->why));
	assert_int_equal(t.n, 1);
	t.n = 0;
	cutter_set(c, CUT_AFTER);
	assert_ok(f,
	    registry_void_stale(f->r, NOW + 1, "gone", NOW, &stale, &f->why));
	assert_int_equal(stale, 3);
	t.n = 0;
	cutter_set(c, CUT_AFTER);
	assert_ok(f, swap(f->r, 0, 4, &f->why));
	assert_int_equal(t.n, 1);
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
	struct tries t = {0};

	told_of(f, &t, 0);
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

static enum cred_err
count(void *ctx, const struct registry_entry *e, struct why *why)
{
	unsigned *n = ctx;

	(void)why;
	assert_int_equal(e->index, *n);
	++*n;
	return CRED_OK;
}

#define PAGE " FROM entry e "

/* A page is read again as long as nobody was told of the first; after that, the
 * rest could be of another state. */
static void
a_walk_that_is_cut(void **state)
{
	struct fixture *f = *state;
	struct cutter *c = through(f);
	const struct registry_filter all = {.state = -1, .status = -1};
	struct tries t;
	unsigned rows = 0;

	reserve_n(f->r, "B1", 2, 700, NULL);
	told_of(f, &t, 0);
	cutter_at(c, PAGE, sizeof PAGE - 1, 1);
	cutter_set(c, CUT_AFTER);
	assert_ok(f, registry_each(f->r, &all, count, &rows, &f->why));
	assert_int_equal(t.n, 1);
	assert_int_equal(rows, 700);
	t.n = rows = 0;
	cutter_at(c, PAGE, sizeof PAGE - 1, 2);
	cutter_set(c, CUT_BEFORE);
	assert_int_equal(registry_each(f->r, &all, count, &rows, &f->why),
	    CRED_FAULT_NETWORK);
	assert_int_equal(t.n, 0);
	assert_in_range(rows, 500, 699); /* one page: all of a chunk */
	rows = 0;
	assert_ok(f, registry_each(f->r, &all, count, &rows, &f->why));
	assert_int_equal(rows, 700);
	cutter_free(c);
}

#define T(fn)                                                                  \
	cmocka_unit_test_setup_teardown(fn, postgres_set_up, postgres_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(server_comes_back),
	    T(server_stays_away),
	    T(held_by_another),
	    T(losers_try_again),
	    T(full_disk),
	    T(not_confirmed_is_not_done),
	    T(not_confirmed_is_not_refused),
	    T(a_lost_answer),
	    T(an_answer_lost_too_long_ago),
	    T(a_walk_that_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
