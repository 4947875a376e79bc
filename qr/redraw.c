#include "qr/redraw_int.h"

#include <math.h>
#include <stdlib.h>

/* How well corner squares and timing patterns fit, per module. */
static float
fit_known(const struct redraw *r)
{
	int dim = r->dim;
	float sum = 0;
	int n = 0;

	for (int y = 0; y < 8; y++)
		for (int x = 0; x < 8; x++) {
			float v = (float)known_corner(x, y);
			struct point p =
			    grid_flat(r, (float)x + 0.5f, (float)y + 0.5f);
			struct point q = grid_flat(
			    r, (float)(dim - x) - 0.5f, (float)y + 0.5f);
			struct point s = grid_flat(
			    r, (float)x + 0.5f, (float)(dim - y) - 0.5f);
			sum += v * (grid_contrast(r, p) + grid_contrast(r, q) +
				       grid_contrast(r, s));
			n += 3;
		}
	for (int i = 8; i < dim - 8; i++) {
		float v = i % 2 == 0 ? -2 : 2;
		sum +=
		    v *
		    (grid_contrast(r, grid_flat(r, (float)i + 0.5f, 6.5f)) +
			grid_contrast(r, grid_flat(r, 6.5f, (float)i + 0.5f)));
		n += 4;
	}
	return sum / (float)n;
}

/*
 * Share of the contrast that has the sign it should have, -1..1, on the timing
 * patterns and in the corner squares: codes that could be read had at least
 * 0.75 and 0.4, of 2 300 accidental triples 70 had 0.5 in both.
 */
static void
agreement(const struct redraw *r, float *timing, float *corners)
{
	float t = 0, t_all = 1, c = 0, c_all = 1;
	int dim = r->dim;

	for (int i = 8; i < dim - 8; i++) {
		float v = i % 2 == 0 ? -1 : 1, m = (float)i + 0.5f;
		float a = grid_contrast(r, grid_flat(r, m, 6.5f));
		float b = grid_contrast(r, grid_flat(r, 6.5f, m));
		t += v * (a + b);
		t_all += fabsf(a) + fabsf(b);
	}
	for (int y = 0; y < 7; y++)
		for (int x = 0; x < 7; x++) {
			float v = (float)known_corner(x, y);
			float m = (float)x + 0.5f, n = (float)y + 0.5f;
			struct point p[3] = {grid_flat(r, m, n),
			    grid_flat(r, (float)dim - m, n),
			    grid_flat(r, m, (float)dim - n)};
			for (int i = 0; i < 3; i++) {
				float d = grid_contrast(r, p[i]);
				c += v * d;
				c_all += fabsf(d);
			}
		}
	*timing = t / t_all;
	*corners = c / c_all;
}

/* The far corner is where the known patterns fit best: coarse, then fine. */
static float
fit_corner(struct redraw *r, struct point *out)
{
	struct point guess = {
	    r->tr.x + r->bl.x - r->tl.x, r->tr.y + r->bl.y - r->tl.y};
	struct point u = {r->tr.x - r->tl.x, r->tr.y - r->tl.y},
		     v = {r->bl.x - r->tl.x, r->bl.y - r->tl.y};
	float best, step = 0.08f;
	struct point at = guess;

	grid_homography(r, guess);
	best = fit_known(r);
	for (int level = 0; level < 5; level++, step /= 2.5f) {
		int reach = level == 0 ? 6 : 2;
		struct point from = at;
		for (int i = -reach; i <= reach; i++)
			for (int j = -reach; j <= reach; j++) {
				float a = (float)i * step, b = (float)j * step;
				struct point p = {from.x + a * u.x + b * v.x,
				    from.y + a * u.y + b * v.y};
				float s;
				grid_homography(r, p);
				s = fit_known(r);
				if (s > best) {
					best = s;
					at = p;
				}
			}
	}
	grid_homography(r, at);
	*out = at;
	return best;
}

/* All four corners a little about, as long as the known patterns fit better:
 * the squares' centres are not exact where the paper is blurred or bent. */
static void
fit_corners(struct redraw *r)
{
	struct point *corner[4] = {&r->tl, &r->tr, &r->bl, &r->br};
	float best, step = 0.5f * r->px;

	best = fit_known(r);
	for (int level = 0; level < 4; level++, step /= 2)
		for (int k = 0; k < 16; k++) {
			struct point *p = corner[k / 4], from = *p;
			float s;
			p->x += k % 4 == 0 ? step : k % 4 == 1 ? -step : 0;
			p->y += k % 4 == 2 ? step : k % 4 == 3 ? -step : 0;
			grid_homography(r, r->br);
			s = fit_known(r);
			if (s > best)
				best = s;
			else
				*p = from;
		}
	grid_homography(r, r->br);
}

