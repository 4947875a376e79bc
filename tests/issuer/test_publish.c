#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "edge/file.h"
#include "issuer/batch.h"
#include "issuer/compare.h"
#include "issuer/publish.h"
#include "tests/issuer/desk.h"

static struct desk desk;
static char pub[96];

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
	static unsigned n;

	desk_open(&desk, "memory:");
	snprintf(pub, sizeof pub, "%s/pub%u", desk.dir, n++);
	return 0;
}

static int
close_it(void **state)
{
	(void)state;
	desk_close(&desk);
	return 0;
}

struct list {
	int64_t iat, exp, ttl;
	uint8_t raw[4096];
	size_t len;
};

static void
published(struct list *out)
{
	struct statuslist s;
	char path[256];
	uint8_t *token;
	struct why why;
	uLongf n = sizeof out->raw;
	size_t len;

	snprintf(path, sizeof path, "%s/bodies/" DESK_BODY "/status/0", pub);
	assert_int_equal(
	    file_read(path, STATUSLIST_TOKEN_MAX, &token, &len, &why), CRED_OK);
	assert_int_equal(statuslist_decode(bytes_of(token, len), &s), CRED_OK);
	assert_int_equal(
	    uncompress(out->raw, &n, s.zlib.ptr, s.zlib.len), Z_OK);
	out->iat = s.iat;
	out->exp = s.exp;
	out->ttl = s.ttl;
	out->len = n;
	free(token);
}

static void
publish_at(int64_t now)
{
	struct batch_job job = {.id = "", .now = now};
	struct publish_result r;
	struct why why = {""};

	assert_int_equal(batch_complete(&desk.h, &job, NULL, &why), CRED_OK);
	assert_int_equal(publish(&desk.h, pub, now, &r, &why), CRED_OK);
	assert_int_equal(r.lists, 1);
	assert_int_equal(r.size, log_size(desk.h.log));
}

static void
issue(uint32_t n)
{
	struct row *rows = calloc(n, sizeof *rows);
	struct batch_job job = {
	    .id = "b", .rows = rows, .n = n, .now = time(NULL)};
	struct batch_result r;
	struct why why = {""};

	for (uint32_t i = 0; i < n; i++)
		desk_row(&rows[i], i);
	assert_int_equal(batch_issue(&desk.h, &job, &r, &why), CRED_OK);
	free(rows);
}

static void
set_status(uint64_t index, enum status_value from, enum status_value to)
{
	struct why why = {""};

	assert_int_equal(registry_status_set(desk.h.registry, index, from, to,
			     "test", "tester", time(NULL), &why),
	    CRED_OK);
}

static void
empty_log_is_published(void **state)
{
	struct list l;
	char path[256];
	int64_t now = time(NULL);

	(void)state;
	publish_at(now);
	published(&l);
	assert_int_equal(l.len, 64);
	assert_int_equal(l.iat, now);
	assert_int_equal(l.exp, now + 7 * 86400);
	assert_int_equal(l.ttl, 86400);
	snprintf(
	    path, sizeof path, "%s/bodies/" DESK_BODY "/log/checkpoint", pub);
	assert_int_equal(access(path, R_OK), 0);
}

static void
iat_grows_whatever_the_clock_does(void **state)
{
	int64_t now = time(NULL), last = 0;
	struct list l;

	(void)state;
	for (int i = 0; i < 4; i++) {
		publish_at(now - i * 600);
		published(&l);
		assert_true(l.iat > last);
		assert_int_equal(l.iat, now + i);
		last = l.iat;
	}
}

