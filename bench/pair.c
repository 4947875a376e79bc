#include "bench/pair.h"

#include <stdlib.h>

#include "bench/bench.h"

#define TURNS  101
#define TURN_S 0.02

static double
rate(const struct bench_side *s)
{
	double start = bench_cpu(), end;
	long n = 0;

	do {
		for (int i = 0; i < 10; i++, n++)
			s->once(s->ctx);
		end = bench_cpu();
	} while (end - start < TURN_S);
	return (double)n / (end - start);
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *v, size_t n)
{
	qsort(v, n, sizeof *v, by_value);
	return v[n / 2];
}

void
bench_pair(struct bench_side ours, struct bench_side raw)
{
	double a[TURNS], b[TURNS], ratio[TURNS];

	rate(&ours);
	rate(&raw);
	for (int i = 0; i < TURNS; i++) {
		a[i] = rate(&ours);
		b[i] = rate(&raw);
		ratio[i] = a[i] / b[i];
	}
	bench_line(raw.name, median(b, TURNS), "/s/core", 0, "");
	printf("%-28s %12.1f  %-10s %6.2f  %s\n", ours.name, median(a, TURNS),
	    "/s/core", median(ratio, TURNS), raw.name);
	fflush(stdout);
}
