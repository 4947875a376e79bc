#include "qr/ladder.h"

#include <stdlib.h>
#include <zbar.h>

#include "qr/redraw.h"

/* zbar at full size on 12 megapixels takes 0.4-1.5 s and often reads nothing;
 * halved 0.1 s and reads. Larger pictures are halved until below this. */
#define BASE_MAX_PX (6u * 1000 * 1000)
/* What is below this is looked at doubled as well. */
#define SMALL_PX    (1000u * 1000)
#define TINY_PX     (150u * 1000)

enum how {
	SCAN,   /* zbar on the picture */
	REDRAW, /* corner squares, grid, drawn anew, zbar */
};
enum filter {
	AS_IS,
	SMOOTH,    /* dots, hatching, screens, noise */
	SHARPEN,   /* out of focus */
	THRESHOLD, /* uneven light */
};

struct rung {
	const char *name;
	enum how how;
	int scale; /* powers of two above (1) or below (-1) the base, or */
#define FULL 9     /* the picture before it was halved */
	enum filter filter;
	bool inverted;
};

/* In this order. */
static const struct rung RUNGS[] = {
    {"scan", SCAN, 0, AS_IS, false},
    {"redraw", REDRAW, 0, AS_IS, false},
    {"scan threshold", SCAN, 0, THRESHOLD, false},
    {"redraw half", REDRAW, -1, AS_IS, false},
    {"redraw double", REDRAW, 1, AS_IS, false},
    {"redraw full", REDRAW, FULL, AS_IS, false},
    {"scan full", SCAN, FULL, AS_IS, false},
    {"scan half", SCAN, -1, AS_IS, false},
    {"scan double", SCAN, 1, AS_IS, false},
    {"redraw smooth", REDRAW, 0, SMOOTH, false},
    {"redraw sharpen", REDRAW, 0, SHARPEN, false},
    {"scan inverted", SCAN, 0, AS_IS, true},
    {"redraw inverted", REDRAW, 0, AS_IS, true},
    {"redraw double smooth", REDRAW, 1, SMOOTH, false},
    {"redraw double sharpen", REDRAW, 1, SHARPEN, false},
    {"redraw half sharpen", REDRAW, -1, SHARPEN, false},
    {"redraw half smooth", REDRAW, -1, SMOOTH, false},
    {"redraw quarter", REDRAW, -2, AS_IS, false},
    {"redraw fourfold", REDRAW, 2, AS_IS, false},
    {"scan double threshold", SCAN, 1, THRESHOLD, false},
    {"redraw half inverted", REDRAW, -1, AS_IS, true},
    {"redraw double inverted", REDRAW, 1, AS_IS, true},
    {"redraw smooth inverted", REDRAW, 0, SMOOTH, true},
};

struct ladder {
	const struct ladder_ops *ops;
	const struct gray *full;
	struct gray base;
	struct gray scaled; /* the last one made, of that scale */
	int scale;
	size_t n;
};

static bool
more(const struct ladder *l)
{
	return l->ops->more == NULL || l->ops->more(l->ops->ctx);
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
	e = CRED_OK;
out:
	zbar_image_destroy(img);
	zbar_image_scanner_destroy(s);
	return e;
}

/* What may have happened to the modules, in the order of how often it has. */
static const struct {
	float across, down;
	bool mirrored;
} DRAWN[] = {{0, 0, false}, {0.25f, 0.25f, false}, {0.45f, 0.45f, false},
    {0.6f, 0.6f, false}, {0.7f, 0.1f, false}, {0.1f, 0.7f, false},
    {0, 0, true}};

/* The code that three corner squares lay out: the likeliest dimensions, drawn
 * plainly and with the neighbours' bleeding taken away. */
static enum cred_err
redraw_triple(
    struct ladder *l, const struct gray *g, const struct finder_triple *t)
{
	struct redraw *r = redraw_new(g, t);
	enum cred_err e = CRED_OK;
	size_t before = l->n;

	for (unsigned nth = 0; r != NULL && nth < 3 && l->n == before; nth++) {
		if (!redraw_fit(r, nth))
			continue;
		for (size_t i = 0; e == CRED_OK && l->n == before &&
				   i < sizeof DRAWN / sizeof *DRAWN;
		     i++) {
			struct gray drawn;
			if (!redraw_draw(r, DRAWN[i].across, DRAWN[i].down,
				DRAWN[i].mirrored, &drawn)) {
				e = CRED_FAULT_NOMEM;
				break;
			}
			e = scan(l, &drawn);
			image_release(&drawn);
		}
		if (e != CRED_OK || !more(l))
			break;
	}
	redraw_free(r);
	return e;
}

