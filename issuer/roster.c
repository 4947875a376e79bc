#include "issuer/roster.h"

#include <stdlib.h>

#include "domain/normal.h"
#include "edge/lang.h"
#include "issuer/text.h"

#define HEADER_SEARCH 10

/* The canonical name first. */
static const char *const names[N_COLUMNS][16] = {
    [COL_NAME] = {"姓名", "名字", "持证人姓名", "考生姓名", "学员姓名",
	"参训人员姓名", "持证人", "NAME"},
    [COL_ID_TYPE] = {"证件类型", "证件种类", "证件类别", "身份证件类型",
	"IDTYPE"},
    [COL_ID_NUMBER] = {"证件号码", "证件号", "身份证号", "身份证号码", "身份证",
	"公民身份号码", "居民身份证号", "居民身份证号码", "身份证件号码",
	"身份信息", "IDNUMBER"},
    [COL_OCCUPATION] = {"职业名称", "职业", "职业工种", "操作项目", "准操项目",
	"作业项目", "专项能力名称", "专项职业能力名称", "培训项目",
	"培训项目名称", "项目名称", "OCCUPATION"},
    [COL_CODE] = {"职业编码", "职业代码", "职业编号", "操作项目代码",
	"操作项目编码", "项目编码", "项目代码", "CODE"},
    [COL_DIRECTION] = {"工种", "职业方向", "工种/职业方向", "工种职业方向",
	"工种名称", "方向", "DIRECTION"},
    [COL_LEVEL] = {"等级", "级别", "技能等级", "职业等级", "职业技能等级",
	"认定等级", "鉴定等级", "等级名称", "LEVEL"},
    [COL_ISSUED] = {"发证日期", "发证时间", "颁发日期", "颁证日期", "签发日期",
	"核发日期", "证书日期", "ISSUED"},
    [COL_VALID_FROM] = {"有效期起", "有效期自", "有效期始", "有效期开始",
	"有效期从", "有效起始日期", "有效期起始日期", "VALIDFROM"},
    [COL_VALID_TO] = {"有效期止", "有效期至", "有效期到", "有效期限", "有效期",
	"有效期截止", "有效期截止日期", "有效截止日期", "到期日期", "VALIDTO"},
    [COL_REVIEW_DUE] = {"应复审日期", "复审日期", "应复审时间", "复审时间",
	"下次复审日期", "REVIEWDUE"},
    [COL_PHOTO] = {"照片", "照片文件", "照片文件名", "照片名称", "相片",
	"PHOTO"},
    [COL_NUMBER] = {"证书编号", "证书号", "证书号码", "证书序列号", "NUMBER"},
    [COL_KIND] = {"证书种类", "证书类型", "证书类别", "KIND"},
    [COL_CATEGORY] = {"作业类别", "作业类型", "CATEGORY"},
    [COL_TRAINED_FROM] = {"培训起", "培训开始", "培训开始日期", "培训起始日期",
	"开班日期", "TRAINEDFROM"},
    [COL_TRAINED_TO] = {"培训止", "培训结束", "培训结束日期", "培训截止日期",
	"结业日期", "TRAINEDTO"},
};

/* Columns that rosters carry and a certificate does not: no word about them. */
static const char *const idle[] = {"序号", "编号", "备注", "性别", "民族",
    "出生日期", "出生年月", "年龄", "学历", "文化程度", "联系电话", "电话",
    "手机", "手机号", "手机号码", "工作单位", "单位", "单位名称", "家庭住址",
    "住址", "地址", "户籍", "班级", "准考证号", "理论成绩", "实操成绩",
    "技能成绩", "成绩", "评价机构", "评价机构名称", "发证机构", "签发机关",
    "培训机构", "组织部门", "初领日期", "NO", "REMARK", "SEX", "原行号",
    "错误原因", "错误代码"};

const char *
column_name(enum column c)
{
	return c < N_COLUMNS ? names[c][0] : "";
}

static void
header_normalise(const char *in, char out[static ROSTER_MAX_CELL + 1])
{
	struct outbuf o = {(uint8_t *)out, ROSTER_MAX_CELL, 0};

	if (normal_header(bytes_str(in), &o) != CRED_OK)
		o.len = 0;
	out[o.len] = '\0';
}

enum column
column_find(const char *header)
{
	char h[ROSTER_MAX_CELL + 1];

	header_normalise(header, h);
	for (int c = 0; c < N_COLUMNS; c++)
		for (size_t i = 0; i < 16 && names[c][i] != NULL; i++)
			if (strcmp(h, names[c][i]) == 0)
				return (enum column)c;
	return N_COLUMNS;
}

static bool
column_idle(const char *header)
{
	char h[ROSTER_MAX_CELL + 1];

	header_normalise(header, h);
	for (size_t i = 0; i < sizeof idle / sizeof *idle; i++)
		if (strcmp(h, idle[i]) == 0)
			return true;
	return *h == '\0';
}

