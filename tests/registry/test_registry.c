/* What is not of the contract: specs, and the knob of memory.h. */
#include "tests/registry/contract.h"

#include <string.h>

#include "registry/memory.h"

static void
memory_fails_on_request(void **state)
{
	struct fixture *f = *state;
	struct reservation row;
	struct plan *p = plan_new();

	registry_memory_fail(f->r, MEMORY_FAIL_BEFORE, 2, CRED_FAULT_IO);
	row_init(&row, 2, series);
	assert_ok(f,
	    registry_reserve(f->r, "B", &row, 1, NOW, fill_plain, p, &f->why));
	row_init(&row, 3, series);
	assert_int_equal(
	    registry_reserve(f->r, "B", &row, 1, NOW, fill_plain, p, &f->why),
	    CRED_FAULT_IO);
	assert_int_equal(next_index(f), 1);
	registry_memory_fail(f->r, MEMORY_FAIL_AFTER, 1, CRED_FAULT_DB);
	row_init(&row, 3, series);
	assert_int_equal(
	    registry_reserve(f->r, "B", &row, 1, NOW, fill_plain, p, &f->why),
	    CRED_FAULT_DB);
	assert_int_equal(next_index(f), 2);
	assert_ok(f,
	    registry_reserve(f->r, "B", &row, 1, NOW, fill_plain, p, &f->why));
	assert_true(row.already);
	assert_int_equal(registry_memory_writes(f->r), 4);
	free(p);
}

static void
spec_unknown(void **state)
{
	struct registry *r;
	struct why why;

	(void)state;
	assert_int_equal(
	    registry_open("oracle://u:secret@h/", REGISTRY_WRITE, &r, &why),
	    CRED_FAULT_CONFIG);
	assert_null(strstr(why.text, "secret"));
	assert_int_equal(registry_open("sqlite:", REGISTRY_WRITE, &r, &why),
	    CRED_FAULT_CONFIG);
}

int
main(void)
{
	const struct CMUnitTest own[] = {
	    T(memory_fails_on_request),
	    cmocka_unit_test(spec_unknown),
	};

	contract_engine = "memory:";
	return cmocka_run_group_tests_name("own", own, NULL, NULL);
}
