#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdint.h>

#include "subsidy/suppress.h"

/* cells[0] is the whole of the rest. */
static void
one_table(const uint64_t *cells, size_t n, const char *want)
{
	size_t parts[16];
	bool hidden[16];
	char got[17];

	for (size_t i = 1; i < n; i++)
		parts[i - 1] = i;
	assert_true(suppress(
	    cells, n, &(struct suppress_sum){0, parts, n - 1}, 1, 10, hidden));
	for (size_t i = 0; i < n; i++)
		got[i] = hidden[i] ? 'x' : '.';
	got[n] = '\0';
	assert_string_equal(got, want);
}

static void
of_one_table(void **state)
{
	(void)state;
	one_table((uint64_t[]){60, 10, 20, 30}, 4, "....");
	/* one alone would be the total less the others */
	one_table((uint64_t[]){55, 5, 20, 30}, 4, ".xx.");
	/* two that together are few: 1 and 1 */
	one_table((uint64_t[]){52, 1, 1, 20, 30}, 5, ".xxx.");
	/* 9 and 9 say little of each other */
	one_table((uint64_t[]){68, 9, 9, 20, 30}, 5, ".xx..");
	/* zero hides nobody and hides behind nobody */
	one_table((uint64_t[]){34, 4, 0, 30}, 4, ".x.x");
	/* nothing to hide behind: the whole goes too */
	one_table((uint64_t[]){4, 4, 0, 0}, 4, "xx..");
	one_table((uint64_t[]){8, 4, 4}, 3, "xxx");
	one_table((uint64_t[]){0, 0, 0}, 3, "...");
	/* at the threshold it is shown */
	one_table((uint64_t[]){30, 10, 20}, 3, "...");
}

/* Two tables of one population: what the second sums up must not undo the
 * first. Kinds 1..3; level none is kinds 2 and 3 together. */
static void
across_tables(void **state)
{
	/* total, kind 1, 2, 3, none = kinds 2 + 3, some = kind 1 */
	const uint64_t cells[] = {117, 5, 12, 100, 112, 5};
	const size_t kinds[] = {1, 2, 3}, levels[] = {4, 5}, none[] = {2, 3},
		     some[] = {1};
	const struct suppress_sum sums[] = {
	    {0, kinds, 3}, {0, levels, 2}, {4, none, 2}, {5, some, 1}};
	bool hidden[6];

	(void)state;
	assert_true(suppress(cells, 6, sums, 4, 10, hidden));
	assert_true(hidden[1] && hidden[5]);
	/* with total and none both shown, kind 1 would be their difference */
	assert_true(hidden[0] || hidden[4]);
}

static void
too_many(void **state)
{
	static uint64_t cells[SUPPRESS_MAX_CELLS + 1];
	static bool hidden[SUPPRESS_MAX_CELLS + 1];

	(void)state;
	cells[0] = 5;
	assert_false(
	    suppress(cells, SUPPRESS_MAX_CELLS + 1, NULL, 0, 10, hidden));
	for (size_t i = 0; i <= SUPPRESS_MAX_CELLS; i++)
		assert_true(hidden[i]);
}

/*
 * An attacker who tries everything: kinds by levels, 3 by 3 with all totals
 * (16 cells). Every hidden small count must be able to be something else.
 */
#define SIDE 3
struct attack {
	uint64_t cells[16];
	bool hidden[16];
	uint64_t seen[16][2]; /* least and most a cell can be */
	uint64_t v[16];
	size_t tried;
};

static size_t
at(size_t r, size_t c)
{
	return r * (SIDE + 1) + c;
}

