/* The contract of registry.h, over every engine. */
#include "tests/registry/fixture.h"

#include <string.h>
#include <sys/stat.h>

#include "registry/memory.h"

static const char *engine;
static const char series[] = "S000015000123254";

static int
set_up(void **state)
{
	*state = fixture_new(engine);
	return 0;
}

static int
tear_down(void **state)
{
	fixture_free(*state);
	return 0;
}

static struct registry_entry
get(struct fixture *f, uint64_t index)
{
	struct registry_entry e = {0};
	bool found = false;

	assert_ok(f, registry_by_index(f->r, index, &e, &found, &f->why));
	assert_true(found);
	return e;
}

static enum entry_state
state_of(struct fixture *f, uint64_t index)
{
	struct registry_entry e = get(f, index);
	enum entry_state s = e.state;

	registry_entry_release(&e);
	return s;
}

static enum status_value
status_of(struct fixture *f, uint64_t index)
{
	struct registry_entry e = get(f, index);
	enum status_value s = e.status;

	registry_entry_release(&e);
	return s;
}

static uint64_t
next_index(struct fixture *f)
{
	uint64_t n = UINT64_MAX;

	assert_ok(f, registry_next_index(f->r, &n, &f->why));
	return n;
}

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

static void
find_same_person(void **state)
{
	struct fixture *f = *state;
	struct reservation row;
	struct plan *p = plan_new();
	const char *id = "150102199001010011";
	uint64_t index = 99;
	bool found;

#define SAME_TYPE(id_type, code, occ, level)                                   \
	registry_find_same(f->r,                                               \
	    &(struct registry_same){                                           \
		id_type, id, KIND_LEVEL, code, occ, level, 20000, NULL},       \
	    &index, &found, &f->why)
#define SAME(code, occ, level) SAME_TYPE(ID_RESIDENT, code, occ, level)
	reserve_n(f->r, "B0", 2, 2, NULL);
	p->id_number = id;
	row_init(&row, 50, series);
	assert_ok(f,
	    registry_reserve(f->r, "B1", &row, 1, NOW, fill_plain, p, &f->why));
	assert_ok(f, SAME("6-31-01-03", "电工", 4));
	assert_true(found);
	assert_int_equal(index, 2);
	assert_ok(f, SAME("6-31-01-03", "别的", 4)); /* codes decide */
	assert_true(found);
	assert_ok(f, SAME(NULL, "电工", 4));
	assert_true(found);
	assert_ok(f, SAME("6-31-01-04", "电工", 4));
	assert_false(found);
	assert_ok(f, SAME(NULL, "焊工", 4));
	assert_false(found);
	assert_ok(f, SAME("6-31-01-03", "电工", 3));
	assert_false(found);
	assert_ok(f, SAME_TYPE(ID_PASSPORT, "6-31-01-03", "电工", 4));
	assert_false(found);
	/* Revoked ones do not count, void ones neither. */
	store_n(f->r, 2, 1);
	assert_ok(f, registry_status_set(f->r, 2, STATUS_VALID, STATUS_REVOKED,
			 "fraud", "li", NOW, &f->why));
	assert_ok(f, SAME("6-31-01-03", "电工", 4));
	assert_false(found);
	row_init(&row, 51, series);
	p->code = NULL;
	assert_ok(f,
	    registry_reserve(f->r, "B1", &row, 1, NOW, fill_plain, p, &f->why));
	assert_ok(f, SAME("6-31-01-03", "电工", 4)); /* no code: by name */
	assert_true(found);
	assert_int_equal(index, 3);
	assert_ok(f, registry_void(f->r, 3, "x", NOW, &f->why));
	assert_ok(f, SAME("6-31-01-03", "电工", 4));
	assert_false(found);
#undef SAME
#undef SAME_TYPE
	free(p);
}

