#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "bench/scan/frame.h"
#include "pictures.h"
#include "qr/busy.h"
#include "qr/finder.h"
#include "qr/ladder.h"

/* Each rung above the plain ones: a picture that is not read without it. */

/* Version 11, as a certificate's. */
#define TEXT                                                                   \
	"https://verify.tamga.example/#"                                       \
	"31415926535897932384626433832795028841971693993751"                   \
	"05820974944592307816406286208998628034825342117067"                   \
	"98214808651328230664709384460955058223172535940812"                   \
	"84811174502841027019385211055596446229489549303819"                   \
	"64428810975665933446128475648233786783165271201909"                   \
	"14564856692346034861045432664821339360726024914127"                   \
	"37245870066063155881748815209209628292540917153643"                   \
	"67892590360011330530548820466521384146951941511609"                   \
	"43305727036575959195309218611738193261179310511854"
#define DIM 61

struct seen {
	size_t n, wrong;
	unsigned asked;
	const char *rung;
};

static void
found(void *ctx, struct bytes text)
{
	struct seen *s = ctx;

	if (bytes_eq(text, bytes_str(TEXT)))
		s->n++;
	else
		s->wrong++;
}

/* Not by the clock: a test must not depend on the machine. */
static double
left(void *ctx)
{
	struct seen *s = ctx;

	return s->asked++ < 1500 ? 1e6 : 0;
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
	struct ladder_ops ops = {&s, found, left, rung};
	size_t n = 0;

	assert_int_equal(ladder_read(g, &ops, &n), CRED_OK);
	assert_int_equal(s.wrong, 0);
	return s;
}

static struct gray
code(uint32_t scale, uint32_t margin)
{
	uint32_t side = (DIM + 8) * scale + 2 * margin;
	struct gray g = sheet_new(side, side);

	sheet_qr(&g, TEXT, margin, margin, scale);
	return g;
}

static struct frame
frame_of(const struct gray *g)
{
	struct frame f = frame_new((int)g->w, (int)g->h);

	for (int i = 0; i < f.w * f.h; i++)
		f.px[i] = 30 + (float)g->px[i] * 190 / 255;
	return f;
}

static struct gray
gray_of(const struct frame *f)
{
	struct gray g = sheet_new((uint32_t)f->w, (uint32_t)f->h);

	for (int i = 0; i < f->w * f->h; i++)
		((uint8_t *)(uintptr_t)g.px)[i] =
		    (uint8_t)fminf(fmaxf(f->px[i], 0), 255);
	return g;
}

/* A code of 5 px a module after that, and then a sensor's noise. */
static void
expect(void (*damage)(struct frame *f, struct rng *r))
{
	struct rng r = rng_of(7, "test", 0);
	struct gray g = code(5, 40), x;
	struct frame f = frame_of(&g);
	struct seen s;

	damage(&f, &r);
	frame_noise(&f, &r, 3);
	x = gray_of(&f);
	s = look(&x);
	assert_int_equal(s.n, 1);
	sheet_free(&x);
	frame_free(&f);
	sheet_free(&g);
}

/* equal_read(): 0.65 modules of Gauss carry more from the neighbours than
 * there is of the module itself. */
static void
blur(struct frame *f, struct rng *r)
{
	(void)r;
	frame_blur(f, 0.65f * 5);
}

static void
defocus(struct frame *f, struct rng *r)
{
	(void)r;
	frame_defocus(f, 1.1f * 5);
}

static void
motion(struct frame *f, struct rng *r)
{
	(void)r;
	frame_motion(f, 2.2f * 5, 0.4f);
}

/* Samples are means over their area: no pixel is what it was. */
static void
noise(struct frame *f, struct rng *r)
{
	frame_noise(f, r, 90);
}

/* Doubtful modules are erased, not guessed: a spot of glare over a fifth. */
static void
glare(struct frame *f, struct rng *r)
{
	(void)r;
	for (int y = 0; y < f->h; y++)
		for (int x = 0; x < f->w; x++) {
			float d = hypotf((float)x - 230, (float)y - 240);
			f->px[y * f->w + x] += 400 / (1 + expf((d - 74) / 4));
			f->px[y * f->w + x] = fminf(f->px[y * f->w + x], 255);
		}
}

static void
unblurred(void **state)
{
	(void)state;
	expect(blur);
	expect(defocus);
}

static void
unmoved(void **state)
{
	(void)state;
	expect(motion);
}

static void
unnoised(void **state)
{
	(void)state;
	expect(noise);
}

static void
unglared(void **state)
{
	(void)state;
	expect(glare);
}

