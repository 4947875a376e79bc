#include "qr/symbol.h"

#include <math.h>
#include <stdlib.h>

#include "qr/content.h"
#include "qr/redraw_int.h"
#include "qr/reed.h"

#define FORMAT 2 /* in symbol_fixed()'s answer */

/* ISO/IEC 18004 table 9, by level L M Q H and version: check bytes a block, and
 * blocks. */
static const uint8_t CHECK[4][41] = {
    {0, 7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30,
	28, 28, 28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
	30, 30, 30, 30},
    {0, 10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26,
	26, 26, 26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
	28, 28, 28, 28},
    {0, 13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28,
	26, 30, 28, 30, 30, 30, 30, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
	30, 30, 30, 30},
    {0, 17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28,
	26, 28, 30, 24, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
	30, 30, 30, 30},
};
static const uint8_t BLOCKS[4][41] = {
    {0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10,
	12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25},
    {0, 1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17,
	17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47,
	49},
    {0, 1, 1, 2, 2, 4, 4, 6, 6, 8, 8, 8, 10, 12, 16, 12, 17, 16, 18, 21, 20, 23,
	23, 25, 27, 29, 34, 34, 35, 38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65,
	68},
    {0, 1, 1, 2, 4, 4, 4, 5, 6, 8, 8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25,
	25, 34, 30, 32, 35, 37, 40, 42, 45, 48, 51, 54, 57, 60, 63, 66, 70, 74,
	77, 81},
};

static int8_t
module_of(unsigned bits, int nth)
{
	return (bits >> nth & 1) != 0 ? -1 : 1;
}

/* s7.10: 18 bits, for version 7 on. */
static void
fix_version(int dim, int8_t *out)
{
	unsigned v = (unsigned)(dim - 17) / 4, rem = v, bits;

	for (int i = 0; i < 12; i++)
		rem = rem << 1 ^ (rem >> 11) * 0x1f25u;
	bits = v << 12 | (rem & 0xfff);
	for (int i = 0; i < 18; i++) {
		int a = dim - 11 + i % 3, b = i / 3;
		out[b * dim + a] = out[a * dim + b] = module_of(bits, i);
	}
}

/* s7.9: where bit nth of the format stands, in its two places. */
static void
format_place(int dim, int nth, int at[static 2])
{
	int x = nth < 8 ? 8 : nth == 8 ? 7 : 14 - nth;
	int y = nth < 6 ? nth : nth < 8 ? nth + 1 : 8;

	at[0] = y * dim + x;
	at[1] = nth < 8 ? 8 * dim + dim - 1 - nth : (dim - 15 + nth) * dim + 8;
}

void
symbol_fixed(int dim, int8_t *out)
{
	int at[2];

	known_modules(dim, out);
	for (int i = 0; i < 15; i++) {
		format_place(dim, i, at);
		out[at[0]] = out[at[1]] = FORMAT;
	}
	out[(dim - 8) * dim + 8] = -1;
	if (dim >= 45)
		fix_version(dim, out);
}

static unsigned
format_bits(unsigned data)
{
	unsigned rem = data;

	for (int i = 0; i < 10; i++)
		rem = rem << 1 ^ (rem >> 9) * 0x537u;
	return (data << 10 | (rem & 0x3ff)) ^ 0x5412u;
}

/* The format that the two copies together are most like; false when that is
 * not much. */
static bool
read_format(const float *soft, int dim, struct symbol *s)
{
	float best = -1e9f, all = 1e-6f;
	unsigned format = 0;
	int at[2];

	for (unsigned data = 0; data < 32; data++) {
		unsigned bits = format_bits(data);
		float sum = 0;
		for (int i = 0; i < 15; i++) {
			format_place(dim, i, at);
			sum += (float)module_of(bits, i) *
			       (soft[at[0]] + soft[at[1]]);
			if (data == 0)
				all += fabsf(soft[at[0]]) + fabsf(soft[at[1]]);
		}
		if (sum > best) {
			best = sum;
			format = data;
		}
	}
	s->level = (int)(format >> 3 ^ 1);
	s->mask = (int)(format & 7);
	s->format = best / all;
	return s->format > 0.3f;
}

static bool
masked(int mask, int x, int y)
{
	switch (mask) {
	case 0:
		return (x + y) % 2 == 0;
	case 1:
		return y % 2 == 0;
	case 2:
		return x % 3 == 0;
	case 3:
		return (x + y) % 3 == 0;
	case 4:
		return (x / 3 + y / 2) % 2 == 0;
	case 5:
		return x * y % 2 + x * y % 3 == 0;
	case 6:
		return (x * y % 2 + x * y % 3) % 2 == 0;
	default:
		return ((x + y) % 2 + x * y % 3) % 2 == 0;
	}
}

/* s7.7.3: in pairs of columns from the right, up and down. */
static void
read_stream(const float *soft, const int8_t *fixed, int dim, int mask,
    struct symbol_stream *st)
{
	size_t bit = 0;

