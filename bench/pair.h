#ifndef BENCH_PAIR_H
#define BENCH_PAIR_H

/*
 * Two ways to do one thing, in turns of 20 ms of CPU, so that a machine which
 * is slower for a while is slower for both: the ratio printed is the median of
 * the turns' own ratios, the two values are medians. once() exits by itself
 * when what it did is not right.
 */
struct bench_side {
	const char *name;
	void (*once)(void *ctx);
	void *ctx;
};

void bench_pair(struct bench_side ours, struct bench_side raw);

#endif
