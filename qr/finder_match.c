#include <math.h>
#include <stdlib.h>

#include "qr/finder.h"

#define SMALLEST 1.4f  /* px a module */
#define STEP     1.13f /* from one size to the next */
#define ANGLES   6     /* in a quarter turn */
#define POINTS   81    /* nine by nine modules: the square and light around */
/* Likeness, -1 to 1: what is below is not looked at more closely; what is
 * below when it was is no finder. Random modules reach 0.45, a square under a
 * blur of 0.7 modules 0.6. */
#define COARSE   0.25f
#define FINE     0.5f

/* Sums over rectangles, of values and of squares. */
struct sums {
	uint32_t w, h;
	uint32_t *v;
	uint64_t *sq;
};

static bool
sums_make(const struct gray *g, struct sums *s)
{
	size_t n = (size_t)(g->w + 1) * (g->h + 1);

	s->w = g->w + 1;
	s->h = g->h + 1;
	s->v = calloc(n, sizeof *s->v);
	s->sq = calloc(n, sizeof *s->sq);
	if (s->v == NULL || s->sq == NULL) {
		free(s->v);
		free(s->sq);
		return false;
	}
	for (uint32_t y = 0; y < g->h; y++) {
		uint32_t a = 0;
		uint64_t b = 0;
		for (uint32_t x = 0; x < g->w; x++) {
			uint32_t p = g->px[(size_t)y * g->w + x];
			size_t at = (size_t)(y + 1) * s->w + x + 1;
			a += p;
			b += p * p;
			s->v[at] = a + s->v[at - s->w];
			s->sq[at] = b + s->sq[at - s->w];
		}
	}
	return true;
}

/* Nested boxes of 3, 5, 7 and 9 modules, as offsets into the sums. */
struct nest {
	uint32_t reach;    /* of the largest, px from the middle */
	size_t a[4], b[4]; /* rows */
	uint32_t l[4], r[4];
	float area[4];
};

static struct nest
nest_of(const struct sums *s, float m)
{
	struct nest n = {0};

	for (uint32_t i = 0; i < 4; i++) {
		uint32_t side = (uint32_t)lroundf((float)(2 * i + 3) * m);
		n.reach = side / 2 + 1;
		n.l[i] = side / 2;
		n.r[i] = side - side / 2;
		n.area[i] = (float)(side * side);
		n.a[i] = (size_t)n.l[i] * s->w;
		n.b[i] = (size_t)n.r[i] * s->w;
	}
	return n;
}

/* Likeness to an upright square, from the nested boxes. */
static float
coarse(const struct sums *s, const struct nest *n, size_t at)
{
	float sum[4], light, dark, n_light, n_dark, mean, var;
	const uint64_t *q = s->sq + at;

	for (int i = 0; i < 4; i++) {
		const uint32_t *a = s->v + at - n->a[i],
			       *b = s->v + at + n->b[i];
		uint32_t v = *(b + n->r[i]) - *(b - n->l[i]) - *(a + n->r[i]) +
			     *(a - n->l[i]);
		sum[i] = (float)v;
	}
	n_dark = n->area[0] + n->area[2] - n->area[1];
	n_light = n->area[3] - n_dark;
	dark = sum[0] + sum[2] - sum[1];
	light = (sum[3] - dark) / n_light;
	dark /= n_dark;
	if (light < dark + 2)
		return 0;
	mean = sum[3] / n->area[3];
	var = (float)(*(q + n->b[3] + n->r[3]) - *(q + n->b[3] - n->l[3]) -
		      *(q - n->a[3] + n->r[3]) + *(q - n->a[3] - n->l[3])) /
		  n->area[3] -
	      mean * mean;
	return (light - dark) * sqrtf(n_light * n_dark) /
	       (n->area[3] * sqrtf(fmaxf(var, 4)));
}

static float
pixel(const struct gray *g, float x, float y)
{
	float a = x - 0.5f, b = y - 0.5f;
	uint32_t i, j;
	const uint8_t *p;

	if (!(a >= 0) || !(b >= 0) || a >= (float)(g->w - 1) ||
	    b >= (float)(g->h - 1))
		return 128;
	i = (uint32_t)a;
	j = (uint32_t)b;
	a -= (float)i;
	b -= (float)j;
	p = g->px + (size_t)j * g->w + i;
	return (1 - b) * ((1 - a) * p[0] + a * p[1]) +
	       b * ((1 - a) * p[g->w] + a * p[g->w + 1]);
}

