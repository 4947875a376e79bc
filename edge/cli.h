#ifndef EDGE_CLI_H
#define EDGE_CLI_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "edge/lang.h"
#include "edge/pass.h"
#include "edge/why.h"

/*
 * What all programs share (design 7): exit codes, common options, a table of
 * subcommands, one way to fail.
 */
enum {
	EXIT_OK = 0,
	EXIT_REFUSED = 1,
	EXIT_FAULT = 2,  /* usage errors too */
	EXIT_NOTHING = 3,
	EXIT_UNKNOWN = 4,
};

struct cli_command {
	const char *name; /* "check", or two words: "authority init" */
	int (*run)(int argc, char **argv); /* argv[0]: the program and command */
	const char *en, *zh; /* one line for --help */
};

/*
 * Start of main: language, argp_err_exit_status, SIGPIPE, stdout checked at
 * exit; then the command that argv names, `--help` or `--version`. table ends
 * with name NULL. Returns the exit status.
 */
int cli_main(int argc, char **argv, const char *program,
    const struct cli_command *table, const char *about);
/* For a program without subcommands: only the first half. */
void cli_init(const char *program);

/* Options that several programs share. Put &cli_argp among the children of a
 * program's argp, its input pointing to this. */
struct cli_common {
	const char *home;     /* --home; else $TAMGA_HOME, else /var/lib/tamga */
	const char *registry; /* --registry SPEC; NULL: sqlite:HOME/registry.db */
	const char *anchor;   /* --anchor PEM; NULL: not given */
	struct pass_source pass; /* --pass-file, --pass-fd */
	bool json;            /* --json */
	bool quiet;           /* -q */
};
void cli_common_init(struct cli_common *c);
/* Which of the options a command has; the argp to put among its children. */
enum {
	CLI_HOME = 1,
	CLI_REGISTRY = 2,
	CLI_ANCHOR = 4,
	CLI_PASS = 8,
	CLI_JSON = 16,
	CLI_QUIET = 32,
};
const struct argp *cli_argp(unsigned which);

/* HOME/name (malloc); exits with 2 when out of memory, as only mains may. */
char *cli_home_path(const struct cli_common *c, const char *name);
/* --anchor, HOME/anchor.pem, /etc/tamga/anchor.pem: the first that is given or
 * exists (malloc); NULL when none. */
char *cli_anchor_path(const struct cli_common *c);

/* "tamga-keys: TEXT" on stderr; returns EXIT_REFUSED or EXIT_FAULT by e. */
int cli_fail(enum cred_err e, const struct why *why);
/* A line on stderr unless quiet. */
void cli_say(const struct cli_common *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* For registry_on_retry(), ctx being the struct cli_common. */
void cli_retry(void *cli, unsigned attempt, const char *why);
/* Usage error: message on stderr, returns EXIT_FAULT. */
int cli_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* s to out with control and bidirectional characters replaced by '?', invalid
 * UTF-8 too: whatever comes from outside, before a terminal sees it. */
void cli_print_safe(FILE *out, const char *s, size_t len);

/* --at: "2026-11-23" (its midnight in Asia/Shanghai), "2026-11-23T08:00:00Z" or
 * Unix seconds. */
bool cli_parse_time(const char *s, int64_t *out);

#endif
