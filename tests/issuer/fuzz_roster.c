#include <stdlib.h>

#include "issuer/row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct row_rules rules = {.kind = 2, .today = 20000};
	struct roster_chunk c = {.n = 0};
	uint32_t last;
	struct roster *r;
	struct findings f;
	struct why why;
	struct row row;
	size_t checked = 0;

	findings_init(&f);
	if (roster_open_bytes(bytes_of(data, size), &r, &f, &why) != CRED_OK)
		goto out;
	last = roster_head(r)->row;
	do {
		if (roster_read(r, 7, &c, &f, &why) != CRED_OK)
			break;
		for (size_t i = 0; i < c.n; i++) {
			/* Rows are there only under a header, ascending. */
			if (last == 0 || c.rows[i].row <= last)
				abort();
			last = c.rows[i].row;
			for (int k = 0; k < N_COLUMNS; k++)
				if (strlen(c.rows[i].cell[k]) > ROSTER_MAX_CELL)
					abort();
			if (checked++ >= 20)
				continue;
			if (row_check(&c.rows[i], &rules, &row, &f) != CRED_OK)
				abort();
			/* What no rule refuses can be made a claim. */
			if (!row.bad &&
			    (*row.name == '\0' || *row.occupation == '\0'))
				abort();
		}
	} while (c.n > 0);
	roster_chunk_release(&c);
	roster_close(r);
out:
	findings_release(&f);
	return 0;
}
