#ifndef QR_PICTURE_H
#define QR_PICTURE_H

#include "credential/bytes.h"
#include "credential/err.h"
#include "qr/ladder.h"

/*
 * Files to grey pixels. Touches hostile bytes with the libraries of each
 * format: only ever called in the jailed child (and by fuzz targets).
 */
enum picture_type {
	PICTURE_NONE, /* nothing that we read */
	PICTURE_PNG,
	PICTURE_JPEG,
	PICTURE_WEBP,
	PICTURE_HEIF, /* HEIC: HEVC in HEIF, as telephones write it */
	PICTURE_TIFF, /* may have pages */
	PICTURE_BMP,
	PICTURE_GIF, /* its first frame */
	PICTURE_PDF,
};

/* By the first bytes; a PDF's mark may stand within the first 1024. */
enum picture_type picture_sniff(struct bytes file);

/*
 * Load the library that this type needs, for libheif, libtiff and libqpdf take
 * up to 10 ms to load and most files need none of them. Opens files: before
 * the jail. Missing: picture_decode() says so.
 */
void picture_load(enum picture_type type);

struct picture {
	struct gray gray;
	uint8_t *px;   /* malloc */
	bool damaged;  /* the file ended early or had errors: part is missing */
	bool mirrored; /* of EXIF's orientation; undone by picture_decode() */
};

/*
 * Decode one page, from 0, of anything but a PDF. The size is checked against
 * max_pixels by the header, before anything is allocated: CRED_ERR_PIC_PIXELS.
 * A JPEG above 25 megapixels is scaled down by 2, 4 or 8 while decoding.
 * Transparent is white. Mirrors of the EXIF orientation are undone; its quarter
 * turns are not, for a QR code reads the same in all four.
 * CRED_ERR_PIC_FORMAT; CRED_ERR_PIC_BROKEN when nothing could be decoded;
 * CRED_ERR_PIC_PAGES: no such page; CRED_FAULT_CONFIG: the library is missing.
 */
enum cred_err picture_decode(struct bytes file, uint32_t max_pixels,
    unsigned page, struct picture *out);
void picture_release(struct picture *p);

#endif
