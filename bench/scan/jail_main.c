/*
 * bench-scan-jail PICTURE ROUNDS
 *
 * What reading in the jail costs beyond reading: the same picture by
 * reader_read() and by its parts, in turn, one after the other. Prints, in ms,
 * jailed, bare and the difference: the median by the clock, which is what one
 * waits for, then the mean CPU of this process, the zygote and all decoders, its
 * start and the decoder that was made ahead for nobody among it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "qr/ladder.h"
#include "qr/picture.h"
#include "qr/reader.h"

#define MAX_ROUNDS 10000

/* One way of reading. */
struct way {
	double wall[MAX_ROUNDS], cpu; /* ms */
};
static struct way jailed, bare;

/* CPU that this process, or those that it waited for, have used. */
static double
used_ms(int who)
{
	struct rusage u;

	if (getrusage(who, &u) != 0)
		return 0;
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
median(double *v, size_t n)
{
	qsort(v, n, sizeof *v, by_size);
	return v[n / 2];
}

static void
found(void *ctx, struct bytes text)
{
	(void)text;
	++*(size_t *)ctx;
}

static bool
read_bare(struct bytes file)
{
	size_t texts = 0, n = 0;
	struct ladder_ops ops = {&texts, found, NULL, NULL};
	struct picture p;

	if (picture_decode(file, 100000000, 0, &p) != CRED_OK ||
	    ladder_read(&p.gray, &ops, &n) != CRED_OK)
		return false;
	picture_release(&p);
	return texts > 0;
}

static bool
read_jailed(struct reader *r, struct bytes file)
{
	struct reader_result res = {0};
	struct why why;
	bool ok = reader_read(r, file, &res, &why) == CRED_OK && res.n > 0;

	if (ok)
		reader_result_release(&res);
	return ok;
}

static bool
once(struct way *w, size_t nth, struct reader *r, struct bytes file)
{
	double cpu = used_ms(RUSAGE_SELF), start = now_ms();
	bool ok = r != NULL ? read_jailed(r, file) : read_bare(file);

	w->wall[nth] = now_ms() - start;
	w->cpu += used_ms(RUSAGE_SELF) - cpu;
	return ok;
}

int
main(int argc, char **argv)
{
	static uint8_t bytes[16 << 20];
	struct reader *r = NULL;
	struct bytes file;
	struct why why;
	size_t n;
	double a, b;
	FILE *f;

	if (argc != 3 || (f = fopen(argv[1], "rb")) == NULL) {
		fputs("usage: bench-scan-jail PICTURE ROUNDS\n", stderr);
		return 2;
	}
	file = bytes_of(bytes, fread(bytes, 1, sizeof bytes, f));
	fclose(f);
	n = strtoul(argv[2], NULL, 10);
	if (n == 0 || n > MAX_ROUNDS || reader_start(NULL, &r, &why) != CRED_OK) {
		fputs("bench-scan-jail: no jail here, or no memory\n", stderr);
		return 2;
	}
	picture_load(picture_sniff(file));
	for (size_t i = 0; i < n; i++)
		if (!once(&jailed, i, r, file) || !once(&bare, i, NULL, file))
			return 1;
	reader_stop(r);
	jailed.cpu += used_ms(RUSAGE_CHILDREN);
	a = median(jailed.wall, n);
	b = median(bare.wall, n);
	printf("%.2f %.2f %.2f ", a, b, a - b);
	a = jailed.cpu / (double)n;
	b = bare.cpu / (double)n;
	printf("%.2f %.2f %.2f\n", a, b, a - b);
	return 0;
}
