#ifndef TESTS_REGISTRY_POSTGRES_CASE_H
#define TESTS_REGISTRY_POSTGRES_CASE_H

#include "tests/registry/fixture.h"

/* What the tests of the PostgreSQL engine alone share: a registry in a schema
 * of its own. */
int postgres_set_up(void **state);
int postgres_tear_down(void **state);

const char *schema(const struct fixture *f);
/* As somebody with psql would; %s is the schema. */
void meddle(const struct fixture *f, const char *sql, char *out, size_t size);
/* Close, and open with more in the address's options. */
enum cred_err open_with(
    struct fixture *f, const char *more, enum registry_mode mode);
enum cred_err reserve_one(
    struct fixture *f, struct reservation *row, uint32_t n);
uint64_t acts(struct fixture *f); /* in the trail, which is whole */
/* Raises a given error at a table, a given number of times; a sequence does
 * not roll back. */
void trip(struct fixture *f, const char *table, const char *state, int times);

#endif
