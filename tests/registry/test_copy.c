/* A registry copied from engine to engine loses nothing, and is compared. */
#include "registry/copy.h"

#include <string.h>

#include "tests/registry/claims.h"
#include "tests/registry/server.h"

static const char series[] = "S000015000123254";
static enum ledger_outcome
book(struct fixture *f, const struct ledger_claim *c)
{
	struct ledger_answer a;

	assert_ok(f, ledger_book(f->r, c, &THREE, "li", NOW, &a, &f->why));
	return a.outcome;
}

/* Something of everything: void, replaced with its number, revoked, logged,
 * waiting, a number from outside, facts, claims with and without more. */
static void
fill(struct fixture *f)
{
	static const uint8_t phone[16] = "phone";
	struct ledger_claim a = plain("A1", 7, "sp:a"),
			    b = plain("B1", 7, "sp:b"),
			    c = plain("C1", 7, "sp:c");
	struct ledger_answer answer;
	struct reservation row;
	struct plan *p = plan_new();
	uint64_t old = 3;
	size_t n = 0;

	reserve_n(f->r, "B1", 2, 700, NULL);
	store_n(f->r, 0, 690);
	for (uint64_t i = 690; i < 695; i++)
		assert_ok(f, registry_void(f->r, i, "废", NOW, &f->why));
	row_init(&row, 5, series);
	row.replaces = &old;
	row.keeps_number = true;
	row.number = "S000015000123254000004";
	row.reason = "更正";
	assert_ok(f,
	    registry_reserve(f->r, "R", &row, 1, NOW, fill_plain, p, &f->why));
	store_n(f->r, 700, 1);
	row_init(&row, 6, series);
	row.number = "S000015000123254000999";
	assert_ok(f,
	    registry_reserve(f->r, "B2", &row, 1, NOW, fill_plain, p, &f->why));
	p->kind = KIND_OPERATION;
	p->level = 0;
	row_init(&row, 7, NULL);
	assert_ok(f,
	    registry_reserve(f->r, "B3", &row, 1, NOW, fill_plain, p, &f->why));
	assert_ok(f, swap(f->r, 0, 695, &f->why));
	assert_ok(f, registry_status_set(f->r, 9, STATUS_VALID,
			 STATUS_SUSPENDED, "查", "li", NOW, &f->why));
	assert_ok(f, registry_status_set(f->r, 9, STATUS_SUSPENDED,
			 STATUS_VALID, "好", "li", NOW, &f->why));
	assert_ok(f, registry_status_set(f->r, 11, STATUS_VALID, STATUS_REVOKED,
			 "假", "li", NOW, &f->why));
	store_n(f->r, 695, 5);
	assert_ok(f, swap(f->r, 695, 701, &f->why));
	assert_ok(f, registry_supersede(f->r, "li", NOW, &n, &f->why));
	assert_int_equal(n, 1);
	assert_ok(f, registry_meta_set(f->r, "status.0.iat", -5, &f->why));
	assert_ok(f, ledger_init(f->r, &f->why));
	b.region = "1502";
	b.department = 3;
	b.phone = phone;
	assert_int_equal(book(f, &a), LEDGER_DONE);
	assert_int_equal(book(f, &b), LEDGER_DONE);
	assert_int_equal(book(f, &c), LEDGER_DONE);
	assert_ok(f, ledger_do(f->r, "C1", LEDGER_REJECT, -1, "重", "li", NOW,
			 &answer, &f->why));
	free(p);
}

static void
compare(struct fixture *a, struct fixture *b)
{
	uint64_t entries = 0, acts = 0;

	assert_ok(a, registry_compare(a->r, b->r, &entries, &acts, &a->why));
	assert_int_equal(entries, 703);
	assert_true(acts > 10);
}

/* What stands in the way in the original does so in the copy. */
static void
goes_on(struct fixture *f)
{
	struct ledger_claim a = plain("A1", 7, "sp:a"),
			    again = plain("A2", 7, "sp:a"),
			    d = plain("D1", 7, "sp:d"),
			    e = plain("E1", 7, "sp:e");
	struct reservation rows[2];
	struct plan *p = plan_new();

	row_init(&rows[0], 2, series);
	row_init(&rows[1], 9999, series);
	assert_ok(f,
	    registry_reserve(f->r, "B1", rows, 2, NOW, fill_plain, p, &f->why));
	assert_true(rows[0].already);
	assert_int_equal(rows[0].index, 0);
	assert_int_equal(rows[1].index, 703);
	assert_int_equal(rows[1].serial, 1000);
	assert_int_equal(book(f, &a), LEDGER_ALREADY);
	assert_int_equal(book(f, &again), LEDGER_SAME_SUBJECT);
	assert_int_equal(book(f, &d), LEDGER_DONE); /* C1's place */
	assert_int_equal(book(f, &e), LEDGER_YEAR_FULL);
	free(p);
}

