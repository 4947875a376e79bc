#include "issuer/roster.h"

#include <csv.h>
#include <errno.h>
#include <iconv.h>
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
};

/* Columns that rosters carry and a certificate does not: no word about them. */
static const char *const idle[] = {"序号", "编号", "备注", "性别", "民族",
    "出生日期", "出生年月", "年龄", "学历", "文化程度", "联系电话", "电话",
    "手机", "手机号", "手机号码", "工作单位", "单位", "单位名称", "家庭住址",
    "住址", "地址", "户籍", "班级", "准考证号", "理论成绩", "实操成绩",
    "技能成绩", "成绩", "评价机构", "评价机构名称", "发证机构", "签发机关",
    "培训机构", "组织部门", "初领日期", "NO", "REMARK", "SEX"};

const char *
column_name(enum column c)
{
	return c < N_COLUMNS ? names[c][0] : "";
}

/* "证件号码（必填）*" -> "证件号码" */
static void
header_normalise(const char *in, char *out, size_t cap)
{
	char buf[ROSTER_MAX_CELL + 1];
	struct outbuf o = {(uint8_t *)buf, ROSTER_MAX_CELL, 0};
	size_t n = 0, depth = 0;

	if (normal_id(bytes_str(in), &o) != CRED_OK)
		o.len = 0;
	buf[o.len] = '\0';
	for (const char *p = buf; *p != '\0' && n + 1 < cap; p++) {
		if (*p == '(' || *p == '[')
			depth++;
		else if ((*p == ')' || *p == ']') && depth > 0)
			depth--;
		else if (depth == 0 && *p != '*' && *p != ':' && *p != '_')
			out[n++] = *p;
	}
	out[n] = '\0';
}

enum column
column_find(const char *header)
{
	char h[128];

	header_normalise(header, h, sizeof h);
	for (int c = 0; c < N_COLUMNS; c++)
		for (size_t i = 0; i < 16 && names[c][i] != NULL; i++)
			if (strcmp(h, names[c][i]) == 0)
				return (enum column)c;
	return N_COLUMNS;
}

static bool
column_idle(const char *header)
{
	char h[128];

	header_normalise(header, h, sizeof h);
	for (size_t i = 0; i < sizeof idle / sizeof *idle; i++)
		if (strcmp(h, idle[i]) == 0)
			return true;
	return *h == '\0';
}

/* Reading the CSV: one state, libcsv calls back into it. */
struct reading {
	struct roster *out;
	struct findings *f;
	char *pool; /* grows; cells are offsets until the end */
	size_t pool_len, pool_cap;
	size_t *cell_at; /* N_COLUMNS offsets a row */
	size_t rows_cap;
	uint32_t row;   /* being read */
	size_t n_cells; /* of it, so far */
	bool any;       /* a cell of it is not empty */
	bool in_row;    /* cells seen since the last row ended */
	bool after_cr;
	bool stop; /* one finding says the rest cannot be read */
	enum cred_err err;
	/* The header, once found: column of each cell. */
	bool have_header;
	size_t width;
	enum column map[ROSTER_MAX_CELLS];
	/* Cells of the current row, offsets into pool. */
	size_t cells[ROSTER_MAX_CELLS];
};

static void
reading_fail(struct reading *s)
{
	s->err = CRED_FAULT_NOMEM;
	s->stop = true;
}

static void
on_cell(void *data, size_t len, void *ctx)
{
	struct reading *s = ctx;

	s->after_cr = false;
	if (s->stop)
		return;
	s->in_row = true;
	if (len > ROSTER_MAX_CELL || s->n_cells >= ROSTER_MAX_CELLS) {
		findings_add(s->f, s->row, "", FIND_ROSTER_LIMIT,
		    TR("a cell longer than %d bytes, or more than %d cells in "
		       "the row; perhaps a quote is missing above it",
			"单元格超过 %d 字节，或一行超过 %d "
			"格；可能前面少了一个引号"),
		    ROSTER_MAX_CELL, ROSTER_MAX_CELLS);
		s->stop = true;
		return;
	}
	if (s->pool_cap - s->pool_len < len + 1) {
		size_t cap = s->pool_cap * 2 + len + 65536;
		char *more = realloc(s->pool, cap);
		if (more == NULL) {
			reading_fail(s);
			return;
		}
		s->pool = more;
		s->pool_cap = cap;
	}
	memcpy(s->pool + s->pool_len, data, len);
	s->pool[s->pool_len + len] = '\0';
	s->cells[s->n_cells++] = s->pool_len;
	s->any = s->any || !text_empty(s->pool + s->pool_len);
	s->pool_len += len + 1;
}

