#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <stdio.h>

#include <qpdf/qpdf-c.h>

#include "qr/picture.h"
#include "qr/reader.h"
#include "tests/qr/formats.h"

#define TEXT "https://skill.example/#12345678901234567890123456789012345"

static struct reader *reader;

static int
start(void **state)
{
	struct why why;

	(void)state;
	if (reader_start(NULL, &reader, &why) != CRED_OK) {
		print_error("%s\n", why.text);
		return -1;
	}
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	reader_stop(reader);
	return 0;
}

static struct gray
one_code(uint32_t scale)
{
	struct gray g = sheet_new(111 * scale + 3, 113 * scale);

	sheet_qr(&g, TEXT, 10 * scale, 12 * scale, scale);
	return g;
}

static void
expect_text(const struct reader_result *res, size_t i, unsigned page,
    const char *text)
{
	assert_true(i < res->n);
	assert_int_equal(res->codes[i].page, page);
	assert_int_equal(res->codes[i].text.len, strlen(text));
	assert_memory_equal(res->codes[i].text.ptr, text, strlen(text));
}

/* Every form, in the jail: a library that wants a thread, a file or another
 * call dies there. */
static void
every_form(void **state)
{
	struct gray g = one_code(5);

	(void)state;
	for (size_t i = 0; i < n_forms; i++) {
		struct reader_result res;
		struct why why = {{0}};
		size_t len;
		uint8_t *f = forms[i].make(&g, forms[i].arg, &len);
		enum cred_err e =
		    reader_read(reader, bytes_of(f, len), &res, &why);
		if (e != CRED_OK || res.n != 1 || res.pages != 1)
			fail_msg("%s: %s %s, %zu codes", forms[i].name,
			    cred_errname(e), why.text, res.n);
		expect_text(&res, 0, 1, TEXT);
		reader_result_release(&res);
		free(f);
	}
	sheet_free(&g);
}

/* The same pixels: not mirrored, inverted or moved, which a QR reader would
 * forgive. */
static void
every_form_pixel_by_pixel(void **state)
{
	struct gray g = one_code(2);
	size_t n = (size_t)g.w * g.h;

	(void)state;
	for (size_t i = 0; i < n_forms; i++) {
		struct picture p;
		size_t len, off = 0;
		uint8_t *f = forms[i].make(&g, forms[i].arg, &len);
		enum cred_err e =
		    picture_decode(bytes_of(f, len), 1000000, 0, &p);
		if (picture_sniff(bytes_of(f, len)) == PICTURE_PDF) {
			assert_int_equal(e, CRED_ERR_PIC_FORMAT);
			free(f);
			continue;
		}
		if (e != CRED_OK)
			fail_msg("%s: %s", forms[i].name, cred_errname(e));
		assert_false(p.damaged);
		assert_int_equal(p.gray.w, g.w);
		assert_int_equal(p.gray.h, g.h);
		for (size_t k = 0; k < n; k++)
			off += (p.gray.px[k] > 127) != (g.px[k] > 127);
		if (off > n / 100)
			fail_msg("%s: %zu of %zu pixels differ",
			    forms[i].name, off, n);
		picture_release(&p);
		free(f);
	}
	sheet_free(&g);
}

/* Cut anywhere: refused as damaged, or read where the code is whole already;
 * never anything else. */
static void
every_form_truncated(void **state)
{
	struct gray g = one_code(3);

	(void)state;
	for (size_t i = 0; i < n_forms; i++) {
		size_t len;
		uint8_t *f = forms[i].make(&g, forms[i].arg, &len);
		for (size_t k = 1; k < 8; k += 3) {
			struct reader_result res;
			struct why why;
			enum cred_err e = reader_read(
			    reader, bytes_of(f, len * k / 8), &res, &why);
			if (e == CRED_OK) {
				for (size_t c = 0; c < res.n; c++)
					expect_text(&res, c, 1, TEXT);
				reader_result_release(&res);
			} else if (e != CRED_ERR_PIC_BROKEN &&
				   e != CRED_ERR_PIC_FORMAT) {
				fail_msg("%s cut to %zu/8: %s", forms[i].name,
				    k, cred_errname(e));
			}
		}
		free(f);
	}
	sheet_free(&g);
}

