#include "testing.h"

#include "credential/scope.h"

#define TEXT(s) bytes_of(s, sizeof(s) - 1)

static struct scope good, back;
static uint8_t buf[SCOPE_MAX_DER + 64];
static struct outbuf out;

static int
reset(void **state)
{
	(void)state;
	memset(&good, 0, sizeof(good));
	memset(&back, 0, sizeof(back));
	strcpy(good.body_id, "91150100MA0N12345X");
	strcpy(good.prefix, "S000015000123");
	strcpy(good.base, "https://tamga.example/");
	memset(good.log_key, 0x42, sizeof(good.log_key));
	good.kinds[2].granted = true;
	good.kinds[2].n = 2;
	good.kinds[2].items[0] = (struct scope_item){"6-31-01-03", 3, 5};
	good.kinds[2].items[1] = (struct scope_item){"6-18-02-04", 4, 4};
	good.kinds[4].granted = true;
	good.kinds[4].n = 1;
	good.kinds[4].items[0] = (struct scope_item){"1.2", 0, 0};
	out = (struct outbuf){buf, sizeof(buf), 0};
	return 0;
}

/* docs/format.md shows the same, field by field. */
#define BODY_ID "1312 39313135303130304d41304e313233343558"
#define PREFIX  "130d 53303030303135303030313233"
#define BASE    "1616 68747470733a2f2f74616d67612e6578616d706c652f"
#define LOG_KEY                                                                \
	"0420 42424242424242424242424242424242"                                \
	"42424242424242424242424242424242"
#define ITEM1  "3014 130a 362d33312d30312d3033 3006 020103 020105"
#define ITEM2  "3014 130a 362d31382d30322d3034 3006 020104 020104"
#define ITEM3  "3005 1303 312e32"
#define GRANT2 "3031 020102 302c" ITEM1 ITEM2
#define GRANT4 "300c 020104 3007" ITEM3
#define KINDS  "3041" GRANT2 GRANT4
#define FIXED  "020101" BODY_ID PREFIX BASE LOG_KEY /* 3+20+15+24+34 = 96 */

static enum cred_err
decode(const char *hex)
{
	static uint8_t b[SCOPE_MAX_DER + 64];
	struct bytes in = unhex(hex, b, sizeof(b));
	uint8_t *p = boxed(in);
	memset(&back, 0x55, sizeof(back));
	enum cred_err e = scope_decode(bytes_of(p, in.len), &back);
	free(p);
	if (e) {
		assert_int_equal(back.body_id[0], 0x55);
		return e;
	}
	/* One scope has one encoding. */
	out.len = 0;
	assert_err(scope_encode(&back, &out), CRED_OK);
	assert_bytes(written(&out), in);
	return e;
}

static void
encodes_as(enum cred_err want)
{
	out.len = 0;
	assert_err(scope_encode(&good, &out), want);
	if (want)
		assert_int_equal(out.len, 0);
}

static void
known_bytes(void **state)
{
	(void)state;
	uint8_t w[512];
	struct bytes want = unhex("3081a3" FIXED KINDS, w, sizeof(w));
	encodes_as(CRED_OK);
	assert_bytes(written(&out), want);
	assert_err(scope_decode(want, &back), CRED_OK);
	assert_string_equal(back.body_id, good.body_id);
	assert_string_equal(back.prefix, good.prefix);
	assert_string_equal(back.base, good.base);
	assert_memory_equal(back.log_key, good.log_key, 32);
	assert_false(back.has_not_before || back.has_not_after);
	for (int k = 0; k < 6; k++) {
		assert_int_equal(back.kinds[k].granted, k == 2 || k == 4);
		assert_false(back.kinds[k].all);
		assert_int_equal(back.kinds[k].n, k == 2 ? 2 : k == 4 ? 1 : 0);
	}
	assert_string_equal(back.kinds[2].items[1].code, "6-18-02-04");
	assert_int_equal(back.kinds[2].items[0].level_high, 3);
	assert_int_equal(back.kinds[2].items[0].level_low, 5);
	assert_int_equal(back.kinds[4].items[0].level_high, 0);
	for (size_t cap = 0; cap < want.len; cap++) {
		out = (struct outbuf){buf, cap, 0};
		assert_err(scope_encode(&good, &out), CRED_FAULT_SPACE);
	}
}