/* The contrast of a module at p, across the direction d of the pattern: three
 * samples, so that the middle of the row is told from its edge. */
static float
across(const struct redraw *r, struct point p, struct point d)
{
	struct point a = {p.x - 0.3f * d.y, p.y + 0.3f * d.x};
	struct point b = {p.x + 0.3f * d.y, p.y - 0.3f * d.x};

	return (grid_contrast(r, p) + grid_contrast(r, a) +
		   grid_contrast(r, b)) /
	       3;
}

/*
 * Follow a timing pattern from the first corner square towards the other, each
 * step a module, keeping to where dark and light alternate, so that folds and
 * curves are followed. along: 0 the upper one, 1 the left one. shift: against
 * the homography, for 0..dim. False, and no shift, when it does not come out
 * where the other square is: then the dimension is wrong. On flat paper the
 * straight way is the better one; then there is no shift either.
 */
static bool
walk(const struct redraw *r, int along, struct point shift[static MAX_DIM + 1])
{
	struct point p =
	    along == 0 ? grid_flat(r, 7.5f, 6.5f) : grid_flat(r, 6.5f, 7.5f);
	struct point q =
	    along == 0 ? grid_flat(r, 8.5f, 6.5f) : grid_flat(r, 6.5f, 8.5f);
	struct point d = {q.x - p.x, q.y - p.y}, end;
	float m = (float)r->dim - 7.5f, straight = 0, walked = 0;
	bool ok;

	memset(shift, 0, (MAX_DIM + 1) * sizeof *shift);
	for (int i = 8; i < r->dim - 8; i++) {
		float sign = i % 2 == 0 ? -1 : 1, best = -1e9f, a = 0, b = 0;
		q = (struct point){p.x + d.x, p.y + d.y};
		for (int j = -2; j <= 2; j++)
			for (int k = -3; k <= 3; k++) {
				float f = 0.15f * (float)j,
				      g = 0.15f * (float)k;
				struct point x = {q.x + f * d.x - g * d.y,
				    q.y + f * d.y + g * d.x};
				struct point u = {x.x - d.x, x.y - d.y},
					     v = {x.x + d.x, x.y + d.y};
				float s = 2 * across(r, x, d) -
					  across(r, u, d) - across(r, v, d);
				s = sign * s - 20 * (f * f + g * g);
				if (s > best) {
					best = s;
					a = f;
					b = g;
				}
			}
		a *= 0.6f;
		b *= 0.6f;
		p = (struct point){
		    q.x + a * d.x - b * d.y, q.y + a * d.y + b * d.x};
		q = (struct point){d.x + 0.3f * (a * d.x - b * d.y),
		    d.y + 0.3f * (a * d.y + b * d.x)};
		d = q;
		q = along == 0 ? grid_flat(r, (float)i + 0.5f, 6.5f)
			       : grid_flat(r, 6.5f, (float)i + 0.5f);
		shift[i] = (struct point){p.x - q.x, p.y - q.y};
		straight += sign * grid_contrast(r, q);
		walked += sign * grid_contrast(r, p);
	}
	end = along == 0 ? grid_flat(r, m, 6.5f) : grid_flat(r, 6.5f, m);
	ok = hypotf(p.x + d.x - end.x, p.y + d.y - end.y) <
	     1.3f * hypotf(d.x, d.y);
	if (!ok || walked < 1.15f * straight)
		memset(shift, 0, (MAX_DIM + 1) * sizeof *shift);
	return ok;
}

/*
 * Signed agreement of an alignment pattern centred at (u, v) modules, shifted
 * by (dx, dy) px; at most 1 for the contrast that is there.
 */
static float
fit_alignment(const struct redraw *r, int u, int v, float dx, float dy)
{
	float sum = 0, all = 1e-3f;

	for (int y = -2; y <= 2; y++)
		for (int x = -2; x <= 2; x++) {
			int ring = abs(x) > abs(y) ? abs(x) : abs(y);
			struct point p = grid_place(
			    r, (float)(u + x) + 0.5f, (float)(v + y) + 0.5f);
			float c;
			p.x += dx;
			p.y += dy;
			c = grid_contrast(r, p);
			sum += ring == 1 ? c : -c;
			all += fabsf(c);
		}
	return sum / fmaxf(all, 25 * 6.0f);
}

/* Find the alignment patterns, those nearer to the corners first, each from
 * where the ones before let it be expected. */
