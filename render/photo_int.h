#ifndef RENDER_PHOTO_INT_H
#define RENDER_PHOTO_INT_H

#include <cairo.h>

#include "credential/bytes.h"
#include "edge/why.h"

/* Of a photo, width times height. */
#define PHOTO_MAX_PIXELS 40000000.0

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
 * The JPEG to embed (malloc) of at least want_w x want_h px where the photo
 * has them; p gets its size in px and how to turn it, no image. Decodes: in
 * cell.c's child alone.
 */
enum cred_err photo_prepare(struct bytes file, double want_w, double want_h,
    uint8_t **jpeg, size_t *len, struct photo *p, struct why *why);

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
