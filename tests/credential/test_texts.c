/* Which characters a text may have: docs/format.md "Texts". */
#include "testing.h"

#include "credential/claims.h"

#define TEXT(s) bytes_of(s, sizeof(s) - 1)

static const struct claims LEAST = {
    .iat = 1593483648,
    .cert = {.kind = KIND_OPERATION, .id_type = ID_RESIDENT, .issued = 18443},
};

/* What encoder and decoder say of a certificate of this name. */
static enum cred_err
of_name(struct bytes name)
{
	uint8_t b[512];
	struct outbuf o = {b, sizeof(b), 0};
	struct claims c = LEAST, back;
	c.cert.name = name;
	c.cert.occupation = TEXT("x");
	enum cred_err e = claims_encode(&c, &o);
	if (!e) {
		assert_err(claims_decode(written(&o), &back), CRED_OK);
		assert_bytes(back.cert.name, name);
	}
	return e;
}

static void
name_is(struct bytes name, enum cred_err want)
{
	assert_err(of_name(name), want);
}

static void
texts_allowed(void **state)
{
	(void)state;
	name_is(TEXT("张三"), CRED_OK);
	name_is(TEXT("𠮷野"), CRED_OK);      /* beyond the BMP */
	name_is(TEXT("阿·巴特尔"), CRED_OK); /* middle dots */
	name_is(TEXT("乌云・其木格"), CRED_OK);
	name_is(TEXT("O'Neil, J. (Jr.)"), CRED_OK);
	name_is(TEXT("Nuñez é"), CRED_OK);
	name_is(TEXT("e\xcc\x81"), CRED_OK); /* combining acute */
	name_is(TEXT("ᠪᠠᠭᠠᠲᠤᠷ"), CRED_OK);
	/* Mongolian: NNBSP before a suffix, variation selectors, MVS. */
	name_is(TEXT("ᠮᠣᠩᠭᠣᠯ\u202fᠤᠨ"), CRED_OK);
	name_is(TEXT("ᠠ\u180bᠠ\u180cᠠ\u180dᠠ\u180eᠠ\u180fᠠ"), CRED_OK);
	name_is(TEXT("\ue000\uf8ff"), CRED_OK); /* private use */
	name_is(TEXT("한글"), CRED_OK);
	name_is(TEXT("\U0010fffd"), CRED_OK);
}

/* The decoder's answer to a character inside a name. */
static enum cred_err
char_in_name(uint32_t c)
{
	uint8_t s[6] = "a";
	size_t n = 1;
	if (c < 0x80) {
		s[n++] = (uint8_t)c;
	} else if (c < 0x800) {
		s[n++] = (uint8_t)(0xc0 | c >> 6);
		s[n++] = (uint8_t)(0x80 | (c & 63));
	} else if (c < 0x10000) {
		s[n++] = (uint8_t)(0xe0 | c >> 12);
		s[n++] = (uint8_t)(0x80 | (c >> 6 & 63));
		s[n++] = (uint8_t)(0x80 | (c & 63));
	} else {
		s[n++] = (uint8_t)(0xf0 | c >> 18);
		s[n++] = (uint8_t)(0x80 | (c >> 12 & 63));
		s[n++] = (uint8_t)(0x80 | (c >> 6 & 63));
		s[n++] = (uint8_t)(0x80 | (c & 63));
	}
	s[n++] = 'a';
	return of_name(bytes_of(s, n));
}

/* docs/format.md "Texts": the table itself, over every character. */
static void
texts_refused(void **state)
{
	(void)state;
	static const uint32_t RANGES[][2] = {{0x00, 0x1f}, {0x7f, 0x9f},
	    {0xad, 0xad}, {0x34f, 0x34f}, {0x61c, 0x61c}, {0x115f, 0x1160},
	    {0x200b, 0x200f}, {0x2028, 0x2029}, {0x202a, 0x202e},
	    {0x2060, 0x206f}, {0x3164, 0x3164}, {0xfdd0, 0xfdef},
	    {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0},
	    {0xfff0, 0xfffb}, {0xe0000, 0xe0fff}};
	for (uint32_t c = 0; c < 0x110000; c++) {
		if (c >= 0xd800 && c < 0xe000)
			continue;
		bool refused = (c & 0xfffe) == 0xfffe;
		for (size_t i = 0; i < sizeof(RANGES) / sizeof(*RANGES); i++)
			refused =
			    refused || (c >= RANGES[i][0] && c <= RANGES[i][1]);
		if (char_in_name(c) !=
		    (refused ? CRED_ERR_CLAIMS_TEXT : CRED_OK))
			fail_msg("U+%04X", c);
	}
}

static void
blanks_at_the_ends(void **state)
{
	(void)state;
	static const char *const BLANKS[] = {" ", "\u00a0", "\u1680", "\u2000",
	    "\u200a", "\u202f", "\u205f", "\u3000"};
	for (size_t i = 0; i < sizeof(BLANKS) / sizeof(*BLANKS); i++) {
		char s[16];
		snprintf(s, sizeof(s), "%s", BLANKS[i]);
		name_is(bytes_str(s), CRED_ERR_CLAIMS_TEXT);
		snprintf(s, sizeof(s), "%s张", BLANKS[i]);
		name_is(bytes_str(s), CRED_ERR_CLAIMS_TEXT);
		snprintf(s, sizeof(s), "张%s", BLANKS[i]);
		name_is(bytes_str(s), CRED_ERR_CLAIMS_TEXT);
		snprintf(s, sizeof(s), "张%s三", BLANKS[i]);
		name_is(bytes_str(s), CRED_OK);
	}
}

static void
bad_utf8_from_the_caller(void **state)
{
	(void)state;
	name_is(TEXT("\xe5\xbc"), CRED_ERR_CBOR_UTF8);
	name_is(TEXT("\xff"), CRED_ERR_CBOR_UTF8);
	uint8_t b[512];
	struct outbuf o = {b, sizeof(b), 0};
	struct claims c = LEAST;
	c.cert.name = c.cert.occupation = TEXT("x");
	c.cert.direction = TEXT("\xc3(");
	assert_err(claims_encode(&c, &o), CRED_ERR_CBOR_UTF8);
	c.cert.direction = (struct bytes){0};
	c.cert.occupation = TEXT("\xff");
	assert_err(claims_encode(&c, &o), CRED_ERR_CBOR_UTF8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_allowed),
	    cmocka_unit_test(texts_refused),
	    cmocka_unit_test(blanks_at_the_ends),
	    cmocka_unit_test(bad_utf8_from_the_caller),
	};
	return cmocka_run_group_tests_name("texts", tests, NULL, NULL);
}
