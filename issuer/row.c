#include "issuer/row.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/err.h>
#include <stdlib.h>

#include "domain/catalogue.h"
#include "domain/certnum.h"
#include "domain/idnum.h"
#include "domain/normal.h"
#include "domain/words.h"
#include "edge/file.h"
#include "edge/lang.h"
#include "issuer/text.h"

/* One row being checked. */
struct check {
	const struct roster_row *in;
	const struct row_rules *rules;
	struct row *out;
	struct findings *f;
	const struct kind_rules *kind;
	struct idnum id;
	bool id_good;
	bool issued_good;
	EVP_MD_CTX *md;
	enum cred_err err;
};

#define FIND(c, column, code, ...) \
	do { \
		findings_add((c)->f, (c)->out->row, column_name(column), \
		    code, __VA_ARGS__); \
		if (finding_severity(code) == SEV_ERROR) \
			(c)->out->bad = true; \
	} while (0)

typedef enum cred_err normal_fn(struct bytes in, struct outbuf *out);

/* A cell through one of normal.h, with a NUL; part of the row's key. */
static size_t
cell(struct check *c, enum column column, normal_fn *normal,
    char out[static ROSTER_MAX_CELL + 1])
{
	struct outbuf o = {(uint8_t *)out, ROSTER_MAX_CELL, 0};

	/* roster_parse() gave valid UTF-8 of at most that size. */
	if (normal(bytes_str(c->in->cell[column]), &o) != CRED_OK)
		o.len = 0;
	out[o.len] = '\0';
	return o.len;
}

static void
key_add(struct check *c, const void *p, size_t len)
{
	if (EVP_DigestUpdate(c->md, p, len) != 1 ||
	    EVP_DigestUpdate(c->md, "\x1f", 1) != 1)
		c->err = CRED_FAULT_CRYPTO;
}

static void
key_add_day(struct check *c, bool have, int32_t day)
{
	char s[11] = "";

	if (have)
		day_format(day, s);
	key_add(c, s, strlen(s));
}

/* For a message: the cell, unless it could be somebody's ID number that stands
 * in the wrong column. */
