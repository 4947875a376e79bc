#include "credential/scope.h"

#include "credential/ascii.h"

enum {
	DER_INTEGER = 0x02,
	DER_OCTETS = 0x04,
	DER_NULL = 0x05,
	DER_PRINTABLE = 0x13,
	DER_IA5 = 0x16,
	DER_SEQUENCE = 0x30,
	DER_NOT_BEFORE = 0x80, /* [0] IMPLICIT, primitive */
	DER_NOT_AFTER = 0x81,
};
enum { SCOPE_V1 = 1, BODY_ID_LEN = 18, PREFIX_LEN = 13, LOG_KEY_LEN = 32 };

/* What is left to read. */
struct der {
	const uint8_t *p, *end;
};

static bool
der_is(const struct der *r, uint8_t tag)
{
	return r->p < r->end && *r->p == tag;
}

/* One element of that tag; definite, shortest length (X.690 s10.1). */
static enum cred_err
der_get(struct der *r, uint8_t tag, struct bytes *v)
{
	if (!der_is(r, tag) || r->end - r->p < 2)
		return CRED_ERR_SCOPE_DER;
	size_t len = r->p[1], n = 0;
	const uint8_t *p = r->p + 2;
	if (len >= 0x80) {
		n = len & 0x7f;
		if (n < 1 || n > 2 || (size_t)(r->end - p) < n)
			return CRED_ERR_SCOPE_DER;
		len = n == 1 ? p[0] : (size_t)p[0] << 8 | p[1];
		if (len < (n == 1 ? 0x80u : 0x100u))
			return CRED_ERR_SCOPE_DER;
		p += n;
	}
	if (len > (size_t)(r->end - p))
		return CRED_ERR_SCOPE_DER;
	*v = bytes_of(p, len);
	r->p = p + len;
	return CRED_OK;
}

static enum cred_err
der_enter(struct der *r, struct der *inner)
{
	struct bytes v;
	enum cred_err e = der_get(r, DER_SEQUENCE, &v);
	if (!e)
		*inner = (struct der){v.ptr, v.ptr + v.len};
	return e;
}

/* A minimal INTEGER; one that is negative or above INT32_MAX is range. */
static enum cred_err
der_get_int(struct der *r, uint8_t tag, enum cred_err range, int32_t *out)
{
	struct bytes v;
	enum cred_err e = der_get(r, tag, &v);
	if (e)
		return e;
	if (v.len == 0)
		return CRED_ERR_SCOPE_DER;
	bool high = v.ptr[0] & 0x80;
	if (v.len > 1 && ((v.ptr[0] == 0 && !(v.ptr[1] & 0x80)) ||
			     (v.ptr[0] == 0xff && (v.ptr[1] & 0x80))))
		return CRED_ERR_SCOPE_DER;
	if (high || v.len > 4)
		return range;
	int32_t n = 0;
	for (size_t i = 0; i < v.len; i++)
		n = n << 8 | v.ptr[i];
	*out = n;
	return CRED_OK;
}

/* GB 32100 s4: digits and capitals without I, O, S, V, Z. */
static bool
is_body_id(struct bytes s)
{
	static const char ALPHABET[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	if (s.len != BODY_ID_LEN)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!memchr(ALPHABET, s.ptr[i], sizeof(ALPHABET) - 1))
			return false;
	}
	return true;
}

static bool
is_prefix(struct bytes s)
{
	return s.len == PREFIX_LEN && is_capital(s.ptr[0]) &&
	       all_digits(s, 1, s.len);
}

static bool
is_label_char(uint8_t c)
{
	return is_digit(c) || is_small(c) || c == '-';
}

/* Lower-case labels of letters, digits and inner hyphens (RFC 1123 s2.1). */
static bool
is_host(struct bytes s)
{
	size_t label = 0;
	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];
		bool last = i + 1 == s.len || s.ptr[i + 1] == '.';
		if (c == '.') {
			if (label == 0 || last)
				return false;
			label = 0;
			continue;
		}
		if (!is_label_char(c) || ++label > 63)
			return false;
		if (c == '-' && (label == 1 || last))
			return false;
	}
	return true;
}

static bool
is_path_char(uint8_t c)
{
	return is_digit(c) || is_small(c) || is_capital(c) || c == '-' ||
	       c == '_' || c == '~' || c == '.';
}