static void
optional_parts(void **state)
{
	(void)state;
	assert_err(decode("3062" FIXED "3000"), CRED_OK);
	assert_false(back.kinds[1].granted || back.kinds[5].granted);
	assert_err(decode("3067" FIXED "3005 3003 020103"), CRED_ERR_SCOPE_DER);
	assert_err(decode("3069" FIXED "3007 3005 020103 0500"), CRED_OK);
	assert_true(back.kinds[3].granted && back.kinds[3].all);
	assert_err(decode("3069" FIXED "3007 3005 020103 3000"), CRED_OK);
	assert_true(back.kinds[3].granted && !back.kinds[3].all);
	assert_err(
	    decode("306a" FIXED "80020064 810200c8 3000"), CRED_ERR_SCOPE_DER);
	assert_err(decode("3069" FIXED "800164 810200c8 3000"), CRED_OK);
	assert_true(back.has_not_before && back.not_before == 100);
	assert_true(back.has_not_after && back.not_after == 200);
	assert_err(decode("3065" FIXED "800100 3000"), CRED_OK);
	assert_true(back.has_not_before && !back.has_not_after);
	assert_err(decode("3065" FIXED "810100 3000"), CRED_OK);
	assert_err(
	    decode("3068" FIXED "810100 800100 3000"), CRED_ERR_SCOPE_DER);
}

static void
der_rules(void **state)
{
	(void)state;
	assert_err(decode(""), CRED_ERR_SCOPE_DER);
	assert_err(decode("30"), CRED_ERR_SCOPE_DER);
	assert_err(decode("3000"), CRED_ERR_SCOPE_DER);
	assert_err(decode("3162" FIXED "3000"), CRED_ERR_SCOPE_DER);
	assert_err(decode("308162" FIXED "3000"), CRED_ERR_SCOPE_DER);
	assert_err(decode("30820062" FIXED "3000"), CRED_ERR_SCOPE_DER);
	assert_err(decode("3083000062" FIXED "3000"), CRED_ERR_SCOPE_DER);
	assert_err(decode("3080" FIXED "3000 0000"), CRED_ERR_SCOPE_DER);
	assert_err(decode("3063" FIXED "3000"), CRED_ERR_SCOPE_DER);
	assert_err(decode("3061" FIXED "3000"), CRED_ERR_SCOPE_TRAILING);
	assert_err(decode("3062" FIXED "3000 00"), CRED_ERR_SCOPE_TRAILING);
	assert_err(decode("3064" FIXED "3000 0500"), CRED_ERR_SCOPE_DER);
	assert_err(decode("3060" FIXED), CRED_ERR_SCOPE_DER);
	/* Integers: empty, padded, negative, large. */
	assert_err(decode("3061 0200" BODY_ID PREFIX BASE LOG_KEY "3000"),
	    CRED_ERR_SCOPE_DER);
	assert_err(decode("3063 02020001" BODY_ID PREFIX BASE LOG_KEY "3000"),
	    CRED_ERR_SCOPE_DER);
	assert_err(decode("3063 0202ffff" BODY_ID PREFIX BASE LOG_KEY "3000"),
	    CRED_ERR_SCOPE_DER);
	assert_err(decode("3066" FIXED "80020001 3000"), CRED_ERR_SCOPE_DER);
	/* NULL with content; a string where a sequence is due. */
	assert_err(
	    decode("306a" FIXED "3008 3006 020103 050100"), CRED_ERR_SCOPE_DER);
	assert_err(
	    decode("3069" FIXED "3007 3005 020103 1300"), CRED_ERR_SCOPE_DER);
	assert_err(decode("306b" FIXED "3009 3007 020103 0500 0500"),
	    CRED_ERR_SCOPE_DER);
}

static void
version(void **state)
{
	(void)state;
	assert_err(decode("3062 020100" BODY_ID PREFIX BASE LOG_KEY "3000"),
	    CRED_ERR_SCOPE_VERSION);
	assert_err(decode("3062 020102" BODY_ID PREFIX BASE LOG_KEY "3000"),
	    CRED_ERR_SCOPE_VERSION);
	assert_err(decode("3062 0201ff" BODY_ID PREFIX BASE LOG_KEY "3000"),
	    CRED_ERR_SCOPE_VERSION);
	assert_err(
	    decode("3066 02050100000001" BODY_ID PREFIX BASE LOG_KEY "3000"),
	    CRED_ERR_SCOPE_VERSION);
}

