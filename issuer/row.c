#include "issuer/row.h"

#include <openssl/err.h>
#include <stdio.h>

#include "domain/certnum.h"
#include "domain/normal.h"
#include "domain/words.h"
#include "issuer/row_int.h"
#include "issuer/text.h"

/* A cell through one of normal.h, with a NUL; part of the row's key. */
size_t
row_cell(struct check *c, enum column column, normal_fn *normal,
    char out[static ROSTER_MAX_CELL + 1])
{
	struct outbuf o = {(uint8_t *)out, ROSTER_MAX_CELL, 0};

	/* What an error stands for is not known, and was told (roster.c). */
	if (c->in->type[column] == CELL_ERROR) {
		*out = '\0';
		return 0;
	}
	/* A table gives valid UTF-8 of at most that size. */
	if (normal(bytes_str(c->in->cell[column]), &o) != CRED_OK)
		o.len = 0;
	out[o.len] = '\0';
	return o.len;
}

void
row_key_add(struct check *c, const void *p, size_t len)
{
	if (EVP_DigestUpdate(c->md, p, len) != 1 ||
	    EVP_DigestUpdate(c->md, "\x1f", 1) != 1)
		c->err = CRED_FAULT_CRYPTO;
}

void
row_key_day(struct check *c, bool have, int32_t day)
{
	char s[11] = "";

	if (have)
		day_format(day, s);
	row_key_add(c, s, strlen(s));
}

/* For a message: the cell, unless it could be somebody's ID number that stands
 * in the wrong column. */
const char *
row_shown(const char *s)
{
	size_t run = 0;

	for (const char *p = s; *p != '\0'; p++) {
		bool alnum = (*p >= '0' && *p <= '9') ||
			     (*p >= 'A' && *p <= 'Z') ||
			     (*p >= 'a' && *p <= 'z');
		run = alnum ? run + 1 : 0;
		if (run > 8)
			return "…";
	}
	return strlen(s) > 60 ? "…" : s;
}

/* Characters that no printed field may hold (claims.h: control, direction). */
bool
row_char_forbidden(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xfff9 && c <= 0xfffb) || c > 0xdffff;
}

/* What a lost rare character leaves behind. */
bool
row_char_lost(uint32_t c)
{
	return c == '?' || c == 0xfffd || c == 0x25a1 || c == 0x25a0 ||
	       c == 0x3013 || (c >= 0xe000 && c <= 0xf8ff) || c >= 0xf0000;
}

/* Copies a text of at most max bytes; false (with a finding) if it is longer
 * or holds a forbidden character. */
bool
row_take_text(
    struct check *c, enum column column, const char *s, char *out, size_t max)
{
	size_t n;
	uint32_t u;

	for (const char *p = s; (n = text_next(p, &u)) > 0; p += n) {
		if (row_char_lost(u) && u != '?') {
			FIND(c, column, FIND_TEXT_LOST,
			    TR("a character was lost (U+%04X stands for it); "
			       "type the character itself",
				"有一个字丢失了（以 U+%04X "
				"代替）；请重新输入该字"),
			    u);
			return false;
		}
		if (row_char_forbidden(u)) {
			FIND(c, column, FIND_TEXT_CHARACTER,
			    TR("holds the invisible character U+%04X; type "
			       "the cell anew",
				"含有不可见字符 U+%04X；请重新输入该单元格"),
			    u);
			return false;
		}
	}
	if (strlen(s) > max) {
		FIND(c, column, FIND_TEXT_LONG,
		    TR("longer than %zu bytes (about %zu characters); shorten "
		       "it",
			"超过 %zu 字节（约 %zu 个汉字）；请缩短"),
		    max, max / 3);
		return false;
	}
	memcpy(out, s, strlen(s) + 1);
	return true;
}

/* A spreadsheet keeps 15 digits of a number: of one that long the rest is
 * made up, even where all of it seems to be there. */
