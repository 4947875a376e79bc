/* The contract of registry.h, over every engine: statuses, and replacements. */
#include "tests/registry/contract.h"

#include <string.h>

static void
status_follows_its_rules(void **state)
{
	static const bool may[4][4] = {
	    [STATUS_VALID] =
		{[STATUS_REVOKED] = true, [STATUS_SUSPENDED] = true},
	    [STATUS_SUSPENDED] =
		{[STATUS_VALID] = true, [STATUS_REVOKED] = true},
	};
	struct fixture *f = *state;
	uint64_t i = 0;

	reserve_n(f->r, "B1", 2, 16, NULL);
	store_n(f->r, 0, 16);
	for (int from = 0; from < 2; from++)
		for (int to = 0; to < 4; to++, i++) {
			enum status_value have =
			    from == 0 ? STATUS_VALID : STATUS_SUSPENDED;
			enum cred_err e;
			if (from == 1)
				assert_ok(f, registry_status_set(f->r, i,
						 STATUS_VALID, STATUS_SUSPENDED,
						 "s", "a", NOW, &f->why));
			e = registry_status_set(f->r, i, have,
			    (enum status_value)to, "t", "a", NOW, &f->why);
			assert_int_equal(
			    e, may[have][to] ? CRED_OK : CRED_FAULT_CONFLICT);
			assert_int_equal(status_of(f, i),
			    may[have][to] ? (enum status_value)to : have);
		}
	/* revoked is final, `from` must be what it is, and there must be one */
	assert_int_equal(registry_status_set(f->r, 1, STATUS_REVOKED,
			     STATUS_VALID, "t", "a", NOW, &f->why),
	    CRED_FAULT_CONFLICT);
	assert_int_equal(registry_status_set(f->r, 1, STATUS_VALID,
			     STATUS_SUSPENDED, "t", "a", NOW, &f->why),
	    CRED_FAULT_CONFLICT);
	assert_int_equal(registry_status_set(f->r, 99, STATUS_VALID,
			     STATUS_REVOKED, "t", "a", NOW, &f->why),
	    CRED_FAULT_CONFLICT);
	reserve_n(f->r, "B1", 90, 1, &i);
	assert_int_equal(registry_status_set(f->r, i, STATUS_VALID,
			     STATUS_REVOKED, "t", "a", NOW, &f->why),
	    CRED_FAULT_CONFLICT);
}

static void
status_many_is_all_or_none(void **state)
{
	struct fixture *f = *state;
	struct status_change c[3] = {
	    {0, STATUS_VALID, STATUS_REVOKED},
	    {1, STATUS_SUSPENDED, STATUS_REVOKED},
	    {2, STATUS_VALID, STATUS_REVOKED},
	};
	size_t bad = 99;
	int64_t version;

	reserve_n(f->r, "B1", 2, 3, NULL);
	store_n(f->r, 0, 3);
	assert_ok(f, registry_status_version(f->r, 0, &version, &f->why));
	assert_int_equal(version, 0);
	assert_int_equal(
	    registry_status_set_many(f->r, c, 3, "r", "a", NOW, &bad, &f->why),
	    CRED_FAULT_CONFLICT);
	assert_int_equal(bad, 1);
	assert_int_equal(status_of(f, 0), STATUS_VALID);
	c[1].from = STATUS_VALID;
	assert_ok(f,
	    registry_status_set_many(f->r, c, 3, "r", "a", NOW, &bad, &f->why));
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(status_of(f, i), STATUS_REVOKED);
	fixture_reopen(f);
	assert_ok(f, registry_status_version(f->r, 0, &version, &f->why));
	assert_int_equal(version, 3);
	assert_ok(f, registry_status_version(f->r, 1, &version, &f->why));
	assert_int_equal(version, 0);
}

/* One after the other: the second sees what the first did. */
static void
one_index_twice(void **state)
{
	struct fixture *f = *state;
	struct status_change c[3] = {{0, STATUS_VALID, STATUS_SUSPENDED},
	    {1, STATUS_VALID, STATUS_REVOKED},
	    {0, STATUS_SUSPENDED, STATUS_VALID}};
	int64_t version;
	size_t bad = 9;

	reserve_n(f->r, "B1", 2, 2, NULL);
	store_n(f->r, 0, 2);
	assert_ok(f,
	    registry_status_set_many(f->r, c, 3, "r", "a", NOW, &bad, &f->why));
	assert_int_equal(status_of(f, 0), STATUS_VALID);
	assert_int_equal(status_of(f, 1), STATUS_REVOKED);
	assert_ok(f, registry_status_version(f->r, 0, &version, &f->why));
	assert_int_equal(version, 3);
	c[2].from = STATUS_VALID;
	c[2].to = STATUS_REVOKED;
	c[1].index = 0;
	c[1].from = STATUS_SUSPENDED;
	assert_int_equal(
	    registry_status_set_many(f->r, c, 3, "r", "a", NOW, &bad, &f->why),
	    CRED_FAULT_CONFLICT);
	assert_int_equal(bad, 2);
	assert_int_equal(status_of(f, 0), STATUS_VALID);
}