/* The size in the head says 30 000 by 30 000; nothing may be allocated. */
static void
bombs(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t len;
	} heads[] = {
#define HEAD(name, s) {name, s, sizeof s - 1}
	    HEAD("bmp", "BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x30\x75\0\0"
			"\x30\x75\0\0\1\0\x18\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			"\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	    HEAD("gif", "GIF89a\x30\x75\x30\x75\x80\0\0\0\0\0\xff\xff\xff,"
			"\0\0\0\0\x30\x75\x30\x75\0\2\2\x44\1\0;"),
	    HEAD("tiff", "II*\0\x08\0\0\0\4\0"
			 "\0\1\4\0\1\0\0\0\x30\x75\0\0"
			 "\1\1\4\0\1\0\0\0\x30\x75\0\0"
			 "\x11\1\4\0\1\0\0\0\x08\0\0\0"
			 "\x17\1\4\0\1\0\0\0\x08\0\0\0\0\0\0\0"),
	    /* VP8L: 14 bits each of width and height, 16384 squared */
	    HEAD("webp", "RIFF\x16\0\0\0WEBPVP8L\x0a\0\0\0\x2f\xff\xff\xff"
			 "\x0f\0\0\0\0\0"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		struct reader_result res;
		struct why why;
		enum cred_err e = reader_read(reader,
		    bytes_of(heads[i].bytes, heads[i].len), &res, &why);
		if (e != CRED_ERR_PIC_PIXELS)
			fail_msg("%s: %s", heads[i].name, cred_errname(e));
	}
}

static void
tiff_pages(void **state)
{
	struct gray g[11];
	struct reader_result res;
	struct why why = {{0}};
	char text[64];
	size_t len, k = 0;
	uint8_t *f;

	(void)state;
	for (unsigned i = 0; i < 11; i++) {
		g[i] = sheet_new(400, 500);
		snprintf(text, sizeof text, "https://a.example/#%u", 1000 + i);
		if (i != 4)
			sheet_qr(&g[i], text, 20 + i, 30, 5);
	}
	f = form_tiff_pages(g, 11, &len);
	if (reader_read(reader, bytes_of(f, len), &res, &why) != CRED_OK)
		fail_msg("%s", why.text);
	assert_int_equal(res.pages, 11);
	assert_int_equal(res.n, 10);
	for (unsigned i = 0; i < 11; i++) {
		snprintf(text, sizeof text, "https://a.example/#%u", 1000 + i);
		if (i != 4)
			expect_text(&res, k++, i + 1, text);
		sheet_free(&g[i]);
	}
	reader_result_release(&res);
	free(f);
}

static void
tiff_page_limit(void **state)
{
	struct reader_opts o = {.max_pages = 2};
	struct gray g[3] = {sheet_new(9, 9), sheet_new(9, 9), sheet_new(9, 9)};
	struct reader_result res;
	struct reader *r;
	struct why why;
	size_t len;
	uint8_t *f;

	(void)state;
	assert_int_equal(reader_start(&o, &r, &why), CRED_OK);
	f = form_tiff_pages(g, 3, &len);
	assert_int_equal(reader_read(r, bytes_of(f, len), &res, &why),
	    CRED_ERR_PIC_PAGES);
	free(f);
	f = form_tiff_pages(g, 2, &len);
	assert_int_equal(reader_read(r, bytes_of(f, len), &res, &why), CRED_OK);
	assert_int_equal(res.pages, 2);
	reader_result_release(&res);
	free(f);
	for (size_t i = 0; i < 3; i++)
		sheet_free(&g[i]);
	reader_stop(r);
}

/*
 * A picture of 1 000 pixels on a page where it takes 10 mm: rendered, no code
 * of it is left.
 */
static void
pdf_images_at_their_own_resolution(void **state)
{
	static const char *const filters[] = {
	    "flate", "dct", "fax", "mask", "index"};
	struct gray g = one_code(9);

	(void)state;
	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
		struct reader_result res;
		struct why why = {{0}};
		size_t len;
		uint8_t *f = form_pdf_image(&g, filters[i], &len);
		enum cred_err e =
		    reader_read(reader, bytes_of(f, len), &res, &why);
		if (e != CRED_OK || res.n != 1)
			fail_msg("%s: %s %s", filters[i], cred_errname(e),
			    why.text);
		expect_text(&res, 0, 1, TEXT);
		reader_result_release(&res);
		free(f);
	}
	sheet_free(&g);
}

