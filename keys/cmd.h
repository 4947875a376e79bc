#ifndef KEYS_CMD_H
#define KEYS_CMD_H

#include "edge/cli.h"
#include "keys/authority.h"

/* The subcommands of tamga-keys, one file each. */
int cmd_authority_init(int argc, char **argv);
int cmd_admit(int argc, char **argv);
int cmd_apply(int argc, char **argv);
int cmd_approve(int argc, char **argv);
int cmd_approver_init(int argc, char **argv);
int cmd_adopt(int argc, char **argv);
int cmd_withdraw(int argc, char **argv);
int cmd_publish(int argc, char **argv);
int cmd_body_init(int argc, char **argv);
int cmd_rotate(int argc, char **argv);
int cmd_install(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_show(int argc, char **argv);

/* What commands share. */
#define ANCHOR_DAYS (20 * 366)
#define BODY_DAYS   (3 * 366)
#define CRL_DAYS    30
#define LIST_DAYS   30
/* 1 .. 36600, else an argp error. */
int cmd_days(const char *s, const char *option, struct argp_state *state);
/* --pkcs11-module: into the URI of --key. */
enum cred_err cmd_key_module(
    const char **uri, const char *module, struct why *why);
enum cose_alg cmd_alg(const char *s, struct argp_state *state);
/* A file whole; cmd_release(). As file_read(): CRED_ERR_PIC_BYTES when larger
 * than max. */
enum cred_err cmd_read(
    const char *path, size_t max, struct bytes *out, struct why *why);
void cmd_release(struct bytes *b);
/* Write a request for approval instead of doing it: p without made and
 * authority. */
struct proposal;
enum cred_err cmd_propose(const char *home, struct proposal *p,
    const char *path, struct why *why);
/* "2026-11-23T08:00:00Z" */
void cmd_time(int64_t unix_s, char out[static 32]);
void cmd_hex(const uint8_t *data, size_t len, char *out);
/* Scope in words, each line indented by this. */
struct scope;
void cmd_print_scope(FILE *f, const char *indent, const struct scope *s);
void cmd_print_body(FILE *f, const struct body *b);
/* A line on stdout with schema and what put in; takes j. CRED_FAULT_NOMEM when
 * j is NULL, too. */
struct json_t;
enum cred_err cmd_print_json(struct json_t *j, const char *what);

#endif
