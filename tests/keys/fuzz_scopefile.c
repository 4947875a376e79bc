#include "keys/scopefile.h"

/* scope.ini from any bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scopefile f;
	struct why why;

	if (scopefile_parse("fuzz", bytes_of(data, size), &f, &why) == CRED_OK)
		for (int k = 1; k <= 5; k++)
			if (f.scope.kinds[k].n > SCOPE_MAX_ITEMS)
				__builtin_trap();
	return 0;
}
