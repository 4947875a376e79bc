#ifndef QR_REDRAW_INT_H
#define QR_REDRAW_INT_H

#include "qr/redraw.h"

#define MAX_DIM   177
#define MAX_NODES 23 /* of the lattice, a side, when it is at its finest */
#define N_DIMS    5  /* dimensions that are tried */
#define RANGE     64 /* contrast is cut here: a stain must not outweigh */

struct point {
	float x, y;
};

struct redraw {
	const struct gray *g;
	float *d;              /* grey minus the mean around it, +-RANGE */
	float *soft;           /* d, its mean over half a module */
	uint32_t x0, y0, w, h; /* the part of the picture that d covers */
	struct point tl, tr, bl, br; /* of the corner squares' centres */
	struct point first[3];       /* the first three as they were found */
	float modules, px; /* first estimates: between centres, size */
	int dims[N_DIMS];
	struct point corners[N_DIMS]; /* br for each of dims */
	float scores[N_DIMS];
	int dim, nodes;
	unsigned refined; /* times */
	float m[8];                              /* homography, modules to px */
	struct point bend[MAX_NODES][MAX_NODES]; /* of the lattice, px */
	struct point top[MAX_DIM + 1], left[MAX_DIM + 1]; /* along the timing
				patterns, px against the homography */
	int8_t *known; /* dim * dim: 1 light, -1 dark, 0 data */
};

/* redraw_grid.c: where a module is in the picture, and what is there. */

/* The homography that takes the four centres, at 3.5 and dim - 3.5 modules,
 * to their places; br is the far one. */
void grid_homography(struct redraw *r, struct point br);
/* Where a place in modules (0..dim) is: by the homography alone, and bent. */
struct point grid_flat(const struct redraw *r, float u, float v);
struct point grid_place(const struct redraw *r, float u, float v);
/* Grey against its surroundings at a place in the picture; 0 outside. */
float grid_contrast(const struct redraw *r, struct point p);
/* The same for a module, in the mean over its inner half. */
float grid_module(const struct redraw *r, int col, int row);

/* A place whose shift against the homography is known. */
struct anchor {
	float u, v; /* modules */
	struct point shift;
};
/* The lattice: what the timing patterns do, u and v added up, since paper bends
 * along lines; and what the anchors say beyond that, nearer ones counting
 * more. */
void grid_bend(struct redraw *r, const struct anchor *a, size_t n);

/* redraw_lattice.c */

/* Move each node to where its modules are clearest: by reach modules, then half
 * and a quarter of that. stiff: how much a node that its neighbours would not
 * have there must win. */
void lattice_fit(struct redraw *r, float reach, float stiff);

/* redraw_known.c: what is in every code of a dimension. */

/* Corner square, separator or beyond: its module at (c, r) from its corner. */
int known_corner(int c, int r);
/* Centres of the alignment patterns along a side; how many, at most 7. */
int known_alignments(int dim, int out[static 7]);
bool known_is_alignment(int n, int i, int j);
/* dim * dim: 1 light, -1 dark, 0 data. */
void known_modules(int dim, int8_t *out);

#endif
