/*
 * Large registries: made in bulk, then measured, several in turn.
 *     bench-scale fill HOME SPEC PASSFILE N CLAIMS REVIEWHOME
 *     bench-scale measure PASSFILE TURNS PUBS N HOME SPEC [N HOME SPEC]…
 * bench/run scale calls it; docs/scale.md has the figures.
 */
#include "bench/scale.h"

void
scale_die(const char *what, const char *said)
{
	fprintf(stderr, "bench-scale: %s: %s\n", what, said);
	exit(2);
}

void
scale_must(enum cred_err e, const struct why *w)
{
	if (e != CRED_OK)
		scale_die(cred_errname(e), w->text);
}

int
main(int argc, char **argv)
{
	int status = 2;

	if (argc > 1 && strcmp(argv[1], "fill") == 0)
		status = scale_fill(argc - 2, argv + 2);
	else if (argc > 1 && strcmp(argv[1], "measure") == 0)
		status = scale_measure(argc - 2, argv + 2);
	if (status == 2)
		fputs("usage: bench-scale fill HOME SPEC PASSFILE N CLAIMS "
		      "REVIEWHOME | measure PASSFILE TURNS PUBS "
		      "N HOME SPEC …\n",
		    stderr);
	return status;
}
