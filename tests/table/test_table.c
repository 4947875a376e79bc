#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/table/said.h"
#include "tests/table/zipper.h"

#define S(s) s, sizeof(s) - 1

static void
reads(const char *csv, size_t len, const char *want)
{
	uint32_t at;

	assert_int_equal(open_and_read(bytes_of(csv, len), NULL, &at), CRED_OK);
	assert_string_equal(said, want);
}
#define READS(csv, want) reads(csv, sizeof(csv) - 1, want)

static void
csv_forms(void **state)
{
	(void)state;
	READS("", "");
	READS("a,b\nc,d", "1:ta|tb 2:tc|td");
	READS("\xef\xbb\xbf"
	      "a;b\r\n\r\n\"x\r\ny\";\"z\"\"\"\r\n",
	    "1:ta|tb 2: 3:tx\r\ny|tz\"");
	READS("a\tb,c\n\t\n", "1:ta|tb,c 2:|");
}

static void
equals_before_quotes(void **state)
{
	uint32_t at;

	(void)state;
	READS("=\"007\",=\"8\"\n=x,=\n", "1:t007|t8 2:t=x|t=");
	/* Inside quotes it is text. */
	READS("\"x,=\"\"y\"\"\",z\n", "1:tx,=\"y\"|tz");
	assert_int_equal(open_and_read(bytes_str("a,=\"1\n"), NULL, &at),
	    CRED_ERR_TABLE_QUOTE);
}

static void
csv_encodings(void **state)
{
	(void)state;
	READS("\xbc\xd7,\xd2\xd2\n", "1:t甲|t乙");
	READS("\xff\xfe\x32\x75,\0\x59\x4e\n\0", "1:t甲|t乙");
	READS("\xfe\xff\x75\x32\0,\x4e\x59", "1:t甲|t乙");
	/* Outside the base plane: four bytes in GB18030. */
	READS("\x95\x34\xb2\x35\n", "1:t𠮷");
}

static void
encodings_across_blocks(void **state)
{
	static const struct {
		const char *row;
		size_t len;
		const char *encoding;
	} cases[] = {
	    {S("a\xe7\x94\xb2\xe7\x94\xb2\xe7\x94\xb2\n"), "UTF-8"},
	    {S("a\xbc\xd7\xbc\xd7\xbc\xd7\n"), "GB18030"},
	};
	const struct table_row *row;
	struct table *t;

	(void)state;
	/* Some character lies across every border of blocks. */
	for (size_t k = 0; k < 2; k++) {
		size_t n = 20000, seen = 0;
		char *in = malloc(n * cases[k].len);
		for (size_t i = 0; i < n; i++)
			memcpy(
			    in + i * cases[k].len, cases[k].row, cases[k].len);
		assert_int_equal(
		    table_open_bytes(
			bytes_of(in, n * cases[k].len), NULL, &t, &why),
		    CRED_OK);
		assert_string_equal(table_encoding(t), cases[k].encoding);
		while (table_next(t, &row, &why) == CRED_OK && row != NULL) {
			assert_string_equal(row->cells[0].text, "a甲甲甲");
			seen++;
		}
		assert_int_equal(seen, n);
		table_close(t);
		free(in);
	}
}

static void
csv_refused(void **state)
{
	static const struct {
		const char *in;
		size_t len;
		enum cred_err err;
		uint32_t at;
	} cases[] = {
	    {S("a\nb,\"c\nd"), CRED_ERR_TABLE_QUOTE, 2},
	    {S("a\nb\"c\nd"), CRED_ERR_TABLE_QUOTE, 2},
	    {S("a\n\xff\xff,b\n"), CRED_ERR_TABLE_ENCODING, 2},
	    {S("\xff\xff,b\n"), CRED_ERR_TABLE_ENCODING, 1},
	    {S("a\nb\0c\n"), CRED_ERR_TABLE_ENCODING, 2},
	    {S("\0\0"), CRED_ERR_TABLE_ENCODING, 1},
	    /* With a mark it is UTF-8 and nothing else. */
	    {S("\xef\xbb\xbfx\n\xbc\xd7\n"), CRED_ERR_TABLE_ENCODING, 2},
	    {S("a\n\xbc"), CRED_ERR_TABLE_ENCODING, 2},
	    {S("\xff\xfe\x00\xd8\x00"), CRED_ERR_TABLE_ENCODING, 1},
	};
	char *big = malloc(40000);
	uint32_t at;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(
		    open_and_read(
			bytes_of(cases[i].in, cases[i].len), NULL, &at),
		    cases[i].err);
		assert_int_equal(at, cases[i].at);
		assert_true(strlen(why.text) > 20);
	}
	memset(big, 'x', 40000);
	assert_int_equal(
	    open_and_read(bytes_of(big, TABLE_MAX_CELL), NULL, &at), CRED_OK);
	assert_int_equal(
	    open_and_read(bytes_of(big, TABLE_MAX_CELL + 1), NULL, &at),
	    CRED_ERR_TABLE_LIMIT);
	/* Quoted, without an end: found long before the end of the file. */
	big[0] = '"';
	assert_int_equal(open_and_read(bytes_of(big, 40000), NULL, &at),
	    CRED_ERR_TABLE_LIMIT);
	memset(big, ',', 40000);
	assert_int_equal(
	    open_and_read(bytes_of(big, TABLE_MAX_CELLS - 1), NULL, &at),
	    CRED_OK);
	assert_int_equal(
	    open_and_read(bytes_of(big, TABLE_MAX_CELLS), NULL, &at),
	    CRED_ERR_TABLE_LIMIT);
	assert_int_equal(
	    open_and_read(bytes_str("a,b\n"), "A", &at), CRED_ERR_TABLE_SHEET);
	free(big);
}

