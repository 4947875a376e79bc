/*
 * bench-scale measure PASSFILE TURNS PUBS N HOME SPEC …: what one operation
 * costs in each of the homes, one turn of each after the other, medians. CPU is
 * that of this process and of the server's process that answers it.
 */
#include "bench/scale.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"
#include "issuer/publish.h"
#include "keys/trust.h"
#include "registry/postgres_int.h"

#define TARGETS 8
#define TURNS   400
#define CHUNK   500
#define ASKED   200
#define BOOKED  20
#define PEOPLE  10000 /* at most, in the table of claims */

enum op {
	OP_ISSUE, /* the next four together */
	OP_RESERVE,
	OP_STORE,
	OP_APPEND,
	OP_SWEEP,
	OP_NUMBER,
	OP_SAME,
	OP_REVOKE,
	OP_PUBLISH,
	OP_PERSON,
	OP_BOOK,
	OP_PAY,
	OPS
};
static const struct {
	const char *name;
	unsigned times; /* in one turn */
} ops[OPS] = {
    [OP_ISSUE] = {"issue", CHUNK},
    [OP_RESERVE] = {"  reserve", CHUNK},
    [OP_STORE] = {"  store", CHUNK},
    [OP_APPEND] = {"  log-append", CHUNK},
    [OP_SWEEP] = {"  after", CHUNK},
    [OP_NUMBER] = {"by-number", ASKED},
    [OP_SAME] = {"find-same", ASKED},
    [OP_REVOKE] = {"revoke", 1},
    [OP_PUBLISH] = {"publish", 1},
    [OP_PERSON] = {"claims-of-person", ASKED},
    [OP_BOOK] = {"book", BOOKED},
    [OP_PAY] = {"approve-and-pay", BOOKED},
};

static struct target {
	const char *label;
	uint64_t n;
	struct cli_common cli;
	struct home h;
	clockid_t server; /* the backend's CPU */
	bool has_server;
	struct persons persons;
	char pub[512];
	double cpu[OPS][TURNS], wall[OPS][TURNS];
	uint64_t serial, rng;
} targets[TARGETS];
static struct why why;

struct moment {
	double cpu, wall;
};

static double
seconds(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) != 0)
		scale_die("clock", "the server's process is gone");
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct moment
now(const struct target *t)
{
	struct moment m = {seconds(CLOCK_PROCESS_CPUTIME_ID),
	    seconds(CLOCK_MONOTONIC)};

	if (t->has_server)
		m.cpu += seconds(t->server);
	return m;
}

static void
took(struct target *t, enum op op, int turn, struct moment from)
{
	struct moment to = now(t);
	double times = ops[op].times;

	t->cpu[op][turn] = 1e6 * (to.cpu - from.cpu) / times;
	t->wall[op][turn] = 1e6 * (to.wall - from.wall) / times;
}

static uint64_t
any(struct target *t)
{
	return scale_mix(t->rng++) % t->n;
}

static void
open_target(struct target *t, char **arg, const char *pass, const char *pubs)
{
	struct pg_registry *p;

	t->label = strncmp(arg[2], "sqlite:", 7) == 0 ? "sqlite" : "postgresql";
	t->n = strtoull(arg[0], NULL, 10);
	cli_common_init(&t->cli);
	t->cli.home = arg[1];
	t->cli.registry = arg[2];
	t->cli.pass.file = pass;
	t->cli.quiet = true;
	t->rng = t->n + ((uint64_t)getpid() << 32); /* another run: others */
	snprintf(t->pub, sizeof t->pub, "%s/%s-%" PRIu64, pubs, t->label, t->n);
	scale_must(home_open(&t->cli, HOME_SIGN, &t->h, &why), &why);
	persons_init(&t->persons, t->n);
	if (t->persons.n <= PEOPLE)
		scale_die(arg[0], "too small: more than 30000 claims");
	if (*t->label == 's')
		return;
	p = (struct pg_registry *)t->h.registry;
	t->has_server =
	    clock_getcpuclockid(PQbackendPID(p->conn), &t->server) == 0;
	if (!t->has_server)
		scale_die("postgresql", "its process is not on this machine");
}

static struct made made[CHUNK];

static enum cred_err
fill(void *ctx, struct reservation *r, size_t i, struct registry_entry *out,
    struct why *w)
{
	struct target *t = ctx;
	struct made *m = &made[i];
	char number[32];

	(void)w;
	snprintf(
	    number, sizeof number, "%s%06u", r->number_series, r->serial);
	made_as(UINT64_C(1) << 40 | r->index, r->index, number,
	    signer_kid(t->h.signer), m);
	*out = (struct registry_entry){.kind = KIND_LEVEL,
	    .number = m->number,
	    .name = unconst(m->name),
	    .id_number = m->id,
	    .id_type = ID_RESIDENT,
	    .occupation = unconst(m->occupation),
	    .code = unconst(m->code),
	    .level = m->level,
	    .issued = m->issued,
	    .payload = bytes_of(m->payload, m->payload_len),
	    .print = bytes_str("{\"photo\":null}")};
	return CRED_OK;
}

