#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <math.h>

#include "bench/scan/frame.h"
#include "pictures.h"
#include "qr/ladder.h"
#include "qr/straight.h"

/* The cheapest look at a code: what it reads, what it leaves to others. */
#define TEXT  "https://verify.tamga.example/#31415926535897932384626433832795"
#define OTHER "https://verify.tamga.example/#27182818284590452353602874713526"
#define SIDE  400

struct seen {
	unsigned text, other, wrong;
	const char *rung;
};

static void
found(void *ctx, struct bytes text)
{
	struct seen *s = ctx;

	if (bytes_eq(text, bytes_str(TEXT)))
		s->text++;
	else if (bytes_eq(text, bytes_str(OTHER)))
		s->other++;
	else
		s->wrong++;
}

static void
rung(void *ctx, const char *name)
{
	struct seen *s = ctx;

	s->rung = name;
}

static struct seen
look(const struct gray *g)
{
	struct seen s = {0};
	struct ladder_ops ops = {&s, found, NULL, rung};
	size_t n = 0;

	assert_int_equal(ladder_read(g, &ops, &n), CRED_OK);
	assert_int_equal(s.wrong, 0);
	return s;
}

static void
spin(const void *ctx, float x, float y, float *u, float *v)
{
	float a = *(const float *)ctx, p = x - SIDE / 2, q = y - SIDE / 2;

	*u = p * cosf(a) + q * sinf(a) + SIDE / 2;
	*v = q * cosf(a) - p * sinf(a) + SIDE / 2;
}

static struct gray
spun(const struct gray *in, float angle)
{
	struct lens lens = {spin, &angle, 255, 2};
	struct frame f = frame_take(in, SIDE, SIDE, &lens);
	struct gray g = sheet_new(SIDE, SIDE);

	for (int i = 0; i < SIDE * SIDE; i++)
		((uint8_t *)(uintptr_t)g.px)[i] =
		    (uint8_t)fminf(fmaxf(f.px[i], 0), 255);
	frame_free(&f);
	return g;
}

/* Whichever way up, without zbar. */
static void
any_angle(void **state)
{
	struct gray g = sheet_new(SIDE, SIDE);

	(void)state;
	sheet_qr(&g, TEXT, 100, 100, 4);
	for (float a = 0; a < 6.28f; a += 0.3f) {
		struct gray x = spun(&g, a);
		struct seen s = look(&x);
		assert_int_equal(s.text, 1);
		assert_string_equal(s.rung, "straight");
		sheet_free(&x);
	}
	sheet_free(&g);
}

/* Half in the shade: the grey between dark and light is not one. */
static void
shade(struct gray *g, uint32_t from, uint32_t to)
{
	for (uint32_t y = 0; y < g->h; y++)
		for (uint32_t x = from; x < to; x++) {
			uint8_t *p = (uint8_t *)(uintptr_t)g->px +
				     (size_t)y * g->w + x;
			*p = (uint8_t)(*p / 3);
		}
}

static void
shaded(void **state)
{
	struct gray g = sheet_new(SIDE, SIDE);
	struct seen s;

	(void)state;
	sheet_qr(&g, TEXT, 100, 100, 4);
	shade(&g, 190, SIDE);
	s = look(&g);
	assert_int_equal(s.text, 1);
	assert_string_equal(s.rung, "scan");
	sheet_free(&g);
}

/* Beside one that is plain stands one that is not: both are told. */
static void
not_alone(void **state)
{
	struct gray g = sheet_new(2 * SIDE, SIDE);
	struct seen s;

	(void)state;
	sheet_qr(&g, TEXT, 100, 100, 4);
	sheet_qr(&g, OTHER, 500, 100, 4);
	shade(&g, 590, 2 * SIDE);
	s = look(&g);
	assert_true(s.text >= 1);
	assert_int_equal(s.other, 1);
	sheet_free(&g);
}

/* Squares laid where none are, off the picture, and far too large. */
static void
false_squares(void **state)
{
	static const float at[][3] = {
	    {200, 200, 40}, {1, 1, 300}, {390, 390, 700}, {10, 10, 0.5f}};
	struct gray g = sheet_new(SIDE, SIDE);
	struct symbol *s = malloc(sizeof *s);

	(void)state;
	assert_non_null(s);
	sheet_qr(&g, TEXT, 100, 100, 4);
	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		float x = at[i][0], y = at[i][1], d = at[i][2];
		struct finder_triple t = {
		    {x, y, 4, 9}, {x + d, y, 4, 9}, {x, y + d, 4, 9}, 0, 0};
		for (t.modules = 1; t.modules < 250; t.modules += 7)
			assert_false(straight_read(&g, &t, s));
	}
	free(s);
	sheet_free(&g);
}

/* What a search may come to on its way; none is read, nor looked for. */
static void
no_numbers(void **state)
{
	static const float odd[] = {NAN, INFINITY, -INFINITY, 1e30f, -1e30f};
	uint8_t px[100 * 100] = {0};
	const struct gray g = {.px = px, .w = 100, .h = 100};
	struct symbol s;

	(void)state;
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		struct finder_triple t = {.tl = {10, 10, 2, 1},
		    .tr = {38, 10, 2, 1},
		    .bl = {10, 38, 2, 1},
		    .modules = 14};
		t.tr.x = odd[i];
		assert_false(straight_read(&g, &t, &s));
		t.tr.x = 38;
		t.modules = odd[i];
		assert_false(straight_read(&g, &t, &s));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_angle),
	    cmocka_unit_test(shaded),
	    cmocka_unit_test(not_alone),
	    cmocka_unit_test(false_squares),
	    cmocka_unit_test(no_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