static void
there_and_back(void **state)
{
	struct fixture *a = fixture_new("sqlite:"),
		       *b = fixture_new("postgresql:"),
		       *c = fixture_new("sqlite:");
	uint64_t there = 0, back = 0;

	(void)state;
	fill(a);
	assert_ok(a, registry_copy(a->r, b->r, &there, &a->why));
	compare(a, b);
	assert_ok(b, registry_copy(b->r, c->r, &back, &b->why));
	assert_int_equal(there, back);
	compare(b, c);
	compare(a, c);
	goes_on(b);
	goes_on(c);
	fixture_free(a);
	fixture_free(b);
	fixture_free(c);
}

static void
meddle(const struct fixture *f, const char *sql)
{
	char text[1280];

	snprintf(text, sizeof text, "SET search_path = %s; %s",
	    strstr(f->spec, "%3D") + 3, sql);
	server_sql(server_shared(), text, NULL, 0);
}

static void
differences_are_named(void **state)
{
	static const struct {
		const char *sql, *says;
	} tricks[] = {
	    {"UPDATE entry SET name = '李四' WHERE idx = 17", "index 17"},
	    {"UPDATE credential SET signed_at = 1 WHERE idx = 18", "index 18"},
	    {"UPDATE head SET root = note", "another"},
	    {"UPDATE audit SET at = at + 1 WHERE seq = 3", "line 3"},
	    {"UPDATE series SET last = last - 1", "'series'"},
	    {"UPDATE meta SET value = 0", "'meta'"},
	    {"DELETE FROM claim_year WHERE place = 1", "'claim_year'"},
	    {"UPDATE claim_more SET phone = NULL", "'claim_more'"},
	    {"UPDATE batch SET made_at = 0 WHERE id = 1", "'batch'"},
	    {"UPDATE entry SET generation = 5 WHERE idx = 17", "'entry'"},
	    {"UPDATE status_version SET version = 1", "status list 0"},
	};
	struct fixture *a = fixture_new("sqlite:");
	uint64_t n, acts;

	(void)state;
	fill(a);
	for (size_t i = 0; i < sizeof tricks / sizeof *tricks; i++) {
		struct fixture *b = fixture_new("postgresql:");
		enum cred_err e;
		assert_ok(a, registry_copy(a->r, b->r, &n, &a->why));
		meddle(b, tricks[i].sql);
		e = registry_compare(a->r, b->r, &n, &acts, &a->why);
		assert_int_not_equal(e, CRED_OK);
		if (strcmp(tricks[i].says, "another") != 0)
			assert_non_null(strstr(a->why.text, tricks[i].says));
		fixture_free(b);
	}
	fixture_free(a);
}

static void
only_into_an_empty_one(void **state)
{
	struct fixture *a = fixture_new("sqlite:"),
		       *b = fixture_new("postgresql:"),
		       *m = fixture_new("memory:");
	uint64_t n = 0;

	(void)state;
	reserve_n(a->r, "B1", 2, 3, NULL);
	assert_ok(b, registry_meta_set(b->r, "x", 1, &b->why));
	assert_int_equal(
	    registry_copy(a->r, b->r, &n, &a->why), CRED_FAULT_EXISTS);
	assert_non_null(strstr(a->why.text, "'meta'"));
	assert_int_equal(
	    registry_copy(b->r, a->r, &n, &a->why), CRED_FAULT_EXISTS);
	assert_int_equal(
	    registry_copy(a->r, m->r, &n, &a->why), CRED_FAULT_CONFIG);
	assert_int_equal(
	    registry_copy(m->r, a->r, &n, &a->why), CRED_FAULT_CONFIG);
	fixture_free(a);
	fixture_free(b);
	fixture_free(m);
}

/* Copy a by a role that may read what is Tamga's. */
static enum cred_err
as_clerk(struct fixture *a, struct fixture *b, uint64_t *n)
{
	char text[1024], spec[300];
	const char *schema = strstr(a->spec, "%3D") + 3;
	struct registry *r = NULL;
	enum cred_err e;

	snprintf(text, sizeof text,
	    "DO $$BEGIN CREATE ROLE clerk LOGIN;"
	    " EXCEPTION WHEN duplicate_object THEN NULL; END$$;"
	    "GRANT USAGE ON SCHEMA %s TO clerk; GRANT SELECT ON tamga_schema,"
	    " batch, entry, credential, status, status_version, series, head,"
	    " meta, audit, claim, claim_year, claim_half, claim_more TO clerk",
	    schema);
	meddle(a, text);
	snprintf(
	    spec, sizeof spec, "postgresql://clerk%s", strchr(a->spec, '@'));
	assert_ok(b, registry_open(spec, REGISTRY_READ, &r, &b->why));
	e = registry_copy(r, b->r, n, &b->why);
	registry_close(r);
	return e;
}

