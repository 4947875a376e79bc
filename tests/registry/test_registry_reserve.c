/* The contract of registry.h, over every engine: what registry_reserve(), _store(), _void() and _void_stale() promise. */
#include "tests/registry/contract.h"

#include <string.h>
#include <sys/stat.h>

static void
new_one_is_empty(void **state)
{
	struct fixture *f = *state;
	struct registry_entry e;
	uint8_t root[32], note[NOTE_MAX_BYTES];
	uint64_t size = 9;
	size_t len = 9;
	bool found = true;

	assert_int_equal(next_index(f), 0);
	assert_ok(f, registry_by_index(f->r, 0, &e, &found, &f->why));
	assert_false(found);
	found = true;
	assert_ok(f, registry_by_number(f->r, "X", &e, &found, &f->why));
	assert_false(found);
	assert_ok(f, registry_head_get(
			 f->r, &size, root, note, sizeof note, &len, &f->why));
	assert_int_equal(size, 0);
	assert_int_equal(len, 0);
}

static void
reserve_gives_indexes_and_serials(void **state)
{
	struct fixture *f = *state;
	struct reservation rows[3];
	struct plan *p = plan_new();
	struct registry_entry e;
	bool found;

	row_init(&rows[0], 2, series);
	row_init(&rows[1], 3, series);
	row_init(&rows[2], 4, "other");
	assert_ok(f,
	    registry_reserve(f->r, "B1", rows, 3, NOW, fill_plain, p, &f->why));
	assert_int_equal(p->calls, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_false(rows[i].already);
		assert_int_equal(rows[i].index, i);
	}
	assert_int_equal(rows[0].serial, 1);
	assert_int_equal(rows[1].serial, 2);
	assert_int_equal(rows[2].serial, 1);
	assert_int_equal(next_index(f), 3);

	fixture_reopen(f);
	e = get(f, 1);
	assert_int_equal(e.index, 1);
	assert_int_equal(e.state, ENTRY_RESERVED);
	assert_int_equal(e.status, STATUS_VALID);
	assert_int_equal(e.kind, KIND_LEVEL);
	assert_string_equal(e.number, "S000015000123254000002");
	assert_string_equal(e.name, "张三");
	assert_string_equal(e.id_number, "150102199001010003");
	assert_int_equal(e.id_type, ID_RESIDENT);
	assert_string_equal(e.occupation, "电工");
	assert_string_equal(e.code, "6-31-01-03");
	assert_null(e.direction);
	assert_int_equal(e.level, 4);
	assert_int_equal(e.issued, 20000);
	assert_string_equal(e.batch, "B1");
	assert_int_equal(e.row, 3);
	assert_memory_equal(e.row_key, rows[1].row_key, 32);
	assert_int_equal(e.payload.len, 16);
	assert_memory_equal(e.payload.ptr, "payload-\1\0\0\0\0\0\0\0", 16);
	assert_int_equal(e.credential.len, 0);
	assert_true(bytes_eq(e.print, bytes_str("{\"mn\":\"\"}")));
	assert_int_equal(e.reserved_at, NOW);
	assert_int_equal(e.signed_at, 0);
	assert_false(e.has_replaces);
	assert_false(e.has_replaced_by);
	registry_entry_release(&e);
	assert_ok(f, registry_by_number(
			 f->r, "S000015000123254000002", &e, &found, &f->why));
	assert_true(found);
	assert_int_equal(e.index, 1);
	registry_entry_release(&e);
	free(p);
}

static void
same_row_gets_its_old_index(void **state)
{
	struct fixture *f = *state;
	struct reservation rows[4];
	struct plan *p = plan_new();

	reserve_n(f->r, "B1", 2, 2, NULL);
	fixture_reopen(f);
	for (uint32_t i = 0; i < 4; i++)
		row_init(&rows[i], i + 1, series);
	rows[3] = rows[0];
	assert_ok(f, registry_reserve(
			 f->r, "B1", rows, 4, NOW + 9, fill_plain, p, &f->why));
	assert_int_equal(p->calls, 1);
	assert_false(rows[0].already);
	assert_int_equal(rows[0].index, 2);
	assert_int_equal(rows[0].serial, 3);
	assert_true(rows[1].already);
	assert_int_equal(rows[1].index, 0);
	assert_true(rows[2].already);
	assert_int_equal(rows[2].index, 1);
	assert_true(rows[3].already); /* twice in one call */
	assert_int_equal(rows[3].index, 2);
	/* Another batch is another row. */
	row_init(&rows[0], 2, series);
	assert_ok(f,
	    registry_reserve(f->r, "B2", rows, 1, NOW, fill_plain, p, &f->why));
	assert_false(rows[0].already);
	assert_int_equal(rows[0].index, 3);
	free(p);
}

