#include "credential/digits.h"

#include "credential/ascii.h"

enum { CHUNK_BYTES = 7, CHUNK_DIGITS = 17 };

/* Digits of the last 0..6 bytes: the fewest that hold 256^n - 1. */
static const uint8_t TAIL_DIGITS[CHUNK_BYTES] = {0, 3, 5, 8, 10, 13, 15};

static bool
is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

size_t
digits_len(size_t n_bytes)
{
	return n_bytes / CHUNK_BYTES * CHUNK_DIGITS +
	       TAIL_DIGITS[n_bytes % CHUNK_BYTES];
}

static void
chunk_encode(const uint8_t *in, size_t n, uint8_t *out, size_t n_digits)
{
	uint64_t v = 0;
	for (size_t i = n; i-- > 0;)
		v = v << 8 | in[i];
	for (size_t i = n_digits; i-- > 0; v /= 10)
		out[i] = (uint8_t)('0' + v % 10);
}

enum cred_err
digits_encode(struct bytes in, struct outbuf *out)
{
	if (in.len > CRED_MAX_BYTES)
		return CRED_ERR_COSE_SIZE;
	if (out->cap - out->len < digits_len(in.len))
		return CRED_FAULT_SPACE;
	for (size_t i = 0; i < in.len; i += CHUNK_BYTES) {
		size_t n = in.len - i;
		if (n > CHUNK_BYTES)
			n = CHUNK_BYTES;
		size_t d = digits_len(n);
		chunk_encode(in.ptr + i, n, out->ptr + out->len, d);
		out->len += d;
	}
	return CRED_OK;
}

static inline enum cred_err
chunk_decode(const uint8_t *in, size_t n_digits, uint8_t *out, size_t n)
{
	unsigned bad = 0; /* above 15 with anything but a digit */
	uint64_t v = 0;
	for (size_t i = 0; i < n_digits; i++) {
		uint8_t d = (uint8_t)(in[i] - '0');
		bad |= d + 6u;
		v = v * 10 + d;
	}
	if (bad > 15 || v >> 8 * n != 0)
		return CRED_ERR_DIGITS_CHUNK;
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(v >> 8 * i);
	return CRED_OK;
}

enum cred_err
digits_decode(struct bytes in, struct outbuf *out)
{
	if (in.len > CRED_MAX_DIGITS)
		return CRED_ERR_QR_SIZE;
	size_t tail = 0;
	while (tail < CHUNK_BYTES && TAIL_DIGITS[tail] != in.len % CHUNK_DIGITS)
		tail++;
	if (tail == CHUNK_BYTES)
		return CRED_ERR_DIGITS_LENGTH;
	size_t chunks = in.len / CHUNK_DIGITS,
	       len = chunks * CHUNK_BYTES + tail;
	if (out->cap - out->len < len)
		return CRED_FAULT_SPACE;
	uint8_t *to = out->ptr + out->len;
	const uint8_t *from = in.ptr;
	for (size_t i = 0; i < chunks; i++) {
		enum cred_err e =
		    chunk_decode(from, CHUNK_DIGITS, to, CHUNK_BYTES);
		if (e)
			return e;
		from += CHUNK_DIGITS;
		to += CHUNK_BYTES;
	}
	if (tail > 0) {
		enum cred_err e =
		    chunk_decode(from, TAIL_DIGITS[tail], to, tail);
		if (e)
			return e;
	}
	out->len += len;
	return CRED_OK;
}

/* Length of the scheme, "https://" or "http://" in any case, or 0. */
static size_t
scheme_len(struct bytes t)
{
	static const char HTTPS[] = "https://", HTTP[] = "http://";
	const char *s = HTTPS;
	for (int pass = 0; pass < 2; pass++, s = HTTP) {
		size_t n = strlen(s), i = 0;
		if (t.len < n)
			continue;
		while (i < n) {
			if (to_capital(t.ptr[i]) != to_capital((uint8_t)s[i]))
				break;
			i++;
		}
		if (i == n)
			return n;
	}
	return 0;
}

/* Where a browser ends the authority of an http URL (WHATWG URL s4.4). */
static bool
ends_authority(uint8_t c)
{
	return c == '/' || c == '\\' || c == '?' || c == '#';
}

/* Host of an authority: no user, no port. A port that is none stays, so that
 * the host then equals nobody's. */
static struct bytes
host_of(struct bytes a)
{
	for (size_t i = a.len; i-- > 0;) {
		if (a.ptr[i] == '@') {
			a = bytes_of(a.ptr + i + 1, a.len - i - 1);
			break;
		}
	}
	size_t end = a.len;
	while (end > 0 && is_digit(a.ptr[end - 1]))
		end--;
	if (end > 0 && a.ptr[end - 1] == ':')
		a.len = end - 1;
	return a;
}

enum cred_err
qrtext_parse(struct bytes text, struct qrtext *out)
{
	if (text.len > CRED_MAX_TEXT)
		return CRED_ERR_QR_SIZE;
	while (text.len > 0 && is_blank(text.ptr[text.len - 1]))
		text.len--;
	while (text.len > 0 && is_blank(text.ptr[0])) {
		text.ptr++;
		text.len--;
	}
	size_t i = 0;
	while (i < text.len && is_digit(text.ptr[i]))
		i++;
	if (i > 0 && i == text.len) {
		*out = (struct qrtext){.digits = text};
		return CRED_OK;
	}

	size_t start = scheme_len(text);
	if (start == 0)
		return CRED_ERR_QR_NOT_OURS;
	size_t end = start;
	while (end < text.len && !ends_authority(text.ptr[end]))
		end++;
	const uint8_t *hash = memchr(text.ptr + end, '#', text.len - end);
	if (!hash)
		return CRED_ERR_QR_NOT_OURS;
	struct bytes d = {hash + 1, 0};
	while (d.ptr + d.len < text.ptr + text.len && is_digit(d.ptr[d.len]))
		d.len++;
	if (d.len == 0)
		return CRED_ERR_QR_NOT_OURS;
	*out = (struct qrtext){
	    .host = host_of(bytes_of(text.ptr + start, end - start)),
	    .digits = d,
	};
	return CRED_OK;
}

enum cred_err
qrtext_make(struct bytes base, struct bytes cose, struct outbuf *out)
{
	if (base.len == 0 || base.ptr[base.len - 1] != '/' ||
	    memchr(base.ptr, '#', base.len))
		return CRED_ERR_SCOPE_BASE;
	if (cose.len > CRED_MAX_BYTES)
		return CRED_ERR_COSE_SIZE;
	if (out->cap - out->len < base.len + 1 + digits_len(cose.len))
		return CRED_FAULT_SPACE;
	memcpy(out->ptr + out->len, base.ptr, base.len);
	out->len += base.len;
	out->ptr[out->len++] = '#';
	return digits_encode(cose, out);
}