static bool
looks_like_header(const struct reading *s)
{
	bool name = false;
	int other = 0;

	for (size_t i = 0; i < s->n_cells; i++) {
		enum column c = column_find(s->pool + s->cells[i]);
		if (c == COL_NAME)
			name = true;
		else if (c != N_COLUMNS)
			other++;
	}
	return name && other > 0;
}

static void
take_header(struct reading *s)
{
	s->have_header = true;
	s->out->header_row = s->row;
	s->width = s->n_cells;
	for (size_t i = 0; i < s->n_cells; i++) {
		const char *cell = s->pool + s->cells[i];
		enum column c = column_find(cell);
		s->map[i] = c;
		if (c == N_COLUMNS) {
			if (!column_idle(cell))
				findings_add(s->f, s->row, "",
				    FIND_COLUMN_UNKNOWN,
				    TR("column '%s' is not used; if it is "
				       "meant, call it by a known name",
					"不使用“%s”这一列；如确需使用，"
					"请改为规定的列名"),
				    cell);
			continue;
		}
		if (s->out->has[c])
			findings_add(s->f, s->row, column_name(c),
			    FIND_COLUMN_DUPLICATE,
			    TR("two columns are both %s ('%s' is the second); "
			       "remove one",
				"有两列都表示%s（第二列为“%s”），请删去一列"),
			    column_name(c), cell);
		s->out->has[c] = true;
	}
}

static void
take_row(struct reading *s)
{
	struct roster *r = s->out;

	if (r->n >= ROSTER_MAX_ROWS) {
		findings_add(s->f, s->row, "", FIND_ROSTER_LIMIT,
		    TR("more than %d rows; split the roster",
			"超过 %d 行，请拆分名册"),
		    ROSTER_MAX_ROWS);
		s->stop = true;
		return;
	}
	for (size_t i = s->width; i < s->n_cells; i++) {
		if (*(s->pool + s->cells[i]) == '\0')
			continue;
		findings_add(s->f, s->row, "", FIND_ROW_CELLS,
		    TR("the row has %zu cells, the header %zu: a comma too "
		       "many? Put the cell that contains it in quotes",
			"本行有 %zu 格，表头只有 %zu 格：是否多了一个逗号？"
			"请给含逗号的单元格加上引号"),
		    s->n_cells, s->width);
		break;
	}
	if (r->n == s->rows_cap) {
		size_t cap = s->rows_cap == 0 ? 512 : s->rows_cap * 2;
		struct roster_row *rows =
		    reallocarray(r->rows, cap, sizeof *rows);
		size_t *at;
		if (rows != NULL)
			r->rows = rows;
		at = reallocarray(s->cell_at, cap, N_COLUMNS * sizeof *at);
		if (at != NULL)
			s->cell_at = at;
		if (rows == NULL || at == NULL) {
			reading_fail(s);
			return;
		}
		s->rows_cap = cap;
	}
	r->rows[r->n].row = s->row;
	/* Offset 0 of the pool is an empty string. */
	for (int c = 0; c < N_COLUMNS; c++)
		s->cell_at[r->n * N_COLUMNS + (size_t)c] = 0;
	for (size_t i = 0; i < s->n_cells && i < s->width; i++)
		if (s->map[i] != N_COLUMNS)
			s->cell_at[r->n * N_COLUMNS + s->map[i]] = s->cells[i];
	r->n++;
}

static void
on_row(int c, void *ctx)
{
	struct reading *s = ctx;

	/* CRLF is one end, though libcsv reports both of its characters. */
	if (c == '\n' && s->after_cr) {
		s->after_cr = false;
		return;
	}
	s->after_cr = c == '\r';
	if (s->stop)
		return;
	if (s->any && !s->have_header) {
		if (looks_like_header(s))
			take_header(s);
		else if (s->row > HEADER_SEARCH)
			s->stop = true;
	} else if (s->any) {
		take_row(s);
	}
	s->row++;
	s->n_cells = 0;
	s->any = s->in_row = false;
}

/* ="0123" is how some programs keep a spreadsheet from ruining a long number:
 * the '=' goes, a quoted cell stays. */
static size_t
drop_equals(char *s, size_t len, char delim)
{
	size_t o = 0;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '=' && i + 1 < len && s[i + 1] == '"' &&
		    (i == 0 || s[i - 1] == delim || s[i - 1] == '\n' ||
			s[i - 1] == '\r'))
			continue;
		s[o++] = s[i];
	}
	s[o] = '\0';
	return o;
}

