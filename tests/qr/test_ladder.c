#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "pictures.h"
#include "qr/finder.h"
#include "qr/ladder.h"
#include "qr/redraw.h"

/* As long as a certificate's: version 11 or so. */
#define TEXT                                                                   \
	"https://verify.tamga.example/#"                                       \
	"12345678901234567890123456789012345678901234567890"                   \
	"12345678901234567890123456789012345678901234567890"                   \
	"12345678901234567890123456789012345678901234567890"                   \
	"12345678901234567890123456789012345678901234567890"                   \
	"12345678901234567890123456789012345678901234567890"                   \
	"12345678901234567890123456789012345678901234567890"                   \
	"12345678901234567890123456789012345678901234567890"                   \
	"12345678901234567890123456789012345678901234567890"

struct seen {
	size_t n, wrong;
	unsigned asked, allowed;
	const char *text;
};

static void
found(void *ctx, struct bytes text)
{
	struct seen *s = ctx;

	if (bytes_eq(text, bytes_str(s->text)))
		s->n++;
	else
		s->wrong++;
}

static double
left(void *ctx)
{
	struct seen *s = ctx;

	return s->asked++ < s->allowed ? 1e6 : 0;
}

static struct seen
look_for(const struct gray *g, const char *text, unsigned allowed)
{
	struct seen s = {.allowed = allowed, .text = text};
	struct ladder_ops ops = {&s, found, left, NULL};
	size_t n = 99;

	assert_int_equal(ladder_read(g, &ops, &n), CRED_OK);
	assert_int_equal(n, s.n + s.wrong);
	assert_int_equal(s.wrong, 0);
	return s;
}

static void
expect_read(const struct gray *g)
{
	struct seen s = look_for(g, TEXT, 1000);

	assert_true(s.n >= 1);
}

static struct gray
code(uint32_t scale, uint32_t margin)
{
	struct gray g =
	    sheet_new(100 * scale + 2 * margin, 100 * scale + 2 * margin);

	sheet_qr(&g, TEXT, margin, margin, scale);
	return g;
}

/* Each pixel of the result from where f says, bilinear. */
static struct gray
warp(const struct gray *in, uint32_t w, uint32_t h,
    void (*f)(float x, float y, float *u, float *v))
{
	struct gray g = sheet_new(w, h);
	uint8_t *px = (uint8_t *)(uintptr_t)g.px;

	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++) {
			float u, v, a, b;
			uint32_t i, j;
			f((float)x, (float)y, &u, &v);
			if (!(u >= 0) || !(v >= 0) || u >= (float)in->w - 1 ||
			    v >= (float)in->h - 1)
				continue;
			i = (uint32_t)u;
			j = (uint32_t)v;
			a = u - (float)i;
			b = v - (float)j;
			const uint8_t *p = in->px + (size_t)j * in->w + i;
			px[(size_t)y * w + x] =
			    (uint8_t)((1 - b) * ((1 - a) * p[0] + a * p[1]) +
				      b * ((1 - a) * p[in->w] +
					      a * p[in->w + 1]));
		}
	return g;
}

static void
tilted(float x, float y, float *u, float *v)
{
	/* 40 degrees away from us, 20 around */
	float p = x - 250, q = y - 250, w = 1 - 0.0013f * q;

	*u = (p * 0.94f + q * 0.34f) / w * 1.1f + 250;
	*v = (-p * 0.34f + q * 1.35f) / w * 1.1f + 250;
}

static void
folded(float x, float y, float *u, float *v)
{
	*u = x + 5 * sinf(y / 45) + 3 * sinf(x / 60);
	*v = y + 4 * sinf(x / 50 + 1);
}

static void
turned(float x, float y, float *u, float *v)
{
	float p = x - 350, q = y - 350;

	*u = p * 0.8f + q * 0.6f + 190;
	*v = -p * 0.6f + q * 0.8f + 190;
}

static void
plain(void **state)
{
	struct gray g = code(4, 20);
	struct seen s = look_for(&g, TEXT, 0);

	(void)state;
	assert_int_equal(s.n, 1); /* on the first rung, with no time at all */
	sheet_free(&g);
}

static void
warped(void **state)
{
	void (*const ways[])(float, float, float *, float *) = {
	    tilted, folded, turned};
	struct gray g = code(5, 20);

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct gray x = warp(&g, 700, 700, ways[i]);
		expect_read(&x);
		sheet_free(&x);
	}
	sheet_free(&g);
}

static void
blurred(void **state)
{
	struct gray g = code(5, 20), x;

	(void)state;
	x = image_blur(&g, 2.2f);
	expect_read(&x);
	image_release(&x);
	sheet_free(&g);
}

static void
one_pixel_a_module(void **state)
{
	struct gray g = code(1, 5);

	(void)state;
	expect_read(&g);
	sheet_free(&g);
}

static void
inverted(void **state)
{
	struct gray g = code(4, 20), x;

	(void)state;
	x = image_invert(&g);
	expect_read(&x);
	image_release(&x);
	sheet_free(&g);
}

static void
mirrored(void **state)
{
	struct gray g = code(4, 20);
	uint8_t *px = (uint8_t *)(uintptr_t)g.px;

	(void)state;
	for (uint32_t y = 0; y < g.h; y++)
		for (uint32_t x = 0; x < g.w / 2; x++) {
			uint8_t *a = px + (size_t)y * g.w + x;
			uint8_t *b = px + (size_t)y * g.w + g.w - 1 - x;
			uint8_t t = *a;
			*a = *b;
			*b = t;
		}
	expect_read(&g);
	sheet_free(&g);
}

