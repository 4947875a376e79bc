#include "qr/warm.h"

#include <iconv.h>

#include "qr/ladder.h"
#include "qr/picture.h"

/* Squares of 4 pixels, black and white, 16 by 16 pixels. */
static const uint8_t PNG[] = {
    137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 16,
    0, 0, 0, 16, 8, 0, 0, 0, 0, 58, 152, 160, 189, 0, 0, 0, 25, 73, 68, 65,
    84, 120, 218, 99, 96, 0, 130, 255, 64, 128, 76, 147, 42, 64, 169, 126, 24,
    24, 4, 238, 0, 0, 192, 253, 127, 129, 116, 11, 158, 200, 0, 0, 0, 0, 73,
    69, 78, 68, 174, 66, 96, 130};
static const uint8_t JPEG[] = {
    255, 216, 255, 219, 0, 67, 0, 16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18,
    17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61,
    60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81,
    87, 95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103,
    99, 255, 192, 0, 11, 8, 0, 16, 0, 16, 1, 1, 17, 0, 255, 196, 0, 20, 0, 1,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 196, 0, 30, 16, 0, 1,
    1, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 17, 18, 0, 19, 20, 49, 55, 97,
    101, 131, 146, 255, 218, 0, 8, 1, 1, 0, 0, 63, 0, 83, 156, 140, 126, 151,
    104, 232, 149, 218, 76, 167, 57, 24, 253, 46, 209, 209, 43, 180, 153, 78,
    114, 49, 250, 93, 163, 162, 87, 105, 50, 156, 228, 99, 244, 187, 71, 68,
    174, 210, 111, 255, 217};
static const uint8_t WEBP[] = {
    82, 73, 70, 70, 40, 0, 0, 0, 87, 69, 66, 80, 86, 80, 56, 76, 28, 0, 0, 0,
    47, 15, 192, 3, 0, 15, 48, 255, 243, 63, 255, 243, 31, 120, 16, 8, 36, 8,
    251, 91, 46, 145, 67, 68, 255, 115, 98, 2};

/* Open until the end; for one that there is not, nothing. */
#define N_CONVERTERS 6
static iconv_t kept[N_CONVERTERS];

void
warm_converters(void)
{
	static const char *const sets[N_CONVERTERS] = {
	    "ISO8859-1", "ISO-8859-1", "SJIS", "BIG5", "UTF-8", "CP437"};

	for (size_t i = 0; i < N_CONVERTERS; i++)
		kept[i] = iconv_open("UTF-8", sets[i]);
}

bool
warm_libraries(void)
{
	const struct bytes pictures[] = {bytes_of(PNG, sizeof PNG),
	    bytes_of(JPEG, sizeof JPEG), bytes_of(WEBP, sizeof WEBP)};
	struct ladder_ops ops = {0};
	bool ok = true;

	for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++) {
		struct picture p;
		size_t n;
		if (picture_decode(pictures[i], 256, 0, &p) != CRED_OK) {
			ok = false;
			continue;
		}
		ok = ok && ladder_read(&p.gray, &ops, &n) == CRED_OK;
		picture_release(&p);
	}
	return ok;
}