/* Segments that a browser neither changes nor drops, each with its slash. */
static bool
is_path(struct bytes s)
{
	size_t start = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '/') {
			if (i == start || s.ptr[start] == '.')
				return false;
			start = i + 1;
		} else if (!is_path_char(s.ptr[i])) {
			return false;
		}
	}
	return start == s.len;
}

/* base without "https://" into host, port (maybe empty) and path. */
static bool
base_split(struct bytes base, struct bytes *host, struct bytes *port,
    struct bytes *path)
{
	static const char HTTPS[] = "https://";
	const size_t n = sizeof(HTTPS) - 1;
	if (base.len < n || memcmp(base.ptr, HTTPS, n) != 0)
		return false;
	const uint8_t *p = base.ptr + n, *end = base.ptr + base.len;
	const uint8_t *slash = memchr(p, '/', (size_t)(end - p));
	if (!slash)
		return false;
	const uint8_t *colon = memchr(p, ':', (size_t)(slash - p));
	*host = bytes_of(p, (size_t)((colon ? colon : slash) - p));
	*port = colon ? bytes_of(colon, (size_t)(slash - colon))
		      : (struct bytes){0};
	*path = bytes_of(slash + 1, (size_t)(end - slash - 1));
	return true;
}

static bool
is_base(struct bytes s)
{
	struct bytes host, port, path;
	if (s.len > SCOPE_MAX_BASE || !base_split(s, &host, &port, &path))
		return false;
	if (port.len > 0 &&
	    (port.len < 2 || port.len > 6 || port.ptr[1] == '0' ||
		!all_digits(port, 1, port.len)))
		return false;
	return is_host(host) && is_path(path);
}

/* A string in an array; without its NUL it is longer than may be. */
static struct bytes
in_array(const char *s, size_t size)
{
	const char *nul = memchr(s, '\0', size);
	return bytes_of(s, nul ? (size_t)(nul - s) : size);
}

static enum cred_err
item_check(const struct scope_item *it)
{
	if (!claims_is_code(in_array(it->code, sizeof(it->code))))
		return CRED_ERR_SCOPE_ITEM;
	if (it->level_high == 0 && it->level_low == 0)
		return CRED_OK;
	if (it->level_high < 1 || it->level_low > 5 ||
	    it->level_high > it->level_low)
		return CRED_ERR_SCOPE_ITEM;
	return CRED_OK;
}

static enum cred_err
dates_check(const struct scope *s)
{
	if (s->has_not_before &&
	    (s->not_before < 0 || s->not_before > CLAIMS_MAX_DAY))
		return CRED_ERR_SCOPE_DATE;
	if (s->has_not_after &&
	    (s->not_after < 0 || s->not_after > CLAIMS_MAX_DAY))
		return CRED_ERR_SCOPE_DATE;
	if (s->has_not_before && s->has_not_after &&
	    s->not_before > s->not_after)
		return CRED_ERR_SCOPE_DATE;
	return CRED_OK;
}

static enum cred_err
item_decode(struct der *r, struct scope_item *it)
{
	struct der item, levels;
	struct bytes code;
	int32_t high, low;
	enum cred_err e = der_enter(r, &item);
	if (!e)
		e = der_get(&item, DER_PRINTABLE, &code);
	if (e)
		return e;
	if (!claims_is_code(code))
		return CRED_ERR_SCOPE_ITEM;
	memcpy(it->code, code.ptr, code.len);
	it->code[code.len] = '\0';
	if (item.p == item.end)
		return CRED_OK;
	e = der_enter(&item, &levels);
	if (!e)
		e = der_get_int(
		    &levels, DER_INTEGER, CRED_ERR_SCOPE_ITEM, &high);
	if (!e)
		e = der_get_int(
		    &levels, DER_INTEGER, CRED_ERR_SCOPE_ITEM, &low);
	if (e)
		return e;
	if (levels.p != levels.end || item.p != item.end)
		return CRED_ERR_SCOPE_DER;
	if (high < 1 || low > 5 || high > low)
		return CRED_ERR_SCOPE_ITEM;
	it->level_high = (uint8_t)high;
	it->level_low = (uint8_t)low;
	return CRED_OK;
}

static enum cred_err
items_decode(struct der *r, struct scope_kind *k)
{
	struct der items;
	struct bytes null;
	enum cred_err e;
	if (der_is(r, DER_NULL)) {
		e = der_get(r, DER_NULL, &null);
		if (!e && null.len != 0)
			e = CRED_ERR_SCOPE_DER;
		k->all = !e;
		return e;
	}
	e = der_enter(r, &items);
	while (!e && items.p < items.end) {
		if (k->n == SCOPE_MAX_ITEMS)
			return CRED_ERR_SCOPE_LIMIT;
		e = item_decode(&items, &k->items[k->n]);
		k->n++;
	}
	return e;
}

