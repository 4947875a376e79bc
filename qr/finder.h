#ifndef QR_FINDER_H
#define QR_FINDER_H

#include "qr/image.h"

/*
 * Where the three corner squares of QR codes are (ISO/IEC 18004 s6.3.3: dark
 * and light in the ratio 1:1:3:1:1 along any line through the middle).
 */
struct finder {
	float x, y;    /* centre, px; the middle of pixel 0 is 0.5 */
	float module;  /* size of a module, px */
	unsigned hits; /* lines on which it was seen */
};
#define FINDER_MAX 48

/* bw: 0 dark, 255 light. out: the most seen first. Returns how many. */
size_t finder_search(
    const struct gray *bw, struct finder out[static FINDER_MAX]);

/*
 * The same where blur, motion or noise has left no clear runs: by likeness to
 * the square as a whole, over all sizes from 1.4 px a module on. Slow: about
 * 0.1 s for half a megapixel.
 */
size_t finder_match(
    const struct gray *g, struct finder out[static FINDER_MAX]);

/*
 * Three that may belong to one code; tl is where the right angle is, tr and bl
 * so that the code is not mirrored. modules: of a side between the centres. bw:
 * NULL when the sizes that the finders have are exact (finder_match()).
 */
struct finder_triple {
	struct finder tl, tr, bl;
	float modules;
	float score; /* smaller is better */
};
#define TRIPLE_MAX 12
size_t finder_triples(const struct gray *bw, const struct finder *f, size_t n,
    struct finder_triple out[static TRIPLE_MAX]);

#endif
