#include "tests/qr/formats_int.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include <jpeglib.h>
#include <libheif/heif.h>
#include <tiff.h>
#include <webp/encode.h>
#include <webp/mux.h>

struct gray
form_flipped(const struct gray *g)
{
	struct gray m = sheet_new(g->w, g->h);

	for (uint32_t y = 0; y < g->h; y++)
		for (uint32_t x = 0; x < g->w; x++)
			((uint8_t *)(uintptr_t)m.px)[(size_t)y * g->w + x] =
			    g->px[(size_t)y * g->w + g->w - 1 - x];
	return m;
}

uint8_t *
form_rgba(const struct gray *g, uint8_t alpha_of_white)
{
	size_t n = (size_t)g->w * g->h;
	uint8_t *out = malloc(4 * n);

	assert(out != NULL);
	for (size_t i = 0; i < n; i++) {
		/* what is transparent is black: it must not be seen */
		bool gone = g->px[i] > 128 && alpha_of_white == 0;
		memset(out + 4 * i, gone ? 0 : g->px[i], 3);
		out[4 * i + 3] = gone ? 0 : 255;
	}
	return out;
}

void
form_put(struct form_sink *s, const void *from, size_t n)
{
	if (s->at + n > s->cap) {
		s->cap = 2 * (s->at + n);
		s->p = realloc(s->p, s->cap);
		assert(s->p != NULL);
	}
	memcpy(s->p + s->at, from, n);
	s->at += n;
	if (s->at > s->len)
		s->len = s->at;
}

enum { JPEG_PROGRESSIVE, JPEG_CMYK, JPEG_ADOBE, JPEG_MIRRORED };

