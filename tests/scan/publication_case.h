#ifndef TESTS_SCAN_PUBLICATION_CASE_H
#define TESTS_SCAN_PUBLICATION_CASE_H

#include <sys/stat.h>
#include <unistd.h>

#include "edge/file.h"
#include "fixture.h"

/* What the tests of a publication as a verifier sees it share. */
extern struct fixture *f;
int start(void **state);
int stop(void **state);

/* A path below the fixture's folder; good until the next but one. */
char *path_of(const char *name);
void put(const char *name, const void *data, size_t len);
/* A second log with the same key, that shows others something else. */
void other_log(size_t n);

#define expect(p, i, status)                                                   \
	assert_string_equal(                                                   \
	    verdict_name(fixture_ask(f, p, i, NULL)), verdict_name(status))
void expect_why(struct publication *p, size_t i, enum verdict_status status,
    enum cred_err reason);

#endif
