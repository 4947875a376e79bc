#ifndef QR_REDRAW_H
#define QR_REDRAW_H

#include "qr/finder.h"

/*
 * A code as it was meant, from how it was photographed: the grid of modules is
 * laid over the picture (perspective from the corner squares and the timing
 * patterns, then the alignment patterns, then a lattice that follows folds),
 * each module is sampled, and the code is drawn anew for the decoder.
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
 * Draw what the grid shows. across, down: the share of a module that blur or
 * motion has carried into each neighbour, 0 none .. 0.7, to be taken away.
 * mirrored: as seen from behind. out->px is malloc'd; REDRAW_SCALE px a
 * module, with quiet zone. False when out of memory.
 */
#define REDRAW_SCALE 4
bool redraw_draw(const struct redraw *r, float across, float down,
    bool mirrored, struct gray *out);

#endif