static void
refusal_of_one_undoes_all(void **state)
{
	struct fixture *f = *state;
	struct reservation rows[3];
	struct plan *p = plan_new();

	for (uint32_t i = 0; i < 3; i++)
		row_init(&rows[i], i + 2, series);
	p->refuse_at = 2;
	assert_int_equal(
	    registry_reserve(f->r, "B1", rows, 3, NOW, fill_plain, p, &f->why),
	    CRED_ERR_NOT_LEVEL);
	assert_string_equal(f->why.text, "row 4");
	assert_int_equal(rows[0].serial, 0);
	assert_int_equal(next_index(f), 0);
	p->refuse_at = SIZE_MAX;
	assert_ok(f,
	    registry_reserve(f->r, "B1", rows, 3, NOW, fill_plain, p, &f->why));
	assert_int_equal(rows[0].serial, 1);
	assert_int_equal(rows[2].index, 2);
	free(p);
}

static void
number_that_exists(void **state)
{
	struct fixture *f = *state;
	struct reservation row;
	struct plan *p = plan_new();

	reserve_n(f->r, "B1", 2, 2, NULL);
	row_init(&row, 17, series);
	row.number = "S000015000123254000001";
	assert_int_equal(
	    registry_reserve(f->r, "B2", &row, 1, NOW, fill_plain, p, &f->why),
	    CRED_FAULT_EXISTS);
	assert_non_null(strstr(f->why.text, "row 17"));
	assert_int_equal(next_index(f), 2);
	free(p);
}

static void
number_from_outside_raises_series(void **state)
{
	struct fixture *f = *state;
	struct reservation rows[3];
	struct plan *p = plan_new();

	row_init(&rows[0], 2, series);
	rows[0].number = "S000015000123254000041";
	row_init(&rows[1], 3, series);
	row_init(&rows[2], 4, series);
	rows[2].number = "S000015000123254X00099"; /* not of the series */
	assert_ok(f,
	    registry_reserve(f->r, "B1", rows, 3, NOW, fill_plain, p, &f->why));
	assert_int_equal(rows[0].serial, 0);
	assert_int_equal(rows[1].serial, 42);
	row_init(&rows[0], 5, series);
	assert_ok(f,
	    registry_reserve(f->r, "B1", rows, 1, NOW, fill_plain, p, &f->why));
	assert_int_equal(rows[0].serial, 43);
	free(p);
}

static void
unfinished_entry_is_internal(void **state)
{
	struct fixture *f = *state;
	struct reservation row;
	struct plan *p = plan_new();

	row_init(&row, 2, series);
	p->level = 6;
	assert_int_equal(
	    registry_reserve(f->r, "B1", &row, 1, NOW, fill_plain, p, &f->why),
	    CRED_FAULT_INTERNAL);
	p->level = 4;
	p->name = NULL;
	assert_int_equal(
	    registry_reserve(f->r, "B1", &row, 1, NOW, fill_plain, p, &f->why),
	    CRED_FAULT_INTERNAL);
	assert_int_equal(next_index(f), 0);
	free(p);
}

static void
no_rows_is_nothing(void **state)
{
	struct fixture *f = *state;

	assert_ok(f, registry_reserve(
			 f->r, "B1", NULL, 0, NOW, fill_plain, NULL, &f->why));
	assert_ok(f, registry_store(f->r, NULL, NULL, 0, NOW, &f->why));
	assert_int_equal(next_index(f), 0);
}

static void
operations_share_a_number(void **state)
{
	struct fixture *f = *state;
	struct reservation rows[2];
	struct plan *p = plan_new();
	struct registry_entry e;

	p->kind = KIND_OPERATION;
	p->level = 0;
	row_init(&rows[0], 2, NULL);
	row_init(&rows[1], 3, NULL);
	assert_ok(f,
	    registry_reserve(f->r, "B1", rows, 2, NOW, fill_plain, p, &f->why));
	e = get(f, 1);
	assert_null(e.number);
	registry_entry_release(&e);
	free(p);
}

static void
store_makes_signed(void **state)
{
	struct fixture *f = *state;
	struct registry_entry e;
	uint64_t index[2] = {1, 0};
	struct bytes creds[2] = {bytes_str("one"), bytes_str("zero")};

	reserve_n(f->r, "B1", 2, 3, NULL);
	assert_ok(f, registry_store(f->r, index, creds, 2, NOW + 5, &f->why));
	fixture_reopen(f);
	e = get(f, 0);
	assert_int_equal(e.state, ENTRY_SIGNED);
	assert_true(bytes_eq(e.credential, bytes_str("zero")));
	assert_int_equal(e.signed_at, NOW + 5);
	registry_entry_release(&e);
	assert_int_equal(state_of(f, 2), ENTRY_RESERVED);
	/* The same bytes again are no change. */
	assert_ok(f, registry_store(f->r, index, creds, 2, NOW + 9, &f->why));
	e = get(f, 0);
	assert_int_equal(e.signed_at, NOW + 5);
	registry_entry_release(&e);
}

