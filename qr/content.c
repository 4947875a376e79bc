#include "qr/content.h"

struct reader {
	struct bytes in;
	size_t bit; /* next one */
	uint8_t *out;
	size_t n;
	bool bad; /* too short, too long, or not allowed */
};

static size_t
left(const struct reader *r)
{
	return 8 * r->in.len - r->bit;
}

static unsigned
take(struct reader *r, size_t n)
{
	unsigned v = 0;

	if (left(r) < n) {
		r->bad = true;
		return 0;
	}
	for (; n > 0; n--, r->bit++)
		v = v << 1 |
		    (unsigned)(r->in.ptr[r->bit / 8] >> (7 - r->bit % 8) & 1);
	return v;
}

static void
put(struct reader *r, unsigned byte)
{
	if (r->n == SYMBOL_TEXT)
		r->bad = true;
	else if (!r->bad)
		r->out[r->n++] = (uint8_t)byte;
}

static void
digits(struct reader *r, unsigned n)
{
	static const unsigned bits[] = {0, 4, 7, 10},
			      limit[] = {0, 10, 100, 1000};

	while (n > 0 && !r->bad) {
		unsigned k = n < 3 ? n : 3, v = take(r, bits[k]);
		if (v >= limit[k])
			r->bad = true;
		for (unsigned d = limit[k] / 10; d > 0; d /= 10)
			put(r, '0' + v / d % 10);
		n -= k;
	}
}

static void
alphanumeric(struct reader *r, unsigned n)
{
	static const char set[] =
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

	while (n > 0 && !r->bad) {
		unsigned v = take(r, n > 1 ? 11 : 6);
		if (v >= (n > 1 ? 45u * 45 : 45u)) {
			r->bad = true;
			return;
		}
		if (n > 1)
			put(r, (unsigned)set[v / 45]);
		put(r, (unsigned)set[v % 45]);
		n -= n > 1 ? 2 : 1;
	}
}

static void
kanji(struct reader *r, unsigned n)
{
	for (; n > 0 && !r->bad; n--) {
		unsigned v = take(r, 13);
		v = (v / 0xc0) << 8 | v % 0xc0;
		v += v < 0x1f00 ? 0x8140 : 0xc140;
		put(r, v >> 8);
		put(r, v & 0xff);
	}
}

/* The number of an ECI: one, two or three bytes; zbar drops them as well. */
static void
eci(struct reader *r)
{
	unsigned v = take(r, 8);

	if ((v & 0x80) == 0)
		return;
	if ((v & 0x40) == 0)
		(void)take(r, 8);
	else if ((v & 0x20) == 0)
		(void)take(r, 16);
	else
		r->bad = true;
}

bool
content_read(struct bytes data, int version, uint8_t text[static SYMBOL_TEXT],
    size_t *len)
{
	struct reader r = {.in = data, .out = text};
	int size = version < 10 ? 0 : version < 27 ? 1 : 2;

	while (!r.bad && left(&r) >= 4) {
		static const uint8_t count[9][3] = {[1] = {10, 12, 14},
		    [2] = {9, 11, 13},
		    [4] = {8, 16, 16},
		    [8] = {8, 10, 12}};
		unsigned mode = take(&r, 4), n;
		if (mode == 0)
			break;
		if (mode == 7) {
			eci(&r);
			continue;
		}
		if (mode > 8 || count[mode][size] == 0)
			return false; /* FNC1, one of several, or none */
		n = take(&r, count[mode][size]);
		if (mode == 1)
			digits(&r, n);
		else if (mode == 2)
			alphanumeric(&r, n);
		else if (mode == 8)
			kanji(&r, n);
		for (; mode == 4 && n > 0 && !r.bad; n--)
			put(&r, take(&r, 8));
	}
	if (r.bad || r.n == 0)
		return false;
	*len = r.n;
	return true;
}
