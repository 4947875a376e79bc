#include <assert.h>

#include "credential/cbor.h"
#include "credential/claims.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is good has one encoding, and the encoder finds it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t buf[CRED_MAX_BYTES];
	struct bytes in = bytes_of(data, size);
	struct outbuf out = {buf, sizeof(buf), 0};
	struct claims c;
	int32_t day;
	char text[11];
	if (claims_decode(in, &c))
		return 0;
	assert(claims_encode(&c, &out) == CRED_OK);
	assert(bytes_eq(bytes_of(buf, out.len), in));
	assert(cbor_check(in) == CRED_OK);
	day_format(c.cert.issued, text);
	assert(day_parse(bytes_of(text, 10), &day) && day == c.cert.issued);
	return 0;
}
