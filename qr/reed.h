#ifndef QR_REED_H
#define QR_REED_H

#include "credential/bytes.h"

/*
 * Reed-Solomon over GF(256) as QR codes have it (ISO/IEC 18004 s7.5: x^8 + x^4
 * + x^3 + x^2 + 1, roots a^0 ..), errors and erasures.
 */
#define REED_MAX 255

/*
 * Correct word, n bytes of which the last parity are the check; erased:
 * n_erased places, all different, whose bytes are not to be trusted. True when
 * the word is a code word now, and then *errors tells how many bytes beside the
 * erased ones were wrong; else word is as it was. 2 * errors + n_erased <=
 * parity - spare always: spare bytes of the check are kept to tell a right
 * answer from an accident (2^-8 each).
 */
bool reed_correct(uint8_t *word, size_t n, size_t parity, const uint8_t *erased,
    size_t n_erased, size_t spare, size_t *errors);

/* The check bytes of n data bytes. */
void reed_check(const uint8_t *data, size_t n, size_t parity, uint8_t *out);

#endif