static bool
shares(const struct finder_triple *a, const struct finder_triple *b)
{
	const struct finder *p[] = {&a->tl, &a->tr, &a->bl};
	const struct finder *q[] = {&b->tl, &b->tr, &b->bl};

	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++)
			if (p[i]->x == q[j]->x && p[i]->y == q[j]->y)
				return true;
	return false;
}

/* All codes: a corner square of one that was read is no other's. */
static enum cred_err
redraw_all(struct ladder *l, const struct gray *g)
{
	struct gray bw = image_threshold(g, 31, 4);
	struct finder_triple t[TRIPLE_MAX];
	bool read[TRIPLE_MAX] = {false};
	struct finder f[FINDER_MAX];
	enum cred_err e = CRED_OK;
	size_t n;

	if (bw.px == NULL)
		return CRED_FAULT_NOMEM;
	n = finder_search(&bw, f);
	n = finder_triples(&bw, f, n, t);
	for (size_t i = 0; e == CRED_OK && i < n && (i == 0 || more(l)); i++) {
		size_t before = l->n;
		bool used = false;
		for (size_t k = 0; k < i && !used; k++)
			used = read[k] && shares(&t[i], &t[k]);
		if (!used)
			e = redraw_triple(l, g, &t[i]);
		read[i] = l->n > before;
	}
	image_release(&bw);
	return e;
}

/* The base at a scale, kept until another is asked for. px NULL: no memory. */
static const struct gray *
at_scale(struct ladder *l, int scale)
{
	if (scale == 0 || scale == FULL)
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
try(struct ladder *l, const struct rung *r)
{
	const struct gray *g = at_scale(l, r->scale);
	struct gray made = {0}, inv = {0};
	enum cred_err e = CRED_FAULT_NOMEM;

	if (g->px == NULL)
		return e;
	if (r->inverted) {
		inv = image_invert(g);
		g = &inv;
	}
	if (g->px != NULL && r->filter != AS_IS) {
		made = r->filter == SMOOTH    ? image_blur(g, 1.5f)
		       : r->filter == SHARPEN ? image_sharpen(g, 3, 3)
					      : image_threshold(g, 31, 4);
		g = &made;
	}
	if (g->px != NULL)
		e = r->how == SCAN ? scan(l, g) : redraw_all(l, g);
	image_release(&made);
	image_release(&inv);
	return e;
}

static bool
fits(const struct ladder *l, const struct rung *r)
{
	size_t px = (size_t)l->base.w * l->base.h;

	switch (r->scale) {
	case FULL:
		return l->base.px != l->full->px;
	case 1:
		return px <= SMALL_PX;
	case 2:
		return px <= TINY_PX;
	case -1:
		return px > SMALL_PX / 16;
	case -2:
		return px > SMALL_PX / 2;
	default:
		return true;
	}
}

enum cred_err
ladder_read(const struct gray *img, const struct ladder_ops *ops, size_t *n)
{
	struct ladder l = {.ops = ops, .full = img, .base = *img};
	enum cred_err e = CRED_OK;
	bool halved = false;

	while ((size_t)l.base.w * l.base.h > BASE_MAX_PX) {
		struct gray g = image_halve(&l.base);
		if (halved)
			image_release(&l.base);
		l.base = g;
		halved = true;
		if (g.px == NULL)
			return CRED_FAULT_NOMEM;
	}
	if (l.base.w > 0 && l.base.h > 0)
		for (size_t i = 0; e == CRED_OK && l.n == 0 &&
				   i < sizeof RUNGS / sizeof *RUNGS;
		     i++) {
			if (i > 0 && !more(&l))
				break;
			if (!fits(&l, &RUNGS[i]))
				continue;
			if (ops->rung != NULL)
				ops->rung(ops->ctx, RUNGS[i].name);
			e = try(&l, &RUNGS[i]);
		}
	image_release(&l.scaled);
	if (halved)
		image_release(&l.base);
	if (e == CRED_OK)
		*n = l.n;
	return e;
}
