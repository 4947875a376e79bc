#include "subsidy/suppress.h"

#include <string.h>

/* Working state: the linear system of the hidden cells. */
struct work {
	const uint64_t *cells;
	size_t n, n_sums;
	const struct suppress_sum *sums;
	uint64_t below;
	bool *hidden;
	bool unsafe[SUPPRESS_MAX_CELLS];
	int64_t lo[SUPPRESS_MAX_CELLS], hi[SUPPRESS_MAX_CELLS];
	/* Rows over the hidden cells; a prime field keeps it exact enough: a
	 * cell that is determined over the rationals is so modulo P, except
	 * for coefficients that P divides, and ours are 1 and -1. */
	uint32_t rows[SUPPRESS_MAX_SUMS][SUPPRESS_MAX_CELLS];
};

#define P 2147483647u

static uint32_t
mul(uint32_t a, uint32_t b)
{
	return (uint32_t)((uint64_t)a * b % P);
}

static uint32_t
inverse(uint32_t a)
{
	uint32_t r = 1;

	for (uint32_t e = P - 2; e > 0; e >>= 1, a = mul(a, a))
		if (e & 1)
			r = mul(r, a);
	return r;
}

static void
fill_rows(struct work *w)
{
	memset(w->rows, 0, sizeof w->rows);
	for (size_t s = 0; s < w->n_sums; s++) {
		const struct suppress_sum *x = &w->sums[s];
		for (size_t i = 0; i < x->n_parts; i++)
			if (w->hidden[x->parts[i]])
				w->rows[s][x->parts[i]] = 1;
		if (w->hidden[x->whole])
			w->rows[s][x->whole] = P - 1;
	}
}

/* Mark the cells that one reduced row alone determines. */
static void
mark_determined(struct work *w)
{
	size_t rank = 0;

	fill_rows(w);
	for (size_t c = 0; c < w->n && rank < w->n_sums; c++) {
		size_t pivot = rank;
		uint32_t f;
		while (pivot < w->n_sums && w->rows[pivot][c] == 0)
			pivot++;
		if (pivot == w->n_sums)
			continue;
		for (size_t k = 0; k < w->n; k++) {
			uint32_t t = w->rows[rank][k];
			w->rows[rank][k] = w->rows[pivot][k];
			w->rows[pivot][k] = t;
		}
		f = inverse(w->rows[rank][c]);
		for (size_t k = 0; k < w->n; k++)
			w->rows[rank][k] = mul(w->rows[rank][k], f);
		for (size_t r = 0; r < w->n_sums; r++) {
			f = r != rank ? w->rows[r][c] : 0;
			for (size_t k = 0; f != 0 && k < w->n; k++)
				w->rows[r][k] =
				    (uint32_t)(((uint64_t)w->rows[r][k] + P -
						   mul(w->rows[rank][k], f)) %
					       P);
		}
		rank++;
	}
	for (size_t r = 0; r < rank; r++) {
		size_t only = w->n, count = 0;
		for (size_t k = 0; k < w->n; k++)
			if (w->rows[r][k] != 0) {
				only = k;
				count++;
			}
		if (count == 1)
			w->unsafe[only] = true;
	}
}

static int64_t
low(const struct work *w, size_t i)
{
	return w->hidden[i] ? w->lo[i] : (int64_t)w->cells[i];
}

static int64_t
high(const struct work *w, size_t i)
{
	return w->hidden[i] ? w->hi[i] : (int64_t)w->cells[i];
}

static bool
raise(int64_t *lo, int64_t to)
{
	if (to <= *lo)
		return false;
	*lo = to;
	return true;
}

static bool
lower(int64_t *hi, int64_t to)
{
	if (to >= *hi)
		return false;
	*hi = to;
	return true;
}

/* What one sum says of the bounds of its cells. */
static bool
tighten(struct work *w, const struct suppress_sum *x)
{
	int64_t lo = 0, hi = 0;
	bool changed = false;

	for (size_t i = 0; i < x->n_parts; i++) {
		lo += low(w, x->parts[i]);
		hi += high(w, x->parts[i]);
	}
	if (w->hidden[x->whole]) {
		changed = raise(&w->lo[x->whole], lo) || changed;
		changed = lower(&w->hi[x->whole], hi) || changed;
	}
	for (size_t i = 0; i < x->n_parts; i++) {
		size_t p = x->parts[i];
		int64_t others_lo = lo - low(w, p), others_hi = hi - high(w, p);
		if (!w->hidden[p])
			continue;
		changed =
		    raise(&w->lo[p], low(w, x->whole) - others_hi) || changed;
		changed =
		    lower(&w->hi[p], high(w, x->whole) - others_lo) || changed;
	}
	return changed;
}

