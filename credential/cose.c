#include "credential/cose.h"

#include "credential/cbor.h"

enum {
	COSE_TAG_SIGN1 = 18, /* RFC 9052 s4.2 */
	HEADER_ALG = 1,      /* s3.1 */
	HEADER_KID = 4,
	HEADER_TYP = 16, /* RFC 9596 */
	ALG_ESP256 = -9, /* RFC 9864 */
	ALG_ED25519 = -19,
};

static const char TYP_STATUSLIST[] = "application/statuslist+cwt";
static const char CONTEXT[] = "Signature1";

/* Order of P-256, and its half, big-endian (SEC 2 s2.4.2). */
static const uint8_t P256_N[32] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00,
    0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25,
    0x51};
static const uint8_t P256_HALF_N[32] = {0x7f, 0xff, 0xff, 0xff, 0x80, 0x00,
    0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xde, 0x73,
    0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31,
    0x92, 0xa8};

static bool
is_high_s(const uint8_t *s)
{
	return memcmp(s, P256_HALF_N, sizeof(P256_HALF_N)) > 0;
}

void
cose_es256_low_s(uint8_t sig[static CRED_SIG_LEN])
{
	uint8_t *s = sig + 32;
	if (!is_high_s(s) || memcmp(s, P256_N, sizeof(P256_N)) >= 0)
		return;
	unsigned borrow = 0;
	for (size_t i = 32; i-- > 0;) {
		unsigned d = 256u + P256_N[i] - s[i] - borrow;
		s[i] = (uint8_t)d;
		borrow = d < 256;
	}
}

static size_t
max_size(enum cose_profile profile)
{
	return profile == COSE_STATUSLIST ? STATUSLIST_TOKEN_MAX
					  : CRED_MAX_BYTES;
}

static enum cred_err
alg_decode(struct cbor *r, enum cose_alg *out)
{
	int64_t v;
	enum cred_err e = cbor_get_int(r, &v);
	if (e == CRED_ERR_CBOR_TYPE || e == CRED_ERR_CBOR_RANGE)
		return CRED_ERR_COSE_ALG;
	if (e)
		return e;
	switch (v) {
	case COSE_ES256:
	case ALG_ESP256:
		*out = COSE_ES256;
		return CRED_OK;
	case COSE_EDDSA:
	case ALG_ED25519:
		*out = COSE_EDDSA;
		return CRED_OK;
	case COSE_SM2:
		*out = COSE_SM2;
		return CRED_OK;
	default:
		return CRED_ERR_COSE_ALG;
	}
}

static enum cred_err
kid_decode(struct cbor *r, struct bytes *out)
{
	enum cred_err e = cbor_get_bstr(r, out);
	if (e == CRED_ERR_CBOR_TYPE)
		return CRED_ERR_COSE_KID;
	if (e)
		return e;
	return out->len == CRED_KID_LEN ? CRED_OK : CRED_ERR_COSE_KID;
}

static enum cred_err
typ_decode(struct cbor *r)
{
	struct bytes typ;
	enum cred_err e = cbor_get_tstr(r, &typ);
	if (e == CRED_ERR_CBOR_TYPE)
		return CRED_ERR_COSE_TYP;
	if (e)
		return e;
	return bytes_eq(typ, bytes_str(TYP_STATUSLIST)) ? CRED_OK
							: CRED_ERR_COSE_TYP;
}

static enum cred_err
protected_decode(
    struct bytes in, enum cose_profile profile, struct cose_sign1 *out)
{
	struct cbor r = cbor_reader(in);
	struct cbor_keys keys = {0};
	bool alg = false, kid = false, typ = false;
	size_t n = 0;
	enum cred_err e = CRED_OK;

	/* No bytes at all is the empty map: RFC 9052 s3. */
	if (in.len > 0)
		e = cbor_get_map(&r, &n);
	for (; !e && n > 0; n--) {
		int64_t k;
		e = cbor_get_key(&r, &keys, &k);
		if (e == CRED_ERR_CBOR_TYPE)
			return CRED_ERR_COSE_HEADER; /* a text label */
		if (e)
			return e;
		if (k == HEADER_ALG) {
			alg = true;
			e = alg_decode(&r, &out->alg);
		} else if (k == HEADER_KID) {
			kid = true;
			e = kid_decode(&r, &out->kid);
		} else if (k == HEADER_TYP && profile == COSE_STATUSLIST) {
			typ = true;
			e = typ_decode(&r);
		} else {
			e = CRED_ERR_COSE_HEADER;
		}
	}
	if (!e)
		e = cbor_end(&r);
	if (e)
		return e;
	if (!alg)
		return CRED_ERR_COSE_ALG;
	if (!kid)
		return CRED_ERR_COSE_KID;
	if (profile == COSE_STATUSLIST && !typ)
		return CRED_ERR_COSE_TYP;
	return CRED_OK;
}

