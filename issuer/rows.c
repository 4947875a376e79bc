#include <stdlib.h>

#include "edge/lang.h"
#include "issuer/row.h"

static int
same_person(const struct row *a, const struct row *b)
{
	const char *x = *a->code != '\0' ? a->code : a->occupation;
	const char *y = *b->code != '\0' ? b->code : b->occupation;
	int d = strcmp(a->id_number, b->id_number);

	if (d == 0)
		d = (int)a->id_type - (int)b->id_type;
	if (d == 0)
		d = (int)a->kind - (int)b->kind;
	if (d == 0)
		d = strcmp(x, y);
	return d != 0 ? d : (int)a->level - (int)b->level;
}

static int
same_number(const struct row *a, const struct row *b)
{
	return strcmp(a->number, b->number);
}

static int
by_person(const void *a, const void *b)
{
	const struct row *x = *(struct row *const *)a;
	const struct row *y = *(struct row *const *)b;
	int d = same_person(x, y);

	return d != 0 ? d : (x->row > y->row) - (x->row < y->row);
}

static int
by_number(const void *a, const void *b)
{
	const struct row *x = *(struct row *const *)a;
	const struct row *y = *(struct row *const *)b;
	int d = same_number(x, y);

	return d != 0 ? d : (x->row > y->row) - (x->row < y->row);
}

enum cred_err
rows_check_duplicates(struct row *rows, size_t n, struct findings *f)
{
	struct row **order = reallocarray(NULL, n + 1, sizeof *order);
	size_t m = 0, first;

	if (order == NULL)
		return CRED_FAULT_NOMEM;
	for (size_t i = 0; i < n; i++)
		if (!rows[i].bad)
			order[m++] = &rows[i];
	qsort(order, m, sizeof *order, by_person);
	first = 0;
	for (size_t i = 1; i < m; i++) {
		if (same_person(order[first], order[i]) != 0) {
			first = i;
		} else {
			order[i]->bad = true;
			findings_add(f, order[i]->row,
			    column_name(COL_ID_NUMBER), FIND_DUPLICATE_ROSTER,
			    TR("the same person, occupation and level as row "
			       "%u; remove one of them",
				"与第 %u 行是同一人、同一职业、同一等级；"
				"请删去其中一行"),
			    order[first]->row);
		}
	}
	m = 0;
	for (size_t i = 0; i < n; i++)
		if (!rows[i].bad && *rows[i].number != '\0')
			order[m++] = &rows[i];
	qsort(order, m, sizeof *order, by_number);
	first = 0;
	for (size_t i = 1; i < m; i++) {
		if (same_number(order[first], order[i]) != 0) {
			first = i;
		} else {
			order[i]->bad = true;
			findings_add(f, order[i]->row, column_name(COL_NUMBER),
			    FIND_NUMBER_TAKEN,
			    TR("the same number as row %u; every number is "
			       "given once",
				"编号与第 %u 行相同；每个编号只能用一次"),
			    order[first]->row);
		}
	}
	free(order);
	return findings_state(f);
}
