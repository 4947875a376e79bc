#ifndef QR_CONTENT_H
#define QR_CONTENT_H

#include "qr/symbol.h"

/*
 * The text in a code's data bytes (ISO/IEC 18004 s7.4). False, and nothing
 * written, unless every segment is complete and known; see symbol_read().
 */
bool content_read(struct bytes data, int version,
    uint8_t text[static SYMBOL_TEXT], size_t *len);

#endif
