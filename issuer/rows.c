#include <string.h>

#include "edge/lang.h"
#include "issuer/row.h"

static enum cred_err
add_text(struct seen *s, const char *text)
{
	return seen_add(s, text, strlen(text));
}

static enum cred_err
same_person(struct seen *s, const struct row *r, uint32_t *first)
{
	const uint8_t what[] = {
	    'p', (uint8_t)r->id_type, (uint8_t)r->kind, r->level};
	enum cred_err e = seen_begin(s);

	if (e == CRED_OK)
		e = seen_add(s, what, sizeof what);
	if (e == CRED_OK)
		e = add_text(s, r->id_number);
	if (e == CRED_OK)
		e = add_text(s, *r->code != '\0' ? r->code : r->occupation);
	return e == CRED_OK ? seen_row(s, r->row, first) : e;
}

static enum cred_err
same_number(struct seen *s, const struct row *r, uint32_t *first)
{
	enum cred_err e = seen_begin(s);

	if (e == CRED_OK)
		e = seen_add(s, "n", 1);
	if (e == CRED_OK)
		e = add_text(s, r->number);
	return e == CRED_OK ? seen_row(s, r->row, first) : e;
}

enum cred_err
rows_check_duplicates(
    struct seen *seen, struct row *rows, size_t n, struct findings *f)
{
	enum cred_err e;

	for (size_t i = 0; i < n; i++) {
		struct row *r = &rows[i];
		uint32_t first;

		if (r->bad)
			continue;
		e = same_person(seen, r, &first);
		if (e != CRED_OK)
			return e;
		if (first != r->row) {
			r->bad = true;
			findings_add(f, r->row, column_name(COL_ID_NUMBER),
			    FIND_DUPLICATE_ROSTER,
			    TR("the same person, occupation and level as row "
			       "%u; remove one of them",
				"与第 %u 行是同一人、同一职业、同一等级；"
				"请删去其中一行"),
			    first);
			continue;
		}
		if (*r->number == '\0')
			continue;
		e = same_number(seen, r, &first);
		if (e != CRED_OK)
			return e;
		if (first != r->row) {
			r->bad = true;
			findings_add(f, r->row, column_name(COL_NUMBER),
			    FIND_NUMBER_TAKEN,
			    TR("the same number as row %u; every number is "
			       "given once",
				"编号与第 %u 行相同；每个编号只能用一次"),
			    first);
		}
	}
	return findings_state(f);
}
