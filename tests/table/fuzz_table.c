#include <stdlib.h>
#include <string.h>

#include "table/table.h"
#include "tests/table/zipper.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
walk(struct bytes file)
{
	const struct table_row *row;
	struct table *t;
	struct why why;
	uint32_t last = 0;

	if (table_open_bytes(file, NULL, &t, &why) != CRED_OK)
		return;
	while (table_next(t, &row, &why) == CRED_OK && row != NULL) {
		if (row->number <= last || row->number > TABLE_MAX_ROWS ||
		    row->n > TABLE_MAX_CELLS)
			abort();
		last = row->number;
		for (size_t i = 0; i < row->n; i++)
			if (row->cells[i].len > TABLE_MAX_CELL ||
			    strlen(row->cells[i].text) != row->cells[i].len)
				abort();
	}
	table_close(t);
}

/* The first byte: a file as it is, or XML as one of an XLSX file's parts. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct zip_part parts[XLSX_PARTS];
	struct zipper z;
	unsigned which;

	if (size < 2)
		return 0;
	which = data[0] % (XLSX_PARTS + 1);
	if (which == XLSX_PARTS) {
		walk(bytes_of(data + 1, size - 1));
		return 0;
	}
	zipper_xlsx(&(struct xlsx_parts){0}, parts);
	parts[which].data = data + 1;
	parts[which].len = size - 1;
	zipper_make(parts, XLSX_PARTS, &z);
	walk(bytes_of(z.buf, z.len));
	free(z.buf);
	return 0;
}
