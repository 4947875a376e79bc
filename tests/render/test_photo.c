#include "tests/render/help.h"

#include <string.h>

#include <jpeglib.h>
#include <png.h>

#include "edge/file.h"
#include "render/photo_int.h"

/* A picture: left half red, right half blue, its top eighth white. */
static void
pixel(int x, int y, int w, int h, uint8_t out[3])
{
	out[0] = x < w / 2 || y < h / 8 ? 255 : 0;
	out[1] = y < h / 8 ? 255 : 0;
	out[2] = x >= w / 2 || y < h / 8 ? 255 : 0;
}

struct file {
	uint8_t *ptr;
	size_t len;
};

/* components 1, 3 or 4; app1: bytes of an APP1 segment, or NULL. */
static struct file
jpeg(int w, int h, int components, const void *app1, unsigned app1_len)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr err;
	unsigned char *out = NULL;
	unsigned long len = 0;
	uint8_t *row = malloc((size_t)w * 4);

	c.err = jpeg_std_error(&err);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &out, &len);
	c.image_width = (JDIMENSION)w;
	c.image_height = (JDIMENSION)h;
	c.input_components = components;
	c.in_color_space = components == 1   ? JCS_GRAYSCALE
			   : components == 3 ? JCS_RGB
					     : JCS_CMYK;
	jpeg_set_defaults(&c);
	jpeg_start_compress(&c, TRUE);
	if (app1 != NULL)
		jpeg_write_marker(&c, JPEG_APP0 + 1, app1, app1_len);
	jpeg_write_marker(&c, JPEG_COM, (const JOCTET *)"made by me", 10);
	for (int y = 0; y < h; y++) {
		for (int x = 0; x < w; x++) {
			uint8_t p[3];
			pixel(x, y, w, h, p);
			for (int k = 0; k < components; k++)
				row[x * components + k] = p[k % 3];
		}
		jpeg_write_scanlines(&c, (JSAMPARRAY)&row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	free(row);
	return (struct file){out, len};
}

static struct file
png(int w, int h, bool alpha)
{
	png_image img = {.version = PNG_IMAGE_VERSION,
	    .width = (png_uint_32)w,
	    .height = (png_uint_32)h,
	    .format = alpha ? PNG_FORMAT_RGBA : PNG_FORMAT_RGB};
	int n = alpha ? 4 : 3;
	uint8_t *px = calloc((size_t)w * (size_t)h, (size_t)n);
	png_alloc_size_t len = 0;
	struct file f;

	for (int i = 0; !alpha && i < w * h; i++)
		pixel(i % w, i / w, w, h, px + i * n);
	assert_true(
	    png_image_write_to_memory(&img, NULL, &len, 0, px, 0, NULL));
	f = (struct file){malloc(len), len};
	assert_true(
	    png_image_write_to_memory(&img, f.ptr, &len, 0, px, 0, NULL));
	free(px);
	return f;
}

static enum cred_err
make(struct file f, struct photo *p, struct why *why)
{
	enum cred_err e = photo_make(bytes_of(f.ptr, f.len), 25, 35, p, why);

	free(f.ptr);
	return e;
}

/* The JPEG that goes into the PDF. */
static struct bytes
stored(const struct photo *p)
{
	const unsigned char *data;
	unsigned long len;

	cairo_surface_get_mime_data(
	    p->image, CAIRO_MIME_TYPE_JPEG, &data, &len);
	assert_non_null(data);
	return bytes_of(data, len);
}

static bool
contains(struct bytes b, const char *s)
{
	return memmem(b.ptr, b.len, s, strlen(s)) != NULL;
}

#define EXIF "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"
#define END  "\0\0\0\0\0\0GPS 40.8N 111.7E"

static void
a_camera_s_notes_do_not_get_out(void **state)
{
	static const char notes[] = EXIF "\x06" END;
	struct photo p;
	struct why why = {""};

	(void)state;
	assert_int_equal(
	    make(jpeg(295, 413, 3, notes, sizeof notes - 1), &p, &why),
	    CRED_OK);
	assert_int_equal(p.orientation, 6);
	assert_int_equal(p.w, 295);
	assert_int_equal(p.h, 413);
	assert_false(contains(stored(&p), "GPS"));
	assert_false(contains(stored(&p), "Exif"));
	assert_false(contains(stored(&p), "made by me"));
	assert_true(contains(stored(&p), "JFIF"));
	photo_release(&p);
}

static void
other_byte_order_and_broken_notes(void **state)
{
	static const char intel[] =
	    "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x08\0\0\0";
	static const char far_off[] = "Exif\0\0MM\0*\xff\xff\xff\xff\0\x01zzzz";
	static const char odd[] = EXIF "\x09" END;
	struct photo p;
	struct why why = {""};

	(void)state;
	assert_int_equal(
	    make(jpeg(90, 60, 1, intel, sizeof intel - 1), &p, &why), CRED_OK);
	assert_int_equal(p.orientation, 8);
	photo_release(&p);
	assert_int_equal(
	    make(jpeg(90, 60, 3, far_off, sizeof far_off - 1), &p, &why),
	    CRED_OK);
	assert_int_equal(p.orientation, 1);
	photo_release(&p);
	assert_int_equal(
	    make(jpeg(90, 60, 3, odd, sizeof odd - 1), &p, &why), CRED_OK);
	assert_int_equal(p.orientation, 1);
	photo_release(&p);
}

static void
large_ones_are_reduced_small_ones_stay(void **state)
{
	struct photo p;
	struct why why = {""};

	(void)state;
	assert_int_equal(make(jpeg(3000, 4200, 3, NULL, 0), &p, &why), CRED_OK);
	/* 25 x 35 mm at 400 dpi: 394 x 551 */
	assert_int_equal(p.w, 750);
	assert_int_equal(p.h, 1050);
	photo_release(&p);
	assert_int_equal(make(png(1600, 2240, false), &p, &why), CRED_OK);
	assert_int_equal(p.w, 400);
	assert_int_equal(p.h, 560);
	photo_release(&p);
	assert_int_equal(make(png(295, 413, false), &p, &why), CRED_OK);
	assert_int_equal(p.w, 295);
	photo_release(&p);
}

static void
bad_photos_say_what_is_wrong(void **state)
{
	struct photo p;
	struct why why = {""};
	struct file f;

	(void)state;
	f = (struct file){(uint8_t *)strdup("GIF89a..."), 9};
	assert_int_equal(make(f, &p, &why), CRED_FAULT_RENDER);
	assert_non_null(strstr(why.text, "neither PNG nor JPEG"));

	assert_int_equal(
	    make(jpeg(200, 280, 4, NULL, 0), &p, &why), CRED_FAULT_RENDER);
	assert_non_null(strstr(why.text, "CMYK"));

	f = jpeg(200, 280, 3, NULL, 0);
	f.len /= 2;
	assert_int_equal(make(f, &p, &why), CRED_FAULT_RENDER);
	assert_non_null(strstr(why.text, "damaged"));

	f = png(200, 280, false);
	f.len /= 2;
	assert_int_equal(make(f, &p, &why), CRED_FAULT_RENDER);
	assert_non_null(strstr(why.text, "damaged"));

	/* a PNG header that claims 60000 x 60000 */
	f = png(20, 28, false);
	f.ptr[18] = f.ptr[22] = 0xea;
	f.ptr[19] = f.ptr[23] = 0x60;
	assert_int_equal(make(f, &p, &why), CRED_FAULT_RENDER);

	f = (struct file){calloc(1, (16u << 20) + 1), (16u << 20) + 1};
	assert_int_equal(make(f, &p, &why), CRED_FAULT_RENDER);
	assert_non_null(strstr(why.text, "16 MiB"));
}

/* Cut anywhere, or with any byte of its head changed: refused or drawn, never
 * a crash. ASan watches. */
static void
damaged_headers_never_crash(void **state)
{
	static const char notes[] = EXIF "\x06" END;

	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		struct file good =
		    kind == 0 ? jpeg(40, 56, 3, notes, sizeof notes - 1)
			      : png(40, 56, false);
		for (size_t at = 0; at < good.len && at < 700; at++) {
			for (int k = 0; k < 4; k++) {
				static const uint8_t FLIP[] = {
				    0x01, 0x80, 0xff, 0};
				struct photo p;
				struct why why;
				struct file f = {malloc(good.len), good.len};
				memcpy(f.ptr, good.ptr, good.len);
				f.ptr[at] ^= FLIP[k];
				if (FLIP[k] == 0)
					f.len = at;
				if (make(f, &p, &why) == CRED_OK)
					photo_release(&p);
			}
		}
		free(good.ptr);
	}
}

