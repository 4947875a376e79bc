#ifndef BENCH_SCAN_FRAME_H
#define BENCH_SCAN_FRAME_H

#include <stdint.h>

#include "qr/image.h"

/*
 * What a camera, a scanner, paper and people do to a printed page: pictures as
 * floats, 0 black to 255 white, and changes to them. Everything is drawn from
 * one seeded row of numbers, so that a picture is the same everywhere. No
 * memory: the program ends.
 */
struct frame {
	float *px;
	int w, h;
};

struct rng {
	uint64_t s;
};
struct rng rng_of(uint64_t seed, const char *family, unsigned nth);
float rng_in(struct rng *r, float from, float to);
float rng_gauss(struct rng *r);
unsigned rng_below(struct rng *r, unsigned n);

struct frame frame_new(int w, int h);
void frame_free(struct frame *f);

/* Where a place of the new picture, px, is in the old one. */
struct lens {
	void (*map)(const void *ctx, float x, float y, float *u, float *v);
	const void *ctx;
	float outside; /* grey beyond the old picture's edge */
	int samples;   /* a side: area means for what gets smaller */
};
struct frame frame_take(
    const struct gray *page, int w, int h, const struct lens *lens);

void frame_blur(struct frame *f, float sigma);     /* px */
void frame_defocus(struct frame *f, float radius); /* a lens's disc, px */
void frame_motion(struct frame *f, float length, float angle);
void frame_noise(struct frame *f, struct rng *r, float sigma);
/* black and white points, each with half that share */
void frame_salt(struct frame *f, struct rng *r, float share);
void frame_levels(struct frame *f, float black, float white);
/* to two levels, at that grey */
void frame_binary(struct frame *f, float at);

/* Smooth random values around 0, about -1..1, for w x h; wave: px. */
struct frame frame_waves(struct rng *r, int w, int h, float wave);

#endif
