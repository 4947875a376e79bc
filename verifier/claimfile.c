#include "verifier/claimfile.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "domain/catalogue.h"
#include "domain/idnum.h"
#include "domain/normal.h"
#include "domain/words.h"
#include "edge/lang.h"
#include "registry/ledger.h"
#include "subsidy/money.h"
#include "subsidy/plan.h"

#define HEADER_SEARCH 10
#define NONE          N_CLAIM_COLUMNS

/* The canonical name first. */
static const char *const NAMES[N_CLAIM_COLUMNS][12] = {
    [CLAIM_ID] = {"申领编号", "申请编号", "申报编号", "业务编号", "CLAIM"},
    [CLAIM_NAME] = {"姓名", "名字", "申领人", "申请人", "学员姓名",
	"参训人员姓名", "NAME"},
    [CLAIM_ID_TYPE] = {"证件类型", "证件种类", "IDTYPE"},
    [CLAIM_ID_NUMBER] = {"证件号码", "证件号", "身份证号", "身份证号码",
	"身份证", "公民身份号码", "居民身份证号", "IDNUMBER"},
    [CLAIM_KIND] = {"证书种类", "证书类型", "证书类别", "KIND"},
    [CLAIM_NUMBER] = {"证书编号", "证书号", "证书号码", "NUMBER"},
    [CLAIM_QR] = {"二维码", "二维码内容", "二维码文本", "QR"},
    [CLAIM_SCAN] = {"扫描件", "扫描件文件", "附件", "证书扫描件", "SCAN"},
    [CLAIM_OCCUPATION] = {"职业名称", "职业", "职业工种", "操作项目",
	"专项能力名称", "培训项目", "项目名称", "OCCUPATION"},
    [CLAIM_CODE] = {"职业编码", "职业代码", "操作项目代码", "CODE"},
    [CLAIM_LEVEL] = {"等级", "级别", "技能等级", "职业技能等级", "LEVEL"},
    [CLAIM_ISSUED] = {"发证日期", "发证时间", "颁发日期", "核发日期",
	"签发日期", "ISSUED"},
    [CLAIM_INSTITUTION] = {"培训机构", "培训机构名称", "培训单位",
	"INSTITUTION"},
    [CLAIM_FROM] = {"培训起", "培训开始", "培训开始日期", "培训起始日期",
	"开班日期", "FROM"},
    [CLAIM_TO] = {"培训止", "培训结束", "培训结束日期", "培训截止日期",
	"结业日期", "TO"},
    [CLAIM_SCHEME] = {"补贴种类", "补贴类型", "补贴项目", "SCHEME"},
    [CLAIM_PART] = {"款项", "拨付方式", "PART"},
    [CLAIM_APPLIED] = {"申请日期", "申领日期", "申报日期", "APPLIED"},
    [CLAIM_AMOUNT] = {"金额", "补贴金额", "申请金额", "申领金额", "AMOUNT"},
    [CLAIM_ACCOUNT] = {"银行账户", "银行账号", "银行卡号", "账号", "ACCOUNT"},
    [CLAIM_DEPARTMENT] = {"组织部门", "组织单位", "任务部门", "DEPARTMENT"},
    [CLAIM_REGION] = {"地区", "地区代码", "所属盟市", "盟市", "REGION"},
    [CLAIM_PHONE] = {"手机号", "手机号码", "联系电话", "电话", "PHONE"},
};

/* Without these a claim cannot be judged at all. */
static const enum claim_column NEEDED[] = {CLAIM_ID, CLAIM_NAME,
    CLAIM_ID_NUMBER, CLAIM_OCCUPATION, CLAIM_APPLIED, CLAIM_AMOUNT};

struct claimfile {
	struct table *table;
	char *path;
	uint32_t header_row;
	enum claim_column map[TABLE_MAX_CELLS];
	struct claim_row row;
	char cells[N_CLAIM_COLUMNS][TABLE_MAX_CELL + 1]; /* as written */
	char normal[N_CLAIM_COLUMNS][TABLE_MAX_CELL + 1];
};

const char *
claim_column_name(enum claim_column c)
{
	return c < N_CLAIM_COLUMNS ? NAMES[c][0] : "";
}

static enum claim_column
column_find(struct bytes header)
{
	uint8_t buf[TABLE_MAX_CELL + 1];
	struct outbuf o = {buf, sizeof buf, 0};

	if (normal_header(header, &o) != CRED_OK)
		return NONE;
	for (int c = 0; c < N_CLAIM_COLUMNS; c++)
		for (size_t i = 0; i < 12 && NAMES[c][i] != NULL; i++)
			if (bytes_eq(
				bytes_of(buf, o.len), bytes_str(NAMES[c][i])))
				return (enum claim_column)c;
	return NONE;
}

