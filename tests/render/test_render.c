#include "tests/render/help.h"

#include <malloc.h>
#include <string.h>
#include <sys/stat.h>

#include "edge/file.h"

static void
every_field_is_on_the_page_as_text(void **state)
{
	struct render_record rec = record();
	char text[8192];

	(void)state;
	draw(LEVEL, in_dir("a.pdf"), &rec);
	output_of(text, sizeof text, "pdftotext -layout %s -", in_dir("a.pdf"));
	for (size_t i = 0; i + 1 < N_FIELDS; i++) {
		if (strstr(text, FIELDS[i].text) == NULL)
			fail_msg("no %s", FIELDS[i].id);
	}
	assert_null(strstr(text, "ignored"));
	/* the examples of the template are gone */
	assert_null(strstr(text, "张三"));
	/* and its labels are text too */
	assert_non_null(strstr(text, "工种/职业方向"));
	assert_non_null(strstr(text, "http://jndj.osta.org.cn"));
	assert_non_null(strstr(text, "http://pjjg.osta.org.cn"));
	assert_non_null(strstr(text, "以从官方网址打开后扫码结果为准"));
}

static void
page_is_a4_and_fonts_are_embedded(void **state)
{
	struct render_record rec = record();
	char text[4096];

	(void)state;
	draw(LEVEL, in_dir("a.pdf"), &rec);
	output_of(text, sizeof text, "pdfinfo %s", in_dir("a.pdf"));
	assert_non_null(strstr(text, "595.276 x 841.89 pts (A4)"));
	assert_non_null(strstr(text, "Pages:           1"));
	assert_non_null(strstr(text, "Title:           证书"));
	assert_null(strstr(text, "CreationDate"));
	output_of(text, sizeof text,
	    "pdffonts %s | tail -n +3 | "
	    "grep -v ' yes yes yes ' | wc -l",
	    in_dir("a.pdf"));
	assert_int_equal(atoi(text), 0);
}

/* An empty value is no value: the sentence of the template stands. */
static void
empty_values_keep_the_template_s_text(void **state)
{
	const struct render_field f[] = {{"notice", ""}, {"name", ""}};
	struct render_record rec = {f, 2, {0}, {0}};
	char text[4096];

	(void)state;
	draw(LEVEL, in_dir("k.pdf"), &rec);
	output_of(text, sizeof text, "pdftotext %s -", in_dir("k.pdf"));
	assert_non_null(strstr(text, "以从官方网址打开后扫码结果为准"));
	assert_null(strstr(text, "张三"));
}

static void
qr_reads_back_at_150_and_300_dpi(void **state)
{
	struct render_record rec = record();
	const int dpi[] = {150, 300};
	char text[2048];

	(void)state;
	draw(LEVEL, in_dir("a.pdf"), &rec);
	for (size_t i = 0; i < N(dpi); i++) {
		output_of(text, sizeof text,
		    "pdftoppm -r %d -png -singlefile %s %s && "
		    "zbarimg -q --raw --nodbus %s.png",
		    dpi[i], in_dir("a.pdf"), in_dir("p"), in_dir("p"));
		text[strcspn(text, "\n")] = '\0';
		assert_string_equal(text, qr);
	}
	/* a stencil of one bit a dot at 600 dpi, never smoothed */
	output_of(text, sizeof text, "pdfimages -list %s | tail -n +3",
	    in_dir("a.pdf"));
	assert_non_null(strstr(text, "stencil"));
	assert_non_null(strstr(text, " no "));
	assert_non_null(strstr(text, " 600   600 "));
}

/* Nobody mails a certificate of a megabyte: issue 60 kB at most. */
static void
a_certificate_is_small(void **state)
{
	static const char *const FILES[] = {"qualification", "level",
	    "specialised", "operation", "operation-card", "training"};
	struct render_record rec = record();
	struct stat st;

	(void)state;
	for (size_t i = 0; i < N(FILES); i++) {
		char svg[300];
		snprintf(svg, sizeof svg, TAMGA_SOURCE_DIR "/templates/%s.svg",
		    FILES[i]);
		draw(svg, in_dir("a.pdf"), &rec);
		assert_int_equal(stat(in_dir("a.pdf"), &st), 0);
		if (st.st_size >= 60000)
			fail_msg("%s: %lld", FILES[i], (long long)st.st_size);
	}
}