static struct bytes
claims_until(int32_t valid_to, uint8_t buf[static CRED_MAX_BYTES])
{
	struct outbuf o = {buf, CRED_MAX_BYTES, 0};
	struct claims c = {.iat = NOW,
	    .has_exp = true,
	    .exp = claims_exp(valid_to),
	    .cert = {.kind = KIND_OPERATION,
		.name = bytes_str("王明"),
		.id_type = ID_RESIDENT,
		.occupation = bytes_str("低压电工作业"),
		.code = bytes_str("1.2"),
		.issued = 18000,
		.has_valid_to = true,
		.valid_to = valid_to}};

	assert_int_equal(claims_encode(&c, &o), CRED_OK);
	return bytes_of(o.ptr, o.len);
}

/* One that has run out is no reason against another, and hides none. */
static void
find_same_on_a_day(void **state)
{
	struct fixture *f = *state;
	struct reservation row;
	struct plan *p = plan_new();
	uint8_t buf[CRED_MAX_BYTES];
	uint64_t index = 99, except;
	struct registry_same same = {.type = ID_RESIDENT,
	    .id_number = "150102199001010011",
	    .kind = KIND_OPERATION,
	    .code = "1.2",
	    .occupation = "低压电工作业"};
	bool found;

	p->id_number = same.id_number;
	p->kind = same.kind;
	p->code = same.code;
	p->occupation = same.occupation;
	p->level = 0;
	for (uint32_t i = 0; i < 2; i++) { /* until 19000, until 21000 */
		p->payload = claims_until((int32_t)(19000 + 2000 * i), buf);
		row_init(&row, i, NULL);
		assert_ok(f, registry_reserve(f->r, "B1", &row, 1, NOW,
				 fill_plain, p, &f->why));
	}
	same.day = 19000; /* its last day */
	assert_ok(f, registry_find_same(f->r, &same, &index, &found, &f->why));
	assert_true(found);
	assert_int_equal(index, 0);
	same.day = 19001;
	assert_ok(f, registry_find_same(f->r, &same, &index, &found, &f->why));
	assert_true(found);
	assert_int_equal(index, 1);
	except = 1;
	same.except = &except;
	assert_ok(f, registry_find_same(f->r, &same, &index, &found, &f->why));
	assert_false(found);
	same.except = NULL;
	same.day = 21001;
	assert_ok(f, registry_find_same(f->r, &same, &index, &found, &f->why));
	assert_false(found);
	free(p);
}

struct seen {
	size_t n;
	uint64_t index[32];
	size_t stop_at;
};

static enum cred_err
note_index(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct seen *s = ctx;

	(void)why;
	assert_non_null(e->name);
	assert_true(s->n < 32);
	s->index[s->n++] = e->index;
	return s->n == s->stop_at ? CRED_FAULT_CONFIG : CRED_OK;
}

static size_t
count(struct fixture *f, struct registry_filter filter, uint64_t first)
{
	struct seen s = {.stop_at = SIZE_MAX};

	assert_ok(f, registry_each(f->r, &filter, note_index, &s, &f->why));
	for (size_t i = 1; i < s.n; i++)
		assert_true(s.index[i] > s.index[i - 1]);
	if (s.n > 0)
		assert_int_equal(s.index[0], first);
	return s.n;
}