/* As our own certificates carry it: one pixel a module, no margin. */
static void
pdf_mask_of_one_pixel_a_module(void **state)
{
	struct gray big = one_code(1), g = {0};
	struct reader_result res;
	struct why why = {{0}};
	struct qr_code c;
	size_t len;
	uint8_t *f;

	(void)state;
	sheet_free(&big);
	assert_int_equal(qr_encode(bytes_str(TEXT), &c, &why), CRED_OK);
	g = sheet_new((uint32_t)c.width, (uint32_t)c.width);
	for (size_t i = 0; i < (size_t)c.width * (size_t)c.width; i++)
		((uint8_t *)(uintptr_t)g.px)[i] = c.modules[i] ? 0 : 255;
	f = form_pdf_image(&g, "mask", &len);
	if (reader_read(reader, bytes_of(f, len), &res, &why) != CRED_OK)
		fail_msg("%s", why.text);
	expect_text(&res, 0, 1, TEXT);
	reader_result_release(&res);
	qr_code_release(&c);
	sheet_free(&g);
	free(f);
}

/* The same PDF, encrypted by libqpdf with AES-256. */
static uint8_t *
encrypted(struct bytes in, const char *user, size_t *len)
{
	qpdf_data q = qpdf_init();
	uint8_t *out;

	qpdf_set_suppress_warnings(q, QPDF_TRUE);
	assert_int_equal(qpdf_read_memory(q, "in", (const char *)in.ptr,
			     in.len, NULL) &
			     QPDF_ERRORS,
	    0);
	assert_int_equal(qpdf_init_write_memory(q) & QPDF_ERRORS, 0);
	qpdf_set_r6_encryption_parameters2(q, user, "owner", QPDF_TRUE,
	    QPDF_TRUE, QPDF_TRUE, QPDF_TRUE, QPDF_TRUE, QPDF_TRUE, qpdf_r3p_full,
	    QPDF_TRUE);
	assert_int_equal(qpdf_write(q) & QPDF_ERRORS, 0);
	*len = qpdf_get_buffer_length(q);
	out = malloc(*len);
	assert_non_null(out);
	memcpy(out, qpdf_get_buffer(q), *len);
	qpdf_cleanup(&q);
	return out;
}

/* A pass phrase to open it is asked for; one that only forbids printing and
 * the like is no hindrance. */
static void
pdf_encrypted(void **state)
{
	struct gray g = one_code(5);
	struct reader_result res;
	struct why why = {{0}};
	size_t len, n;
	uint8_t *f = sheet_pdf(&g, 1, false, &n), *e;

	(void)state;
	e = encrypted(bytes_of(f, n), "secret", &len);
	assert_int_equal(reader_read(reader, bytes_of(e, len), &res, &why),
	    CRED_ERR_PIC_ENCRYPTED);
	free(e);
	e = encrypted(bytes_of(f, n), "", &len);
	if (reader_read(reader, bytes_of(e, len), &res, &why) != CRED_OK)
		fail_msg("%s", why.text);
	expect_text(&res, 0, 1, TEXT);
	reader_result_release(&res);
	free(e);
	free(f);
	sheet_free(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_form),
	    cmocka_unit_test(every_form_pixel_by_pixel),
	    cmocka_unit_test(every_form_truncated),
	    cmocka_unit_test(bombs),
	    cmocka_unit_test(tiff_pages),
	    cmocka_unit_test(tiff_page_limit),
	    cmocka_unit_test(pdf_images_at_their_own_resolution),
	    cmocka_unit_test(pdf_encrypted),
	    cmocka_unit_test(pdf_mask_of_one_pixel_a_module),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
