#include <assert.h>

#include "credential/scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is good has one encoding, and the encoder finds it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t buf[SCOPE_MAX_DER];
	static struct scope s;
	struct bytes in = bytes_of(data, size);
	struct outbuf out = {buf, sizeof(buf), 0};
	if (scope_decode(in, &s))
		return 0;
	assert(scope_encode(&s, &out) == CRED_OK);
	assert(bytes_eq(bytes_of(buf, out.len), in));
	assert(scope_host(&s).len > 0);
	struct certificate cert = {.kind = KIND_LEVEL,
	    .number = bytes_of(s.prefix, 13),
	    .code = bytes_str(s.kinds[KIND_LEVEL].items[0].code)};
	(void)!scope_check(&s, &cert);
	return 0;
}
