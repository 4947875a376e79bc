#include "qr/picture_int.h"

#include <stdlib.h>

/* BMP of Windows and OS/2: 1, 4, 8, 16, 24 and 32 bits, RLE of 4 and 8. */
enum { RGB, RLE8, RLE4, BITFIELDS, ALPHABITS = 6 };

struct bmp {
	uint32_t w, h, packing;
	bool top_down;
	unsigned bits;
	uint32_t mask[4]; /* red, green, blue, alpha of 16 and 32 bits */
	uint8_t gray[256];
	struct bytes pixels;
};

/* A colour's bits as 0..255. */
static unsigned
masked(uint32_t v, uint32_t mask)
{
	unsigned shift = 0;
	uint32_t max;

	if (mask == 0)
		return 0;
	while ((mask >> shift & 1) == 0)
		shift++;
	max = mask >> shift;
	return (unsigned)((uint64_t)((v & mask) >> shift) * 255 / max);
}

static uint8_t
pixel(const struct bmp *b, const uint8_t *row, uint32_t x)
{
	uint32_t v;

	switch (b->bits) {
	case 1:
		return b->gray[row[x / 8] >> (7 - x % 8) & 1];
	case 4:
		return b->gray[row[x / 2] >> (x % 2 == 0 ? 4 : 0) & 15];
	case 8:
		return b->gray[row[x]];
	case 24:
		row += (size_t)3 * x;
		return picture_luma(row[2], row[1], row[0]);
	case 16:
		v = picture_le16(row + (size_t)2 * x);
		break;
	default:
		v = picture_le32(row + (size_t)4 * x);
		break;
	}
	v = picture_over(picture_luma(masked(v, b->mask[0]),
			     masked(v, b->mask[1]), masked(v, b->mask[2])),
	    b->mask[3] != 0 ? masked(v, b->mask[3]) : 255);
	return (uint8_t)v;
}

static uint8_t *
row_of(const struct bmp *b, struct picture *p, uint32_t y)
{
	return p->px + (size_t)(b->top_down ? y : b->h - 1 - y) * b->w;
}

static void
plain(const struct bmp *b, struct picture *p)
{
	size_t stride = ((size_t)b->w * b->bits + 31) / 32 * 4;
	size_t used = ((size_t)b->w * b->bits + 7) / 8;

	for (uint32_t y = 0; y < b->h; y++) {
		const uint8_t *row = b->pixels.ptr + stride * y;
		uint8_t *to = row_of(b, p, y);
		if (b->pixels.len < stride * y + used) {
			p->damaged = true;
			return;
		}
		for (uint32_t x = 0; x < b->w; x++)
			to[x] = pixel(b, row, x);
	}
}

/* A run of one byte, or n pixels as they are; false: past the end. */
static bool
run(const struct bmp *b, struct picture *p, uint32_t *x, uint32_t y, unsigned n,
    const uint8_t *from, bool same)
{
	for (unsigned i = 0; i < n; i++, (*x)++) {
		uint8_t c;
		if (*x >= b->w || y >= b->h)
			return false;
		if (b->packing == RLE8)
			c = from[same ? 0 : i];
		else
			c = from[same ? 0 : i / 2] >> (i % 2 == 0 ? 4 : 0) & 15;
		row_of(b, p, y)[*x] = b->gray[c];
	}
	return true;
}

/* Ends early and says so: false. */
static bool
packed(const struct bmp *b, struct picture *p)
{
	const uint8_t *s = b->pixels.ptr, *end = s + b->pixels.len;
	uint32_t x = 0, y = 0;

	while (end - s >= 2) {
		unsigned n = *s++, v = *s++;
		size_t len;
		if (n > 0) {
			if (!run(b, p, &x, y, n, s - 1, true))
				return false;
			continue;
		}
		switch (v) {
		case 0:
			x = 0;
			y++;
			break;
		case 1:
			return true;
		case 2:
			if (end - s < 2)
				return false;
			x += s[0];
			y += s[1];
			s += 2;
			break;
		default:
			len = b->packing == RLE8 ? v : (v + 1) / 2;
			len += len % 2;
			if ((size_t)(end - s) < len ||
			    !run(b, p, &x, y, v, s, false))
				return false;
			s += len;
		}
		if (y > b->h)
			return false;
	}
	return false;
}

