#ifndef QR_IMAGE_H
#define QR_IMAGE_H

#include "credential/bytes.h"

/*
 * Grey pictures and what is done to them before a decoder looks. Allocating
 * ones answer with px NULL when out of memory; free with image_release().
 */
struct gray {
	const uint8_t *px; /* w * h, row by row, 0 black */
	uint32_t w, h;
};

void image_release(struct gray *g); /* only what a function below made */

/* Mean of 2 x 2: w / 2, h / 2, at least 1 x 1. */
struct gray image_halve(const struct gray *in);
/* Bilinear, 2w x 2h. */
struct gray image_double(const struct gray *in);
/* A copy of w x h from (x, y), which are inside. */
struct gray image_crop(
    const struct gray *in, uint32_t x, uint32_t y, uint32_t w, uint32_t h);
struct gray image_invert(const struct gray *in);
/* About a Gaussian of that sigma: three box means. */
struct gray image_blur(const struct gray *in, float sigma);
/* in + amount * (in - blurred in), cut to 0..255. */
struct gray image_sharpen(const struct gray *in, float sigma, float amount);
/*
 * 0 where darker by more than c than the mean of the window (odd, px) around
 * it, else 255.
 */
struct gray image_threshold(const struct gray *in, unsigned window, int c);

#endif
