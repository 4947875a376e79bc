#include "qr/redraw_int.h"

#include <stdlib.h>

static int
ring(int x, int y)
{
	return abs(x) > abs(y) ? abs(x) : abs(y);
}

int
known_corner(int c, int r)
{
	int at = ring(c - 3, r - 3);

	return at == 2 || at == 4 ? 1 : -1;
}

/* ISO/IEC 18004 Annex E: spaced evenly but for the first gap. */
int
known_alignments(int dim, int out[static 7])
{
	int v = (dim - 17) / 4, n = v == 1 ? 0 : v / 7 + 2, step;

	if (n == 0)
		return 0;
	step = v == 32 ? 26 : (v * 4 + n * 2 + 1) / (2 * n - 2) * 2;
	for (int i = n - 1, at = dim - 7; i > 0; i--, at -= step)
		out[i] = at;
	out[0] = 6;
	return n;
}

/* Not where the corner squares are. */
bool
known_is_alignment(int n, int i, int j)
{
	return !((i == 0 && j == 0) || (i == 0 && j == n - 1) ||
		 (i == n - 1 && j == 0));
}

void
known_modules(int dim, int8_t *out)
{
	int at[7], n = known_alignments(dim, at);

	memset(out, 0, (size_t)dim * (size_t)dim);
	for (int i = 8; i < dim - 8; i++)
		out[6 * dim + i] = out[i * dim + 6] = i % 2 == 0 ? -1 : 1;
	for (int y = 0; y < 8; y++)
		for (int x = 0; x < 8; x++) {
			int8_t v = (int8_t)known_corner(x, y);
			out[y * dim + x] = v;
			out[y * dim + dim - 1 - x] = v;
			out[(dim - 1 - y) * dim + x] = v;
		}
	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++)
			for (int k = 0; known_is_alignment(n, i, j) && k < 25;
			     k++) {
				int x = k % 5 - 2, y = k / 5 - 2;
				out[(at[j] + y) * dim + at[i] + x] =
				    ring(x, y) == 1 ? 1 : -1;
			}
}
