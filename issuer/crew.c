#include "issuer/crew.h"

#include <pthread.h>
#include <unistd.h>

#define MAX_THREADS 16

size_t
crew_size(size_t useful)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	if (n < 1)
		n = 1;
	if (n > MAX_THREADS)
		n = MAX_THREADS;
	return (size_t)n < useful ? (size_t)n : useful;
}

struct member {
	void (*work)(void *arg);
	void *arg;
};

static void *
start(void *arg)
{
	struct member *m = arg;

	m->work(m->arg);
	return NULL;
}

void
crew_run(void (*work)(void *arg), void *arg, size_t useful,
    const atomic_size_t *done, size_t total,
    void (*progress)(void *ctx, size_t done, size_t total), void *ctx)
{
	struct member m = {work, arg};
	pthread_t threads[MAX_THREADS];
	size_t n = crew_size(useful), started = 0, now;

	while (started < n &&
	       pthread_create(&threads[started], NULL, start, &m) == 0)
		started++;
	if (started == 0)
		work(arg);
	while (progress != NULL && (now = atomic_load(done)) < total) {
		progress(ctx, now, total);
		usleep(total < 100 ? 20000 : 200000);
	}
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	if (progress != NULL)
		progress(ctx, total, total);
}