static void
shadow_and_noise(void **state)
{
	struct gray g = code(5, 20);
	uint8_t *px = (uint8_t *)(uintptr_t)g.px;
	uint32_t seed = 7;

	(void)state;
	for (uint32_t y = 0; y < g.h; y++)
		for (uint32_t x = 0; x < g.w; x++) {
			uint8_t *p = px + (size_t)y * g.w + x;
			int v = 40 + *p * 60 / 255 + (int)(x * 90 / g.w);
			seed = seed * 1664525 + 1013904223;
			v += (int)(seed >> 24) % 30 - 15;
			*p = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
		}
	expect_read(&g);
	sheet_free(&g);
}

static void
twelve_megapixels(void **state)
{
	struct gray g = sheet_new(4000, 3000);

	(void)state;
	sheet_qr(&g, TEXT, 2200, 1100, 9);
	expect_read(&g);
	sheet_free(&g);
}

/* Two that only the redrawing reads: both are told. */
static void
two_warped(void **state)
{
	struct gray g = code(5, 20), sheet = sheet_new(1400, 700), x;
	struct seen s;

	(void)state;
	x = warp(&g, 700, 700, tilted);
	for (uint32_t y = 0; y < 700; y++)
		for (uint32_t k = 0; k < 2; k++)
			memcpy((uint8_t *)(uintptr_t)sheet.px +
				   (size_t)y * 1400 + k * 700,
			    x.px + (size_t)y * 700, 700);
	s = look_for(&sheet, TEXT, 1000);
	assert_int_equal(s.n, 2);
	sheet_free(&x);
	sheet_free(&sheet);
	sheet_free(&g);
}

static void
nothing_there(void **state)
{
	struct gray g = sheet_new(600, 400);
	uint8_t *px = (uint8_t *)(uintptr_t)g.px;
	uint32_t seed = 1;
	struct seen s;

	(void)state;
	for (size_t i = 0; i < 600 * 400; i++) {
		seed = seed * 1664525 + 1013904223;
		px[i] = (uint8_t)(seed >> 24);
	}
	s = look_for(&g, TEXT, 1000);
	assert_int_equal(s.n, 0);
	s = look_for(&g, TEXT, 2); /* told to stop */
	assert_true(s.asked <= 8);
	sheet_free(&g);
}

/* Sizes at which loops and divisions go wrong. */
static void
small_and_thin(void **state)
{
	static const uint32_t sizes[][2] = {{0, 0}, {1, 1}, {1, 500}, {500, 1},
	    {2, 2}, {7, 7}, {20, 21}, {3, 1000}};

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct gray g = sheet_new(sizes[i][0], sizes[i][1]);
		for (int fill = 0; fill < 2; fill++) {
			for (size_t k = 0; k < (size_t)g.w * g.h; k++)
				((uint8_t *)(uintptr_t)g.px)[k] =
				    fill == 0 ? 0 : (uint8_t)(k % 2 * 255);
			assert_int_equal(look_for(&g, TEXT, 1000).n, 0);
		}
		sheet_free(&g);
	}
}

static void
finders(void **state)
{
	struct finder_triple t[TRIPLE_MAX];
	struct finder f[FINDER_MAX];
	struct gray g = code(4, 20), bw;
	size_t n;

	(void)state;
	bw = image_threshold(&g, 31, 4);
	n = finder_search(&bw, f);
	assert_true(n >= 3);
	n = finder_triples(&bw, f, n, t);
	assert_true(n >= 1);
	/* the corner is at the quiet zone's end plus 3.5 modules */
	assert_true(fabsf(t[0].tl.x - (20 + 7.5f * 4)) < 1);
	assert_true(fabsf(t[0].tl.y - (20 + 7.5f * 4)) < 1);
	assert_true(t[0].tr.x > t[0].tl.x + 100);
	assert_true(t[0].bl.y > t[0].tl.y + 100);
	image_release(&bw);
	sheet_free(&g);
}

static void
thresholds(void **state)
{
	uint8_t px[5 * 5];
	struct gray g = {px, 5, 5}, bw;

	(void)state;
	memset(px, 100, sizeof px);
	px[12] = 80;
	bw = image_threshold(&g, 3, 4);
	assert_int_equal(bw.px[12], 0);
	for (size_t i = 0; i < sizeof px; i++)
		if (i != 12)
			assert_int_equal(bw.px[i], 255);
	image_release(&bw);
	px[12] = 97; /* within C of the mean */
	bw = image_threshold(&g, 3, 4);
	assert_int_equal(bw.px[12], 255);
	image_release(&bw);
}

static void
scales(void **state)
{
	static const uint8_t px[4] = {0, 100, 200, 100};
	struct gray g = {px, 2, 2}, x;

	(void)state;
	x = image_halve(&g);
	assert_int_equal(x.w, 1);
	assert_int_equal(x.px[0], 100);
	image_release(&x);
	x = image_double(&g);
	assert_int_equal(x.w, 4);
	assert_int_equal(x.px[0], 0);
	assert_int_equal(x.px[3], 100);
	assert_int_equal(x.px[12], 200);
	image_release(&x);
	x = image_invert(&g);
	assert_int_equal(x.px[2], 55);
	image_release(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain),
	    cmocka_unit_test(warped),
	    cmocka_unit_test(blurred),
	    cmocka_unit_test(one_pixel_a_module),
	    cmocka_unit_test(inverted),
	    cmocka_unit_test(mirrored),
	    cmocka_unit_test(shadow_and_noise),
	    cmocka_unit_test(twelve_megapixels),
	    cmocka_unit_test(two_warped),
	    cmocka_unit_test(nothing_there),
	    cmocka_unit_test(small_and_thin),
	    cmocka_unit_test(finders),
	    cmocka_unit_test(thresholds),
	    cmocka_unit_test(scales),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
