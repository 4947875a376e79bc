#include <stdio.h>

#include "domain/catalogue.h"
#include "domain/normal.h"
#include "domain/words.h"
#include "issuer/row_int.h"

/* A date cell: true and the day, or false, with a finding unless empty. */
static bool
take_date(struct check *c, enum column column, int32_t *day, bool *empty)
{
	char buf[ROSTER_MAX_CELL + 1];
	struct bytes s;
	int digits = 0;

	s = bytes_of(buf, row_cell(c, column, normal_half, buf));
	/* A day and a time, in a cell of the spreadsheet's own date type. */
	if (c->in->type[column] == CELL_DATE && s.len == 19)
		s.len = 10;
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
			"没有“%s”这一天，请改正"),
		    row_shown(buf));
	else
		FIND(c, column, FIND_DATE_FORM,
		    TR("'%s' is no date we can read for certain; write it as "
		       "2020-06-30",
			"“%s”不是能确定的日期；请写成 2020-06-30"),
		    row_shown(buf));
	return false;
}

static void
check_issued(struct check *c)
{
	bool empty;

	if (!take_date(c, COL_ISSUED, &c->out->issued, &empty)) {
		if (empty)
			row_missing(c, COL_ISSUED);
		return;
	}
	row_key_day(c, true, c->out->issued);
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
	bool review = take_date(c, COL_REVIEW_DUE, &r->review_due, &no_review);
	bool coal = op != NULL && strcmp(op->rule, "none") == 0;
	int32_t usual;

	row_key_day(c, from, r->valid_from);
	row_key_day(c, to, r->valid_to);
	row_key_day(c, review, r->review_due);
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
	if (!no_review && coal && !near(r->review_due, r->valid_to))
		FIND(c, COL_REVIEW_DUE, FIND_REVIEW_UNUSUAL,
		    TR("coal-mine operations have no review before the end of "
		       "the validity; is it meant?",
			"煤矿作业在有效期内不复审，是否有误？"));
	else if (!no_review && !near(r->review_due, usual) &&
		 !near(r->review_due, r->valid_to))
		FIND(c, COL_REVIEW_DUE, FIND_REVIEW_UNUSUAL,
		    TR("neither 3 years after 有效期起 nor at the end of the "
		       "validity; is it meant?",
			"既不是“有效期起”后 3 "
			"年，也不是有效期满之日，是否有误？"));
}

/* Kinds that do not run out may say so (长期) but give no date. */
static void
check_no_validity(struct check *c)
{
	static const enum column columns[] = {
	    COL_VALID_FROM, COL_VALID_TO, COL_REVIEW_DUE};
	char buf[ROSTER_MAX_CELL + 1];

	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
		row_cell(c, columns[i], normal_half, buf);
		if (*buf != '\0' && strcmp(buf, "长期") != 0 &&
		    strcmp(buf, "长期有效") != 0 && strcmp(buf, "-") != 0 &&
		    strcmp(buf, "--") != 0 && strcmp(buf, "无") != 0)
			row_ignored(c, columns[i]);
	}
}

/* 培训起, 培训止: printed on kind 5, 发证日期 >= 培训止 >= 培训起
 * (domain.md 3.3). Rosters of other kinds may carry them. */
static void
check_training(struct check *c)
{
	struct row *r = c->out;
	bool no_from, no_to, from, to;

	if (r->kind != KIND_TRAINING)
		return;
	from = take_date(c, COL_TRAINED_FROM, &r->trained_from, &no_from);
	to = take_date(c, COL_TRAINED_TO, &r->trained_to, &no_to);
	if (from)
		row_key_day(c, true, r->trained_from);
	if (to)
		row_key_day(c, true, r->trained_to);
	if (no_from || no_to) {
		FIND(c, no_from ? COL_TRAINED_FROM : COL_TRAINED_TO,
		    FIND_TRAINING_MISSING,
		    TR("a training certificate names the dates of the "
		       "training; without both, -- is printed",
			"培训合格证书应写明培训起止日期；缺少时印“--”"));
		return;
	}
	r->has_trained = from && to;
	if (r->has_trained && r->trained_to < r->trained_from)
		FIND(c, COL_TRAINED_TO, FIND_DATE_ORDER,
		    TR("the training ends before it begins; correct one of "
		       "them",
			"培训止早于培训起，请改正"));
	else if (to && c->issued_good && r->issued < r->trained_to)
		FIND(c, COL_TRAINED_TO, FIND_DATE_ORDER,
		    TR("the training ends after the issue date; correct one "
		       "of them",
			"培训止晚于发证日期，请改正"));
}

