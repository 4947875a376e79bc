#ifndef TESTS_REGISTRY_CLAIMS_H
#define TESTS_REGISTRY_CLAIMS_H

#include "fixture.h"
#include "registry/ledger.h"

/* For the tests of registry/ledger.h. */
static const struct ledger_rules THREE = {.max_per_year = 3};

/* A full claim of 2020 that nothing is wrong with. */
struct ledger_claim plain(
    const char *id, unsigned person, const char *subject);
/* A registry with the tables of a ledger, of the engine that *state names. */
struct fixture *ledger_new(void **state);
/* Claims that filter lets through, and lines of the audit. */
size_t n_of(struct fixture *f, const struct ledger_filter *filter);
size_t n_acts(struct fixture *f);

#define ON(test, engine)                                                       \
	{                                                                      \
#		test " " engine, test, NULL, NULL, unconst_text(engine)       \
	}
#define EACH(test)                                                             \
	ON(test, "memory:"), ON(test, "sqlite:"), ON(test, "postgresql:")

#endif