/* Names with characters outside GB 2312, from the 256 around them. */
static void
rare_characters_keep_it_small(void **state)
{
	static const char *const NAMES[] = {
	    "王㛃", "李䶮", "赵喆", "钱堃", "孙\U00020164", "周\U0002B5AF"};
	struct render_field f = {"name", NULL};
	struct render_record rec = {&f, 1, bytes_str(qr), {0}};
	char text[4096];
	struct stat st;

	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		for (size_t i = 0; i < N(NAMES); i++) {
			f.text = NAMES[i];
			draw(LEVEL, in_dir("r.pdf"), &rec);
			output_of(text, sizeof text, "pdftotext %s -",
			    in_dir("r.pdf"));
			assert_non_null(strstr(text, NAMES[i]));
			assert_int_equal(stat(in_dir("r.pdf"), &st), 0);
			if (st.st_size >= 60000)
				fail_msg("%s: %lld", NAMES[i],
				    (long long)st.st_size);
		}
	}
}

/* Drawn after another template in one process, each keeps its own letters. */
static void
templates_do_not_share_their_cut_fonts(void **state)
{
	const struct render_field a[] = {{"a", "甲乙丙"}};
	struct render_record rec = record(), ra = {a, 1, {0}, {0}};
	char text[8192];

	(void)state;
	for (int i = 0; i < 3; i++) {
		draw(template_of(TEXT "font-size='4' id='a' data-keep='yes'>"
				      "子丑</text>"),
		    in_dir("c.pdf"), &ra);
		output_of(text, sizeof text, "pdftotext %s -", in_dir("c.pdf"));
		assert_non_null(strstr(text, "甲乙丙"));
		draw(LEVEL, in_dir("c.pdf"), &rec);
		output_of(text, sizeof text, "pdftotext -layout %s -",
		    in_dir("c.pdf"));
		assert_non_null(strstr(text, "阿拉坦高娃·巴特尔"));
	}
}

/* A hundred thousand certificates must fit as easily as one. */
static void
memory_does_not_grow(void **state)
{
	struct render_record rec = record();
	size_t before = 0;

	(void)state;
	for (int i = 0; i < 60; i++) {
		draw(LEVEL, in_dir("m.pdf"), &rec);
		if (i == 9) /* caches are full */
			before = mallinfo2().uordblks;
	}
	assert_true(mallinfo2().uordblks < before + 100000);
}

static void
same_record_same_file(void **state)
{
	struct render_record rec = record();
	uint8_t *a, *b;
	size_t na, nb;
	struct why why = {""};

	(void)state;
	draw(LEVEL, in_dir("a.pdf"), &rec);
	draw(LEVEL, in_dir("b.pdf"), &rec);
	assert_int_equal(
	    file_read(in_dir("a.pdf"), 1u << 24, &a, &na, &why), CRED_OK);
	assert_int_equal(
	    file_read(in_dir("b.pdf"), 1u << 24, &b, &nb, &why), CRED_OK);
	assert_int_equal(na, nb);
	assert_memory_equal(a, b, na);
	free(a);
	free(b);
}

static enum cred_err
check_name(const char *name, struct why *why)
{
	struct render_field f = {"name", name};
	struct render_record rec = {&f, 1, {0}, {0}};
	struct render_template *t;
	enum cred_err e;

	assert_int_equal(render_template_load(LEVEL, &t, why), CRED_OK);
	e = render_check(t, &rec, why);
	render_template_free(t);
	return e;
}

static void
unknown_character_is_named(void **state)
{
	struct why why = {""};

	(void)state;
	/* U+10FFFD: private use, in no font */
	assert_int_equal(
	    check_name("张\U0010FFFD三", &why), CRED_ERR_DOMAIN_FORM);
	assert_non_null(strstr(why.text, "\"name\""));
	assert_non_null(strstr(why.text, "U+10FFFD"));
	assert_non_null(strstr(why.text, "张\U0010FFFD三"));
	/* a block that the face has nothing of */
	assert_int_equal(
	    check_name("张\U0002EBE0", &why), CRED_ERR_DOMAIN_FORM);
	assert_non_null(strstr(why.text, "U+2EBE0"));
	/* rare, but in the fonts: CJK Extension B */
	assert_int_equal(check_name("王\U00020164", &why), CRED_OK);
}

