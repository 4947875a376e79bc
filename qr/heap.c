#include "qr/heap.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_PAGE ((size_t)2 << 20)
/* Above this the C library maps each piece by itself: the most that it takes. */
#define MMAP_ABOVE (32 << 20)
/* Address space alone, enough for a photo and what is made of it. */
#define REACH ((size_t)MMAP_ABOVE - HUGE_PAGE)

static char *first; /* huge page; NULL: none */
/* What stands before it; volatile, or the compiler leaves it out. */
static void *volatile filler;

void
heap_prepare(void)
{
	size_t past; /* the last boundary */
	char *p, *end;

	mallopt(M_MMAP_THRESHOLD, MMAP_ABOVE);
	mallopt(M_TRIM_THRESHOLD, INT32_MAX);
	p = malloc(HUGE_PAGE);
	end = sbrk(0);
	if (p == NULL || p >= end) {
		free(p); /* mapped elsewhere */
		return;
	}
	past = (uintptr_t)p % HUGE_PAGE;
	free(p);
	/* up to the next boundary; 8 bytes are the length of what follows */
	filler = malloc(2 * HUGE_PAGE - past - 8);
	p = malloc(REACH);
	end = sbrk(0);
	if (p != NULL && p < end && (uintptr_t)p % HUGE_PAGE == 0 &&
	    madvise(p, (size_t)(end - p), MADV_HUGEPAGE) == 0)
		first = p;
	free(p);
}

void
heap_touch(void)
{
	if (first != NULL)
		*(volatile char *)first = 0;
}
