#include "qr/image.h"

#include <math.h>
#include <stdlib.h>

static uint8_t *
pixels(struct gray *out, uint32_t w, uint32_t h)
{
	uint8_t *px = malloc((size_t)w * h);

	*out = (struct gray){px, w, h};
	return px;
}

void
image_release(struct gray *g)
{
	free((void *)(uintptr_t)g->px);
	*g = (struct gray){0};
}

/* Of two rows one; apart, so that the compiler makes vectors of it. */
static void
halve_row(const uint8_t *restrict a, const uint8_t *restrict b, uint32_t w,
    uint8_t *restrict out)
{
	for (uint32_t x = 0; x < w; x++)
		out[x] = (uint8_t)((a[2 * x] + a[2 * x + 1] + b[2 * x] +
				       b[2 * x + 1] + 2) /
				   4);
}

struct gray
image_halve(const struct gray *in)
{
	uint32_t w = in->w > 1 ? in->w / 2 : 1, h = in->h > 1 ? in->h / 2 : 1;
	uint32_t down = in->h > 1 ? in->w : 0;
	struct gray g;
	uint8_t *out = pixels(&g, w, h);

	for (uint32_t y = 0; out != NULL && y < h; y++) {
		const uint8_t *a = in->px + (size_t)2 * y * in->w;
		if (in->w > 1)
			halve_row(a, a + down, w, out + (size_t)y * w);
		else
			out[y] = (uint8_t)((2 * a[0] + 2 * a[down] + 2) / 4);
	}
	return g;
}

struct gray
image_double(const struct gray *in)
{
	struct gray g;
	uint8_t *out = pixels(&g, 2 * in->w, 2 * in->h);

	for (uint32_t y = 0; out != NULL && y < 2 * in->h; y++) {
		uint32_t y0 = y / 2;
		uint32_t y1 = y % 2 == 0 ? (y0 > 0 ? y0 - 1 : 0)
					 : (y0 + 1 < in->h ? y0 + 1 : y0);
		const uint8_t *a = in->px + (size_t)y0 * in->w;
		const uint8_t *b = in->px + (size_t)y1 * in->w;
		for (uint32_t x = 0; x < 2 * in->w; x++) {
			uint32_t x0 = x / 2;
			uint32_t x1 = x % 2 == 0
					  ? (x0 > 0 ? x0 - 1 : 0)
					  : (x0 + 1 < in->w ? x0 + 1 : x0);
			*out++ = (uint8_t)((9 * a[x0] + 3 * a[x1] + 3 * b[x0] +
					       b[x1] + 8) /
					   16);
		}
	}
	return g;
}

struct gray
image_crop(
    const struct gray *in, uint32_t x, uint32_t y, uint32_t w, uint32_t h)
{
	struct gray g;
	uint8_t *out = pixels(&g, w, h);

	for (uint32_t i = 0; out != NULL && i < h; i++)
		memcpy(out + (size_t)i * w,
		    in->px + (size_t)(y + i) * in->w + x, w);
	return g;
}

struct gray
image_invert(const struct gray *in)
{
	struct gray g;
	uint8_t *out = pixels(&g, in->w, in->h);
	size_t n = (size_t)in->w * in->h;

	for (size_t i = 0; out != NULL && i < n; i++)
		out[i] = (uint8_t)(255 - in->px[i]);
	return g;
}

/* Means of 2r + 1 along a line, its ends repeated; 16 bits of fraction. */
static void
mean_line(const uint8_t *restrict in, uint32_t n, uint32_t r,
    uint8_t *restrict out)
{
	uint32_t scale = 65536 / (2 * r + 1);
	uint32_t sum = (r + 1) * in[0], i = 0;

	for (; i < r; i++)
		sum += in[i < n ? i : n - 1];
	for (i = 0; i < n && (i <= r || i + r >= n); i++) {
		sum += in[i + r < n ? i + r : n - 1];
		sum -= in[i > r ? i - r - 1 : 0];
		out[i] = (uint8_t)((sum * scale + 32768) >> 16);
	}
	for (; i + r < n; i++) {
		sum += in[i + r];
		sum -= in[i - r - 1];
		out[i] = (uint8_t)((sum * scale + 32768) >> 16);
	}
	for (; i < n; i++) {
		sum += in[n - 1];
		sum -= in[i - r - 1];
		out[i] = (uint8_t)((sum * scale + 32768) >> 16);
	}
}

/* Columns are done many at a time: row by row with running sums. */
static bool
mean_columns(
    const uint8_t *in, uint32_t w, uint32_t h, uint32_t r, uint8_t *out)
{
	uint32_t scale = 65536 / (2 * r + 1), *sum = malloc(w * sizeof *sum);

	if (sum == NULL)
		return false;
	for (uint32_t x = 0; x < w; x++)
		sum[x] = (r + 1) * in[x];
	for (uint32_t y = 0; y < r; y++) {
		const uint8_t *p = in + (size_t)(y < h ? y : h - 1) * w;
		for (uint32_t x = 0; x < w; x++)
			sum[x] += p[x];
	}
	for (uint32_t y = 0; y < h; y++) {
		const uint8_t *add =
		    in + (size_t)(y + r < h ? y + r : h - 1) * w;
		const uint8_t *sub = in + (size_t)(y > r ? y - r - 1 : 0) * w;
		uint8_t *o = out + (size_t)y * w;
		for (uint32_t x = 0; x < w; x++) {
			sum[x] += add[x];
			sum[x] -= sub[x];
			o[x] = (uint8_t)((sum[x] * scale + 32768) >> 16);
		}
	}
	free(sum);
	return true;
}

/* Mean over a square of 2r + 1, n times. */
static struct gray
means(const struct gray *in, uint32_t r, int times)
{
	struct gray a, b;
	uint8_t *p = pixels(&a, in->w, in->h);
	uint8_t *q = pixels(&b, in->w, in->h);
	bool ok = p != NULL && q != NULL;

	for (int i = 0; ok && i < times; i++) {
		const uint8_t *from = i == 0 ? in->px : p;
		for (uint32_t y = 0; y < in->h; y++)
			mean_line(from + (size_t)y * in->w, in->w, r,
			    q + (size_t)y * in->w);
		ok = mean_columns(q, in->w, in->h, r, p);
	}
	image_release(&b);
	if (!ok)
		image_release(&a);
	return a;
}

struct gray
image_blur(const struct gray *in, float sigma)
{
	/* variance of a box of 2r + 1: ((2r + 1)^2 - 1) / 12, three of them */
	float r = (sqrtf(4 * sigma * sigma + 1) - 1) / 2;

	return means(in, r < 1 ? 1 : (uint32_t)lroundf(r), 3);
}

struct gray
image_sharpen(const struct gray *in, float sigma, float amount)
{
	struct gray g = image_blur(in, sigma);
	uint8_t *p = (uint8_t *)(uintptr_t)g.px;
	size_t n = (size_t)in->w * in->h;
	int k = (int)(amount * 256);

	for (size_t i = 0; p != NULL && i < n; i++) {
		int v = in->px[i] + (in->px[i] - p[i]) * k / 256;
		p[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
	}
	return g;
}

struct gray
image_threshold(const struct gray *in, unsigned window, int c)
{
	struct gray g = means(in, window / 2, 1);
	uint8_t *p = (uint8_t *)(uintptr_t)g.px;
	size_t n = (size_t)in->w * in->h;

	for (size_t i = 0; p != NULL && i < n; i++)
		p[i] = in->px[i] + c < p[i] ? 0 : 255;
	return g;
}
