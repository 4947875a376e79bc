#include "tests/render/help.h"

#include <fontconfig/fontconfig.h>
#include <hb.h>
#include <pango/pango.h>
#include <string.h>

#include "render/text_int.h"

#define MN   "<text font-family='Noto Sans Mongolian, Noto Serif CJK SC' "
#define DOWN "font-size='8' x='40' y='30' style='writing-mode:vertical-lr' "

/* ünemlel, certificate; mongγol, with and without a suffix of its own */
#define UNEMLEL "ᠦᠨᠡᠮᠯᠡᠯ"
#define MONGGOL "ᠮᠣᠩᠭᠣᠯ"

static hb_font_t *
noto(void)
{
	FcPattern *want =
	    FcNameParse((const FcChar8 *)"Noto Sans Mongolian"), *font;
	FcResult result;
	FcChar8 *file;
	hb_blob_t *blob;
	hb_face_t *face;
	hb_font_t *out;

	FcConfigSubstitute(NULL, want, FcMatchPattern);
	FcDefaultSubstitute(want);
	font = FcFontMatch(NULL, want, &result);
	assert_int_equal(
	    FcPatternGetString(font, FC_FILE, 0, &file), FcResultMatch);
	assert_non_null(strstr((char *)file, "NotoSansMongolian"));
	blob = hb_blob_create_from_file_or_fail((char *)file);
	assert_non_null(blob);
	face = hb_face_create(blob, 0);
	out = hb_font_create(face);
	hb_face_destroy(face);
	hb_blob_destroy(blob);
	FcPatternDestroy(font);
	FcPatternDestroy(want);
	return out;
}

/* What HarfBuzz makes of a word along its line: the reference. */
static size_t
reference(const char *word, unsigned out[static 64])
{
	hb_font_t *font = noto();
	hb_buffer_t *b = hb_buffer_create();
	hb_glyph_info_t *g;
	unsigned n;

	hb_buffer_add_utf8(b, word, -1, 0, -1);
	hb_buffer_set_direction(b, HB_DIRECTION_LTR);
	hb_buffer_set_script(b, HB_SCRIPT_MONGOLIAN);
	hb_shape(font, b, NULL, 0);
	g = hb_buffer_get_glyph_infos(b, &n);
	assert_true(n <= 64);
	for (unsigned i = 0; i < n; i++)
		out[i] = g[i].codepoint;
	hb_buffer_destroy(b);
	hb_font_destroy(font);
	return n;
}

/* What is drawn of a field's value. */
static size_t
drawn(const char *word, unsigned out[static 64])
{
	struct render_template *t;
	struct why why = {""};
	struct text x;
	PangoLayoutIter *it;
	size_t n = 0;

	assert_int_equal(render_template_load(
			     template_of(MN DOWN "id='name'>a</text>"), &t,
			     &why),
	    CRED_OK);
	assert_int_equal(
	    text_make(t, template_field(t, "name"), word, &x, &why), CRED_OK);
	it = pango_layout_get_iter(x.layout);
	do {
		PangoLayoutRun *run = pango_layout_iter_get_run_readonly(it);
		for (int i = 0; run != NULL && i < run->glyphs->num_glyphs; i++)
			if (run->glyphs->glyphs[i].glyph != PANGO_GLYPH_EMPTY)
				out[n++] = run->glyphs->glyphs[i].glyph;
	} while (pango_layout_iter_next_run(it));
	pango_layout_iter_free(it);
	text_release(&x);
	render_template_free(t);
	return n;
}

static bool
has_glyph(const unsigned *glyphs, size_t n, const char *name)
{
	hb_font_t *font = noto();
	hb_codepoint_t want;
	bool found = false;

	assert_true(hb_font_glyph_from_string(font, name, -1, &want));
	for (size_t i = 0; i < n; i++)
		found = found || glyphs[i] == want;
	hb_font_destroy(font);
	return found;
}

/* The forms that domain.md 8.4 gives, and all of what HarfBuzz says. */
static void
words_are_shaped_as_harfbuzz_shapes_them(void **state)
{
	static const char *const WORDS[] = {UNEMLEL, MONGGOL,
	    MONGGOL "\u202fᠤᠨ", "ᠨᠡᠷ\u180eᠡ", "ᠬᠠᠷ\u180eᠠ", "ᠳ\u180bᠤᠭᠠᠷ"};
	unsigned a[64], b[64];

	(void)state;
	for (size_t i = 0; i < N(WORDS); i++) {
		size_t n = reference(WORDS[i], a), m = drawn(WORDS[i], b);
		size_t k = 0;
		/* pango leaves out what HarfBuzz gives an empty glyph */
		for (size_t j = 0; j < n; j++)
			if (k < m && a[j] == b[k])
				k++;
		if (k != m || m + 1 < n)
			fail_msg("%s: %zu of %zu, %zu", WORDS[i], k, m, n);
	}
	{
		size_t m = drawn(UNEMLEL, b);
		assert_true(has_glyph(b, m, "u1826.ini"));
		assert_true(has_glyph(b, m, "u182E_182F.med"));
		assert_true(has_glyph(b, m, "u182F.fin"));
	}
}

