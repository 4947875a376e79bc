#include "qr/ladder.h"

#include <stdlib.h>
#include <zbar.h>

/* zbar at full size on 12 megapixels takes 0.4-1.5 s and often reads nothing;
 * halved 0.1 s and reads. Above this the halved picture comes first. */
#define LARGE_PX (6u * 1000 * 1000)
/* Below this a doubled picture gives zbar's finder the runs it needs. */
#define SMALL_PX (1000u * 1000)

void
ladder_halve(const struct gray *in, uint8_t *out)
{
	uint32_t w = in->w / 2, h = in->h / 2;

	for (uint32_t y = 0; y < h; y++) {
		const uint8_t *a = in->px + (size_t)2 * y * in->w;
		const uint8_t *b = a + in->w;
		for (uint32_t x = 0; x < w; x++, a += 2, b += 2)
			*out++ = (uint8_t)((a[0] + a[1] + b[0] + b[1] + 2) / 4);
	}
}

void
ladder_double(const struct gray *in, uint8_t *out)
{
	for (uint32_t y = 0; y < 2 * in->h; y++) {
		uint32_t y0 = y / 2;
		uint32_t y1 = y % 2 == 0 ? (y0 > 0 ? y0 - 1 : 0)
					 : (y0 + 1 < in->h ? y0 + 1 : y0);
		const uint8_t *a = in->px + (size_t)y0 * in->w;
		const uint8_t *b = in->px + (size_t)y1 * in->w;
		for (uint32_t x = 0; x < 2 * in->w; x++) {
			uint32_t x0 = x / 2;
			uint32_t x1 = x % 2 == 0
					  ? (x0 > 0 ? x0 - 1 : 0)
					  : (x0 + 1 < in->w ? x0 + 1 : x0);
			*out++ = (uint8_t)((9 * a[x0] + 3 * a[x1] + 3 * b[x0] +
					       b[x1] + 8) /
					   16);
		}
	}
}

/* Column sums of the rows in the window, then a running sum along the row. */
bool
ladder_threshold(const struct gray *in, unsigned window, int c, uint8_t *out)
{
	uint32_t w = in->w, h = in->h, r = window / 2;
	uint32_t *col = calloc(w, sizeof *col);
	uint32_t rows = 0;

	if (col == NULL)
		return false;
	for (uint32_t y = 0; y < r && y < h; y++, rows++)
		for (uint32_t x = 0; x < w; x++)
			col[x] += in->px[(size_t)y * w + x];
	for (uint32_t y = 0; y < h; y++) {
		const uint8_t *row = in->px + (size_t)y * w;
		uint64_t sum = 0;
		uint32_t cols = 0;

		if (y + r < h) {
			const uint8_t *add = in->px + (size_t)(y + r) * w;
			for (uint32_t x = 0; x < w; x++)
				col[x] += add[x];
			rows++;
		}
		if (y > r) {
			const uint8_t *sub = in->px + (size_t)(y - r - 1) * w;
			for (uint32_t x = 0; x < w; x++)
				col[x] -= sub[x];
			rows--;
		}
		for (uint32_t x = 0; x < r && x < w; x++, cols++)
			sum += col[x];
		for (uint32_t x = 0; x < w; x++) {
			uint64_t n;
			if (x + r < w) {
				sum += col[x + r];
				cols++;
			}
			if (x > r) {
				sum -= col[x - r - 1];
				cols--;
			}
			n = (uint64_t)rows * cols;
			*out++ = (int64_t)((row[x] + (int64_t)c) * (int64_t)n) <
					 (int64_t)sum
				     ? 0
				     : 255;
		}
	}
	free(col);
	return true;
}

/*
 * zbar over one picture: QR alone, bytes as they are. A new scanner for each
 * picture, since one that is used again grows. ZBAR_CFG_TEST_INVERTED reads
 * and writes past the buffer: never.
 */