/* Mark the hidden cells whose range is too narrow. */
static void
mark_narrow(struct work *w)
{
	/* Far above any count, far below an overflow of 64 of them. */
	const int64_t most = INT64_MAX / 1024;
	bool changed = true;

	for (size_t i = 0; i < w->n; i++) {
		w->lo[i] = 1;
		w->hi[i] = most;
	}
	for (int round = 0; changed && round < 64; round++) {
		changed = false;
		for (size_t s = 0; s < w->n_sums; s++)
			changed = tighten(w, &w->sums[s]) || changed;
	}
	for (size_t i = 0; i < w->n; i++)
		if (w->hidden[i] &&
		    w->hi[i] - w->lo[i] < (int64_t)(w->below / 2))
			w->unsafe[i] = true;
}

/* How many hidden cells can be computed, or nearly. */
static size_t
n_unsafe(struct work *w)
{
	size_t n = 0;

	memset(w->unsafe, 0, sizeof w->unsafe);
	mark_determined(w);
	mark_narrow(w);
	for (size_t i = 0; i < w->n; i++)
		n += w->unsafe[i];
	return n;
}

/* Does a cell stand in a sum with one that is not safe? */
static bool
beside_unsafe(const struct work *w, const bool *unsafe, size_t cell)
{
	for (size_t s = 0; s < w->n_sums; s++) {
		const struct suppress_sum *x = &w->sums[s];
		bool here = x->whole == cell, bad = unsafe[x->whole];
		for (size_t i = 0; i < x->n_parts; i++) {
			here = here || x->parts[i] == cell;
			bad = bad || unsafe[x->parts[i]];
		}
		if (here && bad)
			return true;
	}
	return false;
}

/* Hide one more: the cell that leaves the fewest unsafe, of those the smallest.
 * False: there is none. */
static bool
hide_one(struct work *w)
{
	bool unsafe[SUPPRESS_MAX_CELLS];
	size_t best = w->n, fewest = SIZE_MAX;

	memcpy(unsafe, w->unsafe, sizeof unsafe);
	for (size_t c = 0; c < w->n; c++) {
		size_t left;
		if (w->hidden[c] || w->cells[c] == 0 ||
		    !beside_unsafe(w, unsafe, c))
			continue;
		w->hidden[c] = true;
		left = n_unsafe(w);
		w->hidden[c] = false;
		if (left < fewest ||
		    (left == fewest && w->cells[c] < w->cells[best])) {
			best = c;
			fewest = left;
		}
	}
	if (best == w->n)
		return false;
	w->hidden[best] = true;
	return true;
}

/* Show again what need not be hidden, the largest first. */
static void
show_again(struct work *w)
{
	bool tried[SUPPRESS_MAX_CELLS] = {false};

	for (;;) {
		size_t best = w->n;
		for (size_t c = 0; c < w->n; c++)
			if (w->hidden[c] && !tried[c] &&
			    w->cells[c] >= w->below &&
			    (best == w->n || w->cells[c] > w->cells[best]))
				best = c;
		if (best == w->n)
			return;
		tried[best] = true;
		w->hidden[best] = false;
		if (n_unsafe(w) > 0)
			w->hidden[best] = true;
	}
}

bool
suppress(const uint64_t *cells, size_t n, const struct suppress_sum *sums,
    size_t n_sums, uint64_t below, bool *hidden)
{
	struct work w = {.cells = cells,
	    .n = n,
	    .n_sums = n_sums,
	    .sums = sums,
	    .below = below,
	    .hidden = hidden};

	for (size_t i = 0; i < n; i++)
		hidden[i] = true;
	if (n > SUPPRESS_MAX_CELLS || n_sums > SUPPRESS_MAX_SUMS)
		return false;
	for (size_t i = 0; i < n; i++)
		hidden[i] = cells[i] > 0 && cells[i] < below;
	while (n_unsafe(&w) > 0)
		if (!hide_one(&w)) {
			/* Nothing is left to hide behind: zeros alone. */
			for (size_t i = 0; i < n; i++)
				hidden[i] = cells[i] > 0;
			return true;
		}
	show_again(&w);
	return true;
}