/* A suffix after U+202F has no tooth, after a blank it has. */
static void
a_suffix_joins_its_word(void **state)
{
	unsigned g[64];
	size_t n = drawn(MONGGOL "\u202fᠤᠨ", g);

	(void)state;
	assert_true(has_glyph(g, n, "u1824.med"));
	assert_false(has_glyph(g, n, "u1824.ini"));
	n = drawn(MONGGOL " ᠤᠨ", g);
	assert_true(has_glyph(g, n, "u1824.ini"));
}

static void
columns_run_from_left_to_right(void **state)
{
	struct render_record rec = {NULL, 0, {0}, {0}};
	double a[4], b[4], c[4];

	(void)state;
	/* a column of 34 mm holds one word of 8 mm letters, never a part */
	draw(template_of(MN DOWN "data-max-width='34' data-max-height='40' "
			"data-line-height='1.5'>" UNEMLEL " " MONGGOL " ᠨᠡᠷᠡ"
			"</text>"),
	    in_dir("c.pdf"), &rec);
	place_of(in_dir("c.pdf"), UNEMLEL, a);
	place_of(in_dir("c.pdf"), MONGGOL, b);
	place_of(in_dir("c.pdf"), "ᠨᠡᠷᠡ", c);
	/* each is taller than wide, and begins at the top */
	assert_true(a[3] - a[1] > a[2] - a[0]);
	assert_float_equal(a[1], 30 * 72 / 25.4, 1);
	assert_float_equal(b[1], a[1], 1);
	assert_float_equal(c[1], a[1], 1);
	/* 1.5 x 8 mm from column to column, to the right */
	assert_float_equal(b[0] - a[0], 12 * 72 / 25.4, 3);
	assert_float_equal(c[0] - b[0], 12 * 72 / 25.4, 3);
}

static void
a_word_longer_than_its_column_is_not_broken(void **state)
{
	struct render_template *t;
	struct why why = {""};

	(void)state;
	assert_int_equal(
	    render_template_load(
		template_of(MN DOWN "data-max-width='10' data-max-height='80'>"
				    UNEMLEL "</text>"),
		&t, &why),
	    CRED_FAULT_RENDER);
	assert_non_null(strstr(why.text, "too long"));
}

/* The black box, in pixels at 100 dpi. */
static void
ink_of(const char *pdf, int box[4])
{
	static char px[2000 * 2000];
	size_t n = output_of(px, sizeof px,
	    "pdftoppm -r 100 -gray -singlefile %s", pdf);
	int w, h, head = 0;

	assert_int_equal(sscanf(px, "P5 %d %d 255%n", &w, &h, &head), 2);
	assert_true(head > 0 && n == (size_t)(head + 1 + w * h));
	box[0] = box[1] = 9999;
	box[2] = box[3] = -1;
	for (int y = 0; y < h; y++) {
		for (int x = 0; x < w; x++) {
			if ((unsigned char)px[head + 1 + y * w + x] > 128)
				continue;
			box[0] = x < box[0] ? x : box[0];
			box[1] = y < box[1] ? y : box[1];
			box[2] = x > box[2] ? x : box[2];
			box[3] = y > box[3] ? y : box[3];
		}
	}
}

static void
chinese_stands_upright_in_a_column(void **state)
{
	struct render_record rec = {NULL, 0, {0}, {0}};
	int one[4], three[4];

	(void)state;
	/* the character for one is a stroke from left to right */
	draw(template_of(MN DOWN ">一</text>"), in_dir("u.pdf"), &rec);
	ink_of(in_dir("u.pdf"), one);
	assert_true(one[2] - one[0] > 4 * (one[3] - one[1]));
	/* its middle is the column's, 40 mm */
	assert_float_equal((one[0] + one[2]) / 2.0, 40 / 25.4 * 100, 3);
	draw(template_of(MN DOWN ">一一一</text>"), in_dir("u.pdf"), &rec);
	ink_of(in_dir("u.pdf"), three);
	assert_int_equal(three[2] - three[0], one[2] - one[0]);
	assert_float_equal(three[3] - three[1], 16 / 25.4 * 100, 4);
}

