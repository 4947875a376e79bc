#ifndef WEB_LOGLINE_H
#define WEB_LOGLINE_H

#include <stddef.h>

#include "credential/err.h"
#include "edge/why.h"

/*
 * Lines for a file descriptor, many at once: a write a request is a tenth of
 * what a request costs. They are kept for LOGLINE_WAIT_MS at most, less when
 * many come; a killed process loses those. Safe from any number of threads.
 */
#define LOGLINE_WAIT_MS 100
#define LOGLINE_MAX     256 /* of one line, with its newline */

struct logline;

/* CRED_FAULT_NOMEM; fd stays the caller's. */
enum cred_err logline_start(int fd, struct logline **out, struct why *why);

/* A line of len bytes, its newline included; a longer one than LOGLINE_MAX is
 * cut. One that finds no room because fd takes nothing is dropped, and how
 * many were is said when it takes again. */
void logline_put(struct logline *l, const char *line, size_t len);

/* Writes what is left. Takes NULL. */
void logline_stop(struct logline *l);

#endif