/* A chunk as issuer/batch.c does it, but for checking rows and signing. */
static void
issue(struct target *t, int turn, const char *batch)
{
	static struct reservation rows[CHUNK];
	static uint64_t index[CHUNK];
	static struct bytes creds[CHUNK];
	static uint8_t entries[CHUNK][TLOG_ENTRY_LEN];
	struct registry *r = t->h.registry;
	struct moment all = now(t), m = all;
	uint64_t first;
	size_t n;

	for (uint32_t i = 0; i < CHUNK; i++) {
		uint64_t key[2] = {(uint64_t)turn, i};
		rows[i] = (struct reservation){
		    .row = i + 2, .number_series = "S000015000123264"};
		trust_sha256(rows[i].row_key, bytes_of(key, sizeof key),
		    bytes_str(batch));
	}
	scale_must(registry_reserve(r, batch, rows, CHUNK, 1, fill, t, &why),
	    &why);
	took(t, OP_RESERVE, turn, m);
	m = now(t);
	for (size_t i = 0; i < CHUNK; i++) {
		index[i] = rows[i].index;
		creds[i] =
		    bytes_of(made[i].credential, made[i].credential_len);
		trust_sha256(entries[i], creds[i], bytes_of("", 0));
	}
	scale_must(registry_store(r, index, creds, CHUNK, 2, &why), &why);
	took(t, OP_STORE, turn, m);
	m = now(t);
	scale_must(log_append(t->h.log,
		       (const uint8_t(*)[TLOG_ENTRY_LEN])entries, CHUNK, &first,
		       &why),
	    &why);
	took(t, OP_APPEND, turn, m);
	m = now(t);
	scale_must(registry_supersede(r, NULL, 3, &n, &why), &why);
	took(t, OP_SWEEP, turn, m);
	took(t, OP_ISSUE, turn, all);
}

static void
look_up(struct target *t, int turn)
{
	static struct made m[ASKED];
	struct registry_entry e;
	struct moment from;
	uint64_t index;
	bool found;

	for (size_t i = 0; i < ASKED; i++)
		made_of(any(t), signer_kid(t->h.signer), &m[i]);
	from = now(t);
	for (size_t i = 0; i < ASKED; i++) {
		scale_must(registry_by_number(t->h.registry, m[i].number, &e,
			       &found, &why),
		    &why);
		if (!found)
			scale_die(m[i].number, "not found");
		registry_entry_release(&e);
	}
	took(t, OP_NUMBER, turn, from);
	from = now(t);
	for (size_t i = 0; i < ASKED; i++)
		scale_must(registry_find_same(t->h.registry,
			       &(struct registry_same){ID_RESIDENT, m[i].id,
				   KIND_LEVEL, m[i].code, m[i].occupation,
				   m[i].level, 0, NULL},
			       &index, &found, &why),
		    &why);
	took(t, OP_SAME, turn, from);
}

/* Everything else is published already: what one revocation costs. */
static void
revoke_one(struct target *t, int turn)
{
	struct publish_result r;
	struct moment from;
	uint64_t i = any(t);
	enum cred_err e;

	scale_must(
	    publish(&t->h, t->pub, time(NULL), &r, &why), &why);
	do {
		i = any(t);
		from = now(t);
		e = registry_status_set(t->h.registry, i, STATUS_VALID,
		    STATUS_REVOKED, "bench", NULL, 1, &why);
	} while (e == CRED_FAULT_CONFLICT); /* not valid any more */
	scale_must(e, &why);
	took(t, OP_REVOKE, turn, from);
	from = now(t);
	scale_must(
	    publish(&t->h, t->pub, time(NULL), &r, &why), &why);
	took(t, OP_PUBLISH, turn, from);
}

static enum cred_err
count(void *ctx, const struct ledger_claim *c, struct why *w)
{
	(void)c, (void)w;
	++*(unsigned *)ctx;
	return CRED_OK;
}

