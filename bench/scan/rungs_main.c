/*
 * bench-scan-rungs SECONDS < MANIFEST
 *
 * The ladder by itself, without jail: of each line "file, family, text" (tabs
 * between) which rung reads it in how much CPU, with that budget. A line a
 * picture on stdout: family, ok | wrong | none, ms, rung, file.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "qr/ladder.h"
#include "qr/picture.h"

struct look {
	const char *text, *rung;
	bool right, wrong;
	double until;
};

static void
found(void *ctx, struct bytes text)
{
	struct look *l = ctx;

	if (bytes_eq(text, bytes_str(l->text)))
		l->right = true;
	else
		l->wrong = true;
}

static double
left(void *ctx)
{
	const struct look *l = ctx;

	return l->until - bench_cpu();
}

static void
rung(void *ctx, const char *name)
{
	struct look *l = ctx;

	l->rung = name;
}

static uint8_t *
load(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = malloc(64u << 20);

	if (f == NULL || p == NULL) {
		perror(path);
		exit(2);
	}
	*len = fread(p, 1, 64u << 20, f);
	fclose(f);
	return p;
}

int
main(int argc, char **argv)
{
	double budget = argc > 1 ? strtod(argv[1], NULL) : 1;
	char line[8192];

	while (fgets(line, sizeof line, stdin) != NULL) {
		char *file = strtok(line, "\t"), *family = strtok(NULL, "\t"),
		     *text = strtok(NULL, "\n");
		struct look l = {.text = text == NULL ? "" : text, .rung = "-"};
		struct ladder_ops ops = {&l, found, left, rung};
		struct picture p;
		size_t len, n;
		double start;
		uint8_t *bytes;
		if (file == NULL || family == NULL)
			continue;
		bytes = load(file, &len);
		picture_load(picture_sniff(bytes_of(bytes, len)));
		start = bench_cpu();
		if (picture_decode(bytes_of(bytes, len), 100000000, 0, &p) ==
		    CRED_OK) {
			l.until = bench_cpu() + budget;
			if (ladder_read(&p.gray, &ops, &n) != CRED_OK)
				return 2;
			picture_release(&p);
		}
		printf("%s\t%s\t%.1f\t%s\t%s\n", family,
		    l.wrong   ? "wrong"
		    : l.right ? "ok"
			      : "none",
		    (bench_cpu() - start) * 1e3,
		    l.right || l.wrong ? l.rung : "-", file);
		fflush(stdout);
		free(bytes);
	}
	return 0;
}
