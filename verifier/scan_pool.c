#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "edge/cli.h"
#include "verifier/scan.h"

#define MAX_WORKERS 16
#define AHEAD       32 /* reports kept while an earlier one is not done */

/* Reports made by several threads, printed by one, in order. */
struct pool {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	const struct scan_job *job;
	const struct scan_list *list;
	size_t taken, printed;
	struct scan_report reports[AHEAD];
	bool done[AHEAD];
};

static void *
work(void *arg)
{
	struct pool *p = arg;

	for (;;) {
		size_t i;
		pthread_mutex_lock(&p->lock);
		while (p->taken < p->list->n && p->taken - p->printed >= AHEAD)
			pthread_cond_wait(&p->changed, &p->lock);
		i = p->taken;
		if (i < p->list->n)
			p->taken++;
		pthread_mutex_unlock(&p->lock);
		if (i >= p->list->n)
			return NULL;
		scan_input(p->job, p->list->names[i], &p->reports[i % AHEAD]);
		pthread_mutex_lock(&p->lock);
		p->done[i % AHEAD] = true;
		pthread_cond_broadcast(&p->changed);
		pthread_mutex_unlock(&p->lock);
	}
}

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The line on the terminal: how far, how fast, how long still. */
static void
progress(size_t i, size_t n, double since)
{
	double s = now_s() - since, rate = s > 0 ? (double)i / s : 0;
	unsigned left = 0;

	if (rate > 0)
		left = (unsigned)((double)(n - i) / rate + 0.5);
	fprintf(stderr, "\r\033[K%zu/%zu", i, n);
	if (s > 1 && i > 0)
		fprintf(stderr,
		    TR("  %.1f files/s  %u:%02u left",
			"  每秒 %.1f 个  还需 %u:%02u"),
		    rate, left / 60, left % 60);
	fflush(stderr);
}

static void
progress_gone(void)
{
	fputs("\r\033[K", stderr);
	fflush(stderr);
}

/* False: the report cannot be written, and why was said. */
static bool
report(struct scan_sheet *sheet, const struct scan_report *r)
{
	struct why why;
	enum cred_err e;

	if (sheet == NULL)
		return true;
	e = scan_sheet_add(sheet, r, &why);
	if (e != CRED_OK)
		(void)cli_fail(e, &why);
	return e == CRED_OK;
}

int
scan_pool_run(const struct scan_job *job, const struct scan_list *list,
    const struct scan_style *style, struct scan_sheet *sheet)
{
	struct pool p = {.job = job, .list = list};
	bool show = !style->quiet && list->n > 1 && isatty(STDERR_FILENO);
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t threads[MAX_WORKERS];
	struct scan_count count = {0};
	size_t n_threads = 0, want;
	int status = EXIT_OK;
	bool any = false;
	double since = now_s();

	pthread_mutex_init(&p.lock, NULL);
	pthread_cond_init(&p.changed, NULL);
	want = cpus < 1 ? 1 : cpus > MAX_WORKERS ? MAX_WORKERS : (size_t)cpus;
	while (n_threads < want && n_threads < list->n &&
	       pthread_create(&threads[n_threads], NULL, work, &p) == 0)
		n_threads++;
	if (n_threads == 0)
		return cli_fail(CRED_FAULT_NOMEM, NULL);
	for (size_t i = 0; i < list->n; i++) {
		struct scan_report *r = &p.reports[i % AHEAD];
		int s;
		pthread_mutex_lock(&p.lock);
		while (!p.done[i % AHEAD])
			pthread_cond_wait(&p.changed, &p.lock);
		pthread_mutex_unlock(&p.lock);
		if (show)
			progress_gone();
		scan_print(stdout, r, style);
		if (!report(sheet, r)) {
			status = EXIT_FAULT;
			sheet = NULL;
		}
		if (show)
			progress(i + 1, list->n, since);
		s = scan_exit(r, style->raw);
		any = any || s == EXIT_OK;
		status = scan_worse(status, s);
		scan_count(&count, r);
		scan_report_release(r);
		pthread_mutex_lock(&p.lock);
		p.done[i % AHEAD] = false;
		p.printed = i + 1;
		pthread_cond_broadcast(&p.changed);
		pthread_mutex_unlock(&p.lock);
	}
	if (show)
		progress_gone();
	for (size_t i = 0; i < n_threads; i++)
		pthread_join(threads[i], NULL);
	pthread_cond_destroy(&p.changed);
	pthread_mutex_destroy(&p.lock);
	scan_print_end(stdout, &count, style);
	/* raw: 3 only when nothing at all was found */
	if (style->raw && status == EXIT_NOTHING && any)
		status = EXIT_OK;
	return status;
}