static struct bytes
cell_of(const struct table_row *row, size_t i)
{
	return bytes_of(row->cells[i].text, row->cells[i].len);
}

/* A header names 姓名 and one more column. */
static bool
is_header(struct claimfile *f, const struct table_row *row)
{
	bool name = false;
	size_t others = 0;

	for (size_t i = 0; i < TABLE_MAX_CELLS; i++) {
		f->map[i] = i < row->n ? column_find(cell_of(row, i)) : NONE;
		name = name || f->map[i] == CLAIM_NAME;
		others += f->map[i] != NONE && f->map[i] != CLAIM_NAME;
	}
	return name && others > 0;
}

static enum cred_err
check_header(const struct claimfile *f, struct why *why)
{
	size_t seen[N_CLAIM_COLUMNS] = {0};

	for (size_t i = 0; i < TABLE_MAX_CELLS; i++)
		if (f->map[i] != NONE && seen[f->map[i]]++ > 0)
			return why_set(why, CRED_ERR_TABLE_HEADER,
			    TR("%s, row %u: two columns mean %s; leave one",
				"%s 第 %u 行：有两列都表示“%s”，请只留一列"),
			    f->path, f->header_row, NAMES[f->map[i]][0]);
	for (size_t i = 0; i < sizeof NEEDED / sizeof *NEEDED; i++)
		if (seen[NEEDED[i]] == 0)
			return why_set(why, CRED_ERR_TABLE_HEADER,
			    TR("%s, row %u: the column %s is missing; add it",
				"%s 第 %u 行：缺少“%s”列，请补上"),
			    f->path, f->header_row, NAMES[NEEDED[i]][0]);
	return CRED_OK;
}

static enum cred_err
find_header(struct claimfile *f, struct why *why)
{
	const struct table_row *row = NULL;

	for (int i = 0; i < HEADER_SEARCH; i++) {
		enum cred_err e = table_next(f->table, &row, why);
		if (e != CRED_OK)
			return e;
		if (row == NULL)
			break;
		if (is_header(f, row)) {
			f->header_row = row->number;
			return check_header(f, why);
		}
	}
	return why_set(why, CRED_ERR_TABLE_HEADER,
	    TR("%s: no header row with 姓名 and 申领编号 in the first %d rows",
		"%s：前 %d 行中没有包含“姓名”“申领编号”的表头"),
	    f->path, HEADER_SEARCH);
}

enum cred_err
claimfile_open(const char *path, struct claimfile **out, struct why *why)
{
	struct claimfile *f = calloc(1, sizeof *f);
	enum cred_err e;

	if (f == NULL || (f->path = strdup(path)) == NULL) {
		free(f);
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	}
	e = table_open(path, NULL, &f->table, why);
	if (e == CRED_OK)
		e = find_header(f, why);
	if (e != CRED_OK) {
		claimfile_close(f);
		return e;
	}
	*out = f;
	return CRED_OK;
}

void
claimfile_close(struct claimfile *f)
{
	if (f == NULL)
		return;
	table_close(f->table);
	/* Cells held ID numbers. */
	explicit_bzero(f->cells, sizeof f->cells);
	explicit_bzero(f->normal, sizeof f->normal);
	free(f->path);
	free(f);
}

enum cred_err
claimfile_rewind(struct claimfile *f, struct why *why)
{
	enum cred_err e = table_rewind(f->table, why);

	return e == CRED_OK ? find_header(f, why) : e;
}

double
claimfile_part(const struct claimfile *f)
{
	return table_part(f->table);
}

static enum cred_err
digest_piece(void *ctx, struct bytes piece, struct why *why)
{
	(void)why;
	return EVP_DigestUpdate(ctx, piece.ptr, piece.len) == 1
		   ? CRED_OK
		   : CRED_FAULT_CRYPTO;
}

enum cred_err
claimfile_sha256(struct claimfile *f, uint8_t out[static 32], struct why *why)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	enum cred_err e = CRED_FAULT_CRYPTO;

	if (md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1)
		e = table_each_bytes(f->table, digest_piece, md, why);
	if (e == CRED_OK && EVP_DigestFinal_ex(md, out, NULL) != 1)
		e = CRED_FAULT_CRYPTO;
	EVP_MD_CTX_free(md);
	ERR_clear_error();
	return e;
}

typedef enum cred_err normal_fn(struct bytes in, struct outbuf *out);

static normal_fn *
normal_of(enum claim_column c)
{
	switch (c) {
	case CLAIM_NAME:
		return normal_name;
	case CLAIM_ID_NUMBER:
	case CLAIM_NUMBER:
	case CLAIM_ACCOUNT:
	case CLAIM_PHONE:
		return normal_id;
	case CLAIM_QR:
	case CLAIM_SCAN:
	case CLAIM_ID:
	case CLAIM_INSTITUTION:
	case CLAIM_OCCUPATION:
		return normal_text;
	default:
		return normal_half;
	}
}

