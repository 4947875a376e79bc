#ifndef RENDER_PHOTO_INT_H
#define RENDER_PHOTO_INT_H

#include <cairo.h>

#include "credential/bytes.h"
#include "edge/why.h"

/*
 * A photo as the PDF holds it: a JPEG without the camera's notes (where it
 * was taken, by whom), turned upright, no larger than print needs.
 */
struct photo {
	cairo_surface_t *image; /* of the JPEG as stored */
	int w, h;               /* px, as stored */
	int orientation;        /* EXIF 1..8: how to turn it */
};

/*
 * PNG or JPEG; w_mm x h_mm: where it goes. CRED_FAULT_RENDER when it is
 * neither, is damaged, or is in printing colours (CMYK).
 */
enum cred_err photo_make(struct bytes file, double w_mm, double h_mm,
    struct photo *out, struct why *why);
/* Into the rectangle (points): filled when the shapes nearly agree, else
 * whole and centred. */
void photo_draw(
    cairo_t *cr, const struct photo *p, double x, double y, double w, double h);
void photo_release(struct photo *p);

#endif
