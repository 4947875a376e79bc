#ifndef VERIFIER_REVIEW_CMD_H
#define VERIFIER_REVIEW_CMD_H

#include "edge/cli.h"
#include "verifier/desk.h"
#include "verifier/review_report.h"

/* tamga-review's subcommands, one file each. */
int review_cmd_check(int argc, char **argv);
int review_cmd_book(int argc, char **argv);
int review_cmd_approve(int argc, char **argv);
int review_cmd_pay(int argc, char **argv);
int review_cmd_reject(int argc, char **argv);
int review_cmd_return(int argc, char **argv);
int review_cmd_list(int argc, char **argv);
int review_cmd_report(int argc, char **argv);
int review_cmd_user_add(int argc, char **argv);
int review_cmd_user_reset(int argc, char **argv);
int review_cmd_user_lock(int argc, char **argv);
int review_cmd_user_unlock(int argc, char **argv);
int review_cmd_user_role(int argc, char **argv);
int review_cmd_user_list(int argc, char **argv);
int review_cmd_anomalies(int argc, char **argv);
int review_cmd_explain(int argc, char **argv);
int review_cmd_prune(int argc, char **argv);
int review_cmd_statistics(int argc, char **argv);

/* What check and book have in common: the options that lay out a desk. */
struct review_opts {
	struct cli_common common;
	const char *pub, *rules, *region, *national, *scans, *actor;
	const char *lists[N_LISTS];
	const char *xlsx, *csv;
	int64_t at;
	const char *sessions;
	bool at_given, offline, force, unjailed, warned, yes;
	bool suspect; /* C13 is looked at */
	const char *table;
};
const struct argp_option *review_options(bool book);
error_t review_parse(int key, char *arg, struct argp_state *state);

/* What a command does with the ledger. Only what is to MAKE one does: a new one
 * knows of nothing that was paid. */
enum review_ledger { LEDGER_LOOK, LEDGER_CHANGE, LEDGER_MAKE };

/* A desk as the options lay it out, and what it owns. */
struct review_desk {
	struct desk desk;
	struct rulebook book;
	uint8_t rules_sha256[32];
	bool has_rules;
};
/* Before any thread: starts the picture reader when there are scans. LOOK: with
 * the ledger if there is one. */
enum cred_err review_desk_open(const struct review_opts *o,
    enum review_ledger mode, struct review_desk *d, struct why *why);
void review_desk_close(struct review_desk *d);

/*
 * Both walks over a table; fn is called for each row after its review, and its
 * error ends the walk. Counts by verdict.
 */
struct review_count {
	size_t n[REVIEW_FAIL + 1];
};
typedef enum cred_err review_row_fn(void *ctx, const struct claim_row *row,
    const struct desk_answer *a, struct why *why);
enum cred_err review_walk(const struct review_opts *o, struct review_desk *d,
    review_row_fn *fn, void *ctx, uint8_t table_sha256[static 32],
    struct review_count *count, struct why *why);
/* 1 some fail, 4 some pending, else 0. */
int review_exit(const struct review_count *c);

/* --actor, else the login name: who acts, for the audit trail. */
const char *review_actor(const char *given);
/* Opens --registry, else sqlite:HOME/registry.db, with the ledger's tables. */
enum cred_err review_registry(const struct cli_common *c,
    enum review_ledger mode,
    const char *actor, struct registry **out, struct why *why);

#endif