static void
too_many_rows(void **state)
{
	size_t n = TABLE_MAX_ROWS + 1;
	char *in = malloc(n);
	uint32_t at;
	struct table *t;
	const struct table_row *row;
	enum cred_err e;

	(void)state;
	memset(in, '\n', n);
	assert_int_equal(
	    table_open_bytes(bytes_of(in, n), NULL, &t, &why), CRED_OK);
	while ((e = table_next(t, &row, &why)) == CRED_OK && row != NULL)
		continue;
	at = table_at(t);
	assert_int_equal(e, CRED_ERR_TABLE_LIMIT);
	assert_int_equal(at, TABLE_MAX_ROWS + 1);
	assert_int_equal(table_next(t, &row, &why), CRED_FAULT_INTERNAL);
	table_close(t);
	free(in);
}

static void
other_formats(void **state)
{
	static const char old[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old";
	static const char name[] =
	    "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g";
	char *locked = calloc(1, 200000);
	uint32_t at;

	(void)state;
	assert_int_equal(open_and_read(bytes_of(old, sizeof old), NULL, &at),
	    CRED_ERR_TABLE_OLD);
	assert_non_null(strstr(why.text, ".xlsx"));
	memcpy(locked, old, 8);
	/* Across two blocks of the search. */
	memcpy(locked + 65536 - 5, name, sizeof name);
	assert_int_equal(open_and_read(bytes_of(locked, 200000), NULL, &at),
	    CRED_ERR_TABLE_PASSWORD);
	free(locked);
}

static enum cred_err
xlsx_of(const struct xlsx_parts *x, const char *sheet, uint32_t *at)
{
	struct zip_part parts[XLSX_PARTS];
	struct zipper z;
	enum cred_err e;

	zipper_xlsx(x, parts);
	zipper_make(parts, XLSX_PARTS, &z);
	e = open_and_read(bytes_of(z.buf, z.len), sheet, at);
	free(z.buf);
	return e;
}

#define SHEET(rows)                                                            \
	"<worksheet xmlns='" XLSX_NS "'><sheetData>" rows                      \
	"</sheetData></worksheet>"

static void
sheet_reads(const char *sheet, const char *want)
{
	uint32_t at;

	if (xlsx_of(&(struct xlsx_parts){.sheet = sheet}, NULL, &at) != CRED_OK)
		fail_msg("%s: %s", sheet, why.text);
	assert_string_equal(said, want);
}

static void
xlsx_cells(void **state)
{
	(void)state;
	sheet_reads(SHEET("<row r='2'><c r='A2' t='s'><v>0</v></c>"
			  "<c r='C2' t='s'><v>1</v></c></row>"
			  "<row r='5' hidden='1'><c r='B5' t='s'><v>2</v></c>"
			  "</row>"),
	    "2:t甲||t乙 丙 5h:|ta\rb");
	/* Without references: one after the other. */
	sheet_reads(
	    SHEET("<row><c><v>1</v></c><c t='n'><v>1.5E+17</v></c></row>"
		  "<row><c t='b'><v>1</v></c><c t='b'><v>0</v></c></row>"),
	    "1:n1|n150000000000000000 2:bTRUE|bFALSE");
	sheet_reads(SHEET("<row><c t='inlineStr'><is><t>a</t><r><t>b_x0041_</t>"
			  "</r><rPh sb='0' eb='1'><t>no</t></rPh></is></c>"
			  "<c t='str'><f>A1</f><v>x</v></c>"
			  "<c t='e'><v>#REF!</v></c><c><f>1+1</f></c>"
			  "<c t='d'><v>2020-06-30</v></c></row>"),
	    "1:tabA|tx|e#REF!|e|d2020-06-30");
	/* Dates: builtin, custom, with time, and a letter that is none. */
	sheet_reads(SHEET("<row><c s='1'><v>44012</v></c><c s='2'><v>44012</v>"
			  "</c><c s='3'><v>44012</v></c>"
			  "<c s='4'><v>44012.5</v></c><c s='0'><v>44012</v></c>"
			  "<c s='99'><v>1</v></c></row>"),
	    "1:d2020-06-30|d2020-06-30|n44012|d2020-06-30 12:00:00|n44012|n1");
	/* Styled cells without anything, far to the right: as Excel leaves
	 * them. */
	sheet_reads(
	    SHEET("<row r='1'><c r='A1' s='1'/><c r='XFD1' s='1'/></row>"),
	    "1:");
	/* A prefix, comments, other elements, formulas' results. */
	sheet_reads(
	    "<?xml version='1.0' encoding='utf-8'?><x:worksheet "
	    "xmlns:x='" XLSX_NS
	    "' xmlns:o='urn:o'><!-- --><x:cols/><x:sheetData><x:row>"
	    "<o:c><o:v>9</o:v></o:c><x:c><x:f>1+1</x:f><x:v>2</x:v></x:c>"
	    "</x:row></x:sheetData><x:mergeCells/></x:worksheet>",
	    "1:n2");
	sheet_reads(SHEET(""), "");
}

static void
dates_of_1904(void **state)
{
	static const struct xlsx_parts x = {
	    .workbook = "<workbook xmlns='" XLSX_NS "' xmlns:r='" XLSX_DOC
			"'><workbookPr date1904='1'/><sheets><sheet name='A' "
			"r:id='r1'/></sheets></workbook>",
	    .sheet = SHEET("<row><c s='1'><v>42550</v></c></row>")};
	uint32_t at;

	(void)state;
	assert_int_equal(xlsx_of(&x, NULL, &at), CRED_OK);
	assert_string_equal(said, "1:d2020-06-30");
}

#define BOOK(sheets)                                                           \
	"<workbook xmlns='" XLSX_NS "' xmlns:r='" XLSX_DOC "'><sheets>" sheets \
	"</sheets></workbook>"

static void
the_first_visible_sheet_or_the_one_named(void **state)
{
	struct xlsx_parts x = {
	    .workbook = BOOK("<sheet name='H' state='hidden' r:id='r1'/>"
			     "<sheet name='V' state='veryHidden' r:id='r1'/>"
			     "<sheet name='B' r:id='r4'/>")};
	struct zip_part parts[XLSX_PARTS + 1];
	struct zipper z;
	struct table *t;
	uint32_t at;

	(void)state;
	zipper_xlsx(&x, parts);
	parts[XLSX_PARTS] =
	    (struct zip_part){.name = "xl/worksheets/sheet2.xml",
		.data = SHEET("<row><c><v>2</v></c></row>"),
		.deflate = true};
	zipper_make(parts, XLSX_PARTS + 1, &z);
	assert_int_equal(
	    open_and_read(bytes_of(z.buf, z.len), NULL, &at), CRED_OK);
	assert_string_equal(said, "1:n2");
	assert_int_equal(
	    open_and_read(bytes_of(z.buf, z.len), "H", &at), CRED_OK);
	assert_string_equal(said, "1:t甲");
	assert_int_equal(open_and_read(bytes_of(z.buf, z.len), "C", &at),
	    CRED_ERR_TABLE_SHEET);
	assert_non_null(strstr(why.text, ": B"));
	assert_int_equal(
	    table_open_bytes(bytes_of(z.buf, z.len), NULL, &t, &why), CRED_OK);
	assert_string_equal(table_sheet(t), "B");
	assert_string_equal(table_encoding(t), "XLSX");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(read_all(t), CRED_OK);
		assert_string_equal(said, "1:n2");
		assert_int_equal(table_rewind(t, &why), CRED_OK);
	}
	table_close(t);
	free(z.buf);
	x.workbook = BOOK("<sheet name='H' state='hidden' r:id='r1'/>");
	assert_int_equal(xlsx_of(&x, NULL, &at), CRED_ERR_TABLE_SHEET);
}

