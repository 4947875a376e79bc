#ifndef BENCH_SCAN_PAPER_H
#define BENCH_SCAN_PAPER_H

#include "bench/scan/frame.h"

/*
 * A printed certificate page at 300 dpi (a module is PAPER_MODULE px) and what
 * happens to the paper around its code.
 */
#define PAPER_MODULE 5

struct paper {
	struct gray page; /* malloc, but of paper_open() */
	float cx, cy;     /* the code's middle, px */
	int dim;          /* modules a side */
};

/* The text of picture nth of a family: an address and 380..610 digits, which
 * is version 10 to 12. */
#define PAPER_TEXT 700
void paper_text(struct rng *r, char text[static PAPER_TEXT]);

/* Where the page's own code is; page is borrowed. Ends the program when there
 * is none. */
struct paper paper_open(const struct gray *page);
/* A copy of side x side px around the code, or of the whole page when side is
 * 0, with a code for text in its place. */
struct paper paper_print(const struct paper *p, int side, const char *text);
void paper_free(struct paper *p);

/* A fold across the code: which way paper goes there, and its crack. */
struct fold {
	float nx, ny, at;  /* the line: nx x + ny y = at, px from the middle */
	float pull, reach; /* px the paper is pulled in, over how many px */
};
struct bent {
	struct fold fold[4];
	int folds;
	struct frame dx, dy; /* of the same size as the page, or px NULL */
	float amount;        /* px */
	float curl;          /* a cylinder's radius, px; 0: flat */
};
/* white: width of the cracked line, px */
void paper_fold(
    struct paper *p, struct bent *b, struct rng *r, float pull, float white);
void paper_crumple(struct paper *p, struct bent *b, struct rng *r, float wave,
    float amount, float shade);
void bent_free(struct bent *b);
void bent_at(const struct bent *b, const struct paper *p, float *u, float *v);

void paper_stain(struct paper *p, struct rng *r, float radius, float dark);
void paper_ring(struct paper *p, struct rng *r, float radius, float dark);
void paper_stroke(struct paper *p, struct rng *r, float width, float dark);

/* A camera over the paper. */
struct camera {
	const struct paper *paper;
	const struct bent *bent; /* or NULL */
	float module;            /* px a module in the middle of the picture */
	float roll, tilt, azimuth; /* radians */
	float x, y; /* what it looks at, px from the code's middle */
};
struct frame camera_take(const struct camera *c, int w, int h, float outside);

#endif
