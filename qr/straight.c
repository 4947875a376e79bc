#include "qr/straight.h"

#include <math.h>
#include <stdlib.h>

/* Of the timing pattern's modules so many must come out right. */
#define TIMING 0.9f

struct grid {
	const struct gray *g;
	float x, y;           /* the code's corner */
	float ux, uy, vx, vy; /* a module across, and down */
	float mid;            /* between dark and light */
	bool outside;         /* a module was looked for off the picture */
};

static float
at(struct grid *r, int column, int row)
{
	float u = (float)column + 0.5f, v = (float)row + 0.5f;
	float x = r->x + u * r->ux + v * r->vx, y = r->y + u * r->uy + v * r->vy;
	const uint8_t *p;

	/* Not "or outside": what is no number is not inside either. */
	if (!(x >= 1 && y >= 1 && x < (float)r->g->w - 1 &&
		y < (float)r->g->h - 1)) {
		r->outside = true;
		return 0;
	}
	p = r->g->px + (size_t)y * r->g->w + (size_t)x;
	return (float)(2 * p[0] + p[-1] + p[1] + p[-(ptrdiff_t)r->g->w] +
		       p[r->g->w]) /
	       6;
}

static void
lay(struct grid *r, const struct finder_triple *t, int dim)
{
	float n = (float)dim - 7;

	r->ux = (t->tr.x - t->tl.x) / n;
	r->uy = (t->tr.y - t->tl.y) / n;
	r->vx = (t->bl.x - t->tl.x) / n;
	r->vy = (t->bl.y - t->tl.y) / n;
	r->x = t->tl.x - 3.5f * (r->ux + r->vx);
	r->y = t->tl.y - 3.5f * (r->uy + r->vy);
}

/* Between the means of the three squares' cores and of the light around. */
static bool
levels(struct grid *r, int dim)
{
	const int corner[3][2] = {{0, 0}, {dim - 7, 0}, {0, dim - 7}};
	float dark = 0, light = 0;

	for (int i = 0; i < 3; i++) {
		int x = corner[i][0], y = corner[i][1];
		for (int k = 1; k < 6; k++)
			light += at(r, x + k, y + 1) + at(r, x + k, y + 5);
		for (int k = 0; k < 9; k++)
			dark += at(r, x + 2 + k % 3, y + 2 + k / 3);
	}
	dark /= 27;
	light /= 30;
	r->mid = (dark + light) / 2;
	return !r->outside && light > dark + 16;
}

static bool
timing_ok(struct grid *r, int dim)
{
	int right = 0;

	for (int i = 8; i < dim - 8; i++) {
		right += (at(r, i, 6) < r->mid) == (i % 2 == 0);
		right += (at(r, 6, i) < r->mid) == (i % 2 == 0);
	}
	return !r->outside && (float)right >= TIMING * 2 * (float)(dim - 16);
}

bool
straight_read(
    const struct gray *g, const struct finder_triple *t, struct symbol *s)
{
	static const int near[] = {0, 4, -4};
	int about;
	float *soft = NULL;
	bool ok = false;

	if (!(t->modules > 0 && t->modules < SYMBOL_DIM))
		return false;
	about = 4 * (int)lroundf((t->modules + 7 - 17) / 4) + 17;
	for (size_t k = 0; !ok && k < sizeof near / sizeof *near; k++) {
		struct grid r = {.g = g};
		int dim = about + near[k];
		if (dim < 21 || dim > SYMBOL_DIM)
			continue;
		lay(&r, t, dim);
		if (!levels(&r, dim) || !timing_ok(&r, dim))
			continue;
		if (soft == NULL)
			soft = malloc(sizeof *soft * SYMBOL_DIM * SYMBOL_DIM);
		if (soft == NULL)
			return false;
		for (int i = 0; i < dim * dim; i++)
			soft[i] = (at(&r, i % dim, i / dim) - r.mid) / 64;
		ok = !r.outside && symbol_read(soft, dim, s);
	}
	free(soft);
	return ok;
}