static void
invisible_characters_are_refused(void **state)
{
	static const char *const BAD[] = {"张\t三", "张\n三", "张\u202e三",
	    "张\u2066三", "\ufeff张三", "张\x7f", "张\xc2\x85三"};
	struct why why = {""};

	(void)state;
	for (size_t i = 0; i < N(BAD); i++) {
		assert_int_equal(
		    check_name(BAD[i], &why), CRED_ERR_DOMAIN_FORM);
		assert_non_null(strstr(why.text, "\"name\""));
		assert_non_null(strstr(why.text, "U+"));
	}
	assert_int_equal(check_name("张\xff", &why), CRED_ERR_DOMAIN_FORM);
	assert_non_null(strstr(why.text, "UTF-8"));
	/* a Mongolian suffix needs its narrow space */
	assert_int_equal(check_name("ᠪᠠᠲᠤ\u202fᠢᠢᠨ", &why), CRED_OK);
}

static void
long_values_shrink_then_stop(void **state)
{
	char name[200] = "";
	struct why why = {""};

	(void)state;
	for (int i = 0; i < 30; i++) /* 127 mm, 80 at 63 % */
		strcat(name, "格");
	assert_int_equal(check_name(name, &why), CRED_OK);
	for (int i = 0; i < 2; i++) /* 135 mm, 80 at 59 % */
		strcat(name, "格");
	assert_int_equal(check_name(name, &why), CRED_ERR_DOMAIN_FORM);
	assert_non_null(strstr(why.text, "\"name\""));
	assert_non_null(strstr(why.text, "too long"));
}

static void
refused_record_draws_nothing(void **state)
{
	struct render_record rec = record();
	struct render_field f = {"name", "\U0010FFFD"};
	struct render_record bad = {&f, 1, {0}, {0}};
	struct why why = {""};
	struct render_template *t;
	struct render_pdf *p;
	char text[4096];

	(void)state;
	assert_int_equal(render_template_load(LEVEL, &t, &why), CRED_OK);
	assert_int_equal(
	    render_pdf_open(in_dir("n.pdf"), "证书", &p, &why), CRED_OK);
	assert_int_equal(access(in_dir("n.pdf"), F_OK), -1);
	assert_int_equal(render_pdf_page(p, t, &rec, &why), CRED_OK);
	assert_int_equal(
	    render_pdf_page(p, t, &bad, &why), CRED_ERR_DOMAIN_FORM);
	assert_int_equal(render_pdf_page(p, t, &rec, &why), CRED_OK);
	assert_int_equal(render_pdf_close(p, &why), CRED_OK);
	render_template_free(t);
	output_of(text, sizeof text, "pdfinfo %s", in_dir("n.pdf"));
	assert_non_null(strstr(text, "Pages:           2"));
}

static void
aborted_file_leaves_nothing(void **state)
{
	struct render_record rec = record();
	struct why why = {""};
	struct render_template *t;
	struct render_pdf *p;
	char text[256];

	(void)state;
	assert_int_equal(render_template_load(LEVEL, &t, &why), CRED_OK);
	assert_int_equal(
	    render_pdf_open(in_dir("gone.pdf"), "证书", &p, &why), CRED_OK);
	assert_int_equal(render_pdf_page(p, t, &rec, &why), CRED_OK);
	render_pdf_abort(p);
	render_template_free(t);
	output_of(text, sizeof text, "ls %s | grep -c gone || :", dir);
	assert_int_equal(atoi(text), 0);
}

static void
a_folder_that_is_not_there_is_a_fault(void **state)
{
	struct why why = {""};
	struct render_pdf *p;

	(void)state;
	assert_int_equal(render_pdf_open(in_dir("no/a.pdf"), "证书", &p, &why),
	    CRED_FAULT_IO);
	assert_non_null(strstr(why.text, "no/a.pdf"));
}

