#ifndef TESTS_SHARED_H
#define TESTS_SHARED_H

/* Published vectors stand beside a checkout, not in it: where they are not,
 * the conditions that need them are skipped, and say so. Include after
 * <cmocka.h>. */
#include <unistd.h>

static inline void
need_vectors(void)
{
	if (access(TAMGA_SHARED_DIR "/vectors", R_OK) == 0)
		return;
	print_message("skipped, no vectors\n");
	skip();
}

#endif
