#include "tests/render/help.h"

#include <string.h>

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

static void
every_template_has_what_its_kind_must_print(void **state)
{
	static const struct {
		const char *file, *ids[12];
	} KINDS[] = {
	    {"qualification.svg", {"name", "id_type", "id_number", "occupation",
				      "direction", "level", "number", "issued",
				      "issuer", "verifier_url", "notice"}},
	    {"level.svg", {"name", "id_type", "id_number", "occupation",
			      "direction", "level", "number", "issued",
			      "issuer", "verifier_url", "body_text"}},
	    {"specialised.svg",
		{"name", "id_type", "id_number", "occupation", "number",
		    "issued", "issuer", "verifier_url", "notice"}},
	    {"operation.svg", {"name", "number", "category", "item", "issued",
				  "valid_from", "valid_to", "review_due",
				  "issuer", "verifier_url", "notice"}},
	    {"training.svg", {"name", "id_type", "id_number", "occupation",
				 "trained_from", "trained_to", "number",
				 "issued", "issuer", "verifier_url", "notice"}},
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
	for (size_t i = 0; i + 1 < N_FIELDS; i++)
		assert_true(render_template_has(t, FIELDS[i].id));
	assert_true(render_template_has(t, "qr"));
	assert_true(render_template_has(t, "photo"));
	assert_false(render_template_has(t, "nmae"));
	for (size_t i = 0; render_template_id(t, i) != NULL; i++)
		assert_true(render_template_has(t, render_template_id(t, i)));
	render_template_free(t);
}

/* Faces that were cut and stand in memory. */
static int
n_cuts(void)
{
	char out[16];

	output_of(out, sizeof out,
	    "ls -l /proc/%d/fd | grep -c memfd:tamga-font || true", getpid());
	return atoi(out);
}

/* Cutting takes longer than to check a roster of some pages. */
static void
fonts_are_cut_when_something_is_drawn(void **state)
{
	struct render_record rec = record();
	struct render_template *t;
	struct render_pdf *pdf;
	struct why why = {""};

	(void)state;
	assert_int_equal(render_template_load(LEVEL, &t, &why), CRED_OK);
	assert_int_equal(render_check(t, &rec, &why), CRED_OK);
	assert_int_equal(n_cuts(), 0);
	assert_int_equal(
	    render_pdf_open(in_dir("a.pdf"), "t", &pdf, &why), CRED_OK);
	assert_int_equal(render_pdf_page(pdf, t, &rec, &why), CRED_OK);
	assert_true(n_cuts() > 0);
	render_pdf_abort(pdf);
	render_template_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(wrong_templates_say_what_is_wrong),
	    cmocka_unit_test(entities_and_doctypes_are_refused),
	    cmocka_unit_test(pages_without_a_size_are_refused),
	    cmocka_unit_test(a_huge_or_absent_template_is_a_fault),
	    cmocka_unit_test(a_code_larger_than_its_rectangle_is_refused),
	    cmocka_unit_test(every_template_has_what_its_kind_must_print),
	    cmocka_unit_test(has_tells_fields_and_rectangles),
	    cmocka_unit_test(fonts_are_cut_when_something_is_drawn),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