static void
the_text_can_be_searched(void **state)
{
	struct render_record rec = record();
	char text[8192];

	(void)state;
	draw(TAMGA_SOURCE_DIR "/templates/level-mn.svg", in_dir("s.pdf"), &rec);
	output_of(text, sizeof text, "pdftotext %s -", in_dir("s.pdf"));
	assert_non_null(strstr(text, UNEMLEL));
	assert_non_null(strstr(text, "ᠨᠡᠷ"));
	for (size_t i = 0; i + 1 < N_FIELDS; i++)
		if (strcmp(FIELDS[i].id, "body_text") != 0 &&
		    strstr(text, FIELDS[i].text) == NULL)
			fail_msg("no %s", FIELDS[i].id);
	output_of(text, sizeof text, "pdffonts %s", in_dir("s.pdf"));
	assert_non_null(strstr(text, "NotoSansMongolian"));
}

/* mn-first has the Mongolian above, or left; zh-first has the Chinese so. */
static void
the_order_is_a_variant(void **state)
{
	static const char *const FILES[] = {"level-mn", "qualification-mn",
	    "specialised-mn", "operation-mn", "training-mn"};
	struct render_record rec = record();

	(void)state;
	for (size_t i = 0; i < N(FILES); i++) {
		double mn[2][4], zh[2][4];
		for (int k = 0; k < 2; k++) {
			struct render_template *t;
			struct render_pdf *p;
			struct why why = {""};
			char svg[300];
			snprintf(svg, sizeof svg,
			    TAMGA_SOURCE_DIR "/templates/%s.svg", FILES[i]);
			if (render_template_load_as(svg,
				k == 0 ? "mn-first" : "zh-first", &t,
				&why) != CRED_OK ||
			    render_pdf_open(
				in_dir("o.pdf"), "证书", &p, &why) != CRED_OK ||
			    render_pdf_page(p, t, &rec, &why) != CRED_OK ||
			    render_pdf_close(p, &why) != CRED_OK)
				fail_msg("%s", why.text);
			assert_true(render_template_unconfirmed(t) > 20);
			render_template_free(t);
			place_of(in_dir("o.pdf"), "ᠲᠤᠰ", mn[k]);
			place_of(in_dir("o.pdf"),
			    strstr(FILES[i], "operation") != NULL ? "应复审日期"
								  : "证件类型",
			    zh[k]);
		}
		assert_true(mn[0][3] < zh[0][1]);
		assert_true(zh[1][3] < mn[1][1]);
		assert_float_equal(zh[0][0], zh[1][0], 0.1);
	}
}

static void
values_are_put_into_the_other_language(void **state)
{
	struct render_record rec = record();
	char text[8192];

	(void)state;
	draw(TAMGA_SOURCE_DIR "/templates/level-en.svg", in_dir("e.pdf"), &rec);
	output_of(text, sizeof text, "pdftotext -layout %s -", in_dir("e.pdf"));
	assert_non_null(strstr(text, "Vocational Skill Level Certificate"));
	assert_non_null(strstr(text, "Level 4 / Intermediate"));
	assert_non_null(strstr(text, "四级/中级工"));
	assert_non_null(strstr(text, "Resident Identity Card"));
	assert_non_null(strstr(text, "2026-06-30"));
	assert_non_null(strstr(text, "2026年6月30日"));
}

/* A letter that the font lacks is named: nobody gets an empty box. */
static void
a_letter_that_no_font_has_is_named(void **state)
{
	struct render_field f = {"name", UNEMLEL "\u1879"};
	struct render_record rec = {&f, 1, {0}, {0}};
	struct render_template *t;
	struct why why = {""};

	(void)state;
	assert_int_equal(render_template_load(
			     template_of(MN DOWN "id='name'>a</text>"), &t,
			     &why),
	    CRED_OK);
	assert_int_equal(render_check(t, &rec, &why), CRED_ERR_DOMAIN_FORM);
	assert_non_null(strstr(why.text, "U+1879"));
	render_template_free(t);
}

static void
write_table(const char *rows)
{
	FILE *f = fopen(in_dir("words.tsv"), "w");

	assert_non_null(f);
	fputs(rows, f);
	assert_int_equal(fclose(f), 0);
}

