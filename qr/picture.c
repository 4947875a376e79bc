#include "qr/picture.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <png.h>

#define JPEG_FULL_PX (25u * 1000 * 1000)

enum picture_type
picture_sniff(struct bytes f)
{
	size_t n = f.len < 1024 ? f.len : 1024;

	if (f.len >= 8 && memcmp(f.ptr, "\x89PNG\r\n\x1a\n", 8) == 0)
		return PICTURE_PNG;
	if (f.len >= 3 && memcmp(f.ptr, "\xff\xd8\xff", 3) == 0)
		return PICTURE_JPEG;
	if (n >= 5 && memmem(f.ptr, n, "%PDF-", 5) != NULL)
		return PICTURE_PDF;
	return PICTURE_NONE;
}

static bool
size_ok(uint64_t w, uint64_t h, uint32_t max_pixels)
{
	return w > 0 && h > 0 && w <= UINT32_MAX && h <= UINT32_MAX / w &&
	       w * h <= max_pixels;
}

/* What a longjmp out of libpng must find again. */
struct png_job {
	struct bytes in;
	png_structp png;
	png_infop info;
	uint8_t *px, **rows;
	bool started; /* rows may hold pixels */
	enum cred_err e;
};

static void
png_from_memory(png_structp png, png_bytep out, size_t n)
{
	struct png_job *j = png_get_io_ptr(png);

	if (n > j->in.len)
		png_error(png, "truncated");
	memcpy(out, j->in.ptr, n);
	j->in.ptr += n;
	j->in.len -= n;
}

