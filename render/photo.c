#include "render/photo_int.h"

#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "edge/lang.h"
#include "render/cell_int.h"

#define MAX_BYTES  (16u << 20)
#define PRINT_DPI  400 /* more is not seen in print */
#define QUALITY    90
#define CROP_MAX   0.06 /* of a side, to fill the frame */

struct jpeg_err {
	struct jpeg_error_mgr mgr;
	jmp_buf back;
};

_Noreturn static void
jpeg_fatal(j_common_ptr c)
{
	struct jpeg_err *e = (struct jpeg_err *)(void *)c->err;

	longjmp(e->back, 1);
}

/* A warning is damage: a picture cut off is filled up with grey. */
static void
jpeg_message(j_common_ptr c, int level)
{
	if (level < 0)
		jpeg_fatal(c);
}

static void
jpeg_quiet(j_common_ptr c)
{
	(void)c;
}

static struct jpeg_error_mgr *
jpeg_errors(struct jpeg_err *e)
{
	jpeg_std_error(&e->mgr);
	e->mgr.error_exit = jpeg_fatal;
	e->mgr.emit_message = jpeg_message;
	e->mgr.output_message = jpeg_quiet;
	return &e->mgr;
}

/* Rows of packed RGB. */
struct pixels {
	uint8_t *rgb;
	int w, h;
};

static enum cred_err
damaged(struct why *why)
{
	return why_set(why, CRED_FAULT_RENDER,
	    TR("the photo is damaged; take or export it again",
		"照片文件已损坏，请重新拍摄或导出"));
}

static enum cred_err
no_photo(struct why *why)
{
	return why_set(why, CRED_FAULT_RENDER,
	    TR("the photo is neither PNG nor JPEG; save it as one",
		"照片既不是 PNG 也不是 JPEG，请另存为其中一种"));
}

static enum cred_err
too_many_pixels(double w, double h, struct why *why)
{
	return why_set(why, CRED_FAULT_RENDER,
	    TR("the photo has %.0f × %.0f pixels; 40 million are the limit",
		"照片有 %.0f × %.0f 像素，上限为 4000 万"),
	    w, h);
}

static enum cred_err
jpeg_encode(
    const struct pixels *px, uint8_t **out, size_t *out_len, struct why *why)
{
	struct jpeg_compress_struct c;
	struct jpeg_err err;
	/* what libjpeg allocates must outlive longjmp() */
	unsigned char *volatile buf = NULL;
	unsigned char *now = NULL;
	unsigned long len = 0;

	c.err = jpeg_errors(&err);
	if (setjmp(err.back) != 0) {
		jpeg_destroy_compress(&c);
		free(buf);
		return why_set(why, CRED_FAULT_NOMEM,
		    TR("out of memory for the photo", "处理照片时内存不足"));
	}
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &now, &len);
	buf = now;
	c.image_width = (JDIMENSION)px->w;
	c.image_height = (JDIMENSION)px->h;
	c.input_components = 3;
	c.in_color_space = JCS_RGB;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, QUALITY, TRUE);
	jpeg_start_compress(&c, TRUE);
	while (c.next_scanline < c.image_height) {
		JSAMPROW row =
		    px->rgb + (size_t)c.next_scanline * (size_t)px->w * 3;
		jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	*out = now;
	*out_len = len;
	return CRED_OK;
}

/*
 * Decode it, whole, which proves that it is undamaged. out->rgb is NULL when
 * it may be embedded as it is; else it was so large that it comes at 1/2 to
 * 1/8, not below want_w x want_h px. w and h are those of the picture to embed.
 */
static enum cred_err
jpeg_decode(struct bytes file, double want_w, double want_h, struct pixels *out,
    struct why *why)
{
	struct jpeg_decompress_struct d;
	struct jpeg_err err;
	uint8_t *volatile rgb = NULL;
	bool as_it_is;
	volatile enum cred_err e = CRED_OK;

	d.err = jpeg_errors(&err);
	if (setjmp(err.back) != 0) {
		jpeg_destroy_decompress(&d);
		free(rgb);
		return damaged(why);
	}
	jpeg_create_decompress(&d);
	jpeg_mem_src(&d, file.ptr, file.len);
	jpeg_read_header(&d, TRUE);
	if ((double)d.image_width * d.image_height > PHOTO_MAX_PIXELS) {
		e = too_many_pixels(d.image_width, d.image_height, why);
		goto out;
	}
	if (d.num_components != 1 && d.num_components != 3) {
		e = why_set(why, CRED_FAULT_RENDER,
		    TR("the photo is in printing colours (CMYK); save it in "
		       "RGB",
			"照片为印刷色（CMYK），请另存为 RGB"));
		goto out;
	}
	d.out_color_space = JCS_RGB;
	d.scale_num = 8;
	d.scale_denom = 8;
	while (d.scale_num > 1 &&
	       d.image_width * (d.scale_num / 2) >= want_w * 8 &&
	       d.image_height * (d.scale_num / 2) >= want_h * 8)
		d.scale_num /= 2;
	as_it_is = d.scale_num == 8;
	if (as_it_is)
		d.scale_num = 1; /* the proof only */
	jpeg_start_decompress(&d);
	rgb = malloc((size_t)d.output_width * d.output_height * 3);
	if (rgb == NULL) {
		e = CRED_FAULT_NOMEM;
		goto out;
	}
	while (d.output_scanline < d.output_height) {
		JSAMPROW row =
		    rgb + (size_t)d.output_scanline * d.output_width * 3;
		jpeg_read_scanlines(&d, &row, 1);
	}
	jpeg_finish_decompress(&d);
	if (as_it_is) {
		*out = (struct pixels){
		    NULL, (int)d.image_width, (int)d.image_height};
	} else {
		*out = (struct pixels){
		    rgb, (int)d.output_width, (int)d.output_height};
		rgb = NULL;
	}
out:
	free(rgb);
	jpeg_destroy_decompress(&d);
	return e;
}

