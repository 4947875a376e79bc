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
#include "tests/cluster/cluster.h"
#include "tests/cluster/load.h"

#define WRITERS 3

static struct cluster cluster;
static char acks[WRITERS][128];
static const char *const roles[] = {"issuer", "issuer", "reviewer"};

#define OK(call)                                                               \
	do {                                                                   \
		enum cred_err e_ = (call);                                     \
		if (e_ != CRED_OK)                                             \
			print_error("%s: %s\n", cred_errname(e_), why.text);   \
		assert_int_equal(e_, CRED_OK);                                 \
	} while (0)

static pid_t
writer(unsigned i, const volatile bool *stop)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(load_run(strcmp(roles[i], "issuer") == 0 ? LOAD_ISSUER
							       : LOAD_REVIEWER,
		    i, cluster.spec, acks[i], stop));
	}
	assert_true(pid > 0);
	return pid;
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
		if (registry_open(cluster.spec, REGISTRY_READ, &r, &why) != CRED_OK)
			nap(50);
	assert_non_null(r);
	OK(registry_about(r, &x, &why));
	assert_true(x.standby);
	registry_close(r);
	r = NULL;
	OK(registry_open(cluster.spec, REGISTRY_WRITE, &r, &why));
	OK(registry_about(r, &x, &why));
	assert_false(x.standby);
	assert_int_equal(x.standbys, 2);
	registry_close(r);
	r = NULL;
	server_spec(
	    &cluster.servers[(cluster.primary + 1) % CLUSTER], "public", spec, sizeof spec);
	assert_int_equal(
	    registry_open(spec, REGISTRY_WRITE, &r, &why), CRED_FAULT_DB);
	assert_non_null(strstr(why.text, "only a standby"));
}

/* What was looked at before a failover says nothing of the new primary. */
static void
one_epoch(struct registry *r, int64_t epoch)
{
	struct registry_about x;
	struct why why = {""};

	assert_int_equal(
	    registry_meta_set(r, "looked", 1, &why), CRED_FAULT_CONFLICT);
	assert_non_null(strstr(why.text, "epoch"));
	registry_look(r);
	OK(registry_meta_set(r, "looked", 1, &why));
	OK(registry_about(r, &x, &why));
	assert_int_equal(x.epoch, epoch);
}

/* Left alone it cannot tell how old it is, and is read only if told so. */
static void
a_standby_left_alone(void)
{
	unsigned alone = (cluster.primary + 1) % CLUSTER;
	struct registry *r = NULL;
	struct registry_about x;
	struct why why = {""};
	char spec[300];

	for (unsigned i = 0; i < CLUSTER; i++)
		if (i != alone)
			server_stop(&cluster.servers[i], SIGINT);
	/* Up to the end of all: it starts again without replaying a commit. */
	nap(500);
	server_sql(&cluster.servers[alone], "CHECKPOINT", NULL, 0);
	server_stop(&cluster.servers[alone], SIGINT);
	server_start(&cluster.servers[alone]);
	server_spec(&cluster.servers[alone], "public", spec, sizeof spec);
	OK(registry_open(spec, REGISTRY_READ_STALE, &r, &why));
	OK(registry_about(r, &x, &why));
	assert_true(x.standby);
	assert_int_equal(x.behind_s, -1);
	registry_close(r);
	r = NULL;
	assert_int_equal(
	    registry_open(spec, REGISTRY_READ, &r, &why), CRED_FAULT_DB);
	assert_non_null(strstr(why.text, "follows no primary"));
	strcat(spec, "&target_session_attrs=any");
	OK(registry_open(spec, REGISTRY_READ, &r, &why));
	registry_close(r);
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
	struct failover f;
	struct why why = {""};
	uint64_t lines = 0;
	uint8_t last[32];
	pid_t pid[WRITERS], dead;
	int status;

	(void)state;
	cluster_start(&cluster);
	OK(registry_open(cluster.spec, REGISTRY_WRITE, &r, &why));
	registry_close(r);
	r = NULL;
	readers_take_a_standby();
	if ((dead = fork()) == 0)
		_exit(load_die(cluster.spec));
	assert_int_equal(waitpid(dead, &status, 0), dead);
	assert_int_equal(status, 0);
	for (unsigned i = 0; i < WRITERS; i++) {
		snprintf(
		    acks[i], sizeof acks[i], "%s/acks%u", cluster.servers[0].dir, i);
		files[i] = acks[i];
		pid[i] = writer(i, stop);
	}
	OK(registry_open(cluster.spec, REGISTRY_WRITE, &r, &why));
	for (unsigned i = 1; i <= kills; i++) {
		nap(1000);
		cluster_fail_over(&cluster, &f);
		print_message("kill %u: server %u, promoted %u after %lld ms, "
			      "first write after %lld ms, followed after "
			      "%lld ms\n",
		    i, f.old, f.now, (long long)f.promoted_ms,
		    (long long)f.written_ms, (long long)f.followed_ms);
		assert_true(f.written_ms >= 0);
		one_epoch(r, i + 1);
	}
	registry_close(r);
	r = NULL;
	nap(1000);
	*stop = true;
	for (unsigned i = 0; i < WRITERS; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	OK(registry_open(cluster.spec, REGISTRY_WRITE, &r, &why));
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
	a_standby_left_alone();
}

static int
tear_down(void **state)
{
	(void)state;
	cluster_release(&cluster);
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
