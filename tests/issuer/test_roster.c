#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/roster.h"

#define HEAD "姓名,证件号码,职业名称,发证日期\n"

struct fixture {
	struct roster *r;
	struct roster_chunk c;
	struct findings f;
};

static void
parse_bytes(struct fixture *x, const void *p, size_t len)
{
	struct why why = {""};

	findings_init(&x->f);
	x->c = (struct roster_chunk){0};
	assert_int_equal(
	    roster_open_bytes(bytes_of(p, len), &x->r, &x->f, &why), CRED_OK);
	assert_int_equal(
	    roster_read(x->r, 1000, &x->c, &x->f, &why), CRED_OK);
}

static void
parse(struct fixture *x, const char *s)
{
	parse_bytes(x, s, strlen(s));
}

static void
done(struct fixture *x)
{
	roster_chunk_release(&x->c);
	roster_close(x->r);
	findings_release(&x->f);
}

/* Exactly one finding, this one. */
static void
only(const struct fixture *x, uint32_t row, enum finding_code code)
{
	for (size_t i = 0; i < x->f.n; i++)
		finding_print(stderr, "roster", &x->f.list[i]);
	assert_int_equal(x->f.n, 1);
	assert_int_equal(x->f.list[0].code, code);
	assert_int_equal(x->f.list[0].row, row);
}

static void
plain(void **state)
{
	struct fixture x;

	(void)state;
	parse(&x, HEAD "王明,1,电工,2020-06-30\r\n李四, 2 ,\"焊工,气焊\",d\n");
	assert_int_equal(x.f.n, 0);
	assert_int_equal(x.c.n, 2);
	assert_int_equal(x.c.rows[0].row, 2);
	assert_string_equal(x.c.rows[0].cell[COL_NAME], "王明");
	assert_string_equal(x.c.rows[0].cell[COL_LEVEL], "");
	assert_string_equal(x.c.rows[1].cell[COL_ID_NUMBER], " 2 ");
	assert_string_equal(x.c.rows[1].cell[COL_OCCUPATION], "焊工,气焊");
	assert_string_equal(roster_encoding(x.r), "UTF-8");
	done(&x);
}

static void
byte_order_mark_any_order_synonyms(void **state)
{
	struct fixture x;

	(void)state;
	parse(&x,
	    "\xef\xbb\xbf序号,发证时间,职业,身份证号（必填）,*持证人 姓名\n"
	    "1,d,o,i,n\n");
	assert_int_equal(x.f.n, 0);
	assert_string_equal(x.c.rows[0].cell[COL_NAME], "n");
	assert_string_equal(x.c.rows[0].cell[COL_ID_NUMBER], "i");
	assert_string_equal(x.c.rows[0].cell[COL_OCCUPATION], "o");
	assert_string_equal(x.c.rows[0].cell[COL_ISSUED], "d");
	done(&x);
}

/* Blank lines, CRLF, line ends inside cells: as the spreadsheet counts. */
static void
rows_are_numbered_as_the_spreadsheet_does(void **state)
{
	struct fixture x;

	(void)state;
	parse(&x, "姓名,证件号码,职业名称,发证日期\r\n\r\na,1,o,d\r\n"
		  ",,,\r\n\"b\r\nc\",2,o,d\r\n\r\n\r\ne,3,o,d");
	assert_int_equal(x.f.n, 0);
	assert_int_equal(x.c.n, 3);
	assert_int_equal(x.c.rows[0].row, 3);
	assert_int_equal(x.c.rows[1].row, 5);
	assert_string_equal(x.c.rows[1].cell[COL_NAME], "b\r\nc");
	assert_int_equal(x.c.rows[2].row, 8);
	done(&x);
	parse(&x, HEAD "\n\na,1,o,d\n\nb,2,o,d\n");
	assert_int_equal(x.c.rows[0].row, 4);
	assert_int_equal(x.c.rows[1].row, 6);
	done(&x);
}

static void
title_above_the_header(void **state)
{
	struct fixture x;

	(void)state;
	parse(&x, "某某学校2026年第三批名册,,,\n制表人：王明,,,\n" HEAD
		  "王明,1,电工,d\n");
	assert_int_equal(x.f.n, 0);
	assert_int_equal(roster_head(x.r)->row, 3);
	assert_int_equal(x.c.rows[0].row, 4);
	done(&x);
}

static void
gb18030(void **state)
{
	struct fixture x;
	/* 姓名,证件号码,职业名称,发证日期 / 王明,1,电工,d */
	static const char in[] =
	    "\xd0\xd5\xc3\xfb,\xd6\xa4\xbc\xfe\xba\xc5\xc2\xeb,"
	    "\xd6\xb0\xd2\xb5\xc3\xfb\xb3\xc6,"
	    "\xb7\xa2\xd6\xa4\xc8\xd5\xc6\xda\n"
	    "\xcd\xf5\xc3\xf7,1,\xb5\xe7\xb9\xa4,d\n";

	(void)state;
	parse(&x, in);
	assert_int_equal(x.f.n, 0);
	assert_string_equal(roster_encoding(x.r), "GB18030");
	assert_string_equal(x.c.rows[0].cell[COL_NAME], "王明");
	done(&x);
}

