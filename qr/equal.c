#include "qr/equal.h"

#include <math.h>
#include <stdalign.h>
#include <stdlib.h>

/*
 * What tells of a module: the samples around it, two modules each way; what its
 * neighbours were taken for in the round before, for ink that ran is not
 * undone by sums of samples alone; and 1.
 */
#define REACH    4
#define SIDE     (2 * REACH + EQUAL_SUB)
#define NEAR     2
#define AROUND   ((2 * NEAR + 1) * (2 * NEAR + 1))
#define FEATURES (SIDE * SIDE + AROUND + 1)
#define LANES    8 /* floats done at a time */
typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));
#define ROW    ((FEATURES + LANES - 1) / LANES * LANES)
#define ROW_V  (ROW / LANES)
#define RIDGE  0.02f
/* Share of the known modules that come out as they must, at least: 0.92 to 1
 * where the grid lies on a code, 0.68 to 0.76 where it does not, or is of
 * another dimension. */
#define PLACED 0.8f

struct fit {
	alignas(lanes) float a[FEATURES * ROW];
	alignas(lanes) float w[ROW];
	float b[ROW];
	float next[SYMBOL_DIM * SYMBOL_DIM];
};

static void
features(
    const float *samples, const float *soft, int dim, int x, int y, float *f)
{
	int side = (dim + 2 * EQUAL_MARGIN) * EQUAL_SUB;
	const float *p = samples +
			 ((y + EQUAL_MARGIN) * EQUAL_SUB - REACH) * side +
			 (x + EQUAL_MARGIN) * EQUAL_SUB - REACH;

	for (int j = 0; j < SIDE; j++, p += side, f += SIDE)
		memcpy(f, p, SIDE * sizeof *f);
	for (int j = y - NEAR; j <= y + NEAR; j++)
		for (int i = x - NEAR; i <= x + NEAR; i++, f++) {
			bool in = i >= 0 && j >= 0 && i < dim && j < dim;
			float v = in ? soft[j * dim + i] : 1;
			*f = i == x && j == y ? 0 : fminf(fmaxf(v, -1), 1);
		}
	*f = 1;
}

/* Modules whose sums are added together: the matrix is larger than the nearest
 * cache, and so it is gone through a quarter as often. */
#define BATCH 4

struct batch {
	size_t n;
	lanes f[BATCH][ROW_V];
	float target[BATCH], weight[BATCH];
};

static void
flush(struct fit *fit, struct batch *b)
{
	for (size_t k = b->n; k < BATCH; k++)
		b->weight[k] = 0;
	for (int i = 0; i < FEATURES; i++) {
		lanes *row = (lanes *)(void *)(fit->a + i * ROW), k[BATCH];
		for (int m = 0; m < BATCH; m++) {
			float v = b->weight[m] * ((float *)b->f[m])[i];
			fit->b[i] += v * b->target[m];
			k[m] = v - (lanes){0};
		}
		for (int j = 0; j <= i / LANES; j++)
			row[j] += k[0] * b->f[0][j] + k[1] * b->f[1][j] +
				  k[2] * b->f[2][j] + k[3] * b->f[3][j];
	}
	b->n = 0;
}

/* Cholesky; a's lower half is overwritten. */
static void
solve(struct fit *fit, float ridge)
{
	float *a = fit->a, *w = fit->w;

	for (int i = 0; i < FEATURES; i++)
		a[i * ROW + i] += ridge;
	for (int i = 0; i < FEATURES; i++) {
		float *ri = a + i * ROW;
		for (int j = 0; j <= i; j++) {
			const float *rj = a + j * ROW;
			float s = ri[j];
			for (int k = 0; k < j; k++)
				s -= ri[k] * rj[k];
			ri[j] = j < i ? s / rj[j] : sqrtf(fmaxf(s, 1e-6f));
		}
	}
	for (int i = 0; i < FEATURES; i++) {
		float s = fit->b[i];
		for (int k = 0; k < i; k++)
			s -= a[i * ROW + k] * w[k];
		w[i] = s / a[i * ROW + i];
	}
	for (int i = FEATURES - 1; i >= 0; i--) {
		float s = w[i];
		for (int k = i + 1; k < FEATURES; k++)
			s -= a[k * ROW + i] * w[k];
		w[i] = s / a[i * ROW + i];
	}
}