static bool
read_palette(struct bmp *b, struct bytes f, size_t at, size_t n, size_t each)
{
	for (size_t i = 0; i < n && i < 256; i++, at += each) {
		if (f.len < at + each)
			return false;
		b->gray[i] =
		    picture_luma(f.ptr[at + 2], f.ptr[at + 1], f.ptr[at]);
	}
	return true;
}

static enum cred_err
read_head(struct bmp *b, struct bytes f, uint32_t max_pixels)
{
	uint32_t head = picture_le32(f.ptr + 14), at = picture_le32(f.ptr + 10);
	uint32_t colours = 0, n_masks = 0;
	size_t palette;

	if (head == 12) {
		b->w = picture_le16(f.ptr + 18);
		b->h = picture_le16(f.ptr + 20);
		b->bits = picture_le16(f.ptr + 24);
	} else {
		if (f.len < 54)
			return CRED_ERR_PIC_BROKEN;
		b->w = picture_le32(f.ptr + 18);
		b->h = picture_le32(f.ptr + 22);
		b->bits = picture_le16(f.ptr + 28);
		b->packing = picture_le32(f.ptr + 30);
		colours = picture_le32(f.ptr + 46);
		if (b->h > INT32_MAX) {
			b->top_down = true;
			b->h = 0 - b->h;
		}
	}
	if (b->w > INT32_MAX)
		return CRED_ERR_PIC_BROKEN;
	if (!picture_size_ok(b->w, b->h, max_pixels))
		return CRED_ERR_PIC_PIXELS;
	if ((b->packing == BITFIELDS || b->packing == ALPHABITS) &&
	    (b->bits == 16 || b->bits == 32)) {
		n_masks = b->packing == ALPHABITS || head >= 56 ? 4 : 3;
		if (f.len < 54 + 4 * n_masks)
			return CRED_ERR_PIC_BROKEN;
		for (size_t i = 0; i < n_masks; i++)
			b->mask[i] = picture_le32(f.ptr + 54 + 4 * i);
	} else if (b->bits == 16) {
		memcpy(b->mask, (uint32_t[]){0x7c00, 0x3e0, 0x1f}, 12);
	} else if (b->bits == 32) {
		memcpy(b->mask, (uint32_t[]){0xff0000, 0xff00, 0xff}, 12);
	}
	palette = 14 + (size_t)head;
	if (b->bits <= 8 &&
	    !read_palette(b, f, palette,
		colours > 0 && colours < 256 ? colours : (size_t)1 << b->bits,
		head == 12 ? 3 : 4))
		return CRED_ERR_PIC_BROKEN;
	if (at >= f.len)
		return CRED_ERR_PIC_BROKEN;
	b->pixels = bytes_of(f.ptr + at, f.len - at);
	return CRED_OK;
}

static bool
is_known(const struct bmp *b)
{
	switch (b->packing) {
	case RGB:
		return b->bits == 1 || b->bits == 4 || b->bits == 8 ||
		       b->bits == 16 || b->bits == 24 || b->bits == 32;
	case RLE8:
		return b->bits == 8 && !b->top_down;
	case RLE4:
		return b->bits == 4 && !b->top_down;
	case BITFIELDS:
	case ALPHABITS:
		return b->bits == 16 || b->bits == 32;
	default: /* a JPEG or PNG for a printer */
		return false;
	}
}

enum cred_err
picture_bmp(struct bytes file, uint32_t max_pixels, struct picture *out)
{
	struct bmp b = {0};
	enum cred_err e = read_head(&b, file, max_pixels);

	if (e != CRED_OK)
		return e;
	if (!is_known(&b))
		return CRED_ERR_PIC_BROKEN;
	if (!picture_blank(out, b.w, b.h))
		return CRED_FAULT_NOMEM;
	if (b.packing == RLE8 || b.packing == RLE4)
		out->damaged = !packed(&b, out);
	else
		plain(&b, out);
	return CRED_OK;
}
