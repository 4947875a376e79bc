#ifndef TESTS_ISSUER_DESK_H
#define TESTS_ISSUER_DESK_H

#include "issuer/home.h"
#include "issuer/row.h"

/* For tests: a body's home in a temporary folder, with real keys, an authority
 * that admitted it, and a registry in memory or in a file. */
struct desk {
	char dir[64];
	char home[80];
	char registry[112]; /* spec */
	struct cli_common cli;
	struct home h;
};

#define DESK_PREFIX "S000015000123"
#define DESK_BODY   "52150100MJY000000J"

/* Made once a program: keys take a second. */
void desk_make(struct desk *d);
/* HOME_SIGN with a new registry and log: "memory:" or "sqlite". */
void desk_open(struct desk *d, const char *kind);
/* Close and open again what a file keeps. */
void desk_reopen(struct desk *d);
void desk_close(struct desk *d);
void desk_remove(struct desk *d);

/* A good row: person i, an electrician of level 4; dated 2020-06-30. */
void desk_row(struct row *r, uint32_t i);

#endif
