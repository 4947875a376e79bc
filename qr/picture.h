#ifndef QR_PICTURE_H
#define QR_PICTURE_H

#include "credential/bytes.h"
#include "credential/err.h"
#include "qr/ladder.h"

/*
 * Files to grey pixels. Touches hostile bytes with libpng and libjpeg: only
 * ever called in the jailed child (and by fuzz targets).
 */
enum picture_type {
	PICTURE_NONE, /* nothing that we read */
	PICTURE_PNG,
	PICTURE_JPEG,
	PICTURE_PDF,
};

/* By the first bytes; a PDF's mark may stand within the first 1024. */
enum picture_type picture_sniff(struct bytes file);

struct picture {
	struct gray gray;
	uint8_t *px;  /* malloc */
	bool damaged; /* the file ended early or had errors: part is missing */
};

/*
 * Decode a PNG or JPEG. The size is checked against max_pixels by the header,
 * before anything is allocated: CRED_ERR_PIC_PIXELS. A JPEG above 25
 * megapixels is scaled down by 2, 4 or 8 while decoding. Transparent is white.
 * CRED_ERR_PIC_FORMAT, CRED_ERR_PIC_BROKEN when nothing could be decoded.
 */
enum cred_err picture_decode(
    struct bytes file, uint32_t max_pixels, struct picture *out);
void picture_release(struct picture *p);

#endif