/* A table, what refers to it, and what is said of it. */
static void
faults_of_the_table_are_told_with_their_lines(void **state)
{
	static const struct {
		const char *table, *says;
	} WRONG[] = {
	    {"key\ttext\n", "words.tsv:1: the first line is not"},
	    {"# a\nkey\ttext\tzh\tsource\tstatus\na\tb\tc\n",
		"words.tsv:3: not 5 columns"},
	    {"key\ttext\tzh\tsource\tstatus\na\tb\tc\td\te\tf\n",
		"words.tsv:2: not 5 columns"},
	    {"key\ttext\tzh\tsource\tstatus\na\t\tc\td\te\n",
		"words.tsv:2: key or text is empty"},
	    {"key\ttext\tzh\tsource\tstatus\na\tb\t\t\t\na\tb\t\t\t\n",
		"words.tsv:3: key \"a\" stands twice"},
	    {"key\ttext\tzh\tsource\tstatus\na\t\\u20\t\t\t\n",
		"words.tsv:2: a backslash begins no"},
	    {"key\ttext\tzh\tsource\tstatus\na\t\\u0000\t\t\t\n",
		"words.tsv:2: a backslash begins no"},
	    {"key\ttext\tzh\tsource\tstatus\na\t\xff\t\t\t\n",
		"words.tsv:1: is not UTF-8"},
	    {"key\ttext\tzh\tsource\tstatus\nb\tB\t\t\t\n",
		"t.svg:1: the table of strings has no key \"a\""},
	};
	const char *const svg =
	    "<svg xmlns='http://www.w3.org/2000/svg' width='210mm' "
	    "height='297mm' viewBox='0 0 210 297' data-strings='%s'>"
	    "<text data-string='a' x='9' y='9' font-size='4' "
	    "font-family='Noto Serif CJK SC'>x</text></svg>";

	(void)state;
	for (size_t i = 0; i < N(WRONG); i++) {
		struct render_template *t = NULL;
		struct why why = {""};
		FILE *f = fopen(in_dir("t.svg"), "w");
		assert_non_null(f);
		fprintf(f, svg, "words.tsv");
		fclose(f);
		write_table(WRONG[i].table);
		assert_int_equal(
		    render_template_load(in_dir("t.svg"), &t, &why),
		    CRED_FAULT_RENDER);
		if (strstr(why.text, WRONG[i].says) == NULL)
			fail_msg("%s", why.text);
	}
	for (int i = 0; i < 3; i++) {
		struct render_template *t = NULL;
		struct why why = {""};
		FILE *f = fopen(in_dir("t.svg"), "w");
		assert_non_null(f);
		fprintf(f, svg,
		    i == 0   ? "../words.tsv"
		    : i == 1 ? "none.tsv"
			     : ".words.tsv");
		fclose(f);
		assert_int_equal(
		    render_template_load(in_dir("t.svg"), &t, &why),
		    i == 1 ? CRED_FAULT_IO : CRED_FAULT_RENDER);
		assert_non_null(strstr(why.text, "words.tsv") != NULL
				    ? why.text
				    : strstr(why.text, "none.tsv"));
	}
}

static void
a_good_table_is_read_with_its_marks(void **state)
{
	struct render_record rec = {NULL, 0, {0}, {0}};
	char text[2000];
	FILE *f = fopen(in_dir("t.svg"), "w");

	(void)state;
	assert_non_null(f);
	fputs("<svg xmlns='http://www.w3.org/2000/svg' width='210mm' "
	      "height='297mm' viewBox='0 0 210 297' data-strings='words.tsv'>"
	      "<text data-string='a' x='9' y='9' font-size='4' "
	      "font-family='Noto Serif CJK SC'>x</text></svg>",
	    f);
	fclose(f);
	write_table("\xef\xbb\xbf# note\r\nkey\ttext\tzh\tsource\tstatus\r\n"
		    "a\tA & \\u4E2D <b>\t\t\tconfirmed\r\n");
	draw(in_dir("t.svg"), in_dir("g.pdf"), &rec);
	output_of(text, sizeof text, "pdftotext %s -", in_dir("g.pdf"));
	assert_non_null(strstr(text, "A & 中 <b>"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_are_shaped_as_harfbuzz_shapes_them),
	    cmocka_unit_test(a_suffix_joins_its_word),
	    cmocka_unit_test(columns_run_from_left_to_right),
	    cmocka_unit_test(a_word_longer_than_its_column_is_not_broken),
	    cmocka_unit_test(chinese_stands_upright_in_a_column),
	    cmocka_unit_test(the_text_can_be_searched),
	    cmocka_unit_test(the_order_is_a_variant),
	    cmocka_unit_test(values_are_put_into_the_other_language),
	    cmocka_unit_test(a_letter_that_no_font_has_is_named),
	    cmocka_unit_test(faults_of_the_table_are_told_with_their_lines),
	    cmocka_unit_test(a_good_table_is_read_with_its_marks),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
