#ifndef QR_PDF_INT_H
#define QR_PDF_INT_H

#include "qr/pdf.h"
#include "qr/picture.h"

/* What an image's dictionary says of its bytes. */
struct pdf_samples {
	uint32_t w, h;
	unsigned bits;	 /* 1, 2, 4, 8, 16 a component */
	unsigned colours; /* components: 1, 3, 4; 1 if indexed */
	bool inverted;	 /* /Decode [1 0] */
	unsigned n_palette;
	uint8_t palette[256]; /* luma; used if n_palette > 0 */
};
enum cred_err pdf_samples(
    const struct pdf_samples *s, struct bytes data, struct picture *out);

struct pdf_fax {
	uint32_t w, h; /* h 0: unknown */
	int k;	       /* < 0: group 4; else group 3, > 0: two-dimensional */
	bool black_is_1, aligned;
};
/* A TIFF around fax data: malloc, NULL when out of memory. */
uint8_t *pdf_fax_tiff(
    const struct pdf_fax *f, struct bytes data, size_t *len);

/* Small pictures fourfold with a white border; others as they are. */
bool pdf_enlarge(struct picture *p);

#endif
