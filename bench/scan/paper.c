#include "bench/scan/paper.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "qr/encode.h"
#include "qr/finder.h"

_Noreturn static void
die(const char *what)
{
	fprintf(stderr, "bench-scan-make: %s\n", what);
	exit(2);
}

void
paper_text(struct rng *r, char text[static PAPER_TEXT])
{
	unsigned n = 380 + rng_below(r, 231);
	size_t at = strlen(strcpy(text, "https://verify.tamga.example/#"));

	for (unsigned i = 0; i < n; i++)
		text[at++] = (char)('0' + rng_below(r, 10));
	text[at] = '\0';
}

static uint8_t *
writable(const struct gray *g)
{
	return (uint8_t *)(uintptr_t)g->px;
}

static struct gray
copy(const struct gray *g, int x0, int y0, int w, int h)
{
	uint8_t *px = malloc((size_t)w * (size_t)h);

	if (px == NULL)
		die("out of memory");
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++) {
			int u = x0 + x, v = y0 + y;
			px[y * w + x] =
			    u < 0 || v < 0 || u >= (int)g->w || v >= (int)g->h
				? 255
				: g->px[(size_t)v * g->w + (size_t)u];
		}
	return (struct gray){px, (uint32_t)w, (uint32_t)h};
}

struct paper
paper_open(const struct gray *page)
{
	struct paper p = {.page = *page};
	struct gray bw = image_threshold(page, 31, 4);
	struct finder_triple t[TRIPLE_MAX];
	struct finder f[FINDER_MAX];
	size_t n;

	if (bw.px == NULL)
		die("out of memory");
	n = finder_search(&bw, f);
	if (finder_triples(&bw, f, n, t) == 0)
		die("no code on the page");
	image_release(&bw);
	p.cx = floorf((t[0].tr.x + t[0].bl.x) / 2);
	p.cy = floorf((t[0].tr.y + t[0].bl.y) / 2);
	p.dim = (int)lroundf(t[0].modules) + 7;
	return p;
}

struct paper
paper_print(const struct paper *from, int side, const char *text)
{
	struct paper p = *from;
	struct qr_code code;
	struct why why;
	int clear, dark, x0, y0;
	uint8_t *px;

	if (side == 0) {
		p.page = copy(
		    &from->page, 0, 0, (int)from->page.w, (int)from->page.h);
	} else {
		p.page = copy(&from->page, (int)p.cx - side / 2,
		    (int)p.cy - side / 2, side, side);
		p.cx = p.cy = (float)(side / 2);
	}
	px = writable(&p.page);
	if (qr_encode(bytes_str(text), &code, &why) != CRED_OK)
		die("the text does not fit");
	clear = ((code.width > p.dim ? code.width : p.dim) + 2 * QR_QUIET) *
		PAPER_MODULE;
	dark = code.width * PAPER_MODULE;
	p.dim = code.width;
	x0 = (int)p.cx - clear / 2;
	y0 = (int)p.cy - clear / 2;
	if (x0 < 0 || y0 < 0 || x0 + clear > (int)p.page.w ||
	    y0 + clear > (int)p.page.h)
		die("the code is too near the page's edge");
	for (int y = 0; y < clear; y++)
		memset(px + (size_t)(y0 + y) * p.page.w + (size_t)x0, 255,
		    (size_t)clear);
	x0 = (int)p.cx - dark / 2;
	y0 = (int)p.cy - dark / 2;
	for (int y = 0; y < dark; y++)
		for (int x = 0; x < dark; x++)
			if (code.modules[y / PAPER_MODULE * code.width +
					 x / PAPER_MODULE] != 0)
				px[(size_t)(y0 + y) * p.page.w +
				    (size_t)(x0 + x)] = 0;
	qr_code_release(&code);
	return p;
}

void
paper_free(struct paper *p)
{
	free(writable(&p->page));
	p->page.px = NULL;
}

