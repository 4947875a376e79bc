#ifndef QR_ENCODE_H
#define QR_ENCODE_H

#include "credential/bytes.h"
#include "edge/why.h"

/* A QR code as modules, without quiet zone: row by row, 1 dark. */
struct qr_code {
	int version; /* 1..16 */
	int width;   /* modules a side: 17 + 4 * version */
	uint8_t *modules; /* width * width, malloc */
};
#define QR_QUIET 4          /* modules of quiet zone on each side, ISO/IEC 18004 */
#define QR_MODULE_MM 0.4233 /* 5 dots at 300 dpi, design 4 */

struct qr_size {
	int version, width;
};
/* Of the code that qr_encode() would make; the same refusals. */
enum cred_err qr_measure(
    struct bytes text, struct qr_size *out, struct why *why);

/*
 * Level M, the text before and with '#' as bytes, the digits as numeric
 * (mixed segments: version 12 instead of 19). CRED_ERR_QR_SIZE above version
 * 16.
 */
enum cred_err qr_encode(struct bytes text, struct qr_code *out,
    struct why *why);
void qr_code_release(struct qr_code *c);

#endif