static void
body_id(void **state)
{
	(void)state;
	static const char *const BAD[] = {"", "91150100MA0N12345",
	    "91150100MA0N1234IX", "91150100MA0N1234OX", "91150100MA0N1234SX",
	    "91150100MA0N1234VX", "91150100MA0N1234ZX", "91150100ma0n12345x",
	    "91150100MA0N1234 X", "91150100MA0N1234-X"};
	for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++) {
		strcpy(good.body_id, BAD[i]);
		encodes_as(CRED_ERR_SCOPE_BODY_ID);
	}
	memset(good.body_id, '9', sizeof(good.body_id));
	encodes_as(CRED_ERR_SCOPE_BODY_ID);
	assert_err(decode("3063 020101 1313 3939313135303130304d41304e31323334"
			  "3558" PREFIX BASE LOG_KEY "3000"),
	    CRED_ERR_SCOPE_BODY_ID);
	assert_err(
	    decode(
		"3062 020101 0c12 39313135303130304d41304e313233343558" PREFIX
		    BASE LOG_KEY "3000"),
	    CRED_ERR_SCOPE_DER);
}

static void
prefix(void **state)
{
	(void)state;
	static const char *const BAD[] = {"", "S00001500012", "0000015000123",
	    "s000015000123", "S00001500012X", "S0000 5000123"};
	for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++) {
		strcpy(good.prefix, BAD[i]);
		encodes_as(CRED_ERR_SCOPE_PREFIX);
	}
	memset(good.prefix, '9', sizeof(good.prefix));
	encodes_as(CRED_ERR_SCOPE_PREFIX);
	assert_err(decode("3061 020101" BODY_ID
			  "130c 533030303031353030303132" BASE LOG_KEY "3000"),
	    CRED_ERR_SCOPE_PREFIX);
}

static void
bases(void **state)
{
	(void)state;
	static const struct {
		const char *base, *host;
	} GOOD[] = {{"https://tamga.example/", "tamga.example"},
	    {"https://a/", "a"}, {"https://a-b.c1/d/E_f~.g/", "a-b.c1"},
	    {"https://127.0.0.1:8443/", "127.0.0.1"},
	    {"https://xn--fiq228c.example/x/", "xn--fiq228c.example"}};
	for (size_t i = 0; i < sizeof(GOOD) / sizeof(*GOOD); i++) {
		strcpy(good.base, GOOD[i].base);
		encodes_as(CRED_OK);
		assert_err(scope_decode(written(&out), &back), CRED_OK);
		assert_bytes(scope_host(&back), bytes_str(GOOD[i].host));
	}
	static const char *const BAD[] = {"", "https://", "https:///",
	    "https://h", "http://h/", "HTTPS://h/", "https://H/", "https://h/#",
	    "https://h/?", "https://h/a?b/", "https://h/a", "https://h//",
	    "https://h/a//", "https://h/./", "https://h/../", "https://h/.a/",
	    "https://h/a b/", "https://h/%41/", "https://u@h/", "https://h:/",
	    "https://h:0/", "https://h:123456/", "https://h:8a/", "https://-h/",
	    "https://h-/", "https://a..b/", "https://.a/", "https://a./",
	    "https://a-.b/", "https://a.-b/", "https://a_b/", "https://[::1]/",
	    "https://h\\/", " https://h/", "https://h/\n",
	    "https://caf\xc3\xa9/"};
	for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++) {
		strcpy(good.base, BAD[i]);
		if (scope_encode(&good, &out) != CRED_ERR_SCOPE_BASE)
			fail_msg("%s", BAD[i]);
	}
	/* As long as may be: a path of SCOPE_MAX_BASE in all. */
	memset(good.base, 'a', SCOPE_MAX_BASE);
	memcpy(good.base, "https://h/", 10);
	good.base[SCOPE_MAX_BASE - 1] = '/';
	good.base[SCOPE_MAX_BASE] = '\0';
	encodes_as(CRED_OK);
	good.base[SCOPE_MAX_BASE] = '/';
	encodes_as(CRED_ERR_SCOPE_BASE);
	/* A label of 64. */
	strcpy(good.base, "https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			  "aaaaaaaaaaaaaaaaaaaa/");
	encodes_as(CRED_ERR_SCOPE_BASE);
	assert_err(decode("3055 020101" BODY_ID PREFIX
			  "1609 68747470733a2f2f68" LOG_KEY "3000"),
	    CRED_ERR_SCOPE_BASE);
}

static void
log_key(void **state)
{
	(void)state;
	assert_err(decode("3061 020101" BODY_ID PREFIX BASE
			  "041f 42424242424242424242424242424242"
			  "424242424242424242424242424242 3000"),
	    CRED_ERR_SCOPE_LOG_KEY);
	assert_err(decode("3042 020101" BODY_ID PREFIX BASE "0400 3000"),
	    CRED_ERR_SCOPE_LOG_KEY);
	assert_err(decode("3040 020101" BODY_ID PREFIX BASE "3000"),
	    CRED_ERR_SCOPE_DER);
}