bool
row_number_ruined(struct check *c, enum column column)
{
	const char *s = c->in->cell[column];

	if (c->in->type[column] != CELL_NUMBER || strspn(s, "0123456789") < 16)
		return false;
	FIND(c, column, FIND_ID_EXCEL,
	    TR("the cell is a number and not text, so the spreadsheet keeps "
	       "15 digits and shows 1.50E+17; format the column as text and "
	       "type it again",
		"该单元格是数字而不是文本，电子表格只保留 15 位，"
		"显示为 1.50E+17；请把该列设为“文本”格式后重新输入"));
	return true;
}

void
row_missing(struct check *c, enum column column)
{
	if (c->in->type[column] == CELL_ERROR)
		return;
	FIND(c, column, FIND_MISSING,
	    TR("%s is empty; fill it in", "%s为空，请填写"),
	    column_name(column));
}

void
row_ignored(struct check *c, enum column column)
{
	FIND(c, column, FIND_IGNORED,
	    TR("a %s has no %s; what the cell says is neither signed nor "
	       "printed",
		"%s没有“%s”一项；该单元格内容不会签入，也不会打印"),
	    kind_word(c->kind->kind), column_name(column));
}

static bool
check_kind(struct check *c)
{
	char buf[ROSTER_MAX_CELL + 1];
	int kind = c->rules->kind;

	if (row_cell(c, COL_KIND, normal_half, buf) > 0) {
		kind = kind_by_word(bytes_str(buf));
		if (kind == 0) {
			FIND(c, COL_KIND, FIND_KIND_FORM,
			    TR("'%s' is no kind of certificate; write 1 to 5 "
			       "or its name, such as 职业技能等级证书",
				"“%s”不是证书种类；请填 1–5 或其名称，"
				"如“职业技能等级证书”"),
			    row_shown(buf));
			return false;
		}
	} else if (kind == 0) {
		FIND(c, COL_KIND, FIND_MISSING,
		    TR("the kind of certificate is not given; fill in 证书种类 "
		       "or give --kind",
			"没有给出证书种类；请填写“证书种类”一列或使用 --kind"));
		return false;
	}
	c->out->kind = (enum kind)kind;
	c->kind = kind_rules(c->out->kind);
	row_key_add(c, &(char){(char)('0' + kind)}, 1);
	return true;
}

static void
check_number(struct check *c)
{
	char buf[ROSTER_MAX_CELL + 1];
	size_t n = row_cell(c, COL_NUMBER, normal_id, buf);
	struct certnum num;

	if (row_number_ruined(c, COL_NUMBER))
		return;
	row_key_add(c, c->kind->number ? buf : "", c->kind->number ? n : 0);
	if (!c->kind->number) {
		/* 证号 is printed as T and the ID number: domain.md 2.1. */
		if (n > 0 && c->id_good &&
		    !certnum_is_operation(
			bytes_str(buf), bytes_str(c->out->id_number)))
			FIND(c, COL_NUMBER, FIND_NUMBER_OPERATION,
			    TR("not T and the ID number, which will be "
			       "printed; which of the two is right?",
				"不是“T”加证件号码（将按此打印）；"
				"请核对哪一个正确"));
		return;
	}
	if (n == 0) {
		if (c->kind->series == '-')
			row_missing(c, COL_NUMBER);
		return;
	}
	if (n > CLAIMS_MAX_NUMBER ||
	    certnum_parse(c->kind->kind, bytes_str(buf), &num) != CRED_OK) {
		if (certnum_has_letter_digits(bytes_str(buf)))
			FIND(c, COL_NUMBER, FIND_NUMBER_FORM,
			    TR("letters O or I where digits belong; type 0 "
			       "or 1",
				"本应为数字处写成了字母 O 或 I；请改为 0 或 "
				"1"));
		else
			FIND(c, COL_NUMBER, FIND_NUMBER_FORM,
			    TR("not the form of a %s number (%zu characters); "
			       "leave it empty to have one made",
				"不是%s编号的形式（此处为 %zu 个字符）；"
				"留空则自动编号"),
			    kind_word(c->kind->kind), n);
		return;
	}
	if (!num.category_known)
		FIND(c, COL_NUMBER, FIND_NUMBER_CATEGORY,
		    TR("begins with '%c'; Y (employers) and S (assessment "
		       "bodies) are known. Is it right?",
			"以“%c”开头；已知的为 Y（用人单位）和 "
			"S（社会培训评价组织），是否有误？"),
		    buf[0]);
	if (c->kind->kind == KIND_QUALIFICATION &&
	    !certnum_is_inner_mongolia(bytes_str(buf)))
		FIND(c, COL_NUMBER, FIND_NUMBER_PROVINCE,
		    TR("the third and fourth digit are not 05 (Inner Mongolia)"
		       "; is it right?",
			"第 3、4 位不是 05（内蒙古），是否有误？"));
	memcpy(c->out->number, buf, n + 1);
}

