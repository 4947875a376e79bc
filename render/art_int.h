#ifndef RENDER_ART_INT_H
#define RENDER_ART_INT_H

#include <cairo.h>

#include "credential/bytes.h"
#include "credential/err.h"

/*
 * What a template prints on every page, as the PDF that cairo makes of it. Made
 * once: written again and again, it were a third of a certificate's cost. A
 * page is drawn with a stand-in, and bind.c puts this in its place.
 */
struct art {
	unsigned holders;
	uint8_t *pdf;
	size_t len;
	size_t form;    /* the object that draws it */
	size_t page[4]; /* those of the page that it was drawn on */
};

/* w x h points of drawn. CRED_FAULT_RENDER: not to be had as one object, draw
 * it each time; CRED_FAULT_NOMEM. */
enum cred_err art_make(
    cairo_surface_t *drawn, double w, double h, struct art **out);
/* For one who may outlive the template; not from several threads. */
struct art *art_hold(struct art *a);
void art_release(struct art *a); /* takes NULL */

/* A surface that bind.c knows again as the n-th of a part. */
cairo_surface_t *art_stand_in(size_t n);
/* Is this the object of one? */
bool art_is_stand_in(struct bytes object, size_t *n);

#endif
