#include "qr/picture_int.h"

#include <stdlib.h>

#include <webp/decode.h>
#include <webp/demux.h>

/* Luma as video has it, 16 to 235. */
static uint8_t
full_range(uint8_t y)
{
	int v = (y - 16) * 255 / 219;

	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static void
copy_rows(const WebPDecBuffer *b, int rows, bool alpha, struct picture *out)
{
	const WebPYUVABuffer *v = &b->u.YUVA;

	for (int y = 0; y < rows; y++) {
		const uint8_t *from = v->y + (size_t)y * (size_t)v->y_stride;
		const uint8_t *a =
		    alpha ? v->a + (size_t)y * (size_t)v->a_stride : NULL;
		uint8_t *to = out->px + (size_t)y * out->gray.w;
		for (uint32_t x = 0; x < out->gray.w; x++) {
			to[x] = full_range(from[x]);
			if (alpha)
				to[x] = picture_over(to[x], a[x]);
		}
	}
}

/* A still picture; what is there of one that was cut off. */
static enum cred_err
decode_still(struct bytes file, uint32_t max_pixels, struct picture *out)
{
	WebPDecoderConfig c;
	WebPIDecoder *d = NULL;
	enum cred_err e = CRED_ERR_PIC_BROKEN;
	VP8StatusCode st;
	int rows = 0;

	if (!WebPInitDecoderConfig(&c) ||
	    WebPGetFeatures(file.ptr, file.len, &c.input) != VP8_STATUS_OK ||
	    c.input.width <= 0 || c.input.height <= 0)
		return CRED_ERR_PIC_BROKEN;
	if (!picture_size_ok(
		(uint64_t)c.input.width, (uint64_t)c.input.height, max_pixels))
		return CRED_ERR_PIC_PIXELS;
	c.output.colorspace = c.input.has_alpha ? MODE_YUVA : MODE_YUV;
	d = WebPIDecode(NULL, 0, &c);
	if (d == NULL)
		return CRED_FAULT_NOMEM;
	st = WebPIUpdate(d, file.ptr, file.len);
	if (st == VP8_STATUS_OUT_OF_MEMORY) {
		e = CRED_FAULT_NOMEM;
		goto out;
	}
	(void)WebPIDecodedArea(d, NULL, NULL, NULL, &rows);
	if (rows <= 0 || rows > c.input.height)
		goto out;
	if (!picture_blank(
		out, (uint32_t)c.input.width, (uint32_t)c.input.height)) {
		e = CRED_FAULT_NOMEM;
		goto out;
	}
	copy_rows(&c.output, rows, c.input.has_alpha != 0, out);
	out->damaged = st != VP8_STATUS_OK;
	e = CRED_OK;
out:
	WebPIDelete(d);
	WebPFreeDecBuffer(&c.output);
	return e;
}

enum cred_err
picture_webp(struct bytes file, uint32_t max_pixels, struct picture *out)
{
	WebPBitstreamFeatures f;
	WebPData data = {file.ptr, file.len};
	WebPDemuxer *d;
	WebPIterator it;
	enum cred_err e = CRED_ERR_PIC_BROKEN;

	if (WebPGetFeatures(file.ptr, file.len, &f) != VP8_STATUS_OK)
		return CRED_ERR_PIC_BROKEN;
	if (!f.has_animation)
		return decode_still(file, max_pixels, out);
	d = WebPDemux(&data);
	if (d == NULL)
		return CRED_ERR_PIC_BROKEN;
	if (WebPDemuxGetFrame(d, 1, &it)) {
		e = decode_still(
		    bytes_of(it.fragment.bytes, it.fragment.size), max_pixels,
		    out);
		WebPDemuxReleaseIterator(&it);
	}
	WebPDemuxDelete(d);
	return e;
}
