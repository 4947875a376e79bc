#ifndef TESTS_TABLE_ZIPPER_H
#define TESTS_TABLE_ZIPPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Archives as no spreadsheet program writes them: every field as asked for.
 */
struct zip_part {
	const char *name;
	const void *data;
	size_t len;     /* 0: strlen(data) */
	bool deflate;   /* else stored */
	uint16_t flags; /* 1: encrypted */
	int method;     /* 0: as it is packed; else what the header says */
	bool bad_crc;
};

struct zipper {
	uint8_t *buf;
	size_t len, cap;
};

/* The whole archive into z, which free(z->buf) releases. */
void zipper_make(const struct zip_part *parts, size_t n, struct zipper *z);

/* An XLSX file around the parts that are given; the others as they should be.
 * NULL: as it should be. */
struct xlsx_parts {
	const char *types, *root_rels, *workbook, *workbook_rels, *styles,
	    *strings, *sheet;
};
#define XLSX_PARTS 7
/* into parts: XLSX_PARTS of them */
void zipper_xlsx(const struct xlsx_parts *x, struct zip_part *parts);

#define XLSX_NS   "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define XLSX_RELS "http://schemas.openxmlformats.org/package/2006/relationships"
#define XLSX_DOC                                                               \
	"http://schemas.openxmlformats.org/officeDocument/2006/relationships"

#endif
