#include "issuer/change.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "domain/normal.h"
#include "edge/file.h"
#include "issuer/roster.h"
#include "table/table.h"

#define NO_COLUMN SIZE_MAX
#define PIPE_MAX  (64u << 20) /* bytes of a list that is no file */

/* A list of certificates, as somebody's spreadsheet has it. */
struct listing {
	struct change_set *set;
	const char *path;
	struct why *why;
	bool begun; /* the first row that says something was seen */
	size_t index, number;
};

static enum cred_err
refuse(const struct listing *l, uint32_t row, const char *what)
{
	return why_set(l->why, CRED_FAULT_CONFIG,
	    TR("%s, row %u: %s", "%s 第 %u 行：%s"), l->path, row, what);
}

/* A cell as it is compared; "" for one that is too long for a number. */
static bool
take(const struct table_row *row, size_t i, char buf[static 64])
{
	struct outbuf o = {(uint8_t *)buf, 63, 0};

	buf[0] = '\0';
	if (i >= row->n || row->cells[i].type == CELL_EMPTY)
		return true;
	if (row->cells[i].type != CELL_TEXT &&
	    row->cells[i].type != CELL_NUMBER)
		return false;
	if (normal_id(bytes_of(row->cells[i].text, row->cells[i].len), &o) !=
	    CRED_OK)
		return false;
	buf[o.len] = '\0';
	return true;
}

static bool
is_index_name(const char *s)
{
	return strcmp(s, "日志序号") == 0 || strcasecmp(s, "INDEX") == 0;
}

/* A plain 序号 is, in most spreadsheets, the number of the row. */
static enum cred_err
read_header(struct listing *l, const struct table_row *row, bool *is_header)
{
	bool plain = false;

	*is_header = false;
	for (size_t i = 0; i < row->n; i++) {
		char name[64];

		if (row->cells[i].type != CELL_TEXT || !take(row, i, name))
			continue;
		if (is_index_name(name) && l->index == NO_COLUMN)
			l->index = i;
		else if (column_find(row->cells[i].text) == COL_NUMBER &&
			 l->number == NO_COLUMN)
			l->number = i;
		plain |= strcmp(name, "序号") == 0;
	}
	*is_header = l->index != NO_COLUMN || l->number != NO_COLUMN;
	if (plain && !*is_header)
		return refuse(l, row->number,
		    TR("序号 may count the rows; name the column 日志序号 if "
		       "it "
		       "is the index, or give 证书编号",
			"“序号”可能只是行号；若是日志中的序号，请把列名改为"
			"“日志序号”，或给出“证书编号”列"));
	return CRED_OK;
}

/* The one cell that says something, where no header names a column. */
static enum cred_err
only_cell(const struct listing *l, const struct table_row *row, size_t *at)
{
	*at = NO_COLUMN;
	for (size_t i = 0; i < row->n; i++) {
		if (row->cells[i].type == CELL_EMPTY || row->cells[i].len == 0)
			continue;
		if (*at != NO_COLUMN)
			return refuse(l, row->number,
			    TR("several cells, and no header row that names "
			       "证书编号 or 日志序号",
				"有多个单元格，而没有写明“证书编号”或"
				"“日志序号”的表头行"));
		*at = i;
	}
	return CRED_OK;
}

static enum cred_err
read_row(struct listing *l, const struct table_row *row)
{
	char asked[64] = "";
	size_t at = NO_COLUMN;
	bool is_header = false;
	enum cred_err e = CRED_OK;

	for (size_t i = 0; i < row->n; i++)
		if (row->cells[i].len > 0) {
			at = i;
			break;
		}
	if (at == NO_COLUMN || row->cells[at].text[0] == '#')
		return CRED_OK; /* blank, or a remark */
	if (row->hidden)
		return refuse(l, row->number,
		    TR("a hidden row: show all rows, or copy those meant into "
		       "a list of their own",
			"此行被隐藏：请显示全部行，或把要更改的另存一份"));
	if (!l->begun) {
		l->begun = true;
		e = read_header(l, row, &is_header);
		if (e != CRED_OK || is_header)
			return e;
	}
	if (l->index == NO_COLUMN && l->number == NO_COLUMN) {
		e = only_cell(l, row, &at);
	} else {
		at = l->index;
		if (at == NO_COLUMN || at >= row->n || row->cells[at].len == 0)
			at = l->number;
	}
	if (e != CRED_OK)
		return e;
	/* What stands in the index column is one, and no number. */
	if (at == NO_COLUMN || !take(row, at, asked) || *asked == '\0' ||
	    (at == l->index && !change_as_index(asked, &(uint64_t){0})) ||
	    (at == l->number && change_as_index(asked, &(uint64_t){0})))
		return refuse(l, row->number,
		    TR("neither a certificate's number nor an index",
			"既不是证书编号也不是日志序号"));
	return change_add(l->set, asked, l->why);
}

enum cred_err
change_add_file(struct change_set *s, const char *path, struct why *why)
{
	struct listing l = {.set = s,
	    .path = path,
	    .why = why,
	    .index = NO_COLUMN,
	    .number = NO_COLUMN};
	const struct table_row *row = NULL;
	struct table *t = NULL;
	uint8_t *text = NULL;
	enum cred_err e;
	struct stat st;
	size_t len = 0;

	/* A pipe that the shell named, as <(…) makes one. */
	if (stat(path, &st) == 0 && S_ISFIFO(st.st_mode)) {
		e = file_read(path, PIPE_MAX, &text, &len, why);
		if (e == CRED_OK)
			e = table_open_bytes(
			    bytes_of(text, len), NULL, &t, why);
	} else {
		e = table_open(path, NULL, &t, why);
	}
	while (e == CRED_OK && (e = table_next(t, &row, why)) == CRED_OK &&
	       row != NULL)
		e = read_row(&l, row);
	table_close(t);
	free(text);
	/* Nothing was judged yet: it could not run. */
	return cred_is_refusal(e) ? CRED_FAULT_CONFIG : e;
}
