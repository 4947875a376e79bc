#ifndef QR_PDF_H
#define QR_PDF_H

#include "credential/bytes.h"
#include "credential/err.h"
#include "qr/image.h"

/*
 * The images inside a PDF, by libqpdf, at their own resolution: what a scanner
 * wrote, before anything was scaled. Touches hostile bytes: only ever in the
 * jailed child.
 */
struct pdf;

/* Load libqpdf and what its images need; before the jail. */
void pdf_load(void);

/*
 * file is borrowed. CRED_ERR_PIC_ENCRYPTED: it asks for a pass phrase;
 * CRED_ERR_PIC_BROKEN; CRED_FAULT_CONFIG: libqpdf is missing.
 */
enum cred_err pdf_open(
    struct bytes file, struct pdf **out, unsigned *n_pages);
void pdf_close(struct pdf *p); /* takes NULL */

/* False: no more. */
typedef bool pdf_each(void *ctx, const struct gray *image);

/*
 * Each image of a page (from 1) that we read: JPEG, fax (CCITT), and samples
 * of 1 to 16 bits in gray, RGB, CMYK or indexed colours, those of one bit
 * first, then the larger first. Very small ones come enlarged with a white
 * border: a QR code at one pixel a module. Left out: JPEG 2000 and JBIG2, more
 * than max_pixels, inline images, the 65th of a page.
 * CRED_FAULT_NOMEM.
 */
enum cred_err pdf_images(struct pdf *p, unsigned page, uint32_t max_pixels,
    pdf_each *each, void *ctx);

#endif
