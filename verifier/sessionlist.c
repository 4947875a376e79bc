#include "verifier/sessionlist.h"

#include <string.h>

#include "domain/normal.h"
#include "domain/words.h"
#include "edge/lang.h"
#include "table/table.h"

#define HEADER_SEARCH 10
#define NONE          SIZE_MAX

enum column { BODY, DAY, ASSESSED, PASSED, CAPACITY, N_COLUMNS };

static const char *const NAMES[N_COLUMNS][3] = {
    [BODY] = {"机构代码", "统一社会信用代码", "评价机构代码"},
    [DAY] = {"评价日期", "考核日期", "日期"},
    [ASSESSED] = {"参评人数", "参加人数", "考核人数"},
    [PASSED] = {"合格人数", "通过人数", "取证人数"},
    [CAPACITY] = {"日评价能力", "每日评价能力", "评价能力"},
};

struct reading {
	const char *path;
	size_t at[N_COLUMNS];
	char text[N_COLUMNS][64];
};

static void
map(struct reading *r, const struct table_row *row)
{
	for (int c = 0; c < N_COLUMNS; c++)
		r->at[c] = NONE;
	for (size_t i = 0; i < row->n; i++) {
		uint8_t buf[TABLE_MAX_CELL + 1];
		struct outbuf o = {buf, sizeof buf, 0};
		if (normal_header(
			bytes_of(row->cells[i].text, row->cells[i].len), &o) !=
		    CRED_OK)
			continue;
		for (int c = 0; c < N_COLUMNS; c++)
			for (int k = 0; k < 3; k++)
				if (r->at[c] == NONE &&
				    bytes_eq(bytes_of(buf, o.len),
					bytes_str(NAMES[c][k])))
					r->at[c] = i;
	}
}

static enum cred_err
find_header(struct reading *r, struct table *t, struct why *why)
{
	const struct table_row *row = NULL;
	int missing = BODY;

	for (int i = 0; i < HEADER_SEARCH; i++) {
		enum cred_err e = table_next(t, &row, why);
		if (e != CRED_OK)
			return e;
		if (row == NULL)
			break;
		map(r, row);
		for (missing = BODY; missing <= PASSED; missing++)
			if (r->at[missing] == NONE)
				break;
		if (missing > PASSED)
			return CRED_OK;
		if (r->at[BODY] != NONE)
			break;
	}
	return why_set(why, CRED_ERR_TABLE_HEADER,
	    TR("%s: the column %s is missing; add it",
		"%s：缺少“%s”列，请补上"),
	    r->path, NAMES[missing][0]);
}

static bool
number(const char *s, uint64_t *out)
{
	uint64_t v = 0;

	if (*s == '\0' || strlen(s) > 7)
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return false;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	*out = v;
	return true;
}

static enum cred_err
bad(const struct reading *r, uint32_t row, enum column c, struct why *why)
{
	return why_set(why, CRED_ERR_TABLE_HEADER,
	    TR("%s, row %u: %s is empty, unreadable or contradicts the row; "
	       "correct it",
		"%s 第 %u 行：“%s”为空、无法识别或前后矛盾，请改正"),
	    r->path, row, NAMES[c][0]);
}

static void
take_cells(struct reading *r, const struct table_row *row)
{
	for (int c = 0; c < N_COLUMNS; c++) {
		struct outbuf o = {(uint8_t *)r->text[c], 63, 0};
		const struct table_cell *cell =
		    r->at[c] < row->n ? &row->cells[r->at[c]] : NULL;
		/* what does not fit is no number and no date, but not nothing */
		if (cell != NULL &&
		    normal_half(bytes_of(cell->text, cell->len), &o) != CRED_OK) {
			r->text[c][0] = '?';
			o.len = 1;
		}
		r->text[c][o.len] = '\0';
	}
}

static enum cred_err
take_row(struct reading *r, const struct table_row *row, struct odd *o,
    size_t *n, struct why *why)
{
	uint64_t assessed, passed, capacity = 0;
	int32_t day;

	take_cells(r, row);
	if (r->text[BODY][0] == '\0' && r->text[ASSESSED][0] == '\0')
		return CRED_OK;
	if (strlen(r->text[BODY]) != 18)
		return bad(r, row->number, BODY, why);
	if (!date_by_word(bytes_str(r->text[DAY]), &day))
		return bad(r, row->number, DAY, why);
	if (!number(r->text[ASSESSED], &assessed))
		return bad(r, row->number, ASSESSED, why);
	if (!number(r->text[PASSED], &passed) || passed > assessed)
		return bad(r, row->number, PASSED, why);
	if (r->text[CAPACITY][0] != '\0' &&
	    !number(r->text[CAPACITY], &capacity))
		return bad(r, row->number, CAPACITY, why);
	++*n;
	return odd_session(
	    o, r->text[BODY], day, assessed, passed, (unsigned)capacity, why);
}

enum cred_err
sessionlist_load(const char *path, struct odd *o, size_t *n, struct why *why)
{
	struct reading r = {.path = path};
	const struct table_row *row;
	struct table *t = NULL;
	enum cred_err e = table_open(path, NULL, &t, why);

	*n = 0;
	if (e == CRED_OK)
		e = find_header(&r, t, why);
	while (e == CRED_OK) {
		e = table_next(t, &row, why);
		if (e != CRED_OK || row == NULL)
			break;
		e = take_row(&r, row, o, n, why);
	}
	table_close(t);
	return e;
}
