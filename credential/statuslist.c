#include "credential/statuslist.h"

#include "credential/cbor.h"
#include "credential/claims.h"

/* CWT claims of the draft's s5.2 and s5.1. */
#define CLAIM_SUB         2
#define CLAIM_EXP         4
#define CLAIM_IAT         6
#define CLAIM_STATUS_LIST 65533
#define CLAIM_TTL         65534

#define SUB_MAX  300 /* base, "bodies/", id, "/status/", number */
#define TIME_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* A URL in ASCII, without blanks. */
static bool
is_sub(struct bytes s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.ptr[i] <= 0x20 || s.ptr[i] >= 0x7f)
			return false;
	return s.len != 0 && s.len <= SUB_MAX;
}

static bool
times_ok(int64_t iat, int64_t exp, int64_t ttl)
{
	return iat >= 0 && exp > iat && exp <= TIME_MAX && ttl >= 0 &&
	       ttl <= TIME_MAX;
}

static enum cred_err
get_name(struct cbor *r, const char *want)
{
	struct bytes key;
	enum cred_err e = cbor_get_tstr(r, &key);

	if (e != CRED_OK)
		return e;
	return bytes_eq(key, bytes_str(want)) ? CRED_OK : CRED_ERR_STATUS_FORM;
}

/*
 * {"lst": bstr, "bits": 2}: in the order of RFC 8949 s4.2.1 the shorter key
 * comes first.
 */
static enum cred_err
get_list(struct cbor *r, struct bytes *zlib)
{
	static const uint8_t bits_first[] = {0x64, 'b', 'i', 't', 's'};
	struct bytes lst;
	uint64_t bits;
	size_t n;
	enum cred_err e;

	if ((e = cbor_get_map(r, &n)) != CRED_OK)
		return e;
	if (n != 2)
		return CRED_ERR_STATUS_FORM;
	if ((size_t)(r->end - r->p) >= sizeof(bits_first) &&
	    memcmp(r->p, bits_first, sizeof(bits_first)) == 0)
		return CRED_ERR_CBOR_ORDER;
	if ((e = get_name(r, "lst")) != CRED_OK ||
	    (e = cbor_get_bstr(r, &lst)) != CRED_OK ||
	    (e = get_name(r, "bits")) != CRED_OK ||
	    (e = cbor_get_uint(r, &bits)) != CRED_OK)
		return e;
	if (bits != STATUSLIST_BITS)
		return CRED_ERR_STATUS_BITS;
	if (lst.len == 0)
		return CRED_ERR_STATUS_FORM;
	*zlib = lst;
	return CRED_OK;
}

static enum cred_err
get_claims(struct bytes payload, struct statuslist *s)
{
	struct cbor r = cbor_reader(payload);
	struct cbor_keys keys = {0};
	bool ttl = false;
	unsigned seen = 0;
	size_t i, n;
	enum cred_err e;

	if ((e = cbor_get_map(&r, &n)) != CRED_OK)
		return e;
	for (i = 0; i < n; i++) {
		int64_t key;

		if ((e = cbor_get_key(&r, &keys, &key)) != CRED_OK)
			return e;
		switch (key) {
		case CLAIM_SUB:
			e = cbor_get_tstr(&r, &s->sub);
			break;
		case CLAIM_EXP:
			e = cbor_get_int(&r, &s->exp);
			break;
		case CLAIM_IAT:
			e = cbor_get_int(&r, &s->iat);
			break;
		case CLAIM_STATUS_LIST:
			e = get_list(&r, &s->zlib);
			break;
		case CLAIM_TTL:
			e = cbor_get_int(&r, &s->ttl);
			ttl = true;
			break;
		default:
			return CRED_ERR_STATUS_FORM;
		}
		if (e != CRED_OK)
			return e;
		seen++;
	}
	if ((e = cbor_end(&r)) != CRED_OK)
		return e;
	/* Four are required; no key comes twice. */
	if (seen != 4u + ttl || !is_sub(s->sub) || s->zlib.ptr == NULL ||
	    !times_ok(s->iat, s->exp, s->ttl) || (ttl && s->ttl == 0))
		return CRED_ERR_STATUS_FORM;
	return CRED_OK;
}

enum cred_err
statuslist_decode(struct bytes token, struct statuslist *out)
{
	struct statuslist s = {.iat = -1};
	enum cred_err e;

	if ((e = cose_decode(token, COSE_STATUSLIST, &s.sign1)) != CRED_OK ||
	    (e = get_claims(s.sign1.payload, &s)) != CRED_OK)
		return e;
	*out = s;
	return CRED_OK;
}

enum cred_err
statuslist_payload(struct bytes sub, int64_t iat, int64_t exp, int64_t ttl,
    struct bytes zlib, struct outbuf *out)
{
	enum cred_err e;

	if (!is_sub(sub) || zlib.len == 0 || !times_ok(iat, exp, ttl))
		return CRED_ERR_STATUS_FORM;
	if ((e = cbor_put_map(out, ttl != 0 ? 5 : 4)) != CRED_OK ||
	    (e = cbor_put_uint(out, CLAIM_SUB)) != CRED_OK ||
	    (e = cbor_put_tstr(out, sub)) != CRED_OK ||
	    (e = cbor_put_uint(out, CLAIM_EXP)) != CRED_OK ||
	    (e = cbor_put_int(out, exp)) != CRED_OK ||
	    (e = cbor_put_uint(out, CLAIM_IAT)) != CRED_OK ||
	    (e = cbor_put_int(out, iat)) != CRED_OK ||
	    (e = cbor_put_uint(out, CLAIM_STATUS_LIST)) != CRED_OK ||
	    (e = cbor_put_map(out, 2)) != CRED_OK ||
	    (e = cbor_put_tstr(out, bytes_str("lst"))) != CRED_OK ||
	    (e = cbor_put_bstr(out, zlib)) != CRED_OK ||
	    (e = cbor_put_tstr(out, bytes_str("bits"))) != CRED_OK ||
	    (e = cbor_put_uint(out, STATUSLIST_BITS)) != CRED_OK)
		return e;
	if (ttl != 0 && ((e = cbor_put_uint(out, CLAIM_TTL)) != CRED_OK ||
			    (e = cbor_put_int(out, ttl)) != CRED_OK))
		return e;
	return CRED_OK;
}

enum cred_err
statuslist_get(struct bytes raw, uint64_t i, enum status_value *out)
{
	if (i / 4 >= raw.len)
		return CRED_ERR_STATUS_INDEX;
	*out = (enum status_value)(raw.ptr[i / 4] >> (i % 4 * 2) & 3);
	return CRED_OK;
}

void
statuslist_set(uint8_t *raw, uint64_t i, enum status_value v)
{
	unsigned shift = i % 4 * 2;

	raw[i / 4] = (uint8_t)((raw[i / 4] & ~(3u << shift)) |
			       ((unsigned)v & 3u) << shift);
}
