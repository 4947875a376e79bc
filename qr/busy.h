#ifndef QR_BUSY_H
#define QR_BUSY_H

#include "qr/image.h"

/*
 * Where in a large picture codes may be: patches about as wide as high in which
 * grey changes all the time both ways. Text is wider than high, or changes
 * less; frames have nothing inside.
 */
struct patch {
	uint32_t x, y, w, h; /* px, with a margin around */
};
#define BUSY_MAX 16

/* The likeliest first. Returns how many; 0 also when out of memory. */
size_t busy_find(const struct gray *g, struct patch out[static BUSY_MAX]);

#endif
