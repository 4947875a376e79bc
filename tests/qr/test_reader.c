#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <stdio.h>

#include "pictures.h"
#include "qr/reader_int.h"

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

static void
expect_text(const struct reader_code *c, unsigned page, const char *text)
{
	assert_int_equal(c->page, page);
	assert_int_equal(c->text.len, strlen(text));
	assert_memory_equal(c->text.ptr, text, strlen(text));
}

static void
expect_one(struct bytes file)
{
	struct reader_result res;
	struct why why = {{0}};

	if (reader_read(reader, file, &res, &why) != CRED_OK)
		fail_msg("%s", why.text);
	assert_int_equal(res.n, 1);
	assert_int_equal(res.pages, 1);
	expect_text(&res.codes[0], 1, TEXT);
	reader_result_release(&res);
}

static void
expect_err_of(struct reader *r, struct bytes file, enum cred_err e)
{
	struct reader_result res;
	struct why why = {{0}};
	enum cred_err got = reader_read(r, file, &res, &why);

	if (got != e)
		fail_msg("%s, not %s: %s", cred_errname(got), cred_errname(e),
		    why.text);
	assert_true(why.text[0] != '\0');
}

static void
expect_err(struct bytes file, enum cred_err e)
{
	expect_err_of(reader, file, e);
}

static struct gray
one_code(uint32_t scale)
{
	struct gray g = sheet_new(110 * scale, 110 * scale);

	sheet_qr(&g, TEXT, 10 * scale, 12 * scale, scale);
	return g;
}

static void
png(void **state)
{
	struct gray g = one_code(5);
	size_t len;
	uint8_t *f = sheet_png(&g, &len);

	(void)state;
	expect_one(bytes_of(f, len));
	free(f);
	sheet_free(&g);
}

static void
jpeg(void **state)
{
	struct gray g = one_code(5);
	size_t len;
	uint8_t *f = sheet_jpeg(&g, 60, &len);

	(void)state;
	expect_one(bytes_of(f, len));
	free(f);
	sheet_free(&g);
}

static void
pdf(void **state)
{
	struct gray g = one_code(5);
	size_t len;
	uint8_t *f = sheet_pdf(&g, 1, false, &len);

	(void)state;
	expect_one(bytes_of(f, len));
	free(f);
	sheet_free(&g);
}

/* More pages than one pair of inmates takes; one of them blank. */
static void
pdf_of_eleven_pages(void **state)
{
	struct gray g[11];
	struct reader_result res;
	struct why why = {{0}};
	char text[64];
	size_t len;
	uint8_t *f;

	(void)state;
	for (unsigned i = 0; i < 11; i++) {
		g[i] = sheet_new(400, 500);
		snprintf(text, sizeof text, "https://a.example/#%u", 1000 + i);
		if (i != 4)
			sheet_qr(&g[i], text, 20 + i, 30, 5);
	}
	f = sheet_pdf(g, 11, false, &len);
	if (reader_read(reader, bytes_of(f, len), &res, &why) != CRED_OK)
		fail_msg("%s", why.text);
	assert_int_equal(res.pages, 11);
	assert_int_equal(res.n, 10);
	for (unsigned i = 0, k = 0; i < 11; i++) {
		snprintf(text, sizeof text, "https://a.example/#%u", 1000 + i);
		if (i != 4)
			expect_text(&res.codes[k++], i + 1, text);
		sheet_free(&g[i]);
	}
	reader_result_release(&res);
	free(f);
}

static void
pdf_of_exactly_one_chunk(void **state)
{
	struct gray g[READER_CHUNK_PAGES];
	struct reader_result res;
	struct why why = {{0}};
	size_t len;
	uint8_t *f;

	(void)state;
	for (unsigned i = 0; i < READER_CHUNK_PAGES; i++) {
		g[i] = sheet_new(400, 400);
		sheet_qr(&g[i], "A", 20, 20, 5);
	}
	f = sheet_pdf(g, READER_CHUNK_PAGES, false, &len);
	assert_int_equal(reader_read(reader, bytes_of(f, len), &res, &why), 0);
	assert_int_equal(res.pages, READER_CHUNK_PAGES);
	assert_int_equal(res.n, READER_CHUNK_PAGES);
	reader_result_release(&res);
	for (unsigned i = 0; i < READER_CHUNK_PAGES; i++)
		sheet_free(&g[i]);
	free(f);
}

