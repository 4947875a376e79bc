#ifndef TESTS_REGISTRY_SERVER_H
#define TESTS_REGISTRY_SERVER_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * A PostgreSQL of a test's own: data, socket and log in a folder under $TMPDIR
 * (else /tmp), run by an unprivileged user where the test is root's, without
 * fsync, gone with the test. Failures end the test.
 */
struct server {
	char dir[96];
	pid_t pid; /* 0: stopped */
	unsigned port;
	char settings[1024]; /* "-c name=value …" of the next start */
};

void server_make(struct server *s);
void server_start(struct server *s);
/* sig: SIGINT ends it in order, SIGQUIT at once, SIGKILL as a power cut. */
void server_stop(struct server *s, int sig);
void server_release(struct server *s);

/* Another one that follows, made of a copy; not started. */
void server_make_standby(struct server *s, const struct server *of);
/* A stopped one that was the primary becomes a standby of another. */
void server_rewind(struct server *s, const struct server *of);
/* A running standby follows another from now on. */
void server_follow(struct server *s, const struct server *of);

/* The address of schema in it, as --registry takes it. */
void server_spec(
    const struct server *s, const char *schema, char *out, size_t size);
/* As an administrator would; the first column of the first row into out. */
void server_sql(
    const struct server *s, const char *sql, char *out, size_t size);

/* One for the whole program, started at its first use. */
struct server *server_shared(void);
/* A new, empty schema in it. */
void server_new_spec(struct server *s, char *out, size_t size);

#endif
