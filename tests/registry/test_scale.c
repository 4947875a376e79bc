/*
 * No call reads the whole of a table that grows: what an engine reads for it is
 * counted with 10,000 certificates and claims, and again with 20,000.
 */
#include "fixture.h"

#include <libpq-fe.h>
#include <sqlite3.h>
#include <string.h>

#include "registry/ledger.h"
#include "registry/sqlite_int.h"
#include "tests/registry/server.h"

#define STEP  10000
#define SLACK 300

struct world {
	struct fixture *f;
	uint64_t n;      /* certificates and claims */
	unsigned serial; /* of whatever must be new */
	uint64_t fresh;  /* an index reserved and not signed */
	unsigned ticks;
};

static bool
is_sqlite(const struct world *w)
{
	return strncmp(w->f->spec, "sqlite:", 7) == 0;
}

/* As an administrator would, in the registry's schema. */
static void
sql(struct world *w, const char *text)
{
	char whole[1400];

	if (is_sqlite(w)) {
		assert_ok(w->f, sq_script((struct sqlite_registry *)w->f->r,
				    text, &w->f->why));
		return;
	}
	snprintf(whole, sizeof whole, "SET search_path = %s; %s",
	    strstr(w->f->spec, "%3D") + 3, text);
	server_sql(server_shared(), whole, NULL, 0);
}

/* Claims [from + 1, to], three of a person. */
static void
add_claims(struct world *w, uint64_t from, uint64_t to)
{
	const char *key =
	    is_sqlite(w) ? "CAST(printf('%032d', v / 3) AS BLOB)"
			 : "convert_to(lpad((v / 3)::text, 32, '0'), 'UTF8')";
	char text[1200], rows[160], values[512];

	if (is_sqlite(w))
		snprintf(rows, sizeof rows,
		    "(WITH RECURSIVE n(v) AS (SELECT %llu + 1 UNION ALL SELECT"
		    " v + 1 FROM n WHERE v < %llu) SELECT v FROM n)",
		    (unsigned long long)from, (unsigned long long)to);
	else
		snprintf(rows, sizeof rows, "generate_series(%llu + 1, %llu) v",
		    (unsigned long long)from, (unsigned long long)to);
	snprintf(values, sizeof values,
	    "v, 'L' || v, %s, %s, 'sp:' || (v %% 3), 1, 1, 2012 + v %% 3, 3,"
	    " 0, 15700, 15690, 0, 0, 80000, 'N' || v, '', 'B', v, '', 3, 'li',"
	    " 1",
	    key, key);
	snprintf(text, sizeof text,
	    "INSERT INTO claim (seq, id, content, person, subject, scheme,"
	    " part, year, kind, level, applied, issued, trained_from,"
	    " trained_to, fen, number, institution, body_id, idx, codes,"
	    " state, booked_by, changed_at) SELECT %s FROM %s",
	    values, rows);
	sql(w, text);
	snprintf(text, sizeof text,
	    "INSERT INTO claim_year SELECT %s, 2012 + v %% 3, 1, v FROM %s",
	    key, rows);
	sql(w, text);
	snprintf(text, sizeof text,
	    "INSERT INTO claim_half SELECT %s, 'sp:' || (v %% 3), 1, 1, v"
	    " FROM %s",
	    key, rows);
	sql(w, text);
}

static void
grow(struct world *w)
{
	uint64_t first, from = w->n, next;

	assert_ok(w->f, registry_next_index(w->f->r, &next, &w->f->why));
	for (uint32_t i = 0; i < STEP; i += 500) {
		static uint64_t index[500];
		static struct bytes creds[500];
		reserve_n(w->f->r, "big", (uint32_t)from + i, 500, &first);
		for (size_t k = 0; k < 500; k++) {
			index[k] = first + k;
			creds[k] = bytes_str("a credential");
		}
		assert_ok(w->f, registry_store(w->f->r, index, creds, 500, NOW,
				    &w->f->why));
		for (size_t k = 0; k < 20; k++)
			assert_ok(w->f,
			    registry_audit_append(w->f->r, "li", "test",
				"batch big", "", NOW, &w->f->why));
	}
	add_claims(w, 100 * from, 100 * from + STEP); /* past those booked */
	w->n += STEP;
	if (!is_sqlite(w))
		server_sql(server_shared(), "ANALYZE", NULL, 0);
}