static void
utf16_with_tabs(void **state)
{
	struct fixture x;
	static const uint16_t in[] = {0xfeff, 0x59d3, 0x540d, '\t', 0x8bc1,
	    0x4ef6, 0x53f7, '\t', 0x804c, 0x4e1a, '\t', 0x53d1, 0x8bc1, 0x65e5,
	    0x671f, '\r', '\n', 'a', '\t', '1', '\t', 'o', '\t', 'd'};

	(void)state;
	parse_bytes(&x, in, sizeof in);
	assert_int_equal(x.f.n, 0);
	assert_string_equal(roster_encoding(x.r), "UTF-16");
	assert_string_equal(x.c.rows[0].cell[COL_ISSUED], "d");
	done(&x);
}

static void
semicolons(void **state)
{
	struct fixture x;

	(void)state;
	parse(&x, "姓名;证件号码;职业名称;发证日期\na;1;b,c;d\n");
	assert_int_equal(x.f.n, 0);
	assert_string_equal(x.c.rows[0].cell[COL_OCCUPATION], "b,c");
	done(&x);
}

static void
formula_quotes(void **state)
{
	struct fixture x;

	(void)state;
	parse(&x, HEAD "a,=\"0123\",o,d\n");
	assert_int_equal(x.f.n, 0);
	assert_string_equal(x.c.rows[0].cell[COL_ID_NUMBER], "0123");
	done(&x);
}

static void
one_finding(void **state)
{
	static const struct {
		const char *in;
		uint32_t row;
		enum finding_code code;
	} cases[] = {
	    {"", 1, FIND_ROSTER_EMPTY},
	    {"\n\n", 1, FIND_ROSTER_HEADER},
	    {HEAD, 1, FIND_ROSTER_EMPTY},
	    {"a,b\nc,d\n", 1, FIND_ROSTER_HEADER},
	    {"姓名,证件号码,职业名称\na,1,o\n", 1, FIND_COLUMN_MISSING},
	    {"姓名,证件号码,职业名称,发证日期,姓名\na,1,o,d,e\n", 1,
		FIND_COLUMN_DUPLICATE},
	    {"姓名,证件号码,职业名称,发证日期,发证日起\na,1,o,d,e\n", 1,
		FIND_COLUMN_UNKNOWN},
	    {HEAD "a,1,o,d\nb,2,\"o,d\nc,3,o,d\n", 3, FIND_ROSTER_QUOTE},
	    {HEAD "a,1,o,d\nb,2,o\"o,d\n", 3, FIND_ROSTER_QUOTE},
	    {HEAD "a,1,o,d\nb,2,o,d,e\n", 3, FIND_ROW_CELLS},
	    {"PK\3\4xxxxxxxx", 1, FIND_ROSTER_DAMAGED},
	    {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 1, FIND_ROSTER_FORMAT},
	    {HEAD "a,1,o,d\n\xff\xff,2,o,d\n", 3, FIND_ROSTER_ENCODING},
	};
	struct fixture x;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		parse(&x, cases[i].in);
		only(&x, cases[i].row, cases[i].code);
		done(&x);
	}
}

static void
nul_is_no_text(void **state)
{
	static const char in[] = HEAD "a\0b,1,o,d\n";
	struct fixture x;

	(void)state;
	parse_bytes(&x, in, sizeof in - 1);
	only(&x, 2, FIND_ROSTER_ENCODING);
	done(&x);
}

static void
limits(void **state)
{
	size_t n = sizeof HEAD + 3 * ROSTER_MAX_CELL;
	char *in = malloc(n + 1);
	struct fixture x;

	(void)state;
	memset(in, 'x', n);
	memcpy(in, HEAD, sizeof HEAD - 1);
	in[n] = '\0';
	parse(&x, in);
	only(&x, 2, FIND_ROSTER_LIMIT);
	done(&x);
	memset(in + sizeof HEAD - 1, ',', ROSTER_MAX_CELLS + 1);
	parse(&x, in);
	only(&x, 2, FIND_ROSTER_LIMIT);
	done(&x);
	free(in);
}

static void
columns_are_found_by_every_name(void **state)
{
	(void)state;
	assert_int_equal(column_find("姓名"), COL_NAME);
	assert_int_equal(column_find(" 姓 名 "), COL_NAME);
	assert_int_equal(column_find("证件号码(18位)"), COL_ID_NUMBER);
	assert_int_equal(column_find("职业(工种)"), COL_OCCUPATION);
	assert_int_equal(column_find("操作项目"), COL_OCCUPATION);
	assert_int_equal(column_find("id_number"), COL_ID_NUMBER);
	assert_int_equal(column_find("有效期至"), COL_VALID_TO);
	assert_int_equal(column_find("姓名备注"), N_COLUMNS);
	assert_int_equal(column_find(""), N_COLUMNS);
	for (int c = 0; c < N_COLUMNS; c++)
		assert_int_equal(column_find(column_name((enum column)c)), c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain),
	    cmocka_unit_test(byte_order_mark_any_order_synonyms),
	    cmocka_unit_test(rows_are_numbered_as_the_spreadsheet_does),
	    cmocka_unit_test(title_above_the_header),
	    cmocka_unit_test(gb18030),
	    cmocka_unit_test(utf16_with_tabs),
	    cmocka_unit_test(semicolons),
	    cmocka_unit_test(formula_quotes),
	    cmocka_unit_test(one_finding),
	    cmocka_unit_test(nul_is_no_text),
	    cmocka_unit_test(limits),
	    cmocka_unit_test(columns_are_found_by_every_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
