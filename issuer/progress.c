#include "issuer/progress.h"

#include <stdio.h>
#include <unistd.h>

static double
since(const struct timespec *a, const struct timespec *b)
{
	return (double)(b->tv_sec - a->tv_sec) +
	       (double)(b->tv_nsec - a->tv_nsec) / 1e9;
}

void
progress_start(
    struct progress *p, const struct cli_common *cli, const char *what)
{
	*p = (struct progress){.what = what};
	p->on = !cli->quiet && isatty(STDERR_FILENO);
	clock_gettime(CLOCK_MONOTONIC, &p->start);
	p->last = p->start;
}

void
progress_step(void *ctx, size_t done, size_t total)
{
	struct progress *p = ctx;
	struct timespec now;
	double spent;

	if (!p->on || total == 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (done < total && p->shown && since(&p->last, &now) < 0.2)
		return;
	p->last = now;
	p->shown = true;
	spent = since(&p->start, &now);
	fprintf(stderr, "\r%s %zu/%zu", p->what, done, total);
	if (done > 0 && spent > 1)
		fprintf(stderr,
		    TR("  %.0f/s, %.0f s left   ",
			"  每秒 %.0f，剩余 %.0f 秒   "),
		    (double)done / spent,
		    spent * (double)(total - done) / (double)done);
	fflush(stderr);
}

void
progress_end(struct progress *p)
{
	if (p->shown)
		fprintf(stderr, "\r\033[K");
	p->shown = false;
}
