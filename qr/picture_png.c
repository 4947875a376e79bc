#include "qr/picture_int.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <png.h>

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
	if (!picture_size_ok(w, h, max_pixels)) {
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

enum cred_err
picture_png(struct bytes file, uint32_t max_pixels, struct picture *out)
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
