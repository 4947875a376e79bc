#include <assert.h>

#include "credential/digits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A text's digits, decoded, are the digits of what they decode to. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t bytes[CRED_MAX_BYTES], back[CRED_MAX_DIGITS];
	struct outbuf out = {bytes, sizeof(bytes), 0};
	struct outbuf digits = {back, sizeof(back), 0};
	struct qrtext q;
	if (digits_decode(bytes_of(data, size), &out) == CRED_OK) {
		assert(digits_encode(bytes_of(bytes, out.len), &digits) ==
		       CRED_OK);
		assert(
		    bytes_eq(bytes_of(back, digits.len), bytes_of(data, size)));
	}
	if (qrtext_parse(bytes_of(data, size), &q))
		return 0;
	assert(q.digits.len > 0);
	assert(q.digits.ptr >= data && q.digits.ptr < data + size);
	assert(q.digits.len <= (size_t)(data + size - q.digits.ptr));
	if (q.host.ptr)
		assert(q.host.ptr + q.host.len < q.digits.ptr);
	out.len = digits.len = 0;
	if (digits_decode(q.digits, &out))
		return 0;
	assert(digits_encode(bytes_of(bytes, out.len), &digits) == CRED_OK);
	assert(bytes_eq(bytes_of(back, digits.len), q.digits));
	return 0;
}