static void
unreadable(struct claim_row *r, enum claim_column c)
{
	for (size_t i = 0; i < r->n_unreadable; i++)
		if (r->unreadable[i] == NAMES[c][0])
			return;
	r->unreadable[r->n_unreadable++] = NAMES[c][0];
}

/* A number in a cell of type number has lost digits beyond the fifteenth. */
static bool
lost_digits(enum claim_column c, const struct table_cell *cell)
{
	return (c == CLAIM_ID_NUMBER || c == CLAIM_NUMBER ||
		   c == CLAIM_ACCOUNT) &&
	       (cell->type == CELL_ERROR ||
		   (cell->type == CELL_NUMBER && cell->len > 15));
}

static void
take_cells(struct claimfile *f, const struct table_row *row)
{
	struct claim_row *r = &f->row;

	for (int c = 0; c < N_CLAIM_COLUMNS; c++)
		f->cells[c][0] = f->normal[c][0] = '\0';
	for (size_t i = 0; i < row->n; i++) {
		enum claim_column c = f->map[i];
		struct outbuf o;
		if (c == NONE)
			continue;
		memcpy(f->cells[c], row->cells[i].text, row->cells[i].len + 1);
		o = (struct outbuf){(uint8_t *)f->normal[c], TABLE_MAX_CELL, 0};
		if (normal_of(c)(cell_of(row, i), &o) != CRED_OK) {
			o.len = 0;
			unreadable(r, c);
		}
		f->normal[c][o.len] = '\0';
		if (lost_digits(c, &row->cells[i]) ||
		    row->cells[i].type == CELL_ERROR ||
		    (c == CLAIM_ID_NUMBER &&
			idnum_ruined_by_excel(bytes_of(f->normal[c], o.len))))
			unreadable(r, c);
	}
}

static bool
take_day(struct claimfile *f, enum claim_column c, int32_t *day)
{
	const char *s = f->normal[c];

	if (*s == '\0')
		return false;
	if (date_by_word(bytes_str(s), day))
		return true;
	unreadable(&f->row, c);
	return false;
}

static void
take_words(struct claimfile *f, struct claim *k)
{
	struct claim_row *r = &f->row;
	int type = idnum_type_by_name(bytes_str(f->normal[CLAIM_ID_TYPE]));

	k->id_type = type > 0 ? (enum id_type)type : ID_RESIDENT;
	if (type <= 0)
		unreadable(r, CLAIM_ID_TYPE);
	k->kind = kind_by_word(bytes_str(f->normal[CLAIM_KIND]));
	if (k->kind == 0 && *f->normal[CLAIM_KIND] != '\0')
		unreadable(r, CLAIM_KIND);
	k->level = level_by_word(bytes_str(f->normal[CLAIM_LEVEL]));
	if (k->level == 0 && *f->normal[CLAIM_LEVEL] != '\0' &&
	    strcmp(f->normal[CLAIM_LEVEL], "--") != 0)
		unreadable(r, CLAIM_LEVEL);
	k->scheme = claim_scheme_by_word(bytes_str(f->normal[CLAIM_SCHEME]));
	k->part = claim_part_by_word(bytes_str(f->normal[CLAIM_PART]));
	k->department = plan_by_word(bytes_str(f->normal[CLAIM_DEPARTMENT]));
	if (k->department == 0 && *f->normal[CLAIM_DEPARTMENT] != '\0')
		unreadable(r, CLAIM_DEPARTMENT);
	k->region = region_by_word(bytes_str(f->normal[CLAIM_REGION]));
	if (*k->region == '\0' && *f->normal[CLAIM_REGION] != '\0')
		unreadable(r, CLAIM_REGION);
	k->has_amount =
	    money_parse(bytes_str(f->normal[CLAIM_AMOUNT]), &k->amount_fen);
	if (!k->has_amount && *f->normal[CLAIM_AMOUNT] != '\0')
		unreadable(r, CLAIM_AMOUNT);
}

