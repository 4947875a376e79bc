#ifndef ISSUER_CMD_H
#define ISSUER_CMD_H

#include "edge/cli.h"
#include "issuer/home.h"
#include "render/render.h"

/* tamga-issuer's subcommands, one file each. */
int cmd_check(int argc, char **argv);
int cmd_issue(int argc, char **argv);
int cmd_render(int argc, char **argv);
int cmd_publish(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_audit(int argc, char **argv);
int cmd_backup(int argc, char **argv);
int cmd_restore(int argc, char **argv);
int cmd_revoke(int argc, char **argv);
int cmd_suspend(int argc, char **argv);
int cmd_replace(int argc, char **argv);
int cmd_template(int argc, char **argv);
int cmd_reinstate(int argc, char **argv);
int cmd_template_check(int argc, char **argv);
int cmd_void(int argc, char **argv);
int cmd_db_status(int argc, char **argv);
int cmd_db_migrate(int argc, char **argv);
int cmd_db_copy(int argc, char **argv);

/* --kind: 1..5 or a name; 0 is none. */
int cmd_kind(const char *arg, struct argp_state *state);
/* --index: a decimal number. */
uint64_t cmd_index(const char *arg, struct argp_state *state);

/* A date as people write it; name is the option's. */
int32_t cmd_day(const char *name, const char *arg, struct argp_state *state);

/* "valid", "revoked", "suspended", "superseded"; "void" for void entries. */
const char *cmd_status_word(const struct registry_entry *e);

/* --reason stays in the audit trail for ever: refused when missing, too long,
 * or when it holds what looks like an ID number. */
void cmd_check_reason(const char *reason, struct argp_state *state);

/* Says a line on stderr; for change_resolve() and replace_find(). */
void cmd_say_line(void *ctx, const char *line);

/* Typed by a person on a terminal, or yes. More than mass of them at once take
 * yes, and on a terminal their count typed as well. What would happen was
 * printed before, unless yes. */
bool cmd_confirm(bool yes, const char *verb, size_t n, int mass);

/* --nup: columns x rows on A4, "2x5"; 1x1: a page each. --marks: yes, no. */
void cmd_nup(
    const char *arg, struct argp_state *state, struct render_sheet *sheet);
void cmd_marks(
    const char *arg, struct argp_state *state, struct render_sheet *sheet);

/* Says so when the body's code has a wrong check character: real ones do, so
 * it is no reason to stop (domain.md 4.4). */
void cmd_note_body(const struct home *h);

/* May this body sign now, by the dates of its certificate? */
enum cred_err cmd_may_sign(const struct home *h, int64_t now, struct why *why);

/* --read-back=quick|full: is it full? Ends the program at anything else. */
bool cmd_read_back(const char *arg, const struct argp_state *state);

#endif
