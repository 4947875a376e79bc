#ifndef VERIFIER_SESSIONLIST_H
#define VERIFIER_SESSIONLIST_H

#include "verifier/odd.h"

/*
 * What bodies report of their assessments, CSV or XLSX: 机构代码 · 评价日期 ·
 * 参评人数 · 合格人数, and 日评价能力 where it is known. A row that cannot be read
 * is CRED_ERR_TABLE_HEADER, with its row and column in why: a pass rate from
 * half the rows would be none.
 */
enum cred_err sessionlist_load(
    const char *path, struct odd *o, size_t *n, struct why *why);

#endif
