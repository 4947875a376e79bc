#include "tests/cluster/cluster.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "registry/registry.h"

static void __attribute__((noreturn))
die(const char *what)
{
	fprintf(stderr, "cluster: %s\n", what);
	exit(99);
}

void
nap(unsigned ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

int64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
settings(struct server *s, unsigned i)
{
	/* A tab: server_start() parts words at spaces. */
	snprintf(s->settings, sizeof s->settings,
	    "-c fsync=on -c wal_log_hints=on -c wal_keep_size=256MB"
	    " -c cluster_name=sb%u -c wal_retrieve_retry_interval=200ms"
	    " -c synchronous_standby_names=ANY\t1(sb0,sb1,sb2)",
	    i);
}

void
cluster_wait(struct cluster *c, int n)
{
	char out[16] = "";

	for (int i = 0; i < 1200; i++) {
		server_sql(&c->servers[c->primary],
		    "SELECT count(*) FROM pg_stat_replication"
		    " WHERE state = 'streaming' AND sync_state = 'quorum'",
		    out, sizeof out);
		if (atoi(out) >= n)
			return;
		nap(50);
	}
	die("too few standbys follow");
}

void
cluster_start(struct cluster *c)
{
	char hosts[320] = "", ports[64] = "";

	*c = (struct cluster){0};
	server_make(&c->servers[0]);
	settings(&c->servers[0], 0);
	server_start(&c->servers[0]);
	for (unsigned i = 1; i < CLUSTER; i++) {
		server_make_standby(&c->servers[i], &c->servers[0]);
		settings(&c->servers[i], i);
		server_start(&c->servers[i]);
	}
	for (unsigned i = 0; i < CLUSTER; i++) {
		char port[16];
		snprintf(port, sizeof port, "%s%u", i == 0 ? "" : ",",
		    c->servers[i].port);
		strcat(ports, port);
		strcat(strcat(hosts, i == 0 ? "" : ","), c->servers[i].dir);
	}
	snprintf(c->spec, sizeof c->spec,
	    "postgresql://tamga@/postgres?host=%s&port=%s"
	    "&options=-cstatement_timeout%%3D4000",
	    hosts, ports);
	cluster_wait(c, 2);
}

void
cluster_release(struct cluster *c)
{
	for (unsigned i = 0; i < CLUSTER; i++)
		if (*c->servers[i].dir != '\0')
			server_release(&c->servers[i]);
}

/* With ANY 1, what was acknowledged is on one of them: the one ahead. */
static unsigned
ahead(struct cluster *c, unsigned dead)
{
	unsigned a = (dead + 1) % CLUSTER, b = (dead + 2) % CLUSTER;
	char at[2][32], sql[128], more[16];

	server_sql(
	    &c->servers[a], "SELECT pg_last_wal_receive_lsn()", at[0], 32);
	server_sql(
	    &c->servers[b], "SELECT pg_last_wal_receive_lsn()", at[1], 32);
	snprintf(sql, sizeof sql, "SELECT '%s'::pg_lsn >= '%s'::pg_lsn", at[0],
	    at[1]);
	server_sql(&c->servers[a], sql, more, sizeof more);
	return *more == 't' ? a : b;
}

/* Back as if it still were the primary: it takes a commit, no standby of the
 * new one's time confirms it, and nobody is told that it was done. */
static void
old_primary_is_of_no_use(struct cluster *c, unsigned old)
{
	struct registry *r = NULL;
	struct why why = {""};
	enum cred_err e;
	char spec[256];

	server_start(&c->servers[old]);
	server_spec(&c->servers[old], "public%20-cstatement_timeout%3D500",
	    spec, sizeof spec);
	if (registry_open(spec, REGISTRY_WRITE, &r, &why) != CRED_OK)
		die(why.text);
	registry_patience(r, 0);
	e = registry_meta_set(r, "split", 1, &why);
	if (e == CRED_OK)
		die("an old primary acknowledged a write");
	if (e != CRED_FAULT_IO || strstr(why.text, "standby") == NULL)
		die(why.text); /* refused, but not for want of a standby */
	registry_close(r);
	server_stop(&c->servers[old], SIGINT);
}

/* Writers take turns: the number that a commit raises. Commits are seen when
 * the standby that they wait for has them. */
static long
turn(struct cluster *c)
{
	char out[32] = "";

	server_sql(&c->servers[c->primary], "SELECT turn FROM writer", out,
	    sizeof out);
	return atol(out);
}

void
cluster_fail_over(struct cluster *c, struct failover *out)
{
	unsigned old = c->primary, third;
	int64_t killed, ordered;
	long last;

	server_stop(&c->servers[old], SIGKILL);
	killed = clock_ms();
	c->primary = ahead(c, old);
	third = CLUSTER - old - c->primary;
	last = turn(c);
	ordered = clock_ms();
	server_sql(&c->servers[c->primary], "SELECT pg_promote()", NULL, 0);
	*out = (struct failover){.old = old,
	    .now = c->primary,
	    .promoted_ms = clock_ms() - killed,
	    .written_ms = -1};
	server_follow(&c->servers[third], &c->servers[c->primary]);
	for (int i = 0; i < 1000 && out->written_ms < 0; i++) {
		if (turn(c) > last)
			out->written_ms = clock_ms() - ordered;
		else
			nap(20);
	}
	cluster_wait(c, 1);
	out->followed_ms = clock_ms() - killed - out->promoted_ms;
	/* Or its control file still tells of the old timeline. */
	server_sql(&c->servers[c->primary], "CHECKPOINT", NULL, 0);
	nap(800);
	old_primary_is_of_no_use(c, old);
	server_rewind(&c->servers[old], &c->servers[c->primary]);
	server_start(&c->servers[old]);
	cluster_wait(c, 2);
}
