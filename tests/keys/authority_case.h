#ifndef TESTS_KEYS_AUTHORITY_CASE_H
#define TESTS_KEYS_AUTHORITY_CASE_H

#include "world.h"

/* What the tests of the authority share: one world for all of a program. */
extern struct world *w;
int authority_setup(void **state);
int authority_teardown(void **state);

/* scope.ini of all operations for this body; overwritten by the next call. */
const char *grant(const char *id, const char *prefix, const char *more);
/* Admit the request of a body's home. */
enum cred_err admit(const char *home, const char *ini, int days);
/* A body's home in the world; free() its path. */
char *new_home(const char *name, const char *id, const char *prefix);

#endif