static void
a_full_disk_is_a_fault(void **state)
{
	struct render_record rec = record();
	struct why why = {""};
	struct render_template *t;
	struct render_pdf *p;
	enum cred_err e;

	(void)state;
	if (access("/dev/full", W_OK) != 0)
		skip();
	assert_int_equal(render_template_load(LEVEL, &t, &why), CRED_OK);
	assert_int_equal(
	    render_pdf_open(in_dir("full.pdf"), "证书", &p, &why), CRED_OK);
	/* the temporary file's descriptor becomes /dev/full */
	{
		char list[512], link_to[64];
		int found = -1;
		for (int fd = 3; fd < 64; fd++) {
			ssize_t n;
			snprintf(
			    link_to, sizeof link_to, "/proc/self/fd/%d", fd);
			n = readlink(link_to, list, sizeof list - 1);
			if (n > 0) {
				list[n] = '\0';
				if (strstr(list, "full.pdf.tmp") != NULL)
					found = fd;
			}
		}
		assert_true(found >= 0);
		FILE *full = fopen("/dev/full", "w");
		assert_non_null(full);
		assert_int_equal(dup2(fileno(full), found), found);
		fclose(full);
	}
	e = render_pdf_page(p, t, &rec, &why);
	if (e == CRED_OK)
		e = render_pdf_close(p, &why);
	else
		render_pdf_abort(p);
	assert_int_equal(e, CRED_FAULT_FULL);
	assert_non_null(strstr(why.text, "full.pdf"));
	assert_int_equal(access(in_dir("full.pdf"), F_OK), -1);
	render_template_free(t);
}

/* A kind of document's names in both languages, the longest too, side by side.
 */
static void
two_languages_do_not_overlap(void **state)
{
	static const char *const TYPES[][2] = {{"居民身份证", "Resident"},
	    {"港澳台居民居住证", "Residence"},
	    {"港澳居民来往内地通行证", "Mainland"},
	    {"台湾居民来往大陆通行证", "Mainland"}};

	(void)state;
	for (size_t i = 0; i < N(TYPES); i++) {
		struct render_field f = {"id_type", TYPES[i][0]};
		struct render_record rec = {&f, 1, bytes_str(qr), {0}};
		double zh[4], en[4];

		draw(TAMGA_SOURCE_DIR "/templates/level-en.svg",
		    in_dir("en.pdf"), &rec);
		place_of(in_dir("en.pdf"), TYPES[i][0], zh);
		place_of(in_dir("en.pdf"), TYPES[i][1], en);
		if (zh[2] + 2 > en[0])
			fail_msg("%s ends at %.1f, %s begins at %.1f",
			    TYPES[i][0], zh[2], TYPES[i][1], en[0]);
	}
}

/* Anchors, transforms, inheritance and styles put a word where SVG says. */
static void
fields_stand_where_the_template_says(void **state)
{
	const struct render_field f[] = {
	    {"a", "AAAA"},
	    {"b", "BBBB"},
	    {"c", "CCCC"},
	    {"d", "DDDD"},
	    {"e", "EEEE"},
	};
	struct render_record rec = {f, N(f), {0}, {0}};
	double at[4];
	const double mm = 72 / 25.4;

	(void)state;
	draw(
	    template_of(
		"<g font-family='Noto Serif CJK SC' font-size='4.2333'>"
		"<text id='a' x='100' y='50'>x</text>"
		"<text id='b' x='100' y='70' text-anchor='middle'>x</text>"
		"<text id='c' x='100' y='90' style='text-anchor:end'>x</text>"
		"<g transform='translate(10,100) scale(2)'>"
		"<text id='d' style='font-size:2.11665px'>"
		"<tspan x='45' y='5' style='text-anchor:start'>x</tspan></text>"
		"</g>"
		"<text id='e' x='100' y='150' data-max-width='8'>x</text>"
		"</g>"),
	    in_dir("w.pdf"), &rec);
	place_of(in_dir("w.pdf"), "AAAA", at);
	assert_float_equal(at[0], 100 * mm, 0.2);
	assert_true(at[1] < 50 * mm && at[3] > 50 * mm - 1);
	place_of(in_dir("w.pdf"), "BBBB", at);
	assert_float_equal((at[0] + at[2]) / 2, 100 * mm, 0.2);
	place_of(in_dir("w.pdf"), "CCCC", at);
	assert_float_equal(at[2], 100 * mm, 0.2);
	place_of(in_dir("w.pdf"), "DDDD", at);
	assert_float_equal(at[0], 100 * mm, 0.2);
	assert_true(at[1] < 110 * mm && at[3] > 110 * mm - 1);
	place_of(in_dir("w.pdf"), "EEEE", at);
	assert_float_equal(at[2] - at[0], 8 * mm, 0.1);
}