/* Likeness to the square turned by that angle, module by module. */
static float
fine(const struct gray *g, float x, float y, float m, float angle)
{
	float c = m * cosf(angle), s = m * sinf(angle), sum = 0, sq = 0, t = 0;
	/* what the square has in the mean, and its size around that */
	const float even = 15.0f / POINTS;

	for (int j = -4; j <= 4; j++)
		for (int i = -4; i <= 4; i++) {
			int ring = abs(i) > abs(j) ? abs(i) : abs(j);
			float u = (float)i, v = (float)j;
			float p =
			    pixel(g, x + u * c - v * s, y + u * s + v * c);
			sum += p;
			sq += p * p;
			t += (ring % 2 == 0 && ring != 0 ? 1 - even
				 : ring < 2 || ring == 3 ? -1 - even
							 : 1 - even) *
			     p;
		}
	sq -= sum * sum / POINTS;
	return t / sqrtf(fmaxf(sq, 4 * POINTS) * (POINTS * (1 - even * even)));
}

/* The best place, size and angle around a first one; its likeness. */
static float
settle(const struct gray *g, struct finder *f)
{
	float best = -1, angle = 0, step = 0.7f;

	for (int i = 0; i < ANGLES; i++) {
		float a = 1.5708f * (float)i / ANGLES;
		float v = fine(g, f->x, f->y, f->module, a);
		if (v > best) {
			best = v;
			angle = a;
		}
	}
	for (int level = 0; level < 4 && best > COARSE; level++, step /= 2) {
		struct finder from = *f;
		float turn = angle;
		for (int k = 0; k < 8; k++) {
			float d = k % 2 == 0 ? step : -step;
			struct finder to = from;
			float a = turn, v;
			if (k < 2)
				to.x += d * from.module;
			else if (k < 4)
				to.y += d * from.module;
			else if (k < 6)
				to.module *= 1 + 0.15f * d;
			else
				a += 0.25f * d;
			v = fine(g, to.x, to.y, to.module, a);
			if (v > best) {
				best = v;
				*f = to;
				angle = a;
			}
		}
	}
	return best;
}

/* Keep the best of those that stand at about one place. */
static void
keep(
    struct finder *out, float *like, size_t *n, const struct finder *f, float v)
{
	size_t at = *n;

	for (size_t i = 0; i < *n; i++) {
		float near = 2 * fminf(f->module, out[i].module);
		if (fabsf(f->x - out[i].x) > near ||
		    fabsf(f->y - out[i].y) > near)
			continue;
		if (like[i] >= v)
			return;
		at = i;
		break;
	}
	if (at == FINDER_MAX) {
		at = 0;
		for (size_t i = 1; i < FINDER_MAX; i++)
			if (like[i] < like[at])
				at = i;
		if (like[at] >= v)
			return;
	} else if (at == *n) {
		(*n)++;
	}
	out[at] = *f;
	like[at] = v;
}

size_t
finder_match(const struct gray *g, struct finder out[static FINDER_MAX])
{
	uint32_t smaller = g->w < g->h ? g->w : g->h;
	struct finder rough[FINDER_MAX];
	float like[FINDER_MAX], fit[FINDER_MAX];
	size_t n = 0, found = 0;
	struct sums s;

	if (smaller < 21 || !sums_make(g, &s))
		return 0;
	for (float m = SMALLEST; m * 25 < (float)smaller; m *= STEP) {
		struct nest nest = nest_of(&s, m);
		uint32_t step = m < 3 ? 1 : (uint32_t)(0.45f * m);
		for (uint32_t y = nest.reach; y + nest.reach < g->h; y += step)
			for (uint32_t x = nest.reach; x + nest.reach < g->w;
			     x += step) {
				float v =
				    coarse(&s, &nest, (size_t)y * s.w + x);
				struct finder f = {(float)x, (float)y, m, 0};
				if (v > COARSE)
					keep(rough, like, &n, &f, v);
			}
	}
	free(s.v);
	free(s.sq);
	for (size_t i = 0; i < n; i++) {
		struct finder f = rough[i];
		float v = settle(g, &f);
		f.hits = (unsigned)(4 * f.module) + 1;
		if (v > FINE)
			keep(out, fit, &found, &f, v);
	}
	return found;
}