static uint8_t *
jpeg(const struct gray *in, int kind, size_t *len)
{
	struct gray m = form_flipped(in);
	const struct gray *g = kind == JPEG_MIRRORED ? &m : in;
	bool cmyk = kind == JPEG_CMYK || kind == JPEG_ADOBE;
	uint8_t *line = malloc((size_t)4 * g->w), *out = NULL;
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr err;
	unsigned long n = 0;

	assert(line != NULL);
	c.err = jpeg_std_error(&err);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &out, &n);
	c.image_width = g->w;
	c.image_height = g->h;
	c.input_components = cmyk ? 4 : 1;
	c.in_color_space = cmyk ? JCS_CMYK : JCS_GRAYSCALE;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, 80, TRUE);
	if (kind == JPEG_PROGRESSIVE)
		jpeg_simple_progression(&c);
	c.write_Adobe_marker = kind == JPEG_ADOBE;
	jpeg_start_compress(&c, TRUE);
	if (kind == JPEG_MIRRORED) {
		static const uint8_t exif[] = "Exif\0\0MM\0*\0\0\0\x08\0\1"
					      "\x01\x12\0\3\0\0\0\1\0\2\0\0"
					      "\0\0\0";
		jpeg_write_marker(&c, JPEG_APP0 + 1, exif, sizeof exif);
	}
	while (c.next_scanline < g->h) {
		const uint8_t *row = g->px + (size_t)c.next_scanline * g->w;
		JSAMPROW p = line;
		for (uint32_t x = 0; x < g->w; x++) {
			if (!cmyk) {
				line[x] = row[x];
				continue;
			}
			/* ink, or Adobe's way round */
			memset(line + 4 * x, kind == JPEG_ADOBE ? 255 : 0, 3);
			line[4 * x + 3] = kind == JPEG_ADOBE
					      ? row[x]
					      : (uint8_t)(255 - row[x]);
		}
		(void)jpeg_write_scanlines(&c, &p, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	free(line);
	sheet_free(&m);
	*len = n;
	return out;
}

enum { WEBP_LOSSY, WEBP_LOSSLESS, WEBP_CLEAR, WEBP_ANIMATED };

static uint8_t *
webp(const struct gray *g, int kind, size_t *len)
{
	uint8_t *rgba = form_rgba(g, kind == WEBP_CLEAR ? 0 : 255);
	int w = (int)g->w, h = (int)g->h;
	uint8_t *out = NULL;

	if (kind == WEBP_LOSSY)
		*len = WebPEncodeRGBA(rgba, w, h, 4 * w, 70, &out);
	else
		*len = WebPEncodeLosslessRGBA(rgba, w, h, 4 * w, &out);
	assert(*len > 0);
	if (kind == WEBP_ANIMATED) {
		WebPMuxAnimParams p = {0xffffffff, 0};
		WebPMuxFrameInfo f = {.id = WEBP_CHUNK_ANMF,
		    .duration = 100,
		    .bitstream = {out, *len}};
		WebPData data;
		WebPMux *m = WebPMuxNew();
		assert(WebPMuxPushFrame(m, &f, 1) == WEBP_MUX_OK);
		assert(WebPMuxPushFrame(m, &f, 1) == WEBP_MUX_OK);
		assert(WebPMuxSetAnimationParams(m, &p) == WEBP_MUX_OK);
		assert(WebPMuxAssemble(m, &data) == WEBP_MUX_OK);
		WebPMuxDelete(m);
		WebPFree(out);
		out = malloc(data.size);
		assert(out != NULL);
		memcpy(out, data.bytes, data.size);
		*len = data.size;
		WebPDataClear(&data);
	}
	free(rgba);
	return out;
}

static struct heif_error
heif_sink(struct heif_context *c, const void *data, size_t n, void *to)
{
	(void)c;
	form_put(to, data, n);
	return (struct heif_error){heif_error_Ok, heif_suberror_Unspecified, ""};
}

static uint8_t *
heic(const struct gray *g, int arg, size_t *len)
{
	struct heif_writer writer = {1, heif_sink};
	struct heif_context *c = heif_context_alloc();
	struct heif_encoder *enc;
	struct heif_image *im;
	struct form_sink s = {0};
	int stride;
	uint8_t *p;

	(void)arg;
	assert(heif_context_get_encoder_for_format(
		   c, heif_compression_HEVC, &enc)
		   .code == 0);
	heif_encoder_set_lossy_quality(enc, 60);
	heif_image_create((int)g->w, (int)g->h, heif_colorspace_YCbCr,
	    heif_chroma_420, &im);
	heif_image_add_plane(im, heif_channel_Y, (int)g->w, (int)g->h, 8);
	for (int k = 0; k < 2; k++) {
		enum heif_channel ch = k ? heif_channel_Cr : heif_channel_Cb;
		int w = ((int)g->w + 1) / 2, h = ((int)g->h + 1) / 2;
		heif_image_add_plane(im, ch, w, h, 8);
		p = heif_image_get_plane(im, ch, &stride);
		memset(p, 128, (size_t)stride * (size_t)h);
	}
	p = heif_image_get_plane(im, heif_channel_Y, &stride);
	for (uint32_t y = 0; y < g->h; y++)
		memcpy(p + (size_t)y * (size_t)stride,
		    g->px + (size_t)y * g->w, g->w);
	assert(heif_context_encode_image(c, im, enc, NULL, NULL).code == 0);
	assert(heif_context_write(c, &writer, &s).code == 0);
	heif_image_release(im);
	heif_encoder_release(enc);
	heif_context_free(c);
	*len = s.len;
	return s.p;
}

static void
put_le(uint8_t *p, uint32_t v, int n)
{
	for (int i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

enum { BMP_TOP_DOWN = 100, BMP_RLE = 200, BMP_OS2 = 300 };

/* arg: bits, plus one of those. */
static uint8_t *
bmp(const struct gray *g, int arg, size_t *len)
{
	unsigned bits = (unsigned)arg % 100, how = (unsigned)arg - bits;
	uint32_t head = how == BMP_OS2 ? 12 : 40, each = how == BMP_OS2 ? 3 : 4,
		 n_pal = bits <= 8 ? 1u << bits : 0,
		 stride = (g->w * bits + 31) / 32 * 4,
		 at = 14 + head + n_pal * each;
	size_t cap = at + (size_t)g->h * (stride + 4 * (size_t)g->w + 8);
	uint8_t *out = calloc(1, cap), *p;

	assert(out != NULL);
	memcpy(out, "BM", 2);
	put_le(out + 10, at, 4);
	put_le(out + 14, head, 4);
	if (head == 12) {
		put_le(out + 18, g->w, 2);
		put_le(out + 20, g->h, 2);
		put_le(out + 24, bits, 2);
	} else {
		put_le(out + 18, g->w, 4);
		put_le(out + 22, how == BMP_TOP_DOWN ? 0 - g->h : g->h, 4);
		put_le(out + 28, bits, 2);
		put_le(out + 30, how == BMP_RLE ? (bits == 8 ? 1 : 2) : 0, 4);
	}
	for (uint32_t i = 0; i < n_pal; i++) /* white is index 1 */
		memset(out + 14 + head + i * each, i == 1 ? 255 : 0, 3);
	p = out + at;
	for (uint32_t k = 0; k < g->h; k++) {
		uint32_t y = how == BMP_TOP_DOWN ? k : g->h - 1 - k;
		const uint8_t *row = g->px + (size_t)y * g->w;
		for (uint32_t x = 0; x < g->w && how == BMP_RLE;) {
			unsigned v = row[x] > 128, n = 0;
			while (x < g->w && (row[x] > 128) == v && n < 250) {
				n++;
				x++;
			}
			*p++ = (uint8_t)n;
			*p++ = (uint8_t)(bits == 8 ? v : v * 0x11);
		}
		if (how == BMP_RLE) {
			*p++ = 0;
			*p++ = k + 1 == g->h;
			continue;
		}
		for (uint32_t x = 0; x < g->w; x++) {
			uint32_t v = row[x] > 128;
			if (bits <= 8)
				p[x * bits / 8] |= (uint8_t)(v
				    << (8 - bits - x * bits % 8));
			else
				put_le(p + x * bits / 8,
				    v ? (bits == 16 ? 0x7fff : 0xffffffff) : 0,
				    (int)bits / 8);
		}
		p += stride;
	}
	put_le(out + 2, (uint32_t)(p - out), 4);
	*len = (size_t)(p - out);
	return out;
}

enum { GIF_INTERLACED = 1, GIF_CLEAR = 2 };

struct gif_bits {
	struct form_sink *s;
	uint8_t block[256];
	uint32_t acc;
	unsigned have, n;
};

static void
gif_code(struct gif_bits *b, unsigned code, unsigned width, bool flush)
{
	b->acc |= code << b->have;
	b->have += width;
	while (b->have >= 8 || (flush && b->have > 0)) {
		b->block[++b->n] = (uint8_t)b->acc;
		b->acc >>= 8;
		b->have = b->have > 8 ? b->have - 8 : 0;
		if (b->n == 255) {
			b->block[0] = 255;
			form_put(b->s, b->block, 256);
			b->n = 0;
		}
	}
	if (flush) {
		b->block[0] = (uint8_t)b->n;
		form_put(b->s, b->block, b->n + 1);
		if (b->n > 0)
			form_put(b->s, "", 1);
	}
}

/* LZW with a table of pairs; two colours, 1 is white. */
static void
gif_lzw(struct form_sink *s, const uint8_t *px, size_t n)
{
	static uint16_t child[4096][2];
	struct gif_bits b = {.s = s};
	unsigned next = 6, width = 3, at = px[0];

	memset(child, 0, sizeof child);
	gif_code(&b, 4, width, false);
	for (size_t i = 1; i < n; i++) {
		if (child[at][px[i]] != 0) {
			at = child[at][px[i]];
			continue;
		}
		gif_code(&b, at, width, false);
		if (next < 4095) {
			child[at][px[i]] = (uint16_t)next;
			if (next++ == 1u << width)
				width++;
		} else {
			gif_code(&b, 4, width, false);
			memset(child, 0, sizeof child);
			next = 6;
			width = 3;
		}
		at = px[i];
	}
	gif_code(&b, at, width, false);
	gif_code(&b, 5, width, true);
}

static uint8_t *
gif(const struct gray *g, int how, size_t *len)
{
	static const uint8_t first[] = {0, 4, 2, 1}, step[] = {8, 8, 4, 2};
	uint8_t head[13] = "GIF89a", frame[11] = {0x2c}, *px;
	struct form_sink s = {0};
	size_t n = 0;

	put_le(head + 6, g->w, 2);
	put_le(head + 8, g->h, 2);
	head[10] = 0x80; /* two colours */
	form_put(&s, head, sizeof head);
	/* black, and white or, where transparent, black as well */
	form_put(&s, "\0\0\0", 3);
	form_put(&s, how == GIF_CLEAR ? "\0\0\0" : "\xff\xff\xff", 3);
	if (how == GIF_CLEAR)
		form_put(&s, "\x21\xf9\x04\x01\0\0\x01\0", 8);
	put_le(frame + 5, g->w, 2);
	put_le(frame + 7, g->h, 2);
	frame[9] = how == GIF_INTERLACED ? 0x40 : 0;
	frame[10] = 2;
	form_put(&s, frame, sizeof frame);
	px = malloc((size_t)g->w * g->h);
	assert(px != NULL);
	for (int pass = 0; pass < 4; pass++)
		for (uint32_t y = how == GIF_INTERLACED ? first[pass] : 0;
		     y < g->h && (how == GIF_INTERLACED || pass == 0);
		     y += how == GIF_INTERLACED ? step[pass] : 1)
			for (uint32_t x = 0; x < g->w; x++)
				px[n++] = g->px[(size_t)y * g->w + x] > 128;
	gif_lzw(&s, px, n);
	form_put(&s, ";", 1);
	free(px);
	*len = s.len;
	return s.p;
}

static uint8_t *
png_plain(const struct gray *g, int arg, size_t *len)
{
	(void)arg;
	return sheet_png(g, len);
}

static uint8_t *
jpeg_plain(const struct gray *g, int arg, size_t *len)
{
	return sheet_jpeg(g, arg, len);
}

static uint8_t *
pdf_plain(const struct gray *g, int arg, size_t *len)
{
	(void)arg;
	return sheet_pdf(g, 1, false, len);
}

const struct form forms[] = {
    {"png", png_plain, 0},
    {"jpeg", jpeg_plain, 70},
    {"jpeg progressive", jpeg, JPEG_PROGRESSIVE},
    {"jpeg cmyk", jpeg, JPEG_CMYK},
    {"jpeg cmyk adobe", jpeg, JPEG_ADOBE},
    {"jpeg exif mirrored", jpeg, JPEG_MIRRORED},
    {"webp lossy", webp, WEBP_LOSSY},
    {"webp lossless", webp, WEBP_LOSSLESS},
    {"webp transparent", webp, WEBP_CLEAR},
    {"webp animated", webp, WEBP_ANIMATED},
    {"heic", heic, 0},
    {"tiff none", form_tiff, COMPRESSION_NONE},
    {"tiff black is 0", form_tiff, COMPRESSION_NONE | TIFF_BLACK},
    {"tiff huffman", form_tiff, COMPRESSION_CCITTRLE},
    {"tiff g3", form_tiff, COMPRESSION_CCITTFAX3},
    {"tiff g4", form_tiff, COMPRESSION_CCITTFAX4},
    {"tiff g4 black is 0", form_tiff, COMPRESSION_CCITTFAX4 | TIFF_BLACK},
    {"tiff packbits", form_tiff, COMPRESSION_PACKBITS},
    {"tiff lzw gray", form_tiff, COMPRESSION_LZW | TIFF_GRAY},
    {"tiff deflate rgb", form_tiff, COMPRESSION_ADOBE_DEFLATE | TIFF_RGB},
    {"tiff jpeg", form_tiff, COMPRESSION_JPEG | TIFF_GRAY},
    {"tiff tiles", form_tiff, COMPRESSION_LZW | TIFF_TILES},
    {"tiff big", form_tiff, COMPRESSION_LZW | TIFF_GRAY | TIFF_BIG},
    {"tiff mirrored", form_tiff, COMPRESSION_LZW | TIFF_GRAY | TIFF_MIRRORED},
    {"tiff transparent", form_tiff, COMPRESSION_LZW | TIFF_ALPHA},
    {"bmp 1", bmp, 1},
    {"bmp 4", bmp, 4},
    {"bmp 8", bmp, 8},
    {"bmp 16", bmp, 16},
    {"bmp 24", bmp, 24},
    {"bmp 32", bmp, 32},
    {"bmp top down", bmp, 24 + BMP_TOP_DOWN},
    {"bmp rle 8", bmp, 8 + BMP_RLE},
    {"bmp rle 4", bmp, 4 + BMP_RLE},
    {"bmp os/2", bmp, 8 + BMP_OS2},
    {"gif", gif, 0},
    {"gif interlaced", gif, GIF_INTERLACED},
    {"gif transparent", gif, GIF_CLEAR},
    {"pdf", pdf_plain, 0},
};
const size_t n_forms = sizeof forms / sizeof *forms;

uint8_t *
form_pdf_image(const struct gray *g, const char *filter, size_t *len)
{
	static const struct {
		const char *name, *dict;
	} kinds[] = {{"flate", "/ColorSpace/DeviceGray/BitsPerComponent 8"
			       "/Filter/FlateDecode"},
	    {"dct", "/ColorSpace/DeviceGray/BitsPerComponent 8"
		    "/Filter/DCTDecode"},
	    {"fax", ""},
	    {"mask", "/ImageMask true/BitsPerComponent 1"},
	    {"index", "/ColorSpace[/Indexed/DeviceRGB 1<ffffff000000>]"
		      "/BitsPerComponent 1"}};
	size_t n = (size_t)g->w * g->h, row = (g->w + 7) / 8, size = 0;
	char dict[160], *buf = NULL;
	uint8_t *data = NULL;
	size_t k = 0;
	FILE *f;

	while (strcmp(kinds[k].name, filter) != 0)
		k++;
	if (k == 0) {
		uLongf z = compressBound(n);
		data = malloc(z);
		assert(compress(data, &z, g->px, n) == Z_OK);
		size = z;
	} else if (k == 1) {
		data = sheet_jpeg(g, 70, &size);
	} else if (k == 2) {
		data = form_fax(g, &size);
	} else {
		size = row * g->h;
		data = calloc(1, size);
		assert(data != NULL);
		for (uint32_t y = 0; y < g->h; y++)
			for (uint32_t x = 0; x < g->w; x++)
				if ((g->px[(size_t)y * g->w + x] < 128) ==
				    (k == 4))
					data[row * y + x / 8] |=
					    (uint8_t)(0x80 >> x % 8);
	}
	if (k == 2)
		snprintf(dict, sizeof dict,
		    "/ColorSpace/DeviceGray/BitsPerComponent 1"
		    "/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns %u>>",
		    g->w);
	else
		snprintf(dict, sizeof dict, "%s", kinds[k].dict);
	f = open_memstream(&buf, len);
	assert(f != NULL);
	/* no cross-reference table: readers rebuild it */
	fprintf(f,
	    "%%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
	    "2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1/Resources"
	    "<</XObject<</F 5 0 R>>>>>>\nendobj\n"
	    "3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]"
	    "/Contents 4 0 R>>\nendobj\n"
	    "4 0 obj\n<</Length 5>>\nstream\n/F Do\nendstream\nendobj\n"
	    "5 0 obj\n<</Type/XObject/Subtype/Form/BBox[0 0 595 842]"
	    "/Resources<</XObject<</I 6 0 R>>>>/Length 29>>\nstream\n"
	    "q 30 0 0 30 500 80 cm /I Do Q\nendstream\nendobj\n"
	    "6 0 obj\n<</Type/XObject/Subtype/Image/Width %u/Height %u%s"
	    "/Length %zu>>\nstream\n",
	    g->w, g->h, dict, size);
	fwrite(data, 1, size, f);
	fputs("\nendstream\nendobj\ntrailer\n<</Size 7/Root 1 0 R>>\n%%EOF\n",
	    f);
	assert(fclose(f) == 0);
	free(data);
	return (uint8_t *)buf;
}