static void
each_filters(void **state)
{
	struct fixture *f = *state;
	struct registry_filter any = {.state = -1, .status = -1}, w;
	struct seen s = {.stop_at = 2};

	reserve_n(f->r, "B1", 2, 4, NULL);  /* 0..3 */
	reserve_n(f->r, "B2", 2, 4, NULL);  /* 4..7 */
	reserve_n(f->r, "B1", 20, 2, NULL); /* 8, 9 */
	store_n(f->r, 0, 6);
	assert_ok(f, registry_void(f->r, 6, "x", NOW, &f->why));
	assert_ok(f, swap(f->r, 0, 4, &f->why));
	assert_ok(f, registry_status_set(f->r, 1, STATUS_VALID,
			 STATUS_SUSPENDED, "r", "a", NOW, &f->why));
#define COUNT(n, first, ...)                                                   \
	w = any, __VA_ARGS__, assert_int_equal(count(f, w, first), n)
	COUNT(10, 0, w.kind = 0);
	COUNT(6, 0, w.batch = "B1");
	COUNT(4, 4, w.batch = "B2");
	COUNT(0, 0, w.batch = "B3");
	COUNT(10, 0, w.kind = KIND_LEVEL);
	COUNT(0, 0, w.kind = KIND_OPERATION);
	COUNT(1, 2, w.number = "S000015000123254000003");
	COUNT(0, 0, w.number = "nothing");
	COUNT(3, 7, w.state = ENTRY_RESERVED);
	COUNT(2, 4, w.state = ENTRY_SIGNED);
	COUNT(4, 0, w.state = ENTRY_LOGGED);
	COUNT(1, 6, w.state = ENTRY_VOID);
	COUNT(8, 0, w.status = STATUS_VALID);
	COUNT(1, 6, w.status = STATUS_REVOKED);
	COUNT(1, 1, w.status = STATUS_SUSPENDED);
	COUNT(5, 5, w.from = 5);
	COUNT(2, 5, (w.from = 5, w.to = 7));
	COUNT(0, 0, (w.from = 7, w.to = 7));
	COUNT(2, 8, (w.batch = "B1", w.state = ENTRY_RESERVED));
	COUNT(1, 1, (w.state = ENTRY_LOGGED, w.status = STATUS_SUSPENDED));
#undef COUNT
	/* The callback's error ends the walk. */
	assert_int_equal(registry_each(f->r, NULL, note_index, &s, &f->why),
	    CRED_FAULT_CONFIG);
	assert_int_equal(s.n, 2);
	assert_int_equal(next_index(f), 10);
}

static enum cred_err
look_inside(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct fixture *f = ctx;
	struct seen s = {.stop_at = SIZE_MAX};
	struct registry_entry again = get(f, e->index);

	assert_string_equal(again.number, e->number);
	registry_entry_release(&again);
	return registry_each(f->r, NULL, note_index, &s, why);
}

static void
each_may_read(void **state)
{
	struct fixture *f = *state;

	reserve_n(f->r, "B1", 2, 4, NULL);
	assert_ok(f, registry_each(f->r, NULL, look_inside, f, &f->why));
	reserve_n(f->r, "B1", 10, 1, NULL);
}

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

static void
meta_keeps_numbers(void **state)
{
	struct fixture *f = *state;
	int64_t v;

	assert_ok(f, registry_meta_get(f->r, "status.0.iat", -7, &v, &f->why));
	assert_int_equal(v, -7);
	assert_ok(f, registry_meta_set(f->r, "status.0.iat", 5, &f->why));
	assert_ok(f, registry_meta_set(f->r, "status.1.iat", 6, &f->why));
	assert_ok(f, registry_meta_set(f->r, "status.0.iat", 4, &f->why));
	fixture_reopen(f);
	assert_ok(f, registry_meta_get(f->r, "status.0.iat", 0, &v, &f->why));
	assert_int_equal(v, 4);
	assert_ok(f, registry_meta_raise(f->r, "status.0.iat", 3, &f->why));
	assert_ok(f, registry_meta_get(f->r, "status.0.iat", 0, &v, &f->why));
	assert_int_equal(v, 4);
	assert_ok(f, registry_meta_raise(f->r, "status.0.iat", 8, &f->why));
	assert_ok(f, registry_meta_get(f->r, "status.0.iat", 0, &v, &f->why));
	assert_int_equal(v, 8);
	assert_ok(f, registry_meta_raise(f->r, "new", -8, &f->why));
	assert_ok(f, registry_meta_get(f->r, "new", 0, &v, &f->why));
	assert_int_equal(v, -8);
}

struct lines {
	size_t n;
	char text[8][128];
};

static enum cred_err
note_act(void *ctx, const struct registry_act *a, struct why *why)
{
	struct lines *l = ctx;

	(void)why;
	assert_true(l->n < 8);
	snprintf(l->text[l->n++], sizeof l->text[0], "%llu %s %s %s|%s",
	    (unsigned long long)a->seq, a->actor, a->action, a->subject,
	    a->detail);
	return CRED_OK;
}

