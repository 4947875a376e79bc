#ifndef DOMAIN_WORDS_H
#define DOMAIN_WORDS_H

#include "credential/claims.h"

/*
 * The ways people write levels, dates and kinds. Input through normal_half().
 */

/* "4", "四级", "四级/中级工", "中级工", "中级", "高级技师" … -> 1..5, 0 if
 * none. "" is 0. */
unsigned level_by_word(struct bytes s);
/* "四级/中级工": the printed form (domain.md 1.3); "" outside 1..5. */
const char *level_word(unsigned level);
/* Skill order, higher is more skilled: 1 for code 5 … 5 for code 1. */
unsigned level_rank(unsigned level);

/* 2020-06-30, 2020/6/30, 2020.6.30, 20200630, 2020年6月30日, and a
 * spreadsheet's serial number of a day (1900 system, 5 digits). */
bool date_by_word(struct bytes s, int32_t *day);

/* "2", "职业技能等级证书", "技能等级" … -> enum kind, 0 if none. */
int kind_by_word(struct bytes s);
const char *kind_word(enum kind kind);

#endif
