#include "credential/claims.h"

#include "credential/ascii.h"
#include "credential/cbor.h"

enum {
	CWT_EXP = 4, /* RFC 8392 s4 */
	CWT_IAT = 6,
	CWT_CERTIFICATE = -65537, /* private use */
};

enum {
	KEY_INDEX,
	KEY_KIND,
	KEY_NAME,
	KEY_ID,
	KEY_NUMBER,
	KEY_OCCUPATION,
	KEY_CODE,
	KEY_LEVEL,
	KEY_ISSUED,
	KEY_VALID_TO,
	KEY_REVIEW_DUE,
	KEY_PHOTO,
	KEY_DIRECTION,
	N_KEYS,
};
#define BIT(key) (1u << (key))

/* Required of every certificate; the number depends on the kind. */
#define REQUIRED                                                               \
	(BIT(KEY_INDEX) | BIT(KEY_KIND) | BIT(KEY_NAME) | BIT(KEY_ID) |        \
	    BIT(KEY_OCCUPATION) | BIT(KEY_ISSUED))

enum { DAY_S = 86400, UTC8_S = 8 * 3600, ID_CHECK_BITS = 12 };

int64_t
claims_exp(int32_t valid_to)
{
	return ((int64_t)valid_to + 1) * DAY_S - UTC8_S;
}

int32_t
claims_day(int64_t unix_s)
{
	const int64_t max = (int64_t)INT32_MAX * DAY_S;
	if (unix_s > max - UTC8_S)
		return INT32_MAX;
	if (unix_s < -max)
		return INT32_MIN;
	int64_t local = unix_s + UTC8_S;
	return (int32_t)(local / DAY_S - (local % DAY_S < 0));
}

/*
 * Characters that no one sees, or that change what others see: two texts that
 * differ must look different. What Mongolian script needs (U+180B..180F,
 * U+202F) is not among them. docs/format.md "Texts".
 */
static bool
is_hidden(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c <= 0x9f))
		return true;
	if (c < 0xad)
		return false;
	switch (c) {
	case 0x00ad: /* soft hyphen */
	case 0x034f: /* combining grapheme joiner */
	case 0x061c: /* Arabic letter mark: bidi */
	case 0x115f: /* Hangul fillers */
	case 0x1160:
	case 0x3164:
	case 0xffa0:
	case 0x2028: /* line and paragraph separator */
	case 0x2029:
	case 0xfeff:
		return true;
	default:
		break;
	}
	return (c >= 0x200b && c <= 0x200f)    /* zero width, bidi marks */
	       || (c >= 0x202a && c <= 0x202e) /* bidi embeddings */
	       || (c >= 0x2060 && c <= 0x206f) /* joiners, bidi isolates */
	       || (c >= 0xfdd0 && c <= 0xfdef) /* noncharacters */
	       || (c >= 0xfe00 && c <= 0xfe0f) /* variation selectors */
	       || (c >= 0xfff0 && c <= 0xfffb) ||
	       (c >= 0xe0000 && c <= 0xe0fff) /* tags, selectors */
	       || (c & 0xfffe) == 0xfffe;
}

/* Next character of valid UTF-8. */
static inline uint32_t
utf8_next(const uint8_t **p)
{
	const uint8_t *s = *p;
	if (s[0] < 0x80) {
		*p += 1;
		return s[0];
	}
	if (s[0] < 0xe0) {
		*p += 2;
		return (s[0] & 0x1fu) << 6 | (s[1] & 0x3fu);
	}
	if (s[0] < 0xf0) {
		*p += 3;
		return (s[0] & 0xfu) << 12 | (s[1] & 0x3fu) << 6 |
		       (s[2] & 0x3fu);
	}
	*p += 4;
	return (s[0] & 7u) << 18 | (s[1] & 0x3fu) << 12 | (s[2] & 0x3fu) << 6 |
	       (s[3] & 0x3fu);
}

static bool
is_blank(uint32_t c)
{
	return c == ' ' || c == 0xa0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x202f || c == 0x205f ||
	       c == 0x3000;
}

static enum cred_err
text_check(struct bytes s, size_t max)
{
	if (s.len == 0 || s.len > max)
		return CRED_ERR_CLAIMS_TEXT;
	const uint8_t *p = s.ptr, *end = s.ptr + s.len;
	uint32_t c = 0;
	while (p < end) {
		bool first = p == s.ptr;
		/* U+4000..U+CFFF: nothing hidden there, nearly every text. */
		if (*p >= 0xe4 && *p <= 0xec) {
			p += 3;
			c = 0x4e00;
			continue;
		}
		c = utf8_next(&p);
		if (is_hidden(c) || (first && is_blank(c)))
			return CRED_ERR_CLAIMS_TEXT;
	}
	return is_blank(c) ? CRED_ERR_CLAIMS_TEXT : CRED_OK;
}