static void
png_quiet(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

_Noreturn static void
png_fail(png_structp png, png_const_charp text)
{
	(void)text;
	png_longjmp(png, 1);
}

/* To eight bits of grey, transparent over white. */
static void
png_to_gray(png_structp png, png_infop info)
{
	png_color_16 white = {0, 0xffff, 0xffff, 0xffff, 0xffff};
	int type = png_get_color_type(png, info);
	bool alpha = (type & PNG_COLOR_MASK_ALPHA) != 0 ||
		     png_get_valid(png, info, PNG_INFO_tRNS) != 0;

	png_set_expand(png);
	if (png_get_bit_depth(png, info) == 16) {
		png_set_scale_16(png);
	} else {
		white.red = white.green = white.blue = white.gray = 255;
	}
	if ((type & PNG_COLOR_MASK_COLOR) != 0)
		png_set_rgb_to_gray(png, PNG_ERROR_ACTION_NONE, -1, -1);
	if (alpha)
		png_set_background(
		    png, &white, PNG_BACKGROUND_GAMMA_SCREEN, 0, 1.0);
	(void)png_set_interlace_handling(png);
	png_read_update_info(png, info);
}

static void
png_run(struct png_job *j, uint32_t max_pixels, struct picture *out)
{
	uint32_t w, h;

	if (setjmp(png_jmpbuf(j->png)) != 0) {
		if (!j->started)
			j->e = j->e != CRED_OK ? j->e : CRED_ERR_PIC_BROKEN;
		else
			out->damaged = true;
		return;
	}
	png_set_user_limits(j->png, 0x7fffffff, 0x7fffffff);
	png_set_chunk_cache_max(j->png, 16);
	png_set_chunk_malloc_max(j->png, 1 << 20);
	png_set_crc_action(j->png, PNG_CRC_WARN_USE, PNG_CRC_WARN_USE);
	png_set_read_fn(j->png, j, png_from_memory);
	png_read_info(j->png, j->info);
	w = png_get_image_width(j->png, j->info);
	h = png_get_image_height(j->png, j->info);
	if (!size_ok(w, h, max_pixels)) {
		j->e = CRED_ERR_PIC_PIXELS;
		return;
	}
	png_to_gray(j->png, j->info);
	if (png_get_rowbytes(j->png, j->info) != w) {
		j->e = CRED_ERR_PIC_BROKEN;
		return;
	}
	j->px = malloc((size_t)w * h);
	j->rows = malloc(h * sizeof *j->rows);
	if (j->px == NULL || j->rows == NULL) {
		j->e = CRED_FAULT_NOMEM;
		return;
	}
	memset(j->px, 255, (size_t)w * h);
	for (uint32_t y = 0; y < h; y++)
		j->rows[y] = j->px + (size_t)y * w;
	out->gray = (struct gray){j->px, w, h};
	j->started = true;
	png_read_image(j->png, j->rows);
}

static enum cred_err
decode_png(struct bytes file, uint32_t max_pixels, struct picture *out)
{
	struct png_job j = {.in = file};
	struct picture p = {0};

	j.png = png_create_read_struct(
	    PNG_LIBPNG_VER_STRING, NULL, png_fail, png_quiet);
	if (j.png == NULL)
		return CRED_FAULT_NOMEM;
	j.info = png_create_info_struct(j.png);
	if (j.info == NULL)
		j.e = CRED_FAULT_NOMEM;
	else
		png_run(&j, max_pixels, &p);
	png_destroy_read_struct(&j.png, &j.info, NULL);
	free(j.rows);
	if (j.e != CRED_OK) {
		free(j.px);
		return j.e;
	}
	p.px = j.px;
	*out = p;
	return CRED_OK;
}

struct jpeg_job {
	struct jpeg_error_mgr mgr; /* first: libjpeg's view of it */
	jmp_buf jump;
	struct jpeg_decompress_struct c;
	uint8_t *px, *cmyk;
	bool started;
	enum cred_err e;
};

static void
jpeg_fail(j_common_ptr c)
{
	struct jpeg_job *j = (struct jpeg_job *)(void *)c->err;

	longjmp(j->jump, 1);
}

static void
jpeg_quiet(j_common_ptr c)
{
	(void)c;
}

/* Adobe writes CMYK inverted: 255 is no ink. */
static void
cmyk_to_gray(const uint8_t *in, uint8_t *out, uint32_t w, bool inverted)
{
	for (uint32_t x = 0; x < w; x++, in += 4) {
		uint8_t flip = inverted ? 0 : 255;
		unsigned c = in[0] ^ flip, m = in[1] ^ flip, y = in[2] ^ flip,
			 k = in[3] ^ flip;
		out[x] = (uint8_t)((77 * c + 150 * m + 29 * y) / 256 * k / 255);
	}
}

static void
jpeg_run(struct jpeg_job *j, struct bytes file, uint32_t max_pixels,
    struct picture *out)
{
	struct jpeg_decompress_struct *c = &j->c;
	uint64_t px;
	bool cmyk;

	if (setjmp(j->jump) != 0) {
		if (!j->started)
			j->e = CRED_ERR_PIC_BROKEN;
		else
			out->damaged = true;
		return;
	}
	jpeg_create_decompress(c);
	jpeg_mem_src(c, file.ptr, file.len);
	(void)jpeg_read_header(c, TRUE);
	if (!size_ok(c->image_width, c->image_height, max_pixels)) {
		j->e = CRED_ERR_PIC_PIXELS;
		return;
	}
	cmyk =
	    c->jpeg_color_space == JCS_CMYK || c->jpeg_color_space == JCS_YCCK;
	c->out_color_space = cmyk ? JCS_CMYK : JCS_GRAYSCALE;
	c->dct_method = JDCT_IFAST;
	c->do_fancy_upsampling = FALSE;
	px = (uint64_t)c->image_width * c->image_height;
	c->scale_num = 1;
	for (c->scale_denom = 1; px > JPEG_FULL_PX && c->scale_denom < 8;
	     px /= 4)
		c->scale_denom *= 2;
	jpeg_start_decompress(c);
	px = (uint64_t)c->output_width * c->output_height;
	j->px = malloc(px);
	j->cmyk = cmyk ? malloc((size_t)4 * c->output_width) : NULL;
	if (j->px == NULL || (cmyk && j->cmyk == NULL)) {
		j->e = CRED_FAULT_NOMEM;
		return;
	}
	memset(j->px, 255, px);
	out->gray = (struct gray){j->px, c->output_width, c->output_height};
	j->started = true;
	while (c->output_scanline < c->output_height) {
		uint8_t *row =
		    j->px + (size_t)c->output_scanline * c->output_width;
		JSAMPROW into = cmyk ? j->cmyk : row;
		(void)jpeg_read_scanlines(c, &into, 1);
		if (cmyk)
			cmyk_to_gray(
			    j->cmyk, row, c->output_width, c->saw_Adobe_marker);
	}
	out->damaged = j->mgr.num_warnings > 0;
}

static enum cred_err
decode_jpeg(struct bytes file, uint32_t max_pixels, struct picture *out)
{
	struct jpeg_job *j = calloc(1, sizeof *j);
	struct picture p = {0};
	enum cred_err e;

	if (j == NULL)
		return CRED_FAULT_NOMEM;
	j->c.err = jpeg_std_error(&j->mgr);
	j->mgr.error_exit = jpeg_fail;
	j->mgr.output_message = jpeg_quiet;
	jpeg_run(j, file, max_pixels, &p);
	jpeg_destroy_decompress(&j->c);
	e = j->e;
	if (e == CRED_OK) {
		p.px = j->px;
		j->px = NULL;
		*out = p;
	}
	free(j->px);
	free(j->cmyk);
	free(j);
	return e;
}

enum cred_err
picture_decode(struct bytes file, uint32_t max_pixels, struct picture *out)
{
	switch (picture_sniff(file)) {
	case PICTURE_PNG:
		return decode_png(file, max_pixels, out);
	case PICTURE_JPEG:
		return decode_jpeg(file, max_pixels, out);
	case PICTURE_PDF:
	case PICTURE_NONE:
		break;
	}
	return CRED_ERR_PIC_FORMAT;
}

void
picture_release(struct picture *p)
{
	free(p->px);
	*p = (struct picture){0};
}
