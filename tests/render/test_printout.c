#include "tests/render/help.h"

#include <string.h>

#include "edge/file.h"
#include "qr/modules.h"
#include "qr/reader.h"
#include "render/printout.h"

static uint8_t *pdf;
static size_t pdf_len;

static void
read_pdf(const char *path)
{
	struct why why = {""};

	free(pdf);
	assert_int_equal(
	    file_read(path, 1u << 24, &pdf, &pdf_len, &why), CRED_OK);
}

/* n pages, codes of qr with another last digit each. */
static void
draw_pages(size_t n)
{
	struct why why = {""};
	struct render_template *t;
	struct render_record rec = record();
	struct render_pdf *out;

	assert_int_equal(render_template_load(LEVEL, &t, &why), CRED_OK);
	assert_int_equal(
	    render_pdf_open(in_dir("p.pdf"), "t", &out, &why), CRED_OK);
	for (size_t i = 0; i < n; i++) {
		qr[strlen(qr) - 1] = (char)('0' + i % 10);
		assert_int_equal(
		    render_pdf_page(out, t, &rec, &why), CRED_OK);
	}
	assert_int_equal(render_pdf_close(out, &why), CRED_OK);
	render_template_free(t);
	read_pdf(in_dir("p.pdf"));
}

/* The text on a page, or CRED_ERR_*. */
static enum cred_err
text_at(const struct printout *p, size_t page, char text[static 7100])
{
	struct outbuf o = {(uint8_t *)text, READER_MAX_TEXT, 0};
	struct printout_code c;
	enum cred_err e = printout_code(p, page, &c);

	if (e != CRED_OK)
		return e;
	e = qr_modules_read(&c.code, &o);
	text[o.len] = '\0';
	qr_code_release(&c.code);
	return e;
}

static void
every_page_gives_its_code(void **state)
{
	struct printout p;
	char text[7100];

	(void)state;
	draw_pages(13);
	assert_int_equal(printout_open(bytes_of(pdf, pdf_len), &p), CRED_OK);
	assert_int_equal(p.n_pages, 13);
	for (size_t i = 0; i < 13; i++) {
		qr[strlen(qr) - 1] = (char)('0' + i % 10);
		assert_int_equal(text_at(&p, i, text), CRED_OK);
		assert_string_equal(text, qr);
	}
	assert_int_equal(text_at(&p, 13, text), CRED_ERR_PIC_FORMAT);
	printout_release(&p);
}

static void
modules_are_those_that_were_made(void **state)
{
	struct why why = {""};
	struct printout_code c;
	struct qr_code want;
	struct printout p;

	(void)state;
	draw_pages(1);
	assert_int_equal(printout_open(bytes_of(pdf, pdf_len), &p), CRED_OK);
	assert_int_equal(printout_code(&p, 0, &c), CRED_OK);
	assert_int_equal(qr_encode(bytes_str(qr), &want, &why), CRED_OK);
	assert_int_equal(c.code.width, want.width);
	assert_int_equal(c.code.version, want.version);
	assert_memory_equal(c.code.modules, want.modules,
	    (size_t)want.width * (size_t)want.width);
	qr_code_release(&c.code);
	qr_code_release(&want);
	printout_release(&p);
}

/* One wrong module is one too many, wherever it stands: nothing is repaired in
 * a code that we drew. All places but seven carry something. */
static void
a_ruined_code_does_not_decode(void **state)
{
	uint8_t text[READER_MAX_TEXT];
	struct outbuf o = {text, sizeof text, 0};
	struct why why = {""};
	struct qr_code c;
	int n, taken = 0;

	(void)state;
	assert_int_equal(qr_encode(bytes_str(qr), &c, &why), CRED_OK);
	assert_int_equal(qr_modules_read(&c, &o), CRED_OK);
	assert_int_equal(o.len, strlen(qr));
	assert_memory_equal(o.ptr, qr, o.len);
	n = c.width * c.width;
	for (int i = 0; i < n; i++) {
		enum cred_err e;
		c.modules[i] ^= 1;
		e = qr_modules_read(&c, &o);
		taken += e == CRED_OK;
		assert_true(e == CRED_OK || e == CRED_ERR_PIC_BROKEN);
		c.modules[i] ^= 1;
	}
	assert_true(taken <= 7);
	qr_code_release(&c);
}