#define RELS(list)                                                             \
	"<Relationships xmlns='" XLSX_RELS "'>" list "</Relationships>"
#define REL(id, type, target)                                                  \
	"<Relationship Id='" id "' Type='" XLSX_DOC "/" type                   \
	"' Target='" target "'/>"
#define DEEP8(a) a a a a a a a a

static void
hostile_parts(void **state)
{
	static const struct {
		struct xlsx_parts x;
		enum cred_err err;
	} cases[] = {
	    /* billion laughs, and an entity that would read a file */
	    {{.sheet = "<!DOCTYPE z [<!ENTITY a 'x'><!ENTITY b '&a;&a;'>]>"
		       "<worksheet>&b;</worksheet>"},
		CRED_ERR_TABLE_DOCTYPE},
	    {{.strings = "<!DOCTYPE sst SYSTEM 'file:///etc/passwd'><sst/>"},
		CRED_ERR_TABLE_DOCTYPE},
	    {{.styles = "<!DOCTYPE s><s/>"}, CRED_ERR_TABLE_DOCTYPE},
	    {{.workbook = "<!DOCTYPE s><s/>"}, CRED_ERR_TABLE_DOCTYPE},
	    {{.types = "<!DOCTYPE s><s/>"}, CRED_ERR_TABLE_DOCTYPE},
	    {{.root_rels = "<!DOCTYPE s><s/>"}, CRED_ERR_TABLE_DOCTYPE},
	    {{.workbook_rels = "<!DOCTYPE s><s/>"}, CRED_ERR_TABLE_DOCTYPE},
	    {{.sheet = SHEET("<row><c><v>&other;</v></c></row>")},
		CRED_ERR_TABLE_XML},
	    /* not well-formed; not XML at all; an archive in the archive */
	    {{.sheet = "<worksheet><sheetData></worksheet>"},
		CRED_ERR_TABLE_XML},
	    {{.sheet = "PK\3\4"}, CRED_ERR_TABLE_XML},
	    {{.sheet = SHEET("<row><c><v>\xff</v></c></row>")},
		CRED_ERR_TABLE_XML},
	    {{.sheet = "<?xml version='1.0' encoding='GBK'?><worksheet/>"},
		CRED_ERR_TABLE_ENCODING},
	    {{.sheet = "<?xml version='1.0' encoding='ISO-8859-1'?><w/>"},
		CRED_ERR_TABLE_ENCODING},
	    {{.sheet = DEEP8("<a><a><a><a><a>")}, CRED_ERR_TABLE_DEPTH},
	    /* missing parts */
	    {{.types = ""}, CRED_ERR_TABLE_PART},
	    {{.root_rels = ""}, CRED_ERR_TABLE_FORMAT},
	    {{.root_rels = RELS("")}, CRED_ERR_TABLE_FORMAT},
	    {{.workbook = ""}, CRED_ERR_TABLE_PART},
	    {{.workbook_rels = ""}, CRED_ERR_TABLE_PART},
	    {{.workbook_rels = RELS("")}, CRED_ERR_TABLE_PART},
	    {{.sheet = ""}, CRED_ERR_TABLE_PART},
	    {{.strings = ""}, CRED_ERR_TABLE_PART},
	    {{.styles = ""}, CRED_ERR_TABLE_PART},
	    {{.workbook = BOOK("")}, CRED_ERR_TABLE_SHEET},
	    /* paths that lead elsewhere */
	    {{.root_rels = RELS(REL("a", "officeDocument", "../workbook.xml"))},
		CRED_ERR_TABLE_PATH},
	    {{.root_rels = RELS(REL("a", "officeDocument", "//h/w.xml"))},
		CRED_ERR_TABLE_PATH},
	    {{.root_rels = RELS(REL("a", "officeDocument", "http://h/w.xml"))},
		CRED_ERR_TABLE_PATH},
	    {{.workbook_rels =
		     RELS(REL("r1", "worksheet", "worksheets\\sheet1.xml"))},
		CRED_ERR_TABLE_PATH},
	    {{.workbook_rels = RELS(REL("r1", "worksheet", "%2e%2e/s.xml"))},
		CRED_ERR_TABLE_PATH},
	    {{.workbook_rels = RELS("<Relationship Id='r1' Type='x/worksheet' "
				    "TargetMode='External' Target='a.xml'/>")},
		CRED_ERR_TABLE_PATH},
	    /* other types */
	    {{.types = "<Types xmlns='http://schemas.openxmlformats.org/"
		       "package/2006/content-types'><Default Extension='xml' "
		       "ContentType='application/xml'/></Types>"},
		CRED_ERR_TABLE_TYPE},
	    {{.workbook_rels = RELS(REL("r1", "worksheet", "styles.xml"))},
		CRED_ERR_TABLE_TYPE},
	    /* references */
	    {{.sheet = SHEET("<row r='0'/>")}, CRED_ERR_TABLE_REF},
	    {{.sheet = SHEET("<row r='1048577'/>")}, CRED_ERR_TABLE_REF},
	    {{.sheet = SHEET("<row r='x'/>")}, CRED_ERR_TABLE_REF},
	    {{.sheet = SHEET("<row r='2'/><row r='2'/>")}, CRED_ERR_TABLE_REF},
	    {{.sheet = SHEET("<row><row/></row>")}, CRED_ERR_TABLE_REF},
	    {{.sheet = SHEET("<row r='1'><c r='A2'/></row>")},
		CRED_ERR_TABLE_REF},
	    {{.sheet = SHEET("<row><c r='B1'/><c r='A1'/></row>")},
		CRED_ERR_TABLE_REF},
	    {{.sheet = SHEET("<row><c r='B1'/><c r='B1'/></row>")},
		CRED_ERR_TABLE_REF},
	    {{.sheet = SHEET("<row><c r='XFE1'/></row>")}, CRED_ERR_TABLE_REF},
	    {{.sheet = SHEET("<row><c r='BBBBBBBBBB1'/></row>")},
		CRED_ERR_TABLE_REF},
	    {{.sheet = SHEET("<row><c><c/></c></row>")}, CRED_ERR_TABLE_REF},
	    {{.sheet = SHEET("<row><c r='IW1'><v>1</v></c></row>")},
		CRED_ERR_TABLE_LIMIT},
	    {{.sheet = SHEET("<row><c t='s'><v>3</v></c></row>")},
		CRED_ERR_TABLE_STRING},
	    {{.sheet = SHEET("<row><c t='s'><v>-1</v></c></row>")},
		CRED_ERR_TABLE_STRING},
	    {{.sheet = SHEET("<row><c t='s'><v>99999999999</v></c></row>")},
		CRED_ERR_TABLE_STRING},
	    {{.workbook_rels =
		     RELS(REL("r1", "worksheet", "worksheets/sheet1.xml")),
		 .sheet = SHEET("<row><c t='s'><v>0</v></c></row>")},
		CRED_ERR_TABLE_STRING},
	};
	uint32_t at;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		enum cred_err e = xlsx_of(&cases[i].x, NULL, &at);
		if (e != cases[i].err)
			fail_msg("case %zu: %s, not %s", i, cred_errname(e),
			    cred_errname(cases[i].err));
		assert_true(strlen(why.text) > 10);
	}
}

