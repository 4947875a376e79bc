#include "qr/finder.h"

#include <math.h>
#include <stdlib.h>

/* What dark around a code weighs against a shape that is not a square's. */
#define CROWDED 4

static bool
dark(const struct gray *bw, long x, long y)
{
	return bw->px[(size_t)y * bw->w + (size_t)x] == 0;
}

/* Are five runs dark, light, dark, light, dark as 1:1:3:1:1? */
static bool
ratio_ok(const unsigned run[static 5], float slack)
{
	unsigned sum = run[0] + run[1] + run[2] + run[3] + run[4];
	float m = (float)sum / 7, s = m * slack;

	return sum >= 7 && fabsf((float)run[0] - m) < s + 0.5f &&
	       fabsf((float)run[1] - m) < s + 0.5f &&
	       fabsf((float)run[2] - 3 * m) < 2 * s + 0.5f &&
	       fabsf((float)run[3] - m) < s + 0.5f &&
	       fabsf((float)run[4] - m) < s + 0.5f;
}

/*
 * The five runs through (x, y) along (dx, dy), which is one step to a
 * neighbouring pixel. *mid: the middle of the inner run, in steps from (x, y).
 */
static bool
cross(const struct gray *bw, long x, long y, int dx, int dy, unsigned limit,
    unsigned run[static 5], float *mid)
{
	unsigned fore[3] = {0}, back[3] = {0};

	for (int way = 0; way < 2; way++) {
		unsigned *r = way == 0 ? back : fore;
		long px = x, py = y;
		int sx = way == 0 ? -dx : dx, sy = way == 0 ? -dy : dy, k = 0;
		if (way == 1) {
			px += sx;
			py += sy;
		}
		while (k < 3 && px >= 0 && py >= 0 && px < (long)bw->w &&
		       py < (long)bw->h) {
			if (dark(bw, px, py) != (k != 1)) {
				k++;
				continue;
			}
			if (++r[k] > limit)
				return false;
			px += sx;
			py += sy;
		}
		if (r[1] == 0 || r[2] == 0)
			return false;
	}
	run[0] = back[2];
	run[1] = back[1];
	run[2] = back[0] + fore[0];
	run[3] = fore[1];
	run[4] = fore[2];
	*mid = ((float)fore[0] - (float)back[0] + 1) / 2;
	return true;
}

static float
sum5(const unsigned r[static 5])
{
	return (float)(r[0] + r[1] + r[2] + r[3] + r[4]);
}

/* One more line through a finder, or a new one. */
static void
add(struct finder *f, size_t *n, size_t cap, float x, float y, float module)
{
	for (size_t i = 0; i < *n; i++) {
		float k = (float)f[i].hits;
		if (fabsf(f[i].x - x) > f[i].module * 1.5f ||
		    fabsf(f[i].y - y) > f[i].module * 1.5f ||
		    module > f[i].module * 1.8f || module * 1.8f < f[i].module)
			continue;
		f[i].x = (f[i].x * k + x) / (k + 1);
		f[i].y = (f[i].y * k + y) / (k + 1);
		f[i].module = (f[i].module * k + module) / (k + 1);
		f[i].hits++;
		return;
	}
	if (*n < cap)
		f[(*n)++] = (struct finder){x, y, module, 1};
}

/* A row had the ratio, its inner run around column x: do other lines agree? */
static void
confirm(const struct gray *bw, long x, long y, unsigned width, struct finder *f,
    size_t *n, size_t cap)
{
	unsigned v[5], h[5], d[5], limit = width;
	float my, mx, md, cx, cy;
	bool slash, back;

	if (!cross(bw, x, y, 0, 1, limit, v, &my) || !ratio_ok(v, 0.75f) ||
	    sum5(v) * 3 < (float)width || (float)width * 3 < sum5(v))
		return;
	cy = (float)y + my;
	if (cy < 0 || cy >= (float)bw->h ||
	    !cross(bw, x, (long)cy, 1, 0, limit, h, &mx) || !ratio_ok(h, 0.75f))
		return;
	cx = (float)x + mx;
	if (cx < 0 || cx >= (float)bw->w)
		return;
	slash = cross(bw, (long)cx, (long)cy, 1, 1, limit, d, &md) &&
		ratio_ok(d, 1.0f);
	back = cross(bw, (long)cx, (long)cy, 1, -1, limit, d, &md) &&
	       ratio_ok(d, 1.0f);
	if (!slash && !back)
		return;
	add(f, n, cap, cx, cy, (sum5(h) + sum5(v)) / 14);
}

