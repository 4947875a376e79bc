#include "testing.h"

#include "credential/digits.h"

static uint8_t buf[4096];
static struct outbuf out;

static int
reset(void **state)
{
	(void)state;
	memset(buf, 0xee, sizeof(buf));
	out = (struct outbuf){buf, sizeof(buf), 0};
	return 0;
}

static enum cred_err
decode(const char *digits)
{
	reset(NULL);
	return digits_decode(bytes_str(digits), &out);
}

static void
length_table(void **state)
{
	(void)state;
	static const size_t LEN[] = {0, 3, 5, 8, 10, 13, 15, 17, 20};
	for (size_t i = 0; i < sizeof(LEN) / sizeof(*LEN); i++)
		assert_int_equal(digits_len(i), LEN[i]);
	assert_int_equal(digits_len(CRED_MAX_BYTES), CRED_MAX_DIGITS);
}

static void
known_values(void **state)
{
	(void)state;
	/* 7 bytes little-endian, then 1: 0x07060504030201, 0x08. */
	static const uint8_t IN[] = {1, 2, 3, 4, 5, 6, 7, 8};
	assert_err(digits_encode(bytes_of(IN, 8), &out), CRED_OK);
	assert_bytes(written(&out), bytes_str("01976943448883713008"));
	assert_err(decode("01976943448883713008"), CRED_OK);
	assert_bytes(written(&out), bytes_of(IN, 8));
	assert_err(decode(""), CRED_OK);
	assert_int_equal(out.len, 0);
	assert_err(decode("255"), CRED_OK);
	assert_int_equal(buf[0], 255);
}

static void
every_length_there_and_back(void **state)
{
	(void)state;
	uint8_t in[CRED_MAX_BYTES], back[CRED_MAX_BYTES];
	for (size_t n = 0; n <= sizeof(in); n++) {
		for (int fill = 0; fill < 3; fill++) {
			for (size_t i = 0; i < n; i++)
				in[i] = fill == 0   ? 0
					: fill == 1 ? 0xff
						    : (uint8_t)(i * 37 + n);
			reset(NULL);
			assert_err(
			    digits_encode(bytes_of(in, n), &out), CRED_OK);
			assert_int_equal(out.len, digits_len(n));
			struct outbuf o = {back, n, 0};
			assert_err(digits_decode(written(&out), &o), CRED_OK);
			assert_bytes(written(&o), bytes_of(in, n));
		}
	}
}

static void
length_that_no_bytes_have(void **state)
{
	(void)state;
	char s[64];
	memset(s, '0', sizeof(s));
	for (size_t n = 0; n < 40; n++) {
		bool good = false;
		for (size_t b = 0; b < 20; b++)
			good = good || digits_len(b) == n;
		reset(NULL);
		assert_err(digits_decode(bytes_of(s, n), &out),
		    good ? CRED_OK : CRED_ERR_DIGITS_LENGTH);
	}
}

static void
chunk_too_large(void **state)
{
	(void)state;
	/* The largest of each length, and one above. */
	assert_err(decode("255"), CRED_OK);
	assert_err(decode("256"), CRED_ERR_DIGITS_CHUNK);
	assert_err(decode("999"), CRED_ERR_DIGITS_CHUNK);
	assert_err(decode("65535"), CRED_OK);
	assert_err(decode("65536"), CRED_ERR_DIGITS_CHUNK);
	assert_err(decode("16777215"), CRED_OK);
	assert_err(decode("16777216"), CRED_ERR_DIGITS_CHUNK);
	assert_err(decode("4294967295"), CRED_OK);
	assert_err(decode("4294967296"), CRED_ERR_DIGITS_CHUNK);
	assert_err(decode("1099511627775"), CRED_OK);
	assert_err(decode("1099511627776"), CRED_ERR_DIGITS_CHUNK);
	assert_err(decode("281474976710655"), CRED_OK);
	assert_err(decode("281474976710656"), CRED_ERR_DIGITS_CHUNK);
	assert_err(decode("72057594037927935"), CRED_OK);
	assert_err(decode("72057594037927936"), CRED_ERR_DIGITS_CHUNK);
	assert_err(decode("99999999999999999"), CRED_ERR_DIGITS_CHUNK);
	/* In a later chunk. */
	assert_err(decode("00000000000000000256"), CRED_ERR_DIGITS_CHUNK);
	assert_int_equal(out.len, 0);
}

static void
not_digits(void **state)
{
	(void)state;
	assert_err(decode("12a"), CRED_ERR_DIGITS_CHUNK);
	assert_err(decode("-12"), CRED_ERR_DIGITS_CHUNK);
	assert_err(decode("1 2"), CRED_ERR_DIGITS_CHUNK);
}

static void
too_long(void **state)
{
	(void)state;
	static char s[CRED_MAX_DIGITS + 18];
	memset(s, '0', sizeof(s));
	assert_err(digits_decode(bytes_of(s, CRED_MAX_DIGITS), &out), CRED_OK);
	assert_int_equal(out.len, CRED_MAX_BYTES);
	for (size_t n = CRED_MAX_DIGITS + 1; n < sizeof(s); n++) {
		reset(NULL);
		assert_err(
		    digits_decode(bytes_of(s, n), &out), CRED_ERR_QR_SIZE);
	}
	static uint8_t big[CRED_MAX_BYTES + 1];
	assert_err(digits_encode(bytes_of(big, sizeof(big)), &out),
	    CRED_ERR_COSE_SIZE);
}