/* What the signer would refuse, said before anything is signed. */
static void
check_scope(struct check *c)
{
	char number[CLAIMS_MAX_NUMBER + 1];
	const struct scope *s = c->rules->scope;
	struct certificate cert;

	if (s == NULL || c->out->bad)
		return;
	row_certificate(c->out, &cert);
	if (c->kind->number && cert.number.ptr == NULL &&
	    row_make_number(c->out, s->prefix, 1, number))
		cert.number = bytes_str(number);
	switch (scope_check(s, &cert)) {
	case CRED_OK:
		break;
	case CRED_ERR_NOT_KIND:
		FIND(c, COL_KIND, FIND_SCOPE_KIND,
		    TR("this body may not issue a %s; ask the authority to "
		       "widen its scope",
			"本机构无权签发%s；请向主管部门申请扩大范围"),
		    kind_word(c->kind->kind));
		break;
	case CRED_ERR_NOT_OCCUPATION:
		FIND(c, *c->out->code != '\0' ? COL_OCCUPATION : COL_CODE,
		    FIND_SCOPE_OCCUPATION,
		    *c->out->code != '\0'
			? TR("%s is not in this body's scope; check the code, "
			     "or ask the authority to widen the scope",
			      "%s 不在本机构的备案范围内；请核对编码，"
			      "或向主管部门申请扩大范围")
			: TR("%swithout a code it cannot be told whether it is "
			     "in this body's scope; fill in 职业编码",
			      "%s没有编码，无法判断是否在本机构的备案范围内；"
			      "请填写“职业编码”"),
		    c->out->code);
		break;
	case CRED_ERR_NOT_LEVEL:
		FIND(c, COL_LEVEL, FIND_SCOPE_LEVEL,
		    TR("this body may not issue level %u of %s",
			"本机构无权签发 %u 级的 %s"),
		    c->out->level, c->out->code);
		break;
	case CRED_ERR_NOT_PREFIX:
		FIND(c, COL_NUMBER, FIND_NUMBER_PREFIX,
		    TR("the number does not begin with this body's %s",
			"编号不是以本机构的 %s 开头"),
		    s->prefix);
		break;
	case CRED_ERR_NOT_YEAR:
		FIND(c, COL_NUMBER, FIND_NUMBER_YEAR,
		    c->kind->kind == KIND_QUALIFICATION
			? TR("the year in the number (first two digits) is not "
			     "the issue date's",
			      "编号中的年份（前 2 位）与发证日期不符")
			: TR("the year in the number (14th and 15th character) "
			     "is not the issue date's",
			      "编号中的年份（第 14、15 位）与发证日期不符"));
		break;
	case CRED_ERR_NOT_NUMBER_LEVEL:
		FIND(c, COL_NUMBER, FIND_NUMBER_LEVEL,
		    c->kind->kind == KIND_QUALIFICATION
			? TR("the level in the number (11th digit) is not 等级",
			      "编号中的等级（第 11 位）与“等级”不符")
			: TR("the level in the number (16th character) is not "
			     "等级",
			      "编号中的等级（第 16 位）与“等级”不符"));
		break;
	case CRED_ERR_NOT_DATE:
		FIND(c, COL_ISSUED, FIND_SCOPE_DATE,
		    TR("the issue date is outside the time for which this "
		       "body is admitted",
			"发证日期不在本机构获准的期间内"));
		break;
	default:
		FIND(c, COL_NUMBER, FIND_NUMBER_FORM,
		    TR("not the form of a %s number", "不是%s编号的形式"),
		    kind_word(c->kind->kind));
	}
}