static const char *
shown(const char *s)
{
	size_t run = 0;

	for (const char *p = s; *p != '\0'; p++) {
		bool alnum = (*p >= '0' && *p <= '9') ||
		    (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z');
		run = alnum ? run + 1 : 0;
		if (run > 8)
			return "…";
	}
	return strlen(s) > 60 ? "…" : s;
}

/* Characters that no printed field may hold (claims.h: control, direction). */
static bool
is_forbidden(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c ||
	    (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	    (c >= 0xfff9 && c <= 0xfffb) || c > 0xdffff;
}

/* What a lost rare character leaves behind. */
static bool
is_lost(uint32_t c)
{
	return c == '?' || c == 0xfffd || c == 0x25a1 || c == 0x25a0 ||
	    c == 0x3013 || (c >= 0xe000 && c <= 0xf8ff) || c >= 0xf0000;
}

/* Copies a text of at most max bytes; false (with a finding) if it is longer
 * or holds a forbidden character. */
static bool
take_text(struct check *c, enum column column, const char *s, char *out,
    size_t max)
{
	size_t n;
	uint32_t u;

	for (const char *p = s; (n = text_next(p, &u)) > 0; p += n) {
		if (is_lost(u) && u != '?') {
			FIND(c, column, FIND_NAME_LOST,
			    TR("a character was lost (U+%04X stands for it); "
			       "type the character itself",
				"有一个字丢失了（以 U+%04X 代替）；请重新输入该字"),
			    u);
			return false;
		}
		if (is_forbidden(u)) {
			FIND(c, column, FIND_TEXT_CHARACTER,
			    TR("holds the invisible character U+%04X; type "
			       "the cell anew",
				"含有不可见字符 U+%04X；请重新输入该单元格"), u);
			return false;
		}
	}
	if (strlen(s) > max) {
		FIND(c, column, FIND_TEXT_LONG,
		    TR("longer than %zu bytes (about %zu characters); shorten "
		       "it",
			"超过 %zu 字节（约 %zu 个汉字）；请缩短"), max, max / 3);
		return false;
	}
	memcpy(out, s, strlen(s) + 1);
	return true;
}

static void
missing(struct check *c, enum column column)
{
	FIND(c, column, FIND_MISSING, TR("%s is empty; fill it in",
	    "%s为空，请填写"), column_name(column));
}

static void
ignored(struct check *c, enum column column)
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

	if (cell(c, COL_KIND, normal_half, buf) > 0) {
		kind = kind_by_word(bytes_str(buf));
		if (kind == 0) {
			FIND(c, COL_KIND, FIND_KIND_FORM,
			    TR("'%s' is no kind of certificate; write 1 to 5 "
			       "or its name, such as 职业技能等级证书",
				"“%s”不是证书种类；请填 1–5 或其名称，"
				"如“职业技能等级证书”"), shown(buf));
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
	key_add(c, &(char){(char)('0' + kind)}, 1);
	return true;
}

static bool
name_character_ok(uint32_t u)
{
	if (u < 0x80)
		return (u >= 'A' && u <= 'Z') || (u >= 'a' && u <= 'z') ||
		    u == ' ' || u == '-' || u == '\'' || u == '.' || u == ',';
	if (u == 0xb7 || u == 0x3005 || u == 0x3007 || u == 0x202f ||
	    u == 0x2019)
		return true;
	return u >= 0xc0 && u != 0xd7 && u != 0xf7 &&
	    !(u >= 0x2000 && u <= 0x2e7f) && !(u >= 0x3000 && u <= 0x33ff) &&
	    !(u >= 0xfe10 && u <= 0xfe6f) && !(u >= 0xff00 && u <= 0xffef);
}

static void
check_name(struct check *c)
{
	char buf[ROSTER_MAX_CELL + 1];
	size_t n, chars = 0;
	uint32_t u, last = 0;

	if (cell(c, COL_NAME, normal_name, buf) == 0) {
		missing(c, COL_NAME);
		return;
	}
	key_add(c, buf, strlen(buf));
	for (const char *p = buf; (n = text_next(p, &u)) > 0; p += n) {
		if (is_lost(u)) {
			FIND(c, COL_NAME, FIND_NAME_LOST,
			    TR("a rare character of the name was lost (U+%04X "
			       "stands for it); type it, and save as 'CSV "
			       "UTF-8'",
				"姓名中有生僻字丢失（以 U+%04X 代替）；请重新输入，"
				"并另存为“CSV UTF-8”"), u);
			return;
		}
		if (!name_character_ok(u) && !is_forbidden(u)) {
			FIND(c, COL_NAME, FIND_NAME_FORM,
			    TR("the name holds a digit or sign (U+%04X) that "
			       "names do not have; is the column shifted?",
				"姓名中有姓名不会有的数字或符号（U+%04X）；"
				"是否串列？"), u);
			return;
		}
		last = u;
		chars++;
	}
	if (buf[0] == (char)0xc2 || last == 0xb7 || buf[0] == '.') {
		FIND(c, COL_NAME, FIND_NAME_FORM,
		    TR("the name begins or ends with a dot; part of it is "
		       "missing",
			"姓名以间隔点开头或结尾，可能不完整"));
		return;
	}
	if (!take_text(c, COL_NAME, buf, c->out->name, CLAIMS_MAX_NAME))
		return;
	if (chars == 1)
		FIND(c, COL_NAME, FIND_NAME_SHORT,
		    TR("the name is a single character; is it whole?",
			"姓名只有一个字，是否完整？"));
}

static void
id_ruined(struct check *c)
{
	FIND(c, COL_ID_NUMBER, FIND_ID_EXCEL,
	    TR("the spreadsheet has turned the number into scientific "
	       "notation (1.50E+17) and lost its last digits; format the "
	       "column as text and type it again",
		"电子表格已把号码变成科学计数法（如 1.50E+17），末几位已丢失；"
		"请把该列设为“文本”格式后重新输入"));
}

static void
id_refused(struct check *c, enum cred_err e, const char *id)
{
	const char *type = idnum_type_name(c->out->id_type);

	switch (e) {
	case CRED_ERR_DOMAIN_15:
		FIND(c, COL_ID_NUMBER, FIND_ID_15,
		    TR("a first-generation number of 15 digits, not valid "
		       "since 2013; take the 18 characters of the present "
		       "card",
			"15 位的第一代身份证号码，2013 年起已停用；"
			"请填写现用证件上的 18 位号码"));
		break;
	case CRED_ERR_DOMAIN_DATE:
		FIND(c, COL_ID_NUMBER, FIND_ID_DATE,
		    TR("the birth date in the number (7th to 14th digit) does "
		       "not exist or is in the future; compare it with the "
		       "card",
			"号码中的出生日期（第 7–14 位）不存在或在将来；"
			"请对照证件核对"));
		break;
	case CRED_ERR_DOMAIN_CHECKSUM:
		FIND(c, COL_ID_NUMBER, FIND_ID_CHECKSUM,
		    TR("the check digit (18th) does not fit the others: a "
		       "digit is wrong or two are exchanged; compare the "
		       "number with the card",
			"校验位（第 18 位）与其余各位不符：有一位写错或两位颠倒；"
			"请对照证件核对"));
		if (idnum_ruined_by_excel(bytes_str(id)))
			FIND(c, COL_ID_NUMBER, FIND_ID_ROUNDED,
			    TR("the number ends in 000, as a spreadsheet "
			       "leaves it when the cell is not text; format "
			       "the column as text and type it again",
				"号码以 000 结尾，像是电子表格按数字存放后丢失了末位；"
				"请把该列设为“文本”格式后重新输入"));
		break;
	default:
		if (idnum_ruined_by_excel(bytes_str(id))) {
			id_ruined(c);
			break;
		}
		FIND(c, COL_ID_NUMBER, FIND_ID_FORM,
		    TR("not the form of a %s number (%zu characters here); "
		       "check 证件类型 and compare with the card",
			"不是%s号码的形式（此处为 %zu 个字符）；"
			"请检查“证件类型”并对照证件核对"), type, strlen(id));
	}
}

static void
check_id(struct check *c)
{
	char buf[ROSTER_MAX_CELL + 1];
	enum cred_err e;
	int type;

	cell(c, COL_ID_TYPE, normal_name, buf);
	type = idnum_type_by_name(bytes_str(buf));
	if (type == 0) {
		FIND(c, COL_ID_TYPE, FIND_ID_TYPE,
		    TR("'%s' is no type of identity document; write "
		       "居民身份证, 港澳台居民居住证, 外国人永久居留身份证, "
		       "港澳居民来往内地通行证, 台湾居民来往大陆通行证 or 护照",
			"“%s”不是证件类型；请填居民身份证、港澳台居民居住证、"
			"外国人永久居留身份证、港澳居民来往内地通行证、"
			"台湾居民来往大陆通行证或护照"), shown(buf));
		return;
	}
	c->out->id_type = (enum id_type)type;
	key_add(c, &(char){(char)('0' + type)}, 1);
	if (cell(c, COL_ID_NUMBER, normal_id, buf) == 0) {
		missing(c, COL_ID_NUMBER);
		return;
	}
	key_add(c, buf, strlen(buf));
	e = idnum_check(c->out->id_type, bytes_str(buf), c->rules->today,
	    &c->id);
	if (e == CRED_OK && strlen(buf) > ROW_ID_MAX)
		e = CRED_ERR_DOMAIN_FORM;
	if (e != CRED_OK) {
		id_refused(c, e, buf);
		return;
	}
	memcpy(c->out->id_number, buf, strlen(buf) + 1);
	c->id_good = true;
	if (type == ID_RESIDENT && strcmp(buf + 15, "000") == 0)
		FIND(c, COL_ID_NUMBER, FIND_ID_ROUNDED,
		    TR("the number ends in 000, as a spreadsheet leaves it "
		       "when the cell is not text; compare it with the card",
			"号码以 000 结尾，像是电子表格按数字存放后丢失了末位；"
			"请对照证件核对"));
	if (type == ID_RESIDENT && region_name(c->id.region) == NULL)
		FIND(c, COL_ID_NUMBER, FIND_ID_REGION,
		    TR("the region (first six digits) is in no list we have; "
		       "compare the number with the card",
			"行政区划（前 6 位）不在已知名单中；请对照证件核对"));
}

/* A date cell: true and the day, or false, with a finding unless empty. */
static bool
take_date(struct check *c, enum column column, int32_t *day, bool *empty)
{
	char buf[ROSTER_MAX_CELL + 1];
	struct bytes s;
	int digits = 0;

	s = bytes_of(buf, cell(c, column, normal_half, buf));
	*empty = s.len == 0;
	if (*empty)
		return false;
	if (date_by_word(s, day) && *day >= 0 && *day <= CLAIMS_MAX_DAY)
		return true;
	for (size_t i = 0; i < s.len; i++)
		digits += buf[i] >= '0' && buf[i] <= '9';
	/* A good form, but no such day? */
	if (digits >= 6 && digits <= 8 && buf[0] >= '1' && buf[0] <= '2' &&
	    buf[1] >= '0' && buf[1] <= '9' && buf[2] >= '0' && buf[2] <= '9' &&
	    buf[3] >= '0' && buf[3] <= '9' && s.len <= 17)
		FIND(c, column, FIND_DATE_NONE,
		    TR("there is no day '%s'; correct it",
			"没有“%s”这一天，请改正"), shown(buf));
	else
		FIND(c, column, FIND_DATE_FORM,
		    TR("'%s' is no date we can read for certain; write it as "
		       "2020-06-30",
			"“%s”不是能确定的日期；请写成 2020-06-30"), shown(buf));
	return false;
}

static void
check_issued(struct check *c)
{
	bool empty;

	if (!take_date(c, COL_ISSUED, &c->out->issued, &empty)) {
		if (empty)
			missing(c, COL_ISSUED);
		return;
	}
	key_add_day(c, true, c->out->issued);
	if (c->out->issued > c->rules->today) {
		FIND(c, COL_ISSUED, FIND_DATE_FUTURE,
		    TR("the issue date is in the future; issue it on that day, "
		       "or correct it",
			"发证日期在将来；请到当日再签发，或改正日期"));
		return;
	}
	c->issued_good = true;
}

/* A day n years later, the day before: what is valid from 2020-03-01 for six
 * years is valid to 2026-02-28. */
static int32_t
years_later(int32_t day, int years)
{
	int y, m, d;
	int32_t out;

	day_to_civil(day, &y, &m, &d);
	if (!day_from_civil(y + years, m, d, &out) &&
	    !day_from_civil(y + years, 3, 1, &out)) /* 29 February */
		return day;
	return out - 1;
}

static bool
near(int32_t a, int32_t b)
{
	return a - b <= 1 && b - a <= 1;
}

/* 有效期起, 有效期止, 应复审日期 of a kind that runs out: domain.md 2.3. */
static void
check_validity(struct check *c, const struct operation *op)
{
	struct row *r = c->out;
	bool no_from, no_to, no_review;
	bool from = take_date(c, COL_VALID_FROM, &r->valid_from, &no_from);
	bool to = take_date(c, COL_VALID_TO, &r->valid_to, &no_to);
	bool review =
	    take_date(c, COL_REVIEW_DUE, &r->review_due, &no_review);
	bool coal = op != NULL && strcmp(op->rule, "none") == 0;
	int32_t usual;

	key_add_day(c, from, r->valid_from);
	key_add_day(c, to, r->valid_to);
	key_add_day(c, review, r->review_due);
	if (!c->issued_good || (!from && !no_from) || (!to && !no_to) ||
	    (!review && !no_review))
		return;
	if (!from)
		r->valid_from = r->issued;
	usual = years_later(r->valid_from, OPERATION_YEARS);
	if (!to)
		r->valid_to = usual;
	else if (!near(r->valid_to, usual))
		FIND(c, COL_VALID_TO, FIND_VALIDITY_UNUSUAL,
		    TR("not %d years after 有效期起; is it meant?",
			"与“有效期起”相距不是 %d 年，是否有误？"),
		    OPERATION_YEARS);
	r->has_valid_to = true;
	if (r->valid_to < r->valid_from || r->valid_to < r->issued) {
		FIND(c, COL_VALID_TO, FIND_DATE_ORDER,
		    TR("the validity ends before it begins, or before the "
		       "issue date; correct one of them",
			"有效期止早于有效期起或发证日期，请改正"));
		return;
	}
	/* "不含煤矿", domain.md 2.3: [V-], so a given date is kept. */
	if (no_review && coal)
		return;
	usual = years_later(r->valid_from, 3);
	if (no_review)
		r->review_due = usual < r->valid_to ? usual : r->valid_to;
	r->has_review_due = true;
	if (r->review_due > r->valid_to || r->review_due < r->valid_from ||
	    r->review_due < r->issued) {
		FIND(c, COL_REVIEW_DUE, FIND_DATE_ORDER,
		    TR("the review is due outside the validity; correct one "
		       "of them",
			"应复审日期不在有效期内，请改正"));
		return;
	}
	if (!no_review && !near(r->review_due, usual) &&
	    !near(r->review_due, r->valid_to))
		FIND(c, COL_REVIEW_DUE, FIND_REVIEW_UNUSUAL,
		    TR("neither 3 years after 有效期起 nor at the end of the "
		       "validity; is it meant?",
			"既不是“有效期起”后 3 年，也不是有效期满之日，是否有误？"));
}

/* Kinds that do not run out may say so (长期) but give no date. */
static void
check_no_validity(struct check *c)
{
	static const enum column columns[] = {COL_VALID_FROM, COL_VALID_TO,
	    COL_REVIEW_DUE};
	char buf[ROSTER_MAX_CELL + 1];

	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
		cell(c, columns[i], normal_half, buf);
		if (*buf != '\0' && strcmp(buf, "长期") != 0 &&
		    strcmp(buf, "长期有效") != 0 && strcmp(buf, "-") != 0 &&
		    strcmp(buf, "--") != 0 && strcmp(buf, "无") != 0)
			ignored(c, columns[i]);
	}
}

static void
check_level(struct check *c, const struct occupation *o)
{
	char buf[ROSTER_MAX_CELL + 1], *half;
	size_t n = cell(c, COL_LEVEL, normal_half, buf);
	unsigned level, other;

	if (!c->kind->level) {
		if (n > 0 && strcmp(buf, "-") != 0 && strcmp(buf, "--") != 0 &&
		    strcmp(buf, "无") != 0)
			ignored(c, COL_LEVEL);
		return;
	}
	if (n == 0) {
		missing(c, COL_LEVEL);
		return;
	}
	level = level_by_word(bytes_str(buf));
	half = buf + strcspn(buf, "/(");
	if (level == 0 && *half != '\0') {
		char *end = strchr(half + 1, ')');
		if (*half == '(' && end != NULL && end[1] == '\0')
			*end = '\0';
		level = level_by_word(bytes_of(buf, (size_t)(half - buf)));
		other = level_by_word(bytes_str(half + 1));
		if (level != 0 && other != 0 && level != other) {
			FIND(c, COL_LEVEL, FIND_LEVEL_CONFLICT,
			    TR("the two halves name different levels; write "
			       "one of 五级/初级工 四级/中级工 三级/高级工 "
			       "二级/技师 一级/高级技师",
				"前后两半不是同一等级；请填 五级/初级工、四级/中级工、"
				"三级/高级工、二级/技师 或 一级/高级技师"));
			return;
		}
		if (other == 0)
			level = 0;
	}
	if (level == 0) {
		FIND(c, COL_LEVEL, FIND_LEVEL_FORM,
		    TR("'%s' is no level; write 1 to 5, 四级, 中级工 or "
		       "四级/中级工",
			"“%s”不是等级；请填 1–5、四级、中级工 或 四级/中级工"),
		    shown(buf));
		return;
	}
	c->out->level = (uint8_t)level;
	key_add(c, &(char){(char)('0' + level)}, 1);
	if (o != NULL && strchr(o->levels, (int)('0' + level)) == NULL)
		FIND(c, COL_LEVEL, FIND_LEVEL_NOT_OFFERED,
		    TR("%s has no level %u in our catalogue; is it meant?",
			"目录中%s没有 %u 级，是否有误？"), o->name, level);
}

/* 职业名称 and 职业编码 of kinds 1 and 2. */
static const struct occupation *
check_occupation(struct check *c, const char *name, const char *code)
{
	const struct occupation *o;
	struct row *r = c->out;

	if (*code != '\0' && !occupation_code_ok(bytes_str(code))) {
		FIND(c, COL_CODE, FIND_CODE_FORM,
		    TR("'%s' is no occupation code; its form is 6-31-01-03. "
		       "Spreadsheets turn codes into dates: format the column "
		       "as text, or leave it empty",
			"“%s”不是职业编码；形式如 6-31-01-03。"
			"电子表格会把编码变成日期：请设为“文本”格式，或留空"),
		    shown(code));
		return NULL;
	}
	o = *code != '\0' ? occupation_by_code(bytes_str(code))
			  : occupation_by_name(bytes_str(name));
	if (o == NULL) {
		FIND(c, *code != '\0' ? COL_CODE : COL_OCCUPATION,
		    FIND_OCCUPATION_UNKNOWN,
		    *code != '\0'
			? TR("%s%s is in no catalogue we have; check it",
			      "%s%s 不在已有目录中，请核对")
			: TR("%s'%s' is in no catalogue we have, and 职业编码 is "
			     "empty; fill in the code",
			      "%s“%s”不在已有目录中，且“职业编码”为空；"
			      "请填写编码"),
		    "", shown(*code != '\0' ? code : name));
		memcpy(r->code, code, strlen(code) + 1);
		return NULL;
	}
	memcpy(r->code, o->code, strlen(o->code) + 1);
	if (*code != '\0' && strcmp(code, o->code) != 0)
		FIND(c, COL_CODE, FIND_CODE_OLD,
		    TR("%s is the code of an older edition; the present one, "
		       "%s, is used",
			"%s 是旧版编码；将使用现行编码 %s"), code, o->code);
	if (strcmp(name, o->name) != 0)
		FIND(c, COL_OCCUPATION, FIND_OCCUPATION_MISMATCH,
		    TR("the code %s is %s in our catalogue; which of the two "
		       "is right?",
			"编码 %s 在目录中是“%s”；请核对哪一个正确"), o->code,
		    o->name);
	return o;
}

/* 操作项目, its code and 作业类别 of kind 4. */
static const struct operation *
check_operation(struct check *c, const char *code)
{
	struct row *r = c->out;
	char buf[ROSTER_MAX_CELL + 1];
	const struct operation *op = operation_by_name(bytes_str(r->occupation));
	const struct operation *by_code =
	    *code != '\0' ? operation_by_code(bytes_str(code)) : NULL;

	cell(c, COL_CATEGORY, normal_text, buf);
	take_text(c, COL_CATEGORY, buf, r->category, ROW_CATEGORY_MAX);
	if (op == NULL)
		FIND(c, COL_OCCUPATION, FIND_OCCUPATION_UNKNOWN,
		    TR("%s'%s' is no item of the catalogue of special "
		       "operations; use its official name, such as "
		       "低压电工作业",
			"%s“%s”不是特种作业目录中的操作项目；"
			"请用目录中的名称，如“低压电工作业”"), "",
		    shown(r->occupation));
	if (op != NULL && by_code != NULL && op != by_code)
		FIND(c, COL_CODE, FIND_OCCUPATION_MISMATCH,
		    TR("the code %s is %s in our catalogue; which of the two "
		       "is right?",
			"编码 %s 在目录中是“%s”；请核对哪一个正确"), code,
		    by_code->name);
	if (*code != '\0')
		memcpy(r->code, code, strlen(code) + 1);
	else if (op != NULL)
		memcpy(r->code, op->code, strlen(op->code) + 1);
	if (op == NULL)
		return by_code;
	/* The official name, with 作业 at its end: domain.md 2.1. */
	memcpy(r->occupation, op->name, strlen(op->name) + 1);
	if (*r->category == '\0')
		snprintf(r->category, sizeof r->category, "%s",
		    op->class_name);
	else if (strcmp(r->category, op->class_name) != 0)
		FIND(c, COL_CATEGORY, FIND_CATEGORY_MISMATCH,
		    TR("%s belongs to %s in our catalogue; is it meant?",
			"目录中“%s”属于“%s”，是否有误？"), op->name,
		    op->class_name);
	return op;
}

/* Occupation, code, direction, level and the dates that depend on them. */
static void
check_subject(struct check *c)
{
	const struct occupation *o = NULL;
	const struct operation *op = NULL;
	char name[ROSTER_MAX_CELL + 1], code[ROSTER_MAX_CELL + 1];
	char direction[ROSTER_MAX_CELL + 1];
	struct row *r = c->out;
	bool named = false;

	cell(c, COL_OCCUPATION, normal_text, name);
	cell(c, COL_CODE, normal_half, code);
	key_add(c, name, strlen(name));
	key_add(c, code, strlen(code));
	if (*name == '\0')
		missing(c, COL_OCCUPATION);
	else
		named = take_text(c, COL_OCCUPATION, name, r->occupation,
		    CLAIMS_MAX_OCCUPATION);
	if (strlen(code) > CLAIMS_MAX_CODE) {
		FIND(c, COL_CODE, FIND_CODE_FORM,
		    TR("longer than %d characters; no code is",
			"超过 %d 个字符，不是编码"), CLAIMS_MAX_CODE);
		named = false;
	}
	if (named && c->kind->occupation)
		o = check_occupation(c, name, code);
	else if (named && c->kind->operation)
		op = check_operation(c, code);
	else if (named)
		memcpy(r->code, code, strlen(code) + 1);
	cell(c, COL_DIRECTION, normal_text, direction);
	key_add(c, direction, strlen(direction));
	if (strcmp(direction, "-") != 0 && strcmp(direction, "--") != 0 &&
	    strcmp(direction, "无") != 0)
		take_text(c, COL_DIRECTION, direction, r->direction,
		    CLAIMS_MAX_DIRECTION);
	check_level(c, o);
	check_issued(c);
	if (c->kind->operation)
		check_validity(c, op);
	else
		check_no_validity(c);
}

static void
check_age(struct check *c)
{
	int age, least = c->kind->operation ? 18 : 16;

	if (!c->id_good || !c->issued_good || !c->id.has_birth)
		return;
	if (c->id.birth > c->out->issued) {
		FIND(c, COL_ISSUED, FIND_DATE_BIRTH,
		    TR("the issue date is before the holder's birth",
			"发证日期早于持证人出生日期"));
		return;
	}
	/* Never refused: clause 九 and domain.md 0. */
	age = idnum_age(&c->id, c->out->issued);
	if (age < least || age > 100)
		FIND(c, COL_ID_NUMBER, FIND_ID_AGE,
		    TR("the holder is %d years old on the issue date; is the "
		       "number right?",
			"持证人在发证日期为 %d 岁，号码是否有误？"), age);
}

static void
check_number(struct check *c)
{
	char buf[ROSTER_MAX_CELL + 1];
	size_t n = cell(c, COL_NUMBER, normal_id, buf);
	struct certnum num;

	key_add(c, c->kind->number ? buf : "", c->kind->number ? n : 0);
	if (!c->kind->number) {
		if (n > 0)
			ignored(c, COL_NUMBER);
		return;
	}
	if (n == 0) {
		if (c->kind->series == '-')
			missing(c, COL_NUMBER);
		return;
	}
	if (n > CLAIMS_MAX_NUMBER ||
	    certnum_parse(c->kind->kind, bytes_str(buf), &num) != CRED_OK) {
		if (certnum_has_letter_digits(bytes_str(buf)))
			FIND(c, COL_NUMBER, FIND_NUMBER_FORM,
			    TR("letters O or I where digits belong; type 0 "
			       "or 1",
				"本应为数字处写成了字母 O 或 I；请改为 0 或 1"));
		else
			FIND(c, COL_NUMBER, FIND_NUMBER_FORM,
			    TR("not the form of a %s number (%zu characters); "
			       "leave it empty to have one made",
				"不是%s编号的形式（此处为 %zu 个字符）；"
				"留空则自动编号"), kind_word(c->kind->kind), n);
		return;
	}
	memcpy(c->out->number, buf, n + 1);
}

static bool
photo_path_ok(const char *s)
{
	if (*s == '/' || strchr(s, '\\') != NULL)
		return false;
	for (const char *p = s; p != NULL; p = strchr(p, '/')) {
		p += *p == '/';
		if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || p[2] == '\0'))
			return false;
	}
	return true;
}

