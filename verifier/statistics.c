#include "verifier/statistics.h"

#include "domain/catalogue.h"
#include "subsidy/suppress.h"

static size_t
league_of(const char *region)
{
	const char *code;

	for (size_t i = 0; (code = region_nth_league(i)) != NULL; i++)
		if (i < STATISTICS_LEAGUES && strcmp(code, region) == 0)
			return i;
	return STATISTICS_LEAGUES;
}

static void
count(uint64_t cells[static ST_CELLS], const struct ledger_claim *c, int month)
{
	size_t kind = (size_t)c->kind - 1, level = c->level;
	size_t department = c->department >= 1 && c->department <= PLAN_ROWS
				? (size_t)c->department - 1
				: PLAN_ROWS;

	cells[ST_ALL]++;
	cells[ST_DEPARTMENT + department]++;
	cells[ST_KIND + kind]++;
	cells[ST_LEVEL + level]++;
	cells[ST_KIND_LEVEL + kind * 6 + level]++;
	cells[ST_LEAGUE + league_of(c->region)]++;
	cells[ST_MONTH + (size_t)month - 1]++;
}

static enum cred_err
on_claim(void *ctx, const struct ledger_claim *c, struct why *why)
{
	struct statistics *s = ctx;
	int year, month, mday;

	(void)why;
	if (c->kind < 1 || c->kind > 5 || c->level > 5)
		return CRED_OK;
	day_to_civil(c->applied, &year, &month, &mday);
	if (year != s->year)
		return CRED_OK;
	if (c->state == LEDGER_PAID)
		s->paid_fen += c->fen;
	if (c->part == LEDGER_ADVANCE)
		return CRED_OK;
	count(s->booked, c, month);
	if (c->state == LEDGER_PAID)
		count(s->paid, c, month);
	return CRED_OK;
}

/* Everything that one table sums up to in another. */
static void
hide(const uint64_t cells[static ST_CELLS], bool hidden[static ST_CELLS])
{
	static const struct {
		size_t first, n;
	} WHOLE[] = {{ST_DEPARTMENT, PLAN_ROWS + 1}, {ST_KIND, 5},
	    {ST_LEVEL, 6}, {ST_LEAGUE, STATISTICS_LEAGUES + 1}, {ST_MONTH, 12}};
	size_t parts[5 + 5 + 6][16], n = 0;
	struct suppress_sum sums[5 + 5 + 6];

	for (size_t t = 0; t < 5; t++, n++) {
		for (size_t i = 0; i < WHOLE[t].n; i++)
			parts[n][i] = WHOLE[t].first + i;
		sums[n] = (struct suppress_sum){ST_ALL, parts[n], WHOLE[t].n};
	}
	for (size_t k = 0; k < 5; k++, n++) {
		for (size_t l = 0; l < 6; l++)
			parts[n][l] = ST_KIND_LEVEL + k * 6 + l;
		sums[n] = (struct suppress_sum){ST_KIND + k, parts[n], 6};
	}
	for (size_t l = 0; l < 6; l++, n++) {
		for (size_t k = 0; k < 5; k++)
			parts[n][k] = ST_KIND_LEVEL + k * 6 + l;
		sums[n] = (struct suppress_sum){ST_LEVEL + l, parts[n], 5};
	}
	suppress(cells, ST_CELLS, sums, n, STATISTICS_BELOW, hidden);
}

enum cred_err
statistics_collect(struct registry *r, int year, int64_t now,
    struct statistics *out, struct why *why)
{
	enum cred_err e;

	*out = (struct statistics){.year = year, .made_at = now};
	e = ledger_each(
	    r, &(struct ledger_filter){.state = -1}, on_claim, out, why);
	hide(out->booked, out->booked_hidden);
	hide(out->paid, out->paid_hidden);
	return e;
}

size_t
statistics_n_hidden(const struct statistics *s)
{
	size_t n = 0;

	for (size_t i = 0; i < ST_CELLS; i++)
		n += (size_t)s->booked_hidden[i] + (size_t)s->paid_hidden[i];
	return n;
}