/* Tag 18 and the head of the array of four. */
static enum cred_err
envelope_decode(struct cbor *r)
{
	uint64_t tag;
	size_t n;
	enum cred_err e = cbor_get_tag(r, &tag);
	if (e == CRED_ERR_CBOR_TYPE || (!e && tag != COSE_TAG_SIGN1))
		return CRED_ERR_COSE_TAG;
	if (e)
		return e;
	e = cbor_get_array(r, &n);
	if (e == CRED_ERR_CBOR_TYPE || (!e && n != 4))
		return CRED_ERR_COSE_ARRAY;
	return e;
}

enum cred_err
cose_decode(struct bytes in, enum cose_profile profile, struct cose_sign1 *out)
{
	if (in.len == 0 || in.len > max_size(profile))
		return CRED_ERR_COSE_SIZE;

	struct cbor r = cbor_reader(in);
	struct cose_sign1 m = {0};
	enum cred_err e = envelope_decode(&r);
	if (e)
		return e;

	e = cbor_get_bstr(&r, &m.protect);
	if (e)
		return e;
	e = protected_decode(m.protect, profile, &m);
	if (e)
		return e;

	size_t n;
	e = cbor_get_map(&r, &n);
	if (e)
		return e;
	if (n != 0)
		return CRED_ERR_COSE_UNPROTECTED;

	/* nil is a detached payload: s4.1 */
	e = cbor_get_bstr(&r, &m.payload);
	if ((!e && m.payload.len == 0) ||
	    (e == CRED_ERR_CBOR_SIMPLE && *r.p == 0xf6))
		return CRED_ERR_COSE_PAYLOAD;
	if (e)
		return e;

	e = cbor_get_bstr(&r, &m.sig);
	if (e)
		return e;
	if (m.sig.len != CRED_SIG_LEN)
		return CRED_ERR_COSE_SIG_LEN;
	e = cbor_end(&r);
	if (e)
		return e;
	if (m.alg == COSE_ES256 && is_high_s(m.sig.ptr + 32))
		return CRED_ERR_COSE_HIGH_S;
	*out = m;
	return CRED_OK;
}

enum cred_err
cose_tbs(struct bytes protect, struct bytes payload, struct outbuf *out)
{
	/* Without parameters a zero-length string stands for the map: s4.4. */
	if (protect.len == 1 && protect.ptr[0] == 0xa0)
		protect.len = 0;
	enum cred_err e = cbor_put_array(out, 4);
	if (!e)
		e = cbor_put_tstr(out, bytes_str(CONTEXT));
	if (!e)
		e = cbor_put_bstr(out, protect);
	if (!e)
		e = cbor_put_bstr(out, (struct bytes){0}); /* external_aad */
	if (!e)
		e = cbor_put_bstr(out, payload);
	return e;
}

enum cred_err
cose_protected(enum cose_alg alg, const uint8_t kid[static CRED_KID_LEN],
    enum cose_profile profile, struct outbuf *out)
{
	bool typ = profile == COSE_STATUSLIST;
	enum cred_err e = cbor_put_map(out, typ ? 3 : 2);
	if (!e)
		e = cbor_put_int(out, HEADER_ALG);
	if (!e)
		e = cbor_put_int(out, alg);
	if (!e)
		e = cbor_put_int(out, HEADER_KID);
	if (!e)
		e = cbor_put_bstr(out, bytes_of(kid, CRED_KID_LEN));
	if (!e && typ)
		e = cbor_put_int(out, HEADER_TYP);
	if (!e && typ)
		e = cbor_put_tstr(out, bytes_str(TYP_STATUSLIST));
	return e;
}

enum cred_err
cose_encode(struct bytes protect, struct bytes payload,
    const uint8_t sig[static CRED_SIG_LEN], struct outbuf *out)
{
	enum cred_err e = cbor_put_tag(out, COSE_TAG_SIGN1);
	if (!e)
		e = cbor_put_array(out, 4);
	if (!e)
		e = cbor_put_bstr(out, protect);
	if (!e)
		e = cbor_put_map(out, 0);
	if (!e)
		e = cbor_put_bstr(out, payload);
	if (!e)
		e = cbor_put_bstr(out, bytes_of(sig, CRED_SIG_LEN));
	return e;
}
