/*
 * bench-scan-make PAGE.png SEED FIRST N OUT FAMILY…
 *
 * Distorted certificates FIRST..FIRST+N-1 of each family into the folder OUT,
 * and a line a picture on stdout: file, family, text (tabs between).
 * PAGE.png: a rendered certificate at 300 dpi. No family: their names.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <jpeglib.h>
#include <png.h>

#include "bench/scan/family.h"

#define CROP 1000 /* px around the code that distortions see */

_Noreturn static void
die(const char *what, const char *which)
{
	fprintf(stderr, "bench-scan-make: %s: %s\n", which, what);
	exit(2);
}

static void
save(const struct frame *f, int quality, const char *path)
{
	size_t n = (size_t)f->w * (size_t)f->h;
	uint8_t *px = malloc(n);
	FILE *out = fopen(path, "wb");

	if (px == NULL || out == NULL)
		die(strerror(errno), path);
	for (size_t i = 0; i < n; i++) {
		float v = f->px[i];
		px[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v + 0.5f);
	}
	if (quality == 0) {
		png_image im = {.version = PNG_IMAGE_VERSION,
		    .width = (uint32_t)f->w,
		    .height = (uint32_t)f->h,
		    .format = PNG_FORMAT_GRAY,
		    .flags = PNG_IMAGE_FLAG_FAST};
		if (!png_image_write_to_stdio(&im, out, 0, px, 0, NULL))
			die(im.message, path);
	} else {
		struct jpeg_compress_struct c;
		struct jpeg_error_mgr err;
		c.err = jpeg_std_error(&err);
		jpeg_create_compress(&c);
		jpeg_stdio_dest(&c, out);
		c.image_width = (uint32_t)f->w;
		c.image_height = (uint32_t)f->h;
		c.input_components = 1;
		c.in_color_space = JCS_GRAYSCALE;
		jpeg_set_defaults(&c);
		jpeg_set_quality(&c, quality, TRUE);
		jpeg_start_compress(&c, TRUE);
		while (c.next_scanline < c.image_height) {
			JSAMPROW row =
			    px + (size_t)c.next_scanline * c.image_width;
			(void)jpeg_write_scanlines(&c, &row, 1);
		}
		jpeg_finish_compress(&c);
		jpeg_destroy_compress(&c);
	}
	free(px);
	if (fclose(out) != 0)
		die(strerror(errno), path);
}

static struct gray
load(const char *path)
{
	png_image im = {.version = PNG_IMAGE_VERSION};
	uint8_t *px;

	if (!png_image_begin_read_from_file(&im, path))
		die(im.message, path);
	im.format = PNG_FORMAT_GRAY;
	px = malloc(PNG_IMAGE_SIZE(im));
	if (px == NULL || !png_image_finish_read(&im, NULL, px, 0, NULL))
		die(im.message, path);
	return (struct gray){px, im.width, im.height};
}

static void
make(const struct paper *page, const struct family *fam, uint64_t seed,
    unsigned nth, const char *dir)
{
	struct rng r = rng_of(seed, fam->name, nth);
	int quality = (int)rng_in(&r, 80, 92);
	char text[PAPER_TEXT], path[4096];
	struct paper p;
	struct frame f;

	paper_text(&r, text);
	p = paper_print(page, fam->whole ? 0 : CROP, text);
	f = fam->make(&p, &r, &quality);
	snprintf(path, sizeof path, "%s/%s-%03u.%s", dir, fam->name, nth,
	    quality == 0 ? "png" : "jpg");
	save(&f, quality, path);
	printf("%s\t%s\t%s\n", path, fam->name, text);
	frame_free(&f);
	paper_free(&p);
}

int
main(int argc, char **argv)
{
	struct paper open;
	struct gray page;
	unsigned first, n;

	if (argc < 7) {
		for (unsigned i = 0; i < N_FAMILIES; i++)
			puts(FAMILIES[i].name);
		return argc == 1 ? 0 : 2;
	}
	page = load(argv[1]);
	open = paper_open(&page);
	first = (unsigned)strtoul(argv[3], NULL, 10);
	n = (unsigned)strtoul(argv[4], NULL, 10);
	for (int a = 6; a < argc; a++) {
		unsigned k = 0;
		while (k < N_FAMILIES && strcmp(FAMILIES[k].name, argv[a]) != 0)
			k++;
		if (k == N_FAMILIES)
			die("no such family", argv[a]);
		for (unsigned i = first; i < first + n; i++)
			make(&open, &FAMILIES[k], strtoull(argv[2], NULL, 10),
			    i, argv[5]);
	}
	free((void *)(uintptr_t)page.px);
	return 0;
}
