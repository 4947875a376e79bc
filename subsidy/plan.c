#include "subsidy/plan.h"

#include <assert.h>

static const struct plan_row ROWS[PLAN_ROWS] = {
    {"自治区人力资源社会保障厅", "Human Resources and Social Security", 123000},
    {"自治区教育厅", "Education", 50000},
    {"自治区国资委", "State-owned Assets", 20000},
    {"自治区工业和信息化厅", "Industry and Information Technology", 1000},
    {"自治区退役军人事务厅", "Veterans Affairs", 8000},
    {"自治区残联", "Disabled Persons' Federation", 8000},
    {"自治区农牧厅", "Agriculture and Animal Husbandry", 26000},
    {"自治区应急管理厅", "Emergency Management", 10000},
    {"自治区总工会", "Federation of Trade Unions", 10000},
    {"自治区住建厅", "Housing and Urban-Rural Development", 10000},
};

/* Names in use beside the annex's. */
static const struct {
	const char *word;
	int row;
} ALSO[] = {
    {"人社厅", 1},
    {"人力资源和社会保障厅", 1},
    {"国有资产监督管理委员会", 3},
    {"工信厅", 4},
    {"残疾人联合会", 6},
    {"住房和城乡建设厅", 10},
};

#define REGION "自治区"

const struct plan_row *
plan_row(int row)
{
	assert(row >= 1 && row <= PLAN_ROWS);
	return &ROWS[row - 1];
}

static int
by_number(struct bytes s)
{
	int n = 0;

	if (s.len < 1 || s.len > 2 || s.ptr[0] == '0')
		return 0;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return 0;
		n = n * 10 + (s.ptr[i] - '0');
	}
	return n <= PLAN_ROWS ? n : 0;
}

int
plan_by_word(struct bytes s)
{
	const size_t skip = strlen(REGION);

	if (s.len > skip && memcmp(s.ptr, REGION, skip) == 0)
		s = bytes_of(s.ptr + skip, s.len - skip);
	for (int i = 0; i < PLAN_ROWS; i++)
		if (bytes_eq(s, bytes_str(ROWS[i].zh + skip)))
			return i + 1;
	for (size_t i = 0; i < sizeof ALSO / sizeof *ALSO; i++)
		if (bytes_eq(s, bytes_str(ALSO[i].word)))
			return ALSO[i].row;
	return by_number(s);
}