static void
kept_texts_stand_until_a_value_comes(void **state)
{
	const struct render_field f[] = {{"a", "NEW"}};
	struct render_record none = {0}, one = {f, 1, {0}, {0}};
	const char *svg = template_of(
	    TEXT "font-size='4' id='a' data-keep='yes'> OLD\n one </text>"
		 "<text x='20' y='90' font-family='Noto Serif CJK SC' "
		 "font-size='4' id='b'>EXAMPLE</text>");
	char text[1024];

	(void)state;
	draw(svg, in_dir("k.pdf"), &none);
	output_of(text, sizeof text, "pdftotext %s -", in_dir("k.pdf"));
	assert_non_null(strstr(text, "OLD one"));
	assert_null(strstr(text, "EXAMPLE"));
	draw(svg, in_dir("k.pdf"), &one);
	output_of(text, sizeof text, "pdftotext %s -", in_dir("k.pdf"));
	assert_null(strstr(text, "OLD"));
	assert_non_null(strstr(text, "NEW"));
}

static void
paragraphs_wrap_and_short_ones_stay_on_a_line(void **state)
{
	struct render_field f[] = {{"a", "一二三四五六七八九十甲乙丙丁戊"}};
	struct render_record rec = {f, 1, {0}, {0}};
	struct render_template *t;
	struct why why = {""};
	const char *svg = template_of(TEXT
	    "font-size='4' id='a' data-max-width='40' data-max-height='11' "
	    "data-line-height='1.5'>x</text>");
	char text[1024];

	(void)state;
	/* 60 mm of text in lines of 40 mm */
	draw(svg, in_dir("k.pdf"), &rec);
	output_of(text, sizeof text, "pdftotext %s -", in_dir("k.pdf"));
	assert_non_null(strstr(text, "九十\n甲"));
	/* 44 mm shrink to one line rather than leave one character alone */
	f[0].text = "一二三四五六七八九十甲";
	draw(svg, in_dir("k.pdf"), &rec);
	output_of(text, sizeof text, "pdftotext %s -", in_dir("k.pdf"));
	assert_non_null(strstr(text, "九十甲"));
	/* no room for this at 60 % */
	f[0].text =
	    "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十"
	    "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十"
	    "一二三四五六七八九十";
	assert_int_equal(render_template_load(svg, &t, &why), CRED_OK);
	assert_int_equal(render_check(t, &rec, &why), CRED_ERR_DOMAIN_FORM);
	assert_non_null(strstr(why.text, "too long"));
	render_template_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_field_is_on_the_page_as_text),
	    cmocka_unit_test(page_is_a4_and_fonts_are_embedded),
	    cmocka_unit_test(empty_values_keep_the_template_s_text),
	    cmocka_unit_test(qr_reads_back_at_150_and_300_dpi),
	    cmocka_unit_test(a_certificate_is_small),
	    cmocka_unit_test(rare_characters_keep_it_small),
	    cmocka_unit_test(templates_do_not_share_their_cut_fonts),
	    cmocka_unit_test(memory_does_not_grow),
	    cmocka_unit_test(same_record_same_file),
	    cmocka_unit_test(unknown_character_is_named),
	    cmocka_unit_test(invisible_characters_are_refused),
	    cmocka_unit_test(long_values_shrink_then_stop),
	    cmocka_unit_test(refused_record_draws_nothing),
	    cmocka_unit_test(aborted_file_leaves_nothing),
	    cmocka_unit_test(a_folder_that_is_not_there_is_a_fault),
	    cmocka_unit_test(a_full_disk_is_a_fault),
	    cmocka_unit_test(two_languages_do_not_overlap),
	    cmocka_unit_test(fields_stand_where_the_template_says),
	    cmocka_unit_test(kept_texts_stand_until_a_value_comes),
	    cmocka_unit_test(paragraphs_wrap_and_short_ones_stay_on_a_line),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