static void
ledger(struct target *t, int turn)
{
	const struct ledger_rules rules = {.max_per_year = 3};
	static uint8_t persons[ASKED][32];
	char id[BOOKED][40];
	struct ledger_answer a;
	struct moment from;
	unsigned n = 0;

	for (size_t i = 0; i < ASKED; i++) {
		uint64_t k = PEOPLE + any(t) % (t->persons.n - PEOPLE);
		persons_get(&t->persons, k, persons[i]);
	}
	from = now(t);
	for (size_t i = 0; i < ASKED; i++)
		scale_must(ledger_each(t->h.registry,
			       &(struct ledger_filter){
				   .person = persons[i], .state = -1},
			       count, &n, &why),
		    &why);
	took(t, OP_PERSON, turn, from);
	if (n < 2 * ASKED)
		scale_die("claims of a person", "not found");
	from = now(t);
	for (size_t i = 0; i < BOOKED; i++) {
		struct ledger_claim c = {.id = id[i],
		    .subject = "work:6-31-01-03:4",
		    .scheme = 1,
		    .part = LEDGER_FULL,
		    .year = 2026,
		    .kind = 2,
		    .level = 4,
		    .applied = 20500,
		    .fen = 150000,
		    .number = "",
		    .institution = "第七培训学校",
		    .body_id = "52150100MJY000000J",
		    .region = "1502",
		    .department = 3,
		    .index = -1,
		    .codes = ""};
		uint64_t x[4];
		snprintf(id[i], sizeof id[i], "B%d-%zu-%lld", turn, i,
		    (long long)getpid());
		for (uint64_t k = 0; k < 4; k++)
			x[k] = scale_mix(t->rng++ + (k << 32));
		memcpy(c.person, x, 32);
		memcpy(c.content, x, 32);
		scale_must(ledger_book(t->h.registry, &c, &rules, "li", 1, &a,
			       &why),
		    &why);
		if (a.outcome != LEDGER_DONE)
			scale_die("book", ledger_outcome_name(a.outcome));
	}
	took(t, OP_BOOK, turn, from);
	from = now(t);
	for (size_t i = 0; i < BOOKED; i++) {
		scale_must(ledger_do(t->h.registry, id[i], LEDGER_APPROVE, -1,
			       "", "wang", 2, &a, &why),
		    &why);
		scale_must(ledger_do(t->h.registry, id[i], LEDGER_PAY, -1, "",
			       "wang", 3, &a, &why),
		    &why);
	}
	took(t, OP_PAY, turn, from);
}

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof *v, ascending);
	return v[n / 2];
}

static void
print(struct target *t, size_t n, int turns)
{
	char name[64], against[64];
	double first = 0, v;

	for (int op = 0; op < OPS; op++)
		for (size_t k = 0; k < n; k++) {
			snprintf(name, sizeof name, "%s-%s-%" PRIu64,
			    ops[op].name, t[k].label, t[k].n);
			snprintf(against, sizeof against, "%" PRIu64 "; %.1f by the clock",
			    t[0].n, median(t[k].wall[op], turns));
			v = median(t[k].cpu[op], turns);
			first = k == 0 ? v : first;
			bench_line(name, v, "us", first, against);
		}
}

/* Published lists in all, and the one that a revocation changes. */
static void
print_lists(const struct target *t)
{
	char path[640], name[64];
	double all = 0, one = 0;
	struct stat st;

	for (unsigned i = 0;; i++) {
		snprintf(path, sizeof path, "%s/bodies/%s/status/%u", t->pub,
		    t->h.body->scope.body_id, i);
		if (stat(path, &st) != 0)
			break;
		all += (double)st.st_size;
		one = i == 0 ? (double)st.st_size : one;
	}
	snprintf(name, sizeof name, "status-lists-%s-%" PRIu64, t->label, t->n);
	bench_line(name, all / 1e3, "kB", 0, "");
	snprintf(
	    name, sizeof name, "status-list-0-%s-%" PRIu64, t->label, t->n);
	bench_line(name, one / 1e3, "kB", 0, "");
}

static void
trail(struct target *t)
{
	struct moment from = now(t);
	uint8_t last[32];
	uint64_t lines;
	char name[64];

	scale_must(
	    registry_audit_verify(t->h.registry, &lines, last, &why), &why);
	snprintf(name, sizeof name, "trail-%s-%" PRIu64, t->label, t->n);
	bench_line(name, 1e6 * (now(t).cpu - from.cpu) / (double)lines,
	    "us/line", 0, "");
}

int
scale_measure(int argc, char **argv)
{
	size_t n = 0;
	char batch[32];
	int turns;

	if (argc < 6 || argc % 3 != 0 || argc / 3 - 1 > TARGETS ||
	    (turns = atoi(argv[1])) < 1 || turns > TURNS)
		return 2;
	snprintf(batch, sizeof batch, "m%lld", (long long)getpid());
	for (int i = 3; i < argc; i += 3)
		open_target(&targets[n++], argv + i, argv[0], argv[2]);
	for (int turn = 0; turn < turns; turn++)
		for (size_t k = 0; k < n; k++) {
			issue(&targets[k], turn, batch);
			look_up(&targets[k], turn);
			revoke_one(&targets[k], turn);
			ledger(&targets[k], turn);
		}
	print(targets, n, turns);
	for (size_t k = 0; k < n; k++) {
		print_lists(&targets[k]);
		trail(&targets[k]);
		home_close(&targets[k].h);
	}
	return 0;
}