/* Learn from what is known, and less from what is guessed. */
static void
learn(struct fit *fit, const float *samples, const float *soft, int dim,
    int odd, const struct symbol *s)
{
	struct batch b = {0};
	float total = 0;

	memset(fit->a, 0, sizeof fit->a);
	memset(fit->b, 0, sizeof fit->b);
	memset(fit->w, 0, sizeof fit->w);
	for (int y = 0; y < dim; y++)
		for (int x = 0; x < dim; x++) {
			int at = y * dim + x;
			float v = soft[at], target, weight;
			if (abs(s->fixed[at]) == 1 || s->sure[at] != 0) {
				target = s->sure[at] != 0 ? s->sure[at]
							  : s->fixed[at];
				weight = 1;
			} else {
				target = v > 0 ? 1 : -1;
				weight = fminf(fabsf(v), 1);
				weight *= 0.5f * weight;
			}
			/* guesses: every other one is enough */
			if (weight < 0.05f ||
			    (weight < 1 && (x + y) % 2 != odd))
				continue;
			features(samples, soft, dim, x, y, (float *)b.f[b.n]);
			b.target[b.n] = target;
			b.weight[b.n] = weight;
			if (++b.n == BATCH)
				flush(fit, &b);
			total += weight;
		}
	flush(fit, &b);
	solve(fit, RIDGE * total + 1);
}

static void
apply(const struct fit *fit, const float *samples, const float *soft, int dim,
    float *out)
{
	const lanes *w = (const lanes *)(const void *)fit->w;
	lanes f[ROW_V] = {0};
	float mean = 1e-6f;

	for (int y = 0; y < dim; y++)
		for (int x = 0; x < dim; x++) {
			lanes part = {0};
			float v = 0;
			features(samples, soft, dim, x, y, (float *)f);
			for (int i = 0; i < ROW_V; i++)
				part += f[i] * w[i];
			for (int n = 0; n < LANES; n++)
				v += part[n];
			out[y * dim + x] = v;
			mean += fabsf(v);
		}
	mean /= (float)(dim * dim);
	for (int i = 0; i < dim * dim; i++)
		out[i] /= mean;
}

/* Share of the modules that every code has that came out as they must. */
static float
agreement(const float *next, int dim, const struct symbol *s)
{
	unsigned right = 0, all = 0;

	for (int i = 0; i < dim * dim; i++) {
		if (abs(s->fixed[i]) != 1)
			continue;
		right += (next[i] > 0) == (s->fixed[i] > 0);
		all++;
	}
	return (float)right / (float)all;
}

/* Take over what was decided anew, but for what is certain. Share of modules
 * that changed. */
static float
take_over(const float *next, float *soft, int dim, const struct symbol *s)
{
	unsigned changed = 0;

	for (int i = 0; i < dim * dim; i++) {
		float v = s->sure[i] != 0 ? 2.0f * s->sure[i] : next[i];
		changed += (v > 0) != (soft[i] > 0);
		soft[i] = v;
	}
	return (float)changed / (float)(dim * dim);
}

bool
equal_read(const float *samples, float *soft, int dim, unsigned rounds,
    struct pace *pace, struct symbol *s)
{
	struct fit *fit = NULL;
	bool ok = symbol_read(soft, dim, s);
	float changed = 1;

	if (!ok && rounds > 0)
		fit = aligned_alloc(alignof(struct fit), sizeof *fit);
	for (unsigned i = 0;
	     fit != NULL && !ok && i < rounds && pace_step_begin(pace); i++) {
		unsigned whole = s->whole;
		learn(fit, samples, soft, dim, (int)i % 2, s);
		apply(fit, samples, soft, dim, fit->next);
		if (agreement(fit->next, dim, s) < PLACED) {
			s->format = 0;
			break;
		}
		changed = take_over(fit->next, soft, dim, s);
		ok = symbol_read(soft, dim, s);
		pace_step_done(pace);
		if (changed < 0.002f && s->whole <= whole)
			break;
	}
	free(fit);
	return ok;
}
