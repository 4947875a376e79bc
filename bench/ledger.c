/*
 * bench-ledger fill PATH ROWS CLAIMS HOME: a ledger of ROWS claims, made in
 * bulk: three of each person in the table CLAIMS, under HOME's ledger key, the
 * rest of people who occur nowhere else.
 * bench-ledger book PATH TRIES: 16 processes, each trying TRIES times to book
 * for shared people; prints how many tries a second the ledger answered.
 */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"
#include "registry/ledger.h"
#include "verifier/claimfile.h"
#include "verifier/person.h"

#define BOOKERS 16
#define PEOPLE  500

static struct why why;

static void
must(enum cred_err e)
{
	if (e == CRED_OK)
		return;
	fprintf(stderr, "bench-ledger: %s: %s\n", cred_errname(e), why.text);
	exit(2);
}

static void
make(const char *path)
{
	struct registry *r;
	char spec[512];

	snprintf(spec, sizeof spec, "sqlite:%s", path);
	must(registry_open(spec, REGISTRY_WRITE, &r, &why));
	must(ledger_init(r, &why));
	registry_close(r);
}

static void
sql(sqlite3 *db, const char *text)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK)
		return;
	fprintf(stderr, "bench-ledger: %s\n", sqlite3_errmsg(db));
	exit(2);
}

/* The people of the table, into a temporary table of the connection. */
static void
people(sqlite3 *db, const char *claims, const char *home)
{
	const struct claim_row *row;
	struct claimfile *f = NULL;
	struct person_key key;
	uint8_t person[32];
	sqlite3_stmt *st;

	must(person_key_load(home, true, &key, &why));
	must(claimfile_open(claims, &f, &why));
	sql(db, "CREATE TEMP TABLE who (person BLOB)");
	if (sqlite3_prepare_v2(
		db, "INSERT INTO who VALUES (?1)", -1, &st, NULL) != SQLITE_OK)
		exit(2);
	for (;;) {
		must(claimfile_next(f, &row, &why));
		if (row == NULL)
			break;
		must(person_hash(&key, row->claim.id_type,
		    bytes_str(row->claim.id_number), person));
		sqlite3_bind_blob(st, 1, person, 32, SQLITE_STATIC);
		sqlite3_step(st);
		sqlite3_reset(st);
	}
	sqlite3_finalize(st);
	claimfile_close(f);
}

static int
fill(char **arg)
{
	sqlite3 *db;
	char text[2048];

	make(arg[0]);
	if (sqlite3_open(arg[0], &db) != SQLITE_OK)
		return 2;
	sql(db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
		"PRAGMA cache_size = -400000; DROP INDEX claim_person;"
		"DROP INDEX claim_number; DROP INDEX claim_body; BEGIN;");
	people(db, arg[2], arg[3]);
	snprintf(text, sizeof text,
	    "WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n"
	    " WHERE v < %ld) INSERT INTO claim SELECT v, 'L' || v,"
	    " randomblob(32), coalesce((SELECT person FROM who WHERE rowid ="
	    " (v + 2) / 3), randomblob(32)), 'sp:' || (v %% 3 + 1), 1, 1,"
	    " 2012 + v %% 3, 3, 0, 15700, 15690, 15650, 15680, 80000, '',"
	    " '第' || (v %% 97) || '培训学校', '52150100MJY000000J', v, '', 3,"
	    " 'li', 1356000000 FROM n",
	    atol(arg[1]));
	sql(db, text);
	sql(db,
	    "INSERT OR IGNORE INTO claim_year SELECT person, year, 1, seq"
	    " FROM claim ORDER BY person, year;"
	    "INSERT OR IGNORE INTO claim_half SELECT person, subject, scheme,"
	    " h, seq FROM claim, (SELECT 1 AS h UNION ALL SELECT 2)"
	    " ORDER BY person, subject, scheme, h; COMMIT;");
	sqlite3_close(db);
	make(arg[0]); /* the indexes again */
	return 0;
}

static int
booker(const char *path, unsigned who, unsigned tries)
{
	const struct ledger_rules rules = {.max_per_year = 3};
	struct ledger_answer a;
	struct registry *r;
	char spec[512], id[32], subject[32];

	snprintf(spec, sizeof spec, "sqlite:%s", path);
	must(registry_open(spec, REGISTRY_WRITE, &r, &why));
	for (unsigned t = 0; t < tries; t++) {
		unsigned person = (t * 31 + who * 7) % PEOPLE;
		struct ledger_claim c = {.id = id,
		    .subject = subject,
		    .scheme = 1,
		    .part = LEDGER_FULL,
		    .year = 2020 + (int)(t % 3),
		    .kind = 2,
		    .level = 4,
		    .applied = 18500,
		    .fen = 150000,
		    .number = "",
		    .institution = "",
		    .body_id = "",
		    .index = -1,
		    .codes = ""};
		snprintf(id, sizeof id, "%u-%u", who, t);
		snprintf(subject, sizeof subject, "sp:%u", (t + who) % 12);
		memcpy(c.person, &person, sizeof person);
		memcpy(c.content, id, sizeof id);
		must(ledger_book(r, &c, &rules, "li", 1, &a, &why));
	}
	registry_close(r);
	return 0;
}

static int
book(char **arg)
{
	unsigned tries = (unsigned)atoi(arg[1]);
	struct timespec from, to;
	double s;
	int status;

	make(arg[0]);
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (unsigned i = 0; i < BOOKERS; i++) {
		pid_t pid = fork();
		if (pid == 0)
			_exit(booker(arg[0], i, tries));
	}
	for (unsigned i = 0; i < BOOKERS; i++)
		if (wait(&status) < 0 || status != 0)
			return 2;
	clock_gettime(CLOCK_MONOTONIC, &to);
	s = (double)(to.tv_sec - from.tv_sec) +
	    (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	bench_line("ledger-book-16", BOOKERS * tries / s, "tries/s", 0, "");
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 6 && strcmp(argv[1], "fill") == 0)
		return fill(argv + 2);
	if (argc == 4 && strcmp(argv[1], "book") == 0)
		return book(argv + 2);
	fputs("usage: bench-ledger fill PATH ROWS CLAIMS HOME | book PATH "
	      "TRIES\n",
	    stderr);
	return 2;
}