static void
cut_short_is_refused(void **state)
{
	struct printout p;

	(void)state;
	draw_pages(1);
	for (size_t len = 0; len < pdf_len; len += 1 + len / 50)
		assert_int_equal(printout_open(bytes_of(pdf, len), &p),
		    CRED_ERR_PIC_FORMAT);
	assert_int_equal(
	    printout_open(bytes_of(pdf, pdf_len - 1), &p), CRED_ERR_PIC_FORMAT);
}

/* Whatever byte is changed: refused, or the same code as before. */
static void
a_changed_byte_never_gives_another_code(void **state)
{
	unsigned refused = 0;
	char text[7100];

	(void)state;
	draw_pages(1);
	for (size_t i = 0; i < pdf_len; i += 23) {
		/* of its own, so that a reader past the end is seen */
		uint8_t *copy = malloc(pdf_len);
		struct printout p;
		enum cred_err e;

		memcpy(copy, pdf, pdf_len);
		copy[i] ^= (uint8_t)(1 << i % 8);
		e = printout_open(bytes_of(copy, pdf_len), &p);
		if (e == CRED_OK) {
			e = text_at(&p, 0, text);
			printout_release(&p);
		}
		if (e == CRED_OK)
			assert_string_equal(text, qr);
		else
			assert_int_equal(e, CRED_ERR_PIC_FORMAT);
		refused += e != CRED_OK;
		free(copy);
	}
	assert_true(refused > 30); /* xref, dictionaries, streams */
}

/* The jailed reader of all PDFs sees these pages and no others. */
static void
an_excerpt_is_of_those_pages(void **state)
{
	static const size_t PAGES[] = {2, 0, 11};
	struct reader_result res;
	struct reader *reader;
	struct why why = {""};
	struct printout p;
	uint8_t *more, *all;
	size_t n;

	(void)state;
	assert_int_equal(reader_start(NULL, &reader, &why), CRED_OK);
	draw_pages(12);
	assert_int_equal(printout_open(bytes_of(pdf, pdf_len), &p), CRED_OK);
	assert_int_equal(printout_excerpt(&p, PAGES, 3, &more, &n), CRED_OK);
	printout_release(&p);
	all = malloc(pdf_len + n);
	memcpy(all, pdf, pdf_len);
	memcpy(all + pdf_len, more, n);
	assert_int_equal(
	    reader_read(reader, bytes_of(all, pdf_len + n), &res, &why),
	    CRED_OK);
	assert_int_equal(res.pages, 3);
	assert_int_equal(res.n, 3);
	for (size_t i = 0; i < 3; i++) {
		qr[strlen(qr) - 1] = (char)('0' + PAGES[i] % 10);
		assert_int_equal(res.codes[i].page, i + 1);
		assert_int_equal(res.codes[i].text.len, strlen(qr));
		assert_memory_equal(
		    res.codes[i].text.ptr, qr, strlen(qr));
	}
	reader_result_release(&res);
	reader_stop(reader);
	free(more);
	free(all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_page_gives_its_code),
	    cmocka_unit_test(modules_are_those_that_were_made),
	    cmocka_unit_test(a_ruined_code_does_not_decode),
	    cmocka_unit_test(cut_short_is_refused),
	    cmocka_unit_test(a_changed_byte_never_gives_another_code),
	    cmocka_unit_test(an_excerpt_is_of_those_pages),
	};
	int failed = cmocka_run_group_tests(tests, set_up, tear_down);

	free(pdf);
	return failed;
}