static unsigned
be16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* EXIF 2.3 4.6.2, tag 0x0112 of the first directory; 1 when there is none. */
static int
exif_orientation(struct bytes app1)
{
	const uint8_t *p = app1.ptr + 6, *at;
	size_t len = app1.len, n;
	bool le;
#define U16(q) (le ? (unsigned)(q)[1] << 8 | (q)[0] : be16(q))
#define U32(q)                                                                 \
	(le ? (size_t)U16((q) + 2) << 16 | U16(q)                              \
	    : (size_t)U16(q) << 16 | U16((q) + 2))

	if (len < 6 + 14 || memcmp(app1.ptr, "Exif\0", 6) != 0)
		return 1;
	len -= 6;
	le = p[0] == 'I';
	if (U32(p + 4) > len - 2)
		return 1;
	at = p + U32(p + 4);
	n = U16(at);
	at += 2;
	for (; n > 0 && (size_t)(p + len - at) >= 12; n--, at += 12) {
		if (U16(at) == 0x0112 && U16(at + 2) == 3) {
			unsigned v = U16(at + 8);
			return v >= 1 && v <= 8 ? (int)v : 1;
		}
	}
	return 1;
#undef U16
#undef U32
}

/*
 * Segments up to the scan (ITU T.81 B.1.1), without comments and APP1..13,
 * 15: camera, place, thumbnail. APP2 (colour profile) and APP14 (how colours
 * are coded) stay. out has file.len bytes. False when malformed.
 */
static bool
jpeg_strip(struct bytes file, uint8_t *out, size_t *out_len, int *orientation)
{
	const uint8_t *p = file.ptr, *end = p + file.len;
	uint8_t *o = out;

	*orientation = 1;
	memcpy(o, p, 2); /* SOI */
	o += 2;
	p += 2;
	for (;;) {
		size_t len;
		unsigned m;
		if (end - p < 4 || p[0] != 0xff)
			return false;
		m = p[1];
		if (m == 0xff) { /* fill byte */
			p++;
			continue;
		}
		len = be16(p + 2) + 2u;
		if (len < 4 || len > (size_t)(end - p))
			return false;
		if (m == 0xe1 && *orientation == 1)
			*orientation =
			    exif_orientation(bytes_of(p + 4, len - 4));
		if (m == 0xda) { /* the scan and all after it */
			memcpy(o, p, (size_t)(end - p));
			o += end - p;
			*out_len = (size_t)(o - out);
			return true;
		}
		if (!((m >= 0xe1 && m <= 0xef && m != 0xe2 && m != 0xee) ||
			m == 0xfe)) {
			memcpy(o, p, len);
			o += len;
		}
		p += len;
	}
}

static enum cred_err
png_decode(struct bytes file, struct pixels *out, struct why *why)
{
	png_image img = {.version = PNG_IMAGE_VERSION};
	const png_color white = {255, 255, 255};
	uint8_t *rgb = NULL;
	enum cred_err e = CRED_OK;

	if (!png_image_begin_read_from_memory(&img, file.ptr, file.len))
		return damaged(why);
	if ((double)img.width * img.height > PHOTO_MAX_PIXELS) {
		e = too_many_pixels(img.width, img.height, why);
		goto out;
	}
	img.format = PNG_FORMAT_RGB;
	rgb = malloc(PNG_IMAGE_SIZE(img));
	if (rgb == NULL) {
		e = CRED_FAULT_NOMEM;
		goto out;
	}
	if (!png_image_finish_read(&img, &white, rgb, 0, NULL) ||
	    img.warning_or_error != 0) {
		e = damaged(why);
		goto out;
	}
	*out = (struct pixels){rgb, (int)img.width, (int)img.height};
	rgb = NULL;
out:
	png_image_free(&img);
	free(rgb);
	return e;
}

