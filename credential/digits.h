#ifndef CREDENTIAL_DIGITS_H
#define CREDENTIAL_DIGITS_H

#include "credential/bytes.h"
#include "credential/err.h"
#include "credential/limits.h"

/*
 * Bytes as decimal digits, so that a QR code can use its numeric mode
 * (design 4; the packing of Chromium's FIDO codes): 7 bytes little-endian
 * become 17 digits, the last 1..6 bytes 3, 5, 8, 10, 13, 15 digits.
 */
size_t digits_len(size_t n_bytes);
enum cred_err digits_encode(struct bytes in, struct outbuf *out);
/* in: digits only. A chunk too large for its bytes is refused; more than
 * CRED_MAX_DIGITS is CRED_ERR_QR_SIZE. */
enum cred_err digits_decode(struct bytes in, struct outbuf *out);

/* The parts of a QR text, pointing into it. */
struct qrtext {
	struct bytes host; /* ptr NULL when the text was digits alone */
	struct bytes digits; /* of the first '#', up to the first non-digit */
};

/*
 * Split https://HOST/…#digits (or http). The host is as written, with user and
 * port cut off the way a browser would (the part after the last '@'); whatever
 * a browser would change further is left, so that it equals no known host.
 * Digits alone, blanks around them ignored, are taken as well: people type and
 * paste. CRED_ERR_QR_NOT_OURS when no digits are where they should be.
 * Nothing is ever fetched from the host.
 */
enum cred_err qrtext_parse(struct bytes text, struct qrtext *out);

/* base ("https://HOST/" or "https://HOST/path/") + "#" + digits of cose. */
enum cred_err qrtext_make(
    struct bytes base, struct bytes cose, struct outbuf *out);

#endif