/* A cell's blanks stay: only commas and quotes are libcsv's business. */
static int
no_space(unsigned char c)
{
	(void)c;
	return 0;
}

/* Comma, semicolon or tab: whichever the first lines have most of. */
static unsigned char
guess_delimiter(const char *s, size_t len)
{
	size_t comma = 0, semicolon = 0, tab = 0, lines = 0;

	for (size_t i = 0; i < len && lines < HEADER_SEARCH; i++) {
		comma += s[i] == ',';
		semicolon += s[i] == ';';
		tab += s[i] == '\t';
		lines += s[i] == '\n';
	}
	if (tab > comma && tab >= semicolon)
		return '\t';
	return semicolon > comma ? ';' : ',';
}

static enum cred_err
read_csv(struct reading *s, char *text, size_t len)
{
	unsigned char delim = guess_delimiter(text, len);
	struct csv_parser p;
	bool bad;

	if (csv_init(&p, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL) != 0)
		return CRED_FAULT_NOMEM;
	csv_set_delim(&p, delim);
	len = drop_equals(text, len, (char)delim);
	csv_set_space_func(&p, no_space);
	bad = csv_parse(&p, text, len, on_cell, on_row, s) != len;
	if (!bad)
		bad = csv_fini(&p, on_cell, on_row, s) != 0;
	if (bad && csv_error(&p) == CSV_ENOMEM)
		reading_fail(s);
	else if (bad && !s->stop)
		findings_add(s->f, s->row, "", FIND_ROSTER_QUOTE,
		    TR("a quote is opened and not closed in this row, or "
		       "stands inside an unquoted cell; nothing below it was "
		       "read. Write a quote inside a quoted cell twice",
			"本行的引号没有配对，或出现在没有用引号括起的单元格中；"
			"此行以下未读取。单元格内的引号请写两个"));
	if (bad)
		s->stop = true;
	csv_free(&p);
	return s->err;
}

/* Line of the first byte that is no UTF-8, or 0. */
static uint32_t
bad_utf8_line(const char *s, size_t len)
{
	uint32_t line = 1;
	const char *end = s + len;

	while (s < end) {
		uint32_t c;
		size_t n;
		if (*s == '\n')
			line++;
		n = text_next(s, &c);
		if (n == 0)
			return line;
		s += n;
	}
	return 0;
}

static enum cred_err
convert(
    const char *from, struct bytes in, char **out, size_t *out_len, bool *bad)
{
	iconv_t cd = iconv_open("UTF-8", from);
	char *buf, *o;
	char *i = (char *)(uintptr_t)in.ptr; /* iconv reads only */
	size_t left = in.len, room = in.len * 2 + 16;

	if (cd == (iconv_t)-1)
		return CRED_FAULT_CONFIG;
	buf = malloc(room + 1);
	if (buf == NULL) {
		iconv_close(cd);
		return CRED_FAULT_NOMEM;
	}
	o = buf;
	*bad = iconv(cd, &i, &left, &o, &room) == (size_t)-1;
	iconv_close(cd);
	*o = '\0';
	*out = buf;
	*out_len = (size_t)(o - buf);
	return CRED_OK;
}

/* To UTF-8 without byte order mark, NUL-terminated. *text stays NULL when a
 * finding says why. */
