#include "qr/pure.h"

#include <stdlib.h>

bool
pure_read(const struct gray *g, struct symbol *s)
{
	uint32_t x0 = g->w, y0 = g->h, x1 = 0, y1 = 0, side;
	bool ok = false;
	float *soft;

	for (uint32_t y = 0; y < g->h; y++)
		for (uint32_t x = 0; x < g->w; x++)
			if (g->px[(size_t)y * g->w + x] < 128) {
				x0 = x < x0 ? x : x0;
				y0 = y < y0 ? y : y0;
				x1 = x >= x1 ? x + 1 : x1;
				y1 = y >= y1 ? y + 1 : y1;
			}
	side = x1 > x0 ? x1 - x0 : 0;
	if (side < 21 || y1 - y0 != side)
		return false;
	soft = malloc(sizeof *soft * SYMBOL_DIM * SYMBOL_DIM);
	if (soft == NULL)
		return false;
	for (uint32_t dim = 21; !ok && dim <= SYMBOL_DIM && dim <= side;
	     dim += 4) {
		uint32_t m = side / dim;
		if (side % dim != 0)
			continue;
		for (uint32_t i = 0; i < dim * dim; i++) {
			uint32_t x = x0 + i % dim * m + m / 2,
				 y = y0 + i / dim * m + m / 2;
			soft[i] = g->px[(size_t)y * g->w + x] < 128 ? -1 : 1;
		}
		ok = symbol_read(soft, (int)dim, s);
	}
	free(soft);
	return ok;
}
