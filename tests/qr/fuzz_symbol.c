#include <stdlib.h>

#include "qr/content.h"
#include "qr/symbol.h"

/* First byte: 0 to 39 a version, whose modules the rest are, repeated, as
 * doubts; above that the rest are a code's data bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static float soft[SYMBOL_DIM * SYMBOL_DIM];
	static struct symbol s;

	if (size < 2)
		return 0;
	if (data[0] >= 40) {
		if (content_read(bytes_of(data + 1, size - 1), data[0] % 40 + 1,
			s.text, &s.len) &&
		    (s.len == 0 || s.len > SYMBOL_TEXT))
			abort();
		return 0;
	}
	for (int dim = 21 + 4 * data[0], i = 0; i < dim * dim; i++)
		soft[i] = (float)(int8_t)data[1 + (size_t)i % (size - 1)] / 64;
	if (symbol_read(soft, 21 + 4 * data[0], &s) &&
	    (s.len == 0 || s.len > SYMBOL_TEXT || s.whole != s.blocks))
		abort();
	return 0;
}
