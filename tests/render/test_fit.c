#include "tests/render/help.h"

#include <stdint.h>
#include <string.h>

#include "render/render.h"

/*
 * render_check() judges most values without shaping them. Whatever it says of
 * a value, first and second time, drawing must say too, to the word: of t,
 * which is often a new one with whole fonts, and of u, whose fonts are cut.
 */
static struct render_template *t, *u;
static unsigned said_ok, said_no;

static void
fresh(void)
{
	struct why why = {""};

	render_template_free(t);
	t = NULL;
	assert_int_equal(render_template_load(LEVEL, &t, &why), CRED_OK);
}

static void
same(const char *id, const char *value)
{
	struct render_field f = {id, value};
	struct render_record rec = {&f, 1, {0}, {0}};
	struct why quick = {""}, again = {""}, cut = {""}, drawn = {""};
	struct render_pdf *pdf;
	enum cred_err a, b, c, d;

	if ((said_ok + said_no) % 16 == 0)
		fresh();
	a = render_check(t, &rec, &quick);
	b = render_check(t, &rec, &again);
	assert_int_equal(
	    render_pdf_open(in_dir("same.pdf"), "t", &pdf, &drawn), CRED_OK);
	c = render_pdf_page(pdf, u, &rec, &drawn);
	render_pdf_abort(pdf);
	d = render_check(u, &rec, &cut);
	if (a != c || b != c || d != c)
		fail_msg("%s \"%s\": %s, then %s, cut %s; drawing says %s", id,
		    value, cred_errname(a), cred_errname(b), cred_errname(d),
		    cred_errname(c));
	assert_string_equal(quick.text, drawn.text);
	assert_string_equal(again.text, drawn.text);
	assert_string_equal(cut.text, drawn.text);
	said_ok += c == CRED_OK;
	said_no += c != CRED_OK;
}

static void
odd_values(void **state)
{
	static const char *const ODD[] = {"", " ", "张 三", "A", "Ṁ", "e\u0301",
	    "张\u0301三", "\u0301", "\u200d", "张\u200d三", "张\ufe00三",
	    "葛\U000e0100城", "ᠮᠣᠩᠭᠣᠯ", "ᠮᠣᠩᠭᠣᠯ ᠤᠨ", "ᠮᠣᠩᠭᠣᠯ\u202fᠤᠨ",
	    "巴图ᠮᠣᠩ", "孛儿只斤·娜仁托娅花", "·", "··", "a·b", "𠮷田",
	    "王䶮", "李㛃", "\U0002A6D6", "\U0002EBE0", "\U0002FFFF",
	    "\U00030000", "\u9ffe", "\u9fff", "\u4dbf", "㐀", "\ue000",
	    "\U0010fffd", "\xff", "张\xe4\xb8", "张\x01", "张\u00ad三",
	    "مرحبا", "שלום", "हिन्दी", "한국어", "\U00020164 明", "𠅤\u3000明", "ｆｕｌｌ", "①②", "👍", "👨‍👩‍👧",
	    "fi ffi", "AVAVAVAV", "张三（曾用名李四）", "Ⅲ级", "--", "/"};

	(void)state;
	for (size_t i = 0; i < N(ODD); i++) {
		same("name", ODD[i]);
		same("body_text", ODD[i]);
		same("id_number", ODD[i]);
	}
}

/* From far too short to far too long, by one character. */
static void
every_length(void **state)
{
	static const char *const UNIT[] = {
	    "国", "W", "i", "1", "·", "国·", "\U00020164", "ᠮ", "fi",
	    "AV"};
	static const char *const ID[] = {"name", "occupation", "number"};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < N(UNIT); i++) {
		for (size_t n = 0; n < 60; n += n < 12 ? 1 : 3) {
			*text = '\0';
			for (size_t k = 0; k < n; k++)
				strcat(text, UNIT[i]);
			for (size_t k = 0; k < N(ID); k++)
				same(ID[k], text);
		}
	}
}

/* Anything beside anything. */
static void
random_values(void **state)
{
	static const char *const PIECE[] = {"国", "巴特尔", "·", "1", "Ab", "W",
	    "\U00020164", "䶮", "\U0002EBE0", "\u0301", "ᠮᠣ", " ", "（", "-",
	    "\ufe0f", "\u9fff", "𠮷"};
	uint64_t x = 88172645463325252u;
	char text[256];

	(void)state;
	for (size_t k = 0; k < 400; k++) {
		*text = '\0';
		for (size_t n = 1 + x % 12; n > 0; n--) {
			x ^= x << 13, x ^= x >> 7, x ^= x << 17;
			strcat(text, PIECE[x % (k % 2 == 0 ? 8 : N(PIECE))]);
		}
		same("name", text);
	}
}

/* Ligatures, which cut fonts lack, make a value narrower. */
static void
ligatures_near_the_border(void **state)
{
	char text[256] = "";
	unsigned before = said_ok;

	(void)state;
	for (size_t n = 0; n < 60; n++) {
		strcat(text, "fi");
		if (n < 20 || n % 2 == 1)
			continue;
		fresh();
		same("name", text);
	}
	assert_in_range(said_ok - before, 5, 15);
}

/* A value that was good in one field proves nothing for another. */
static void
fields_are_apart(void **state)
{
	char text[256] = "";
	unsigned before = said_no;

	(void)state;
	for (int i = 0; i < 50; i++)
		strcat(text, "国");
	same("body_text", text);
	same("name", text);
	same("body_text", text);
	assert_int_equal(said_no, before + 1);
}

static int
load(void **state)
{
	struct why why = {""};

	return set_up(state) != 0 ||
	       render_template_load(LEVEL, &u, &why) != CRED_OK;
}

static int
unload(void **state)
{
	render_template_free(t);
	render_template_free(u);
	/* The list must hold values of both kinds to prove anything. */
	if (said_ok < 100 || said_no < 100)
		return -1;
	return tear_down(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(odd_values),
	    cmocka_unit_test(every_length),
	    cmocka_unit_test(random_values),
	    cmocka_unit_test(ligatures_near_the_border),
	    cmocka_unit_test(fields_are_apart),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