static void
check_photo(struct check *c)
{
	char buf[ROSTER_MAX_CELL + 1], *path = NULL;
	uint8_t *data = NULL, hash[32];
	struct why why = {""};
	size_t len;

	if (cell(c, COL_PHOTO, normal_text, buf) == 0) {
		key_add(c, "", 0);
		return;
	}
	if (!photo_path_ok(buf) || strlen(buf) > ROW_PHOTO_MAX) {
		FIND(c, COL_PHOTO, FIND_PHOTO,
		    TR("give a file name inside the photo folder, without .. "
		       "and without \\",
			"请给出照片文件夹内的文件名，不能含 .. 或 \\"));
		return;
	}
	memcpy(c->out->photo_file, buf, strlen(buf) + 1);
	if (c->rules->photo_dir == NULL) {
		key_add(c, buf, strlen(buf));
		return;
	}
	path = file_join(c->rules->photo_dir, buf);
	if (path == NULL) {
		c->err = CRED_FAULT_NOMEM;
		return;
	}
	if (file_read(path, ROW_PHOTO_BYTES, &data, &len, &why) != CRED_OK) {
		FIND(c, COL_PHOTO, FIND_PHOTO,
		    TR("the photo cannot be read: %s", "照片读不了：%s"),
		    why.text);
	} else if (!(len > 8 && memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0) &&
	    !(len > 3 && memcmp(data, "\xff\xd8\xff", 3) == 0)) {
		FIND(c, COL_PHOTO, FIND_PHOTO,
		    TR("the photo is neither JPEG nor PNG; save it as JPEG",
			"照片既不是 JPEG 也不是 PNG；请另存为 JPEG"));
	} else if (EVP_Digest(data, len, hash, NULL, EVP_sha256(), NULL) != 1) {
		c->err = CRED_FAULT_CRYPTO;
	} else {
		memcpy(c->out->photo, hash, sizeof c->out->photo);
		c->out->has_photo = true;
		key_add(c, c->out->photo, sizeof c->out->photo);
	}
	free(data);
	free(path);
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
			      "请填写“职业编码”"), c->out->code);
		break;
	case CRED_ERR_NOT_LEVEL:
		FIND(c, COL_LEVEL, FIND_SCOPE_LEVEL,
		    TR("this body may not issue level %u of %s",
			"本机构无权签发 %u 级的 %s"), c->out->level,
		    c->out->code);
		break;
	case CRED_ERR_NOT_PREFIX:
		FIND(c, COL_NUMBER, FIND_NUMBER_PREFIX,
		    TR("the number does not begin with this body's %s",
			"编号不是以本机构的 %s 开头"), s->prefix);
		break;
	case CRED_ERR_NOT_YEAR:
		FIND(c, COL_NUMBER, FIND_NUMBER_YEAR,
		    TR("the year in the number (15th and 16th... of 22: 14th "
		       "and 15th character) is not the issue date's",
			"编号中的年份（第 14、15 位）与发证日期不符"));
		break;
	case CRED_ERR_NOT_NUMBER_LEVEL:
		FIND(c, COL_NUMBER, FIND_NUMBER_LEVEL,
		    TR("the level in the number (16th character) is not 等级",
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
		    TR("not the form of a %s number",
			"不是%s编号的形式"), kind_word(c->kind->kind));
	}
}

