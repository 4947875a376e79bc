#ifndef EDGE_WHY_H
#define EDGE_WHY_H

#include "credential/err.h"

/*
 * The reason of a failure as a person needs it: what, where, why, how to
 * repair. The core returns a cred_err; the edge, which knows the file, row or
 * request, adds the sentence here, once, in the user's language (lang.h).
 * Never holds an ID number, a pass phrase or a PIN.
 */
struct why {
	char text[1024];
};

/* Write the sentence and return e, so that a failing line is one line:
 *     return why_set(why, CRED_FAULT_IO, TR("cannot open %s: %s", …), …); */
enum cred_err why_set(struct why *why, enum cred_err e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* CRED_FAULT_FULL for ENOSPC and EDQUOT, CRED_FAULT_NOMEM for ENOMEM, else
 * CRED_FAULT_IO; the sentence says doing what to which file. */
enum cred_err why_errno(struct why *why, int err, const char *doing,
    const char *path);

#endif