/* Smooth shifts of more than a module; the lattice is laid node by node. */
static void
uncrumpled(void **state)
{
	struct rng r = rng_of(8, "crumple", 0);
	struct gray g = code(5, 40), x = sheet_new(g.w, g.h);
	struct frame dx = frame_waves(&r, (int)g.w, (int)g.h, 75);
	struct frame dy = frame_waves(&r, (int)g.w, (int)g.h, 75);
	struct seen s;

	(void)state;
	for (int i = 0; i < dx.w * dx.h; i++) {
		int u = i % dx.w + (int)lroundf(1.1f * 5 * dx.px[i]);
		int v = i / dx.w + (int)lroundf(1.1f * 5 * dy.px[i]);
		if (u >= 0 && v >= 0 && u < dx.w && v < dx.h)
			((uint8_t *)(uintptr_t)x.px)[i] = g.px[v * dx.w + u];
	}
	s = look(&x);
	assert_int_equal(s.n, 1);
	frame_free(&dx);
	frame_free(&dy);
	sheet_free(&x);
	sheet_free(&g);
}

/* As programs write codes: a pixel a module, no border. */
static void
pure(void **state)
{
	struct gray g = code(1, 0), x = image_crop(&g, 4, 4, DIM, DIM);
	struct seen s = look(&x);

	(void)state;
	assert_int_equal(s.n, 1);
	assert_string_equal(s.rung, "pure");
	image_release(&x);
	sheet_free(&g);
}

/* Lines of something like text over the whole sheet. */
static void
scribble(struct gray *g, uint32_t margin)
{
	uint8_t *px = (uint8_t *)(uintptr_t)g->px;
	struct rng r = rng_of(3, "text", 0);

	for (uint32_t y = margin; y + margin < g->h; y += 60)
		for (uint32_t x = margin; x + margin < g->w; x += 24)
			for (uint32_t i = 0; i < 24 * 20; i++)
				if (rng_below(&r, 9) == 0)
					px[(size_t)(y + i / 24) * g->w + x +
					    i % 24] = 40;
}

static void
wipe(struct gray *g, uint32_t x, uint32_t y, uint32_t side)
{
	for (uint32_t i = 0; i < side; i++)
		memset((uint8_t *)(uintptr_t)g->px + (size_t)(y + i) * g->w + x,
		    255, side);
}

/* The code is among the two busiest patches, though text is all around. */
static void
busiest(void **state)
{
	struct gray g = sheet_new(1600, 2200);
	struct patch p[BUSY_MAX];
	struct seen s;
	bool ok = false;
	size_t n;

	(void)state;
	scribble(&g, 100);
	wipe(&g, 960, 1460, 400);
	sheet_qr(&g, TEXT, 1000, 1500, 4);
	n = busy_find(&g, p);
	for (size_t i = 0; i < n && i < 2; i++)
		ok = ok || (p[i].x <= 1016 && p[i].x + p[i].w >= 1260 &&
			       p[i].y <= 1516 && p[i].y + p[i].h >= 1760 &&
			       p[i].w < 500 && p[i].h < 500);
	assert_true(ok);
	s = look(&g);
	assert_int_equal(s.n, 1);
	assert_string_equal(s.rung, "busy");
	sheet_free(&g);
}

/* A small code and one so coarse that it is no busy patch: both are told. */
static void
busy_and_others(void **state)
{
	struct gray g = sheet_new(2200, 2200);
	struct seen s;

	(void)state;
	sheet_qr(&g, TEXT, 40, 40, 3);
	sheet_qr(&g, TEXT, 420, 420, 25);
	s = look(&g);
	assert_true(s.n >= 2);
	sheet_free(&g);
}

static void
too_small_to_be_busy(void **state)
{
	struct patch p[BUSY_MAX];
	struct gray g = sheet_new(40, 40);

	(void)state;
	assert_int_equal(busy_find(&g, p), 0);
	sheet_free(&g);
}

/* Under a blur that leaves no runs, within a third of a module. */
static void
matched(void **state)
{
	struct gray g = code(5, 40), x;
	struct frame f = frame_of(&g);
	struct finder out[FINDER_MAX];
	float a = 40 + 4 * 5 + 3.5f * 5, b = 40 + (4 + DIM - 3.5f) * 5;
	const float want[3][2] = {{a, a}, {b, a}, {a, b}};
	size_t n;

	(void)state;
	frame_blur(&f, 0.65f * 5);
	x = gray_of(&f);
	n = finder_match(&x, out);
	for (int k = 0; k < 3; k++) {
		bool ok = false;
		for (size_t i = 0; i < n; i++)
			ok = ok || (hypotf(out[i].x - want[k][0],
					out[i].y - want[k][1]) < 1.7f &&
				       fabsf(out[i].module - 5) < 0.5f);
		assert_true(ok);
	}
	sheet_free(&x);
	frame_free(&f);
	sheet_free(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(unblurred),
	    cmocka_unit_test(unmoved),
	    cmocka_unit_test(unnoised),
	    cmocka_unit_test(unglared),
	    cmocka_unit_test(uncrumpled),
	    cmocka_unit_test(pure),
	    cmocka_unit_test(busiest),
	    cmocka_unit_test(busy_and_others),
	    cmocka_unit_test(too_small_to_be_busy),
	    cmocka_unit_test(matched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
