#ifndef TESTS_FORMATS_INT_H
#define TESTS_FORMATS_INT_H

#include "tests/qr/formats.h"

/* Between formats.c and formats_tiff.c. */
struct form_sink {
	uint8_t *p;
	size_t len, at, cap;
};

void form_put(struct form_sink *s, const void *from, size_t n);

struct gray form_flipped(const struct gray *g);
/* White is transparent, and black below, when alpha_of_white is 0. */
uint8_t *form_rgba(const struct gray *g, uint8_t alpha_of_white);

enum { TIFF_BLACK = 1 << 16, TIFF_TILES = 2 << 16, TIFF_RGB = 4 << 16,
	TIFF_GRAY = 8 << 16, TIFF_BIG = 16 << 16, TIFF_MIRRORED = 32 << 16,
	TIFF_ALPHA = 64 << 16 };

/* arg: libtiff's compression and those. */
uint8_t *form_tiff(const struct gray *in, int arg, size_t *len);
/* The strip of a TIFF: G4 data alone. */
uint8_t *form_fax(const struct gray *g, size_t *len);

#endif
