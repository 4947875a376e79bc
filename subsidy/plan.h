#ifndef SUBSIDY_PLAN_H
#define SUBSIDY_PLAN_H

#include "credential/bytes.h"

/*
 * 2019 年全区职业技能提升行动分部门培训计划: the ten rows of the annex of
 * 内就服工办发〔2019〕2号, 26.6 万人次 together.
 */
#define PLAN_ROWS  10
#define PLAN_TOTAL 266000

struct plan_row {
	const char *zh, *en;
	unsigned people;
};
/* row: 1 to PLAN_ROWS, as the annex numbers them. */
const struct plan_row *plan_row(int row);
/* By its name with or without 自治区, or the annex's number "1" to "10";
 * 0 for any other word. Input through normal_half(). */
int plan_by_word(struct bytes s);

#endif
