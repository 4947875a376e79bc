#ifndef EDGE_FNV_H
#define EDGE_FNV_H

#include "credential/bytes.h"

/* FNV-1a, on from h (FNV_BASIS at first): a place in a table, or whether
 * something changed by itself. Whoever wants two alike makes them. */
#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
static inline uint64_t
fnv(uint64_t h, struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		h = (h ^ b.ptr[i]) * UINT64_C(0x100000001b3);
	return h;
}

#endif
