#include "qr/ladder.h"

#include <stdlib.h>
#include <zbar.h>

#include "qr/busy.h"
#include "qr/pace.h"
#include "qr/pure.h"
#include "qr/redraw.h"
#include "qr/rung.h"
#include "qr/straight.h"

/* zbar at full size on 12 megapixels takes 0.4-1.5 s and often reads nothing;
 * halved 0.1 s and reads. Larger pictures are halved until below this. */
#define BASE_MAX_PX (6u * 1000 * 1000)
#define ROUNDS      8 /* of learning, equal_read() */
#define REFINE      5 /* times the lattice is laid anew */

/* Corner squares of a picture, and which three may belong together. */
struct squares {
	struct gray bw; /* in which they were looked for; px NULL: not yet */
	struct finder f[FINDER_MAX];
	struct finder_triple t[TRIPLE_MAX];
	size_t n, n_t;
};

struct ladder {
	const struct ladder_ops *ops;
	const struct gray *full;
	struct gray base;
	struct gray scaled; /* the last one made, of that scale */
	int scale;
	struct squares squares; /* of the base */
	struct symbol *symbol;
	size_t n;
	bool rest; /* a code was read, but there seem to be more */
	struct pace pace;
	bool first; /* of the rungs, which has no need to fit */
};

static size_t
size_of(const struct gray *g)
{
	return (size_t)g->w * g->h;
}

/*
 * zbar over one picture: QR alone, bytes as they are. A new scanner for each
 * picture, since one that is used again grows. ZBAR_CFG_TEST_INVERTED reads
 * and writes past the buffer: never.
 */
