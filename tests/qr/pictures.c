#include "pictures.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <png.h>

struct gray
sheet_new(uint32_t w, uint32_t h)
{
	uint8_t *px = malloc((size_t)w * h);

	assert(px != NULL);
	memset(px, 255, (size_t)w * h);
	return (struct gray){px, w, h};
}

void
sheet_free(struct gray *g)
{
	free((void *)(uintptr_t)g->px);
	*g = (struct gray){0};
}

uint32_t
sheet_qr(
    struct gray *g, const char *text, uint32_t x, uint32_t y, uint32_t scale)
{
	uint8_t *px = (uint8_t *)(uintptr_t)g->px;
	struct qr_code c;
	struct why why;
	uint32_t side;

	if (qr_encode(bytes_str(text), &c, &why) != CRED_OK)
		abort();
	side = ((uint32_t)c.width + 2 * QR_QUIET) * scale;
	assert(x + side <= g->w && y + side <= g->h);
	for (uint32_t r = 0; r < (uint32_t)c.width * scale; r++)
		for (uint32_t k = 0; k < (uint32_t)c.width * scale; k++)
			px[(size_t)(y + QR_QUIET * scale + r) * g->w + x +
			    QR_QUIET * scale + k] =
			    c.modules[r / scale * (uint32_t)c.width +
				      k / scale] != 0
				? 0
				: 255;
	qr_code_release(&c);
	return side;
}

uint8_t *
sheet_png(const struct gray *g, size_t *len)
{
	png_image im = {.version = PNG_IMAGE_VERSION,
	    .width = g->w,
	    .height = g->h,
	    .format = PNG_FORMAT_GRAY};
	png_alloc_size_t n = 0;
	uint8_t *out;

	assert(png_image_write_to_memory(&im, NULL, &n, 0, g->px, 0, NULL));
	out = malloc(n);
	assert(out != NULL);
	assert(png_image_write_to_memory(&im, out, &n, 0, g->px, 0, NULL));
	*len = n;
	return out;
}

uint8_t *
sheet_jpeg(const struct gray *g, int quality, size_t *len)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr err;
	unsigned long n = 0;
	uint8_t *out = NULL;

	c.err = jpeg_std_error(&err);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &out, &n);
	c.image_width = g->w;
	c.image_height = g->h;
	c.input_components = 1;
	c.in_color_space = JCS_GRAYSCALE;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, quality, TRUE);
	jpeg_start_compress(&c, TRUE);
	while (c.next_scanline < c.image_height) {
		JSAMPROW row =
		    (JSAMPROW)(uintptr_t)(g->px +
					  (size_t)c.next_scanline * g->w);
		(void)jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	*len = n;
	return out;
}

/* Objects: 1 catalog, 2 pages, then page, contents, image for each sheet. */
uint8_t *
sheet_pdf(const struct gray *sheets, size_t n, bool encrypted, size_t *len)
{
	size_t at[64], n_obj = 2 + 3 * n, start;
	char *buf = NULL;
	FILE *f = open_memstream(&buf, len);

	assert(f != NULL && n_obj < 64);
	fputs("%PDF-1.4\n", f);
	at[1] = (size_t)ftell(f);
	fputs("1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n", f);
	at[2] = (size_t)ftell(f);
	fputs("2 0 obj\n<</Type/Pages/Kids[", f);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%zu 0 R ", 3 + 3 * i);
	fprintf(f, "]/Count %zu>>\nendobj\n", n);
	for (size_t i = 0; i < n; i++) {
		const struct gray *g = &sheets[i];
		double w = g->w * 72.0 / 200, h = g->h * 72.0 / 200;
		char draw[128];
		size_t id = 3 + 3 * i;

		snprintf(draw, sizeof draw, "%.2f 0 0 %.2f 0 0 cm /I Do", w, h);
		at[id] = (size_t)ftell(f);
		fprintf(f,
		    "%zu 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox"
		    "[0 0 %.2f %.2f]/Contents %zu 0 R/Resources"
		    "<</XObject<</I %zu 0 R>>>>>>\nendobj\n",
		    id, w, h, id + 1, id + 2);
		at[id + 1] = (size_t)ftell(f);
		fprintf(f,
		    "%zu 0 obj\n<</Length %zu>>\nstream\n%s\nendstream\n"
		    "endobj\n",
		    id + 1, strlen(draw), draw);
		at[id + 2] = (size_t)ftell(f);
		fprintf(f,
		    "%zu 0 obj\n<</Type/XObject/Subtype/Image/Width %u"
		    "/Height %u/ColorSpace/DeviceGray/BitsPerComponent 8"
		    "/Length %zu>>\nstream\n",
		    id + 2, g->w, g->h, (size_t)g->w * g->h);
		fwrite(g->px, 1, (size_t)g->w * g->h, f);
		fputs("\nendstream\nendobj\n", f);
	}
	start = (size_t)ftell(f);
	fprintf(f, "xref\n0 %zu\n0000000000 65535 f \n", n_obj + 1);
	for (size_t i = 1; i <= n_obj; i++)
		fprintf(f, "%010zu 00000 n \n", at[i]);
	fprintf(f, "trailer\n<</Size %zu/Root 1 0 R", n_obj + 1);
	if (encrypted) { /* keys that no pass phrase fits */
		fputs("/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<",
		    f);
		for (int i = 0; i < 32; i++)
			fputs("a5", f);
		fputs(">/U<", f);
		for (int i = 0; i < 32; i++)
			fputs("5a", f);
		fputs(">>>", f);
	}
	fprintf(f, ">>\nstartxref\n%zu\n%%%%EOF\n", start);
	assert(fclose(f) == 0);
	return (uint8_t *)buf;
}