static enum cred_err
kinds_decode(struct der *r, struct scope *s)
{
	struct der kinds, grant;
	int32_t kind, prev = 0;
	enum cred_err e = der_enter(r, &kinds);
	while (!e && kinds.p < kinds.end) {
		e = der_enter(&kinds, &grant);
		if (!e)
			e = der_get_int(
			    &grant, DER_INTEGER, CRED_ERR_SCOPE_KIND, &kind);
		if (e)
			return e;
		if (kind <= prev || kind > KIND_TRAINING)
			return CRED_ERR_SCOPE_KIND;
		prev = kind;
		s->kinds[kind].granted = true;
		e = items_decode(&grant, &s->kinds[kind]);
		if (!e && grant.p != grant.end)
			e = CRED_ERR_SCOPE_DER;
	}
	return e;
}

static enum cred_err
names_decode(struct der *r, struct scope *s)
{
	struct bytes v;
	enum cred_err e = der_get(r, DER_PRINTABLE, &v);
	if (e)
		return e;
	if (!is_body_id(v))
		return CRED_ERR_SCOPE_BODY_ID;
	memcpy(s->body_id, v.ptr, v.len);

	e = der_get(r, DER_PRINTABLE, &v);
	if (e)
		return e;
	if (!is_prefix(v))
		return CRED_ERR_SCOPE_PREFIX;
	memcpy(s->prefix, v.ptr, v.len);

	e = der_get(r, DER_IA5, &v);
	if (e)
		return e;
	if (!is_base(v))
		return CRED_ERR_SCOPE_BASE;
	memcpy(s->base, v.ptr, v.len);

	e = der_get(r, DER_OCTETS, &v);
	if (e)
		return e;
	if (v.len != LOG_KEY_LEN)
		return CRED_ERR_SCOPE_LOG_KEY;
	memcpy(s->log_key, v.ptr, v.len);
	return CRED_OK;
}

enum cred_err
scope_decode(struct bytes der, struct scope *out)
{
	if (der.len > SCOPE_MAX_DER)
		return CRED_ERR_SCOPE_LIMIT;
	if (der.len == 0)
		return CRED_ERR_SCOPE_DER;
	struct der outer = {der.ptr, der.ptr + der.len}, r;
	struct scope s = {0};
	int32_t version;
	enum cred_err e = der_enter(&outer, &r);
	if (e)
		return e;
	if (outer.p != outer.end)
		return CRED_ERR_SCOPE_TRAILING;

	e = der_get_int(&r, DER_INTEGER, CRED_ERR_SCOPE_VERSION, &version);
	if (e)
		return e;
	if (version != SCOPE_V1)
		return CRED_ERR_SCOPE_VERSION;
	e = names_decode(&r, &s);
	if (!e && der_is(&r, DER_NOT_BEFORE)) {
		s.has_not_before = true;
		e = der_get_int(
		    &r, DER_NOT_BEFORE, CRED_ERR_SCOPE_DATE, &s.not_before);
	}
	if (!e && der_is(&r, DER_NOT_AFTER)) {
		s.has_not_after = true;
		e = der_get_int(
		    &r, DER_NOT_AFTER, CRED_ERR_SCOPE_DATE, &s.not_after);
	}
	if (!e)
		e = dates_check(&s);
	if (!e)
		e = kinds_decode(&r, &s);
	if (e)
		return e;
	if (r.p != r.end)
		return CRED_ERR_SCOPE_DER;
	*out = s;
	return CRED_OK;
}

/* DER is written from its end, so that every length is known when due. */
struct der_writer {
	uint8_t buf[SCOPE_MAX_DER];
	size_t pos; /* first byte written */
	bool full;
};

static void
put_raw(struct der_writer *w, const void *p, size_t len)
{
	if (w->full || w->pos < len) {
		w->full = true;
		return;
	}
	w->pos -= len;
	memcpy(w->buf + w->pos, p, len);
}

/* Head of what was written since end. */
static void
put_head(struct der_writer *w, uint8_t tag, size_t end)
{
	size_t len = end - w->pos;
	uint8_t head[4] = {tag};
	size_t n = 1;
	if (len >= 0x100) {
		head[n++] = 0x82;
		head[n++] = (uint8_t)(len >> 8);
	} else if (len >= 0x80) {
		head[n++] = 0x81;
	}
	head[n++] = (uint8_t)len;
	put_raw(w, head, n);
}

