#include "tests/qr/formats_int.h"

#include <assert.h>
#include <stdlib.h>

#include <tiffio.h>

static tmsize_t
sink_read(thandle_t h, void *to, tmsize_t n)
{
	struct form_sink *s = h;

	if (s->at >= s->len)
		return 0;
	if ((size_t)n > s->len - s->at)
		n = (tmsize_t)(s->len - s->at);
	memcpy(to, s->p + s->at, (size_t)n);
	s->at += (size_t)n;
	return n;
}

static tmsize_t
sink_write(thandle_t h, void *from, tmsize_t n)
{
	form_put(h, from, (size_t)n);
	return n;
}

static toff_t
sink_seek(thandle_t h, toff_t off, int whence)
{
	struct form_sink *s = h;

	s->at = (size_t)off + (whence == SEEK_CUR   ? s->at
			       : whence == SEEK_END ? s->len
						    : 0);
	return s->at;
}

static int
sink_close(thandle_t h)
{
	(void)h;
	return 0;
}

static toff_t
sink_size(thandle_t h)
{
	return ((struct form_sink *)h)->len;
}

static TIFF *
tiff_open(struct form_sink *s, const char *mode)
{
	TIFF *t = TIFFClientOpen("sheet", mode, s, sink_read, sink_write,
	    sink_seek, sink_close, sink_size, NULL, NULL);

	assert(t != NULL);
	return t;
}

static void
tiff_bits(TIFF *t, const struct gray *g, int compression, int photometric)
{
	uint8_t *line = calloc(1, g->w / 8 + 1);

	assert(line != NULL);
	TIFFSetField(t, TIFFTAG_IMAGEWIDTH, g->w);
	TIFFSetField(t, TIFFTAG_IMAGELENGTH, g->h);
	TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 1);
	TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1);
	TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, 64);
	TIFFSetField(t, TIFFTAG_COMPRESSION, compression);
	TIFFSetField(t, TIFFTAG_PHOTOMETRIC, photometric);
	for (uint32_t y = 0; y < g->h; y++) {
		memset(line, 0, g->w / 8 + 1);
		for (uint32_t x = 0; x < g->w; x++)
			if ((g->px[(size_t)y * g->w + x] < 128) ==
			    (photometric == PHOTOMETRIC_MINISWHITE))
				line[x / 8] |= (uint8_t)(0x80 >> x % 8);
		assert(TIFFWriteScanline(t, line, y, 0) == 1);
	}
	free(line);
}

static void
tiff_tiles(TIFF *t, const struct gray *g)
{
	uint8_t tile[64 * 64];

	TIFFSetField(t, TIFFTAG_TILEWIDTH, 64);
	TIFFSetField(t, TIFFTAG_TILELENGTH, 64);
	for (uint32_t y = 0; y < g->h; y += 64)
		for (uint32_t x = 0; x < g->w; x += 64) {
			for (uint32_t k = 0; k < 64 * 64; k++) {
				uint32_t v = y + k / 64, u = x + k % 64;
				tile[k] = v < g->h && u < g->w
					      ? g->px[(size_t)v * g->w + u]
					      : 255;
			}
			assert(TIFFWriteTile(t, tile, x, y, 0, 0) > 0);
		}
}

uint8_t *
form_tiff(const struct gray *in, int arg, size_t *len)
{
	struct gray m = form_flipped(in);
	const struct gray *g = (arg & TIFF_MIRRORED) != 0 ? &m : in;
	struct form_sink s = {0};
	TIFF *t = tiff_open(&s, (arg & TIFF_BIG) != 0 ? "w8" : "w");
	uint8_t *rgba = form_rgba(g, (arg & TIFF_ALPHA) != 0 ? 0 : 255);

	if ((arg & (TIFF_RGB | TIFF_GRAY | TIFF_TILES | TIFF_ALPHA)) == 0) {
		tiff_bits(t, g, arg & 0xffff,
		    (arg & TIFF_BLACK) != 0 ? PHOTOMETRIC_MINISBLACK
					    : PHOTOMETRIC_MINISWHITE);
	} else {
		unsigned n = (arg & TIFF_ALPHA) != 0 ? 4
			     : (arg & TIFF_RGB) != 0 ? 3
						     : 1;
		uint8_t *line = malloc((size_t)n * g->w);
		assert(line != NULL);
		TIFFSetField(t, TIFFTAG_IMAGEWIDTH, g->w);
		TIFFSetField(t, TIFFTAG_IMAGELENGTH, g->h);
		TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 8);
		TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, n);
		TIFFSetField(t, TIFFTAG_COMPRESSION, arg & 0xffff);
		TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
		TIFFSetField(t, TIFFTAG_PHOTOMETRIC,
		    n == 1 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB);
		if ((arg & TIFF_ALPHA) != 0)
			TIFFSetField(t, TIFFTAG_EXTRASAMPLES, 1,
			    (uint16_t[]){EXTRASAMPLE_ASSOCALPHA});
		if ((arg & TIFF_MIRRORED) != 0)
			TIFFSetField(t, TIFFTAG_ORIENTATION, 2);
		if ((arg & TIFF_TILES) != 0)
			tiff_tiles(t, g);
		else
			TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, 48);
		for (uint32_t y = 0; (arg & TIFF_TILES) == 0 && y < g->h; y++) {
			for (uint32_t x = 0; x < g->w; x++)
				memcpy(line + (size_t)n * x,
				    rgba + 4 * ((size_t)y * g->w + x), n);
			assert(TIFFWriteScanline(t, line, y, 0) == 1);
		}
		free(line);
	}
	TIFFClose(t);
	free(rgba);
	sheet_free(&m);
	*len = s.len;
	return s.p;
}

uint8_t *
form_tiff_pages(const struct gray *g, size_t n, size_t *len)
{
	struct form_sink s = {0};
	TIFF *t = tiff_open(&s, "w");

	for (size_t i = 0; i < n; i++) {
		tiff_bits(t, &g[i], COMPRESSION_CCITTFAX4,
		    PHOTOMETRIC_MINISWHITE);
		assert(TIFFWriteDirectory(t) == 1);
	}
	TIFFClose(t);
	*len = s.len;
	return s.p;
}

/* The strip of a TIFF: fax data alone. */
uint8_t *
form_fax(const struct gray *g, size_t *len)
{
	struct form_sink s = {0};
	TIFF *t = tiff_open(&s, "w");
	uint8_t *line = malloc(g->w / 8 + 1), *out;

	TIFFSetField(t, TIFFTAG_IMAGEWIDTH, g->w);
	TIFFSetField(t, TIFFTAG_IMAGELENGTH, g->h);
	TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, g->h);
	TIFFSetField(t, TIFFTAG_COMPRESSION, COMPRESSION_CCITTFAX4);
	TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
	assert(line != NULL);
	for (uint32_t y = 0; y < g->h; y++) {
		memset(line, 0, g->w / 8 + 1);
		for (uint32_t x = 0; x < g->w; x++)
			if (g->px[(size_t)y * g->w + x] < 128)
				line[x / 8] |= (uint8_t)(0x80 >> x % 8);
		assert(TIFFWriteScanline(t, line, y, 0) == 1);
	}
	TIFFClose(t);
	free(line);
	s.at = 0;
	t = tiff_open(&s, "r");
	out = malloc(s.len);
	assert(out != NULL);
	*len = (size_t)TIFFReadRawStrip(t, 0, out, (tmsize_t)s.len);
	TIFFClose(t);
	free(s.p);
	return out;
}
