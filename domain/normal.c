#include "domain/normal.h"

#include "credential/cbor.h"

/* One code point of valid UTF-8. */
static uint32_t
next(struct bytes *s)
{
	const uint8_t *p = s->ptr;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint32_t c = n == 1 ? p[0] : p[0] & (0x7fu >> n);

	for (size_t i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3f);
	s->ptr += n;
	s->len -= n;
	return c;
}

static enum cred_err
put(struct outbuf *out, uint32_t c)
{
	uint8_t b[4];
	size_t n;

	if (c < 0x80) {
		b[0] = (uint8_t)c;
		n = 1;
	} else if (c < 0x800) {
		b[0] = (uint8_t)(0xc0 | c >> 6);
		b[1] = (uint8_t)(0x80 | (c & 0x3f));
		n = 2;
	} else if (c < 0x10000) {
		b[0] = (uint8_t)(0xe0 | c >> 12);
		b[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		b[2] = (uint8_t)(0x80 | (c & 0x3f));
		n = 3;
	} else {
		b[0] = (uint8_t)(0xf0 | c >> 18);
		b[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
		b[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		b[3] = (uint8_t)(0x80 | (c & 0x3f));
		n = 4;
	}
	return cbor_put_raw(out, bytes_of(b, n));
}

static bool
is_blank(uint32_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0 ||
	    c == 0x3000 || c == 0xfeff || (c >= 0x2000 && c <= 0x200b) ||
	    c == 0x2028 || c == 0x2029;
}

static bool
is_quote(uint32_t c)
{
	return c == '\'' || c == '"' || c == 0x2018 || c == 0x2019 ||
	    c == 0x201c || c == 0x201d;
}

static bool
is_mark(uint32_t c)
{
	return (c >= 0x200c && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x2069);
}

static bool
is_chinese(uint32_t c)
{
	return (c >= 0x3400 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) ||
	    (c >= 0x20000 && c <= 0x3ffff) || c == 0x3007;
}

/* domain.md 6: what is typed for the dot in a name. */
static bool
is_middle_dot(uint32_t c)
{
	return c == 0xb7 || c == 0x2022 || c == 0x30fb || c == 0xff0e ||
	    c == 0xff65 || c == 0x2027 || c == 0x22c5 || c == 0x2219;
}

static uint32_t
half(uint32_t c)
{
	return c >= 0xff01 && c <= 0xff5e ? c - 0xff01 + '!' : c;
}

enum mode { TEXT, ID, NAME, HALF };

/* What stands between two kept characters: a blank survives only here. */
static bool
keeps_blank(enum mode mode, uint32_t before, uint32_t after)
{
	if (mode == ID)
		return false;
	if (mode != NAME)
		return true;
	return !(is_chinese(before) && is_chinese(after)) && before != 0xb7 &&
	    after != 0xb7;
}

static enum cred_err
normal(struct bytes in, enum mode mode, struct outbuf *out)
{
	uint32_t before = 0;
	bool blank = false, opened = false;
	size_t end = 0;
	enum cred_err e;

	if (!utf8_valid(in))
		return CRED_ERR_CBOR_UTF8;
	out->len = 0;
	while (in.len > 0) {
		uint32_t c = next(&in);

		if (is_blank(c)) {
			blank = before != 0;
			continue;
		}
		if (is_quote(c) && (mode == ID || (before == 0 && in.len > 0))) {
			opened = true;
			continue;
		}
		/* ="150…", and the direction marks that chats add. */
		if (mode == ID && ((c == '=' && before == 0) || is_mark(c)))
			continue;
		if (mode != TEXT)
			c = half(c);
		if (mode == NAME && (is_middle_dot(c) ||
		    (c == '.' && is_chinese(before))))
			c = 0xb7;
		if (mode == ID) {
			if (c == '-' || c == 0x2010 || c == 0x2013 ||
			    c == 0x2014 || c == 0x2212)
				continue;
			if (c >= 'a' && c <= 'z')
				c -= 'a' - 'A';
		}
		if (blank && keeps_blank(mode, before, c) &&
		    (e = put(out, ' ')) != CRED_OK)
			return e;
		blank = false;
		if ((e = put(out, c)) != CRED_OK)
			return e;
		before = c;
		if (!is_quote(c))
			end = out->len;
	}
	/* The closing quote of the pair that was opened. */
	if (opened && mode != ID && end > 0)
		out->len = end;
	return CRED_OK;
}

enum cred_err
normal_text(struct bytes in, struct outbuf *out)
{
	return normal(in, TEXT, out);
}

enum cred_err
normal_id(struct bytes in, struct outbuf *out)
{
	return normal(in, ID, out);
}

enum cred_err
normal_name(struct bytes in, struct outbuf *out)
{
	return normal(in, NAME, out);
}

enum cred_err
normal_half(struct bytes in, struct outbuf *out)
{
	return normal(in, HALF, out);
}

enum cred_err
normal_header(struct bytes in, struct outbuf *out)
{
	size_t start = out->len, n, depth = 0;
	enum cred_err e = normal_id(in, out);

	if (e != CRED_OK)
		return e;
	n = start;
	for (size_t i = start; i < out->len; i++) {
		uint8_t c = out->ptr[i];
		if (c == '(' || c == '[')
			depth++;
		else if ((c == ')' || c == ']') && depth > 0)
			depth--;
		else if (depth == 0 && c != '*' && c != ':' && c != '_')
			out->ptr[n++] = c;
	}
	out->len = n;
	return CRED_OK;
}