static void
no_space(void **state)
{
	(void)state;
	static const uint8_t IN[8];
	for (size_t cap = 0; cap < 20; cap++) {
		struct outbuf o = {buf, cap, 0};
		assert_err(
		    digits_encode(bytes_of(IN, 8), &o), CRED_FAULT_SPACE);
		assert_int_equal(buf[cap], 0xee);
	}
	struct outbuf o = {buf, 7, 0};
	assert_err(digits_decode(bytes_str("00000000000000000000"), &o),
	    CRED_FAULT_SPACE);
	assert_int_equal(o.len, 0);
}

static void
text_parts(const char *text, const char *host, const char *digits)
{
	struct qrtext q;
	uint8_t *p = boxed(bytes_str(text));
	assert_err(qrtext_parse(bytes_of(p, strlen(text)), &q), CRED_OK);
	if (host)
		assert_bytes(q.host, bytes_str(host));
	else
		assert_null(q.host.ptr);
	assert_bytes(q.digits, bytes_str(digits));
	free(p);
}

static void
text_good(void **state)
{
	(void)state;
	text_parts("https://tamga.example/#0123", "tamga.example", "0123");
	text_parts("https://tamga.example/a/b/#1", "tamga.example", "1");
	text_parts("https://tamga.example#1", "tamga.example", "1");
	text_parts("HTTPS://tamga.example/#12", "tamga.example", "12");
	text_parts("http://tamga.example/#12", "tamga.example", "12");
	text_parts("https://tamga.example:8443/#12", "tamga.example", "12");
	text_parts(" \r\nhttps://h/#12\t ", "h", "12");
	text_parts("https://h/#12#34", "h", "12");
	text_parts("https://h/#12&utm=3", "h", "12");
	text_parts("https://h/?q=7#12", "h", "12");
	text_parts("0123", NULL, "0123");
	text_parts("  0123\n", NULL, "0123");
}

/* What a look-alike writes: the host is the one a browser would go to. */
static void
text_host_of_a_browser(void **state)
{
	(void)state;
	text_parts("https://good.example@evil.example/#1", "evil.example", "1");
	text_parts(
	    "https://good.example:443@evil.example/#1", "evil.example", "1");
	text_parts("https://a@b@evil.example:8/#1", "evil.example", "1");
	text_parts(
	    "https://evil.example\\@good.example/#1", "evil.example", "1");
	text_parts(
	    "https://evil.example?@good.example/#1", "evil.example", "1");
	text_parts(
	    "https://evil.example/@good.example/#1", "evil.example", "1");
	text_parts("https:///good.example/#1", "", "1");
	/* Equal to nobody's: left as written. */
	text_parts("https://good.example:x/#1", "good.example:x", "1");
	text_parts("https://good.example./#1", "good.example.", "1");
	text_parts("https://good\t.example/#1", "good\t.example", "1");
	text_parts("https://[::1]:8443/#1", "[::1]", "1");
}

static void
text_not_ours(void **state)
{
	(void)state;
	static const char *const TEXTS[] = {"", " ", "#", "#12", "12 34", "12a",
	    "https://", "https://h", "https://h/", "https://h/#",
	    "https://h/#a1", "https://h/# 1", "https://h/12", "ftp://h/#12",
	    "https:/h/#12", "https", "mailto:a@b#12", "WIFI:T:WPA;S:x;;",
	    "HC1:6BF%2F#12", "\xe8\xaf\x81#12"};
	struct qrtext q;
	for (size_t i = 0; i < sizeof(TEXTS) / sizeof(*TEXTS); i++)
		assert_err(qrtext_parse(bytes_str(TEXTS[i]), &q),
		    CRED_ERR_QR_NOT_OURS);
	assert_err(qrtext_parse(bytes_of("https://h/#\0001", 13), &q),
	    CRED_ERR_QR_NOT_OURS);
}

static void
text_too_long(void **state)
{
	(void)state;
	static uint8_t t[CRED_MAX_TEXT + 1];
	struct qrtext q;
	memset(t, '1', sizeof(t));
	assert_err(qrtext_parse(bytes_of(t, CRED_MAX_TEXT), &q), CRED_OK);
	assert_err(qrtext_parse(bytes_of(t, sizeof(t)), &q), CRED_ERR_QR_SIZE);
}

static void
text_make(void **state)
{
	(void)state;
	struct bytes cose = bytes_str("\x01\x02");
	assert_err(qrtext_make(bytes_str("https://h/"), cose, &out), CRED_OK);
	assert_bytes(written(&out), bytes_str("https://h/#00513"));
	assert_err(qrtext_make(bytes_str("https://h"), cose, &out),
	    CRED_ERR_SCOPE_BASE);
	assert_err(qrtext_make(bytes_str(""), cose, &out), CRED_ERR_SCOPE_BASE);
	assert_err(qrtext_make(bytes_str("https://h/#/"), cose, &out),
	    CRED_ERR_SCOPE_BASE);
	for (size_t cap = 0; cap < 16; cap++) {
		struct outbuf o = {buf, cap, 0};
		assert_err(qrtext_make(bytes_str("https://h/"), cose, &o),
		    CRED_FAULT_SPACE);
	}
	static uint8_t big[CRED_MAX_BYTES + 1];
	assert_err(qrtext_make(bytes_str("https://h/"),
		       bytes_of(big, sizeof(big)), &out),
	    CRED_ERR_COSE_SIZE);
}

#define T(f) cmocka_unit_test_setup(f, reset)
int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(length_table),
	    T(known_values),
	    T(every_length_there_and_back),
	    T(length_that_no_bytes_have),
	    T(chunk_too_large),
	    T(not_digits),
	    T(too_long),
	    T(no_space),
	    T(text_good),
	    T(text_host_of_a_browser),
	    T(text_not_ours),
	    T(text_too_long),
	    T(text_make),
	};
	return cmocka_run_group_tests_name("digits", tests, NULL, NULL);
}
