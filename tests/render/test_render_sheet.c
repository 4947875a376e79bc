#include "tests/render/help.h"

#include <string.h>

static void
sheets_hold_ten_cards_each(void **state)
{
	static const char CARD[] =
	    TAMGA_SOURCE_DIR "/templates/operation-card.svg";
	struct render_record rec = record();
	struct render_template *t, *a4;
	struct why why = {""};
	struct render_pdf *p;
	char text[20000];
	size_t codes = 0;
	double first[4];

	(void)state;
	assert_int_equal(render_template_load(CARD, &t, &why), CRED_OK);
	assert_int_equal(render_template_load(LEVEL, &a4, &why), CRED_OK);
	assert_int_equal(
	    render_pdf_open(in_dir("s.pdf"), "证书", &p, &why), CRED_OK);
	render_pdf_sheets(p, &(struct render_sheet){210, 297, 3, 5, 3, true});
	assert_int_equal(render_pdf_page(p, t, &rec, &why), CRED_FAULT_RENDER);
	assert_non_null(strstr(why.text, "3 × 5"));
	assert_non_null(strstr(why.text, "operation-card.svg"));
	render_pdf_abort(p);
	assert_int_equal(
	    render_pdf_open(in_dir("s.pdf"), "证书", &p, &why), CRED_OK);
	render_pdf_sheets(p, &RENDER_SHEET_CARDS);
	for (size_t i = 0; i < 13; i++) {
		assert_int_equal(render_pdf_page(p, t, &rec, &why), CRED_OK);
		assert_int_equal(render_pdf_pages(p), i / 10 + 1);
	}
	assert_int_equal(render_pdf_close(p, &why), CRED_OK);
	render_template_free(t);
	render_template_free(a4);
	output_of(text, sizeof text, "pdfinfo %s", in_dir("s.pdf"));
	assert_non_null(strstr(text, "Pages:           2"));
	assert_non_null(strstr(text, "595.276 x 841.89 pts (A4)"));
	output_of(text, sizeof text,
	    "pdftoppm -r 200 -png %s %s && zbarimg -q --raw --nodbus "
	    "%s-1.png %s-2.png",
	    in_dir("s.pdf"), in_dir("s"), in_dir("s"), in_dir("s"));
	for (const char *at = text; (at = strstr(at, qr)) != NULL; at++)
		codes++;
	assert_int_equal(codes, 13);
	/* the first card's left edge: (210 - 174) / 2 mm, its text 4.2 in */
	place_of(in_dir("s.pdf"), "阿拉坦高娃·巴特尔", first);
	assert_float_equal(first[0], (18 + 14.6) * 72 / 25.4, 0.5);
}

/* Black dots near a place, in mm, at 100 dpi. */
static unsigned
black_near(const char *pdf, unsigned page, double x_mm, double y_mm)
{
	static char px[2000 * 2000];
	int w, h, head = 0;
	unsigned n = 0;

	output_of(px, sizeof px, "pdftoppm -r 100 -gray -f %u -l %u %s", page,
	    page, pdf);
	assert_int_equal(sscanf(px, "P5 %d %d 255%n", &w, &h, &head), 2);
	for (int y = (int)((y_mm - 1) / 0.254); y < (y_mm + 1) / 0.254; y++)
		for (int x = (int)((x_mm - 1) / 0.254);
		     x < (x_mm + 1) / 0.254; x++)
			n += (unsigned char)px[head + 1 + y * w + x] < 200;
	return n;
}

/* Certificates of A4 among cards have pages of their own, in order; the sheet
 * before is shown as it is. Marks only where they are wanted. */
static void
sheets_and_pages_mix_in_order(void **state)
{
	static const char CARD[] =
	    TAMGA_SOURCE_DIR "/templates/operation-card.svg";
	/* of two cards, the first is of the second page's first */
	static const char ORDER[] = "cccacca";
	static const size_t PAGE[] = {1, 1, 1, 2, 3, 3, 4};
	struct render_record rec = record();
	struct render_template *card, *a4;
	struct why why = {""};
	char text[20000];

	(void)state;
	assert_int_equal(render_template_load(CARD, &card, &why), CRED_OK);
	assert_int_equal(render_template_load(LEVEL, &a4, &why), CRED_OK);
	for (int marks = 0; marks < 2; marks++) {
		struct render_sheet sheet = RENDER_SHEET_CARDS;
		struct render_pdf *p;
		sheet.marks = marks;
		assert_int_equal(
		    render_pdf_open(in_dir("x.pdf"), "证书", &p, &why),
		    CRED_OK);
		render_pdf_sheets(p, &sheet);
		for (size_t i = 0; ORDER[i] != '\0'; i++) {
			assert_int_equal(
			    render_pdf_page(
				p, ORDER[i] == 'a' ? a4 : card, &rec, &why),
			    CRED_OK);
			assert_int_equal(render_pdf_pages(p), PAGE[i]);
		}
		assert_int_equal(render_pdf_close(p, &why), CRED_OK);
		/* the left cut, above the first card */
		assert_int_equal(
		    black_near(in_dir("x.pdf"), 1, 18, 4) > 0, marks);
	}
	render_template_free(card);
	render_template_free(a4);
	output_of(text, sizeof text, "pdfinfo %s", in_dir("x.pdf"));
	assert_non_null(strstr(text, "Pages:           4"));
	output_of(text, sizeof text, "pdftotext -f 2 -l 2 %s -",
	    in_dir("x.pdf"));
	assert_non_null(strstr(text, "职业技能等级证书"));
	output_of(text, sizeof text, "pdftotext -f 3 -l 3 %s -",
	    in_dir("x.pdf"));
	assert_null(strstr(text, "职业技能等级证书"));
	assert_non_null(strstr(text, "特种作业操作证"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sheets_hold_ten_cards_each),
	    cmocka_unit_test(sheets_and_pages_mix_in_order),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
