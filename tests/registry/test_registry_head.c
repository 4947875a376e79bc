/* The contract of registry.h, over every engine: the log's head. */
#include "tests/registry/contract.h"

#include <string.h>

static void
head_swaps_only_from_its_size(void **state)
{
	struct fixture *f = *state;
	uint8_t root[32], note[NOTE_MAX_BYTES];
	uint64_t size;
	size_t len;

	reserve_n(f->r, "B1", 2, 5, NULL);
	store_n(f->r, 0, 3);
	assert_ok(f, swap(f->r, 0, 2, &f->why));
	assert_int_equal(state_of(f, 1), ENTRY_LOGGED);
	assert_int_equal(state_of(f, 2), ENTRY_SIGNED);
	assert_int_equal(swap(f->r, 0, 3, &f->why), CRED_FAULT_CONFLICT);
	assert_int_equal(swap(f->r, 2, 4, &f->why), CRED_FAULT_INTERNAL);
	assert_int_equal(swap(f->r, 2, 6, &f->why), CRED_FAULT_INTERNAL);
	assert_int_equal(swap(f->r, 2, 1, &f->why), CRED_FAULT_INTERNAL);
	assert_ok(f, registry_void(f->r, 3, "x", NOW, &f->why));
	store_n(f->r, 4, 1);
	assert_ok(f, swap(f->r, 2, 5, &f->why));
	fixture_reopen(f);
	assert_int_equal(state_of(f, 2), ENTRY_LOGGED);
	assert_int_equal(state_of(f, 3), ENTRY_VOID);
	assert_int_equal(state_of(f, 4), ENTRY_LOGGED);
	assert_ok(f, registry_head_get(
			 f->r, &size, root, note, sizeof note, &len, &f->why));
	assert_int_equal(size, 5);
	assert_int_equal(root[8], 5);
	assert_int_equal(len, strlen("note of 5"));
	assert_memory_equal(note, "note of 5", len);
	assert_int_equal(
	    registry_head_get(f->r, &size, root, note, 3, &len, &f->why),
	    CRED_FAULT_SPACE);
}

static void
one_note_for_one_size(void **state)
{
	struct fixture *f = *state;
	uint8_t root[32] = {1};

	/* The empty tree may be signed, once. */
	assert_ok(f, swap(f->r, 0, 0, &f->why));
	assert_ok(f, swap(f->r, 0, 0, &f->why));
	assert_int_equal(
	    registry_head_swap(f->r, 0, 0, root, bytes_str("another"), &f->why),
	    CRED_FAULT_CONFLICT);
	assert_int_equal(
	    registry_head_swap(f->r, 0, 0, root, bytes_str(""), &f->why),
	    CRED_FAULT_INTERNAL);
}

CONTRACT(T(head_swaps_only_from_its_size),
    T(one_note_for_one_size))
