#include "render/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "edge/file.h"
#include "edge/lang.h"

#define N(a)  (sizeof(a) / sizeof(a)[0])
#define LEVEL TAMGA_SOURCE_DIR "/templates/level.svg"

static char dir[] = "/tmp/tamga-render-XXXXXX";
static char qr[700];

static const struct render_field FIELDS[] = {
    {"title", "职业技能等级证书"},
    {"name", "阿拉坦高娃·巴特尔"},
    {"id_type", "居民身份证"},
    {"id_number", "150102199001010019"},
    {"occupation", "挖掘铲运和桩工机械司机"},
    {"direction", "--"},
    {"level", "四级/中级工"},
    {"number", "S000015000123264000001"},
    {"issued", "2026年6月30日"},
    {"issuer", "内蒙古草原职业技能评价中心"},
    {"body_text", "持证人考核合格，特发此证。"},
    {"verifier_url", "https://verify.example.org/"},
    {"unknown_to_the_template", "ignored"},
};

static struct render_record
record(void)
{
	return (struct render_record){FIELDS, N(FIELDS), bytes_str(qr), {0}};
}

static const char *
in_dir(const char *name)
{
	static char path[4][256];
	static int turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
	return path[turn];
}

/* What a command prints; at most size - 1 bytes. */
static size_t output_of(char *out, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static size_t
output_of(char *out, size_t size, const char *fmt, ...)
{
	char cmd[1024];
	va_list ap;
	FILE *f;
	size_t n;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof cmd, fmt, ap);
	va_end(ap);
	f = popen(cmd, "r");
	assert_non_null(f);
	n = fread(out, 1, size - 1, f);
	out[n] = '\0';
	assert_int_equal(pclose(f), 0);
	return n;
}

static void
draw(const char *svg, const char *pdf, const struct render_record *rec)
{
	struct why why = {""};
	struct render_template *t;
	struct render_pdf *p;

	if (render_template_load(svg, &t, &why) != CRED_OK ||
	    render_pdf_open(pdf, "证书", &p, &why) != CRED_OK ||
	    render_pdf_page(p, t, rec, &why) != CRED_OK ||
	    render_pdf_close(p, &why) != CRED_OK)
		fail_msg("%s", why.text);
	render_template_free(t);
}

/* A template of one line inside an A4 svg element. */
static const char *
template_of(const char *inside)
{
	static char path[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/t.svg", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" "
	    "xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"210mm\" "
	    "height=\"297mm\" viewBox=\"0 0 210 297\">\n%s\n</svg>\n",
	    inside);
	assert_int_equal(fclose(f), 0);
	return path;
}

