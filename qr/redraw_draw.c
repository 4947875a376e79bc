#include "qr/redraw_int.h"

#include <math.h>
#include <stdlib.h>

#define QUIET  4
#define REACH  5 /* modules around that say what is dark and what is light */
#define SWEEPS 6

/* Each module's contrast against the mean around it, in units of how much the
 * modules around vary: a shadow or a stain across the code does no harm. */
static void
normalise(const float *c, int dim, float *out)
{
	for (int y = 0; y < dim; y++)
		for (int x = 0; x < dim; x++) {
			float sum = 0, sq = 0;
			int n = 0;
			for (int j = y - REACH; j <= y + REACH; j++)
				for (int i = x - REACH; i <= x + REACH; i++) {
					float v;
					if (i < 0 || j < 0 || i >= dim ||
					    j >= dim)
						continue;
					v = c[j * dim + i];
					sum += v;
					sq += v * v;
					n++;
				}
			sum /= (float)n;
			sq = sq / (float)n - sum * sum;
			out[y * dim + x] =
			    (c[y * dim + x] - 0.5f * sum) / sqrtf(fmaxf(sq, 1));
		}
}

/*
 * Blur carries a share of each module into its neighbours; once the neighbours
 * are decided, what they brought can be taken away, and the decision made
 * anew: a few sweeps settle. Modules that are known beforehand anchor it.
 */
static void
decide(const struct redraw *r, const float *c, float across, float down,
    int8_t *out)
{
	float scale = sqrtf((1 + 2 * across * across) * (1 + 2 * down * down));
	float corner = across * down;
	int dim = r->dim;

	for (int i = 0; i < dim * dim; i++)
		out[i] = r->known[i] != 0 ? r->known[i] : c[i] > 0 ? 1 : -1;
	if (across == 0 && down == 0)
		return;
	for (int sweep = 0; sweep < SWEEPS; sweep++)
		for (int y = 0; y < dim; y++)
			for (int x = 0; x < dim; x++) {
				float v = c[y * dim + x] * scale;
				if (r->known[y * dim + x] != 0)
					continue;
				for (int k = 0; k < 9; k++) {
					int i = x + k % 3 - 1,
					    j = y + k / 3 - 1;
					float share = k == 4       ? 0
						      : k % 2 == 0 ? corner
						      : k == 3 || k == 5
							  ? across
							  : down;
					int bit = i < 0 || j < 0 || i >= dim ||
							  j >= dim
						      ? 1
						      : out[j * dim + i];
					v -= share * (float)bit;
				}
				out[y * dim + x] = v > 0 ? 1 : -1;
			}
}

bool
redraw_draw(const struct redraw *r, float across, float down, bool mirrored,
    struct gray *out)
{
	int dim = r->dim, side = (dim + 2 * QUIET) * REDRAW_SCALE;
	size_t n = (size_t)dim * (size_t)dim;
	float *c = malloc(n * sizeof *c), *s = malloc(n * sizeof *s);
	int8_t *bits = malloc(n);
	uint8_t *px = malloc((size_t)side * (size_t)side);
	bool ok = c != NULL && s != NULL && bits != NULL && px != NULL;

	if (ok) {
		for (int y = 0; y < dim; y++)
			for (int x = 0; x < dim; x++)
				c[y * dim + x] = grid_module(r, x, y);
		normalise(c, dim, s);
		decide(r, s, across, down, bits);
		memset(px, 255, (size_t)side * (size_t)side);
		for (int y = 0; y < dim * REDRAW_SCALE; y++)
			for (int x = 0; x < dim * REDRAW_SCALE; x++) {
				int row = (mirrored ? x : y) / REDRAW_SCALE;
				int col = (mirrored ? y : x) / REDRAW_SCALE;
				if (bits[row * dim + col] < 0)
					px[(y + QUIET * REDRAW_SCALE) * side +
					    x + QUIET * REDRAW_SCALE] = 0;
			}
		*out = (struct gray){px, (uint32_t)side, (uint32_t)side};
		px = NULL;
	}
	free(px);
	free(bits);
	free(s);
	free(c);
	return ok;
}
