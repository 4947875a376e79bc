#ifndef CREDENTIAL_TLOG_INT_H
#define CREDENTIAL_TLOG_INT_H

#include "credential/tlog.h"

/* Number of hashes of a tile level in a tree of size. */
static inline uint64_t
tlog_level_count(int level, uint64_t size)
{
	unsigned shift = TLOG_TILE_HEIGHT * (unsigned)(level < 0 ? 0 : level);

	return shift >= 64 ? 0 : size >> shift;
}

#endif
