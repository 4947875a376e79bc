#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

/* Seconds of CPU of this thread: other work on the machine does not count. */
static inline double
bench_cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One line of the table: name, value, unit, ratio, against. */
static inline void
bench_line(const char *name, double value, const char *unit, double against,
    const char *what)
{
	printf("%-28s %12.1f  %-10s", name, value, unit);
	if (against > 0)
		printf(" %6.2f  %s", value / against, what);
	else
		printf(" %6s  %s", "-", "-");
	putchar('\n');
	fflush(stdout);
}

#endif
