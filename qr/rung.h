#ifndef QR_RUNG_H
#define QR_RUNG_H

#include "credential/bytes.h"

/* What the ladder tries, and in which order. */
enum rung_how {
	RUNG_SCAN,     /* zbar on the picture */
	RUNG_STRAIGHT, /* corner squares by their runs, a flat grid */
	RUNG_PURE,     /* a code and nothing else, drawn exactly */
	RUNG_REDRAW,   /* corner squares by their runs, grid, own decoder */
	RUNG_MATCH,    /* corner squares by likeness, grid, own decoder */
	RUNG_BUSY,     /* all but pure on the busy patches of a large picture */
};
enum rung_filter {
	RUNG_AS_IS,
	RUNG_SMOOTH,    /* dots, hatching, screens, noise */
	RUNG_SHARPEN,   /* out of focus */
	RUNG_THRESHOLD, /* uneven light */
};

struct rung {
	const char *name;
	enum rung_how how;
	int scale; /* powers of two above (1) or below (-1) the base, or */
#define RUNG_FULL 9 /* the picture before it was halved */
	enum rung_filter filter;
	bool inverted;
	size_t most; /* triples, or patches, that are tried */
};

/* What is below this is looked at doubled as well. */
#define RUNG_SMALL_PX (1000u * 1000)

#define N_RUNGS 35
extern const struct rung RUNGS[N_RUNGS];

/* Has it a sense for a base of so many pixels, which was halved or not? */
bool rung_fits(const struct rung *r, size_t px, bool halved);

#endif
