#include "testing.h"

#include "credential/cbor.h"
#include "credential/claims.h"

#define TEXT(s) bytes_of(s, sizeof(s) - 1)
#define N_KEYS  13

/*
 * The fields of a certificate as hexadecimal CBOR, NULL being absent; the
 * test changes one and sees what the decoder says.
 */
static const char *field[N_KEYS];
static const char *iat, *exp_at, *extra;

static uint8_t buf[2048];
static struct outbuf out;
static struct claims good;

static const uint8_t PHOTO[CRED_PHOTO_LEN] = {1, 2, 3};

/* A level certificate with everything that one may have. */
static int
reset(void **state)
{
	(void)state;
	static const char *const FIELD[N_KEYS] = {
	    "11",                              /* index 17 */
	    "02",                              /* level certificate */
	    "66e5bca0e4b889",                  /* 张三 */
	    "8201190abc",                      /* identity card, check */
	    "76533030303031353030303132333230" /* S000015000123 20 */
	    "34303030303031",                  /* 4 000001 */
	    "66e794b5e5b7a5",                  /* 电工 */
	    "6a362d33312d30312d3033",          /* 6-31-01-03 */
	    "04",                              /* level 4 */
	    "19480b",                          /* 2020-06-30 */
	    NULL, NULL, "5001020300000000000000000000000000", /* photo */
	    "66e794b5e6b094",                                 /* 电气 */
	};
	memcpy(field, FIELD, sizeof(FIELD));
	iat = "1a5efaa180";
	exp_at = extra = NULL;
	out = (struct outbuf){buf, sizeof(buf), 0};

	good = (struct claims){.iat = 0x5efaa180};
	struct certificate *t = &good.cert;
	t->index = 17;
	t->kind = KIND_LEVEL;
	t->name = TEXT("张三");
	t->id_type = ID_RESIDENT;
	t->id_check = 0xabc;
	t->number = TEXT("S000015000123204000001");
	t->occupation = TEXT("电工");
	t->code = TEXT("6-31-01-03");
	t->level = 4;
	t->issued = 18443;
	t->photo = bytes_of(PHOTO, sizeof(PHOTO));
	t->direction = TEXT("电气");
	return 0;
}

static void
put_hex(const char *hex)
{
	uint8_t b[1024];
	assert_err(cbor_put_raw(&out, unhex(hex, b, sizeof(b))), CRED_OK);
}

static struct bytes
assemble(void)
{
	size_t n = extra != NULL;
	out.len = 0;
	for (size_t i = 0; i < N_KEYS; i++)
		n += field[i] != NULL;
	assert_err(cbor_put_map(&out, 2u + (exp_at != NULL)), CRED_OK);
	if (exp_at) {
		put_hex("04");
		put_hex(exp_at);
	}
	put_hex("06");
	put_hex(iat);
	put_hex("3a00010000");
	assert_err(cbor_put_map(&out, n), CRED_OK);
	for (size_t i = 0; i < N_KEYS; i++) {
		if (!field[i])
			continue;
		assert_err(cbor_put_uint(&out, i), CRED_OK);
		put_hex(field[i]);
	}
	if (extra)
		put_hex(extra);
	return written(&out);
}

static void
decodes_as(struct bytes in, enum cred_err want, const char *what)
{
	struct claims c = {.iat = -77};
	uint8_t *p = boxed(in);
	enum cred_err e = claims_decode(bytes_of(p, in.len), &c);
	if (e != want)
		fail_msg("%s: %s, not %s", what, cred_errname(e),
		    cred_errname(want));
	if (e) {
		assert_true(c.iat == -77);
	} else {
		/* One certificate has one encoding. */
		uint8_t b[2048];
		struct outbuf again = {b, sizeof(b), 0};
		assert_err(claims_encode(&c, &again), CRED_OK);
		assert_bytes(written(&again), in);
	}
	free(p);
}

static void
check(enum cred_err want)
{
	decodes_as(assemble(), want, "as set");
}

