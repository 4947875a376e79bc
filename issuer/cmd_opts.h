#ifndef ISSUER_CMD_OPTS_H
#define ISSUER_CMD_OPTS_H

#include <argp.h>

#include "issuer/consent.h"
#include "issuer/inspect.h"
#include "issuer/printing.h"

/*
 * Options that several subcommands have, as children of their argp; input is
 * the structure named, which the caller has set up. One of a kind a process: a
 * program parses one command line.
 */

/* --number, --index, --file, --dry-run, --yes; with many also --request and
 * --approval. Which of them must be given is the subcommand's to say. */
struct cmd_change {
	struct change_set set;
	struct consent consent;
	bool dry_run, yes;
	struct why why; /* of a file or number that could not be taken */
	enum cred_err err;
};
const struct argp *cmd_change_argp(bool many);
/* When nothing is named, and nothing was in the way of it: ends the program. */
void cmd_change_needed(const struct cmd_change *c, struct argp_state *state);
/* A request is to be written, nothing to be done. */
bool cmd_change_asks(const struct cmd_change *c);
void cmd_change_release(struct cmd_change *c);

/* --kind, --batch, --photos, --sheet, --errors, and the roster itself, which
 * must be there. */
struct cmd_roster {
	struct inspect_opts inspect;
	const char *path;
};
const struct argp *cmd_roster_argp(void);

/* --pdf and --template; with all also --one-pdf, --read-back, --nup, --marks.
 */
const struct argp *cmd_print_argp(bool all); /* input: struct printing_opts */

#endif