static void
every_field_is_on_the_page_as_text(void **state)
{
	struct render_record rec = record();
	char text[8192];

	(void)state;
	draw(LEVEL, in_dir("a.pdf"), &rec);
	output_of(text, sizeof text, "pdftotext -layout %s -", in_dir("a.pdf"));
	for (size_t i = 0; i + 1 < N(FIELDS); i++) {
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

#define TEXT "<text x='20' y='20' font-family='Noto Serif CJK SC' "
#define RECT "<rect x='20' y='20' width='38' height='38' "

/* What is inside the svg element, and what the message must say. */
static const struct {
	const char *inside, *says;
} WRONG[] = {
    {"<text id='name'", "XML"},
    {TEXT "id='name'>a</text>", "font-size"},
    {TEXT "id='name' font-size='2em'>a</text>", "2em"},
    {TEXT "id='name' font-size='4' fill='url(#g)'>a</text>", "plain"},
    {TEXT "id='name' font-size='4' class='c'>a</text>", "class"},
    {TEXT "id='name' font-size='4' data-max-height='9'>a</text>",
	"data-max-width"},
    {TEXT "id='name' font-size='4' data-max-width='-9'>a</text>", "negative"},
    {TEXT "id='name' font-size='4' data-max-width='wide'>a</text>",
	"data-max-width=\"wide\""},
    {TEXT "id='name' font-size='4'>a</text>" TEXT
	  "id='name' font-size='4'>a</text>",
	"stands twice"},
    {"<text id='name' font-size='4'>a</text>", "no font-family"},
    {"<text id='name' font-size='4' font-family='No Such Font, Nor This'>"
     "a</text>",
	"No Such Font,Nor This"},
    {"<text font-size='4' font-family='No Such Font'>label</text>",
	"No Such Font"},
    {TEXT "font-size='4'>\U0010FFFD</text>", "U+10FFFD"},
    {"<rect id='qr' x='20' y='20' width='37' height='38'/>", "needs 37.7 mm"},
    {"<rect id='qr' x='20' y='20' width='30' height='30' "
     "data-max-version='12'/>",
	"needs 30.9 mm"},
    {RECT "id='qr' data-max-version='17'/>", "1 to 16"},
    {RECT "id='qr' transform='rotate(5)'/>", "rotated"},
    {"<rect id='qr' x='190' y='20' width='38' height='38'/>",
	"leaves the page"},
    {"<rect id='photo' x='20' y='20'/>", "empty"},
    {RECT "id='qr'/>" RECT "id='qr'/>", "stands twice"},
    {"<g transform='rotate(bad)'/>", "rotate(bad)"},
    {"<image xlink:href='/etc/passwd'/>", "/etc/passwd"},
    {"<image href='http://example.org/a.png'/>", "example.org"},
    {"<use xlink:href='other.svg#a'/>", "other.svg"},
    {"<style>@import url(a.css);</style>", "imports"},
};

static void
wrong_templates_say_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(WRONG); i++) {
		struct render_template *t = NULL;
		struct why why = {""};
		const char *path = template_of(WRONG[i].inside);
		enum cred_err e = render_template_load(path, &t, &why);

		if (e != CRED_FAULT_RENDER ||
		    strstr(why.text, WRONG[i].says) == NULL ||
		    strstr(why.text, "t.svg:") == NULL)
			fail_msg("%s: %s: %s", WRONG[i].inside, cred_errname(e),
			    why.text);
		assert_null(t);
	}
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void
load_fails(const char *text, const char *says)
{
	struct render_template *t = NULL;
	struct why why = {""};

	write_file(in_dir("t.svg"), text);
	assert_int_equal(
	    render_template_load(in_dir("t.svg"), &t, &why), CRED_FAULT_RENDER);
	if (strstr(why.text, says) == NULL)
		fail_msg("%s", why.text);
}

#define SVG "<svg xmlns='http://www.w3.org/2000/svg' "
#define A4  "width='210mm' height='297mm' viewBox='0 0 210 297'"

static void
entities_and_doctypes_are_refused(void **state)
{
	char bomb[2048];
	int n;

	(void)state;
	load_fails(
	    "<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" SVG A4
	    "><text>&x;</text></svg>",
	    "DOCTYPE");
	load_fails("<!DOCTYPE svg SYSTEM 'http://127.0.0.1:9/svg.dtd'>" SVG A4
		   "/>",
	    "DOCTYPE");
	n = snprintf(bomb, sizeof bomb, "<!DOCTYPE svg [<!ENTITY a0 'ha'>");
	for (int i = 1; i < 20; i++)
		n += snprintf(bomb + n, sizeof bomb - (size_t)n,
		    "<!ENTITY a%d '&a%d;&a%d;&a%d;&a%d;'>", i, i - 1, i - 1,
		    i - 1, i - 1);
	snprintf(bomb + n, sizeof bomb - (size_t)n,
	    "]>" SVG A4 "><text>&a19;</text></svg>");
	load_fails(bomb, "t.svg:1: ");
}

static void
pages_without_a_size_are_refused(void **state)
{
	(void)state;
	load_fails("<html/>", "no SVG");
	load_fails("", ":1: ");
	load_fails(SVG "viewBox='0 0 210 297'/>", "210mm");
	load_fails(SVG "width='210mm' height='297mm'/>", "viewBox");
	load_fails(SVG "width='210mm' height='297mm' viewBox='0 0 297 210'/>",
	    "viewBox");
	load_fails(
	    SVG "width='9e9mm' height='297mm' viewBox='0 0 1 1'/>", "width");
}

static void
a_huge_or_absent_template_is_a_fault(void **state)
{
	struct render_template *t = NULL;
	struct why why = {""};
	FILE *f = fopen(in_dir("big.svg"), "w");

	(void)state;
	assert_non_null(f);
	assert_int_equal(ftruncate(fileno(f), 5 << 20), 0);
	fclose(f);
	assert_int_equal(render_template_load(in_dir("big.svg"), &t, &why),
	    CRED_FAULT_RENDER);
	assert_non_null(strstr(why.text, "big.svg"));
	assert_int_equal(
	    render_template_load(in_dir("none.svg"), &t, &why), CRED_FAULT_IO);
	assert_non_null(strstr(why.text, "none.svg"));
}

static void
a_code_larger_than_its_rectangle_is_refused(void **state)
{
	struct render_record rec = record();
	struct render_template *t;
	struct why why = {""};

	(void)state;
	assert_int_equal(render_template_load(
			     template_of("<rect id='qr' x='9' y='9' width='28' "
					 "height='28' data-max-version='10'/>"),
			     &t, &why),
	    CRED_OK);
	assert_int_equal(render_check(t, &rec, &why), CRED_FAULT_RENDER);
	assert_non_null(strstr(why.text, "28.0 × 28.0 mm"));
	assert_non_null(strstr(why.text, "30.9 mm"));
	render_template_free(t);
	assert_int_equal(
	    render_template_load(template_of(""), &t, &why), CRED_OK);
	assert_int_equal(render_check(t, &rec, &why), CRED_FAULT_RENDER);
	assert_non_null(strstr(why.text, "no rectangle \"qr\""));
	render_template_free(t);
}

/* Where pdftotext sees a word, in points. */
static void
place_of(const char *pdf, const char *word, double box[4])
{
	char text[8192], find[64], *at;

	output_of(text, sizeof text, "pdftotext -bbox %s -", pdf);
	snprintf(find, sizeof find, ">%s</word>", word);
	at = strstr(text, find);
	if (at == NULL)
		fail_msg("no %s in %s", word, text);
	while (at > text && *at != '<')
		at--;
	if (strncmp(at, "<word", 5) != 0) {
		at--;
		while (at > text && *at != '<')
			at--;
	}
	assert_int_equal(
	    sscanf(at,
		"<word xMin=\"%lf\" yMin=\"%lf\" xMax=\"%lf\" yMax=\"%lf\"",
		&box[0], &box[1], &box[2], &box[3]),
	    4);
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

static void
every_template_has_what_its_kind_must_print(void **state)
{
	static const struct {
		const char *file, *ids[12];
	} KINDS[] = {
	    {"level.svg", {"name", "id_type", "id_number", "occupation",
			      "direction", "level", "number", "issued",
			      "issuer", "verifier_url", "body_text"}},
	    {"operation.svg",
		{"name", "number", "category", "item", "issued", "valid_from",
		    "valid_to", "review_due", "issuer", "verifier_url"}},
	};

	(void)state;
	for (size_t i = 0; i < N(KINDS); i++) {
		struct render_template *t;
		struct why why = {""};
		char path[300];

		snprintf(path, sizeof path, TAMGA_SOURCE_DIR "/templates/%s",
		    KINDS[i].file);
		assert_int_equal(render_template_load(path, &t, &why), CRED_OK);
		for (size_t k = 0;
		     k < N(KINDS[i].ids) && KINDS[i].ids[k] != NULL; k++)
			assert_true(render_template_has(t, KINDS[i].ids[k]));
		assert_true(render_template_has(t, "qr"));
		assert_true(render_template_has(t, "photo"));
		render_template_free(t);
	}
}

static void
has_tells_fields_and_rectangles(void **state)
{
	struct render_template *t;
	struct why why = {""};

	(void)state;
	assert_int_equal(render_template_load(LEVEL, &t, &why), CRED_OK);
	for (size_t i = 0; i + 1 < N(FIELDS); i++)
		assert_true(render_template_has(t, FIELDS[i].id));
	assert_true(render_template_has(t, "qr"));
	assert_true(render_template_has(t, "photo"));
	assert_false(render_template_has(t, "nmae"));
	for (size_t i = 0; render_template_id(t, i) != NULL; i++)
		assert_true(render_template_has(t, render_template_id(t, i)));
	render_template_free(t);
}

static int
set_up(void **state)
{
	size_t n;

	(void)state;
	lang_set(false);
	n = (size_t)snprintf(qr, sizeof qr, "https://verify.example.org/#");
	for (size_t i = 0; i < 535; i++)
		qr[n + i] = (char)('0' + (i * 7 + i / 10) % 10);
	qr[n + 535] = '\0';
	return mkdtemp(dir) == NULL;
}

static int
tear_down(void **state)
{
	char out[16];

	(void)state;
	output_of(out, sizeof out, "rm -rf %s", dir);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_field_is_on_the_page_as_text),
	    cmocka_unit_test(page_is_a4_and_fonts_are_embedded),
	    cmocka_unit_test(qr_reads_back_at_150_and_300_dpi),
	    cmocka_unit_test(same_record_same_file),
	    cmocka_unit_test(unknown_character_is_named),
	    cmocka_unit_test(invisible_characters_are_refused),
	    cmocka_unit_test(long_values_shrink_then_stop),
	    cmocka_unit_test(refused_record_draws_nothing),
	    cmocka_unit_test(aborted_file_leaves_nothing),
	    cmocka_unit_test(a_folder_that_is_not_there_is_a_fault),
	    cmocka_unit_test(a_full_disk_is_a_fault),
	    cmocka_unit_test(wrong_templates_say_what_is_wrong),
	    cmocka_unit_test(entities_and_doctypes_are_refused),
	    cmocka_unit_test(pages_without_a_size_are_refused),
	    cmocka_unit_test(a_huge_or_absent_template_is_a_fault),
	    cmocka_unit_test(a_code_larger_than_its_rectangle_is_refused),
	    cmocka_unit_test(fields_stand_where_the_template_says),
	    cmocka_unit_test(kept_texts_stand_until_a_value_comes),
	    cmocka_unit_test(paragraphs_wrap_and_short_ones_stay_on_a_line),
	    cmocka_unit_test(every_template_has_what_its_kind_must_print),
	    cmocka_unit_test(has_tells_fields_and_rectangles),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