bool
claims_is_visible(struct bytes s)
{
	const uint8_t *p = s.ptr, *end = s.ptr + s.len;

	while (p < end)
		if (is_hidden(utf8_next(&p)))
			return false;
	return true;
}

bool
claims_is_code(struct bytes s)
{
	if (s.len == 0 || s.len > CLAIMS_MAX_CODE)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!is_alnum(s.ptr[i]) && s.ptr[i] != '-' && s.ptr[i] != '.')
			return false;
	}
	return true;
}

bool
claims_is_number(struct bytes s)
{
	if (s.len < CLAIMS_MIN_NUMBER || s.len > CLAIMS_MAX_NUMBER)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!is_alnum(s.ptr[i]) && s.ptr[i] != '-')
			return false;
	}
	return true;
}

static inline bool
day_in_range(int32_t day)
{
	return day >= 0 && day <= CLAIMS_MAX_DAY;
}

static enum cred_err
dates_check(const struct claims *c)
{
	const struct certificate *t = &c->cert;
	if (!day_in_range(t->issued))
		return CRED_ERR_CLAIMS_DATE;
	if (t->has_valid_to &&
	    (!day_in_range(t->valid_to) || t->valid_to < t->issued))
		return CRED_ERR_CLAIMS_DATE;
	if (t->has_review_due && !day_in_range(t->review_due))
		return CRED_ERR_CLAIMS_DATE;
	if (t->has_review_due && t->has_valid_to && t->review_due > t->valid_to)
		return CRED_ERR_CLAIMS_DATE;
	if (c->iat < 0 || claims_day(c->iat) > CLAIMS_MAX_DAY)
		return CRED_ERR_CLAIMS_DATE;
	if (c->has_exp != t->has_valid_to ||
	    (c->has_exp && c->exp != claims_exp(t->valid_to)))
		return CRED_ERR_CLAIMS_DATE;
	return CRED_OK;
}

/* Every rule that is not the encoding's own, in the order of the keys. */
static enum cred_err
claims_check(const struct claims *c)
{
	const struct certificate *t = &c->cert;
	if (t->index >= TLOG_MAX_SIZE)
		return CRED_ERR_CLAIMS_INDEX;
	if (t->kind < KIND_QUALIFICATION || t->kind > KIND_TRAINING)
		return CRED_ERR_CLAIMS_KIND;
	if (text_check(t->name, CLAIMS_MAX_NAME))
		return CRED_ERR_CLAIMS_TEXT;
	if (t->id_type < ID_RESIDENT || t->id_type > ID_PASSPORT ||
	    t->id_check >> ID_CHECK_BITS != 0)
		return CRED_ERR_CLAIMS_ID;
	if ((t->kind == KIND_OPERATION) != (t->number.ptr == NULL) ||
	    (t->number.ptr && !claims_is_number(t->number)))
		return CRED_ERR_CLAIMS_NUMBER;
	if (text_check(t->occupation, CLAIMS_MAX_OCCUPATION))
		return CRED_ERR_CLAIMS_TEXT;
	if (t->code.ptr && !claims_is_code(t->code))
		return CRED_ERR_CLAIMS_TEXT;
	if (t->level > 5)
		return CRED_ERR_CLAIMS_LEVEL;
	enum cred_err e = dates_check(c);
	if (e)
		return e;
	if (t->photo.ptr && t->photo.len != CRED_PHOTO_LEN)
		return CRED_ERR_CLAIMS_PHOTO;
	if (t->direction.ptr && text_check(t->direction, CLAIMS_MAX_DIRECTION))
		return CRED_ERR_CLAIMS_TEXT;
	return CRED_OK;
}

/* An unsigned of at most max; beyond it, over. */
static enum cred_err
get_small(struct cbor *r, uint64_t max, enum cred_err over, uint64_t *v)
{
	struct cbor next = *r;
	enum cred_err e = cbor_get_uint(&next, v);
	if (e)
		return e;
	if (*v > max)
		return over;
	*r = next;
	return CRED_OK;
}

static enum cred_err
get_day(struct cbor *r, int32_t *day)
{
	int64_t v;
	enum cred_err e = cbor_get_int(r, &v);
	if (e == CRED_ERR_CBOR_RANGE || (!e && (v < 0 || v > CLAIMS_MAX_DAY)))
		return CRED_ERR_CLAIMS_DATE;
	if (e)
		return e;
	*day = (int32_t)v;
	return CRED_OK;
}

