#ifndef ISSUER_TEXT_H
#define ISSUER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Walking over UTF-8 that ends with a NUL; how texts are made comparable is in
 * domain/normal.h.
 */

/* The character at s and its length in bytes; 0 bytes at the NUL or where it
 * is no UTF-8. */
size_t text_next(const char *s, uint32_t *c);

/* Blank to the eye: space, tab, line ends, NBSP, U+2000..200B, U+202F,
 * U+205F, U+3000, U+FEFF. */
bool text_blank(uint32_t c);

/* Han, any block up to extension H, and 〇 々. */
bool text_han(uint32_t c);

/* Nothing but blanks? */
bool text_empty(const char *s);

#endif
