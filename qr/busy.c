#include "qr/busy.h"

#include <stdlib.h>

#define CELL   16u /* px */
#define MARGIN 2   /* cells around a patch */
#define SHADES 64  /* of how busy a cell is */

struct map {
	uint32_t w, h; /* cells */
	uint16_t *v;   /* how much grey changes per pixel there */
	uint32_t *todo;
};

static unsigned
change(int a, int b)
{
	return (unsigned)abs(a - b);
}

/* The lesser of both directions: lines and frames change in one alone. */
static void
measure(const struct gray *g, struct map *m)
{
	for (uint32_t cy = 0; cy < m->h; cy++)
		for (uint32_t cx = 0; cx < m->w; cx++) {
			unsigned across = 0, down = 0;
			for (uint32_t y = cy * CELL; y < (cy + 1) * CELL; y++) {
				const uint8_t *p =
				    g->px + (size_t)y * g->w + cx * CELL;
				for (uint32_t x = 0; x + 1 < CELL; x++)
					across += change(p[x], p[x + 1]);
				if (y + 1 == (cy + 1) * CELL)
					break;
				for (uint32_t x = 0; x < CELL; x++)
					down += change(p[x], p[x + g->w]);
			}
			m->v[cy * m->w + cx] =
			    (uint16_t)((across < down ? across : down) /
				       (CELL * (CELL - 1) / 4));
		}
}

/* Mean over 3 x 3, so that a patch has no holes. */
static bool
smooth(struct map *m)
{
	uint16_t *out = calloc((size_t)m->w * m->h, sizeof *out);

	if (out == NULL)
		return false;
	for (uint32_t y = 1; y + 1 < m->h; y++)
		for (uint32_t x = 1; x + 1 < m->w; x++) {
			unsigned sum = 0;
			for (uint32_t j = y - 1; j <= y + 1; j++)
				for (uint32_t i = x - 1; i <= x + 1; i++)
					sum += m->v[j * m->w + i];
			out[y * m->w + x] = (uint16_t)(sum / 9);
		}
	free(m->v);
	m->v = out;
	return true;
}

/* The connected cells above a level, from one of them; they are cleared. */
static unsigned
flood(struct map *m, uint32_t from, unsigned level, struct patch *box,
    unsigned long *total)
{
	uint32_t n = 0, x0 = UINT32_MAX, y0 = UINT32_MAX, x1 = 0, y1 = 0;
	unsigned cells = 0;

	*total = m->v[from];
	m->v[from] = 0;
	m->todo[n++] = from;
	while (n > 0) {
		uint32_t at = m->todo[--n], x = at % m->w, y = at / m->w;
		/* never on the map's edge: smooth() leaves that at 0 */
		const uint32_t next[4] = {at - 1, at + 1, at - m->w, at + m->w};
		cells++;
		x0 = x < x0 ? x : x0;
		x1 = x > x1 ? x : x1;
		y0 = y < y0 ? y : y0;
		y1 = y > y1 ? y : y1;
		for (int i = 0; i < 4; i++) {
			if (m->v[next[i]] <= level)
				continue;
			*total += m->v[next[i]];
			m->v[next[i]] = 0;
			m->todo[n++] = next[i];
		}
	}
	*box = (struct patch){x0, y0, x1 - x0 + 1, y1 - y0 + 1};
	return cells;
}

/* Cells to pixels, with the margin. */
static struct patch
widen(const struct patch *box, const struct gray *g)
{
	uint32_t x0 = box->x > MARGIN ? (box->x - MARGIN) * CELL : 0,
		 y0 = box->y > MARGIN ? (box->y - MARGIN) * CELL : 0,
		 x1 = (box->x + box->w + MARGIN) * CELL,
		 y1 = (box->y + box->h + MARGIN) * CELL;

	x1 = x1 > g->w ? g->w : x1;
	y1 = y1 > g->h ? g->h : y1;
	return (struct patch){x0, y0, x1 - x0, y1 - y0};
}

/* Half of what the busiest hundredth has. */
static unsigned
level_of(const struct map *m)
{
	unsigned count[SHADES] = {0}, n = 0, k = SHADES;

	for (uint32_t i = 0; i < m->w * m->h; i++)
		count[m->v[i] < SHADES ? m->v[i] : SHADES - 1]++;
	while (k > 1 && n <= m->w * m->h / 100)
		n += count[--k];
	return k / 2;
}

size_t
busy_find(const struct gray *g, struct patch out[static BUSY_MAX])
{
	struct map m = {.w = g->w / CELL, .h = g->h / CELL};
	unsigned long score[BUSY_MAX];
	size_t n = 0;
	unsigned level;

	if (m.w < 3 || m.h < 3)
		return 0;
	m.v = calloc((size_t)m.w * m.h, sizeof *m.v);
	m.todo = calloc((size_t)m.w * m.h, sizeof *m.todo);
	if (m.v == NULL || m.todo == NULL)
		goto out;
	measure(g, &m);
	if (!smooth(&m))
		goto out;
	level = level_of(&m);
	for (uint32_t i = 0; i < m.w * m.h; i++) {
		struct patch box;
		unsigned long total;
		unsigned cells;
		size_t at;
		if (m.v[i] <= level)
			continue;
		cells = flood(&m, i, level, &box, &total);
		if (cells < 9 || box.w > 3 * box.h || box.h > 3 * box.w ||
		    cells * 5 < box.w * box.h * 2)
			continue;
		for (at = n < BUSY_MAX ? n : BUSY_MAX - 1;
		     at > 0 && score[at - 1] < total; at--) {
			score[at] = score[at - 1];
			out[at] = out[at - 1];
		}
		if (at == BUSY_MAX - 1 && n == BUSY_MAX && score[at] >= total)
			continue;
		score[at] = total;
		out[at] = widen(&box, g);
		n += n < BUSY_MAX ? 1 : 0;
	}
out:
	free(m.v);
	free(m.todo);
	return n;
}
