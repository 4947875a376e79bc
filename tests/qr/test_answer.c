#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <stdio.h>

#include "qr/reader_int.h"

/* The bytes that an inmate answers with. */
static void
expect_text(const struct reader_code *c, unsigned page, const char *text)
{
	assert_int_equal(c->page, page);
	assert_int_equal(c->text.len, strlen(text));
	assert_memory_equal(c->text.ptr, text, strlen(text));
}

static struct reader_answer ans;

static enum cred_err
parse(const char *s, size_t len)
{
	return reader_answer_parse(bytes_of(s, len), 1, 8, &ans);
}

static void
answers(void **state)
{
	static const char good[] = "TGA1\0\0\x02\0\x02\0"
				   "\x01\0\x02\0hi\x02\0\0\0";
	char bad[sizeof good];

	(void)state;
	assert_int_equal(parse(good, sizeof good - 1), CRED_OK);
	assert_int_equal(ans.n, 2);
	assert_int_equal(ans.pages, 2);
	expect_text(&ans.codes[0], 1, "hi");
	expect_text(&ans.codes[1], 2, "");
	for (size_t i = 0; i < sizeof good - 1; i++)
		assert_int_equal(parse(good, i), CRED_FAULT_JAIL);
	assert_int_equal(parse(good, sizeof good), CRED_FAULT_JAIL);
	static const struct {
		size_t at;
		char v;
	} wrong[] = {{0, 't'}, {4, 5}, {5, 1}, {6, 9}, {8, 1}, {8, 3}, {9, 2},
	    {10, 0}, {10, 9}, {10, 3}, {12, 3}, {13, 0x20}};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		memcpy(bad, good, sizeof good);
		bad[wrong[i].at] = wrong[i].v;
		if (parse(bad, sizeof good - 1) != CRED_FAULT_JAIL)
			fail_msg("accepted: byte %zu", wrong[i].at);
	}
}

static void
answer_writer(void **state)
{
	static uint8_t buf[READER_ANSWER_MAX], big[READER_MAX_TEXT + 1];
	struct reader_writer w;
	size_t len;
	char text[16];

	(void)state;
	reader_answer_begin(&w, buf);
	for (unsigned page = 1; page <= 8; page++) {
		w.page = page;
		reader_answer_add(&w, bytes_of(big, sizeof big)); /* too long */
		for (int i = 0; i < 70; i++) {
			snprintf(text, sizeof text, "%d", i);
			reader_answer_add(&w, bytes_str(text));
			reader_answer_add(&w, bytes_str(text));
		}
	}
	len = reader_answer_end(&w, CRED_OK, 8);
	assert_int_equal(
	    reader_answer_parse(bytes_of(buf, len), 1, 8, &ans), CRED_OK);
	assert_int_equal(ans.n, 8 * READER_MAX_CODES);
	expect_text(&ans.codes[64], 2, "0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers),
	    cmocka_unit_test(answer_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
