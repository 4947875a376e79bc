#include <iconv.h>
#include <stdlib.h>

#include "credential/cbor.h"
#include "verifier/scan.h"

/*
 * Codes of other people may hold text of any character set, and only some say
 * which. Ours are ASCII: this is for showing, never for verifying.
 */
static char *
convert(const char *from, struct bytes in, size_t *len)
{
	size_t left = in.len, room = 4 * in.len + 4;
	char *p = (char *)(uintptr_t)in.ptr, *out = malloc(room), *q = out;
	iconv_t cd = iconv_open("UTF-8", from);

	if (out == NULL || cd == (iconv_t)-1 ||
	    iconv(cd, &p, &left, &q, &room) == (size_t)-1 || left > 0) {
		free(out);
		out = NULL;
		*len = 0;
	} else {
		*len = (size_t)(q - out);
	}
	if (cd != (iconv_t)-1)
		iconv_close(cd);
	return out;
}

/* Japanese, rather than Chinese bytes that happen to fit: it has kana. */
static bool
has_kana(const char *s, size_t len)
{
	size_t full = 0, half = 0, other = 0;

	for (size_t i = 0; i + 2 < len; i++) {
		const unsigned char *p = (const unsigned char *)s + i;
		if (p[0] < 0xe0)
			continue;
		if (p[0] == 0xe3 && p[1] >= 0x81 && p[1] <= 0x83)
			full++;
		else if (p[0] == 0xef && (p[1] == 0xbd || p[1] == 0xbe))
			half++;
		else
			other++;
		i += 2;
	}
	return full > 0 || (half >= 4 && other <= half);
}

/* Double-byte Chinese has both bytes above ASCII: no run of odd length. */
static bool
in_pairs(struct bytes s)
{
	size_t run = 0;

	for (size_t i = 0; i <= s.len; i++) {
		if (i < s.len && s.ptr[i] >= 0x80) {
			run++;
			continue;
		}
		if (run % 2 != 0)
			return false;
		run = 0;
	}
	return true;
}

char *
scan_text_utf8(struct bytes in, size_t *len)
{
	char *s;

	if (in.len == 0 || utf8_valid(in)) {
		s = malloc(in.len + 1);
		if (s != NULL && in.len > 0)
			memcpy(s, in.ptr, in.len);
		*len = in.len;
		return s;
	}
	s = convert("CP932", in, len);
	if (s != NULL && has_kana(s, *len))
		return s;
	free(s);
	s = in_pairs(in) ? convert("GB18030", in, len) : NULL;
	return s != NULL ? s : convert("ISO-8859-1", in, len);
}
