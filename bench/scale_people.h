#ifndef BENCH_SCALE_PEOPLE_H
#define BENCH_SCALE_PEOPLE_H

#include <stdint.h>

#include "edge/why.h"

/* Ends the program with what is in w, unless e is CRED_OK. */
void scale_must(enum cred_err e, const struct why *w);
void scale_die(const char *what, const char *said) __attribute__((noreturn));
uint64_t scale_mix(uint64_t x);

/* Whose the claims are: three of each person, those of a table first. */
struct persons {
	uint8_t (*known)[32];
	uint64_t n_known, n; /* persons in all */
	uint64_t a, a_inverse;
};
void persons_init(struct persons *p, uint64_t claims);
/* Those of a table of claims, under the ledger's key of a reviewer's home. */
void persons_read(struct persons *p, const char *claims, const char *home);
/* Person k; of those not known, the one of rank r by their bytes is: */
void persons_get(const struct persons *p, uint64_t k, uint8_t out[static 32]);
uint64_t persons_ranked(const struct persons *p, uint64_t r);

#endif
