/* table_dump FILE [SHEET]: the rows as table.h gives them; exit 1 and the
 * error's name when the file is refused. For readback.py. */
#include <stdio.h>

#include "table/table.h"

int
main(int argc, char **argv)
{
	static const char letters[] = "-tndbe";
	const struct table_row *row;
	struct table *t;
	struct why why = {""};
	enum cred_err e;

	if (argc < 2)
		return 2;
	e = table_open(argv[1], argc > 2 ? argv[2] : NULL, &t, &why);
	if (e != CRED_OK) {
		printf("%s\n", cred_errname(e));
		return 1;
	}
	while ((e = table_next(t, &row, &why)) == CRED_OK && row != NULL) {
		printf("%u%s", row->number, row->hidden ? "h" : "");
		for (size_t i = 0; i < row->n; i++)
			printf("\t%c%s", letters[row->cells[i].type],
			    row->cells[i].text);
		putchar('\n');
	}
	if (e != CRED_OK)
		printf("%s %u\n", cred_errname(e), table_at(t));
	table_close(t);
	return e != CRED_OK;
}
