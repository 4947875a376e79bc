/*
 * A primary and two synchronous standbys (ANY 1 of 2); two issuers of one body
 * and a reviewer write all the time. The primary is killed, the standby that is
 * ahead promoted, the other follows it, the old primary comes back: first as if
 * nothing had been, and is of no use; then as a standby. Again, in a circle.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "registry/copy.h"
#include "registry/postgres.h"
#include "tests/cluster/load.h"
#include "tests/registry/server.h"

#define SERVERS 3
#define WRITERS 3

static struct server servers[SERVERS];
static unsigned primary;
static char all[512];
static char acks[WRITERS][128];
static const char *const roles[] = {"issuer", "issuer", "reviewer"};

#define OK(call)                                                               \
	do {                                                                   \
		enum cred_err e_ = (call);                                     \
		if (e_ != CRED_OK)                                             \
			print_error("%s: %s\n", cred_errname(e_), why.text);   \
		assert_int_equal(e_, CRED_OK);                                 \
	} while (0)

static void
settings(unsigned i)
{
	/* A tab: server_start() parts words at spaces. */
	snprintf(servers[i].settings, sizeof servers[i].settings,
	    "-c fsync=on -c wal_log_hints=on -c wal_keep_size=256MB"
	    " -c cluster_name=sb%u -c wal_retrieve_retry_interval=200ms"
	    " -c synchronous_standby_names=ANY\t1(sb0,sb1,sb2)",
	    i);
}

static void
nap(unsigned ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

static int64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Standbys that a commit may wait for. */
static void
wait_standbys(int n)
{
	char out[16] = "";

	for (int i = 0; i < 600; i++) {
		server_sql(&servers[primary],
		    "SELECT count(*) FROM pg_stat_replication"
		    " WHERE state = 'streaming' AND sync_state = 'quorum'",
		    out, sizeof out);
		if (atoi(out) >= n)
			return;
		nap(50);
	}
	fail_msg("only %s standbys follow", out);
}

static void
start_all(void)
{
	char hosts[320] = "", ports[64] = "";

	server_make(&servers[0]);
	settings(0);
	server_start(&servers[0]);
	for (unsigned i = 1; i < SERVERS; i++) {
		server_make_standby(&servers[i], &servers[0]);
		settings(i);
		server_start(&servers[i]);
	}
	for (unsigned i = 0; i < SERVERS; i++) {
		char port[16];
		snprintf(port, sizeof port, "%s%u", i == 0 ? "" : ",",
		    servers[i].port);
		strcat(ports, port);
		strcat(strcat(hosts, i == 0 ? "" : ","), servers[i].dir);
	}
	snprintf(all, sizeof all,
	    "postgresql://tamga@/postgres?host=%s&port=%s"
	    "&options=-cstatement_timeout%%3D4000",
	    hosts, ports);
	wait_standbys(2);
}

static pid_t
writer(unsigned i, const volatile bool *stop)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(load_run(strcmp(roles[i], "issuer") == 0 ? LOAD_ISSUER
							       : LOAD_REVIEWER,
		    i, all, acks[i], stop));
	}
	assert_true(pid > 0);
	return pid;
}

/* With ANY 1, what was acknowledged is on one of them: the one ahead. */
static unsigned
ahead(unsigned dead)
{
	unsigned a = (dead + 1) % SERVERS, b = (dead + 2) % SERVERS;
	char at[2][32], sql[128], more[16];

	server_sql(&servers[a], "SELECT pg_last_wal_receive_lsn()", at[0], 32);
	server_sql(&servers[b], "SELECT pg_last_wal_receive_lsn()", at[1], 32);
	snprintf(sql, sizeof sql, "SELECT '%s'::pg_lsn >= '%s'::pg_lsn", at[0],
	    at[1]);
	server_sql(&servers[a], sql, more, sizeof more);
	return *more == 't' ? a : b;
}

/* Back as if it still were the primary: it takes a commit, no standby of the
 * new one's time confirms it, and nobody is told that it was done. */
static void
old_primary_is_of_no_use(unsigned old)
{
	struct registry *r = NULL;
	struct why why = {""};
	char spec[256];

	server_start(&servers[old]);
	server_spec(&servers[old], "public%20-cstatement_timeout%3D500", spec,
	    sizeof spec);
	OK(registry_open(spec, REGISTRY_WRITE, &r, &why));
	registry_postgres_patience(r, 0);
	assert_int_equal(registry_meta_set(r, "split", 1, &why), CRED_FAULT_IO);
	assert_non_null(strstr(why.text, "standby"));
	registry_close(r);
	server_stop(&servers[old], SIGINT);
}

