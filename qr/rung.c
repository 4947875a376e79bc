#include "qr/rung.h"

#include "qr/busy.h"

#define TINY_PX	 (150u * 1000)
/* Above this the busy patches are looked at first. */
#define LARGE_PX (1200u * 1000)

/* In this order. */
const struct rung RUNGS[N_RUNGS] = {
    {"busy", RUNG_BUSY, 0, RUNG_AS_IS, false, 2},
    {"straight", RUNG_STRAIGHT, 0, RUNG_AS_IS, false, 0},
    {"scan", RUNG_SCAN, 0, RUNG_AS_IS, false, 0},
    {"pure", RUNG_PURE, 0, RUNG_AS_IS, false, 0},
    {"redraw", RUNG_REDRAW, 0, RUNG_AS_IS, false, 3},
    {"redraw half", RUNG_REDRAW, -1, RUNG_AS_IS, false, 1},
    {"match", RUNG_MATCH, 0, RUNG_AS_IS, false, 3},
    {"match half", RUNG_MATCH, -1, RUNG_AS_IS, false, 3},
    {"match double", RUNG_MATCH, 1, RUNG_AS_IS, false, 3},
    {"redraw full", RUNG_REDRAW, RUNG_FULL, RUNG_AS_IS, false, 2},
    {"redraw more", RUNG_REDRAW, 0, RUNG_AS_IS, false, 12},
    {"scan threshold", RUNG_SCAN, 0, RUNG_THRESHOLD, false, 0},
    {"redraw double", RUNG_REDRAW, 1, RUNG_AS_IS, false, 2},
    {"busy more", RUNG_BUSY, 0, RUNG_AS_IS, false, BUSY_MAX},
    {"scan full", RUNG_SCAN, RUNG_FULL, RUNG_AS_IS, false, 0},
    {"scan half", RUNG_SCAN, -1, RUNG_AS_IS, false, 0},
    {"scan double", RUNG_SCAN, 1, RUNG_AS_IS, false, 0},
    {"redraw smooth", RUNG_REDRAW, 0, RUNG_SMOOTH, false, 4},
    {"redraw sharpen", RUNG_REDRAW, 0, RUNG_SHARPEN, false, 4},
    {"scan inverted", RUNG_SCAN, 0, RUNG_AS_IS, true, 0},
    {"redraw inverted", RUNG_REDRAW, 0, RUNG_AS_IS, true, 4},
    {"match inverted", RUNG_MATCH, 0, RUNG_AS_IS, true, 3},
    {"match quarter", RUNG_MATCH, -2, RUNG_AS_IS, false, 3},
    {"match sharpen", RUNG_MATCH, 0, RUNG_SHARPEN, false, 3},
    {"match half sharpen", RUNG_MATCH, -1, RUNG_SHARPEN, false, 3},
    {"redraw double smooth", RUNG_REDRAW, 1, RUNG_SMOOTH, false, 4},
    {"redraw double sharpen", RUNG_REDRAW, 1, RUNG_SHARPEN, false, 4},
    {"redraw half sharpen", RUNG_REDRAW, -1, RUNG_SHARPEN, false, 4},
    {"redraw half smooth", RUNG_REDRAW, -1, RUNG_SMOOTH, false, 4},
    {"match more", RUNG_MATCH, 0, RUNG_AS_IS, false, 12},
    {"redraw fourfold", RUNG_REDRAW, 2, RUNG_AS_IS, false, 4},
    {"scan double threshold", RUNG_SCAN, 1, RUNG_THRESHOLD, false, 0},
    {"redraw half inverted", RUNG_REDRAW, -1, RUNG_AS_IS, true, 4},
    {"redraw double inverted", RUNG_REDRAW, 1, RUNG_AS_IS, true, 4},
    {"redraw smooth inverted", RUNG_REDRAW, 0, RUNG_SMOOTH, true, 4},
};

bool
rung_fits(const struct rung *r, size_t px, bool halved)
{
	if (r->how == RUNG_BUSY)
		return px > LARGE_PX;
	/* finder_match() takes 0.1 s a megapixel */
	if (r->how == RUNG_MATCH &&
	    px > (r->scale > 0 ? RUNG_SMALL_PX / 2 : 2 * RUNG_SMALL_PX))
		return false;

	switch (r->scale) {
	case RUNG_FULL:
		return halved;
	case 1:
		return px <= RUNG_SMALL_PX;
	case 2:
		return px <= TINY_PX;
	case -1:
		return px > RUNG_SMALL_PX / 16;
	case -2:
		return px > RUNG_SMALL_PX / 2;
	default:
		return true;
	}
}
