#include "qr/picture_int.h"

#include <stdlib.h>

#include <tiffio.h>

#define CALLS(X)                                                               \
	X(TIFFSetErrorHandler)                                                 \
	X(TIFFSetWarningHandler)                                               \
	X(TIFFClientOpen)                                                      \
	X(TIFFClose)                                                           \
	X(TIFFSetDirectory)                                                    \
	X(TIFFSetField)                                                        \
	X(TIFFGetField)                                                        \
	X(TIFFGetFieldDefaulted)                                               \
	X(TIFFIsTiled)                                                         \
	X(TIFFScanlineSize64)                                                  \
	X(TIFFStripSize64)                                                     \
	X(TIFFNumberOfStrips)                                                  \
	X(TIFFReadEncodedStrip)                                                \
	X(TIFFReadRGBAStripExt)                                                \
	X(TIFFReadRGBATileExt)

static struct {
	CALLS(PICTURE_LIB_MEMBER)
} lib;

bool
picture_tiff_load(void)
{
	static const char *const names[] = {CALLS(PICTURE_LIB_NAME)};
	static int state;

	return picture_lib(TIFF_SONAME, names, sizeof names / sizeof *names,
	    &lib, &state);
}

struct memory {
	struct bytes file;
	toff_t at;
};

static tmsize_t
mem_read(thandle_t h, void *to, tmsize_t n)
{
	struct memory *m = h;

	if (n <= 0 || m->at >= m->file.len)
		return 0;
	if ((toff_t)n > m->file.len - m->at)
		n = (tmsize_t)(m->file.len - m->at);
	memcpy(to, m->file.ptr + m->at, (size_t)n);
	m->at += (toff_t)n;
	return n;
}

static tmsize_t
mem_write(thandle_t h, void *from, tmsize_t n)
{
	(void)h;
	(void)from;
	(void)n;
	return -1;
}

static toff_t
mem_seek(thandle_t h, toff_t off, int whence)
{
	struct memory *m = h;

	if (whence == SEEK_CUR)
		off += m->at;
	else if (whence == SEEK_END)
		off += m->file.len;
	m->at = off;
	return off;
}

static int
mem_close(thandle_t h)
{
	(void)h;
	return 0;
}

static toff_t
mem_size(thandle_t h)
{
	return ((struct memory *)h)->file.len;
}

struct sheet {
	TIFF *t;
	uint32_t w, h, rows; /* rows of a strip */
	uint16_t bits, samples, photometric;
};

/* One bit a pixel, as faxes and most scanners write it: 32 times less memory
 * than libtiff's way to any picture. */
static enum cred_err
bilevel(const struct sheet *s, struct picture *p)
{
	uint64_t row = lib.TIFFScanlineSize64(s->t),
		 size = lib.TIFFStripSize64(s->t);
	uint32_t n = lib.TIFFNumberOfStrips(s->t);
	uint8_t flip = s->photometric == PHOTOMETRIC_MINISWHITE ? 0 : 255;
	uint8_t *buf;

	if (row < (s->w + 7) / 8 || size > (uint64_t)s->w * s->h + row ||
	    size < row)
		return CRED_ERR_PIC_BROKEN;
	buf = malloc(size);
	if (buf == NULL)
		return CRED_FAULT_NOMEM;
	for (uint32_t i = 0; i < n && (uint64_t)i * s->rows < s->h; i++) {
		tmsize_t got;
		memset(buf, flip, size);
		got = lib.TIFFReadEncodedStrip(s->t, i, buf, (tmsize_t)size);
		if (got < 0) /* what a damaged strip has is kept */
			p->damaged = true;
		for (uint32_t k = 0; k < s->rows; k++) {
			uint32_t y = i * s->rows + k;
			const uint8_t *from = buf + k * row;
			uint8_t *to;
			if (y >= s->h || (k + 1) * row > size)
				break;
			to = p->px + (size_t)y * s->w;
			for (uint32_t x = 0; x < s->w; x++)
				to[x] = ((from[x / 8] ^ flip) >> (7 - x % 8) &
					    1) != 0
					    ? 0
					    : 255;
		}
	}
	free(buf);
	return CRED_OK;
}

static void
from_rgba(const uint32_t *from, uint8_t *to, uint32_t n)
{
	for (uint32_t x = 0; x < n; x++) {
		unsigned a = TIFFGetA(from[x]);
		/* the colours are multiplied with alpha already */
		to[x] = (uint8_t)(picture_luma(TIFFGetR(from[x]),
				      TIFFGetG(from[x]), TIFFGetB(from[x])) +
				  (255 - a));
	}
}

/* Any other picture, strip by strip; libtiff gives rows from the bottom. */
static enum cred_err
strips(const struct sheet *s, struct picture *p)
{
	uint32_t rows = s->rows < s->h ? s->rows : s->h;
	uint32_t *buf = malloc((size_t)s->w * rows * sizeof *buf);

	if (buf == NULL)
		return CRED_FAULT_NOMEM;
	for (uint32_t y = 0; y < s->h; y += rows) {
		uint32_t n = s->h - y < rows ? s->h - y : rows;
		memset(buf, 255, (size_t)s->w * rows * sizeof *buf);
		if (!lib.TIFFReadRGBAStripExt(s->t, y, buf, 0)) {
			p->damaged = true;
			continue;
		}
		for (uint32_t k = 0; k < n; k++)
			from_rgba(buf + (size_t)(n - 1 - k) * s->w,
			    p->px + (size_t)(y + k) * s->w, s->w);
	}
	free(buf);
	return CRED_OK;
}

