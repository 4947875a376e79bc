#include "qr/picture_int.h"

#include <stdlib.h>

#include <libheif/heif.h>

#define CALLS(X)                                                               \
	X(heif_context_alloc)                                                  \
	X(heif_context_free)                                                   \
	X(heif_context_set_max_decoding_threads)                               \
	X(heif_context_read_from_memory_without_copy)                          \
	X(heif_context_get_primary_image_handle)                               \
	X(heif_image_handle_get_width)                                         \
	X(heif_image_handle_get_height)                                        \
	X(heif_image_handle_release)                                           \
	X(heif_decode_image)                                                   \
	X(heif_image_get_colorspace)                                           \
	X(heif_image_get_width)                                                \
	X(heif_image_get_height)                                               \
	X(heif_image_get_bits_per_pixel_range)                                 \
	X(heif_image_get_plane_readonly)                                       \
	X(heif_image_release)

static struct {
	CALLS(PICTURE_LIB_MEMBER)
} lib;

bool
picture_heif_load(void)
{
	static const char *const names[] = {CALLS(PICTURE_LIB_NAME)};
	static int state;

	return picture_lib(HEIF_SONAME, names, sizeof names / sizeof *names,
	    &lib, &state);
}

/*
 * libheif asks libde265 for a worker thread, which the jail kills; without one
 * it decodes all the same. This stands before libde265's own
 * (qr/CMakeLists.txt exports it).
 */
int de265_start_worker_threads(void *decoder, int n);

int
de265_start_worker_threads(void *decoder, int n)
{
	(void)decoder;
	(void)n;
	return 0;
}

/* Luma, or green of RGB; of 8 bits or more. */
static enum cred_err
copy_plane(const struct heif_image *im, uint32_t max_pixels, struct picture *out)
{
	enum heif_channel c =
	    lib.heif_image_get_colorspace(im) == heif_colorspace_RGB
		? heif_channel_G
		: heif_channel_Y;
	int w = lib.heif_image_get_width(im, c),
	    h = lib.heif_image_get_height(im, c),
	    bits = lib.heif_image_get_bits_per_pixel_range(im, c), stride = 0;
	const uint8_t *p = lib.heif_image_get_plane_readonly(im, c, &stride);

	if (p == NULL || w <= 0 || h <= 0 || bits < 8 || bits > 16 ||
	    stride < (bits > 8 ? 2 * w : w))
		return CRED_ERR_PIC_BROKEN;
	if (!picture_size_ok((uint64_t)w, (uint64_t)h, max_pixels))
		return CRED_ERR_PIC_PIXELS;
	if (!picture_blank(out, (uint32_t)w, (uint32_t)h))
		return CRED_FAULT_NOMEM;
	for (size_t y = 0; y < (size_t)h; y++) {
		const uint8_t *from = p + y * (size_t)stride;
		uint8_t *to = out->px + y * (size_t)w;
		for (size_t x = 0; x < (size_t)w; x++)
			to[x] = bits == 8
				    ? from[x]
				    : (uint8_t)(picture_le16(from + 2 * x) >>
						(bits - 8));
	}
	return CRED_OK;
}

static enum cred_err
refusal(struct heif_error e)
{
	return e.code == heif_error_Memory_allocation_error
		   ? CRED_ERR_PIC_PIXELS
		   : CRED_ERR_PIC_BROKEN;
}

enum cred_err
picture_heif(struct bytes file, uint32_t max_pixels, struct picture *out)
{
	struct heif_context *ctx;
	struct heif_image_handle *handle = NULL;
	struct heif_image *im = NULL;
	enum cred_err e;
	struct heif_error he;
	int w, h;

	if (!picture_heif_load())
		return CRED_FAULT_CONFIG;
	ctx = lib.heif_context_alloc();
	if (ctx == NULL)
		return CRED_FAULT_NOMEM;
	lib.heif_context_set_max_decoding_threads(ctx, 0);
	he = lib.heif_context_read_from_memory_without_copy(
	    ctx, file.ptr, file.len, NULL);
	if (he.code == heif_error_Ok)
		he =
		    lib.heif_context_get_primary_image_handle(ctx, &handle);
	if (he.code != heif_error_Ok) {
		e = refusal(he);
		goto out;
	}
	w = lib.heif_image_handle_get_width(handle);
	h = lib.heif_image_handle_get_height(handle);
	if (w <= 0 || h <= 0 ||
	    !picture_size_ok((uint64_t)w, (uint64_t)h, max_pixels)) {
		e = CRED_ERR_PIC_PIXELS;
		goto out;
	}
	he = lib.heif_decode_image(handle, &im, heif_colorspace_undefined,
	    heif_chroma_undefined, NULL);
	e = he.code == heif_error_Ok ? copy_plane(im, max_pixels, out)
				     : refusal(he);
out:
	if (im != NULL)
		lib.heif_image_release(im);
	if (handle != NULL)
		lib.heif_image_handle_release(handle);
	lib.heif_context_free(ctx);
	return e;
}
