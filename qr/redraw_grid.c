#include "qr/redraw_int.h"

#include <math.h>

/* The homography that takes the four centres, at 3.5 and dim - 3.5 modules,
 * to their places (Heckbert: unit square to quadrilateral). */
void
grid_homography(struct redraw *r, struct point br)
{
	struct point a = r->tl, b = r->tr, c = br, e = r->bl;
	float sx = a.x - b.x + c.x - e.x, sy = a.y - b.y + c.y - e.y;
	float dx1 = b.x - c.x, dx2 = e.x - c.x, dy1 = b.y - c.y,
	      dy2 = e.y - c.y, det = dx1 * dy2 - dx2 * dy1;
	float g = det != 0 ? (sx * dy2 - dx2 * sy) / det : 0;
	float h = det != 0 ? (dx1 * sy - sx * dy1) / det : 0;

	r->br = br;
	r->m[0] = b.x - a.x + g * b.x;
	r->m[1] = e.x - a.x + h * e.x;
	r->m[2] = a.x;
	r->m[3] = b.y - a.y + g * b.y;
	r->m[4] = e.y - a.y + h * e.y;
	r->m[5] = a.y;
	r->m[6] = g;
	r->m[7] = h;
}

/* Where a place in modules (0..dim) is, without the lattice. */
struct point
grid_flat(const struct redraw *r, float u, float v)
{
	float span = (float)r->dim - 7, w;

	u = (u - 3.5f) / span;
	v = (v - 3.5f) / span;
	w = r->m[6] * u + r->m[7] * v + 1;
	if (fabsf(w) < 1e-3f)
		w = 1e-3f;
	return (struct point){(r->m[0] * u + r->m[1] * v + r->m[2]) / w,
	    (r->m[3] * u + r->m[4] * v + r->m[5]) / w};
}

struct point
grid_place(const struct redraw *r, float u, float v)
{
	float k = (float)(r->nodes - 1) / (float)r->dim;
	float a = fminf(fmaxf(u * k, 0), (float)(r->nodes - 1) - 1e-3f);
	float b = fminf(fmaxf(v * k, 0), (float)(r->nodes - 1) - 1e-3f);
	int i = (int)a, j = (int)b;
	struct point p = grid_flat(r, u, v);
	const struct point *q = &r->bend[j][i], *s = &r->bend[j + 1][i];

	a -= (float)i;
	b -= (float)j;
	p.x += (1 - b) * ((1 - a) * q[0].x + a * q[1].x) +
	       b * ((1 - a) * s[0].x + a * s[1].x);
	p.y += (1 - b) * ((1 - a) * q[0].y + a * q[1].y) +
	       b * ((1 - a) * s[0].y + a * s[1].y);
	return p;
}

static float
bilinear(const struct redraw *r, const float *map, struct point p)
{
	float x = p.x - 0.5f - (float)r->x0, y = p.y - 0.5f - (float)r->y0;
	const float *d;
	uint32_t i, j;

	if (!(x >= 0) || !(y >= 0) || x >= (float)(r->w - 1) ||
	    y >= (float)(r->h - 1))
		return 0;
	i = (uint32_t)x;
	j = (uint32_t)y;
	x -= (float)i;
	y -= (float)j;
	d = map + (size_t)j * r->w + i;
	return (1 - y) * ((1 - x) * d[0] + x * d[1]) +
	       y * ((1 - x) * d[r->w] + x * d[r->w + 1]);
}

/* Contrast at a place in the picture; 0 outside. */
float
grid_contrast(const struct redraw *r, struct point p)
{
	return bilinear(r, r->d, p);
}

/* A module's contrast: its inner part. */
float
grid_module(const struct redraw *r, int col, int row)
{
	return bilinear(
	    r, r->soft, grid_place(r, (float)col + 0.5f, (float)row + 0.5f));
}

static struct point
folds(const struct redraw *r, float u, float v)
{
	struct point a = r->top[(int)fminf(fmaxf(u, 0), (float)r->dim)];
	struct point b = r->left[(int)fminf(fmaxf(v, 0), (float)r->dim)];

	return (struct point){a.x + b.x, a.y + b.y};
}

void
grid_bend(struct redraw *r, const struct anchor *a, size_t n)
{
	float cell = (float)r->dim / (float)(r->nodes - 1);

	for (int j = 0; j < r->nodes; j++)
		for (int i = 0; i < r->nodes; i++) {
			float u = (float)i * cell, v = (float)j * cell;
			struct point f = folds(r, u, v);
			float w = 0, x = 0, y = 0;
			for (size_t k = 0; k < n; k++) {
				struct point g = folds(r, a[k].u, a[k].v);
				float d2 = (a[k].u - u) * (a[k].u - u) +
					   (a[k].v - v) * (a[k].v - v) + 4;
				float weight = 1 / (d2 * d2);
				w += weight;
				x += weight * (a[k].shift.x - g.x);
				y += weight * (a[k].shift.y - g.y);
			}
			r->bend[j][i] =
			    (struct point){f.x + x / w, f.y + y / w};
		}
}