static void
store_conflicts(void **state)
{
	struct fixture *f = *state;
	uint64_t index[2] = {1, 0}, missing = 7, voided = 2;
	struct bytes creds[2] = {bytes_str("one"), bytes_str("other")};
	struct bytes empty = {0}, large;
	static uint8_t big[CRED_MAX_BYTES + 1];

	reserve_n(f->r, "B1", 2, 3, NULL);
	store_n(f->r, 0, 1);
	assert_int_equal(registry_store(f->r, index, creds, 2, NOW, &f->why),
	    CRED_FAULT_CONFLICT);
	assert_int_equal(state_of(f, 1), ENTRY_RESERVED); /* all or none */
	assert_int_equal(registry_store(f->r, &missing, creds, 1, NOW, &f->why),
	    CRED_FAULT_CONFLICT);
	assert_ok(f, registry_void(f->r, voided, "x", NOW, &f->why));
	assert_int_equal(registry_store(f->r, &voided, creds, 1, NOW, &f->why),
	    CRED_FAULT_CONFLICT);
	assert_int_equal(registry_store(f->r, index, &empty, 1, NOW, &f->why),
	    CRED_FAULT_INTERNAL);
	large = bytes_of(big, sizeof big);
	assert_int_equal(registry_store(f->r, index, &large, 1, NOW, &f->why),
	    CRED_FAULT_INTERNAL);
	index[0] = index[1] = 1; /* twice, differently */
	assert_int_equal(registry_store(f->r, index, creds, 2, NOW, &f->why),
	    CRED_FAULT_CONFLICT);
	assert_int_equal(state_of(f, 1), ENTRY_RESERVED);
}

static void
void_is_final_and_frees_the_row(void **state)
{
	struct fixture *f = *state;
	struct reservation row;
	struct registry_entry e;
	struct plan *p = plan_new();
	uint8_t raw[2];
	bool found;

	reserve_n(f->r, "B1", 2, 2, NULL);
	assert_ok(f, registry_void(f->r, 0, "never signed", NOW, &f->why));
	assert_int_equal(state_of(f, 0), ENTRY_VOID);
	assert_int_equal(status_of(f, 0), STATUS_REVOKED);
	assert_ok(f, registry_status_bits(f->r, 0, 4, raw, &f->why));
	assert_int_equal(raw[0], STATUS_REVOKED);
	assert_int_equal(
	    registry_void(f->r, 0, "again", NOW, &f->why), CRED_FAULT_CONFLICT);
	assert_int_equal(
	    registry_void(f->r, 9, "none", NOW, &f->why), CRED_FAULT_CONFLICT);
	store_n(f->r, 1, 1);
	assert_int_equal(registry_void(f->r, 1, "signed", NOW, &f->why),
	    CRED_FAULT_CONFLICT);
	/* Its row comes again: a new index, and a new serial. */
	fixture_reopen(f);
	row_init(&row, 2, series);
	assert_ok(f,
	    registry_reserve(f->r, "B1", &row, 1, NOW, fill_plain, p, &f->why));
	assert_false(row.already);
	assert_int_equal(row.index, 2);
	assert_int_equal(row.serial, 3);
	/* Its number may be given again, for it was never signed. */
	row_init(&row, 9, NULL);
	row.number = "S000015000123254000001";
	assert_ok(f,
	    registry_reserve(f->r, "B1", &row, 1, NOW, fill_plain, p, &f->why));
	assert_ok(f, registry_by_number(
			 f->r, "S000015000123254000001", &e, &found, &f->why));
	assert_true(found);
	assert_int_equal(e.index, 3);
	registry_entry_release(&e);
	free(p);
}

static void
stale_reservations_become_void(void **state)
{
	struct fixture *f = *state;
	struct reservation row;
	struct plan *p = plan_new();
	size_t n = 9;

	reserve_n(f->r, "B1", 2, 4, NULL); /* at NOW */
	store_n(f->r, 1, 1);
	row_init(&row, 90, series);
	assert_ok(f, registry_reserve(f->r, "B2", &row, 1, NOW + 100,
			 fill_plain, p, &f->why));
	assert_ok(
	    f, registry_void_stale(f->r, NOW, "gone", NOW + 200, &n, &f->why));
	assert_int_equal(n, 0);
	assert_ok(f, registry_void_stale(
			 f->r, NOW + 100, "gone", NOW + 200, &n, &f->why));
	assert_int_equal(n, 3);
	fixture_reopen(f);
	assert_int_equal(state_of(f, 0), ENTRY_VOID);
	assert_int_equal(state_of(f, 1), ENTRY_SIGNED);
	assert_int_equal(state_of(f, 2), ENTRY_VOID);
	assert_int_equal(state_of(f, 3), ENTRY_VOID);
	assert_int_equal(state_of(f, 4), ENTRY_RESERVED);
	store_n(f->r, 4, 1);
	assert_ok(f, swap(f->r, 0, 5, &f->why));
	assert_ok(f, registry_void_stale(
			 f->r, NOW + 900, "gone", NOW + 200, &n, &f->why));
	assert_int_equal(n, 0);
	free(p);
}

CONTRACT(T(new_one_is_empty),
    T(reserve_gives_indexes_and_serials),
    T(same_row_gets_its_old_index),
    T(refusal_of_one_undoes_all),
    T(number_that_exists),
    T(number_from_outside_raises_series),
    T(unfinished_entry_is_internal),
    T(no_rows_is_nothing),
    T(operations_share_a_number),
    T(store_makes_signed),
    T(store_conflicts),
    T(void_is_final_and_frees_the_row),
    T(stale_reservations_become_void))