/* Field key replaced by this, then as it was. */
static void
with(size_t key, const char *hex, enum cred_err want)
{
	const char *keep = field[key];
	field[key] = hex;
	decodes_as(assemble(), want, hex ? hex : "absent");
	field[key] = keep;
}

/* The same for a text, written as CBOR here. */
static void
with_text(size_t key, struct bytes s, enum cred_err want)
{
	static const char HEX[] = "0123456789abcdef";
	uint8_t b[512];
	char hex[1025];
	struct outbuf o = {b, sizeof(b), 0};
	assert_err(cbor_put_tstr(&o, s), CRED_OK);
	for (size_t i = 0; i < o.len; i++) {
		hex[2 * i] = HEX[b[i] >> 4];
		hex[2 * i + 1] = HEX[b[i] & 15];
	}
	hex[2 * o.len] = '\0';
	with(key, hex, want);
}

/* What the encoder says of `good` as it now is. */
static void
encodes_as(enum cred_err want)
{
	uint8_t b[2048];
	struct outbuf o = {b, sizeof(b), 0};
	assert_err(claims_encode(&good, &o), want);
}

static void
full(void **state)
{
	(void)state;
	struct claims c;
	struct bytes in = assemble();
	assert_err(claims_decode(in, &c), CRED_OK);
	const struct certificate *t = &c.cert, *g = &good.cert;
	assert_true(c.iat == good.iat && !c.has_exp);
	assert_true(t->index == g->index && t->kind == g->kind);
	assert_bytes(t->name, g->name);
	assert_true(t->id_type == g->id_type && t->id_check == g->id_check);
	assert_bytes(t->number, g->number);
	assert_bytes(t->occupation, g->occupation);
	assert_bytes(t->code, g->code);
	assert_true(t->level == g->level && t->issued == g->issued);
	assert_false(t->has_valid_to || t->has_review_due);
	assert_bytes(t->photo, g->photo);
	assert_bytes(t->direction, g->direction);
	assert_true(t->name.ptr > in.ptr && t->name.ptr < in.ptr + in.len);

	uint8_t b[512];
	struct outbuf o = {b, sizeof(b), 0};
	assert_err(claims_encode(&good, &o), CRED_OK);
	assert_bytes(written(&o), in);
	for (size_t cap = 0; cap < in.len; cap++) {
		o = (struct outbuf){b, cap, 0};
		assert_err(claims_encode(&good, &o), CRED_FAULT_SPACE);
	}
}

static void
least(void **state)
{
	(void)state;
	field[6] = field[7] = field[11] = field[12] = NULL;
	check(CRED_OK);
	field[1] = "04";
	field[4] = NULL;
	check(CRED_OK);
}

static void
required(void **state)
{
	(void)state;
	static const size_t KEYS[] = {0, 1, 2, 3, 5, 8};
	for (size_t i = 0; i < sizeof(KEYS) / sizeof(*KEYS); i++)
		with(KEYS[i], NULL, CRED_ERR_CLAIMS_MISSING);
	decodes_as(TEXT("\xa1\x06\x00"), CRED_ERR_CLAIMS_MISSING, "iat only");
	decodes_as(TEXT("\xa0"), CRED_ERR_CLAIMS_MISSING, "empty map");
	good.cert.name.ptr = NULL;
	encodes_as(CRED_ERR_CLAIMS_MISSING);
	reset(NULL);
	good.cert.occupation.ptr = NULL;
	encodes_as(CRED_ERR_CLAIMS_MISSING);
}

