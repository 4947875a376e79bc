#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <string.h>

#include "qr/picture.h"
#include "verifier/camera.h"

/* Luma in every other byte, rows of a stride of their own, to a picture that
 * our own decoder reads back pixel by pixel. */
static void
yuyv_to_bmp(void **state)
{
	enum { W = 6, H = 3, STRIDE = 20 };
	uint8_t in[STRIDE * H];
	struct picture p;
	size_t len;
	uint8_t *f;

	(void)state;
	memset(in, 0xee, sizeof in);
	for (unsigned y = 0; y < H; y++)
		for (unsigned x = 0; x < W; x++)
			in[y * STRIDE + 2 * x] = (uint8_t)(40 * y + 10 * x);
	f = camera_yuyv_bmp(bytes_of(in, sizeof in), W, H, STRIDE, &len);
	assert_non_null(f);
	assert_int_equal(picture_decode(bytes_of(f, len), 1000, 0, &p), 0);
	assert_int_equal(p.gray.w, W);
	assert_int_equal(p.gray.h, H);
	for (unsigned y = 0; y < H; y++)
		for (unsigned x = 0; x < W; x++)
			assert_int_equal(
			    p.gray.px[y * W + x], 40 * y + 10 * x);
	picture_release(&p);
	free(f);
}

static void
sizes_that_do_not_fit(void **state)
{
	uint8_t in[64] = {0};
	size_t len;

	(void)state;
	/* the last row need not be padded */
	uint8_t *f = camera_yuyv_bmp(bytes_of(in, 36), 4, 3, 14, &len);
	assert_non_null(f);
	free(f);
	assert_null(camera_yuyv_bmp(bytes_of(in, 35), 4, 3, 14, &len));
	assert_null(camera_yuyv_bmp(bytes_of(in, 64), 4, 3, 7, &len));
	assert_null(camera_yuyv_bmp(bytes_of(in, 64), 0, 3, 8, &len));
	assert_null(camera_yuyv_bmp(bytes_of(in, 64), 4, 0, 8, &len));
	assert_null(camera_yuyv_bmp(bytes_of(in, 64), 70000, 1, 0, &len));
	assert_null(
	    camera_yuyv_bmp(bytes_of(in, 64), 4, 0xffffffff, 0, &len));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(yuyv_to_bmp),
	    cmocka_unit_test(sizes_that_do_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
