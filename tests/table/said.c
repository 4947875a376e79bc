#include "tests/table/said.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

struct why why;

char said[8192];

enum cred_err
read_all(struct table *t)
{
	static const char letters[] = "-tndbe";
	const struct table_row *row;
	size_t n = 0;
	enum cred_err e;

	said[0] = '\0';
	while ((e = table_next(t, &row, &why)) == CRED_OK && row != NULL) {
		n += (size_t)snprintf(said + n, sizeof said - n,
		    "%s%u%s:", n > 0 ? " " : "", row->number,
		    row->hidden ? "h" : "");
		for (size_t i = 0; i < row->n; i++) {
			const struct table_cell *c = &row->cells[i];
			assert_int_equal(strlen(c->text), c->len);
			n += (size_t)snprintf(said + n, sizeof said - n,
			    "%s%.1s%s", i > 0 ? "|" : "",
			    c->type == CELL_EMPTY ? "" : letters + c->type,
			    c->text);
			assert_true(n < sizeof said);
		}
	}
	return e;
}

enum cred_err
open_and_read(struct bytes file, const char *sheet, uint32_t *at)
{
	struct table *t = NULL;
	enum cred_err e;

	why.text[0] = '\0';
	e = table_open_bytes(file, sheet, &t, &why);
	*at = 0;
	if (e != CRED_OK)
		return e;
	e = read_all(t);
	*at = table_at(t);
	table_close(t);
	return e;
}