enum cred_err
row_check(const struct roster_row *in, const struct row_rules *rules,
    struct row *out, struct findings *f)
{
	struct check c = {.in = in, .rules = rules, .out = out, .f = f};

	*out = (struct row){.row = in->row};
	c.md = EVP_MD_CTX_new();
	if (c.md == NULL)
		return CRED_FAULT_NOMEM;
	if (EVP_DigestInit_ex(c.md, EVP_sha256(), NULL) != 1)
		c.err = CRED_FAULT_CRYPTO;
	if (c.err == CRED_OK && check_kind(&c)) {
		check_name(&c);
		check_id(&c);
		check_subject(&c);
		check_age(&c);
		check_number(&c);
		check_photo(&c);
		check_scope(&c);
	}
	if (c.err == CRED_OK &&
	    EVP_DigestFinal_ex(c.md, out->key, NULL) != 1)
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
row_series(const struct row *r, const char *prefix,
    char out[static ROW_SERIES_MAX])
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

	if (serial == 0 || serial > 999999 ||
	    !row_series(r, prefix, series))
		return false;
	snprintf(out, CLAIMS_MAX_NUMBER + 1, "%.16s%06u", series, serial);
	return true;
}

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

static void
mark(struct row *r, struct findings *f, enum column column,
    enum finding_code code, const char *text, uint32_t first)
{
	findings_add(f, r->row, column_name(column), code, "%s %u%s",
	    text, first,
	    code == FIND_NUMBER_TAKEN
		? TR("; every number is given once", "；每个编号只能用一次")
		: TR("; remove one of them", "；请删去其中一行"));
	r->bad = true;
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
		if (same_person(order[first], order[i]) != 0)
			first = i;
		else
			mark(order[i], f, COL_ID_NUMBER,
			    FIND_DUPLICATE_ROSTER,
			    TR("the same person, occupation and level as row",
				"同一人、同一职业、同一等级，重复于第"),
			    order[first]->row);
	}
	m = 0;
	for (size_t i = 0; i < n; i++)
		if (!rows[i].bad && *rows[i].number != '\0')
			order[m++] = &rows[i];
	qsort(order, m, sizeof *order, by_number);
	first = 0;
	for (size_t i = 1; i < m; i++) {
		if (same_number(order[first], order[i]) != 0)
			first = i;
		else
			mark(order[i], f, COL_NUMBER, FIND_NUMBER_TAKEN,
			    TR("the same number as row", "编号重复于第"),
			    order[first]->row);
	}
	free(order);
	return findings_state(f);
}
