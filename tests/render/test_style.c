#include "render/style_int.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>
#include <libxml/parser.h>

#define N(a) (sizeof(a) / sizeof(a)[0])

static void
lengths(void **state)
{
	static const struct {
		const char *s;
		double px;
	} GOOD[] = {{"12", 12}, {" 1.5px ", 1.5}, {"25.4mm", 96},
	    {"2.54cm", 96}, {"1in", 96}, {"72pt", 96}, {"6pc", 96}, {"-3", -3},
	    {"+.5", .5}, {"1e2", 100}};
	static const char *const BAD[] = {"", "mm", "1em", "50%", "1,5", "0x10",
	    "inf", "nan", "1e9", "12 pt x", "--1"};

	(void)state;
	for (size_t i = 0; i < N(GOOD); i++) {
		double v;
		assert_true(style_length(GOOD[i].s, &v));
		assert_float_equal(v, GOOD[i].px, 1e-9);
	}
	for (size_t i = 0; i < N(BAD); i++) {
		double v = 77;
		assert_false(style_length(BAD[i], &v));
		assert_float_equal(v, 77, 0);
	}
}

static void
transforms(void **state)
{
	/* where (1, 2) comes to */
	static const struct {
		const char *s;
		double x, y;
	} GOOD[] = {{"", 1, 2}, {"translate(10)", 11, 2},
	    {"translate(10,20)", 11, 22}, {"scale(2)", 2, 4},
	    {"scale(2 3)", 2, 6}, {"rotate(90)", -2, 1},
	    {"rotate(90, 1, 1)", 0, 1}, {"matrix(0 1 -1 0 5 6)", 3, 7},
	    {"skewX(45)", 3, 2}, {"skewY(45)", 1, 3},
	    {"translate(10,20) scale(2)", 12, 24},
	    {" scale(2) , translate( 10 20 ) ", 22, 44}};
	static const char *const BAD[] = {"translate", "translate(", "scale()",
	    "rotate(1,2)", "matrix(1 2 3 4 5)", "spin(9)",
	    "scale(1 2 3 4 5 6 7)", "scale(a)", "scale(2) x"};

	(void)state;
	for (size_t i = 0; i < N(GOOD); i++) {
		cairo_matrix_t m;
		double x = 1, y = 2;
		assert_true(style_transform(GOOD[i].s, &m));
		cairo_matrix_transform_point(&m, &x, &y);
		assert_float_equal(x, GOOD[i].x, 1e-9);
		assert_float_equal(y, GOOD[i].y, 1e-9);
	}
	for (size_t i = 0; i < N(BAD); i++) {
		cairo_matrix_t m;
		assert_false(style_transform(BAD[i], &m));
	}
}

static void
colours(void **state)
{
	static const struct {
		const char *s;
		double r, g, b, a;
	} GOOD[] = {{"#ff8000", 1, .50196, 0, 1}, {"#f80", 1, .53333, 0, 1},
	    {"black", 0, 0, 0, 1}, {"none", 0, 0, 0, 0},
	    {"rgb(255, 0, 51)", 1, 0, .2, 1},
	    {"rgb(100%,0%,20%)", 1, 0, .2, 1}};
	static const char *const BAD[] = {
	    "", "url(#a)", "#12", "rgb(1,2)", "no such colour at all, not one"};

	(void)state;
	for (size_t i = 0; i < N(GOOD); i++) {
		struct rgba c;
		assert_true(style_colour(GOOD[i].s, &c));
		assert_float_equal(c.r, GOOD[i].r, 1e-4);
		assert_float_equal(c.g, GOOD[i].g, 1e-4);
		assert_float_equal(c.b, GOOD[i].b, 1e-4);
		assert_float_equal(c.a, GOOD[i].a, 0);
	}
	for (size_t i = 0; i < N(BAD); i++) {
		struct rgba c;
		assert_false(style_colour(BAD[i], &c));
	}
}

static void
properties(void **state)
{
	static const char XML[] =
	    "<svg fill='red' font-size='1'><g style='fill : blue;font-size:2px;"
	    "font-family:\"A;B\", c'><t style='a:1;a:2' fill='inherit'/></g>"
	    "</svg>";
	xmlDoc *doc = xmlReadMemory(XML, sizeof XML - 1, NULL, NULL, 0);
	xmlNode *g = xmlDocGetRootElement(doc)->children, *t = g->children;
	static const struct {
		const char *name, *value;
	} WANT[] = {{"fill", "blue"}, {"font-size", "2px"}, {"a", "2"},
	    {"font-family", "\"A;B\", c"}, {"none", NULL}};

	(void)state;
	for (size_t i = 0; i < N(WANT); i++) {
		char *s = style_property(t, WANT[i].name, true);
		if (WANT[i].value == NULL)
			assert_null(s);
		else
			assert_string_equal(s, WANT[i].value);
		free(s);
	}
	assert_null(style_property(t, "font-size", false));
	xmlFreeDoc(doc);
}

static void
numbers(void **state)
{
	double v[4];

	(void)state;
	assert_true(style_numbers("0 0 210,297", v, 4));
	assert_float_equal(v[3], 297, 0);
	assert_false(style_numbers("0 0 210", v, 4));
	assert_false(style_numbers("0 0 210 297 1", v, 4));
	assert_false(style_numbers("0 0 210 x", v, 4));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lengths),
	    cmocka_unit_test(transforms),
	    cmocka_unit_test(colours),
	    cmocka_unit_test(properties),
	    cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
