#ifndef QR_PURE_H
#define QR_PURE_H

#include "qr/image.h"
#include "qr/symbol.h"

/*
 * A code as programs write it, and nothing else in the picture: black on
 * white, no border, a whole number of pixels a module, often 1; zbar wants a
 * border and three pixels. False: it is not that, or memory is out.
 */
bool pure_read(const struct gray *g, struct symbol *s);

#endif
