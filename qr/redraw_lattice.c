#include "qr/redraw_int.h"

#include <math.h>
#include <stdlib.h>

#define STIFF 0.5f /* how much a node's strain takes away from its clarity */

/* How clearly the modules around a node stand out, known ones with their
 * sign. */
static float
clarity(const struct redraw *r, int ni, int nj)
{
	float cell = (float)r->dim / (float)(r->nodes - 1);
	int c0 = (int)fmaxf(0, ((float)ni - 1) * cell),
	    c1 = (int)fminf((float)r->dim, ((float)ni + 1) * cell),
	    r0 = (int)fmaxf(0, ((float)nj - 1) * cell),
	    r1 = (int)fminf((float)r->dim, ((float)nj + 1) * cell);
	float sum = 0;
	int n = 0;

	for (int y = r0; y < r1; y++)
		for (int x = c0; x < c1; x++, n++) {
			float c = grid_module(r, x, y);
			int k = r->known[y * r->dim + x];
			sum += k != 0 ? 2 * (float)k * c : fabsf(c);
		}
	return n > 0 ? sum / (float)n : 0;
}

/* How far a node is from where its neighbours would have it, squared, modules:
 * paper does not jump. */
static float
strain(const struct redraw *r, int i, int j)
{
	float x = 0, y = 0, n = 0;

	for (int k = 0; k < 4; k++) {
		int a = i + (k == 0) - (k == 1), b = j + (k == 2) - (k == 3);
		if (a < 0 || b < 0 || a >= r->nodes || b >= r->nodes)
			continue;
		x += r->bend[b][a].x;
		y += r->bend[b][a].y;
		n++;
	}
	x = (r->bend[j][i].x - x / n) / r->px;
	y = (r->bend[j][i].y - y / n) / r->px;
	return x * x + y * y;
}

/* Move each node of the lattice to where its modules are clearest. */
void
lattice_fit(struct redraw *r, float reach, float stiff)
{
	float step = reach;

	for (int s = 0; s < 3; s++, step /= 2)
		for (int j = 0; j < r->nodes; j++)
			for (int i = 0; i < r->nodes; i++) {
				struct point *b = &r->bend[j][i], from = *b,
					     to = *b;
				float now = clarity(r, i, j);
				float best =
				    now * (1.02f - stiff * strain(r, i, j));
				for (int k = 0; k < 9; k++) {
					float c;
					if (k == 4)
						continue;
					b->x = from.x + step * r->px *
							    (float)(k % 3 - 1);
					b->y = from.y + step * r->px *
							    (float)(k / 3 - 1);
					c = clarity(r, i, j) -
					    now * stiff * strain(r, i, j);
					if (c > best) {
						best = c;
						to = *b;
					}
				}
				*b = to;
			}
}

/* Twice as many nodes, from where the old ones are. */
static void
finer(struct redraw *r)
{
	int n = 2 * r->nodes - 1;

	for (int j = n - 1; j >= 0; j--)
		for (int i = n - 1; i >= 0; i--) {
			struct point a = r->bend[j / 2][i / 2],
				     b = r->bend[j / 2][(i + 1) / 2],
				     c = r->bend[(j + 1) / 2][i / 2],
				     d = r->bend[(j + 1) / 2][(i + 1) / 2];
			r->bend[j][i] =
			    (struct point){(a.x + b.x + c.x + d.x) / 4,
				(a.y + b.y + c.y + d.y) / 4};
		}
	r->nodes = n;
}

/* Where the neighbours that are placed let a node be expected, in line with
 * those beyond them. How many there are. */
static int
expect(const struct redraw *r, bool placed[MAX_NODES][MAX_NODES], int i, int j,
    struct point *out)
{
	float x = 0, y = 0, weight = 0;
	int n = 0;

	for (int k = 0; k < 9; k++) {
		int dx = k % 3 - 1, dy = k / 3 - 1;
		int a = i + dx, b = j + dy, c = a + dx, d = b + dy;
		struct point p;
		float w = dx != 0 && dy != 0 ? 0.5f : 1;
		if (k == 4 || a < 0 || b < 0 || a >= r->nodes ||
		    b >= r->nodes || !placed[b][a])
			continue;
		p = r->bend[b][a];
		if (c >= 0 && d >= 0 && c < r->nodes && d < r->nodes &&
		    placed[d][c]) {
			p.x += 0.7f * (p.x - r->bend[d][c].x);
			p.y += 0.7f * (p.y - r->bend[d][c].y);
		}
		x += w * p.x;
		y += w * p.y;
		weight += w;
		n++;
	}
	if (n > 0)
		*out = (struct point){x / weight, y / weight};
	return n;
}

/* The clearest place within half a module. */
static void
place(struct redraw *r, int i, int j)
{
	struct point *b = &r->bend[j][i], from, to = *b;
	float best = clarity(r, i, j) * 1.02f, step = 0.25f * r->px;

	for (int reach = 2; reach >= 1; reach--, step /= 2) {
		from = to;
		for (int y = -reach; y <= reach; y++)
			for (int x = -reach; x <= reach; x++) {
				float c;
				*b = (struct point){from.x + step * (float)x,
				    from.y + step * (float)y};
				c = clarity(r, i, j);
				if (c > best) {
					best = c;
					to = *b;
				}
			}
	}
	*b = to;
}

/*
 * Crumpled paper is off by more than half a module, and a node that is looked
 * for where the flat paper would have it is caught by the module beside. So the
 * lattice is laid from the corner squares on, node by node, each from where
 * its neighbours let it be expected.
 */
static void
grow(struct redraw *r)
{
	bool placed[MAX_NODES][MAX_NODES] = {0};
	int last = r->nodes - 1;
	const int seed[3][2] = {{1, 1}, {last - 1, 1}, {1, last - 1}};

	for (int k = 0; k < 3; k++) {
		place(r, seed[k][0], seed[k][1]);
		placed[seed[k][1]][seed[k][0]] = true;
	}
	for (;;) {
		int most = 0, bi = 0, bj = 0;
		struct point at = {0}, p;
		for (int j = 0; j < r->nodes; j++)
			for (int i = 0; i < r->nodes; i++) {
				int n = placed[j][i]
					    ? 0
					    : expect(r, placed, i, j, &p);
				if (n > most) {
					most = n;
					bi = i;
					bj = j;
					at = p;
				}
			}
		if (most == 0)
			break;
		/* those not placed yet follow, for their modules count too */
		for (int j = 0; j < r->nodes; j++)
			for (int i = 0; i < r->nodes; i++)
				if (!placed[j][i] && abs(i - bi) <= 1 &&
				    abs(j - bj) <= 1)
					r->bend[j][i] = at;
		place(r, bi, bj);
		placed[bj][bi] = true;
	}
}

void
redraw_refine(struct redraw *r, const struct symbol *s)
{
	for (int i = 0; i < r->dim * r->dim; i++)
		if (s->sure[i] != 0 && s->whole > 0)
			r->known[i] = s->sure[i];
	if (2 * r->nodes - 1 <= MAX_NODES && r->dim / (r->nodes - 1) > 3)
		finer(r);
	if (r->refined++ == 0 && s->whole == 0)
		grow(r);
	lattice_fit(r, 0.3f, STIFF);
}
