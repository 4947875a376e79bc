#include "qr/reed.h"

#include <assert.h>

/* clang-format off */
/* Powers of a, twice over so that sums of logarithms need no reduction. */
static const uint8_t POWER[510] = {
    1, 2, 4, 8, 16, 32, 64, 128, 29, 58, 116, 232, 205, 135, 19, 38, 76, 152,
    45, 90, 180, 117, 234, 201, 143, 3, 6, 12, 24, 48, 96, 192, 157, 39, 78,
    156, 37, 74, 148, 53, 106, 212, 181, 119, 238, 193, 159, 35, 70, 140, 5,
    10, 20, 40, 80, 160, 93, 186, 105, 210, 185, 111, 222, 161, 95, 190, 97,
    194, 153, 47, 94, 188, 101, 202, 137, 15, 30, 60, 120, 240, 253, 231, 211,
    187, 107, 214, 177, 127, 254, 225, 223, 163, 91, 182, 113, 226, 217, 175,
    67, 134, 17, 34, 68, 136, 13, 26, 52, 104, 208, 189, 103, 206, 129, 31,
    62, 124, 248, 237, 199, 147, 59, 118, 236, 197, 151, 51, 102, 204, 133,
    23, 46, 92, 184, 109, 218, 169, 79, 158, 33, 66, 132, 21, 42, 84, 168, 77,
    154, 41, 82, 164, 85, 170, 73, 146, 57, 114, 228, 213, 183, 115, 230, 209,
    191, 99, 198, 145, 63, 126, 252, 229, 215, 179, 123, 246, 241, 255, 227,
    219, 171, 75, 150, 49, 98, 196, 149, 55, 110, 220, 165, 87, 174, 65, 130,
    25, 50, 100, 200, 141, 7, 14, 28, 56, 112, 224, 221, 167, 83, 166, 81,
    162, 89, 178, 121, 242, 249, 239, 195, 155, 43, 86, 172, 69, 138, 9, 18,
    36, 72, 144, 61, 122, 244, 245, 247, 243, 251, 235, 203, 139, 11, 22, 44,
    88, 176, 125, 250, 233, 207, 131, 27, 54, 108, 216, 173, 71, 142, 1, 2, 4,
    8, 16, 32, 64, 128, 29, 58, 116, 232, 205, 135, 19, 38, 76, 152, 45, 90,
    180, 117, 234, 201, 143, 3, 6, 12, 24, 48, 96, 192, 157, 39, 78, 156, 37,
    74, 148, 53, 106, 212, 181, 119, 238, 193, 159, 35, 70, 140, 5, 10, 20,
    40, 80, 160, 93, 186, 105, 210, 185, 111, 222, 161, 95, 190, 97, 194, 153,
    47, 94, 188, 101, 202, 137, 15, 30, 60, 120, 240, 253, 231, 211, 187, 107,
    214, 177, 127, 254, 225, 223, 163, 91, 182, 113, 226, 217, 175, 67, 134,
    17, 34, 68, 136, 13, 26, 52, 104, 208, 189, 103, 206, 129, 31, 62, 124,
    248, 237, 199, 147, 59, 118, 236, 197, 151, 51, 102, 204, 133, 23, 46, 92,
    184, 109, 218, 169, 79, 158, 33, 66, 132, 21, 42, 84, 168, 77, 154, 41,
    82, 164, 85, 170, 73, 146, 57, 114, 228, 213, 183, 115, 230, 209, 191, 99,
    198, 145, 63, 126, 252, 229, 215, 179, 123, 246, 241, 255, 227, 219, 171,
    75, 150, 49, 98, 196, 149, 55, 110, 220, 165, 87, 174, 65, 130, 25, 50,
    100, 200, 141, 7, 14, 28, 56, 112, 224, 221, 167, 83, 166, 81, 162, 89,
    178, 121, 242, 249, 239, 195, 155, 43, 86, 172, 69, 138, 9, 18, 36, 72,
    144, 61, 122, 244, 245, 247, 243, 251, 235, 203, 139, 11, 22, 44, 88, 176,
    125, 250, 233, 207, 131, 27, 54, 108, 216, 173, 71, 142};
static const uint8_t LOG[256] = {
    0, 0, 1, 25, 2, 50, 26, 198, 3, 223, 51, 238, 27, 104, 199, 75, 4, 100,
    224, 14, 52, 141, 239, 129, 28, 193, 105, 248, 200, 8, 76, 113, 5, 138,
    101, 47, 225, 36, 15, 33, 53, 147, 142, 218, 240, 18, 130, 69, 29, 181,
    194, 125, 106, 39, 249, 185, 201, 154, 9, 120, 77, 228, 114, 166, 6, 191,
    139, 98, 102, 221, 48, 253, 226, 152, 37, 179, 16, 145, 34, 136, 54, 208,
    148, 206, 143, 150, 219, 189, 241, 210, 19, 92, 131, 56, 70, 64, 30, 66,
    182, 163, 195, 72, 126, 110, 107, 58, 40, 84, 250, 133, 186, 61, 202, 94,
    155, 159, 10, 21, 121, 43, 78, 212, 229, 172, 115, 243, 167, 87, 7, 112,
    192, 247, 140, 128, 99, 13, 103, 74, 222, 237, 49, 197, 254, 24, 227, 165,
    153, 119, 38, 184, 180, 124, 17, 68, 146, 217, 35, 32, 137, 46, 55, 63,
    209, 91, 149, 188, 207, 205, 144, 135, 151, 178, 220, 252, 190, 97, 242,
    86, 211, 171, 20, 42, 93, 158, 132, 60, 57, 83, 71, 109, 65, 162, 31, 45,
    67, 216, 183, 123, 164, 118, 196, 23, 73, 236, 127, 12, 111, 246, 108,
    161, 59, 82, 41, 157, 85, 170, 251, 96, 134, 177, 187, 204, 62, 90, 203,
    89, 95, 176, 156, 169, 160, 81, 11, 245, 22, 235, 122, 117, 44, 215, 79,
    174, 213, 233, 230, 231, 173, 232, 116, 214, 244, 234, 168, 80, 88, 175};
