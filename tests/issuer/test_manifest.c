#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/manifest.h"
#include "keys/trust.h"

static void
add(struct manifest *m, const char *path, uint64_t len)
{
	struct manifest_file f = {
	    .path = (char *)(uintptr_t)path, .len = len, .mode = 0600};
	struct why why;

	memset(f.hash, 0xab, sizeof f.hash);
	assert_int_equal(manifest_add(m, &f, &why), CRED_OK);
}

static char *
whole(void)
{
	struct manifest m = {
	    .made = 1763884800, .body_id = "52150100MJY000000J", .size = 266};
	struct why why;
	char *text;

	add(&m, "registry.db", 4096);
	add(&m, "photos/0123", 7);
	add(&m, "body.key", 0);
	assert_int_equal(manifest_print(&m, &text, &why), CRED_OK);
	manifest_release(&m);
	return text;
}

/* A text that ends as it should, whatever stands in it. */
static enum cred_err
parse(const char *body)
{
	struct manifest m = {0};
	struct why why = {""};
	uint8_t h[32];
	char *text;
	size_t n = strlen(body);
	enum cred_err e;

	text = calloc(1, n + 80);
	assert_non_null(text);
	strcpy(text, body);
	trust_sha256(h, bytes_str(body), (struct bytes){0});
	n += (size_t)sprintf(text + n, "end ");
	for (size_t i = 0; i < 32; i++)
		n += (size_t)sprintf(text + n, "%02x", h[i]);
	strcpy(text + n, "\n");
	e = manifest_parse(bytes_str(text), &m, &why);
	assert_true(e == CRED_OK || strlen(why.text) > 10);
	manifest_release(&m);
	free(text);
	return e;
}

static void
round_trip(void **state)
{
	char *text = whole(), *again;
	struct manifest m;
	struct why why;

	(void)state;
	assert_int_equal(manifest_parse(bytes_str(text), &m, &why), CRED_OK);
	assert_int_equal(m.made, 1763884800);
	assert_string_equal(m.body_id, "52150100MJY000000J");
	assert_int_equal(m.size, 266);
	assert_int_equal(m.n, 3);
	assert_string_equal(m.files[0].path, "body.key");
	assert_int_equal(manifest_find(&m, "photos/0123")->len, 7);
	assert_null(manifest_find(&m, "photos"));
	assert_int_equal(manifest_print(&m, &again, &why), CRED_OK);
	assert_string_equal(again, text);
	manifest_release(&m);
	free(again);
	free(text);
}

static void
no_bit_can_change(void **state)
{
	char *text = whole();
	size_t n = strlen(text);
	struct manifest m;
	struct why why;

	(void)state;
	for (size_t i = 0; i < 8 * n; i++) {
		text[i / 8] ^= (char)(1 << i % 8);
		assert_int_equal(manifest_parse(bytes_of(text, n), &m, &why),
		    CRED_ERR_BACKUP_FORM);
		text[i / 8] ^= (char)(1 << i % 8);
	}
	for (size_t i = 0; i < n; i++)
		assert_int_equal(manifest_parse(bytes_of(text, i), &m, &why),
		    CRED_ERR_BACKUP_FORM);
	free(text);
}

#define HEX64 "abababababababababababababababababababababababababababababababab"
#define TOP                                                                    \
	"tamga-backup 1\nmade 2025-11-23T08:00:00Z\nbody X\nsize "             \
	"1\nroot " HEX64 "\n"
#define FILE_(rest) "file " HEX64 " " rest "\n"

static void
hostile(void **state)
{
	static const char *const paths[] = {"../x", "a/../x", "/etc/x", "./x",
	    "a//x", "a/", "..", ".", "x\ty", "\u202ex", "\xff"};
	char line[512];

	(void)state;
	assert_int_equal(parse(TOP FILE_("1 0600 registry.db")), CRED_OK);
	assert_int_equal(
	    parse(TOP FILE_("1 0600 registry.db") FILE_("1 0600 z/..x")),
	    CRED_OK);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		snprintf(line, sizeof line,
		    TOP FILE_("1 0600 registry.db") "file " HEX64
						    " 1 0600 %s\n",
		    paths[i]);
		assert_int_equal(parse(line), CRED_ERR_BACKUP_FORM);
		assert_false(manifest_path_ok(paths[i]));
	}
	/* no registry; the same twice; not sorted; setuid; too large */
	assert_int_equal(parse(TOP), CRED_ERR_BACKUP_FORM);
	assert_int_equal(parse(TOP FILE_("1 0600 a")), CRED_ERR_BACKUP_FORM);
	assert_int_equal(
	    parse(TOP FILE_("1 0600 registry.db") FILE_("1 0600 registry.db")),
	    CRED_ERR_BACKUP_FORM);
	assert_int_equal(
	    parse(TOP FILE_("1 0600 registry.db") FILE_("1 0600 a")),
	    CRED_ERR_BACKUP_FORM);
	assert_int_equal(
	    parse(TOP FILE_("1 4755 registry.db")), CRED_ERR_BACKUP_FORM);
	assert_int_equal(parse(TOP FILE_("99999999999999 0600 registry.db")),
	    CRED_ERR_BACKUP_FORM);
	assert_int_equal(
	    parse(TOP FILE_("-1 0600 registry.db")), CRED_ERR_BACKUP_FORM);
	assert_int_equal(
	    parse(TOP FILE_("01 0600 registry.db")), CRED_ERR_BACKUP_FORM);
	assert_int_equal(parse("tamga-backup 2\n"), CRED_ERR_BACKUP_FORM);
	assert_int_equal(parse(""), CRED_ERR_BACKUP_FORM);
	memset(line, 'x', 300);
	line[256] = '\0';
	assert_false(manifest_path_ok(line));
	line[255] = '\0';
	assert_true(manifest_path_ok(line));
	assert_false(manifest_path_ok(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(round_trip),
	    cmocka_unit_test(no_bit_can_change),
	    cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
