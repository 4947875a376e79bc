#include "credential/cbor.h"

#include "credential/limits.h"

enum {
	MAJOR_UINT = 0,
	MAJOR_NINT = 1,
	MAJOR_BSTR = 2,
	MAJOR_TSTR = 3,
	MAJOR_ARRAY = 4,
	MAJOR_MAP = 5,
	MAJOR_TAG = 6,
	MAJOR_OTHER = 7,
};

/* Smallest argument that needs a head of 1, 2, 4, 8 more bytes (s4.2.1). */
static const uint64_t HEAD_MIN[4] = {
    24, UINT64_C(1) << 8, UINT64_C(1) << 16, UINT64_C(1) << 32};

struct head {
	unsigned major;
	uint64_t arg;
	const uint8_t *next;
};

/* Major type 7 is refused by what it is: the profile has none of it. */
static enum cred_err
major_7(unsigned info)
{
	if (info < 25)
		return CRED_ERR_CBOR_SIMPLE;
	if (info < 28)
		return CRED_ERR_CBOR_FLOAT;
	if (info < 31)
		return CRED_ERR_CBOR_RESERVED;
	return CRED_ERR_CBOR_INDEFINITE; /* a break without its beginning */
}

static inline enum cred_err
head_read(const struct cbor *r, struct head *h)
{
	if (r->p == r->end)
		return CRED_ERR_CBOR_TRUNCATED;
	unsigned major = *r->p >> 5, info = *r->p & 31;
	const uint8_t *p = r->p + 1;
	uint64_t arg = info;
	if (major == MAJOR_OTHER)
		return major_7(info);
	if (info >= 24) {
		if (info == 31)
			return major >= MAJOR_BSTR && major <= MAJOR_MAP
				   ? CRED_ERR_CBOR_INDEFINITE
				   : CRED_ERR_CBOR_RESERVED;
		if (info > 27)
			return CRED_ERR_CBOR_RESERVED;
		size_t n = (size_t)1 << (info - 24);
		if ((size_t)(r->end - p) < n)
			return CRED_ERR_CBOR_TRUNCATED;
		arg = 0;
		for (size_t i = 0; i < n; i++)
			arg = arg << 8 | p[i];
		p += n;
		if (arg < HEAD_MIN[info - 24])
			return CRED_ERR_CBOR_HEAD;
	}
	*h = (struct head){major, arg, p};
	return CRED_OK;
}

static inline enum cred_err
head_expect(const struct cbor *r, unsigned major, struct head *h)
{
	enum cred_err e = head_read(r, h);
	if (e)
		return e;
	return h->major == major ? CRED_OK : CRED_ERR_CBOR_TYPE;
}

struct cbor
cbor_reader(struct bytes in)
{
	if (in.len == 0)
		return (struct cbor){in.ptr, in.ptr};
	return (struct cbor){in.ptr, in.ptr + in.len};
}

enum cred_err
cbor_end(const struct cbor *r)
{
	return r->p == r->end ? CRED_OK : CRED_ERR_CBOR_TRAILING;
}

int
cbor_peek(const struct cbor *r)
{
	return r->p == r->end ? -1 : *r->p >> 5;
}

enum cred_err
cbor_get_uint(struct cbor *r, uint64_t *v)
{
	struct head h;
	enum cred_err e = head_expect(r, MAJOR_UINT, &h);
	if (e)
		return e;
	*v = h.arg;
	r->p = h.next;
	return CRED_OK;
}

enum cred_err
cbor_get_int(struct cbor *r, int64_t *v)
{
	struct head h;
	enum cred_err e = head_read(r, &h);
	if (e)
		return e;
	if (h.major > MAJOR_NINT)
		return CRED_ERR_CBOR_TYPE;
	if (h.arg > INT64_MAX)
		return CRED_ERR_CBOR_RANGE;
	*v = h.major == MAJOR_UINT ? (int64_t)h.arg : -1 - (int64_t)h.arg;
	r->p = h.next;
	return CRED_OK;
}

