#include <math.h>
#include <stdlib.h>

#include "qr/equal.h"
#include "qr/redraw_int.h"

#define REACH 5 /* modules around that say what is dark and what is light */

/* The mean over a sample's own area, which is what tells modules from noise. */
static float
area(const struct redraw *r, float u, float v)
{
	const float k = 0.25f / EQUAL_SUB;
	struct point c = grid_place(r, u, v), a = grid_place(r, u + k, v),
		     b = grid_place(r, u, v + k);
	float px = a.x - c.x, py = a.y - c.y, qx = b.x - c.x, qy = b.y - c.y;

	return (grid_contrast(r, (struct point){c.x + px + qx, c.y + py + qy}) +
		   grid_contrast(
		       r, (struct point){c.x + px - qx, c.y + py - qy}) +
		   grid_contrast(
		       r, (struct point){c.x - px + qx, c.y - py + qy}) +
		   grid_contrast(
		       r, (struct point){c.x - px - qx, c.y - py - qy})) /
	       4;
}

/* The picture's contrast on the grid, EQUAL_SUB samples a module each way, with
 * EQUAL_MARGIN modules beyond the edge. */
static void
sample(const struct redraw *r, float *out)
{
	int side = (r->dim + 2 * EQUAL_MARGIN) * EQUAL_SUB;

	for (int y = 0; y < side; y++)
		for (int x = 0; x < side; x++) {
			float u = ((float)x + 0.5f) / EQUAL_SUB - EQUAL_MARGIN;
			float v = ((float)y + 0.5f) / EQUAL_SUB - EQUAL_MARGIN;
			out[y * side + x] = area(r, u, v);
		}
}

/*
 * Each against the mean around it, in units of how much they vary there: a
 * shadow or a stain across the code does no harm. Where nearly nothing varies
 * (glare, ink) they stay small, which is to say doubtful.
 */
static bool
even_out(const float *c, int side, int reach, float *out)
{
	int w = side + 1;
	double *sum = calloc((size_t)(2 * w * w), sizeof *sum), *sq;
	double floor_sq;

	if (sum == NULL)
		return false;
	sq = sum + w * w;
	for (int y = 0; y < side; y++) {
		double a = 0, b = 0;
		for (int x = 0; x < side; x++) {
			double v = c[y * side + x];
			a += v;
			b += v * v;
			sum[(y + 1) * w + x + 1] = a + sum[y * w + x + 1];
			sq[(y + 1) * w + x + 1] = b + sq[y * w + x + 1];
		}
	}
	floor_sq = fmax(0.04 * sq[w * w - 1] / (side * side), 0.5);
	for (int y = 0; y < side; y++)
		for (int x = 0; x < side; x++) {
			int x0 = x > reach ? x - reach : 0,
			    y0 = y > reach ? y - reach : 0,
			    x1 = x + reach < side ? x + reach + 1 : side,
			    y1 = y + reach < side ? y + reach + 1 : side;
			double n = (double)(x1 - x0) * (y1 - y0);
			double m = (sum[y1 * w + x1] - sum[y0 * w + x1] -
				       sum[y1 * w + x0] + sum[y0 * w + x0]) /
				   n;
			double q = (sq[y1 * w + x1] - sq[y0 * w + x1] -
				       sq[y1 * w + x0] + sq[y0 * w + x0]) /
				       n -
				   m * m;
			out[y * side + x] =
			    (float)((c[y * side + x] - 0.5 * m) /
				    sqrt(fmax(q, floor_sq)));
		}
	free(sum);
	return true;
}

/* Modules from samples: the mean of a module's own. */
static void
guess(const float *samples, int dim, bool mirrored, float *soft)
{
	int side = (dim + 2 * EQUAL_MARGIN) * EQUAL_SUB;

	for (int y = 0; y < dim; y++)
		for (int x = 0; x < dim; x++) {
			const float *p = samples +
					 (y + EQUAL_MARGIN) * EQUAL_SUB * side +
					 (x + EQUAL_MARGIN) * EQUAL_SUB;
			soft[mirrored ? x * dim + y : y * dim + x] =
			    (p[0] + p[1] + p[side] + p[side + 1]) / 4;
		}
}

bool
redraw_read(const struct redraw *r, unsigned rounds, struct pace *pace,
    struct symbol *s)
{
	int side = (r->dim + 2 * EQUAL_MARGIN) * EQUAL_SUB;
	size_t n = (size_t)side * (size_t)side;
	float *raw = malloc(n * sizeof *raw), *even = malloc(n * sizeof *even);
	float *soft = malloc(n * sizeof *soft);
	bool ok = raw != NULL && even != NULL && soft != NULL;

	if (ok) {
		sample(r, raw);
		ok = even_out(raw, side, REACH * EQUAL_SUB, even);
	}
	if (ok) {
		guess(even, r->dim, false, soft);
		ok = equal_read(even, soft, r->dim, rounds, pace, s);
	}
	free(soft);
	free(even);
	free(raw);
	return ok;
}
