#include "qr/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <zbar.h>

#include "credential/limits.h"

#define PX 4 /* pixels a module for the second decoder */

/* The text that zbar, a decoder of other authors, reads; malloc. */
static char *
read_back(const struct qr_code *c, size_t *len)
{
	unsigned side = (unsigned)(c->width + 2 * QR_QUIET) * PX;
	uint8_t *px = malloc((size_t)side * side);
	zbar_image_scanner_t *sc = zbar_image_scanner_create();
	zbar_image_t *img = zbar_image_create();
	const zbar_symbol_t *sym;
	char *text = NULL;

	assert_non_null(px);
	memset(px, 255, (size_t)side * side);
	for (int y = 0; y < c->width * PX; y++) {
		for (int x = 0; x < c->width * PX; x++) {
			if (c->modules[y / PX * c->width + x / PX] == 1)
				px[(size_t)(y + QR_QUIET * PX) * side +
				    (size_t)(x + QR_QUIET * PX)] = 0;
		}
	}
	zbar_image_scanner_set_config(sc, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
	zbar_image_scanner_set_config(sc, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
	zbar_image_scanner_set_config(sc, ZBAR_QRCODE, ZBAR_CFG_BINARY, 1);
	zbar_image_set_format(img, zbar_fourcc('Y', '8', '0', '0'));
	zbar_image_set_size(img, side, side);
	zbar_image_set_data(img, px, (size_t)side * side, NULL);
	assert_int_equal(zbar_scan_image(sc, img), 1);
	sym = zbar_image_first_symbol(img);
	*len = zbar_symbol_get_data_length(sym);
	text = malloc(*len + 1);
	assert_non_null(text);
	memcpy(text, zbar_symbol_get_data(sym), *len);
	text[*len] = '\0';
	zbar_image_destroy(img);
	zbar_image_scanner_destroy(sc);
	free(px);
	return text;
}

static void
round_trip(struct bytes text, int version)
{
	struct qr_code c;
	struct why why = {""};
	size_t len;
	char *back;

	assert_int_equal(qr_encode(text, &c, &why), CRED_OK);
	assert_int_equal(c.width, 17 + 4 * c.version);
	if (version != 0)
		assert_int_equal(c.version, version);
	back = read_back(&c, &len);
	assert_int_equal(len, text.len);
	assert_memory_equal(back, text.ptr, len);
	free(back);
	qr_code_release(&c);
	assert_null(c.modules);
}

/* prefix + n digits, no two alike in a row */
static struct bytes
text_of(char *buf, const char *prefix, size_t n)
{
	size_t at = strlen(prefix);

	memcpy(buf, prefix, at);
	for (size_t i = 0; i < n; i++)
		buf[at + i] = (char)('0' + (i * 7 + i / 10) % 10);
	return bytes_of(buf, at + n);
}

#define HOST "https://verify.example.org/#"

static void
typical_credential_is_version_13_at_most(void **state)
{
	char buf[4096];
	struct qr_code c;
	struct why why = {""};
	/* 220 bytes: 31 * 17 digits, 3 bytes: 8 digits */
	struct bytes t = text_of(buf, HOST, 31 * 17 + 8);

	(void)state;
	assert_int_equal(qr_encode(t, &c, &why), CRED_OK);
	assert_true(c.version <= 13);
	qr_code_release(&c);
	round_trip(t, 0);
}

/*
 * Exact sizes prove the segments. Version 12 at level M holds 290 data bytes
 * = 2320 bits (ISO/IEC 18004 table 7). Byte segment: 4 + 16 + 28 * 8 = 244;
 * numeric: 4 + 12 + 10 bits for 3 digits. 2320 - 260 = 2060 = 618 digits.
 */
static void
segments_are_bytes_then_digits(void **state)
{
	char buf[4096];

	(void)state;
	round_trip(text_of(buf, HOST, 618), 12);
	round_trip(text_of(buf, HOST, 619), 13);
}

/* qr_measure() counts bits itself; libqrencode must come to the same. */
static void
every_length_has_the_size_computed(void **state)
{
	static const char *const PREFIX[] = {"", "#", HOST,
	    "https://a-long-name.of-a-verifier.example.org/with/a/path/#"};
	char buf[4096];

	(void)state;
	for (size_t p = 0; p < sizeof PREFIX / sizeof *PREFIX; p++) {
		for (size_t n = p == 0; n < 1100; n++) {
			struct bytes t = text_of(buf, PREFIX[p], n);
			struct why why = {""};
			struct qr_size size;
			struct qr_code c;
			enum cred_err e = qr_measure(t, &size, &why);

			assert_int_equal(qr_encode(t, &c, &why), e);
			if (e != CRED_OK) {
				assert_int_equal(e, CRED_ERR_QR_SIZE);
				continue;
			}
			assert_int_equal(c.version, size.version);
			assert_int_equal(c.width, size.width);
			qr_code_release(&c);
		}
	}
}

static void
only_digits_after_first_hash_are_numeric(void **state)
{
	char buf[4096];
	struct qr_code a, b;
	struct why why = {""};
	struct bytes t = text_of(buf, HOST, 300);

	(void)state;
	assert_int_equal(qr_encode(t, &a, &why), CRED_OK);
	buf[t.len - 1] = 'x'; /* then all of it is bytes */
	assert_int_equal(qr_encode(t, &b, &why), CRED_OK);
	assert_true(b.version > a.version);
	qr_code_release(&a);
	qr_code_release(&b);
	round_trip(t, 0);
	round_trip(bytes_str("no fragment at all"), 0);
	round_trip(bytes_str("https://a/#"), 0);
	round_trip(bytes_str("0123456789"), 0);
}

static void
one_module_is_dark_or_light(void **state)
{
	struct qr_code c;
	struct why why = {""};

	(void)state;
	assert_int_equal(qr_encode(bytes_str("A"), &c, &why), CRED_OK);
	assert_int_equal(c.version, 1);
	for (int i = 0; i < c.width * c.width; i++)
		assert_true(c.modules[i] <= 1);
	/* the finder pattern's first row: seven dark, one light */
	for (int i = 0; i < 7; i++)
		assert_int_equal(c.modules[i], 1);
	assert_int_equal(c.modules[7], 0);
	qr_code_release(&c);
}

/* 453 data bytes, so 3624 - 260 = 3364 bits: 336 * 3 + 1 digits, which is a
 * credential of 415 bytes behind this host name. */
static void
version_16_is_used_to_its_last_bit(void **state)
{
	char buf[4096];

	(void)state;
	round_trip(text_of(buf, HOST, 1009), 16);
}

static void
too_large_is_refused(void **state)
{
	char buf[8192];
	struct qr_code c = {.version = 77};
	struct why why = {""};

	(void)state;
	assert_int_equal(
	    qr_encode(text_of(buf, HOST, 1010), &c, &why), CRED_ERR_QR_SIZE);
	assert_non_null(strstr(why.text, "version 16"));
	assert_int_equal(c.version, 77); /* untouched */
	assert_int_equal(
	    qr_encode(text_of(buf, HOST, 4000), &c, &why), CRED_ERR_QR_SIZE);
	assert_int_equal(
	    qr_encode(text_of(buf, HOST, 8000), &c, &why), CRED_ERR_QR_SIZE);
	assert_int_equal(
	    qr_encode(bytes_of("", 0), &c, NULL), CRED_ERR_QR_SIZE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(typical_credential_is_version_13_at_most),
	    cmocka_unit_test(segments_are_bytes_then_digits),
	    cmocka_unit_test(every_length_has_the_size_computed),
	    cmocka_unit_test(only_digits_after_first_hash_are_numeric),
	    cmocka_unit_test(one_module_is_dark_or_light),
	    cmocka_unit_test(version_16_is_used_to_its_last_bit),
	    cmocka_unit_test(too_large_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