static void
kinds(void **state)
{
	(void)state;
	assert_err(
	    decode("3069" FIXED "3007 3005 020100 0500"), CRED_ERR_SCOPE_KIND);
	assert_err(
	    decode("3069" FIXED "3007 3005 020106 0500"), CRED_ERR_SCOPE_KIND);
	assert_err(
	    decode("3069" FIXED "3007 3005 0201ff 0500"), CRED_ERR_SCOPE_KIND);
	assert_err(
	    decode("3070" FIXED "300e 3005 020103 0500 3005 020103 0500"),
	    CRED_ERR_SCOPE_KIND);
	assert_err(
	    decode("3070" FIXED "300e 3005 020104 0500 3005 020103 0500"),
	    CRED_ERR_SCOPE_KIND);
	assert_err(
	    decode("3070" FIXED "300e 3005 020103 0500 3005 020104 0500"),
	    CRED_OK);
	good.kinds[2].all = true; /* and items: two answers to one question */
	encodes_as(CRED_ERR_SCOPE_ITEM);
}

static void
items(void **state)
{
	(void)state;
	struct scope_item *it = &good.kinds[2].items[0];
	static const struct {
		struct scope_item item;
		enum cred_err want;
	} ITEMS[] = {
	    {{"1.2", 0, 0}, CRED_OK},
	    {{"1.2", 1, 5}, CRED_OK},
	    {{"1.2", 5, 5}, CRED_OK},
	    {{"0123456789-ABC.z", 1, 1}, CRED_OK},
	    {{"", 0, 0}, CRED_ERR_SCOPE_ITEM},
	    {{"1 2", 0, 0}, CRED_ERR_SCOPE_ITEM},
	    {{"1.2", 5, 4}, CRED_ERR_SCOPE_ITEM},
	    {{"1.2", 0, 5}, CRED_ERR_SCOPE_ITEM},
	    {{"1.2", 1, 0}, CRED_ERR_SCOPE_ITEM},
	    {{"1.2", 1, 6}, CRED_ERR_SCOPE_ITEM},
	};
	for (size_t i = 0; i < sizeof(ITEMS) / sizeof(*ITEMS); i++) {
		*it = ITEMS[i].item;
		encodes_as(ITEMS[i].want);
	}
	memset(it->code, '1', sizeof(it->code));
	encodes_as(CRED_ERR_SCOPE_ITEM);
#define IN_GRANT(len0, len1, len2, len3, item)                                 \
	"30" len0 FIXED "30" len1 "30" len2 "020102 30" len3 item
	assert_err(
	    decode(IN_GRANT("6e", "0c", "0a", "05", "3003 130131")), CRED_OK);
	assert_err(decode(IN_GRANT("6d", "0b", "09", "04", "3002 1300")),
	    CRED_ERR_SCOPE_ITEM);
	assert_err(decode(IN_GRANT("6b", "09", "07", "02", "3000")),
	    CRED_ERR_SCOPE_DER);
	assert_err(decode(IN_GRANT("76", "14", "12", "0d",
		       "300b 130131 3006 020105 020103")),
	    CRED_ERR_SCOPE_ITEM);
	assert_err(decode(IN_GRANT("76", "14", "12", "0d",
		       "300b 130131 3006 020100 020100")),
	    CRED_ERR_SCOPE_ITEM);
	assert_err(
	    decode(IN_GRANT("73", "11", "0f", "0a", "3008 130131 3003 020105")),
	    CRED_ERR_SCOPE_DER);
	assert_err(decode(IN_GRANT("79", "17", "15", "10",
		       "300e 130131 3009 020103 020105 020105")),
	    CRED_ERR_SCOPE_DER);
	assert_err(decode(IN_GRANT("70", "0e", "0c", "07", "3005 130131 0500")),
	    CRED_ERR_SCOPE_DER);
}

static void
dates(void **state)
{
	(void)state;
	good.has_not_before = good.has_not_after = true;
	good.not_before = good.not_after = CLAIMS_MAX_DAY;
	encodes_as(CRED_OK);
	assert_err(scope_decode(written(&out), &back), CRED_OK);
	assert_int_equal(back.not_after, CLAIMS_MAX_DAY);
	good.not_before++;
	encodes_as(CRED_ERR_SCOPE_DATE);
	good.not_before = -1;
	encodes_as(CRED_ERR_SCOPE_DATE);
	good.not_before = 10;
	good.not_after = 9;
	encodes_as(CRED_ERR_SCOPE_DATE);
	good.not_after = -1;
	good.has_not_before = false;
	encodes_as(CRED_ERR_SCOPE_DATE);
	assert_err(decode("3065" FIXED "8001ff 3000"), CRED_ERR_SCOPE_DATE);
	assert_err(
	    decode("3069" FIXED "80050100000000 3000"), CRED_ERR_SCOPE_DATE);
	assert_err(
	    decode("3068" FIXED "80047fffffff 3000"), CRED_ERR_SCOPE_DATE);
	assert_err(
	    decode("3068" FIXED "80010a 810109 3000"), CRED_ERR_SCOPE_DATE);
}

