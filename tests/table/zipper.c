#include "tests/table/zipper.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static void
put(struct zipper *z, const void *p, size_t n)
{
	if (z->cap - z->len < n) {
		z->cap = z->cap * 2 + n + 4096;
		z->buf = realloc(z->buf, z->cap);
		assert(z->buf != NULL);
	}
	memcpy(z->buf + z->len, p, n);
	z->len += n;
}

static void
put16(struct zipper *z, unsigned v)
{
	put(z, (uint8_t[]){(uint8_t)v, (uint8_t)(v >> 8)}, 2);
}

static void
put32(struct zipper *z, uint32_t v)
{
	put16(z, v & 0xffff);
	put16(z, v >> 16);
}

static size_t
pack(const void *data, size_t len, uint8_t **out)
{
	z_stream s = {0};
	size_t cap = len + len / 1000 + 64;

	*out = malloc(cap);
	assert(
	    *out != NULL && deflateInit2(&s, 9, Z_DEFLATED, -15, 9, 0) == Z_OK);
	s.next_in = (Bytef *)(uintptr_t)data;
	s.avail_in = (uInt)len;
	s.next_out = *out;
	s.avail_out = (uInt)cap;
	assert(deflate(&s, Z_FINISH) == Z_STREAM_END);
	deflateEnd(&s);
	return s.total_out;
}

/* What both headers of an entry have in common. */
static void
put_common(struct zipper *z, const struct zip_part *p, uint32_t crc,
    size_t packed, size_t len)
{
	put16(z, 20);
	put16(z, p->flags);
	put16(z, p->method != 0 ? (unsigned)p->method : p->deflate ? 8 : 0);
	put32(z, 0x58210000);
	put32(z, crc);
	put32(z, (uint32_t)packed);
	put32(z, (uint32_t)len);
	put16(z, (unsigned)strlen(p->name));
	put16(z, 0);
}

void
zipper_make(const struct zip_part *parts, size_t n, struct zipper *z)
{
	struct zipper central = {0};
	size_t count = 0, start;

	*z = (struct zipper){0};
	for (size_t i = 0; i < n; i++) {
		const struct zip_part *p = &parts[i];
		size_t len, packed, at = z->len;
		uint8_t *small = NULL;
		uint32_t crc;

		if (p->name == NULL)
			continue;
		count++;
		len = p->len > 0 ? p->len : strlen(p->data);
		packed = p->deflate ? pack(p->data, len, &small) : len;
		crc = (uint32_t)crc32(0, p->data, (uInt)len) ^ p->bad_crc;
		put32(z, 0x04034b50);
		put_common(z, p, crc, packed, len);
		put(z, p->name, strlen(p->name));
		put(z, p->deflate ? (const void *)small : p->data, packed);
		free(small);
		put32(&central, 0x02014b50);
		put16(&central, 20);
		put_common(&central, p, crc, packed, len);
		put16(&central, 0);
		put16(&central, 0);
		put16(&central, 0);
		put32(&central, 0);
		put32(&central, (uint32_t)at);
		put(&central, p->name, strlen(p->name));
	}
	start = z->len;
	put(z, central.buf, central.len);
	put32(z, 0x06054b50);
	put32(z, 0);
	put16(z, (unsigned)count);
	put16(z, (unsigned)count);
	put32(z, (uint32_t)central.len);
	put32(z, (uint32_t)start);
	put16(z, 0);
	free(central.buf);
}

#define TYPE "application/vnd.openxmlformats-officedocument.spreadsheetml."

void
zipper_xlsx(const struct xlsx_parts *x, struct zip_part *parts)
{
	const struct {
		const char *name, *given, *usual;
	} list[XLSX_PARTS] = {
	    {"[Content_Types].xml", x->types,
		"<Types xmlns='http://schemas.openxmlformats.org/package/2006/"
		"content-types'><Default Extension='rels' "
		"ContentType='application/"
		"vnd.openxmlformats-package.relationships+xml'/><Override "
		"PartName='/xl/workbook.xml' ContentType='" TYPE
		"sheet.main+xml'/><Override PartName='/xl/worksheets/"
		"sheet1.xml' ContentType='" TYPE
		"worksheet+xml'/><Override PartName='/xl/worksheets/"
		"sheet2.xml' ContentType='" TYPE "worksheet+xml'/></Types>"},
	    {"_rels/.rels", x->root_rels,
		"<Relationships xmlns='" XLSX_RELS
		"'><Relationship Id='r1' Type='" XLSX_DOC
		"/officeDocument' Target='xl/workbook.xml'/></Relationships>"},
	    {"xl/workbook.xml", x->workbook,
		"<workbook xmlns='" XLSX_NS "' xmlns:r='" XLSX_DOC
		"'><sheets><sheet name='A' sheetId='1' r:id='r1'/>"
		"</sheets></workbook>"},
	    {"xl/_rels/workbook.xml.rels", x->workbook_rels,
		"<Relationships xmlns='" XLSX_RELS
		"'><Relationship Id='r1' Type='" XLSX_DOC
		"/worksheet' Target='worksheets/sheet1.xml'/><Relationship "
		"Id='r2' Type='" XLSX_DOC "/styles' Target='styles.xml'/>"
		"<Relationship Id='r3' Type='" XLSX_DOC
		"/sharedStrings' Target='/xl/sharedStrings.xml'/><Relationship "
		"Id='r4' Type='" XLSX_DOC
		"/worksheet' Target='worksheets/sheet2.xml'/></Relationships>"},
	    {"xl/styles.xml", x->styles,
		"<styleSheet xmlns='" XLSX_NS
		"'><numFmts><numFmt numFmtId='164' "
		"formatCode='yyyy\"年\"m\"月\"d\"日\"'/><numFmt numFmtId='165' "
		"formatCode='\"d\"0.00'/></numFmts><cellStyleXfs><xf "
		"numFmtId='14'/></cellStyleXfs><cellXfs><xf numFmtId='0'/><xf "
		"numFmtId='14'/><xf numFmtId='164'/><xf numFmtId='165'/><xf "
		"numFmtId='22'/></cellXfs></styleSheet>"},
	    {"xl/sharedStrings.xml", x->strings,
		"<sst xmlns='" XLSX_NS "'><si><t>甲</t></si><si><r><t>乙</t>"
		"</r><r><t xml:space='preserve"
		"'> 丙</t></r><rPh><t>yi</t></rPh></si>"
		"<si><t>a_x000D_b</t></si></sst>"},
	    {"xl/worksheets/sheet1.xml", x->sheet,
		"<worksheet xmlns='" XLSX_NS
		"'><sheetData><row r='1'><c r='A1' t='s'><v>0</v></c></row>"
		"</sheetData></worksheet>"},
	};

	for (size_t i = 0; i < XLSX_PARTS; i++) {
		const char *data =
		    list[i].given != NULL ? list[i].given : list[i].usual;
		parts[i] = (struct zip_part){
		    .name = *data != '\0' ? list[i].name : NULL, .data = data};
	}
}