static void
unknown_keys(void **state)
{
	(void)state;
	extra = "0d00";
	check(CRED_ERR_CLAIMS_KEY);
	extra = "2000";
	check(CRED_ERR_CLAIMS_KEY);
	extra = "1b7fffffffffffffff00";
	check(CRED_ERR_CLAIMS_KEY);
	extra = "616100";
	check(CRED_ERR_CLAIMS_KEY);
	extra = "0c6161"; /* direction again */
	check(CRED_ERR_CBOR_DUPLICATE);
	extra = "0000"; /* index, late */
	check(CRED_ERR_CBOR_ORDER);
	/* In the claims: iss, nbf, a text. */
	decodes_as(TEXT("\xa1\x01\x61x"), CRED_ERR_CLAIMS_KEY, "iss");
	decodes_as(TEXT("\xa1\x05\x00"), CRED_ERR_CLAIMS_KEY, "nbf");
	decodes_as(TEXT("\xa1\x61x\x00"), CRED_ERR_CLAIMS_KEY, "text key");
	decodes_as(
	    TEXT("\xa2\x06\x00\x06\x00"), CRED_ERR_CBOR_DUPLICATE, "iat twice");
	decodes_as(
	    TEXT("\xa2\x06\x00\x04\x00"), CRED_ERR_CBOR_ORDER, "exp after iat");
}

static void
encoding(void **state)
{
	(void)state;
	decodes_as(TEXT(""), CRED_ERR_CBOR_TRUNCATED, "nothing");
	decodes_as(TEXT("\x80"), CRED_ERR_CBOR_TYPE, "array");
	decodes_as(TEXT("\xbf\xff"), CRED_ERR_CBOR_INDEFINITE, "indefinite");
	decodes_as(TEXT("\xa2\x06\x00\x3a\x00\x01\x00\x00\x80"),
	    CRED_ERR_CBOR_TYPE, "certificate an array");
	struct bytes in = assemble();
	buf[in.len] = 0;
	in.len++;
	decodes_as(in, CRED_ERR_CBOR_TRAILING, "one byte more");
	iat = "fb41d584367c200000";
	check(CRED_ERR_CBOR_FLOAT);
	iat = "c11a5efaa180";
	check(CRED_ERR_CBOR_TYPE);
	iat = "1b000000005efaa180";
	check(CRED_ERR_CBOR_HEAD);
	reset(NULL);
	with(0, "6131", CRED_ERR_CBOR_TYPE);
	with(0, "20", CRED_ERR_CBOR_TYPE);
	with(2, "43616263", CRED_ERR_CBOR_TYPE);
	with(2, "7f6161ff", CRED_ERR_CBOR_INDEFINITE);
	with(2, "62c328", CRED_ERR_CBOR_UTF8);
	with(7, "f5", CRED_ERR_CBOR_SIMPLE);
	with(11,
	    "70"
	    "30313233343536373839303132333435",
	    CRED_ERR_CBOR_TYPE);
	with(3, "a10100", CRED_ERR_CBOR_TYPE);
}

static void
index_range(void **state)
{
	(void)state;
	with(0, "00", CRED_OK);
	with(0, "1b000000ffffffffff", CRED_OK);
	with(0, "1b0000010000000000", CRED_ERR_CLAIMS_INDEX);
	with(0, "1bffffffffffffffff", CRED_ERR_CLAIMS_INDEX);
	good.cert.index = TLOG_MAX_SIZE;
	encodes_as(CRED_ERR_CLAIMS_INDEX);
}

static void
kinds(void **state)
{
	(void)state;
	with(1, "00", CRED_ERR_CLAIMS_KIND);
	with(1, "01", CRED_OK);
	with(1, "03", CRED_OK);
	with(1, "05", CRED_OK);
	with(1, "06", CRED_ERR_CLAIMS_KIND);
	with(1, "1b0000000100000002", CRED_ERR_CLAIMS_KIND);
	good.cert.kind = (enum kind)0;
	encodes_as(CRED_ERR_CLAIMS_KIND);
	good.cert.kind = (enum kind)6;
	encodes_as(CRED_ERR_CLAIMS_KIND);
}

