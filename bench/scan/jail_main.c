/*
 * bench-scan-jail PICTURE ROUNDS
 *
 * What reading in the jail costs beyond reading: the same picture by
 * reader_read() and by its parts; CPU of all processes, ms a picture.
 * Prints: jailed, bare, the difference.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "qr/ladder.h"
#include "qr/picture.h"
#include "qr/reader.h"

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

static void
found(void *ctx, struct bytes text)
{
	(void)text;
	++*(size_t *)ctx;
}

static bool
bare(struct bytes file)
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

int
main(int argc, char **argv)
{
	static uint8_t bytes[16 << 20];
	struct reader *r = NULL;
	struct why why;
	size_t rounds, len;
	double jailed, plain;
	FILE *f;

	if (argc != 3 || (f = fopen(argv[1], "rb")) == NULL) {
		fputs("usage: bench-scan-jail PICTURE ROUNDS\n", stderr);
		return 2;
	}
	len = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	rounds = strtoul(argv[2], NULL, 10);
	if (rounds == 0 || reader_start(NULL, &r, &why) != CRED_OK) {
		fputs("bench-scan-jail: no jail here, or no memory\n", stderr);
		return 2;
	}
	picture_load(picture_sniff(bytes_of(bytes, len)));
	jailed = used_ms(RUSAGE_SELF);
	for (size_t i = 0; i < rounds; i++) {
		struct reader_result res = {0};
		if (reader_read(r, bytes_of(bytes, len), &res, &why) !=
			CRED_OK ||
		    res.n == 0)
			return 1;
		reader_result_release(&res);
	}
	reader_stop(r);
	jailed = used_ms(RUSAGE_SELF) - jailed + used_ms(RUSAGE_CHILDREN);
	plain = used_ms(RUSAGE_SELF);
	for (size_t i = 0; i < rounds; i++)
		if (!bare(bytes_of(bytes, len)))
			return 1;
	plain = used_ms(RUSAGE_SELF) - plain;
	jailed /= (double)rounds;
	plain /= (double)rounds;
	printf("%.2f %.2f %.2f\n", jailed, plain, jailed - plain);
	return 0;
}