static enum cred_err
scan(const struct gray *g, const struct ladder_ops *ops, size_t *n)
{
	enum cred_err e = CRED_FAULT_NOMEM;
	zbar_image_scanner_t *s = NULL;
	zbar_image_t *img = NULL;

	s = zbar_image_scanner_create();
	img = zbar_image_create();
	if (s == NULL || img == NULL)
		goto out;
	zbar_image_scanner_set_config(s, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
	zbar_image_scanner_set_config(s, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
	zbar_image_scanner_set_config(s, ZBAR_QRCODE, ZBAR_CFG_BINARY, 1);
	zbar_image_set_format(img, zbar_fourcc('Y', '8', '0', '0'));
	zbar_image_set_size(img, g->w, g->h);
	zbar_image_set_data(img, g->px, (size_t)g->w * g->h, NULL);
	if (zbar_scan_image(s, img) >= 0) {
		const zbar_symbol_t *sym = zbar_image_first_symbol(img);
		for (; sym != NULL; sym = zbar_symbol_next(sym)) {
			if (zbar_symbol_get_type(sym) != ZBAR_QRCODE)
				continue; /* ZBAR_PARTIAL among others */
			ops->found(
			    ops->ctx, bytes_of(zbar_symbol_get_data(sym),
					  zbar_symbol_get_data_length(sym)));
			(*n)++;
		}
	}
	e = CRED_OK;
out:
	zbar_image_destroy(img);
	zbar_image_scanner_destroy(s);
	return e;
}

static enum cred_err
scan_halved(const struct gray *g, const struct ladder_ops *ops, size_t *n)
{
	struct gray half = {NULL, g->w / 2, g->h / 2};
	enum cred_err e;
	uint8_t *px;

	if (half.w == 0 || half.h == 0)
		return CRED_OK;
	px = malloc((size_t)half.w * half.h);
	if (px == NULL)
		return CRED_FAULT_NOMEM;
	ladder_halve(g, px);
	half.px = px;
	e = scan(&half, ops, n);
	free(px);
	return e;
}

static enum cred_err
scan_doubled(const struct gray *g, const struct ladder_ops *ops, size_t *n)
{
	struct gray big = {NULL, 2 * g->w, 2 * g->h};
	uint8_t *px = malloc((size_t)big.w * big.h);
	enum cred_err e;

	if (px == NULL)
		return CRED_FAULT_NOMEM;
	ladder_double(g, px);
	big.px = px;
	e = scan(&big, ops, n);
	free(px);
	return e;
}

static enum cred_err
scan_threshold(const struct gray *g, const struct ladder_ops *ops, size_t *n)
{
	struct gray bw = {NULL, g->w, g->h};
	uint8_t *px = malloc((size_t)g->w * g->h);
	enum cred_err e = CRED_FAULT_NOMEM;

	if (px != NULL && ladder_threshold(g, 31, 4, px)) {
		bw.px = px;
		e = scan(&bw, ops, n);
	}
	free(px);
	return e;
}

enum cred_err
ladder_read(const struct gray *img, const struct ladder_ops *ops, size_t *n)
{
	typedef enum cred_err rung(
	    const struct gray *, const struct ladder_ops *, size_t *);
	size_t px = (size_t)img->w * img->h, found = 0, n_rungs = 0;
	rung *rungs[4];

	if (px > LARGE_PX)
		rungs[n_rungs++] = scan_halved;
	rungs[n_rungs++] = scan;
	if (px <= SMALL_PX)
		rungs[n_rungs++] = scan_doubled;
	else if (px <= LARGE_PX)
		rungs[n_rungs++] = scan_halved;
	rungs[n_rungs++] = scan_threshold;
	for (size_t i = 0; px > 0 && found == 0 && i < n_rungs; i++) {
		enum cred_err e;
		if (i > 0 && ops->more != NULL && !ops->more(ops->ctx))
			break;
		e = rungs[i](img, ops, &found);
		if (e != CRED_OK)
			return e;
	}
	*n = found;
	return CRED_OK;
}
