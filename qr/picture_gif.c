#include "qr/picture_int.h"

#include <stdlib.h>

/* GIF 89a, the first frame, by the specification of 1990. */

struct reader {
	const uint8_t *p, *end;
};

static bool
take(struct reader *r, uint8_t *to, size_t n)
{
	if ((size_t)(r->end - r->p) < n)
		return false;
	memcpy(to, r->p, n);
	r->p += n;
	return true;
}

/* Sub-blocks up to the empty one. */
static bool
skip_blocks(struct reader *r)
{
	uint8_t n;

	while (take(r, &n, 1)) {
		if (n == 0)
			return true;
		if ((size_t)(r->end - r->p) < n)
			return false;
		r->p += n;
	}
	return false;
}

static bool
read_palette(struct reader *r, uint8_t flags, uint8_t gray[256])
{
	unsigned n = 2u << (flags & 7);
	uint8_t c[3];

	for (unsigned i = 0; i < n; i++) {
		if (!take(r, c, 3))
			return false;
		gray[i] = picture_luma(c[0], c[1], c[2]);
	}
	return true;
}

/* Bits out of sub-blocks. */
struct bits {
	struct reader *r;
	uint32_t acc;
	unsigned have, left; /* bits in acc, bytes left in this block */
};

static int
next_code(struct bits *b, unsigned width)
{
	int code;

	while (b->have < width) {
		uint8_t c;
		if (b->left == 0) {
			if (!take(b->r, &c, 1) || c == 0)
				return -1;
			b->left = c;
		}
		if (!take(b->r, &c, 1))
			return -1;
		b->left--;
		b->acc |= (uint32_t)c << b->have;
		b->have += 8;
	}
	code = (int)(b->acc & ((1u << width) - 1));
	b->acc >>= width;
	b->have -= width;
	return code;
}

struct frame {
	uint32_t w, h;
	bool interlaced;
	int transparent;
	uint8_t gray[256];
	uint32_t x, y, pass;
};

static void
put(struct frame *f, struct picture *p, uint8_t index)
{
	static const uint8_t first[] = {0, 4, 2, 1}, step[] = {8, 8, 4, 2};
	uint32_t x = f->x, y = f->y;

	if (f->y < f->h && x < p->gray.w && y < p->gray.h &&
	    index != f->transparent)
		p->px[(size_t)y * p->gray.w + x] = f->gray[index];
	if (++f->x < f->w)
		return;
	f->x = 0;
	f->y += f->interlaced ? step[f->pass] : 1;
	while (f->interlaced && f->y >= f->h && f->pass < 3)
		f->y = first[++f->pass];
}

/* False: it ended early. */
static bool
lzw(struct reader *r, unsigned min, struct frame *f, struct picture *p)
{
	static uint16_t prefix[4096];
	static uint8_t suffix[4096], stack[4097];
	struct bits b = {.r = r};
	unsigned clear = 1u << min, next = clear + 2, width = min + 1;
	uint64_t left = (uint64_t)f->w * f->h;
	int old = -1;
	uint8_t first = 0;

	while (left > 0) {
		int code = next_code(&b, width);
		size_t n = 0;
		unsigned c;
		if (code < 0 || (unsigned)code == clear + 1)
			return false;
		if ((unsigned)code == clear) {
			next = clear + 2;
			width = min + 1;
			old = -1;
			continue;
		}
		if ((unsigned)code > next ||
		    (old < 0 && (unsigned)code >= clear))
			return false;
		c = (unsigned)code;
		if (c == next) { /* not yet in the table: the old one again */
			stack[n++] = first;
			c = (unsigned)old;
		}
		for (; c >= clear; c = prefix[c])
			stack[n++] = suffix[c];
		first = (uint8_t)c;
		stack[n++] = first;
		if (old >= 0 && next < 4096) {
			prefix[next] = (uint16_t)old;
			suffix[next] = first;
			next++;
			if (next == 1u << width && width < 12)
				width++;
		}
		old = code;
		for (; n > 0 && left > 0; left--)
			put(f, p, stack[--n]);
	}
	return true;
}

static enum cred_err
read_frame(struct reader *r, struct frame *f, uint32_t max_pixels,
    struct picture *out)
{
	uint8_t d[9], min;

	if (!take(r, d, 9))
		return CRED_ERR_PIC_BROKEN;
	f->w = picture_le16(d + 4);
	f->h = picture_le16(d + 6);
	f->interlaced = (d[8] & 0x40) != 0;
	if (f->w == 0 || f->h == 0 ||
	    ((d[8] & 0x80) != 0 && !read_palette(r, d[8], f->gray)) ||
	    !take(r, &min, 1) || min < 1 || min > 8)
		return CRED_ERR_PIC_BROKEN;
	if (!picture_size_ok(f->w, f->h, max_pixels))
		return CRED_ERR_PIC_PIXELS;
	/* the frame alone: what of the screen it leaves free is white */
	if (!picture_blank(out, f->w, f->h))
		return CRED_FAULT_NOMEM;
	out->damaged = !lzw(r, min, f, out);
	return CRED_OK;
}

enum cred_err
picture_gif(struct bytes file, uint32_t max_pixels, struct picture *out)
{
	struct reader r = {file.ptr + 6, file.ptr + file.len};
	struct frame f = {.transparent = -1};
	uint8_t screen[7], kind, ext[6];

	if (!take(&r, screen, 7) ||
	    ((screen[4] & 0x80) != 0 && !read_palette(&r, screen[4], f.gray)))
		return CRED_ERR_PIC_BROKEN;
	while (take(&r, &kind, 1)) {
		if (kind == 0x2c)
			return read_frame(&r, &f, max_pixels, out);
		if (kind != 0x21 || !take(&r, &kind, 1))
			break;
		if (kind == 0xf9 && r.end - r.p >= 6) {
			memcpy(ext, r.p, 6);
			if (ext[0] == 4 && (ext[1] & 1) != 0)
				f.transparent = ext[4];
		}
		if (!skip_blocks(&r))
			break;
	}
	return CRED_ERR_PIC_BROKEN;
}