static void
take_claim(struct claimfile *f)
{
	struct claim_row *r = &f->row;
	struct claim k = {.id = f->normal[CLAIM_ID],
	    .name = f->normal[CLAIM_NAME],
	    .id_number = f->normal[CLAIM_ID_NUMBER],
	    .number = f->normal[CLAIM_NUMBER],
	    .occupation = f->normal[CLAIM_OCCUPATION],
	    .code = f->normal[CLAIM_CODE],
	    .institution = f->normal[CLAIM_INSTITUTION],
	    .account = f->normal[CLAIM_ACCOUNT],
	    .phone = f->normal[CLAIM_PHONE]};
	bool from, to;

	if (strlen(k.id) > LEDGER_ID_MAX)
		unreadable(r, CLAIM_ID);
	take_words(f, &k);
	k.has_issued = take_day(f, CLAIM_ISSUED, &k.issued);
	k.has_applied = take_day(f, CLAIM_APPLIED, &k.applied);
	from = take_day(f, CLAIM_FROM, &k.trained_from);
	to = take_day(f, CLAIM_TO, &k.trained_to);
	k.has_trained = from && to;
	/* Kind 4 has no number of its own: what stands there is T and the ID
	 * number, which goes no further. */
	if (k.kind == KIND_OPERATION)
		k.number = "";
	r->claim = k;
	r->qr = f->normal[CLAIM_QR];
	r->scan = f->normal[CLAIM_SCAN];
	for (int c = 0; c < N_CLAIM_COLUMNS; c++)
		r->cells[c] = f->cells[c];
}

/* Each normalised cell after its length: two rows that differ cannot agree. The
 * columns behind CLAIM_PHONE count where they hold something, so that a table
 * without them hashes as it always did. */
static enum cred_err
hash_row(struct claimfile *f)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool good =
	    md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;

	for (int c = 0; good && c < N_CLAIM_COLUMNS; c++) {
		size_t n = strlen(f->normal[c]);
		uint8_t len[2] = {(uint8_t)(n >> 8), (uint8_t)n};
		if (n == 0 && c > CLAIM_PHONE)
			continue;
		/* No cell is so long. */
		if (c > CLAIM_PHONE)
			good = EVP_DigestUpdate(
				   md, (uint8_t[]){0xff, (uint8_t)c}, 2) == 1;
		good = good && EVP_DigestUpdate(md, len, 2) == 1 &&
		       EVP_DigestUpdate(md, f->normal[c], n) == 1;
	}
	good = good && EVP_DigestFinal_ex(md, f->row.content, NULL) == 1;
	EVP_MD_CTX_free(md);
	if (good)
		return CRED_OK;
	ERR_clear_error();
	return CRED_FAULT_CRYPTO;
}

static bool
blank(const struct claimfile *f)
{
	for (int c = 0; c < N_CLAIM_COLUMNS; c++)
		if (f->normal[c][0] != '\0')
			return false;
	return f->row.n_unreadable == 0;
}

/* The table says what is wrong; we know where. */
static enum cred_err
at_row(const struct claimfile *f, enum cred_err e, struct why *why)
{
	struct why said = *why;

	if (!cred_is_refusal(e))
		return e;
	return why_set(why, e, TR("%s, row %u: %.800s", "%s 第 %u 行：%.800s"),
	    f->path, table_at(f->table), said.text);
}

enum cred_err
claimfile_next(
    struct claimfile *f, const struct claim_row **row, struct why *why)
{
	const struct table_row *t;
	enum cred_err e;

	do {
		e = table_next(f->table, &t, why);
		if (e != CRED_OK)
			return at_row(f, e, why);
		if (t == NULL) {
			*row = NULL;
			return CRED_OK;
		}
		f->row.n_unreadable = 0;
		f->row.row = t->number;
		take_cells(f, t);
	} while (blank(f));
	take_claim(f);
	e = hash_row(f);
	if (e != CRED_OK)
		return why_set(why, e, "%s", cred_strerr(e));
	*row = &f->row;
	return CRED_OK;
}

enum cred_err
claimfile_of_cells(const char *const cells[static N_CLAIM_COLUMNS],
    uint32_t number, struct claimfile **out, const struct claim_row **row,
    struct why *why)
{
	struct table_cell row_cells[N_CLAIM_COLUMNS];
	const struct table_row t = {
	    .number = number, .n = N_CLAIM_COLUMNS, .cells = row_cells};
	struct claimfile *f = calloc(1, sizeof *f);
	enum cred_err e;

	if (f == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	for (int c = 0; c < TABLE_MAX_CELLS; c++)
		f->map[c] = c < (int)NONE ? (enum claim_column)c : NONE;
	for (int c = 0; c < N_CLAIM_COLUMNS; c++) {
		size_t n = strlen(cells[c]);
		row_cells[c] = (struct table_cell){
		    CELL_TEXT, n <= TABLE_MAX_CELL ? n : 0, cells[c]};
	}
	f->row.row = number;
	take_cells(f, &t);
	take_claim(f);
	e = hash_row(f);
	if (e != CRED_OK) {
		claimfile_close(f);
		return why_set(why, e, "%s", cred_strerr(e));
	}
	*out = f;
	*row = &f->row;
	return CRED_OK;
}
