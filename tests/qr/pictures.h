#ifndef TESTS_QR_PICTURES_H
#define TESTS_QR_PICTURES_H

#include "qr/encode.h"
#include "qr/image.h"

/* Test pictures drawn in memory; everything is malloc'd, failures abort. */

/* A white sheet. */
struct gray sheet_new(uint32_t w, uint32_t h);
/* A QR code of text at (x, y), scale px a module, with its quiet zone.
 * Returns its side in px. */
uint32_t sheet_qr(
    struct gray *g, const char *text, uint32_t x, uint32_t y, uint32_t scale);
void sheet_free(struct gray *g);

/* As files; *len bytes. */
uint8_t *sheet_png(const struct gray *g, size_t *len);
uint8_t *sheet_jpeg(const struct gray *g, int quality, size_t *len);
/* A PDF, a page for each sheet, drawn at 200 dpi; with a pass phrase's
 * /Encrypt dictionary when encrypted. */
uint8_t *sheet_pdf(
    const struct gray *sheets, size_t n, bool encrypted, size_t *len);

#endif
