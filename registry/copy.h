#ifndef REGISTRY_COPY_H
#define REGISTRY_COPY_H

#include "registry/registry.h"

/*
 * All of a registry into another, empty one, whatever their engines: every
 * table, row by row, so that no index, serial, line of the trail or place of a
 * claim is lost. One state of `from`, one transaction of `to`. *rows: how many.
 * Read back from `to` and held against what was read from `from`: CONFLICT.
 * CRED_FAULT_EXISTS when there is something in `to`, CRED_FAULT_CONFIG from the
 * engine of tests; a table of `from` that this program does not know is
 * CRED_FAULT_DB.
 */
enum cred_err registry_copy(struct registry *from, struct registry *to,
    uint64_t *rows, struct why *why);

/*
 * Are they the same? Entry by entry through registry.h, the log's head, the
 * trail's chain and every list's version; then every byte of every table.
 * CRED_FAULT_CONFLICT naming the first difference. *entries, *acts: how many
 * agree. Nobody may write to either meanwhile.
 */
enum cred_err registry_compare(struct registry *a, struct registry *b,
    uint64_t *entries, uint64_t *acts, struct why *why);

/* What stands behind a handle, for people. */
struct registry_about {
	char engine[16]; /* "sqlite", "postgresql" */
	char place[256]; /* path, or hosts, ports and database */
	char server[64]; /* version; of the library for sqlite */
	int schema;      /* its version */
	bool standby;    /* takes no writes now */
	int64_t behind_s; /* of a standby: how old it may be; -1: not known */
	int64_t epoch;   /* one more after each promotion; 0: not known */
	int standbys;    /* that a commit waits for now; -1: not known */
};
enum cred_err registry_about(
    struct registry *r, struct registry_about *out, struct why *why);

#endif