static void
shade(uint8_t *p, float by)
{
	float v = (float)*p * by;

	*p = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* Where in the code something lies, px from its middle. */
static float
within(const struct paper *p, struct rng *r, float share)
{
	float half = share * (float)(p->dim * PAPER_MODULE) / 2;

	return rng_in(r, -half, half);
}

void
paper_fold(
    struct paper *p, struct bent *b, struct rng *r, float pull, float white)
{
	struct fold *f = &b->fold[b->folds++];
	float angle = rng_in(r, 0, 3.1416f);
	float left = rng_in(r, 0.7f, 1), right = rng_in(r, 0.7f, 1);
	uint8_t *px = writable(&p->page);
	struct frame rough = frame_waves(r, (int)p->page.w, (int)p->page.h, 5);

	f->nx = cosf(angle);
	f->ny = sinf(angle);
	f->at = f->nx * within(p, r, 0.7f) + f->ny * within(p, r, 0.7f);
	f->pull = pull;
	f->reach = rng_in(r, 4, 14) * PAPER_MODULE;
	for (int y = 0; y < (int)p->page.h; y++)
		for (int x = 0; x < (int)p->page.w; x++) {
			float d = f->nx * ((float)x - p->cx) +
				  f->ny * ((float)y - p->cy) - f->at;
			float k = 1 / (1 + expf(-d / 8));
			uint8_t *at = px + (size_t)y * p->page.w + (size_t)x;
			/* toner flakes off along the fold */
			if (fabsf(d) <
			    white * (0.5f + 0.5f * rough.px[y * rough.w + x]))
				*at = 250;
			shade(at, left * (1 - k) + right * k -
				      0.25f * expf(-d * d / 18));
		}
	frame_free(&rough);
}

void
paper_crumple(struct paper *p, struct bent *b, struct rng *r, float wave,
    float amount, float dark)
{
	int w = (int)p->page.w, h = (int)p->page.h;
	struct frame fine;
	uint8_t *px = writable(&p->page);

	b->dx = frame_waves(r, w, h, wave);
	b->dy = frame_waves(r, w, h, wave);
	fine = frame_waves(r, w, h, wave / 2.5f);
	b->amount = amount;
	for (int i = 0; i < w * h; i++) {
		b->dx.px[i] += 0.3f * fine.px[i];
		b->dy.px[i] -= 0.3f * fine.px[i];
		shade(px + i, 1 - dark * (0.5f + 0.5f * b->dx.px[i] -
					     0.4f * fabsf(fine.px[i])));
	}
	frame_free(&fine);
}

void
bent_free(struct bent *b)
{
	frame_free(&b->dx);
	frame_free(&b->dy);
}

/* u, v: px of the page. */
void
bent_at(const struct bent *b, const struct paper *p, float *u, float *v)
{
	float x = *u - p->cx, y = *v - p->cy;

	if (b->curl > 0) {
		float k = fmaxf(fminf(x / b->curl, 0.99f), -0.99f);
		*u = p->cx + b->curl * asinf(k);
	}
	for (int i = 0; i < b->folds; i++) {
		const struct fold *f = &b->fold[i];
		float d = f->nx * x + f->ny * y - f->at;
		float k =
		    f->pull * (d > 0 ? 1 : -1) * expf(-fabsf(d) / f->reach);
		*u += k * f->nx;
		*v += k * f->ny;
	}
	if (b->dx.px != NULL) {
		int i = (int)*u, j = (int)*v;
		if (i >= 0 && j >= 0 && i < b->dx.w && j < b->dx.h) {
			*u += b->amount * b->dx.px[j * b->dx.w + i];
			*v += b->amount * b->dy.px[j * b->dx.w + i];
		}
	}
}

void
paper_stain(struct paper *p, struct rng *r, float radius, float dark)
{
	float cx = p->cx + within(p, r, 0.9f), cy = p->cy + within(p, r, 0.9f);
	struct frame edge =
	    frame_waves(r, (int)p->page.w, (int)p->page.h, radius * 0.8f + 2);
	uint8_t *px = writable(&p->page);

	for (int y = 0; y < edge.h; y++)
		for (int x = 0; x < edge.w; x++) {
			float d = hypotf((float)x - cx, (float)y - cy);
			float k =
			    radius * (1 + 0.4f * edge.px[y * edge.w + x]) - d;
			if (k > 0)
				shade(px + y * edge.w + x,
				    1 - (1 - dark) * fminf(1, k / 4));
		}
	frame_free(&edge);
}

void
paper_ring(struct paper *p, struct rng *r, float radius, float dark)
{
	float cx = p->cx + within(p, r, 1), cy = p->cy + within(p, r, 1);
	float width = rng_in(r, 1, 2.5f) * PAPER_MODULE;
	uint8_t *px = writable(&p->page);

	for (int y = 0; y < (int)p->page.h; y++)
		for (int x = 0; x < (int)p->page.w; x++) {
			float d = hypotf((float)x - cx, (float)y - cy) - radius;
			float k = expf(-d * d / (width * width));
			if (d < 0)
				k = fmaxf(k, 0.3f);
			shade(px + (size_t)y * p->page.w + (size_t)x,
			    1 - (1 - dark) * k);
		}
}

void
paper_stroke(struct paper *p, struct rng *r, float width, float dark)
{
	float angle = rng_in(r, 0, 3.1416f), nx = cosf(angle), ny = sinf(angle);
	float at = nx * within(p, r, 0.8f) + ny * within(p, r, 0.8f);
	float bow = rng_in(r, -0.002f, 0.002f);
	uint8_t *px = writable(&p->page);

	for (int y = 0; y < (int)p->page.h; y++)
		for (int x = 0; x < (int)p->page.w; x++) {
			float u = (float)x - p->cx, v = (float)y - p->cy;
			float along = -ny * u + nx * v;
			float d = nx * u + ny * v - at - bow * along * along;
			if (fabsf(d) < width / 2)
				shade(px + (size_t)y * p->page.w + (size_t)x,
				    dark);
		}
}

struct view {
	const struct camera *c;
	float a[3], b[3], n[3]; /* the paper's axes, and what stands on it */
	float far, focal, mx, my;
};

static void
look(const void *ctx, float x, float y, float *u, float *v)
{
	const struct view *w = ctx;
	const struct camera *c = w->c;
	float d[3] = {(x - w->mx) / w->focal, (y - w->my) / w->focal, 1};
	float t = d[0] * w->n[0] + d[1] * w->n[1] + d[2] * w->n[2], p, q;

	if (t < 0.05f) {
		*u = *v = -1;
		return;
	}
	t = w->far * w->n[2] / t;
	d[0] *= t;
	d[1] *= t;
	d[2] = d[2] * t - w->far;
	p = d[0] * w->a[0] + d[1] * w->a[1] + d[2] * w->a[2];
	q = d[0] * w->b[0] + d[1] * w->b[1] + d[2] * w->b[2];
	*u = c->paper->cx + c->x + p;
	*v = c->paper->cy + c->y + q;
	if (c->bent != NULL)
		bent_at(c->bent, c->paper, u, v);
}

struct frame
camera_take(const struct camera *c, int w, int h, float outside)
{
	float ct = cosf(c->tilt), st = sinf(c->tilt), ca = cosf(c->azimuth),
	      sa = sinf(c->azimuth), cr = cosf(c->roll), sr = sinf(c->roll);
	/* tilt about the axis (ca, sa, 0), of axes turned by roll before */
	float r[2][3] = {{ca * ca + ct * sa * sa, (1 - ct) * ca * sa, -st * sa},
	    {(1 - ct) * ca * sa, sa * sa + ct * ca * ca, st * ca}};
	struct view v = {.c = c,
	    .n = {st * sa, -st * ca, ct},
	    .focal = 1.2f * (float)(w > h ? w : h),
	    .mx = (float)w / 2,
	    .my = (float)h / 2};
	struct lens lens = {look, &v, outside, 1};

	for (int i = 0; i < 3; i++) {
		v.a[i] = cr * r[0][i] + sr * r[1][i];
		v.b[i] = cr * r[1][i] - sr * r[0][i];
	}
	v.far = v.focal * PAPER_MODULE / c->module;
	lens.samples = (int)ceilf(PAPER_MODULE / c->module / ct * 0.9f);
	if (lens.samples < 2 && w * h < 2000000)
		lens.samples = 2;
	if (lens.samples > 5)
		lens.samples = 5;
	return frame_take(&c->paper->page, w, h, &lens);
}
