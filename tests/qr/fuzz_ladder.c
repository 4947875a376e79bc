#include <stdlib.h>

#include "qr/ladder.h"

/*
 * Any pixels: width from two bytes, then rows. Each pixel drawn as a square of
 * 1 to 4, so that small inputs hold patterns large enough to be looked at.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
found(void *ctx, struct bytes text)
{
	(void)ctx;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == 255 && i > 1 << 20)
			abort(); /* touches every byte */
}

static double
left(void *ctx)
{
	return (*(unsigned *)ctx)++ < 36 ? 1e6 : 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned asked = 0;
	struct ladder_ops ops = {&asked, found, left, NULL};
	uint32_t w, h, k;
	struct gray g;
	uint8_t *px;
	size_t n;

	if (size < 3)
		return 0;
	k = data[0] % 4 + 1;
	w = data[1] % 128 + 1;
	h = (uint32_t)((size - 2) / w);
	if (h == 0 || h > 128)
		return 0;
	px = malloc((size_t)w * h * k * k);
	if (px == NULL)
		return 0;
	for (uint32_t y = 0; y < h * k; y++)
		for (uint32_t x = 0; x < w * k; x++)
			px[(size_t)y * w * k + x] =
			    data[2 + (size_t)(y / k) * w + x / k];
	g = (struct gray){px, w * k, h * k};
	(void)ladder_read(&g, &ops, &n);
	free(px);
	return 0;
}