/* clang-format on */

static uint8_t
times(uint8_t a, uint8_t b)
{
	return a == 0 || b == 0 ? 0 : POWER[LOG[a] + LOG[b]];
}

static uint8_t
inverse(uint8_t a)
{
	return POWER[255 - LOG[a]];
}

static uint8_t
power_of(size_t e)
{
	return POWER[e % 255];
}

/* p(x), lowest power first. */
static uint8_t
value(const uint8_t *p, size_t n, uint8_t x)
{
	uint8_t v = 0;

	while (n-- > 0)
		v = times(v, x) ^ p[n];
	return v;
}

static bool
syndromes(const uint8_t *word, size_t n, size_t parity, uint8_t *s)
{
	uint8_t any = 0;

	for (size_t i = 0; i < parity; i++) {
		uint8_t v = 0, x = power_of(i);
		for (size_t k = 0; k < n; k++)
			v = times(v, x) ^ word[k];
		s[i] = v;
		any |= v;
	}
	return any != 0;
}

/* Berlekamp and Massey, starting from the erasures (Blahut 9.1). Returns the
 * degree of the locator. */
static size_t
locator(const uint8_t *s, size_t parity, size_t n_erased, uint8_t *c)
{
	uint8_t b[REED_MAX + 1], t[REED_MAX + 1];
	size_t l = n_erased;

	memcpy(b, c, parity + 1);
	for (size_t r = n_erased; r < parity; r++) {
		uint8_t d = 0;
		for (size_t i = 0; i <= l && i <= r; i++)
			d ^= times(c[i], s[r - i]);
		memmove(b + 1, b, parity);
		b[0] = 0;
		if (d == 0)
			continue;
		for (size_t i = 0; i <= parity; i++)
			t[i] = c[i] ^ times(d, b[i]);
		if (2 * l <= r + n_erased) {
			uint8_t k = inverse(d);
			l = r + 1 + n_erased - l;
			for (size_t i = 0; i <= parity; i++)
				b[i] = times(k, c[i]);
		}
		memcpy(c, t, parity + 1);
	}
	return l;
}

bool
reed_correct(uint8_t *word, size_t n, size_t parity, const uint8_t *erased,
    size_t n_erased, size_t spare, size_t *errors)
{
	uint8_t s[REED_MAX], c[REED_MAX + 1] = {1}, o[REED_MAX] = {0};
	uint8_t fixed[REED_MAX];
	size_t l, found = 0;

	assert(n <= REED_MAX && parity < n);
	if (n_erased + spare > parity)
		return false;
	if (!syndromes(word, n, parity, s)) {
		*errors = 0;
		return true;
	}
	for (size_t k = 0; k < n_erased; k++) {
		uint8_t x = power_of(n - 1 - erased[k]);
		for (size_t i = k + 1; i > 0; i--)
			c[i] ^= times(x, c[i - 1]);
	}
	l = locator(s, parity, n_erased, c);
	if (l < n_erased || 2 * (l - n_erased) + n_erased + spare > parity)
		return false;
	for (size_t i = 0; i < parity; i++)
		for (size_t k = 0; k <= l && k <= i; k++)
			o[i] ^= times(c[k], s[i - k]);
	memcpy(fixed, word, n);
	for (size_t k = 0; k < n; k++) {
		/* a place is a root's inverse; Forney: X * O(1/X) / C'(1/X) */
		uint8_t x = power_of(n - 1 - k), inv = inverse(x), slope = 0;
		if (value(c, l + 1, inv) != 0)
			continue;
		for (size_t i = 1; i <= l; i += 2) {
			uint8_t p = c[i];
			for (size_t j = 1; j < i; j++)
				p = times(p, inv);
			slope ^= p;
		}
		if (slope == 0)
			return false;
		fixed[k] ^=
		    times(x, times(value(o, parity, inv), inverse(slope)));
		found++;
	}
	if (found != l || syndromes(fixed, n, parity, s))
		return false;
	memcpy(word, fixed, n);
	*errors = l - n_erased;
	return true;
}

void
reed_check(const uint8_t *data, size_t n, size_t parity, uint8_t *out)
{
	uint8_t g[REED_MAX + 1] = {1};

	/* the generator, highest power first */
	for (size_t i = 0; i < parity; i++)
		for (size_t k = i + 1; k > 0; k--)
			g[k] ^= times(g[k - 1], power_of(i));
	memset(out, 0, parity);
	for (size_t i = 0; i < n; i++) {
		uint8_t lead = data[i] ^ out[0];
		memmove(out, out + 1, parity - 1);
		out[parity - 1] = 0;
		for (size_t k = 0; k < parity; k++)
			out[k] ^= times(lead, g[k + 1]);
	}
}