static void
fit_alignments(struct redraw *r, struct anchor *a, size_t n_anchors)
{
	int at[7], n = known_alignments(r->dim, at);
	float reach = 3 * r->px, step = r->px / 3;

	for (int sum = 1; sum <= 2 * (n - 1); sum++)
		for (int i = 0; i < n; i++) {
			int j = sum - i;
			float best = 0.55f, bx = 0, by = 0, u, v;
			struct point p, q;
			if (j < 0 || j >= n || !known_is_alignment(n, i, j))
				continue;
			for (float y = -reach; y <= reach; y += step)
				for (float x = -reach; x <= reach; x += step) {
					float s = fit_alignment(
						      r, at[i], at[j], x, y) -
						  0.02f * hypotf(x, y) / r->px;
					if (s > best) {
						best = s;
						bx = x;
						by = y;
					}
				}
			if (best <= 0.55f)
				continue;
			u = (float)at[i] + 0.5f;
			v = (float)at[j] + 0.5f;
			p = grid_flat(r, u, v);
			q = grid_place(r, u, v);
			a[n_anchors++] = (struct anchor){
			    u, v, {q.x + bx - p.x, q.y + by - p.y}};
			grid_bend(r, a, n_anchors);
		}
}

/* Grey minus the mean over a window of about eight modules. */
static bool
contrast_map(struct redraw *r)
{
	uint32_t w = r->w, h = r->h, rad = (uint32_t)(4 * r->px) + 2;
	uint32_t *sum = calloc((size_t)(w + 1) * (h + 1), sizeof *sum);

	r->d = malloc((size_t)w * h * sizeof *r->d);
	if (sum == NULL || r->d == NULL) {
		free(sum);
		return false;
	}
	for (uint32_t y = 0; y < h; y++) {
		const uint8_t *p =
		    r->g->px + (size_t)(r->y0 + y) * r->g->w + r->x0;
		uint32_t row = 0;
		for (uint32_t x = 0; x < w; x++) {
			row += p[x];
			sum[(size_t)(y + 1) * (w + 1) + x + 1] =
			    row + sum[(size_t)y * (w + 1) + x + 1];
		}
	}
	for (uint32_t y = 0; y < h; y++) {
		uint32_t ya = y > rad ? y - rad : 0,
			 yb = y + rad < h ? y + rad : h;
		const uint8_t *p =
		    r->g->px + (size_t)(r->y0 + y) * r->g->w + r->x0;
		for (uint32_t x = 0; x < w; x++) {
			uint32_t xa = x > rad ? x - rad : 0,
				 xb = x + rad < w ? x + rad : w;
			uint32_t s = sum[(size_t)yb * (w + 1) + xb] -
				     sum[(size_t)ya * (w + 1) + xb] -
				     sum[(size_t)yb * (w + 1) + xa] +
				     sum[(size_t)ya * (w + 1) + xa];
			float v = (float)p[x] -
				  (float)s / (float)((xb - xa) * (yb - ya));
			r->d[(size_t)y * w + x] =
			    fmaxf(-RANGE, fminf(RANGE, v));
		}
	}
	free(sum);
	return true;
}

/* d's mean over squares of about half a module. */
static bool
soften(struct redraw *r)
{
	int k = (int)(0.25f * r->px + 0.3f), w = (int)r->w, h = (int)r->h;
	float *t = malloc((size_t)r->w * r->h * sizeof *t);

	r->soft = malloc((size_t)r->w * r->h * sizeof *r->soft);
	if (r->soft == NULL || t == NULL) {
		free(t);
		return false;
	}
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++) {
			int x0 = x > k ? x - k : 0;
			int x1 = x + k < w ? x + k : w - 1;
			float sum = 0;
			for (int i = x0; i <= x1; i++)
				sum += r->d[y * w + i];
			t[y * w + x] = sum / (float)(x1 - x0 + 1);
		}
	for (int y = 0; y < h; y++) {
		int y0 = y > k ? y - k : 0, y1 = y + k < h ? y + k : h - 1;
		for (int x = 0; x < w; x++) {
			float sum = 0;
			for (int i = y0; i <= y1; i++)
				sum += t[i * w + x];
			r->soft[y * w + x] = sum / (float)(y1 - y0 + 1);
		}
	}
	free(t);
	return true;
}