static void
several_codes(void **state)
{
	struct gray g = sheet_new(900, 600);
	bool seen[3] = {false};
	struct reader_result res;
	struct why why;
	size_t len;
	uint8_t *f;

	(void)state;
	sheet_qr(&g, "one", 10, 10, 6);
	sheet_qr(&g, "two", 400, 30, 7);
	sheet_qr(&g, "three", 200, 320, 6);
	sheet_qr(&g, "two", 600, 320, 6);
	f = sheet_png(&g, &len);
	assert_int_equal(reader_read(reader, bytes_of(f, len), &res, &why), 0);
	assert_int_equal(res.n, 3); /* "two" once */
	for (size_t i = 0; i < 3; i++) {
		static const char *const texts[] = {"one", "two", "three"};
		for (size_t k = 0; k < 3; k++)
			if (bytes_eq(res.codes[i].text, bytes_str(texts[k])))
				seen[k] = true;
	}
	assert_true(seen[0] && seen[1] && seen[2]);
	reader_result_release(&res);
	free(f);
	sheet_free(&g);
}

static void
no_code(void **state)
{
	struct gray g = sheet_new(300, 200);
	struct reader_result res;
	struct why why;
	size_t len;
	uint8_t *f = sheet_png(&g, &len);

	(void)state;
	assert_int_equal(reader_read(reader, bytes_of(f, len), &res, &why), 0);
	assert_int_equal(res.n, 0);
	reader_result_release(&res);
	free(f);
	sheet_free(&g);
}

static void
not_a_picture(void **state)
{
	(void)state;
	expect_err(bytes_of("", 0), CRED_ERR_PIC_FORMAT);
	expect_err(bytes_of(NULL, 0), CRED_ERR_PIC_FORMAT);
	expect_err(bytes_str("GIF90a...."), CRED_ERR_PIC_FORMAT);
	expect_err(bytes_str("BMW drives at 100 km/h, no more"),
	    CRED_ERR_PIC_FORMAT);
	expect_err(bytes_str("https://a.example/#123"), CRED_ERR_PIC_FORMAT);
}

static void
marks_alone(void **state)
{
	(void)state;
	expect_err(bytes_of("\x89PNG\r\n\x1a\n", 8), CRED_ERR_PIC_BROKEN);
	expect_err(bytes_of("\xff\xd8\xff\xe0", 4), CRED_ERR_PIC_BROKEN);
	expect_err(bytes_str("%PDF-1.4\n"), CRED_ERR_PIC_BROKEN);
	expect_err(bytes_str("GIF89a...."), CRED_ERR_PIC_BROKEN);
	expect_err(bytes_of("II*\0\x08\0\0\0", 8), CRED_ERR_PIC_BROKEN);
	expect_err(bytes_of("RIFF\4\0\0\0WEBP", 12), CRED_ERR_PIC_BROKEN);
	expect_err(bytes_of("\0\0\0\x14"
			    "ftypheic\0\0\0\0mif1",
		       20),
	    CRED_ERR_PIC_BROKEN);
}

/* Cut at every tenth of its length: broken, or, where the code is whole
 * already, read. */
