#include "qr/picture.h"

/* All formats into pixels, as the jailed child does it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct picture p;
	unsigned sum = 0;

	if (picture_decode(bytes_of(data, size), 1 << 20, 0, &p) != CRED_OK)
		return 0;
	for (size_t i = 0; i < (size_t)p.gray.w * p.gray.h; i++)
		sum += p.gray.px[i];
	picture_release(&p);
	return sum == 0x7fffffff;
}