static enum cred_err
to_utf8(struct bytes file, struct roster *r, struct findings *f, char **text,
    size_t *len, struct why *why)
{
	const uint8_t *p = file.ptr;
	enum cred_err e;
	uint32_t line;
	bool bad = false;

	if (file.len >= 4 && memcmp(p, "PK\3\4", 4) == 0) {
		findings_add(f, 1, "", FIND_ROSTER_FORMAT,
		    TR("this is a spreadsheet file (XLSX), not CSV; save it "
		       "as 'CSV UTF-8'",
			"这是电子表格文件（XLSX），不是 CSV；请另存为“CSV "
			"UTF-8”"));
		return CRED_OK;
	}
	if (file.len >= 8 &&
	    memcmp(p, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8) == 0) {
		findings_add(f, 1, "", FIND_ROSTER_FORMAT,
		    TR("this is an old spreadsheet file (XLS), not CSV; save "
		       "it as 'CSV UTF-8'",
			"这是旧版电子表格文件（XLS），不是 CSV；"
			"请另存为“CSV UTF-8”"));
		return CRED_OK;
	}
	if (file.len >= 2 && ((p[0] == 0xff && p[1] == 0xfe) ||
				 (p[0] == 0xfe && p[1] == 0xff))) {
		r->encoding = "UTF-16";
		e = convert("UTF-16", file, text, len, &bad);
	} else {
		if (file.len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
			file = bytes_of(p + 3, file.len - 3);
		*text = malloc(file.len + 1);
		if (*text == NULL)
			return why_set(why, CRED_FAULT_NOMEM, "%s",
			    cred_strerr(CRED_FAULT_NOMEM));
		memcpy(*text, file.ptr, file.len);
		(*text)[file.len] = '\0';
		*len = file.len;
		r->encoding = "UTF-8";
		line = bad_utf8_line(*text, *len);
		if (line == 0)
			return CRED_OK;
		free(*text);
		*text = NULL;
		r->encoding = "GB18030";
		e = convert("GB18030", file, text, len, &bad);
	}
	if (e != CRED_OK)
		return why_set(why, e,
		    TR("cannot convert the roster's "
		       "characters from %s",
			"无法转换名册的 %s 编码"),
		    r->encoding);
	line = bad ? 1 : bad_utf8_line(*text, *len);
	if (line != 0) {
		for (const char *q = *text; bad && q < *text + *len; q++)
			line += *q == '\n';
		findings_add(f, line, "", FIND_ROSTER_ENCODING,
		    TR("near this line the file is neither UTF-8 nor GB18030 "
		       "text; save it again as 'CSV UTF-8'",
			"此行附近既不是 UTF-8 也不是 GB18030 文本；"
			"请重新另存为“CSV UTF-8”"));
		free(*text);
		*text = NULL;
	}
	return CRED_OK;
}

static void
require_columns(const struct roster *r, struct findings *f)
{
	static const enum column needed[] = {
	    COL_NAME, COL_ID_NUMBER, COL_OCCUPATION, COL_ISSUED};

	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		if (!r->has[needed[i]])
			findings_add(f, r->header_row, column_name(needed[i]),
			    FIND_COLUMN_MISSING,
			    TR("the roster has no column %s; add it to the "
			       "header row",
				"名册缺少“%s”这一列，请在表头中补上"),
			    column_name(needed[i]));
}

enum cred_err
roster_parse(
    struct bytes file, struct roster *out, struct findings *f, struct why *why)
{
	struct roster r = {0};
	struct reading *s = NULL;
	char *text = NULL;
	size_t len = 0;
	enum cred_err e;

	e = to_utf8(file, &r, f, &text, &len, why);
	if (e != CRED_OK || text == NULL)
		goto out;
	s = calloc(1, sizeof *s);
	if (s == NULL || (s->pool = calloc(1, 65536)) == NULL) {
		e = why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
		goto out;
	}
	s->out = &r;
	s->f = f;
	s->pool_len = 1;
	s->pool_cap = 65536;
	s->row = 1;
	e = read_csv(s, text, len);
	if (e != CRED_OK) {
		e = why_set(why, e, "%s", cred_strerr(e));
		goto out;
	}
	for (size_t i = 0; i < r.n; i++)
		for (int c = 0; c < N_COLUMNS; c++)
			r.rows[i].cell[c] =
			    s->pool + s->cell_at[i * N_COLUMNS + (size_t)c];
	r.text = s->pool;
	s->pool = NULL;
	if (s->have_header)
		require_columns(&r, f);
	else if (len == 0 || s->row == 1)
		findings_add(f, 1, "", FIND_ROSTER_EMPTY,
		    TR("the roster is empty", "名册是空的"));
	else if (f->n_errors == 0)
		findings_add(f, 1, "", FIND_ROSTER_HEADER,
		    TR("no header row in the first %d rows: one that has "
		       "姓名 and 证件号码 is needed",
			"前 %d 行中没有表头：需要有含“姓名”“证件号码”的一行"),
		    HEADER_SEARCH);
	if (s->have_header && r.n == 0 && f->n_errors == 0)
		findings_add(f, r.header_row, "", FIND_ROSTER_EMPTY,
		    TR("there is no row below the header",
			"表头下面没有数据行"));
out:
	if (s != NULL) {
		free(s->pool);
		free(s->cell_at);
		free(s);
	}
	free(text);
	if (e == CRED_OK)
		e = findings_state(f);
	if (e == CRED_OK) {
		*out = r;
	} else {
		roster_release(&r);
	}
	return e;
}

void
roster_release(struct roster *r)
{
	free(r->rows);
	free(r->text);
	*r = (struct roster){0};
}