static enum cred_err
tiles(const struct sheet *s, uint32_t max_pixels, struct picture *p)
{
	uint32_t tw = 0, th = 0, *buf;

	if (!lib.TIFFGetField(s->t, TIFFTAG_TILEWIDTH, &tw) ||
	    !lib.TIFFGetField(s->t, TIFFTAG_TILELENGTH, &th))
		return CRED_ERR_PIC_BROKEN;
	if (!picture_size_ok(tw, th, max_pixels))
		return CRED_ERR_PIC_PIXELS;
	buf = malloc((size_t)tw * th * sizeof *buf);
	if (buf == NULL)
		return CRED_FAULT_NOMEM;
	for (uint64_t y = 0; y < s->h; y += th)
		for (uint64_t x = 0; x < s->w; x += tw) {
			uint32_t w = s->w - x < tw ? (uint32_t)(s->w - x) : tw;
			uint32_t h = s->h - y < th ? (uint32_t)(s->h - y) : th;
			if (!lib.TIFFReadRGBATileExt(
				s->t, (uint32_t)x, (uint32_t)y, buf, 0)) {
				p->damaged = true;
				continue;
			}
			for (uint32_t k = 0; k < h; k++)
				from_rgba(buf + (size_t)(th - 1 - k) * tw,
				    p->px + (size_t)(y + k) * s->w + x, w);
		}
	free(buf);
	return CRED_OK;
}

static enum cred_err
read_sheet(struct sheet *s, uint32_t max_pixels, struct picture *p)
{
	uint16_t orientation = 1;
	enum cred_err e;

	if (!lib.TIFFGetField(s->t, TIFFTAG_IMAGEWIDTH, &s->w) ||
	    !lib.TIFFGetField(s->t, TIFFTAG_IMAGELENGTH, &s->h))
		return CRED_ERR_PIC_BROKEN;
	if (!picture_size_ok(s->w, s->h, max_pixels))
		return CRED_ERR_PIC_PIXELS;
	(void)lib.TIFFGetFieldDefaulted(s->t, TIFFTAG_BITSPERSAMPLE, &s->bits);
	(void)lib.TIFFGetFieldDefaulted(
	    s->t, TIFFTAG_SAMPLESPERPIXEL, &s->samples);
	(void)lib.TIFFGetFieldDefaulted(
	    s->t, TIFFTAG_ROWSPERSTRIP, &s->rows);
	(void)lib.TIFFGetFieldDefaulted(
	    s->t, TIFFTAG_ORIENTATION, &orientation);
	/* else libtiff turns each strip by itself */
	(void)lib.TIFFSetField(s->t, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
	/* some fax machines leave it out: black on white */
	if (!lib.TIFFGetField(s->t, TIFFTAG_PHOTOMETRIC, &s->photometric))
		s->photometric = PHOTOMETRIC_MINISWHITE;
	if (s->rows == 0)
		return CRED_ERR_PIC_BROKEN;
	if (s->rows > s->h)
		s->rows = s->h;
	if (!picture_blank(p, s->w, s->h))
		return CRED_FAULT_NOMEM;
	p->mirrored = orientation == 2 || orientation == 4 ||
		      orientation == 5 || orientation == 7;
	if (lib.TIFFIsTiled(s->t))
		e = tiles(s, max_pixels, p);
	else if (s->bits == 1 && s->samples == 1 &&
		 (s->photometric == PHOTOMETRIC_MINISWHITE ||
		     s->photometric == PHOTOMETRIC_MINISBLACK))
		e = bilevel(s, p);
	else
		e = strips(s, p);
	if (e != CRED_OK)
		picture_release(p);
	return e;
}

enum cred_err
picture_tiff(struct bytes file, uint32_t max_pixels, unsigned page,
    struct picture *out)
{
	struct memory m = {file, 0};
	struct sheet s = {0};
	enum cred_err e;

	if (!picture_tiff_load())
		return CRED_FAULT_CONFIG;
	lib.TIFFSetErrorHandler(NULL);
	lib.TIFFSetWarningHandler(NULL);
	/* m: no mmap, which would want a descriptor */
	s.t = lib.TIFFClientOpen("tiff", "rm", &m, mem_read, mem_write,
	    mem_seek, mem_close, mem_size, NULL, NULL);
	if (s.t == NULL)
		return page == 0 ? CRED_ERR_PIC_BROKEN : CRED_ERR_PIC_PAGES;
	if (page > 0 && (page > UINT16_MAX ||
			    !lib.TIFFSetDirectory(s.t, (tdir_t)page)))
		e = CRED_ERR_PIC_PAGES;
	else
		e = read_sheet(&s, max_pixels, out);
	lib.TIFFClose(s.t);
	return e;
}
