#include <stdlib.h>

#include "credential/cbor.h"
#include "verifier/scan.h"

#define TEXT_MAX (1u << 20)
/* An address is broken at 60 to 100 columns; a certificate's digits alone are
 * more than 300. */
#define PIECE_MAX 200

static size_t
put_utf8(uint8_t *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (uint8_t)(0xc0 | c >> 6);
		to[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	to[0] = (uint8_t)(0xe0 | c >> 12);
	to[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	to[2] = (uint8_t)(0x80 | (c & 0x3f));
	return 3;
}

/* Surrogates become blanks: no address of ours has any. */
static uint8_t *
from_utf16(struct bytes in, size_t *len)
{
	bool big = in.ptr[0] == 0xfe;
	uint8_t *out = malloc(in.len / 2 * 3 + 1);
	size_t n = 0;

	if (out == NULL)
		return NULL;
	for (size_t i = 2; i + 1 < in.len; i += 2) {
		uint32_t c = big ? (uint32_t)in.ptr[i] << 8 | in.ptr[i + 1]
				 : (uint32_t)in.ptr[i + 1] << 8 | in.ptr[i];
		n += put_utf8(out + n, c >= 0xd800 && c < 0xe000 ? ' ' : c);
	}
	*len = n;
	return out;
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* Does the line that ends at end (exclusive) hold an address of ours whose
 * digits go up to its end? */
static bool
open_ended(const uint8_t *line, const uint8_t *end)
{
	const uint8_t *d = end;

	while (d > line && is_digit(d[-1]))
		d--;
	return d < end && d > line && d[-1] == '#' &&
	       memmem(line, (size_t)(d - line), "://", 3) != NULL;
}

/* Is the line from p nothing but few digits? Its end in *next. */
static bool
is_piece(const uint8_t *p, const uint8_t *end, const uint8_t **next)
{
	const uint8_t *d = p;

	while (d < end && is_digit(*d))
		d++;
	if (d == p || d - p > PIECE_MAX)
		return false;
	*next = d;
	while (d < end && (*d == ' ' || *d == '\t' || *d == '\r'))
		d++;
	return d == end || *d == '\n';
}

/* In place. A mail's "> " before a piece is left out. */
static size_t
join_lines(uint8_t *s, size_t len)
{
	const uint8_t *p = s, *end = s + len;
	uint8_t *to = s, *to_line = s;
	size_t joined = 0; /* later lines keep their numbers */

	while (p < end) {
		const uint8_t *nl, *from, *next;
		if (*p != '\n' && *p != '\r' && *p != ' ' && *p != '\t') {
			*to++ = *p++;
			continue;
		}
		/* blanks and one line break, then digits? */
		for (nl = p; nl < end && (*nl == ' ' || *nl == '\t' ||
					     *nl == '\r');
		     nl++)
			;
		if (nl < end && *nl == '\n' && open_ended(to_line, to)) {
			for (from = nl + 1; from < end &&
					    (*from == ' ' || *from == '\t' ||
						*from == '>');
			     from++)
				;
			if (is_piece(from, end, &next)) {
				memmove(to, from, (size_t)(next - from));
				to += next - from;
				p = next;
				joined++;
				continue;
			}
		}
		if (*p == '\n') {
			for (; joined > 0; joined--)
				*to++ = '\n';
			to_line = to + 1;
		}
		*to++ = *p++;
	}
	return (size_t)(to - s);
}

uint8_t *
scan_paste(struct bytes in, size_t *len)
{
	uint8_t *out;
	size_t n = in.len;

	if (in.len == 0 || in.len > TEXT_MAX)
		return NULL;
	if (in.len >= 4 && (memcmp(in.ptr, "\xff\xfe", 2) == 0 ||
			       memcmp(in.ptr, "\xfe\xff", 2) == 0)) {
		out = from_utf16(in, &n);
	} else {
		if (in.len >= 3 && memcmp(in.ptr, "\xef\xbb\xbf", 3) == 0) {
			in = bytes_of(in.ptr + 3, in.len - 3);
			n = in.len;
		}
		out = malloc(n + 1);
		if (out != NULL)
			memcpy(out, in.ptr, n);
	}
	if (out == NULL)
		return NULL;
	if (memchr(out, '\0', n) != NULL || !utf8_valid(bytes_of(out, n))) {
		free(out);
		return NULL;
	}
	*len = join_lines(out, n);
	return out;
}