static void
put_string(struct der_writer *w, uint8_t tag, const void *p, size_t len)
{
	size_t end = w->pos;
	put_raw(w, p, len);
	put_head(w, tag, end);
}

static void
put_int(struct der_writer *w, uint8_t tag, int32_t v)
{
	size_t end = w->pos;
	uint8_t b;
	do {
		b = (uint8_t)v;
		put_raw(w, &b, 1);
		v >>= 8;
	} while (v > 0 || (b & 0x80));
	put_head(w, tag, end);
}

static void
put_item(struct der_writer *w, const struct scope_item *it)
{
	size_t end = w->pos;
	if (it->level_high != 0) {
		put_int(w, DER_INTEGER, it->level_low);
		put_int(w, DER_INTEGER, it->level_high);
		put_head(w, DER_SEQUENCE, end);
	}
	put_string(w, DER_PRINTABLE, it->code, strlen(it->code));
	put_head(w, DER_SEQUENCE, end);
}

static void
put_grant(struct der_writer *w, int32_t kind, const struct scope_kind *k)
{
	size_t end = w->pos;
	if (k->all) {
		put_string(w, DER_NULL, "", 0);
	} else {
		for (size_t i = k->n; i-- > 0;)
			put_item(w, &k->items[i]);
		put_head(w, DER_SEQUENCE, end);
	}
	put_int(w, DER_INTEGER, kind);
	put_head(w, DER_SEQUENCE, end);
}

static enum cred_err
scope_valid(const struct scope *s)
{
	if (!is_body_id(in_array(s->body_id, sizeof(s->body_id))))
		return CRED_ERR_SCOPE_BODY_ID;
	if (!is_prefix(in_array(s->prefix, sizeof(s->prefix))))
		return CRED_ERR_SCOPE_PREFIX;
	if (!is_base(in_array(s->base, sizeof(s->base))))
		return CRED_ERR_SCOPE_BASE;
	enum cred_err e = dates_check(s);
	for (int kind = 1; !e && kind <= KIND_TRAINING; kind++) {
		const struct scope_kind *k = &s->kinds[kind];
		if (!k->granted)
			continue;
		if (k->all && k->n > 0)
			return CRED_ERR_SCOPE_ITEM;
		if (k->n > SCOPE_MAX_ITEMS)
			return CRED_ERR_SCOPE_LIMIT;
		for (size_t i = 0; !e && i < k->n; i++)
			e = item_check(&k->items[i]);
	}
	return e;
}

enum cred_err
scope_encode(const struct scope *s, struct outbuf *out)
{
	enum cred_err e = scope_valid(s);
	if (e)
		return e;
	struct der_writer w;
	w.pos = sizeof(w.buf);
	w.full = false;
	for (int kind = KIND_TRAINING; kind >= 1; kind--) {
		if (s->kinds[kind].granted)
			put_grant(&w, kind, &s->kinds[kind]);
	}
	put_head(&w, DER_SEQUENCE, sizeof(w.buf));
	if (s->has_not_after)
		put_int(&w, DER_NOT_AFTER, s->not_after);
	if (s->has_not_before)
		put_int(&w, DER_NOT_BEFORE, s->not_before);
	put_string(&w, DER_OCTETS, s->log_key, LOG_KEY_LEN);
	put_string(&w, DER_IA5, s->base, strlen(s->base));
	put_string(&w, DER_PRINTABLE, s->prefix, PREFIX_LEN);
	put_string(&w, DER_PRINTABLE, s->body_id, BODY_ID_LEN);
	put_int(&w, DER_INTEGER, SCOPE_V1);
	put_head(&w, DER_SEQUENCE, sizeof(w.buf));
	if (w.full)
		return CRED_ERR_SCOPE_LIMIT;
	size_t len = sizeof(w.buf) - w.pos;
	if (out->cap - out->len < len)
		return CRED_FAULT_SPACE;
	memcpy(out->ptr + out->len, w.buf + w.pos, len);
	out->len += len;
	return CRED_OK;
}

struct bytes
scope_host(const struct scope *s)
{
	struct bytes host, port, path;
	if (!base_split(bytes_str(s->base), &host, &port, &path))
		return (struct bytes){0};
	return host;
}