static inline enum cred_err
string_read(struct cbor *r, unsigned major, struct bytes *v)
{
	struct head h;
	enum cred_err e = head_expect(r, major, &h);
	if (e)
		return e;
	if (h.arg > (size_t)(r->end - h.next))
		return CRED_ERR_CBOR_TRUNCATED;
	struct bytes s = {h.next, (size_t)h.arg};
	if (major == MAJOR_TSTR && !utf8_valid(s))
		return CRED_ERR_CBOR_UTF8;
	*v = s;
	r->p = h.next + s.len;
	return CRED_OK;
}

enum cred_err
cbor_get_bstr(struct cbor *r, struct bytes *v)
{
	return string_read(r, MAJOR_BSTR, v);
}

enum cred_err
cbor_get_tstr(struct cbor *r, struct bytes *v)
{
	return string_read(r, MAJOR_TSTR, v);
}

enum cred_err
cbor_get_array(struct cbor *r, size_t *n)
{
	struct head h;
	enum cred_err e = head_expect(r, MAJOR_ARRAY, &h);
	if (e)
		return e;
	if (h.arg > (size_t)(r->end - h.next))
		return CRED_ERR_CBOR_TRUNCATED;
	*n = (size_t)h.arg;
	r->p = h.next;
	return CRED_OK;
}

enum cred_err
cbor_get_map(struct cbor *r, size_t *n)
{
	struct head h;
	enum cred_err e = head_expect(r, MAJOR_MAP, &h);
	if (e)
		return e;
	if (h.arg > (size_t)(r->end - h.next) / 2)
		return CRED_ERR_CBOR_TRUNCATED;
	*n = (size_t)h.arg;
	r->p = h.next;
	return CRED_OK;
}

enum cred_err
cbor_get_tag(struct cbor *r, uint64_t *tag)
{
	struct head h;
	enum cred_err e = head_expect(r, MAJOR_TAG, &h);
	if (e)
		return e;
	*tag = h.arg;
	r->p = h.next;
	return CRED_OK;
}

/* Bytewise order of two encodings (s4.2.1), the first may be absent. */
static inline enum cred_err
key_order(struct bytes prev, struct bytes key)
{
	if (!prev.ptr)
		return CRED_OK;
	size_t n = prev.len < key.len ? prev.len : key.len;
	int c = memcmp(prev.ptr, key.ptr, n);
	/* An item is never the beginning of another: equal up to n is equal. */
	if (c == 0)
		return CRED_ERR_CBOR_DUPLICATE;
	return c < 0 ? CRED_OK : CRED_ERR_CBOR_ORDER;
}

enum cred_err
cbor_get_key(struct cbor *r, struct cbor_keys *state, int64_t *k)
{
	struct cbor next = *r;
	int64_t v;
	enum cred_err e = cbor_get_int(&next, &v);
	if (e)
		return e;
	struct bytes key = {r->p, (size_t)(next.p - r->p)};
	e = key_order((struct bytes){state->prev, state->prev_len}, key);
	if (e)
		return e;
	state->prev = key.ptr;
	state->prev_len = key.len;
	*k = v;
	*r = next;
	return CRED_OK;
}

static enum cred_err item_check(struct cbor *r, unsigned depth);

static enum cred_err
map_check(struct cbor *r, uint64_t pairs, unsigned depth)
{
	struct bytes prev = {0};
	for (uint64_t i = 0; i < pairs; i++) {
		const uint8_t *start = r->p;
		enum cred_err e = item_check(r, depth);
		if (e)
			return e;
		struct bytes key = {start, (size_t)(r->p - start)};
		e = key_order(prev, key);
		if (e)
			return e;
		prev = key;
		e = item_check(r, depth);
		if (e)
			return e;
	}
	return CRED_OK;
}

/* depth: arrays, maps and tags around this item. */
static enum cred_err
item_check(struct cbor *r, unsigned depth)
{
	struct head h = {0};
	enum cred_err e = head_read(r, &h);
	if (e)
		return e;
	if (h.major >= MAJOR_ARRAY && depth == CBOR_MAX_DEPTH)
		return CRED_ERR_CBOR_DEPTH;
	size_t left = (size_t)(r->end - h.next), n;
	uint64_t tag;
	struct bytes s;
	switch (h.major) {
	case MAJOR_BSTR:
	case MAJOR_TSTR:
		return string_read(r, h.major, &s);
	case MAJOR_ARRAY:
		e = cbor_get_array(r, &n);
		for (; !e && n > 0; n--)
			e = item_check(r, depth + 1);
		return e;
	case MAJOR_MAP:
		if (h.arg > left / 2)
			return CRED_ERR_CBOR_TRUNCATED;
		r->p = h.next;
		return map_check(r, h.arg, depth + 1);
	case MAJOR_TAG:
		e = cbor_get_tag(r, &tag);
		return e ? e : item_check(r, depth + 1);
	default:
		r->p = h.next;
		return CRED_OK;
	}
}

