#include "tests/registry/contract.h"

const char *contract_engine;

int
contract_set_up(void **state)
{
	*state = fixture_new(contract_engine);
	return 0;
}

int
contract_tear_down(void **state)
{
	fixture_free(*state);
	return 0;
}

struct registry_entry
get(struct fixture *f, uint64_t index)
{
	struct registry_entry e = {0};
	bool found = false;

	assert_ok(f, registry_by_index(f->r, index, &e, &found, &f->why));
	assert_true(found);
	return e;
}

enum entry_state
state_of(struct fixture *f, uint64_t index)
{
	struct registry_entry e = get(f, index);
	enum entry_state s = e.state;

	registry_entry_release(&e);
	return s;
}

enum status_value
status_of(struct fixture *f, uint64_t index)
{
	struct registry_entry e = get(f, index);
	enum status_value s = e.status;

	registry_entry_release(&e);
	return s;
}

uint64_t
next_index(struct fixture *f)
{
	uint64_t n = UINT64_MAX;

	assert_ok(f, registry_next_index(f->r, &n, &f->why));
	return n;
}