static enum cred_err
get_time(struct cbor *r, int64_t *t)
{
	enum cred_err e = cbor_get_int(r, t);
	return e == CRED_ERR_CBOR_RANGE ? CRED_ERR_CLAIMS_DATE : e;
}

static enum cred_err
get_id(struct cbor *r, struct certificate *t)
{
	size_t n;
	uint64_t type, check;
	enum cred_err e = cbor_get_array(r, &n);
	if (e)
		return e;
	if (n != 2)
		return CRED_ERR_CLAIMS_ID;
	e = get_small(r, ID_PASSPORT, CRED_ERR_CLAIMS_ID, &type);
	if (e)
		return e;
	e = get_small(r, UINT16_MAX, CRED_ERR_CLAIMS_ID, &check);
	if (e)
		return e;
	t->id_type = (enum id_type)type;
	t->id_check = (uint16_t)check;
	return CRED_OK;
}

static enum cred_err
get_field(struct cbor *r, int64_t key, struct certificate *t)
{
	uint64_t v = 0;
	enum cred_err e;
	switch (key) {
	case KEY_INDEX:
		return cbor_get_uint(r, &t->index);
	case KEY_KIND:
		e = get_small(r, KIND_TRAINING, CRED_ERR_CLAIMS_KIND, &v);
		t->kind = (enum kind)v;
		return e;
	case KEY_NAME:
		return cbor_get_tstr(r, &t->name);
	case KEY_ID:
		return get_id(r, t);
	case KEY_NUMBER:
		return cbor_get_tstr(r, &t->number);
	case KEY_OCCUPATION:
		return cbor_get_tstr(r, &t->occupation);
	case KEY_CODE:
		return cbor_get_tstr(r, &t->code);
	case KEY_LEVEL:
		e = get_small(r, 5, CRED_ERR_CLAIMS_LEVEL, &v);
		if (!e && v == 0)
			return CRED_ERR_CLAIMS_LEVEL;
		t->level = (uint8_t)v;
		return e;
	case KEY_ISSUED:
		return get_day(r, &t->issued);
	case KEY_VALID_TO:
		t->has_valid_to = true;
		return get_day(r, &t->valid_to);
	case KEY_REVIEW_DUE:
		t->has_review_due = true;
		return get_day(r, &t->review_due);
	case KEY_PHOTO:
		return cbor_get_bstr(r, &t->photo);
	case KEY_DIRECTION:
		return cbor_get_tstr(r, &t->direction);
	default:
		return CRED_ERR_CLAIMS_KEY;
	}
}

static enum cred_err
certificate_decode(struct cbor *r, struct certificate *t)
{
	struct cbor_keys keys = {0};
	unsigned seen = 0;
	size_t n;
	enum cred_err e = cbor_get_map(r, &n);
	for (; !e && n > 0; n--) {
		int64_t key;
		e = cbor_get_key(r, &keys, &key);
		if (e == CRED_ERR_CBOR_TYPE)
			return CRED_ERR_CLAIMS_KEY;
		if (e)
			return e;
		e = get_field(r, key, t);
		if (!e)
			seen |= BIT(key);
	}
	if (!e && (seen & REQUIRED) != REQUIRED)
		e = CRED_ERR_CLAIMS_MISSING;
	return e;
}

enum cred_err
claims_decode(struct bytes in, struct claims *out)
{
	struct cbor r = cbor_reader(in);
	struct cbor_keys keys = {0};
	struct claims c = {0};
	bool has_iat = false, has_cert = false;
	size_t n;
	enum cred_err e = cbor_get_map(&r, &n);
	for (; !e && n > 0; n--) {
		int64_t key;
		e = cbor_get_key(&r, &keys, &key);
		if (e == CRED_ERR_CBOR_TYPE)
			return CRED_ERR_CLAIMS_KEY;
		if (e)
			return e;
		if (key == CWT_IAT) {
			has_iat = true;
			e = get_time(&r, &c.iat);
		} else if (key == CWT_EXP) {
			c.has_exp = true;
			e = get_time(&r, &c.exp);
		} else if (key == CWT_CERTIFICATE) {
			has_cert = true;
			e = certificate_decode(&r, &c.cert);
		} else {
			e = CRED_ERR_CLAIMS_KEY;
		}
	}
	if (!e)
		e = cbor_end(&r);
	if (!e && (!has_iat || !has_cert))
		e = CRED_ERR_CLAIMS_MISSING;
	if (!e)
		e = claims_check(&c);
	if (e)
		return e;
	*out = c;
	return CRED_OK;
}

