#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "credential/verdict.h"
#include "issuer/replace.h"
#include "registry/memory.h"
#include "tests/issuer/desk.h"

static struct desk desk;

static int
setup(void **state)
{
	(void)state;
	desk_make(&desk);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	desk_remove(&desk);
	return 0;
}

static void
issue_two(void)
{
	struct row rows[2];
	struct batch_job job = {
	    .id = "b", .rows = rows, .n = 2, .now = time(NULL)};
	struct batch_result r;
	struct why why = {""};

	desk_row(&rows[0], 0);
	desk_row(&rows[1], 1);
	assert_int_equal(batch_issue(&desk.h, &job, &r, &why), CRED_OK);
}

static int
open_memory(void **state)
{
	(void)state;
	desk_open(&desk, "memory:");
	issue_two();
	return 0;
}

static int
open_sqlite(void **state)
{
	(void)state;
	desk_open(&desk, "sqlite");
	issue_two();
	return 0;
}

static int
close_it(void **state)
{
	(void)state;
	desk_close(&desk);
	return 0;
}

static struct registry_entry
entry(uint64_t index)
{
	struct registry_entry e;
	struct why why;
	bool found;

	assert_int_equal(
	    registry_by_index(desk.h.registry, index, &e, &found, &why),
	    CRED_OK);
	assert_true(found);
	return e;
}

static void
hear(void *ctx, const char *line)
{
	unsigned *said = ctx;

	(void)line;
	(*said)++;
}

/* As the command does it: finish what is left, find, issue. */
static enum cred_err
replace(const char *asked, const char *reason, const char *name, int64_t now,
    struct replace_item *out)
{
	const struct batch_job leftovers = {.id = "", .now = now};
	const struct replace_wish wish = {
	    .cell = {[COL_NAME] = name}, .reason = reason};
	struct replace_set s = {0};
	struct change_set asking;
	struct findings f;
	unsigned said = 0;
	struct why why = {""};
	enum cred_err e;

	change_init(&asking, CHANGE_REVOKE);
	findings_init(&f);
	assert_int_equal(change_add(&asking, asked, &why), CRED_OK);
	e = batch_complete(&desk.h, &leftovers, NULL, &why);
	if (e == CRED_OK)
		e = replace_find(
		    &desk.h, &asking, &wish, now, &s, &f, hear, &said, &why);
	if (e == CRED_OK && (s.n_bad > 0 || f.n_errors > 0))
		e = CRED_ERR_NOT_NUMBER; /* any refusal */
	if (e == CRED_OK)
		e = replace_issue(&desk.h, &s, reason, now, &why);
	if (e == CRED_OK)
		*out = s.items[0];
	out->photo_dir = NULL; /* released here */
	assert_int_equal(said, s.n_bad);
	replace_release(&s);
	findings_release(&f);
	change_release(&asking);
	return e;
}

/* old is superseded by by, which says the same of another index. */
static void
assert_replaced(uint64_t old, uint64_t by)
{
	struct registry_entry a = entry(old), b = entry(by);
	struct credential c;

	assert_int_equal(a.status, STATUS_SUPERSEDED);
	assert_true(a.has_replaced_by);
	assert_int_equal(a.replaced_by, by);
	assert_int_equal(b.status, STATUS_VALID);
	assert_int_equal(b.state, ENTRY_LOGGED);
	assert_true(b.has_replaces);
	assert_int_equal(b.replaces, old);
	assert_string_equal(a.number, b.number);
	assert_string_equal(a.id_number, b.id_number);
	assert_int_equal(credential_decode(b.credential, &c), CRED_OK);
	assert_int_equal(own_verify_cose(desk.h.own, &c.sign1), CRED_OK);
	assert_int_equal(c.claims.cert.index, by);
	registry_entry_release(&a);
	registry_entry_release(&b);
}

static void
assert_count(uint64_t n)
{
	struct why why;
	uint64_t next;

	assert_int_equal(
	    registry_next_index(desk.h.registry, &next, &why), CRED_OK);
	assert_int_equal(next, n);
	assert_int_equal(log_size(desk.h.log), n);
}

static void
keeps_number_and_links(void **state)
{
	struct replace_item it = {.old = 99};

	(void)state;
	assert_int_equal(replace("0", "lost", NULL, time(NULL), &it), CRED_OK);
	assert_int_equal(it.old, 0);
	assert_int_equal(it.by, 2);
	assert_true(it.keeps_number);
	assert_replaced(0, 2);
	assert_count(3);
}

static void
is_repeated_within_a_day_only(void **state)
{
	const char *number = DESK_PREFIX "204000001";
	struct replace_item it = {.old = 99};
	int64_t now = time(NULL);

	(void)state;
	assert_int_equal(replace(number, "lost", NULL, now, &it), CRED_OK);
	assert_false(it.already);
	assert_int_equal(
	    replace(number, "lost", NULL, now + REPLACE_AGAIN - 1, &it),
	    CRED_OK);
	assert_true(it.already);
	assert_int_equal(it.by, 2);
	assert_count(3);
	/* Another wish is another replacement. */
	assert_int_equal(
	    replace(number, "found worn", NULL, now, &it), CRED_OK);
	assert_false(it.already);
	assert_replaced(2, 3);
	/* Lost again, later. */
	assert_int_equal(
	    replace(number, "lost", NULL, now + REPLACE_AGAIN, &it), CRED_OK);
	assert_replaced(3, 4);
	assert_int_equal(
	    replace("0", "found", NULL, now, &it), CRED_ERR_NOT_NUMBER);
	assert_count(5);
}