/* The template's own example, left where it was. */
static bool
is_example(struct check *c)
{
	char buf[ROSTER_MAX_CELL + 1], example[sizeof ROW_EXAMPLE_NAME];
	struct outbuf o = {(uint8_t *)example, sizeof example - 1, 0};

	row_cell(c, COL_NAME, normal_name, buf);
	if (normal_name(bytes_str(ROW_EXAMPLE_NAME), &o) != CRED_OK ||
	    strlen(buf) != o.len || memcmp(buf, example, o.len) != 0)
		return false;
	FIND(c, COL_NAME, FIND_ROW_EXAMPLE,
	    TR("this is the template's example row; delete it",
		"这是模板的示例行，请删除"));
	return true;
}

enum cred_err
row_check(const struct roster_row *in, const struct row_rules *rules,
    struct row *out, struct findings *f)
{
	struct check c = {.in = in, .rules = rules, .out = out, .f = f};

	*out = (struct row){.row = in->row, .bad = in->bad};
	c.md = EVP_MD_CTX_new();
	if (c.md == NULL)
		return CRED_FAULT_NOMEM;
	if (EVP_DigestInit_ex(c.md, EVP_sha256(), NULL) != 1)
		c.err = CRED_FAULT_CRYPTO;
	if (c.err == CRED_OK && !is_example(&c) && check_kind(&c)) {
		row_check_name(&c);
		row_check_id(&c);
		row_check_subject(&c);
		row_check_age(&c);
		check_number(&c);
		row_check_photo(&c);
		check_scope(&c);
	}
	if (c.err == CRED_OK && EVP_DigestFinal_ex(c.md, out->key, NULL) != 1)
		c.err = CRED_FAULT_CRYPTO;
	if (c.err == CRED_FAULT_CRYPTO)
		ERR_clear_error();
	EVP_MD_CTX_free(c.md);
	return c.err != CRED_OK ? c.err : findings_state(f);
}

void
row_certificate(const struct row *r, struct certificate *out)
{
	*out = (struct certificate){
	    .kind = r->kind,
	    .name = bytes_str(r->name),
	    .id_type = r->id_type,
	    .occupation = bytes_str(r->occupation),
	    .level = r->level,
	    .issued = r->issued,
	    .has_valid_to = r->has_valid_to,
	    .has_review_due = r->has_review_due,
	    .valid_to = r->valid_to,
	    .review_due = r->review_due,
	};
	if (*r->number != '\0')
		out->number = bytes_str(r->number);
	if (*r->code != '\0')
		out->code = bytes_str(r->code);
	if (*r->direction != '\0')
		out->direction = bytes_str(r->direction);
	if (r->has_photo)
		out->photo = bytes_of(r->photo, sizeof r->photo);
}

bool
row_series(
    const struct row *r, const char *prefix, char out[static ROW_SERIES_MAX])
{
	const struct kind_rules *k = kind_rules(r->kind);
	int y, m, d;

	if (!k->number || k->series == '-')
		return false;
	day_to_civil(r->issued, &y, &m, &d);
	snprintf(out, ROW_SERIES_MAX, "%.13s%02d%c", prefix, y % 100,
	    k->series != '\0' ? k->series : '0' + r->level);
	return true;
}

bool
row_make_number(const struct row *r, const char *prefix, uint32_t serial,
    char out[static CLAIMS_MAX_NUMBER + 1])
{
	char series[ROW_SERIES_MAX];

	if (serial == 0 || serial > 999999 || !row_series(r, prefix, series))
		return false;
	snprintf(out, CLAIMS_MAX_NUMBER + 1, "%.16s%06u", series, serial);
	return true;
}
