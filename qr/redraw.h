#ifndef QR_REDRAW_H
#define QR_REDRAW_H

#include "qr/finder.h"
#include "qr/pace.h"
#include "qr/symbol.h"

/*
 * A code as it was meant, from how it was photographed: the grid of modules is
 * laid over the picture (perspective from the corner squares and the timing
 * patterns, then the alignment patterns, then a lattice that follows folds),
 * and each module is sampled and decided.
 */
struct redraw;

/* dim: modules a side, 21, 25, … 177. NULL when out of memory. */
struct redraw *redraw_new(const struct gray *g, const struct finder_triple *t);
void redraw_free(struct redraw *r);

/*
 * Lay the grid for the most likely dimensions; n-th: 0 the likeliest. False
 * when there is none. */
bool redraw_fit(struct redraw *r, unsigned nth);

/*
 * Read what the grid shows; rounds, pace: see equal_read(). False, and what could be
 * made out in *s, when it is not a whole text or memory is out.
 */
bool redraw_read(const struct redraw *r, unsigned rounds, struct pace *pace,
    struct symbol *s);

/* After redraw_read() that read nothing, but the format: a finer lattice, which
 * what s is sure of holds in its place. */
void redraw_refine(struct redraw *r, const struct symbol *s);

#endif