static void
statuses_are_in_the_list(void **state)
{
	enum status_value v;
	struct list l;

	(void)state;
	issue(257);
	set_status(5, STATUS_VALID, STATUS_REVOKED);
	set_status(256, STATUS_VALID, STATUS_SUSPENDED);
	publish_at(time(NULL));
	published(&l);
	/* No longer than needed: rounded up to 256 entries. */
	assert_int_equal(l.len, 512 / 4);
	for (uint64_t i = 0; i < 512; i++) {
		assert_int_equal(
		    statuslist_get(bytes_of(l.raw, l.len), i, &v), CRED_OK);
		assert_int_equal(v, i == 5     ? STATUS_REVOKED
				    : i == 256 ? STATUS_SUSPENDED
					       : STATUS_VALID);
	}
	set_status(256, STATUS_SUSPENDED, STATUS_VALID);
	publish_at(time(NULL));
	published(&l);
	assert_int_equal(
	    statuslist_get(bytes_of(l.raw, l.len), 256, &v), CRED_OK);
	assert_int_equal(v, STATUS_VALID);
	assert_int_equal(
	    statuslist_get(bytes_of(l.raw, l.len), 5, &v), CRED_OK);
	assert_int_equal(v, STATUS_REVOKED);
}

/* A registry from a backup must not take back what was published since. */
static void
old_copy_is_refused(void **state)
{
	struct publish_result r;
	struct why why = {""};
	struct list before, after;

	(void)state;
	issue(1);
	set_status(0, STATUS_VALID, STATUS_REVOKED);
	publish_at(time(NULL));
	published(&before);
	desk_close(&desk);
	desk_open(&desk, "memory:");
	issue(1);
	assert_int_equal(publish(&desk.h, pub, time(NULL) + 9, &r, &why),
	    CRED_FAULT_CONFLICT);
	assert_non_null(strstr(why.text, "backup"));
	published(&after);
	assert_int_equal(after.iat, before.iat);
	assert_int_equal(after.raw[0], before.raw[0]);
}

static void
configured_times(void **state)
{
	int64_t now = time(NULL);
	struct list l;

	(void)state;
	desk.h.conf.exp_days = 3;
	desk.h.conf.ttl_hours = 6;
	publish_at(now);
	published(&l);
	assert_int_equal(l.exp, l.iat + 3 * 86400);
	assert_int_equal(l.ttl, 6 * 3600);
}

static void
count(
    void *ctx, bool wrong, uint64_t index, const char *check, const char *text)
{
	unsigned *n = ctx;

	(void)index;
	assert_string_equal(check, "published");
	assert_true(*text != '\0');
	n[wrong]++;
}

/* What compare_publication() says: behind and wrong. */
static void
assert_compared(int64_t now, unsigned behind, unsigned bad)
{
	unsigned n[2] = {0, 0};
	struct why why = {""};

	assert_int_equal(
	    compare_publication(&desk.h, pub, now, count, n, &why), CRED_OK);
	assert_int_equal(n[false], behind);
	assert_int_equal(n[true], bad);
}

static void
published_is_compared(void **state)
{
	int64_t now = time(NULL);
	struct list l;
	struct why why;

	(void)state;
	assert_compared(now, 0, 2); /* no checkpoint, no list */
	publish_at(now);
	assert_compared(now, 0, 0);
	issue(3);
	assert_compared(now, 1, 0);
	publish_at(now);
	assert_compared(now, 0, 0);
	assert_int_equal(registry_status_set(desk.h.registry, 1, STATUS_VALID,
			     STATUS_SUSPENDED, "x", NULL, now, &why),
	    CRED_OK);
	assert_compared(now, 1, 0);
	publish_at(now);
	assert_int_equal(
	    registry_status_set(desk.h.registry, 1, STATUS_SUSPENDED,
		STATUS_VALID, "x", NULL, now, &why),
	    CRED_OK);
	assert_compared(now, 1, 0); /* a suspension may be lifted */
	published(&l);
	assert_compared(l.exp - 1, 1, 0);
	assert_compared(l.exp, 1, 1); /* expired */
}

int
main(void)
{
#define OPENED(f) cmocka_unit_test_setup_teardown(f, open_memory, close_it)
	const struct CMUnitTest tests[] = {
	    OPENED(empty_log_is_published),
	    OPENED(iat_grows_whatever_the_clock_does),
	    OPENED(statuses_are_in_the_list),
	    OPENED(old_copy_is_refused),
	    OPENED(configured_times),
	    OPENED(published_is_compared),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
