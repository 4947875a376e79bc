#ifndef QR_STRAIGHT_H
#define QR_STRAIGHT_H

#include "qr/finder.h"
#include "qr/symbol.h"

/*
 * A code seen straight from in front, sharp and evenly lit, turned however it
 * may: a flat grid from the corner squares, one look at each module. A tenth
 * of what redraw.h costs, and a fifth of zbar. False: it is not that simple,
 * or memory is out; *s is then of no use.
 */
bool straight_read(
    const struct gray *g, const struct finder_triple *t, struct symbol *s);

#endif