/* One error for a row of writes: after the first failure nothing more. */
struct writer {
	struct outbuf *out;
	enum cred_err e;
};

static void
put_int(struct writer *w, int64_t v)
{
	if (!w->e)
		w->e = cbor_put_int(w->out, v);
}

static void
put_text(struct writer *w, int64_t key, struct bytes v)
{
	if (!v.ptr)
		return;
	put_int(w, key);
	if (!w->e)
		w->e = cbor_put_tstr(w->out, v);
}

static void
put_map(struct writer *w, size_t n)
{
	if (!w->e)
		w->e = cbor_put_map(w->out, n);
}

static void
put_pair(struct writer *w, int64_t key, int64_t v)
{
	put_int(w, key);
	put_int(w, v);
}

static void
put_certificate(struct writer *w, const struct certificate *t)
{
	size_t n = 6u + (t->number.ptr != NULL) + (t->code.ptr != NULL) +
		   (t->level != 0) + t->has_valid_to + t->has_review_due +
		   (t->photo.ptr != NULL) + (t->direction.ptr != NULL);
	put_map(w, n);
	put_pair(w, KEY_INDEX, (int64_t)t->index);
	put_pair(w, KEY_KIND, t->kind);
	put_text(w, KEY_NAME, t->name);
	put_int(w, KEY_ID);
	if (!w->e)
		w->e = cbor_put_array(w->out, 2);
	put_pair(w, t->id_type, t->id_check);
	put_text(w, KEY_NUMBER, t->number);
	put_text(w, KEY_OCCUPATION, t->occupation);
	put_text(w, KEY_CODE, t->code);
	if (t->level != 0)
		put_pair(w, KEY_LEVEL, t->level);
	put_pair(w, KEY_ISSUED, t->issued);
	if (t->has_valid_to)
		put_pair(w, KEY_VALID_TO, t->valid_to);
	if (t->has_review_due)
		put_pair(w, KEY_REVIEW_DUE, t->review_due);
	if (t->photo.ptr) {
		put_int(w, KEY_PHOTO);
		if (!w->e)
			w->e = cbor_put_bstr(w->out, t->photo);
	}
	put_text(w, KEY_DIRECTION, t->direction);
}

/* What a decoded text is known to be, and one of the caller's is not. */
static enum cred_err
texts_check(const struct certificate *t)
{
	if (!t->name.ptr || !t->occupation.ptr)
		return CRED_ERR_CLAIMS_MISSING;
	if (!utf8_valid(t->name) || !utf8_valid(t->occupation) ||
	    (t->direction.ptr && !utf8_valid(t->direction)))
		return CRED_ERR_CBOR_UTF8;
	return CRED_OK;
}

enum cred_err
claims_encode(const struct claims *c, struct outbuf *out)
{
	enum cred_err e = texts_check(&c->cert);
	if (!e)
		e = claims_check(c);
	if (e)
		return e;
	struct writer w = {out, CRED_OK};
	put_map(&w, c->has_exp ? 3 : 2);
	if (c->has_exp)
		put_pair(&w, CWT_EXP, c->exp);
	put_pair(&w, CWT_IAT, c->iat);
	put_int(&w, CWT_CERTIFICATE);
	put_certificate(&w, &c->cert);
	return w.e;
}

enum cred_err
id_check_input(const uint8_t kid[static CRED_KID_LEN], uint64_t index,
    struct bytes id, struct outbuf *out)
{
	static const char DOMAIN[] = "tamga-id";
	uint8_t be[8];
	size_t n = 0;
	for (size_t i = 0; i < sizeof(be); i++)
		be[i] = (uint8_t)(index >> 8 * (7 - i));
	enum cred_err e = cbor_put_raw(out, bytes_str(DOMAIN));
	if (!e)
		e = cbor_put_raw(out, bytes_of(kid, CRED_KID_LEN));
	if (!e)
		e = cbor_put_raw(out, bytes_of(be, sizeof(be)));
	if (e)
		return e;
	for (size_t i = 0; i < id.len; i++) {
		uint8_t c = id.ptr[i];
		if (c == ' ' || c == '\t')
			continue;
		c = to_capital(c);
		if (c < 0x21 || c > 0x7e || n++ == ID_MAX_LEN)
			return CRED_ERR_CLAIMS_ID;
		if (out->len == out->cap)
			return CRED_FAULT_SPACE;
		out->ptr[out->len++] = c;
	}
	return n > 0 ? CRED_OK : CRED_ERR_CLAIMS_ID;
}