static void
status_bits_of_a_range(void **state)
{
	struct fixture *f = *state;
	uint8_t raw[8];

	reserve_n(f->r, "B1", 2, 10, NULL);
	store_n(f->r, 0, 9);
	assert_ok(f, registry_status_set(f->r, 2, STATUS_VALID, STATUS_REVOKED,
			 "r", "a", NOW, &f->why));
	assert_ok(f, registry_status_set(f->r, 5, STATUS_VALID,
			 STATUS_SUSPENDED, "r", "a", NOW, &f->why));
	assert_ok(f, registry_void(f->r, 9, "x", NOW, &f->why));
	memset(raw, 0xff, sizeof raw);
	assert_ok(f, registry_status_bits(f->r, 0, 28, raw, &f->why));
	assert_memory_equal(raw, "\x10\x08\x04\0\0\0\0\0", 8);
	assert_ok(f, registry_status_bits(f->r, 4, 8, raw, &f->why));
	assert_memory_equal(raw, "\x08\x04\0", 3);
	assert_ok(f, registry_status_bits(f->r, 2, 1, raw, &f->why));
	assert_int_equal(raw[0], STATUS_REVOKED);
}

static void
reserve_replacement(struct fixture *f, uint32_t row, uint64_t old, bool keep,
    enum cred_err expect, uint64_t *index)
{
	struct plan *p = plan_new();
	struct reservation r;
	struct registry_entry e = {0};

	row_init(&r, row, keep ? NULL : series);
	r.replaces = &old;
	r.keeps_number = keep;
	if (keep) {
		e = get(f, old);
		r.number = e.number;
	}
	assert_int_equal(
	    registry_reserve(f->r, "R", &r, 1, NOW, fill_plain, p, &f->why),
	    expect);
	if (index != NULL)
		*index = r.index;
	registry_entry_release(&e);
	free(p);
}

static void
replacement_links_both_ways(void **state)
{
	struct fixture *f = *state;
	struct registry_entry e;
	uint64_t by, kept;
	size_t n = 9;
	bool found;

	reserve_n(f->r, "B1", 2, 3, NULL);
	store_n(f->r, 0, 2);
	reserve_replacement(f, 100, 0, false, CRED_OK, &by);
	assert_int_equal(by, 3);
	reserve_replacement(f, 101, 1, true, CRED_OK, &kept);
	/* Not twice, not one unsigned, not one that is not there. */
	reserve_replacement(f, 102, 0, false, CRED_FAULT_CONFLICT, NULL);
	reserve_replacement(f, 102, 2, false, CRED_FAULT_CONFLICT, NULL);
	reserve_n(f->r, "B1", 40, 1, NULL);
	fixture_reopen(f);
	e = get(f, 0);
	assert_true(e.has_replaced_by);
	assert_int_equal(e.replaced_by, by);
	assert_int_equal(e.status, STATUS_VALID);
	registry_entry_release(&e);
	e = get(f, by);
	assert_true(e.has_replaces);
	assert_int_equal(e.replaces, 0);
	registry_entry_release(&e);
	/* The number leads to the newest. */
	assert_ok(f, registry_by_number(
			 f->r, "S000015000123254000002", &e, &found, &f->why));
	assert_true(found);
	assert_int_equal(e.index, kept);
	registry_entry_release(&e);
	/* Superseded only when the new one is signed … */
	assert_int_equal(registry_status_set(f->r, 0, STATUS_VALID,
			     STATUS_SUPERSEDED, "r", "a", NOW, &f->why),
	    CRED_FAULT_CONFLICT);
	store_n(f->r, 2, 4);
	/* … and by itself only when it is logged. */
	assert_ok(f, registry_supersede(f->r, "a", NOW, &n, &f->why));
	assert_int_equal(n, 0);
	assert_ok(f, swap(f->r, 0, 4, &f->why));
	assert_ok(f, registry_supersede(f->r, "a", NOW, &n, &f->why));
	assert_int_equal(n, 1);
	assert_int_equal(status_of(f, 0), STATUS_SUPERSEDED);
	assert_int_equal(status_of(f, 1), STATUS_VALID);
	assert_ok(f, registry_status_set(f->r, 1, STATUS_VALID,
			 STATUS_SUPERSEDED, "r", "a", NOW, &f->why));
	assert_ok(f, registry_supersede(f->r, "a", NOW, &n, &f->why));
	assert_int_equal(n, 0);
	/* Superseded is final, and such a one is not replaced again. */
	assert_int_equal(registry_status_set(f->r, 0, STATUS_SUPERSEDED,
			     STATUS_VALID, "r", "a", NOW, &f->why),
	    CRED_FAULT_CONFLICT);
	reserve_replacement(f, 103, 0, false, CRED_FAULT_CONFLICT, NULL);
	/* The new one may be replaced in its turn, keeping the number. */
	reserve_replacement(f, 104, kept, true, CRED_OK, NULL);
}

static void
void_replacement_leaves_the_old_one(void **state)
{
	struct fixture *f = *state;
	struct registry_entry e;
	uint64_t by;

	reserve_n(f->r, "B1", 2, 1, NULL);
	store_n(f->r, 0, 1);
	reserve_replacement(f, 100, 0, true, CRED_OK, &by);
	assert_ok(f, registry_void(f->r, by, "x", NOW, &f->why));
	e = get(f, 0);
	assert_false(e.has_replaced_by);
	registry_entry_release(&e);
	reserve_replacement(f, 101, 0, true, CRED_OK, &by);
	assert_int_equal(by, 2);
	e = get(f, 0);
	assert_true(e.has_replaced_by);
	assert_int_equal(e.replaced_by, 2);
	registry_entry_release(&e);
}

CONTRACT(T(status_follows_its_rules),
    T(status_many_is_all_or_none),
    T(one_index_twice), T(status_bits_of_a_range),
    T(replacement_links_both_ways),
    T(void_replacement_leaves_the_old_one))