static void
chunk(struct world *w)
{
	uint64_t size, next, index[10];
	struct bytes creds[10];
	uint8_t root[32], note[NOTE_MAX_BYTES];
	size_t len, swept;

	reserve_n(w->f->r, "big", 500000 + 10 * w->serial++, 10, &index[0]);
	for (size_t i = 0; i < 10; i++) {
		index[i] = index[0] + i;
		creds[i] = bytes_str("another");
	}
	assert_ok(w->f, registry_store(w->f->r, index, creds, 10, NOW,
			    &w->f->why));
	assert_ok(w->f, registry_next_index(w->f->r, &next, &w->f->why));
	assert_ok(w->f, registry_head_get(w->f->r, &size, root, note,
			    sizeof note, &len, &w->f->why));
	assert_ok(w->f, swap(w->f->r, size, next, &w->f->why));
	assert_ok(w->f, registry_supersede(
			    w->f->r, "li", NOW, &swept, &w->f->why));
}

static void
number(struct world *w)
{
	struct registry_entry e;
	bool found;

	assert_ok(w->f, registry_by_number(w->f->r, "S000015000123254000777",
			    &e, &found, &w->f->why));
	assert_true(found);
	registry_entry_release(&e);
	assert_ok(w->f,
	    registry_by_index(w->f->r, 778, &e, &found, &w->f->why));
	assert_true(found);
	registry_entry_release(&e);
}

static void
same_person(struct world *w)
{
	struct registry_same what = {ID_RESIDENT, "150102199001010777",
	    KIND_LEVEL, "6-31-01-03", "电工", 4, 0, NULL};
	uint64_t index;
	bool found;

	assert_ok(w->f, registry_find_same(
			    w->f->r, &what, &index, &found, &w->f->why));
	assert_true(found);
}

static void
status(struct world *w)
{
	static uint8_t raw[STATUSLIST_RAW_MAX + 1];
	int64_t v;

	assert_ok(w->f,
	    registry_status_set(w->f->r, 100 + w->serial++, STATUS_VALID,
		STATUS_REVOKED, "因故", "li", NOW, &w->f->why));
	assert_ok(w->f, registry_status_bits(w->f->r, 0, STATUSLIST_ENTRIES,
			    raw, &w->f->why));
	assert_ok(w->f, registry_status_version(w->f->r, 0, &v, &w->f->why));
}

static enum cred_err
tick(void *ctx, const struct registry_entry *e, struct why *why)
{
	(void)e, (void)why;
	++*(unsigned *)ctx;
	return CRED_OK;
}

static void
lists(struct world *w)
{
	const struct registry_filter filters[] = {
	    {.number = "S000015000123254000777", .state = -1, .status = -1},
	    {.state = -1, .status = STATUS_REVOKED},
	    {.state = ENTRY_RESERVED, .status = -1},
	    {.state = -1, .status = -1, .from = 700, .to = 710}};

	for (size_t i = 0; i < 4; i++)
		assert_ok(w->f, registry_each(w->f->r, &filters[i], tick,
				    &w->ticks, &w->f->why));
}

static void
stale(struct world *w)
{
	size_t n;

	assert_ok(w->f, registry_void_stale(
			    w->f->r, NOW - 1, "因故", NOW, &n, &w->f->why));
	assert_int_equal(n, 0);
}

static enum cred_err
claim_tick(void *ctx, const struct ledger_claim *c, struct why *why)
{
	(void)c, (void)why;
	++*(unsigned *)ctx;
	return CRED_OK;
}

static void
claims_of(struct world *w)
{
	static const uint8_t person[33] = "00000000000000000000000000000777";
	const struct ledger_filter filters[] = {{.id = "L777"},
	    {.number = "N777"}, {.person = person},
	    {.person = person, .state = -1}};

	for (size_t i = 0; i < 4; i++) {
		w->ticks = 0;
		assert_ok(w->f, ledger_each(w->f->r, &filters[i], claim_tick,
				    &w->ticks, &w->f->why));
		assert_int_equal(w->ticks, i < 2 ? 1 : 3);
	}
}

