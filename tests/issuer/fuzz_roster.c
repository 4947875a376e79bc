#include <stdlib.h>

#include "issuer/row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct row_rules rules = {.kind = 2, .today = 20000};
	struct roster r;
	struct findings f;
	struct why why;
	struct row row;
	size_t sum = 0;

	findings_init(&f);
	if (roster_parse(bytes_of(data, size), &r, &f, &why) == CRED_OK) {
		for (size_t i = 0; i < r.n; i++)
			for (int c = 0; c < N_COLUMNS; c++)
				sum += strlen(r.rows[i].cell[c]);
		if (sum > 3 * size)
			abort();
		/* Rows are there only under a header, in ascending order. */
		for (size_t i = 0; i < r.n; i++)
			if (r.rows[i].row <=
			    (i == 0 ? r.header_row : r.rows[i - 1].row))
				abort();
		for (size_t i = 0; i < r.n && i < 20; i++) {
			struct certificate c;
			if (row_check(&r.rows[i], &rules, &row, &f) != CRED_OK)
				abort();
			/* What no rule refuses can be made a claim. */
			row_certificate(&row, &c);
			if (!row.bad &&
			    (c.name.len == 0 || c.occupation.len == 0))
				abort();
		}
		roster_release(&r);
	}
	findings_release(&f);
	return 0;
}