/* Fill the inner cells one by one; totals follow and must agree. */
static void
search(struct attack *a, size_t i)
{
	size_t r = i / SIDE, c = i % SIDE, here = at(r, c);
	uint64_t from = a->hidden[here] ? 1 : a->cells[here];
	uint64_t to = a->hidden[here] ? 16 : a->cells[here];

	if (i == SIDE * SIDE) {
		uint64_t all = 0;
		for (size_t k = 0; k < SIDE; k++) {
			a->v[at(SIDE, k)] =
			    a->v[at(0, k)] + a->v[at(1, k)] + a->v[at(2, k)];
			a->v[at(k, SIDE)] =
			    a->v[at(k, 0)] + a->v[at(k, 1)] + a->v[at(k, 2)];
			all += a->v[at(k, SIDE)];
		}
		a->v[15] = all;
		for (size_t k = 0; k < 16; k++)
			if (!a->hidden[k] && a->v[k] != a->cells[k])
				return;
		for (size_t k = 0; k < 16; k++) {
			if (a->v[k] < a->seen[k][0])
				a->seen[k][0] = a->v[k];
			if (a->v[k] > a->seen[k][1])
				a->seen[k][1] = a->v[k];
		}
		a->tried++;
		return;
	}
	for (uint64_t v = from; v <= to; v++) {
		a->v[here] = v;
		/* a row or column that is full must agree before going on */
		if (c == SIDE - 1 && !a->hidden[at(r, SIDE)] &&
		    a->v[at(r, 0)] + a->v[at(r, 1)] + v !=
			a->cells[at(r, SIDE)])
			continue;
		if (r == SIDE - 1 && !a->hidden[at(SIDE, c)] &&
		    a->v[at(0, c)] + a->v[at(1, c)] + v !=
			a->cells[at(SIDE, c)])
			continue;
		search(a, i + 1);
	}
}

static void
against_trying_everything(void **state)
{
	size_t rows[SIDE][SIDE], cols[SIDE][SIDE], side[SIDE], foot[SIDE];
	struct suppress_sum sums[8];
	uint32_t seed = 12345;
	size_t hidden = 0, primary = 0;

	(void)state;
	for (size_t k = 0; k < SIDE; k++) {
		for (size_t i = 0; i < SIDE; i++) {
			rows[k][i] = at(k, i);
			cols[k][i] = at(i, k);
		}
		side[k] = at(k, SIDE);
		foot[k] = at(SIDE, k);
		sums[k] = (struct suppress_sum){at(k, SIDE), rows[k], SIDE};
		sums[3 + k] = (struct suppress_sum){at(SIDE, k), cols[k], SIDE};
	}
	sums[6] = (struct suppress_sum){15, side, SIDE};
	sums[7] = (struct suppress_sum){15, foot, SIDE};
	for (int trial = 0; trial < 40; trial++) {
		struct attack a = {.tried = 0};
		for (size_t r = 0; r < SIDE; r++)
			for (size_t c = 0; c < SIDE; c++) {
				seed = seed * 1664525 + 1013904223;
				a.cells[at(r, c)] = (seed >> 16) % 3 == 0
							? 0
							: (seed >> 20) % 16;
			}
		for (size_t k = 0; k < SIDE; k++)
			for (size_t i = 0; i < SIDE; i++) {
				a.cells[at(k, SIDE)] += a.cells[at(k, i)];
				a.cells[at(SIDE, k)] += a.cells[at(i, k)];
				a.cells[15] += a.cells[at(k, i)];
			}
		assert_true(suppress(a.cells, 16, sums, 8, 10, a.hidden));
		for (size_t k = 0; k < 16; k++) {
			a.seen[k][0] = UINT64_MAX;
			if (a.cells[k] > 0 && a.cells[k] < 10) {
				assert_true(a.hidden[k]);
				primary++;
			}
			hidden += a.hidden[k];
		}
		/* when all is hidden there is nothing to try */
		if (a.hidden[15])
			continue;
		search(&a, 0);
		assert_true(a.tried > 0);
		for (size_t k = 0; k < 16; k++)
			if (a.hidden[k])
				assert_true(a.seen[k][1] > a.seen[k][0]);
	}
	assert_true(primary > 80);
	assert_true(hidden >= primary);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(of_one_table),
	    cmocka_unit_test(across_tables),
	    cmocka_unit_test(too_many),
	    cmocka_unit_test(against_trying_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