static enum cred_err
scan(struct ladder *l, const struct gray *g)
{
	enum cred_err e = CRED_FAULT_NOMEM;
	zbar_image_scanner_t *s = NULL;
	zbar_image_t *img = NULL;

	if (!pace_begin(&l->pace, PACE_SCAN, size_of(g)) && !l->first)
		return CRED_OK;
	s = zbar_image_scanner_create();
	img = zbar_image_create();
	if (s == NULL || img == NULL)
		goto out;
	zbar_image_scanner_set_config(s, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
	zbar_image_scanner_set_config(s, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
	zbar_image_scanner_set_config(s, ZBAR_QRCODE, ZBAR_CFG_BINARY, 1);
	zbar_image_set_format(img, zbar_fourcc('Y', '8', '0', '0'));
	zbar_image_set_size(img, g->w, g->h);
	zbar_image_set_data(img, g->px, (size_t)g->w * g->h, NULL);
	if (zbar_scan_image(s, img) >= 0) {
		const zbar_symbol_t *sym = zbar_image_first_symbol(img);
		for (; sym != NULL; sym = zbar_symbol_next(sym)) {
			if (zbar_symbol_get_type(sym) != ZBAR_QRCODE)
				continue; /* ZBAR_PARTIAL among others */
			l->ops->found(
			    l->ops->ctx, bytes_of(zbar_symbol_get_data(sym),
					     zbar_symbol_get_data_length(sym)));
			l->n++;
		}
	}
	pace_done(&l->pace, PACE_SCAN, size_of(g));
	e = CRED_OK;
out:
	zbar_image_destroy(img);
	zbar_image_scanner_destroy(s);
	return e;
}

static void
tell(struct ladder *l)
{
	l->ops->found(l->ops->ctx, bytes_of(l->symbol->text, l->symbol->len));
	l->n++;
}

/* Grid and decoder; the lattice made finer as long as that brings blocks in. */
static bool
read_fit(struct ladder *l, struct redraw *r, unsigned nth)
{
	struct symbol *s = l->symbol;
	bool fits = redraw_fit(r, nth), ok;

	pace_step_done(&l->pace);
	ok = fits && redraw_read(r, ROUNDS, &l->pace, s);
	for (unsigned i = 0, before = 0;
	     fits && !ok && i < REFINE && s->blocks > 0 && s->format > 0.6f &&
	     pace_step_begin(&l->pace);
	     i++) {
		if (i > 2 && s->whole <= before)
			break;
		before = s->whole;
		redraw_refine(r, s);
		pace_step_done(&l->pace);
		ok = redraw_read(r, ROUNDS, &l->pace, s);
	}
	return ok;
}

/* The code that three corner squares lay out: the likeliest dimensions. */
static void
redraw_triple(
    struct ladder *l, const struct gray *g, const struct finder_triple *t)
{
	struct redraw *r;
	bool ok = false;

	if (!pace_step_begin(&l->pace))
		return;
	r = redraw_new(g, t);
	pace_step_done(&l->pace);
	for (unsigned nth = 0;
	     r != NULL && nth < 3 && !ok && pace_step_begin(&l->pace); nth++)
		ok = read_fit(l, r, nth);
	if (ok)
		tell(l);
	redraw_free(r);
}

/* Is a square within the code that b lays out, or one of its corners? */
static bool
within(const struct finder *f, const struct finder_triple *b)
{
	float ux = b->tr.x - b->tl.x, uy = b->tr.y - b->tl.y,
	      vx = b->bl.x - b->tl.x, vy = b->bl.y - b->tl.y,
	      det = ux * vy - uy * vx;
	float x = f->x - b->tl.x, y = f->y - b->tl.y;
	float s = (x * vy - y * vx) / det, t = (y * ux - x * uy) / det;

	return s > -0.1f && s < 1.1f && t > -0.1f && t < 1.1f;
}

static bool
shares(const struct finder_triple *a, const struct finder_triple *b)
{
	return within(&a->tl, b) || within(&a->tr, b) || within(&a->bl, b);
}

/* Three squares that stand together as those of a code do, by
 * finder_triple.score: seen from in front, and at 40 degrees. */
#define LIKELY   0.8f
#define POSSIBLE 1.5f

/* None where there is no time for it. */
static enum cred_err
squares_find(struct ladder *l, const struct gray *g, struct squares *q)
{
	if (q->bw.px != NULL)
		return CRED_OK;
	if (!pace_begin(&l->pace, PACE_SEARCH, size_of(g)) && !l->first)
		return CRED_OK;
	q->bw = image_threshold(g, 31, 4);
	if (q->bw.px == NULL)
		return CRED_FAULT_NOMEM;
	q->n = finder_search(&q->bw, q->f);
	q->n_t = finder_triples(&q->bw, q->f, q->n, q->t);
	pace_done(&l->pace, PACE_SEARCH, size_of(g));
	return CRED_OK;
}

/*
 * All codes: the likeliest triples; once one was read, all others that are
 * likely. A corner square of one that was read is no other's.
 */
static void
redraw_all(struct ladder *l, const struct gray *g,
    const struct finder_triple *t, size_t n, size_t most)
{
	bool read[TRIPLE_MAX] = {false}, any = false;

	for (size_t i = 0; i < n; i++) {
		size_t before = l->n;
		bool used = i >= most && !(any && t[i].score < POSSIBLE);
		for (size_t k = 0; k < i && !used; k++)
			used = read[k] && shares(&t[i], &t[k]);
		if (!used)
			redraw_triple(l, g, &t[i]);
		read[i] = l->n > before;
		any = any || read[i];
	}
}

static enum cred_err
redraw_found(
    struct ladder *l, const struct gray *g, struct squares *q, size_t most)
{
	enum cred_err e = squares_find(l, g, q);

	if (e == CRED_OK)
		redraw_all(l, g, q->t, q->n_t, most);
	return e;
}

static void
redraw_matched(struct ladder *l, const struct gray *g, size_t most)
{
	struct finder_triple t[TRIPLE_MAX];
	struct finder f[FINDER_MAX];
	size_t n;

	if (!pace_begin(&l->pace, PACE_MATCH, size_of(g)))
		return;
	n = finder_match(g, f);
	n = finder_triples(NULL, f, n, t);
	pace_done(&l->pace, PACE_MATCH, size_of(g));
	redraw_all(l, g, t, n, most);
}

/*
 * Codes that lie flat before the lens. Three squares that are left over may be
 * those of one that does not: then the others are still to be looked for.
 */
static enum cred_err
straight_all(struct ladder *l, const struct gray *g, struct squares *q)
{
	size_t read[TRIPLE_MAX], n = 0, left = 0;
	enum cred_err e = squares_find(l, g, q);

	for (size_t i = 0; i < q->n_t && q->t[i].score < LIKELY; i++) {
		bool used = false;
		for (size_t k = 0; k < n && !used; k++)
			used = shares(&q->t[i], &q->t[read[k]]);
		if (used || !straight_read(g, &q->t[i], l->symbol))
			continue;
		tell(l);
		read[n++] = i;
	}
	for (size_t i = 0; i < q->n; i++) {
		bool used = false;
		for (size_t k = 0; k < n && !used; k++)
			used = within(&q->f[i], &q->t[read[k]]);
		left += !used;
	}
	l->rest = n > 0 && (left >= 3 || q->n == FINDER_MAX);
	return e;
}

/* Do squares stand as those of a code do, outside what was read? */
static bool
likely(struct ladder *l, const struct gray *g)
{
	struct squares q = {0};
	bool yes = squares_find(l, g, &q) == CRED_OK && q.n_t > 0 &&
		   q.t[0].score < LIKELY;

	image_release(&q.bw);
	return yes;
}

/* A patch of the base, out of the picture as it came where that is not much
 * larger than what zbar is quick with. */
static struct gray
patch_of(const struct ladder *l, const struct patch *p)
{
	uint32_t k = l->base.w == 0 ? 1 : l->full->w / l->base.w;

	if ((uint64_t)p->w * p->h * k * k > RUNG_SMALL_PX)
		return image_crop(&l->base, p->x, p->y, p->w, p->h);
	return image_crop(l->full, p->x * k, p->y * k, p->w * k, p->h * k);
}

/* Outside the patches that were read: is there another code, one so large that
 * it is no busy patch? A quarter of the size shows it. */
static bool
rest_likely(
    struct ladder *l, const struct patch *p, const bool *read, size_t n)
{
	struct gray half = image_halve(&l->base), g = {0};
	bool found = false;

	if (half.px != NULL)
		g = image_halve(&half);
	image_release(&half);
	if (g.px == NULL)
		return false;
	for (size_t i = 0; i < n; i++)
		for (uint32_t y = p[i].y / 4;
		     read[i] && y < (p[i].y + p[i].h) / 4 && y < g.h; y++)
			memset((uint8_t *)(uintptr_t)g.px + (size_t)y * g.w +
				   p[i].x / 4,
			    255, p[i].w / 4);
	found = likely(l, &g);
	image_release(&g);
	return found;
}

static enum cred_err
read_patch(struct ladder *l, const struct gray *g)
{
	struct squares q = {0};
	size_t before = l->n;
	enum cred_err e = straight_all(l, g, &q);

	if (e == CRED_OK && (l->n == before || l->rest))
		e = scan(l, g);
	l->first = false;
	if (e == CRED_OK && l->n == before)
		e = redraw_found(l, g, &q, 1);
	image_release(&q.bw);
	if (e == CRED_OK && l->n == before && size_of(g) <= RUNG_SMALL_PX)
		redraw_matched(l, g, 3);
	return e;
}

/*
 * The busiest patches, whatever is in them; once a code was read there, the
 * others in which squares stand, and a look whether there are larger ones in
 * the rest of the picture: then *rest, so that the whole is looked at too.
 */
static enum cred_err
busy_all(struct ladder *l, size_t most)
{
	struct patch p[BUSY_MAX];
	size_t n = busy_find(&l->base, p);
	enum cred_err e = CRED_OK;
	bool read[BUSY_MAX] = {false};

	for (size_t i = 0; e == CRED_OK && i < n; i++) {
		size_t before = l->n;
		struct gray g;
		if (l->n == 0 && i >= most)
			continue;
		g = patch_of(l, &p[i]);
		if (g.px == NULL)
			return CRED_FAULT_NOMEM;
		if (i < most && l->n == 0)
			e = read_patch(l, &g);
		else if (likely(l, &g))
			e = read_patch(l, &g);
		read[i] = l->n > before;
		image_release(&g);
	}
	if (l->n > 0)
		l->rest = rest_likely(l, p, read, n);
	return e;
}

/* The base at a scale, kept until another is asked for. px NULL: no memory. */
static const struct gray *
at_scale(struct ladder *l, int scale)
{
	if (scale == 0 || scale == RUNG_FULL)
		return scale == 0 ? &l->base : l->full;
	if (l->scaled.px != NULL && l->scale == scale)
		return &l->scaled;
	image_release(&l->scaled);
	l->scale = scale;
	l->scaled = scale < 0 ? image_halve(&l->base) : image_double(&l->base);
	for (int s = 1; l->scaled.px != NULL && s < abs(scale); s++) {
		struct gray g = scale < 0 ? image_halve(&l->scaled)
					  : image_double(&l->scaled);
		image_release(&l->scaled);
		l->scaled = g;
	}
	return &l->scaled;
}

static enum cred_err
look(struct ladder *l, const struct rung *r, const struct gray *g)
{
	struct squares own = {0}, *q = g == &l->base ? &l->squares : &own;
	enum cred_err e = CRED_OK;

	switch (r->how) {
	case RUNG_SCAN:
		return scan(l, g);
	case RUNG_PURE:
		if (pure_read(g, l->symbol))
			tell(l);
		return CRED_OK;
	case RUNG_BUSY:
		return busy_all(l, r->most);
	case RUNG_MATCH:
		redraw_matched(l, g, r->most);
		return CRED_OK;
	case RUNG_STRAIGHT:
		e = straight_all(l, g, q);
		break;
	case RUNG_REDRAW:
		e = redraw_found(l, g, q, r->most);
		break;
	}
	image_release(&own.bw);
	return e;
}

/* Is there time for it? What takes none is asked no pace. */
static bool
affords(struct ladder *l, const struct rung *r)
{
	size_t px = r->scale == RUNG_FULL ? size_of(l->full) : size_of(&l->base);
	bool made = r->scale != 0 || r->filter != RUNG_AS_IS || r->inverted;

	if (r->scale != RUNG_FULL)
		px = r->scale < 0 ? px >> -2 * r->scale : px << 2 * r->scale;
	if (l->first)
		return true;
	if (made && !pace_begin(&l->pace, PACE_MAKE, px))
		return false;
	switch (r->how) {
	case RUNG_SCAN:
		return pace_begin(&l->pace, PACE_SCAN, px);
	case RUNG_MATCH:
		return pace_begin(&l->pace, PACE_MATCH, px);
	case RUNG_REDRAW:
		return (!made && l->squares.bw.px != NULL) ||
		       pace_begin(&l->pace, PACE_SEARCH, px);
	case RUNG_STRAIGHT:
	case RUNG_PURE:
	case RUNG_BUSY:
		break;
	}
	return pace_step_begin(&l->pace);
}

/* The base as the rung wants it; *made owns it if it is another. */
static const struct gray *
prepare(struct ladder *l, const struct rung *r, struct gray *made)
{
	const struct gray *g = at_scale(l, r->scale);
	struct gray inv = {0};

	if (r->inverted && g->px != NULL) {
		inv = image_invert(g);
		g = &inv;
	}
	if (g->px != NULL && r->filter != RUNG_AS_IS) {
		*made = r->filter == RUNG_SMOOTH    ? image_blur(g, 1.5f)
			: r->filter == RUNG_SHARPEN ? image_sharpen(g, 3, 3)
					       : image_threshold(g, 31, 4);
		image_release(&inv);
		return made;
	}
	if (g == &inv) {
		*made = inv;
		return made;
	}
	return g;
}

static enum cred_err
try(struct ladder *l, const struct rung *r)
{
	struct gray made = {0};
	const struct gray *g;
	enum cred_err e;

	(void)pace_begin(&l->pace, PACE_MAKE, 0);
	g = prepare(l, r, &made);
	if (g->px == NULL)
		return CRED_FAULT_NOMEM;
	if (g != &l->base && g != l->full)
		pace_done(&l->pace, PACE_MAKE, size_of(g));
	e = look(l, r, g);
	image_release(&made);
	return e;
}

enum cred_err
ladder_read(const struct gray *img, const struct ladder_ops *ops, size_t *n)
{
	struct ladder l = {
	    .ops = ops, .full = img, .base = *img, .first = true};
	enum cred_err e = CRED_OK;
	bool halved = false;

	pace_init(&l.pace, ops->left, ops->ctx);
	l.symbol = malloc(sizeof *l.symbol);
	if (l.symbol == NULL)
		return CRED_FAULT_NOMEM;
	while (size_of(&l.base) > BASE_MAX_PX) {
		struct gray g = image_halve(&l.base);
		if (halved)
			image_release(&l.base);
		l.base = g;
		halved = true;
		if (g.px == NULL) {
			free(l.symbol);
			return CRED_FAULT_NOMEM;
		}
	}
	if (l.base.w > 0 && l.base.h > 0)
		for (size_t i = 0; e == CRED_OK && (l.n == 0 || l.rest) &&
				   i < N_RUNGS;
		     i++) {
			if (!rung_fits(&RUNGS[i], size_of(&l.base), halved))
				continue;
			if (!l.first && !pace_step_begin(&l.pace))
				break;
			if (!affords(&l, &RUNGS[i]))
				continue;
			if (ops->rung != NULL)
				ops->rung(ops->ctx, RUNGS[i].name);
			if (RUNGS[i].how != RUNG_BUSY)
				l.rest = false;
			e = try(&l, &RUNGS[i]);
			l.first = false;
		}
	free(l.symbol);
	image_release(&l.squares.bw);
	image_release(&l.scaled);
	if (halved)
		image_release(&l.base);
	if (e == CRED_OK)
		*n = l.n;
	return e;
}
