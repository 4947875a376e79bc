#ifndef QR_MODULES_H
#define QR_MODULES_H

#include "qr/encode.h"

/*
 * The text of a code of which every module is known, by our own reader: not
 * by the library that made it. For codes of our own making, of which nothing
 * need be repaired: every module must be what the standard has for that text.
 * Pictures of unknown origin are for reader.h. out: READER_MAX_TEXT.
 * CRED_ERR_PIC_BROKEN when it is not so, CRED_FAULT_NOMEM.
 */
enum cred_err qr_modules_read(const struct qr_code *c, struct outbuf *out);

#endif
