#include "qr/modules.h"

#include <stdlib.h>
#include <zbar.h>

#define PX 2 /* pixels a module: the edges are sharp */

static uint8_t *
picture_of(const struct qr_code *c, size_t side)
{
	uint8_t *px = malloc(side * side);

	if (px == NULL)
		return NULL;
	memset(px, 255, side * side);
	for (size_t i = 0; i < (size_t)c->width * (size_t)c->width; i++) {
		size_t x = (i % (size_t)c->width + QR_QUIET) * PX;
		size_t y = (i / (size_t)c->width + QR_QUIET) * PX;

		for (size_t k = 0; c->modules[i] != 0 && k < PX; k++)
			memset(px + (y + k) * side + x, 0, PX);
	}
	return px;
}

static enum cred_err
take(const zbar_image_t *img, struct outbuf *out)
{
	const zbar_symbol_t *sym = zbar_image_first_symbol(img);
	size_t len;

	if (sym == NULL || zbar_symbol_next(sym) != NULL ||
	    zbar_symbol_get_type(sym) != ZBAR_QRCODE)
		return CRED_ERR_PIC_BROKEN;
	len = zbar_symbol_get_data_length(sym);
	if (len > out->cap)
		return CRED_ERR_PIC_BROKEN;
	memcpy(out->ptr, zbar_symbol_get_data(sym), len);
	out->len = len;
	return CRED_OK;
}

enum cred_err
qr_modules_read(const struct qr_code *c, struct outbuf *out)
{
	size_t side = (size_t)(c->width + 2 * QR_QUIET) * PX;
	uint8_t *px = picture_of(c, side);
	zbar_image_scanner_t *s = zbar_image_scanner_create();
	zbar_image_t *img = zbar_image_create();
	enum cred_err e = CRED_FAULT_NOMEM;

	if (px != NULL && s != NULL && img != NULL) {
		zbar_image_scanner_set_config(s, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
		zbar_image_scanner_set_config(
		    s, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
		zbar_image_scanner_set_config(
		    s, ZBAR_QRCODE, ZBAR_CFG_BINARY, 1);
		zbar_image_set_format(img, zbar_fourcc('Y', '8', '0', '0'));
		zbar_image_set_size(img, (unsigned)side, (unsigned)side);
		zbar_image_set_data(img, px, side * side, NULL);
		e = zbar_scan_image(s, img) < 0 ? CRED_ERR_PIC_BROKEN
						: take(img, out);
	}
	zbar_image_destroy(img);
	zbar_image_scanner_destroy(s);
	free(px);
	return e;
}