static void
identity(void **state)
{
	(void)state;
	with(3, "820100", CRED_OK);
	with(3, "8206190fff", CRED_OK);
	with(3, "8200190abc", CRED_ERR_CLAIMS_ID);
	with(3, "8207190abc", CRED_ERR_CLAIMS_ID);
	with(3, "8201191000", CRED_ERR_CLAIMS_ID);
	with(3, "82011a00010abc", CRED_ERR_CLAIMS_ID);
	with(3, "821b000000010000000100", CRED_ERR_CLAIMS_ID);
	with(3, "8101", CRED_ERR_CLAIMS_ID);
	with(3, "8301190abc00", CRED_ERR_CLAIMS_ID);
	with(3, "80", CRED_ERR_CLAIMS_ID);
	good.cert.id_check = 0x1000;
	encodes_as(CRED_ERR_CLAIMS_ID);
}

static void
numbers(void **state)
{
	(void)state;
	with(4, NULL, CRED_ERR_CLAIMS_NUMBER);
	with_text(4, TEXT("1234567"), CRED_ERR_CLAIMS_NUMBER);
	with_text(4, TEXT("12345678"), CRED_OK);
	with_text(4, TEXT("az-AZ-0123456789-0123456"), CRED_OK);
	with_text(4, TEXT("az-AZ-0123456789-01234567"), CRED_ERR_CLAIMS_NUMBER);
	with_text(4, TEXT("1234 5678"), CRED_ERR_CLAIMS_NUMBER);
	with_text(4, TEXT("1234.5678"), CRED_ERR_CLAIMS_NUMBER);
	with_text(4, TEXT("1234\0005678"), CRED_ERR_CLAIMS_NUMBER);
	with_text(4, TEXT("１２３４５６７８"), CRED_ERR_CLAIMS_NUMBER);
	with_text(4, TEXT(""), CRED_ERR_CLAIMS_NUMBER);
	field[1] = "04";
	check(CRED_ERR_CLAIMS_NUMBER);
	good.cert.kind = KIND_OPERATION;
	encodes_as(CRED_ERR_CLAIMS_NUMBER);
	good.cert.kind = KIND_LEVEL;
	good.cert.number.ptr = NULL;
	encodes_as(CRED_ERR_CLAIMS_NUMBER);
}

static void
codes(void **state)
{
	(void)state;
	with(6, NULL, CRED_OK);
	with_text(6, TEXT("1.2"), CRED_OK);
	with_text(6, TEXT("0123456789-ABC.z"), CRED_OK);
	with_text(6, TEXT("0123456789-ABC.zz"), CRED_ERR_CLAIMS_TEXT);
	with_text(6, TEXT(""), CRED_ERR_CLAIMS_TEXT);
	with_text(6, TEXT("6 31"), CRED_ERR_CLAIMS_TEXT);
	with_text(6, TEXT("6－31"), CRED_ERR_CLAIMS_TEXT);
}

static void
levels(void **state)
{
	(void)state;
	with(7, NULL, CRED_OK);
	with(7, "01", CRED_OK);
	with(7, "05", CRED_OK);
	with(7, "00", CRED_ERR_CLAIMS_LEVEL);
	with(7, "06", CRED_ERR_CLAIMS_LEVEL);
	with(7, "190104", CRED_ERR_CLAIMS_LEVEL);
	good.cert.level = 6;
	encodes_as(CRED_ERR_CLAIMS_LEVEL);
}

static void
photo(void **state)
{
	(void)state;
	with(11, NULL, CRED_OK);
	with(11, "4f010203040506070809000102030405", CRED_ERR_CLAIMS_PHOTO);
	with(11, "510102030405060708090001020304050607", CRED_ERR_CLAIMS_PHOTO);
	with(11, "40", CRED_ERR_CLAIMS_PHOTO);
	good.cert.photo.len = 15;
	encodes_as(CRED_ERR_CLAIMS_PHOTO);
}