static void
every_act_leaves_a_line(void **state)
{
	struct fixture *f = *state;
	struct lines l = {0}, of = {0};
	uint64_t n = 9;
	uint8_t last[32], zero[32] = {0};

	assert_ok(f, registry_audit_verify(f->r, &n, last, &f->why));
	assert_int_equal(n, 0);
	assert_memory_equal(last, zero, 32);
	reserve_n(f->r, "B1", 2, 2, NULL);
	store_n(f->r, 0, 1);
	assert_ok(f, registry_actor_set(f->r, "wang"));
	assert_ok(f, registry_audit_append(f->r, NULL, "issue", "batch B1",
			 "1 row", NOW, &f->why));
	assert_ok(f, registry_status_set(f->r, 0, STATUS_VALID, STATUS_REVOKED,
			 "forged papers", "li", NOW + 1, &f->why));
	assert_int_equal(registry_status_set(f->r, 0, STATUS_VALID,
			     STATUS_REVOKED, "again", "li", NOW + 1, &f->why),
	    CRED_FAULT_CONFLICT); /* leaves none */
	assert_ok(f, registry_void(f->r, 1, "stale", NOW + 2, &f->why));
	fixture_reopen(f);
	assert_ok(f, registry_audit_each(f->r, 0, NULL, note_act, &l, &f->why));
	assert_int_equal(l.n, 3);
	assert_string_equal(l.text[0], "1 wang issue batch B1|1 row");
	assert_string_equal(
	    l.text[1], "2 li revoked index 0|valid: forged papers");
	assert_string_equal(l.text[2], "3 wang void index 1|stale");
	assert_ok(
	    f, registry_audit_each(f->r, 2, "index 1", note_act, &of, &f->why));
	assert_int_equal(of.n, 1);
	assert_ok(f, registry_audit_verify(f->r, &n, last, &f->why));
	assert_int_equal(n, 3);
	assert_memory_not_equal(last, zero, 32);
}

static void
audit_hash_is_as_written(void **state)
{
	/* printf 'tamga-audit-1'; 32 zero bytes; 1 and 2 as 8 bytes;
	 * 4-byte lengths before "a", "b", "c" and "" | sha256sum */
	static const uint8_t want[4] = {0xd9, 0xfd, 0xea, 0x44};
	struct registry_act a = {.seq = 1,
	    .at = 2,
	    .actor = "a",
	    .action = "b",
	    .subject = "c",
	    .detail = ""};
	uint8_t h[32];

	(void)state;
	assert_int_equal(audit_hash(&a, h), CRED_OK);
	assert_memory_equal(h, want, sizeof want);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
static const struct CMUnitTest contract[] = {
    T(new_one_is_empty),
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
    T(stale_reservations_become_void),
    T(head_swaps_only_from_its_size),
    T(one_note_for_one_size),
    T(find_same_person),
    T(find_same_on_a_day),
    T(each_filters),
    T(each_may_read),
    T(status_follows_its_rules),
    T(status_many_is_all_or_none),
    T(status_bits_of_a_range),
    T(replacement_links_both_ways),
    T(void_replacement_leaves_the_old_one),
    T(meta_keeps_numbers),
    T(every_act_leaves_a_line),
};

/* The knob of memory.h. */
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

static const struct CMUnitTest own[] = {
    T(memory_fails_on_request),
    cmocka_unit_test(spec_unknown),
    cmocka_unit_test(audit_hash_is_as_written),
};

int
main(void)
{
	int failed = 0;

	engine = "sqlite:";
	failed += cmocka_run_group_tests_name("sqlite", contract, NULL, NULL);
	engine = "memory:";
	failed += cmocka_run_group_tests_name("memory", contract, NULL, NULL);
	failed += cmocka_run_group_tests_name("own", own, NULL, NULL);
	return failed;
}
