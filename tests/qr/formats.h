#ifndef TESTS_FORMATS_H
#define TESTS_FORMATS_H

#include "tests/qr/pictures.h"

/*
 * A sheet in every form that the reader claims to read, each made by the
 * format's own library, or by hand where there is none. malloc'd.
 */
struct form {
	const char *name;
	uint8_t *(*make)(const struct gray *g, int arg, size_t *len);
	int arg;
};
extern const struct form forms[];
extern const size_t n_forms;

/* Pages of one TIFF, G4. */
uint8_t *form_tiff_pages(const struct gray *g, size_t n, size_t *len);
/* A PDF of one A4 page with a tiny image of these sheets' pixels, filter by
 * name: "flate", "dct", "fax", "mask", "index". */
uint8_t *form_pdf_image(const struct gray *g, const char *filter, size_t *len);

#endif
