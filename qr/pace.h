#ifndef QR_PACE_H
#define QR_PACE_H

#include "qr/image.h"

/*
 * Does a step still fit into the time that is left? How long steps take is
 * learned from those that were made: machines differ, and so do pictures.
 */
enum pace_work {
	PACE_SCAN,   /* zbar */
	PACE_SEARCH, /* threshold and corner squares by their runs */
	PACE_MATCH,  /* corner squares by likeness */
	PACE_MAKE,   /* scaling, filtering, inverting */
	PACE_WORKS,
};

struct pace {
	/* Seconds that may still be spent; NULL: as many as it takes. */
	double (*left)(void *ctx);
	void *ctx;
	double px[PACE_WORKS]; /* seconds a million pixels */
	double step;           /* the longest step on three squares */
	double begun;          /* when there was so much left */
};

void pace_init(struct pace *p, double (*left)(void *ctx), void *ctx);

/* A work on so many pixels; when there is no time for it: false. After it, if
 * it was true: pace_done(). */
bool pace_begin(struct pace *p, enum pace_work w, uint64_t px);
void pace_done(struct pace *p, enum pace_work w, uint64_t px);

/* The same of a step on three corner squares. */
bool pace_step_begin(struct pace *p);
void pace_step_done(struct pace *p);

#endif
