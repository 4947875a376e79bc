#include <stdlib.h>

#include "issuer/roster.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct roster r;
	struct findings f;
	struct why why;
	size_t sum = 0;

	findings_init(&f);
	if (roster_parse(bytes_of(data, size), &r, &f, &why) == CRED_OK) {
		for (size_t i = 0; i < r.n; i++)
			for (int c = 0; c < N_COLUMNS; c++)
				sum += strlen(r.rows[i].cell[c]);
		/* Rows are there only under a header, in ascending order. */
		for (size_t i = 0; i < r.n; i++)
			if (r.rows[i].row <=
			    (i == 0 ? r.header_row : r.rows[i - 1].row))
				abort();
		if (sum > 3 * size)
			abort();
		roster_release(&r);
	}
	findings_release(&f);
	return 0;
}