static int
by_hits(const void *a, const void *b)
{
	const struct finder *x = a, *y = b;
	/* a large one is crossed by more lines */
	float p = (float)x->hits / x->module, q = (float)y->hits / y->module;

	return (p < q) - (p > q);
}

size_t
finder_search(const struct gray *bw, struct finder out[static FINDER_MAX])
{
	struct finder f[4 * FINDER_MAX];
	size_t n = 0;

	for (uint32_t y = 0; y < bw->h; y++) {
		const uint8_t *row = bw->px + (size_t)y * bw->w;
		unsigned run[5] = {0}, k = 0;
		uint32_t start = 0;
		for (uint32_t x = 1; x <= bw->w; x++) {
			if (x < bw->w && row[x] == row[start])
				continue;
			memmove(run, run + 1, 4 * sizeof *run);
			run[4] = x - start;
			k++;
			if (k >= 5 && row[start] == 0 && ratio_ok(run, 0.75f))
				confirm(bw,
				    (long)(x - run[4] - run[3] -
					   (run[2] + 1) / 2),
				    (long)y,
				    run[0] + run[1] + run[2] + run[3] + run[4],
				    f, &n, 4 * FINDER_MAX);
			start = x;
		}
	}
	qsort(f, n, sizeof *f, by_hits);
	if (n > FINDER_MAX)
		n = FINDER_MAX;
	for (size_t i = 0; i < n; i++)
		out[i] = f[i];
	return n;
}

/* Length of the seven modules of a finder along a direction, 0: not seen. */
static float
seven(const struct gray *bw, const struct finder *f, float dx, float dy)
{
	float total = 0;

	for (int way = -1; way <= 1; way += 2) {
		float at = 0, step = 0.25f;
		int k = 0;
		for (; at < f->module * 8; at += step) {
			long x = (long)(f->x + (float)way * dx * at);
			long y = (long)(f->y + (float)way * dy * at);
			if (x < 0 || y < 0 || x >= (long)bw->w ||
			    y >= (long)bw->h)
				break;
			if (dark(bw, x, y) != (k != 1) && ++k == 3)
				break;
		}
		if (k < 3)
			return 0;
		total += at;
	}
	return total;
}

/* Modules between two centres, by the sizes that the finders have along the
 * line that joins them. */
static float
modules_between(
    const struct gray *bw, const struct finder *a, const struct finder *b)
{
	float dx = b->x - a->x, dy = b->y - a->y, len = hypotf(dx, dy), p, q;

	if (bw == NULL)
		return len / ((a->module + b->module) / 2);
	p = seven(bw, a, dx / len, dy / len);
	q = seven(bw, b, dx / len, dy / len);

	if (p == 0 && q == 0)
		return len / ((a->module + b->module) / 2);
	if (p == 0 || q == 0)
		return len / (fmaxf(p, q) / 7);
	return len * 7 * 2 / (p + q);
}

/* Squares, and what is known of two of them: triples ask again and again. */
struct pairs {
	const struct gray *bw;
	const struct finder *f;
	float dist[FINDER_MAX][FINDER_MAX];
	float modules[FINDER_MAX][FINDER_MAX]; /* 0: not looked at yet */
};

static float
pair_modules(struct pairs *p, size_t a, size_t b)
{
	size_t i = a < b ? a : b, k = a < b ? b : a;

	if (p->modules[i][k] == 0)
		p->modules[i][k] = modules_between(p->bw, &p->f[i], &p->f[k]);
	return p->modules[i][k];
}

/* Share of dark on the sides of f that face away from the code: along the
 * directions p and q, unit vectors that lead there. */
static float
beyond(const struct gray *bw, const struct finder *f, float px, float py,
    float qx, float qy)
{
	float m = seven(bw, f, px, py) / 7, k = seven(bw, f, qx, qy) / 7;
	unsigned dark_n = 0, n = 0;

	m = m == 0 ? f->module : m;
	k = k == 0 ? f->module : k;
	for (int side = 0; side < 2; side++)
		for (int i = -3; i <= 3; i++) {
			float a = side == 0 ? 5 : (float)i;
			float b = side == 0 ? (float)i : 5;
			long x = (long)(f->x + a * m * px + b * k * qx);
			long y = (long)(f->y + a * m * py + b * k * qy);
			if (x < 0 || y < 0 || x >= (long)bw->w ||
			    y >= (long)bw->h)
				continue;
			dark_n += dark(bw, x, y);
			n++;
		}
	return n == 0 ? 0.5f : (float)dark_n / (float)n;
}

