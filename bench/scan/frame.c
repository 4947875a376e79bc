#include "bench/scan/frame.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t
next(struct rng *r)
{
	uint64_t z = (r->s += 0x9e3779b97f4a7c15u); /* splitmix64 */

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

struct rng
rng_of(uint64_t seed, const char *family, unsigned nth)
{
	struct rng r = {seed * 0x100000001b3u + nth};

	for (; *family != '\0'; family++)
		r.s = (r.s ^ (uint8_t)*family) * 0x100000001b3u;
	(void)next(&r);
	return r;
}

float
rng_in(struct rng *r, float from, float to)
{
	return from + (to - from) * (float)(next(r) >> 40) / 16777216.0f;
}

float
rng_gauss(struct rng *r)
{
	float sum = 0;

	for (int i = 0; i < 12; i++)
		sum += rng_in(r, 0, 1);
	return sum - 6;
}

unsigned
rng_below(struct rng *r, unsigned n)
{
	return (unsigned)((next(r) >> 33) % n);
}

struct frame
frame_new(int w, int h)
{
	struct frame f = {calloc((size_t)w * (size_t)h, sizeof *f.px), w, h};

	if (f.px == NULL) {
		fputs("bench-scan-make: out of memory\n", stderr);
		exit(2);
	}
	return f;
}

void
frame_free(struct frame *f)
{
	free(f->px);
	*f = (struct frame){0};
}

static float
page_at(const struct gray *g, float x, float y, float outside)
{
	const uint8_t *p;
	int i, j;

	x -= 0.5f;
	y -= 0.5f;
	if (!(x >= 0) || !(y >= 0) || x >= (float)g->w - 1 ||
	    y >= (float)g->h - 1)
		return outside;
	i = (int)x;
	j = (int)y;
	x -= (float)i;
	y -= (float)j;
	p = g->px + (size_t)j * g->w + (size_t)i;
	return (1 - y) * ((1 - x) * p[0] + x * p[1]) +
	       y * ((1 - x) * p[g->w] + x * p[g->w + 1]);
}

struct frame
frame_take(const struct gray *page, int w, int h, const struct lens *lens)
{
	struct frame f = frame_new(w, h);
	int n = lens->samples;

	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++) {
			float sum = 0;
			for (int k = 0; k < n * n; k++) {
				float u, v;
				lens->map(lens->ctx,
				    (float)x +
					((float)(k % n) + 0.5f) / (float)n,
				    (float)y +
					((float)(k / n) + 0.5f) / (float)n,
				    &u, &v);
				sum += page_at(page, u, v, lens->outside);
			}
			f.px[y * w + x] = sum / (float)(n * n);
		}
	return f;
}

static int
clamp(int v, int n)
{
	return v < 0 ? 0 : v >= n ? n - 1 : v;
}

void
frame_blur(struct frame *f, float sigma)
{
	int r = (int)ceilf(3 * sigma);
	struct frame t = frame_new(f->w, f->h);
	float k[256], sum = 0;

	if (r > 127)
		r = 127;
	for (int i = -r; i <= r; i++) {
		k[i + r] = expf(-(float)(i * i) / (2 * sigma * sigma));
		sum += k[i + r];
	}
	for (int y = 0; y < f->h; y++)
		for (int x = 0; x < f->w; x++) {
			float s = 0;
			for (int i = -r; i <= r; i++)
				s += k[i + r] *
				     f->px[y * f->w + clamp(x + i, f->w)];
			t.px[y * f->w + x] = s / sum;
		}
	for (int y = 0; y < f->h; y++)
		for (int x = 0; x < f->w; x++) {
			float s = 0;
			for (int i = -r; i <= r; i++)
				s += k[i + r] *
				     t.px[clamp(y + i, f->h) * f->w + x];
			f->px[y * f->w + x] = s / sum;
		}
	frame_free(&t);
}

void
frame_defocus(struct frame *f, float radius)
{
	int r = (int)ceilf(radius);
	struct frame t = frame_new(f->w, f->h);

	for (int y = 0; y < f->h; y++)
		for (int x = 0; x < f->w; x++) {
			float s = 0, all = 0;
			for (int j = -r; j <= r; j++)
				for (int i = -r; i <= r; i++) {
					float d = radius + 0.5f -
						  hypotf((float)i, (float)j);
					float k = fminf(fmaxf(d, 0), 1);
					if (k == 0)
						continue;
					s += k *
					     f->px[clamp(y + j, f->h) * f->w +
						   clamp(x + i, f->w)];
					all += k;
				}
			t.px[y * f->w + x] = s / all;
		}
	free(f->px);
	f->px = t.px;
}

void
frame_motion(struct frame *f, float length, float angle)
{
	struct frame t = frame_new(f->w, f->h);
	int n = (int)ceilf(length * 2) + 1;
	float c = cosf(angle), s = sinf(angle);

	for (int y = 0; y < f->h; y++)
		for (int x = 0; x < f->w; x++) {
			float sum = 0;
			for (int k = 0; k < n; k++) {
				float d =
				    length * ((float)k / (float)(n - 1) - 0.5f);
				float u = (float)x + d * c,
				      v = (float)y + d * s;
				int i = (int)floorf(u), j = (int)floorf(v);
				float a = u - (float)i, b = v - (float)j;
				int i1 = clamp(i + 1, f->w),
				    j1 = clamp(j + 1, f->h);
				i = clamp(i, f->w);
				j = clamp(j, f->h);
				sum +=
				    (1 - b) * ((1 - a) * f->px[j * f->w + i] +
						  a * f->px[j * f->w + i1]) +
				    b * ((1 - a) * f->px[j1 * f->w + i] +
					    a * f->px[j1 * f->w + i1]);
			}
			t.px[y * f->w + x] = sum / (float)n;
		}
	free(f->px);
	f->px = t.px;
}

void
frame_noise(struct frame *f, struct rng *r, float sigma)
{
	for (int i = 0; i < f->w * f->h; i++)
		f->px[i] += sigma * rng_gauss(r);
}

void
frame_salt(struct frame *f, struct rng *r, float share)
{
	for (int i = 0; i < f->w * f->h; i++) {
		float v = rng_in(r, 0, 1);
		if (v < share)
			f->px[i] = v < share / 2 ? 0 : 255;
	}
}

void
frame_levels(struct frame *f, float black, float white)
{
	for (int i = 0; i < f->w * f->h; i++)
		f->px[i] = black + f->px[i] * (white - black) / 255;
}

void
frame_binary(struct frame *f, float at)
{
	for (int i = 0; i < f->w * f->h; i++)
		f->px[i] = f->px[i] < at ? 0 : 255;
}

struct frame
frame_waves(struct rng *r, int w, int h, float wave)
{
	struct frame f = frame_new(w, h);
	int gw = (int)((float)w / wave) + 4, gh = (int)((float)h / wave) + 4;
	struct frame g = frame_new(gw, gh);
	float ox = rng_in(r, 0, 1), oy = rng_in(r, 0, 1);

	for (int i = 0; i < gw * gh; i++)
		g.px[i] = rng_in(r, -1, 1);
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++) {
			float u = (float)x / wave + ox,
			      v = (float)y / wave + oy;
			int i = (int)u, j = (int)v;
			float a = u - (float)i, b = v - (float)j;
			const float *p = g.px + j * gw + i;
			a = a * a * (3 - 2 * a);
			b = b * b * (3 - 2 * b);
			f.px[y * w + x] =
			    (1 - b) * ((1 - a) * p[0] + a * p[1]) +
			    b * ((1 - a) * p[gw] + a * p[gw + 1]);
		}
	frame_free(&g);
	return f;
}