static void
fail_over(unsigned round)
{
	unsigned old = primary, third;
	int64_t killed, promoted;

	server_stop(&servers[old], SIGKILL);
	killed = clock_ms();
	primary = ahead(old);
	third = SERVERS - old - primary;
	server_sql(&servers[primary], "SELECT pg_promote()", NULL, 0);
	promoted = clock_ms();
	/* Or its control file still tells of the old timeline. */
	server_sql(&servers[primary], "CHECKPOINT", NULL, 0);
	server_follow(&servers[third], &servers[primary]);
	wait_standbys(1);
	print_message("kill %u: server %u, promoted %u after %lld ms, "
		      "followed after %lld ms\n",
	    round, old, primary, (long long)(promoted - killed),
	    (long long)(clock_ms() - promoted));
	nap(800);
	old_primary_is_of_no_use(old);
	server_rewind(&servers[old], &servers[primary]);
	server_start(&servers[old]);
	wait_standbys(2);
}

static void
readers_take_a_standby(void)
{
	struct registry *r = NULL;
	struct registry_about x;
	struct why why = {""};
	char spec[256];

	/* A commit waits for a standby's disk, not until it can be read. */
	for (int i = 0; i < 200 && r == NULL; i++)
		if (registry_open(all, REGISTRY_READ, &r, &why) != CRED_OK)
			nap(50);
	assert_non_null(r);
	OK(registry_about(r, &x, &why));
	assert_true(x.standby);
	registry_close(r);
	r = NULL;
	OK(registry_open(all, REGISTRY_WRITE, &r, &why));
	OK(registry_about(r, &x, &why));
	assert_false(x.standby);
	assert_int_equal(x.standbys, 2);
	registry_close(r);
	r = NULL;
	server_spec(
	    &servers[(primary + 1) % SERVERS], "public", spec, sizeof spec);
	assert_int_equal(
	    registry_open(spec, REGISTRY_WRITE, &r, &why), CRED_FAULT_DB);
	assert_non_null(strstr(why.text, "only a standby"));
}

static enum cred_err
no_fill(void *ctx, struct reservation *r, size_t i, struct registry_entry *out,
    struct why *why)
{
	(void)r, (void)i, (void)out, (void)why;
	*(bool *)ctx = true;
	return CRED_ERR_NOT_LEVEL;
}

/* The rows of the one who died are not taken for done: they get new indexes. */
static void
dead_batch_comes_again(struct registry *r)
{
	struct reservation row = {
	    .row = 2, .number_series = "S000015000123254"};
	struct why why = {""};
	bool asked = false;

	memcpy(row.row_key, "dead", 4);
	row.row_key[24] = 2;
	assert_int_equal(registry_reserve(r, "dead", &row, 1, time(NULL),
			     no_fill, &asked, &why),
	    CRED_ERR_NOT_LEVEL);
	assert_true(asked);
}

static void
nothing_is_lost(void **state)
{
	const char *kills_text = getenv("TAMGA_KILLS");
	unsigned kills = kills_text != NULL ? (unsigned)atoi(kills_text) : 3;
	const char *files[WRITERS];
	volatile bool *stop = mmap(NULL, sizeof *stop, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct registry *r = NULL;
	struct load_count c;
	struct why why = {""};
	uint64_t lines = 0;
	uint8_t last[32];
	pid_t pid[WRITERS], dead;
	int status;

	(void)state;
	start_all();
	OK(registry_open(all, REGISTRY_WRITE, &r, &why));
	registry_close(r);
	r = NULL;
	readers_take_a_standby();
	if ((dead = fork()) == 0)
		_exit(load_die(all));
	assert_int_equal(waitpid(dead, &status, 0), dead);
	assert_int_equal(status, 0);
	for (unsigned i = 0; i < WRITERS; i++) {
		snprintf(
		    acks[i], sizeof acks[i], "%s/acks%u", servers[0].dir, i);
		files[i] = acks[i];
		pid[i] = writer(i, stop);
	}
	for (unsigned i = 1; i <= kills; i++) {
		nap(1000);
		fail_over(i);
	}
	nap(1000);
	*stop = true;
	for (unsigned i = 0; i < WRITERS; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	OK(registry_open(all, REGISTRY_WRITE, &r, &why));
	OK(load_count(r, files, WRITERS, &c, &why));
	OK(registry_audit_verify(r, &lines, last, &why));
	print_message("%u kills of the primary: %u certificates, %u swaps of "
		      "the head, %u claims acknowledged; lost: %u, twice: %u, "
		      "forks: %u, years over 3: %u; void: %u, waiting below "
		      "the head: %u; longest silence %u ms; trail of %llu "
		      "lines whole\n",
	    kills, c.entries, c.swaps, c.claims, c.lost, c.twice, c.forks,
	    c.over, c.void_, c.waiting, c.silent_ms, (unsigned long long)lines);
	assert_true(c.entries > 0 && c.swaps > 0 && c.claims > 0);
	assert_int_equal(c.lost, 0);
	assert_int_equal(c.twice, 0);
	assert_int_equal(c.forks, 0);
	assert_int_equal(c.over, 0);
	assert_int_equal(c.void_, 5);
	assert_int_equal(c.waiting, 0);
	dead_batch_comes_again(r);
	registry_close(r);
}

static int
tear_down(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SERVERS; i++)
		if (*servers[i].dir != '\0')
			server_release(&servers[i]);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(nothing_is_lost, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
