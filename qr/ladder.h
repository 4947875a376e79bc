#ifndef QR_LADDER_H
#define QR_LADDER_H

#include "credential/bytes.h"
#include "credential/err.h"

/*
 * QR codes out of grey pixels: one decoder (zbar) under a ladder of
 * preparations, from the cheapest to the dearest, that ends at the first rung
 * that reads something. Opens nothing, knows no clock; runs in the jailed
 * child.
 */
struct gray {
	const uint8_t *px; /* w * h, row by row, 0 black */
	uint32_t w, h;
};

struct ladder_ops {
	void *ctx;
	/* One complete text. The bytes live until it returns. The same text
	 * may come more than once. */
	void (*found)(void *ctx, struct bytes text);
	/* May another rung be tried? Asked before each; NULL: always. */
	bool (*more)(void *ctx);
};

/*
 * *n: texts told to ops->found; 0 when no rung reads any. A picture without
 * pixels has no code. CRED_FAULT_NOMEM; nothing else fails.
 */
enum cred_err ladder_read(
    const struct gray *img, const struct ladder_ops *ops, size_t *n);

/* The preparations, each into out of the size it says; for tests. */

/* Mean of 2 x 2: out is (w / 2) * (h / 2). */
void ladder_halve(const struct gray *in, uint8_t *out);
/* Bilinear, out is 2w * 2h. */
void ladder_double(const struct gray *in, uint8_t *out);
/* 0 where darker by more than c than the mean of the window (odd, px) around
 * it, else 255. out is w * h. False when out of memory. */
bool ladder_threshold(
    const struct gray *in, unsigned window, int c, uint8_t *out);

#endif