/* Issued 2020-06-30 = 18443; 9999-12-31 = 2932896 = 0x2cc0a0. */
static void
dates(void **state)
{
	(void)state;
	with(8, "00", CRED_OK);
	with(8, "1a002cc0a0", CRED_OK);
	with(8, "1a002cc0a1", CRED_ERR_CLAIMS_DATE);
	with(8, "20", CRED_ERR_CLAIMS_DATE);
	with(8, "1b8000000000000000", CRED_ERR_CLAIMS_DATE);
	with(8, "1b000000010000480b", CRED_ERR_CLAIMS_DATE);
	iat = "00";
	check(CRED_OK);
	iat = "20";
	check(CRED_ERR_CLAIMS_DATE);
	iat = "1bffffffffffffffff";
	check(CRED_ERR_CLAIMS_DATE);
	iat = "1b7fffffffffffffff";
	check(CRED_ERR_CLAIMS_DATE);
	/* The last second of 9999 in Shanghai, and the next. */
	reset(NULL);
	good.iat = claims_exp(CLAIMS_MAX_DAY) - 1;
	encodes_as(CRED_OK);
	good.iat++;
	encodes_as(CRED_ERR_CLAIMS_DATE);
	good.iat = INT64_MAX;
	encodes_as(CRED_ERR_CLAIMS_DATE);
	reset(NULL);
	good.cert.issued = -1;
	encodes_as(CRED_ERR_CLAIMS_DATE);
}

/* 2026-06-29 = 20633 = 0x5099; it ends at 1782748800 = 0x6a429680. */
static void
valid_to(void **state)
{
	(void)state;
	with(9, "195099", CRED_ERR_CLAIMS_DATE); /* without exp */
	exp_at = "1a6a429680";
	check(CRED_ERR_CLAIMS_DATE); /* without valid_to */
	with(9, "195099", CRED_OK);
	with(9, "195098", CRED_ERR_CLAIMS_DATE);
	exp_at = "1a6a42967f";
	with(9, "195099", CRED_ERR_CLAIMS_DATE);
	exp_at = "1a6a429681";
	with(9, "195099", CRED_ERR_CLAIMS_DATE);
	exp_at = "1bffffffffffffffff";
	with(9, "195099", CRED_ERR_CLAIMS_DATE);
	good.cert.valid_to = 20633;
	good.cert.has_valid_to = true;
	good.exp = 1782748800;
	encodes_as(CRED_ERR_CLAIMS_DATE);
	good.has_exp = true;
	encodes_as(CRED_OK);
	good.cert.has_valid_to = false;
	encodes_as(CRED_ERR_CLAIMS_DATE);
	/* Valid on the day of issue, but not before it; to the end of time. */
	good.cert.has_valid_to = true;
	good.cert.valid_to = good.cert.issued;
	good.exp = claims_exp(good.cert.valid_to);
	encodes_as(CRED_OK);
	good.cert.valid_to--;
	good.exp -= 86400;
	encodes_as(CRED_ERR_CLAIMS_DATE);
	good.cert.valid_to = CLAIMS_MAX_DAY;
	good.exp = claims_exp(CLAIMS_MAX_DAY);
	encodes_as(CRED_OK);
	good.cert.valid_to++;
	good.exp += 86400;
	encodes_as(CRED_ERR_CLAIMS_DATE);
}

static void
review_due(void **state)
{
	(void)state;
	with(10, "194c51", CRED_OK); /* without an end */
	with(10, "1a002cc0a1", CRED_ERR_CLAIMS_DATE);
	with(10, "20", CRED_ERR_CLAIMS_DATE);
	exp_at = "1a6a429680";
	field[9] = "195099";
	with(10, "194c51", CRED_OK);
	with(10, "195099", CRED_OK);
	with(10, "19509a", CRED_ERR_CLAIMS_DATE);
}

