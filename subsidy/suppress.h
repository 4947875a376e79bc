#ifndef SUBSIDY_SUPPRESS_H
#define SUBSIDY_SUPPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Which cells of published tables must be left out so that no count of few
 * people can be read or computed: those of 1 to below-1 (primary), and as many
 * more that no left-out cell follows from the totals (complementary). A count
 * of 0 stays: it is nobody.
 *
 * Tables are cells and sums: whole = the sum of parts. What is published of one
 * population in several tables belongs in one call.
 */
#define SUPPRESS_MAX_CELLS 256
#define SUPPRESS_MAX_SUMS  64

struct suppress_sum {
	size_t whole;
	const size_t *parts;
	size_t n_parts;
};

/*
 * n and n_sums at most the maxima; false otherwise, with all of hidden set.
 *
 * Afterwards no hidden cell has one possible value only, by linear algebra over
 * all sums, and by each sum's bounds (a hidden cell is at least 1) a range
 * narrower than below / 2. Greedy: may hide more than the fewest, never too few.
 */
bool suppress(const uint64_t *cells, size_t n, const struct suppress_sum *sums,
    size_t n_sums, uint64_t below, bool *hidden);

#endif
