#include "qr/picture_int.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#define JPEG_FULL_PX (25u * 1000 * 1000)

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
	jpeg_save_markers(c, JPEG_APP0 + 1, 0xffff);
	(void)jpeg_read_header(c, TRUE);
	if (!picture_size_ok(c->image_width, c->image_height, max_pixels)) {
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
	for (jpeg_saved_marker_ptr m = c->marker_list; m != NULL; m = m->next)
		if (m->data_length > 6 && memcmp(m->data, "Exif\0\0", 6) == 0)
			out->mirrored = picture_exif_mirrored(
			    bytes_of(m->data + 6, m->data_length - 6));
}

enum cred_err
picture_jpeg(struct bytes file, uint32_t max_pixels, struct picture *out)
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
