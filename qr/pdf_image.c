#include <stdlib.h>

#include "qr/pdf_int.h"
#include "qr/picture_int.h"

#define SMALL_PX 250 /* the shorter side: QR codes of one pixel a module */
#define ENLARGE	 4
#define BORDER	 (4 * ENLARGE)

static unsigned
sample(const uint8_t *row, unsigned bits, size_t i)
{
	switch (bits) {
	case 8:
		return row[i];
	case 16:
		return row[2 * i];
	default:
		return row[i * bits / 8] >> (8 - bits - i * bits % 8) &
		       ((1u << bits) - 1);
	}
}

static uint8_t
pixel(const struct pdf_samples *s, const uint8_t *row, uint32_t x)
{
	unsigned c[4], max = s->bits < 8 ? (1u << s->bits) - 1 : 255;

	for (unsigned i = 0; i < s->colours; i++)
		c[i] = sample(row, s->bits, (size_t)x * s->colours + i);
	if (s->n_palette > 0)
		return s->palette[c[0] < s->n_palette ? c[0] : 0];
	for (unsigned i = 0; i < s->colours; i++)
		c[i] = c[i] * 255 / max;
	if (s->colours == 1)
		return (uint8_t)(s->inverted ? 255 - c[0] : c[0]);
	if (s->colours == 3)
		return picture_luma(c[0], c[1], c[2]);
	return (uint8_t)(picture_luma(255 - c[0], 255 - c[1], 255 - c[2]) *
			 (255 - c[3]) / 255);
}

enum cred_err
pdf_samples(
    const struct pdf_samples *s, struct bytes data, struct picture *out)
{
	size_t stride = ((size_t)s->w * s->bits * s->colours + 7) / 8;

	if (data.len < stride)
		return CRED_ERR_PIC_BROKEN;
	if (!picture_blank(out, s->w, s->h))
		return CRED_FAULT_NOMEM;
	for (uint32_t y = 0; y < s->h; y++) {
		const uint8_t *row = data.ptr + stride * y;
		uint8_t *to = out->px + (size_t)y * s->w;
		if (data.len < stride * (y + 1)) {
			out->damaged = true;
			break;
		}
		for (uint32_t x = 0; x < s->w; x++)
			to[x] = pixel(s, row, x);
	}
	return CRED_OK;
}

struct tags {
	uint8_t *p;
	unsigned n;
};

static void
put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static void
tag(struct tags *t, unsigned id, uint32_t v)
{
	uint8_t *p = t->p + 12 * t->n++;

	p[0] = (uint8_t)id;
	p[1] = (uint8_t)(id >> 8);
	p[2] = 4; /* LONG */
	p[3] = 0;
	put32(p + 4, 1);
	put32(p + 8, v);
}

uint8_t *
pdf_fax_tiff(const struct pdf_fax *f, struct bytes data, size_t *len)
{
	enum { TAGS = 8, HEAD = 8 + 2 + 12 * TAGS + 4 };
	uint8_t *out = calloc(1, HEAD + data.len);
	struct tags t;

	if (out == NULL)
		return NULL;
	memcpy(out, "II*\0\x08\0\0\0", 8);
	out[8] = TAGS;
	t = (struct tags){out + 10, 0};
	tag(&t, 256, f->w);
	tag(&t, 257, f->h);
	tag(&t, 259, f->k < 0 ? 4 : 3);
	/* in PDF the data's 0 is black, in TIFF's fax white is 0 */
	tag(&t, 262, f->black_is_1 ? 1 : 0);
	tag(&t, 273, HEAD);
	tag(&t, 278, f->h);
	tag(&t, 279, (uint32_t)data.len);
	tag(&t, 292, (f->k > 0 ? 1u : 0u) | (f->aligned ? 4u : 0u));
	memcpy(out + HEAD, data.ptr, data.len);
	*len = HEAD + data.len;
	return out;
}

bool
pdf_enlarge(struct picture *p)
{
	struct picture big = {0};
	uint32_t w = p->gray.w, h = p->gray.h;

	if ((w < h ? w : h) >= SMALL_PX || (w > h ? w : h) >= 2 * SMALL_PX)
		return true;
	if (!picture_blank(
		&big, w * ENLARGE + 2 * BORDER, h * ENLARGE + 2 * BORDER))
		return false;
	for (uint32_t y = 0; y < h * ENLARGE; y++)
		for (uint32_t x = 0; x < w * ENLARGE; x++)
			big.px[(size_t)(y + BORDER) * big.gray.w + BORDER +
			       x] =
			    p->px[(size_t)(y / ENLARGE) * w + x / ENLARGE];
	picture_release(p);
	*p = big;
	return true;
}