static void
unknown_tables_are_not_left_behind(void **state)
{
	struct fixture *a = fixture_new("postgresql:"),
		       *b = fixture_new("sqlite:");
	uint64_t n = 0, acts;

	(void)state;
	reserve_n(a->r, "B1", 2, 3, NULL);
	meddle(a, "CREATE TABLE fees (x integer)");
	assert_int_equal(registry_copy(a->r, b->r, &n, &a->why), CRED_FAULT_DB);
	assert_non_null(strstr(a->why.text, "'fees'"));
	assert_ok(b, registry_next_index(b->r, &n, &b->why));
	assert_int_equal(n, 0);
	/* Nor is one that the role may not even read. */
	assert_int_equal(as_clerk(a, b, &n), CRED_FAULT_DB);
	assert_non_null(strstr(b->why.text, "'fees'"));
	meddle(a, "DROP TABLE fees");
	assert_int_equal(as_clerk(a, b, &n), CRED_OK);
	fixture_free(b);
	b = fixture_new("sqlite:");
	assert_ok(b, registry_copy(a->r, b->r, &n, &b->why));
	assert_ok(b, registry_compare(a->r, b->r, &n, &acts, &b->why));
	assert_int_equal(n, 3);
	fixture_free(a);
	fixture_free(b);
}

static void
about(void **state)
{
	struct fixture *a = fixture_new("sqlite:"),
		       *b = fixture_new("postgresql:");
	struct registry_about x;

	(void)state;
	assert_ok(a, registry_about(a->r, &x, &a->why));
	assert_string_equal(x.engine, "sqlite");
	assert_string_equal(x.place, a->spec + 7);
	assert_int_equal(x.schema, 1);
	assert_ok(b, registry_about(b->r, &x, &b->why));
	assert_string_equal(x.engine, "postgresql");
	assert_non_null(strstr(x.place, "/postgres"));
	assert_int_equal(strncmp(x.server, "15.", 3), 0);
	assert_int_equal(x.schema, 1);
	assert_false(x.standby);
	assert_int_equal(x.standbys, 0);
	fixture_free(a);
	fixture_free(b);
}

/* Who waits for whom is the administrator's to see: an ordinary role does not
 * know it, which is not "nobody". */
static void
about_standbys(void **state)
{
	struct fixture *b = fixture_new("postgresql:");
	struct server standby;
	char text[512], spec[300], n[16] = "";
	struct registry *r = NULL;
	struct registry_about x;

	(void)state;
	snprintf(text, sizeof text,
	    "DO $$BEGIN CREATE ROLE clerk LOGIN;"
	    " EXCEPTION WHEN duplicate_object THEN NULL; END$$;"
	    "GRANT USAGE ON SCHEMA %s TO clerk;"
	    "GRANT SELECT ON tamga_schema TO clerk",
	    strstr(b->spec, "%3D") + 3);
	meddle(b, text);
	snprintf(
	    spec, sizeof spec, "postgresql://clerk%s", strchr(b->spec, '@'));
	server_make_standby(&standby, server_shared());
	server_start(&standby);
	server_sql(server_shared(),
	    "ALTER SYSTEM SET synchronous_standby_names = '*'", NULL, 0);
	server_sql(server_shared(), "SELECT pg_reload_conf()", NULL, 0);
	for (int i = 0; i < 1500 && strcmp(n, "1") != 0; i++) {
		server_sql(server_shared(),
		    "SELECT count(*), pg_sleep(0.02) FROM pg_stat_replication"
		    " WHERE sync_state = 'sync'",
		    n, sizeof n);
	}
	assert_ok(b, registry_about(b->r, &x, &b->why));
	assert_int_equal(x.standbys, 1);
	assert_ok(b, registry_open(spec, REGISTRY_READ, &r, &b->why));
	assert_ok(b, registry_about(r, &x, &b->why));
	assert_int_equal(x.standbys, -1);
	registry_close(r);
	server_sql(server_shared(),
	    "ALTER SYSTEM RESET synchronous_standby_names", NULL, 0);
	server_sql(server_shared(), "SELECT pg_reload_conf()", NULL, 0);
	server_release(&standby);
	fixture_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(there_and_back),
	    cmocka_unit_test(differences_are_named),
	    cmocka_unit_test(only_into_an_empty_one),
	    cmocka_unit_test(unknown_tables_are_not_left_behind),
	    cmocka_unit_test(about),
	    cmocka_unit_test(about_standbys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