/* In the PDF: passed through, upright, inside its frame. */
static void
a_photo_stands_upright_in_its_frame(void **state)
{
	struct render_record rec = record();
	struct why why = {""};
	/* the stored rows are turned: EXIF says how to turn them back */
	static const char *const NOTES[] = {EXIF "\x01" END, EXIF "\x03" END};
	char text[4096], cmd_out[64];

	(void)state;
	for (size_t i = 0; i < N(NOTES); i++) {
		struct file f = jpeg(295, 413, 3, NOTES[i], 26 + 24);
		uint8_t *ppm;
		size_t len;
		const uint8_t *px;
		unsigned top, low_left, low_right;

		rec.photo = bytes_of(f.ptr, f.len);
		draw(LEVEL, in_dir("a.pdf"), &rec);
		free(f.ptr);
		output_of(
		    text, sizeof text, "pdfimages -list %s", in_dir("a.pdf"));
		assert_non_null(strstr(text, "jpeg"));
		/* frame at 155, 117.5 of 25 x 35 mm: at 25.4 dpi a px a mm */
		output_of(cmd_out, sizeof cmd_out,
		    "pdftoppm -r 25.4 -singlefile %s %s", in_dir("a.pdf"),
		    in_dir("p"));
		assert_int_equal(
		    file_read(in_dir("p.ppm"), 1u << 24, &ppm, &len, &why),
		    CRED_OK);
		assert_int_equal(len, 211 * 298 * 3 + 15);
		px = ppm + 15;
		top = (119 * 211 + 161) * 3;
		low_left = (150 * 211 + 161) * 3;
		low_right = (150 * 211 + 174) * 3;
		if (i == 0) {
			assert_true(px[top + 1] > 240); /* white */
			assert_true(px[low_left] > 240 &&
				    px[low_left + 2] < 20); /* red */
			assert_true(px[low_right] < 20 &&
				    px[low_right + 2] > 240); /* blue */
		} else {                                      /* 180 degrees */
			assert_true(px[top + 2] > 240 && px[top] < 20);
			assert_true(
			    px[low_left + 1] < 20 || px[low_left + 1] > 240);
		}
		free(ppm);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_camera_s_notes_do_not_get_out),
	    cmocka_unit_test(other_byte_order_and_broken_notes),
	    cmocka_unit_test(large_ones_are_reduced_small_ones_stay),
	    cmocka_unit_test(bad_photos_say_what_is_wrong),
	    cmocka_unit_test(damaged_headers_never_crash),
	    cmocka_unit_test(a_photo_stands_upright_in_its_frame),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
