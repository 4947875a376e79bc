#ifndef TESTS_AUDIT_HARNESS_H
#define TESTS_AUDIT_HARNESS_H

#include "../scan/fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include "edge/file.h"
#include "verifier/audit.h"

/* What the tests of the audit share: a publication (fixture.h), an audit of
 * it as tamga-audit would, and what that found. */
#define LOG BODY "/log"

extern struct fixture *f;

struct audit_got {
	struct {
		char check[16], path[128], message[512];
		enum audit_result result;
		enum cred_err code;
		uint64_t index;
	} all[64];
	size_t n;
	struct audit_count count;
};
extern struct audit_got got; /* of the last audit */
extern char state_path[128];
extern const char *anchor_path; /* NULL: the authority's own */

/* Its exit status. */
int audit_at(const char *source, bool state);
int audit(void);
void print_got(void);
/* Exactly one thing is not good, and it is this. */
void only(const char *check, enum audit_result r, enum cred_err code,
    const char *path, uint64_t index);
bool among(const char *check, enum cred_err code);
/* Does a finding of the check say these words? */
bool says(const char *check, const char *words);

void start(size_t n);
/* Another world: the same body, other certificates. */
void restart(size_t n, const char *salt);
void start_empty(void);
void patch(const char *name, long at, const void *data, size_t len);
void write_file(const char *name, struct bytes data);
uint8_t *read_pub(const char *name, size_t *len);
/* A checkpoint of our choosing by the log's own key. */
void sign_checkpoint(uint64_t size, const struct tlog_hash *root);
int audit_setup(void **s);
int audit_teardown(void **s);

#endif