/*
 * The n-th write of the registry fails, before or after it took effect, for
 * every n until none is left; the command is given again. One replacement, not
 * two; until then the old one is good or both are linked.
 */
static void
every_write_fails_once(void **state)
{
	static const enum memory_fail when[] = {
	    MEMORY_FAIL_BEFORE, MEMORY_FAIL_AFTER};
	struct replace_item it = {.old = 99};
	const char *number = DESK_PREFIX "204000001";
	unsigned failed = 0;

	(void)state;
	for (size_t w = 0; w < 2; w++)
		for (unsigned nth = 1;; nth++) {
			struct registry_entry old;
			struct why why;
			enum cred_err e;

			desk_close(&desk);
			desk_open(&desk, "memory:");
			issue_two();
			registry_memory_fail(
			    desk.h.registry, when[w], nth, CRED_FAULT_FULL);
			e = replace(number, "lost", NULL, time(NULL), &it);
			if (e == CRED_OK)
				break;
			assert_int_equal(e, CRED_FAULT_FULL);
			failed++;
			registry_memory_fail(
			    desk.h.registry, MEMORY_FAIL_NEVER, 0, CRED_OK);
			/* Never superseded without a successor in the log. */
			old = entry(0);
			if (old.status == STATUS_SUPERSEDED) {
				struct registry_entry by =
				    entry(old.replaced_by);
				assert_int_equal(by.state, ENTRY_LOGGED);
				registry_entry_release(&by);
			} else {
				assert_int_equal(old.status, STATUS_VALID);
			}
			registry_entry_release(&old);
			/* A failed swap leaves open whether the head moved. */
			assert_int_equal(
			    log_refresh(desk.h.log, &why), CRED_OK);
			assert_int_equal(
			    replace(number, "lost", NULL, time(NULL), &it),
			    CRED_OK);
			assert_replaced(0, 2);
			assert_count(3);
		}
	assert_true(failed >= 10);
}

static void
signer_refusal_leaves_the_old_one(void **state)
{
	struct replace_item it = {.old = 99};
	struct replace_set s = {.items = &it, .n = 1};
	struct registry_entry e;
	struct why why;

	(void)state;
	it = (struct replace_item){.old = 0, .keeps_number = false};
	desk_row(&it.row, 0);
	it.row.level = 1; /* outside the scope: row_check() would say so */
	assert_int_equal(
	    replace_issue(&desk.h, &s, "lost", time(NULL), &why), CRED_OK);
	assert_true(it.refused);
	e = entry(0);
	assert_int_equal(e.status, STATUS_VALID);
	assert_false(e.has_replaced_by);
	registry_entry_release(&e);
	assert_int_equal(replace("0", "lost", NULL, time(NULL), &it), CRED_OK);
	assert_replaced(0, 3);
}

/* Reserved and no further: neither revoked behind its back nor replaced a
 * second time. */
static void
half_made_is_not_revoked(void **state)
{
	struct replace_item it = {.old = 99};
	struct change_set set;
	unsigned said = 0;
	struct why why;

	(void)state;
	/* Its first write is registry_supersede(), its second the reserve. */
	registry_memory_fail(
	    desk.h.registry, MEMORY_FAIL_AFTER, 2, CRED_FAULT_IO);
	assert_int_equal(
	    replace("0", "lost", NULL, time(NULL), &it), CRED_FAULT_IO);
	change_init(&set, CHANGE_REVOKE);
	assert_int_equal(change_add(&set, "0", &why), CRED_OK);
	assert_int_equal(
	    change_resolve(&set, desk.h.registry, hear, &said, &why), CRED_OK);
	assert_int_equal(set.n_bad, 1);
	change_release(&set);
}

static void
another_name_alone_is_a_correction(void **state)
{
	struct replace_item it = {.old = 99};
	struct registry_entry e;

	(void)state;
	assert_int_equal(
	    replace("0", "corrected", "王铭", time(NULL), &it), CRED_OK);
	assert_replaced(0, 2);
	e = entry(2);
	assert_string_equal(e.name, "王铭");
	registry_entry_release(&e);
}

int
main(void)
{
#define IN_MEMORY(f) cmocka_unit_test_setup_teardown(f, open_memory, close_it)
#define IN_FILE(f)   cmocka_unit_test_setup_teardown(f, open_sqlite, close_it)
	const struct CMUnitTest tests[] = {
	    IN_MEMORY(keeps_number_and_links),
	    IN_MEMORY(is_repeated_within_a_day_only),
	    IN_MEMORY(every_write_fails_once),
	    IN_MEMORY(signer_refusal_leaves_the_old_one),
	    IN_MEMORY(half_made_is_not_revoked),
	    IN_MEMORY(another_name_alone_is_a_correction),
	    IN_FILE(keeps_number_and_links),
	    IN_FILE(is_repeated_within_a_day_only),
	    IN_FILE(signer_refusal_leaves_the_old_one),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
