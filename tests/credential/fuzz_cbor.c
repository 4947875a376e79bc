#include <stdlib.h>

#include "credential/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	(void)!cbor_check(bytes_of(data, size));
	return 0;
}
