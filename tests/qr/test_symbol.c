#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <qrencode.h>

#include "qr/content.h"
#include "qr/reed.h"
#include "qr/symbol.h"

static struct symbol s;
static float soft[SYMBOL_DIM * SYMBOL_DIM];

static int
drawn(QRcode *c, float strength)
{
	assert_non_null(c);
	for (int i = 0; i < c->width * c->width; i++)
		soft[i] = (c->data[i] & 1) != 0 ? -strength : strength;
	return c->width;
}

static void
expect(int dim, const char *text)
{
	assert_true(symbol_read(soft, dim, &s));
	assert_int_equal(s.len, strlen(text));
	assert_memory_equal(s.text, text, s.len);
}

/* A foreign encoder's codes of every version and level. */
static void
every_version(void **state)
{
	static const char text[] = "https://verify.tamga.example/ 0123 AZ";

	(void)state;
	for (int version = 3; version <= 40; version++)
		for (int level = 0; level < 4; level++) {
			QRcode *c;
			int dim;
			if (version < 5 && level > 1)
				continue;
			c = QRcode_encodeData(sizeof text - 1,
			    (const unsigned char *)text, version,
			    (QRecLevel)level);
			dim = drawn(c, 1);
			assert_int_equal(dim, 17 + 4 * version);
			expect(dim, text);
			assert_int_equal(s.level, level);
			for (int i = 0; i < dim * dim; i++)
				assert_true(
				    s.sure[i] == 0 ||
				    (s.sure[i] < 0) == ((c->data[i] & 1) != 0));
			QRcode_free(c);
		}
}

static void
every_segment(void **state)
{
	QRinput *in = QRinput_new2(0, QR_ECLEVEL_M);
	static const char sjis[] = "\x93\x5f\xe4\xaa";
	QRcode *c;

	(void)state;
	assert_int_equal(QRinput_append(in, QR_MODE_NUM, 8,
			     (const unsigned char *)"01234567"),
	    0);
	assert_int_equal(
	    QRinput_append(in, QR_MODE_AN, 5, (const unsigned char *)"AC-42"),
	    0);
	assert_int_equal(
	    QRinput_append(in, QR_MODE_8, 3, (const unsigned char *)"\xe5z "),
	    0);
	assert_int_equal(
	    QRinput_append(in, QR_MODE_KANJI, 4, (const unsigned char *)sjis),
	    0);
	assert_int_equal(
	    QRinput_append(in, QR_MODE_NUM, 1, (const unsigned char *)"9"), 0);
	c = QRcode_encodeInput(in);
	expect(drawn(c, 1), "01234567AC-42\xe5z \x93\x5f\xe4\xaa"
			    "9");
	QRcode_free(c);
	QRinput_free(in);
}

#define LONG                                                                   \
	"https://verify.tamga.example/#12345678901234567890123456789012345678" \
	"01234567890123456789012345678901234567890123456789012345678901234567"

/* Part of several codes, or for FNC1: not told, since it is not the text. */
static void
parts_are_not_told(void **state)
{
	static const uint8_t gs1[] = {0x51, 0x01, 0x07, 0xb8, 0},
			     plain[] = {0x10, 0x10, 0x7b, 0x80};
	QRcode_List *list;

	(void)state;
	list =
	    QRcode_encodeStringStructured(LONG, 3, QR_ECLEVEL_M, QR_MODE_8, 1);
	assert_non_null(list);
	assert_false(symbol_read(soft, drawn(list->code, 1), &s));
	assert_int_equal(s.whole, s.blocks);
	QRcode_List_free(list);

	/* FNC1, then 4 digits; the same without */
	assert_false(
	    content_read(bytes_of(gs1, sizeof gs1), 1, s.text, &s.len));
	assert_true(
	    content_read(bytes_of(plain, sizeof plain), 1, s.text, &s.len));
	assert_int_equal(s.len, 4);
}

/* A stain over a fifth of the code: half its modules are wrong. Known to be
 * doubtful it is read, taken at its word it is not. */
static void
doubts_carry_further(void **state)
{
	QRcode *c = QRcode_encodeString8bit(LONG, 0, QR_ECLEVEL_M);
	int dim = drawn(c, 1);

	(void)state;
	for (int y = 12; y < dim - 8; y++)
		for (int x = 18; x < 31; x++)
			soft[y * dim + x] = -1;
	assert_false(symbol_read(soft, dim, &s));
	assert_true(s.whole < s.blocks);
	for (int y = 12; y < dim - 8; y++)
		for (int x = 18; x < 31; x++)
			soft[y * dim + x] = -0.05f;
	expect(dim, LONG);
	QRcode_free(c);
}

/* Whatever is damaged: the text is told whole, or nothing is. */
static void
damage_is_never_told(void **state)
{
	QRcode *c = QRcode_encodeString8bit(LONG, 0, QR_ECLEVEL_M);
	uint32_t seed = 5;
	unsigned told = 0;

	(void)state;
	for (unsigned round = 0; round < 4000; round++) {
		int dim = drawn(c, 1);
		for (unsigned i = 0; i < 40 + round / 4; i++) {
			seed = seed * 1664525 + 1013904223;
			float *m = soft + (seed >> 8) % (unsigned)(dim * dim);
			*m = -*m * (seed & 1 ? 0.1f : 1);
		}
		if (!symbol_read(soft, dim, &s))
			continue;
		told++;
		assert_int_equal(s.len, strlen(LONG));
		assert_memory_equal(s.text, LONG, s.len);
	}
	assert_true(told > 50 && told < 3000);
	QRcode_free(c);
}

static void
reed(void **state)
{
	uint8_t word[60], good[60], at[12];
	size_t errors;

	(void)state;
	for (size_t i = 0; i < 48; i++)
		good[i] = (uint8_t)(i * 7 + 3);
	reed_check(good, 48, 12, good + 48);
	for (size_t erased = 0; erased <= 12; erased++)
		for (size_t wrong = 0; wrong <= 7; wrong++) {
			memcpy(word, good, sizeof word);
			for (size_t i = 0; i < erased; i++) {
				at[i] = (uint8_t)(i * 3);
				word[at[i]] ^= (uint8_t)(i + 1);
			}
			for (size_t i = 0; i < wrong; i++)
				word[i * 6 + 2] ^= 0x55; /* no erased one */
			if (2 * wrong + erased <= 12) {
				assert_true(reed_correct(
				    word, 60, 12, at, erased, 0, &errors));
				assert_memory_equal(word, good, sizeof word);
			} else {
				uint8_t before[60];
				memcpy(before, word, sizeof word);
				if (!reed_correct(
					word, 60, 12, at, erased, 2, &errors))
					assert_memory_equal(
					    word, before, sizeof word);
			}
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_version),
	    cmocka_unit_test(every_segment),
	    cmocka_unit_test(parts_are_not_told),
	    cmocka_unit_test(doubts_carry_further),
	    cmocka_unit_test(damage_is_never_told),
	    cmocka_unit_test(reed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
