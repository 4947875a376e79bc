#ifndef QR_SYMBOL_H
#define QR_SYMBOL_H

#include "credential/bytes.h"

/*
 * From modules to text (ISO/IEC 18004): the modules come as doubts, and what is
 * doubtful is left to the Reed-Solomon check as erased, which carries twice as
 * much damage as guessing. Pure.
 */
#define SYMBOL_DIM  177  /* modules a side of version 40 */
#define SYMBOL_TEXT 7089 /* version 40, level L, digits */

#define SYMBOL_BYTES 3706 /* of version 40 */

/* A code's bytes in the order in which they stand in it. */
struct symbol_stream {
	size_t n;
	uint8_t byte[SYMBOL_BYTES];
	float doubt[SYMBOL_BYTES];
	uint16_t place[SYMBOL_BYTES][8]; /* modules, highest bit first */
};

struct symbol {
	int level, mask; /* 0 L, 1 M, 2 Q, 3 H */
	float format;    /* how well its bits agree, to 1; 0.45 by chance */
	unsigned blocks, whole; /* of the check; how many could be corrected */
	size_t len;             /* when all could: the text */
	uint8_t text[SYMBOL_TEXT];
	/* dim * dim, 1 light, -1 dark: modules of corrected blocks and of the
	 * format; 0 where nothing is certain */
	int8_t sure[SYMBOL_DIM * SYMBOL_DIM];
	int8_t fixed[SYMBOL_DIM * SYMBOL_DIM]; /* work */
	struct symbol_stream stream;           /* work */
};

/*
 * soft: dim * dim, above 0 light, below dark, the farther from 0 the surer;
 * about 1 in the mean. True when the whole text is there: every block
 * corrected with bytes to spare, every segment complete. Segments: digits,
 * alphanumeric, bytes, kanji (as Shift JIS); ECI marks are dropped. A text
 * that is a part of several codes, or made for FNC1, is not read here.
 */
bool symbol_read(const float *soft, int dim, struct symbol *s);

/* Modules that carry no data: finders, timing, alignment, format, version.
 * dim * dim: 1 or -1 where they are the same in every code of that dimension,
 * 2 for the format's. */
void symbol_fixed(int dim, int8_t *out);

#endif