/* The part of the picture in which the code can be. */
static void
window(struct redraw *r)
{
	float x[5] = {r->tl.x, r->tr.x, r->bl.x, r->tr.x + r->bl.x - r->tl.x,
	    r->tr.x + r->bl.x - r->tl.x};
	float y[5] = {r->tl.y, r->tr.y, r->bl.y, r->tr.y + r->bl.y - r->tl.y,
	    r->tr.y + r->bl.y - r->tl.y};
	float x0 = x[0], x1 = x[0], y0 = y[0], y1 = y[0], pad;

	for (int i = 1; i < 5; i++) {
		x0 = fminf(x0, x[i]);
		x1 = fmaxf(x1, x[i]);
		y0 = fminf(y0, y[i]);
		y1 = fmaxf(y1, y[i]);
	}
	pad = 0.45f * fmaxf(x1 - x0, y1 - y0) + 8 * r->px;
	x0 = fmaxf(0, x0 - pad);
	y0 = fmaxf(0, y0 - pad);
	r->x0 = (uint32_t)x0;
	r->y0 = (uint32_t)y0;
	r->w = (uint32_t)fminf((float)(r->g->w - r->x0), x1 + pad - x0);
	r->h = (uint32_t)fminf((float)(r->g->h - r->y0), y1 + pad - y0);
}

/* Rank the dimensions around the first estimate by how well they fit. */
static void
rank_dims(struct redraw *r)
{
	int near = (int)lroundf((r->modules + 7 - 17) / 4) * 4 + 17;

	for (int i = 0; i < N_DIMS; i++) {
		int dim = near + 4 * (i - N_DIMS / 2), at = i;
		struct point corner = {0, 0};
		float score = -1e9f;
		r->dim = dim;
		/* of a large code the first estimate is less exact */
		if (dim >= 21 && dim <= MAX_DIM &&
		    (near >= 45 || abs(dim - near) <= 4))
			score = fit_corner(r, &corner);
		for (; at > 0 && r->scores[at - 1] < score; at--) {
			r->dims[at] = r->dims[at - 1];
			r->corners[at] = r->corners[at - 1];
			r->scores[at] = r->scores[at - 1];
		}
		r->dims[at] = dim;
		r->corners[at] = corner;
		r->scores[at] = score;
	}
}

struct redraw *
redraw_new(const struct gray *g, const struct finder_triple *t)
{
	struct redraw *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	r->g = g;
	r->tl = (struct point){t->tl.x, t->tl.y};
	r->tr = (struct point){t->tr.x, t->tr.y};
	r->bl = (struct point){t->bl.x, t->bl.y};
	r->first[0] = r->tl;
	r->first[1] = r->tr;
	r->first[2] = r->bl;
	r->modules = t->modules;
	r->px = (hypotf(r->tr.x - r->tl.x, r->tr.y - r->tl.y) +
		    hypotf(r->bl.x - r->tl.x, r->bl.y - r->tl.y)) /
		2 / t->modules;
	r->nodes = 2;
	r->known = malloc(MAX_DIM * MAX_DIM);
	window(r);
	if (r->known == NULL || r->w < 21 || r->h < 21 || !contrast_map(r) ||
	    !soften(r)) {
		redraw_free(r);
		return NULL;
	}
	rank_dims(r);
	return r;
}

void
redraw_free(struct redraw *r)
{
	if (r == NULL)
		return;
	free(r->known);
	free(r->soft);
	free(r->d);
	free(r);
}

bool
redraw_fit(struct redraw *r, unsigned nth)
{
	struct anchor a[3 + 46];
	float timing, corners;

	if (nth >= N_DIMS || r->scores[nth] < 2)
		return false;
	r->dim = r->dims[nth];
	r->tl = r->first[0];
	r->tr = r->first[1];
	r->bl = r->first[2];
	grid_homography(r, r->corners[nth]);
	fit_corners(r);
	agreement(r, &timing, &corners);
	(void)walk(r, 0, r->top);
	(void)walk(r, 1, r->left);
	if (corners < 0.25f || (timing + corners < 1 && (corners < 0.55f)))
		return false;
	a[0] = (struct anchor){3.5f, 3.5f, {0, 0}};
	a[1] = (struct anchor){(float)r->dim - 3.5f, 3.5f, {0, 0}};
	a[2] = (struct anchor){3.5f, (float)r->dim - 3.5f, {0, 0}};
	r->nodes = 3 + r->dim / 14;
	if (r->nodes > MAX_NODES / 2)
		r->nodes = MAX_NODES / 2;
	known_modules(r->dim, r->known);
	r->refined = 0;
	r->px =
	    hypotf(r->tr.x - r->tl.x, r->tr.y - r->tl.y) / (float)(r->dim - 7);
	grid_bend(r, a, 3);
	fit_alignments(r, a, 3);
	lattice_fit(r, 0.4f, 0);
	return true;
}
