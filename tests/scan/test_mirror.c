#include "verifier/mirror.h"

#include <unistd.h>

#include "edge/file.h"
#include "fixture.h"

#define MAX 4096

static char dir[64], up[80], down[80], url[64];
static struct httpd *h;
static struct mirror *m;

static void
write_up(const char *name, const char *text)
{
	char *path = file_join(up, name);
	struct why why;

	assert_int_equal(
	    file_write(path, bytes_str(text), 0644, &why), CRED_OK);
	free(path);
}

static void
reopen(void)
{
	struct why why;

	mirror_close(m);
	assert_int_equal(mirror_open(url, down, test_clock, &m, &why), CRED_OK);
}

static int
start(void **state)
{
	struct why why;

	(void)state;
	strcpy(dir, "/tmp/tamga-mirror-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(up, sizeof up, "%s/up", dir);
	snprintf(down, sizeof down, "%s/down", dir);
	assert_int_equal(file_mkdirs(up, 0700, &why), CRED_OK);
	test_now = T0;
	h = httpd_start(up, url);
	reopen();
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	mirror_close(m);
	m = NULL;
	httpd_stop(h);
	dir_remove(dir);
	return 0;
}

/* The file, or what was answered instead. */
static void
expect(const char *name, bool for_ever, enum cred_err want, const char *text)
{
	struct blob blob;
	struct why why = {{0}};

	assert_int_equal(mirror_get(m, name, for_ever, MAX, &blob, &why), want);
	if (want != CRED_OK)
		assert_true(why.text[0] != '\0');
	if (text == NULL) {
		assert_null(blob.ptr);
		return;
	}
	assert_non_null(blob.ptr);
	assert_true(bytes_eq(blob_bytes(&blob), bytes_str(text)));
	blob_release(&blob);
}

static void
fresh_for_a_minute(void **state)
{
	(void)state;
	write_up("list", "one");
	expect("list", false, CRED_OK, "one");
	write_up("list", "two");
	test_now += MIRROR_FRESH_S - 1;
	expect("list", false, CRED_OK, "one");
	assert_int_equal(httpd_requests(h), 1);
	test_now += 1;
	expect("list", false, CRED_OK, "two");
	test_now += MIRROR_FRESH_S;
	expect("list", false, CRED_OK, "two");
	assert_int_equal(httpd_requests(h), 3);
	assert_int_equal(httpd_unchanged(h), 1);
	test_now -= 3600; /* a clock set back asks rather than waits */
	expect("list", false, CRED_OK, "two");
	assert_int_equal(httpd_requests(h), 4);
}

static void
tiles_for_ever(void **state)
{
	(void)state;
	write_up("tile", "hashes");
	expect("tile", true, CRED_OK, "hashes");
	test_now += 1000000;
	expect("tile", true, CRED_OK, "hashes");
	reopen();
	expect("tile", true, CRED_OK, "hashes");
	assert_int_equal(httpd_requests(h), 1);
}

static void
what_is_not_there(void **state)
{
	(void)state;
	expect("none", true, CRED_OK, NULL);
	expect("none", true, CRED_OK, NULL);
	assert_int_equal(httpd_requests(h), 1);
	write_up("none", "now");
	test_now += MIRROR_FRESH_S;
	expect("none", true, CRED_OK, "now");
}

static void
keeps_the_last(void **state)
{
	(void)state;
	write_up("list", "one");
	expect("list", false, CRED_OK, "one");
	httpd_mode(h, HTTPD_500);
	test_now += MIRROR_FRESH_S;
	expect("list", false, CRED_OK, "one");
	assert_int_equal(httpd_requests(h), 2);
	/* it rests: neither this nor another file is asked for */
	expect("list", false, CRED_OK, "one");
	expect("other", false, CRED_FAULT_NETWORK, NULL);
	assert_int_equal(httpd_requests(h), 2);
	httpd_mode(h, HTTPD_OK);
	write_up("list", "two");
	write_up("other", "o");
	test_now += MIRROR_REST_S;
	expect("list", false, CRED_OK, "two");
	expect("other", false, CRED_OK, "o");
	httpd_mode(h, HTTPD_CUT);
	test_now += MIRROR_FRESH_S;
	expect("list", false, CRED_OK, "two");
	/* nor does it rest for longer when the clock is set back */
	httpd_mode(h, HTTPD_OK);
	write_up("list", "three");
	test_now -= 3600;
	expect("list", false, CRED_OK, "three");
}

static void
too_long(void **state)
{
	char big[MAX + 2];

	(void)state;
	memset(big, 'x', MAX + 1);
	big[MAX + 1] = '\0';
	write_up("list", big);
	expect("list", false, CRED_ERR_PIC_BYTES, NULL);
	big[MAX] = '\0';
	write_up("list", big);
	expect("list", false, CRED_OK, big); /* no rest after that */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(fresh_for_a_minute, start, stop),
	    cmocka_unit_test_setup_teardown(tiles_for_ever, start, stop),
	    cmocka_unit_test_setup_teardown(what_is_not_there, start, stop),
	    cmocka_unit_test_setup_teardown(keeps_the_last, start, stop),
	    cmocka_unit_test_setup_teardown(too_long, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