	memset(st->byte, 0, sizeof st->byte);
	memset(st->doubt, 0, sizeof st->doubt);
	for (int right = dim - 1; right > 0; right -= 2) {
		if (right == 6)
			right = 5;
		for (int k = 0; k < 2 * dim; k++) {
			int x = right - k % 2, y = k / 2, at;
			size_t i = bit / 8;
			bool dark;
			if (((right + 1) & 2) == 0)
				y = dim - 1 - y;
			at = y * dim + x;
			if (fixed[at] != 0 || i >= SYMBOL_BYTES)
				continue;
			dark = (soft[at] < 0) != masked(mask, x, y);
			st->byte[i] |=
			    (uint8_t)((dark ? 1u : 0u) << (7 - bit % 8));
			st->doubt[i] += expf(-3 * fabsf(soft[at]));
			st->place[i][bit % 8] = (uint16_t)at;
			bit++;
		}
	}
	st->n = bit / 8;
}

/* One block and where its bytes stand in the stream. */
struct block {
	size_t n, parity;
	uint8_t byte[REED_MAX];
	uint16_t from[REED_MAX];
};

/* s7.6: bytes of the blocks in turn; the later blocks are one byte longer. */
static void
take_block(const struct symbol_stream *st, const struct symbol *s,
    size_t parity, unsigned nth, struct block *b)
{
	size_t k = st->n / s->blocks - parity; /* data of the short ones */
	size_t longer = st->n % s->blocks, shorter = s->blocks - longer;
	size_t data = k + (nth >= shorter ? 1 : 0);

	b->parity = parity;
	b->n = data + parity;
	for (size_t i = 0; i < data; i++)
		b->from[i] = (uint16_t)(i < k ? i * s->blocks + nth
					      : k * s->blocks + nth - shorter);
	for (size_t i = 0; i < parity; i++)
		b->from[data + i] =
		    (uint16_t)(k * s->blocks + longer + i * s->blocks + nth);
	for (size_t i = 0; i < b->n; i++)
		b->byte[i] = st->byte[b->from[i]];
}

/*
 * Correct a block: as it is, then with ever more of its most doubtful bytes
 * erased (Forney's generalised minimum distance). Four bytes of the check are
 * left over where any is erased, so that an accident is one in 2^32.
 */
static bool
correct_block(const struct symbol_stream *st, struct block *b)
{
	uint8_t order[REED_MAX];
	size_t errors, spare = b->parity <= 10 ? 2 : 0;

	if (reed_correct(b->byte, b->n, b->parity, NULL, 0, spare, &errors))
		return true;
	for (size_t i = 0; i < b->n; i++) {
		size_t k = i;
		float d = st->doubt[b->from[i]];
		for (; k > 0 && st->doubt[b->from[order[k - 1]]] < d; k--)
			order[k] = order[k - 1];
		order[k] = (uint8_t)i;
	}
	for (size_t n = 2; n + 4 <= b->parity; n += 2)
		if (reed_correct(
			b->byte, b->n, b->parity, order, n, 4, &errors))
			return true;
	return false;
}

/* The modules of a corrected block are known for certain. */
static void
settle(const struct symbol_stream *st, const struct block *b, int dim,
    struct symbol *s)
{
	for (size_t i = 0; i < b->n; i++)
		for (int k = 0; k < 8; k++) {
			int at = st->place[b->from[i]][k];
			bool one = (b->byte[i] >> (7 - k) & 1) != 0;
			bool dark = one != masked(s->mask, at % dim, at / dim);
			s->sure[at] = dark ? -1 : 1;
		}
}

/* So is the format once a block came out under it. */
static void
settle_format(int dim, struct symbol *s)
{
	unsigned bits =
	    format_bits((unsigned)(s->level ^ 1) << 3 | (unsigned)s->mask);
	int at[2];

	for (int i = 0; i < 15; i++) {
		format_place(dim, i, at);
		s->sure[at[0]] = s->sure[at[1]] = module_of(bits, i);
	}
}

bool
symbol_read(const float *soft, int dim, struct symbol *s)
{
	struct symbol_stream *st = &s->stream;
	int version = (dim - 17) / 4;
	uint8_t data[SYMBOL_BYTES];
	size_t parity, n = 0;
	struct block b;

	memset(s->sure, 0, sizeof s->sure);
	s->whole = s->blocks = 0;
	s->len = 0;
	if (!read_format(soft, dim, s))
		return false;
	symbol_fixed(dim, s->fixed);
	read_stream(soft, s->fixed, dim, s->mask, st);
	s->blocks = BLOCKS[s->level][version];
	parity = CHECK[s->level][version];
	for (unsigned i = 0; i < s->blocks; i++) {
		take_block(st, s, parity, i, &b);
		if (!correct_block(st, &b))
			continue;
		s->whole++;
		settle(st, &b, dim, s);
		if (s->whole == i + 1) {
			memcpy(data + n, b.byte, b.n - parity);
			n += b.n - parity;
		}
	}
	if (s->whole > 0)
		settle_format(dim, s);
	return s->whole == s->blocks &&
	       content_read(bytes_of(data, n), version, s->text, &s->len);
}
