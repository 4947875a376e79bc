#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "credential/verdict.h"
#include "issuer/batch.h"
#include "issuer/intent.h"
#include "registry/registry_int.h"
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

static int
open_memory(void **state)
{
	(void)state;
	desk_open(&desk, "memory:");
	return 0;
}

static int
open_sqlite(void **state)
{
	(void)state;
	desk_open(&desk, "sqlite");
	return 0;
}

static int
close_it(void **state)
{
	(void)state;
	desk_close(&desk);
	return 0;
}

static struct batch_result
issue(const char *id, struct row *rows, size_t n, enum cred_err want)
{
	struct batch_job job = {
	    .id = id, .rows = rows, .n = n, .now = time(NULL)};
	struct batch_result r;
	struct why why = {""};
	enum cred_err e = batch_issue(&desk.h, &job, &r, &why);

	if (e != want)
		fprintf(stderr, "%s: %s\n", cred_errname(e), why.text);
	assert_int_equal(e, want);
	return r;
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

/* Signed by us, says what the registry says, and stands in the log. */
static void
assert_good(uint64_t index, const char *number)
{
	struct registry_entry e = entry(index);
	uint8_t want[32], got[32];
	struct credential c;
	struct why why;

	assert_int_equal(e.state, ENTRY_LOGGED);
	assert_string_equal(e.number, number);
	assert_int_equal(credential_decode(e.credential, &c), CRED_OK);
	assert_int_equal(own_verify_cose(desk.h.own, &c.sign1), CRED_OK);
	assert_int_equal(c.claims.cert.index, index);
	assert_int_equal(batch_entry_hash(e.credential, want), CRED_OK);
	assert_int_equal(log_entry(desk.h.log, index, got, &why), CRED_OK);
	assert_memory_equal(want, got, sizeof want);
	registry_entry_release(&e);
}

static void
issues_once(void **state)
{
	struct row rows[3];
	struct batch_result r;

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		desk_row(&rows[i], i);
	r = issue("b1", rows, 3, CRED_OK);
	assert_int_equal(r.issued, 3);
	assert_int_equal(r.already, 0);
	assert_int_equal(r.refused, 0);
	assert_int_equal(log_size(desk.h.log), 3);
	assert_good(0, DESK_PREFIX "204000001");
	assert_good(2, DESK_PREFIX "204000003");
	r = issue("b1", rows, 3, CRED_OK);
	assert_int_equal(r.issued, 0);
	assert_int_equal(r.already, 3);
	assert_int_equal(log_size(desk.h.log), 3);
}

static void
goes_on_with_serials_and_what_is_missing(void **state)
{
	struct row rows[4];
	struct batch_result r;

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		desk_row(&rows[i], i);
	issue("b1", rows, 2, CRED_OK);
	/* The same batch with a row more; another level has its own series. */
	rows[2].level = 5;
	r = issue("b1", rows, 3, CRED_OK);
	assert_int_equal(r.issued, 1);
	assert_int_equal(r.already, 2);
	assert_good(2, DESK_PREFIX "205000001");
	issue("b2", rows + 3, 1, CRED_OK);
	assert_good(3, DESK_PREFIX "204000003");
}

static void
many_chunks(void **state)
{
	size_t n = 2 * BATCH_CHUNK + 1;
	struct row *rows = calloc(n, sizeof *rows);
	struct batch_result r;

	(void)state;
	for (uint32_t i = 0; i < n; i++)
		desk_row(&rows[i], i);
	r = issue("big", rows, n, CRED_OK);
	assert_int_equal(r.issued, n);
	assert_int_equal(log_size(desk.h.log), n);
	assert_good(BATCH_CHUNK, DESK_PREFIX "204000501");
	assert_good(n - 1, DESK_PREFIX "204001001");
	free(rows);
}

/* Reserve without signing: what a crash after TX1 leaves. */
struct filler {
	struct row *row;
	struct intent intent;
};

static enum cred_err
fill(void *ctx, struct reservation *r, size_t i, struct registry_entry *out,
    struct why *why)
{
	struct filler *f = ctx;

	(void)i;
	return intent_make(f->row, desk.h.body, r->index, r->serial, time(NULL),
	    &f->intent, out, why);
}

static void
reserve(struct row *row, uint64_t *index)
{
	struct reservation rs = {.row = row->row};
	struct filler f = {.row = row};
	char series[ROW_SERIES_MAX];
	struct why why = {""};

	memcpy(rs.row_key, row->key, 32);
	assert_true(row_series(row, DESK_PREFIX, series));
	rs.number_series = series;
	assert_int_equal(registry_reserve(desk.h.registry, "crashed", &rs, 1,
			     time(NULL), fill, &f, &why),
	    CRED_OK);
	intent_release(&f.intent);
	*index = rs.index;
}

static void
complete(size_t want)
{
	struct batch_job job = {.id = "", .now = time(NULL)};
	struct why why = {""};
	size_t n;

	assert_int_equal(batch_complete(&desk.h, &job, &n, &why), CRED_OK);
	assert_int_equal(n, want);
}

static void
reserved_is_signed_from_its_intent(void **state)
{
	struct registry_entry before, after;
	struct row row;
	struct batch_result r;
	uint64_t index;

	(void)state;
	desk_row(&row, 1);
	reserve(&row, &index);
	before = entry(index);
	assert_int_equal(before.state, ENTRY_RESERVED);
	complete(1);
	after = entry(index);
	assert_int_equal(before.payload.len, after.payload.len);
	assert_memory_equal(
	    before.payload.ptr, after.payload.ptr, before.payload.len);
	registry_entry_release(&before);
	registry_entry_release(&after);
	assert_good(index, DESK_PREFIX "204000001");
	r = issue("crashed", &row, 1, CRED_OK);
	assert_int_equal(r.already, 1);
	assert_int_equal(r.issued, 0);
	complete(0);
}

static void
signed_is_only_logged(void **state)
{
	struct registry_entry e;
	uint8_t buf[CRED_MAX_BYTES], keep[CRED_MAX_BYTES];
	struct outbuf o = {buf, sizeof buf, 0};
	struct bytes cose;
	struct why why = {""};
	struct row row;
	uint64_t index;

	(void)state;
	desk_row(&row, 1);
	reserve(&row, &index);
	e = entry(index);
	assert_int_equal(
	    signer_credential(desk.h.signer, e.payload, &o, &why), CRED_OK);
	registry_entry_release(&e);
	cose = bytes_of(buf, o.len);
	assert_int_equal(
	    registry_store(desk.h.registry, &index, &cose, 1, time(NULL), &why),
	    CRED_OK);
	memcpy(keep, buf, o.len);
	complete(1);
	e = entry(index);
	assert_int_equal(e.credential.len, o.len);
	assert_memory_equal(e.credential.ptr, keep, o.len);
	registry_entry_release(&e);
	assert_good(index, DESK_PREFIX "204000001");
}

/* Between the reservation and the signature another issuer gives up row 1. */
static struct registry_ops meddled;
static enum cred_err (*real_reserve)(struct registry *r, const char *batch,
    struct reservation *rows, size_t n, int64_t now, registry_fill_fn *fill,
    void *ctx, struct why *why);

static enum cred_err
reserve_and_lose(struct registry *r, const char *batch,
    struct reservation *rows, size_t n, int64_t now, registry_fill_fn *make,
    void *ctx, struct why *why)
{
	enum cred_err e = real_reserve(r, batch, rows, n, now, make, ctx, why);

	return e == CRED_OK && n == 3
		   ? registry_void(r, rows[1].index, "gone", now, why)
		   : e;
}

static void
on_lost(void *ctx, const char *batch, uint32_t row, enum cred_err why)
{
	assert_string_equal(batch, "b1");
	assert_int_equal(why, CRED_FAULT_CONFLICT);
	*(uint32_t *)ctx = row;
}

static void
voided_by_another(void **state)
{
	struct row rows[3];
	uint32_t lost = 0;
	struct batch_job job = {.id = "b1",
	    .rows = rows,
	    .n = 3,
	    .now = time(NULL),
	    .refused = on_lost,
	    .refused_ctx = &lost};
	struct batch_result r;
	struct why why = {""};

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		desk_row(&rows[i], i);
	meddled = *desk.h.registry->ops;
	real_reserve = meddled.reserve;
	meddled.reserve = reserve_and_lose;
	desk.h.registry->ops = &meddled;
	assert_int_equal(batch_issue(&desk.h, &job, &r, &why), CRED_OK);
	assert_int_equal(r.issued, 2);
	assert_int_equal(r.refused, 1);
	assert_int_equal(lost, rows[1].row);
	meddled.reserve = real_reserve;
	r = issue("b1", rows, 3, CRED_OK);
	assert_int_equal(r.issued, 1);
	assert_int_equal(r.already, 2);
}

/* What the signer refuses now becomes void: logged as 32 zero bytes, status
 * revoked; those around it are issued. */
static void
refused_becomes_void(void **state)
{
	static const uint8_t zero[32];
	struct row rows[3];
	struct registry_entry e;
	struct batch_result r;
	uint8_t got[32];
	struct why why;

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		desk_row(&rows[i], i);
	rows[1].level = 1; /* outside the scope: row_check() would say so */
	r = issue("b1", rows, 3, CRED_OK);
	assert_int_equal(r.issued, 2);
	assert_int_equal(r.refused, 1);
	assert_int_equal(log_size(desk.h.log), 3);
	e = entry(1);
	assert_int_equal(e.state, ENTRY_VOID);
	assert_int_equal(e.status, STATUS_REVOKED);
	assert_int_equal(e.credential.len, 0);
	registry_entry_release(&e);
	assert_int_equal(log_entry(desk.h.log, 1, got, &why), CRED_OK);
	assert_memory_equal(got, zero, sizeof zero);
	assert_good(0, DESK_PREFIX "204000001");
	assert_good(2, DESK_PREFIX "204000002");
}

static void
number_given_from_outside(void **state)
{
	struct row rows[2];

	(void)state;
	desk_row(&rows[0], 0);
	desk_row(&rows[1], 1);
	snprintf(
	    rows[0].number, sizeof rows[0].number, DESK_PREFIX "204000041");
	issue("b1", rows, 2, CRED_OK);
	assert_good(0, DESK_PREFIX "204000041");
	assert_good(1, DESK_PREFIX "204000042");
	/* Once is enough. */
	desk_row(&rows[1], 2);
	snprintf(
	    rows[1].number, sizeof rows[1].number, DESK_PREFIX "204000041");
	issue("b2", rows + 1, 1, CRED_FAULT_EXISTS);
	assert_int_equal(log_size(desk.h.log), 2);
}

static void
serials_used_up(void **state)
{
	struct row rows[2];
	struct why why;
	uint64_t next;

	(void)state;
	desk_row(&rows[0], 0);
	desk_row(&rows[1], 1);
	snprintf(
	    rows[0].number, sizeof rows[0].number, DESK_PREFIX "204999999");
	issue("b1", rows, 2, CRED_ERR_NOT_NUMBER);
	assert_int_equal(
	    registry_next_index(desk.h.registry, &next, &why), CRED_OK);
	assert_int_equal(next, 0);
}

static void
operations_expire(void **state)
{
	struct registry_entry e;
	struct claims c;
	struct row row;

	(void)state;
	desk_row(&row, 0);
	row.kind = KIND_OPERATION;
	row.level = 0;
	snprintf(row.occupation, sizeof row.occupation, "低压电工作业");
	snprintf(row.code, sizeof row.code, "1.2");
	row.valid_from = row.issued;
	row.has_valid_to = true;
	row.valid_to = row.issued + 2190;
	issue("b1", &row, 1, CRED_OK);
	e = entry(0);
	assert_null(e.number);
	assert_int_equal(claims_decode(e.payload, &c), CRED_OK);
	assert_true(c.has_exp);
	assert_int_equal(c.exp, claims_exp(row.valid_to));
	registry_entry_release(&e);
}

/* Everything again from what the disk has. */
static void
survives_reopening(void **state)
{
	struct row rows[2];
	struct batch_result r;
	uint64_t index;

	(void)state;
	desk_row(&rows[0], 0);
	desk_row(&rows[1], 1);
	issue("b1", rows, 2, CRED_OK);
	desk_row(&rows[1], 2);
	reserve(&rows[1], &index);
	desk_reopen(&desk);
	assert_int_equal(log_size(desk.h.log), 2);
	r = issue("b1", rows, 1, CRED_OK);
	assert_int_equal(r.already, 1);
	assert_int_equal(log_size(desk.h.log), 3);
	assert_good(index, DESK_PREFIX "204000003");
}

static void
batch_names(void **state)
{
	const uint8_t hash[32] = {0, 1, 2, 3, 0xab, 0xcd, 0xff};
	char id[13];

	(void)state;
	batch_default_id(hash, id);
	assert_string_equal(id, "00010203abcd");
	assert_true(batch_id_ok(id));
	assert_true(batch_id_ok("2026-11_a.b"));
	assert_false(batch_id_ok(""));
	assert_false(batch_id_ok("a b"));
	assert_false(batch_id_ok("a\"b"));
	assert_false(batch_id_ok("../x/"));
}

int
main(void)
{
#define IN_MEMORY(f) cmocka_unit_test_setup_teardown(f, open_memory, close_it)
#define IN_FILE(f)   cmocka_unit_test_setup_teardown(f, open_sqlite, close_it)
	const struct CMUnitTest tests[] = {
	    IN_MEMORY(issues_once),
	    IN_MEMORY(goes_on_with_serials_and_what_is_missing),
	    IN_MEMORY(many_chunks),
	    IN_MEMORY(reserved_is_signed_from_its_intent),
	    IN_MEMORY(signed_is_only_logged),
	    IN_MEMORY(refused_becomes_void),
	    IN_MEMORY(voided_by_another),
	    IN_MEMORY(number_given_from_outside),
	    IN_MEMORY(serials_used_up),
	    IN_MEMORY(operations_expire),
	    IN_FILE(issues_once),
	    IN_FILE(many_chunks),
	    IN_FILE(refused_becomes_void),
	    IN_FILE(voided_by_another),
	    IN_FILE(survives_reopening),
	    cmocka_unit_test(batch_names),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
