/*
 * es256_table_million [N [SEED]]: N cases (default a million, two minutes)
 * put to es256_table.h and to EVP. Exit 1 if they ever differ.
 */
#include <stdio.h>
#include <stdlib.h>

#include "es256_cases.h"

int
main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 1000000, good = 0, bad;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 20261123;

	bad = es256_cases_run(n, seed, &good);
	printf("%ld signatures, %ld good, %ld on which the two differ\n", n,
	    good, bad);
	return bad == 0 && n > 0 ? 0 : 1;
}