/* The same for the three squares of a code: nothing is printed around it, but
 * squares that came about among its modules have modules on all sides. */
static float
crowded(const struct gray *bw, const struct finder *tl, const struct finder *tr,
    const struct finder *bl)
{
	float u = hypotf(tr->x - tl->x, tr->y - tl->y),
	      v = hypotf(bl->x - tl->x, bl->y - tl->y);
	float ux = (tr->x - tl->x) / u, uy = (tr->y - tl->y) / u,
	      vx = (bl->x - tl->x) / v, vy = (bl->y - tl->y) / v;

	return (beyond(bw, tl, -ux, -uy, -vx, -vy) +
		   beyond(bw, tr, ux, uy, -vx, -vy) +
		   beyond(bw, bl, -ux, -uy, vx, vy)) /
	       3;
}

/* What squares cost that too few rows have seen: three modules' should. */
static float
unseen(const struct finder *x)
{
	float seen = (float)x->hits / (2 * x->module);

	return seen < 1 ? 1 - seen : 0;
}

/* a at the corner, b and c in either order. False: cannot be one code, or
 * certainly none of a score below worst. */
static bool
triple(struct pairs *p, size_t i, size_t j, size_t k, float worst,
    struct finder_triple *out)
{
	const struct finder *a = &p->f[i], *b = &p->f[j], *c = &p->f[k];
	float ab = p->dist[i][j], bc = p->dist[j][k], ca = p->dist[k][i];
	float u, v, cosine;
	float small = fminf(a->module, fminf(b->module, c->module));
	float large = fmaxf(a->module, fmaxf(b->module, c->module));
	float longest = fmaxf(ab, fmaxf(bc, ca)), shape;

	/* seen at an angle, the far diagonal may be a bit shorter */
	if (large > 2.5f * small || bc < 0.7f * longest)
		return false;
	if ((b->x - a->x) * (c->y - a->y) - (b->y - a->y) * (c->x - a->x) < 0) {
		size_t t = j;
		j = k;
		k = t;
		b = &p->f[j];
		c = &p->f[k];
		ab = p->dist[i][j];
		ca = p->dist[i][k];
	}
	if (ab < 8 * small || ca < 8 * small || ab > 3 * ca || ca > 3 * ab)
		return false;
	cosine =
	    ((b->x - a->x) * (c->x - a->x) + (b->y - a->y) * (c->y - a->y)) /
	    (ab * ca);
	if (fabsf(cosine) > 0.8f)
		return false;
	/* nothing below is less than 0, and looking at pixels is dear */
	shape = fabsf(cosine) + fabsf(logf(ab / ca)) + logf(large / small) +
		2 * logf(longest / bc) + unseen(a) + unseen(b) + unseen(c);
	if (shape > worst)
		return false;
	u = pair_modules(p, i, j);
	v = pair_modules(p, i, k);
	if (u < 10 || v < 10 || u > 200 || v > 200 || u > 1.6f * v ||
	    v > 1.6f * u)
		return false;
	*out = (struct finder_triple){*a, *b, *c, (u + v) / 2,
	    shape + fabsf(logf(u / v)) * 2};
	if (p->bw != NULL && out->score <= worst)
		out->score += CROWDED * crowded(p->bw, a, b, c);
	return out->score < worst;
}

static void
keep(struct finder_triple *out, size_t *found, const struct finder_triple *t)
{
	size_t at = *found < TRIPLE_MAX ? *found : TRIPLE_MAX - 1;

	if (*found == TRIPLE_MAX && out[at].score <= t->score)
		return;
	while (at > 0 && out[at - 1].score > t->score) {
		out[at] = out[at - 1];
		at--;
	}
	out[at] = *t;
	if (*found < TRIPLE_MAX)
		(*found)++;
}

size_t
finder_triples(const struct gray *bw, const struct finder *f, size_t n,
    struct finder_triple out[static TRIPLE_MAX])
{
	struct pairs p = {.bw = bw, .f = f};
	struct finder_triple t;
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			p.dist[i][j] = hypotf(f[i].x - f[j].x, f[i].y - f[j].y);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			for (size_t k = j + 1; k < n; k++)
				if (i != j && i != k &&
				    triple(&p, i, j, k,
					found < TRIPLE_MAX
					    ? INFINITY
					    : out[TRIPLE_MAX - 1].score,
					&t))
					keep(out, &found, &t);
	return found;
}