/* Each text has its limit, in bytes. */
static void
text_lengths(void **state)
{
	(void)state;
	static const struct {
		size_t key, max;
	} LIMITS[] = {{2, CLAIMS_MAX_NAME}, {5, CLAIMS_MAX_OCCUPATION},
	    {12, CLAIMS_MAX_DIRECTION}};
	char s[200];
	for (size_t i = 0; i < 3; i++) {
		for (size_t n = 0; n < sizeof(s); n += 3)
			memcpy(s + n, "电", n + 3 <= sizeof(s) ? 3 : 2);
		with_text(LIMITS[i].key, bytes_of(s, LIMITS[i].max), CRED_OK);
		s[LIMITS[i].max] = 'x';
		with_text(LIMITS[i].key, bytes_of(s, LIMITS[i].max + 1),
		    CRED_ERR_CLAIMS_TEXT);
		with_text(LIMITS[i].key, TEXT(""), CRED_ERR_CLAIMS_TEXT);
	}
	field[12] = NULL;
	check(CRED_OK);
}

static void
every_truncation(void **state)
{
	(void)state;
	struct claims c;
	exp_at = "1a6a429680";
	field[9] = "195099";
	struct bytes in = assemble();
	for (size_t n = 0; n < in.len; n++) {
		uint8_t *p = boxed(bytes_of(buf, n));
		assert_err(
		    claims_decode(bytes_of(p, n), &c), CRED_ERR_CBOR_TRUNCATED);
		free(p);
	}
}

/* Refused, or another certificate: re-encoded it is the changed bytes. */
static void
every_bit(void **state)
{
	(void)state;
	exp_at = "1a6a429680";
	field[9] = "195099";
	struct bytes in = assemble();
	for (size_t bit = 0; bit < in.len * 8; bit++) {
		uint8_t b[2048];
		struct outbuf again = {b, sizeof(b), 0};
		struct claims c;
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		enum cred_err e = claims_decode(in, &c);
		assert_true(e == CRED_OK || cred_is_refusal(e));
		if (!e) {
			assert_err(claims_encode(&c, &again), CRED_OK);
			assert_bytes(written(&again), in);
		}
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void
id_check_bytes(void **state)
{
	(void)state;
	static const uint8_t KID[CRED_KID_LEN] = {1, 2, 3, 4, 5, 6, 7, 8};
	uint8_t w[64];
	struct bytes want = unhex("74616d67612d6964 0102030405060708"
				  "0000000000000011 31313031303158",
	    w, sizeof(w));
	static const char *const SAME[] = {
	    "110101X", "110101x", " 11 01\t01x "};
	for (size_t i = 0; i < 3; i++) {
		out.len = 0;
		assert_err(
		    id_check_input(KID, 17, bytes_str(SAME[i]), &out), CRED_OK);
		assert_bytes(written(&out), want);
	}
	static const char *const BAD[] = {"", "  ", "１１", "11\n", "11\x7f",
	    "123456789012345678901234567890123"};
	for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++) {
		out.len = 0;
		assert_err(id_check_input(KID, 17, bytes_str(BAD[i]), &out),
		    CRED_ERR_CLAIMS_ID);
	}
	/* The longest fits ID_CHECK_MAX. */
	struct outbuf o = {buf, ID_CHECK_MAX, 0};
	assert_err(id_check_input(KID, UINT64_MAX,
		       bytes_str("12345678901234567890123456789012"), &o),
	    CRED_OK);
	for (size_t cap = 0; cap < want.len; cap++) {
		o = (struct outbuf){buf, cap, 0};
		assert_err(id_check_input(KID, 17, bytes_str("110101X"), &o),
		    CRED_FAULT_SPACE);
	}
	static const uint8_t HASH[32] = {0xab, 0xcd, 0xef};
	assert_int_equal(id_check_value(HASH), 0xabc);
}

#define T(f) cmocka_unit_test_setup(f, reset)
int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(full),
	    T(least),
	    T(required),
	    T(unknown_keys),
	    T(encoding),
	    T(index_range),
	    T(kinds),
	    T(identity),
	    T(numbers),
	    T(codes),
	    T(levels),
	    T(photo),
	    T(dates),
	    T(valid_to),
	    T(review_due),
	    T(text_lengths),
	    T(every_truncation),
	    T(every_bit),
	    T(id_check_bytes),
	};
	return cmocka_run_group_tests_name("claims", tests, NULL, NULL);
}
