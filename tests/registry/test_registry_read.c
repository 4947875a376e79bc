/* The contract of registry.h, over every engine: finding and walking. */
#include "tests/registry/contract.h"

#include <string.h>

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
	struct reservation other;
	struct plan *p = plan_new();

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
	row_init(&other, 30, series);
	p->name = "乌云·其木格";
	p->code = NULL;
	p->occupation = "低压电工作业";
	assert_ok(f, registry_reserve(f->r, "B4", &other, 1, NOW, fill_plain, p,
			 &f->why)); /* 10 */
	COUNT(1, 10, w.name = "乌云·其木格");
	COUNT(1, 10, w.name = "其木");
	COUNT(10, 0, w.name = "张三");
	COUNT(0, 0, w.name = "%");
	COUNT(11, 0, w.work = "电工");
	COUNT(1, 10, w.work = "低压");
	COUNT(10, 0, w.work = "6-31-01-03");
	COUNT(0, 0, w.work = "6-31-01");
	COUNT(11, 0, (w.issued_from = 20000, w.issued_to = 20000));
	COUNT(0, 0, w.issued_from = 20001);
	COUNT(0, 0, w.issued_to = 19999);
	COUNT(1, 1, (w.status = STATUS_SUSPENDED, w.name = "张"));
	COUNT(0, 0, (w.status = STATUS_SUSPENDED, w.work = "低压"));
	COUNT(0, 0, (w.number = "S000015000123254000003", w.name = "乌"));
#undef COUNT
	free(p);
	/* The callback's error ends the walk. */
	assert_int_equal(registry_each(f->r, NULL, note_index, &s, &f->why),
	    CRED_FAULT_CONFIG);
	assert_int_equal(s.n, 2);
	assert_int_equal(next_index(f), 11);
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

CONTRACT(T(find_same_person), T(find_same_on_a_day), T(each_filters),
    T(each_may_read))
