#ifndef TESTS_REGISTRY_CONTRACT_H
#define TESTS_REGISTRY_CONTRACT_H

#include "tests/registry/fixture.h"

/* What the tests of registry.h's contract share: each runs over every engine,
 * on a new registry. */
extern const char *contract_engine;
int contract_set_up(void **state);
int contract_tear_down(void **state);

#define T(fn)                                                                  \
	cmocka_unit_test_setup_teardown(                                       \
	    fn, contract_set_up, contract_tear_down)

#define CONTRACT(...)                                                          \
	static const struct CMUnitTest contract[] = {__VA_ARGS__};             \
	int main(void)                                                         \
	{                                                                      \
		int failed = 0;                                                \
                                                                               \
		contract_engine = "sqlite:";                                   \
		failed += cmocka_run_group_tests_name(                         \
		    "sqlite", contract, NULL, NULL);                           \
		contract_engine = "memory:";                                   \
		failed += cmocka_run_group_tests_name(                         \
		    "memory", contract, NULL, NULL);                           \
		contract_engine = "postgresql:";                               \
		failed += cmocka_run_group_tests_name(                         \
		    "postgresql", contract, NULL, NULL);                       \
		return failed;                                                 \
	}

static const char series[] = "S000015000123254";

struct registry_entry get(struct fixture *f, uint64_t index);
enum entry_state state_of(struct fixture *f, uint64_t index);
enum status_value status_of(struct fixture *f, uint64_t index);
uint64_t next_index(struct fixture *f);

#endif