static void
a_fault_names_its_row(void **state)
{
	static const struct xlsx_parts x = {
	    .sheet =
		SHEET("<row r='7'/><row r='9'><c t='s'><v>8</v></c></row>")};
	uint32_t at;

	(void)state;
	assert_int_equal(xlsx_of(&x, NULL, &at), CRED_ERR_TABLE_STRING);
	assert_int_equal(at, 9);
	assert_string_equal(said, "7:");
}

/* A long text refuses the file only where a cell of this sheet has it. */
static void
long_texts(void **state)
{
	struct xlsx_parts x = {
	    .sheet = SHEET("<row><c t='s'><v>1</v></c></row>")};
	size_t n = 9000;
	char *strings = malloc(n + 200), *p = strings;
	uint32_t at;

	(void)state;
	p += sprintf(p, "<sst xmlns='%s'><si><t>", XLSX_NS);
	memset(p, 'x', n);
	strcpy(p + n, "</t></si><si><t>ok</t></si></sst>");
	x.strings = strings;
	assert_int_equal(xlsx_of(&x, NULL, &at), CRED_OK);
	assert_string_equal(said, "1:tok");
	x.sheet = SHEET("<row><c t='s'><v>0</v></c></row>");
	assert_int_equal(xlsx_of(&x, NULL, &at), CRED_ERR_TABLE_LIMIT);
	free(strings);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(csv_forms),
	    cmocka_unit_test(equals_before_quotes),
	    cmocka_unit_test(csv_encodings),
	    cmocka_unit_test(encodings_across_blocks),
	    cmocka_unit_test(csv_refused),
	    cmocka_unit_test(too_many_rows),
	    cmocka_unit_test(other_formats),
	    cmocka_unit_test(xlsx_cells),
	    cmocka_unit_test(dates_of_1904),
	    cmocka_unit_test(the_first_visible_sheet_or_the_one_named),
	    cmocka_unit_test(hostile_parts),
	    cmocka_unit_test(a_fault_names_its_row),
	    cmocka_unit_test(long_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
