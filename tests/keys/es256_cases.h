#ifndef TESTS_KEYS_ES256_CASES_H
#define TESTS_KEYS_ES256_CASES_H

#include <stdint.h>

/*
 * ES256 signatures good and bad, the edges among them, each put to
 * es256_table_verify() (with a table and without) and to EVP: n of them from a seed, over several keys.
 * Prints the first case on which the two differ, and returns how many did.
 * *good: how many verified.
 */
long es256_cases_run(long n, uint64_t seed, long *good);

#endif