static void
limits(void **state)
{
	(void)state;
	struct scope_kind *k = &good.kinds[2];
	for (k->n = 0; k->n < SCOPE_MAX_ITEMS; k->n++) {
		snprintf(k->items[k->n].code, sizeof(k->items[0].code),
		    "6-31-01-%02zu", k->n);
		k->items[k->n].level_high = 1;
		k->items[k->n].level_low = 5;
	}
	encodes_as(CRED_OK);
	assert_err(scope_decode(written(&out), &back), CRED_OK);
	assert_int_equal(back.kinds[2].n, SCOPE_MAX_ITEMS);
	assert_string_equal(back.kinds[2].items[127].code, "6-31-01-127");
	/* A 129th in the DER: twice the largest list of short items. */
	for (size_t i = 0; i < SCOPE_MAX_ITEMS; i++)
		k->items[i] = (struct scope_item){"1", 0, 0};
	encodes_as(CRED_OK);
	/* outer, kinds, grant and items have lengths of two bytes each */
	uint8_t *p = buf;
	size_t at = 4 + 96;
	assert_true(p[1] == 0x82 && p[at + 1] == 0x82 && p[at + 5] == 0x82 &&
		    p[at + 12] == 0x82);
	memmove(p + at + 15 + 5, p + at + 15, out.len - at - 15);
	out.len += 5;
	static const size_t HEADS[] = {2, 102, 106, 113};
	for (size_t i = 0; i < 4; i++) {
		size_t len = (size_t)p[HEADS[i]] << 8 | p[HEADS[i] + 1];
		len += 5;
		p[HEADS[i]] = (uint8_t)(len >> 8);
		p[HEADS[i] + 1] = (uint8_t)len;
	}
	assert_err(scope_decode(written(&out), &back), CRED_ERR_SCOPE_LIMIT);
	k->n = SCOPE_MAX_ITEMS + 1;
	encodes_as(CRED_ERR_SCOPE_LIMIT);
	/* Five full kinds are more than a certificate should carry. */
	for (int kind = 1; kind <= 5; kind++) {
		good.kinds[kind].granted = true;
		good.kinds[kind].n = SCOPE_MAX_ITEMS;
		for (size_t i = 0; i < SCOPE_MAX_ITEMS; i++)
			good.kinds[kind].items[i] =
			    (struct scope_item){"0123456789abcdef", 1, 5};
	}
	encodes_as(CRED_ERR_SCOPE_LIMIT);
	static const uint8_t BIG[SCOPE_MAX_DER + 1] = {0x30};
	assert_err(scope_decode(bytes_of(BIG, sizeof(BIG)), &back),
	    CRED_ERR_SCOPE_LIMIT);
}

static void
every_truncation(void **state)
{
	(void)state;
	good.has_not_before = true;
	encodes_as(CRED_OK);
	for (size_t n = 0; n < out.len; n++) {
		uint8_t *p = boxed(bytes_of(buf, n));
		assert_err(
		    scope_decode(bytes_of(p, n), &back), CRED_ERR_SCOPE_DER);
		free(p);
	}
}

/* Refused, or another scope, whose one encoding is the changed bytes. */
static void
every_bit(void **state)
{
	(void)state;
	static uint8_t again[SCOPE_MAX_DER];
	encodes_as(CRED_OK);
	for (size_t bit = 0; bit < out.len * 8; bit++) {
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		enum cred_err e = scope_decode(written(&out), &back);
		assert_true(e == CRED_OK || cred_is_refusal(e));
		if (!e) {
			struct outbuf o = {again, sizeof(again), 0};
			assert_err(scope_encode(&back, &o), CRED_OK);
			assert_bytes(written(&o), written(&out));
		}
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

#define T(f) cmocka_unit_test_setup(f, reset)
int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(known_bytes),
	    T(optional_parts),
	    T(der_rules),
	    T(version),
	    T(body_id),
	    T(prefix),
	    T(bases),
	    T(log_key),
	    T(kinds),
	    T(items),
	    T(dates),
	    T(limits),
	    T(every_truncation),
	    T(every_bit),
	};
	return cmocka_run_group_tests_name("scope", tests, NULL, NULL);
}
