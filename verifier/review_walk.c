#include <time.h>
#include <unistd.h>

#include "edge/lang.h"
#include "verifier/review_cmd.h"

/* One line on stderr, twice a second, only on a terminal. */
struct bar {
	bool on, shown;
	time_t last;
	struct timespec start;
};

static void
bar_step(struct bar *b, const char *what, double part, size_t n)
{
	struct timespec now;
	double s;

	if (!b->on)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec == b->last)
		return;
	b->last = now.tv_sec;
	b->shown = true;
	s = (double)(now.tv_sec - b->start.tv_sec) +
	    (double)(now.tv_nsec - b->start.tv_nsec) / 1e9;
	fprintf(stderr, "\r\033[K%s %3.0f %%  %zu  %.0f/s", what, part * 100, n,
	    s > 0 ? (double)n / s : 0.0);
	fflush(stderr);
}

static void
bar_end(const struct bar *b)
{
	if (b->shown)
		fputs("\r\033[K", stderr);
}

static enum cred_err
note_all(const struct review_opts *o, struct review_desk *d,
    struct claimfile *f, struct why *why)
{
	struct bar bar = {.on = !o->common.quiet && isatty(STDERR_FILENO)};
	const struct claim_row *row;
	enum cred_err e;
	size_t n = 0;

	clock_gettime(CLOCK_MONOTONIC, &bar.start);
	for (;;) {
		e = claimfile_next(f, &row, why);
		if (e != CRED_OK || row == NULL)
			break;
		e = desk_note(&d->desk, row, why);
		if (e != CRED_OK)
			break;
		bar_step(&bar, TR("reading", "读取"), claimfile_part(f), ++n);
	}
	bar_end(&bar);
	return e;
}

static enum cred_err
review_all(const struct review_opts *o, struct review_desk *d,
    struct claimfile *f, review_row_fn *fn, void *ctx,
    struct review_count *count, struct why *why)
{
	struct bar bar = {.on = !o->common.quiet && isatty(STDERR_FILENO)};
	const struct claim_row *row;
	struct desk_answer a;
	enum cred_err e;
	size_t n = 0;

	clock_gettime(CLOCK_MONOTONIC, &bar.start);
	for (;;) {
		e = claimfile_next(f, &row, why);
		if (e != CRED_OK || row == NULL)
			break;
		e = desk_review(&d->desk, row, &a, why);
		if (e == CRED_OK)
			e = fn(ctx, row, &a, why);
		if (e == CRED_OK)
			count->n[a.review.verdict]++;
		desk_answer_release(&a);
		if (e != CRED_OK)
			break;
		bar_step(&bar, TR("reviewing", "审核"), claimfile_part(f), ++n);
	}
	bar_end(&bar);
	return e;
}

enum cred_err
review_walk(const struct review_opts *o, struct review_desk *d,
    review_row_fn *fn, void *ctx, uint8_t table_sha256[static 32],
    struct review_count *count, struct why *why)
{
	struct claimfile *f = NULL;
	uint8_t before[32];
	enum cred_err e = claimfile_open(o->table, &f, why);

	*count = (struct review_count){0};
	if (e == CRED_OK)
		e = claimfile_sha256(f, before, why);
	if (e == CRED_OK && o->suspect && d->desk.pub != NULL)
		e = desk_odd_begin(&d->desk, why);
	if (e == CRED_OK)
		e = note_all(o, d, f, why);
	if (e == CRED_OK && d->desk.odd != NULL)
		e = desk_odd_end(&d->desk, why);
	if (e == CRED_OK)
		e = claimfile_rewind(f, why);
	if (e == CRED_OK)
		e = review_all(o, d, f, fn, ctx, count, why);
	if (e == CRED_OK)
		e = claimfile_sha256(f, table_sha256, why);
	/* Both walks must have seen the same table. */
	if (e == CRED_OK && memcmp(before, table_sha256, 32) != 0)
		e = why_set(why, CRED_FAULT_IO,
		    TR("%s changed while it was read; run again",
			"%s 在读取过程中被改动，请重新运行"),
		    o->table);
	claimfile_close(f);
	return e;
}

int
review_exit(const struct review_count *c)
{
	if (c->n[REVIEW_FAIL] > 0)
		return EXIT_REFUSED;
	return c->n[REVIEW_PENDING] > 0 ? EXIT_UNKNOWN : EXIT_OK;
}
