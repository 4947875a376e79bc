#ifndef BENCH_SCAN_FAMILY_H
#define BENCH_SCAN_FAMILY_H

#include "bench/scan/paper.h"

/* One kind of damage: how often it is mild and how often it is bad is drawn
 * evenly over the range that its code names. */
struct family {
	const char *name;
	bool whole; /* the whole page, not the surroundings of the code */
	/* p is the picture's own: paper may be spoilt. *quality: of the JPEG,
	 * 0 for PNG; set beforehand to 80..92. */
	struct frame (*make)(struct paper *p, struct rng *r, int *quality);
};
extern const struct family FAMILIES[];
extern const unsigned N_FAMILIES;

#endif
