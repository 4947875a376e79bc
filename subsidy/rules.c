#include "subsidy/rules.h"

static const char *const LIST_NAMES[N_LISTS] = {
    [LIST_PENSION] = "pension",
    [LIST_DEATH] = "death",
    [LIST_STUDENT] = "student",
    [LIST_STAFF] = "staff",
};

const char *
office_list_name(enum office_list l)
{
	return LIST_NAMES[l];
}

void
rules_default(struct rules *r)
{
	*r = (struct rules){
	    .year_by = YEAR_BY_APPLIED,
	    .year_month = 1,
	    .year_mday = 1,
	    .max_per_year = 3,
	    .advance_percent = 60,
	    .kinds = 1u << 1 | 1u << 2 | 1u << 3 | 1u << 4 | 1u << 5,
	    .lists = {[LIST_PENSION] = LIST_FAIL,
		[LIST_DEATH] = LIST_FAIL,
		[LIST_STUDENT] = LIST_WARN,
		[LIST_STAFF] = LIST_WARN},
	    .age_min = 16,
	    .age_hint = 60,
	    .level_gap_months = 12,
	    .four_eyes_fen = -1,
	    .anomalies = {[ANOMALY_PER_DAY] = 100,
		[ANOMALY_BURST] = 5,
		[ANOMALY_WEEKEND] = 20,
		[ANOMALY_PASS_RATE] = 98,
		[ANOMALY_SERIALS] = 60,
		[ANOMALY_PHONE] = 3,
		[ANOMALY_ACCOUNT] = 1,
		[ANOMALY_LEVELS] = 5,
		[ANOMALY_PHOTO] = 1,
		[ANOMALY_BEFORE_END] = 5},
	    .body_odd = BODY_WARN,
	    .anomaly_min = 30,
	};
}

int64_t
rules_amount(const struct rules *r, int kind, unsigned level)
{
	for (size_t i = 0; i < r->n_amounts; i++)
		if (r->amounts[i].kind == kind && r->amounts[i].level == level)
			return r->amounts[i].fen;
	return -1;
}

bool
rules_year(const struct rules *r, const struct claim *c, int *year)
{
	bool known =
	    r->year_by == YEAR_BY_APPLIED ? c->has_applied : c->has_issued;
	int y, m, d;

	if (!known)
		return false;
	day_to_civil(
	    r->year_by == YEAR_BY_APPLIED ? c->applied : c->issued, &y, &m, &d);
	if ((unsigned)m < r->year_month ||
	    ((unsigned)m == r->year_month && (unsigned)d < r->year_mday))
		y--;
	*year = y;
	return true;
}