static void
check_level(struct check *c, const struct occupation *o)
{
	char buf[ROSTER_MAX_CELL + 1], *half;
	size_t n = row_cell(c, COL_LEVEL, normal_half, buf);
	unsigned level, other;

	if (!c->kind->level) {
		if (n > 0 && strcmp(buf, "-") != 0 && strcmp(buf, "--") != 0 &&
		    strcmp(buf, "无") != 0)
			row_ignored(c, COL_LEVEL);
		return;
	}
	if (n == 0) {
		row_missing(c, COL_LEVEL);
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
				"前后两半不是同一等级；请填 "
				"五级/初级工、四级/中级工、"
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
		    row_shown(buf));
		return;
	}
	c->out->level = (uint8_t)level;
	row_key_add(c, &(char){(char)('0' + level)}, 1);
	if (o != NULL && strchr(o->levels, (int)('0' + level)) == NULL)
		FIND(c, COL_LEVEL, FIND_LEVEL_NOT_OFFERED,
		    TR("%s has no level %u in our catalogue; is it meant?",
			"目录中%s没有 %u 级，是否有误？"),
		    o->name, level);
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
		    row_shown(code));
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
			: TR("%s'%s' is in no catalogue we have, and 职业编码 "
			     "is "
			     "empty; fill in the code",
			      "%s“%s”不在已有目录中，且“职业编码”为空；"
			      "请填写编码"),
		    "", row_shown(*code != '\0' ? code : name));
		memcpy(r->code, code, strlen(code) + 1);
		return NULL;
	}
	memcpy(r->code, o->code, strlen(o->code) + 1);
	if (*code != '\0' && strcmp(code, o->code) != 0)
		FIND(c, COL_CODE, FIND_CODE_OLD,
		    TR("%s is the code of an older edition; the present one, "
		       "%s, is used",
			"%s 是旧版编码；将使用现行编码 %s"),
		    code, o->code);
	if (strcmp(name, o->name) != 0)
		FIND(c, COL_OCCUPATION, FIND_OCCUPATION_MISMATCH,
		    TR("the code %s is %s in our catalogue; which of the two "
		       "is right?",
			"编码 %s 在目录中是“%s”；请核对哪一个正确"),
		    o->code, o->name);
	return o;
}

/* 操作项目, its code and 作业类别 of kind 4. */
static const struct operation *
check_operation(struct check *c, const char *code)
{
	struct row *r = c->out;
	char buf[ROSTER_MAX_CELL + 1];
	const struct operation *op =
	    operation_by_name(bytes_str(r->occupation));
	const struct operation *by_code =
	    *code != '\0' ? operation_by_code(bytes_str(code)) : NULL;

	row_cell(c, COL_CATEGORY, normal_text, buf);
	row_take_text(c, COL_CATEGORY, buf, r->category, ROW_CATEGORY_MAX);
	if (op == NULL)
		FIND(c, COL_OCCUPATION, FIND_OCCUPATION_UNKNOWN,
		    TR("%s'%s' is no item of the catalogue of special "
		       "operations; use its official name, such as "
		       "低压电工作业",
			"%s“%s”不是特种作业目录中的操作项目；"
			"请用目录中的名称，如“低压电工作业”"),
		    "", row_shown(r->occupation));
	if (op != NULL && by_code != NULL && op != by_code)
		FIND(c, COL_CODE, FIND_OCCUPATION_MISMATCH,
		    TR("the code %s is %s in our catalogue; which of the two "
		       "is right?",
			"编码 %s 在目录中是“%s”；请核对哪一个正确"),
		    code, by_code->name);
	if (*code != '\0')
		memcpy(r->code, code, strlen(code) + 1);
	else if (op != NULL)
		memcpy(r->code, op->code, strlen(op->code) + 1);
	if (op == NULL)
		return by_code;
	/* The official name, with 作业 at its end: domain.md 2.1. */
	memcpy(r->occupation, op->name, strlen(op->name) + 1);
	if (*r->category == '\0')
		snprintf(r->category, sizeof r->category, "%s", op->class_name);
	else if (strcmp(r->category, op->class_name) != 0)
		FIND(c, COL_CATEGORY, FIND_CATEGORY_MISMATCH,
		    TR("%s belongs to %s in our catalogue; is it meant?",
			"目录中“%s”属于“%s”，是否有误？"),
		    op->name, op->class_name);
	return op;
}

/* Occupation, code, direction, level and the dates that depend on them. */
void
row_check_subject(struct check *c)
{
	const struct occupation *o = NULL;
	const struct operation *op = NULL;
	char name[ROSTER_MAX_CELL + 1], code[ROSTER_MAX_CELL + 1];
	char direction[ROSTER_MAX_CELL + 1];
	struct row *r = c->out;
	bool named = false;

	row_cell(c, COL_OCCUPATION, normal_text, name);
	row_cell(c, COL_CODE, normal_half, code);
	row_key_add(c, name, strlen(name));
	row_key_add(c, code, strlen(code));
	if (*name == '\0')
		row_missing(c, COL_OCCUPATION);
	else
		named = row_take_text(c, COL_OCCUPATION, name, r->occupation,
		    CLAIMS_MAX_OCCUPATION);
	if (strlen(code) > CLAIMS_MAX_CODE) {
		FIND(c, COL_CODE, FIND_CODE_FORM,
		    TR("longer than %d characters; no code is",
			"超过 %d 个字符，不是编码"),
		    CLAIMS_MAX_CODE);
		named = false;
	}
	if (named && c->kind->occupation)
		o = check_occupation(c, name, code);
	else if (named && c->kind->operation)
		op = check_operation(c, code);
	else if (named)
		memcpy(r->code, code, strlen(code) + 1);
	row_cell(c, COL_DIRECTION, normal_text, direction);
	if (strcmp(direction, "-") != 0 && strcmp(direction, "--") != 0 &&
	    strcmp(direction, "无") != 0)
		row_take_text(c, COL_DIRECTION, direction, r->direction,
		    CLAIMS_MAX_DIRECTION);
	row_key_add(c, r->direction, strlen(r->direction));
	check_level(c, o);
	check_issued(c);
	if (c->kind->operation)
		check_validity(c, op);
	else
		check_no_validity(c);
	check_training(c);
}
