#include "credential/tlog.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A path that is taken is the only one of its tile. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tlog_tile t;
	char path[TLOG_PATH_MAX];

	if (!tlog_tile_parse(bytes_of(data, size), &t))
		return 0;
	tlog_tile_path(&t, path);
	assert(bytes_eq(bytes_str(path), bytes_of(data, size)));
	return 0;
}
