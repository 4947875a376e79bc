#include "qr/encode.h"

#include <errno.h>
#include <qrencode.h>
#include <stdlib.h>

#include "edge/lang.h"

#define MAX_VERSION 16 /* design 4: still read from a phone's photo of A4 */

static bool
all_digits(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++) {
		if (b.ptr[i] < '0' || b.ptr[i] > '9')
			return false;
	}
	return true;
}

/* Where the digits start: after the first '#', if only digits follow it. */
static size_t
digits_at(struct bytes text)
{
	const uint8_t *hash = memchr(text.ptr, '#', text.len);
	size_t at;

	if (hash == NULL)
		return text.len;
	at = (size_t)(hash - text.ptr) + 1;
	if (!all_digits(bytes_of(text.ptr + at, text.len - at)))
		return text.len;
	return at;
}

/* Data codewords at level M by version, ISO/IEC 18004 table 7. */
static const int CAPACITY[MAX_VERSION + 1] = {0, 16, 28, 44, 64, 86, 108, 124,
    154, 182, 216, 254, 290, 334, 365, 415, 453};

/* Data bits of both segments at a version, 7.4.3 and 7.4.5. */
static int
bits_at(int version, int bytes, int digits)
{
	static const int LAST[] = {0, 4, 7};
	int bits = 0;

	if (bytes > 0)
		bits += 4 + (version < 10 ? 8 : 16) + 8 * bytes;
	if (digits > 0)
		bits += 4 + (version < 10 ? 10 : 12) + digits / 3 * 10 +
			LAST[digits % 3];
	return bits;
}

enum cred_err
qr_measure(struct bytes text, struct qr_size *out, struct why *why)
{
	int bytes, version = 1;

	/* More never fits, and libqrencode counts in int. */
	if (text.len == 0 || text.len > 2953)
		return why_set(why, CRED_ERR_QR_SIZE,
		    TR("a QR code holds 1 to 2953 bytes, not %zu",
			"二维码可容纳 1 到 2953 字节，现为 %zu 字节"),
		    text.len);
	bytes = (int)digits_at(text);
	while (version <= MAX_VERSION &&
	       bits_at(version, bytes, (int)text.len - bytes) >
		   8 * CAPACITY[version])
		version++;
	if (version > MAX_VERSION)
		return why_set(why, CRED_ERR_QR_SIZE,
		    TR("%zu characters need a QR code above version %d, too "
		       "fine to print; shorten the verifier's address or the "
		       "occupation's name",
			"%zu 个字符的二维码超过版本 %d，印出来过密；"
			"请缩短查验网址或职业名称"),
		    text.len, MAX_VERSION);
	*out = (struct qr_size){version, 17 + 4 * version};
	return CRED_OK;
}

static int
append(QRinput *in, QRencodeMode mode, struct bytes b)
{
	if (b.len == 0)
		return 0;
	return QRinput_append(in, mode, (int)b.len, b.ptr);
}

enum cred_err
qr_encode(struct bytes text, struct qr_code *out, struct why *why)
{
	QRinput *in = NULL;
	QRcode *code = NULL;
	uint8_t *modules = NULL;
	struct qr_size size;
	enum cred_err e;
	size_t at, n;

	e = qr_measure(text, &size, why);
	if (e != CRED_OK)
		return e;
	at = digits_at(text);
	in = QRinput_new2(0, QR_ECLEVEL_M);
	if (in == NULL || append(in, QR_MODE_8, bytes_of(text.ptr, at)) != 0 ||
	    append(in, QR_MODE_NUM, bytes_of(text.ptr + at, text.len - at)) !=
		0) {
		e = why_set(why, CRED_FAULT_NOMEM,
		    TR("out of memory for a QR code", "生成二维码时内存不足"));
		goto out;
	}
	code = QRcode_encodeInput(in);
	if (code == NULL && errno == ENOMEM) {
		e = why_set(why, CRED_FAULT_NOMEM,
		    TR("out of memory for a QR code", "生成二维码时内存不足"));
		goto out;
	}
	if (code == NULL || code->version != size.version) {
		e = why_set(why, CRED_FAULT_RENDER,
		    TR("the QR code of %zu characters has another size than "
		       "was computed",
			"%zu 个字符的二维码大小与计算值不符"),
		    text.len);
		goto out;
	}
	n = (size_t)code->width * (size_t)code->width;
	modules = malloc(n);
	if (modules == NULL) {
		e = CRED_FAULT_NOMEM;
		goto out;
	}
	for (size_t i = 0; i < n; i++)
		modules[i] = code->data[i] & 1;
	out->version = code->version;
	out->width = code->width;
	out->modules = modules;
	modules = NULL;
	e = CRED_OK;
out:
	free(modules);
	QRcode_free(code);
	QRinput_free(in);
	return e;
}

void
qr_code_release(struct qr_code *c)
{
	free(c->modules);
	c->modules = NULL;
}