/* By the mean of k x k pixels, in place. */
static void
reduce(struct pixels *px, int k)
{
	int w = px->w / k, h = px->h / k;
	uint8_t *o = px->rgb;

	for (int y = 0; y < h; y++) {
		for (int x = 0; x < w; x++) {
			unsigned sum[3] = {0, 0, 0};
			for (int j = 0; j < k * k; j++) {
				const uint8_t *p =
				    px->rgb +
				    ((size_t)(y * k + j / k) * (size_t)px->w +
					(size_t)(x * k + j % k)) *
					3;
				sum[0] += p[0];
				sum[1] += p[1];
				sum[2] += p[2];
			}
			for (int c = 0; c < 3; c++)
				*o++ = (uint8_t)(sum[c] / (unsigned)(k * k));
		}
	}
	px->w = w;
	px->h = h;
}

enum cred_err
photo_prepare(struct bytes file, double want_w, double want_h, uint8_t **jpeg,
    size_t *len, struct photo *p, struct why *why)
{
	static const uint8_t PNG[8] = {0x89, 'P', 'N', 'G', 13, 10, 26, 10};
	struct pixels px = {0};
	uint8_t *buf = NULL;
	enum cred_err e = CRED_OK;

	p->orientation = 1;
	if (file.len > 8 && memcmp(file.ptr, PNG, 8) == 0) {
		int k;
		e = png_decode(file, &px, why);
		if (e != CRED_OK)
			goto out;
		k = (int)fmin(px.w / want_w, px.h / want_h);
		if (k > 1)
			reduce(&px, k);
	} else if (file.len > 4 && file.ptr[0] == 0xff && file.ptr[1] == 0xd8) {
		buf = malloc(file.len);
		if (buf == NULL)
			return CRED_FAULT_NOMEM;
		if (!jpeg_strip(file, buf, len, &p->orientation)) {
			e = damaged(why);
			goto out;
		}
		if (p->orientation >= 5)
			e = jpeg_decode(file, want_h, want_w, &px, why);
		else
			e = jpeg_decode(file, want_w, want_h, &px, why);
		if (e != CRED_OK)
			goto out;
	} else {
		return no_photo(why);
	}
	if (px.rgb != NULL) {
		free(buf);
		buf = NULL;
		e = jpeg_encode(&px, &buf, len, why);
		if (e != CRED_OK)
			goto out;
	}
	p->w = px.w;
	p->h = px.h;
	*jpeg = buf;
	buf = NULL;
out:
	free(px.rgb);
	free(buf);
	return e;
}

enum cred_err
photo_make(struct bytes file, double w_mm, double h_mm, struct photo *out,
    struct why *why)
{
	struct photo p = {0};
	uint8_t *jpeg = NULL;
	size_t len = 0;
	enum cred_err e;

	if (file.len == 0)
		return no_photo(why);
	if (file.len > MAX_BYTES)
		return why_set(why, CRED_FAULT_RENDER,
		    TR("the photo has %zu bytes; 16 MiB are the limit",
			"照片有 %zu 字节，上限为 16 MiB"),
		    file.len);
	e = cell_prepare(file, w_mm / 25.4 * PRINT_DPI,
	    h_mm / 25.4 * PRINT_DPI, &jpeg, &len, &p, why);
	if (e != CRED_OK)
		return e;
	/* The PDF surface embeds the JPEG and never looks at these pixels. */
	p.image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, p.w, p.h);
	if (cairo_surface_set_mime_data(p.image, CAIRO_MIME_TYPE_JPEG, jpeg,
		len, free, jpeg) != CAIRO_STATUS_SUCCESS) {
		free(jpeg);
		cairo_surface_destroy(p.image);
		return why_set(why, CRED_FAULT_NOMEM,
		    TR("out of memory for the photo", "处理照片时内存不足"));
	}
	*out = p;
	return CRED_OK;
}

void
photo_draw(
    cairo_t *cr, const struct photo *p, double x, double y, double w, double h)
{
	/* EXIF 2.3 4.6.4 A: which way the stored rows and columns run, as a
	 * matrix on the centred picture */
	static const double TURN[9][4] = {{0}, {1, 0, 0, 1}, {-1, 0, 0, 1},
	    {-1, 0, 0, -1}, {1, 0, 0, -1}, {0, 1, 1, 0}, {0, 1, -1, 0},
	    {0, -1, -1, 0}, {0, -1, 1, 0}};
	const double *m = TURN[p->orientation];
	cairo_matrix_t turn;
	double pw = p->orientation >= 5 ? p->h : p->w;
	double ph = p->orientation >= 5 ? p->w : p->h;
	double whole = fmin(w / pw, h / ph), fill = fmax(w / pw, h / ph);
	double k = whole / fill >= 1 - CROP_MAX ? fill : whole;

	cairo_save(cr);
	cairo_rectangle(cr, x, y, w, h);
	cairo_clip(cr);
	cairo_translate(cr, x + w / 2, y + h / 2);
	cairo_scale(cr, k, k);
	cairo_matrix_init(&turn, m[0], m[1], m[2], m[3], 0, 0);
	cairo_transform(cr, &turn);
	cairo_set_source_surface(cr, p->image, -p->w / 2.0, -p->h / 2.0);
	cairo_paint(cr);
	cairo_restore(cr);
}

void
photo_release(struct photo *p)
{
	cairo_surface_destroy(p->image);
	p->image = NULL;
}
