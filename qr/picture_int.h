#ifndef QR_PICTURE_INT_H
#define QR_PICTURE_INT_H

#include "qr/picture.h"

/* What the formats share. */

bool picture_size_ok(uint64_t w, uint64_t h, uint32_t max_pixels);
/* White pixels of that size; false when out of memory. */
bool picture_blank(struct picture *p, uint32_t w, uint32_t h);

static inline uint8_t
picture_luma(unsigned r, unsigned g, unsigned b)
{
	return (uint8_t)((77 * r + 150 * g + 29 * b) >> 8);
}

/* Over white. */
static inline uint8_t
picture_over(unsigned luma, unsigned alpha)
{
	return (uint8_t)((luma * alpha + 255 * (255 - alpha)) / 255);
}

/* Little-endian numbers. */
static inline unsigned
picture_le16(const uint8_t *p)
{
	return p[0] | (unsigned)p[1] << 8;
}
static inline uint32_t
picture_le32(const uint8_t *p)
{
	return picture_le16(p) | (uint32_t)picture_le16(p + 2) << 16;
}

/* The orientation 2, 4, 5 or 7 in an EXIF block's TIFF? */
bool picture_exif_mirrored(struct bytes tiff);

/*
 * A library by its name, its functions into slots, which is a struct of as
 * many function pointers. Once; false: not all are there.
 */
#define PICTURE_LIB_MEMBER(name) __typeof__(name) *name;
#define PICTURE_LIB_NAME(name)	 #name,
bool picture_lib(const char *file, const char *const *names, size_t n,
    void *slots, int *state);

bool picture_heif_load(void);
bool picture_tiff_load(void);

enum cred_err picture_png(
    struct bytes file, uint32_t max_pixels, struct picture *out);
enum cred_err picture_jpeg(
    struct bytes file, uint32_t max_pixels, struct picture *out);
enum cred_err picture_webp(
    struct bytes file, uint32_t max_pixels, struct picture *out);
enum cred_err picture_heif(
    struct bytes file, uint32_t max_pixels, struct picture *out);
enum cred_err picture_tiff(struct bytes file, uint32_t max_pixels,
    unsigned page, struct picture *out);
enum cred_err picture_bmp(
    struct bytes file, uint32_t max_pixels, struct picture *out);
enum cred_err picture_gif(
    struct bytes file, uint32_t max_pixels, struct picture *out);

#endif
