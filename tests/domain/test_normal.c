#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "domain/normal.h"

typedef enum cred_err normal_fn(struct bytes in, struct outbuf *out);

static void
is(normal_fn *fn, const char *in, const char *want)
{
	uint8_t buf[256];
	struct outbuf out = {buf, sizeof buf, 0};

	assert_int_equal(fn(bytes_str(in), &out), CRED_OK);
	if (!bytes_eq(bytes_of(buf, out.len), bytes_str(want)))
		fail_msg("[%s] became [%.*s], not [%s]", in, (int)out.len,
		    (const char *)buf, want);
}

static void
texts(void **state)
{
	(void)state;
	is(normal_text, "  电工\t", "电工");
	is(normal_text, "\xef\xbb\xbf姓名", "姓名");
	is(normal_text, "\"焊工\"", "焊工");
	is(normal_text, "'焊工", "焊工");
	is(normal_text, "型号\"5\"", "型号\"5\"");
	is(normal_text, "a \t b", "a b");
	is(normal_text, "　", "");
	is(normal_text, "", "");
	is(normal_text, "ＡＢ", "ＡＢ");
	is(normal_text, "ᠮᠣᠩᠭᠣᠯ ᠤᠨ", "ᠮᠣᠩᠭᠣᠯ ᠤᠨ"); /* U+202F stays */
}

static void
ids(void **state)
{
	(void)state;
	is(normal_id, " １５０１０２199001010019 ", "150102199001010019");
	is(normal_id, "11010519491231002x", "11010519491231002X");
	is(normal_id, "'150102 19900101 0019\t", "150102199001010019");
	is(normal_id, "150102-19900101-0019", "150102199001010019");
	is(normal_id, "=\"150102199001010019\"", "150102199001010019");
	is(normal_id, "\u202d150102199001010019\u202c\u2060",
	    "150102199001010019");
	is(normal_id, "1=2", "1=2");
	is(normal_id, "\"\"", "");
}

static void
names(void **state)
{
	(void)state;
	is(normal_name, "张 三", "张三");
	is(normal_name, "张　三", "张三");
	is(normal_name, "巴特尔•乌云", "巴特尔·乌云");
	is(normal_name, "巴特尔 ・ 乌云", "巴特尔·乌云");
	is(normal_name, "巴特尔．乌云", "巴特尔·乌云");
	is(normal_name, "巴特尔.乌云", "巴特尔·乌云");
	is(normal_name, "John  Smith", "John Smith");
	is(normal_name, "J. Smith", "J. Smith");
	is(normal_name, "O'Brien", "O'Brien");
	is(normal_name, "𠮷田", "𠮷田");
}

static void
halves(void **state)
{
	(void)state;
	is(normal_half, "２０２０－０６－３０", "2020-06-30");
	is(normal_half, "四级／中级工", "四级/中级工");
}

static void
headers(void **state)
{
	(void)state;
	is(normal_header, "证件号码（必填）*", "证件号码");
	is(normal_header, " 姓 名：", "姓名");
	is(normal_header, "name [text]", "NAME");
	is(normal_header, "ID_number", "IDNUMBER");
	is(normal_header, "等级((1)2)3)", "等级3)");
}

static void
not_utf8(void **state)
{
	uint8_t buf[16];
	struct outbuf out = {buf, sizeof buf, 0};

	(void)state;
	assert_int_equal(normal_text(bytes_str("\xd5\xc5"), &out),
	    CRED_ERR_CBOR_UTF8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts),
	    cmocka_unit_test(ids),
	    cmocka_unit_test(names),
	    cmocka_unit_test(halves),
	    cmocka_unit_test(headers),
	    cmocka_unit_test(not_utf8),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