static void
truncated(void **state)
{
	struct gray g = one_code(5);
	size_t len;

	(void)state;
	for (int type = 0; type < 3; type++) {
		uint8_t *f = type == 0   ? sheet_png(&g, &len)
			     : type == 1 ? sheet_jpeg(&g, 60, &len)
					 : sheet_pdf(&g, 1, false, &len);
		for (size_t i = 1; i < 9; i += type == 2 ? 4 : 1) {
			struct reader_result res;
			struct why why;
			enum cred_err e = reader_read(
			    reader, bytes_of(f, len * i / 10), &res, &why);
			if (e == CRED_OK) {
				for (size_t k = 0; k < res.n; k++)
					expect_text(&res.codes[k], 1, TEXT);
				assert_true(res.n == 1 || type == 2);
				reader_result_release(&res);
			} else {
				assert_int_equal(e, CRED_ERR_PIC_BROKEN);
			}
		}
		free(f);
	}
	sheet_free(&g);
}

/* A valid head of 30 000 x 30 000, and nothing after it. */
static void
png_bomb(void **state)
{
	static const uint8_t head[] =
	    "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"
	    "\0\0\x75\x30\0\0\x75\x30\x08\0\0\0\0\x36\xcb\xcb\xa9"
	    "\0\0\0\0IDAT\x35\xaf\x06\x1e";

	(void)state;
	expect_err(bytes_of(head, sizeof head - 1), CRED_ERR_PIC_PIXELS);
}

/* Rewrite the size in a JPEG's frame header. */
static void
jpeg_bomb(void **state)
{
	struct gray g = one_code(3);
	size_t len;
	uint8_t *f = sheet_jpeg(&g, 60, &len), *sof;

	(void)state;
	sof = memmem(f, len, "\xff\xc0", 2);
	assert_non_null(sof);
	memcpy(sof + 5, "\xff\xdc\xff\xdc", 4);
	expect_err(bytes_of(f, len), CRED_ERR_PIC_PIXELS);
	free(f);
	sheet_free(&g);
}

static void
encrypted_pdf(void **state)
{
	struct gray g = one_code(3);
	size_t len;
	uint8_t *f = sheet_pdf(&g, 1, true, &len);

	(void)state;
	expect_err(bytes_of(f, len), CRED_ERR_PIC_ENCRYPTED);
	free(f);
	sheet_free(&g);
}

static void
limits(void **state)
{
	struct reader_opts o = {
	    .max_bytes = 50000, .max_pixels = 10000, .max_pages = 2};
	struct gray g[3] = {
	    sheet_new(101, 100), sheet_new(99, 99), sheet_new(50, 50)};
	struct reader_result res;
	struct reader *r;
	struct why why;
	size_t len;
	uint8_t *f;

	(void)state;
	assert_int_equal(reader_start(&o, &r, &why), CRED_OK);
	f = sheet_png(&g[0], &len);
	expect_err_of(r, bytes_of(f, len), CRED_ERR_PIC_PIXELS);
	free(f);
	f = calloc(1, 50001);
	memcpy(f, "\x89PNG\r\n\x1a\n", 8);
	expect_err_of(r, bytes_of(f, 50001), CRED_ERR_PIC_BYTES);
	free(f);
	f = sheet_pdf(g, 3, false, &len);
	expect_err_of(r, bytes_of(f, len), CRED_ERR_PIC_PAGES);
	free(f);
	f = sheet_pdf(g, 2, false, &len);
	assert_int_equal(reader_read(r, bytes_of(f, len), &res, &why), CRED_OK);
	assert_int_equal(res.pages, 2);
	reader_result_release(&res);
	free(f);
	for (size_t i = 0; i < 3; i++)
		sheet_free(&g[i]);
	reader_stop(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(png),
	    cmocka_unit_test(jpeg),
	    cmocka_unit_test(pdf),
	    cmocka_unit_test(pdf_of_eleven_pages),
	    cmocka_unit_test(pdf_of_exactly_one_chunk),
	    cmocka_unit_test(several_codes),
	    cmocka_unit_test(no_code),
	    cmocka_unit_test(not_a_picture),
	    cmocka_unit_test(marks_alone),
	    cmocka_unit_test(truncated),
	    cmocka_unit_test(png_bomb),
	    cmocka_unit_test(jpeg_bomb),
	    cmocka_unit_test(encrypted_pdf),
	    cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