enum cred_err
cbor_check(struct bytes in)
{
	struct cbor r = cbor_reader(in);
	enum cred_err e = item_check(&r, 0);
	return e ? e : cbor_end(&r);
}

static enum cred_err
head_write(struct outbuf *out, unsigned major, uint64_t arg)
{
	unsigned info = (unsigned)arg, n = 0;
	if (arg >= HEAD_MIN[0]) {
		info = 24;
		while (info < 27 && arg >= HEAD_MIN[info - 23])
			info++;
		n = 1u << (info - 24);
	}
	if (out->cap - out->len < 1 + (size_t)n)
		return CRED_FAULT_SPACE;
	out->ptr[out->len++] = (uint8_t)(major << 5 | info);
	while (n-- > 0)
		out->ptr[out->len++] = (uint8_t)(arg >> 8 * n);
	return CRED_OK;
}

enum cred_err
cbor_put_raw(struct outbuf *out, struct bytes v)
{
	if (out->cap - out->len < v.len)
		return CRED_FAULT_SPACE;
	if (v.len > 0)
		memcpy(out->ptr + out->len, v.ptr, v.len);
	out->len += v.len;
	return CRED_OK;
}

enum cred_err
cbor_put_uint(struct outbuf *out, uint64_t v)
{
	return head_write(out, MAJOR_UINT, v);
}

enum cred_err
cbor_put_int(struct outbuf *out, int64_t v)
{
	if (v < 0)
		return head_write(out, MAJOR_NINT, (uint64_t)(-1 - v));
	return head_write(out, MAJOR_UINT, (uint64_t)v);
}

static enum cred_err
string_write(struct outbuf *out, unsigned major, struct bytes v)
{
	enum cred_err e = head_write(out, major, v.len);
	return e ? e : cbor_put_raw(out, v);
}

enum cred_err
cbor_put_bstr(struct outbuf *out, struct bytes v)
{
	return string_write(out, MAJOR_BSTR, v);
}

enum cred_err
cbor_put_tstr(struct outbuf *out, struct bytes v)
{
	return string_write(out, MAJOR_TSTR, v);
}

enum cred_err
cbor_put_array(struct outbuf *out, size_t n)
{
	return head_write(out, MAJOR_ARRAY, n);
}

enum cred_err
cbor_put_map(struct outbuf *out, size_t n)
{
	return head_write(out, MAJOR_MAP, n);
}

enum cred_err
cbor_put_tag(struct outbuf *out, uint64_t tag)
{
	return head_write(out, MAJOR_TAG, tag);
}

static inline bool
continues(uint8_t b)
{
	return (b & 0xc0) == 0x80;
}

/* The well-formed sequences of RFC 3629 s4, row by row. */
bool
utf8_valid(struct bytes s)
{
	const uint8_t *p = s.ptr, *end = s.len ? p + s.len : p;
	while (p < end) {
		uint8_t b = p[0];
		size_t left = (size_t)(end - p);
		if (b < 0x80) {
			p++;
		} else if (b < 0xc2) {
			return false;
		} else if (b < 0xe0) {
			if (left < 2 || !continues(p[1]))
				return false;
			p += 2;
		} else if (b < 0xf0) {
			if (left < 3 || !continues(p[1]) || !continues(p[2]))
				return false;
			if (b == 0xe0 && p[1] < 0xa0)
				return false;
			if (b == 0xed && p[1] > 0x9f)
				return false;
			p += 3;
		} else if (b < 0xf5) {
			if (left < 4 || !continues(p[1]) || !continues(p[2]) ||
			    !continues(p[3]))
				return false;
			if (b == 0xf0 && p[1] < 0x90)
				return false;
			if (b == 0xf4 && p[1] > 0x8f)
				return false;
			p += 4;
		} else {
			return false;
		}
	}
	return true;
}