static void
book(struct world *w)
{
	const struct ledger_rules rules = {.max_per_year = 3};
	struct ledger_answer a;
	char id[32];
	struct ledger_claim c = {.id = id,
	    .subject = "work",
	    .scheme = 1,
	    .part = LEDGER_FULL,
	    .year = 2026,
	    .kind = 2,
	    .level = 4,
	    .fen = 1,
	    .number = "",
	    .institution = "",
	    .body_id = "",
	    .region = "15",
	    .index = -1,
	    .codes = ""};

	snprintf(id, sizeof id, "new-%u", w->serial++);
	memcpy(c.person, id, sizeof id);
	assert_ok(w->f, ledger_book(
			    w->f->r, &c, &rules, "li", NOW, &a, &w->f->why));
	assert_int_equal(a.outcome, LEDGER_DONE);
	assert_ok(w->f, ledger_do(w->f->r, id, LEDGER_REJECT, -1, "", "wang",
			    NOW, &a, &w->f->why));
	assert_int_equal(a.outcome, LEDGER_DONE);
}

static const struct {
	const char *name;
	void (*run)(struct world *w);
} calls[] = {
    {"a chunk", chunk},
    {"by number, by index", number},
    {"the same person", same_person},
    {"a status", status},
    {"lists", lists},
    {"void", stale},
    {"claims of an id, a number, a person", claims_of},
    {"book, reject", book},
};
#define CALLS (sizeof calls / sizeof *calls)

static int
steps(void *ctx)
{
	++*(uint64_t *)ctx;
	return 0;
}

/* Rows of tables and indexes read so far in the schema, once every connection
 * has told. */
static uint64_t
rows_read(struct world *w)
{
	char text[512], out[32];
	const char *schema = strstr(w->f->spec, "%3D") + 3;

	registry_close(w->f->r);
	w->f->r = NULL;
	do {
		server_sql(server_shared(),
		    "SELECT count(*) FROM pg_stat_activity"
		    " WHERE application_name = 'tamga'",
		    out, sizeof out);
	} while (strcmp(out, "0") != 0);
	snprintf(text, sizeof text,
	    "SELECT (SELECT sum(seq_tup_read) FROM pg_stat_user_tables"
	    " WHERE schemaname = '%s') + (SELECT sum(idx_tup_read)"
	    " FROM pg_stat_user_indexes WHERE schemaname = '%s')",
	    schema, schema);
	server_sql(server_shared(), text, out, sizeof out);
	fixture_reopen(w->f);
	return strtoull(out, NULL, 10);
}

/* Rows of PostgreSQL; of SQLite, turns of its machine's loops. */
static uint64_t
cost(struct world *w, void (*run)(struct world *w))
{
	struct sqlite_registry *s = (struct sqlite_registry *)w->f->r;
	uint64_t n = 0;

	if (!is_sqlite(w)) {
		n = rows_read(w);
		run(w);
		return rows_read(w) - n;
	}
	sqlite3_progress_handler(s->db, 1, steps, &n);
	run(w);
	sqlite3_progress_handler(s->db, 0, NULL, NULL);
	return n;
}

static void
world_new(struct world *w, void **state)
{
	*w = (struct world){.f = fixture_new(*state)};
	assert_ok(w->f, ledger_init(w->f->r, &w->f->why));
	grow(w);
	chunk(w); /* all is logged */
}

static void
twice_as_large_reads_no_more(void **state)
{
	uint64_t before[CALLS], after;
	struct world w;
	bool good = true;

	world_new(&w, state);
	for (size_t i = 0; i < CALLS; i++)
		before[i] = cost(&w, calls[i].run);
	grow(&w);
	chunk(&w);
	for (size_t i = 0; i < CALLS; i++) {
		after = cost(&w, calls[i].run);
		if (after <= before[i] + SLACK)
			continue;
		print_error("%s: %llu of %llu, then %llu of %llu\n",
		    calls[i].name, (unsigned long long)before[i],
		    (unsigned long long)STEP, (unsigned long long)after,
		    (unsigned long long)w.n);
		good = false;
	}
	fixture_free(w.f);
	assert_true(good);
}

/* That a table read whole is noticed at all. */
static void
a_lost_index_is_noticed(void **state)
{
	struct world w;
	uint64_t with, without;

	world_new(&w, state);
	with = cost(&w, claims_of);
	sql(&w, "DROP INDEX claim_person");
	without = cost(&w, claims_of);
	assert_true(without > with + STEP / 2);
	fixture_free(w.f);
}

#define OVER(engine, test)                                                     \
	{                                                                      \
		#test " " engine, test, NULL, NULL, unconst_text(engine)       \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    OVER("sqlite:", twice_as_large_reads_no_more),
	    OVER("postgresql:", twice_as_large_reads_no_more),
	    OVER("sqlite:", a_lost_index_is_noticed),
	    OVER("postgresql:", a_lost_index_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