struct roster {
	struct table *table; /* NULL: the file is at fault and was told so */
	struct roster_head head;
	struct table_cell *head_cells;
	char *head_text;
	enum column map[ROSTER_MAX_CELLS];
	size_t rows; /* below the header, not blank */
	bool ended;  /* nothing more is read */
	bool failed; /* and an error said why */
};

static enum cred_err
nomem(struct why *why)
{
	return why_set(
	    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

static enum finding_code
finding_of(enum cred_err e)
{
	switch (e) {
	case CRED_ERR_TABLE_FORMAT:
	case CRED_ERR_TABLE_OLD:
	case CRED_ERR_TABLE_PASSWORD:
	case CRED_ERR_TABLE_TYPE:
		return FIND_ROSTER_FORMAT;
	case CRED_ERR_TABLE_ENCODING:
		return FIND_ROSTER_ENCODING;
	case CRED_ERR_TABLE_QUOTE:
		return FIND_ROSTER_QUOTE;
	case CRED_ERR_TABLE_LIMIT:
	case CRED_ERR_TABLE_BOMB:
		return FIND_ROSTER_LIMIT;
	case CRED_ERR_TABLE_SHEET:
		return FIND_ROSTER_SHEET;
	default:
		return FIND_ROSTER_DAMAGED;
	}
}

/* A refusal becomes a finding, and the end of what is read. */
static enum cred_err
told(struct roster *r, enum cred_err e, uint32_t row, struct findings *f,
    const struct why *why)
{
	if (!cred_is_refusal(e))
		return e;
	findings_add(f, row, "", finding_of(e), "%s", why->text);
	r->ended = r->failed = true;
	return findings_state(f);
}

static bool
looks_like_header(const struct table_row *row)
{
	bool name = false;
	int other = 0;

	for (size_t i = 0; i < row->n; i++) {
		enum column c = column_find(row->cells[i].text);
		if (c == COL_NAME)
			name = true;
		else if (c != N_COLUMNS)
			other++;
	}
	return name && other > 0;
}

static enum cred_err
keep_header(struct roster *r, const struct table_row *row, struct why *why)
{
	size_t len = 0;
	char *at;

	for (size_t i = 0; i < row->n; i++)
		len += row->cells[i].len + 1;
	r->head_cells = reallocarray(NULL, row->n, sizeof *r->head_cells);
	r->head_text = at = malloc(len);
	if (r->head_cells == NULL || at == NULL)
		return nomem(why);
	for (size_t i = 0; i < row->n; i++) {
		r->head_cells[i] = row->cells[i];
		r->head_cells[i].text = at;
		memcpy(at, row->cells[i].text, row->cells[i].len + 1);
		at += row->cells[i].len + 1;
	}
	r->head = (struct roster_head){
	    .row = row->number, .cells = r->head_cells, .n = row->n};
	return CRED_OK;
}

static void
take_column(struct roster *r, size_t i, struct findings *f)
{
	const char *cell = r->head_cells[i].text;
	enum column c = column_find(cell);
	struct roster_head *h = &r->head;

	r->map[i] = c;
	if (c == N_COLUMNS) {
		if (!column_idle(cell))
			findings_add(f, h->row, "", FIND_COLUMN_UNKNOWN,
			    TR("column '%s' is not used; if it is meant, call "
			       "it by a known name",
				"不使用“%s”这一列；如确需使用，"
				"请改为规定的列名"),
			    cell);
		return;
	}
	if (h->has[c])
		findings_add(f, h->row, column_name(c), FIND_COLUMN_DUPLICATE,
		    TR("two columns are both %s ('%s' is the second); remove "
		       "one",
			"有两列都表示%s（第二列为“%s”），请删去一列"),
		    column_name(c), cell);
	h->has[c] = true;
	h->at[c] = i;
}

static void
require_columns(const struct roster *r, struct findings *f)
{
	static const enum column needed[] = {
	    COL_NAME, COL_ID_NUMBER, COL_OCCUPATION, COL_ISSUED};

	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		if (!r->head.has[needed[i]])
			findings_add(f, r->head.row, column_name(needed[i]),
			    FIND_COLUMN_MISSING,
			    TR("the roster has no column %s; add it to the "
			       "header row",
				"名册缺少“%s”这一列，请在表头中补上"),
			    column_name(needed[i]));
}

static bool
is_blank(const struct table_row *row)
{
	for (size_t i = 0; i < row->n; i++)
		if (row->cells[i].type == CELL_ERROR ||
		    !text_empty(row->cells[i].text))
			return false;
	return true;
}

static void
no_header(struct roster *r, bool empty, struct findings *f)
{
	const char *sheet = table_sheet(r->table);

	r->ended = r->failed = true;
	if (empty)
		findings_add(f, 1, "", FIND_ROSTER_EMPTY,
		    TR("the roster is empty", "名册是空的"));
	else if (*sheet != '\0')
		findings_add(f, 1, "", FIND_ROSTER_HEADER,
		    TR("no header row in the first %d rows of sheet '%s': one "
		       "that has 姓名 and 证件号码 is needed; --sheet names "
		       "another sheet",
			"工作表“%2$s”的前 %1$d 行中没有表头："
			"需要有含“姓名”“证件号码”的一行；"
			"可用 --sheet 指定其他工作表"),
		    HEADER_SEARCH, sheet);
	else
		findings_add(f, 1, "", FIND_ROSTER_HEADER,
		    TR("no header row in the first %d rows: one that has 姓名 "
		       "and 证件号码 is needed",
			"前 %d 行中没有表头：需要有含“姓名”“证件号码”的一行"),
		    HEADER_SEARCH);
}

/* On to the row below the header. */
static enum cred_err
find_header(struct roster *r, struct findings *f, struct why *why)
{
	const struct table_row *row;
	bool empty = true;
	enum cred_err e;

	for (;;) {
		e = table_next(r->table, &row, why);
		if (e != CRED_OK)
			return told(r, e, table_at(r->table), f, why);
		empty = empty && row == NULL;
		if (row == NULL || row->number > HEADER_SEARCH) {
			no_header(r, empty, f);
			return findings_state(f);
		}
		if (looks_like_header(row))
			break;
	}
	e = keep_header(r, row, why);
	if (e != CRED_OK)
		return e;
	for (size_t i = 0; i < r->head.n; i++)
		take_column(r, i, f);
	require_columns(r, f);
	return findings_state(f);
}

static enum cred_err
begin(struct roster *r, enum cred_err opened, struct roster **out,
    struct findings *f, struct why *why)
{
	enum cred_err e = opened;

	if (e != CRED_OK)
		e = told(r, e, 1, f, why);
	else
		e = find_header(r, f, why);
	if (e != CRED_OK)
		roster_close(r);
	else
		*out = r;
	return e;
}

enum cred_err
roster_open(const char *path, const char *sheet, struct roster **out,
    struct findings *f, struct why *why)
{
	struct roster *r = calloc(1, sizeof *r);

	if (r == NULL)
		return nomem(why);
	return begin(r, table_open(path, sheet, &r->table, why), out, f, why);
}

enum cred_err
roster_open_bytes(
    struct bytes file, struct roster **out, struct findings *f, struct why *why)
{
	struct roster *r = calloc(1, sizeof *r);

	if (r == NULL)
		return nomem(why);
	return begin(
	    r, table_open_bytes(file, NULL, &r->table, why), out, f, why);
}

static void
forget_header(struct roster *r)
{
	free(r->head_cells);
	free(r->head_text);
	r->head_cells = NULL;
	r->head_text = NULL;
	r->head = (struct roster_head){0};
}

void
roster_close(struct roster *r)
{
	if (r == NULL)
		return;
	forget_header(r);
	table_close(r->table);
	free(r);
}

enum cred_err
roster_rewind(struct roster *r, struct findings *f, struct why *why)
{
	enum cred_err e;

	if (r->table == NULL)
		return CRED_OK;
	r->ended = r->failed = false;
	r->rows = 0;
	forget_header(r);
	e = table_rewind(r->table, why);
	if (e != CRED_OK)
		return told(r, e, 1, f, why);
	return find_header(r, f, why);
}

static void *
grow(void *p, size_t *cap, size_t need, size_t size)
{
	size_t more = *cap == 0 ? 64 : *cap;
	void *out;

	if (need <= *cap)
		return p;
	while (more < need)
		more *= 2;
	out = reallocarray(p, more, size);
	if (out != NULL)
		*cap = more;
	return out;
}

/* The row's cells to the chunk's own memory, as offsets until it stands still:
 * chunk_settle(). */
static bool
chunk_add(struct roster_chunk *c, const struct table_row *row)
{
	struct roster_row *rows;
	struct table_cell *cells;
	size_t len = 0;
	char *text;

	for (size_t i = 0; i < row->n; i++)
		len += row->cells[i].len + 1;
	if ((rows = grow(c->rows, &c->cap, c->n + 1, sizeof *rows)) == NULL)
		return false;
	c->rows = rows;
	cells = grow(
	    c->cells, &c->cap_cells, c->n_cells + row->n + 1, sizeof *cells);
	if (cells == NULL)
		return false;
	c->cells = cells;
	text = grow(c->text, &c->cap_text, c->text_len + len + 1, 1);
	if (text == NULL)
		return false;
	c->text = text;
	for (size_t i = 0; i < row->n; i++) {
		const struct table_cell *from = &row->cells[i];
		c->cells[c->n_cells++] = *from;
		memcpy(c->text + c->text_len, from->text, from->len + 1);
		c->text_len += from->len + 1;
	}
	c->rows[c->n++] = (struct roster_row){.row = row->number, .raw = *row};
	return true;
}

static void
chunk_settle(const struct roster *r, struct roster_chunk *c)
{
	struct table_cell *cell = c->cells;
	const char *text = c->text;

	for (size_t k = 0; k < c->n; k++) {
		struct roster_row *row = &c->rows[k];
		row->raw.cells = cell;
		for (int i = 0; i < N_COLUMNS; i++)
			row->cell[i] = "";
		for (size_t i = 0; i < row->raw.n; i++, cell++) {
			cell->text = text;
			text += cell->len + 1;
			if (i >= r->head.n || r->map[i] == N_COLUMNS)
				continue;
			row->cell[r->map[i]] = cell->text;
			row->type[r->map[i]] = cell->type;
		}
	}
}

/* In a CSV file a cell beyond the header comes of a comma too many. */
static bool
too_many_cells(
    const struct roster *r, const struct table_row *row, struct findings *f)
{
	if (*table_sheet(r->table) != '\0')
		return false;
	for (size_t i = r->head.n; i < row->n; i++) {
		if (row->cells[i].len == 0)
			continue;
		findings_add(f, row->number, "", FIND_ROW_CELLS,
		    TR("the row has %zu cells, the header %zu: a comma too "
		       "many? Put the cell that contains it in quotes",
			"本行有 %zu 格，表头只有 %zu 格：是否多了一个逗号？"
			"请给含逗号的单元格加上引号"),
		    row->n, r->head.n);
		return true;
	}
	return false;
}

static bool
formula_errors(
    const struct roster *r, const struct table_row *row, struct findings *f)
{
	bool found = false;

	for (size_t i = 0; i < row->n && i < r->head.n; i++) {
		if (row->cells[i].type != CELL_ERROR || r->map[i] == N_COLUMNS)
			continue;
		found = true;
		findings_add(f, row->number, column_name(r->map[i]),
		    FIND_CELL_ERROR,
		    row->cells[i].len > 0
			? TR("the cell shows the error %s instead of a value; "
			     "repair its formula, or type the value",
			      "单元格显示错误 %s 而不是内容；"
			      "请修正公式，或直接输入内容")
			: TR("the cell's formula was never computed%s; open "
			     "the file, save it, and try again",
			      "单元格的公式没有计算结果%s；"
			      "请打开文件保存后再试"),
		    row->cells[i].text);
	}
	return found;
}

static void
take_row(struct roster *r, struct roster_row *row, struct findings *f)
{
	bool cells = too_many_cells(r, &row->raw, f);
	bool errors = formula_errors(r, &row->raw, f);

	row->bad = cells || errors;
	if (row->raw.hidden)
		findings_add(f, row->row, "", FIND_ROW_HIDDEN,
		    TR("the row is hidden in the spreadsheet (a filter?) and "
		       "counts all the same; delete it if it is not meant",
			"本行在表格中被隐藏（筛选？），但仍会处理；"
			"如不需要请删除该行"));
}

enum cred_err
roster_read(struct roster *r, size_t max, struct roster_chunk *out,
    struct findings *f, struct why *why)
{
	const struct table_row *row;
	enum cred_err e = CRED_OK;

	out->n = out->n_cells = out->text_len = 0;
	while (!r->ended && out->n < max) {
		e = table_next(r->table, &row, why);
		if (e != CRED_OK) {
			e = told(r, e, table_at(r->table), f, why);
			if (e != CRED_OK)
				return e;
			break;
		}
		if (row == NULL) {
			r->ended = true;
			break;
		}
		if (is_blank(row))
			continue;
		if (!chunk_add(out, row))
			return nomem(why);
		r->rows++;
	}
	chunk_settle(r, out);
	for (size_t i = 0; i < out->n; i++)
		take_row(r, &out->rows[i], f);
	if (r->ended && !r->failed && r->rows == 0 && f->n_errors == 0) {
		r->failed = true;
		findings_add(f, r->head.row, "", FIND_ROSTER_EMPTY,
		    TR("there is no row below the header",
			"表头下面没有数据行"));
	}
	return findings_state(f);
}

void
roster_chunk_release(struct roster_chunk *c)
{
	free(c->rows);
	free(c->cells);
	free(c->text);
	*c = (struct roster_chunk){0};
}

const struct roster_head *
roster_head(const struct roster *r)
{
	return &r->head;
}

const char *
roster_encoding(const struct roster *r)
{
	return r->table == NULL ? "" : table_encoding(r->table);
}

double
roster_part(const struct roster *r)
{
	return r->table == NULL ? 1 : table_part(r->table);
}

struct table *
roster_table(struct roster *r)
{
	return r->table;
}
